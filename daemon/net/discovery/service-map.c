/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery/service-map.h"

#include <gio/gio.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "net/http/tls.h"

/* Longer lists are cut. */
#define MAX_ENTRIES 32u
#define MAX_HOST 262u /* a name of 253, a colon, a port, brackets */
#define SOCKET_PATH "/socket.io/?EIO=3&transport=websocket"

static const struct {
  const char *status;
  FlooError code;
} refusals[] = {
  { "banned", FLOO_ERROR_BANNED },
  { "frozen", FLOO_ERROR_FROZEN },
  { "revoked", FLOO_ERROR_APP_UNAVAILABLE },
};

static void
cluster_free (gpointer data)
{
  FlooCluster *cluster = data;

  g_ptr_array_unref (cluster->rest);
  g_ptr_array_unref (cluster->sockets);
  g_free (cluster);
}

void
floo_service_map_free (FlooServiceMap *map)
{
  if (map == NULL)
    return;
  g_ptr_array_unref (map->clusters);
  g_ptr_array_unref (map->servers);
  json_node_unref (map->json);
  g_free (map);
}

/* Whether @text is a host with or without a port, and nothing else that a URL may have there. */
static gboolean
is_host (const char *text)
{
  g_autofree char *url = NULL;
  g_autoptr (GUri) uri = NULL;

  if (*text == '\0' || strlen (text) > MAX_HOST
      || text[strspn (text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]")] != '\0')
    return FALSE;
  url = g_strconcat ("http://", text, NULL);
  uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  return uri != NULL && g_uri_get_host (uri) != NULL && *g_uri_get_host (uri) != '\0' && g_uri_get_port (uri) != 0;
}

/* The URL of one {protocol, host}, or NULL. */
static char *
entry_url (JsonObject *entry, const char *plain, const char *secure, const char *path)
{
  const char *protocol = floo_json_get_string (entry, "protocol");
  const char *host = floo_json_get_string (entry, "host");
  const char *scheme;

  if (protocol == NULL || host == NULL || !is_host (host))
    return NULL;
  if (strcmp (protocol, "https") == 0)
    scheme = secure;
  else if (strcmp (protocol, "http") == 0)
    scheme = plain;
  else
    return NULL;
  return g_strconcat (scheme, "://", host, path, NULL);
}

static GPtrArray *
read_entries (JsonArray *array, const char *plain, const char *secure, const char *path)
{
  GPtrArray *urls = g_ptr_array_new_with_free_func (g_free);
  guint n = array != NULL ? MIN (json_array_get_length (array), MAX_ENTRIES) : 0;

  for (guint i = 0; i < n; i++)
    {
      JsonObject *entry = floo_json_node_object (json_array_get_element (array, i));
      char *url = entry != NULL ? entry_url (entry, plain, secure, path) : NULL;

      if (url != NULL)
        g_ptr_array_add (urls, url);
    }
  return urls;
}

static FlooCluster *
read_cluster (JsonObject *object)
{
  FlooCluster *cluster = g_new0 (FlooCluster, 1);
  JsonArray *sockets = floo_json_get_array (object, "webim");

  if (sockets == NULL)
    sockets = floo_json_get_array (object, "ws"); /* older answers */
  cluster->rest = read_entries (floo_json_get_array (object, "ratel"), "http", "https", "");
  cluster->sockets = read_entries (sockets, "ws", "wss", SOCKET_PATH);
  if (cluster->rest->len > 0 && cluster->sockets->len > 0)
    return cluster;
  cluster_free (cluster);
  return NULL;
}

static void
read_clusters (JsonObject *group, GPtrArray *clusters)
{
  JsonArray *array = floo_json_get_array (group, "clusters");
  guint n = array != NULL ? MIN (json_array_get_length (array), MAX_ENTRIES) : 0;

  for (guint i = 0; i < n; i++)
    {
      JsonObject *object = floo_json_node_object (json_array_get_element (array, i));
      FlooCluster *cluster = object != NULL ? read_cluster (object) : NULL;

      if (cluster != NULL)
        g_ptr_array_add (clusters, cluster);
    }
}

/* Only the group of level 0 is used. */
static void
read_groups (JsonObject *data, GPtrArray *clusters)
{
  JsonArray *groups = floo_json_get_array (data, "dns_list");
  guint n = groups != NULL ? MIN (json_array_get_length (groups), MAX_ENTRIES) : 0;

  for (guint i = 0; i < n && clusters->len == 0; i++)
    {
      JsonObject *group = floo_json_node_object (json_array_get_element (groups, i));
      gint64 level;

      if (group != NULL && floo_json_get_int (group, "group_level", &level) && level == 0)
        read_clusters (group, clusters);
    }
}

static void
read_servers (JsonObject *data, GPtrArray *servers)
{
  JsonArray *array = floo_json_get_array (data, "dns_server_list");
  guint n = array != NULL ? MIN (json_array_get_length (array), MAX_ENTRIES) : 0;

  for (guint i = 0; i < n; i++)
    {
      JsonObject *entry = floo_json_node_object (json_array_get_element (array, i));
      const char *domain = entry != NULL ? floo_json_get_string (entry, "domain") : NULL;

      if (domain != NULL && is_host (domain))
        g_ptr_array_add (servers, g_strconcat ("https://", domain, NULL));
    }
}

static gboolean
check_status (JsonObject *data, GError **error)
{
  const char *status = floo_json_get_string (data, "app_status");

  for (guint i = 0; status != NULL && i < G_N_ELEMENTS (refusals); i++)
    if (strcmp (status, refusals[i].status) == 0)
      {
        g_set_error (error, FLOO_ERROR, refusals[i].code, "the app is %s", status);
        return FALSE;
      }
  return TRUE;
}

FlooServiceMap *
floo_service_map_parse (JsonNode *data, GError **error)
{
  g_autoptr (FlooServiceMap) map = NULL;
  JsonObject *object;

  g_return_val_if_fail (data != NULL, NULL);

  object = floo_json_node_object (data);
  if (object == NULL)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the answer of discovery has no data");
      return NULL;
    }
  if (!check_status (object, error))
    return NULL;
  map = g_new0 (FlooServiceMap, 1);
  map->clusters = g_ptr_array_new_with_free_func (cluster_free);
  map->servers = g_ptr_array_new_with_free_func (g_free);
  map->json = json_node_ref (data);
  read_groups (object, map->clusters);
  read_servers (object, map->servers);
  if (map->clusters->len == 0)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the answer of discovery names no usable service");
      return NULL;
    }
  return g_steal_pointer (&map);
}

