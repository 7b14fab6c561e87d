/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/readers.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "store/engine/db.h"

#define N_READERS 3
/* How many queued jobs (of callers with several) run at a time: one thread stays free for callers with a single job. */
#define MAX_QUEUED_RUNNING (N_READERS - 1)
/* Results under way: being read, or waiting for the main loop. Each has some 8 MiB at most. */
#define MAX_UNDER_WAY 4
/* First jobs of callers precede queued ones, but at most this many in a row. */
#define MAX_FIRST_IN_A_ROW 4
/* First jobs that begin during a pause. */
#define MAX_FIRST_IN_A_PAUSE 8

/* Whose jobs wait. */
typedef struct {
  guint id;
  GQueue jobs;
  guint running;        /* queued jobs of it that run now */
  gboolean has_turn;    /* it is in first or turns */
} Caller;

struct _FlooReaders {
  FlooMailbox *mailbox;
  char *path;
  gint64 user_id;
  GStatBuf file;        /* what path was when the store was opened */

  GMutex lock; /* of what follows */
  GCond cond;
  GThread *threads[N_READERS];
  guint n_threads;      /* 0: not started yet */
  guint running;        /* threads with a job */
  guint own_running;    /* of these, with one of the daemon's own */
  guint not_begun;      /* jobs */
  GQueue own;           /* jobs of the daemon's own */
  GHashTable *callers;  /* id -> Caller: those with jobs */
  GQueue first;         /* Caller: those with one job, which came when they had none */
  GQueue turns;         /* Caller: the others of which a job may begin */
  guint first_in_a_row;
  guint first_in_a_pause;
  guint queued_running; /* jobs from turns that run now */
  guint under_way;
  gboolean paused;
  gboolean closing;
};

/* When a thread opens the store for the first time, another file may be at its path. */
static FlooDb *
open_store (FlooReaders *self, GError **error)
{
  GStatBuf now;

  if (g_stat (self->path, &now) == 0 && now.st_dev == self->file.st_dev && now.st_ino == self->file.st_ino)
    return floo_db_open (self->path, FLOO_DB_READER, self->user_id, error);
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The store %s is not in its folder any more", self->path);
  return NULL;
}

/* @db: (inout) (nullable): the thread's connection, from its first job on */
static void
run (FlooReaders *self, FlooDb **db, FlooNews *job)
{
  if (*db == NULL)
    *db = open_store (self, &job->error);
  if (*db == NULL || !floo_db_begin_read (*db, &job->error))
    return;
  floo_news_run (job, *db);
  if (!floo_db_commit (*db, NULL))
    floo_db_rollback (*db);
}

static void
caller_free (gpointer data)
{
  Caller *caller = data;

  g_queue_clear_full (&caller->jobs, (GDestroyNotify) floo_news_free);
  g_free (caller);
}

/* Locked. Queues the caller for a turn, if it has jobs. */
static void
give_turn (FlooReaders *self, Caller *caller, GQueue *queue)
{
  if (caller->has_turn || caller->jobs.length == 0 || caller->running >= MAX_QUEUED_RUNNING)
    return;
  caller->has_turn = TRUE;
  g_queue_push_tail (queue, caller);
  g_cond_signal (&self->cond);
}

/* Locked. */
static gboolean
may_begin_turn (FlooReaders *self)
{
  return self->turns.length > 0 && !self->paused && self->under_way < MAX_UNDER_WAY && self->queued_running < MAX_QUEUED_RUNNING;
}

/* Locked. A caller with a single job need not wait for those with hundreds, nor for a bus that is busy with their results. */
static gboolean
may_begin_first (FlooReaders *self)
{
  if (self->first.length == 0 || (self->first_in_a_row >= MAX_FIRST_IN_A_ROW && may_begin_turn (self)))
    return FALSE;
  return self->under_way < 2 * MAX_UNDER_WAY && (!self->paused || self->first_in_a_pause < MAX_FIRST_IN_A_PAUSE);
}

/* Locked. Returns: (nullable): the job whose turn it is, where one may begin. @caller: (out) (nullable) */
static FlooNews *
take_job (FlooReaders *self, Caller **caller, gboolean *queued)
{
  FlooNews *job = NULL;

  *caller = NULL;
  *queued = FALSE;
  if (self->own.length > 0 && (self->closing || (!self->paused && self->under_way < MAX_UNDER_WAY)))
    job = g_queue_pop_head (&self->own);
  else if (self->first.length > 0 && (self->closing || may_begin_first (self)))
    {
      *caller = g_queue_pop_head (&self->first);
      self->first_in_a_row++;
      self->first_in_a_pause += self->paused;
    }
  else if (self->turns.length > 0 && (self->closing || may_begin_turn (self)))
    {
      *caller = g_queue_pop_head (&self->turns);
      *queued = TRUE;
      self->first_in_a_row = 0;
      self->queued_running++;
    }
  else
    return NULL;
  if (*caller != NULL)
    {
      (*caller)->has_turn = FALSE;
      (*caller)->running++;
      job = g_queue_pop_head (&(*caller)->jobs);
      give_turn (self, *caller, &self->turns);
    }
  self->not_begun--;
  self->running++;
  self->own_running += *caller == NULL;
  self->under_way++;
  return job;
}

