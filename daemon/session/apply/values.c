/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/apply/values.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "store/tables/account.h"
#include "store/tables/contacts.h"
#include "store/tables/lists.h"

#define PASSWORD_CHANGE "password_change"
#define PASSWORD_CHANGE_MS 60000

static char *
stale_key (const char *key)
{
  return g_strconcat (key, ".stale", NULL);
}

static gboolean
set_stale (FlooDb *db, const char *key, gboolean stale, GError **error)
{
  g_autofree char *name = stale_key (key);

  return floo_values_set (db, name, stale ? "1" : NULL, error);
}

/* @node: (out) (transfer full) (nullable) */
static gboolean
load (FlooDb *db, const char *key, JsonNode **node, GError **error)
{
  g_autofree char *text = NULL;

  *node = NULL;
  if (!floo_values_get (db, key, &text, error))
    return FALSE;
  if (text != NULL)
    *node = floo_json_parse (text, strlen (text), error);
  return text == NULL || *node != NULL;
}

static gboolean
save (FlooDb *db, const char *key, JsonNode *node, GError **error)
{
  g_autofree char *text = floo_json_to_text (node);

  return floo_values_set (db, key, text, error);
}

gboolean
floo_values_put_record (FlooDb *db, const char *key, GVariant *values, GError **error)
{
  g_autoptr (JsonNode) node = json_gvariant_serialize (values);

  return save (db, key, node, error) && set_stale (db, key, FALSE, error);
}

gboolean
floo_values_merge_record (FlooDb *db, const char *key, JsonObject *fields, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (!load (db, key, &node, error))
    return FALSE;
  if (node == NULL)
    return TRUE;
  json_object_iter_init (&iter, fields);
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (json_node_get_object (node), name, json_node_copy (value));
  return save (db, key, node, error);
}

gboolean
floo_values_mark_stale (FlooDb *db, const char *key, GError **error)
{
  return set_stale (db, key, TRUE, error);
}

GVariant *
floo_values_get_record (FlooDb *db, const char *key, const FlooRecord *record, gboolean *stale, GError **error)
{
  g_autofree char *name = stale_key (key);
  g_autofree char *mark = NULL;
  g_autoptr (JsonNode) node = NULL;

  if (!load (db, key, &node, error) || !floo_values_get (db, name, &mark, error) || node == NULL)
    return NULL;
  *stale = mark != NULL;
  return floo_record_from_json (record, node, NULL);
}

gboolean
floo_values_expect_password_change (FlooDb *db, gboolean expect, GError **error)
{
  g_autofree char *until = g_strdup_printf ("%" G_GINT64_FORMAT, floo_now_ms () + PASSWORD_CHANGE_MS);

  return floo_values_set (db, PASSWORD_CHANGE, expect ? until : NULL, error);
}

gboolean
floo_values_take_password_change (FlooDb *db, gboolean *expected, GError **error)
{
  g_autofree char *until = NULL;
  gint64 end;

  if (!floo_values_get (db, PASSWORD_CHANGE, &until, error))
    return FALSE;
  end = until != NULL ? g_ascii_strtoll (until, NULL, 10) : 0;
  /* A clock that was set back meanwhile must not extend the minute. */
  *expected = end > floo_now_ms () && end <= floo_now_ms () + PASSWORD_CHANGE_MS;
  return until == NULL || floo_values_set (db, PASSWORD_CHANGE, NULL, error);
}

/* ---- blocked users ---- */

/* RosterItem.relation */
#define RELATION_FRIEND 0
#define RELATION_STRANGER 2
#define RELATION_BLOCKED 3

/* Sets the most likely relation at once; the details are fetched again. */
gboolean
floo_own_block_user (FlooDb *db, gint64 user, gboolean block, GError **error)
{
  g_autoptr (JsonObject) fields = json_object_new ();
  gboolean listed, changed;

  if (!floo_contacts_is_listed (db, FLOO_CONTACT_USER, user, &listed, error))
    return FALSE;
  json_object_set_int_member (fields, "relation", block ? RELATION_BLOCKED : listed ? RELATION_FRIEND : RELATION_STRANGER);
  return (block ? floo_lists_add (db, FLOO_LIST_BLOCKED, 0, user, NULL, error)
                : floo_lists_remove (db, FLOO_LIST_BLOCKED, 0, user, NULL, error))
         && floo_contacts_merge (db, FLOO_CONTACT_USER, user, fields, &changed, error)
         && floo_contacts_mark_stale (db, FLOO_CONTACT_USER, user, error);
}
