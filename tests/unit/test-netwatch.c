/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The watch of network and sleep: no signals without a system bus, and signals of logind with one. */
#include "net/socket/netwatch.h"

#include "net-support.h"

typedef struct {
  guint came;
  guint changed;
  guint woke;
} Seen;

static void
count (FlooNetwatch *watch, guint *n)
{
  (*n)++;
}

static void
listen (FlooNetwatch *watch, Seen *seen)
{
  g_signal_connect (watch, "came", G_CALLBACK (count), &seen->came);
  g_signal_connect (watch, "changed", G_CALLBACK (count), &seen->changed);
  g_signal_connect (watch, "woke", G_CALLBACK (count), &seen->woke);
}

static void
test_transitions (void)
{
  FlooNetwatch *watch = floo_netwatch_new_idle ();
  Seen seen = { 0 };

  listen (watch, &seen);
  g_assert_true (floo_netwatch_is_available (watch));
  floo_netwatch_saw_network (watch, TRUE);
  floo_netwatch_saw_network (watch, FALSE);
  floo_netwatch_saw_network (watch, FALSE);
  g_assert_false (floo_netwatch_is_available (watch));
  floo_netwatch_saw_network (watch, TRUE);
  g_assert_true (floo_netwatch_is_available (watch));
  floo_netwatch_saw_sleep (watch, TRUE);
  g_assert_cmpuint (seen.came, ==, 1);
  g_assert_cmpuint (seen.changed, ==, 1);
  g_assert_cmpuint (seen.woke, ==, 0);
  floo_netwatch_saw_sleep (watch, FALSE);
  g_assert_cmpuint (seen.woke, ==, 1);
  drop_last (watch);
}

/* Without a system bus there is no warning, and the watch can be freed at any time. */
static void
test_no_bus (void)
{
  FlooNetwatch *watch;

  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/dev/null/nowhere", TRUE);
  watch = floo_netwatch_new ();
  drop_last (watch);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GDBusConnection **bus = user_data;
  GError *error = NULL;

  *bus = g_dbus_connection_new_for_address_finish (result, &error);
  g_assert_no_error (error);
}

static void
named_cb (GDBusConnection *bus, const char *name, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

static void
tell_sleep (GDBusConnection *bus, GVariant *arguments)
{
  GError *error = NULL;

  g_dbus_connection_emit_signal (bus, NULL, "/org/freedesktop/login1", "org.freedesktop.login1.Manager", "PrepareForSleep", arguments,
                                 &error);
  g_assert_no_error (error);
}

static gboolean
tell_awake (gpointer user_data)
{
  tell_sleep (user_data, g_variant_new ("(b)", FALSE));
  return G_SOURCE_CONTINUE;
}

static void
test_logind (void)
{
  GTestDBus *daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  GDBusConnection *bus = NULL;
  FlooNetwatch *watch;
  Seen seen = { 0 };
  gboolean named = FALSE;
  guint owner;
  guint teller;

  g_test_dbus_up (daemon);
  g_setenv ("DBUS_SYSTEM_BUS_ADDRESS", g_test_dbus_get_bus_address (daemon), TRUE);
  g_dbus_connection_new_for_address (g_test_dbus_get_bus_address (daemon),
                                     G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL,
                                     NULL, connected_cb, &bus);
  run_until (bus != NULL);
  owner = g_bus_own_name_on_connection (bus, "org.freedesktop.login1", G_BUS_NAME_OWNER_FLAGS_NONE, named_cb, NULL, &named, NULL);
  run_until (named);

  watch = floo_netwatch_new ();
  listen (watch, &seen);
  /* Only a signal that arrives shows that the subscription is in place. */
  teller = g_timeout_add (10, tell_awake, bus);
  run_until (seen.woke > 0);
  g_source_remove (teller);
  tell_sleep (bus, g_variant_new ("(s)", "nonsense"));
  seen.woke = 0;
  tell_sleep (bus, g_variant_new ("(b)", TRUE));
  tell_sleep (bus, g_variant_new ("(b)", FALSE));
  run_until (seen.woke > 0);

  /* The end of the system bus does not end the process. */
  g_bus_unown_name (owner);
  g_dbus_connection_set_exit_on_close (bus, FALSE);
  g_test_dbus_stop (daemon);
  run_until (g_dbus_connection_is_closed (bus));
  drop_last (watch);
  g_object_unref (bus);
  g_object_unref (daemon);
}

int
main (int argc, char **argv)
{
  support_init (&argc, &argv);
  g_test_add_func ("/netwatch/transitions", test_transitions);
  g_test_add_func ("/netwatch/no-bus", test_no_bus);
  g_test_add_func ("/netwatch/logind", test_logind);
  return g_test_run ();
}
