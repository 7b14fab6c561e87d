/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * start.c: starting the daemon, and saying why it cannot be started.
 *
 * D-Bus activation by systemd gives no reply when the unit fails: the caller runs into its timeout. So the configuration is checked first,
 * and where systemd is on the bus it is asked to start the unit, which reports the result at once.
 */
#include "cli/cli.h"

#include <string.h>

#include "base/config.h"
#include "base/names.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define SYSTEMD_PATH "/org/freedesktop/systemd1"
#define START_TIMEOUT_MS 25000

typedef struct
{
  FlooCli *cli;
  char *unit; /* flooimd.service */
  GMainLoop *loop;
  char *job;         /* (nullable): path of the job that starts it */
  GHashTable *ended; /* path of a job -> its result; it may end before its path is known */
} Start;

static GVariant *
call_systemd (FlooCli *cli, const char *path, const char *interface, const char *method, GVariant *args, GError **error)
{
  return g_dbus_connection_call_sync (cli->connection, SYSTEMD, path, interface, method, args, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START,
                                      START_TIMEOUT_MS, NULL, error);
}

static GVariant *
call_manager (FlooCli *cli, const char *method, GVariant *args, GError **error)
{
  return call_systemd (cli, SYSTEMD_PATH, SYSTEMD ".Manager", method, args, error);
}

/* Ignores the result: later steps show whether it worked. */
static void
tell_manager (FlooCli *cli, const char *method, GVariant *args)
{
  GVariant *reply = call_manager (cli, method, args, NULL);

  if (reply != NULL)
    g_variant_unref (reply);
}

/* Returns: (transfer full) (nullable): a property of the unit */
static GVariant *
get_unit_property (Start *start, const char *path, const char *interface, const char *name)
{
  g_autoptr (GVariant) reply
      = call_systemd (start->cli, path, "org.freedesktop.DBus.Properties", "Get", g_variant_new ("(ss)", interface, name), NULL);
  GVariant *value = NULL;

  if (reply != NULL && g_variant_is_of_type (reply, G_VARIANT_TYPE ("(v)")))
    g_variant_get (reply, "(v)", &value);
  return value;
}

static gboolean
property_is (Start *start, const char *path, const char *name, const char *text)
{
  g_autoptr (GVariant) value = get_unit_property (start, path, SYSTEMD ".Unit", name);

  return value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) && strcmp (g_variant_get_string (value, NULL), text) == 0;
}

/* Returns: (transfer full) (nullable): the unit's object; NULL: there is no systemd, or it knows no such unit */
static char *
load_unit (Start *start)
{
  g_autoptr (GVariant) reply = call_manager (start->cli, "LoadUnit", g_variant_new ("(s)", start->unit), NULL);
  g_autofree char *path = NULL;

  if (reply == NULL || !g_variant_is_of_type (reply, G_VARIANT_TYPE ("(o)")))
    return NULL;
  g_variant_get (reply, "(o)", &path);
  return property_is (start, path, "LoadState", "loaded") ? g_steal_pointer (&path) : NULL;
}

