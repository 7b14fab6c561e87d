/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery/endpoints.h"

#include "base/error.h"
#include "base/names.h"
#include "net/discovery/discovery.h"
#include "net/discovery/endpoints-cache.h"
#include "net/http/http.h"
#include "net/discovery/service-map.h"

#define STEP_MS 1000u

static const char *const service_servers[] = { "https://dns.lanyingim.com", "https://dns.maximtop.com", NULL };

enum { SIGNAL_EXHAUSTED, N_SIGNALS };

static guint signals[N_SIGNALS];

struct _FlooEndpoints {
  GObject parent_instance;

  char *app_id;
  char *dns_server;
  char *source;
  JsonNode *fixed; /* (nullable): used instead of discovery, in the form of its answer */
  char **servers; /* of the service, or a test's */
  guint limit_ms;
  guint step_ms;
  SoupSession *session;

  FlooEndpointsCache *cache;
  gboolean cache_read;
  FlooServiceMap *kept; /* the cached answer, as long as there is no other */
  FlooServiceMap *map;  /* in use; NULL: nothing is known */
  FlooRing *rest;
  FlooRing *sockets;
};

G_DEFINE_FINAL_TYPE (FlooEndpoints, floo_endpoints, G_TYPE_OBJECT)

/* Puts @map to use; (transfer full). */
static void
adopt (FlooEndpoints *self, FlooServiceMap *map)
{
  floo_ring_clear (self->rest);
  floo_ring_clear (self->sockets);
  g_clear_pointer (&self->kept, floo_service_map_free);
  g_clear_pointer (&self->map, floo_service_map_free);
  self->map = map;
  for (guint i = 0; i < map->clusters->len; i++)
    {
      const FlooCluster *cluster = map->clusters->pdata[i];

      for (guint j = 0; j < cluster->rest->len; j++)
        floo_ring_add (self->rest, cluster->rest->pdata[j]);
      for (guint j = 0; j < cluster->sockets->len; j++)
        floo_ring_add (self->sockets, cluster->sockets->pdata[j]);
    }
  floo_ring_start (self->rest);
  floo_ring_start (self->sockets);
}

/* -- discovery: cache, then servers, then the race of the clusters -- */

typedef struct {
  FlooServiceMap *map; /* while the race is on */
  gboolean from_cache;
  gboolean recall; /* a cached answer is enough */
  guint late_id; /* while the network's modules are loaded */
} Discover;

static void
discover_free (Discover *discover)
{
  g_clear_pointer (&discover->map, floo_service_map_free);
  g_free (discover);
}

static void
adopt_raced (GTask *task, gssize winner)
{
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);

  if (winner > 0)
    floo_service_map_prefer (discover->map, (guint) winner);
  adopt (self, g_steal_pointer (&discover->map));
  g_message ("The service is at %s%s", floo_ring_get (self->rest), discover->from_cache ? " (from the cache)" : "");
  g_task_return_boolean (task, TRUE);
}

static void
raced_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  gssize winner = floo_discovery_race_finish (result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else
    adopt_raced (task, winner);
}

/* Finds the fastest cluster, where there are several. @task: (transfer none) */
static void
race (GTask *task)
{
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);
  g_autoptr (GPtrArray) bases = NULL;

  if (discover->map->clusters->len == 1)
    {
      adopt_raced (task, 0);
      return;
    }
  bases = g_ptr_array_new ();
  for (guint i = 0; i < discover->map->clusters->len; i++)
    {
      const FlooCluster *cluster = discover->map->clusters->pdata[i];

      g_ptr_array_add (bases, cluster->rest->pdata[0]);
    }
  g_ptr_array_add (bases, NULL);
  floo_discovery_race_async (self->session, (const char *const *) bases->pdata, self->limit_ms / 4, g_task_get_cancellable (task),
                             raced_cb, g_object_ref (task));
}

/* No server could be asked: use what is known already. */
static gboolean
fall_back (GTask *task)
{
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);

  if (self->map == NULL && self->kept == NULL)
    return FALSE;
  discover->from_cache = TRUE;
  if (self->map != NULL)
    {
      g_task_return_boolean (task, TRUE);
      return TRUE;
    }
  discover->map = g_steal_pointer (&self->kept);
  race (task);
  return TRUE;
}

/* Errors after which the known answer may still be valid. An application that discovery does not find any more may still be known to the
 * service itself, which decides. */
static gboolean
may_fall_back (const GError *error)
{
  return error->code == FLOO_ERROR_OFFLINE || error->code == FLOO_ERROR_TIMEOUT || error->code == FLOO_ERROR_PROTOCOL
         || error->code == FLOO_ERROR_REJECTED || error->code == FLOO_ERROR_RATE_LIMITED || error->code == FLOO_ERROR_NOT_FOUND;
}

