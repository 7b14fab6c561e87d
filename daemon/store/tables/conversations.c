/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/conversations.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "store/tables/changes.h"
#include "store/tables/entries.h"
#include "store/tables/gaps.h"
#include "store/tables/rows.h"
#include "store/tables/search-changes.h"
#include "store/tables/touched.h"

static const char *const types[] = { "roster", "group", "system" };

gboolean
floo_conversations_touch (FlooDb *db, gint64 id, FlooConversationType type, gboolean listed, int unread_delta, gboolean mentioned,
                          gint64 last_id, gint64 last_timestamp, GError **error)
{
  return floo_query_run_ints (db, "conversation-touch",
                              FLOO_INTS (id, type, listed ? 1 : 0, unread_delta, mentioned ? 1 : 0, last_id, last_timestamp), NULL, error);
}

gboolean
floo_conversations_enter_group (FlooDb *db, gint64 id, gint64 now, GError **error)
{
  return floo_query_run_ints (db, "conversation-enter", FLOO_INTS (id, now), NULL, error) && floo_conversations_list_changed (db);
}

gboolean
floo_conversations_drop_empty_groups (FlooDb *db, GError **error)
{
  guint dropped;

  return floo_query_run_ints (db, "conversations-drop-empty-groups", NULL, 0, &dropped, error)
         && (dropped == 0 || floo_conversations_list_changed (db));
}

gboolean
floo_conversations_count (FlooDb *db, gint64 id, int delta, GError **error)
{
  return floo_query_run_ints (db, "conversation-count", FLOO_INTS (id, delta), NULL, error);
}

/* The newest message that is shown in the list, which call signalling without a record is not. */
static gboolean
find_last (FlooDb *db, gint64 id, gint64 *last, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "conversation-messages-downward", FLOO_INTS (id), error);
  gboolean row;

  *last = 0;
  if (query == NULL)
    return FALSE;
  while (*last == 0)
    {
      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (!row)
        break;
      if (floo_message_is_record ((int) floo_query_int (query, 1), floo_query_text (query, 2)))
        *last = floo_query_int (query, 0);
    }
  return TRUE;
}

gboolean
floo_conversations_settle (FlooDb *db, gint64 id, GError **error)
{
  gint64 last, valid;
  gboolean there;

  if (!floo_query_get_int (db, "conversation-valid-last", FLOO_INTS (id), &valid, &there, error))
    return FALSE;
  if (!there)
    return TRUE;
  last = valid;
  if (valid == 0 && !find_last (db, id, &last, error))
    return FALSE;
  return floo_query_run_ints (db, "conversation-settle", FLOO_INTS (id, last), NULL, error);
}

/* A position in the list, after which the next page begins. */
typedef struct {
  gint64 pinned;
  gint64 activity;
  gint64 id;
} Cursor;

static gboolean
cursor_parse (const char *text, Cursor *cursor, GError **error)
{
  int end = 0;

  *cursor = (Cursor){ G_MAXINT64, G_MAXINT64, G_MAXINT64 };
  if (*text == '\0')
    return TRUE;
  if (strlen (text) < 64
      && sscanf (text, "%20" G_GINT64_MODIFIER "d.%20" G_GINT64_MODIFIER "d.%20" G_GINT64_MODIFIER "d%n", &cursor->pinned,
                 &cursor->activity, &cursor->id, &end)
             == 3
      && text[end] == '\0')
    return TRUE;
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The cursor is none that List gave");
  return FALSE;
}

static gboolean
type_parse (const char *text, gint64 *type, GError **error)
{
  *type = -1;
  if (text == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (text, types[i]) == 0)
      {
        *type = i;
        return TRUE;
      }
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "type must be roster, group or system");
  return FALSE;
}

