/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The login record: readable by nobody else, never incomplete, never a stale one, and found wherever it was saved. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secrets-file.h"
#include "base/secrets-keyring.h"
#include "base/secrets.h"

#include "secret-service.h"

typedef struct {
  char *base;
  char *dir;    /* not made */
  char *file;
  char *marker;
  Service *service; /* (nullable) */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer with_service)
{
  g_autoptr (GError) error = NULL;

  fixture->base = g_dir_make_tmp ("test-secrets-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->dir = g_build_filename (fixture->base, "data", "flooim", NULL);
  fixture->file = g_build_filename (fixture->dir, FLOO_SECRETS_FILE, NULL);
  fixture->marker = g_build_filename (fixture->dir, FLOO_SECRETS_MARKER, NULL);
  if (with_service != NULL)
    fixture->service = service_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer with_service)
{
  g_autofree char *data = g_path_get_dirname (fixture->dir);

  g_clear_pointer (&fixture->service, service_free);
  g_unlink (fixture->file);
  g_unlink (fixture->marker);
  g_rmdir (fixture->dir);
  g_rmdir (data);
  /* Nothing else was left behind. */
  g_assert_cmpint (g_rmdir (fixture->base), ==, 0);
  g_free (fixture->base);
  g_free (fixture->dir);
  g_free (fixture->file);
  g_free (fixture->marker);
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static GAsyncResult *
wait_for (GAsyncResult **result)
{
  run_until (*result != NULL);
  return *result;
}

static gboolean
save (FlooSecrets *secrets, const char *token, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  FlooLoginRecord record = { .app_id = (char *) "app", .dns_server = (char *) "", .user_id = 6597425943504, .username = (char *) "小明",
                             .token = (char *) token, .password = (char *) "p\"w\\" };

  floo_secrets_save_async (secrets, &record, NULL, on_result, &result);
  return floo_secrets_save_finish (secrets, wait_for (&result), error);
}

static FlooLoginRecord *
load (FlooSecrets *secrets, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  floo_secrets_load_async (secrets, FLOO_SECRETS_ASK_ONCE, NULL, on_result, &result);
  return floo_secrets_load_finish (secrets, wait_for (&result), error);
}

static gboolean
clear (FlooSecrets *secrets, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  floo_secrets_clear_async (secrets, NULL, on_result, &result);
  return floo_secrets_clear_finish (secrets, wait_for (&result), error);
}

static void
must_save (FlooSecrets *secrets, const char *token)
{
  g_autoptr (GError) error = NULL;

  save (secrets, token, &error);
  g_assert_no_error (error);
}

static void
must_clear (FlooSecrets *secrets)
{
  g_autoptr (GError) error = NULL;

  clear (secrets, &error);
  g_assert_no_error (error);
}

/* @token: (nullable): NULL: nothing may be there. With a new object, as after a restart. */
static void
must_find (Fixture *fixture, const char *backend, const char *token)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooSecrets) secrets = floo_secrets_new (backend, NULL, fixture->dir);
  g_autoptr (FlooLoginRecord) record = load (secrets, &error);

  g_assert_no_error (error);
  if (token == NULL)
    {
      g_assert_null (record);
      return;
    }
  g_assert_nonnull (record);
  g_assert_cmpstr (record->token, ==, token);
  g_assert_cmpstr (record->app_id, ==, "app");
  g_assert_cmpstr (record->dns_server, ==, "");
  g_assert_cmpint (record->user_id, ==, 6597425943504);
  g_assert_cmpstr (record->username, ==, "小明");
  g_assert_cmpstr (record->password, ==, "p\"w\\");
}

static guint
mode_of (const char *path)
{
  struct stat st;

  g_assert_cmpint (stat (path, &st), ==, 0);
  return st.st_mode & 07777;
}

static void
test_file (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("file", NULL, fixture->dir);

  must_find (fixture, "file", NULL);
  must_clear (secrets);
  g_assert_false (g_file_test (fixture->dir, G_FILE_TEST_EXISTS));
  must_save (secrets, "one");
  must_save (secrets, "two");
  g_assert_cmpuint (mode_of (fixture->dir), ==, 0700);
  g_assert_cmpuint (mode_of (fixture->file), ==, 0600);
  g_assert_false (floo_secrets_is_keyring (secrets));
  must_find (fixture, "file", "two");
  must_clear (secrets);
  must_find (fixture, "file", NULL);
  g_assert_false (g_file_test (fixture->file, G_FILE_TEST_EXISTS));
}

