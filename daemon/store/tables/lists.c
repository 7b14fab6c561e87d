/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/lists.h"

#include <string.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "base/service-clock.h"
#include "store/tables/changes.h"
#include "store/engine/query.h"
#include "store/tables/standing.h"

/* Prefix of the cursors of our own pages; the service's begin differently. */
#define CURSOR_PREFIX "local:"
/* How many decisions of each kind are kept. */
#define MAX_DECIDED 200

/* What differs between the lists. */
static const struct {
  const char *owner_key;        /* (nullable): the record's field that says the owner */
  const char *id_key;
  const char *expires_key;      /* (nullable): in ms */
} kinds[FLOO_N_LISTS] = {
  [FLOO_LIST_BLOCKED] = { NULL, "user_id", NULL },
  [FLOO_LIST_APPLICATIONS] = { NULL, "user_id", "expired_time" },
  [FLOO_LIST_INVITATIONS] = { "group_id", "inviter_id", "expire_time" },
  [FLOO_LIST_GROUP_APPLICATIONS] = { "group_id", "applicant_id", "expire_time" },
  [FLOO_LIST_MEMBERS] = { NULL, "user_id", NULL },
  [FLOO_LIST_ADMINS] = { NULL, "user_id", NULL },
  [FLOO_LIST_BANNED] = { NULL, "user_id", NULL },
  [FLOO_LIST_GROUP_BLOCKED] = { NULL, "user_id", NULL },
};

static gboolean
get_state (FlooDb *db, FlooList list, gint64 owner, gint64 *generation, gboolean *complete, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "list-get", FLOO_INTS (list, owner), error);
  gboolean row;

  if (!floo_query_next (query, &row, error))
    return FALSE;
  *generation = row ? floo_query_int (query, 0) : 0;
  *complete = row && floo_query_int (query, 1) != 0;
  return TRUE;
}

/* ---- what changed when ---- */

static gboolean
is_of_any_owner (FlooList list)
{
  return kinds[list].owner_key != NULL;
}

void
floo_lists_note_change (FlooDb *db, FlooList list, gint64 owner)
{
  floo_changes_note (db, FLOO_CHANGES_OF_LIST (list), owner);
  if (is_of_any_owner (list))
    floo_changes_note (db, FLOO_CHANGES_OF_LIST (list), FLOO_LIST_ANY_OWNER);
}

gboolean
floo_lists_changed_since (FlooDb *db, FlooList list, gint64 owner, gint64 moment)
{
  return floo_changes_since (db, FLOO_CHANGES_OF_LIST (list), owner, moment);
}

/* ---- entries ---- */

/* @details: (out) (transfer full) (nullable) */
static gboolean
load (FlooDb *db, FlooList list, gint64 owner, gint64 id, JsonNode **details, gboolean *stale, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "list-entry-get", FLOO_INTS (list, owner, id), error);
  gboolean row;

  *details = NULL;
  *stale = FALSE;
  if (!floo_query_next (query, &row, error))
    return FALSE;
  if (row)
    {
      const char *text = floo_query_text (query, 0);

      *details = floo_json_parse (text, strlen (text), error);
      *stale = floo_query_int (query, 1) != 0;
      return *details != NULL;
    }
  return TRUE;
}

static gboolean
save (FlooDb *db, FlooList list, gint64 owner, gint64 id, gint64 generation, gboolean stale, JsonNode *details, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  g_autofree char *text = floo_json_to_text (details);
  gint64 expires = 0, decided = 0, status = 0;

  if (kinds[list].expires_key != NULL)
    {
      (void) floo_json_get_int (json_node_get_object (details), "status", &status);
      decided = status != 0 ? floo_now_ms () : 0;
      if (decided == 0)
        (void) floo_json_get_int (json_node_get_object (details), kinds[list].expires_key, &expires);
    }
  query = floo_query_take_ints (db, "list-entry-put", FLOO_INTS (list, owner, id, generation, stale, expires, decided), error);
  floo_query_bind_text (query, 8, text);
  return floo_query_run (query, error);
}

/* Whether a pending decision has expired. */
static gboolean
has_lapsed (FlooList list, GVariant *record)
{
  gint64 expires = 0;
  gint32 status = 0;

  if (kinds[list].expires_key == NULL)
    return FALSE;
  g_variant_lookup (record, "status", "i", &status);
  g_variant_lookup (record, kinds[list].expires_key, "x", &expires);
  return status == 0 && expires > 0 && expires <= floo_service_time ();
}

