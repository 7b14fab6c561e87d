/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inbound-answers.c: the service's answers to what we sent, as the outbox and the store take them. Store thread.
 */
#include "session/apply.h"

#include <string.h>

#include "base/backoff.h"
#include "store/messages.h"
#include "store/outbox.h"

#define RETRY_MIN_MS 2000
#define RETRY_MAX_MS 300000

/* A row of the outbox that outlives the statement it came from. */
typedef struct {
  gboolean found;
  FlooOutboxRow row;
  char *content, *config, *ext;
} KeptRow;

static void
kept_row_clear (KeptRow *kept)
{
  g_free (kept->content);
  g_free (kept->config);
  g_free (kept->ext);
}

static gboolean
keep_row (const FlooOutboxRow *row, gpointer user_data)
{
  KeptRow *kept = user_data;

  kept->found = TRUE;
  kept->row = *row;
  kept->content = g_strdup (row->content);
  kept->config = g_strdup (row->config);
  kept->ext = g_strdup (row->ext);
  return TRUE;
}

/* A command is signalled and not kept, one of ours, too. */
static gboolean
apply_accepted_command (FlooApply *apply, const KeptRow *kept, gint64 server_id, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  g_autoptr (GVariant) message = floo_messages_get_variant (apply->db, row->client_id, error);

  if (message == NULL)
    return FALSE;
  g_variant_ref_sink (message);
  return floo_apply_flush (apply, error)
         && floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "sent", server_id, 0, NULL, error)
         && floo_outbox_delete (apply->db, row->client_id, error)
         && floo_apply_message (apply, row->conversation, row->to_type, server_id, FALSE, message, 256 + strlen (kept->content), error);
}

static gboolean
apply_accepted_message (FlooApply *apply, const KeptRow *kept, const Floo__SyncDL *answer, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  gint64 server_id = (gint64) answer->server_mid;
  gint64 conversation;
  FlooToType to_type;
  gboolean known, was_there, is_there;
  g_autoptr (GVariant) message = NULL;
  FlooChange *change;

  if (row->type == FLOO_TYPE_COMMAND)
    return apply_accepted_command (apply, kept, server_id, error);
  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error) || !floo_messages_is_known (apply->db, server_id, &known, error)
      || !floo_outbox_acknowledge (apply->db, row->client_id, server_id, (gint64) answer->server_time, &was_there, error)
      || !floo_messages_find (apply->db, server_id, &is_there, &conversation, &to_type, error))
    return FALSE;
  apply->list_changed = TRUE;
  /* Recalled or deleted, here or elsewhere, before we heard of its id. */
  if (!is_there)
    return floo_sender_journal_status (apply->db, row->client_id, row->conversation, FALSE, "sent", server_id, 0, NULL, error);
  change = floo_apply_change (apply, row->conversation, floo_apply_type_of (row->to_type, row->conversation), error);
  if (change == NULL)
    return FALSE;
  change->touched = change->listed = TRUE;
  if (server_id > change->last_id)
    {
      change->last_id = server_id;
      change->last_timestamp = answer->server_time != 0 ? (gint64) answer->server_time : row->timestamp;
    }
  if (!floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "sent", server_id, 0, NULL, error))
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
  return floo_apply_message (apply, row->conversation, row->to_type, server_id, TRUE, message, 256 + strlen (kept->content), error)
         && floo_apply_early (apply, server_id, error);
}

static gboolean
apply_accepted_operation (FlooApply *apply, const KeptRow *kept, const Floo__SyncDL *answer, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  FlooMessageOperation operation = { .id = (gint64) answer->server_mid, .type = row->operation, .mid = row->target,
                                     .conversation = row->conversation, .ours = TRUE, .content = kept->content, .config = kept->config,
                                     .ext = kept->ext };
  gboolean was_there, is_new = TRUE;

  /* Its number is known from now on: should it come back to us in a page, it changes nothing; nor does this where it came before. */
  if (answer->server_mid != 0 && !floo_applied_add (apply->db, (gint64) answer->server_mid, &is_new, error))
    return FALSE;
  operation.edit_timestamp = answer->edit_timestamp != 0 ? (gint64) answer->edit_timestamp : (gint64) answer->server_time;
  return floo_apply_flush (apply, error) && floo_outbox_acknowledge (apply->db, row->client_id, 0, 0, &was_there, error)
         && (row->operation >= FLOO_OUTBOX_DELETE_CONVERSATION || !is_new || floo_apply_operation (apply, &operation, error))
         && floo_apply_flush_append (apply, error)
         && floo_sender_journal_status (apply->db, row->client_id, row->conversation, FALSE, "sent", (gint64) answer->server_mid, 0, NULL, error);
}

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

