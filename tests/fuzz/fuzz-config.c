/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration file. What is accepted is within the documented limits; a refusal says why. */
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/config.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static char *path;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooConfig) config = NULL;

  if (path == NULL)
    path = g_strdup_printf ("%s/floo-fuzz-config-%d", g_get_tmp_dir (), (int) getpid ());
  g_assert_true (g_file_set_contents_full (path, (const char *) data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  config = floo_config_load (NULL, path, "/nonexistent", &error);
  g_unlink (path);
  g_assert_true ((config == NULL) == (error != NULL));
  if (config == NULL)
    {
      g_assert_cmpint ((int) strlen (error->message), >, 0);
      return 0;
    }
  g_assert_true (*config->app_id == '\0' || floo_config_is_app_id (config->app_id));
  g_assert_true (*config->dns_server == '\0' || floo_config_is_url (config->dns_server));
  g_assert_true (*config->ca_file == '\0' || g_path_is_absolute (config->ca_file));
  g_assert_true (config->journal_days >= 1 && config->journal_days <= 3650);
  g_assert_true (config->stall_seconds >= 1 && config->stall_seconds <= 3600);
  g_assert_cmpuint (strlen (config->device_info), <=, 256);
  return 0;
}