/* Updates our standing from our own entry in a list. */
static gboolean
follow_own (FlooDb *db, FlooList list, gint64 owner, GVariant *record, GError **error)
{
  if (list == FLOO_LIST_ADMINS && !floo_standing_set_admin (db, owner, TRUE, error))
    return FALSE;
  return (list != FLOO_LIST_MEMBERS && list != FLOO_LIST_BANNED) || floo_standing_take_member (db, owner, record, error);
}

static gboolean
drop_own (FlooDb *db, FlooList list, gint64 owner, GError **error)
{
  if (list == FLOO_LIST_ADMINS)
    return floo_standing_set_admin (db, owner, FALSE, error);
  return list != FLOO_LIST_BANNED || floo_standing_set_ban (db, owner, 0, error);
}

static gboolean
drop (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error)
{
  guint n;

  if (id == db->user_id && !drop_own (db, list, owner, error))
    return FALSE;
  if (!floo_query_run_ints (db, "list-entry-remove", FLOO_INTS (list, owner, id), &n, error))
    return FALSE;
  if (changed != NULL)
    *changed = n > 0;
  return TRUE;
}

/* @owner: (inout): the record's own, where it has it */
static gboolean
put (FlooDb *db, FlooList list, gint64 *owner, gint64 generation, GVariant *record, gboolean *changed, GError **error)
{
  g_autoptr (JsonNode) fields = NULL;
  g_autoptr (JsonNode) details = NULL;
  gboolean stale;
  gint64 id;

  *changed = FALSE;
  if (!g_variant_lookup (record, kinds[list].id_key, "x", &id)
      || (is_of_any_owner (list) && !g_variant_lookup (record, kinds[list].owner_key, "x", owner)))
    return TRUE;
  if (has_lapsed (list, record))
    return drop (db, list, *owner, id, changed, error);
  if (!load (db, list, *owner, id, &details, &stale, error))
    return FALSE;
  fields = json_gvariant_serialize (record);
  *changed = details == NULL || floo_json_merge (json_node_get_object (details), json_node_get_object (fields));
  return save (db, list, *owner, id, generation, FALSE, details != NULL ? details : fields, error)
         && (id != db->user_id || follow_own (db, list, *owner, record, error));
}

/* Stores a single record, which becomes part of a reading under way that may have passed its place. @owner: (inout) */
static gboolean
put_one (FlooDb *db, FlooList list, gint64 *owner, GVariant *record, gboolean *changed, GError **error)
{
  g_autoptr (GVariant) sunk = g_variant_ref_sink (record);
  gint64 generation;
  gboolean complete, differs;

  if (!get_state (db, list, is_of_any_owner (list) ? FLOO_LIST_ANY_OWNER : *owner, &generation, &complete, error)
      || !put (db, list, owner, generation, sunk, &differs, error))
    return FALSE;
  if (changed != NULL)
    *changed = differs;
  return TRUE;
}

gboolean
floo_lists_put (FlooDb *db, FlooList list, gint64 owner, GVariant *record, gboolean *changed, GError **error)
{
  if (!put_one (db, list, &owner, record, changed, error))
    return FALSE;
  floo_lists_note_change (db, list, owner);
  return TRUE;
}

gboolean
floo_lists_take (FlooDb *db, FlooList list, gint64 owner, GVariant *record, gboolean *changed, GError **error)
{
  return put_one (db, list, &owner, record, changed, error);
}

gboolean
floo_lists_add (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error)
{
  g_autoptr (GVariant) record = NULL;
  GVariantDict dict;
  gboolean known;

  if (!floo_lists_has (db, list, owner, id, &known, error))
    return FALSE;
  if (changed != NULL)
    *changed = !known;
  floo_lists_note_change (db, list, owner);
  if (known)
    return TRUE;
  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, kinds[list].id_key, "x", id);
  record = g_variant_ref_sink (g_variant_dict_end (&dict));
  return floo_lists_put (db, list, owner, record, NULL, error);
}

gboolean
floo_lists_remove (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *changed, GError **error)
{
  /* A pending answer may have it, although it is not stored. */
  floo_lists_note_change (db, list, owner);
  return drop (db, list, owner, id, changed, error);
}

static gboolean
trim_decided (FlooDb *db, FlooList list, GError **error)
{
  return kinds[list].expires_key == NULL || floo_query_run_ints (db, "list-entries-trim-decided", FLOO_INTS (list, MAX_DECIDED), NULL, error);
}

gboolean
floo_lists_decide (FlooDb *db, FlooList list, gint64 owner, gint64 id, FlooDecision decision, GError **error)
{
  floo_lists_note_change (db, list, owner);
  return floo_query_run_ints (db, "list-entries-decide", FLOO_INTS (list, owner, id, decision, floo_now_ms ()), NULL, error)
         && trim_decided (db, list, error);
}

