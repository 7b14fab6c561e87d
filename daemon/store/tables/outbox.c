/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/outbox.h"

#include <string.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/message-details.h"
#include "store/tables/client-ids.h"
#include "store/tables/conversations.h"
#include "store/tables/lived.h"
#include "store/tables/messages.h"
#include "store/tables/receipts.h"
#include "store/tables/rows.h"
#include "store/tables/state.h"

/* Read acknowledgements and the like need no order, and must not delay messages. */
static const struct {
  FlooOperation operation;
  const char *name;
  gboolean ordered;
} operations[] = {
  { FLOO_OPERATION_READ_ACK, "read_ack", FALSE },
  { FLOO_OPERATION_READ_ALL, "read_all", FALSE },
  { FLOO_OPERATION_READ_CANCEL, "read_cancel", FALSE },
  { FLOO_OPERATION_DELIVER_ACK, "deliver_ack", FALSE },
  { FLOO_OPERATION_RECALL, "recall", TRUE },
  { FLOO_OPERATION_DELETE, "delete", TRUE },
  { FLOO_OPERATION_PLAY_ACK, "play_ack", FALSE },
  { FLOO_OPERATION_APPEND, "append", TRUE },
  { FLOO_OPERATION_REPLACE, "replace", TRUE },
  { FLOO_OPERATION_DELETE_CONVERSATION, "delete_conversation", TRUE },
  { FLOO_OPERATION_DELETE_CONVERSATION_EVERYWHERE, "delete_conversation_everywhere", TRUE },
};

const char *
floo_outbox_operation_to_string (int operation)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    if ((int) operations[i].operation == operation)
      return operations[i].name;
  return "unknown";
}

static gboolean
is_ordered (int operation)
{
  for (guint i = 0; i < G_N_ELEMENTS (operations); i++)
    if ((int) operations[i].operation == operation)
      return operations[i].ordered;
  return TRUE;
}

gboolean
floo_outbox_next_client_ids (FlooDb *db, guint n, gint64 *first, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  const gint64 next = MAX (state->last_client_id + 1, floo_now_ms ());
  const gint64 last = next + n - 1;

  if (last > state->client_id_ceiling && !floo_client_ids_raise (db, last, error))
    return FALSE;
  state->last_client_id = last;
  *first = next;
  return TRUE;
}

gboolean
floo_outbox_next_client_id (FlooDb *db, gint64 *client_id, GError **error)
{
  return floo_outbox_next_client_ids (db, 1, client_id, error);
}

gboolean
floo_outbox_refresh_head (FlooDb *db, gint64 conversation, GError **error)
{
  gint64 first;

  return floo_query_run_ints (db, "outbox-files-in-order", FLOO_INTS (conversation), NULL, error)
         && floo_query_get_int (db, "outbox-first-unsettled", FLOO_INTS (conversation), &first, NULL, error)
         && floo_query_run_ints (db, "outbox-clear-head", FLOO_INTS (conversation, first), NULL, error)
         && floo_query_run_ints (db, "outbox-set-head", FLOO_INTS (first), NULL, error);
}

gboolean
floo_outbox_put (FlooDb *db, const FlooOutboxRow *row, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "outbox-insert", error);
  const gint64 ints[]
      = { row->client_id, row->conversation, row->to_type, row->to, row->operation, row->target, row->type, row->priority,
          row->timestamp, row->state, row->attempts, row->next_retry, row->device_sn, row->permanent ? 1 : 0, is_ordered (row->operation) };
  const gint64 more[] = { row->frame, row->doubt, row->named, row->accepted, row->edited, row->error_code, row->not_before };
  const char *const texts[] = { row->error, row->content, row->ext, row->config, row->attachment, row->file };

  for (guint i = 0; i < G_N_ELEMENTS (ints); i++)
    floo_query_bind_int (query, (int) i + 1, ints[i]);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    floo_query_bind_text (query, (int) (G_N_ELEMENTS (ints) + i) + 1, texts[i]);
  for (guint i = 0; i < G_N_ELEMENTS (more); i++)
    floo_query_bind_int (query, (int) (G_N_ELEMENTS (ints) + G_N_ELEMENTS (texts) + i) + 1, more[i]);
  return floo_query_run (query, error);
}

