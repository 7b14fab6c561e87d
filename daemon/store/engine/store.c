/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/store.h"

#include "base/error.h"
#include "base/names.h"
#include "store/engine/worker.h"

struct _FlooStore {
  GObject parent_instance;

  char *path;
  gint64 user_id;
  char *journal_id;
  FlooMailbox *mailbox;
  FlooWorker *worker;
  GTask *opening;         /* (nullable) until it is open */
  FlooStoreOutcome outcome;
  GSList *closings;       /* GTask */
  gboolean closed;
  GError *erase_error;
  gboolean full;
  FlooEventFunc event_func;
  gpointer event_data;
};

enum { FULL_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (FlooStore, floo_store, G_TYPE_OBJECT)

static void
finalize (GObject *object)
{
  FlooStore *self = FLOO_STORE (object);

  g_clear_pointer (&self->worker, floo_worker_free);
  g_clear_pointer (&self->mailbox, floo_mailbox_free);
  g_clear_error (&self->erase_error);
  g_free (self->path);
  g_free (self->journal_id);
  G_OBJECT_CLASS (floo_store_parent_class)->finalize (object);
}

static void
floo_store_class_init (FlooStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = finalize;

  signals[FULL_CHANGED] = g_signal_new ("full-changed", FLOO_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
                                        G_TYPE_BOOLEAN);
}

static void
floo_store_init (FlooStore *self)
{
}

static void
deliver_job (FlooStore *self, FlooNews *job)
{
  if (job->done != NULL)
    job->done (self, job->data, job->error);
  for (guint i = 0; job->events != NULL && i < job->events->len; i++)
    if (self->event_func != NULL)
      self->event_func (job->events->pdata[i], self->event_data);
}

static void
deliver_opened (FlooStore *self, FlooNews *news)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->opening);

  if (news->error != NULL)
    {
      g_task_return_new_error (task, FLOO_ERROR, news->error->domain == FLOO_ERROR ? news->error->code : FLOO_ERROR_STORAGE, "%s",
                               news->error->message);
      return;
    }
  self->journal_id = g_steal_pointer (&news->journal_id);
  self->outcome = news->outcome;
  g_task_return_pointer (task, g_object_ref (self), g_object_unref);
}

static void
deliver_closed (FlooStore *self, FlooNews *news)
{
  GSList *closings = g_steal_pointer (&self->closings);

  self->closed = TRUE;
  self->erase_error = g_steal_pointer (&news->error);
  for (GSList *l = closings; l != NULL; l = l->next)
    g_task_return_boolean (l->data, TRUE);
  g_slist_free_full (closings, g_object_unref);
}

static void
on_news (gpointer item, gpointer user_data)
{
  g_autoptr (FlooStore) self = g_object_ref (user_data);
  FlooNews *news = item;

  switch (news->kind)
    {
    case FLOO_NEWS_OPENED:
      deliver_opened (self, news);
      break;
    case FLOO_NEWS_JOB:
      deliver_job (self, news);
      if (news->is_read && self->worker != NULL)
        floo_worker_read_delivered (self->worker);
      break;
    case FLOO_NEWS_FULL:
      self->full = news->full;
      g_signal_emit (self, signals[FULL_CHANGED], 0, news->full);
      break;
    case FLOO_NEWS_CLOSED:
      deliver_closed (self, news);
      break;
    }
  floo_news_free (news);
}

void
floo_engine_open_async (const FlooParts *parts, const char *folder, gint64 user_id, GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (FlooStore) self = g_object_new (FLOO_TYPE_STORE, NULL);
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();

  g_return_if_fail (folder != NULL);

  self->path = g_build_filename (folder, FLOO_STORE_FILE, NULL);
  self->user_id = user_id;
  self->opening = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (self->opening, floo_engine_open_async);
  self->mailbox = floo_mailbox_new (context, on_news, (GDestroyNotify) floo_news_free, self);
  self->worker = floo_worker_new (parts, folder, user_id, self->mailbox);
}

FlooStore *
floo_store_open_finish (GAsyncResult *result, FlooStoreOutcome *outcome, GError **error)
{
  FlooStore *self;

  g_return_val_if_fail (g_async_result_is_tagged (result, floo_engine_open_async), NULL);

  self = g_task_propagate_pointer (G_TASK (result), error);
  if (self != NULL && outcome != NULL)
    *outcome = self->outcome;
  return self;
}

