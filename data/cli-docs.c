/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli-docs.c: run by the build: writes flooim(1) from the table of commands in daemon/cli.
 *
 *   cli-docs PAGE     that page, its lines @SYNOPSIS@ and @COMMANDS@ replaced
 */
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"

/* @text for mdoc: no backslash, and no dot or quote at the beginning of a line, means anything. */
static void
print_text (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    {
      if ((at == text || at[-1] == '\n') && (*at == '.' || *at == '\''))
        printf ("\\&");
      if (*at == '\\')
        printf ("\\e");
      else if (*at == '-')
        printf ("\\-");
      else
        putchar (*at);
    }
}

static void
print_option (const FlooCliOption *option)
{
  printf (".It Fl ");
  if (option->letter != '\0')
    printf ("%c , Fl ", option->letter);
  printf ("\\-%s", option->name);
  if (option->value != NULL && *option->value == '=')
    printf (" Ns Op = Ns Ar %s", option->value + 1);
  else if (option->value != NULL)
    printf (" Ar %s", option->value);
  printf ("\n%s.\n", option->help);
}

static void
print_command (const FlooCliCommand *command)
{
  printf (".Ss ");
  print_text (command->name);
  printf ("\n.Bd -ragged -compact\n.Nm Cm ");
  print_text (command->name);
  if (*command->args != '\0')
    printf (" Ar ");
  print_text (command->args);
  printf ("\n.Ed\n.Pp\n");
  print_text (command->help);
  printf (".\n");
  if (command->details != NULL)
    {
      print_text (command->details);
      printf ("\n");
    }
  if (command->options != NULL)
    {
      printf (".Bl -tag -width Ds\n");
      for (const FlooCliOption *option = command->options; option->name != NULL; option++)
        print_option (option);
      printf (".El\n");
    }
  printf (".Bd -literal -offset indent\n");
  print_text (command->example);
  printf ("\n.Ed\n");
}

static void
print_commands (void)
{
  const FlooCliCommand *command;

  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    if (command->name[0] != '_')
      print_command (command);
}

static void
print_synopsis (void)
{
  const FlooCliCommand *command;

  for (guint i = 0; (command = floo_cli_get_command (i)) != NULL; i++)
    if (command->name[0] != '_')
      {
        printf (".Nm\n.Cm ");
        print_text (command->name);
        printf ("\n");
        if (*command->args != '\0')
          {
            printf (".Ar ");
            print_text (command->args);
            printf ("\n");
          }
        for (const FlooCliOption *option = command->options; option != NULL && option->name != NULL; option++)
          if (option->value == NULL)
            printf (".Op Fl \\-%s\n", option->name);
          else if (*option->value == '=')
            printf (".Op Fl \\-%s Ns Op = Ns Ar %s\n", option->name, option->value + 1);
          else
            printf (".Op Fl \\-%s Ar %s\n", option->name, option->value);
      }
}

int
main (int argc, char **argv)
{
  g_autofree char *page = NULL;
  g_auto (GStrv) lines = NULL;

  if (argc != 2 || !g_file_get_contents (argv[1], &page, NULL, NULL))
    return 1;
  lines = g_strsplit (page, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strcmp (lines[i], "@SYNOPSIS@") == 0)
      print_synopsis ();
    else if (strcmp (lines[i], "@COMMANDS@") == 0)
      print_commands ();
    else if (*lines[i] != '\0' || lines[i + 1] != NULL)
      printf ("%s\n", lines[i]);
  return 0;
}
