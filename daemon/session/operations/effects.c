/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * effects.c: applies operations that the service has done to the store. Store thread.
 *
 * Events are journalled only for changes; the service's own notice, which arrives later, then changes nothing more.
 */
#include "session/operations/table.h"

#include "base/backoff.h"
#include "session/apply/values.h"
#include "store/tables/contacts.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "session/apply/status.h"
#include "store/tables/standing.h"

static gint64
id_argument (const FlooOperationCall *call, guint i)
{
  gint64 id;

  g_variant_get_child (call->args, i, "x", &id);
  return id;
}

static gboolean
boolean_argument (const FlooOperationCall *call, guint i)
{
  gboolean value;

  g_variant_get_child (call->args, i, "b", &value);
  return value;
}

/* {field: the last argument} */
static JsonObject *
changed_field (const FlooOperationCall *call)
{
  JsonObject *fields = json_object_new ();
  g_autoptr (GVariant) value = g_variant_get_child_value (call->args, g_variant_n_children (call->args) - 1);

  json_object_set_member (fields, call->row->field, json_gvariant_serialize (value));
  return fields;
}

/* ---- events ---- */

static gboolean
list_event (FlooDb *db, FlooSignal signal, gboolean changed, GError **error)
{
  GVariantDict empty;

  if (!changed)
    return TRUE;
  g_variant_dict_init (&empty, NULL);
  return floo_journal_append (db, signal, g_variant_new ("(@a{sv})", g_variant_dict_end (&empty)), NULL, 0, error);
}

static gboolean
user_event (FlooDb *db, gint64 user, gboolean changed, GError **error)
{
  if (!changed)
    return TRUE;
  return floo_journal_append (db, FLOO_SIGNAL_ROSTER_INFO_UPDATE,
                              g_variant_new ("(@ax)", g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &user, 1, sizeof user)), NULL, 0,
                              error);
}

static gboolean
members_event (FlooDb *db, gint64 group, const GArray *users, gboolean changed, GError **error)
{
  return !changed || floo_journal_members_changed (db, group, users != NULL ? (const gint64 *) (void *) users->data : NULL, users != NULL ? users->len : 0, error);
}

/* ---- users ---- */

gboolean
floo_effect_put_user (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) item = g_variant_get_child_value (call->result, 0);
  gboolean changed, listed;
  gint64 user;

  if (!g_variant_lookup (item, "user_id", "x", &user))
    return TRUE;
  return floo_contacts_is_listed (db, FLOO_CONTACT_USER, user, &listed, error)
         && floo_contacts_put_answer (db, FLOO_CONTACT_USER, user, item, call->asked, &changed, &call->outdated, error)
         && user_event (db, user, changed && listed, error);
}

gboolean
floo_effect_set_user_field (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (JsonObject) fields = changed_field (call);
  gint64 user = id_argument (call, 0);
  gboolean changed;

  return floo_contacts_merge (db, FLOO_CONTACT_USER, user, fields, &changed, error) && user_event (db, user, changed, error);
}

gboolean
floo_effect_accept (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gint64 user = id_argument (call, 0);
  gboolean changed;

  call->fetch = TRUE;
  return floo_lists_decide (db, FLOO_LIST_APPLICATIONS, 0, user, FLOO_DECISION_ACCEPTED, error)
         && floo_contacts_add (db, FLOO_CONTACT_USER, user, &changed, error)
         && floo_contacts_mark_stale (db, FLOO_CONTACT_USER, user, error)
         && list_event (db, FLOO_SIGNAL_ROSTER_LIST_UPDATE, changed, error);
}

gboolean
floo_effect_decline (FlooDb *db, FlooOperationCall *call, GError **error)
{
  return floo_lists_decide (db, FLOO_LIST_APPLICATIONS, 0, id_argument (call, 0), FLOO_DECISION_DECLINED, error);
}

/* The conversation is deleted when the notice arrives. */
gboolean
floo_effect_remove_user (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gboolean changed;

  return floo_contacts_remove (db, FLOO_CONTACT_USER, id_argument (call, 0), &changed, error)
         && floo_status_delete_conversation (db, id_argument (call, 0), error)
         && list_event (db, FLOO_SIGNAL_ROSTER_LIST_UPDATE, changed, error);
}

