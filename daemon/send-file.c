/* SPDX-License-Identifier: GPL-3.0-or-later */
/* send-file.c: `flooimd send-file`: a message with a file, and how far it has come. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>
#include <glib-unix.h>

#include "app.h"
#include "base/media-type.h"
#include "base/names.h"
#include "commands.h"

#define BAR_WIDTH 30
#define EXIT_INTERRUPTED 130

typedef struct {
  FlooCommand *command;
  GMainLoop *loop;
  char *path;           /* of the transfer */
  gboolean bar;         /* there is somebody to see it */
  gint64 client_id;
  int exit_code;
} SendFile;

/* ---- what is to be sent ---- */

/* What a conversation is; the daemon knows those that there are, and the groups. */
static const char *
find_to_type (FlooCommand *command, gint64 conversation)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (command->connection, command->bus_name, FLOO_OBJECT_PATH,
                                                            FLOO_IFACE_CONVERSATIONS, "Get", g_variant_new ("(x)", conversation),
                                                            G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  g_autoptr (GVariant) joined = NULL;
  g_autoptr (GVariant) ids = NULL;

  if (reply != NULL)
    {
      g_autoptr (GVariant) details = g_variant_get_child_value (reply, 0);
      const char *type = NULL;

      g_variant_lookup (details, "type", "&s", &type);
      return g_strcmp0 (type, "group") == 0 ? "group" : "roster";
    }
  joined = g_dbus_connection_call_sync (command->connection, command->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_GROUPS, "ListJoined",
                                        g_variant_new ("(b)", FALSE), G_VARIANT_TYPE ("(axt)"), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
  ids = joined != NULL ? g_variant_get_child_value (joined, 0) : NULL;
  for (gsize i = 0; ids != NULL && i < g_variant_n_children (ids); i++)
    {
      gint64 id;

      g_variant_get_child (ids, i, "x", &id);
      if (id == conversation)
        return "group";
    }
  return "roster";
}

/* By what is in it; a pipe's content nobody knows yet. */
static const char *
find_type (int fd, const char *name)
{
  static const char *const prefixes[][2] = { { "image/", "image" }, { "audio/", "audio" }, { "video/", "video" } };
  guint8 head[4096];
  ssize_t len = pread (fd, head, sizeof head, 0);
  g_autofree char *media_type = floo_media_type_guess (name, head, (gsize) MAX (len, 0));

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (media_type, prefixes[i][0]))
      return prefixes[i][1];
  return "file";
}

/* ---- how far it is ---- */

static void
show_progress (const SendFile *send, guint64 transferred, guint64 total, gboolean waits)
{
  g_autofree char *done = g_format_size (transferred);
  g_autofree char *all = total > 0 ? g_format_size (total) : g_strdup ("?");
  char bar[BAR_WIDTH + 1];
  guint filled = total > 0 ? (guint) ((double) MIN (transferred, total) / (double) total * BAR_WIDTH) : 0;

  if (!send->bar)
    return;
  memset (bar, '#', filled);
  memset (bar + filled, '.', BAR_WIDTH - filled);
  bar[BAR_WIDTH] = '\0';
  g_printerr ("\r[%s] %s of %s%s", bar, done, all, waits ? ", waiting  " : "           ");
}

static void
finish (SendFile *send, int exit_code)
{
  if (send->bar)
    g_printerr ("\n");
  send->exit_code = exit_code;
  g_main_loop_quit (send->loop);
}

/* @properties: a{sv} of the transfer. */
static void
look_at (SendFile *send, GVariant *properties)
{
  const char *status = "", *text = "";
  guint64 transferred = 0, total = 0;

  g_variant_lookup (properties, "Transferred", "t", &transferred);
  g_variant_lookup (properties, "Total", "t", &total);
  g_variant_lookup (properties, "Status", "&s", &status);
  show_progress (send, transferred, total, g_str_equal (status, "queued"));
  if (g_str_equal (status, "complete"))
    finish (send, EXIT_SUCCESS);
  else if (g_str_equal (status, "error") || g_str_equal (status, "cancelled"))
    {
      g_variant_lookup (properties, "Error", "(&s&s)", NULL, &text);
      if (send->bar)
        g_printerr ("\n");
      send->bar = FALSE;
      g_printerr ("%s: message %" G_GINT64_FORMAT ": %s\n", g_get_prgname (), send->client_id, *text != '\0' ? text : "it was cancelled");
      finish (send, EXIT_FAILURE);
    }
}

