/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/job/job.h"

#include "base/error.h"
#include "store/tables/journal.h"
#include "store/tables/totals.h"

typedef struct {
  FlooAccount *account;
  FlooStoreFunc func;
  FlooStoreDone done;
  gpointer data;
  GDestroyNotify destroy;
  FlooCounts counts;
} WriteJob;

static gboolean
run_write_job (FlooDb *db, gpointer data, GError **error)
{
  WriteJob *job = data;

  FlooTotals totals;

  if (!job->func (db, job->data, error) || !floo_totals_get (db, &totals, error))
    return FALSE;
  job->counts = (FlooCounts){ .unread_total = totals.unread, .queued = totals.queued, .failed = totals.failed };
  return TRUE;
}

static void
on_write_done (FlooStore *store, gpointer data, const GError *error)
{
  WriteJob *job = data;

  if (error == NULL && floo_account_is_current (job->account, store))
    floo_account_set_counts (job->account, &job->counts);
  if (job->done != NULL)
    job->done (store, job->data, error);
  else if (error != NULL)
    g_warning ("a change could not be stored: %s", error->message);
}

static void
write_job_free (gpointer data)
{
  WriteJob *job = data;

  if (job->destroy != NULL)
    job->destroy (job->data);
  floo_account_unref (job->account);
  g_free (job);
}

static void
refuse (FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");

  if (done != NULL)
    done (NULL, data, error);
  if (destroy != NULL)
    destroy (data);
}

void
floo_job_write (FlooAccount *account, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  FlooStore *store = floo_account_get_store (account);
  WriteJob *job;

  if (store == NULL)
    {
      refuse (done, data, destroy);
      return;
    }
  job = g_new0 (WriteJob, 1);
  job->account = floo_account_ref (account);
  job->func = func;
  job->done = done;
  job->data = data;
  job->destroy = destroy;
  floo_store_write (store, run_write_job, on_write_done, job, write_job_free);
}

void
floo_job_read_for (FlooAccount *account, guint caller, FlooReadFlags flags, FlooStoreFunc func, FlooStoreDone done, gpointer data,
                   GDestroyNotify destroy)
{
  FlooStore *store = floo_account_get_store (account);

  if (store == NULL)
    refuse (done, data, destroy);
  else
    floo_store_read_for (store, caller, flags, func, done, data, destroy);
}

void
floo_job_read (FlooAccount *account, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  floo_job_read_for (account, floo_account_get_caller (account), FLOO_READ_DEFAULT, func, done, data, destroy);
}

/* ---- single events ---- */

typedef struct {
  FlooAccount *account;
  FlooSignal signal;
  GVariant *body;
} JournalJob;

static void
journal_job_free (gpointer data)
{
  JournalJob *job = data;

  g_variant_unref (job->body);
  floo_account_unref (job->account);
  g_free (job);
}

static gboolean
run_journal_job (FlooDb *db, gpointer data, GError **error)
{
  JournalJob *job = data;

  return floo_journal_append (db, job->signal, job->body, NULL, 0, error);
}

/* An event that cannot be journalled, for example on a full disk, is signalled nevertheless. */
static void
on_journalled (FlooStore *store, gpointer data, const GError *error)
{
  JournalJob *job = data;

  if (error == NULL)
    return;
  g_message ("An event could not be journalled: %s", error->message);
  floo_account_emit (job->account, job->signal, job->body);
}

void
floo_job_journal (FlooAccount *account, FlooSignal signal, GVariant *body)
{
  JournalJob *job;

  if (floo_account_get_store (account) == NULL)
    {
      floo_account_emit (account, signal, body);
      return;
    }
  job = g_new0 (JournalJob, 1);
  job->account = floo_account_ref (account);
  job->signal = signal;
  job->body = g_variant_ref_sink (body);
  floo_job_write (account, run_journal_job, on_journalled, job, journal_job_free);
}

void
floo_job_notice (FlooAccount *account, const char *category, const char *desc)
{
  GVariant *body = g_variant_new ("(sv)", category, g_variant_new_string (desc));

  if (g_str_equal (category, "loginMessage"))
    floo_account_emit (account, FLOO_SIGNAL_FLOO_NOTICE, body);
  else
    floo_job_journal (account, FLOO_SIGNAL_FLOO_NOTICE, body);
}

void
floo_job_error (FlooAccount *account, const char *category, const char *desc)
{
  floo_job_journal (account, FLOO_SIGNAL_FLOO_ERROR, g_variant_new ("(ss)", category, desc));
}
