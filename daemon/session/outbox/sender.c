/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender.c: drains the outbox.
 *
 * A row changes from queued to sending in a transaction, then its frame is sent, then it waits in the window for the answer. Rows in sending
 * that are not in the window are sent again with the same number: after a lost connection, a restart, or if no answer came in time.
 */
#include "session/outbox/parts.h"

#include "base/backoff.h"
#include "base/crash.h"
#include "session/job/job.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"

#define PUMP_FAILED_MS 30000

static void begin_pump (gpointer data);

static gint64
monotonic_ms (void)
{
  return g_get_monotonic_time () / 1000;
}

FlooSender *
floo_sender_new (FlooAccount *account, FlooSync *sync, const FlooSenderListener *listener, gpointer data)
{
  FlooSender *self = g_new0 (FlooSender, 1);

  self->account = account;
  self->sync = sync;
  self->listener = listener;
  self->data = data;
  self->window = floo_window_new ();
  floo_pace_init (&self->pace, account, begin_pump, self);
  self->pace.max_retries = G_MAXUINT;
  self->pace.backoff = (FlooBackoff){ .min_ms = PUMP_FAILED_MS, .max_ms = PUMP_FAILED_MS, .factor_percent = 100 };
  self->settler = floo_settler_new (self);
  self->schedule = floo_schedule_new (self);
  return self;
}

void
floo_sender_free (FlooSender *self)
{
  floo_pace_stop (&self->pace);
  g_clear_handle_id (&self->watch_timer, g_source_remove);
  g_clear_handle_id (&self->hold_timer, g_source_remove);
  floo_schedule_free (self->schedule);
  floo_settler_free (self->settler);
  floo_window_free (self->window);
  g_free (self);
}

/* ---- taking ---- */

gboolean
floo_sender_take_due (FlooSender *self, FlooDb *db, GPtrArray *taken, GError **error)
{
  return floo_sender_take (self->window, db, monotonic_ms (), taken, NULL, error);
}

static void
remove_taken (FlooWindow *window, const GPtrArray *taken)
{
  for (guint i = 0; i < taken->len; i++)
    {
      const FlooTaken *one = g_ptr_array_index (taken, i);

      floo_window_remove (window, one->generation, one->client_mid);
    }
}

void
floo_sender_untake (FlooSender *self, GPtrArray *taken)
{
  if (taken->len == 0)
    return;
  remove_taken (self->window, taken);
  /* A job that ran since may have taken the rows after these. */
  floo_window_renew (self->window);
}

/* ---- waiting for answers ---- */

typedef struct {
  FlooSender *sender;
  guint64 generation;
  GArray *client_mids;
} OverdueJob;

/* The fields of a row that are needed to postpone it. */
typedef struct {
  gint64 client_id;
  guint attempts;
  gboolean sending;             /* FALSE: it is not in sending any more, for example cancelled */
} Overdue;

static gboolean
keep_overdue (const FlooOutboxRow *row, gpointer user_data)
{
  const Overdue overdue = { row->client_id, row->attempts, row->state == FLOO_SEND_SENDING && row->accepted == 0 };

  g_array_append_val (user_data, overdue);
  return TRUE;
}

static gboolean
put_off (FlooDb *db, const Overdue *row, GError **error)
{
  return !row->sending
         || floo_outbox_set_state (db, row->client_id, FLOO_SEND_SENDING, FALSE, floo_now_ms () + floo_outbox_retry_delay (row->attempts), 0,
                                   &(FlooOutboxError){ .text = "no acknowledgement yet" }, error);
}

/* No answer: the rows are retried after a delay, with the same number. */
static gboolean
run_overdue_job (FlooDb *db, gpointer data, GError **error)
{
  OverdueJob *job = data;
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (Overdue));

  for (guint i = 0; i < job->client_mids->len; i++)
    if (!floo_outbox_foreach_of_frame (db, g_array_index (job->client_mids, gint64, i), keep_overdue, rows, error))
      return FALSE;
  for (guint i = 0; i < rows->len; i++)
    if (!put_off (db, &g_array_index (rows, Overdue, i), error))
      return FALSE;
  return TRUE;
}

static void
on_overdue_done (FlooStore *store, gpointer data, const GError *error)
{
  OverdueJob *job = data;
  FlooSender *self = job->sender;

  if (error != NULL)
    g_warning ("unacknowledged messages could not be scheduled for retry: %s", error->message);
  for (guint i = 0; i < job->client_mids->len; i++)
    floo_window_remove (self->window, job->generation, g_array_index (job->client_mids, gint64, i));
  floo_sender_pump (self);
}

static void
overdue_job_free (gpointer data)
{
  OverdueJob *job = data;

  g_array_unref (job->client_mids);
  floo_account_unref (job->sender->account);
  g_free (job);
}

static gboolean
on_watch (gpointer user_data)
{
  FlooSender *self = user_data;
  OverdueJob *job = g_new0 (OverdueJob, 1);

  floo_account_ref (self->account);
  job->sender = self;
  job->client_mids = g_array_new (FALSE, FALSE, sizeof (gint64));
  job->generation = floo_window_get_generation (self->window, NULL);
  floo_window_get_overdue (self->window, monotonic_ms (), job->client_mids);
  if (job->client_mids->len > 0)
    floo_job_write (self->account, run_overdue_job, on_overdue_done, job, overdue_job_free);
  else
    overdue_job_free (job);
  if (!floo_window_is_empty (self->window))
    return G_SOURCE_CONTINUE;
  self->watch_timer = 0;
  return G_SOURCE_REMOVE;
}

