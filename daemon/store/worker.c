/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/worker.h"

#include <glib/gstdio.h>

#include "base/crash.h"
#include "base/error.h"
#include "base/names.h"
#include "store/files.h"
#include "store/indexer.h"
#include "store/opening.h"
#include "store/prune.h"
#include "store/query.h"
#include "store/search-changes.h"

#define N_READERS 2
/* A transaction takes no further job after this time: the ones in it wait for its end. */
#define BATCH_US (50 * 1000)
/* So many pages (4 MiB) more in the WAL are moved into the file, while others are written. */
#define CHECKPOINT_PAGES 1000
/* What came meanwhile is moved when the writer has had nothing to do for so long, so that nobody waits for it; from so many pages on, at once. */
#define TAIL_US (20 * 1000)
#define TAIL_PAGES (4 * CHECKPOINT_PAGES)
/* The WAL is emptied when nothing was written for so long. */
#define IDLE_US (5 * G_USEC_PER_SEC)
/* How often a full disk is tried, and with how many bytes: some room is needed to go on, not just a page. */
#define PROBE_US (3 * G_USEC_PER_SEC)
#define PROBE_BYTES (256 * 1024)
/* Pruning looks at the journal's front after so many events, or after this time. */
#define PRUNE_EVENTS 500
#define PRUNE_US (600 * G_USEC_PER_SEC)
#define FIRST_PRUNE_US (10 * G_USEC_PER_SEC)

struct _FlooWorker {
  char *folder;
  gint64 user_id;
  FlooMailbox *mailbox;
  GThread *writer;

  GMutex lock; /* of what follows */
  GCond write_cond, read_cond, checkpoint_cond;
  GQueue writes, reads;
  gboolean reads_paused;
  gboolean closing;
  gboolean abandoned;  /* closing without a checkpoint */
  gboolean erase;
  gboolean checkpoint; /* the checkpointer has work */
  gboolean tail;       /* it is done: the writer is to move what was written meanwhile, so that the WAL can begin anew */
  guint days, events;

  /* The writer thread's own. */
  FlooDb *db;
  GThread *readers[N_READERS];
  GThread *checkpointer;
  FlooIndexer *indexer;  /* taken away under the lock */
  gint64 pruned_changes; /* notes for the indexer below this number are gone */
  gboolean full;
  guint events_since_prune;
  int next_checkpoint; /* pages of the WAL */
  gint64 last_write;   /* monotonic µs */
  gint64 next_prune;
};

void
floo_news_free (FlooNews *news)
{
  g_clear_error (&news->error);
  g_clear_pointer (&news->events, g_ptr_array_unref);
  if (news->destroy != NULL)
    news->destroy (news->data);
  g_clear_object (&news->store);
  g_free (news->journal_id);
  g_free (news);
}

static void
post (FlooWorker *self, FlooNewsKind kind, gboolean full, GError *error)
{
  FlooNews *news = g_new0 (FlooNews, 1);

  news->kind = kind;
  news->full = full;
  news->error = error;
  floo_mailbox_post (self->mailbox, news);
}

/* Runs @job on @db; what it did is undone where it fails. */
static gboolean
call (FlooDb *db, FlooNews *job)
{
  if (job->func (db, job->data, &job->error))
    return TRUE;
  if (job->error == NULL)
    job->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "The store refused");
  return FALSE;
}

/* Readers */

typedef struct {
  FlooWorker *worker;
  FlooDb *db;
} Helper;

static void
run_read (FlooDb *db, FlooNews *job)
{
  if (!floo_db_begin_read (db, &job->error))
    return;
  call (db, job);
  if (!floo_db_commit (db, NULL))
    floo_db_rollback (db);
}

