/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.json with any content. The result is a record, an error or nothing; and what is read can be saved and read again. */
#include <glib/gstdio.h>
#include <unistd.h>

#include "base/config.h"
#include "base/secrets.h"
#include "fuzz.h"

static char *folder;

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static FlooLoginRecord *
load (FlooSecrets *secrets, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  floo_secrets_load_async (secrets, FLOO_SECRETS_ASK_NEVER, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return floo_secrets_load_finish (secrets, result, error);
}

static void
save (FlooSecrets *secrets, const FlooLoginRecord *record)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  floo_secrets_save_async (secrets, record, NULL, on_result, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  floo_secrets_save_finish (secrets, result, &error);
  g_assert_no_error (error);
}

static void
check_again (FlooSecrets *secrets, const FlooLoginRecord *record)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooLoginRecord) again = NULL;

  g_assert_true (floo_config_is_app_id (record->app_id) && record->user_id >= 0);
  g_assert_true (g_utf8_validate (record->username, -1, NULL));
  g_assert_true (g_utf8_validate (record->token, -1, NULL) && g_utf8_validate (record->password, -1, NULL));
  save (secrets, record);
  again = load (secrets, &error);
  g_assert_no_error (error);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->app_id, ==, record->app_id);
  g_assert_cmpstr (again->username, ==, record->username);
  g_assert_cmpstr (again->token, ==, record->token);
  g_assert_cmpstr (again->password, ==, record->password);
  g_assert_cmpint (again->user_id, ==, record->user_id);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *path = NULL;
  g_autoptr (FlooSecrets) secrets = NULL;
  g_autoptr (FlooLoginRecord) record = NULL;
  g_autoptr (GError) error = NULL;

  if (folder == NULL)
    {
      folder = g_strdup_printf ("%s/floo-fuzz-login-%d", g_get_tmp_dir (), (int) getpid ());
      g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
    }
  path = g_build_filename (folder, "login.json", NULL);
  g_assert_true (g_file_set_contents_full (path, (const char *) data, (gssize) size, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  secrets = floo_secrets_new ("file", NULL, folder);
  record = load (secrets, &error);
  g_assert_true (record == NULL || error == NULL);
  if (record != NULL)
    check_again (secrets, record);
  g_unlink (path);
  return 0;
}
