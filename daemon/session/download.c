/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * download.c: files to the cache: what messages carry, avatars, what groups share.
 *
 * The names in the cache are made of ids; nothing that came from outside is ever part of one.
 */
#include "session/files.h"

#include <string.h>
#include <unistd.h>

#include "base/crash.h"
#include "base/json.h"
#include "session/cache.h"
#include "store/messages.h"

/* Images up to here come by themselves where that is wanted. */
#define AUTO_IMAGE_SIZE (256 << 10)
/* A small picture. A host that is not the service's makes none and sends the whole one, which is taken for it up to here. */
#define THUMBNAIL_SIZE (1 << 20)
/* A picture of somebody, which applications fetch for everybody without looking. */
#define AVATAR_SIZE (16 << 20)

/* A file that is, or will be, in the cache. */
typedef struct {
  FlooFiles *files;
  FlooTransfer *transfer;
  char *folder;
  char *name;           /* in the cache */
  char *url;            /* (nullable): not known yet */
  char **query;
  goffset max_size;     /* bytes; the configuration's at most */
  gint64 group;         /* of a shared file */
  gint64 file;
  guint64 id;           /* the transfer's */
  int fd;               /* what is written; -1: nothing yet */
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
  g_strfreev (download->query);
  g_free (download->folder);
  g_free (download->name);
  g_free (download->url);
  g_free (download);
}

/* @name: (transfer full); @max_size: bytes */
static Download *
download_new (FlooFiles *files, char *name, goffset max_size)
{
  Download *download = g_new0 (Download, 1);

  download->files = files;
  download->folder = g_strdup (files->cache);
  download->name = name;
  download->max_size = MIN (max_size, floo_files_get_max_size (files));
  download->fd = -1;
  download->state.total = -1;
  return download;
}

/* ---- a try ---- */

static void go_on (Download *download);