/* A visible message that is due counts as activity of its conversation. A group stays a group, also if its id was used as a user's. */
static gboolean
touch (FlooDb *db, const FlooOutboxRow *row, gint64 id, gint64 timestamp, GError **error)
{
  FlooConversationType type = floo_conversation_type_of (row->to_type, row->conversation), known = type;
  g_autoptr (GError) local = NULL;

  if (!floo_conversations_get_type (db, row->conversation, &known, &local) && !floo_error_only_missing (&local, error))
    return FALSE;
  if (known == FLOO_CONVERSATION_GROUP)
    type = FLOO_CONVERSATION_GROUP;
  return row->operation != FLOO_OPERATION_MESSAGE || row->type == FLOO_TYPE_COMMAND || row->not_before != 0
         || floo_conversations_touch (db, row->conversation, type,
                                      floo_message_is_record (row->type, row->config), 0, FALSE, id, timestamp, error);
}

/* An operation on a failed message would wait for ever; one on a message that is not due yet would delay the rows after it. */
static gboolean
check_target (FlooDb *db, const FlooOutboxRow *row, GError **error)
{
  gint64 state, not_before;

  if (row->operation == FLOO_OPERATION_MESSAGE || row->target == 0)
    return TRUE;
  if (!floo_query_get_int (db, "outbox-get-state", FLOO_INTS (row->target), &state, NULL, error)
      || !floo_query_get_int (db, "outbox-get-not-before", FLOO_INTS (row->target), &not_before, NULL, error))
    return FALSE;
  if (state != FLOO_SEND_FAILED && state != FLOO_SEND_CANCELLED && not_before == 0)
    return TRUE;
  if (not_before != 0 && state != FLOO_SEND_FAILED)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS,
                 "Message %" G_GINT64_FORMAT " is not due yet: CancelSend takes it back, Resend sends it now", row->target);
  else
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "Message %" G_GINT64_FORMAT " was not sent", row->target);
  return FALSE;
}

gboolean
floo_outbox_restore (FlooDb *db, const FlooOutboxRow *row, GError **error)
{
  return floo_outbox_put (db, row, error) && touch (db, row, 0, row->timestamp, error) && floo_outbox_refresh_head (db, row->conversation, error);
}

gboolean
floo_outbox_insert (FlooDb *db, const FlooOutboxRow *row, GError **error)
{
  return check_target (db, row, error) && floo_outbox_restore (db, row, error);
}

/* Calls @func with each row until it returns FALSE; @n_rows: (out) (optional): with how many */
static gboolean
each (FlooDb *db, const char *name, const gint64 *ints, gsize n, FlooOutboxFunc func, gpointer user_data, guint *n_rows, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, ints, n, error);
  guint count = 0;
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      FlooOutboxRow outbox;

      if (row)
        floo_outbox_row_read (&outbox, query);
      count += row;
      if (n_rows != NULL)
        *n_rows = count;
      if (!row || !func (&outbox, user_data))
        return TRUE;
    }
  return FALSE;
}

static gboolean
not_found (gint64 client_id, GError **error)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "Nothing is queued under %" G_GINT64_FORMAT, client_id);
  return FALSE;
}

gboolean
floo_outbox_get (FlooDb *db, gint64 client_id, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  guint n;

  return each (db, "outbox-get", FLOO_INTS (client_id), func, user_data, &n, error) && (n > 0 || not_found (client_id, error));
}

gboolean
floo_outbox_foreach (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  return each (db, "outbox-all", NULL, 0, func, user_data, NULL, error);
}

gboolean
floo_outbox_foreach_overdue (FlooDb *db, gint64 now, guint limit, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  return each (db, "outbox-overdue", FLOO_INTS (now, limit), func, user_data, NULL, error);
}

gboolean
floo_outbox_get_next_time (FlooDb *db, gint64 *not_before, GError **error)
{
  return floo_query_get_int (db, "outbox-next-not-before", NULL, 0, not_before, NULL, error);
}

static gboolean
copy_row (const FlooOutboxRow *row, gpointer user_data)
{
  *(FlooOutboxRow **) user_data = floo_outbox_row_copy (row);
  return FALSE;
}

gboolean
floo_outbox_make_due (FlooDb *db, gint64 client_id, GError **error)
{
  g_autoptr (FlooOutboxRow) row = NULL;

  if (!floo_outbox_get (db, client_id, copy_row, &row, error))
    return FALSE;
  if (row->not_before == 0)
    return TRUE;
  row->not_before = 0;
  row->timestamp = floo_now_ms ();
  return floo_query_run_ints (db, "outbox-make-due", FLOO_INTS (client_id, row->timestamp), NULL, error)
         && touch (db, row, 0, row->timestamp, error) && floo_outbox_refresh_head (db, row->conversation, error);
}

gboolean
floo_outbox_foreach_uncertain (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  return each (db, "outbox-uncertain", NULL, 0, func, user_data, NULL, error);
}

gboolean
floo_outbox_foreach_edit (FlooDb *db, gint64 message, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  return each (db, "outbox-edits", FLOO_INTS (message), func, user_data, NULL, error);
}

