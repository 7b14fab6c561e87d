/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the files given, and those of the folders given, through a fuzz target. */
#include <glib.h>

#include "fuzz.h"

static guint
replay_file (const char *path)
{
  g_autofree char *contents = NULL;
  g_autofree uint8_t *exact = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;

  if (!g_file_get_contents (path, &contents, &len, &error))
    g_error ("%s", error->message);
  /* Without the NUL that GLib adds to the contents, so that a sanitizer sees the end. */
  exact = g_memdup2 (contents, len);
  LLVMFuzzerTestOneInput (exact, len);
  return 1;
}

static guint
replay_folder (const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (path, 0, &error);
  guint n = 0;

  if (dir == NULL)
    g_error ("%s", error->message);
  for (const char *name = g_dir_read_name (dir); name != NULL; name = g_dir_read_name (dir))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      n += replay_file (file);
    }
  return n;
}

int
main (int argc, char *argv[])
{
  guint n = 0;

  for (int i = 1; i < argc; i++)
    n += g_file_test (argv[i], G_FILE_TEST_IS_DIR) ? replay_folder (argv[i]) : replay_file (argv[i]);
  g_print ("%u inputs\n", n);
  return n > 0 ? 0 : 1;
}
