/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of the bus layer against the introspection files, and these against the tables of base. */
#include <string.h>

#include "base/error.h"
#include "base/message.h"
#include "base/names.h"
#include "base/record.h"
#include "base/signals.h"
#include "bus/interface.h"
#include "dbus-info.h"

static void
check_method (const FlooBusMethod *method, const GDBusMethodInfo *info)
{
  guint n = 0;
  gboolean has_options;

  if (info == NULL)
    g_error ("%s is in no introspection file", method->name);
  g_assert_true (method->handler != NULL || method->options != NULL);
  while (info->in_args != NULL && info->in_args[n] != NULL)
    n++;
  has_options = n > 0 && strcmp (info->in_args[n - 1]->name, "options") == 0;
  if (has_options != (method->options != NULL))
    g_error ("%s has options in the table or in the introspection file only", method->name);
  if (has_options)
    g_assert_cmpstr (info->in_args[n - 1]->signature, ==, "a{sv}");
}

/* A method with options has a row. test-operations.c checks that those without a row are operations. */
static void
check_options (const FlooBusTable *table)
{
  for (guint i = 0; table->info->methods[i] != NULL; i++)
    {
      const GDBusMethodInfo *info = table->info->methods[i];
      gboolean has_row = FALSE, has_options = FALSE;

      for (guint j = 0; info->in_args != NULL && info->in_args[j] != NULL; j++)
        has_options = strcmp (info->in_args[j]->name, "options") == 0;
      for (guint j = 0; j < table->n_methods; j++)
        has_row = has_row || strcmp (table->methods[j].name, info->name) == 0;
      if (has_options && !has_row)
        g_error ("%s.%s has options, but no row in the table", table->info->name, info->name);
    }
}

static gboolean
has_argument (const GDBusInterfaceInfo *info, const FlooBusBound *bound)
{
  for (guint i = 0; info->methods[i] != NULL; i++)
    for (guint j = 0; info->methods[i]->in_args != NULL && info->methods[i]->in_args[j] != NULL; j++)
      {
        const GDBusArgInfo *arg = info->methods[i]->in_args[j];

        if (strcmp (arg->name, bound->arg) != 0)
          continue;
        g_assert_nonnull (strchr ("xuia", arg->signature[0]));
        g_assert_cmpint (arg->signature[0] == 'a', ==, bound->max_n > 0);
        return TRUE;
      }
  return FALSE;
}

static void
test_methods (void)
{
  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    {
      const FlooBusTable *table = floo_bus_tables[i];
      GDBusInterfaceInfo *info = (GDBusInterfaceInfo *) table->info;

      for (guint j = 0; j < table->n_methods; j++)
        check_method (&table->methods[j], g_dbus_interface_info_lookup_method (info, table->methods[j].name));
      check_options (table);
      for (const FlooBusBound *bound = table->bounds; bound != NULL && bound->arg != NULL; bound++)
        if (!has_argument (info, bound))
          g_error ("%s bounds %s, which no method has", info->name, bound->arg);
    }
}

/* Every interface has its version. */
static void
test_version (void)
{
  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    {
      const GDBusPropertyInfo *info
          = g_dbus_interface_info_lookup_property ((GDBusInterfaceInfo *) floo_bus_tables[i]->info, "Version");

      g_assert_nonnull (info);
      g_assert_cmpstr (info->signature, ==, "u");
      g_assert_cmpuint (floo_bus_tables[i]->version, >, 0);
    }
}

static void
check_signal (const FlooSignalInfo *signal)
{
  const GDBusSignalInfo *info = g_dbus_interface_info_lookup_signal ((GDBusInterfaceInfo *) floo_bus_events.info, signal->name);
  g_autoptr (GString) type = g_string_new ("(");

  if (info == NULL)
    g_error ("The signal %s is not in the introspection file", signal->name);
  g_assert_cmpstr (info->args[0]->name, ==, "serial");
  g_assert_cmpstr (info->args[0]->signature, ==, "t");
  for (guint i = 1; info->args[i] != NULL; i++)
    g_string_append (type, info->args[i]->signature);
  g_string_append_c (type, ')');
  g_assert_cmpstr (type->str, ==, signal->body);
  g_assert_cmpstr (g_dbus_annotation_info_lookup (info->annotations, "im.floo.SdkEvent"), ==, signal->sdk_event);
}

