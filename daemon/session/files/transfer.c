/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/files/transfer.h"

#include <unistd.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/names.h"
#include "net/storage/storage.h"

/* Transfers at a time in each direction, each with a connection of its own; as many as browsers have to one host. */
#define MAX_ACTIVE 6
#define KEEP_MS 60000
#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 300000

struct _FlooTransfers {
  FlooTransfersFunc func;
  gpointer user_data;
  GHashTable *by_id;    /* guint64 -> FlooTransfer */
  GQueue waiting;       /* FlooTransfer, in the order of their coming; borrowed */
  guint active[2];      /* down, up */
  guint open;           /* not ended */
  gboolean running;
  guint keep_ms;
  guint pump;
};

struct _FlooTransfer {
  GObject parent_instance;

  FlooTransfers *owner; /* NULL once it was removed from there */
  guint64 id;
  FlooTransferSpec spec;
  char *key;
  char *name;
  char *path;
  char *url;
  int fd;               /* -1: none */
  FlooTransferStatus status;
  gboolean abandoned;
  goffset transferred;
  goffset total;
  GError *error;
  GCancellable *cancellable;
  FlooBackoff backoff;
  goffset at_last_try;  /* transferred when the last attempt failed */
  guint timer;          /* for the next attempt, or for its removal after the end */
};

G_DEFINE_FINAL_TYPE (FlooTransfer, floo_transfer, G_TYPE_OBJECT)

static void
clear_fd (int *fd)
{
  if (*fd >= 0)
    close (*fd);
  *fd = -1;
}

static const char *const status_names[] = { "queued", "active", "complete", "error", "cancelled" };

static void
floo_transfer_finalize (GObject *object)
{
  FlooTransfer *self = FLOO_TRANSFER (object);

  if (self->spec.destroy != NULL)
    self->spec.destroy (self->spec.data);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  clear_fd (&self->fd);
  g_free (self->key);
  g_free (self->name);
  g_free (self->path);
  g_free (self->url);
  G_OBJECT_CLASS (floo_transfer_parent_class)->finalize (object);
}

static void
floo_transfer_class_init (FlooTransferClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = floo_transfer_finalize;
}

static void
floo_transfer_init (FlooTransfer *self)
{
  self->fd = -1;
  self->cancellable = g_cancellable_new ();
  self->backoff = (FlooBackoff){ .min_ms = RETRY_MIN_MS, .max_ms = RETRY_MAX_MS, .factor_percent = 200 };
}

static void
changed (FlooTransfer *self)
{
  if (self->owner != NULL)
    self->owner->func (self->id, self->owner->user_data);
}

static gboolean
has_ended (FlooTransfer *self)
{
  return self->status >= FLOO_TRANSFER_COMPLETE;
}

/* ---- the queue ---- */

/* How many of its direction are active. */
static guint *
places (FlooTransfer *self)
{
  return &self->owner->active[self->spec.upload ? 1 : 0];
}

gboolean
floo_transfer_begin (FlooTransfer *self)
{
  if (self->status != FLOO_TRANSFER_QUEUED || self->owner == NULL)
    return FALSE;
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_error (&self->error);
  g_queue_remove (&self->owner->waiting, self);
  (*places (self))++;
  self->status = FLOO_TRANSFER_ACTIVE;
  g_object_ref (self); /* until the attempt is done */
  return TRUE;
}

static gboolean
on_pump (gpointer user_data)
{
  FlooTransfers *self = user_data;
  GList *next;

  self->pump = 0;
  for (GList *l = self->waiting.head; l != NULL && self->running; l = next)
    {
      FlooTransfer *transfer = l->data;

      next = l->next;
      if (transfer->spec.held || transfer->timer != 0 || *places (transfer) >= MAX_ACTIVE)
        continue;
      floo_transfer_begin (transfer);
      changed (transfer);
      transfer->spec.run (transfer, transfer->spec.data);
    }
  return G_SOURCE_REMOVE;
}

/* From the main loop, so that nothing runs within its caller. */
static void
pump (FlooTransfers *self)
{
  if (self->pump == 0)
    self->pump = g_idle_add (on_pump, self);
}

FlooTransfers *
floo_transfers_new (FlooTransfersFunc func, gpointer user_data)
{
  FlooTransfers *self = g_new0 (FlooTransfers, 1);

  self->func = func;
  self->user_data = user_data;
  self->keep_ms = KEEP_MS;
  self->by_id = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_object_unref);
  g_queue_init (&self->waiting);
  return self;
}

void
floo_transfers_free (FlooTransfers *self)
{
  floo_transfers_clear (self);
  g_clear_handle_id (&self->pump, g_source_remove);
  g_hash_table_unref (self->by_id);
  g_free (self);
}

