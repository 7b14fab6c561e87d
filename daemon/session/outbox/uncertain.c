/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/outbox/uncertain.h"

#include "base/error.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "session/apply/status.h"
#include "wire/frame.h"

#define SLACK_MS (10 * 60 * 1000)       /* between the service's clock and ours */

void
floo_uncertain_clear (FlooUncertain *row)
{
  g_clear_pointer (&row->content, g_free);
}

static void
copy_row (FlooUncertain *uncertain, const FlooOutboxRow *row)
{
  *uncertain = (FlooUncertain){ .client_id = row->client_id, .conversation = row->conversation, .timestamp = row->timestamp,
                                .device_sn = row->device_sn, .operation = row->operation, .type = row->type, .doubt = row->doubt,
                                .named = row->named, .content = g_strdup (row->content) };
}

static gboolean
keep_first (const FlooOutboxRow *row, gpointer user_data)
{
  copy_row (user_data, row);
  return FALSE;
}

gboolean
floo_uncertain_find (FlooDb *db, FlooUncertain *row, GError **error)
{
  row->client_id = 0;
  return floo_outbox_foreach_uncertain (db, keep_first, row, error);
}

gboolean
floo_uncertain_is_covered (const FlooUncertain *row, const FlooCoverage *coverage)
{
  if (row->operation != FLOO_OPERATION_MESSAGE || coverage->whole)
    return TRUE;
  if (row->named != 0)
    return coverage->lowest_id != 0 && coverage->lowest_id <= row->named;
  return coverage->lowest_id != 0 && coverage->oldest < row->timestamp - SLACK_MS;
}

/* ---- searching the store ---- */

typedef struct {
  const FlooUncertain *row;
  gboolean is_same;
} Comparison;

static void
compare (const FlooMessage *message, gpointer user_data)
{
  Comparison *comparison = user_data;
  const FlooUncertain *row = comparison->row;

  comparison->is_same = message->conversation == row->conversation && (message->flags & FLOO_MESSAGE_OUTGOING) != 0
                        && message->type == row->type && g_strcmp0 (message->content, row->content) == 0;
}

