/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/writer.h"

#include "base/crash.h"
#include "base/error.h"
#include "base/names.h"
#include "store/engine/opening.h"
#include "store/engine/wal.h"

/* A transaction takes no further job after this time, since those in it wait for its end. */
#define BATCH_US (50 * 1000)
/* Pruning that is not urgent waits for a pause of that length, so that no job waits for it. */
#define PAUSE_US (20 * 1000)
/* How often a full disk is probed, and with how many bytes: more than a single page is needed to continue. */
#define PROBE_US (3 * G_USEC_PER_SEC)
#define PROBE_BYTES (256 * 1024)
/* The journal is pruned after this many events, without waiting for a pause after so many, or after this time. */
#define PRUNE_EVENTS 500
#define PRUNE_EVENTS_AT_ONCE 4000
#define PRUNE_US (600 * G_USEC_PER_SEC)
#define FIRST_PRUNE_US (10 * G_USEC_PER_SEC)
/* From this many on notes of the search index are pruned in a transaction of their own. */
#define MANY_NOTES 250
/* The journal's bounds until others are set. */
#define DAYS 14
#define EVENTS 200000

struct _FlooWriter {
  const FlooParts *parts;
  FlooMailbox *mailbox;
  FlooIsWantedFunc is_wanted;
  gpointer user_data;
  GMutex retention_lock;
  FlooRetention retention;

  FlooDb *db;
  FlooWal *wal;
  FlooIndexer *indexer;  /* (unowned) */
  gboolean repaired_in_vain;
  gint64 pruned_notes;   /* notes for the indexer below this number are gone */
  gboolean full;
  guint events_since_prune;
  gint64 last_write;     /* monotonic µs */
  gint64 next_prune;
};

typedef struct {
  GPtrArray *jobs;     /* those that have run */
  guint64 serial;      /* before the first one */
  gint64 changes;
  GError *error;       /* why all of them were rolled back */
  gboolean full;       /* one of them met a full disk */
} Batch;

static void
drop_events (FlooNews *job)
{
  g_clear_pointer (&job->events, g_ptr_array_unref);
}

static void
run_write (FlooWriter *self, Batch *batch, FlooNews *job)
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
  self->parts->tables->job_undone (db);
  drop_events (job);
  db->last_serial = serial;
  batch->full = batch->full || g_error_matches (job->error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
  if (!floo_db_in_transaction (db))
    batch->error = g_error_copy (job->error);
}

/* Changes of the list of conversations are announced by a job of its own, after all others of the transaction. */
static void
tell_changes (FlooWriter *self, Batch *batch)
{
  FlooNews *job = g_new0 (FlooNews, 1);

  job->kind = FLOO_NEWS_JOB;
  job->func = self->parts->tables->tell_changes;
  run_write (self, batch, job);
  if (job->error != NULL)
    g_message ("Changes of the conversation list could not be announced: %s", job->error->message);
}

static FlooRetention
get_retention (FlooWriter *self)
{
  FlooRetention retention;

  g_mutex_lock (&self->retention_lock);
  retention = self->retention;
  g_mutex_unlock (&self->retention_lock);
  return retention;
}

/* A step of pruning, behind the jobs of a transaction or in one of its own. */
static void
prune (FlooWriter *self, guint from_events)
{
  g_autoptr (GError) error = NULL;
  gint64 now = g_get_monotonic_time ();
  const FlooRetention retention = get_retention (self);
  gboolean more = FALSE;

  if (self->events_since_prune < from_events && now < self->next_prune)
    return;
  if (!floo_db_savepoint (self->db, &error) || !self->parts->tables->prune (self->db, &retention, &more, &error)
      || !floo_db_release (self->db, &error))
    {
      floo_db_undo (self->db);
      g_message ("The journal could not be pruned: %s", error->message);
    }
  self->events_since_prune = 0;
  self->next_prune = more ? now : now + PRUNE_US;
}

