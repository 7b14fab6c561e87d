/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/worker.h"

#include <glib/gstdio.h>

#include "base/crash.h"
#include "base/error.h"
#include "base/names.h"
#include "store/tables/client-ids.h"
#include "store/engine/files.h"
#include "store/search/indexer.h"
#include "store/opening.h"
#include "store/tables/prune.h"
#include "store/engine/query.h"
#include "store/engine/readers.h"
#include "store/tables/repair.h"
#include "store/tables/search-changes.h"
#include "store/tables/touched.h"
#include "store/engine/wal.h"

/* A transaction takes no further job after this time: the ones in it wait for its end. */
#define BATCH_US (50 * 1000)
/* Pruning of what is not urgent waits for a pause of that length, so that nobody waits for it. */
#define PAUSE_US (20 * 1000)
/* How often a full disk is tried, and with how many bytes: some room is needed to go on, not just a page. */
#define PROBE_US (3 * G_USEC_PER_SEC)
#define PROBE_BYTES (256 * 1024)
/* Pruning looks at the journal's front after so many events, without a pause after so many, or after this time. */
#define PRUNE_EVENTS 500
#define PRUNE_EVENTS_AT_ONCE 4000
#define PRUNE_US (600 * G_USEC_PER_SEC)
#define FIRST_PRUNE_US (10 * G_USEC_PER_SEC)
/* So many notes for the search index are worth a transaction of their own. */
#define MANY_CHANGES 250

struct _FlooWorker {
  char *folder;
  gint64 user_id;
  FlooMailbox *mailbox;
  FlooReaders *readers;
  GThread *writer;

  GMutex lock; /* of what follows */
  GCond cond;
  GQueue writes;
  gboolean closing;
  gboolean abandoned;  /* closing without a checkpoint */
  gboolean erase;
  guint days, events;