/* What the exit statuses of flooimd mean, see flooimd(1). */
static const char *
exit_text (int status)
{
  static const struct
  {
    int status;
    const char *text;
  } texts[] = {
    { 64, "its command line is wrong" },
    { 69, "it lost the session bus" },
    { 71, "its limit of open files is too low" },
    { 73, "its data folder cannot be created or used" },
    { 74, "another program cut one of its files short" },
    { 75, "another process has its data folder or its name" },
    { 78, "its configuration is wrong" },
    { 217, "the kernel forbids user namespaces, see no-user-namespaces.conf in the folder of examples" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (texts[i].status == status)
      return texts[i].text;
  return "the log tells why";
}

static gboolean
tell_failure (Start *start, const char *path, GError **error)
{
  g_autoptr (GVariant) result = get_unit_property (start, path, SYSTEMD ".Service", "Result");
  g_autoptr (GVariant) status = get_unit_property (start, path, SYSTEMD ".Service", "ExecMainStatus");
  const char *text
      = result != NULL && g_variant_is_of_type (result, G_VARIANT_TYPE_STRING) ? g_variant_get_string (result, NULL) : "unknown";
  int number = status != NULL && g_variant_is_of_type (status, G_VARIANT_TYPE_INT32) ? g_variant_get_int32 (status) : 0;

  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_DAEMON,
               "the daemon cannot be started: %s failed (%s, status %d): %s; see: journalctl --user -u %s", start->unit, text, number,
               exit_text (number), start->unit);
  return FALSE;
}

static void
on_job_removed (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
                GVariant *args, gpointer user_data)
{
  Start *start = user_data;
  const char *job, *result;

  if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(uoss)")))
    return;
  g_variant_get (args, "(u&os&s)", NULL, &job, NULL, &result);
  g_hash_table_replace (start->ended, g_strdup (job), g_strdup (result));
  if (g_strcmp0 (start->job, job) == 0)
    g_main_loop_quit (start->loop);
}

static gboolean
on_timeout (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
run_job (Start *start, const char *path, GError **error)
{
  g_autoptr (GVariant) reply = call_manager (start->cli, "StartUnit", g_variant_new ("(ss)", start->unit, "replace"), error);
  const char *result;
  guint timer;

  if (reply == NULL)
    {
      g_prefix_error (error, "the daemon cannot be started: %s: ", start->unit);
      return FALSE;
    }
  g_variant_get (reply, "(o)", &start->job);
  timer = g_timeout_add (START_TIMEOUT_MS, on_timeout, start->loop);
  if (!g_hash_table_contains (start->ended, start->job))
    g_main_loop_run (start->loop);
  g_source_remove (timer);
  result = g_hash_table_lookup (start->ended, start->job);
  if (g_strcmp0 (result, "done") == 0)
    return TRUE;
  if (result != NULL)
    return tell_failure (start, path, error);
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_DAEMON, "%s is still starting after %d s; see: systemctl --user status %s",
               start->unit, START_TIMEOUT_MS / 1000, start->unit);
  return FALSE;
}

static gboolean
start_unit (Start *start, const char *path, GError **error)
{
  GDBusConnection *connection = start->cli->connection;
  guint subscription;
  gboolean done;

  /* The unit's start limit is for automatic restarts; this start was requested by a user. */
  if (property_is (start, path, "ActiveState", "failed"))
    tell_manager (start->cli, "ResetFailedUnit", g_variant_new ("(s)", start->unit));
  start->loop = g_main_loop_new (NULL, FALSE);
  start->ended = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  subscription = g_dbus_connection_signal_subscribe (connection, SYSTEMD, SYSTEMD ".Manager", "JobRemoved", SYSTEMD_PATH, NULL,
                                                     G_DBUS_SIGNAL_FLAGS_NONE, on_job_removed, start, NULL);
  tell_manager (start->cli, "Subscribe", NULL);
  done = run_job (start, path, error);
  g_dbus_connection_signal_unsubscribe (connection, subscription);
  g_hash_table_unref (start->ended);
  g_main_loop_unref (start->loop);
  return done;
}

static gboolean
activate (FlooCli *cli, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_sync (
      cli->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "StartServiceByName",
      g_variant_new ("(su)", cli->bus_name, 0), NULL, G_DBUS_CALL_FLAGS_NONE, START_TIMEOUT_MS, NULL, &local);

  if (reply != NULL)
    return TRUE;
  g_dbus_error_strip_remote_error (local);
  if (cli->instance != NULL)
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_DAEMON,
                 "the instance %s does not run; start it with: systemctl --user start flooimd@%s, or: flooimd --instance %s &",
                 cli->instance, cli->instance, cli->instance);
  else if (g_error_matches (local, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN))
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_DAEMON,
                 "the daemon does not run and cannot be started: this bus knows no service %s; start it with: flooimd &", cli->bus_name);
  else
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_DAEMON,
                 "the daemon does not run and cannot be started: %s; to see why, run: flooimd", local->message);
  return FALSE;
}

gboolean
floo_cli_start_daemon (FlooCli *cli, GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (FlooConfig) config = floo_config_load (cli->instance, NULL, NULL, &local);
  Start start = { .cli = cli };
  g_autofree char *path = NULL;
  gboolean done;

  if (config == NULL)
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_NO_DAEMON,
                   "the daemon cannot be started: %s; fix that and try again", local->message);
      return FALSE;
    }
  start.unit = cli->instance != NULL ? g_strdup_printf ("flooimd@%s.service", cli->instance) : g_strdup ("flooimd.service");
  path = load_unit (&start);
  done = path != NULL ? start_unit (&start, path, error) : activate (cli, error);
  g_free (start.unit);
  g_free (start.job);
  return done;
}
