/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status.c: `flooim status`. */
#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include "base/names.h"
#include "cli/commands.h"
#include "cli/text.h"

typedef enum
{
  SHOW_TEXT,
  SHOW_NUMBER,
  SHOW_TIME,
  SHOW_ERROR,
  SHOW_KEYRING
} ShowKind;

static const struct
{
  const char *key;
  const char *label;
  ShowKind kind;
} fields[] = {
  { "State", "State", SHOW_TEXT },
  { "LastError", "Last error", SHOW_ERROR },
  { "NextRetry", "Next retry", SHOW_TIME },
  { "attempts", "Failed attempts", SHOW_NUMBER },
  { "Username", "User name", SHOW_TEXT },
  { "UserId", "User id", SHOW_NUMBER },
  { "AppId", "Application", SHOW_TEXT },
  { "DeviceSn", "Device", SHOW_NUMBER },
  { "Server", "Server", SHOW_TEXT },
  { "endpoint", "Connection", SHOW_TEXT },
  { "connected_since", "Connected since", SHOW_TIME },
  { "last_contact", "Last contact", SHOW_TIME },
  { "UnreadTotal", "Unread messages", SHOW_NUMBER },
  { "Queued", "Waiting to be sent", SHOW_NUMBER },
  { "Failed", "Could not be sent", SHOW_NUMBER },
  { "store", "Store", SHOW_TEXT },
  { "keyring", "Secrets", SHOW_KEYRING },
  { "DaemonVersion", "Version", SHOW_TEXT },
};

/* Returns: (transfer full): "" where there is nothing to say */
static char *
format_field (FlooCli *cli, ShowKind kind, GVariant *value)
{
  g_autofree char *text = NULL;
  const char *words = "";

  switch (kind)
    {
    case SHOW_ERROR:
      if (g_variant_is_of_type (value, G_VARIANT_TYPE ("(ss)")))
        g_variant_get (value, "(&s&s)", NULL, &words);
      return g_strdup (words);
    case SHOW_KEYRING:
      return g_strdup (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean (value) ? "in the Secret Service"
                                                                                                             : "in a file");
    case SHOW_TIME:
      return floo_text_time (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) ? g_variant_get_int64 (value) : 0);
    case SHOW_NUMBER:
    case SHOW_TEXT:
    default:
      text = floo_text_value (cli, value, NULL, FLOO_COLUMN_PLAIN);
      return g_strdup (kind == SHOW_NUMBER && strcmp (text, "0") == 0 ? "" : text);
    }
}

static gboolean
print_status (FlooCli *cli, GError **error)
{
  g_autoptr (GVariant) reply = floo_cli_call (cli, "Account.GetStatus", NULL, error);
  g_autoptr (GVariant) status = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;

  if (status == NULL)
    return FALSE;
  if (cli->json)
    {
      floo_text_json (status);
      return TRUE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (status, fields[i].key, NULL);
      g_autofree char *text = value != NULL ? format_field (cli, fields[i].kind, value) : NULL;
      g_autofree char *shown = text != NULL ? floo_text_clean (text, FALSE) : NULL;

      if (shown != NULL && *shown != '\0')
        printf ("%-20s%s\n", fields[i].label, shown);
    }
  return TRUE;
}

/* ---- --watch ---- */

typedef struct
{
  FlooCli *cli;
  GMainLoop *loop;
  char *last; /* (nullable): what was printed */
} Watch;

/* A line for each change of what matters: state, error, unread, waiting. */
static void
print_change (Watch *watch)
{
  g_autoptr (GVariant) properties = floo_cli_get_properties (watch->cli, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, NULL);
  const char *state = "not running", *reason = "";
  guint unread = 0, queued = 0;
  g_autofree char *now = floo_text_time (g_get_real_time () / 1000);
  g_autofree char *text = NULL;

  if (properties != NULL)
    {
      g_variant_lookup (properties, "State", "&s", &state);
      g_variant_lookup (properties, "LastError", "(&s&s)", NULL, &reason);
      g_variant_lookup (properties, "UnreadTotal", "u", &unread);
      g_variant_lookup (properties, "Queued", "u", &queued);
    }
  text = g_strdup_printf ("%s\t%u\t%u\t%s", state, unread, queued, reason);
  if (g_strcmp0 (text, watch->last) == 0)
    return;
  g_free (watch->last);
  watch->last = g_strdup (text);
  if (watch->cli->json && properties != NULL)
    floo_text_json (properties);
  else if (watch->cli->json)
    floo_text_line ("{\"State\":\"not running\"}");
  else
    printf ("%s  %s, %u unread, %u waiting%s%s\n", now, state, unread, queued, *reason != '\0' ? ": " : "", reason);
  fflush (stdout);
}

static void
on_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *args,
            gpointer user_data)
{
  print_change (user_data);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  print_change (user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  print_change (user_data);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Watch *watch = user_data;

  g_main_loop_quit (watch->loop);
  return G_SOURCE_CONTINUE;
}

static int
watch_status (FlooCli *cli)
{
  Watch watch = { .cli = cli, .loop = g_main_loop_new (NULL, FALSE) };
  guint changes
      = g_dbus_connection_signal_subscribe (cli->connection, cli->bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                            FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, G_DBUS_SIGNAL_FLAGS_NONE, on_changed, &watch, NULL);
  guint name = g_bus_watch_name_on_connection (cli->connection, cli->bus_name, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished,
                                               &watch, NULL);
  guint interrupt = g_unix_signal_add (SIGINT, on_interrupt, &watch);

  g_main_loop_run (watch.loop);
  g_source_remove (interrupt);
  g_bus_unwatch_name (name);
  g_dbus_connection_signal_unsubscribe (cli->connection, changes);
  g_main_loop_unref (watch.loop);
  g_free (watch.last);
  return FLOO_EXIT_INTERRUPTED;
}

int
floo_cli_run_status (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;

  if (floo_cli_option (cli, "watch") != NULL)
    return floo_cli_start (cli, &error) ? watch_status (cli) : floo_cli_fail (cli, error);
  return print_status (cli, &error) ? 0 : floo_cli_fail (cli, error);
}
