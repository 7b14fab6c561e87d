/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/fate.h"

#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include "base/names.h"
#include "base/refusal.h"
#include "cli/convert.h"
#include "cli/text.h"
#include "cli/transfer.h"

#define REFUSED FLOO_ERROR_PREFIX "Rejected"

typedef struct
{
  FlooCli *cli;
  GMainLoop *loop;
  gint64 client_id;
  gint64 id;         /* of the message, once it is sent; 0: it is an operation */
  int status;        /* the exit status; -1: not known yet */
  const char *error; /* its name, where the status is not 0 */
  char *reason;
} Fate;

/* @error: (nullable): the error's name; NULL: it is sent */
static void
decide (Fate *fate, const char *error, const char *reason)
{
  fate->status = error == NULL ? 0 : floo_cli_exit_status (error);
  fate->error = error;
  g_free (fate->reason);
  fate->reason = g_strdup (reason);
  g_main_loop_quit (fate->loop);
}

/* @details: (nullable) */
static void
take_status (Fate *fate, const char *status, GVariant *details)
{
  const char *reason = "", *name = REFUSED;

  if (strcmp (status, "sent") == 0)
    {
      if (details != NULL)
        g_variant_lookup (details, "server_mid", "x", &fate->id);
      decide (fate, NULL, "");
    }
  else if (strcmp (status, "failed") == 0)
    {
      if (details != NULL)
        {
          g_variant_lookup (details, "error_reason", "&s", &reason);
          g_variant_lookup (details, "error", "&s", &name);
        }
      decide (fate, g_intern_string (name), *reason != '\0' ? reason : "the service refused it");
      fate->status = FLOO_EXIT_FAILED; /* whatever the name means elsewhere */
    }
  else if (strcmp (status, "cancelled") == 0)
    decide (fate, "Cancelled", "it was cancelled");
}

static void
on_status (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *args,
           gpointer user_data)
{
  Fate *fate = user_data;
  const char *status;
  g_autoptr (GVariant) details = NULL;
  gint64 client_id;

  if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(txsa{sv})")))
    return;
  g_variant_get (args, "(tx&s@a{sv})", NULL, &client_id, &status, &details);
  if (client_id == fate->client_id)
    take_status (fate, status, details);
}

/* @message: one that failed */
static void
take_failed (Fate *fate, GVariant *message)
{
  g_autoptr (GVariant) text = floo_message_field (message, "error");
  g_autoptr (GVariant) code = floo_message_field (message, "error_code");
  const char *reason = text != NULL ? g_variant_get_string (text, NULL) : "the service refused it";
  FlooError error = floo_refusal_get_error (code != NULL ? g_variant_get_int32 (code) : 0, reason);

  decide (fate, floo_error_get_dbus_name (error), reason);
  fate->status = FLOO_EXIT_FAILED;
}

/* Queries the present state, which may have been signalled before this program listened, or while the daemon was not running. */
static void
look (Fate *fate)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) message = NULL;
  g_autoptr (GVariant) state = NULL;

  reply = floo_cli_call (fate->cli, "Conversations.GetMessage", g_variant_new ("(x)", fate->client_id), NULL);
  message = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  state = message != NULL ? floo_message_field (message, "send_state") : NULL;
  if (state == NULL)
    return; /* an operation, or gone */
  if (strcmp (g_variant_get_string (state, NULL), "failed") == 0)
    {
      take_failed (fate, message);
      return;
    }
  if (strcmp (g_variant_get_string (state, NULL), "sent") == 0)
    g_variant_get_child (message, 0, "x", &fate->id);
  take_status (fate, g_variant_get_string (state, NULL), NULL);
}

/* Also called at the beginning if the daemon runs. */
static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  look (user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  decide (user_data, "DaemonGone", "the daemon went away; it sends this when it runs again");
}

static gboolean
on_interrupt (gpointer user_data)
{
  decide (user_data, "Interrupted", "interrupted; the daemon continues with it");
  return G_SOURCE_CONTINUE;
}

static gboolean
on_timeout (gpointer user_data)
{
  Fate *fate = user_data;
  g_autoptr (GVariant) properties = floo_cli_get_properties (fate->cli, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, NULL);
  const char *state = "unknown";
  g_autofree char *reason = NULL;

  if (properties != NULL)
    g_variant_lookup (properties, "State", "&s", &state);
  reason = g_strdup_printf ("it is not sent yet (the daemon is %s); it waits in the outbox", state);
  decide (fate, "Timeout", reason);
  return G_SOURCE_CONTINUE;
}

/* Prints the result; a failure is printed with its name like other errors. */
static void
finish (Fate *fate, gboolean waited)
{
  g_autofree char *text = NULL;

  if (fate->cli->json)
    {
      g_autoptr (GVariant) record = NULL;
      g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

      g_variant_dict_insert (&dict, "client_id", "x", fate->client_id);
      if (fate->id != 0)
        g_variant_dict_insert (&dict, "id", "x", fate->id);
      record = g_variant_ref_sink (g_variant_dict_end (&dict));
      floo_text_json (record);
    }
  else if (!waited || fate->status == 0)
    printf ("%" G_GINT64_FORMAT "\n", waited && fate->id != 0 ? fate->id : fate->client_id);
  if (fate->status == 0)
    return;
  text = g_strdup_printf ("%" G_GINT64_FORMAT ": %s", fate->client_id, fate->reason);
  floo_cli_fail_named (fate->cli, fate->error, text);
}

