/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * generic.c: commands that are a single call, described by their row in the table.
 *
 * FlooCliCommand.params has a word for each argument of the method; a digit is the place of the command's argument that it is made from:
 *
 *   C0  id of a conversation     K0  its kind, "roster" or "group"
 *   U0  id of a user             G0  id of a group
 *   U0+ users from there on      G0+ groups from there on
 *   C0+ conversations from there on
 *   M0  id of a message          N0  a number of the method's type
 *   T0  a text                   T0? a text, "" where it is not given
 *   T0+ texts from there on, with blanks between them; of "-" the standard input
 *   O:NAME   the option's text, "" where it is not given
 *   E:NAME   the option's span of time in minutes, -1 where it is not given
 *   0, 1     false and true
 *   {}       what the options with a key say
 *   "", 200  cursor and limit of the first page
 */
#include <stdlib.h>
#include <string.h>

#include "base/names.h"
#include "cli/commands.h"
#include "cli/convert.h"
#include "cli/fate.h"
#include "cli/interfaces.h"
#include "cli/names.h"
#include "cli/text.h"

#define PAGE_LIMIT 200

/* ---- arguments ---- */

static GVariant *
make_id (FlooCli *cli, const char *text, char kind, GError **error)
{
  FlooTarget target;
  FlooNameKinds kinds = kind == 'U' ? FLOO_NAMES_USERS : kind == 'G' ? FLOO_NAMES_GROUPS : FLOO_NAMES_ALL;

  if (!floo_names_resolve (cli, text, kinds, &target, error))
    return NULL;
  if (kind == 'G')
    cli->group = target.id;
  if (kind == 'K')
    return g_variant_new_string (target.is_group ? "group" : "roster");
  return g_variant_new_int64 (target.id);
}

static GVariant *
make_integer (const char *type, const char *what, const char *text, GError **error)
{
  gint64 number = 0;

  if (*type == 'u')
    return floo_cli_parse_number (what, text, 0, G_MAXUINT32, &number, error) ? g_variant_new_uint32 ((guint32) number) : NULL;
  if (*type == 'i')
    return floo_cli_parse_number (what, text, G_MININT32, G_MAXINT32, &number, error) ? g_variant_new_int32 ((gint32) number) : NULL;
  return floo_cli_parse_number (what, text, 0, G_MAXINT64, &number, error) ? g_variant_new_int64 (number) : NULL;
}

static GVariant *
make_ids (FlooCli *cli, guint from, char kind, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ax"));

  for (guint i = from; i < cli->args->len; i++)
    {
      const char *text = floo_cli_arg (cli, i);
      GVariant *id = make_id (cli, text, kind, error);

      if (id == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, id);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
make_minutes (FlooCli *cli, const char *option, GError **error)
{
  const char *text = floo_cli_option (cli, option);
  gint64 seconds = -60;

  if (text != NULL && !floo_cli_parse_span (option, text, &seconds, error))
    return NULL;
  return g_variant_new_int64 (text != NULL ? MAX ((seconds + 59) / 60, 1) : -1);
}

/* What the options with a key say, each with the type that the documentation of the method names. */
static GVariant *
make_options (FlooCli *cli, GError **error)
{
  FlooFromJson from = { .member = cli->command->method };
  g_autoptr (JsonNode) root = json_node_init_object (json_node_alloc (), json_object_new ());
  JsonObject *object = json_node_get_object (root);

  json_object_unref (object); /* the node has it */
  for (const FlooCliOption *option = cli->command->options; option != NULL && option->name != NULL; option++)
    {
      const char *text = option->key != NULL ? floo_cli_option (cli, option->name) : NULL;

      if (text != NULL && option->value == NULL)
        json_object_set_boolean_member (object, option->key, TRUE);
      else if (text != NULL)
        json_object_set_string_member (object, option->key, text);
    }
  return floo_variant_from_json (&from, "a{sv}", root, "options", error);
}

static GVariant *
make_text (FlooCli *cli, const char *param, guint index, GError **error)
{
  g_autofree char *text = NULL;

  if (param[2] == '+')
    text = floo_cli_dup_text (cli, index, error);
  else
    text = g_strdup (floo_cli_arg (cli, index) != NULL ? floo_cli_arg (cli, index) : "");
  return text != NULL ? g_variant_new_take_string (g_steal_pointer (&text)) : NULL;
}

/* Returns: (transfer floating) (nullable) */
static GVariant *
make_argument (FlooCli *cli, const char *param, const GDBusArgInfo *arg, GError **error)
{
  guint index = param[0] != '\0' && g_ascii_isdigit (param[1]) ? (guint) (param[1] - '0') : 0;
  const char *text = floo_cli_arg (cli, index);

  switch (*param)
    {
    case 'U':
    case 'G':
    case 'C':
      if (param[2] == '+')
        return make_ids (cli, index, *param, error);
      return make_id (cli, text, *param, error);
    case 'K':
      return make_id (cli, text, *param, error);
    case 'M':
      return make_integer ("x", "the id of a message", text, error);
    case 'N':
      return make_integer (arg->signature, arg->name, text != NULL ? text : "0", error);
    case 'T':
      return make_text (cli, param, index, error);
    case 'O':
      return g_variant_new_string (floo_cli_option (cli, param + 2) != NULL ? floo_cli_option (cli, param + 2) : "");
    case 'E':
      return make_minutes (cli, param + 2, error);
    case '{':
      return make_options (cli, error);
    case '"':
      return g_variant_new_string ("");
    case '2':
      return g_variant_new_uint32 (PAGE_LIMIT);
    default:
      return g_variant_new_boolean (*param == '1');
    }
}

/* Returns: (transfer floating) (nullable): the arguments as one tuple */
static GVariant *
make_arguments (FlooCli *cli, GError **error)
{
  const GDBusMethodInfo *info = floo_find_method (cli->command->method, NULL);
  g_auto (GStrv) params = g_strsplit (cli->command->params, " ", -1);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_TUPLE);

  for (guint i = 0; i < floo_n_args (info->in_args); i++)
    {
      GVariant *value = make_argument (cli, params[i], info->in_args[i], error);

      if (value == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, value);
    }
  return g_variant_builder_end (&builder);
}

/* ---- results ---- */

/* Each has result and reason: FALSE where one has failed. */
static gboolean
print_outcomes (FlooCli *cli, GVariant *value, GError **error)
{
  g_autoptr (GVariant) records = g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT)
                                     ? g_variant_ref_sink (g_variant_new_array (NULL, &value, 1))
                                     : g_variant_ref (value);
  guint failed = 0;
  const char *reason = "";

  if (cli->json)
    floo_text_records (cli, NULL, records);
  for (gsize i = 0; i < g_variant_n_children (records); i++)
    {
      g_autoptr (GVariant) record = g_variant_get_child_value (records, i);
      const char *result = "success", *why = "";
      gint64 id = 0;

      g_variant_lookup (record, "result", "&s", &result);
      g_variant_lookup (record, "reason", "&s", &why);
      if (!g_variant_lookup (record, "user_id", "x", &id))
        g_variant_lookup (record, "file_id", "x", &id);
      if (strcmp (result, "success") == 0)
        continue;
      failed++;
      reason = *why != '\0' ? g_intern_string (why) : "no reason is given";
      if (!cli->json)
        floo_cli_note (cli, "%" G_GINT64_FORMAT ": %s", id, reason);
    }
  if (failed == 0)
    return TRUE;
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED, "%u of %u failed: %s", failed, (guint) g_variant_n_children (records), reason);
  return FALSE;
}

