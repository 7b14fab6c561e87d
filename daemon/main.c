/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <sys/stat.h>

#include "app.h"
#include "base/memory.h"
#include "cli/cli.h"

static FlooAppOptions options;
static gboolean show_version;

static const GOptionEntry entries[] = {
  { "instance", 'i', 0, G_OPTION_ARG_STRING, &options.instance, "Run as the instance NAME, with its own account and data", "NAME" },
  { "config", 'c', 0, G_OPTION_ARG_FILENAME, &options.config, "Read another configuration file", "FILE" },
  { "data-dir", 'd', 0, G_OPTION_ARG_FILENAME, &options.data_dir, "Keep the data in another folder", "FOLDER" },
  { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options.verbose, "Log everything but personal data", NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, &show_version, "Print the version and exit", NULL },
  { NULL }
};

/*
 * GLib before 2.76 has an allocator of its own, which keeps nearly all memory that it ever allocated. It can only be turned off before its first use,
 * which is in the libraries' constructors: so this runs before them.
 */
static void
turn_slices_off (void)
{
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  g_slice_set_config (G_SLICE_CONFIG_ALWAYS_MALLOC, TRUE);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

G_GNUC_UNUSED static void (*before_constructors) (void) __attribute__ ((section (".preinit_array"), used)) = turn_slices_off;

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("[COMMAND]");
  g_autofree char *commands = floo_cli_dup_daemon_commands ();
  g_autofree char *summary = g_strdup_printf ("Keeps a connection to the floo instant messaging service for all applications, over D-Bus.\n"
                                              "With a command it calls the running daemon instead, like flooim, which has more commands:%s",
                                              commands);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  umask (0077);
  /* The desktop's file systems and settings are not needed, and cost threads and memory. Must be set before there is any thread. */
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_set_prgname ("flooimd");

  g_option_context_set_summary (context, summary);
  g_option_context_set_strict_posix (context, TRUE); /* what follows a command is the command's */
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("flooimd: %s\n", error->message);
      return EX_USAGE;
    }
  if (show_version)
    {
      g_print ("flooimd %s\n", FLOO_VERSION);
      return EX_OK;
    }
  if (argc > 1)
    return floo_cli_main ("flooimd", argc - 1, argv + 1, options.instance);
  floo_memory_init ();
  return floo_app_run (&options);
}