static void
publish_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Download *download = task_data;
  GError *error = NULL;

  FLOO_CRASH_POINT ("download-publish");
  if (floo_cache_publish (download->folder, download->name, download->id, download->fd, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* It is whole, in the cache: nobody cleans it away as long as the transfer has its descriptor. */
static void
complete (Download *download)
{
  g_autofree char *path = floo_cache_dup_path (download->folder, download->name);

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
  g_autoptr (GTask) task = NULL;

  if (!floo_storage_fetch_finish (FLOO_STORAGE (source), result, &error))
    {
      floo_transfer_done (download->transfer, error);
      return;
    }
  /* Not into the cache of an account that was erased meanwhile. */
  if (!floo_files_may_go_on (download->transfer))
    return;
  task = g_task_new (NULL, NULL, on_published, download);
  g_task_set_source_tag (task, on_fetched);
  g_task_set_task_data (task, download, NULL); /* the transfer has it */
  g_task_run_in_thread (task, publish_thread);
}

static void
fetch (Download *download)
{
  FlooFiles *files = download->files;
  g_autofree char *avatar = NULL;
  FlooFetchRequest request = { .url = download->url, .query = (const char *const *) download->query, .fd = download->fd,
                               .max_size = download->max_size };

  /* The service's own, without a host. */
  if (*download->url == '/')
    {
      const char *service = floo_endpoints_get_rest (files->session->endpoints);

      request.url = avatar = g_strconcat (service != NULL ? service : "", download->url, NULL);
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
  download->url = g_strdup (url);
  go_on (download);
}

/* Where a shared file is: its list says so, too, but whoever calls need not have read that. */
static void
ask_for_shared_file (Download *download)
{
  g_autofree char *group = g_strdup_printf ("%" G_GINT64_FORMAT, download->group);
  g_autofree char *file = g_strdup_printf ("%" G_GINT64_FORMAT, download->file);
  const char *query[] = { "group_id", group, "file_id", file, NULL };

  floo_rest_call_async (download->files->session->rest, "GET", "/group/file", query, NULL, FLOO_REST_NONE,
                        floo_transfer_get_cancellable (download->transfer), on_shared_file, download);
}

static void
create_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Download *download = task_data;
  GError *error = NULL;
  int fd = floo_cache_create (download->folder, download->name, download->id, &error);

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
  if (download->url != NULL)
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
  task = g_task_new (NULL, NULL, on_created, download);
  g_task_set_source_tag (task, run_download);
  g_task_set_task_data (task, download, NULL); /* the transfer has it */
  g_task_run_in_thread (task, create_thread);
}

/* What is in the cache already needs no turn and no service. */
static void
finish_present (FlooTransfer *transfer)
{
  Download *download = floo_transfer_get_data (transfer);

  if (download->present && floo_transfer_begin (transfer))
    run_download (transfer, download);
}

/* ---- the end ---- */

typedef struct {
  char *folder;
  char *name;
  guint64 id;
  int fd;               /* closed with it: only then its room is free */
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
  *discard = (Discard){ g_strdup (download->folder), g_strdup (download->name), download->id, download->fd };
  download->fd = -1;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_set_source_tag (task, on_ended);
  g_task_set_task_data (task, discard, discard_free);
  g_task_run_in_thread (task, discard_thread);
}

/* ---- beginning ---- */

/* A download on its way to being a transfer: first the cache is looked at, so that what is there is answered as complete. */
typedef struct {
  FlooSession *session;
  Download *download;           /* until the transfer has it */
  char *shown;                  /* the file's name */
  gint64 message;
  FlooTransferCall *call;       /* (nullable) */
} Begin;

static void
begin_free (Begin *begin)
{
  g_clear_pointer (&begin->download, download_free);
  g_clear_object (&begin->session);
  g_free (begin->shown);
  g_free (begin);
}

static void
on_added (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer user_data)
{
  Begin *begin = user_data;

  begin->download = NULL;
  if (transfer != NULL)
    finish_present (transfer);
  if (begin->call != NULL)
    floo_transfer_call_added (self, transfer, error, begin->call);
  begin_free (begin);
}

static void
look_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Download *download = ((Begin *) task_data)->download;

  /* An error is one of the cache's folder, which the download will meet, too. */
  download->fd = floo_cache_open (download->folder, download->name, &download->size, NULL);
  download->present = download->fd >= 0;
  g_task_return_boolean (task, TRUE);
}

static void
on_looked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Begin *begin = user_data;
  Download *download = begin->download;
  /* Whoever asks for a file does not get a transfer that takes less of it. */
  const FlooTransferSpec spec = { .key = download->max_size == AUTO_IMAGE_SIZE ? NULL : download->name, .name = begin->shown, .message = begin->message, .total = download->size,
                                  .tries = FLOO_TRANSFER_TRIES, .run = run_download, .ended = on_ended, .data = download,
                                  .destroy = download_free };

  floo_files_add (begin->session->files, &spec, on_added, begin);
}

/* @download: (transfer full); @shown: (transfer full) */
static void
begin_download (FlooFiles *self, Download *download, char *shown, gint64 message, FlooTransferCall *call)
{
  Begin *begin = g_new0 (Begin, 1);
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_looked, begin);

  begin->session = g_object_ref (self->session);
  begin->download = download;
  begin->shown = shown;
  begin->message = message;
  begin->call = call;
  g_task_set_source_tag (task, begin_download);
  g_task_set_task_data (task, begin, NULL);
  g_task_run_in_thread (task, look_thread);
}

/* ---- what messages carry ---- */

/* Returns: (transfer full): NULL-ended query */
static char **
query_of (gboolean thumbnail, int type, const char *format)
{
  g_autoptr (GPtrArray) query = g_ptr_array_new ();

  if (thumbnail)
    {
      g_ptr_array_add (query, g_strdup ("image_type"));
      g_ptr_array_add (query, g_strdup (type == FLOO_TYPE_VIDEO ? "3" : "2"));
    }
  if (format != NULL)
    {
      g_ptr_array_add (query, g_strdup ("format"));
      g_ptr_array_add (query, g_strdup (format));
    }
  g_ptr_array_add (query, NULL);
  return (char **) g_ptr_array_free (g_steal_pointer (&query), FALSE);
}

