/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answers.c: applies the service's answers to what we sent, to the outbox and the store. Store thread.
 */
#include "session/apply/answers.h"

#include <string.h>

#include "base/backoff.h"
#include "store/tables/early.h"
#include "store/tables/messages.h"
#include "session/apply/status.h"

GPtrArray *
floo_answers_get_rows (FlooDb *db, gint64 client_mid, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) floo_outbox_row_free);

  return floo_outbox_foreach_of_frame (db, client_mid, floo_outbox_row_collect, rows, error) ? g_steal_pointer (&rows) : NULL;
}

/* Returns: (transfer full) */
static char *
join_contents (GPtrArray *rows)
{
  GString *all = g_string_new (NULL);

  for (guint i = 0; i < rows->len; i++)
    g_string_append (all, ((const FlooOutboxRow *) g_ptr_array_index (rows, i))->content);
  return g_string_free (all, FALSE);
}

/* How often the frame was sent, without cancelled rows. */
static guint
count_attempts (GPtrArray *rows)
{
  guint attempts = 0;

  for (guint i = 0; i < rows->len; i++)
    attempts = MAX (attempts, ((const FlooOutboxRow *) g_ptr_array_index (rows, i))->attempts);
  return attempts;
}

/* An id or a time of the service: 0 where it is invalid. */
static gint64
number_of (guint64 number)
{
  return number <= G_MAXINT64 ? (gint64) number : 0;
}

/* Command messages are signalled and not stored, our own, too. */
static gboolean
apply_accepted_command (FlooApply *apply, const FlooOutboxRow *row, gint64 server_id, GError **error)
{
  g_autoptr (GVariant) message = floo_messages_get_variant (apply->db, row->client_id, error);

  if (message == NULL)
    return FALSE;
  g_variant_ref_sink (message);
  return floo_apply_flush (apply, error)
         && floo_status_journal (apply->db, row->client_id, row->conversation, TRUE, "sent", server_id, 0, NULL, error)
         && floo_outbox_delete (apply->db, row->client_id, error)
         && floo_apply_message (apply, row->conversation, row->to_type, server_id, FALSE, message, 256 + strlen (row->content), error);
}