/* Block and Unblock. */
gboolean
floo_effect_block_user (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gint64 user = id_argument (call, 0);

  call->fetch = TRUE;
  return floo_own_block_user (db, user, call->row->adds != 0, error) && user_event (db, user, TRUE, error);
}

/* ---- lists ---- */

/* Only ids, as a page of records. */
static GVariant *
ids_as_records (GVariant *ids)
{
  GVariantBuilder records;
  GVariantIter iter;
  gint64 id;

  g_variant_builder_init (&records, G_VARIANT_TYPE ("aa{sv}"));
  g_variant_iter_init (&iter, ids);
  while (g_variant_iter_next (&iter, "x", &id))
    {
      g_variant_builder_open (&records, G_VARIANT_TYPE_VARDICT);
      g_variant_builder_add (&records, "{sv}", "user_id", g_variant_new_int64 (id));
      g_variant_builder_close (&records);
    }
  return g_variant_ref_sink (g_variant_builder_end (&records));
}

/* The owner of the requested list. */
static gint64
owner_of (const FlooOperationCall *call)
{
  switch (call->row->list)
    {
    case FLOO_LIST_BLOCKED:
    case FLOO_LIST_APPLICATIONS:
      return 0;
    case FLOO_LIST_INVITATIONS:
    case FLOO_LIST_GROUP_APPLICATIONS:
      return FLOO_LIST_ANY_OWNER;
    default:
      return id_argument (call, 0);
    }
}

gboolean
floo_effect_take_list (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) first = g_variant_get_child_value (call->result, 0);
  g_autoptr (GVariant) records = call->row->result == FLOO_RESULT_IDS ? ids_as_records (first) : g_variant_ref (first);
  const char *cursor = "", *next = "";
  gboolean changed;

  if (call->row->result == FLOO_RESULT_PAGE)
    {
      g_variant_get_child (call->result, 1, "&s", &next);
      g_variant_get_child (call->args, g_variant_n_children (call->args) - 2, "&s", &cursor);
    }
  /* Applications to some groups are no reading of all. */
  if (call->row->list == FLOO_LIST_GROUP_APPLICATIONS)
    next = "-";
  /* An answer with more than the requested number is not a page, and its end is not the list's. */
  if (call->cut)
    next = "-";
  call->outdated = floo_lists_changed_since (db, call->row->list, owner_of (call), call->asked);
  if (!call->outdated)
    {
      if (!floo_lists_take_page (db, call->row->list, owner_of (call), cursor, next, records, &changed, error)
          || (call->row->list == FLOO_LIST_MEMBERS && !members_event (db, owner_of (call), NULL, changed, error)))
        return FALSE;
    }
  return call->row->record != &floo_record_group_member || floo_complete_members (db, call, error);
}

gboolean
floo_effect_put_members (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) members = g_variant_get_child_value (call->result, 0);
  g_autoptr (GArray) users = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64 group = id_argument (call, 0);

  call->outdated = floo_lists_changed_since (db, FLOO_LIST_MEMBERS, group, call->asked);
  for (gsize i = 0; i < g_variant_n_children (members) && !call->outdated; i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (members, i);
      gboolean known, changed;
      gint64 user;

      if (!g_variant_lookup (member, "user_id", "x", &user))
        continue;
      if (!floo_lists_has (db, FLOO_LIST_MEMBERS, group, user, &known, error)
          || !floo_lists_take (db, FLOO_LIST_MEMBERS, group, member, &changed, error))
        return FALSE;
      if (known && changed)
        g_array_append_val (users, user);
    }
  return members_event (db, group, users, users->len > 0, error) && floo_complete_members (db, call, error);
}

/* ---- groups ---- */

static gboolean
enter_group (FlooDb *db, FlooOperationCall *call, gint64 group, GError **error)
{
  gboolean changed;

  call->fetch = TRUE;
  return floo_contacts_add (db, FLOO_CONTACT_GROUP, group, &changed, error)
         && (!changed || (floo_lists_remove_owner (db, group, error) && floo_conversations_enter_group (db, group, floo_now_ms (), error)))
         && floo_contacts_mark_stale (db, FLOO_CONTACT_GROUP, group, error)
         && list_event (db, FLOO_SIGNAL_GROUP_LIST_UPDATE, changed, error);
}