static gpointer
reader_main (gpointer data)
{
  g_autofree Helper *helper = data;
  FlooWorker *self = helper->worker;

  g_mutex_lock (&self->lock);
  while (!self->closing || self->reads.length > 0)
    {
      FlooNews *job = self->reads_paused && !self->closing ? NULL : g_queue_pop_head (&self->reads);

      if (job == NULL)
        {
          g_cond_wait (&self->read_cond, &self->lock);
          continue;
        }
      g_mutex_unlock (&self->lock);
      run_read (helper->db, job);
      floo_mailbox_post (self->mailbox, job);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
  floo_db_close (helper->db);
  return NULL;
}

/* The checkpointer */

static gpointer
checkpointer_main (gpointer data)
{
  g_autofree Helper *helper = data;
  FlooWorker *self = helper->worker;

  g_mutex_lock (&self->lock);
  while (!self->closing)
    {
      if (!self->checkpoint)
        {
          g_cond_wait (&self->checkpoint_cond, &self->lock);
          continue;
        }
      g_mutex_unlock (&self->lock);
      floo_db_checkpoint (helper->db, FALSE);
      g_mutex_lock (&self->lock);
      self->checkpoint = FALSE;
      self->tail = TRUE;
      g_cond_signal (&self->write_cond);
    }
  g_mutex_unlock (&self->lock);
  floo_db_close (helper->db);
  return NULL;
}

/* Whether the writer may have the WAL's tail now, which is then its business. */
static gboolean
take_tail (FlooWorker *self, int from_pages)
{
  gboolean tail;

  g_mutex_lock (&self->lock);
  tail = self->tail && self->db->wal_pages >= from_pages;
  if (tail)
    self->tail = FALSE;
  g_mutex_unlock (&self->lock);
  return tail;
}

/* After a commit: the bulk of a long WAL goes to the checkpointer, the rest that comes meanwhile is the writer's own, when it has time. */
static void
look_after_wal (FlooWorker *self)
{
  /* It began anew. */
  if (self->db->wal_pages < CHECKPOINT_PAGES)
    self->next_checkpoint = CHECKPOINT_PAGES;
  if (take_tail (self, TAIL_PAGES))
    floo_db_checkpoint (self->db, FALSE);
  else if (self->db->wal_pages >= self->next_checkpoint)
    {
      self->next_checkpoint = self->db->wal_pages + CHECKPOINT_PAGES;
      g_mutex_lock (&self->lock);
      self->checkpoint = TRUE;
      g_cond_signal (&self->checkpoint_cond);
      g_mutex_unlock (&self->lock);
    }
}

/* The writer */

typedef struct {
  GPtrArray *jobs;     /* those that have run */
  guint64 serial;      /* before the first one */
  gint64 changes;
  GError *error;       /* what undid all of them */
  gboolean full;       /* one of them met a full disk */
} Batch;

static void
drop_events (FlooNews *job)
{
  g_clear_pointer (&job->events, g_ptr_array_unref);
}

static void
run_write (FlooWorker *self, Batch *batch, FlooNews *job)
{
  FlooDb *db = self->db;
  guint64 serial = db->last_serial;
  gboolean ok;

  g_ptr_array_add (batch->jobs, job);
  job->events = g_ptr_array_new_with_free_func ((GDestroyNotify) floo_event_free);
  db->events = job->events;
  ok = floo_db_savepoint (db, &job->error) && call (db, job) && floo_db_release (db, &job->error);
  db->events = NULL;
  if (ok)
    {
      self->events_since_prune += job->events->len;
      return;
    }
  floo_db_undo (db);
  drop_events (job);
  db->last_serial = serial;
  batch->full = batch->full || g_error_matches (job->error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
  if (!floo_db_in_transaction (db))
    batch->error = g_error_copy (job->error);
}

/* A step of pruning, behind the jobs of a transaction. */
static void
prune (FlooWorker *self)
{
  g_autoptr (GError) error = NULL;
  gint64 now = g_get_monotonic_time ();
  gboolean more = FALSE;
  guint days, events;

  if (self->events_since_prune < PRUNE_EVENTS && now < self->next_prune)
    return;
  g_mutex_lock (&self->lock);
  days = self->days;
  events = self->events;
  g_mutex_unlock (&self->lock);
  if (!floo_db_savepoint (self->db, &error) || !floo_prune_step (self->db, days, events, &more, &error)
      || !floo_db_release (self->db, &error))
    {
      floo_db_undo (self->db);
      g_message ("The journal could not be pruned: %s", error->message);
    }
  self->events_since_prune = 0;
  self->next_prune = more ? now : now + PRUNE_US;
}

/* Notes that the indexer is done with go with the next transaction. */
static void
prune_search_changes (FlooWorker *self)
{
  g_autoptr (GError) error = NULL;
  gint64 done = floo_indexer_get_done (self->indexer);
  gboolean more;

  if (done <= self->pruned_changes)
    return;
  if (!floo_db_savepoint (self->db, &error) || !floo_search_changes_prune (self->db, done, &more, &error)
      || !floo_db_release (self->db, &error))
    {
      floo_db_undo (self->db);
      g_message ("The notes for the search index could not be pruned: %s", error->message);
      return;
    }
  if (!more)
    self->pruned_changes = done;
}

/* Ends the transaction; what was done is undone where that fails. */
static void
commit (FlooWorker *self, Batch *batch)
{
  FlooDb *db = self->db;
  gboolean changed = sqlite3_total_changes64 (db->handle) != batch->changes;

  if (batch->error == NULL && !floo_db_in_transaction (db))
    batch->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "The store undid a transaction");
  if (batch->error == NULL)
    {
      if (changed)
        FLOO_CRASH_POINT ("before-commit");
      if ((!changed || floo_db_check_place (db, &batch->error)) && floo_db_commit (db, &batch->error) && changed)
        FLOO_CRASH_POINT ("after-commit");
    }
  if (batch->error != NULL)
    {
      floo_db_rollback (db);
      db->last_serial = batch->serial;
      batch->full = batch->full || g_error_matches (batch->error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
    }
  if (changed)
    {
      self->last_write = g_get_monotonic_time ();
      floo_indexer_wake (self->indexer);
    }
  /* One that passed shows that there is room again. */
  if (batch->full != self->full && (batch->full || (changed && batch->error == NULL)))
    {
      self->full = batch->full;
      post (self, FLOO_NEWS_FULL, self->full, NULL);
    }
}

static void
hand_over (FlooWorker *self, Batch *batch)
{
  for (guint i = 0; i < batch->jobs->len; i++)
    {
      FlooNews *job = batch->jobs->pdata[i];

      if (batch->error != NULL && job->error == NULL)
        {
          drop_events (job);
          job->error = g_error_copy (batch->error);
        }
      floo_mailbox_post (self->mailbox, job);
    }
}

/* One transaction with as many of @jobs as fit; those that ran leave the queue. */
static void
run_batch (FlooWorker *self, GQueue *jobs)
{
  g_autoptr (GPtrArray) ran = g_ptr_array_new ();
  Batch batch = { ran, self->db->last_serial, sqlite3_total_changes64 (self->db->handle), NULL, FALSE };
  gint64 end = g_get_monotonic_time () + BATCH_US;

  if (!floo_db_begin_write (self->db, &batch.error))
    {
      while (jobs->length > 0)
        g_ptr_array_add (ran, g_queue_pop_head (jobs));
      batch.full = g_error_matches (batch.error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
    }
  while (batch.error == NULL && jobs->length > 0)
    {
      run_write (self, &batch, g_queue_pop_head (jobs));
      if (g_get_monotonic_time () >= end)
        break;
    }
  if (batch.error == NULL && !batch.full)
    {
      prune (self);
      prune_search_changes (self);
    }
  commit (self, &batch);
  hand_over (self, &batch);
  g_clear_error (&batch.error);
  look_after_wal (self);
}

/* Writes something and takes it away again; the commit tells. */
static gboolean
probe (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (FlooQuery) put = floo_query_take (db, data != NULL ? "meta-put-zeros" : "meta-delete", error);

  if (put == NULL)
    return FALSE;
  floo_query_bind_text (put, 1, "probe");
  if (data != NULL)
    floo_query_bind_int (put, 2, PROBE_BYTES);
  return floo_query_run (put, error);
}

/* A transaction of the store's own. Whether there was room for it. */
static gboolean
run_own (FlooWorker *self, FlooStoreFunc func, gpointer data)
{
  GQueue jobs = G_QUEUE_INIT;
  FlooNews *job = g_new0 (FlooNews, 1);

  job->kind = FLOO_NEWS_JOB;
  job->func = func;
  job->data = data;
  g_queue_push_tail (&jobs, job);
  run_batch (self, &jobs);
  return !self->full;
}

/* What is done while no job waits; called when the time that idle_until() gave has come. */
static void
do_idle_work (FlooWorker *self)
{
  GQueue none = G_QUEUE_INIT;
  gint64 now = g_get_monotonic_time ();

  if (self->full && now >= self->last_write + PROBE_US)
    {
      self->last_write = now;
      /* Room may be in the WAL itself. */
      floo_db_checkpoint (self->db, TRUE);
      if (run_own (self, probe, self))
        run_own (self, probe, NULL);
      return;
    }
  if (now >= self->last_write + TAIL_US && take_tail (self, 0))
    floo_db_checkpoint (self->db, FALSE);
  else if (now >= self->next_prune && !self->full)
    run_batch (self, &none); /* prunes */
  else if (self->db->wal_pages > 0 && now >= self->last_write + IDLE_US)
    {
      self->last_write = now;
      floo_db_checkpoint (self->db, TRUE);
    }
}

static gint64
idle_until (FlooWorker *self)
{
  gint64 until;

  if (self->full)
    return self->last_write + PROBE_US;
  until = self->tail ? MIN (self->next_prune, self->last_write + TAIL_US) : self->next_prune;
  return self->db->wal_pages > 0 ? MIN (until, self->last_write + IDLE_US) : until;
}

static void
move_all (GQueue *from, GQueue *to)
{
  while (from->length > 0)
    g_queue_push_tail_link (to, g_queue_pop_head_link (from));
}

static void
write_until_closed (FlooWorker *self)
{
  GQueue jobs = G_QUEUE_INIT;

  g_mutex_lock (&self->lock);
  while (!self->closing || self->writes.length > 0 || jobs.length > 0)
    {
      gboolean idle = FALSE;

      if (self->writes.length == 0 && jobs.length == 0)
        {
          idle = !g_cond_wait_until (&self->write_cond, &self->lock, idle_until (self));
          if (!idle)
            continue;
        }
      move_all (&self->writes, &jobs);
      g_mutex_unlock (&self->lock);
      if (jobs.length > 0)
        run_batch (self, &jobs);
      else
        do_idle_work (self);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
}

static GThread *
start_helper (FlooWorker *self, const char *name, FlooDbRole role, GThreadFunc func, GError **error)
{
  g_autofree char *path = g_build_filename (self->folder, FLOO_STORE_FILE, NULL);
  FlooDb *db = floo_db_open (path, role, self->user_id, error);
  GThread *thread;
  Helper *helper;

  if (db == NULL)
    return NULL;
  helper = g_new (Helper, 1);
  *helper = (Helper){ self, db };
  thread = g_thread_try_new (name, func, helper, error);
  if (thread != NULL)
    return thread;
  floo_db_close (db);
  g_free (helper);
  return NULL;
}

static void
join_helpers (FlooWorker *self)
{
  FlooIndexer *indexer;

  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_broadcast (&self->read_cond);
  g_cond_broadcast (&self->checkpoint_cond);
  indexer = g_steal_pointer (&self->indexer);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&indexer, floo_indexer_free);
  for (guint i = 0; i < N_READERS; i++)
    g_clear_pointer (&self->readers[i], g_thread_join);
  g_clear_pointer (&self->checkpointer, g_thread_join);
}

static gboolean
open_all (FlooWorker *self, FlooNews *news)
{
  self->db = floo_opening_run (self->folder, self->user_id, &news->outcome, &news->journal_id, &news->error);
  if (self->db == NULL)
    return FALSE;
  self->checkpointer = start_helper (self, "store-wal", FLOO_DB_CHECKPOINTER, checkpointer_main, &news->error);
  if (self->checkpointer == NULL)
    return FALSE;
  for (guint i = 0; i < N_READERS; i++)
    {
      self->readers[i] = start_helper (self, "store-read", FLOO_DB_READER, reader_main, &news->error);
      if (self->readers[i] == NULL)
        return FALSE;
    }
  self->indexer = floo_indexer_new (self->folder, self->user_id, news->journal_id, self->mailbox);
  self->last_write = g_get_monotonic_time ();
  self->next_prune = self->last_write + FIRST_PRUNE_US;
  return TRUE;
}

static gboolean
is_ours (const char *name)
{
  return g_str_has_prefix (name, FLOO_STORE_FILE) || g_str_has_prefix (name, FLOO_SEARCH_FILE);
}

/* All that begins with the files' names: SQLite's side files and what was set aside are the account's data, too; and the files of
 * unsent messages. */
static void
erase_files (FlooWorker *self, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      if (g_str_equal (name, FLOO_OUTGOING_DIR) ? !floo_folder_remove (path, error)
                                                : is_ours (name) && !floo_file_remove (path, error))
        return;
    }
  if (g_rmdir (self->folder) != 0)
    g_debug ("The account's folder stays, something else is in it");
}

static gpointer
writer_main (gpointer data)
{
  FlooWorker *self = data;
  FlooNews *news = g_new0 (FlooNews, 1);
  GError *error = NULL;
  gboolean ok = open_all (self, news);

  news->kind = FLOO_NEWS_OPENED;
  if (ok)
    {
      floo_mailbox_post (self->mailbox, news);
      write_until_closed (self);
    }
  join_helpers (self);
  if (self->db != NULL)
    floo_db_finish (g_steal_pointer (&self->db), ok && !self->abandoned);
  if (self->erase)
    erase_files (self, &error);
  if (ok)
    post (self, FLOO_NEWS_CLOSED, FALSE, error);
  else
    floo_mailbox_post (self->mailbox, news);
  return NULL;
}

FlooWorker *
floo_worker_new (const char *folder, gint64 user_id, FlooMailbox *mailbox)
{
  FlooWorker *self = g_new0 (FlooWorker, 1);
  GError *error = NULL;

  self->folder = g_strdup (folder);
  self->user_id = user_id;
  self->mailbox = mailbox;
  self->days = 14;
  self->events = 200000;
  g_mutex_init (&self->lock);
  g_cond_init (&self->write_cond);
  g_cond_init (&self->read_cond);
  g_cond_init (&self->checkpoint_cond);
  g_queue_init (&self->writes);
  g_queue_init (&self->reads);
  self->writer = g_thread_try_new ("store-write", writer_main, self, &error);
  if (self->writer == NULL)
    post (self, FLOO_NEWS_OPENED, FALSE, error);
  return self;
}

void
floo_worker_free (FlooWorker *self)
{
  g_mutex_lock (&self->lock);
  self->abandoned = TRUE;
  self->closing = TRUE;
  g_cond_signal (&self->write_cond);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->writer, g_thread_join);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->write_cond);
  g_cond_clear (&self->read_cond);
  g_cond_clear (&self->checkpoint_cond);
  g_free (self->folder);
  g_free (self);
}

