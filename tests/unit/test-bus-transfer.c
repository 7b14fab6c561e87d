/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfers as objects on a private bus: they come, change at a bearable rate, and go, as the session's do; the session is a double. */
#include "base/names.h"
#include "bus/bus.h"
#include "fake-session.h"

#define TIME_LIMIT_S 60
#define PATH FLOO_TRANSFERS_PATH "/7"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

typedef struct {
  GDBusConnection *service;
  GDBusConnection *client;
  FlooSession *session;
  FlooBus *bus;
  GString *seen;            /* what came, a word each */
  GVariant *changed;        /* (nullable): a{sv} of the latest change */
} Fixture;

static GTestDBus *test_bus;

static gboolean
on_time_limit (gpointer user_data)
{
  g_error ("Nothing came in %d s: %s", TIME_LIMIT_S, (const char *) user_data);
  return G_SOURCE_REMOVE;
}

#define WAIT_UNTIL(condition) \
  G_STMT_START \
  { \
    guint limit_ = g_timeout_add_seconds (TIME_LIMIT_S, on_time_limit, (gpointer) #condition); \
    while (!(condition)) \
      g_main_context_iteration (NULL, TRUE); \
    g_source_remove (limit_); \
  } \
  G_STMT_END

static GDBusConnection *
connect_to_bus (void)
{
  g_autoptr (GError) error = NULL;
  GDBusConnection *connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (test_bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);

  g_assert_no_error (error);
  return connection;
}

static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
           gpointer user_data)
{
  Fixture *f = user_data;
  const char *subject;

  if (g_str_equal (name, "PropertiesChanged"))
    {
      g_variant_get_child (args, 0, "&s", &subject);
      if (!g_str_equal (subject, FLOO_IFACE_TRANSFER))
        return;
      g_assert_cmpstr (path, ==, PATH);
      g_clear_pointer (&f->changed, g_variant_unref);
      f->changed = g_variant_get_child_value (args, 1);
    }
  else
    {
      g_assert_cmpstr (path, ==, FLOO_OBJECT_PATH);
      g_variant_get_child (args, 0, "&o", &subject);
      g_assert_cmpstr (subject, ==, PATH);
    }
  g_string_append_printf (f->seen, "%s ", name);
}

