/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * download.c: downloads any file (see sources.c) to the cache, as a transfer.
 */
#include "session/files/parts.h"

#include <unistd.h>

#include "base/crash.h"
#include "base/json.h"
#include "session/files/cache.h"

/* A file that is, or will be, in the cache. */
typedef struct {
  FlooFiles *files;
  FlooTransfer *transfer;
  FlooDownloadSpec spec;
  char *folder;
  guint64 id;           /* the transfer's */
  int fd;               /* of the file that is written; -1: none yet */
  gboolean present;     /* fd is the complete file of the cache */
  goffset size;
  FlooFetchState state;
} Download;

static void
download_free (gpointer data)
{
  Download *download = data;

  if (download->fd >= 0)
    close (download->fd);
  floo_fetch_state_clear (&download->state);
  g_strfreev (download->spec.query);
  g_free (download->spec.name);
  g_free (download->spec.shown);
  g_free (download->spec.url);
  g_free (download->spec.copy);
  g_free (download->folder);
  g_free (download);
}

/* ---- an attempt ---- */

static void go_on (Download *download);

static void
publish_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Download *download = task_data;
  GError *error = NULL;

  FLOO_CRASH_POINT ("download-publish");
  if (floo_cache_publish (download->folder, download->spec.name, download->id, download->fd, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* It is complete, in the cache: it is not cleaned up as long as the transfer has its descriptor. */
static void
complete (Download *download)
{
  g_autofree char *path = floo_cache_dup_path (download->folder, download->spec.name);

  floo_transfer_set_file (download->transfer, path, download->fd);
  download->fd = -1;
  floo_transfer_progress (download->transfer, download->size, download->size);
}

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Download *download = user_data;
  g_autoptr (GError) error = NULL;

  if (g_task_propagate_boolean (G_TASK (result), &error))
    {
      download->size = download->state.have;
      complete (download);
      floo_files_clean (download->files);
    }
  floo_transfer_done (download->transfer, error);
}

static void
publish (Download *download)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_published, download);

  g_task_set_source_tag (task, publish);
  g_task_set_task_data (task, download, NULL); /* the transfer has it */
  g_task_run_in_thread (task, publish_thread);
}

static void
on_progress (goffset transferred, goffset total, gpointer user_data)
{
  Download *download = user_data;

  FLOO_CRASH_POINT ("download-part");
  floo_transfer_progress (download->transfer, transferred, total);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Download *download = user_data;
  g_autoptr (GError) error = NULL;

  if (!floo_storage_fetch_finish (FLOO_STORAGE (source), result, &error))
    {
      floo_transfer_done (download->transfer, error);
      return;
    }
  /* The account may have been erased meanwhile, with its cache. */
  if (floo_files_may_go_on (download->transfer))
    publish (download);
}

static void
fetch (Download *download)
{
  FlooFiles *files = download->files;
  g_autofree char *avatar = NULL;
  FlooFetchRequest request = { .url = download->spec.url, .query = (const char *const *) download->spec.query, .fd = download->fd,
                               .max_size = download->spec.max_size };

  /* A path without a host is the service's own. */
  if (*download->spec.url == '/')
    {
      const char *service = floo_endpoints_get_rest (floo_account_get_endpoints (files->account));

      request.url = avatar = g_strconcat (service != NULL ? service : "", download->spec.url, NULL);
    }
  floo_storage_fetch_async (floo_files_get_storage (files), &request, &download->state, floo_files_get_stall_ms (files), on_progress,
                            download, floo_transfer_get_cancellable (download->transfer), on_fetched, download);
}

static void
on_shared_file (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Download *download = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  const char *url = answer != NULL ? floo_json_get_string (floo_json_node_object (answer->data), "url") : NULL;

  if (url == NULL)
    {
      if (error == NULL)
        error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the service did not say where the file is");
      floo_transfer_done (download->transfer, error);
      return;
    }
  download->spec.url = g_strdup (url);
  go_on (download);
}

/* Asks for the URL of a shared file, which a caller need not have listed. */
static void
ask_for_shared_file (Download *download)
{
  g_autofree char *group = g_strdup_printf ("%" G_GINT64_FORMAT, download->spec.group);
  g_autofree char *file = g_strdup_printf ("%" G_GINT64_FORMAT, download->spec.file);
  const char *query[] = { "group_id", group, "file_id", file, NULL };

  floo_rest_call_async (floo_account_get_rest (download->files->account), "GET", "/group/file", query, NULL, FLOO_REST_NONE,
                        floo_transfer_get_cancellable (download->transfer), on_shared_file, download);
}

/* Copies our own file into the cache, since the copy that waits is deleted after the upload. */
static gboolean
copy_own (const Download *download, int fd, GCancellable *cancellable, GError **error)
{
  g_autoptr (FlooInput) input = floo_input_open (download->spec.copy, download->spec.shown, error);

  return input != NULL && floo_input_copy (input, fd, cancellable, error);
}

static void
create_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Download *download = task_data;
  GError *error = NULL;
  int fd = floo_cache_create (download->folder, download->spec.name, download->id, &error);

  if (fd >= 0 && download->spec.copy != NULL && !copy_own (download, fd, cancellable, &error))
    {
      floo_cache_discard (download->folder, download->spec.name, download->id);
      close (fd);
      fd = -1;
    }
  if (fd >= 0)
    g_task_return_int (task, fd);
  else
    g_task_return_error (task, error);
}