gboolean
floo_lists_clear (FlooDb *db, FlooList list, gint64 owner, GError **error)
{
  return floo_query_run_ints (db, "list-drop-old", FLOO_INTS (list, owner, G_MAXINT64), NULL, error)
         && floo_lists_forget (db, list, owner, error);
}

gboolean
floo_lists_remove_owner (FlooDb *db, gint64 owner, GError **error)
{
  for (FlooList list = FLOO_LIST_NONE + 1; list < FLOO_N_LISTS; list++)
    floo_lists_note_change (db, list, owner);
  return floo_query_run_ints (db, "list-drop-owner", FLOO_INTS (owner), NULL, error)
         && floo_query_run_ints (db, "list-drop-states-of-owner", FLOO_INTS (owner), NULL, error);
}

gboolean
floo_lists_forget (FlooDb *db, FlooList list, gint64 owner, GError **error)
{
  floo_lists_note_change (db, list, owner);
  return floo_query_run_ints (db, "list-forget", FLOO_INTS (list, owner), NULL, error);
}

gboolean
floo_lists_mark_stale (FlooDb *db, FlooList list, gint64 owner, gint64 id, GError **error)
{
  floo_lists_note_change (db, list, owner);
  return floo_query_run_ints (db, "list-entry-mark-stale", FLOO_INTS (list, owner, id), NULL, error);
}

/* ---- pages of the service ---- */

/* Finds the reading that the page belongs to: @current: whether it is the one under way. */
static gboolean
note_page (FlooDb *db, FlooList list, gint64 owner, const char *cursor, const char *next, gboolean *current, GError **error)
{
  gboolean first = *cursor == '\0';
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, first ? "list-begin" : "list-continue", FLOO_INTS (list, owner), error);

  floo_query_bind_text (query, 3, next);
  if (!first)
    floo_query_bind_text (query, 4, cursor);
  *current = TRUE;
  if (!floo_query_run (query, error))
    return FALSE;
  if (!first)
    *current = sqlite3_changes (db->handle) > 0;
  return TRUE;
}

gboolean
floo_lists_take_page (FlooDb *db, FlooList list, gint64 owner, const char *cursor, const char *next, GVariant *records,
                      gboolean *changed, GError **error)
{
  gint64 generation;
  gboolean was_complete, current, admin;
  guint dropped = 0;

  *changed = FALSE;
  if (!note_page (db, list, owner, cursor, next, &current, error)
      || !get_state (db, list, owner, &generation, &was_complete, error))
    return FALSE;
  for (gsize i = 0; i < g_variant_n_children (records); i++)
    {
      g_autoptr (GVariant) record = g_variant_get_child_value (records, i);
      gint64 of = owner;
      gboolean differs;

      if (!put (db, list, &of, generation, record, &differs, error))
        return FALSE;
      *changed |= differs && was_complete;
    }
  if (!floo_query_run_ints (db, "list-drop-expired", FLOO_INTS (list, floo_service_time ()), NULL, error) || !trim_decided (db, list, error))
    return FALSE;
  if (!current || *next != '\0')
    return TRUE;
  if (!floo_query_run_ints (db, "list-complete", FLOO_INTS (list, owner), NULL, error)
      || !floo_query_run_ints (db, "list-drop-old", FLOO_INTS (list, owner, generation), &dropped, error))
    return FALSE;
  *changed |= dropped > 0 && was_complete;
  if (list != FLOO_LIST_ADMINS)
    return TRUE;
  return floo_lists_has (db, list, owner, db->user_id, &admin, error) && floo_standing_set_admin (db, owner, admin, error);
}

/* ---- reading ---- */

gboolean
floo_lists_get_state (FlooDb *db, FlooList list, gint64 owner, gboolean *complete, guint *n, GError **error)
{
  gint64 generation;

  return get_state (db, list, owner, &generation, complete, error)
         && floo_query_get_uint (db, "list-count", FLOO_INTS (list, owner), n, error);
}

gboolean
floo_lists_has (FlooDb *db, FlooList list, gint64 owner, gint64 id, gboolean *known, GError **error)
{
  return floo_query_find (db, "list-entry-get", FLOO_INTS (list, owner, id), known, error);
}

gboolean
floo_lists_is_own_cursor (const char *cursor)
{
  return g_str_has_prefix (cursor, CURSOR_PREFIX);
}

