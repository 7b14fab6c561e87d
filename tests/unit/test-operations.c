/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of operations against the introspection files: every method has a handler, with arguments and results of the right types. */
#include <string.h>

#include "bus/interface.h"
#include "session/operations/table.h"

static const FlooBusMethod *
find_row (const FlooBusTable *table, const char *name)
{
  for (guint i = 0; i < table->n_methods; i++)
    if (strcmp (table->methods[i].name, name) == 0)
      return &table->methods[i];
  return NULL;
}

/* Each has a handler of its own, or is an operation; never both. */
static void
test_every_method (void)
{
  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    for (guint j = 0; floo_bus_tables[i]->info->methods[j] != NULL; j++)
      {
        const char *interface = floo_bus_tables[i]->info->name, *name = floo_bus_tables[i]->info->methods[j]->name;
        const FlooBusMethod *method = find_row (floo_bus_tables[i], name);
        gboolean handled = method != NULL && method->handler != NULL;
        gboolean is_operation = floo_operation_find (interface, name) != NULL;

        if (handled == is_operation)
          g_error ("%s.%s has %s", interface, name, handled ? "a handler and a row in the table of operations" : "neither handler nor row");
      }
}

static const GDBusMethodInfo *
find_info (const FlooRestOperation *row)
{
  const char *dot = strchr (row->name, '.');

  g_assert_nonnull (dot);
  for (guint i = 0; floo_bus_tables[i] != NULL; i++)
    {
      const char *last = strrchr (floo_bus_tables[i]->info->name, '.') + 1;

      if (strlen (last) == (gsize) (dot - row->name) && g_str_has_prefix (row->name, last))
        return g_dbus_interface_info_lookup_method ((GDBusInterfaceInfo *) floo_bus_tables[i]->info, dot + 1);
    }
  return NULL;
}

/* Checks where an argument may go, by its type. */
static void
check_argument (const FlooRestOperation *row, const FlooArg *arg, const GDBusArgInfo *info)
{
  static const char *const types[] = {
    [FLOO_ARG_QUERY] = "|s|x|i|u|b|",    [FLOO_ARG_BODY] = "|s|x|i|u|b|ax|", [FLOO_ARG_BOTH] = "|x|i|u|", [FLOO_ARG_RECORD] = "|a{sv}|",
    [FLOO_ARG_OPTIONS] = "|a{sv}|",      [FLOO_ARG_REFRESH] = "|b|",         [FLOO_ARG_LOCAL] = "|s|x|i|u|b|",
    [FLOO_ARG_LOCAL_OPTIONS] = "|a{sv}|",
  };
  g_autofree char *type = g_strconcat ("|", info->signature, "|", NULL);
  gboolean named = arg->place != FLOO_ARG_RECORD && arg->place != FLOO_ARG_OPTIONS && arg->place != FLOO_ARG_REFRESH
                   && arg->place != FLOO_ARG_LOCAL_OPTIONS;

  if (strstr (types[arg->place], type) == NULL)
    g_error ("%s: the argument %s of type %s cannot go there", row->name, info->name, info->signature);
  g_assert_cmpint (named, ==, arg->name != NULL);
  g_assert_cmpint (arg->place == FLOO_ARG_OPTIONS || arg->place == FLOO_ARG_LOCAL_OPTIONS, ==, strcmp (info->name, "options") == 0);
  g_assert_cmpint (arg->place == FLOO_ARG_REFRESH, ==, strcmp (info->name, "refresh") == 0);
  g_assert_true (arg->place != FLOO_ARG_RECORD || row->input != NULL);
  g_assert_true (strcmp (row->method, "GET") != 0 || (arg->place != FLOO_ARG_BODY && arg->place != FLOO_ARG_BOTH));
}

