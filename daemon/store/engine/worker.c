/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/worker.h"

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/names.h"
#include "store/engine/files.h"
#include "store/engine/readers.h"
#include "store/engine/writer.h"

struct _FlooWorker {
  const FlooParts *parts;
  char *folder;
  gint64 user_id;
  FlooMailbox *mailbox;
  FlooReaders *readers;
  FlooWriter *writer;    /* of the thread */
  GThread *thread;

  GMutex lock; /* of what follows */
  GCond cond;
  GQueue writes;
  gboolean closing;
  gboolean abandoned;    /* closing without a checkpoint */
  gboolean erase;
  FlooIndexer *indexer;  /* set before the first job, taken away under the lock */
};

static gboolean
is_wanted (gpointer user_data)
{
  FlooWorker *self = user_data;
  gboolean wanted;

  g_mutex_lock (&self->lock);
  wanted = self->writes.length > 0 || self->closing;
  g_mutex_unlock (&self->lock);
  return wanted;
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
          idle = !g_cond_wait_until (&self->cond, &self->lock, floo_writer_get_idle_end (self->writer));
          if (!idle)
            continue;
        }
      move_all (&self->writes, &jobs);
      g_mutex_unlock (&self->lock);
      if (jobs.length > 0)
        floo_writer_run (self->writer, &jobs);
      else
        floo_writer_do_idle_work (self->writer);
      floo_writer_repair (self->writer);
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
  g_clear_pointer (&indexer, self->parts->indexing->stop);
  floo_readers_stop (self->readers);
}

static gboolean
open_all (FlooWorker *self, FlooNews *news)
{
  g_autofree char *path = g_build_filename (self->folder, FLOO_STORE_FILE, NULL);

  if (!floo_writer_open (self->writer, self->folder, self->user_id, news)
      || !floo_readers_start (self->readers, path, self->user_id, &news->error))
    return FALSE;
  self->indexer = self->parts->indexing->start (self->folder, self->user_id, news->journal_id, self->mailbox);
  floo_writer_set_indexer (self->writer, self->indexer);
  return TRUE;
}

static gboolean
is_ours (const char *name)
{
  return g_str_has_prefix (name, FLOO_STORE_FILE) || g_str_has_prefix (name, FLOO_SEARCH_FILE);
}

/* Everything that begins with the files' names, since SQLite's side files and quarantined stores are the account's data, too; and the files
 * of unsent messages. */
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
    g_debug ("The account's folder is kept: it contains other files");
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
  floo_writer_close (self->writer, ok && !self->abandoned);
  if (self->erase)
    erase_files (self, &error);
  if (ok)
    floo_news_post (self->mailbox, FLOO_NEWS_CLOSED, FALSE, error);
  else
    floo_mailbox_post (self->mailbox, news);
  return NULL;
}

FlooWorker *
floo_worker_new (const FlooParts *parts, const char *folder, gint64 user_id, FlooMailbox *mailbox)
{
  FlooWorker *self = g_new0 (FlooWorker, 1);
  GError *error = NULL;

  self->parts = parts;
  self->folder = g_strdup (folder);
  self->user_id = user_id;
  self->mailbox = mailbox;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_queue_init (&self->writes);
  self->readers = floo_readers_new (mailbox);
  self->writer = floo_writer_new (parts, mailbox, is_wanted, self);
  self->thread = g_thread_try_new ("store-write", writer_main, self, &error);
  if (self->thread == NULL)
    floo_news_post (self->mailbox, FLOO_NEWS_OPENED, FALSE, error);
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
  g_clear_pointer (&self->thread, g_thread_join);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  floo_readers_free (self->readers);
  floo_writer_free (self->writer);
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
    self->parts->indexing->wait (self->indexer, job, deadline);
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
floo_worker_set_retention (FlooWorker *self, const FlooRetention *retention)
{
  floo_writer_set_retention (self->writer, retention);
}
