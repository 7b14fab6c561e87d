/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secrets-watch.h"

#include "base/secrets-keyring.h"

#define PAUSE_MS 1000
#define COLLECTION "org.freedesktop.Secret.Collection"
#define PROPERTIES "org.freedesktop.DBus.Properties"

struct _FlooSecretsWatch {
  GSourceOnceFunc changed;
  gpointer user_data;
  GDBusConnection *bus;         /* (nullable): the service has not appeared yet */
  GCancellable *cancellable;    /* of the calls that read Locked */
  guint name;
  guint subscriptions[2];
  gboolean was_missing;
  gboolean asking;              /* a call that reads Locked is under way */
  gboolean missed;              /* something changed since that call */
  guint timer;
  gint64 told_at;               /* monotonic us, 0 never */
};

static gboolean
on_due (gpointer user_data)
{
  FlooSecretsWatch *self = user_data;

  self->timer = 0;
  self->told_at = g_get_monotonic_time ();
  self->changed (self->user_data);
  return G_SOURCE_REMOVE;
}

static void
tell (FlooSecretsWatch *self)
{
  gint64 passed_ms = (g_get_monotonic_time () - self->told_at) / 1000;

  if (self->timer == 0)
    self->timer = g_timeout_add (self->told_at != 0 && passed_ms < PAUSE_MS ? (guint) (PAUSE_MS - passed_ms) : 0, on_due, self);
}

static void
on_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) value = NULL;
  FlooSecretsWatch *self = user_data;

  /* After a cancellation the watch may be freed. */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  self->asking = FALSE;
  if (self->missed)
    tell (self);
  self->missed = FALSE;
  if (reply == NULL)
    return;
  g_variant_get (reply, "(v)", &value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) && !g_variant_get_boolean (value))
    tell (self);
}

/* When GNOME Keyring is unlocked through its control socket, CollectionChanged is the only signal. */
static void
on_collection (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal, GVariant *parameters,
               gpointer user_data)
{
  FlooSecretsWatch *self = user_data;
  const char *collection;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(o)")) || g_str_equal (signal, "CollectionDeleted"))
    return;
  if (self->asking)
    {
      self->missed = TRUE;
      return;
    }
  g_variant_get (parameters, "(&o)", &collection);
  self->asking = TRUE;
  g_dbus_connection_call (bus, FLOO_KEYRING_NAME, collection, PROPERTIES, "Get", g_variant_new ("(ss)", COLLECTION, "Locked"),
                          G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, self->cancellable, on_locked, self);
}

static void
on_properties (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal, GVariant *parameters,
               gpointer user_data)
{
  g_autoptr (GVariant) changed = NULL;
  gboolean locked;

  if (!g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(sa{sv}as)")))
    return;
  changed = g_variant_get_child_value (parameters, 1);
  if (g_variant_lookup (changed, "Locked", "b", &locked) && !locked)
    tell (user_data);
}

static void
on_appeared (GDBusConnection *bus, const char *name, const char *owner, gpointer user_data)
{
  FlooSecretsWatch *self = user_data;

  if (self->bus == NULL)
    {
      self->bus = g_object_ref (bus);
      self->subscriptions[0] = g_dbus_connection_signal_subscribe (bus, FLOO_KEYRING_NAME, "org.freedesktop.Secret.Service", NULL, NULL,
                                                                   NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_collection, self, NULL);
      self->subscriptions[1] = g_dbus_connection_signal_subscribe (bus, FLOO_KEYRING_NAME, PROPERTIES, "PropertiesChanged", NULL,
                                                                   COLLECTION, G_DBUS_SIGNAL_FLAGS_NONE, on_properties, self, NULL);
    }
  if (self->was_missing)
    tell (self);
}

static void
on_vanished (GDBusConnection *bus, const char *name, gpointer user_data)
{
  ((FlooSecretsWatch *) user_data)->was_missing = TRUE;
}

FlooSecretsWatch *
floo_secrets_watch_new (GSourceOnceFunc changed, gpointer user_data)
{
  FlooSecretsWatch *self = g_new0 (FlooSecretsWatch, 1);

  self->changed = changed;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->name = g_bus_watch_name (G_BUS_TYPE_SESSION, FLOO_KEYRING_NAME, G_BUS_NAME_WATCHER_FLAGS_NONE, on_appeared, on_vanished, self, NULL);
  return self;
}

void
floo_secrets_watch_free (FlooSecretsWatch *self)
{
  if (self == NULL)
    return;
  g_cancellable_cancel (self->cancellable);
  g_bus_unwatch_name (self->name);
  if (self->bus != NULL)
    for (guint i = 0; i < G_N_ELEMENTS (self->subscriptions); i++)
      g_dbus_connection_signal_unsubscribe (self->bus, self->subscriptions[i]);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->bus);
  g_clear_object (&self->cancellable);
  g_free (self);
}
