/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files on their way: each is an object of the daemon, whose properties tell how far it is. */
#include "session.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <unistd.h>

typedef struct {
  Session *session;
  gint64 message;   /* its id or client_id; it may not be in the list, or not yet */
  enum { FOR_SENDING, FOR_PICTURE, FOR_OPENING } purpose;
} Transfer;

static Transfer *
transfer_new (Session *session, gint64 message, int purpose)
{
  Transfer *transfer = g_new (Transfer, 1);

  *transfer = (Transfer){ g_object_ref (session), message, purpose };
  return transfer;
}

static void
transfer_free (Transfer *transfer)
{
  g_object_unref (transfer->session);
  g_free (transfer);
}

static void
use_file (Transfer *transfer, Item *message, const char *path)
{
  g_autofree char *uri = g_filename_to_uri (path, NULL, NULL);
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GError) error = NULL;

  if (transfer->purpose == FOR_OPENING && uri != NULL)
    g_app_info_launch_default_for_uri_async (uri, NULL, NULL, NULL, NULL);
  if (transfer->purpose != FOR_PICTURE || message == NULL)
    return;
  texture = gdk_texture_new_from_filename (path, &error);
  if (texture != NULL)
    item_set_picture (message, GDK_PAINTABLE (texture));
  else
    g_info ("thumbnail: %s", error->message);   /* it stays a line of text */
}

static void
on_transfer_changed (FlooTransfer *proxy, GParamSpec *property, gpointer user_data)
{
  Transfer *transfer = user_data;
  Item *message = list_find (transfer->session->messages, transfer->message, NULL);
  const char *status = floo_transfer_get_status (proxy);
  double total = MAX (floo_transfer_get_total (proxy), 1);
  gboolean ended = status == NULL || g_strv_contains ((const char *const[]){ "complete", "error", "cancelled", NULL }, status);

  if (message != NULL)
    item_set (message, "progress", ended ? NULL : g_variant_new_double (floo_transfer_get_transferred (proxy) / total));
  if (!ended)
    return;
  if (g_strcmp0 (status, "complete") == 0 && *floo_transfer_get_path (proxy) != '\0')
    use_file (transfer, message, floo_transfer_get_path (proxy));
  g_signal_emit_by_name (transfer->session, "status");
  g_signal_handlers_disconnect_by_func (proxy, on_transfer_changed, transfer);
  g_object_unref (proxy);
  transfer_free (transfer);
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
  Item *message;

  if (floo_files_call_download_finish (FLOO_FILES (object), &path, result, &error))
    {
      watch (transfer, path);
      return;
    }
  message = list_find (transfer->session->messages, transfer->message, NULL);
  if (transfer->purpose == FOR_OPENING)
    session_failed (transfer->session, error);
  else if (message != NULL)
    message->wanted = FALSE;   /* it shows the file's name, and is asked for again when something changes */
  transfer_free (transfer);
}

static void
download (Session *self, gint64 message, int purpose)
{
  GVariantDict options;

  g_variant_dict_init (&options, NULL);
  if (purpose == FOR_PICTURE)
    g_variant_dict_insert (&options, "thumbnail", "b", TRUE);
  floo_files_call_download (self->files, message, g_variant_dict_end (&options), NULL, on_download, transfer_new (self, message, purpose));
}

void
session_load_picture (Session *self, Item *message)
{
  const char *type = fields_text (message->fields, "type");

  if (message->wanted || message_is_pending (message) || !(g_str_equal (type, "image") || g_str_equal (type, "video")))
    return;
  message->wanted = TRUE;
  download (self, message->id, FOR_PICTURE);
}

void
session_open_file (Session *self, gint64 message)
{
  download (self, message, FOR_OPENING);
}

static void
on_file_sent (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  gint64 client_id;

  if (floo_conversations_call_send_file_finish (FLOO_CONVERSATIONS (object), &client_id, &path, NULL, result, &error))
    watch (transfer_new (self, client_id, FOR_SENDING), path);
  else
    session_failed (self, error);
}

void
session_send_file (Session *self, GFile *file)
{
  g_autofree char *path = g_file_get_path (file), *name = g_file_get_basename (file), *type = g_content_type_guess (path, NULL, 0, NULL);
  g_autoptr (GUnixFDList) files = g_unix_fd_list_new ();
  g_autoptr (GError) error = NULL;
  int fd = path == NULL ? -1 : open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

  if (fd < 0)
    g_set_error (&error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s cannot be read", name);
  else
    g_unix_fd_list_append (files, fd, &error);
  if (fd >= 0)
    close (fd);
  if (error != NULL)
    session_failed (self, error);
  else if (self->current != NULL)
    floo_conversations_call_send_file (self->api, "", self->current->id, g_content_type_is_a (type, "image/*") ? "image" : "file",
                                       g_variant_new_handle (0), name, g_variant_new ("a{sv}", NULL), files, NULL, on_file_sent,
                                       g_object_ref (self));
}
