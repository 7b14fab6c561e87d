/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the service is: discovery against real servers on loopback, its cache, and the order of failover. */
#include "net/discovery/endpoints.h"
#include "net/http/tls.h"

#include <glib/gstdio.h>

#include "base/backoff.h"
#include "base/error.h"
#include "base/json.h"
#include "net/discovery/service-map.h"
#include "soup-support.h"

#define ENVELOPE "{\"code\":200,\"message\":\"\",\"data\":{%s}}"
#define ONE_CLUSTER \
  "\"dns_list\":[{\"group_level\":1,\"clusters\":[]},{\"group_level\":0,\"clusters\":[{" \
  "\"ratel\":[{\"protocol\":\"https\",\"host\":\"r1.example.org\"},{\"protocol\":\"http\",\"host\":\"r2.example.org:8080\"}]," \
  "\"webim\":[{\"protocol\":\"https\",\"host\":\"w1.example.org\"},{\"protocol\":\"http\",\"host\":\"[::1]:81\"}]}]}]"

typedef struct {
  char *dir;
  FlooEndpoints *endpoints;
  gboolean done;
  gboolean fine;
  gboolean from_cache;
  GError *error;
  guint n_exhausted;
} Fixture;

static void
on_exhausted (FlooEndpoints *endpoints, Fixture *fixture)
{
  fixture->n_exhausted++;
}

static void
use (Fixture *fixture, const char *app_id, const char *dns_server, const char *const *servers)
{
  if (fixture->endpoints != NULL)
    drop_last (fixture->endpoints);
  fixture->endpoints = floo_endpoints_new (fixture->dir, app_id, dns_server);
  if (servers != NULL)
    floo_endpoints_set_servers (fixture->endpoints, servers);
  g_signal_connect (fixture->endpoints, "exhausted", G_CALLBACK (on_exhausted), fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *dir = g_dir_make_tmp ("flooim-endpoints-XXXXXX", &error);

  g_assert_no_error (error);
  fixture->dir = g_build_filename (dir, "below", NULL); /* made when needed */
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autofree char *parent = g_path_get_dirname (fixture->dir);
  g_autoptr (GDir) dir = NULL;
  const char *name;

  drop_last (fixture->endpoints);
  g_clear_error (&fixture->error);
  dir = g_dir_open (fixture->dir, 0, NULL);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (fixture->dir, name, NULL);

      g_unlink (path);
    }
  g_rmdir (fixture->dir);
  g_rmdir (parent);
  g_free (fixture->dir);
}

static void
discovered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->fine = floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, &fixture->from_cache, &fixture->error);
  fixture->done = TRUE;
}

static void
discover (Fixture *fixture, GCancellable *cancellable)
{
  g_clear_error (&fixture->error);
  fixture->done = FALSE;
  floo_endpoints_discover_async (fixture->endpoints, cancellable, discovered_cb, fixture);
  run_until (fixture->done);
  g_assert_cmpint (fixture->fine, ==, fixture->error == NULL);
}

/* The one file of the cache, or NULL. */
static char *
cache_file (Fixture *fixture)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->dir, 0, NULL);
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;

  return name != NULL && strchr (name, '.') != NULL && g_str_has_suffix (name, ".json") ? g_build_filename (fixture->dir, name, NULL)
                                                                                        : NULL;
}

static gboolean
is_cached (Fixture *fixture)
{
  g_autofree char *path = cache_file (fixture);

  return path != NULL;
}

/* -- what the discovery servers do -- */

static void
answer_data (Service *service, SoupServerMessage *message, const char *path)
{
  if (g_str_has_suffix (path, "/api/health"))
    service_say (message, SOUP_STATUS_OK, "text/plain", "well");
  else
    service_say_json (message, service->data);
}

static void
answer_ill (Service *service, SoupServerMessage *message, const char *path)
{
  service_say (message, SOUP_STATUS_SERVICE_UNAVAILABLE, "text/plain", "ill");
}

static void
answer_nothing (Service *service, SoupServerMessage *message, const char *path)
{
  service_hold (service, message);
}

