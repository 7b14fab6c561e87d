/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer of discovery, and the file with the last answer: the addresses in it. */
#include <glib/gstdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "fuzz.h"
#include "net/discovery/endpoints-cache.h"
#include "net/discovery/service-map.h"

static char *folder;
static char *path;
static FlooEndpointsCache *cache;

static void
clean_up (void)
{
  g_unlink (path);
  g_rmdir (folder);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

/* Returns: (transfer full) (nullable): the answer that the cache reads from its file */
static JsonNode *
load (void)
{
  g_autoptr (GAsyncResult) result = NULL;

  floo_endpoints_cache_load_async (cache, NULL, loaded_cb, &result);
  while (result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return floo_endpoints_cache_load_finish (cache, result, NULL);
}

static void
be_quiet (const char *domain, GLogLevelFlags level, const char *text, gpointer user_data)
{
}

/* The cache's file has a name of its own. */
static void
set_up (void)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_NULL);

  g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, be_quiet, NULL);
  folder = g_dir_make_tmp ("flooim-fuzz-XXXXXX", NULL);
  g_assert_nonnull (folder);
  cache = floo_endpoints_cache_new (folder, "app", NULL);
  floo_endpoints_cache_store (cache, node);
  while (path == NULL)
    {
      g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
      const char *name;

      g_main_context_iteration (NULL, FALSE);
      while ((name = g_dir_read_name (dir)) != NULL)
        if (g_str_has_suffix (name, ".json"))
          path = g_build_filename (folder, name, NULL);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  atexit (clean_up);
}

static void
check_url (const char *url, const char *const *schemes)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);

  g_assert_nonnull (uri);
  g_assert_true (g_strv_contains (schemes, g_uri_get_scheme (uri)));
  g_assert_cmpstr (g_uri_get_host (uri), !=, "");
  g_assert_null (g_uri_get_userinfo (uri));
  g_assert_null (g_uri_get_fragment (uri));
}

/* Returns: (transfer full): the addresses, a line each; "": it is not a map */
static char *
check (JsonNode *data)
{
  static const char *const rest_schemes[] = { "http", "https", NULL };
  static const char *const socket_schemes[] = { "ws", "wss", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooServiceMap) map = floo_service_map_parse (data, &error);
  GString *lines = g_string_new (NULL);

  g_assert_true ((map == NULL) == (error != NULL));
  for (guint i = 0; map != NULL && i < map->clusters->len; i++)
    {
      const FlooCluster *cluster = map->clusters->pdata[i];

      g_assert_cmpuint (cluster->rest->len, >, 0);
      g_assert_cmpuint (cluster->sockets->len, >, 0);
      for (guint j = 0; j < cluster->rest->len; j++)
        {
          check_url (cluster->rest->pdata[j], rest_schemes);
          g_string_append_printf (lines, "%s\n", (char *) cluster->rest->pdata[j]);
        }
      for (guint j = 0; j < cluster->sockets->len; j++)
        {
          check_url (cluster->sockets->pdata[j], socket_schemes);
          g_string_append_printf (lines, "%s\n", (char *) cluster->sockets->pdata[j]);
        }
    }
  for (guint i = 0; map != NULL && i < map->servers->len; i++)
    check_url (map->servers->pdata[i], rest_schemes);
  if (map != NULL && map->clusters->len > 1)
    floo_service_map_prefer (map, map->clusters->len - 1);
  return g_string_free (lines, FALSE);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonNode) direct = NULL;
  g_autoptr (JsonNode) loaded = NULL;
  g_autofree char *lines = NULL;
  g_autofree char *again = NULL;
  FILE *file;

  if (folder == NULL)
    set_up ();
  file = fopen (path, "w");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
  fclose (file);
  direct = floo_json_parse (size > 0 ? (const char *) data : "", size, NULL);
  loaded = load ();
  g_assert_true ((direct == NULL) == (loaded == NULL));
  if (direct == NULL)
    return 0;
  lines = check (direct);
  again = check (loaded);
  g_assert_cmpstr (lines, ==, again);
  return 0;
}
