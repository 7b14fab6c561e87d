/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/wal.h"

/* From this many pages (32 MiB) on the log is moved even while the store is busy, and again after as many more. */
#define LONG_LOG 8000
/* A tail of at most this many pages is moved within some ms. */
#define SHORT_TAIL 250
/* From this length on the writer moves a tail of any length. */
#define LONGEST_LOG (2 * LONG_LOG)
/* From this many pages (8 MiB) on the log is moved in a short pause, else when the store is idle: moving disturbs a writer. */
#define WORTH_A_PAUSE 2000
#define PAUSE_US (100 * 1000)
/* From this many (1 MiB) on when the store is idle. Less stays in the log, so that occasional messages are not written twice each. */
#define WORTH_A_REST 250

struct _FlooWal {
  FlooDb *writer;
  char *path;
  FlooDb *db;     /* the thread's */
  GThread *thread; /* (nullable): until it is needed */

  GMutex lock;    /* of what follows */
  GCond cond;
  gboolean closing;
  gboolean busy;  /* the thread has work */

  /* The writer's own: pages of the log. */
  int asked;         /* length when the thread was last asked: it moves at least these */
  int moved;         /* how many are in the file by now */
  gboolean has_tail; /* the tail, which is the writer's part, is still to be moved */
};

static gpointer
thread_main (gpointer data)
{
  FlooWal *self = data;
  g_autoptr (GError) error = NULL;

  self->db = floo_db_open (self->path, FLOO_DB_CHECKPOINTER, self->writer->user_id, &error);
  if (self->db == NULL)
    g_message ("Checkpoints are done by the writer alone: %s", error->message);
  g_mutex_lock (&self->lock);
  while (!self->closing)
    {
      if (!self->busy)
        {
          g_cond_wait (&self->cond, &self->lock);
          continue;
        }
      g_mutex_unlock (&self->lock);
      if (self->db != NULL)
        floo_db_checkpoint (self->db, FALSE);
      g_mutex_lock (&self->lock);
      self->busy = FALSE;
    }
  g_mutex_unlock (&self->lock);
  return NULL;
}

FlooWal *
floo_wal_new (const char *path, FlooDb *writer)
{
  FlooWal *self = g_new0 (FlooWal, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->path = g_strdup (path);
  self->writer = writer;
  return self;
}

void
floo_wal_free (FlooWal *self)
{
  g_mutex_lock (&self->lock);
  self->closing = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&self->thread, g_thread_join);
  g_clear_pointer (&self->db, floo_db_close);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->path);
  g_free (self);
}

static gboolean
is_busy (FlooWal *self)
{
  gboolean busy;

  g_mutex_lock (&self->lock);
  busy = self->busy;
  g_mutex_unlock (&self->lock);
  return busy;
}

void
floo_wal_move (FlooWal *self)
{
  floo_db_checkpoint (self->writer, FALSE);
  self->asked = self->moved = self->writer->wal_pages;
  self->has_tail = FALSE;
}

/* The writer does it where no thread can be started. */
static void
ask_thread (FlooWal *self)
{
  g_autoptr (GError) error = NULL;

  if (self->thread == NULL)
    self->thread = g_thread_try_new ("store-wal", thread_main, self, &error);
  if (self->thread == NULL)
    {
      g_message ("This checkpoint is done by the writer: %s", error->message);
      floo_wal_move (self);
      return;
    }
  self->asked = self->writer->wal_pages;
  self->has_tail = TRUE;
  g_mutex_lock (&self->lock);
  self->busy = TRUE;
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
floo_wal_committed (FlooWal *self)
{
  int pages = self->writer->wal_pages;

  if (is_busy (self))
    return;
  /* The log was restarted. */
  if (pages < self->asked)
    {
      self->asked = 0;
      self->has_tail = FALSE;
    }
  self->moved = self->asked;
  /* Only once per length: during a long read the log does not restart, however often it is moved. */
  if (self->has_tail && (pages - self->moved <= SHORT_TAIL || pages >= LONGEST_LOG))
    floo_wal_move (self);
  else if (pages >= self->asked + LONG_LOG)
    ask_thread (self);
}

gint64
floo_wal_get_pause (FlooWal *self)
{
  int pages = self->writer->wal_pages - self->moved;

  return pages >= WORTH_A_PAUSE ? PAUSE_US : pages >= WORTH_A_REST ? FLOO_REST_US : G_MAXINT64;
}