/* All of them, since a change tells only what has changed. */
static void
ask (SendFile *send)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      send->command->connection, send->command->bus_name, send->path, "org.freedesktop.DBus.Properties", "GetAll",
      g_variant_new ("(s)", FLOO_IFACE_TRANSFER), G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL);
  g_autoptr (GVariant) properties = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;

  if (properties != NULL)
    look_at (send, properties);
  else
    {
      g_printerr ("%s: the daemon went away; it goes on with the file when it is back\n", g_get_prgname ());
      finish (send, EXIT_FAILURE);
    }
}

static void
on_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
            GVariant *args, gpointer user_data)
{
  ask (user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  ask (user_data);
}

static gboolean
on_interrupt (gpointer user_data)
{
  SendFile *send = user_data;

  if (send->bar)
    g_printerr ("\n");
  send->bar = FALSE;
  g_printerr ("%s: the daemon goes on with message %" G_GINT64_FORMAT " by itself\n", g_get_prgname (), send->client_id);
  finish (send, EXIT_INTERRUPTED);
  return G_SOURCE_CONTINUE;
}

static void
watch (SendFile *send)
{
  GDBusConnection *connection = send->command->connection;
  guint changes
      = g_dbus_connection_signal_subscribe (connection, send->command->bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                            send->path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_changed, send, NULL);
  guint name
      = g_bus_watch_name_on_connection (connection, send->command->bus_name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished, send, NULL);
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, send);

  send->loop = g_main_loop_new (NULL, FALSE);
  send->bar = isatty (STDERR_FILENO);
  send->exit_code = -1;
  ask (send);
  if (send->exit_code < 0)
    g_main_loop_run (send->loop);
  g_source_remove (interrupt);
  g_bus_unwatch_name (name);
  g_dbus_connection_signal_unsubscribe (connection, changes);
  g_main_loop_unref (send->loop);
}

/* ---- the command ---- */

static int
send_it (FlooCommand *command, gint64 conversation, int fd, const char *name, const char *type)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new_from_array (&fd, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  SendFile send = { .command = command };

  reply = g_dbus_connection_call_with_unix_fd_list_sync (
      command->connection, command->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_CONVERSATIONS, "SendFile",
      g_variant_new ("(sxshs@a{sv})", find_to_type (command, conversation), conversation, type != NULL ? type : find_type (fd, name), 0,
                     name, g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0)),
      G_VARIANT_TYPE ("(xo)"), G_DBUS_CALL_FLAGS_NONE, FLOO_COMMAND_TIMEOUT_MS, fds, NULL, NULL, &error);
  if (reply == NULL)
    {
      floo_command_print_error (error);
      return EXIT_FAILURE;
    }
  g_variant_get (reply, "(xo)", &send.client_id, &send.path);
  watch (&send);
  if (send.exit_code == EXIT_SUCCESS)
    g_print ("%" G_GINT64_FORMAT "\n", send.client_id);
  g_free (send.path);
  return send.exit_code;
}

/* Returns: a descriptor; -1: that was said */
static int
open_file (const char *path)
{
  int fd = g_str_equal (path, "-") ? dup (STDIN_FILENO) : open (path, O_RDONLY | O_CLOEXEC);
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) == 0 && S_ISDIR (info.st_mode))
    {
      close (fd);
      fd = -1;
      errno = EISDIR;
    }
  if (fd < 0)
    g_printerr ("%s: %s: %s\n", g_get_prgname (), path, g_strerror (errno));
  return fd;
}

int
floo_command_send_file (FlooCommand *self, int argc, char **argv)
{
  g_auto (GStrv) rest = NULL;
  g_autofree char *name = NULL;
  g_autofree char *type = NULL;
  g_autofree char *shown = NULL;
  const GOptionEntry entries[] = {
    { "name", 'n', 0, G_OPTION_ARG_FILENAME, &name, "What the receivers see as the file's name", "NAME" },
    { "type", 't', 0, G_OPTION_ARG_STRING, &type, "image, audio, video or file; by its content if not given", "TYPE" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &rest, NULL, "CONVERSATION PATH" },
    { NULL }
  };
  gint64 conversation;
  int exit_code, fd;

  if (!floo_command_parse (self, argc, argv, entries, &exit_code))
    return exit_code;
  if (rest == NULL || g_strv_length (rest) != 2 || !g_ascii_string_to_signed (rest[0], 10, 1, G_MAXINT64, &conversation, NULL))
    {
      g_printerr ("%s: needs the id of a user or group, and a path (- is the standard input)\n", g_get_prgname ());
      return EX_USAGE;
    }
  fd = open_file (rest[1]);
  if (fd < 0)
    return EXIT_FAILURE;
  shown = name != NULL                 ? g_filename_display_name (name)
          : g_str_equal (rest[1], "-") ? g_strdup ("file")
                                       : g_filename_display_basename (rest[1]);
  return send_it (self, conversation, fd, shown, type); /* which takes the descriptor */
}