static gboolean
on_held (gpointer user_data)
{
  FlooSender *self = user_data;

  self->hold_timer = 0;
  floo_sender_pump (self);
  return G_SOURCE_REMOVE;
}

/* Requests the members of groups whose messages are held back for them. */
static void
ask_for_members (FlooSender *self)
{
  gint64 left;
  gint64 group = floo_window_get_held (self->window, monotonic_ms (), &left);

  if (group == 0 || self->hold_timer != 0)
    return;
  self->hold_timer = g_timeout_add ((guint) left + 1, on_held, self);
  self->listener->needs_members (group, self->data);
}

void
floo_sender_release (FlooSender *self, gint64 group, gboolean known)
{
  floo_window_release (self->window, group, known);
  g_clear_handle_id (&self->hold_timer, g_source_remove);
  floo_sender_pump (self);
}

void
floo_sender_send_taken (FlooSender *self, GPtrArray *taken)
{
  gint64 now = monotonic_ms ();
  gboolean stale = FALSE;

  /* The connection may have been lost while the rows were committed: they are sent on the next one. */
  if (!self->online)
    {
      remove_taken (self->window, taken);
      return;
    }
  for (guint i = 0; i < taken->len; i++)
    {
      const FlooTaken *one = g_ptr_array_index (taken, i);

      FLOO_CRASH_POINT ("before-frame");
      if (floo_window_send (self->window, one->generation, one->client_mid, now))
        floo_sender_send_frame (self, one);
      else
        stale = TRUE;
    }
  ask_for_members (self);
  if (taken->len > 0 && self->watch_timer == 0)
    self->watch_timer = g_timeout_add_seconds (2, on_watch, self);
  /* Together with earlier rows. */
  if (stale)
    floo_sender_pump (self);
}

void
floo_sender_answered (FlooSender *self, const FlooAnswer *answers, guint n)
{
  gint64 now = monotonic_ms ();

  for (guint i = 0; i < n; i++)
    floo_window_answered (self->window, answers[i].client_mid, answers[i].refused, now);
}

/* ---- pumping ---- */

typedef struct {
  FlooSender *sender;
  GPtrArray *taken;
  gint64 wait;                  /* ms, to the next one that waits for a time; 0: none */
} PumpJob;

static void
pump_job_free (gpointer data)
{
  PumpJob *job = data;

  g_ptr_array_unref (job->taken);
  floo_account_unref (job->sender->account);
  g_free (job);
}

static gboolean
run_pump_job (FlooDb *db, gpointer data, GError **error)
{
  PumpJob *job = data;

  return floo_sender_take (job->sender->window, db, monotonic_ms (), job->taken, &job->wait, error);
}

static void
on_pump_done (FlooStore *store, gpointer data, const GError *error)
{
  PumpJob *job = data;
  FlooSender *self = job->sender;

  if (error != NULL)
    {
      floo_sender_untake (self, job->taken);
      g_warning ("the outbox could not be read: %s", error->message);
      floo_pace_failed (&self->pace);
      return;
    }
  floo_sender_send_taken (self, job->taken);
  floo_pace_idle_for (&self->pace, job->wait > 0 ? (guint) job->wait + 1 : 0);
}

static gboolean
can_pump (const FlooSender *self)
{
  return self->online && floo_account_can_store (self->account);
}

void
floo_sender_pump (FlooSender *self)
{
  if (can_pump (self))
    floo_pace_want_now (&self->pace);
}

static void
begin_pump (gpointer data)
{
  FlooSender *self = data;
  PumpJob *job;

  if (!can_pump (self))
    {
      floo_pace_idle (&self->pace);
      return;
    }
  job = g_new0 (PumpJob, 1);
  floo_account_ref (self->account);
  job->sender = self;
  job->taken = floo_sender_taken_new ();
  floo_job_write (self->account, run_pump_job, on_pump_done, job, pump_job_free);
}

/* ---- online and offline ---- */

gboolean
floo_sender_is_online (FlooSender *self)
{
  return floo_window_get_generation (self->window, NULL) != 0;
}

void
floo_sender_online (FlooSender *self)
{
  self->online = TRUE;
  floo_window_open (self->window, floo_account_get_device_sn (self->account));
  floo_schedule_look (self->schedule);
  floo_sender_pump (self);
  floo_settler_run (self->settler);
}

void
floo_sender_look_at_schedule (FlooSender *self)
{
  floo_schedule_look (self->schedule);
}

void
floo_sender_settle (FlooSender *self)
{
  floo_settler_run (self->settler);
}

void
floo_sender_offline (FlooSender *self)
{
  self->online = FALSE;
  floo_settler_offline (self->settler);
  floo_schedule_offline (self->schedule);
  floo_window_close (self->window);
  floo_pace_stop (&self->pace);
  g_clear_handle_id (&self->watch_timer, g_source_remove);
  g_clear_handle_id (&self->hold_timer, g_source_remove);
}
