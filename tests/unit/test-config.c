/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The configuration file: defaults without one, and a clear error message for every mistake in one. */
#include <glib/gstdio.h>
#include <string.h>

#include "base/config.h"
#include "base/error.h"

static char *base; /* the parent of fresh XDG folders, which may not exist */

static char *
write_config (const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = g_build_filename (base, "test.conf", NULL);

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static void
test_defaults (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooConfig) config = floo_config_load (NULL, NULL, NULL, &error);
  g_autofree char *path = g_build_filename (g_get_user_config_dir (), "flooim", "flooimd.conf", NULL);
  g_autofree char *data = g_build_filename (g_get_user_data_dir (), "flooim", NULL);
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "flooim", NULL);

  g_assert_no_error (error);
  g_assert_null (config->instance);
  g_assert_cmpstr (config->path, ==, path);
  g_assert_cmpstr (config->data_dir, ==, data);
  g_assert_cmpstr (config->cache_dir, ==, cache);
  g_assert_cmpstr (config->app_id, ==, "");
  g_assert_cmpstr (config->dns_server, ==, "");
  g_assert_cmpstr (config->discovery_source, ==, "sdk");
  g_assert_cmpstr (config->rest_url, ==, "");
  g_assert_cmpstr (config->proxy, ==, "");
  g_assert_true (config->auto_login);
  g_assert_cmpstr (config->os_type, ==, "web");
  g_assert_cmpstr (config->device_info, ==, "Web");
  g_assert_cmpuint (config->journal_days, ==, 14);
  g_assert_cmpuint (config->journal_events, ==, 200000);
  g_assert_cmpstr (config->secrets_backend, ==, "auto");
  g_assert_cmpint (config->log_level, ==, FLOO_LOG_INFO);
  /* Reading the file creates no folders. */
  g_assert_false (g_file_test (data, G_FILE_TEST_EXISTS));
}

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = write_config ("# comment\n[service]\napp_id = my_app-1 \ndns_server=http://127.0.0.1:8080/dns?a=b\n"
                                        "rest_url=https://im.example:8443\nsocket_url=wss://[fd00::1]:8444\nproxy=http://me:pw@proxy:3128\n"
                                        "auto_login=false\nos_type=linux\ndevice_info=My \\sdesk\n[store]\njournal_days=3650\n"
                                        "[log]\nlevel=debug\n[secrets]\nbackend=file\n[files]\nprivate_hosts=nas.example 10.0.0.7 fd00::1\n");
  g_autoptr (FlooConfig) config = floo_config_load ("work", path, "relative", &error);
  g_autofree char *cwd = g_get_current_dir ();
  g_autofree char *data = g_build_filename (cwd, "relative", NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (config->instance, ==, "work");
  g_assert_cmpstr (config->app_id, ==, "my_app-1");
  g_assert_cmpstr (config->dns_server, ==, "http://127.0.0.1:8080/dns?a=b");
  g_assert_cmpstr (config->rest_url, ==, "https://im.example:8443");
  g_assert_cmpstr (config->socket_url, ==, "wss://[fd00::1]:8444");
  g_assert_cmpstr (config->proxy, ==, "http://me:pw@proxy:3128");
  g_assert_cmpstr (config->private_hosts, ==, "nas.example 10.0.0.7 fd00::1");
  g_assert_false (config->auto_login);
  g_assert_cmpstr (config->os_type, ==, "linux");
  g_assert_cmpstr (config->device_info, ==, "My  desk");
  g_assert_cmpuint (config->journal_days, ==, 3650);
  g_assert_cmpuint (config->journal_events, ==, 200000);
  g_assert_cmpstr (config->secrets_backend, ==, "file");
  g_assert_cmpint (config->log_level, ==, FLOO_LOG_DEBUG);
  g_assert_cmpstr (config->data_dir, ==, data);
}

