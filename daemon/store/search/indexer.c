/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/indexer.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "base/names.h"
#include "store/engine/news.h"
#include "store/search/index.h"
#include "store/search/spans.h"
#include "store/search/step.h"

/* Between two rounds while no search waits. */
#define ROUND_US G_USEC_PER_SEC
/* The time to the retry after an error such as a full disk. */
#define RETRY_US (10 * G_USEC_PER_SEC)
/* After this time without work it frees memory. */
#define REST_US (5 * G_USEC_PER_SEC)
/* The kernel's class for background work: intake and all others go first. */
#define NICE 10

/* A job that waits. */
typedef struct {
  FlooNews *job;
  gint64 deadline;
} Waiter;

struct _FlooIndexer {
  char *folder;
  gint64 user_id;
  char *journal_id;
  FlooMailbox *mailbox;
  GThread *thread;

  GMutex lock; /* of what follows */
  GCond cond;
  gboolean closing;
  gboolean woken;
  GArray *arrivals; /* Waiter, not seen by the thread yet */
  gint64 done;

  /* The thread's own. */
  FlooDb *store, *index;
  FlooDb *replacement;  /* (nullable): an index that is being built to replace the present one */
  GArray *waiters;      /* Waiter */
  gint64 next_round;    /* monotonic µs */
  gboolean used;        /* since the last rest */
};

static void
answer (FlooIndexer *self, Waiter *waiter, const GError *error)
{
  waiter->job->error = error != NULL ? g_error_copy (error) : NULL;
  floo_mailbox_post (self->mailbox, waiter->job);
}

static void
answer_all (FlooIndexer *self, GArray *waiters, const GError *error)
{
  for (guint i = 0; i < waiters->len; i++)
    answer (self, &g_array_index (waiters, Waiter, i), error);
  g_array_set_size (waiters, 0);
}

/* It is far behind: answers waiters whose time is over with an error. */
static void
answer_late (FlooIndexer *self)
{
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;
  gint64 n = 0;

  for (guint i = self->waiters->len; i > 0; i--)
    {
      if (g_array_index (self->waiters, Waiter, i - 1).deadline > now)
        continue;
      if (error == NULL)
        {
          (void) floo_spans_count (self->index, &n, NULL);
          error = g_error_new (FLOO_ERROR, FLOO_ERROR_TIMEOUT,
                               "The search index is still being built; it has %" G_GINT64_FORMAT " messages so far", n);
        }
      answer (self, &g_array_index (self->waiters, Waiter, i - 1), error);
      g_array_remove_index_fast (self->waiters, i - 1);
    }
}

static void
close_index (FlooIndexer *self)
{
  g_clear_pointer (&self->replacement, floo_db_close);
  g_clear_pointer (&self->index, floo_db_close);
}

static gboolean
open_index (FlooIndexer *self, GError **error)
{
  gboolean ahead;

  self->index = floo_index_open (self->folder, self->user_id, self->journal_id, error);
  if (self->index == NULL || !floo_index_is_ahead (self->index, self->store, &ahead, error))
    return FALSE;
  if (!ahead)
    return TRUE;
  g_clear_pointer (&self->index, floo_db_close);
  if (floo_index_remove (self->folder, error))
    self->index = floo_index_open (self->folder, self->user_id, self->journal_id, error);
  return self->index != NULL;
}

static gboolean
open_files (FlooIndexer *self, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, FLOO_STORE_FILE, NULL);

  if (self->index != NULL && floo_index_is_lost (self->folder))
    close_index (self);
  if (self->store == NULL)
    self->store = floo_db_open (path, FLOO_DB_READER, self->user_id, error);
  return self->store != NULL && (self->index != NULL || open_index (self, error));
}