gboolean
floo_effect_create_group (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) info = g_variant_get_child_value (call->result, 0);
  gint64 group;

  return !g_variant_lookup (info, "group_id", "x", &group)
         || (floo_contacts_put (db, FLOO_CONTACT_GROUP, group, info, NULL, error) && enter_group (db, call, group, error));
}

/* The conversation is deleted when the notice arrives, or kept. */
gboolean
floo_effect_exit_group (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gint64 group = id_argument (call, 0);
  gboolean changed;

  return floo_contacts_remove (db, FLOO_CONTACT_GROUP, group, &changed, error) && floo_lists_remove_owner (db, group, error)
         && (call->keep ? floo_conversations_keep (db, group, error) && floo_conversations_list_changed (db)
                        : floo_status_delete_conversation (db, group, error))
         && list_event (db, FLOO_SIGNAL_GROUP_LIST_UPDATE, changed, error);
}

static gboolean
merge_group (FlooDb *db, gint64 group, JsonObject *fields, GError **error)
{
  gboolean changed;

  return floo_contacts_merge (db, FLOO_CONTACT_GROUP, group, fields, &changed, error)
         && list_event (db, FLOO_SIGNAL_GROUP_LIST_UPDATE, changed, error);
}

/* The value in the result, if it has it, else the last argument. */
gboolean
floo_effect_set_group_field (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (JsonObject) fields = NULL;

  if (call->row->result == FLOO_RESULT_FIELD || g_variant_n_children (call->args) == 1)
    {
      gint64 value = 0;

      if (call->row->result == FLOO_RESULT_FIELD)
        g_variant_get (call->result, "(x)", &value);
      fields = json_object_new ();
      json_object_set_int_member (fields, call->row->field, value);
    }
  else
    fields = changed_field (call);
  /* The brief form has it under another name. The new role of the former owner is not known. */
  if (g_str_equal (call->row->field, "owner_id"))
    {
      call->fetch = TRUE;
      json_object_set_int_member (fields, "owner", json_object_get_int_member (fields, "owner_id"));
      if (!floo_standing_forget (db, id_argument (call, 0), error))
        return FALSE;
    }
  return merge_group (db, id_argument (call, 0), fields, error);
}

/* ---- the lists that users are in ---- */

/* Ids of the users for whom the service reports success. */
static GArray *
done_ids (GVariant *result)
{
  g_autoptr (GVariant) responses = g_variant_get_child_value (result, 0);
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (gsize i = 0; i < g_variant_n_children (responses); i++)
    {
      g_autoptr (GVariant) response = g_variant_get_child_value (responses, i);
      const char *said = "";
      gint64 id;

      if (g_variant_lookup (response, "user_id", "x", &id) && g_variant_lookup (response, "result", "&s", &said)
          && g_ascii_strcasecmp (said, "success") == 0)
        g_array_append_val (ids, id);
    }
  return ids;
}

static gboolean
move_user (FlooDb *db, const FlooRestOperation *row, gint64 group, gint64 user, gboolean *moved, GError **error)
{
  for (FlooList list = FLOO_LIST_NONE + 1; list < FLOO_N_LISTS; list++)
    {
      gboolean changed = FALSE;

      if ((row->adds & (1u << list)) != 0 && !floo_lists_add (db, list, group, user, &changed, error))
        return FALSE;
      if ((row->drops & (1u << list)) != 0 && !floo_lists_remove (db, list, group, user, &changed, error))
        return FALSE;
      *moved |= changed && (list == FLOO_LIST_MEMBERS || list == FLOO_LIST_ADMINS);
    }
  return TRUE;
}

gboolean
floo_effect_move_users (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GArray) ids = done_ids (call->result);
  gint64 group = id_argument (call, 0);
  gboolean moved = FALSE;

  for (guint i = 0; i < ids->len; i++)
    if (!move_user (db, call->row, group, g_array_index (ids, gint64, i), &moved, error))
      return FALSE;
  /* The end time of a ban is known only to the service. */
  if ((call->row->adds & (1u << FLOO_LIST_BANNED)) != 0 && !floo_lists_forget (db, FLOO_LIST_BANNED, group, error))
    return FALSE;
  if (moved)
    {
      call->fetch = TRUE;
      if (!floo_contacts_mark_stale (db, FLOO_CONTACT_GROUP, group, error))
        return FALSE;
    }
  return members_event (db, group, ids, moved, error);
}