static void
print_records (FlooCli *cli, GVariant *records, gpointer data)
{
  floo_text_records (cli, cli->command->columns, records);
}

/* The further pages: the same arguments with the next cursor. */
static gboolean
print_pages (FlooCli *cli, GVariant *args, GVariant *first, GError **error)
{
  g_autoptr (GVariant) reply = g_variant_ref (first);
  gsize n = g_variant_n_children (args);
  g_autofree char *before = g_strdup ("");

  for (;;)
    {
      g_autoptr (GVariant) records = g_variant_get_child_value (reply, 0);
      g_autoptr (GVariant) cursor = floo_reply_get (cli->command->method, reply, "next_cursor");
      g_autofree GVariant **values = g_new (GVariant *, n);

      floo_text_records (cli, cli->command->columns, records);
      if (*g_variant_get_string (cursor, NULL) == '\0' || strcmp (g_variant_get_string (cursor, NULL), before) == 0)
        return TRUE;
      g_free (before);
      before = g_variant_dup_string (cursor, NULL);
      for (gsize i = 0; i < n; i++)
        values[i] = i + 2 == n ? cursor : g_variant_get_child_value (args, i);
      GVariant *next = g_variant_new_tuple (values, n);
      for (gsize i = 0; i < n; i++)
        if (i + 2 != n)
          g_variant_unref (values[i]);
      g_clear_pointer (&reply, g_variant_unref);
      reply = floo_cli_call (cli, cli->command->method, next, error);
      if (reply == NULL)
        return FALSE;
    }
}

static gboolean
print_result (FlooCli *cli, GVariant *args, GVariant *reply, GError **error)
{
  const GDBusMethodInfo *info = floo_find_method (cli->command->method, NULL);
  g_autoptr (GVariant) value = g_variant_n_children (reply) > 0 ? g_variant_get_child_value (reply, 0) : NULL;

  switch (cli->command->result)
    {
    case FLOO_RESULT_VALUE:
      floo_text_result (cli, info->out_args[0]->name, value);
      return TRUE;
    case FLOO_RESULT_RECORD:
      floo_text_record (cli, value);
      return TRUE;
    case FLOO_RESULT_RECORDS:
      floo_text_records (cli, cli->command->columns, value);
      return TRUE;
    case FLOO_RESULT_PAGES:
      return print_pages (cli, args, reply, error);
    case FLOO_RESULT_USERS:
    case FLOO_RESULT_GROUPS:
      return floo_names_each_page (cli, cli->command->result == FLOO_RESULT_GROUPS, value, print_records, NULL, error);
    case FLOO_RESULT_OUTCOMES:
      return print_outcomes (cli, value, error);
    case FLOO_RESULT_NONE:
    case FLOO_RESULT_FATE:
    default:
      return TRUE;
    }
}

int
floo_cli_run_generic (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  GVariant *made = make_arguments (cli, &error);
  g_autoptr (GVariant) args = made != NULL ? g_variant_ref_sink (made) : NULL;
  g_autoptr (GVariant) reply = NULL;
  gint64 seconds;

  if (args == NULL || !floo_cli_wait_option (cli, &seconds, &error))
    return floo_cli_fail (cli, error);
  if (cli->command->result == FLOO_RESULT_FATE)
    return floo_cli_send (cli, cli->command->method, args, NULL, seconds);
  reply = floo_cli_call (cli, cli->command->method, args, &error);
  if (reply == NULL || !print_result (cli, args, reply, &error))
    return floo_cli_fail (cli, error);
  return 0;
}
