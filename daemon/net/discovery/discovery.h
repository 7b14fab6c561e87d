/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * discovery.h: asking the discovery servers, and which of several bases answers first.
 */
#pragma once

#include <libsoup/soup.h>

#include "net/discovery/service-map.h"

G_BEGIN_DECLS

/**
 * floo_discovery_ask_async:
 * @servers: in the order in which they are tried
 * @source: the parameter "source" of discovery
 * @whole: each is a whole URL, used as it is and without a health check; else a base ("https://host")
 * @limit_ms: for everything
 * @step_ms: between the starts of two health checks
 *
 * Asks the first server that is healthy; where its answer is unusable, the next.
 * Errors: those of floo_service_map_parse() and floo_rest_error() where a server said so; FLOO_ERROR_PROTOCOL where there were only
 * unusable answers, FLOO_ERROR_OFFLINE or _TIMEOUT where there was none; FLOO_ERROR_INVALID_ARGUMENTS where no server is a URL.
 */
void floo_discovery_ask_async (SoupSession *session, const char *const *servers, gboolean whole, const char *app_id, const char *source, guint limit_ms,
                               guint step_ms, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
FlooServiceMap *floo_discovery_ask_finish (GAsyncResult *result, GError **error);

/**
 * floo_discovery_race_async:
 * @bases: URLs without a slash at the end
 *
 * GET {base}/ of all at once; any HTTP answer but 5xx counts.
 */
void floo_discovery_race_async (SoupSession *session, const char *const *bases, guint limit_ms, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
/* Returns: the index of the first to answer; -1: none did in time */
gssize floo_discovery_race_finish (GAsyncResult *result, GError **error);

G_END_DECLS