/* Locked. */
static void
end_turn (FlooReaders *self, Caller *caller, gboolean queued)
{
  self->queued_running -= queued;
  caller->running--;
  if (caller->jobs.length > 0)
    give_turn (self, caller, &self->turns);
  else if (caller->running == 0)
    g_hash_table_remove (self->callers, GUINT_TO_POINTER (caller->id));
  if (self->turns.length > 0)
    g_cond_signal (&self->cond);
}

/* Locked. */
static gboolean
has_jobs (FlooReaders *self)
{
  return self->own.length > 0 || g_hash_table_size (self->callers) > 0;
}

static gpointer
thread_main (gpointer data)
{
  FlooReaders *self = data;
  FlooDb *db = NULL;

  g_mutex_lock (&self->lock);
  while (!self->closing || has_jobs (self))
    {
      Caller *caller;
      gboolean queued;
      FlooNews *job = take_job (self, &caller, &queued);
      gboolean cancel = self->closing && caller != NULL;

      if (job == NULL)
        {
          g_cond_wait (&self->cond, &self->lock);
          continue;
        }
      g_mutex_unlock (&self->lock);
      if (cancel)
        job->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The store is closed");
      else
        run (self, &db, job);
      job->is_read = TRUE;
      if (queued)
        floo_mailbox_post_patient (self->mailbox, job);
      else
        floo_mailbox_post (self->mailbox, job);
      g_mutex_lock (&self->lock);
      self->running--;
      self->own_running -= caller == NULL;
      if (caller != NULL)
        end_turn (self, caller, queued);
    }
  g_cond_broadcast (&self->cond); /* another thread may wait for this caller's job to end */
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&db, floo_db_close);
  return NULL;
}

FlooReaders *
floo_readers_new (FlooMailbox *mailbox)
{
  FlooReaders *self = g_new0 (FlooReaders, 1);

  self->mailbox = mailbox;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->own);
  g_queue_init (&self->first);
  g_queue_init (&self->turns);
  self->callers = g_hash_table_new_full (NULL, NULL, NULL, caller_free);
  return self;
}

/* Locked. */
static gboolean
start_one (FlooReaders *self, GError **error)
{
  GThread *thread = g_thread_try_new ("store-read", thread_main, self, error);

  if (thread != NULL)
    self->threads[self->n_threads++] = thread;
  return thread != NULL;
}

/*
 * Locked. Another thread where those without a job are fewer than the jobs; without it these take longer. The daemon's own wait for each other, as
 * long as one thread is free of callers' jobs.
 */
static void
start_if_due (FlooReaders *self, gboolean is_own)
{
  const guint idle = self->n_threads - self->running;
  g_autoptr (GError) error = NULL;

  if (self->n_threads == 0 || self->n_threads == N_READERS || self->not_begun <= idle || (is_own && idle + self->own_running > 0))
    return;
  if (!start_one (self, &error))
    g_message ("The store is read with only %u threads: %s", self->n_threads, error->message);
}

gboolean
floo_readers_start (FlooReaders *self, const char *path, gint64 user_id, GError **error)
{
  gboolean ok;

  self->path = g_strdup (path);
  self->user_id = user_id;
  if (g_stat (path, &self->file) != 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The store %s is not in its folder any more", path);
      return FALSE;
    }
  g_mutex_lock (&self->lock);
  ok = start_one (self, error);
  g_mutex_unlock (&self->lock);
  return ok;
}

void
floo_readers_stop (FlooReaders *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->n_threads; i++)
    g_clear_pointer (&self->threads[i], g_thread_join);
  self->n_threads = 0;
}

void
floo_readers_free (FlooReaders *self)
{
  floo_readers_stop (self);
  g_queue_clear_full (&self->own, (GDestroyNotify) floo_news_free);
  g_queue_clear (&self->first);
  g_queue_clear (&self->turns);
  g_hash_table_unref (self->callers);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->path);
  g_free (self);
}

void
floo_readers_push (FlooReaders *self, FlooNews *job)
{
  Caller *caller;
  gboolean is_first;

  g_mutex_lock (&self->lock);
  self->not_begun++;
  if (job->caller == 0)
    g_queue_push_tail (&self->own, job);
  else
    {
      caller = g_hash_table_lookup (self->callers, GUINT_TO_POINTER (job->caller));
      is_first = caller == NULL;
      if (is_first)
        {
          caller = g_new0 (Caller, 1);
          caller->id = job->caller;
          g_hash_table_insert (self->callers, GUINT_TO_POINTER (caller->id), caller);
        }
      g_queue_push_tail (&caller->jobs, job);
      give_turn (self, caller, is_first && !(job->flags & FLOO_READ_BULK) ? &self->first : &self->turns);
    }
  start_if_due (self, job->caller == 0);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
floo_readers_delivered (FlooReaders *self)
{
  g_mutex_lock (&self->lock);
  self->under_way--;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
floo_readers_pause (FlooReaders *self, gboolean paused)
{
  g_mutex_lock (&self->lock);
  self->paused = paused;
  self->first_in_a_pause = 0;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}