FlooTransfer *
floo_transfers_add (FlooTransfers *self, guint64 id, const FlooTransferSpec *spec)
{
  FlooTransfer *transfer = g_object_new (FLOO_TYPE_TRANSFER, NULL);

  transfer->owner = self;
  transfer->id = id;
  transfer->spec = *spec;
  transfer->key = g_strdup (spec->key);
  transfer->name = g_strdup (spec->name != NULL ? spec->name : "");
  transfer->total = MAX (spec->total, 0);
  g_hash_table_insert (self->by_id, &transfer->id, transfer);
  g_queue_push_tail (&self->waiting, transfer);
  self->open++;
  changed (transfer);
  pump (self);
  return transfer;
}

FlooTransfer *
floo_transfers_get (FlooTransfers *self, guint64 id)
{
  return g_hash_table_lookup (self->by_id, &id);
}

FlooTransfer *
floo_transfers_find (FlooTransfers *self, const char *key)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      FlooTransfer *transfer = value;

      if (transfer->status <= FLOO_TRANSFER_COMPLETE && !g_cancellable_is_cancelled (transfer->cancellable)
          && g_strcmp0 (transfer->key, key) == 0)
        return transfer;
    }
  return NULL;
}

void
floo_transfer_outdate (FlooTransfer *self)
{
  g_clear_pointer (&self->key, g_free);
}

GVariant *
floo_transfers_list (FlooTransfers *self)
{
  GVariantBuilder paths;
  GHashTableIter iter;
  gpointer value;

  g_variant_builder_init (&paths, G_VARIANT_TYPE ("ao"));
  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    g_variant_builder_add_value (&paths, floo_transfer_get_object_path (value));
  return g_variant_new ("(ao)", &paths);
}

guint
floo_transfers_count (FlooTransfers *self)
{
  return self->open;
}

void
floo_transfers_set_running (FlooTransfers *self, gboolean running)
{
  if (running && !self->running)
    for (GList *l = self->waiting.head; l != NULL; l = l->next)
      g_clear_handle_id (&((FlooTransfer *) l->data)->timer, g_source_remove);
  self->running = running;
  if (running)
    pump (self);
}

static void
forget (FlooTransfer *self)
{
  FlooTransfers *owner = self->owner;
  guint64 id = self->id;

  g_clear_handle_id (&self->timer, g_source_remove);
  self->owner = NULL;
  g_hash_table_remove (owner->by_id, &id);
  owner->func (id, owner->user_data);
}

static gboolean
on_kept (gpointer user_data)
{
  FlooTransfer *self = user_data;

  self->timer = 0;
  forget (self);
  return G_SOURCE_REMOVE;
}

/* @error: (transfer full) (nullable) */
static void
end (FlooTransfer *self, FlooTransferStatus status, GError *error)
{
  g_autoptr (FlooTransfer) hold G_GNUC_UNUSED = g_object_ref (self);

  self->status = status;
  g_clear_error (&self->error);
  self->error = error;
  g_clear_handle_id (&self->timer, g_source_remove);
  if (self->owner != NULL)
    self->owner->open--;
  if (self->spec.ended != NULL)
    self->spec.ended (self, self->spec.data);
  changed (self);
  if (self->owner != NULL)
    self->timer = g_timeout_add (self->owner->keep_ms, on_kept, self);
}

void
floo_transfers_clear (FlooTransfers *self)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->by_id);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      ((FlooTransfer *) value)->abandoned = TRUE;
      g_ptr_array_add (all, g_object_ref (value));
    }
  for (guint i = 0; i < all->len; i++)
    {
      floo_transfer_cancel (all->pdata[i]);
      if (((FlooTransfer *) all->pdata[i])->owner != NULL)
        forget (all->pdata[i]);
    }
  /* Attempts that have not ended yet no longer count here. */
  self->active[0] = self->active[1] = 0;
  self->open = 0;
}

void
floo_transfers_set_keep (FlooTransfers *self, guint keep_ms)
{
  self->keep_ms = keep_ms;
}

/* ---- one transfer ---- */

guint64
floo_transfer_get_id (FlooTransfer *self)
{
  return self->id;
}

FlooTransferStatus
floo_transfer_get_status (FlooTransfer *self)
{
  return self->status;
}

const GError *
floo_transfer_get_error (FlooTransfer *self)
{
  return self->error;
}

gboolean
floo_transfer_is_abandoned (FlooTransfer *self)
{
  return self->abandoned;
}

GCancellable *
floo_transfer_get_cancellable (FlooTransfer *self)
{
  return self->cancellable;
}

gpointer
floo_transfer_get_data (FlooTransfer *self)
{
  return self->spec.data;
}

GVariant *
floo_transfer_get_object_path (FlooTransfer *self)
{
  g_autofree char *path = g_strdup_printf (FLOO_TRANSFERS_PATH "/%" G_GUINT64_FORMAT, self->id);

  return g_variant_new_object_path (path);
}