static void
answer_garbage (Service *service, SoupServerMessage *message, const char *path)
{
  service_say (message, SOUP_STATUS_OK, "text/html", "<html>Welcome to our hotel</html>");
}

static char *
envelope (const char *data)
{
  return g_strdup_printf (ENVELOPE, data);
}

/* -- discovery -- */

static void
test_healthy_first (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = envelope (ONE_CLUSTER);
  g_autoptr (Service) ill = service_new (answer_ill, NULL);
  g_autoptr (Service) silent = service_new (answer_nothing, NULL);
  g_autoptr (Service) garbage = service_new (answer_garbage, NULL);
  g_autoptr (Service) good = service_new (answer_data, body);
  const char *const servers[] = { ill->base, silent->base, garbage->base, good->base, NULL };
  g_autofree char *socket = NULL;

  use (fixture, "app id&1", NULL, servers);
  floo_endpoints_set_limits (fixture->endpoints, 20000, 20);
  g_assert_false (floo_endpoints_is_known (fixture->endpoints));
  g_assert_null (floo_endpoints_get_rest (fixture->endpoints));
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_false (fixture->from_cache);
  g_assert_true (floo_endpoints_is_known (fixture->endpoints));
  g_assert_cmpstr (ill->log->str, ==, "GET /api/health\n");
  g_assert_cmpstr (silent->log->str, ==, "GET /api/health\n");
  g_assert_cmpstr (good->log->str, ==, "GET /api/health\nGET /v2/app_dns?app_id=app%20id%261&source=sdk\n");
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, "https://r1.example.org");
  socket = floo_endpoints_dup_socket_url (fixture->endpoints);
  g_assert_cmpstr (socket, ==, "wss://w1.example.org/socket.io/?EIO=3&transport=websocket");
}

/* The user's own server is a whole URL: no health check, no path added, its query kept. */
static void
test_own_server (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = envelope (ONE_CLUSTER);
  g_autoptr (Service) service = service_new (answer_data, body);
  g_autofree char *plain = g_strconcat (service->base, "/dns/here", NULL);
  g_autofree char *query = g_strconcat (service->base, "/dns/here?k=v%20w#part", NULL);

  use (fixture, "app", plain, NULL);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  use (fixture, "app", query, NULL);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (service->log->str, ==,
                   "GET /dns/here?app_id=app&source=sdk\nGET /dns/here?k=v%20w&app_id=app&source=sdk\n");
  use (fixture, "app", "no URL at all", NULL);
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
}

static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *body;
    FlooError code;
    const char *text;
  } cases[] = {
    { "{\"code\":200,\"data\":{\"app_status\":\"banned\"," ONE_CLUSTER "}}", FLOO_ERROR_BANNED, "banned" },
    { "{\"code\":200,\"data\":{\"app_status\":\"frozen\"," ONE_CLUSTER "}}", FLOO_ERROR_FROZEN, "frozen" },
    { "{\"code\":200,\"data\":{\"app_status\":\"revoked\"," ONE_CLUSTER "}}", FLOO_ERROR_APP_UNAVAILABLE, "revoked" },
    { "{\"code\":99997,\"message\":\"no such\\napp\",\"data\":null}", FLOO_ERROR_NOT_FOUND, "99997: no such app" },
    { "{\"code\":40000,\"message\":\"no\"}", FLOO_ERROR_NOT_FOUND, "40000: no" },
    { "{\"code\":200,\"data\":{}}", FLOO_ERROR_PROTOCOL, "no usable service" },
    { "{\"code\":200}", FLOO_ERROR_PROTOCOL, "no data" },
    { "{\"code\":200,\"data\":[1]}", FLOO_ERROR_PROTOCOL, "no data" },
    { "{\"code\":200,\"data\":{\"dns_list\":[{\"group_level\":0,\"clusters\":[{\"ratel\":[],\"webim\":[]},7,null,{\"ratel\":{}}]}]}}",
      FLOO_ERROR_PROTOCOL, "no usable service" },
    { "[]", FLOO_ERROR_PROTOCOL, "HTTP 200" },
    { "<html>", FLOO_ERROR_PROTOCOL, "HTTP 200" },
    { "", FLOO_ERROR_PROTOCOL, "HTTP 200" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Service) service = service_new (answer_data, (gpointer) cases[i].body);

      use (fixture, "app", service->base, NULL);
      discover (fixture, NULL);
      g_assert_error (fixture->error, FLOO_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (fixture->error->message, cases[i].text));
      g_assert_false (floo_endpoints_is_known (fixture->endpoints));
      g_assert_false (is_cached (fixture));
    }
}