/* @attachment: (nullable); @max_size: bytes. Returns: FALSE with NOT_FOUND where the message has no file */
static gboolean
begin_for_message (FlooFiles *self, gint64 message, int type, const char *attachment, gboolean thumbnail, const char *format,
                   goffset max_size, FlooTransferCall *call, GError **error)
{
  g_autoptr (JsonNode) node = attachment != NULL ? floo_json_parse (attachment, strlen (attachment), NULL) : NULL;
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  const char *url = floo_json_get_string (object, "url");
  const char *name = floo_json_get_string (object, "dName");
  Download *download;

  if (url == NULL || *url == '\0')
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "Message %" G_GINT64_FORMAT " has no file", message);
      return FALSE;
    }
  download = download_new (self, g_strdup_printf ("message-%" G_GINT64_FORMAT "%s%s%s", message, thumbnail ? "-small" : "",
                                                  format != NULL ? "-" : "", format != NULL ? format : ""),
                           thumbnail ? THUMBNAIL_SIZE : max_size);
  download->url = g_strdup (*url == '/' ? "" : url); /* an attachment has no way to leave out the host */
  download->query = query_of (thumbnail, type, format);
  begin_download (self, download, floo_input_tidy_name (name != NULL ? name : ""), message, call);
  return TRUE;
}

void
floo_files_download_quietly (FlooFiles *self, gint64 message, gboolean thumbnail, const char *attachment, int type)
{
  g_autoptr (JsonNode) node = floo_json_parse (attachment, strlen (attachment), NULL);
  JsonObject *object = node != NULL ? floo_json_node_object (node) : NULL;
  const char *url = floo_json_get_string (object, "url");
  gint64 size = 0;

  /* Nobody else's host is told that the message has come. */
  if (url == NULL || !floo_storage_is_service (floo_files_get_storage (self), url))
    return;
  begin_for_message (self, message, type, attachment, TRUE, NULL, THUMBNAIL_SIZE, NULL, NULL);
  if (floo_json_get_int (object, "fLen", &size) && size > 0 && size <= AUTO_IMAGE_SIZE)
    begin_for_message (self, message, type, attachment, FALSE, NULL, AUTO_IMAGE_SIZE, NULL, NULL);
}

typedef struct {
  FlooSession *session;
  gint64 message;
  gboolean thumbnail;
  char *format;
  FlooTransferCall *call;
  gint64 id;            /* the message's present one */
  int type;
  char *attachment;
} MessageFile;

static void
message_file_free (gpointer data)
{
  MessageFile *file = data;

  g_object_unref (file->session);
  g_free (file->format);
  g_free (file->attachment);
  g_free (file);
}

static void
keep_attachment (const FlooMessage *message, gpointer user_data)
{
  MessageFile *file = user_data;

  file->id = message->id;
  file->type = message->type;
  file->attachment = g_strdup (message->attachment);
}

static gboolean
run_find_file (FlooDb *db, gpointer data, GError **error)
{
  return floo_messages_get (db, ((MessageFile *) data)->message, keep_attachment, data, error);
}

static void
on_file_found (FlooStore *store, gpointer data, const GError *error)
{
  MessageFile *file = data;
  FlooFiles *files = file->session->files;
  g_autoptr (GError) local = NULL;

  if (error == NULL && files->cache == NULL)
    error = local = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  if (error == NULL
      && !begin_for_message (files, file->id, file->type, file->attachment, file->thumbnail, file->format, G_MAXINT64, file->call, &local))
    error = local;
  if (error != NULL)
    floo_transfer_call_added (files, NULL, error, file->call);
}

void
floo_session_download (FlooSession *self, gint64 message, gboolean thumbnail, const char *format, FlooReply reply, gpointer user_data)
{
  MessageFile *file;

  if (!floo_session_check_account (self, reply, user_data))
    return;
  file = g_new0 (MessageFile, 1);
  file->session = g_object_ref (self);
  file->message = message;
  file->thumbnail = thumbnail;
  file->format = g_strdup (format);
  file->call = floo_transfer_call_new (reply, user_data);
  floo_session_read (self, run_find_file, on_file_found, file, message_file_free);
}