void
floo_service_map_prefer (FlooServiceMap *map, guint index)
{
  g_return_if_fail (map != NULL && index < map->clusters->len);
  g_ptr_array_insert (map->clusters, 0, g_ptr_array_steal_index (map->clusters, index));
}

/* Adds {protocol, host} of @url to an array @kind of the cluster. */
static void
add_server (JsonObject *cluster, const char *kind, const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  gboolean secure = floo_tls_is_scheme (g_uri_get_scheme (uri));
  gboolean is_ipv6 = strchr (g_uri_get_host (uri), ':') != NULL;
  g_autofree char *host = g_strdup_printf (is_ipv6 ? "[%s]" : "%s", g_uri_get_host (uri));
  g_autofree char *with_port
      = g_uri_get_port (uri) > 0 ? g_strdup_printf ("%s:%d", host, g_uri_get_port (uri)) : g_strdup (host);
  JsonArray *servers = json_array_new ();
  JsonObject *server = json_object_new ();

  json_object_set_string_member (server, "protocol", secure ? "https" : "http");
  json_object_set_string_member (server, "host", with_port);
  json_array_add_object_element (servers, server);
  json_object_set_array_member (cluster, kind, servers);
}

JsonNode *
floo_service_map_make (const char *rest_url, const char *socket_url)
{
  JsonObject *cluster = json_object_new (), *level = json_object_new (), *data = json_object_new ();
  JsonArray *clusters = json_array_new (), *levels = json_array_new ();
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  add_server (cluster, "ratel", rest_url);
  add_server (cluster, "webim", socket_url);
  json_array_add_object_element (clusters, cluster);
  json_object_set_int_member (level, "group_level", 0);
  json_object_set_array_member (level, "clusters", clusters);
  json_array_add_object_element (levels, level);
  json_object_set_array_member (data, "dns_list", levels);
  json_node_take_object (node, data);
  return node;
}
