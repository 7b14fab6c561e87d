/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery/endpoints-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"

/* Bytes; thirty-two clusters with all their hosts are a tenth of it. */
#define MAX_FILE (256u << 10)

struct _FlooEndpointsCache {
  GObject parent_instance;

  char *dir;
  char *path;
  gboolean busy;    /* a write is under way */
  gboolean waiting; /* another write follows, of next */
  char *next;       /* (nullable): NULL deletes */
};

G_DEFINE_FINAL_TYPE (FlooEndpointsCache, floo_endpoints_cache, G_TYPE_OBJECT)

/* Up to MAX_FILE + 1 bytes of a regular file; NULL where there is none. */
static GBytes *
read_file (const char *path)
{
  g_autofree char *buffer = NULL;
  struct stat info;
  gsize len = 0;
  gssize n = 0;
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd < 0)
    return NULL;
  if (fstat (fd, &info) == 0 && S_ISREG (info.st_mode))
    {
      buffer = g_malloc (MAX_FILE + 1);
      while (len <= MAX_FILE && ((n = read (fd, buffer + len, MAX_FILE + 1 - len)) > 0 || (n < 0 && errno == EINTR)))
        len += (gsize) MAX (n, 0);
    }
  g_close (fd, NULL);
  return buffer != NULL && n >= 0 ? g_bytes_new_take (g_steal_pointer (&buffer), len) : NULL;
}

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GBytes) bytes = read_file (task_data);
  g_autoptr (GError) error = NULL;
  JsonNode *json;
  gsize len = 0;
  const char *text = bytes != NULL ? g_bytes_get_data (bytes, &len) : NULL;

  if (text == NULL || len == 0 || len > MAX_FILE)
    {
      g_task_return_pointer (task, NULL, NULL);
      return;
    }
  json = floo_json_parse (text, len, &error);
  if (json == NULL)
    g_message ("The stored discovery answer cannot be used: %s", error->message);
  g_task_return_pointer (task, json, (GDestroyNotify) json_node_unref);
}

void
floo_endpoints_cache_load_async (FlooEndpointsCache *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (FLOO_IS_ENDPOINTS_CACHE (self));

  g_task_set_source_tag (task, floo_endpoints_cache_load_async);
  g_task_set_task_data (task, g_strdup (self->path), g_free);
  g_task_run_in_thread (task, load_thread);
}

JsonNode *
floo_endpoints_cache_load_finish (FlooEndpointsCache *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_endpoints_cache_load_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
store_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  FlooEndpointsCache *self = source;
  const char *text = task_data;
  GError *error = NULL;

  if (text == NULL)
    {
      if (g_unlink (self->path) != 0 && errno != ENOENT)
        g_set_error (&error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s", g_strerror (errno));
    }
  else if (g_mkdir_with_parents (self->dir, 0700) != 0)
    g_set_error (&error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s", g_strerror (errno));
  else
    g_file_set_contents_full (self->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void start_store (FlooEndpointsCache *self, char *text);

static void
stored_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooEndpointsCache *self = FLOO_ENDPOINTS_CACHE (source);
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_message ("The discovery answer could not be stored: %s", error->message);
  self->busy = FALSE;
  if (self->waiting)
    {
      self->waiting = FALSE;
      start_store (self, g_steal_pointer (&self->next));
    }
}

/* @text: (transfer full) (nullable) */
static void
start_store (FlooEndpointsCache *self, char *text)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, stored_cb, NULL);

  g_task_set_source_tag (task, start_store);
  g_task_set_task_data (task, text, g_free);
  self->busy = TRUE;
  g_task_run_in_thread (task, store_thread);
}

void
floo_endpoints_cache_store (FlooEndpointsCache *self, JsonNode *json)
{
  g_autofree char *text = NULL;

  g_return_if_fail (FLOO_IS_ENDPOINTS_CACHE (self));

  text = json != NULL ? floo_json_to_text (json) : NULL;
  if (text != NULL && strlen (text) > MAX_FILE)
    g_clear_pointer (&text, g_free); /* too large to be read back: delete the old one, too */
  if (!self->busy)
    {
      start_store (self, g_steal_pointer (&text));
      return;
    }
  g_free (self->next);
  self->next = g_steal_pointer (&text);
  self->waiting = TRUE;
}

static void
floo_endpoints_cache_finalize (GObject *object)
{
  FlooEndpointsCache *self = FLOO_ENDPOINTS_CACHE (object);

  g_free (self->dir);
  g_free (self->path);
  g_free (self->next);
  G_OBJECT_CLASS (floo_endpoints_cache_parent_class)->finalize (object);
}

static void
floo_endpoints_cache_class_init (FlooEndpointsCacheClass *class)
{
  G_OBJECT_CLASS (class)->finalize = floo_endpoints_cache_finalize;
}

static void
floo_endpoints_cache_init (FlooEndpointsCache *self)
{
}

FlooEndpointsCache *
floo_endpoints_cache_new (const char *cache_dir, const char *app_id, const char *dns_server)
{
  FlooEndpointsCache *self;
  g_autofree char *key = NULL;
  g_autofree char *checksum = NULL;
  g_autofree char *name = NULL;

  g_return_val_if_fail (cache_dir != NULL && app_id != NULL, NULL);

  self = g_object_new (FLOO_TYPE_ENDPOINTS_CACHE, NULL);
  key = g_strjoin ("\n", app_id, dns_server != NULL ? dns_server : "", NULL);
  checksum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, key, -1);
  name = g_strconcat ("endpoints-", checksum, ".json", NULL);
  self->dir = g_strdup (cache_dir);
  self->path = g_build_filename (cache_dir, name, NULL);
  return self;
}