/* In the order of the calls: a save never overtakes a clear. */
static void
test_order (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("file", NULL, fixture->dir);
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (GAsyncResult) second = NULL;
  FlooLoginRecord record = { .app_id = (char *) "app", .user_id = 1, .token = (char *) "t" };

  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (GError) error = NULL;
      FlooLoginRecord *loaded;

      floo_secrets_save_async (secrets, &record, NULL, NULL, NULL);
      floo_secrets_clear_async (secrets, NULL, NULL, NULL);
      floo_secrets_load_async (secrets, FLOO_SECRETS_ASK_ONCE, NULL, on_result, &first);
      floo_secrets_clear_async (secrets, NULL, NULL, NULL);
      floo_secrets_save_async (secrets, &record, NULL, NULL, NULL);
      floo_secrets_load_async (secrets, FLOO_SECRETS_ASK_ONCE, NULL, on_result, &second);
      g_assert_null (floo_secrets_load_finish (secrets, wait_for (&first), &error));
      g_assert_no_error (error);
      loaded = floo_secrets_load_finish (secrets, wait_for (&second), &error);
      g_assert_no_error (error);
      g_assert_nonnull (loaded);
      floo_login_record_free (loaded);
      g_clear_object (&first);
      g_clear_object (&second);
    }
}

static void
test_tightens (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("file", NULL, fixture->dir);

  must_save (secrets, "t");
  g_chmod (fixture->file, 0644);
  g_chmod (fixture->dir, 0755);
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*/data/flooim/*0755*");
  g_test_expect_message (G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*login.json*0644*");
  must_find (fixture, "file", "t");
  g_test_assert_expected_messages ();
  g_assert_cmpuint (mode_of (fixture->file), ==, 0600);
  g_assert_cmpuint (mode_of (fixture->dir), ==, 0700);
}

static void
test_corrupt (Fixture *fixture, gconstpointer data)
{
  static const char *const cases[] = { "", "{", "null", "[]", "{}", "{\"app_id\":\"a\"}", "{\"app_id\":\"\",\"user_id\":1}",
                                       "{\"user_id\":1,\"app_id\":7}", "\xff\xfe", "{\"token\":\"sesame\",\"user_id\":1}" };
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("file", NULL, fixture->dir);
  g_autofree char *huge = g_strnfill (1 << 20, ' ');
  g_autofree char *beside = g_build_filename (fixture->base, "beside.json", NULL);

  must_save (secrets, "t");
  for (guint i = 0; i <= G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents_full (fixture->file, i < G_N_ELEMENTS (cases) ? cases[i] : huge, -1,
                                               G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
      g_assert_null (load (secrets, &error));
      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_FILE);
      g_assert_nonnull (strstr (error->message, fixture->file));
      g_assert_null (strstr (error->message, "sesame"));
    }
  /* A symbolic link could be anybody's. */
  {
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (g_rename (fixture->file, beside), ==, 0);
    g_assert_cmpint (symlink (beside, fixture->file), ==, 0);
    g_assert_null (load (secrets, &error));
    g_assert_error (error, FLOO_ERROR, FLOO_ERROR_FILE);
    g_unlink (beside);
  }
  /* A new login replaces it. */
  must_save (secrets, "new");
  must_find (fixture, "file", "new");
}

static void
test_unwritable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("file", NULL, fixture->file);
  g_autoptr (GError) error = NULL;

  g_mkdir_with_parents (fixture->dir, 0700);
  g_assert_true (g_file_set_contents (fixture->file, "no folder", -1, NULL));
  g_assert_false (save (secrets, "t", &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, fixture->file));
}

static void
test_no_service (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("auto", NULL, fixture->dir);

  must_save (secrets, "t");
  g_assert_false (floo_secrets_is_keyring (secrets));
  g_assert_true (g_file_test (fixture->file, G_FILE_TEST_EXISTS));
  must_find (fixture, "auto", "t");
}

static gboolean
no_libsecret (void)
{
  if (floo_keyring_is_built_in ())
    return FALSE;
  g_test_skip ("built without libsecret");
  return TRUE;
}

static void
test_keyring (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("auto", NULL, fixture->dir);
  g_autoptr (FlooSecrets) other = floo_secrets_new ("auto", "other", fixture->dir);

  if (no_libsecret ())
    return;
  must_find (fixture, "auto", NULL);
  must_save (secrets, "one");
  must_save (secrets, "two");
  g_assert_true (floo_secrets_is_keyring (secrets));
  g_assert_false (g_file_test (fixture->file, G_FILE_TEST_EXISTS));
  g_assert_cmpuint (g_hash_table_size (fixture->service->items), ==, 1);
  must_find (fixture, "auto", "two");
  must_find (fixture, "keyring", "two");
  must_save (other, "of another instance");
  must_find (fixture, "auto", "two");
  must_clear (secrets);
  must_find (fixture, "auto", NULL);
  g_assert_cmpuint (g_hash_table_size (fixture->service->items), ==, 1);
}