static gboolean
push (FlooWorker *self, GQueue *queue, GCond *cond, FlooNews *job)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = !self->closing;
  if (taken)
    {
      g_queue_push_tail (queue, job);
      g_cond_signal (cond);
    }
  g_mutex_unlock (&self->lock);
  return taken;
}

gboolean
floo_worker_write (FlooWorker *self, FlooNews *job)
{
  return push (self, &self->writes, &self->write_cond, job);
}

gboolean
floo_worker_read (FlooWorker *self, FlooNews *job)
{
  return push (self, &self->reads, &self->read_cond, job);
}

void
floo_worker_pause_reads (FlooWorker *self, gboolean paused)
{
  g_mutex_lock (&self->lock);
  self->reads_paused = paused;
  g_cond_broadcast (&self->read_cond);
  g_mutex_unlock (&self->lock);
}

gboolean
floo_worker_catch_up (FlooWorker *self, FlooNews *job, gint64 deadline)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = !self->closing && self->indexer != NULL;
  if (taken)
    floo_indexer_wait (self->indexer, job, deadline);
  g_mutex_unlock (&self->lock);
  return taken;
}

void
floo_worker_close (FlooWorker *self, gboolean erase)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  self->erase = self->erase || erase;
  g_cond_signal (&self->write_cond);
  g_mutex_unlock (&self->lock);
}

void
floo_worker_set_retention (FlooWorker *self, guint days, guint events)
{
  g_mutex_lock (&self->lock);
  self->days = days;
  self->events = events;
  g_mutex_unlock (&self->lock);
}
