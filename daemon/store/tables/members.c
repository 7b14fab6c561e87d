/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/members.h"

#include "store/engine/query.h"
#include "store/tables/lists.h"
#include "store/tables/standing.h"

/* The columns of the statement. */
enum { PLACE, ROLE, NAME, AVATAR };

/* Their ids as a JSON array, 0 for a record without one. */
static char *
ids_to_json (GVariant *members)
{
  GString *text = g_string_new ("[");

  for (gsize i = 0; i < g_variant_n_children (members); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (members, i);
      gint64 user = 0;

      g_variant_lookup (member, "user_id", "x", &user);
      g_string_append_printf (text, "%s%" G_GINT64_FORMAT, i > 0 ? "," : "", user);
    }
  g_string_append_c (text, ']');
  return g_string_free (text, FALSE);
}

/* Of a picture what the service says goes first. */
static void
describe (FlooQuery *row, GVariantDict *member)
{
  const char *name = floo_query_text (row, NAME), *avatar = floo_query_text (row, AVATAR);

  if (!floo_query_is_null (row, ROLE))
    g_variant_dict_insert (member, "role", "s", floo_role_to_string (floo_query_int (row, ROLE)));
  if ((name == NULL || *name == '\0') && !g_variant_dict_lookup (member, "display_name", "&s", &name))
    name = NULL;
  if (name != NULL && *name != '\0')
    g_variant_dict_insert (member, "name", "s", name);
  if (avatar != NULL && !g_variant_dict_contains (member, "avatar"))
    g_variant_dict_insert (member, "avatar", "s", avatar);
}

GVariant *
floo_members_describe (FlooDb *db, gint64 group, GVariant *members, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "members-describe", FLOO_INTS (group), error);
  g_autofree char *ids = ids_to_json (members);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  gboolean row;

  if (query == NULL)
    return NULL;
  floo_query_bind_text (query, 2, ids);
  floo_query_bind_int (query, 3, FLOO_LIST_ADMINS);
  floo_query_bind_int (query, 4, db->user_id);
  while (floo_query_next (query, &row, error))
    {
      g_autoptr (GVariant) record = NULL;
      GVariantDict member;

      if (!row)
        return g_variant_builder_end (&builder);
      record = g_variant_get_child_value (members, (gsize) floo_query_int (query, PLACE));
      g_variant_dict_init (&member, record);
      describe (query, &member);
      g_variant_builder_add_value (&builder, g_variant_dict_end (&member));
    }
  return NULL;
}
