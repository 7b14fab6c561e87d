/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: `flooim`, the command. */
#include <locale.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/text.h"

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  /* The desktop's file systems and settings are not needed. */
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_set_prgname ("flooim");
  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    {
      floo_text_line ("flooim " FLOO_VERSION);
      return 0;
    }
  return floo_cli_main ("flooim", argc - 1, argv + 1, NULL);
}
