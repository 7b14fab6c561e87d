/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/netwatch.h"

#define LOGIN_NAME "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_INTERFACE "org.freedesktop.login1.Manager"

enum { SIGNAL_CAME, SIGNAL_CHANGED, SIGNAL_WOKE, N_SIGNALS };

static guint signals[N_SIGNALS];

struct _FlooNetwatch {
  GObject parent_instance;

  gboolean available;
  GNetworkMonitor *monitor;
  GDBusConnection *bus;
  guint sleep_id;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (FlooNetwatch, floo_netwatch, G_TYPE_OBJECT)

void
floo_netwatch_saw_network (FlooNetwatch *self, gboolean available)
{
  gboolean before;

  g_return_if_fail (FLOO_IS_NETWATCH (self));

  before = self->available;
  self->available = available;
  if (!available)
    {
      if (before)
        g_message ("The network is down");
      return;
    }
  if (!before)
    g_message ("The network is up again");
  g_signal_emit (self, signals[before ? SIGNAL_CHANGED : SIGNAL_CAME], 0);
}

void
floo_netwatch_saw_sleep (FlooNetwatch *self, gboolean begins)
{
  g_return_if_fail (FLOO_IS_NETWATCH (self));

  g_message (begins ? "The machine is being suspended" : "The machine has resumed");
  if (!begins)
    g_signal_emit (self, signals[SIGNAL_WOKE], 0);
}

/* Ignores the signal's argument: with NetworkManager that is the kernel's view, and the property is NetworkManager's. */
static void
on_network_changed (GNetworkMonitor *monitor, gboolean available, FlooNetwatch *self)
{
  floo_netwatch_saw_network (self, g_network_monitor_get_network_available (monitor));
}

/* The property may change without the signal. */
static void
on_network_available (GNetworkMonitor *monitor, GParamSpec *pspec, FlooNetwatch *self)
{
  gboolean available = g_network_monitor_get_network_available (monitor);

  if (available != self->available)
    floo_netwatch_saw_network (self, available);
}

static void
on_prepare_for_sleep (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *signal,
                      GVariant *arguments, gpointer user_data)
{
  FlooNetwatch *self = user_data;
  gboolean begins;

  if (!g_variant_is_of_type (arguments, G_VARIANT_TYPE ("(b)")))
    return;
  g_variant_get (arguments, "(b)", &begins);
  floo_netwatch_saw_sleep (self, begins);
}

/* Making the default monitor may block on the system bus: not on the main loop. See also warm_up_thread() in http.c. */
static void
monitor_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_pointer (task, g_object_ref (g_network_monitor_get_default ()), g_object_unref);
}

static void
monitor_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooNetwatch) self = user_data;
  GNetworkMonitor *monitor = g_task_propagate_pointer (G_TASK (result), NULL);

  if (monitor == NULL)
    return; /* disposed meanwhile */
  self->monitor = monitor;
  g_signal_connect_object (monitor, "network-changed", G_CALLBACK (on_network_changed), self, 0);
  g_signal_connect_object (monitor, "notify::network-available", G_CALLBACK (on_network_available), self, 0);
  on_network_available (monitor, NULL, self);
}

static void
bus_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooNetwatch) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);

  if (bus == NULL)
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        g_debug ("No system bus, so that suspend is not noticed: %s", error->message);
      return;
    }
  /* Otherwise the shared connection would end the process when the system bus goes away. */
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  self->bus = g_steal_pointer (&bus);
  self->sleep_id = g_dbus_connection_signal_subscribe (self->bus, LOGIN_NAME, LOGIN_INTERFACE, "PrepareForSleep", LOGIN_PATH, NULL,
                                                       G_DBUS_SIGNAL_FLAGS_NONE, on_prepare_for_sleep, self, NULL);
}

static void
floo_netwatch_dispose (GObject *object)
{
  FlooNetwatch *self = FLOO_NETWATCH (object);

  g_cancellable_cancel (self->cancellable);
  if (self->sleep_id != 0)
    g_dbus_connection_signal_unsubscribe (self->bus, self->sleep_id);
  self->sleep_id = 0;
  g_clear_object (&self->bus);
  g_clear_object (&self->monitor);
  G_OBJECT_CLASS (floo_netwatch_parent_class)->dispose (object);
}

static void
floo_netwatch_finalize (GObject *object)
{
  FlooNetwatch *self = FLOO_NETWATCH (object);

  g_clear_object (&self->cancellable);
  G_OBJECT_CLASS (floo_netwatch_parent_class)->finalize (object);
}

static void
floo_netwatch_class_init (FlooNetwatchClass *class)
{
  static const char *const names[N_SIGNALS] = { "came", "changed", "woke" };

  G_OBJECT_CLASS (class)->dispose = floo_netwatch_dispose;
  G_OBJECT_CLASS (class)->finalize = floo_netwatch_finalize;
  for (guint i = 0; i < N_SIGNALS; i++)
    signals[i] = g_signal_new (names[i], FLOO_TYPE_NETWATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
floo_netwatch_init (FlooNetwatch *self)
{
  self->available = TRUE;
  self->cancellable = g_cancellable_new ();
}

FlooNetwatch *
floo_netwatch_new_idle (void)
{
  return g_object_new (FLOO_TYPE_NETWATCH, NULL);
}

FlooNetwatch *
floo_netwatch_new (void)
{
  FlooNetwatch *self = floo_netwatch_new_idle ();
  /* Without the watch as source object, which might then be finalised on the worker thread. */
  g_autoptr (GTask) task = g_task_new (NULL, self->cancellable, monitor_cb, g_object_ref (self));

  g_task_set_source_tag (task, floo_netwatch_new);
  g_task_run_in_thread (task, monitor_thread);
  g_bus_get (G_BUS_TYPE_SYSTEM, self->cancellable, bus_cb, g_object_ref (self));
  return self;
}

gboolean
floo_netwatch_is_available (FlooNetwatch *self)
{
  g_return_val_if_fail (FLOO_IS_NETWATCH (self), TRUE);
  return self->available;
}