gboolean
floo_outbox_foreach_of_frame (FlooDb *db, gint64 client_mid, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  return each (db, "outbox-of-frame", FLOO_INTS (client_mid), func, user_data, NULL, error);
}

gboolean
floo_outbox_foreach_file (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error)
{
  return each (db, "outbox-files", NULL, 0, func, user_data, NULL, error);
}

gboolean
floo_outbox_get_dependents (FlooDb *db, gint64 client_id, GArray *client_ids, GError **error)
{
  return floo_query_collect (db, "outbox-dependents", FLOO_INTS (client_id), client_ids, error);
}

static gboolean
fail_dependents (FlooDb *db, gint64 client_id, const FlooOutboxError *why, GError **error)
{
  g_autoptr (FlooQuery) query
      = floo_query_take_ints (db, "outbox-fail-dependents", FLOO_INTS (client_id, why->permanent ? 1 : 0, why->code), error);

  floo_query_bind_text (query, 4, why->text);
  return floo_query_run (query, error);
}

static gboolean
get_conversation (FlooDb *db, gint64 client_id, gint64 *conversation, GError **error)
{
  gboolean found;

  return floo_query_get_int (db, "outbox-get-conversation", FLOO_INTS (client_id), conversation, &found, error)
         && (found || not_found (client_id, error));
}

/* A message of ours will not be sent. A conversation that only existed for it is deleted. */
static gboolean
settle_without (FlooDb *db, gint64 conversation, GError **error)
{
  return floo_conversations_settle (db, conversation, error)
         && floo_query_run_ints (db, "conversation-drop-empty", FLOO_INTS (conversation), NULL, error);
}

gboolean
floo_outbox_set_state (FlooDb *db, gint64 client_id, FlooSendState state, gboolean count_attempt, gint64 next_retry, gint64 device_sn,
                       const FlooOutboxError *why, GError **error)
{
  static const FlooOutboxError nothing = { 0 };
  g_autoptr (FlooQuery) query = NULL;
  gint64 conversation;

  if (why == NULL)
    why = &nothing;
  if (!get_conversation (db, client_id, &conversation, error))
    return FALSE;
  query = floo_query_take_ints (db, "outbox-set-state",
                                FLOO_INTS (client_id, state, count_attempt ? 1 : 0, next_retry, device_sn, why->permanent ? 1 : 0, why->code),
                                error);
  floo_query_bind_text (query, 8, why->text);
  return floo_query_run (query, error)
         && (state != FLOO_SEND_FAILED || fail_dependents (db, client_id, why, error))
         && (state != FLOO_SEND_CANCELLED || settle_without (db, conversation, error))
         && floo_outbox_refresh_head (db, conversation, error);
}

gboolean
floo_outbox_set_file (FlooDb *db, gint64 client_id, const char *file, const char *attachment, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gint64 conversation;

  if (!get_conversation (db, client_id, &conversation, error))
    return FALSE;
  query = floo_query_take_ints (db, "outbox-set-file", FLOO_INTS (client_id), error);
  floo_query_bind_text (query, 2, file);
  floo_query_bind_text (query, 3, attachment);
  return floo_query_run (query, error) && floo_outbox_refresh_head (db, conversation, error);
}

/* Stores the message of @row under its new id. If a page contained it before, that row is kept and gets our client_id. */
static gboolean
store_acknowledged (FlooDb *db, const FlooOutboxRow *row, gint64 server_id, gint64 server_time, GError **error)
{
  FlooMessage message;
  gboolean is_new;

  floo_outbox_row_to_message (row, db, &message);
  message.id = server_id;
  message.device_sn = row->device_sn;
  message.timestamp = server_time != 0 ? server_time : row->timestamp;
  floo_message_direct_call (&message, db->user_id);
  message.audience = floo_receipts_count_audience (&message);
  return floo_messages_insert (db, &message, FALSE, &is_new, error)
         && (is_new || floo_query_run_ints (db, "message-set-client-id", FLOO_INTS (server_id, row->client_id), NULL, error))
         && touch (db, row, server_id, message.timestamp, error);
}

gboolean
floo_outbox_acknowledge (FlooDb *db, gint64 client_id, gint64 server_id, gint64 server_time, gboolean *was_there, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "outbox-get", FLOO_INTS (client_id), error);
  FlooOutboxRow row;

  if (!floo_query_next (query, was_there, error))
    return FALSE;
  if (!*was_there)
    return TRUE;
  floo_outbox_row_read (&row, query);
  /* Command messages are signalled and not stored. */
  if (row.operation == FLOO_OPERATION_MESSAGE && row.type != FLOO_TYPE_COMMAND && server_id != 0
      && !store_acknowledged (db, &row, server_id, server_time, error))
    return FALSE;
  return floo_query_run_ints (db, "outbox-delete", FLOO_INTS (client_id), NULL, error)
         && floo_query_run_ints (db, "outbox-retarget", FLOO_INTS (client_id, server_id), NULL, error)
         && floo_conversations_settle (db, row.conversation, error) && floo_outbox_refresh_head (db, row.conversation, error);
}

