/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/readers.h"

#include "store/db.h"

#define N_READERS 2

struct _FlooReaders {
  FlooMailbox *mailbox;
  GThread *threads[N_READERS];

  GMutex lock; /* of what follows */
  GCond cond;
  GQueue jobs;
  gboolean paused;
  gboolean closing;
};

typedef struct {
  FlooReaders *readers;
  FlooDb *db;
} Reader;

static void
run (FlooDb *db, FlooNews *job)
{
  if (!floo_db_begin_read (db, &job->error))
    return;
  floo_news_run (job, db);
  if (!floo_db_commit (db, NULL))
    floo_db_rollback (db);
}

static gpointer
thread_main (gpointer data)
{
  g_autofree Reader *reader = data;
  FlooReaders *self = reader->readers;

  g_mutex_lock (&self->lock);
  while (!self->closing || self->jobs.length > 0)
    {
      FlooNews *job = self->paused && !self->closing ? NULL : g_queue_pop_head (&self->jobs);

      if (job == NULL)
        {
          g_cond_wait (&self->cond, &self->lock);
          continue;
        }
      g_mutex_unlock (&self->lock);
      run (reader->db, job);
      floo_mailbox_post (self->mailbox, job);
      g_mutex_lock (&self->lock);
    }
  g_mutex_unlock (&self->lock);
  floo_db_close (reader->db);
  return NULL;
}

FlooReaders *
floo_readers_new (FlooMailbox *mailbox)
{
  FlooReaders *self = g_new0 (FlooReaders, 1);

  self->mailbox = mailbox;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->jobs);
  return self;
}

static GThread *
start_one (FlooReaders *self, const char *path, gint64 user_id, GError **error)
{
  FlooDb *db = floo_db_open (path, FLOO_DB_READER, user_id, error);
  GThread *thread;
  Reader *reader;

  if (db == NULL)
    return NULL;
  reader = g_new (Reader, 1);
  *reader = (Reader){ self, db };
  thread = g_thread_try_new ("store-read", thread_main, reader, error);
  if (thread != NULL)
    return thread;
  floo_db_close (db);
  g_free (reader);
  return NULL;
}

gboolean
floo_readers_start (FlooReaders *self, const char *path, gint64 user_id, GError **error)
{
  for (guint i = 0; i < N_READERS; i++)
    {
      self->threads[i] = start_one (self, path, user_id, error);
      if (self->threads[i] == NULL)
        return FALSE;
    }
  return TRUE;
}

void
floo_readers_stop (FlooReaders *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  for (guint i = 0; i < N_READERS; i++)
    g_clear_pointer (&self->threads[i], g_thread_join);
}

void
floo_readers_free (FlooReaders *self)
{
  floo_readers_stop (self);
  g_queue_clear_full (&self->jobs, (GDestroyNotify) floo_news_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

void
floo_readers_push (FlooReaders *self, FlooNews *job)
{
  g_mutex_lock (&self->lock);
  g_queue_push_tail (&self->jobs, job);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
floo_readers_pause (FlooReaders *self, gboolean paused)
{
  g_mutex_lock (&self->lock);
  self->paused = paused;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}