/* @more: (out): it is not up to date yet */
static gboolean
step (FlooIndexer *self, gboolean *more, GError **error)
{
  gint64 done, done_there = G_MAXINT64;

  if (!open_files (self, error) || !floo_index_step (self->index, self->store, &done, more, error)
      || (self->replacement != NULL && !floo_index_get_state (self->replacement, "changes", &done_there, error)))
    return FALSE;
  g_mutex_lock (&self->lock);
  self->done = MIN (done, done_there);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Continues the replacement, or begins one if the index needs it. @more: (out): there is more to do */
static gboolean
replace (FlooIndexer *self, gboolean *more, GError **error)
{
  FlooDb *replacement;
  gboolean behind;
  gint64 done;

  if (self->replacement == NULL && (!floo_index_is_stale (self->index, more, error) || !*more))
    return error == NULL || *error == NULL;
  if (self->replacement == NULL)
    {
      self->replacement = floo_index_begin_replacement (self->index, self->folder, self->journal_id, error);
      return self->replacement != NULL;
    }
  *more = TRUE;
  if (!floo_index_step (self->replacement, self->store, &done, &behind, error))
    return FALSE;
  if (behind)
    return TRUE;
  replacement = g_steal_pointer (&self->replacement);
  close_index (self);
  return floo_index_replace (replacement, self->folder, error);
}

/* Background work. @more: (out): there is more to do */
static gboolean
tidy (FlooIndexer *self, gboolean *more, GError **error)
{
  return replace (self, more, error) && (*more || floo_index_tidy (self->index, more, error));
}

/* One round. @again: (out): there is more to do, if not at once */
static gboolean
run_round (FlooIndexer *self, gboolean *again, GError **error)
{
  gboolean more, untidy = FALSE;

  if (!step (self, &more, error))
    return FALSE;
  if (!more)
    answer_all (self, self->waiters, NULL);
  answer_late (self);
  if (self->waiters->len == 0 && !more && !tidy (self, &untidy, error))
    return FALSE;
  *again = more || untidy;
  return TRUE;
}

/* Checkpoints, and frees memory. */
static void
rest (FlooIndexer *self)
{
  self->used = FALSE;
  if (self->index == NULL)
    return;
  floo_db_checkpoint (self->index, TRUE);
  sqlite3_db_release_memory (self->index->handle);
  sqlite3_db_release_memory (self->store->handle);
#ifdef __GLIBC__
  malloc_trim (0);
#endif
}

/* Waits until it is woken, or the next rest is due. The lock is held. */
static void
wait_for_news (FlooIndexer *self)
{
  if (!self->used)
    g_cond_wait (&self->cond, &self->lock);
  else if (!g_cond_wait_until (&self->cond, &self->lock, self->next_round + REST_US))
    {
      g_mutex_unlock (&self->lock);
      rest (self);
      g_mutex_lock (&self->lock);
    }
}

/* Waits until there is something to do; FALSE: it is closing. */
static gboolean
wait_for_work (FlooIndexer *self, gboolean again)
{
  gboolean closing;

  g_mutex_lock (&self->lock);
  self->woken = self->woken || again;
  while (!self->closing && self->arrivals->len == 0 && self->waiters->len == 0)
    {
      if (!self->woken)
        wait_for_news (self);
      else if (!g_cond_wait_until (&self->cond, &self->lock, self->next_round))
        break;
    }
  closing = self->closing;
  self->woken = FALSE;
  g_array_append_vals (self->waiters, self->arrivals->data, self->arrivals->len);
  g_array_set_size (self->arrivals, 0);
  g_mutex_unlock (&self->lock);
  return !closing;
}

static void
fail (FlooIndexer *self, const GError *error)
{
  g_message ("The search index could not be updated: %s", error->message);
  answer_all (self, self->waiters, error);
  /* The next round opens it again, or rebuilds it where it is damaged. */
  close_index (self);
}

static gpointer
indexer_main (gpointer data)
{
  FlooIndexer *self = data;
  g_autoptr (GError) closed = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The store is closed");
  gboolean again = TRUE;

  (void) setpriority (PRIO_PROCESS, (id_t) gettid (), NICE);
  self->next_round = g_get_monotonic_time () + ROUND_US;
  while (wait_for_work (self, again))
    {
      g_autoptr (GError) error = NULL;
      gint64 start = g_get_monotonic_time (), end;

      if (!run_round (self, &again, &error))
        fail (self, error);
      end = g_get_monotonic_time ();
      self->used = TRUE;
      if (error != NULL)
        {
          again = TRUE;
          self->next_round = end + RETRY_US;
        }
      else
        self->next_round = again ? end + (end - start) : end + ROUND_US;
    }
  answer_all (self, self->waiters, closed);
  g_clear_pointer (&self->store, floo_db_close);
  g_clear_pointer (&self->replacement, floo_db_close);
  if (self->index != NULL)
    floo_db_finish (g_steal_pointer (&self->index), TRUE);
  return NULL;
}

static FlooIndexer *
start (const char *folder, gint64 user_id, const char *journal_id, FlooMailbox *mailbox)
{
  FlooIndexer *self = g_new0 (FlooIndexer, 1);

  self->folder = g_strdup (folder);
  self->user_id = user_id;
  self->journal_id = g_strdup (journal_id);
  self->mailbox = mailbox;
  self->arrivals = g_array_new (FALSE, FALSE, sizeof (Waiter));
  self->waiters = g_array_new (FALSE, FALSE, sizeof (Waiter));
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("store-index", indexer_main, self);
  return self;
}

static void
stop (FlooIndexer *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_thread_join (self->thread);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_array_unref (self->arrivals);
  g_array_unref (self->waiters);
  g_free (self->journal_id);
  g_free (self->folder);
  g_free (self);
}

static void
wake (FlooIndexer *self)
{
  g_mutex_lock (&self->lock);
  if (!self->woken)
    {
      self->woken = TRUE;
      g_cond_signal (&self->cond);
    }
  g_mutex_unlock (&self->lock);
}

static void
add_waiter (FlooIndexer *self, FlooNews *job, gint64 deadline)
{
  Waiter waiter = { job, deadline };

  g_mutex_lock (&self->lock);
  g_array_append_val (self->arrivals, waiter);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gint64
get_done (FlooIndexer *self)
{
  gint64 done;

  g_mutex_lock (&self->lock);
  done = self->done;
  g_mutex_unlock (&self->lock);
  return done;
}

const FlooIndexing floo_indexing = { start, stop, wake, add_waiter, get_done };
