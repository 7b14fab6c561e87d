/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.c: `flooim watch`: events as they come, each once and in order.
 *
 * An event that follows the last one is handled from its signal; anything else is asked for with Replay. Signals that come while a command
 * handles an event are not kept but asked for afterwards: memory does not grow behind a slow command.
 */
#include "cli/watch.h"

#include <stdio.h>
#include <string.h>

#include <glib-unix.h>

#include "base/message.h"
#include "base/names.h"
#include "cli/commands.h"
#include "cli/convert.h"
#include "cli/interfaces.h"
#include "cli/names.h"
#include "cli/text.h"

#define REPLAY_LIMIT 200
#define RETRY_SECONDS 2

typedef struct
{
  FlooCli *cli;
  GMainLoop *loop;
  FlooWatchState state;
  const char *command;   /* (nullable): --exec */
  char **events;         /* (nullable): --events */
  gint64 from, in;       /* -1: any */
  gboolean has_position; /* the state says where we are in the journal that there is */
  gboolean busy;         /* an event is being handled */
  gboolean behind;       /* there is more than was handled */
  gboolean stopping;
  guint retry;
  int status;
} Watch;

static void
stop (Watch *watch, int status)
{
  watch->status = status;
  watch->stopping = TRUE;
  g_main_loop_quit (watch->loop);
}

/* ---- which events ---- */

static gboolean
field_is (const FlooWatchItem *item, const char *const *names, gint64 id)
{
  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autoptr (GVariant) value = floo_watch_field (item, names[i]);

      if (value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_INT64) && g_variant_get_int64 (value) == id)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_wanted (const Watch *watch, const FlooWatchItem *item)
{
  static const char *const senders[] = { "from", NULL };
  static const char *const places[] = { "conversation", "uid", "group_id", NULL };
  static const char *const message_events[] = { "RosterMessages", "GroupMessages", NULL };

  if (watch->events != NULL ? !g_strv_contains ((const char *const *)watch->events, item->name)
                            : watch->from >= 0 && !g_strv_contains (message_events, item->name))
    return FALSE;
  return (watch->from < 0 || field_is (item, senders, watch->from)) && (watch->in < 0 || field_is (item, places, watch->in));
}

/* ---- handling ---- */

/* FALSE: it counts as not handled, and the program ends. */
static gboolean
hand_on (Watch *watch, const FlooWatchItem *item)
{
  g_autoptr (GError) error = NULL;
  int status;

  if (watch->command == NULL)
    {
      floo_watch_print (watch->cli, item);
      return TRUE;
    }
  status = floo_watch_exec (watch->command, item, &error);
  if (status < 0)
    {
      stop (watch, floo_cli_fail (watch->cli, error));
      return FALSE;
    }
  if (status == 0)
    return TRUE;
  if (watch->stopping)
    return FALSE; /* Ctrl-C ends both */
  floo_cli_note (watch->cli, "the command ended with status %d at event %" G_GUINT64_FORMAT " (%s)%s", status, item->serial, item->name,
                 watch->state.fd >= 0 ? "; it comes again at the next start" : "");
  if (watch->state.fd < 0)
    return TRUE;
  stop (watch, FLOO_EXIT_FAILED);
  return FALSE;
}

static gboolean
save (Watch *watch)
{
  g_autoptr (GError) error = NULL;

  if (floo_watch_state_save (&watch->state, &error))
    return TRUE;
  stop (watch, floo_cli_fail (watch->cli, error));
  return FALSE;
}

static void
keep (Watch *watch, guint64 serial, gint64 message)
{
  g_autofree char *journal = g_strdup (watch->state.journal);

  if (serial != 0)
    floo_watch_state_set (&watch->state, journal, serial, message);
}

/* Messages that came in one event, one after the other; those that were handled before a kill are left out. @handed: whether there was any
 */
static gboolean
handle_messages (Watch *watch, FlooWatchItem *item, GVariant *messages, gboolean *handed)
{
  gboolean resumed = item->serial != 0 && item->serial == watch->state.serial + 1;
  gint64 done = resumed ? watch->state.message : 0;
  gsize n = g_variant_n_children (messages), i;

  for (i = 0; i < n && !watch->stopping; i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (messages, i);
      gint64 id;

      g_variant_get_child (message, 0, "x", &id);
      item->message = message;
      if (id <= done || !is_wanted (watch, item))
        continue;
      if (!hand_on (watch, item))
        return FALSE;
      *handed = TRUE;
      if (i + 1 == n || item->serial == 0)
        continue; /* the whole event is kept */
      keep (watch, item->serial - 1, id);
      if (!save (watch))
        return FALSE;
    }
  return i == n;
}

