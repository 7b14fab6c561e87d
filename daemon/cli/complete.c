/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * complete.c: `flooim _complete WORD...`: completions of the last word, one per line with a tab and a description, for the shells.
 *
 * The daemon is asked for names only if it runs already; errors are ignored.
 */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/names.h"
#include "cli/text.h"

static void
offer (const char *word, const char *candidate, const char *about)
{
  if (g_str_has_prefix (candidate, word))
    printf ("%s\t%s\n", candidate, about);
}

/* The next word of each command that begins with the given words. */
static void
offer_commands (FlooCli *cli, guint n_words)
{
  g_autoptr (GString) prefix = g_string_new (NULL);
  const char *word = floo_cli_arg (cli, n_words);
  g_autofree char *last = g_strdup ("");
  const FlooCliCommand *command;

  for (guint i = 0; i < n_words; i++)
    g_string_append_printf (prefix, "%s ", floo_cli_arg (cli, i));
  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (command->name, " ", -1);

      if (!g_str_has_prefix (command->name, prefix->str) || command->name[0] == '_' || g_strv_length (words) <= n_words
          || strcmp (words[n_words], last) == 0)
        continue;
      offer (word, words[n_words], command->help);
      g_free (last);
      last = g_strdup (words[n_words]);
    }
}

static void
offer_options (const FlooCliOption *options, const char *word)
{
  for (; options != NULL && options->name != NULL; options++)
    {
      g_autofree char *candidate = g_strdup_printf ("--%s%s", options->name, options->value != NULL && *options->value == '=' ? "=" : "");

      offer (word, candidate, options->help);
    }
}

/* Case is ignored, as when a name is resolved. */
static void
offer_names (FlooCli *cli, const char *word, FlooNameKinds kinds)
{
  g_autoptr (GPtrArray) names = NULL;
  g_autofree char *owner = floo_cli_connect (cli, NULL) ? floo_cli_dup_owner (cli) : NULL;
  g_autofree char *folded = g_utf8_casefold (word, -1);

  if (owner == NULL)
    return;
  cli->is_running = TRUE;
  names = floo_names_list (cli, kinds);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *clean = floo_text_clean (g_ptr_array_index (names, i), FALSE);
      g_autofree char *name = g_utf8_casefold (clean, -1);

      if (g_str_has_prefix (name, folded))
        printf ("%s\t\n", clean);
    }
}

/* The name that the table has for the argument at @index: "WHO..." repeats. */
static char *
kind_of (const FlooCliCommand *command, guint index)
{
  g_auto (GStrv) words = g_strsplit_set (command->args, " []", -1);
  g_autofree char *last = NULL;
  guint n = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      if (*words[i] == '\0' || *words[i] == '|' || *words[i] == '-')
        continue;
      if (n == index || strstr (words[i], "...") != NULL)
        {
          g_free (last);
          last = g_strdup (words[i]);
          if (n == index)
            break;
        }
      n++;
    }
  if (last != NULL && strstr (last, "...") != NULL)
    *strstr (last, "...") = '\0';
  return g_steal_pointer (&last);
}

static const struct
{
  const char *kind;
  FlooNameKinds names;
} kinds[] = { { "TO", FLOO_NAMES_ALL }, { "WHO", FLOO_NAMES_USERS }, { "GROUP", FLOO_NAMES_GROUPS } };

static void
offer_kind (FlooCli *cli, const char *kind, const char *word)
{
  for (guint i = 0; kind != NULL && i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].kind, kind) == 0)
      offer_names (cli, word, kinds[i].names);
  if (g_strcmp0 (kind, "PATH") == 0 || g_strcmp0 (kind, "FILE") == 0 || g_strcmp0 (kind, "DIR") == 0)
    printf ("%s\n", strcmp (kind, "DIR") == 0 ? "_folders" : "_files"); /* completed by the shell */
}

/* The command that the words begin with, and how many words its name has. */
static const FlooCliCommand *
find_command (FlooCli *cli, guint n_words, guint *length)
{
  const FlooCliCommand *command, *found = NULL;

  *length = 0;
  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    {
      g_auto (GStrv) words = g_strsplit (command->name, " ", -1);
      guint n = 0;

      while (words[n] != NULL && n < n_words && strcmp (words[n], floo_cli_arg (cli, n)) == 0)
        n++;
      if (words[n] == NULL && n > *length)
        {
          found = command;
          *length = n;
        }
    }
  return found;
}

static const FlooCliOption *
find_option (const FlooCliCommand *command, const char *word)
{
  const char *name = g_str_has_prefix (word, "--") ? word + strlen ("--") : "";

  for (const FlooCliOption *option = command->options; option != NULL && option->name != NULL; option++)
    if (g_str_equal (option->name, name))
      return option;
  return NULL;
}

int
floo_cli_run_complete (FlooCli *cli)
{
  guint last = cli->args->len - 1, length;
  const char *word = floo_cli_arg (cli, last);
  const FlooCliCommand *command = find_command (cli, last, &length);
  const FlooCliOption *before = command != NULL && last > length ? find_option (command, floo_cli_arg (cli, last - 1)) : NULL;
  g_autofree char *kind = NULL;
  guint index = 0;

  if (before != NULL && before->value != NULL && *before->value != '=')
    {
      offer_kind (cli, before->value, word);
      return 0;
    }
  if (*word == '-')
    {
      offer_options (command != NULL ? command->options : NULL, word);
      offer_options (floo_cli_common_options, word);
      return 0;
    }
  if (command == NULL || last == length)
    offer_commands (cli, last);
  if (command == NULL)
    return 0;
  for (guint i = length; i < last; i++)
    {
      const FlooCliOption *option = find_option (command, floo_cli_arg (cli, i));

      if (option != NULL && option->value != NULL && *option->value != '=')
        i++;
      else if (floo_cli_arg (cli, i)[0] != '-')
        index++;
    }
  kind = kind_of (command, index);
  offer_kind (cli, kind, word);
  return 0;
}
