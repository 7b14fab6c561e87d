/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus/bus.h"

#include "base/names.h"
#include "bus/interface.h"
#include "bus/transfer.h"

struct _FlooBus {
  GObject parent_instance;
  FlooSession *session;
  GDBusConnection *connection;          /* (nullable): while exported */
  GDBusObjectManagerServer *manager;
  FlooBusTransfers *transfers;
  GPtrArray *interfaces;                /* of FlooBusInterface */
  GCancellable *cancellable;            /* of the flush under way */
  gsize flushing;                       /* bytes that the flush under way covers; 0: there is none */
  gsize waiting;                        /* bytes of signals and replies that are not flushed yet, including those */
  gboolean congested;
};

G_DEFINE_FINAL_TYPE (FlooBus, floo_bus, G_TYPE_OBJECT)

/* Data of a connection: the FlooBus that counts its outgoing bytes. */
/* clang-format off */
static G_DEFINE_QUARK (floo-bus, bus);
/* clang-format on */

static void flush_if_due (FlooBus *self);

static void
set_congested (FlooBus *self, gboolean congested)
{
  if (self->congested == congested)
    return;
  self->congested = congested;
  g_debug ("The bus is %s: %zu bytes wait", congested ? "congested" : "free again", self->waiting);
  floo_session_set_congested (self->session, congested);
}

static void
on_flushed (GObject *connection, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooBus) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_flush_finish (G_DBUS_CONNECTION (connection), result, &error)
      && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  /* After any other error the connection is closed, and its queue is lost. */
  self->waiting -= self->flushing;
  self->flushing = 0;
  flush_if_due (self);
  if (self->waiting <= FLOO_BUS_CONGESTED_BYTES / 2)
    set_congested (self, FALSE);
}

static void
flush_if_due (FlooBus *self)
{
  if (self->flushing > 0 || self->waiting < FLOO_BUS_FLUSH_BYTES)
    return;
  self->flushing = self->waiting;
  g_dbus_connection_flush (self->connection, self->cancellable, on_flushed, g_object_ref (self));
}

static void
count (FlooBus *self, gsize bytes)
{
  self->waiting += bytes;
  flush_if_due (self);
  if (self->waiting > FLOO_BUS_CONGESTED_BYTES)
    set_congested (self, TRUE);
}

void
floo_bus_count_reply (GDBusConnection *connection, gsize bytes)
{
  FlooBus *self = g_object_get_qdata (G_OBJECT (connection), bus_quark ());

  if (self != NULL)
    count (self, bytes);
}

static void
on_event (FlooSession *session, const FlooEvent *event, FlooBus *self)
{
  g_autoptr (GError) error = NULL;

  if (!g_dbus_connection_emit_signal (self->connection, NULL, FLOO_OBJECT_PATH, FLOO_IFACE_EVENTS, event->name, event->args, &error))
    {
      g_debug ("Signal %s not sent: %s", event->name, error->message); /* the connection is gone; the journal has the event */
      return;
    }
  /* Computing the size of a signal with messages visits all its parts. */
  count (self, event->bytes > 0 ? event->bytes : g_variant_get_size (event->args));
}

/* The session emits this at most once per iteration of the main loop. */
static void
on_status_changed (FlooSession *session, FlooBus *self)
{
  for (guint i = 0; i < self->interfaces->len; i++)
    floo_bus_interface_update_properties (g_ptr_array_index (self->interfaces, i));
}

static void
floo_bus_dispose (GObject *object)
{
  FlooBus *self = FLOO_BUS (object);

  floo_bus_unexport (self);
  g_clear_object (&self->session);
  g_clear_pointer (&self->interfaces, g_ptr_array_unref);
  G_OBJECT_CLASS (floo_bus_parent_class)->dispose (object);
}

static void
floo_bus_class_init (FlooBusClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = floo_bus_dispose;
}

static void
floo_bus_init (FlooBus *self)
{
  self->interfaces = g_ptr_array_new_with_free_func (g_object_unref);
}

FlooBus *
floo_bus_new (FlooSession *session)
{
  FlooBus *self;

  g_return_val_if_fail (FLOO_IS_SESSION (session), NULL);

  self = g_object_new (FLOO_TYPE_BUS, NULL);
  self->session = g_object_ref (session);
  return self;
}

gboolean
floo_bus_export (FlooBus *self, GDBusConnection *connection, GError **error)
{
  g_return_val_if_fail (FLOO_IS_BUS (self) && self->connection == NULL, FALSE);

  (void) FLOO_ERROR; /* registers the error names before the first call can fail */
  self->connection = g_object_ref (connection);
  g_object_set_qdata (G_OBJECT (connection), bus_quark (), self);
  self->cancellable = g_cancellable_new ();
  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    {
      FlooBusInterface *interface = floo_bus_interface_new (floo_bus_tables[i], self->session);

      g_ptr_array_add (self->interfaces, interface);
      if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (interface), connection, FLOO_OBJECT_PATH, error))
        {
          floo_bus_unexport (self);
          return FALSE;
        }
    }
  self->manager = g_dbus_object_manager_server_new (FLOO_OBJECT_PATH);
  g_dbus_object_manager_server_set_connection (self->manager, connection);
  self->transfers = floo_bus_transfers_new (self->session, self->manager);
  g_signal_connect (self->session, "event", G_CALLBACK (on_event), self);
  g_signal_connect (self->session, "status-changed", G_CALLBACK (on_status_changed), self);
  return TRUE;
}

void
floo_bus_unexport (FlooBus *self)
{
  g_return_if_fail (FLOO_IS_BUS (self));

  if (self->connection == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->session, self);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->flushing = self->waiting = 0;
  g_clear_pointer (&self->transfers, floo_bus_transfers_free);
  g_clear_object (&self->manager);
  for (guint i = 0; i < self->interfaces->len; i++)
    {
      GDBusInterfaceSkeleton *interface = g_ptr_array_index (self->interfaces, i);

      if (g_dbus_interface_skeleton_get_connection (interface) != NULL)
        g_dbus_interface_skeleton_unexport (interface);
    }
  g_ptr_array_set_size (self->interfaces, 0);
  g_object_set_qdata (G_OBJECT (self->connection), bus_quark (), NULL);
  g_clear_object (&self->connection);
}
