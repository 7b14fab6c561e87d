/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transfers as objects on a private bus: they appear, change at a limited rate, and disappear, as the session's do; the session is a double. */
#include "bus-fixture.h"

#define PATH FLOO_TRANSFERS_PATH "/7"
#define MANAGER "org.freedesktop.DBus.ObjectManager"

typedef struct {
  BusFixture base;
  GString *seen;     /* the signals that came, a word each */
  GVariant *changed; /* (nullable): a{sv} of the latest change */
} Fixture;

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
set_up (Fixture *f, gconstpointer data)
{
  static const char *const interfaces[] = { MANAGER, "org.freedesktop.DBus.Properties" };

  bus_fixture_set_up (&f->base, data);
  f->seen = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (interfaces); i++)
    g_dbus_connection_signal_subscribe (f->base.client, g_dbus_connection_get_unique_name (f->base.service), interfaces[i], NULL, NULL,
                                        NULL, G_DBUS_SIGNAL_FLAGS_NONE, on_signal, f, NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  bus_fixture_tear_down (&f->base, data);
  g_clear_pointer (&f->changed, g_variant_unref);
  g_string_free (f->seen, TRUE);
}

/* Changes transfer 7 in the session; NULL: it is gone. */
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
  g_signal_emit_by_name (f->base.session, "transfer-changed", (guint64) 7);
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
  objects = bus_fixture_call (&f->base, FLOO_OBJECT_PATH, MANAGER, "GetManagedObjects", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (f->seen->str, ==, "InterfacesAdded ");
  text = g_variant_print (objects, FALSE);
  g_assert_nonnull (strstr (text, PATH));
  g_assert_nonnull (strstr (text, "'Status': <'queued'>"));
  cancelled = bus_fixture_call (&f->base, PATH, FLOO_IFACE_TRANSFER, "Cancel", NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (fake.calls->str, "cancel_transfer 7\n"));

  say (f, NULL, 0);
  run_until (g_str_equal (f->seen->str, "InterfacesAdded InterfacesRemoved "));
  none = bus_fixture_call (&f->base, PATH, FLOO_IFACE_TRANSFER, "Cancel", NULL, &error);
  g_assert_null (none);
  g_assert_nonnull (error);
  g_clear_pointer (&objects, g_variant_unref);
  g_clear_error (&error);
  objects = bus_fixture_call (&f->base, FLOO_OBJECT_PATH, MANAGER, "GetManagedObjects", NULL, &error);
  g_assert_no_error (error);
  g_clear_pointer (&text, g_free);
  text = g_variant_print (objects, FALSE);
  g_assert_null (strstr (text, PATH));
}

/* Many changes in a row are signalled as one, and the last state always is. */
static void
test_rate (Fixture *f, gconstpointer data)
{
  say (f, "queued", 0);
  for (guint i = 1; i <= 50; i++)
    say (f, "active", i);
  run_until (f->changed != NULL);
  assert_changed (f, "active", 50);
  for (guint i = 51; i <= 100; i++)
    say (f, i < 100 ? "active" : "complete", i);
  g_clear_pointer (&f->changed, g_variant_unref);
  run_until (f->changed != NULL);
  assert_changed (f, "complete", 100);
  g_assert_cmpstr (f->seen->str, ==, "InterfacesAdded PropertiesChanged PropertiesChanged ");
}

/* A transfer that is removed while a change is pending is removed at once, and the change is not signalled any more. */
static void
test_gone (Fixture *f, gconstpointer data)
{
  say (f, "queued", 0);
  say (f, "active", 1);
  say (f, NULL, 0);
  say (f, NULL, 0);
  run_until (g_str_has_suffix (f->seen->str, "InterfacesRemoved "));
  say (f, "queued", 2);
  say (f, "active", 3);
  run_until (f->changed != NULL);
  assert_changed (f, "active", 3);
  g_assert_cmpstr (f->seen->str, ==, "InterfacesAdded InterfacesRemoved InterfacesAdded PropertiesChanged ");
}

/* A transfer that is gone from the session, which has not signalled that yet, is returned in its last state. */
static void
test_about_to_go (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  say (f, "complete", 100);
  g_clear_pointer (&fake.transfer, g_variant_unref);
  properties = bus_fixture_call (&f->base, PATH, "org.freedesktop.DBus.Properties", "GetAll", "('" FLOO_IFACE_TRANSFER "',)", &error);
  g_assert_no_error (error);
  text = g_variant_print (properties, FALSE);
  g_assert_nonnull (strstr (text, "'Status': <'complete'>"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/bus/transfer/life", Fixture, NULL, set_up, test_life, tear_down);
  g_test_add ("/bus/transfer/about-to-go", Fixture, NULL, set_up, test_about_to_go, tear_down);
  g_test_add ("/bus/transfer/rate", Fixture, NULL, set_up, test_rate, tear_down);
  g_test_add ("/bus/transfer/gone", Fixture, NULL, set_up, test_gone, tear_down);
  return bus_fixture_run ();
}
