/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * endpoints.h: where the service is: discovery, its cache, and the order of failover.
 */
#pragma once

#include "net/discovery/ring.h"

G_BEGIN_DECLS

#define FLOO_TYPE_ENDPOINTS (floo_endpoints_get_type ())
G_DECLARE_FINAL_TYPE (FlooEndpoints, floo_endpoints, FLOO, ENDPOINTS, GObject)

/**
 * floo_endpoints_new:
 * @cache_dir: folder of the cached answers (a file per app id); made when needed
 * @dns_server: (nullable): the user's own discovery server, a whole URL used as it is; NULL: the service's two
 *
 * Clusters are kept fastest first (all are probed with GET {ratel}/ at once).
 *
 * Signals: "exhausted" ()   failures went once around all hosts of a kind: time for a new discovery
 */
FlooEndpoints *floo_endpoints_new (const char *cache_dir, const char *app_id, const char *dns_server);

/**
 * floo_endpoints_set_fixed:
 * @rest_url: "https://host", maybe with a port
 * @socket_url: "wss://host", likewise; "": the host of @rest_url
 *
 * Sets the service's address: nothing is discovered or cached any more. For an installation that has no discovery.
 */
void floo_endpoints_set_fixed (FlooEndpoints *self, const char *rest_url, const char *socket_url);
/* The parameter "source" of discovery; "sdk" by default. */
void floo_endpoints_set_source (FlooEndpoints *self, const char *source);

/**
 * floo_endpoints_discover_async:
 *
 * Asks the discovery servers: health checks, one started a second, the first to answer is asked. Where none
 * answers the cached answer serves. On success the current cluster is the fastest. Whole time: at most FLOO_REST_TIMEOUT_MS.
 * Errors: FLOO_ERROR_APP_UNAVAILABLE or _BANNED or _FROZEN by app_status (text names the status), FLOO_ERROR_OFFLINE (nobody answered and
 * no cache), FLOO_ERROR_PROTOCOL (the answer is unusable), FLOO_ERROR_NOT_FOUND (codes 99997, 99998, 40000: no such app), others of
 * floo_rest_error(), FLOO_ERROR_INVALID_ARGUMENTS (the user's server is no URL), FLOO_ERROR_CANCELLED. Where an answer is known
 * already, a missing or unusable one is no error.
 * The finish function tells by @from_cache whether it was the cache's answer; the caller then tries again in the background.
 */
void floo_endpoints_discover_async (FlooEndpoints *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/* As floo_endpoints_discover_async(), but where the cache has an answer no request is made: a start saves two round trips and more.
 * Ends by the same finish function, with @from_cache. */
void floo_endpoints_recall_async (FlooEndpoints *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean floo_endpoints_discover_finish (FlooEndpoints *self, GAsyncResult *result, gboolean *from_cache, GError **error);
/* Whether an answer (fresh or cached, loaded by the last discover) is there. */
gboolean floo_endpoints_is_known (FlooEndpoints *self);

/* Returns: (transfer none) (nullable): base of the REST service now, "https://host", no slash at the end. */
const char *floo_endpoints_get_rest (FlooEndpoints *self);
/* Whether @host is one of the service's, in any cluster. */
gboolean floo_endpoints_has_host (FlooEndpoints *self, const char *host);
/* Returns: (transfer full) (nullable): the socket's whole URL now. */
char *floo_endpoints_dup_socket_url (FlooEndpoints *self);

/**
 * floo_endpoints_rest_failed:
 * floo_endpoints_socket_failed:
 * @unreachable: there was no connection, or a proxy could not reach the host: a retry would not help
 *
 * Counts a failure of the host in use, by host and over discoveries. The fifth in a row within half an hour moves on, the first one where it
 * is @unreachable; answered resets. Where all hosts of the kind fail "exhausted" is emitted.
 */
FlooFailover floo_endpoints_rest_failed (FlooEndpoints *self, gboolean unreachable);
void floo_endpoints_rest_answered (FlooEndpoints *self);
FlooFailover floo_endpoints_socket_failed (FlooEndpoints *self, gboolean unreachable);
void floo_endpoints_socket_answered (FlooEndpoints *self);
/* How many hosts there are. */
guint floo_endpoints_count_rest (FlooEndpoints *self);
guint floo_endpoints_count_sockets (FlooEndpoints *self);

/* Forgets the answer and its cache file (CLUSTER_CHANGED, DNS_UPDATE). */
void floo_endpoints_forget (FlooEndpoints *self);

/* For tests: the time limit of one discovery and the time between two health checks; other servers than the service's two (bases). */
void floo_endpoints_set_limits (FlooEndpoints *self, guint limit_ms, guint step_ms);
void floo_endpoints_set_servers (FlooEndpoints *self, const char *const *servers);

G_END_DECLS