static void
test_nobody (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Service) silent = service_new (answer_nothing, NULL);
  g_autoptr (Service) gone = service_new (answer_nothing, NULL);
  const char *const servers[] = { gone->base, NULL };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  service_stop (gone);
  use (fixture, "app", NULL, servers);
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  use (fixture, "app", gone->base, NULL);
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);

  use (fixture, "app", silent->base, NULL);
  floo_endpoints_set_limits (fixture->endpoints, 80, 20);
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);

  use (fixture, "app", silent->base, NULL);
  g_cancellable_cancel (cancellable);
  discover (fixture, cancellable);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Service) silent = service_new (answer_nothing, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Service) other = service_new (answer_nothing, NULL);
  const char *const servers[] = { silent->base, other->base, NULL };

  use (fixture, "app", NULL, servers);
  floo_endpoints_set_limits (fixture->endpoints, 20000, 10);
  fixture->done = FALSE;
  floo_endpoints_discover_async (fixture->endpoints, cancellable, discovered_cb, fixture);
  run_until (silent->n_requests + other->n_requests == 2);
  g_cancellable_cancel (cancellable);
  run_until (fixture->done);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
}

/* A cancelled discovery ends as cancelled, also if the answer was there already. */
static void
test_cancel_at_each_step (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = envelope (ONE_CLUSTER);
  g_autoptr (Service) service = service_new (answer_data, body);

  for (guint steps = 1;; steps++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      g_clear_error (&fixture->error);
      use (fixture, "app", service->base, NULL);
      fixture->done = FALSE;
      floo_endpoints_discover_async (fixture->endpoints, cancellable, discovered_cb, fixture);
      for (guint i = 0; i < steps && !fixture->done; i++)
        g_main_context_iteration (NULL, TRUE);
      if (fixture->done)
        break;
      g_cancellable_cancel (cancellable);
      run_until (fixture->done);
      g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
    }
  g_assert_no_error (fixture->error);
}

/* -- the cache -- */

static void
test_cache (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = envelope (ONE_CLUSTER);
  g_autoptr (Service) service = service_new (answer_data, body);
  g_autofree char *url = g_strdup (service->base);
  g_autofree char *path = NULL;
  GStatBuf info;

  use (fixture, "../../app/$1", url, NULL);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  run_until (is_cached (fixture));
  path = cache_file (fixture);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_null (strstr (path, "$1"));

  /* The next start without a discovery server. */
  service_stop (service);
  use (fixture, "../../app/$1", url, NULL);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->from_cache);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, "https://r1.example.org");
  /* And once more, with an answer that is in use already: the position in the order is kept. */
  g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, TRUE), ==, FLOO_FAILOVER_NEXT);
  discover (fixture, NULL);
  g_assert_true (fixture->from_cache);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, "http://r2.example.org:8080");

  /* Not used for another app, nor for another server. */
  use (fixture, "other", url, NULL);
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);

  /* forget() removes the answer, from the disk too. */
  use (fixture, "../../app/$1", url, NULL);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  floo_endpoints_forget (fixture->endpoints);
  g_assert_false (floo_endpoints_is_known (fixture->endpoints));
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  run_until (!is_cached (fixture));
}

