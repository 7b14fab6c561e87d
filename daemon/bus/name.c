/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus/name.h"

#define DBUS_NAME "org.freedesktop.DBus"
#define DBUS_PATH "/org/freedesktop/DBus"
#define REQUEST_DO_NOT_QUEUE 4u
#define REPLY_PRIMARY_OWNER 1u

struct _FlooBusName {
  GDBusConnection *connection;
  char *name;
  FlooBusNameFunc func;
  gpointer user_data;
  guint subscription;         /* of NameLost */
  GCancellable *cancellable;  /* of the request */
};

static void
on_name_lost (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal,
              GVariant *args, gpointer user_data)
{
  FlooBusName *self = user_data;
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_EXISTS, "The bus name %s was taken away", self->name);

  self->func (error, self->user_data);
}

static void
on_requested (GObject *connection, GAsyncResult *result, gpointer user_data)
{
  FlooBusName *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (connection), result, &error);
  guint code;

  if (reply == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) /* then self is gone */
        self->func (error, self->user_data);
      return;
    }
  g_variant_get (reply, "(u)", &code);
  if (code != REPLY_PRIMARY_OWNER)
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_EXISTS, "The bus name %s is owned by another process", self->name);
  self->func (error, self->user_data);
}

FlooBusName *
floo_bus_name_own (GDBusConnection *connection, const char *name, FlooBusNameFunc func, gpointer user_data)
{
  FlooBusName *self;

  g_return_val_if_fail (g_dbus_is_name (name) && func != NULL, NULL);

  self = g_new0 (FlooBusName, 1);
  self->connection = g_object_ref (connection);
  self->name = g_strdup (name);
  self->func = func;
  self->user_data = user_data;
  self->cancellable = g_cancellable_new ();
  self->subscription = g_dbus_connection_signal_subscribe (connection, DBUS_NAME, DBUS_NAME, "NameLost", DBUS_PATH, name,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_name_lost, self, NULL);
  g_dbus_connection_call (connection, DBUS_NAME, DBUS_PATH, DBUS_NAME, "RequestName", g_variant_new ("(su)", name, REQUEST_DO_NOT_QUEUE),
                          G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, self->cancellable, on_requested, self);
  return self;
}

void
floo_bus_name_release (FlooBusName *self)
{
  g_return_if_fail (self != NULL);

  g_dbus_connection_signal_unsubscribe (self->connection, self->subscription);
  g_cancellable_cancel (self->cancellable);
  if (!g_dbus_connection_is_closed (self->connection))
    g_dbus_connection_call (self->connection, DBUS_NAME, DBUS_PATH, DBUS_NAME, "ReleaseName", g_variant_new ("(s)", self->name), NULL,
                            G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  g_object_unref (self->cancellable);
  g_object_unref (self->connection);
  g_free (self->name);
  g_free (self);
}
