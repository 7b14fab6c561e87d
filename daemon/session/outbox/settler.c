/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * settler.c: settles uncertain rows of the outbox, of which it is not known whether the service accepted them.
 *
 * These are rows in sending whose device number has become void, acknowledgements without an id, and client_mids that the service reports as
 * duplicate although they were used for the first time. The history of the conversation is fetched, one conversation at a time, until the
 * result is known (uncertain.h).
 */
#include "session/job/job.h"
#include "session/outbox/parts.h"
#include "session/outbox/uncertain.h"

#define PAGE 100
#define MAX_PAGES 20
#define RETRY_MS 30000

struct _FlooSettler {
  FlooSender *sender;           /* our owner */
  FlooPace pace;
};

static void find_uncertain (gpointer data);

FlooSettler *
floo_settler_new (FlooSender *sender)
{
  FlooSettler *self = g_new0 (FlooSettler, 1);

  self->sender = sender;
  floo_pace_init (&self->pace, sender->account, find_uncertain, self);
  self->pace.interval_ms = 0;
  self->pace.max_retries = G_MAXUINT;
  self->pace.backoff = (FlooBackoff){ .min_ms = RETRY_MS, .max_ms = RETRY_MS, .factor_percent = 100 };
  return self;
}

void
floo_settler_free (FlooSettler *self)
{
  floo_settler_offline (self);
  g_free (self);
}

void
floo_settler_offline (FlooSettler *self)
{
  floo_pace_stop (&self->pace);
}

/* A row that is searched in the history. */
typedef struct {
  FlooSettler *settler;
  FlooUncertain row;
  FlooCoverage coverage;
  guint pages;
  char *lost;                   /* (nullable): why the history has no answer */
} Settle;

static void
settle_free (gpointer data)
{
  Settle *settle = data;

  floo_uncertain_clear (&settle->row);
  g_free (settle->lost);
  floo_account_unref (settle->settler->sender->account);
  g_free (settle);
}

static gboolean
run_find_uncertain (FlooDb *db, gpointer data, GError **error)
{
  return floo_uncertain_find (db, &((Settle *) data)->row, error);
}

static gboolean
run_settle (FlooDb *db, gpointer data, GError **error)
{
  const Settle *settle = data;

  return floo_settle (db, &settle->row, &settle->coverage, settle->lost, error);
}

static void on_settle_history (const FlooHistoryPage *page, const GError *error, gpointer user_data);

static void
on_settled (FlooStore *store, gpointer data, const GError *error)
{
  Settle *settle = data;
  FlooSettler *self = settle->settler;

  if (error != NULL)
    g_warning ("an uncertain message could not be settled: %s", error->message);
  if (error != NULL || !self->sender->online)
    {
      floo_pace_failed (&self->pace);
      return;
    }
  floo_sender_pump (self->sender);
  floo_pace_done (&self->pace);
}

static void
settle_with_history (Settle *settle, gint64 from)
{
  floo_sync_history (settle->settler->sender->sync, settle->row.conversation, from, PAGE, on_settle_history, settle);
}

static void
take_page (Settle *settle, const FlooHistoryPage *page)
{
  FlooCoverage *coverage = &settle->coverage;

  settle->pages++;
  coverage->whole = page->next == 0;
  if (page->n == 0)
    return;
  if (coverage->lowest_id == 0 || page->lowest_id < coverage->lowest_id)
    coverage->lowest_id = page->lowest_id;
  if (coverage->oldest == 0 || page->oldest < coverage->oldest)
    coverage->oldest = page->oldest;
}

static void
on_settle_history (const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  Settle *settle = user_data;

  if (error != NULL && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_REJECTED))
    {
      floo_pace_failed (&settle->settler->pace);
      settle_free (settle);
      return;
    }
  if (error != NULL)
    settle->lost = g_strdup (error->message);
  else
    {
      take_page (settle, page);
      if (!floo_uncertain_is_covered (&settle->row, &settle->coverage))
        {
          /* All pages are stored on arrival; one search at the end is enough. */
          if (settle->pages < MAX_PAGES)
            {
              settle_with_history (settle, page->next);
              return;
            }
          settle->lost = g_strdup ("it is not in the last pages of the history, and may be in earlier ones");
        }
    }
  floo_job_write (settle->settler->sender->account, run_settle, on_settled, settle, settle_free);
}

static void
on_uncertain_found (FlooStore *store, gpointer data, const GError *error)
{
  Settle *found = data;
  FlooSettler *self = found->settler;
  Settle *settle;

  if (error != NULL)
    {
      g_warning ("uncertain messages could not be read: %s", error->message);
      floo_pace_failed (&self->pace);
      return;
    }
  if (found->row.client_id == 0 || !self->sender->online)
    {
      floo_pace_idle (&self->pace);
      return;
    }
  settle = g_new0 (Settle, 1);
  floo_account_ref (self->sender->account);
  settle->settler = self;
  settle->row = found->row;
  found->row.content = NULL;
  if (settle->row.operation == FLOO_OPERATION_MESSAGE)
    settle_with_history (settle, 0);
  else
    floo_job_write (self->sender->account, run_settle, on_settled, settle, settle_free);
}

void
floo_settler_run (FlooSettler *self)
{
  if (self->sender->online)
    floo_pace_want_now (&self->pace);
}

static void
find_uncertain (gpointer data)
{
  FlooSettler *self = data;
  Settle *settle;

  if (!self->sender->online)
    {
      floo_pace_idle (&self->pace);
      return;
    }
  settle = g_new0 (Settle, 1);
  floo_account_ref (self->sender->account);
  settle->settler = self;
  floo_job_write (self->sender->account, run_find_uncertain, on_uncertain_found, settle, settle_free);
}
