/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/outbox/schedule.h"

#include "base/alarm.h"
#include "session/apply/status.h"
#include "session/job/job.h"
#include "session/outbox/parts.h"
#include "store/tables/conversations.h"
#include "store/tables/outbox.h"

/* Rows that become due in one transaction. */
#define MAX_ROWS 256
#define FAILED_MS 30000

struct _FlooSchedule {
  FlooSender *sender;
  guint alarm;
  gboolean looking;
  gboolean look_again;
};

FlooSchedule *
floo_schedule_new (FlooSender *sender)
{
  FlooSchedule *self = g_new0 (FlooSchedule, 1);

  self->sender = sender;
  return self;
}

void
floo_schedule_free (FlooSchedule *self)
{
  g_clear_handle_id (&self->alarm, g_source_remove);
  g_free (self);
}

typedef struct {
  FlooSchedule *schedule;
  gint64 now;                   /* ms, by the service's clock */
  guint n;                      /* that became due */
  gint64 next;                  /* the next one's time; 0: there is none */
} LookJob;

static void
look_job_free (gpointer data)
{
  LookJob *job = data;

  floo_account_unref (job->schedule->sender->account);
  g_free (job);
}

static gboolean
make_due (FlooDb *db, const FlooOutboxRow *row, GError **error)
{
  return floo_outbox_make_due (db, row->client_id, error)
         && (row->state != FLOO_SEND_QUEUED || floo_status_journal (db, row->client_id, row->conversation, TRUE, "queued", 0, 0, NULL, error));
}

static gboolean
run_look (FlooDb *db, gpointer data, GError **error)
{
  LookJob *job = data;
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) floo_outbox_row_free);

  job->n = 0;
  if (!floo_outbox_foreach_overdue (db, job->now, MAX_ROWS, floo_outbox_row_collect, rows, error))
    return FALSE;
  for (; job->n < rows->len; job->n++)
    if (!make_due (db, g_ptr_array_index (rows, job->n), error))
      return FALSE;
  return (job->n == 0 || floo_conversations_list_changed (db)) && floo_outbox_get_next_time (db, &job->next, error);
}

static gboolean
on_alarm (gpointer user_data)
{
  FlooSchedule *self = user_data;

  self->alarm = 0;
  floo_schedule_look (self);
  return G_SOURCE_REMOVE;
}

static void
on_looked (FlooStore *store, gpointer data, const GError *error)
{
  const LookJob *job = data;
  FlooSchedule *self = job->schedule;
  FlooAccount *account = self->sender->account;
  gint64 wait = error != NULL ? FAILED_MS : job->next - floo_account_get_service_time (account);

  self->looking = FALSE;
  if (error != NULL)
    g_warning ("scheduled messages could not be read: %s", error->message);
  if (!self->sender->online || !floo_account_is_current (account, store))
    return;
  g_clear_handle_id (&self->alarm, g_source_remove);
  if (error != NULL || job->next != 0)
    self->alarm = floo_alarm_add (wait, on_alarm, self);
  if (error == NULL && job->n > 0)
    floo_sender_pump (self->sender);
  if (self->look_again)
    floo_schedule_look (self);
}

void
floo_schedule_look (FlooSchedule *self)
{
  FlooAccount *account = self->sender->account;
  LookJob *job;

  if (!self->sender->online || !floo_account_can_store (account))
    return;
  self->look_again = self->looking;
  if (self->looking)
    return;
  self->looking = TRUE;
  job = g_new0 (LookJob, 1);
  floo_account_ref (account);
  job->schedule = self;
  job->now = floo_account_get_service_time (account);
  floo_job_write (account, run_look, on_looked, job, look_job_free);
}

void
floo_schedule_offline (FlooSchedule *self)
{
  self->look_again = FALSE;
  g_clear_handle_id (&self->alarm, g_source_remove);
}
