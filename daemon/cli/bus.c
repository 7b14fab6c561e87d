/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bus.c: the session bus, and calls of the daemon's methods. */
#include "cli/cli.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "cli/interfaces.h"

#define CONNECT_TIMEOUT_MS 10000

/* Cron, ssh and su have no DBUS_SESSION_BUS_ADDRESS; the bus of the user's session is where systemd and most logins put it. */
static char *
dup_address (GError **error)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *runtime = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *folder = runtime != NULL && *runtime != '\0' ? g_strdup (runtime) : g_strdup_printf ("/run/user/%u", (guint) getuid ());
  g_autofree char *path = g_build_filename (folder, "bus", NULL);
  g_autofree char *escaped = g_dbus_address_escape_value (path);

  if (address != NULL && *address != '\0')
    return g_strdup (address);
  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return g_strconcat ("unix:path=", escaped, NULL);
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_BUS,
               "there is no session bus: DBUS_SESSION_BUS_ADDRESS is not set and %s does not exist; log in, or keep a session of yours "
               "without a login: loginctl enable-linger %s",
               path, g_get_user_name ());
  return NULL;
}

typedef struct
{
  GMainLoop *loop;
  GCancellable *cancellable;
  GDBusConnection *connection;
  GError *error;
} Connecting;

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Connecting *connecting = user_data;

  connecting->connection = g_dbus_connection_new_for_address_finish (result, &connecting->error);
  g_main_loop_quit (connecting->loop);
}

static gboolean
on_connect_timeout (gpointer user_data)
{
  Connecting *connecting = user_data;

  g_cancellable_cancel (connecting->cancellable);
  return G_SOURCE_CONTINUE;
}

gboolean
floo_cli_connect (FlooCli *cli, GError **error)
{
  g_autofree char *address = NULL;
  Connecting connecting = { 0 };
  guint timer;

  if (cli->connection != NULL)
    return TRUE;
  (void) FLOO_ERROR; /* so that its names are known when errors come from the bus */
  address = dup_address (error);
  if (address == NULL)
    return FALSE;
  connecting.loop = g_main_loop_new (NULL, FALSE);
  connecting.cancellable = g_cancellable_new ();
  timer = g_timeout_add (CONNECT_TIMEOUT_MS, on_connect_timeout, &connecting);
  g_dbus_connection_new_for_address (address,
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
                                     connecting.cancellable, on_connected, &connecting);
  g_main_loop_run (connecting.loop);
  g_source_remove (timer);
  g_main_loop_unref (connecting.loop);
  g_object_unref (connecting.cancellable);
  cli->connection = connecting.connection;
  if (cli->connection == NULL)
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_BUS, "the session bus %s cannot be reached: %s", address,
                   floo_error_is_cancelled (connecting.error) ? "it does not answer" : connecting.error->message);
      g_error_free (connecting.error);
      return FALSE;
    }
  signal (SIGPIPE, SIG_DFL); /* GSocket ignores it for the whole process; a pipe that is closed shall end it */
  return TRUE;
}

char *
floo_cli_dup_owner (FlooCli *cli)
{
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      cli->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner",
      g_variant_new ("(s)", cli->bus_name), G_VARIANT_TYPE ("(s)"), G_DBUS_CALL_FLAGS_NONE, FLOO_CLI_TIMEOUT_MS, NULL, NULL);
  char *owner = NULL;

  if (reply != NULL)
    g_variant_get (reply, "(s)", &owner);
  return owner;
}

gboolean
floo_cli_start (FlooCli *cli, GError **error)
{
  g_autofree char *owner = NULL;

  if (!floo_cli_connect (cli, error))
    return FALSE;
  if (cli->is_running)
    return TRUE;
  owner = floo_cli_dup_owner (cli);
  if (owner == NULL && !floo_cli_start_daemon (cli, error))
    return FALSE;
  cli->is_running = TRUE;
  return TRUE;
}

/* Errors of a call to the daemon that was seen running. */
static void
explain (GError **error)
{
  GError *local = *error;

  if (g_error_matches (local, G_DBUS_ERROR, G_DBUS_ERROR_NO_REPLY) || g_error_matches (local, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
      || g_error_matches (local, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER) || g_error_matches (local, G_IO_ERROR, G_IO_ERROR_CLOSED))
    *error = g_error_new (FLOO_CLI_ERROR, FLOO_CLI_ERROR_DAEMON_GONE, "the daemon went away during the call; try again");
  else if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    *error = g_error_new (FLOO_CLI_ERROR, FLOO_CLI_ERROR_TIMEOUT, "the daemon did not answer within %d s", FLOO_CLI_TIMEOUT_MS / 1000);
  else
    return;
  g_error_free (local);
}

GVariant *
floo_cli_call_full (FlooCli *cli, const char *path, const char *method, GVariant *args, GUnixFDList *fds, GUnixFDList **out_fds,
                    GError **error)
{
  const GDBusInterfaceInfo *interface = NULL;
  const GDBusMethodInfo *info = floo_find_method (method, &interface);
  g_autoptr (GVariantType) type = NULL;
  g_autoptr (GVariant) taken = args != NULL ? g_variant_ref_sink (args) : NULL;
  GVariant *reply;

  g_return_val_if_fail (info != NULL, NULL);
  if (!floo_cli_start (cli, error))
    return NULL;
  type = floo_args_type (info->out_args);
  reply = g_dbus_connection_call_with_unix_fd_list_sync (cli->connection, cli->bus_name, path != NULL ? path : FLOO_OBJECT_PATH,
                                                         interface->name, info->name, taken, type, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                                         FLOO_CLI_TIMEOUT_MS, fds, out_fds, NULL, error);
  if (reply == NULL && error != NULL)
    explain (error);
  return reply;
}

GVariant *
floo_cli_call (FlooCli *cli, const char *method, GVariant *args, GError **error)
{
  return floo_cli_call_full (cli, NULL, method, args, NULL, NULL, error);
}

GVariant *
floo_reply_get (const char *method, GVariant *reply, const char *name)
{
  const GDBusMethodInfo *info = floo_find_method (method, NULL);

  for (guint i = 0; i < floo_n_args (info->out_args); i++)
    if (strcmp (info->out_args[i]->name, name) == 0)
      return g_variant_get_child_value (reply, i);
  g_assert_not_reached ();
}

GVariant *
floo_cli_get_properties (FlooCli *cli, const char *path, const char *interface, GError **error)
{
  g_autoptr (GVariant) reply = NULL;

  if (!floo_cli_connect (cli, error))
    return NULL;
  reply = g_dbus_connection_call_sync (cli->connection, cli->bus_name, path, "org.freedesktop.DBus.Properties", "GetAll",
                                       g_variant_new ("(s)", interface), G_VARIANT_TYPE ("(a{sv})"), G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                       FLOO_CLI_TIMEOUT_MS, NULL, error);
  if (reply == NULL && error != NULL)
    explain (error);
  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}
