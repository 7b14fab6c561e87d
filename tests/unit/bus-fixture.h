/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bus-fixture.h: the bus layer on a private bus, over a double of the session, and a client of it.
 */
#pragma once

#include "base/names.h"
#include "bus/bus.h"
#include "fake-session.h"
#include "run-until.h"

typedef struct {
  GDBusConnection *service;
  GDBusConnection *client;
  FlooSession *session;
  FlooBus *bus;
} BusFixture;

static GTestDBus *bus_fixture_daemon;

static inline GDBusConnection *
bus_fixture_connect (void)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (bus_fixture_daemon),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static inline void
bus_fixture_set_up (BusFixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->service = bus_fixture_connect ();
  f->client = bus_fixture_connect ();
  f->session = fake_session_new ();
  f->bus = floo_bus_new (f->session);
  floo_bus_export (f->bus, f->service, &error);
  g_assert_no_error (error);
}

static inline void
bus_fixture_tear_down (BusFixture *f, gconstpointer data)
{
  floo_bus_unexport (f->bus);
  g_assert_finalize_object (f->bus);
  g_assert_finalize_object (f->session);
  g_dbus_connection_close_sync (f->client, NULL, NULL);
  g_dbus_connection_close_sync (f->service, NULL, NULL);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&f->client);
  g_clear_object (&f->service);
  fake_session_reset ();
}

static inline void
bus_fixture_on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* A method call of the client; @args: (nullable): text of a tuple. Everything that was sent before the reply has then arrived. */
static inline GVariant *
bus_fixture_call (BusFixture *f, const char *path, const char *interface, const char *method, const char *args, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (f->client, g_dbus_connection_get_unique_name (f->service), path, interface, method,
                          args != NULL ? g_variant_new_parsed (args) : NULL, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL,
                          bus_fixture_on_called, &result);
  run_until (result != NULL);
  return g_dbus_connection_call_finish (f->client, result, error);
}

/* Runs all tests on one private bus. Returns: the exit code */
static inline int
bus_fixture_run (void)
{
  int result;

  bus_fixture_daemon = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (bus_fixture_daemon);
  result = g_test_run ();
  g_test_dbus_down (bus_fixture_daemon);
  g_clear_object (&bus_fixture_daemon);
  return result;
}