/* A number, up to @stop. Returns: what follows @stop; NULL: there is none */
static const char *
read_number (const char *text, char stop, gint64 *number)
{
  char *end;

  *number = g_ascii_strtoll (text, &end, 10);
  return g_ascii_isdigit (*text) && *end == stop ? end + 1 : NULL;
}

static gboolean
read_cursor (const char *cursor, gint64 *owner, gint64 *id, GError **error)
{
  const char *second;

  if (*cursor == '\0')
    return TRUE;
  second = floo_lists_is_own_cursor (cursor) ? read_number (cursor + strlen (CURSOR_PREFIX), ':', owner) : NULL;
  if (second != NULL && read_number (second, '\0', id) != NULL)
    return TRUE;
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "cursor is of no page of this list");
  return FALSE;
}

static gboolean
is_among (gint64 owner, const gint64 *owners, guint n)
{
  for (guint i = 0; i < n; i++)
    if (owners[i] == owner)
      return TRUE;
  return owners == NULL;
}

/* (nullable): the entry of the present row. */
static GVariant *
decode (FlooQuery *query, const FlooRecord *record)
{
  const char *text = floo_query_text (query, 2);
  g_autoptr (JsonNode) details = floo_json_parse (text, strlen (text), NULL);

  return details != NULL ? floo_record_from_json (record, details, NULL) : NULL;
}

GVariant *
floo_lists_get_page (FlooDb *db, FlooList list, const gint64 *owners, guint n_owners, const FlooRecord *record, const char *cursor,
                     guint limit, char **next, GError **error)
{
  gint64 only = n_owners == 1 ? owners[0] : FLOO_LIST_ANY_OWNER;
  gint64 owner = MAX (only, 0), id = 0;
  g_autoptr (FlooQuery) query = NULL;
  g_auto (GVariantBuilder) items = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));
  guint n = 0;
  gboolean row;

  *next = NULL;
  if (!read_cursor (cursor, &owner, &id, error))
    return NULL;
  query = floo_query_take_ints (db, "list-page", FLOO_INTS (list, owner, id, only), error);
  if (query == NULL)
    return NULL;
  while (floo_query_next (query, &row, error))
    {
      g_autoptr (GVariant) item = NULL;

      if (!row)
        {
          *next = g_strdup ("");
          return g_variant_builder_end (&items);
        }
      if (!is_among (floo_query_int (query, 0), owners, n_owners))
        continue;
      if (n == limit)
        {
          *next = g_strdup_printf (CURSOR_PREFIX "%" G_GINT64_FORMAT ":%" G_GINT64_FORMAT, owner, id);
          return g_variant_builder_end (&items);
        }
      owner = floo_query_int (query, 0);
      id = floo_query_int (query, 1);
      item = decode (query, record);
      if (item != NULL)
        g_variant_ref_sink (item);
      if (item == NULL || has_lapsed (list, item))
        continue;
      g_variant_builder_add_value (&items, item);
      n++;
    }
  return NULL;
}

GVariant *
floo_lists_get_ids (FlooDb *db, FlooList list, gint64 owner, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "list-page", FLOO_INTS (list, owner, 0, owner), error);
  g_auto (GVariantBuilder) ids = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ax"));
  gboolean row = FALSE;

  while (floo_query_next (query, &row, error))
    {
      if (!row)
        return g_variant_builder_end (&ids);
      g_variant_builder_add (&ids, "x", floo_query_int (query, 1));
    }
  return NULL;
}

GVariant *
floo_lists_get (FlooDb *db, FlooList list, gint64 owner, const FlooRecord *record, const gint64 *ids, guint n, GError **error)
{
  g_auto (GVariantBuilder) items = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("aa{sv}"));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (JsonNode) details = NULL;
      GVariant *item;
      gboolean stale;

      if (!load (db, list, owner, ids[i], &details, &stale, error))
        return NULL;
      item = details != NULL && !stale ? floo_record_from_json (record, details, NULL) : NULL;
      if (item == NULL)
        return NULL;
      g_variant_builder_add_value (&items, item);
    }
  return g_variant_builder_end (&items);
}

gboolean
floo_lists_get_stale (FlooDb *db, FlooList list, guint limit, gint64 *owner, GArray *ids, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "list-entries-stale", FLOO_INTS (list, limit), error);
  gboolean row;

  *owner = 0;
  while (floo_query_next (query, &row, error))
    {
      gint64 id;

      if (!row || (*owner != 0 && *owner != floo_query_int (query, 0)))
        return TRUE;
      *owner = floo_query_int (query, 0);
      id = floo_query_int (query, 1);
      g_array_append_val (ids, id);
    }
  return FALSE;
}