/* FALSE: it is not handled, or not to the end. */
static gboolean
handle (Watch *watch, const char *name, gint64 time, GVariant *args)
{
  FlooWatchItem item = { .name = name, .time = time, .args = args };
  g_autoptr (GVariant) first = g_variant_n_children (args) > 1 ? g_variant_get_child_value (args, 1) : NULL;
  gboolean handled = TRUE, handed = FALSE;

  g_variant_get_child (args, 0, "t", &item.serial);
  watch->busy = TRUE;
  if (first != NULL && g_variant_is_of_type (first, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE)))
    handled = handle_messages (watch, &item, first, &handed);
  else
    {
      if (first != NULL && floo_is_message (first))
        item.message = first;
      handed = is_wanted (watch, &item);
      if (handed)
        handled = hand_on (watch, &item);
    }
  watch->busy = FALSE;
  if (!handled)
    return FALSE;
  keep (watch, item.serial, 0);
  return !handed || save (watch);
}

/* ---- catching up ---- */

static void catch_up (Watch *watch);

static gboolean
on_retry (gpointer user_data)
{
  Watch *watch = user_data;

  watch->retry = 0;
  catch_up (watch);
  return G_SOURCE_REMOVE;
}

static gboolean
error_is (const GError *error, const char *name)
{
  return g_str_has_prefix (floo_cli_error_name (error), FLOO_ERROR_PREFIX) && g_str_has_suffix (floo_cli_error_name (error), name);
}

/* Where the journal is now: at the first start, and where the place kept is none any more. */
static gboolean
begin (Watch *watch, const char *reason)
{
  g_autoptr (GVariant) reply = floo_cli_call (watch->cli, "Events.GetPosition", NULL, NULL);
  const char *journal;
  guint64 last;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(&stt)", &journal, NULL, &last);
  if (reason != NULL)
    {
      FlooWatchItem item = { .name = "Reset", .serial = last };
      g_autoptr (GVariant) args = g_variant_ref_sink (g_variant_new ("(tss)", last, journal, reason));

      item.args = args;
      floo_cli_note (watch->cli, "it had to begin anew at event %" G_GUINT64_FORMAT ": %s", last, reason);
      watch->busy = TRUE;
      if (!hand_on (watch, &item))
        return FALSE;
      watch->busy = FALSE;
    }
  floo_watch_state_set (&watch->state, journal, last, 0);
  return save (watch);
}

static gboolean
replay_page (Watch *watch, gboolean *done, GError **error)
{
  g_autoptr (GVariant) reply = floo_cli_call (watch->cli, "Events.Replay",
                                              g_variant_new ("(stu)", watch->state.journal, watch->state.serial, REPLAY_LIMIT), error);
  g_autoptr (GVariant) events = NULL;
  guint64 next, last;

  if (reply == NULL)
    return FALSE;
  g_variant_get (reply, "(@a(txsv)tt)", &events, &next, &last);
  for (gsize i = 0; i < g_variant_n_children (events) && !watch->stopping; i++)
    {
      g_autoptr (GVariant) args = NULL;
      const char *name;
      gint64 time;

      g_variant_get_child (events, i, "(tx&sv)", NULL, &time, &name, &args);
      if (!handle (watch, name, time, args))
        break;
    }
  if (watch->stopping)
    return save (watch);
  if (next > watch->state.serial)
    keep (watch, next, 0);
  *done = next >= last;
  return save (watch);
}

static void
on_replay_failed (Watch *watch, const GError *error)
{
  if (error == NULL || watch->stopping)
    return;
  if (error_is (error, ".JournalChanged") || error_is (error, ".NotFound"))
    {
      if (begin (watch, error_is (error, ".NotFound") ? "the journal does not go back that far" : "this is another journal"))
        {
          watch->has_position = watch->behind = TRUE;
          return;
        }
    }
  watch->has_position = FALSE;
  if (watch->retry == 0 && !error_is (error, ".NotLoggedIn"))
    watch->retry = g_timeout_add_seconds (RETRY_SECONDS, on_retry, watch);
}

static void
catch_up (Watch *watch)
{
  gboolean done = FALSE;

  if (watch->busy || watch->stopping)
    {
      watch->behind = TRUE;
      return;
    }
  if (watch->state.journal == NULL && !begin (watch, NULL))
    return;
  do
    {
      g_autoptr (GError) error = NULL;

      watch->behind = FALSE;
      watch->has_position = replay_page (watch, &done, &error);
      if (!watch->has_position)
        on_replay_failed (watch, error);
    }
  while (!watch->stopping && watch->has_position && (!done || watch->behind));
}

/* ---- signals ---- */