static void
test_signals (void)
{
  guint n = 0;

  for (int i = 1; i < FLOO_N_SIGNALS; i++)
    check_signal (floo_signal_get_info (i));
  while (floo_bus_events.info->signals[n] != NULL)
    n++;
  g_assert_cmpuint (n, ==, FLOO_N_SIGNALS - 1);
}

static char *
read_xml (const char *interface)
{
  g_autofree char *file = g_strconcat (interface, ".xml", NULL);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "dbus", file, NULL);
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

/* Every field of a record that a method returns is in the method's description, with its type. */
static void
test_records (void)
{
  static const char *const types[] = { "i", "x", "b", "s", "ax", "a{ss}" };
  static const struct {
    const char *interface;
    const FlooRecord *record;
  } rows[] = {
    { FLOO_IFACE_ROSTER, &floo_record_roster_item },
    { FLOO_IFACE_GROUPS, &floo_record_group_info },
    { FLOO_IFACE_GROUPS, &floo_record_brief_group_info },
    { FLOO_IFACE_GROUPS, &floo_record_group_member },
    { FLOO_IFACE_GROUPS, &floo_record_group_relation },
    { FLOO_IFACE_GROUPS, &floo_record_announcement },
    { FLOO_IFACE_GROUPS, &floo_record_group_blocked },
    { FLOO_IFACE_GROUPS, &floo_record_invitation },
    { FLOO_IFACE_GROUPS, &floo_record_group_application },
    { FLOO_IFACE_GROUPS, &floo_record_shared_file },
    { FLOO_IFACE_GROUPS, &floo_record_shared_file_result },
    { FLOO_IFACE_ROSTER, &floo_record_roster_application },
    { FLOO_IFACE_ACCOUNT, &floo_record_user_profile },
    { FLOO_IFACE_ACCOUNT, &floo_record_user_settings },
    { FLOO_IFACE_ACCOUNT, &floo_record_device },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *text = read_xml (rows[i].interface);

      for (guint j = 0; j < rows[i].record->n_fields; j++)
        {
          const FlooField *field = &rows[i].record->fields[j];
          g_autofree char *words = g_strdup_printf ("`%s` %s", field->name, types[field->type]);

          if (strstr (text, words) == NULL)
            g_error ("%s: nothing is said about %s", rows[i].interface, words);
        }
    }
}

/* Every error name that the daemon has is described, and no other. */
static void
test_errors (void)
{
  g_autofree char *account = read_xml (FLOO_IFACE_ACCOUNT);

  for (int i = 0; i < FLOO_N_ERRORS; i++)
    {
      g_autofree char *words = g_strdup_printf ("- `%s`: ", floo_error_get_dbus_name (i));

      if (strstr (account, words) == NULL)
        g_error ("Nothing is said about %s", floo_error_get_dbus_name (i));
    }
  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    {
      g_autofree char *text = read_xml (floo_bus_tables[i]->info->name);
      g_auto (GStrv) parts = g_strsplit (text, "`" FLOO_ERROR_PREFIX, -1);

      for (guint j = 1; parts[j] != NULL; j++)
        {
          g_autofree char *rest = g_strndup (parts[j], strcspn (parts[j], "`"));
          g_autofree char *name = g_strconcat (FLOO_ERROR_PREFIX, rest, NULL);
          gboolean known = *rest == '\0'; /* the prefix alone */

          for (int code = 0; code < FLOO_N_ERRORS; code++)
            known = known || strcmp (floo_error_get_dbus_name (code), name) == 0;
          if (!known)
            g_error ("%s speaks of %s, which there is not", floo_bus_tables[i]->info->name, name);
        }
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/bus-table/methods", test_methods);
  g_test_add_func ("/bus-table/version", test_version);
  g_test_add_func ("/bus-table/signals", test_signals);
  g_test_add_func ("/bus-table/records", test_records);
  g_test_add_func ("/bus-table/errors", test_errors);
  return g_test_run ();
}
