/* SPDX-License-Identifier: GPL-3.0-or-later */
/* help.c: the help, made from the table of commands. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/text.h"

#define MAX_HELP_WIDTH 80
#define OPTION_COLUMN 24

char *
floo_cli_wrap (const char *text, guint width, guint indent)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  g_autofree char *blanks = g_strnfill (indent, ' ');
  GString *out = g_string_new (NULL);
  guint column = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      guint len = floo_text_columns (words[i]);

      if (len == 0)
        continue;
      if (column > 0 && column + 1 + len > width)
        {
          g_string_append_printf (out, "\n%s", blanks);
          column = 0;
        }
      else if (column > 0)
        {
          g_string_append_c (out, ' ');
          column++;
        }
      g_string_append (out, words[i]);
      column += len;
    }
  return g_string_free (out, FALSE);
}

char *
floo_cli_dup_synopsis (const FlooCliCommand *command)
{
  GString *out = g_string_new (command->name);

  if (*command->args != '\0')
    g_string_append_printf (out, " %s", command->args);
  for (const FlooCliOption *option = command->options; option != NULL && option->name != NULL; option++)
    {
      g_string_append_printf (out, " [--%s", option->name);
      if (option->value != NULL)
        g_string_append_printf (out, *option->value == '=' ? "[%s]" : " %s", option->value);
      g_string_append_c (out, ']');
    }
  return g_string_free (out, FALSE);
}

static guint
help_width (void)
{
  return MIN (floo_text_width (), MAX_HELP_WIDTH);
}

/* @left, and @right wrapped behind column @at; below it where @left is too long. */
static void
print_two (const char *left, const char *right, guint at)
{
  guint width = help_width ();
  gboolean narrow = width < 50;
  guint indent = narrow ? 6 : at;
  g_autofree char *wrapped = floo_cli_wrap (right, width - indent, indent);

  if (narrow || floo_text_columns (left) + 4 > at)
    printf ("  %s\n%*s%s\n", left, (int) indent, "", wrapped);
  else
    printf ("  %-*s%s\n", (int) at - 2, left, wrapped);
}

static void
print_options (const FlooCliOption *options)
{
  for (; options != NULL && options->name != NULL; options++)
    {
      g_autoptr (GString) left = g_string_new (NULL);

      if (options->letter != '\0')
        g_string_append_printf (left, "-%c, ", options->letter);
      g_string_append_printf (left, "--%s", options->name);
      if (options->value != NULL)
        g_string_append_printf (left, *options->value == '=' ? "[%s]" : " %s", options->value);
      print_two (left->str, options->help, OPTION_COLUMN);
    }
}

/* Whether @command is one of the commands below @group, "groups kick" of "groups". */
static gboolean
is_below (const FlooCliCommand *command, const char *group)
{
  return g_str_has_prefix (command->name, group) && command->name[strlen (group)] == ' ';
}

static void
print_commands (const char *group, gboolean of_daemon)
{
  const FlooCliCommand *command;

  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    if ((group != NULL ? is_below (command, group) : strchr (command->name, ' ') == NULL) && (command->of_daemon || !of_daemon)
        && command->name[0] != '_')
      {
        g_autofree char *left = g_strdup_printf ("%s%s%s", command->name, *command->args != '\0' ? " " : "", command->args);

        print_two (left, command->help, group != NULL ? 36 : OPTION_COLUMN);
      }
}

char *
floo_cli_dup_daemon_commands (void)
{
  GString *text = g_string_new (NULL);
  const FlooCliCommand *command;

  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    if (command->of_daemon)
      g_string_append_printf (text, "\n  %-10s %s", command->name, command->help);
  return g_string_free (text, FALSE);
}

static gboolean
has_commands (const char *group)
{
  const FlooCliCommand *command;

  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    if (is_below (command, group))
      return TRUE;
  return FALSE;
}

static void
print_overview (FlooCli *cli)
{
  g_autofree char *usage = g_strdup_printf ("Usage: %s COMMAND [ARGUMENT...] [--OPTION...]", cli->program);
  g_autofree char *wrapped = floo_cli_wrap (usage, help_width () - 7, 7);

  printf ("%s\n\n", wrapped);
  print_commands (NULL, strcmp (cli->program, "flooimd") == 0);
  printf ("\nOptions of all commands:\n");
  print_options (floo_cli_common_options);
  printf ("\n");
  g_autofree char *words = floo_cli_wrap ("TO is an id, or the name of a contact or group; the beginning of a name is enough. "
                                          "flooim help COMMAND shows details and an example; flooim(1) describes all.",
                                          help_width (), 0);
  floo_text_line (words);
}

void
floo_cli_print_help (FlooCli *cli, const FlooCliCommand *command)
{
  g_autofree char *synopsis = command != NULL ? floo_cli_dup_synopsis (command) : NULL;
  g_autofree char *usage = synopsis != NULL ? g_strdup_printf ("Usage: %s %s", cli->program, synopsis) : NULL;
  g_autofree char *wrapped = usage != NULL ? floo_cli_wrap (usage, help_width () - 7, 7) : NULL;
  g_autofree char *words = NULL;

  if (command == NULL)
    {
      print_overview (cli);
      return;
    }
  words = g_strdup_printf ("%s.%s%s", command->help, command->details != NULL ? " " : "", command->details != NULL ? command->details : "");
  g_autofree char *text = floo_cli_wrap (words, help_width (), 0);
  printf ("%s\n\n%s\n\n", wrapped, text);
  if (has_commands (command->name))
    {
      printf ("Further:\n");
      print_commands (command->name, FALSE);
      printf ("\n");
    }
  printf ("Options:\n");
  print_options (command->options);
  print_options (floo_cli_common_options);
  g_auto (GStrv) lines = g_strsplit (command->example, "\n", -1);
  printf ("\nExample:\n");
  for (guint i = 0; lines[i] != NULL; i++)
    printf ("  %s\n", lines[i]);
}

int
floo_cli_run_help (FlooCli *cli)
{
  g_autoptr (GString) name = g_string_new (NULL);
  const FlooCliCommand *command;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < cli->args->len; i++)
    g_string_append_printf (name, "%s%s", i > 0 ? " " : "", floo_cli_arg (cli, i));
  if (name->len == 0)
    {
      print_overview (cli);
      return 0;
    }
  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    if (strcmp (command->name, name->str) == 0)
      {
        floo_cli_print_help (cli, command);
        return 0;
      }
  g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "there is no command %s; see: %s help", name->str, cli->program);
  return floo_cli_fail (cli, error);
}