static void
on_event (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
          gpointer user_data)
{
  Watch *watch = user_data;
  guint64 serial;

  if (watch->stopping || g_variant_n_children (args) == 0 || floo_find_event (name) == NULL)
    return;
  g_variant_get_child (args, 0, "t", &serial);
  if (watch->busy)
    watch->behind |= serial != 0;
  else if (serial == 0 || (watch->has_position && serial == watch->state.serial + 1))
    {
      handle (watch, name, 0, args);
      save (watch);
      if (watch->behind)
        catch_up (watch);
    }
  else if (!watch->has_position || serial > watch->state.serial)
    catch_up (watch);
}

/* Somebody logged in, or the account has another journal. */
static void
on_properties (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
               gpointer user_data)
{
  Watch *watch = user_data;
  g_autoptr (GVariant) changed = g_variant_get_child_value (args, 1);
  gint64 user;

  if (g_variant_lookup (changed, "UserId", "x", &user) || !watch->has_position)
    catch_up (watch);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  catch_up (user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  Watch *watch = user_data;

  watch->has_position = FALSE;
  if (floo_text_is_error_terminal ())
    floo_cli_note (watch->cli, "the daemon went away; waiting for it");
}

static void
on_closed (GDBusConnection *connection, gboolean remote, GError *error, gpointer user_data)
{
  Watch *watch = user_data;

  if (watch->stopping)
    return;
  floo_cli_note (watch->cli, "the session bus went away");
  stop (watch, FLOO_EXIT_UNAVAILABLE);
}

static gboolean
on_interrupt (gpointer user_data)
{
  stop (user_data, FLOO_EXIT_INTERRUPTED);
  return G_SOURCE_CONTINUE;
}

/* SIGTERM is how a service is stopped. */
static gboolean
on_terminate (gpointer user_data)
{
  stop (user_data, 0);
  return G_SOURCE_CONTINUE;
}

/* ---- the command ---- */

static gboolean
resolve (FlooCli *cli, const char *option, FlooNameKinds kinds, gint64 *id, GError **error)
{
  const char *text = floo_cli_option (cli, option);
  FlooTarget target = { .id = -1 };

  if (text != NULL && !floo_names_resolve (cli, text, kinds, &target, error))
    return FALSE;
  *id = target.id;
  return TRUE;
}

static gboolean
parse_events (Watch *watch, GError **error)
{
  const char *list = floo_cli_option (watch->cli, "events");

  watch->events = list != NULL ? g_strsplit (list, ",", -1) : NULL;
  for (guint i = 0; watch->events != NULL && watch->events[i] != NULL; i++)
    if (floo_find_event (g_strstrip (watch->events[i])) == NULL)
      {
        g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "there is no event %s; see: flooim introspect Events", watch->events[i]);
        return FALSE;
      }
  return TRUE;
}

static void
run (Watch *watch)
{
  GDBusConnection *connection = watch->cli->connection;
  const char *bus_name = watch->cli->bus_name;
  guint events = g_dbus_connection_signal_subscribe (connection, bus_name, FLOO_IFACE_EVENTS, NULL, FLOO_OBJECT_PATH, NULL,
                                                     G_DBUS_SIGNAL_FLAGS_NONE, on_event, watch, NULL);
  guint properties
      = g_dbus_connection_signal_subscribe (connection, bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged", FLOO_OBJECT_PATH,
                                            FLOO_IFACE_ACCOUNT, G_DBUS_SIGNAL_FLAGS_NONE, on_properties, watch, NULL);
  guint name = g_bus_watch_name_on_connection (connection, bus_name, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, watch, NULL);
  gulong closed = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), watch);
  guint signals[] = { g_unix_signal_add (SIGINT, on_interrupt, watch), g_unix_signal_add (SIGTERM, on_terminate, watch) };

  if (!watch->stopping)
    g_main_loop_run (watch->loop);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  if (watch->retry != 0)
    g_source_remove (watch->retry);
  g_signal_handler_disconnect (connection, closed);
  g_bus_unwatch_name (name);
  g_dbus_connection_signal_unsubscribe (connection, properties);
  g_dbus_connection_signal_unsubscribe (connection, events);
}

int
floo_cli_run_watch (FlooCli *cli)
{
  Watch watch = { .cli = cli, .command = floo_cli_option (cli, "exec") };
  g_autoptr (GError) error = NULL;

  watch.loop = g_main_loop_new (NULL, FALSE);
  if (floo_watch_state_open (&watch.state, floo_cli_option (cli, "state"), &error) && parse_events (&watch, &error)
      && floo_cli_start (cli, &error) && resolve (cli, "from", FLOO_NAMES_USERS, &watch.from, &error)
      && resolve (cli, "in", FLOO_NAMES_ALL, &watch.in, &error))
    run (&watch);
  if (error != NULL)
    watch.status = floo_cli_fail (cli, error);
  g_strfreev (watch.events);
  floo_watch_state_close (&watch.state);
  g_main_loop_unref (watch.loop);
  return watch.status;
}