GVariant *
floo_conversations_list (FlooDb *db, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                         char **next_cursor, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  GVariantBuilder items;
  Cursor place;
  gint64 type_number;
  gsize size = 0;
  gboolean row;

  if (!cursor_parse (cursor, &place, error) || !type_parse (type, &type_number, error))
    return NULL;
  query = floo_query_take_ints (db, pinned_first ? "conversations-list-pinned" : "conversations-list",
                                FLOO_INTS (place.pinned, place.activity, place.id, type_number, (gint64) MAX (limit, 1) + 1, unread != FALSE), error);
  if (query == NULL)
    return NULL;
  limit = MAX (limit, 1);
  *next_cursor = NULL;
  g_variant_builder_init (&items, G_VARIANT_TYPE ("aa{sv}"));
  while (floo_query_next (query, &row, error))
    {
      if (row && (limit == 0 || size > FLOO_PAGE_BYTES))
        *next_cursor = g_strdup_printf ("%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT ".%" G_GINT64_FORMAT, place.pinned, place.activity, place.id);
      else if (!row)
        *next_cursor = g_strdup ("");
      if (*next_cursor != NULL)
        return g_variant_builder_end (&items);
      g_variant_builder_add_value (&items, floo_entry_read (query, &size));
      place = (Cursor){ floo_query_int (query, 5), floo_query_int (query, 2), floo_query_int (query, 0) };
      limit--;
    }
  g_variant_builder_clear (&items);
  return NULL;
}

static gboolean
not_found (gint64 id, GError **error)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "There is no conversation %" G_GINT64_FORMAT, id);
  return FALSE;
}

GVariant *
floo_conversations_get (FlooDb *db, gint64 id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "conversation-get", FLOO_INTS (id), error);
  gsize size = 0;
  gboolean row;

  if (!floo_query_next (query, &row, error))
    return NULL;
  if (row)
    return floo_entry_read (query, &size);
  not_found (id, error);
  return NULL;
}

gboolean
floo_conversations_get_type (FlooDb *db, gint64 id, FlooConversationType *type, GError **error)
{
  gint64 value;
  gboolean found;

  if (!floo_query_get_int (db, "conversation-get-type", FLOO_INTS (id), &value, &found, error))
    return FALSE;
  *type = (FlooConversationType) value;
  return found || not_found (id, error);
}

gboolean
floo_conversations_get_unread (FlooDb *db, gint64 id, guint *unread, GError **error)
{
  return floo_query_get_uint (db, "conversation-get-unread", FLOO_INTS (id), unread, error);
}

gboolean
floo_conversations_get_unread_total (FlooDb *db, guint *total, GError **error)
{
  return floo_query_get_uint (db, "conversations-unread-total", NULL, 0, total, error);
}

gboolean
floo_conversations_set_draft (FlooDb *db, gint64 id, FlooConversationType type, const char *text, gint64 now, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;

  if (text == NULL || *text == '\0')
    return floo_query_run_ints (db, "conversation-clear-draft", FLOO_INTS (id), NULL, error)
           && floo_conversations_settle (db, id, error);
  query = floo_query_take_ints (db, "conversation-set-draft", FLOO_INTS (id, type, now), error);
  floo_query_bind_text (query, 4, text);
  return floo_query_run (query, error);
}

static gboolean
unpin_others (FlooDb *db, const gint64 *ids, guint n, gboolean *changed, GError **error)
{
  g_autoptr (GArray) gone = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (FlooQuery) query = floo_query_take (db, "conversations-pinned", error);
  g_autoptr (GHashTable) wanted = g_hash_table_new (g_int64_hash, g_int64_equal);
  gboolean row = TRUE;

  for (guint i = 0; i < n; i++)
    g_hash_table_add (wanted, (gpointer) &ids[i]);
  while (row)
    {
      gint64 id;

      if (!floo_query_next (query, &row, error))
        return FALSE;
      id = row ? floo_query_int (query, 0) : 0;
      if (row && !g_hash_table_contains (wanted, &id))
        g_array_append_val (gone, id);
    }
  for (guint i = 0; i < gone->len; i++)
    if (!floo_query_run_ints (db, "conversation-unpin", FLOO_INTS (g_array_index (gone, gint64, i)), NULL, error))
      return FALSE;
  *changed = gone->len > 0;
  return TRUE;
}

