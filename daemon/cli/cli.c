/* SPDX-License-Identifier: GPL-3.0-or-later */
/* cli.c: from the command line to the command. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"

/* The words of the longest command name. */
#define MAX_WORDS 3

const FlooCliOption floo_cli_common_options[] = { { "json", 0, NULL, "Print one JSON object a line", NULL },
                                                  { "instance", 'i', "NAME", "Ask the instance NAME of the daemon", NULL },
                                                  { "help", 'h', NULL, "Print this help", NULL },
                                                  { NULL } };

static gboolean usage (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
usage (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_clear_error (error);
  if (error != NULL)
    *error = g_error_new_valist (FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, format, args);
  va_end (args);
  return FALSE;
}

/* ---- options ---- */

static const FlooCliOption *
find_in (const FlooCliOption *table, const char *name, gsize len)
{
  for (; table != NULL && table->name != NULL; table++)
    if ((strlen (table->name) == len && strncmp (table->name, name, len) == 0) || (len == 1 && table->letter == *name))
      return table;
  return NULL;
}

/* @name: a whole name, or a letter */
static const FlooCliOption *
find_option (const FlooCliCommand *command, const char *name, gsize len)
{
  const FlooCliOption *found = command != NULL ? find_in (command->options, name, len) : NULL;

  return found != NULL ? found : find_in (floo_cli_common_options, name, len);
}

/* "-5" is a number and "-" the standard input; neither is an option. */
static gboolean
is_option (const char *arg)
{
  return arg[0] == '-' && arg[1] != '\0' && !g_ascii_isdigit (arg[1]);
}

/* Reads the option at *@at, and its value, which may be the next argument. */
static gboolean
parse_option (FlooCli *cli, int argc, char **argv, int *at, GError **error)
{
  const char *arg = argv[*at];
  gboolean is_long = arg[1] == '-';
  const char *name = arg + (is_long ? 2 : 1);
  gsize len = is_long ? strcspn (name, "=") : 1;
  const FlooCliOption *option = is_long && len < 2 ? NULL : find_option (cli->command, name, len);
  const char *value = name[len] == '\0' ? NULL : name + len + (is_long ? 1 : 0);

  if (option == NULL)
    return usage (error, "there is no option %s; put -- before a text that begins with a dash", arg);
  if (option->value == NULL && value != NULL)
    return usage (error, "the option --%s takes no value", option->name);
  if (option->value != NULL && *option->value != '=' && value == NULL)
    {
      if (*at + 1 == argc)
        return usage (error, "the option --%s needs a value: %s", option->name, option->value);
      value = argv[++*at];
    }
  g_hash_table_replace (cli->options, (char *) option->name, g_strdup (value != NULL ? value : ""));
  return TRUE;
}

const char *
floo_cli_option (FlooCli *cli, const char *name)
{
  return g_hash_table_lookup (cli->options, name);
}

const char *
floo_cli_arg (FlooCli *cli, guint index)
{
  return index < cli->args->len ? g_ptr_array_index (cli->args, index) : NULL;
}

/* ---- arguments ---- */

/* How many arguments @args describes at least and at most. */
static void
count_args (const char *args, guint *min, guint *max)
{
  g_auto (GStrv) words = g_strsplit (args, " ", -1);

  *min = *max = 0;
  for (guint i = 0; words[i] != NULL; i++)
    {
      if (*words[i] == '\0' || strcmp (words[i], "|") == 0)
        continue;
      if (*words[i] != '[')
        ++*min;
      if (*max != G_MAXUINT)
        ++*max;
      if (strstr (words[i], "...") != NULL)
        *max = G_MAXUINT;
    }
}

static gboolean
check_args (FlooCli *cli, GError **error)
{
  guint min, max;
  g_autofree char *synopsis = floo_cli_dup_synopsis (cli->command);

  count_args (cli->command->args, &min, &max);
  for (guint i = 0; i < cli->args->len; i++)
    if (!g_utf8_validate (floo_cli_arg (cli, i), -1, NULL) && strstr (cli->command->args, "PATH") == NULL)
      return usage (error, "argument %u is not UTF-8", i + 1);
  if (cli->args->len < min)
    return usage (error, "an argument is missing: %s %s", cli->program, synopsis);
  if (cli->args->len > max)
    return usage (error, "unexpected argument %s: %s %s", floo_cli_arg (cli, max), cli->program, synopsis);
  return TRUE;
}

gboolean
floo_cli_parse_number (const char *what, const char *text, gint64 min, gint64 max, gint64 *out, GError **error)
{
  if (g_ascii_string_to_signed (text, 10, min, max, out, NULL))
    return TRUE;
  return usage (error, "%s must be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT ", not %s", what, min, max, text);
}

gboolean
floo_cli_number_option (FlooCli *cli, const char *name, gint64 max, gint64 *out, GError **error)
{
  const char *text = floo_cli_option (cli, name);
  g_autofree char *what = g_strconcat ("--", name, NULL);

  return text == NULL || floo_cli_parse_number (what, text, 1, max, out, error);
}

/* ---- commands ---- */

/* Finds the command with the most words. Returns: how many of @argv are its name */
static int
find_command (FlooCli *cli, int argc, char **argv)
{
  int longest = 0;
  const FlooCliCommand *command;

  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (command->name, " ", MAX_WORDS);
      int n = (int) g_strv_length (words), same = 0;

      while (same < n && same < argc && strcmp (words[same], argv[same]) == 0)
        same++;
      if (same == n && n > longest && (command->of_daemon || strcmp (cli->program, "flooimd") != 0))
        {
          longest = n;
          cli->command = command;
        }
    }
  return longest;
}

static gboolean
parse (FlooCli *cli, int argc, char **argv, GError **error)
{
  gboolean only_args = FALSE;
  int at = 0;

  for (; at < argc && is_option (argv[at]) && strcmp (argv[at], "--") != 0; at++) /* before the command */
    if (!parse_option (cli, argc, argv, &at, error))
      return FALSE;
  if (at == argc)
    return TRUE;
  int words = find_command (cli, argc - at, argv + at);
  if (words == 0)
    return usage (error, "there is no command %s; see: %s help", argv[at], cli->program);
  for (at += words; at < argc; at++)
    if (!only_args && strcmp (argv[at], "--") == 0)
      only_args = TRUE;
    else if (!only_args && is_option (argv[at]))
      {
        if (!parse_option (cli, argc, argv, &at, error))
          return FALSE;
      }
    else
      g_ptr_array_add (cli->args, argv[at]);
  return TRUE;
}

static gboolean
set_instance (FlooCli *cli, GError **error)
{
  const char *given = floo_cli_option (cli, "instance");

  if (given != NULL)
    {
      g_free (cli->instance);
      cli->instance = g_strdup (given);
    }
  cli->bus_name = cli->instance != NULL ? g_strconcat (FLOO_BUS_NAME_INSTANCE_PREFIX, cli->instance, NULL) : g_strdup (FLOO_BUS_NAME);
  return g_dbus_is_name (cli->bus_name) || usage (error, "%s is not a valid instance name", cli->instance);
}

static int
run (FlooCli *cli, int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  gboolean parsed = parse (cli, argc, argv, &error);

  cli->json = floo_cli_option (cli, "json") != NULL;
  if (floo_cli_option (cli, "help") != NULL || (parsed && cli->command == NULL))
    {
      floo_cli_print_help (cli, cli->command);
      return parsed && (cli->command != NULL || floo_cli_option (cli, "help") != NULL) ? 0 : FLOO_EXIT_USAGE;
    }
  if (!parsed || !check_args (cli, &error) || !set_instance (cli, &error))
    return floo_cli_fail (cli, error);
  return cli->command->run != NULL ? cli->command->run (cli) : floo_cli_run_generic (cli);
}

/* Output that could not be written, to a full disk for example, is a failure, too. */
static int
finish_output (FlooCli *cli, int status)
{
  if (fflush (stdout) == 0 && !ferror (stdout))
    return status;
  floo_cli_note (cli, "standard output cannot be written");
  return status == 0 ? FLOO_EXIT_FAILED : status;
}

int
floo_cli_main (const char *program, int argc, char **argv, const char *instance)
{
  FlooCli cli = { .program = program, .instance = g_strdup (instance) };
  int status;

  cli.options = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  cli.args = g_ptr_array_new ();
  cli.names = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  status = finish_output (&cli, run (&cli, argc, argv));
  g_hash_table_unref (cli.options);
  g_hash_table_unref (cli.names);
  g_ptr_array_unref (cli.args);
  g_clear_object (&cli.connection);
  g_free (cli.instance);
  g_free (cli.bus_name);
  return status;
}