/* The content of the cache's file is not trusted. */
static void
test_bad_cache (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = envelope (ONE_CLUSTER);
  g_autofree char *deep = g_strnfill (100000, '[');
  g_autofree char *large = g_strnfill (1 << 20, ' ');
  const char *const contents[] = { "", "{", "null", "{\"dns_list\":7}", "{\"app_status\":\"banned\"}", deep, large };
  g_autofree char *path = NULL;
  g_autofree char *url = NULL;

  {
    g_autoptr (Service) service = service_new (answer_data, body);

    url = g_strdup (service->base);
    use (fixture, "app", url, NULL);
    discover (fixture, NULL);
    run_until (is_cached (fixture));
    path = cache_file (fixture);
  }
  for (guint i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_assert_true (g_file_set_contents (path, contents[i], -1, NULL));
      use (fixture, "app", url, NULL);
      discover (fixture, NULL);
      g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
    }
  /* A folder, and a link to somewhere else. */
  g_unlink (path);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  use (fixture, "app", url, NULL);
  discover (fixture, NULL);
  g_assert_error (fixture->error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  g_rmdir (path);
}

/* The servers that an answer names are asked first the next time. */
static void
answer_tls (RawPeer *peer)
{
}

static void
on_tls_ready (gpointer is_ready)
{
  *(gboolean *) is_ready = TRUE;
}

static void
test_remembered_servers (Fixture *fixture, gconstpointer data)
{
  g_autoptr (RawPeer) named = raw_peer_new (answer_tls, NULL);
  g_autofree char *content = g_strdup_printf ("\"dns_server_list\":[{\"domain\":\"evil/path\"},{\"domain\":\"127.0.0.1:%u\"}]," ONE_CLUSTER,
                                              named->port);
  g_autofree char *body = envelope (content);
  g_autoptr (Service) service = service_new (answer_data, body);
  const char *const servers[] = { service->base, NULL };
  gboolean tls_is_ready = FALSE;

  /* Loading it can take longer than the next server waits. */
  floo_tls_prepare ("https", on_tls_ready, &tls_is_ready);
  run_until (tls_is_ready);

  use (fixture, "app", NULL, servers);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (named->n_connections, ==, 0);
  run_until (is_cached (fixture));

  use (fixture, "app", NULL, servers);
  floo_endpoints_set_limits (fixture->endpoints, 20000, 300);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_false (fixture->from_cache);
  run_until (named->n_connections == 1);
  run_until (named->received->len > 0);
  g_assert_cmpint (named->received->str[0], ==, 0x16); /* it begins TLS */
}

/* -- order -- */

static char *
two_clusters (const char *first, const char *second)
{
  g_autofree char *data = g_strdup_printf (
      "\"dns_list\":[{\"group_level\":0,\"clusters\":["
      "{\"ratel\":[{\"protocol\":\"http\",\"host\":\"%s\"}],\"ws\":[{\"protocol\":\"http\",\"host\":\"one.example.org\"}]},"
      "{\"ratel\":[{\"protocol\":\"http\",\"host\":\"%s\"}],\"ws\":[{\"protocol\":\"https\",\"host\":\"two.example.org\"}]}]}]",
      first + strlen ("http://"), second + strlen ("http://"));

  return envelope (data);
}

static void
test_fastest_cluster (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Service) slow = service_new (answer_nothing, NULL);
  g_autoptr (Service) fast = service_new (answer_garbage, NULL); /* any answer counts, unless it is 5xx */
  g_autofree char *body = two_clusters (slow->base, fast->base);
  g_autoptr (Service) dns = service_new (answer_data, body);
  g_autofree char *socket = NULL;

  use (fixture, "app", dns->base, NULL);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (slow->log->str, ==, "GET /\n");
  g_assert_cmpstr (fast->log->str, ==, "GET /\n");
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, fast->base);
  socket = floo_endpoints_dup_socket_url (fixture->endpoints);
  g_assert_cmpstr (socket, ==, "wss://two.example.org/socket.io/?EIO=3&transport=websocket");

  /* None answers: the order is the service's. */
  service_stop (fast);
  service_stop (slow);
  discover (fixture, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, slow->base);
}

static gint64 test_now;

static gint64
test_clock (void)
{
  return test_now;
}