gboolean
floo_conversations_set_pinned (FlooDb *db, const gint64 *ids, guint n, gboolean *changed, GError **error)
{
  guint pinned;

  if (!unpin_others (db, ids, n, changed, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      if (!floo_query_run_ints (db, "conversation-pin", FLOO_INTS (ids[i]), &pinned, error))
        return FALSE;
      *changed = *changed || pinned > 0;
    }
  return TRUE;
}

gboolean
floo_conversations_pin (FlooDb *db, gint64 id, gboolean pinned, gboolean *changed, GError **error)
{
  guint rows;

  if (!floo_query_run_ints (db, pinned ? "conversation-pin" : "conversation-unpin", FLOO_INTS (id), &rows, error))
    return FALSE;
  floo_changes_note (db, FLOO_CHANGES_OF_PINS, 0);
  *changed = rows > 0;
  return TRUE;
}

gboolean
floo_conversations_pins_changed_since (FlooDb *db, gint64 moment)
{
  return floo_changes_since (db, FLOO_CHANGES_OF_PINS, 0, moment);
}

static gboolean
delete_messages (FlooDb *db, gint64 id, gint64 up_to, GError **error)
{
  return floo_query_run_ints (db, "appended-delete-of-conversation", FLOO_INTS (id, up_to), NULL, error)
         && floo_query_run_ints (db, "messages-delete-of-conversation", FLOO_INTS (id, up_to), NULL, error)
         && floo_search_changes_add_conversation (db, id, error) && floo_gaps_cover (db, id, G_MININT64, up_to, error);
}

gboolean
floo_conversations_delete_up_to (FlooDb *db, gint64 id, FlooConversationType type, gint64 up_to, gboolean *deleted, gboolean *is_left,
                                 GError **error)
{
  gint64 present, last;

  if (!floo_query_get_int (db, "conversation-get-type", FLOO_INTS (id), &present, deleted, error)
      || !delete_messages (db, id, up_to, error)
      || !floo_query_run_ints (db, "conversation-delete", FLOO_INTS (id, up_to, type), NULL, error) || !find_last (db, id, &last, error))
    return FALSE;
  *is_left = last != 0;
  return floo_query_run_ints (db, "conversation-restore", FLOO_INTS (id, last), NULL, error);
}

gboolean
floo_conversations_delete (FlooDb *db, gint64 id, gboolean *deleted, GError **error)
{
  gint64 type, last;
  gboolean is_left;

  if (!floo_query_get_int (db, "conversation-get-type", FLOO_INTS (id), &type, deleted, error)
      || !floo_query_get_int (db, "conversation-last-message-up-to", FLOO_INTS (id, G_MAXINT64), &last, NULL, error))
    return FALSE;
  return !*deleted || floo_conversations_delete_up_to (db, id, (FlooConversationType) type, last, deleted, &is_left, error);
}

gboolean
floo_conversations_clear (FlooDb *db, gint64 id, gint64 *up_to, GError **error)
{
  FlooConversationType type;

  return floo_conversations_get_type (db, id, &type, error)
         && floo_query_get_int (db, "conversation-last-message-up-to", FLOO_INTS (id, G_MAXINT64), up_to, NULL, error)
         && delete_messages (db, id, *up_to, error)
         && floo_query_run_ints (db, "conversation-clear", FLOO_INTS (id, *up_to), NULL, error);
}

gboolean
floo_conversations_keep (FlooDb *db, gint64 id, GError **error)
{
  return floo_query_run_ints (db, "conversation-keep", FLOO_INTS (id), NULL, error);
}

gboolean
floo_conversations_is_kept (FlooDb *db, gint64 id, gboolean *kept, GError **error)
{
  return floo_query_get_bool (db, "conversation-is-kept", FLOO_INTS (id), kept, error);
}

gboolean
floo_conversations_is_deleted (FlooDb *db, gint64 id, gboolean *is_deleted, GError **error)
{
  gint64 type, up_to;
  gboolean there;

  if (!floo_query_get_int (db, "conversation-get-type", FLOO_INTS (id), &type, &there, error)
      || !floo_query_get_int (db, "conversation-deleted-up-to", FLOO_INTS (id), &up_to, NULL, error))
    return FALSE;
  *is_deleted = !there && up_to > 0;
  return TRUE;
}

gboolean
floo_conversations_list_changed (FlooDb *db)
{
  floo_touched_add_list (db);
  return TRUE;
}
