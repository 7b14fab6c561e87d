/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.c: an event that follows the last one is taken from its signal, anything else is asked for with Replay. Signals that come during a
 * Replay are not kept but asked for afterwards.
 */
#include "notify/feed.h"

#include "base/error.h"
#include "base/names.h"

#define REPLAY_LIMIT 200
#define RETRY_SECONDS 5

struct FlooFeed
{
  GDBusConnection *connection;
  const char *bus_name; /* the caller's */
  char *journal;        /* (nullable) */
  guint64 serial;       /* of the last event handed on */
  const FlooFeedFuncs *funcs;
  gpointer user_data;
  GCancellable *cancellable;
  gboolean following; /* the position is one of the present journal, and signals continue it */
  gboolean asking;    /* a call is under way */
  gboolean behind;    /* something came during the call */
  guint retry;
  guint subscriptions[2], name;
};

static void ask (FlooFeed *feed);

static gboolean
on_retry (gpointer user_data)
{
  FlooFeed *feed = user_data;

  feed->retry = 0;
  ask (feed);
  return G_SOURCE_REMOVE;
}

static void
on_error (FlooFeed *feed, const GError *error)
{
  gboolean other = g_error_matches (error, FLOO_ERROR, FLOO_ERROR_JOURNAL_CHANGED);

  if (other || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
    {
      g_clear_pointer (&feed->journal, g_free);
      feed->funcs->lost (other ? FLOO_FEED_OTHER_JOURNAL : FLOO_FEED_TOO_OLD, feed->user_data);
      ask (feed);
      return;
    }
  /* Without a login or a daemon: the next login or start is told by a signal. */
  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN) || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return;
  g_warning ("The journal cannot be read, retrying in %d s: %s", RETRY_SECONDS, error->message);
  if (feed->retry == 0)
    feed->retry = g_timeout_add_seconds (RETRY_SECONDS, on_retry, feed);
}

static void
take_events (FlooFeed *feed, GVariant *reply, gboolean *done)
{
  g_autoptr (GVariantIter) events = NULL;
  const char *name;
  GVariant *args;
  guint64 next, last;

  g_variant_get (reply, "(a(txsv)tt)", &events, &next, &last);
  while (g_variant_iter_loop (events, "(tx&sv)", NULL, NULL, &name, &args))
    feed->funcs->event (name, args, feed->user_data);
  *done = next >= last || next <= feed->serial;
  feed->serial = next;
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooFeed *feed = user_data;
  gboolean done = TRUE;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  feed->asking = FALSE;
  if (reply == NULL)
    {
      on_error (feed, error);
      return;
    }
  if (feed->journal == NULL)
    g_variant_get (reply, "(stt)", &feed->journal, NULL, &feed->serial);
  else
    take_events (feed, reply, &done);
  if (!done || feed->behind)
    {
      ask (feed);
      return;
    }
  feed->following = TRUE;
  feed->funcs->caught_up (feed->user_data);
}

/* One page of what was missed; the present position where there is none yet. */
static void
ask (FlooFeed *feed)
{
  gboolean begin = feed->journal == NULL;

  feed->following = FALSE;
  feed->behind = feed->asking;
  if (feed->asking)
    return;
  feed->asking = TRUE;
  g_dbus_connection_call (feed->connection, feed->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_EVENTS, begin ? "GetPosition" : "Replay",
                          begin ? NULL : g_variant_new ("(stu)", feed->journal, feed->serial, REPLAY_LIMIT),
                          G_VARIANT_TYPE (begin ? "(stt)" : "(a(txsv)tt)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, feed->cancellable,
                          on_reply, feed);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
           gpointer user_data)
{
  FlooFeed *feed = user_data;
  guint64 serial = 0;

  if (g_variant_n_children (args) == 0)
    return;
  g_variant_get_child (args, 0, "t", &serial);
  if (serial == 0 || (feed->following && serial <= feed->serial))
    return;
  if (!feed->following || serial != feed->serial + 1)
    {
      ask (feed);
      return;
    }
  feed->serial = serial;
  feed->funcs->event (name, args, feed->user_data);
}

/* Somebody logged in, perhaps with another journal. */
static void
on_properties (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
               gpointer user_data)
{
  g_autoptr (GVariant) changed = g_variant_get_child_value (args, 1);
  gint64 user;

  if (g_variant_lookup (changed, "UserId", "x", &user) && user != 0)
    ask (user_data);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  ask (user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  FlooFeed *feed = user_data;

  feed->following = FALSE;
}

FlooFeed *
floo_feed_new (GDBusConnection *connection, const char *bus_name, const char *journal, guint64 serial, const FlooFeedFuncs *funcs,
               gpointer user_data)
{
  FlooFeed *feed = g_new0 (FlooFeed, 1);

  *feed = (FlooFeed){ .connection = connection,
                      .bus_name = bus_name,
                      .journal = g_strdup (journal),
                      .serial = serial,
                      .funcs = funcs,
                      .user_data = user_data,
                      .cancellable = g_cancellable_new () };
  feed->subscriptions[0] = g_dbus_connection_signal_subscribe (connection, bus_name, FLOO_IFACE_EVENTS, NULL, FLOO_OBJECT_PATH, NULL,
                                                               G_DBUS_SIGNAL_FLAGS_NONE, on_signal, feed, NULL);
  feed->subscriptions[1]
      = g_dbus_connection_signal_subscribe (connection, bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged", FLOO_OBJECT_PATH,
                                            FLOO_IFACE_ACCOUNT, G_DBUS_SIGNAL_FLAGS_NONE, on_properties, feed, NULL);
  feed->name
      = g_bus_watch_name_on_connection (connection, bus_name, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_appeared, on_vanished, feed, NULL);
  return feed;
}

const char *
floo_feed_get_position (FlooFeed *feed, guint64 *serial)
{
  *serial = feed->serial;
  return feed->journal;
}

void
floo_feed_free (FlooFeed *feed)
{
  g_cancellable_cancel (feed->cancellable);
  g_object_unref (feed->cancellable);
  g_bus_unwatch_name (feed->name);
  for (guint i = 0; i < G_N_ELEMENTS (feed->subscriptions); i++)
    g_dbus_connection_signal_unsubscribe (feed->connection, feed->subscriptions[i]);
  g_clear_handle_id (&feed->retry, g_source_remove);
  g_free (feed->journal);
  g_free (feed);
}
