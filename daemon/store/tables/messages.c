/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/messages.h"

#include <string.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "store/tables/lived.h"
#include "store/tables/rows.h"
#include "store/tables/search-changes.h"
#include "store/tables/touched.h"

gboolean
floo_messages_insert (FlooDb *db, const FlooMessage *message, gboolean counts, gboolean *is_new, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gboolean deleted;

  *is_new = FALSE;
  if (!floo_query_find (db, "message-is-deleted", FLOO_INTS (message->id, message->conversation), &deleted, error))
    return FALSE;
  if (deleted)
    return TRUE;
  query = floo_query_take (db, "message-insert", error);
  floo_query_bind_int (query, 1, message->id);
  floo_query_bind_int (query, 2, message->conversation);
  floo_query_bind_int (query, 3, message->from);
  floo_query_bind_int (query, 4, (gint64) message->to_type);
  floo_query_bind_int (query, 5, message->type);
  floo_query_bind_int (query, 6, message->timestamp);
  floo_query_bind_int (query, 7, message->status);
  floo_query_bind_int (query, 8, message->flags);
  floo_query_bind_int (query, 9, counts ? 1 : 0);
  if (message->client_id != 0)
    floo_query_bind_int (query, 10, message->client_id);
  floo_query_bind_int (query, 11, message->edit_timestamp);
  floo_query_bind_text (query, 12, message->content);
  floo_query_bind_text (query, 13, message->ext);
  floo_query_bind_text (query, 14, message->config);
  floo_query_bind_text (query, 15, message->attachment);
  floo_query_bind_text (query, 16, message->sender_name);
  if (message->device_sn != 0)
    floo_query_bind_int (query, 17, message->device_sn);
  if (message->audience != 0)
    floo_query_bind_int (query, 18, message->audience);
  if (!floo_query_run (query, error))
    return FALSE;
  *is_new = sqlite3_changes (db->handle) > 0;
  if (*is_new && (message->flags & FLOO_MESSAGE_OUTGOING) && message->status == FLOO_STATUS_READ)
    floo_touched_add_message (db, message->id);
  return !*is_new || floo_search_changes_add_new (db, message->id, error);
}

gboolean
floo_messages_is_known (FlooDb *db, gint64 id, gboolean *known, GError **error)
{
  return floo_query_find (db, "message-is-known", FLOO_INTS (id), known, error);
}

gboolean
floo_messages_find (FlooDb *db, gint64 id, gboolean *known, gint64 *conversation, FlooToType *to_type, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "message-find", FLOO_INTS (id), error);

  if (!floo_query_next (query, known, error))
    return FALSE;
  *conversation = *known ? floo_query_int (query, 0) : 0;
  *to_type = *known ? (FlooToType) floo_query_int (query, 1) : FLOO_TO_ROSTER;
  return TRUE;
}

gboolean
floo_messages_find_sent (FlooDb *db, gint64 conversation, int type, const char *content, gint64 since, gint64 device_sn, gint64 *id,
                         GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "message-find-sent", FLOO_INTS (conversation, db->user_id, type), error);
  gboolean row;

  floo_query_bind_text (query, 4, content);
  floo_query_bind_int (query, 5, since);
  floo_query_bind_int (query, 6, device_sn);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  *id = row ? floo_query_int (query, 0) : 0;
  return TRUE;
}

/* Calls @func with the message that query @name finds under @id; @found: (out) */
static gboolean
get_by (FlooDb *db, const char *name, gint64 id, FlooMessageFunc func, gpointer user_data, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, FLOO_INTS (id), error);
  g_auto (FlooMessageRow) row = { 0 };

  if (!floo_query_next (query, found, error))
    return FALSE;
  if (!*found)
    return TRUE;
  if (!floo_message_row_read (&row, db, query, error))
    return FALSE;
  func (&row.message, user_data);
  return TRUE;
}

/* A message of ours that is not acknowledged. */
static gboolean
get_from_outbox (FlooDb *db, gint64 id, FlooMessageFunc func, gpointer user_data, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "outbox-get", FLOO_INTS (id), error);
  FlooOutboxRow row;
  FlooMessage message;

  if (!floo_query_next (query, found, error))
    return FALSE;
  if (!*found)
    return TRUE;
  floo_outbox_row_read (&row, query);
  *found = row.operation == FLOO_OPERATION_MESSAGE;
  if (*found)
    {
      floo_outbox_row_to_message (&row, db, &message);
      func (&message, user_data);
    }
  return TRUE;
}

gboolean
floo_messages_get (FlooDb *db, gint64 id, FlooMessageFunc func, gpointer user_data, GError **error)
{
  gboolean found = FALSE;

  if (!get_by (db, "message-get", id, func, user_data, &found, error))
    return FALSE;
  /* A damaged row may have 0 there. */
  if (!found && id > 0 && !get_by (db, "message-get-by-client-id", id, func, user_data, &found, error))
    return FALSE;
  if (!found && !get_from_outbox (db, id, func, user_data, &found, error))
    return FALSE;
  if (!found)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "There is no message %" G_GINT64_FORMAT, id);
  return found;
}

static void
take_variant (const FlooMessage *message, gpointer user_data)
{
  *(GVariant **) user_data = floo_message_to_variant (message);
}

GVariant *
floo_messages_get_variant (FlooDb *db, gint64 id, GError **error)
{
  GVariant *variant = NULL;

  return floo_messages_get (db, id, take_variant, &variant, error) ? variant : NULL;
}

gboolean
floo_messages_resolve (FlooDb *db, gint64 id, gint64 *found, GError **error)
{
  gboolean there;

  if (!floo_query_get_int (db, "message-id", FLOO_INTS (id), found, &there, error))
    return FALSE;
  return there || id <= 0 || floo_query_get_int (db, "message-id-by-client-id", FLOO_INTS (id), found, NULL, error);
}