static gboolean
apply_accepted_message (FlooApply *apply, const FlooOutboxRow *row, const Floo__SyncDL *answer, GError **error)
{
  gint64 server_id = number_of (answer->server_mid), server_time = number_of (answer->server_time);
  gint64 conversation;
  FlooToType to_type;
  gboolean known, was_there, is_there;
  g_autoptr (GVariant) message = NULL;
  FlooChange *change;

  if (row->type == FLOO_TYPE_COMMAND)
    return apply_accepted_command (apply, row, server_id, error);
  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error) || !floo_messages_is_known (apply->db, server_id, &known, error)
      || !floo_outbox_acknowledge (apply->db, row->client_id, server_id, server_time, &was_there, error)
      || !floo_messages_find (apply->db, server_id, &is_there, &conversation, &to_type, error))
    return FALSE;
  apply->list_changed = TRUE;
  /* Recalled or deleted, here or elsewhere, before we learnt its id. */
  if (!is_there)
    return floo_status_journal (apply->db, row->client_id, row->conversation, FALSE, "sent", server_id, 0, NULL, error);
  change = floo_apply_change (apply, row->conversation, floo_conversation_type_of (row->to_type, row->conversation), error);
  if (change == NULL)
    return FALSE;
  change->touched = change->listed = TRUE;
  if (server_id > change->last_id)
    {
      change->last_id = server_id;
      change->last_timestamp = server_time != 0 ? server_time : row->timestamp;
    }
  if (!floo_status_journal (apply->db, row->client_id, row->conversation, TRUE, "sent", server_id, 0, NULL, error))
    return FALSE;
  if (known)
    return TRUE;
  message = floo_messages_get_variant (apply->db, server_id, error);
  if (message == NULL)
    return FALSE;
  g_variant_ref_sink (message);
  if (row->type == FLOO_TYPE_RTC && row->to_type == FLOO_TO_ROSTER
      && !floo_apply_event_refs (apply, FLOO_SIGNAL_ROSTER_RTC_MESSAGE, g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", message), &server_id, 1, error))
    return FALSE;
  return floo_apply_message (apply, row->conversation, row->to_type, server_id, TRUE, message, 256 + strlen (row->content), error)
         && floo_apply_early (apply, server_id, error);
}

gboolean
floo_apply_accepted_operation (FlooApply *apply, GPtrArray *rows, gint64 id, gint64 edit_timestamp, GError **error)
{
  const FlooOutboxRow *row = g_ptr_array_index (rows, 0);
  g_autofree char *content = join_contents (rows);
  FlooMessageOperation operation = { .id = id, .type = row->operation, .mid = row->target, .conversation = row->conversation, .ours = TRUE,
                                     .edit_timestamp = edit_timestamp, .content = content, .config = row->config, .ext = row->ext };
  gboolean was_there, is_new = TRUE;

  /* With its id a page that contains it changes nothing, before or after this. */
  if (id != 0 && !floo_applied_add (apply->db, id, &is_new, error))
    return FALSE;
  if (!floo_apply_flush (apply, error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!floo_outbox_acknowledge (apply->db, ((const FlooOutboxRow *) g_ptr_array_index (rows, i))->client_id, 0, 0, &was_there, error))
      return FALSE;
  if ((row->operation < FLOO_OPERATION_DELETE_CONVERSATION && is_new && !floo_apply_operation (apply, &operation, error))
      || !floo_apply_flush_append (apply, error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!floo_status_journal (apply->db, ((const FlooOutboxRow *) g_ptr_array_index (rows, i))->client_id, row->conversation, FALSE,
                              "sent", id, 0, NULL, error))
      return FALSE;
  return TRUE;
}

/* ---- refused ---- */

typedef enum { REFUSED_FOR_GOOD, REFUSED_FOR_NOW, REFUSED_SESSION } Refusal;

static Refusal
refusal_of (int code, const char *reason)
{
  switch (code)
    {
    case FLOO__STATUS__ERROR_CODE__UNKNOWN:
    case FLOO__STATUS__ERROR_CODE__RATE_LIMIT_EXCEEDED:
      return REFUSED_FOR_NOW;
    case FLOO__STATUS__ERROR_CODE__UNAUTHORIZED:
      return g_str_equal (reason, "you must login first") ? REFUSED_SESSION : REFUSED_FOR_GOOD;
    case FLOO__STATUS__ERROR_CODE__INVALID_TOKEN:
    case FLOO__STATUS__ERROR_CODE__USER_FROZEN:
    case FLOO__STATUS__ERROR_CODE__INVALID_LICENSE:
    case FLOO__STATUS__ERROR_CODE__LICENSE_LIMIT:
    case FLOO__STATUS__ERROR_CODE__APP_FROZEN:
      return REFUSED_SESSION;
    default:
      return REFUSED_FOR_GOOD;
    }
}

/* The reason that the outbox stores. */
static const char *
reason_or_name (int code, const char *reason)
{
  return *reason != '\0' ? reason : floo_wire_enum_name (&floo__status__error_code__descriptor, code);
}

static gboolean
apply_refused_for_good (FlooDb *db, const FlooOutboxRow *row, int code, const char *reason, GError **error)
{
  const FlooOutboxError why = { code, reason_or_name (code, reason), TRUE };

  if (row->operation == FLOO_OPERATION_MESSAGE)
    return floo_status_journal_dependents (db, row->client_id, row->conversation, "failed", code, reason, error)
           && floo_outbox_set_state (db, row->client_id, FLOO_SEND_FAILED, FALSE, 0, row->device_sn, &why, error)
           && floo_status_journal (db, row->client_id, row->conversation, TRUE, "failed", 0, code, reason, error);
  /* A refused operation has ended: it cannot be shown or sent again. */
  return floo_status_journal (db, row->client_id, row->conversation, FALSE, "failed", 0, code, reason, error)
         && floo_outbox_delete (db, row->client_id, error);
}

/* @again_at: ms */
static gboolean
queue_again (FlooDb *db, const FlooOutboxRow *row, gint64 again_at, int code, const char *reason, GError **error)
{
  const FlooOutboxError why = { code, reason_or_name (code, reason), FALSE };

  return floo_outbox_set_state (db, row->client_id, FLOO_SEND_QUEUED, FALSE, again_at, row->device_sn, &why, error)
         && floo_status_journal (db, row->client_id, row->conversation, row->operation == FLOO_OPERATION_MESSAGE, "queued", 0, code,
                                 reason, error);
}

/* Rows of a frame that was refused when it was sent for the first time are queued as if they had never been sent: cancelled rows are removed
 * from it, and later appends may join. A repeated frame must stay the same, since the refusal may be of the repetition. */
static gboolean
break_up (FlooApply *apply, GPtrArray *rows, GError **error)
{
  if (rows->len < 2 || count_attempts (rows) > 1)
    return TRUE;
  for (guint i = rows->len; i-- > 0;)
    {
      const FlooOutboxRow *row = g_ptr_array_index (rows, i);

      if (row->state != FLOO_SEND_CANCELLED ? !floo_outbox_set_frame (apply->db, row->client_id, 0, error)
                                            : !floo_outbox_delete (apply->db, row->client_id, error))
        return FALSE;
      if (row->state == FLOO_SEND_CANCELLED)
        g_ptr_array_remove_index (rows, i);
    }
  return TRUE;
}

static gboolean
apply_refused (FlooApply *apply, GPtrArray *rows, int code, const char *reason, GError **error)
{
  FlooInboundStatus status = { .code = code };
  Refusal refusal = refusal_of (code, reason);
  gint64 now = floo_now_ms ();

  if (!floo_apply_flush (apply, error) || (refusal != REFUSED_FOR_GOOD && !break_up (apply, rows, error)))
    return FALSE;
  if (refusal == REFUSED_SESSION)
    {
      status.reason = g_strdup (reason);
      g_array_append_val (apply->result->statuses, status);
    }
  if (refusal == REFUSED_FOR_NOW)
    g_array_index (apply->result->answered, FlooAnswer, apply->result->answered->len - 1).refused = TRUE;
  for (guint i = 0; i < rows->len; i++)
    {
      const FlooOutboxRow *row = g_ptr_array_index (rows, i);
      gboolean ok;

      if (row->state == FLOO_SEND_CANCELLED)
        ok = rows->len > 1 && refusal != REFUSED_FOR_GOOD ? TRUE : floo_outbox_delete (apply->db, row->client_id, error);
      else if (row->state == FLOO_SEND_FAILED)
        ok = TRUE; /* it failed before */
      else if (refusal == REFUSED_FOR_GOOD)
        ok = apply_refused_for_good (apply->db, row, code, reason, error);
      else
        ok = queue_again (apply->db, row, refusal == REFUSED_FOR_NOW ? now + floo_outbox_retry_delay (row->attempts) : 0, code, reason, error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

/* ---- uncertain ---- */

/* The service has seen this client_mid before. */
static gboolean
is_duplicate (const char *reason)
{
  g_autofree char *lower = g_ascii_strdown (reason, -1);

  return strstr (lower, "duplicate") != NULL;
}

/* The message waits until the history shows whether it was accepted. */
static gboolean
leave_in_doubt (FlooApply *apply, const FlooOutboxRow *row, FlooDoubt doubt, gint64 named, GError **error)
{
  const char *text = doubt == FLOO_DOUBT_NO_ID ? "the service gave no message id" : "the service reports its number as a duplicate, possibly of another message";

  apply->result->settle = TRUE;
  return floo_apply_flush (apply, error) && floo_outbox_set_uncertain (apply->db, row->client_id, doubt, named, text, error)
         && floo_status_journal (apply->db, row->client_id, row->conversation, TRUE, "uncertain", 0, 0, NULL, error);
}

/* The service reported the number of these operations' first frame as a duplicate: all but appends may be repeated. */
static gboolean
do_again (FlooApply *apply, GPtrArray *rows, GError **error)
{
  gboolean begun;

  if (!floo_apply_flush (apply, error))
    return FALSE;
  for (guint i = 0; i < rows->len; i++)
    {
      const FlooOutboxRow *row = g_ptr_array_index (rows, i);
      gboolean ok;

      if (row->state == FLOO_SEND_CANCELLED)
        ok = floo_outbox_delete (apply->db, row->client_id, error);
      else if (row->operation == FLOO_OPERATION_APPEND)
        ok = apply_refused_for_good (apply->db, row, 0, "it may have been appended before", error);
      else
        ok = floo_outbox_begin_anew (apply->db, row->client_id, &begun, error)
             && (begun ? floo_status_journal (apply->db, row->client_id, row->conversation, FALSE, "queued", 0, 0, NULL, error)
                       : apply_refused_for_good (apply->db, row, 0, "the service reports every message number as used", error));
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

static gboolean
apply_accepted (FlooApply *apply, GPtrArray *rows, const Floo__SyncDL *answer, gboolean duplicate, GError **error)
{
  const FlooOutboxRow *row = g_ptr_array_index (rows, 0);
  gint64 id = number_of (answer->server_mid), edited = number_of (answer->edit_timestamp);
  /* The first frame cannot be a duplicate: an earlier store, which was lost, gave the number to this row or another one. */
  gboolean is_doubtful = duplicate && count_attempts (rows) <= 1 && row->state != FLOO_SEND_UNCERTAIN;
  gboolean may;

  if (row->operation != FLOO_OPERATION_MESSAGE)
    {
      if (is_doubtful)
        return do_again (apply, rows, error);
      edited = edited != 0 ? edited : number_of (answer->server_time);
      return row->operation == FLOO_OPERATION_APPEND || row->operation == FLOO_OPERATION_REPLACE
                 ? floo_apply_accepted_edit (apply, rows, id, edited, error)
                 : floo_apply_accepted_operation (apply, rows, id, edited, error);
    }
  if (!floo_outbox_may_be_named (apply->db, row->client_id, row->conversation, id, &may, error))
    return FALSE;
  if (is_doubtful && row->state != FLOO_SEND_CANCELLED)
    return leave_in_doubt (apply, row, FLOO_DOUBT_DUPLICATE, id, error);
  /* There is no room after the highest id; and if applied carefully, the id failed the transaction before. */
  if (may && id < G_MAXINT64 && !apply->carefully)
    return apply_accepted_message (apply, row, answer, error);
  if (id != 0)
    floo_apply_leave_out (apply, FLOO_LEFT_OUT_ANSWER, "the id %" G_GINT64_FORMAT " for message %" G_GINT64_FORMAT " of ours", id, row->client_id);
  return leave_in_doubt (apply, row, FLOO_DOUBT_NO_ID, 0, error);
}

gboolean
floo_apply_answer (FlooApply *apply, FlooFrame *frame, GError **error)
{
  const Floo__SyncDL *answer = frame->sync_dl;
  FlooAnswer answered = { .client_mid = number_of (answer->client_mid) };
  const char *reason;
  int code = floo_frame_status (frame, answer->status, &reason);
  g_autoptr (GPtrArray) rows = floo_answers_get_rows (apply->db, answered.client_mid, error);
  gboolean duplicate = is_duplicate (reason);

  if (rows == NULL)
    return FALSE;
  g_array_append_val (apply->result->answered, answered);
  /* It was answered before, or failed: no row waits for it (typing has no row either). */
  if (rows->len == 0 || ((const FlooOutboxRow *) g_ptr_array_index (rows, 0))->accepted != 0)
    return TRUE;
  apply->result->pump = TRUE;
  if (code == FLOO__STATUS__ERROR_CODE__OK || duplicate)
    return apply_accepted (apply, rows, answer, duplicate, error);
  return apply_refused (apply, rows, code, reason, error);
}
