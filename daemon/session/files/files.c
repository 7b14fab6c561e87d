/* SPDX-License-Identifier: GPL-3.0-or-later */
/* files.c: what all transfers have in common. */
#include "session/files/parts.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/names.h"
#include "base/service-clock.h"
#include "session/files/cache.h"
#include "store/engine/files.h"

/* Transfers that have not ended; each may use one or two descriptors. */
#define MAX_OPEN 200
#define AUTO_MAX_OPEN 50

static void
on_transfer_changed (guint64 id, gpointer user_data)
{
  FlooFiles *self = user_data;

  if (!self->going)
    self->listener->transfer_changed (id, self->data);
}

void
floo_files_images_came (FlooFiles *self, const GArray *images)
{
  if (!floo_account_get_config (self->account)->auto_download)
    return;
  for (guint i = 0; i < images->len && floo_transfers_count (self->transfers) < AUTO_MAX_OPEN; i++)
    {
      const FlooInboundImage *image = &g_array_index (images, FlooInboundImage, i);

      floo_files_download_quietly (self, image->message, TRUE, image->attachment, FLOO_TYPE_IMAGE);
    }
}

FlooFiles *
floo_files_new (FlooAccount *account, FlooSender *sender, FlooDirectory *directory, const FlooFilesListener *listener,
                gpointer data)
{
  FlooFiles *self = g_new0 (FlooFiles, 1);

  self->account = account;
  self->sender = sender;
  self->directory = directory;
  self->listener = listener;
  self->data = data;
  self->transfers = floo_transfers_new (on_transfer_changed, self);
  self->accepting = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->fates = floo_fates_new (self);
  self->ids = floo_transfer_ids_new (floo_account_get_config (account)->data_dir);
  return self;
}

void
floo_files_free (FlooFiles *self)
{
  self->going = TRUE;
  floo_files_close (self);
  floo_fates_free (self->fates);
  floo_transfer_ids_free (self->ids);
  floo_transfers_free (self->transfers);
  g_hash_table_unref (self->accepting);
  g_clear_object (&self->storage);
  g_free (self);
}

static void
recover_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  floo_cache_recover (task_data);
  g_task_return_boolean (task, TRUE);
}

void
floo_files_open (FlooFiles *self)
{
  FlooAccount *account = self->account;
  g_autofree char *user = g_strdup_printf ("%" G_GINT64_FORMAT, floo_store_get_user_id (floo_account_get_store (account)));
  g_autofree char *folder = g_path_get_dirname (floo_store_get_path (floo_account_get_store (account)));
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  self->logins++;
  g_free (self->cache);
  self->cache = g_build_filename (floo_account_get_config (account)->cache_dir, "files", floo_account_get_app_id (account), user, NULL);
  g_free (self->outgoing);
  self->outgoing = g_build_filename (folder, FLOO_OUTGOING_DIR, NULL);
  g_task_set_source_tag (task, floo_files_open);
  g_task_set_task_data (task, g_strdup (self->cache), g_free);
  g_task_run_in_thread (task, recover_thread);
  floo_files_clean (self);
  floo_files_recover_outgoing (self);
}

void
floo_files_close (FlooFiles *self)
{
  floo_transfers_set_running (self->transfers, FALSE);
  floo_transfers_clear (self->transfers);
  floo_fates_clear (self->fates);
  g_clear_pointer (&self->cache, g_free);
  g_clear_pointer (&self->outgoing, g_free);
}

gboolean
floo_files_has_room (FlooFiles *self)
{
  return floo_transfers_count (self->transfers) < MAX_OPEN;
}

void
floo_files_set_online (FlooFiles *self, gboolean online)
{
  floo_transfers_set_running (self->transfers, online);
}

static void
erase_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (!floo_folder_remove (task_data, &error))
    g_message ("The cache could not be deleted: %s", error->message);
  g_task_return_boolean (task, TRUE);
}

void
floo_files_erase_cache_async (FlooFiles *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, floo_files_erase_cache_async);
  g_task_set_task_data (task, g_strdup (self->cache), g_free);
  g_task_run_in_thread (task, erase_thread);
}

