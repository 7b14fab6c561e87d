/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * members.c: completes members' records with what the service leaves out and the store knows. Store thread.
 */
#include "session/operations/table.h"

#include "store/tables/contacts.h"
#include "store/tables/standing.h"

/* What is needed of the group. */
typedef struct {
  gint64 id;
  gint64 owner;                 /* 0: not known */
  gboolean admins_known;
} Group;

static gboolean
load_group (FlooDb *db, gint64 id, Group *group, GError **error)
{
  /* The brief record has the owner under another name. */
  static const struct {
    const FlooRecord *record;
    const char *owner;
  } forms[] = { { &floo_record_group_info, "owner_id" }, { &floo_record_brief_group_info, "owner" } };
  guint n;

  *group = (Group){ .id = id };
  for (gsize i = 0; i < G_N_ELEMENTS (forms) && group->owner == 0; i++)
    {
      g_autoptr (GVariant) infos = NULL;
      GVariant *found = floo_contacts_get (db, FLOO_CONTACT_GROUP, forms[i].record, &id, 1, NULL, error);

      if (found == NULL)
        return FALSE;
      infos = g_variant_ref_sink (found);
      if (g_variant_n_children (infos) > 0)
        {
          g_autoptr (GVariant) info = g_variant_get_child_value (infos, 0);

          g_variant_lookup (info, forms[i].owner, "x", &group->owner);
        }
    }
  return floo_lists_get_state (db, FLOO_LIST_ADMINS, id, &group->admins_known, &n, error);
}

static gboolean
add_role (FlooDb *db, const Group *group, gint64 user, GVariantDict *member, GError **error)
{
  FlooRole role = FLOO_ROLE_OWNER;
  gboolean admin;

  if (user != group->owner)
    {
      if (!floo_lists_has (db, FLOO_LIST_ADMINS, group->id, user, &admin, error))
        return FALSE;
      role = admin ? FLOO_ROLE_ADMIN : FLOO_ROLE_MEMBER;
    }
  if (role != FLOO_ROLE_MEMBER || (group->admins_known && group->owner != 0))
    g_variant_dict_insert (member, "role", "s", floo_role_to_string (role));
  return TRUE;
}

static gboolean
add_avatar (FlooDb *db, gint64 user, GVariantDict *member, GError **error)
{
  g_autoptr (GVariant) items = NULL;
  GVariant *known = floo_contacts_get (db, FLOO_CONTACT_USER, &floo_record_roster_item, &user, 1, NULL, error);

  if (known == NULL)
    return FALSE;
  items = g_variant_ref_sink (known);
  if (g_variant_n_children (items) > 0)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, 0);
      g_autoptr (GVariant) avatar = g_variant_lookup_value (item, "avatar", G_VARIANT_TYPE_STRING);

      if (avatar != NULL)
        g_variant_dict_insert_value (member, "avatar", avatar);
    }
  return TRUE;
}

static gboolean
complete_member (FlooDb *db, const Group *group, GVariant *member, GVariantBuilder *members, GError **error)
{
  GVariantDict dict;
  gboolean hidden;
  gint64 user;

  g_variant_dict_init (&dict, member);
  if (g_variant_dict_lookup (&dict, "user_id", "x", &user)
      && (!add_role (db, group, user, &dict, error) || !floo_contacts_is_hidden (db, group->id, user, &hidden, error)
          || (!hidden && !g_variant_dict_contains (&dict, "avatar") && !add_avatar (db, user, &dict, error))))
    {
      g_variant_dict_clear (&dict);
      return FALSE;
    }
  g_variant_builder_add_value (members, g_variant_dict_end (&dict));
  return TRUE;
}

gboolean
floo_complete_members (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) members = g_variant_get_child_value (call->result, 0);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  gboolean paged = g_variant_n_children (call->result) == 2;
  GVariant *values[2] = { NULL, NULL };
  Group group;
  gint64 id;

  g_variant_get_child (call->args, 0, "x", &id);
  if (!load_group (db, id, &group, error))
    return FALSE;
  for (gsize i = 0; i < g_variant_n_children (members); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (members, i);

      if (!complete_member (db, &group, member, &builder, error))
        return FALSE;
    }
  values[0] = g_variant_builder_end (&builder);
  if (paged)
    {
      const char *next;

      g_variant_get_child (call->result, 1, "&s", &next);
      values[1] = g_variant_new_string (next);
    }
  g_variant_unref (call->result);
  call->result = g_variant_ref_sink (g_variant_new_tuple (values, paged ? 2 : 1));
  return TRUE;
}
