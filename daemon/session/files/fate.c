/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fate.c: writes the result of sending a message with a file to its row: retry, failed, or dropped.
 *
 * The store may not be able to write that now: a disk that had no room for the file has none for this, either. It is kept here and
 * retried, until it is written or the account is closed; then the next login decides again.
 */
#include "session/files/outgoing.h"

#include "base/backoff.h"
#include "store/tables/conversations.h"
#include "session/apply/status.h"

#define RETRY_MIN_MS 500
#define RETRY_MAX_MS 30000

typedef struct {
  FlooFiles *files;
  gint64 client_id;
  gint64 conversation;
  FlooRowFate fate;
  gint64 next_retry;
  gboolean permanent;
  int code;             /* the service's; 0: the error is not of the service */
  char *reason;
  gboolean held;        /* the row exists, and its file is not uploaded */
} FateJob;

struct _FlooFates {
  FlooFiles *files;
  GHashTable *waiting;  /* gint64 -> FateJob that could not be written */
  GHashTable *writing;  /* gint64: those that are being written */
  FlooBackoff backoff;
  guint timer;
};

static void
fate_job_free (gpointer data)
{
  FateJob *job = data;

  floo_account_unref (job->files->account);
  g_free (job->reason);
  g_free (job);
}

FlooFates *
floo_fates_new (FlooFiles *files)
{
  FlooFates *self = g_new0 (FlooFates, 1);

  self->files = files;
  self->waiting = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, fate_job_free);
  self->writing = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->backoff = (FlooBackoff){ .min_ms = RETRY_MIN_MS, .max_ms = RETRY_MAX_MS, .factor_percent = 200 };
  return self;
}

void
floo_fates_clear (FlooFates *self)
{
  g_clear_handle_id (&self->timer, g_source_remove);
  floo_backoff_reset (&self->backoff);
  g_hash_table_remove_all (self->waiting);
  g_hash_table_remove_all (self->writing);
}

void
floo_fates_free (FlooFates *self)
{
  floo_fates_clear (self);
  g_hash_table_unref (self->waiting);
  g_hash_table_unref (self->writing);
  g_free (self);
}

static gboolean
keep_held (const FlooOutboxRow *row, gpointer user_data)
{
  FateJob *job = user_data;

  job->held = row->file != NULL && row->state == FLOO_SEND_QUEUED;
  job->conversation = row->conversation;
  return TRUE;
}

static gboolean
run_fate (FlooDb *db, gpointer data, GError **error)
{
  FateJob *job = data;
  FlooOutboxError why = { .code = job->code, .text = job->reason };
  g_autoptr (GError) local = NULL;

  /* Deleted or settled in another way meanwhile. */
  job->held = FALSE;
  if (!floo_outbox_get (db, job->client_id, keep_held, job, &local))
    return floo_error_only_missing (&local, error);
  if (!job->held)
    return TRUE;
  switch (job->fate)
    {
    case FLOO_ROW_WAITS:
      return floo_outbox_set_state (db, job->client_id, FLOO_SEND_QUEUED, TRUE, job->next_retry, 0, &why, error);
    case FLOO_ROW_FAILED:
      why.permanent = job->permanent;
      return floo_outbox_set_state (db, job->client_id, FLOO_SEND_FAILED, TRUE, 0, 0, &why, error)
             && floo_status_journal (db, job->client_id, job->conversation, TRUE, "failed", 0, job->code, job->reason, error);
    case FLOO_ROW_DROPPED:
    default:
      return floo_status_journal (db, job->client_id, job->conversation, TRUE, "cancelled", 0, 0, NULL, error)
             && floo_outbox_delete (db, job->client_id, error)
             && floo_conversations_list_changed (db);
    }
}

static gboolean on_timer (gpointer user_data);

/* A retry of the upload is not kept here; dropped takes precedence over failed. */
static void
keep (FlooFates *self, FateJob *done)
{
  FateJob *job, *present = g_hash_table_lookup (self->waiting, &done->client_id);

  if (done->fate == FLOO_ROW_WAITS || (present != NULL && present->fate == FLOO_ROW_DROPPED))
    return;
  job = g_memdup2 (done, sizeof *done);
  floo_account_ref (job->files->account);
  done->reason = NULL;
  g_hash_table_replace (self->waiting, &job->client_id, job);
  if (self->timer == 0)
    self->timer = g_timeout_add (floo_backoff_next (&self->backoff), on_timer, self);
}

static void
on_fated (FlooStore *store, gpointer data, const GError *error)
{
  FateJob *job = data;
  FlooFates *self = job->files->fates;

  /* When the account is closed the row is left unchanged. */
  if (!floo_account_is_current (job->files->account, store))
    return;
  g_hash_table_remove (self->writing, &job->client_id);
  if (error == NULL)
    {
      floo_backoff_reset (&self->backoff);
      if (job->fate == FLOO_ROW_DROPPED)
        floo_files_cancelled (job->files, job->client_id);
      /* The row is written: cancel a retry of it. */
      floo_sender_pump (job->files->sender);
      return;
    }
  g_message ("The result of sending a file could not be stored: %s", error->message);
  keep (self, job);
}

/* @job: (transfer full) */
static void
write_job (FlooFates *self, FateJob *job)
{
  g_hash_table_add (self->writing, g_memdup2 (&job->client_id, sizeof job->client_id));
  floo_job_write (self->files->account, run_fate, on_fated, job, fate_job_free);
}

static gboolean
on_timer (gpointer user_data)
{
  FlooFates *self = user_data;
  GHashTableIter iter;
  gpointer value;

  self->timer = 0;
  g_hash_table_iter_init (&iter, self->waiting);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      g_hash_table_iter_steal (&iter);
      write_job (self, value);
    }
  return G_SOURCE_REMOVE;
}

gboolean
floo_fates_revoke (FlooFates *self, gint64 client_id)
{
  g_hash_table_remove (self->waiting, &client_id);
  return !g_hash_table_contains (self->writing, &client_id);
}

void
floo_outgoing_decide (FlooFiles *self, gint64 client_id, FlooRowFate fate, const GError *error, guint delay_ms)
{
  FateJob *job = g_new0 (FateJob, 1);

  floo_account_ref (self->account);
  job->files = self;
  job->client_id = client_id;
  job->fate = fate;
  job->code = error != NULL ? (int) floo_error_get_service_code (error) : 0;
  job->reason = g_strdup (error != NULL ? floo_error_get_reason (error) : "");
  job->next_retry = delay_ms > 0 ? floo_now_ms () + delay_ms : 0;
  job->permanent = !floo_storage_error_is_transient (error);
  write_job (self->fates, job);
}