/* After a failed transaction the next one is not begun just to prune. */
static void
postpone_pruning (FlooWriter *self)
{
  self->events_since_prune = 0;
  self->next_prune = MAX (self->next_prune, g_get_monotonic_time () + FIRST_PRUNE_US);
}

/* Each transaction also removes some notes that the indexer is done with. */
static void
prune_notes (FlooWriter *self)
{
  g_autoptr (GError) error = NULL;
  gint64 done = self->parts->indexing->get_done (self->indexer);
  gboolean more;

  if (done <= self->pruned_notes)
    return;
  if (!floo_db_savepoint (self->db, &error) || !self->parts->tables->prune_notes (self->db, done, &more, &error)
      || !floo_db_release (self->db, &error))
    {
      floo_db_undo (self->db);
      g_message ("Pending changes for the search index could not be pruned: %s", error->message);
      return;
    }
  if (!more)
    self->pruned_notes = done;
}

/* Commits the transaction, or rolls it back where that fails. */
static void
commit (FlooWriter *self, Batch *batch)
{
  FlooDb *db = self->db;
  gboolean changed = sqlite3_total_changes64 (db->handle) != batch->changes;

  if (batch->error == NULL && !floo_db_in_transaction (db))
    batch->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "A transaction was rolled back");
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
      self->parts->tables->forget_changes (db);
      db->last_serial = batch->serial;
      batch->full = batch->full || g_error_matches (batch->error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
    }
  if (changed)
    {
      self->last_write = g_get_monotonic_time ();
      self->parts->indexing->wake (self->indexer);
    }
  /* A successful commit shows that there is room again. */
  if (batch->full != self->full && (batch->full || (changed && batch->error == NULL)))
    {
      self->full = batch->full;
      floo_news_post (self->mailbox, FLOO_NEWS_FULL, self->full, NULL);
    }
}

static void
hand_over (FlooWriter *self, Batch *batch)
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

void
floo_writer_run (FlooWriter *self, GQueue *jobs)
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
  if (batch.error == NULL && self->parts->tables->has_changes (self->db))
    tell_changes (self, &batch);
  if (batch.error == NULL && !batch.full)
    {
      prune (self, ran->len > 0 ? PRUNE_EVENTS_AT_ONCE : PRUNE_EVENTS);
      /* A transaction without changes is not written. */
      if (ran->len == 0 || sqlite3_total_changes64 (self->db->handle) != batch.changes)
        prune_notes (self);
    }
  commit (self, &batch);
  hand_over (self, &batch);
  if (batch.error != NULL)
    postpone_pruning (self);
  g_clear_error (&batch.error);
  floo_wal_committed (self->wal);
}

/* A transaction of the store's own. Returns: whether there was room for it */
static gboolean
run_own (FlooWriter *self, FlooStoreFunc func, gpointer data)
{
  GQueue jobs = G_QUEUE_INIT;
  FlooNews *job = g_new0 (FlooNews, 1);

  job->kind = FLOO_NEWS_JOB;
  job->func = func;
  job->data = data;
  g_queue_push_tail (&jobs, job);
  floo_writer_run (self, &jobs);
  return !self->full;
}

void
floo_writer_repair (FlooWriter *self)
{
  gint64 changes = sqlite3_total_changes64 (self->db->handle);

  if (!self->db->repair_is_due || self->full || self->repaired_in_vain)
    return;
  self->db->repair_is_due = FALSE;
  run_own (self, self->parts->tables->repair, NULL);
  /* If nothing was repaired, a second attempt would not find anything, either. */
  self->repaired_in_vain = sqlite3_total_changes64 (self->db->handle) == changes;
}

/* Whether there are many notes that the indexer is done with. */
static gboolean
has_many_notes (FlooWriter *self)
{
  return self->parts->indexing->get_done (self->indexer) - self->pruned_notes >= MANY_NOTES;
}

