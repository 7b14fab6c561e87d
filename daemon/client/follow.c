/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * follow.c: the event after the last one is taken from its signal, all others are fetched with Replay. Signals that arrive during a Replay,
 * or while an event is being handled, are not queued but fetched afterwards, so that memory does not grow with a slow client.
 */
#include "client/follow.h"

#include "base/error.h"
#include "base/names.h"

#define REPLAY_LIMIT 200
#define RETRY_SECONDS 2

struct _FlooFollow {
  GDBusConnection *connection;
  const char *bus_name; /* the caller's */
  char *journal;        /* (nullable) */
  guint64 serial;       /* of the last event passed on */
  FlooBegin why;        /* the reason of the next beginning */
  const FlooFollowFuncs *funcs;
  gpointer user_data;
  GCancellable *cancellable;
  gboolean following; /* the position is one of the present journal, and signals continue it */
  gboolean asking;    /* a call is under way */
  gboolean handling;  /* a callback is under way */
  gboolean behind;    /* a signal came during either */
  gboolean stopped;
  guint retry;
  guint subscriptions[2], name;
};

static void ask (FlooFollow *self);

static gboolean
on_retry (gpointer user_data)
{
  FlooFollow *self = user_data;

  self->retry = 0;
  ask (self);
  return G_SOURCE_REMOVE;
}

static void
hand_on (FlooFollow *self, const char *name, gint64 time, GVariant *args)
{
  self->handling = TRUE;
  self->stopped = !self->funcs->event (name, time, args, self->user_data);
  self->handling = FALSE;
}

static void
on_error (FlooFollow *self, const GError *error)
{
  gboolean other = g_error_matches (error, FLOO_ERROR, FLOO_ERROR_JOURNAL_CHANGED);

  if (other || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
    {
      g_clear_pointer (&self->journal, g_free);
      self->why = other ? FLOO_BEGIN_OTHER_JOURNAL : FLOO_BEGIN_TOO_OLD;
      ask (self);
      return;
    }
  /* Without a login or a daemon nothing is done: a signal will tell of the next login or start. */
  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN) || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_SERVICE_UNKNOWN)
      || g_error_matches (error, G_DBUS_ERROR, G_DBUS_ERROR_NAME_HAS_NO_OWNER))
    return;
  g_info ("The journal cannot be read, retrying in %d s: %s", RETRY_SECONDS, error->message);
  if (self->retry == 0)
    self->retry = g_timeout_add_seconds (RETRY_SECONDS, on_retry, self);
}

static void
take_events (FlooFollow *self, GVariant *reply, gboolean *done)
{
  g_autoptr (GVariant) events = NULL;
  guint64 next, last;

  g_variant_get (reply, "(@a(txsv)tt)", &events, &next, &last);
  for (gsize i = 0; i < g_variant_n_children (events) && !self->stopped; i++)
    {
      g_autoptr (GVariant) args = NULL;
      const char *name;
      gint64 time;

      g_variant_get_child (events, i, "(tx&sv)", NULL, &time, &name, &args);
      hand_on (self, name, time, args);
    }
  *done = next >= last || next <= self->serial;
  self->serial = next;
}

static void
take_position (FlooFollow *self, GVariant *reply)
{
  g_variant_get (reply, "(stt)", &self->journal, NULL, &self->serial);
  self->handling = TRUE;
  self->stopped = !self->funcs->begun (self->why, self->user_data);
  self->handling = FALSE;
}

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooFollow *self = user_data;
  gboolean done = TRUE;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->asking = FALSE;
  if (reply == NULL)
    {
      on_error (self, error);
      return;
    }
  if (self->journal == NULL)
    take_position (self, reply);
  else
    take_events (self, reply, &done);
  if (self->stopped)
    return;
  if (!done || self->behind)
    {
      ask (self);
      return;
    }
  self->following = TRUE;
  self->funcs->caught_up (self->user_data);
}

