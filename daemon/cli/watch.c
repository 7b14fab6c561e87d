/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * watch.c: `flooim watch`: prints events as they arrive, each once and in order.
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
#include "client/follow.h"

typedef struct
{
  FlooCli *cli;
  GMainLoop *loop;
  FlooWatchState state;
  const char *command;   /* (nullable): --exec */
  char **events;         /* (nullable): --events */
  gint64 from, in;       /* -1: any */
  FlooFollow *follow;
  gboolean stopping;
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

  if (watch->events != NULL ? !g_strv_contains ((const char *const *) watch->events, item->name)
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
                 watch->state.fd >= 0 ? "; the event is handled again at the next start" : "");
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
  if (!handled)
    return FALSE;
  keep (watch, item.serial, 0);
  return !handed || save (watch);
}

/* ---- the journal ---- */

static gboolean
on_event (const char *name, gint64 time, GVariant *args, gpointer user_data)
{
  Watch *watch = user_data;

  if (watch->stopping)
    return FALSE;
  /* During a replay the position is saved only for events that were handed on; for others at the end of the replay. */
  return floo_find_event (name) == NULL || (handle (watch, name, time, args) && (time != 0 || save (watch)) && !watch->stopping);
}

/* The journal's present position: at the first start, and where the stored position is not valid any more. */
static gboolean
on_begun (FlooBegin why, gpointer user_data)
{
  static const char *const reasons[] = { NULL, "this is another journal", "the journal does not go back that far" };
  Watch *watch = user_data;
  guint64 last;
  const char *journal = floo_follow_get_position (watch->follow, &last);

  if (why != FLOO_BEGIN_FIRST)
    {
      g_autoptr (GVariant) args = g_variant_ref_sink (g_variant_new ("(tss)", last, journal, reasons[why]));
      const FlooWatchItem item = { .name = "Reset", .serial = last, .args = args };

      floo_cli_note (watch->cli, "it had to start over at event %" G_GUINT64_FORMAT ": %s", last, reasons[why]);
      if (!hand_on (watch, &item))
        return FALSE;
    }
  floo_watch_state_set (&watch->state, journal, last, 0);
  return save (watch) && !watch->stopping;
}

static void
on_caught_up (gpointer user_data)
{
  Watch *watch = user_data;
  guint64 serial;

  floo_follow_get_position (watch->follow, &serial);
  if (serial > watch->state.serial)
    keep (watch, serial, 0);
  save (watch);
}

static void
on_gone (gpointer user_data)
{
  Watch *watch = user_data;

  if (floo_text_is_error_terminal ())
    floo_cli_note (watch->cli, "the daemon went away; waiting for it");
}

static const FlooFollowFuncs follow_funcs = { on_event, on_begun, on_caught_up, on_gone };

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
  gulong closed = g_signal_connect (connection, "closed", G_CALLBACK (on_closed), watch);
  guint signals[] = { g_unix_signal_add (SIGINT, on_interrupt, watch), g_unix_signal_add (SIGTERM, on_terminate, watch) };

  watch->follow = floo_follow_new (connection, watch->cli->bus_name, FALSE, watch->state.journal, watch->state.serial, &follow_funcs, watch);
  g_main_loop_run (watch->loop);
  floo_follow_free (watch->follow);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  g_signal_handler_disconnect (connection, closed);
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
