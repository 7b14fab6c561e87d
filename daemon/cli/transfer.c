/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/transfer.h"

#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include "base/names.h"
#include "cli/text.h"

/* A progress bar is shown after this time. */
#define BAR_AFTER_US 500000
#define MAX_BAR 40

typedef struct
{
  FlooCli *cli;
  GMainLoop *loop;
  const char *path;
  gint64 began;   /* monotonic, us */
  gboolean shown; /* there is a bar */
  guint64 transferred;
  guint stall_seconds;
  guint timer;
  gboolean offline_told;
  GVariant *properties; /* (nullable) */
  GError *error;        /* (nullable) */
} Wait;

static void
clear_bar (Wait *wait)
{
  if (wait->shown)
    fprintf (stderr, "\r\033[K");
  wait->shown = FALSE;
}

static void
show_bar (Wait *wait, guint64 total)
{
  const char *name = "";
  g_autofree char *done = g_format_size (wait->transferred);
  g_autofree char *all = g_format_size (total);
  g_autofree char *amounts = g_strdup_printf (" %s of %s ", done, all);
  g_autoptr (GString) line = g_string_new ("[");
  guint width = floo_text_width () - 1;
  guint bar = MIN (MAX_BAR, width / 3);
  guint filled = (guint) ((double) MIN (wait->transferred, total) / (double) total * bar);

  if (!floo_text_is_error_terminal () || g_get_monotonic_time () - wait->began < BAR_AFTER_US)
    return;
  g_variant_lookup (wait->properties, "Name", "&s", &name);
  g_autofree char *clean = floo_text_clean (name, FALSE);
  for (guint i = 0; i < bar; i++)
    g_string_append_c (line, i < filled ? '#' : '.');
  g_string_append_printf (line, "]%s", amounts);
  if (floo_text_columns (line->str) < width)
    floo_text_append_fitted (line, clean, width - floo_text_columns (line->str), FALSE);
  else
    g_string_truncate (line, bar + 2);
  fprintf (stderr, "\r\033[K%s", line->str);
  fflush (stderr);
  wait->shown = TRUE;
}

static void
fail (Wait *wait, GError *error)
{
  if (wait->error == NULL)
    wait->error = error;
  else
    g_error_free (error);
  g_main_loop_quit (wait->loop);
}

static gboolean
on_stalled (gpointer user_data)
{
  Wait *wait = user_data;

  wait->timer = 0;
  fail (wait, g_error_new (FLOO_CLI_ERROR, FLOO_CLI_ERROR_TIMEOUT, "no progress for %u s; the daemon continues the transfer",
                           wait->stall_seconds));
  return G_SOURCE_REMOVE;
}

static void
restart_timer (Wait *wait)
{
  if (wait->timer != 0)
    g_source_remove (wait->timer);
  wait->timer = g_timeout_add_seconds (wait->stall_seconds, on_stalled, wait);
}

/* A transfer that waits because the daemon is offline does not show that itself. */
static void
tell_offline (Wait *wait)
{
  g_autoptr (GVariant) properties = floo_cli_get_properties (wait->cli, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, NULL);
  const char *state = "online";

  if (properties != NULL)
    g_variant_lookup (properties, "State", "&s", &state);
  if (wait->offline_told || strcmp (state, "online") == 0)
    return;
  wait->offline_told = TRUE;
  floo_cli_note (wait->cli, "the daemon is %s: the file waits until it is online", state);
}

static GError *
make_error (GVariant *properties, const char *status)
{
  const char *name = "", *text = "";

  g_variant_lookup (properties, "Error", "(&s&s)", &name, &text);
  if (strcmp (status, "cancelled") == 0 || *name == '\0')
    return g_error_new_literal (FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED, "the transfer was cancelled");
  return g_dbus_error_new_for_dbus_error (name, text);
}

/* Asks for all properties: a change tells only what has changed. */
static void
look (Wait *wait)
{
  GError *error = NULL;
  GVariant *properties = floo_cli_get_properties (wait->cli, wait->path, FLOO_IFACE_TRANSFER, &error);
  const char *status = "";
  guint64 transferred = 0, total = 0;

  if (properties == NULL)
    {
      fail (wait, error);
      return;
    }
  g_clear_pointer (&wait->properties, g_variant_unref);
  wait->properties = properties;
  g_variant_lookup (properties, "Status", "&s", &status);
  g_variant_lookup (properties, "Transferred", "t", &transferred);
  g_variant_lookup (properties, "Total", "t", &total);
  if (transferred > wait->transferred)
    restart_timer (wait);
  wait->transferred = MAX (transferred, wait->transferred);
  if (total > 0)
    show_bar (wait, total);
  if (strcmp (status, "queued") == 0)
    tell_offline (wait);
  if (strcmp (status, "complete") == 0)
    g_main_loop_quit (wait->loop);
  else if (strcmp (status, "error") == 0 || strcmp (status, "cancelled") == 0)
    fail (wait, make_error (properties, status));
}

static gboolean
is_complete (const Wait *wait)
{
  const char *status = "";

  if (wait->properties != NULL)
    g_variant_lookup (wait->properties, "Status", "&s", &status);
  return strcmp (status, "complete") == 0;
}

static void
on_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *args,
            gpointer user_data)
{
  Wait *wait = user_data;

  if (wait->error == NULL && !is_complete (wait))
    look (wait);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  fail (user_data,
        g_error_new (FLOO_CLI_ERROR, FLOO_CLI_ERROR_DAEMON_GONE, "the daemon went away; it continues the transfer when it runs again"));
}

static gboolean
on_interrupt (gpointer user_data)
{
  fail (user_data, g_error_new (FLOO_CLI_ERROR, FLOO_CLI_ERROR_INTERRUPTED, "interrupted; the daemon continues the transfer"));
  return G_SOURCE_CONTINUE;
}

gboolean
floo_transfer_wait (FlooCli *cli, const char *path, guint stall_seconds, GVariant **properties, GError **error)
{
  Wait wait = { .cli = cli, .path = path, .began = g_get_monotonic_time (), .stall_seconds = stall_seconds };
  guint changes, name, interrupt, terminated;

  wait.loop = g_main_loop_new (NULL, FALSE);
  changes = g_dbus_connection_signal_subscribe (cli->connection, cli->bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                                path, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_changed, &wait, NULL);
  name = g_bus_watch_name_on_connection (cli->connection, cli->bus_name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_vanished, &wait, NULL);
  interrupt = g_unix_signal_add (SIGINT, on_interrupt, &wait);
  terminated = g_unix_signal_add (SIGTERM, on_interrupt, &wait);
  restart_timer (&wait);
  look (&wait);
  if (wait.error == NULL && !is_complete (&wait))
    g_main_loop_run (wait.loop);
  clear_bar (&wait);
  if (wait.timer != 0)
    g_source_remove (wait.timer);
  g_source_remove (terminated);
  g_source_remove (interrupt);
  g_bus_unwatch_name (name);
  g_dbus_connection_signal_unsubscribe (cli->connection, changes);
  g_main_loop_unref (wait.loop);
  if (wait.error != NULL)
    {
      g_clear_pointer (&wait.properties, g_variant_unref);
      g_propagate_error (error, wait.error);
      return FALSE;
    }
  *properties = wait.properties;
  return TRUE;
}