static void
go_on (Download *download)
{
  if (!floo_files_may_go_on (download->transfer))
    return;
  if (download->spec.copy != NULL)
    {
      download->state.have = lseek (download->fd, 0, SEEK_END);
      publish (download);
    }
  else if (download->spec.url != NULL)
    fetch (download);
  else
    ask_for_shared_file (download);
}

static void
on_created (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Download *download = user_data;
  g_autoptr (GError) error = NULL;
  gssize fd = g_task_propagate_int (G_TASK (result), &error);

  if (error != NULL)
    {
      floo_transfer_done (download->transfer, error);
      return;
    }
  download->fd = (int) fd;
  go_on (download);
}

static void
run_download (FlooTransfer *transfer, gpointer user_data)
{
  Download *download = user_data;
  g_autoptr (GTask) task = NULL;

  download->transfer = transfer;
  download->id = floo_transfer_get_id (transfer);
  if (download->present)
    {
      complete (download);
      floo_transfer_done (transfer, NULL);
      return;
    }
  if (download->fd >= 0)
    {
      go_on (download);
      return;
    }
  task = g_task_new (NULL, floo_transfer_get_cancellable (transfer), on_created, download);
  g_task_set_check_cancellable (task, FALSE); /* the result must be received even after a cancellation */
  g_task_set_source_tag (task, run_download);
  g_task_set_task_data (task, download, NULL); /* the transfer has it */
  g_task_run_in_thread (task, create_thread);
}

/* Files in the cache, and our own, need neither a place in the queue nor the service. */
static void
begin_local (FlooTransfer *transfer)
{
  Download *download = floo_transfer_get_data (transfer);

  if ((download->present || download->spec.copy != NULL) && floo_transfer_begin (transfer))
    run_download (transfer, download);
}

/* ---- the end ---- */

typedef struct {
  char *folder;
  char *name;
  guint64 id;
  int fd;               /* closed after the file was deleted, to free its space */
} Discard;

static void
discard_free (gpointer data)
{
  Discard *discard = data;

  g_free (discard->folder);
  g_free (discard->name);
  g_free (discard);
}

static void
discard_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Discard *discard = task_data;

  floo_cache_discard (discard->folder, discard->name, discard->id);
  close (discard->fd);
  g_task_return_boolean (task, TRUE);
}

static void
on_ended (FlooTransfer *transfer, gpointer user_data)
{
  Download *download = user_data;
  g_autoptr (GTask) task = NULL;
  Discard *discard;

  if (download->fd < 0 || download->present || floo_transfer_get_status (transfer) == FLOO_TRANSFER_COMPLETE)
    return;
  discard = g_new (Discard, 1);
  *discard = (Discard){ g_strdup (download->folder), g_strdup (download->spec.name), download->id, download->fd };
  download->fd = -1;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_set_source_tag (task, on_ended);
  g_task_set_task_data (task, discard, discard_free);
  g_task_run_in_thread (task, discard_thread);
}

/* ---- beginning ---- */

/* A download before it is a transfer: the cache is checked first, so that a file in it is complete at once. */
typedef struct {
  FlooFiles *files;
  Download *download;           /* until the transfer has it */
  FlooTransferCall *call;       /* (nullable) */
} Begin;

static void
begin_free (Begin *begin)
{
  g_clear_pointer (&begin->download, download_free);
  floo_account_unref (begin->files->account);
  g_free (begin);
}

static void
on_added (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer user_data)
{
  Begin *begin = user_data;

  begin->download = NULL;
  if (transfer != NULL)
    begin_local (transfer);
  if (begin->call != NULL)
    floo_transfer_call_added (self, transfer, error, begin->call);
  begin_free (begin);
}

static void
look_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Download *download = ((Begin *) task_data)->download;

  /* Ignores an error of the cache's folder, which the download will report. */
  download->fd = floo_cache_open (download->folder, download->spec.name, &download->size, NULL);
  download->present = download->fd >= 0;
  g_task_return_boolean (task, TRUE);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Begin *begin = user_data;
  Download *download = begin->download;
  const FlooTransferSpec spec = { .key = download->spec.may_be_less ? NULL : download->spec.name, .name = download->spec.shown,
                                  .message = download->spec.message, .total = download->size, .tries = FLOO_TRANSFER_TRIES,
                                  .run = run_download, .ended = on_ended, .data = download, .destroy = download_free };

  FlooFiles *files = begin->files;
  FlooTransfer *known = spec.key != NULL ? floo_transfers_find (files->transfers, spec.key) : NULL;

  if (known != NULL && !download->present && floo_transfer_get_status (known) == FLOO_TRANSFER_COMPLETE)
    floo_transfer_outdate (known);
  floo_files_add (files, &spec, on_added, begin);
}

void
floo_download_begin (FlooFiles *self, const FlooDownloadSpec *spec, FlooTransferCall *call)
{
  Download *download = g_new0 (Download, 1);
  Begin *begin = g_new0 (Begin, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_looked, begin);

  download->files = self;
  download->spec = *spec;
  download->spec.max_size = MIN (spec->max_size, floo_files_get_max_size (self));
  download->folder = g_strdup (self->cache);
  download->fd = -1;
  download->state.total = -1;
  floo_account_ref (self->account);
  begin->files = self;
  begin->download = download;
  begin->call = call;
  g_task_set_source_tag (task, floo_download_begin);
  g_task_set_task_data (task, begin, NULL);
  g_task_run_in_thread (task, look_thread);
}