gboolean
floo_files_may_go_on (FlooTransfer *transfer)
{
  g_autoptr (GError) error = NULL;

  if (!g_cancellable_is_cancelled (floo_transfer_get_cancellable (transfer)))
    return TRUE;
  error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The transfer was cancelled");
  floo_transfer_done (transfer, error);
  return FALSE;
}

FlooStorage *
floo_files_get_storage (FlooFiles *self)
{
  FlooAccount *account = self->account;

  if (self->storage == NULL || self->storage_rest != floo_account_get_rest (account))
    {
      g_clear_object (&self->storage);
      self->storage = floo_storage_new (floo_account_get_rest (account), floo_account_get_endpoints (account), floo_account_get_app_id (account));
      floo_storage_set_private_hosts (self->storage, floo_account_get_config (account)->private_hosts);
      self->storage_rest = floo_account_get_rest (account); /* which the storage holds */
    }
  return self->storage;
}

guint
floo_files_get_stall_ms (FlooFiles *self)
{
  return floo_account_get_config (self->account)->stall_seconds * 1000;
}

goffset
floo_files_get_max_size (FlooFiles *self)
{
  return (goffset) floo_account_get_config (self->account)->max_size << 20;
}

/* ---- cleaning ---- */

typedef struct {
  FlooFiles *files;
  char *folder;
  goffset max_bytes;
  gint64 oldest;
} Clean;

static void
clean_free (gpointer data)
{
  Clean *clean = data;

  floo_account_unref (clean->files->account);
  g_free (clean->folder);
  g_free (clean);
}

static void
clean_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Clean *clean = task_data;

  floo_cache_clean (clean->folder, clean->max_bytes, clean->oldest);
  g_task_return_boolean (task, TRUE);
}

static void
on_cleaned (GObject *source, GAsyncResult *result, gpointer user_data)
{
  const Clean *clean = g_task_get_task_data (G_TASK (result));

  clean->files->cleaning = FALSE;
}

void
floo_files_clean (FlooFiles *self)
{
  const FlooConfig *config = floo_account_get_config (self->account);
  g_autoptr (GTask) task = NULL;
  gint64 oldest = 0;
  Clean *clean;

  if (self->cleaning || self->cache == NULL)
    return;
  self->cleaning = TRUE;
  clean = g_new (Clean, 1);
  floo_account_ref (self->account);
  /* Our clock may be ahead by days, or begin in 1970: by the earlier of both clocks, and only when both are known. */
  if (floo_service_time_is_known ())
    oldest = MIN (floo_now_ms (), floo_service_time ()) / 1000 - (gint64) config->cache_days * 86400;
  *clean = (Clean){ self, g_strdup (self->cache), (goffset) config->cache_size << 20, oldest };
  task = g_task_new (NULL, NULL, on_cleaned, NULL);
  g_task_set_source_tag (task, floo_files_clean);
  g_task_set_task_data (task, clean, clean_free);
  g_task_run_in_thread (task, clean_thread);
}

/* ---- new transfers ---- */

typedef struct {
  FlooFiles *files;
  guint login;
  FlooTransferSpec spec;
  char *key;
  char *name;
  FlooFilesAdded func;
  gpointer user_data;
} Add;

static void
on_id (guint64 id, const GError *error, gpointer user_data)
{
  Add *add = user_data;
  FlooFiles *self = add->files;
  g_autoptr (GError) closed = NULL;
  FlooTransfer *transfer = NULL;

  if (error == NULL && (self->cache == NULL || add->login != self->logins))
    error = closed = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  if (error == NULL)
    transfer = floo_transfers_add (self->transfers, id, &add->spec);
  else if (add->spec.destroy != NULL)
    add->spec.destroy (add->spec.data);
  if (add->func != NULL)
    add->func (self, transfer, error, add->user_data);
  g_free (add->key);
  g_free (add->name);
  g_free (add);
}