  /* The writer thread's own. */
  FlooDb *db;
  FlooWal *wal;
  FlooIndexer *indexer;  /* taken away under the lock */
  gboolean repaired_in_vain;
  gint64 pruned_changes; /* notes for the indexer below this number are gone */
  gboolean full;
  guint events_since_prune;
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

gboolean
floo_news_run (FlooNews *job, FlooDb *db)
{
  if (job->func (db, job->data, &job->error))
    return TRUE;
  if (job->error == NULL)
    job->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "The store refused");
  return FALSE;
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
  ok = floo_db_savepoint (db, &job->error) && floo_news_run (job, db) && floo_db_release (db, &job->error);
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

/* What the transaction changed in the list of conversations is told by a job of its own, behind all others. */
static void
tell_touched (FlooWorker *self, Batch *batch)
{
  FlooNews *job = g_new0 (FlooNews, 1);

  job->kind = FLOO_NEWS_JOB;
  job->func = floo_touched_tell;
  run_write (self, batch, job);
  if (job->error != NULL)
    g_message ("The changes of the list of conversations could not be told: %s", job->error->message);
}

/* A step of pruning, behind the jobs of a transaction or in one of its own. */
static void
prune (FlooWorker *self, guint from_events)
{
  g_autoptr (GError) error = NULL;
  gint64 now = g_get_monotonic_time ();
  gboolean more = FALSE;
  guint days, events;

  if (self->events_since_prune < from_events && now < self->next_prune)
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

/* Where a transaction failed, the next one is not tried for pruning's sake. */
static void
postpone_pruning (FlooWorker *self)
{
  self->events_since_prune = 0;
  self->next_prune = MAX (self->next_prune, g_get_monotonic_time () + FIRST_PRUNE_US);
}

/* Some of the notes that the indexer is done with go with a transaction. */
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
      floo_touched_forget (db);
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
  if (batch.error == NULL && floo_touched_any (self->db))
    tell_touched (self, &batch);
  if (batch.error == NULL && !batch.full)
    {
      prune (self, ran->len > 0 ? PRUNE_EVENTS_AT_ONCE : PRUNE_EVENTS);
      /* One that has changed nothing stays so and costs no writing. */
      if (ran->len == 0 || sqlite3_total_changes64 (self->db->handle) != batch.changes)
        prune_search_changes (self);
    }
  commit (self, &batch);
  hand_over (self, &batch);
  if (batch.error != NULL)
    postpone_pruning (self);
  g_clear_error (&batch.error);
  floo_wal_committed (self->wal);
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

/* Once for each time that SQLite has refused a row: the jobs behind it find it mended. */
static void
repair (FlooWorker *self)
{
  gint64 changes = sqlite3_total_changes64 (self->db->handle);

  if (!self->db->repair_is_due || self->full || self->repaired_in_vain)
    return;
  self->db->repair_is_due = FALSE;
  run_own (self, floo_repair_tables, NULL);
  /* What it did not find it will not find the next time, either. */
  self->repaired_in_vain = sqlite3_total_changes64 (self->db->handle) == changes;
}

static gboolean
is_wanted (FlooWorker *self)
{
  gboolean wanted;

  g_mutex_lock (&self->lock);
  wanted = self->writes.length > 0 || self->closing;
  g_mutex_unlock (&self->lock);
  return wanted;
}

/* Whether there are many notes that the indexer is done with. */
static gboolean
has_many_changes (FlooWorker *self)
{
  return floo_indexer_get_done (self->indexer) - self->pruned_changes >= MANY_CHANGES;
}

/* All that is left to do is done at once, so that nothing wakes up for it later. */
static void
come_to_rest (FlooWorker *self)
{
  GQueue none = G_QUEUE_INIT;
  gint64 changes;

  do
    {
      changes = sqlite3_total_changes64 (self->db->handle);
      run_batch (self, &none);
      if (is_wanted (self))
        return;
    }
  while (sqlite3_total_changes64 (self->db->handle) != changes && !self->full);
  if (floo_wal_get_pause (self->wal) < G_MAXINT64)
    floo_wal_move (self->wal);
  self->last_write = g_get_monotonic_time ();
}

/* What is done while no job waits; called when the time that idle_until() gave has come. */
static void
do_idle_work (FlooWorker *self)
{
  GQueue none = G_QUEUE_INIT;
  gint64 now = g_get_monotonic_time ();

  if (self->full)
    {
      if (now < self->last_write + PROBE_US)
        return;
      self->last_write = now;
      /* Room may be in the WAL itself. */
      floo_db_checkpoint (self->db, TRUE);
      if (run_own (self, probe, self))
        run_own (self, probe, NULL);
    }
  else if (now >= self->last_write + FLOO_REST_US && (has_many_changes (self) || floo_wal_get_pause (self->wal) < G_MAXINT64))
    come_to_rest (self);
  else if (now - self->last_write >= floo_wal_get_pause (self->wal))
    floo_wal_move (self->wal);
  else
    run_batch (self, &none); /* prunes */
}

static gint64
idle_until (FlooWorker *self)
{
  gint64 until = self->next_prune, pause = floo_wal_get_pause (self->wal);

  if (self->full)
    return self->last_write + PROBE_US;
  if (self->events_since_prune >= PRUNE_EVENTS)
    until = MIN (until, self->last_write + PAUSE_US);
  if (pause < G_MAXINT64)
    until = MIN (until, self->last_write + pause);
  return has_many_changes (self) ? MIN (until, self->last_write + FLOO_REST_US) : until;
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
          idle = !g_cond_wait_until (&self->cond, &self->lock, idle_until (self));
          if (!idle)
            continue;
        }
      move_all (&self->writes, &jobs);
      g_mutex_unlock (&self->lock);
      if (jobs.length > 0)
        run_batch (self, &jobs);
      else
        do_idle_work (self);
      repair (self);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
}

static void
stop_helpers (FlooWorker *self)
{
  FlooIndexer *indexer;

  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  indexer = g_steal_pointer (&self->indexer);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&indexer, floo_indexer_free);
  floo_readers_stop (self->readers);
  g_clear_pointer (&self->wal, floo_wal_free);
}

static gboolean
open_all (FlooWorker *self, FlooNews *news)
{
  g_autofree char *path = g_build_filename (self->folder, FLOO_STORE_FILE, NULL);

  self->db = floo_opening_run (self->folder, self->user_id, &news->outcome, &news->journal_id, &news->error);
  if (self->db == NULL)
    return FALSE;
  self->wal = floo_wal_new (path, self->db, &news->error);
  if (self->wal == NULL || !floo_readers_start (self->readers, path, self->user_id, &news->error))
    return FALSE;
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
  stop_helpers (self);
  if (ok && !self->abandoned)
    floo_client_ids_settle (self->db);
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
  g_cond_init (&self->cond);
  g_queue_init (&self->writes);
  self->readers = floo_readers_new (mailbox);
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
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->writer, g_thread_join);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  floo_readers_free (self->readers);
  g_free (self->folder);
  g_free (self);
}

gboolean
floo_worker_write (FlooWorker *self, FlooNews *job)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = !self->closing;
  if (taken)
    {
      g_queue_push_tail (&self->writes, job);
      g_cond_signal (&self->cond);
    }
  g_mutex_unlock (&self->lock);
  return taken;
}

gboolean
floo_worker_read (FlooWorker *self, FlooNews *job)
{
  gboolean taken;

  g_mutex_lock (&self->lock);
  taken = !self->closing;
  if (taken)
    floo_readers_push (self->readers, job);
  g_mutex_unlock (&self->lock);
  return taken;
}

void
floo_worker_read_delivered (FlooWorker *self)
{
  floo_readers_delivered (self->readers);
}

void
floo_worker_pause_reads (FlooWorker *self, gboolean paused)
{
  floo_readers_pause (self->readers, paused);
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
  g_cond_signal (&self->cond);
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