gboolean
floo_outbox_delete (FlooDb *db, gint64 client_id, GError **error)
{
  gint64 conversation;

  if (!get_conversation (db, client_id, &conversation, error))
    return FALSE;
  return floo_query_run_ints (db, "outbox-delete-dependents", FLOO_INTS (client_id), NULL, error)
         && floo_query_run_ints (db, "outbox-delete", FLOO_INTS (client_id), NULL, error)
         && settle_without (db, conversation, error) && floo_outbox_refresh_head (db, conversation, error);
}

gboolean
floo_outbox_count (FlooDb *db, guint *queued, guint *failed, GError **error)
{
  return floo_query_get_uint (db, "outbox-count", NULL, 0, queued, error) && floo_query_get_uint (db, "outbox-count-failed", NULL, 0, failed, error);
}

gboolean
floo_outbox_mark_uncertain (FlooDb *db, gint64 device_sn, guint *n, GError **error)
{
  return floo_query_run_ints (db, "outbox-mark-uncertain", FLOO_INTS (device_sn), n, error)
         && floo_query_run_ints (db, "outbox-retry-at-once", NULL, 0, NULL, error);
}

/* A page of ListOutbox. */
typedef struct {
  FlooDb *db;
  gboolean online;
  GVariantBuilder items;
  guint limit;
  guint n;
  gsize size;
  gint64 last;          /* client id of the last item */
  gboolean more;
} Page;

/* Adds why a row that has not failed is not sent yet. */
static void
add_reason (GVariantBuilder *extra, const FlooOutboxRow *row, gboolean online)
{
  const char *reason = row->error;

  if (reason == NULL && row->state == FLOO_SEND_SENDING && !online)
    reason = "it waits for a connection, to be sent again";
  g_variant_builder_add (extra, "{sv}", "permanent", g_variant_new_boolean (row->permanent));
  if (reason != NULL)
    g_variant_builder_add (extra, "{sv}", "error", g_variant_new_take_string (g_strdup_printf ("%d: %s", row->error_code, reason)));
}

static gboolean
add_to_page (const FlooOutboxRow *row, gpointer user_data)
{
  Page *page = user_data;
  GVariantBuilder extra;
  FlooMessage message;

  floo_outbox_row_to_message (row, page->db, &message);
  page->size += floo_message_size (&message);
  if (page->n > 0 && (page->n >= page->limit || page->size > FLOO_PAGE_BYTES))
    {
      page->more = TRUE;
      return FALSE;
    }
  page->n++;
  page->last = row->client_id;
  g_variant_builder_init (&extra, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&extra, "{sv}", "attempts", g_variant_new_uint32 (row->attempts));
  g_variant_builder_add (&extra, "{sv}", "next_retry", g_variant_new_int64 (row->next_retry));
  if (row->state != FLOO_SEND_FAILED)
    add_reason (&extra, row, page->online);
  if (row->operation != FLOO_OPERATION_MESSAGE)
    g_variant_builder_add (&extra, "{sv}", "operation", g_variant_new_string (floo_outbox_operation_to_string (row->operation)));
  message.extra = g_variant_ref_sink (g_variant_builder_end (&extra));
  g_variant_builder_add_value (&page->items, floo_message_to_variant (&message));
  g_variant_unref (message.extra);
  return TRUE;
}

GVariant *
floo_outbox_list (FlooDb *db, gboolean online, const char *cursor, guint limit, char **next_cursor, GError **error)
{
  Page page = { .db = db, .online = online, .limit = limit };
  gint64 after = 0;

  if (*cursor != '\0' && !g_ascii_string_to_signed (cursor, 10, 0, G_MAXINT64, &after, NULL))
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The cursor is not one of ListOutbox");
      return NULL;
    }
  g_variant_builder_init (&page.items, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  if (!each (db, "outbox-page", FLOO_INTS (after, (gint64) limit + 1), add_to_page, &page, NULL, error))
    {
      g_variant_builder_clear (&page.items);
      return NULL;
    }
  *next_cursor = page.more ? g_strdup_printf ("%" G_GINT64_FORMAT, page.last) : g_strdup ("");
  return g_variant_builder_end (&page.items);
}