static void
check_reply (const FlooRestOperation *row, const GDBusMethodInfo *info)
{
  g_autoptr (GString) type = g_string_new ("(");
  gboolean plain = row->result == FLOO_RESULT_NONE || row->result == FLOO_RESULT_IDS || row->result == FLOO_RESULT_JSON;

  for (guint i = 0; info->out_args != NULL && info->out_args[i] != NULL; i++)
    g_string_append (type, info->out_args[i]->signature);
  g_string_append_c (type, ')');
  g_assert_cmpstr (type->str, ==, floo_operation_get_reply_type (row));
  if (plain == (row->record != NULL))
    g_error ("%s has %s", row->name, plain ? "a record that it does not need" : "no record");
}

/* The introspection file has the SDK's name of the record. */
static void
check_annotation (const FlooRestOperation *row, const GDBusMethodInfo *info)
{
  const char *words = g_dbus_annotation_info_lookup (info->annotations, "im.floo.SdkType");
  g_auto (GStrv) names = g_strsplit (words != NULL ? words : "", " ", -1);
  const char *name = row->record != NULL ? row->record->name : row->input != NULL ? row->input->name : NULL;

  if (name == NULL || row->record == &floo_record_device || row->record == &floo_record_verification
      || row->record == &floo_record_app_settings)
    g_assert_null (words);
  else if (row->list == FLOO_LIST_BANNED)
    g_assert_true (g_strv_contains ((const char *const *) names, "GroupMemberBanned"));
  else if (!g_strv_contains ((const char *const *) names, name))
    g_error ("%s deals with %s, which the introspection file does not say", row->name, name);
}

static void
test_every_row (void)
{
  for (const FlooRestOperation *row = floo_operations; row->name != NULL; row++)
    {
      const GDBusMethodInfo *info = find_info (row);
      guint n = 0;

      if (info == NULL)
        g_error ("%s is in no introspection file", row->name);
      for (; info->in_args != NULL && info->in_args[n] != NULL; n++)
        {
          if (row->args[n].place == FLOO_ARG_NONE)
            g_error ("%s: the row has too few arguments", row->name);
          check_argument (row, &row->args[n], info->in_args[n]);
        }
      if (row->args[n].place != FLOO_ARG_NONE)
        g_error ("%s: the row has too many arguments", row->name);
      check_reply (row, info);
      check_annotation (row, info);
      g_assert_cmpint (row->use == FLOO_CACHE_NEVER, ==, row->cache == NULL);
      for (const FlooRestOperation *other = row + 1; other->name != NULL; other++)
        g_assert_cmpstr (row->name, !=, other->name);
    }
}

static const FlooRecord *
find_record (const char *name)
{
  for (guint i = 0; floo_records[i] != NULL; i++)
    if (strcmp (floo_records[i]->name, name) == 0)
      return floo_records[i];
  return strcmp (name, "GroupMemberBanned") == 0 ? &floo_record_group_member : NULL;
}

static gboolean
has_field (const FlooRecord *record, const char *name)
{
  for (guint i = 0; i < record->n_fields; i++)
    if (strcmp (record->fields[i].name, name) == 0)
      return TRUE;
  return FALSE;
}

/* Every field of every record of the SDK is returned under its name: the list of dbus/sdk.txt against the tables. */
static void
test_sdk_fields (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "dbus", "sdk.txt", NULL);
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  guint n = 0;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit_set (lines[i], " :", -1);
      const FlooRecord *record = g_str_has_prefix (lines[i], "type ") ? find_record (words[1]) : NULL;

      if (record == NULL)
        continue;
      n++;
      for (guint j = 2; words[j] != NULL; j++)
        if (*words[j] != '\0' && !has_field (record, words[j]))
          g_error ("%s has no field %s", record->name, words[j]);
    }
  g_assert_cmpuint (n, >=, 16);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/operations/every-method", test_every_method);
  g_test_add_func ("/operations/every-row", test_every_row);
  g_test_add_func ("/operations/sdk-fields", test_sdk_fields);
  return g_test_run ();
}