static void
test_failover (Fixture *fixture, gconstpointer data)
{
  g_autofree char *body = envelope (ONE_CLUSTER);
  g_autoptr (Service) service = service_new (answer_data, body);
  g_autofree char *socket = NULL;

  use (fixture, "app", service->base, NULL);
  g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY); /* no answer yet, no next host */
  discover (fixture, NULL);
  test_now = 1000000;
  floo_clock_set (test_clock);

  /* Four failures before an answer, or before half an hour without one, do not count as part of five. */
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY);
  floo_endpoints_rest_answered (fixture->endpoints);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY);
  test_now += 31 * 60 * 1000;
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, "https://r1.example.org");
  g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, "http://r2.example.org:8080");
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY);
  g_assert_cmpuint (fixture->n_exhausted, ==, 0);
  g_assert_cmpint (floo_endpoints_rest_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_EXHAUSTED);
  g_assert_cmpuint (fixture->n_exhausted, ==, 1);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, "https://r1.example.org");

  /* The failures of the socket are counted separately. */
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (floo_endpoints_socket_failed (fixture->endpoints, FALSE), ==, FLOO_FAILOVER_STAY);
  socket = floo_endpoints_dup_socket_url (fixture->endpoints);
  g_assert_cmpstr (socket, ==, "ws://[::1]:81/socket.io/?EIO=3&transport=websocket");
  floo_clock_set (NULL);
}

/* Hosts with more than a name and a port would lead somewhere else. */
static void
test_hosts (void)
{
  static const struct {
    const char *entry;
    const char *url; /* NULL: ignored */
  } cases[] = {
    { "{\"protocol\":\"https\",\"host\":\"a.example.org\"}", "https://a.example.org" },
    { "{\"protocol\":\"http\",\"host\":\"a.example.org:80\",\"ip_list\":[1]}", "http://a.example.org:80" },
    { "{\"protocol\":\"http\",\"host\":\"[::1]:80\"}", "http://[::1]:80" },
    { "{\"protocol\":\"https\",\"host\":\"a.example.org/path\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"user@a.example.org\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a.example.org?x\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a.example.org#x\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a.example.org:port\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a.example.org:99999\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a.example.org:0\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a\\r\\nb\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"a b\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\"\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":\":80\"}", NULL },
    { "{\"protocol\":\"https\",\"host\":7}", NULL },
    { "{\"protocol\":\"https\"}", NULL },
    { "{\"protocol\":\"file\",\"host\":\"a.example.org\"}", NULL },
    { "{\"host\":\"a.example.org\"}", NULL },
    { "\"a.example.org\"", NULL },
    { "null", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = g_strdup_printf ("{\"app_status\":\"never heard of\",\"dns_list\":[{\"group_level\":0,\"clusters\":[{"
                                               "\"ratel\":[%s],\"webim\":[{\"protocol\":\"https\",\"host\":\"w\"}]}]}]}",
                                               cases[i].entry);
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) json = floo_json_parse (text, strlen (text), &error);
      g_autoptr (FlooServiceMap) map = NULL;

      g_assert_no_error (error);
      map = floo_service_map_parse (json, &error);
      if (cases[i].url == NULL)
        g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
      else
        {
          const FlooCluster *cluster;

          g_assert_no_error (error);
          cluster = map->clusters->pdata[0];
          g_assert_cmpstr (cluster->rest->pdata[0], ==, cases[i].url);
        }
    }
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/endpoints/healthy-first", test_healthy_first },
    { "/endpoints/own-server", test_own_server },
    { "/endpoints/refusals", test_refusals },
    { "/endpoints/nobody", test_nobody },
    { "/endpoints/cancel", test_cancel },
    { "/endpoints/cancel-at-each-step", test_cancel_at_each_step },
    { "/endpoints/cache", test_cache },
    { "/endpoints/bad-cache", test_bad_cache },
    { "/endpoints/remembered-servers", test_remembered_servers },
    { "/endpoints/fastest-cluster", test_fastest_cluster },
    { "/endpoints/failover", test_failover },
  };

  support_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  g_test_add_func ("/endpoints/hosts", test_hosts);
  return g_test_run ();
}
