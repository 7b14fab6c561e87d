/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files on their way: each is an object of the daemon, whose properties tell how far it is. */
#include "session.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <unistd.h>

typedef enum { SHOW_PROGRESS, SHOW_THUMBNAIL, SHOW_FILE } Purpose;

typedef struct {
  Session *session;
  Message *message;   /* NULL: of an upload whose message is not in the list yet */
  gint64 client_id;
  Purpose purpose;
} Transfer;

static void
transfer_free (Transfer *transfer)
{
  g_clear_object (&transfer->message);
  g_object_unref (transfer->session);
  g_free (transfer);
}

/* The message of an upload: it comes by a signal, behind the reply. */
static Message *
get_message (Transfer *transfer)
{
  GListModel *model = G_LIST_MODEL (transfer->session->messages);

  for (guint i = g_list_model_get_n_items (model); i > 0 && transfer->message == NULL; i--)
    {
      g_autoptr (Message) message = g_list_model_get_item (model, i - 1);

      if (message->client_id == transfer->client_id && transfer->client_id != 0)
        transfer->message = g_object_ref (message);
    }
  return transfer->message;
}

static void
show (Transfer *transfer, const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
  GdkTexture *texture;

  if (transfer->purpose == SHOW_FILE && uri != NULL)
    g_app_info_launch_default_for_uri_async (uri, NULL, NULL, NULL, NULL);
  if (transfer->purpose != SHOW_THUMBNAIL)
    return;
  texture = gdk_texture_new_from_filename (path, &error);
  if (texture == NULL)   /* a picture that cannot be read stays a line of text */
    g_info ("thumbnail: %s", error->message);
  g_clear_object (&transfer->message->thumbnail);
  transfer->message->thumbnail = (GdkPaintable *) texture;
}

static void
on_transfer_changed (FlooTransfer *proxy, GParamSpec *property, gpointer user_data)
{
  Transfer *transfer = user_data;
  const char *status = floo_transfer_get_status (proxy);
  guint64 total = floo_transfer_get_total (proxy);
  gboolean ended = status == NULL || g_strv_contains ((const char *const[]){ "complete", "error", "cancelled", NULL }, status);
  Message *message = get_message (transfer);

  if (message != NULL)
    {
      message->progress = ended ? -1 : total == 0 ? 0 : (double) floo_transfer_get_transferred (proxy) / total;
      if (g_strcmp0 (status, "complete") == 0 && *floo_transfer_get_path (proxy) != '\0')
        show (transfer, floo_transfer_get_path (proxy));
      message_changed (message);
    }
  if (ended)
    {
      g_signal_emit_by_name (transfer->session, "status");
      g_signal_handlers_disconnect_by_func (proxy, on_transfer_changed, transfer);
      g_object_unref (proxy);
      transfer_free (transfer);
    }
}

static void
on_transfer (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Transfer *transfer = user_data;
  g_autoptr (GError) error = NULL;
  FlooTransfer *proxy = floo_transfer_proxy_new_finish (result, &error);

  if (proxy == NULL)
    {
      session_failed (transfer->session, error);
      transfer_free (transfer);
      return;
    }
  g_signal_connect (proxy, "notify", G_CALLBACK (on_transfer_changed), transfer);
  on_transfer_changed (proxy, NULL, transfer);
}

static void
watch (Transfer *transfer, const char *path)
{
  GDBusProxy *files = G_DBUS_PROXY (transfer->session->files);

  floo_transfer_proxy_new (g_dbus_proxy_get_connection (files), G_DBUS_PROXY_FLAGS_NONE, g_dbus_proxy_get_name (files), path, NULL,
                           on_transfer, transfer);
}

static void
on_download (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Transfer *transfer = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (floo_files_call_download_finish (FLOO_FILES (object), &path, result, &error))
    {
      watch (transfer, path);
      return;
    }
  transfer->message->thumbnail_wanted = FALSE;
  if (transfer->purpose == SHOW_FILE)   /* where a thumbnail is missing the file's name is shown */
    session_failed (transfer->session, error);
  transfer_free (transfer);
}

static void
download (Session *self, Message *message, Purpose purpose)
{
  Transfer *transfer = g_new0 (Transfer, 1);
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (purpose == SHOW_THUMBNAIL)
    g_variant_dict_insert (&options, "thumbnail", "b", TRUE);
  transfer->session = g_object_ref (self);
  transfer->message = g_object_ref (message);
  transfer->purpose = purpose;
  floo_files_call_download (self->files, message->id, g_variant_dict_end (&options), NULL, on_download, transfer);
}

void
session_load_thumbnail (Session *self, Message *message)
{
  if (message->thumbnail_wanted || message->pending)
    return;
  message->thumbnail_wanted = TRUE;
  download (self, message, SHOW_THUMBNAIL);
}

void
session_open_file (Session *self, Message *message)
{
  download (self, message, SHOW_FILE);
}

static void
on_file_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Transfer *transfer = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;

  if (floo_conversations_call_send_file_finish (FLOO_CONVERSATIONS (object), &transfer->client_id, &path, NULL, result, &error))
    {
      watch (transfer, path);
      return;
    }
  session_failed (transfer->session, error);
  transfer_free (transfer);
}

void
session_send_file (Session *self, GFile *file)
{
  g_autofree char *path = g_file_get_path (file), *name = g_file_get_basename (file), *type = g_content_type_guess (path, NULL, 0, NULL);
  g_autoptr (GUnixFDList) files = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  int fd = path == NULL ? -1 : open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  int handle = fd < 0 ? -1 : g_unix_fd_list_append (files, fd, &error);
  Transfer *transfer;

  if (fd >= 0)
    close (fd);
  if (self->current == NULL)
    return;
  if (handle < 0)
    {
      g_autofree char *text = g_strdup_printf ("%s cannot be read", name);

      g_signal_emit_by_name (self, "failed", text);
      return;
    }
  transfer = g_new0 (Transfer, 1);
  transfer->session = g_object_ref (self);
  floo_conversations_call_send_file (self->api, "", self->current->id,
                                     g_content_type_is_a (type, "image/*") ? "image" : "file", g_variant_new_handle (handle), name,
                                     g_variant_new ("a{sv}", NULL), files, NULL, on_file_sent, transfer);
}