static void
asked_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  discover->map = floo_discovery_ask_finish (result, &error);
  if (discover->map != NULL)
    {
      floo_endpoints_cache_store (self->cache, discover->map->json);
      race (task);
    }
  else if (!may_fall_back (error) || !fall_back (task))
    {
      /* A missing network also shows as a timeout. */
      if (error->code == FLOO_ERROR_TIMEOUT)
        error->code = FLOO_ERROR_OFFLINE;
      g_task_return_error (task, g_steal_pointer (&error));
    }
}

/* Returns: (transfer container): the servers to ask: those that the last answer named, then the service's own. */
static GPtrArray *
collect_servers (FlooEndpoints *self)
{
  const FlooServiceMap *map = self->map != NULL ? self->map : self->kept;
  GPtrArray *servers = g_ptr_array_new ();

  for (guint i = 0; map != NULL && i < map->servers->len; i++)
    g_ptr_array_add (servers, map->servers->pdata[i]);
  for (guint i = 0; self->servers[i] != NULL; i++)
    if (!g_ptr_array_find_with_equal_func (servers, self->servers[i], g_str_equal, NULL))
      g_ptr_array_add (servers, self->servers[i]);
  g_ptr_array_add (servers, NULL);
  return servers;
}

/* Without any request. */
static void
take_fixed (GTask *task)
{
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);
  GError *error = NULL;

  discover->map = floo_service_map_parse (self->fixed, &error);
  if (discover->map != NULL)
    adopt_raced (task, 0);
  else
    g_task_return_error (task, error);
}

static void
ask (GTask *task)
{
  FlooEndpoints *self = g_task_get_source_object (task);
  const char *const own[] = { self->dns_server, NULL };
  g_autoptr (GPtrArray) servers = collect_servers (self);

  floo_discovery_ask_async (self->session, self->dns_server != NULL ? own : (const char *const *) servers->pdata,
                            self->dns_server != NULL, self->app_id, self->source, self->limit_ms / 4 * 3, self->step_ms,
                            g_task_get_cancellable (task), asked_cb, g_object_ref (task));
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) json = floo_endpoints_cache_load_finish (self->cache, result, &error);

  if (error != NULL)
    {
      g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_CANCELLED, "cancelled");
      return;
    }
  /* Unless it was forgotten meanwhile, or another discovery was faster. */
  if (!self->cache_read && json != NULL)
    {
      self->kept = floo_service_map_parse (json, &error);
      if (self->kept == NULL)
        g_message ("The stored discovery answer cannot be used: %s", error->message);
    }
  self->cache_read = TRUE;
  if (discover->recall && self->kept != NULL)
    {
      discover->from_cache = TRUE;
      discover->map = g_steal_pointer (&self->kept);
      adopt_raced (task, 0);
      return;
    }
  ask (task);
}

static gboolean
on_warm_up_late (gpointer user_data)
{
  GTask *task = user_data;
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);

  discover->late_id = 0;
  g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_OFFLINE, "discovery: the proxy settings could not be loaded in %u s",
                           self->limit_ms / 1000);
  return G_SOURCE_REMOVE;
}

/* Discovery is the first to connect, so the network's modules are loaded here. */
static void
on_warmed_up (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooEndpoints *self = g_task_get_source_object (task);
  Discover *discover = g_task_get_task_data (task);

  if (discover->late_id == 0)
    return; /* it failed meanwhile */
  g_clear_handle_id (&discover->late_id, g_source_remove);
  if (self->fixed != NULL)
    take_fixed (task);
  else if (self->cache_read)
    ask (task);
  else
    floo_endpoints_cache_load_async (self->cache, g_task_get_cancellable (task), loaded_cb, g_object_ref (task));
}

static void
discover (FlooEndpoints *self, gboolean recall, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  Discover *data = g_new0 (Discover, 1);

  data->recall = recall;
  g_task_set_source_tag (task, floo_endpoints_discover_async);
  g_task_set_task_data (task, data, (GDestroyNotify) discover_free);
  g_task_set_check_cancellable (task, FALSE);
  data->late_id = g_timeout_add (self->limit_ms, on_warm_up_late, task);
  floo_http_warm_up (on_warmed_up, g_object_ref (task));
}

void
floo_endpoints_discover_async (FlooEndpoints *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  discover (self, FALSE, cancellable, callback, user_data);
}

void
floo_endpoints_recall_async (FlooEndpoints *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  discover (self, TRUE, cancellable, callback, user_data);
}

gboolean
floo_endpoints_discover_finish (FlooEndpoints *self, GAsyncResult *result, gboolean *from_cache, GError **error)
{
  Discover *discover;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_endpoints_discover_async), FALSE);

  discover = g_task_get_task_data (G_TASK (result));
  if (from_cache != NULL)
    *from_cache = discover->from_cache;
  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  /* Cancelled between the answer and this call: the caller may have released what it needs to continue. */
  if (g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_CANCELLED, "Cancelled");
      return FALSE;
    }
  return TRUE;
}

/* -- the object -- */

