/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender.c: drains the outbox.
 *
 * A row goes from queued to sending in a transaction, then its frame goes out, then it waits here in memory for the answer ("in flight").
 * What is in sending without being in flight goes out again with the same client id: after a lost connection, a restart, or where no answer
 * came in time.
 */
#include "session/sender-private.h"

#include "base/backoff.h"
#include "base/crash.h"
#include "store/journal.h"
#include "store/messages.h"

#define MAX_IN_FLIGHT 64
#define ACK_TIMEOUT_MS 10000
#define RETRY_MIN_MS 1000

/* A row on its way out. */
typedef struct {
  FlooOutboxRow row;
  char *content, *ext, *config, *attachment;
} Taken;

static void
taken_free (gpointer data)
{
  Taken *taken = data;

  g_free (taken->content);
  g_free (taken->ext);
  g_free (taken->config);
  g_free (taken->attachment);
  g_free (taken);
}

GPtrArray *
floo_sender_taken_new (void)
{
  return g_ptr_array_new_with_free_func (taken_free);
}

static gint64
monotonic_ms (void)
{
  return g_get_monotonic_time () / 1000;
}

FlooSender *
floo_sender_new (FlooSession *session)
{
  FlooSender *self = g_new0 (FlooSender, 1);

  self->session = session;
  g_mutex_init (&self->lock);
  self->in_flight = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

void
floo_sender_free (FlooSender *self)
{
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_handle_id (&self->watch_timer, g_source_remove);
  g_hash_table_unref (self->in_flight);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- events ---- */

static void
keep_variant (const FlooMessage *message, gpointer user_data)
{
  *(GVariant **) user_data = g_variant_ref_sink (floo_message_to_variant (message));
}

gboolean
floo_sender_journal_status (FlooDb *db, gint64 client_id, gint64 conversation, gboolean is_message, const char *status,
                            gint64 server_id, int error_code, const char *reason, GError **error)
{
  g_autoptr (GVariant) message = NULL;
  GVariantDict details;
  gint64 ref = client_id;

  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "uid", "x", conversation);
  if (is_message && !floo_messages_get (db, client_id, keep_variant, &message, error))
    {
      g_variant_dict_clear (&details);
      return FALSE;
    }
  if (message != NULL)
    g_variant_dict_insert_value (&details, "message", message);
  if (server_id != 0)
    g_variant_dict_insert (&details, "server_mid", "x", server_id);
  if (reason != NULL)
    {
      g_variant_dict_insert (&details, "error_code", "i", error_code);
      g_variant_dict_insert (&details, "error_reason", "s", reason);
    }
  return floo_journal_append (db, FLOO_SIGNAL_SENDING_MESSAGE_STATUS_CHANGED,
                              g_variant_new ("(xs@a{sv})", client_id, status, g_variant_dict_end (&details)),
                              message != NULL ? &ref : NULL, message != NULL ? 1 : 0, error);
}

gboolean
floo_sender_journal_dependents (FlooDb *db, gint64 client_id, gint64 conversation, const char *status, int error_code, const char *reason,
                                GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  if (!floo_outbox_get_dependents (db, client_id, ids, error))
    return FALSE;
  for (guint i = 0; i < ids->len; i++)
    {
      gint64 id = g_array_index (ids, gint64, i);

      if (!floo_sender_journal_status (db, id, conversation, FALSE, status, 0, error_code, reason, error)
          || !floo_outbox_delete (db, id, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- taking ---- */

typedef struct {
  FlooSender *sender;
  GPtrArray *taken;
  guint room;
} Take;

static gboolean
take_row (const FlooOutboxRow *row, gpointer user_data)
{
  Take *take = user_data;
  Taken *taken;
  gboolean in_flight;

  g_mutex_lock (&take->sender->lock);
  in_flight = g_hash_table_contains (take->sender->in_flight, &row->client_id);
  g_mutex_unlock (&take->sender->lock);
  if (in_flight)
    return TRUE;
  taken = g_new0 (Taken, 1);
  taken->row = *row;
  taken->row.content = taken->content = g_strdup (row->content);
  taken->row.ext = taken->ext = g_strdup (row->ext);
  taken->row.config = taken->config = g_strdup (row->config);
  taken->row.attachment = taken->attachment = g_strdup (row->attachment);
  taken->row.error = NULL;
  g_ptr_array_add (take->taken, taken);
  return take->taken->len < take->room;
}

gboolean
floo_sender_take_due (FlooSender *self, FlooDb *db, GPtrArray *taken, GError **error)
{
  Take take = { .sender = self, .taken = taken };
  gint64 next_time, device_sn;
  guint before = taken->len;
  gboolean ok = TRUE, online;

  g_mutex_lock (&self->lock);
  device_sn = self->device_sn;
  online = self->online;
  take.room = before + MAX_IN_FLIGHT - MIN (MAX_IN_FLIGHT, g_hash_table_size (self->in_flight));
  g_mutex_unlock (&self->lock);
  if (online && take.room > before)
    ok = floo_outbox_due (db, floo_now_ms (), 2 * MAX_IN_FLIGHT, take_row, &take, &next_time, error);
  g_mutex_lock (&self->lock);
  for (guint i = before; ok && i < taken->len; i++)
    {
      const Taken *item = g_ptr_array_index (taken, i);
      g_hash_table_insert (self->in_flight, g_memdup2 (&item->row.client_id, sizeof (gint64)), NULL);
    }
  g_mutex_unlock (&self->lock);

  for (guint i = before; ok && i < taken->len; i++)
    {
      const FlooOutboxRow *row = &((Taken *) g_ptr_array_index (taken, i))->row;

      ok = floo_outbox_set_state (db, row->client_id, FLOO_SEND_SENDING, TRUE, 0, device_sn, NULL, FALSE, error)
           && (row->state == FLOO_SEND_SENDING
               || floo_sender_journal_status (db, row->client_id, row->conversation, row->operation == FLOO_OUTBOX_MESSAGE, "sending", 0, 0,
                                              NULL, error));
    }
  return ok;
}

void
floo_sender_untake (FlooSender *self, GPtrArray *taken)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < taken->len; i++)
    g_hash_table_remove (self->in_flight, &((Taken *) g_ptr_array_index (taken, i))->row.client_id);
  g_mutex_unlock (&self->lock);
}

/* ---- waiting for answers ---- */

typedef struct {
  FlooSession *session;
  gint64 device_sn;
  GArray *ids;
} OverdueJob;

/* How often it went out; 0 where it is not under way any more: cancelled, say. */
static gboolean
keep_attempts (const FlooOutboxRow *row, gpointer user_data)
{
  *(guint *) user_data = row->state == FLOO_SEND_SENDING ? row->attempts : 0;
  return TRUE;
}

/* No answer: the row waits a while, then goes out again with the same client id. */
static gboolean
run_overdue_job (FlooDb *db, gpointer data, GError **error)
{
  OverdueJob *job = data;

  for (guint i = 0; i < job->ids->len; i++)
    {
      gint64 id = g_array_index (job->ids, gint64, i);
      guint attempts = 0;
      gint64 delay;

      if (!floo_outbox_get (db, id, keep_attempts, &attempts, NULL) || attempts == 0)
        continue;
      delay = MIN ((gint64) FLOO_OUTBOX_RETRY_MAX_MS, (gint64) RETRY_MIN_MS << MIN (attempts, 10u));
      if (!floo_outbox_set_state (db, id, FLOO_SEND_SENDING, FALSE, floo_now_ms () + delay, job->device_sn,
                                  "0: no acknowledgement yet", FALSE, error))
        return FALSE;
    }
  return TRUE;
}

static void
on_overdue_done (FlooStore *store, gpointer data, const GError *error)
{
  OverdueJob *job = data;

  floo_sender_answered (job->session->sender, (const gint64 *) (void *) job->ids->data, job->ids->len);
  floo_sender_pump (job->session->sender);
}

static void
overdue_job_free (gpointer data)
{
  OverdueJob *job = data;

  g_array_unref (job->ids);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
on_watch (gpointer user_data)
{
  FlooSender *self = user_data;
  OverdueJob *job = g_new0 (OverdueJob, 1);
  gint64 now = monotonic_ms ();
  GHashTableIter iter;
  gpointer key, value;
  guint waiting;

  job->session = g_object_ref (self->session);
  job->device_sn = self->device_sn;
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_mutex_lock (&self->lock);
  waiting = g_hash_table_size (self->in_flight);
  g_hash_table_iter_init (&iter, self->in_flight);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (value != NULL && now - (gint64) GPOINTER_TO_SIZE (value) > ACK_TIMEOUT_MS)
      g_array_append_vals (job->ids, key, 1);
  g_mutex_unlock (&self->lock);
  if (job->ids->len > 0)
    floo_session_write (self->session, run_overdue_job, on_overdue_done, job, overdue_job_free);
  else
    overdue_job_free (job);
  if (waiting > 0)
    return G_SOURCE_CONTINUE;
  self->watch_timer = 0;
  return G_SOURCE_REMOVE;
}

void
floo_sender_send_taken (FlooSender *self, GPtrArray *taken)
{
  gint64 now = monotonic_ms ();

  /* The connection may have gone while the rows were committed: they go out with the next one. */
  if (!self->online)
    {
      floo_sender_untake (self, taken);
      return;
    }
  for (guint i = 0; i < taken->len; i++)
    {
      const Taken *item = g_ptr_array_index (taken, i);

      FLOO_CRASH_POINT ("before-frame");
      g_mutex_lock (&self->lock);
      g_hash_table_insert (self->in_flight, g_memdup2 (&item->row.client_id, sizeof (gint64)), GSIZE_TO_POINTER ((gsize) now));
      g_mutex_unlock (&self->lock);
      floo_sender_send_row (self, &item->row);
    }
  if (taken->len > 0 && self->watch_timer == 0)
    self->watch_timer = g_timeout_add_seconds (2, on_watch, self);
}

void
floo_sender_answered (FlooSender *self, const gint64 *client_ids, guint n)
{
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < n; i++)
    g_hash_table_remove (self->in_flight, &client_ids[i]);
  g_mutex_unlock (&self->lock);
}

/* ---- pumping ---- */

typedef struct {
  FlooSession *session;
  GPtrArray *taken;
  gint64 next_time;
} PumpJob;

static void
pump_job_free (gpointer data)
{
  PumpJob *job = data;

  g_ptr_array_unref (job->taken);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
ignore_row (const FlooOutboxRow *row, gpointer user_data)
{
  return FALSE;
}

static gboolean
run_pump_job (FlooDb *db, gpointer data, GError **error)
{
  PumpJob *job = data;

  return floo_sender_take_due (job->session->sender, db, job->taken, error)
         && floo_outbox_due (db, floo_now_ms (), 1, ignore_row, NULL, &job->next_time, error);
}

static gboolean
on_retry_timer (gpointer user_data)
{
  FlooSender *self = user_data;

  self->retry_timer = 0;
  floo_sender_pump (self);
  return G_SOURCE_REMOVE;
}

static void
on_pump_done (FlooStore *store, gpointer data, const GError *error)
{
  PumpJob *job = data;
  FlooSender *self = job->session->sender;

  self->pumping = FALSE;
  if (error != NULL)
    {
      floo_sender_untake (self, job->taken);
      g_warning ("the outbox could not be read: %s", error->message);
      if (self->online && self->retry_timer == 0)
        self->retry_timer = g_timeout_add (FLOO_OUTBOX_RETRY_MAX_MS / 10, on_retry_timer, self);
      return;
    }
  floo_sender_send_taken (self, job->taken);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  if (job->next_time > 0 && self->online)
    self->retry_timer = g_timeout_add ((guint) CLAMP (job->next_time - floo_now_ms (), 10, FLOO_OUTBOX_RETRY_MAX_MS), on_retry_timer, self);
  if (self->pump_again)
    floo_sender_pump (self);
}

void
floo_sender_pump (FlooSender *self)
{
  PumpJob *job;

  if (!self->online || self->session->store == NULL || floo_store_is_full (self->session->store))
    return;
  if (self->pumping)
    {
      self->pump_again = TRUE;
      return;
    }
  self->pumping = TRUE;
  self->pump_again = FALSE;
  job = g_new0 (PumpJob, 1);
  job->session = g_object_ref (self->session);
  job->taken = floo_sender_taken_new ();
  floo_session_write (self->session, run_pump_job, on_pump_done, job, pump_job_free);
}

/* ---- online and offline ---- */

gboolean
floo_sender_is_online (FlooSender *self)
{
  gboolean online;

  g_mutex_lock (&self->lock);
  online = self->online;
  g_mutex_unlock (&self->lock);
  return online;
}

void
floo_sender_online (FlooSender *self)
{
  g_mutex_lock (&self->lock);
  self->online = TRUE;
  self->device_sn = self->session->device_sn;
  g_mutex_unlock (&self->lock);
  floo_sender_pump (self);
}

void
floo_sender_offline (FlooSender *self)
{
  g_mutex_lock (&self->lock);
  self->online = FALSE;
  g_hash_table_remove_all (self->in_flight);
  g_mutex_unlock (&self->lock);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_handle_id (&self->watch_timer, g_source_remove);
}