void
floo_files_add (FlooFiles *self, const FlooTransferSpec *spec, FlooFilesAdded func, gpointer user_data)
{
  FlooTransfer *present = spec->key != NULL ? floo_transfers_find (self->transfers, spec->key) : NULL;
  g_autoptr (GError) error = NULL;
  Add *add;

  if (present == NULL && !floo_files_has_room (self))
    error = g_error_new (FLOO_ERROR, FLOO_ERROR_LIMITS_EXCEEDED, "%d transfers are under way already", MAX_OPEN);
  if (present != NULL || error != NULL)
    {
      if (present != NULL)
        floo_transfer_touch (present);
      if (func != NULL)
        func (self, present, error, user_data);
      if (spec->destroy != NULL)
        spec->destroy (spec->data);
      return;
    }
  add = g_new0 (Add, 1);
  add->files = self;
  add->login = self->logins;
  add->spec = *spec;
  add->spec.key = add->key = g_strdup (spec->key);
  add->spec.name = add->name = g_strdup (spec->name);
  add->func = func;
  add->user_data = user_data;
  floo_transfer_ids_take (self->ids, on_id, add);
}

FlooTransferCall *
floo_transfer_call_new (FlooReply reply, gpointer user_data)
{
  FlooTransferCall *call = g_new (FlooTransferCall, 1);

  *call = (FlooTransferCall){ reply, user_data };
  return call;
}

void
floo_transfer_call_added (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer user_data)
{
  g_autofree FlooTransferCall *call = user_data;

  if (error != NULL)
    call->reply (NULL, error, call->user_data);
  else
    call->reply (g_variant_new ("(@o)", floo_transfer_get_object_path (transfer)), NULL, call->user_data);
}

/* ---- calls about transfers ---- */

GVariant *
floo_files_get_transfer (FlooFiles *self, guint64 id)
{
  FlooTransfer *transfer = floo_transfers_get (self->transfers, id);

  return transfer != NULL ? floo_transfer_get_properties (transfer) : NULL;
}

void
floo_files_list_transfers (FlooFiles *self, FlooReply reply, gpointer user_data)
{
  reply (floo_transfers_list (self->transfers), NULL, user_data);
}

static FlooTransfer *
find_transfer (FlooFiles *self, guint64 id, GError **error)
{
  FlooTransfer *transfer = floo_transfers_get (self->transfers, id);

  if (transfer == NULL)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "There is no transfer %" G_GUINT64_FORMAT, id);
  return transfer;
}

void
floo_files_cancel_transfer (FlooFiles *self, guint64 id, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  FlooTransfer *transfer = find_transfer (self, id, &error);

  if (transfer != NULL)
    floo_transfer_cancel (transfer);
  reply (NULL, error, user_data);
}

typedef struct {
  FlooFdReply reply;
  gpointer user_data;
  char *folder;
  char *name;
} Open;

static void
open_free (gpointer data)
{
  Open *open = data;

  g_free (open->folder);
  g_free (open->name);
  g_free (open);
}

static void
open_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Open *open = task_data;
  GError *error = NULL;
  int fd = floo_cache_open (open->folder, open->name, NULL, &error);

  if (fd < 0 && error == NULL)
    error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "The file is not in the cache any more");
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_int (task, fd);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  const Open *open = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  int fd = (int) g_task_propagate_int (G_TASK (result), &error);

  open->reply (fd, error, open->user_data);
}

void
floo_files_open_transfer (FlooFiles *self, guint64 id, FlooFdReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  FlooTransfer *transfer = find_transfer (self, id, &error);
  const char *path = transfer != NULL ? floo_transfer_get_path (transfer) : NULL;
  g_autoptr (GTask) task = NULL;
  Open *open;

  if (transfer != NULL && path == NULL)
    g_set_error_literal (&error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The transfer is not a complete download");
  if (error != NULL)
    {
      reply (-1, error, user_data);
      return;
    }
  floo_transfer_touch (transfer);
  open = g_new (Open, 1);
  *open = (Open){ reply, user_data, g_path_get_dirname (path), g_path_get_basename (path) };
  task = g_task_new (NULL, NULL, on_opened, NULL);
  g_task_set_source_tag (task, floo_files_open_transfer);
  g_task_set_task_data (task, open, open_free);
  g_task_run_in_thread (task, open_thread);
}