static void
floo_endpoints_finalize (GObject *object)
{
  FlooEndpoints *self = FLOO_ENDPOINTS (object);

  g_free (self->app_id);
  g_free (self->dns_server);
  g_free (self->source);
  g_clear_pointer (&self->fixed, json_node_unref);
  g_strfreev (self->servers);
  g_clear_object (&self->session);
  g_clear_object (&self->cache);
  floo_ring_free (self->rest);
  floo_ring_free (self->sockets);
  g_clear_pointer (&self->kept, floo_service_map_free);
  g_clear_pointer (&self->map, floo_service_map_free);
  G_OBJECT_CLASS (floo_endpoints_parent_class)->finalize (object);
}

static void
floo_endpoints_class_init (FlooEndpointsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = floo_endpoints_finalize;
  signals[SIGNAL_EXHAUSTED] = g_signal_new ("exhausted", FLOO_TYPE_ENDPOINTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
floo_endpoints_init (FlooEndpoints *self)
{
  self->limit_ms = FLOO_REST_TIMEOUT_MS;
  self->step_ms = STEP_MS;
  self->servers = g_strdupv ((char **) service_servers);
  self->session = floo_http_session_new ();
  self->rest = floo_ring_new ("REST");
  self->sockets = floo_ring_new ("The socket");
}

FlooEndpoints *
floo_endpoints_new (const char *cache_dir, const char *app_id, const char *dns_server)
{
  FlooEndpoints *self;

  g_return_val_if_fail (cache_dir != NULL && app_id != NULL, NULL);

  self = g_object_new (FLOO_TYPE_ENDPOINTS, NULL);
  self->app_id = g_strdup (app_id);
  self->source = g_strdup ("sdk");
  self->dns_server = dns_server != NULL && *dns_server != '\0' ? g_strdup (dns_server) : NULL;
  self->cache = floo_endpoints_cache_new (cache_dir, app_id, self->dns_server);
  return self;
}

void
floo_endpoints_set_fixed (FlooEndpoints *self, const char *rest_url, const char *socket_url)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  g_clear_pointer (&self->fixed, json_node_unref);
  self->fixed = floo_service_map_make (rest_url, *socket_url != '\0' ? socket_url : rest_url);
}

void
floo_endpoints_set_source (FlooEndpoints *self, const char *source)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  g_free (self->source);
  self->source = g_strdup (source);
}

void
floo_endpoints_set_limits (FlooEndpoints *self, guint limit_ms, guint step_ms)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  self->limit_ms = limit_ms;
  self->step_ms = step_ms;
}

void
floo_endpoints_set_servers (FlooEndpoints *self, const char *const *servers)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self) && servers != NULL && servers[0] != NULL);
  g_strfreev (self->servers);
  self->servers = g_strdupv ((char **) servers);
}

gboolean
floo_endpoints_is_known (FlooEndpoints *self)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), FALSE);
  return self->map != NULL;
}

const char *
floo_endpoints_get_rest (FlooEndpoints *self)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), NULL);
  return floo_ring_get (self->rest);
}

gboolean
floo_endpoints_has_host (FlooEndpoints *self, const char *host)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self) && host != NULL, FALSE);
  return floo_ring_has_host (self->rest, host) || floo_ring_has_host (self->sockets, host);
}

char *
floo_endpoints_dup_socket_url (FlooEndpoints *self)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), NULL);
  return g_strdup (floo_ring_get (self->sockets));
}

static FlooFailover
count_failure (FlooEndpoints *self, FlooRing *ring, gboolean unreachable)
{
  const FlooFailover failover = floo_ring_failed (ring, unreachable);

  if (failover == FLOO_FAILOVER_EXHAUSTED)
    g_signal_emit (self, signals[SIGNAL_EXHAUSTED], 0);
  return failover;
}

FlooFailover
floo_endpoints_rest_failed (FlooEndpoints *self, gboolean unreachable)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), FLOO_FAILOVER_STAY);
  return count_failure (self, self->rest, unreachable);
}

void
floo_endpoints_rest_answered (FlooEndpoints *self)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  floo_ring_answered (self->rest);
}

guint
floo_endpoints_count_rest (FlooEndpoints *self)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), 0);
  return floo_ring_count (self->rest);
}

guint
floo_endpoints_count_sockets (FlooEndpoints *self)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), 0);
  return floo_ring_count (self->sockets);
}

FlooFailover
floo_endpoints_socket_failed (FlooEndpoints *self, gboolean unreachable)
{
  g_return_val_if_fail (FLOO_IS_ENDPOINTS (self), FLOO_FAILOVER_STAY);
  return count_failure (self, self->sockets, unreachable);
}

void
floo_endpoints_socket_answered (FlooEndpoints *self)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));
  floo_ring_answered (self->sockets);
}

void
floo_endpoints_forget (FlooEndpoints *self)
{
  g_return_if_fail (FLOO_IS_ENDPOINTS (self));

  floo_ring_clear (self->rest);
  floo_ring_clear (self->sockets);
  g_clear_pointer (&self->kept, floo_service_map_free);
  g_clear_pointer (&self->map, floo_service_map_free);
  self->cache_read = TRUE;
  floo_endpoints_cache_store (self->cache, NULL);
}