GVariant *
floo_transfer_get_properties (FlooTransfer *self)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "Kind", "s", self->spec.upload ? "upload" : "download");
  g_variant_dict_insert (&dict, "Status", "s", status_names[self->status]);
  g_variant_dict_insert (&dict, "Transferred", "t", (guint64) self->transferred);
  g_variant_dict_insert (&dict, "Total", "t", (guint64) self->total);
  g_variant_dict_insert (&dict, "Name", "s", self->name);
  g_variant_dict_insert (&dict, "Path", "s", self->path != NULL ? self->path : "");
  g_variant_dict_insert (&dict, "Url", "s", self->url != NULL ? self->url : "");
  g_variant_dict_insert (&dict, "Message", "x", self->spec.message);
  g_variant_dict_insert (&dict, "Error", "(ss)", self->error != NULL ? floo_error_get_dbus_name (self->error->code) : "",
                         self->error != NULL ? self->error->message : "");
  return g_variant_dict_end (&dict);
}

void
floo_transfer_touch (FlooTransfer *self)
{
  if (!has_ended (self) || self->owner == NULL)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (self->owner->keep_ms, on_kept, self);
}

void
floo_transfer_release (FlooTransfer *self)
{
  self->spec.held = FALSE;
  if (self->owner != NULL)
    pump (self->owner);
}

void
floo_transfer_fail (FlooTransfer *self, const GError *error)
{
  if (self->status != FLOO_TRANSFER_QUEUED || self->owner == NULL)
    return;
  g_queue_remove (&self->owner->waiting, self);
  end (self, FLOO_TRANSFER_ERROR, floo_error_normalise (error));
}

void
floo_transfer_hurry (FlooTransfer *self)
{
  if (self->status != FLOO_TRANSFER_QUEUED || self->owner == NULL)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  pump (self->owner);
}

void
floo_transfer_cancel (FlooTransfer *self)
{
  if (has_ended (self) || g_cancellable_is_cancelled (self->cancellable))
    return;
  g_cancellable_cancel (self->cancellable);
  /* An attempt soon ends by itself; a held transfer is ended by its owner. */
  if (self->status == FLOO_TRANSFER_ACTIVE)
    return;
  g_queue_remove (&self->owner->waiting, self);
  end (self, FLOO_TRANSFER_CANCELLED, NULL);
}

void
floo_transfer_progress (FlooTransfer *self, goffset transferred, goffset total)
{
  if (total > 0)
    self->total = total;
  if (transferred <= self->transferred)
    return;
  self->transferred = transferred;
  changed (self);
}

void
floo_transfer_set_url (FlooTransfer *self, const char *url)
{
  g_free (self->url);
  self->url = g_strdup (url);
}

void
floo_transfer_set_file (FlooTransfer *self, const char *path, int fd)
{
  g_free (self->path);
  self->path = g_strdup (path);
  clear_fd (&self->fd);
  self->fd = fd;
}

const char *
floo_transfer_get_path (FlooTransfer *self)
{
  return self->path;
}

static gboolean
on_retry (gpointer user_data)
{
  FlooTransfer *self = user_data;

  self->timer = 0;
  pump (self->owner);
  return G_SOURCE_REMOVE;
}

/* Schedules a retry. Returns: FALSE: there is none */
static gboolean
wait_for_next_try (FlooTransfer *self, const GError *error)
{
  guint delay;

  /* An upload starts over: what was sent is discarded. */
  if (self->transferred > self->at_last_try && !self->spec.upload)
    floo_backoff_reset (&self->backoff);
  self->at_last_try = self->transferred;
  /* All or much of it was sent in vain: retried less often than one that fails at once. */
  if (self->spec.upload && g_error_matches (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT))
    self->backoff.attempts++;
  if (self->spec.tries > 0 && self->backoff.attempts + 1 >= self->spec.tries)
    return FALSE;
  /* Wait until the token is renewed; the queue is paused. */
  if (!floo_storage_error_is_transient (error) && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN))
    return FALSE;
  delay = floo_backoff_next (&self->backoff);
  g_debug ("transfer %" G_GUINT64_FORMAT ": %s; retry in %u ms", self->id, error->message, delay);
  self->status = FLOO_TRANSFER_QUEUED;
  g_clear_error (&self->error);
  self->error = floo_error_normalise (error);
  self->timer = g_timeout_add (delay, on_retry, self);
  g_queue_push_tail (&self->owner->waiting, self);
  if (self->spec.failed != NULL)
    self->spec.failed (self, error, delay, self->spec.data);
  changed (self);
  return TRUE;
}

void
floo_transfer_done (FlooTransfer *self, const GError *error)
{
  g_autoptr (FlooTransfer) hold G_GNUC_UNUSED = self; /* of the attempt */

  if (self->owner != NULL)
    {
      (*places (self))--;
      pump (self->owner);
    }
  if (error == NULL)
    {
      if (self->total == 0)
        self->total = self->transferred;
      end (self, FLOO_TRANSFER_COMPLETE, NULL);
    }
  else if (g_cancellable_is_cancelled (self->cancellable))
    end (self, FLOO_TRANSFER_CANCELLED, NULL);
  else if (self->owner == NULL || !wait_for_next_try (self, error))
    end (self, FLOO_TRANSFER_ERROR, floo_error_normalise (error));
}
