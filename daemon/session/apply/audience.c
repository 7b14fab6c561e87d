/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/apply/audience.h"

#include <string.h>

#include "base/json.h"
#include "base/record.h"
#include "store/tables/contacts.h"
#include "store/tables/lists.h"

gboolean
floo_audience_get (FlooDb *db, gint64 group, FlooAudience *audience, GError **error)
{
  g_autoptr (GVariant) details = NULL;
  gboolean read_ack = FALSE, complete;
  gint64 owner;
  guint n;

  *audience = FLOO_AUDIENCE_NO_SETTINGS;
  if (!floo_contacts_get_one (db, FLOO_CONTACT_GROUP, &floo_record_group_info, group, &details, error))
    return FALSE;
  /* Details with an owner have all settings. */
  if (details == NULL || !g_variant_lookup (details, "owner_id", "x", &owner))
    return TRUE;
  (void) g_variant_lookup (details, "read_ack", "b", &read_ack);
  *audience = FLOO_AUDIENCE_NONE;
  if (!read_ack)
    return TRUE;
  if (!floo_lists_get_state (db, FLOO_LIST_MEMBERS, group, &complete, &n, error))
    return FALSE;
  *audience = complete ? FLOO_AUDIENCE_KNOWN : FLOO_AUDIENCE_NO_MEMBERS;
  return TRUE;
}

/* All members but ourselves, as a member of the JSON object @config (nullable). */
static char *
merge_members (const char *config, GVariant *ids, gint64 self_id)
{
  g_autoptr (JsonNode) node = config != NULL && *config != '\0' ? floo_json_parse (config, strlen (config), NULL) : NULL;
  JsonArray *members = json_array_new ();
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  const gint64 *values;
  gsize n;

  if (object == NULL)
    {
      g_clear_pointer (&node, json_node_unref);
      node = json_node_new (JSON_NODE_OBJECT);
      object = json_object_new ();
      json_node_take_object (node, object);
    }
  values = g_variant_get_fixed_array (ids, &n, sizeof *values);
  for (gsize i = 0; i < n; i++)
    if (values[i] != self_id)
      json_array_add_int_element (members, values[i]);
  json_object_set_array_member (object, "groupMemberList", members);
  return floo_json_to_text (node);
}

gboolean
floo_audience_merge (FlooDb *db, gint64 group, const char *config, char **merged, gboolean *missing, GError **error)
{
  FlooAudience audience;
  g_autoptr (GVariant) ids = NULL;

  *merged = NULL;
  *missing = FALSE;
  if (floo_json_text_has_member (config, "groupMemberList"))
    return TRUE;
  if (!floo_audience_get (db, group, &audience, error))
    return FALSE;
  /* An incomplete list would be worse than none: reading by the others would never be reported. */
  *missing = audience == FLOO_AUDIENCE_NO_SETTINGS || audience == FLOO_AUDIENCE_NO_MEMBERS;
  if (audience != FLOO_AUDIENCE_KNOWN)
    return TRUE;
  ids = floo_lists_get_ids (db, FLOO_LIST_MEMBERS, group, error);
  if (ids == NULL)
    return FALSE;
  g_variant_ref_sink (ids);
  *merged = merge_members (config, ids, floo_db_get_user_id (db));
  return TRUE;
}