/* The error message names the file and the mistake. */
static void
test_mistakes (void)
{
  static const char *const cases[][2] = {
    { "[service]\nappid=x\n", "unknown key \"appid\" in group [service]" },
    { "[Service]\napp_id=x\n", "unknown group [Service]" },
    { "[service]\napp_id=../../etc\n", "[service] app_id" },
    { "[service]\napp_id=a.b\n", "[service] app_id" },
    { "[service]\ndns_server=dns.example.org\n", "[service] dns_server" },
    { "[service]\ndns_server=ftp://dns.example.org\n", "[service] dns_server" },
    { "[files]\nprivate_hosts=http://nas/\n", "[files] private_hosts" },
    { "[files]\nprivate_hosts=nas  10.0.0.7\n", "[files] private_hosts" },
    { "[files]\nprivate_hosts=nas:8080\n", "[files] private_hosts" },
    { "[service]\ndns_server=https://\n", "[service] dns_server" },
    { "[service]\nca_file=ca.pem\n", "[service] ca_file" },
    { "[service]\nrest_url=https://im.example.org/api\n", "[service] rest_url" },
    { "[service]\nrest_url=wss://im.example.org\n", "[service] rest_url" },
    { "[service]\nsocket_url=https://im.example.org\n", "[service] socket_url" },
    { "[service]\nproxy=ftp://proxy.example.org\n", "[service] proxy" },
    { "[service]\nproxy=me:pw@proxy.example.org\n", "[service] proxy: \"...\"" },
    { "[service]\ndiscovery_source=a b\n", "[service] discovery_source" },
    { "[service]\nauto_login=maybe\n", "[service] auto_login" },
    { "[service]\nauto_login=\n", "expected: true, false" },
    { "[service]\nos_type=plan9\n", "[service] os_type" },
    { "[service]\napp_id[de]=x\n", "app_id[de]" },
    { "[store]\njournal_days=0\n", "expected: 1 to 3650" },
    { "[store]\njournal_days=3651\n", "[store] journal_days" },
    { "[store]\njournal_days=-1\n", "[store] journal_days" },
    { "[store]\njournal_days=7d\n", "[store] journal_days" },
    { "[store]\njournal_events=99999999999999999999\n", "[store] journal_events" },
    { "[secrets]\nbackend=kwallet\n", "\"kwallet\" is not valid; expected: auto, keyring, file" },
    { "[log]\nlevel=loud\n", "[log] level" },
    { "[log]\nlevel=\\q\n", "[log] level" },
    { "level=info\n", "test.conf" },
    { "[log\n", "test.conf" },
    { "[log]\nlevel=\xff\n", "[log] level" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *path = write_config (cases[i][0]);
      g_autoptr (FlooConfig) config = floo_config_load (NULL, path, NULL, &error);

      if (config != NULL)
        g_error ("taken: %s", cases[i][0]);
      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
      if (!g_str_has_prefix (error->message, path) || strstr (error->message, cases[i][1]) == NULL)
        g_error ("\"%s\" does not name %s", error->message, cases[i][1]);
    }
}

/* A byte order mark is no part of the first line. */
static void
test_byte_order_mark (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = write_config ("\xef\xbb\xbf[service]\r\napp_id=my_app-1\r\n");
  g_autoptr (FlooConfig) config = floo_config_load (NULL, path, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (config->app_id, ==, "my_app-1");
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (floo_config_load (NULL, "/nonexistent/flooimd.conf", NULL, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "/nonexistent/flooimd.conf"));
}

static void
test_instances (void)
{
  static const char *const bad[] = { "", "1st", "a b", "a.b", "../x", "a/b", "\xc3\xa9",
                                     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" };
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooConfig) config = floo_config_load ("Second_one-2", NULL, NULL, &error);
  g_autofree char *path = g_build_filename (g_get_user_config_dir (), "flooim", "flooimd-Second_one-2.conf", NULL);
  g_autofree char *data = g_build_filename (g_get_user_data_dir (), "flooim", "instances", "Second_one-2", NULL);
  g_autofree char *cache = g_build_filename (g_get_user_cache_dir (), "flooim", "instances", "Second_one-2", NULL);

  g_assert_no_error (error);
  g_assert_cmpstr (config->path, ==, path);
  g_assert_cmpstr (config->data_dir, ==, data);
  g_assert_cmpstr (config->cache_dir, ==, cache);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_assert_null (floo_config_load (bad[i], NULL, NULL, &error));
      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
      g_clear_error (&error);
    }
}

/* The documented default file is one that loads, and changes nothing. */
static void
test_documented (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  g_autoptr (FlooConfig) config = NULL;

  for (guint i = 0; floo_config_get_key (i) != NULL; i++)
    {
      const FlooConfigKey *key = floo_config_get_key (i);

      g_assert_cmpuint (strlen (key->doc), >, 0);
      g_string_append_printf (text, "[%s]\n%s=%s\n", key->group, key->key, key->fallback);
    }
  path = write_config (text->str);
  config = floo_config_load (NULL, path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (config->journal_days, ==, 14);
  g_assert_cmpstr (config->os_type, ==, "web");
}

/* G_TEST_OPTION_ISOLATE_DIRS would do the same, but leaks memory. */
static void
isolate (void)
{
  static const char *const variables[] = { "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME" };

  base = g_dir_make_tmp ("test-config-XXXXXX", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_autofree char *path = g_build_filename (base, variables[i], NULL);

      g_setenv (variables[i], path, TRUE);
    }
}

static int
clean_up (int result)
{
  g_autofree char *path = g_build_filename (base, "test.conf", NULL);

  g_unlink (path);
  g_rmdir (base);
  g_free (base);
  return result;
}

int
main (int argc, char *argv[])
{
  isolate ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/defaults", test_defaults);
  g_test_add_func ("/config/file", test_file);
  g_test_add_func ("/config/mistakes", test_mistakes);
  g_test_add_func ("/config/byte-order-mark", test_byte_order_mark);
  g_test_add_func ("/config/missing", test_missing);
  g_test_add_func ("/config/instances", test_instances);
  g_test_add_func ("/config/documented", test_documented);
  return clean_up (g_test_run ());
}