static void
on_called (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Also waits until everything that was sent before has come. */
static GVariant *
call (Fixture *f, const char *path, const char *interface, const char *method, GVariant *args, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  g_dbus_connection_call (f->client, g_dbus_connection_get_unique_name (f->service), path, interface, method, args, NULL,
                          G_DBUS_CALL_FLAGS_NONE, -1, NULL, on_called, &result);
  WAIT_UNTIL (result != NULL);
  return g_dbus_connection_call_finish (f->client, result, error);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  static const char *const interfaces[] = { MANAGER, "org.freedesktop.DBus.Properties" };
  g_autoptr (GError) error = NULL;

  f->service = connect_to_bus ();
  f->client = connect_to_bus ();
  f->session = fake_session_new ();
  f->bus = floo_bus_new (f->session);
  f->seen = g_string_new (NULL);
  floo_bus_export (f->bus, f->service, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    g_dbus_connection_signal_subscribe (f->client, g_dbus_connection_get_unique_name (f->service), interfaces[i], NULL, NULL, NULL,
                                        G_DBUS_SIGNAL_FLAGS_NONE, on_signal, f, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
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
  g_clear_pointer (&f->changed, g_variant_unref);
  g_string_free (f->seen, TRUE);
  fake_session_reset ();
}

/* What the session says of transfer 7 from now on; NULL: it is gone. */
static void
say (Fixture *f, const char *status, guint64 transferred)
{
  GVariantDict dict;

  g_clear_pointer (&fake.transfer, g_variant_unref);
  if (status != NULL)
    {
      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "Kind", "s", "upload");
      g_variant_dict_insert (&dict, "Status", "s", status);
      g_variant_dict_insert (&dict, "Transferred", "t", transferred);
      g_variant_dict_insert (&dict, "Total", "t", (guint64) 100);
      g_variant_dict_insert (&dict, "Name", "s", "x");
      g_variant_dict_insert (&dict, "Path", "s", "");
      g_variant_dict_insert (&dict, "Url", "s", "");
      g_variant_dict_insert (&dict, "Message", "x", (gint64) 0);
      g_variant_dict_insert (&dict, "Error", "(ss)", "", "");
      fake.transfer = g_variant_ref_sink (g_variant_dict_end (&dict));
    }
  g_signal_emit_by_name (f->session, "transfer-changed", (guint64) 7);
}

static void
assert_changed (Fixture *f, const char *status, guint64 transferred)
{
  const char *present_status = NULL;
  guint64 present = 0;

  if (status != NULL)
    {
      g_assert_true (g_variant_lookup (f->changed, "Status", "&s", &present_status));
      g_assert_cmpstr (present_status, ==, status);
    }
  g_assert_true (g_variant_lookup (f->changed, "Transferred", "t", &present));
  g_assert_cmpuint (present, ==, transferred);
}

static void
test_life (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) objects = NULL;
  g_autoptr (GVariant) cancelled = NULL;
  g_autoptr (GVariant) none = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  say (f, "queued", 0);
  objects = call (f, FLOO_OBJECT_PATH, MANAGER, "GetManagedObjects", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (f->seen->str, ==, "InterfacesAdded ");
  text = g_variant_print (objects, FALSE);
  g_assert_nonnull (strstr (text, PATH));
  g_assert_nonnull (strstr (text, "'Status': <'queued'>"));
  cancelled = call (f, PATH, FLOO_IFACE_TRANSFER, "Cancel", NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (fake.calls->str, "cancel_transfer 7\n"));

  say (f, NULL, 0);
  WAIT_UNTIL (g_str_equal (f->seen->str, "InterfacesAdded InterfacesRemoved "));
  none = call (f, PATH, FLOO_IFACE_TRANSFER, "Cancel", NULL, &error);
  g_assert_null (none);
  g_assert_nonnull (error);
  g_clear_pointer (&objects, g_variant_unref);
  g_clear_error (&error);
  objects = call (f, FLOO_OBJECT_PATH, MANAGER, "GetManagedObjects", NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&text, g_free);
  text = g_variant_print (objects, FALSE);
  g_assert_null (strstr (text, PATH));
}

/* Many changes in a row are told as one, the last of them for certain. */
static void
test_rate (Fixture *f, gconstpointer data)
{
  say (f, "queued", 0);
  for (guint i = 1; i <= 50; i++)
    say (f, "active", i);
  WAIT_UNTIL (f->changed != NULL);
  assert_changed (f, "active", 50);
  for (guint i = 51; i <= 100; i++)
    say (f, i < 100 ? "active" : "complete", i);
  g_clear_pointer (&f->changed, g_variant_unref);
  WAIT_UNTIL (f->changed != NULL);
  assert_changed (f, "complete", 100);
  g_assert_cmpstr (f->seen->str, ==, "InterfacesAdded PropertiesChanged PropertiesChanged ");
}

/* One that goes while a change is still to be told goes at once, and nothing comes behind. */
static void
test_gone (Fixture *f, gconstpointer data)
{
  say (f, "queued", 0);
  say (f, "active", 1);
  say (f, NULL, 0);
  say (f, NULL, 0);
  WAIT_UNTIL (g_str_has_suffix (f->seen->str, "InterfacesRemoved "));
  say (f, "queued", 2);
  say (f, "active", 3);
  WAIT_UNTIL (f->changed != NULL);
  assert_changed (f, "active", 3);
  g_assert_cmpstr (f->seen->str, ==, "InterfacesAdded InterfacesRemoved InterfacesAdded PropertiesChanged ");
}

int
main (int argc, char **argv)
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bus/transfer/life", Fixture, NULL, set_up, test_life, tear_down);
  g_test_add ("/bus/transfer/rate", Fixture, NULL, set_up, test_rate, tear_down);
  g_test_add ("/bus/transfer/gone", Fixture, NULL, set_up, test_gone, tear_down);

  test_bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (test_bus);
  result = g_test_run ();
  g_test_dbus_down (test_bus);
  g_object_unref (test_bus);
  return result;
}