/* Does all remaining work at once, so that nothing wakes up for it later. */
static void
come_to_rest (FlooWriter *self)
{
  GQueue none = G_QUEUE_INIT;
  gint64 changes;

  do
    {
      changes = sqlite3_total_changes64 (self->db->handle);
      floo_writer_run (self, &none);
      if (self->is_wanted (self->user_data))
        return;
    }
  while (sqlite3_total_changes64 (self->db->handle) != changes && !self->full);
  if (floo_wal_get_pause (self->wal) < G_MAXINT64)
    floo_wal_move (self->wal);
  self->last_write = g_get_monotonic_time ();
}

void
floo_writer_do_idle_work (FlooWriter *self)
{
  GQueue none = G_QUEUE_INIT;
  gint64 now = g_get_monotonic_time ();
  guint size = PROBE_BYTES;

  if (self->full)
    {
      if (now < self->last_write + PROBE_US)
        return;
      self->last_write = now;
      /* A checkpoint may free room, in the WAL itself. */
      floo_db_checkpoint (self->db, TRUE);
      if (run_own (self, self->parts->tables->probe, &size))
        run_own (self, self->parts->tables->probe, NULL);
    }
  else if (now >= self->last_write + FLOO_REST_US && (has_many_notes (self) || floo_wal_get_pause (self->wal) < G_MAXINT64))
    come_to_rest (self);
  else if (now - self->last_write >= floo_wal_get_pause (self->wal))
    floo_wal_move (self->wal);
  else
    floo_writer_run (self, &none); /* prunes */
}

gint64
floo_writer_get_idle_end (FlooWriter *self)
{
  gint64 until = self->next_prune, pause = floo_wal_get_pause (self->wal);

  if (self->full)
    return self->last_write + PROBE_US;
  if (self->events_since_prune >= PRUNE_EVENTS)
    until = MIN (until, self->last_write + PAUSE_US);
  if (pause < G_MAXINT64)
    until = MIN (until, self->last_write + pause);
  return has_many_notes (self) ? MIN (until, self->last_write + FLOO_REST_US) : until;
}

FlooWriter *
floo_writer_new (const FlooParts *parts, FlooMailbox *mailbox, FlooIsWantedFunc is_wanted, gpointer user_data)
{
  FlooWriter *self = g_new0 (FlooWriter, 1);

  self->parts = parts;
  self->mailbox = mailbox;
  self->is_wanted = is_wanted;
  self->user_data = user_data;
  g_mutex_init (&self->retention_lock);
  self->retention = (FlooRetention){ .journal_days = DAYS, .journal_events = EVENTS };
  return self;
}

gboolean
floo_writer_open (FlooWriter *self, const char *folder, gint64 user_id, FlooNews *news)
{
  g_autofree char *path = g_build_filename (folder, FLOO_STORE_FILE, NULL);

  self->db = floo_opening_run (self->parts->tables, folder, user_id, &news->outcome, &news->journal_id, &news->error);
  if (self->db != NULL)
    self->wal = floo_wal_new (path, self->db);
  self->last_write = g_get_monotonic_time ();
  self->next_prune = self->last_write + FIRST_PRUNE_US;
  return self->wal != NULL;
}

void
floo_writer_set_indexer (FlooWriter *self, FlooIndexer *indexer)
{
  self->indexer = indexer;
}

void
floo_writer_close (FlooWriter *self, gboolean in_order)
{
  g_clear_pointer (&self->wal, floo_wal_free);
  if (self->db == NULL)
    return;
  if (in_order)
    self->parts->tables->end (self->db);
  floo_db_finish (g_steal_pointer (&self->db), in_order);
}

void
floo_writer_free (FlooWriter *self)
{
  g_mutex_clear (&self->retention_lock);
  g_free (self);
}

void
floo_writer_set_retention (FlooWriter *self, const FlooRetention *retention)
{
  g_mutex_lock (&self->retention_lock);
  self->retention = *retention;
  g_mutex_unlock (&self->retention_lock);
}
