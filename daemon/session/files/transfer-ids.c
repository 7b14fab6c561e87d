/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/files/transfer-ids.h"

#include "base/error.h"
#include "store/engine/files.h"

#define FILE_NAME "transfer-ids"
/* How many numbers are reserved by a write of the file; a restart skips the unused ones. */
#define STEP 1000

typedef struct {
  FlooTransferIdFunc func;
  gpointer user_data;
} Waiter;

struct _FlooTransferIds {
  char *path;
  guint64 next;
  guint64 ceiling;      /* numbers below it are reserved */
  GQueue waiters;       /* Waiter */
  GCancellable *cancellable;
  gboolean raising;
};

FlooTransferIds *
floo_transfer_ids_new (const char *data_dir)
{
  FlooTransferIds *self = g_new0 (FlooTransferIds, 1);

  self->path = g_build_filename (data_dir, FILE_NAME, NULL);
  self->cancellable = g_cancellable_new ();
  g_queue_init (&self->waiters);
  return self;
}

/* Answers the waiters, as far as there are numbers; with @error all of them. */
static void
answer (FlooTransferIds *self, const GError *error)
{
  while (!g_queue_is_empty (&self->waiters) && (error != NULL || self->next < self->ceiling))
    {
      g_autofree Waiter *waiter = g_queue_pop_head (&self->waiters);

      waiter->func (error != NULL ? 0 : self->next++, error, waiter->user_data);
    }
}

void
floo_transfer_ids_free (FlooTransferIds *self)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The daemon ends");

  g_cancellable_cancel (self->cancellable);
  answer (self, error);
  g_object_unref (self->cancellable);
  g_free (self->path);
  g_free (self);
}

/* Reads the ceiling and raises it. */
static void
raise_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const char *path = task_data;
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *text = NULL;
  g_autofree char *raised = NULL;
  GError *error = NULL;
  guint64 ceiling = 1;

  if (!g_file_get_contents (path, &text, NULL, &error))
    {
      /* A file that cannot be read now may exist: without it numbers would be given twice. */
      if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        {
          g_task_return_error (task, error);
          return;
        }
      g_clear_error (&error);
    }
  else if (!g_ascii_string_to_unsigned (g_strchomp (text), 10, 1, G_MAXINT64 - STEP, &ceiling, NULL))
    {
      /* Unreadable content: the last number is not known, but is lower than the time in ms since 1970. */
      ceiling = (guint64) (g_get_real_time () / 1000);
      g_message ("%s does not contain a number; continuing from %" G_GUINT64_FORMAT, path, ceiling);
    }
  raised = g_strdup_printf ("%" G_GUINT64_FORMAT "\n", ceiling + STEP);
  if (floo_folder_prepare (folder, &error) && floo_file_write_durably (path, raised, &error))
    g_task_return_int (task, (gssize) ceiling);
  else
    g_task_return_error (task, error);
}

static void raise_ceiling (FlooTransferIds *self);

static void
on_raised (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  gssize first = g_task_propagate_int (G_TASK (result), &error);
  FlooTransferIds *self = user_data;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return; /* self was freed */
  self->raising = FALSE;
  if (error == NULL)
    {
      self->next = (guint64) first;
      self->ceiling = self->next + STEP;
    }
  answer (self, error);
  if (!g_queue_is_empty (&self->waiters))
    raise_ceiling (self);
}

static void
raise_ceiling (FlooTransferIds *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->raising)
    return;
  self->raising = TRUE;
  task = g_task_new (NULL, self->cancellable, on_raised, self);
  g_task_set_source_tag (task, raise_ceiling);
  g_task_set_task_data (task, g_strdup (self->path), g_free);
  g_task_run_in_thread (task, raise_thread);
}

void
floo_transfer_ids_take (FlooTransferIds *self, FlooTransferIdFunc func, gpointer user_data)
{
  Waiter *waiter = g_new (Waiter, 1);

  *waiter = (Waiter){ func, user_data };
  g_queue_push_tail (&self->waiters, waiter);
  if (self->next < self->ceiling)
    answer (self, NULL);
  else
    raise_ceiling (self);
}
