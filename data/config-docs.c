/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config-docs.c: run by the build: writes the documented default configuration, and the list of its keys for flooimd.conf(5), from
 * the table in daemon/base/config.c.
 *
 *   config-docs            the file flooimd.conf
 *   config-docs MAN-PAGE   that page, its line @KEYS@ replaced
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/config.h"

#define COMMENT_WIDTH 100

/* @text as comment lines. */
static void
print_comment (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  gsize column = 0;

  for (guint i = 0; words[i] != NULL; i++)
    {
      gsize len = strlen (words[i]);

      if (column == 0 || column + 1 + len > COMMENT_WIDTH)
        {
          printf ("%s#", column == 0 ? "" : "\n");
          column = 1;
        }
      printf (" %s", words[i]);
      column += 1 + len;
    }
  printf ("\n");
}

static void
print_conf (void)
{
  const char *group = "";

  printf ("# SPDX-License-Identifier: GPL-3.0-or-later\n"
          "# Configuration of flooimd, to be put into ~/.config/flooim/flooimd.conf; an instance NAME reads flooimd-NAME.conf.\n"
          "# What stands here are the defaults. It is read when the daemon starts. See flooimd.conf(5).\n");
  for (guint i = 0; floo_config_get_key (i) != NULL; i++)
    {
      const FlooConfigKey *key = floo_config_get_key (i);
      g_autofree char *values = g_strdup_printf ("Possible: %s.", key->values);

      if (strcmp (group, key->group) != 0)
        printf ("\n[%s]\n", key->group);
      else
        printf ("\n");
      group = key->group;
      print_comment (key->doc);
      print_comment (values);
      printf ("#%s=%s\n", key->key, key->fallback);
    }
}

/* Text for mdoc, a sentence a line. */
static void
print_man_text (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (*p == '\\')
      printf ("\\e");
    else if (*p == ' ' && p > text && strchr (".?!", p[-1]) != NULL)
      printf ("\n");
    else
      putchar (*p);
  printf ("\n");
}

static void
print_man_keys (void)
{
  const char *group = "";

  for (guint i = 0; floo_config_get_key (i) != NULL; i++)
    {
      const FlooConfigKey *key = floo_config_get_key (i);

      if (strcmp (group, key->group) != 0)
        printf ("%s.Ss [%s]\n.Bl -tag -width Ds\n", i > 0 ? ".El\n" : "", key->group);
      group = key->group;
      printf (".It Cm %s\n", key->key);
      print_man_text (key->doc);
      printf (".Pp\nPossible: ");
      print_man_text (key->values);
      if (*key->fallback != '\0')
        printf (".br\nDefault: %s\n", key->fallback);
    }
  printf (".El\n");
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  g_autofree char *page = NULL;
  g_auto (GStrv) lines = NULL;

  if (argc < 2)
    {
      print_conf ();
      return EXIT_SUCCESS;
    }
  if (!g_file_get_contents (argv[1], &page, NULL, &error))
    {
      fprintf (stderr, "%s\n", error->message);
      return EXIT_FAILURE;
    }
  lines = g_strsplit (g_strchomp (page), "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    if (strcmp (lines[i], "@KEYS@") == 0)
      print_man_keys ();
    else
      printf ("%s\n", lines[i]);
  return EXIT_SUCCESS;
}