static void
close_with (FlooStore *self, gboolean erase, gpointer tag, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, tag);
  if (self->closed)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  self->closings = g_slist_append (self->closings, task);
  floo_worker_close (self->worker, erase);
}

void
floo_store_close_async (FlooStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (FLOO_IS_STORE (self));
  close_with (self, FALSE, floo_store_close_async, callback, user_data);
}

void
floo_store_close_finish (FlooStore *self, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));
  g_task_propagate_boolean (G_TASK (result), NULL);
}

void
floo_store_erase_async (FlooStore *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (FLOO_IS_STORE (self));
  close_with (self, TRUE, floo_store_erase_async, callback, user_data);
}

gboolean
floo_store_erase_finish (FlooStore *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  if (self->erase_error == NULL)
    return TRUE;
  if (error != NULL)
    *error = g_error_copy (self->erase_error);
  return FALSE;
}

static FlooNews *
new_job (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  FlooNews *job = g_new0 (FlooNews, 1);

  job->kind = FLOO_NEWS_JOB;
  job->store = g_object_ref (self);
  job->func = func;
  job->done = done;
  job->data = data;
  job->destroy = destroy;
  return job;
}

/* A job given after closing fails from the main loop, like every other one. */
static void
refuse_job (FlooStore *self, FlooNews *job)
{
  job->error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The store is closed");
  floo_mailbox_post (self->mailbox, job);
}


void
floo_store_write (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  FlooNews *job;

  g_return_if_fail (FLOO_IS_STORE (self) && func != NULL);

  job = new_job (self, func, done, data, destroy);
  if (!floo_worker_write (self->worker, job))
    refuse_job (self, job);
}

void
floo_store_read (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  floo_store_read_for (self, 0, FLOO_READ_DEFAULT, func, done, data, destroy);
}

void
floo_store_read_for (FlooStore *self, guint caller, FlooReadFlags flags, FlooStoreFunc func, FlooStoreDone done, gpointer data,
                     GDestroyNotify destroy)
{
  FlooNews *job;

  g_return_if_fail (FLOO_IS_STORE (self) && func != NULL);

  job = new_job (self, func, done, data, destroy);
  job->caller = caller;
  job->flags = flags;
  if (!floo_worker_read (self->worker, job))
    refuse_job (self, job);
}

void
floo_store_catch_up (FlooStore *self, guint timeout_ms, FlooStoreDone done, gpointer data)
{
  FlooNews *job;

  g_return_if_fail (FLOO_IS_STORE (self) && done != NULL);

  job = new_job (self, NULL, done, data, NULL);
  if (!floo_worker_catch_up (self->worker, job, g_get_monotonic_time () + (gint64) timeout_ms * 1000))
    refuse_job (self, job);
}

void
floo_store_set_event_func (FlooStore *self, FlooEventFunc func, gpointer user_data)
{
  g_return_if_fail (FLOO_IS_STORE (self));
  self->event_func = func;
  self->event_data = user_data;
}

gboolean
floo_store_is_full (FlooStore *self)
{
  g_return_val_if_fail (FLOO_IS_STORE (self), FALSE);
  return self->full;
}

gint64
floo_store_get_user_id (FlooStore *self)
{
  g_return_val_if_fail (FLOO_IS_STORE (self), 0);
  return self->user_id;
}

const char *
floo_store_get_path (FlooStore *self)
{
  g_return_val_if_fail (FLOO_IS_STORE (self), NULL);
  return self->path;
}

const char *
floo_store_get_journal_id (FlooStore *self)
{
  g_return_val_if_fail (FLOO_IS_STORE (self), NULL);
  return self->journal_id;
}

void
floo_store_pause_reads (FlooStore *self, gboolean paused)
{
  g_return_if_fail (FLOO_IS_STORE (self));
  floo_worker_pause_reads (self->worker, paused);
}

void
floo_store_set_retention (FlooStore *self, const FlooRetention *retention)
{
  g_return_if_fail (FLOO_IS_STORE (self));
  floo_worker_set_retention (self->worker, retention);
}
