/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chat USER-ID TEXT [FILE]: sends a text, and a file, to a user, tells what becomes of them, and ends when both are out.
 *
 * The functions floo_* are made from the installed descriptions of the interfaces, in the folder share/dbus-1/interfaces:
 *
 *   gdbus-codegen --interface-prefix im.floo.Daemon1. --c-namespace Floo --c-generate-object-manager --c-generate-autocleanup=all \
 *       --generate-c-code floo-api /usr/local/share/dbus-1/interfaces/im.floo.Daemon1.*.xml
 *   cc -o chat chat.c floo-api.c $(pkg-config --cflags --libs gio-unix-2.0)
 */
#include "floo-api.h"

#include <fcntl.h>
#include <gio/gunixfdlist.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME "im.floo.Daemon1"
#define OBJECT "/im/floo/Daemon1"

typedef struct {
  GMainLoop *loop;
  GHashTable *open;   /* client ids (as pointers to gint64) whose fate is not known yet */
  gboolean failed;
} Chat;

static void
on_status (FlooEvents *events, guint64 serial, gint64 client_id, const char *status, GVariant *details, gpointer user_data)
{
  Chat *chat = user_data;
  const char *reason = "";

  if (!g_hash_table_contains (chat->open, &client_id))
    return;
  g_variant_lookup (details, "error_reason", "&s", &reason);
  g_print ("%" G_GINT64_FORMAT " is %s %s\n", client_id, status, reason);
  if (g_strv_contains ((const char *const[]){ "failed", "cancelled", NULL }, status))
    chat->failed = TRUE;
  else if (!g_str_equal (status, "sent"))
    return;
  g_hash_table_remove (chat->open, &client_id);
  if (g_hash_table_size (chat->open) == 0)
    g_main_loop_quit (chat->loop);
}

static void
on_messages (FlooEvents *events, guint64 serial, GVariant *messages, gpointer user_data)
{
  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (messages, i);
      const char *content;
      gint64 from;

      g_variant_get_child (message, 2, "x", &from);
      g_variant_get_child (message, 5, "&s", &content);
      g_print ("%" G_GINT64_FORMAT ": %s\n", from, content);
    }
}

static void
on_progress (FlooTransfer *transfer, GParamSpec *property, gpointer user_data)
{
  g_print ("%s: %s, %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " bytes\n", floo_transfer_get_name (transfer),
           floo_transfer_get_status (transfer), floo_transfer_get_transferred (transfer), floo_transfer_get_total (transfer));
}

/* Each file on its way is an object of its own, whichever client began it. */
static void
on_transfer (GDBusObjectManager *manager, GDBusObject *object, gpointer user_data)
{
  g_autoptr (FlooTransfer) transfer = floo_object_get_transfer (FLOO_OBJECT (object));

  if (transfer == NULL)
    return;
  on_progress (transfer, NULL, NULL);
  g_signal_connect (transfer, "notify", G_CALLBACK (on_progress), NULL);
}

/* What is returned is on the daemon's disk, and will be sent: now or when there is a connection again. */
static gboolean
send_file (FlooConversations *conversations, gint64 user, const char *path, gint64 *client_id, GError **error)
{
  g_autoptr (GUnixFDList) files = g_unix_fd_list_new ();
  g_autofree char *name = g_path_get_basename (path), *transfer = NULL;
  int file = open (path, O_RDONLY | O_CLOEXEC);
  int index = g_unix_fd_list_append (files, file, error);

  if (file >= 0)
    close (file);
  return index >= 0
         && floo_conversations_call_send_file_sync (conversations, "roster", user, "file", g_variant_new_handle (index), name,
                                                    g_variant_new ("a{sv}", NULL), files, client_id, &transfer, NULL, NULL, error);
}

static gboolean
run (Chat *chat, gint64 user, const char *text, const char *path, GError **error)
{
  g_autoptr (FlooConversations) conversations = NULL;
  g_autoptr (FlooEvents) events = NULL;
  g_autoptr (GDBusObjectManager) manager = NULL;
  gint64 client_id;

  conversations = floo_conversations_proxy_new_for_bus_sync (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, NAME, OBJECT, NULL, error);
  if (conversations == NULL)
    return FALSE;
  events = floo_events_proxy_new_for_bus_sync (G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_NONE, NAME, OBJECT, NULL, error);
  if (events == NULL)
    return FALSE;
  manager = floo_object_manager_client_new_for_bus_sync (G_BUS_TYPE_SESSION, G_DBUS_OBJECT_MANAGER_CLIENT_FLAGS_NONE, NAME, OBJECT, NULL,
                                                         error);
  if (manager == NULL)
    return FALSE;
  g_signal_connect (events, "sending-message-status-changed", G_CALLBACK (on_status), chat);
  g_signal_connect (events, "roster-messages", G_CALLBACK (on_messages), NULL);
  g_signal_connect (manager, "object-added", G_CALLBACK (on_transfer), NULL);
  /* The signals about a message come behind the reply, so its number is known before them. */
  if (!floo_conversations_call_send_text_sync (conversations, "roster", user, text, &client_id, NULL, error))
    return FALSE;
  g_hash_table_add (chat->open, g_memdup2 (&client_id, sizeof client_id));
  if (path != NULL)
    {
      if (!send_file (conversations, user, path, &client_id, error))
        return FALSE;
      g_hash_table_add (chat->open, g_memdup2 (&client_id, sizeof client_id));
    }
  g_main_loop_run (chat->loop);
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GHashTable) open = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_autoptr (GError) error = NULL;
  Chat chat = { loop, open, FALSE };

  if (argc < 3 || argc > 4)
    {
      g_printerr ("Usage: %s USER-ID TEXT [FILE]\n", argv[0]);
      return 64;
    }
  if (!run (&chat, g_ascii_strtoll (argv[1], NULL, 10), argv[2], argv[3], &error))
    {
      g_dbus_error_strip_remote_error (error);
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }
  return chat.failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