static gint64
retry_delay (guint attempts)
{
  return MIN ((gint64) RETRY_MAX_MS, (gint64) RETRY_MIN_MS << MIN (attempts, 10u));
}

static gboolean
apply_refused (FlooApply *apply, const KeptRow *kept, int code, const char *reason, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  gboolean is_message = row->operation == FLOO_OUTBOX_MESSAGE;
  g_autofree char *text = g_strdup_printf ("%d: %s", code, *reason != '\0' ? reason : floo_wire_enum_name (&floo__status__error_code__descriptor, code));
  FlooInboundStatus status = { .code = code };
  Refusal refusal = refusal_of (code, reason);

  apply->result->pump = TRUE;
  if (!floo_apply_flush (apply, error))
    return FALSE;
  if (refusal == REFUSED_SESSION)
    {
      status.reason = g_strdup (reason);
      g_array_append_val (apply->result->statuses, status);
      return floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_QUEUED, FALSE, 0, row->device_sn, text, FALSE, error);
    }
  if (refusal == REFUSED_FOR_NOW)
    return floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_QUEUED, FALSE, floo_now_ms () + retry_delay (row->attempts),
                                  row->device_sn, text, FALSE, error)
           && floo_sender_journal_status (apply->db, row->client_id, row->conversation, is_message, "queued", 0, code, reason, error);
  if (is_message)
    return floo_sender_journal_dependents (apply->db, row->client_id, row->conversation, "failed", code, reason, error)
           && floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_FAILED, FALSE, 0, row->device_sn, text, TRUE, error)
           && floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "failed", 0, code, reason, error);
  /* A refused operation is over: there is nothing to look at or to send again. */
  return floo_sender_journal_status (apply->db, row->client_id, row->conversation, FALSE, "failed", 0, code, reason, error)
         && floo_outbox_delete (apply->db, row->client_id, error);
}

/* The service saw this client id before. */
static gboolean
is_duplicate (const char *reason)
{
  g_autofree char *lower = g_ascii_strdown (reason, -1);

  return strstr (lower, "duplicate") != NULL;
}

/* A duplicate without its number: the history will tell. */
static gboolean
apply_without_number (FlooApply *apply, const KeptRow *kept, GError **error)
{
  const FlooOutboxRow *row = &kept->row;

  apply->result->settle = TRUE;
  return floo_apply_flush (apply, error)
         && floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_UNCERTAIN, FALSE, 0, row->device_sn, "0: the service gave no message id",
                                   FALSE, error)
         && floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "uncertain", 0, 0, NULL, error);
}

gboolean
floo_apply_answer (FlooApply *apply, FlooFrame *frame, GError **error)
{
  const Floo__SyncDL *answer = frame->sync_dl;
  const Floo__Status *status = answer->status;
  gint64 client_id = (gint64) answer->client_mid;
  int code = status == NULL ? FLOO__STATUS__ERROR_CODE__OK : status->has_code ? (int) status->code : 0;
  const char *reason = status != NULL ? floo_frame_text (frame, status->has_reason, &status->reason) : "";
  g_autoptr (GError) missing = NULL;
  KeptRow kept = { 0 };
  gboolean ok = TRUE, accepted = code == FLOO__STATUS__ERROR_CODE__OK || is_duplicate (reason);

  if (!floo_outbox_get (apply->db, client_id, keep_row, &kept, &missing) && !g_error_matches (missing, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&missing));
      return FALSE;
    }
  g_array_append_val (apply->result->answered, client_id);
  /* Answered before, or given up: nothing waits for it (typing has no row either). */
  apply->result->pump |= kept.found;
  if (!kept.found || (kept.row.state == FLOO_SEND_FAILED && !accepted))
    ok = TRUE;
  else if (kept.row.state == FLOO_SEND_CANCELLED && !accepted)
    ok = floo_outbox_delete (apply->db, client_id, error);
  else if (!accepted)
    ok = apply_refused (apply, &kept, code, reason, error);
  else if (kept.row.operation != FLOO_OUTBOX_MESSAGE)
    ok = apply_accepted_operation (apply, &kept, answer, error);
  else if (answer->server_mid != 0)
    ok = apply_accepted_message (apply, &kept, answer, error);
  else
    ok = apply_without_number (apply, &kept, error);
  kept_row_clear (&kept);
  return ok;
}