/* Fetches a page of missed events, or the present position if there is none yet. */
static void
ask (FlooFollow *self)
{
  gboolean begin = self->journal == NULL;

  self->following = FALSE;
  self->behind = self->asking || self->handling;
  if (self->behind || self->stopped)
    return;
  self->asking = TRUE;
  g_dbus_connection_call (self->connection, self->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_EVENTS, begin ? "GetPosition" : "Replay",
                          begin ? NULL : g_variant_new ("(stu)", self->journal, self->serial, REPLAY_LIMIT),
                          G_VARIANT_TYPE (begin ? "(stt)" : "(a(txsv)tt)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, self->cancellable,
                          on_reply, self);
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
           gpointer user_data)
{
  FlooFollow *self = user_data;
  guint64 serial = 0;

  if (self->stopped || g_variant_n_children (args) == 0)
    return;
  g_variant_get_child (args, 0, "t", &serial);
  if ((serial == 0 && self->handling) || (serial != 0 && self->following && serial <= self->serial))
    return;
  if (self->handling || (serial != 0 && (!self->following || serial != self->serial + 1)))
    {
      ask (self);
      return;
    }
  self->serial = MAX (self->serial, serial);
  hand_on (self, name, 0, args);
  if (self->behind)
    ask (self);
}

/* A user logged in, perhaps with another journal, or out. */
static void
on_properties (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
               gpointer user_data)
{
  FlooFollow *self = user_data;
  g_autoptr (GVariant) changed = g_variant_get_child_value (args, 1);
  gint64 user;

  if (!g_variant_lookup (changed, "UserId", "x", &user))
    return;
  self->following = FALSE;
  if (user != 0)
    ask (self);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  ask (user_data);
}

static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  FlooFollow *self = user_data;

  self->following = FALSE;
  if (self->funcs->gone != NULL)
    self->funcs->gone (self->user_data);
}

FlooFollow *
floo_follow_new (GDBusConnection *connection, const char *bus_name, gboolean auto_start, const char *journal, guint64 serial,
                 const FlooFollowFuncs *funcs, gpointer user_data)
{
  FlooFollow *self = g_new0 (FlooFollow, 1);

  *self = (FlooFollow){ .connection = connection,
                        .bus_name = bus_name,
                        .journal = g_strdup (journal),
                        .serial = serial,
                        .funcs = funcs,
                        .user_data = user_data,
                        .cancellable = g_cancellable_new () };
  self->subscriptions[0] = g_dbus_connection_signal_subscribe (connection, bus_name, FLOO_IFACE_EVENTS, NULL, FLOO_OBJECT_PATH, NULL,
                                                               G_DBUS_SIGNAL_FLAGS_NONE, on_signal, self, NULL);
  self->subscriptions[1]
      = g_dbus_connection_signal_subscribe (connection, bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged", FLOO_OBJECT_PATH,
                                            FLOO_IFACE_ACCOUNT, G_DBUS_SIGNAL_FLAGS_NONE, on_properties, self, NULL);
  self->name = g_bus_watch_name_on_connection (connection, bus_name, auto_start ? G_BUS_NAME_WATCHER_FLAGS_AUTO_START : G_BUS_NAME_WATCHER_FLAGS_NONE,
                                               on_appeared, on_vanished, self, NULL);
  return self;
}

const char *
floo_follow_get_position (FlooFollow *self, guint64 *serial)
{
  *serial = self->serial;
  return self->journal;
}

gboolean
floo_follow_is_current (FlooFollow *self)
{
  return self->following;
}

void
floo_follow_free (FlooFollow *self)
{
  g_cancellable_cancel (self->cancellable);
  g_object_unref (self->cancellable);
  g_bus_unwatch_name (self->name);
  for (guint i = 0; i < G_N_ELEMENTS (self->subscriptions); i++)
    g_dbus_connection_signal_unsubscribe (self->connection, self->subscriptions[i]);
  g_clear_handle_id (&self->retry, g_source_remove);
  g_free (self->journal);
  g_free (self);
}