/* ---- avatars ---- */

typedef struct {
  FlooSession *session;
  gint64 id;
  gboolean group;
  gboolean thumbnail;
  FlooTransferCall *call;
} Avatar;

static void
begin_avatar (const Avatar *avatar, const char *value)
{
  FlooFiles *files = avatar->session->files;
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_SHA256, value, -1);
  Download *download;

  sum[16] = '\0';
  download = download_new (files, g_strdup_printf ("avatar-%s-%" G_GINT64_FORMAT "-%s%s", avatar->group ? "group" : "user", avatar->id, sum,
                                                   avatar->thumbnail ? "-small" : ""),
                           avatar->thumbnail ? THUMBNAIL_SIZE : AVATAR_SIZE);
  if (strstr (value, "://") != NULL)
    download->url = g_strdup (value);
  else
    {
      g_autofree char *escaped = g_uri_escape_string (value, NULL, FALSE);

      download->url = g_strconcat ("/file/download/avatar?object_name=", escaped, NULL);
    }
  download->query = query_of (avatar->thumbnail, FLOO_TYPE_IMAGE, NULL);
  begin_download (files, download, g_strdup ("avatar"), 0, avatar->call);
}

static void
on_contact (GVariant *result, const GError *error, gpointer user_data)
{
  g_autofree Avatar *avatar = user_data;
  g_autoptr (FlooSession) session = avatar->session;
  g_autoptr (GVariant) items = NULL;
  g_autoptr (GVariant) details = NULL;
  g_autoptr (GError) none = NULL;
  const char *value = NULL;

  if (result != NULL)
    {
      g_autoptr (GVariant) tuple = g_variant_ref_sink (result);

      items = g_variant_get_child_value (tuple, 0);
    }
  if (items != NULL && g_variant_n_children (items) > 0)
    {
      details = g_variant_get_child_value (items, 0);
      g_variant_lookup (details, "avatar", "&s", &value);
    }
  if (error == NULL && session->files->cache == NULL)
    error = none = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  else if (error == NULL && (value == NULL || *value == '\0'))
    error = none = g_error_new (FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "%" G_GINT64_FORMAT " has no picture", avatar->id);
  if (error != NULL)
    floo_transfer_call_added (session->files, NULL, error, avatar->call);
  else
    begin_avatar (avatar, value);
}

void
floo_session_get_avatar (FlooSession *self, const char *to_type, gint64 id, gboolean thumbnail, FlooReply reply, gpointer user_data)
{
  FlooToType kind;
  Avatar *avatar;

  if (!floo_session_check_account (self, reply, user_data))
    return;
  if (!floo_to_type_from_string (to_type, &kind))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "to_type is roster or group, not \"%s\"", to_type);
      return;
    }
  avatar = g_new (Avatar, 1);
  *avatar = (Avatar){ g_object_ref (self), id, kind == FLOO_TO_GROUP, thumbnail, floo_transfer_call_new (reply, user_data) };
  if (avatar->group)
    floo_session_groups_get_brief (self, &id, 1, on_contact, avatar);
  else
    floo_session_roster_get_items (self, &id, 1, FALSE, on_contact, avatar);
}

/* ---- what groups share ---- */

void
floo_session_groups_download_file (FlooSession *self, gint64 group, gint64 file_id, FlooReply reply, gpointer user_data)
{
  Download *download;

  if (!floo_session_check_account (self, reply, user_data))
    return;
  download = download_new (self->files, g_strdup_printf ("group-%" G_GINT64_FORMAT "-file-%" G_GINT64_FORMAT, group, file_id),
                           G_MAXINT64);
  download->group = group;
  download->file = file_id;
  begin_download (self->files, download, g_strdup ("file"), 0, floo_transfer_call_new (reply, user_data));
}