/* Whether the message that the answer named is this one, with equal content. @id: (out): 0: another one, or not found */
static gboolean
find_named (FlooDb *db, const FlooUncertain *row, gint64 *id, GError **error)
{
  Comparison comparison = { .row = row };
  g_autoptr (GError) local = NULL;

  if (!floo_messages_get (db, row->named, compare, &comparison, &local) && !g_error_matches (local, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  *id = comparison.is_same ? row->named : 0;
  return TRUE;
}

/* @id: (out): 0: it is not in the store */
static gboolean
find_sent (FlooDb *db, const FlooUncertain *row, gint64 *id, GError **error)
{
  const gint64 since = row->timestamp - SLACK_MS;
  gboolean may;

  if (row->named != 0)
    {
      if (!find_named (db, row, id, error))
        return FALSE;
    }
  else if (!floo_messages_find_sent (db, row->conversation, row->type, row->content, since, row->device_sn, id, error)
           /* It may have gone out under an earlier device number than the one by which it was known again. */
           || (*id == 0 && row->doubt != FLOO_DOUBT_DEVICE
               && !floo_messages_find_sent (db, row->conversation, row->type, row->content, since, 0, id, error)))
    return FALSE;
  if (*id == 0)
    return TRUE;
  if (!floo_outbox_may_be_named (db, row->client_id, row->conversation, *id, &may, error))
    return FALSE;
  if (!may)
    *id = 0;
  return TRUE;
}

/* ---- results ---- */

/* Without an @id the service accepted it, but its history does not have it any more: it was recalled or deleted before we learnt its id. */
static gboolean
settle_as_sent (FlooDb *db, const FlooUncertain *row, gint64 id, GError **error)
{
  gboolean was_there;

  return floo_outbox_acknowledge (db, row->client_id, id, 0, &was_there, error)
         && floo_status_journal (db, row->client_id, row->conversation, id != 0, "sent", id, 0, NULL, error)
         && floo_conversations_list_changed (db);
}

/* A message is kept as failed, for the user to decide; an operation is dropped. */
static gboolean
give_up (FlooDb *db, const FlooUncertain *row, const char *why, GError **error)
{
  if (row->operation != FLOO_OPERATION_MESSAGE)
    return floo_status_journal (db, row->client_id, row->conversation, FALSE, "failed", 0, 0, why, error)
           && floo_outbox_delete (db, row->client_id, error);
  return floo_status_journal_dependents (db, row->client_id, row->conversation, "failed", 0, why, error)
         && floo_outbox_set_state (db, row->client_id, FLOO_SEND_FAILED, FALSE, 0, 0, &(FlooOutboxError){ .text = why, .permanent = TRUE }, error)
         && floo_status_journal (db, row->client_id, row->conversation, TRUE, "failed", 0, 0, why, error);
}

static gboolean
send_again (FlooDb *db, const FlooUncertain *row, GError **error)
{
  gboolean is_message = row->operation == FLOO_OPERATION_MESSAGE, begun = TRUE;

  if (row->doubt == FLOO_DOUBT_DUPLICATE ? !floo_outbox_begin_anew (db, row->client_id, &begun, error)
                                         : !floo_outbox_set_state (db, row->client_id, FLOO_SEND_QUEUED, FALSE, 0, 0, NULL, error))
    return FALSE;
  if (!begun)
    return give_up (db, row, "the service reports every message number as used", error);
  return floo_status_journal (db, row->client_id, row->conversation, is_message, "queued", 0, 0, NULL, error);
}

static gboolean
settle_one (FlooDb *db, const FlooUncertain *row, const char *lost, GError **error)
{
  gint64 id = 0;

  if (row->operation == FLOO_OPERATION_APPEND)
    return give_up (db, row, "it may have been appended before", error);
  /* All other operations may be done twice. */
  if (row->operation != FLOO_OPERATION_MESSAGE)
    return send_again (db, row, error);
  if (!find_sent (db, row, &id, error))
    return FALSE;
  if (id != 0)
    return settle_as_sent (db, row, id, error);
  if (lost != NULL)
    return give_up (db, row, lost, error);
  return row->doubt == FLOO_DOUBT_NO_ID ? settle_as_sent (db, row, 0, error) : send_again (db, row, error);
}

/* ---- those that can be settled ---- */

typedef struct {
  const FlooUncertain *first;
  const FlooCoverage *coverage;
  GArray *rows;                 /* FlooUncertain */
} Settling;

static gboolean
add_covered (const FlooOutboxRow *outbox, gpointer user_data)
{
  Settling *settling = user_data;
  FlooUncertain row;

  if (outbox->conversation != settling->first->conversation)
    return TRUE;
  copy_row (&row, outbox);
  if (row.client_id == settling->first->client_id || floo_uncertain_is_covered (&row, settling->coverage))
    g_array_append_val (settling->rows, row);
  else
    floo_uncertain_clear (&row);
  return TRUE;
}

gboolean
floo_settle (FlooDb *db, const FlooUncertain *row, const FlooCoverage *coverage, const char *lost, GError **error)
{
  Settling settling = { row, coverage, g_array_new (FALSE, FALSE, sizeof (FlooUncertain)) };
  gboolean ok;

  g_array_set_clear_func (settling.rows, (GDestroyNotify) floo_uncertain_clear);
  /* The row may have been cancelled or acknowledged while the history was fetched. */
  ok = floo_outbox_foreach_uncertain (db, add_covered, &settling, error);
  for (guint i = 0; ok && i < settling.rows->len; i++)
    {
      const FlooUncertain *one = &g_array_index (settling.rows, FlooUncertain, i);

      ok = settle_one (db, one, one->client_id == row->client_id ? lost : NULL, error);
    }
  g_array_unref (settling.rows);
  return ok;
}