gboolean
floo_effect_set_display_name (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gint64 group = id_argument (call, 0);
  gboolean known, changed;
  const char *name;
  GVariantDict member;

  g_variant_get_child (call->args, 1, "&s", &name);
  if (!floo_standing_set_name (db, group, name, error) || !floo_lists_has (db, FLOO_LIST_MEMBERS, group, call->self_id, &known, error))
    return FALSE;
  if (!known)
    return floo_journal_members_changed (db, group, &call->self_id, 1, error);
  g_variant_dict_init (&member, NULL);
  g_variant_dict_insert (&member, "user_id", "x", call->self_id);
  g_variant_dict_insert (&member, "display_name", "s", name);
  return floo_lists_put (db, FLOO_LIST_MEMBERS, group, g_variant_dict_end (&member), &changed, error)
         && (!changed || floo_journal_members_changed (db, group, &call->self_id, 1, error));
}

/* ---- decisions ---- */

static FlooDecision
decision_of (const FlooOperationCall *call)
{
  return boolean_argument (call, 2) ? FLOO_DECISION_ACCEPTED : FLOO_DECISION_DECLINED;
}

gboolean
floo_effect_handle_invitation (FlooDb *db, FlooOperationCall *call, GError **error)
{
  gint64 group = id_argument (call, 0);

  return floo_lists_decide (db, FLOO_LIST_INVITATIONS, group, id_argument (call, 1), decision_of (call), error)
         && (!boolean_argument (call, 2) || enter_group (db, call, group, error));
}

gboolean
floo_effect_handle_application (FlooDb *db, FlooOperationCall *call, GError **error)
{
  return floo_lists_decide (db, FLOO_LIST_GROUP_APPLICATIONS, id_argument (call, 0), id_argument (call, 1), decision_of (call), error);
}

/* ---- profile and settings ---- */

gboolean
floo_effect_put_value (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_autoptr (GVariant) record = g_variant_get_child_value (call->result, 0);

  return floo_values_put_record (db, call->row->field, record, error);
}

/* Our public profile is in our own contact details, too. */
static gboolean
merge_own_details (FlooDb *db, FlooOperationCall *call, JsonObject *profile, GError **error)
{
  g_autoptr (JsonObject) fields = floo_record_pick_fields (&floo_record_roster_item, profile);
  gboolean changed;

  return floo_contacts_merge (db, FLOO_CONTACT_USER, call->self_id, fields, &changed, error)
         && user_event (db, call->self_id, changed, error);
}

/* One field, named by the row as "profile.nick_name"; or those of a record. */
gboolean
floo_effect_change_value (FlooDb *db, FlooOperationCall *call, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (call->row->field, ".", 2);
  g_autoptr (GVariant) value = g_variant_get_child_value (call->args, g_variant_n_children (call->args) - 1);
  g_autoptr (JsonNode) node = json_gvariant_serialize (value);
  g_autoptr (JsonObject) fields = NULL;

  if (parts[1] == NULL)
    fields = json_object_ref (json_node_get_object (node));
  else
    {
      fields = json_object_new ();
      json_object_set_member (fields, parts[1], json_node_copy (node));
    }
  return floo_values_merge_record (db, parts[0], fields, error)
         && (!g_str_equal (parts[0], FLOO_VALUE_PROFILE) || merge_own_details (db, call, fields, error));
}

/* ---- pins ---- */

static gboolean
pin (FlooDb *db, FlooOperationCall *call, gboolean pinned, GError **error)
{
  gboolean changed;
  gint64 conversation;

  g_variant_get_child (call->args, 0, "x", &conversation);
  return floo_conversations_pin (db, conversation, pinned, &changed, error) && (!changed || floo_conversations_list_changed (db));
}

gboolean
floo_effect_pin (FlooDb *db, FlooOperationCall *call, GError **error)
{
  return pin (db, call, TRUE, error);
}

gboolean
floo_effect_unpin (FlooDb *db, FlooOperationCall *call, GError **error)
{
  return pin (db, call, FALSE, error);
}