/* @path: (nullable): of the transfer that comes first */
static void
wait_for_fate (Fate *fate, const char *path, guint seconds)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GError) error = NULL;
  guint interrupt, terminated, timer;

  if (path != NULL && !floo_transfer_wait (fate->cli, path, seconds, &properties, &error) && fate->status < 0)
    {
      const char *name = g_intern_string (floo_cli_error_name (error));

      g_dbus_error_strip_remote_error (error);
      decide (fate, name, error->message);
      return;
    }
  if (fate->status >= 0)
    return;
  interrupt = g_unix_signal_add (SIGINT, on_interrupt, fate);
  terminated = g_unix_signal_add (SIGTERM, on_interrupt, fate);
  timer = g_timeout_add_seconds (seconds, on_timeout, fate);
  g_main_loop_run (fate->loop);
  g_source_remove (timer);
  g_source_remove (terminated);
  g_source_remove (interrupt);
}

/* Returns: (transfer full): the path of the transfer that the reply names; NULL: none */
static char *
dup_transfer (GVariant *reply)
{
  char *path = NULL;

  if (g_variant_is_of_type (reply, G_VARIANT_TYPE ("(xo)")))
    g_variant_get_child (reply, 1, "o", &path);
  if (g_strcmp0 (path, "/") == 0)
    g_clear_pointer (&path, g_free);
  return path;
}

/* @method: (nullable): NULL: it is sent already, and its client_id known */
static void
run (Fate *fate, const char *method, GVariant *args, GUnixFDList *fds, gboolean wait, guint seconds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = method != NULL ? floo_cli_call_full (fate->cli, NULL, method, args, fds, NULL, &error) : NULL;
  g_autofree char *path = reply != NULL ? dup_transfer (reply) : NULL;

  if (method != NULL && reply == NULL)
    {
      fate->status = floo_cli_fail (fate->cli, error);
      return;
    }
  if (reply != NULL)
    g_variant_get_child (reply, 0, "x", &fate->client_id);
  if (fate->client_id == 0)
    {
      fate->status = 0; /* nothing had to be sent */
      return;
    }
  if (wait)
    wait_for_fate (fate, path, seconds);
  else
    fate->status = 0;
  finish (fate, wait);
}

static int
follow (FlooCli *cli, const char *method, GVariant *args, GUnixFDList *fds, gint64 client_id, gint64 seconds)
{
  Fate fate = { .cli = cli, .status = -1, .client_id = client_id };
  g_autoptr (GError) error = NULL;
  guint subscription = 0, watch = 0;

  if (!floo_cli_start (cli, &error))
    return floo_cli_fail (cli, error);
  fate.loop = g_main_loop_new (NULL, FALSE);
  if (seconds >= 0)
    {
      /* Before the call: signals that come meanwhile are handled when the loop runs, and the client id is known then. */
      subscription = g_dbus_connection_signal_subscribe (cli->connection, cli->bus_name, FLOO_IFACE_EVENTS, "SendingMessageStatusChanged",
                                                         FLOO_OBJECT_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_status, &fate, NULL);
      watch = g_bus_watch_name_on_connection (cli->connection, cli->bus_name, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished,
                                              &fate, NULL);
    }
  run (&fate, method, args, fds, seconds >= 0, (guint) CLAMP (seconds, 0, G_MAXINT32 / 1000));
  if (seconds >= 0)
    {
      g_dbus_connection_signal_unsubscribe (cli->connection, subscription);
      g_bus_unwatch_name (watch);
    }
  g_main_loop_unref (fate.loop);
  g_free (fate.reason);
  return fate.status;
}

int
floo_cli_send (FlooCli *cli, const char *method, GVariant *args, GUnixFDList *fds, gint64 seconds)
{
  g_autoptr (GVariant) taken = g_variant_ref_sink (args);

  return follow (cli, method, taken, fds, 0, seconds);
}

int
floo_cli_send_many (FlooCli *cli, const char *method, GVariant *args, gint64 seconds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = floo_cli_call (cli, method, args, &error);
  g_autoptr (GVariant) ids = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  int worst = 0;

  if (reply == NULL)
    return floo_cli_fail (cli, error);
  for (gsize i = 0; i < g_variant_n_children (ids); i++)
    {
      gint64 client_id;
      int status;

      g_variant_get_child (ids, i, "x", &client_id);
      status = follow (cli, NULL, NULL, NULL, client_id, seconds);
      worst = MAX (worst, status);
    }
  return worst;
}

gboolean
floo_cli_wait_option (FlooCli *cli, gint64 *seconds, GError **error)
{
  const char *wait = floo_cli_option (cli, "wait");

  *seconds = wait == NULL ? -1 : FLOO_CLI_WAIT_SECONDS;
  return wait == NULL || *wait == '\0' || floo_cli_parse_span ("--wait", wait, seconds, error);
}