/* The record is saved in the file, which is the valid one then, and moved to the keyring when the service works again. */
static void
test_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("auto", NULL, fixture->dir);
  g_autoptr (FlooSecrets) strict = floo_secrets_new ("keyring", NULL, fixture->dir);
  g_autoptr (GError) error = NULL;

  if (no_libsecret ())
    return;
  must_save (secrets, "old");
  fixture->service->mood = SERVICE_REFUSES;
  g_assert_false (save (strict, "strict", &error));
  g_assert_nonnull (error);
  g_assert_true (error->domain == FLOO_ERROR);
  g_assert_false (g_file_test (fixture->file, G_FILE_TEST_EXISTS));
  must_save (secrets, "new");
  g_assert_false (floo_secrets_is_keyring (secrets));
  g_assert_cmpuint (mode_of (fixture->file), ==, 0600);
  must_find (fixture, "auto", "new");

  fixture->service->mood = SERVICE_TAKES;
  must_find (fixture, "auto", "new");
  run_until (!g_file_test (fixture->file, G_FILE_TEST_EXISTS));
  must_find (fixture, "auto", "new");
}

/* After a logout nobody is logged in, even if the keyring has a stale record. */
static void
test_stale (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) keyring = floo_secrets_new ("keyring", NULL, fixture->dir);
  g_autoptr (FlooSecrets) file = floo_secrets_new ("file", NULL, fixture->dir);

  if (no_libsecret ())
    return;
  must_save (keyring, "old");
  must_save (file, "new");
  must_find (fixture, "file", "new");
  must_clear (file);
  g_assert_cmpuint (g_hash_table_size (fixture->service->items), ==, 1);
  must_find (fixture, "auto", NULL);
  must_find (fixture, "keyring", NULL);
}

/* Nobody unlocks it: the pending call can be cancelled, and does not block the next one. */
static void
test_locked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (FlooSecrets) secrets = floo_secrets_new ("auto", NULL, fixture->dir);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (no_libsecret ())
    return;
  must_save (secrets, "t");
  fixture->service->mood = SERVICE_STALLS;
  floo_secrets_load_async (secrets, FLOO_SECRETS_ASK_ONCE, cancellable, on_result, &result);
  run_until (fixture->service->stalled->len > 0);
  g_assert_null (result);
  g_cancellable_cancel (cancellable);
  g_assert_null (floo_secrets_load_finish (secrets, wait_for (&result), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  fixture->service->mood = SERVICE_TAKES;
  must_save (secrets, "after");
  must_find (fixture, "auto", "after");
}

static void
test_copy (void)
{
  g_autoptr (FlooLoginRecord) record = g_new0 (FlooLoginRecord, 1);
  g_autoptr (FlooLoginRecord) copy = NULL;

  record->app_id = g_strdup ("app");
  record->token = g_strdup ("t");
  record->user_id = 5;
  copy = floo_login_record_copy (record);
  g_assert_cmpstr (copy->app_id, ==, "app");
  g_assert_cmpstr (copy->token, ==, "t");
  g_assert_true (copy->token != record->token);
  g_assert_null (copy->password);
  g_assert_cmpint (copy->user_id, ==, 5);
}

/* The bus does not outlive a test that fails. */
static void
die_with_parent (gpointer user_data)
{
  prctl (PR_SET_PDEATHSIG, SIGKILL);
}

/* Without folders of activatable services: an installed Secret Service could take the name of the test's double. */
static char *
write_bus_config (void)
{
  static const char config[]
      = "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen><auth>EXTERNAL</auth><policy context=\"default\">"
        "<allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>";
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("flooim-bus-XXXXXX.conf", &path, &error);

  g_assert_no_error (error);
  close (fd);
  g_file_set_contents (path, config, -1, &error);
  g_assert_no_error (error);
  return path;
}

/* Not GTestDBus: that waits for the end of the connection, which libsecret keeps for ever. */
static GSubprocess *
start_bus (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *config = write_bus_config ();
  g_autofree char *option = g_strconcat ("--config-file=", config, NULL);
  g_autofree char *address = NULL;
  g_autoptr (GDataInputStream) lines = NULL;
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  GSubprocess *bus;

  g_subprocess_launcher_set_child_setup (launcher, die_with_parent, NULL, NULL);
  bus = g_subprocess_launcher_spawn (launcher, &error, "dbus-daemon", option, "--nofork", "--print-address=1", NULL);
  g_assert_no_error (error);
  lines = g_data_input_stream_new (g_subprocess_get_stdout_pipe (bus));
  address = g_data_input_stream_read_line (lines, NULL, NULL, &error);
  g_assert_no_error (error);
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
  g_unlink (config);
  return bus;
}

#define ADD(name, service, func) g_test_add ("/secrets/" name, Fixture, service, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_autoptr (GSubprocess) bus = NULL;
  int result;

  g_test_init (&argc, &argv, NULL);
  bus = start_bus ();

  g_test_add_func ("/secrets/copy", test_copy);
  ADD ("file", NULL, test_file);
  ADD ("order", NULL, test_order);
  ADD ("tightens", NULL, test_tightens);
  ADD ("corrupt", NULL, test_corrupt);
  ADD ("unwritable", NULL, test_unwritable);
  ADD ("no-service", NULL, test_no_service);
  ADD ("keyring", "", test_keyring);
  ADD ("refused", "", test_refused);
  ADD ("stale", "", test_stale);
  ADD ("locked", "", test_locked);
  result = g_test_run ();
  g_subprocess_force_exit (bus);
  return result;
}
