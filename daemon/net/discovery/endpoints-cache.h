/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * endpoints-cache.h: the last discovery's answer on the disk.
 */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define FLOO_TYPE_ENDPOINTS_CACHE (floo_endpoints_cache_get_type ())
G_DECLARE_FINAL_TYPE (FlooEndpointsCache, floo_endpoints_cache, FLOO, ENDPOINTS_CACHE, GObject)

/**
 * floo_endpoints_cache_new:
 * @dns_server: (nullable): answers of different servers are kept apart
 *
 * One file in @cache_dir; its name has the two ids only as a checksum.
 */
FlooEndpointsCache *floo_endpoints_cache_new (const char *cache_dir, const char *app_id, const char *dns_server);

/* Reads the file on a worker thread. NULL without an error where there is no file, or it is too large or not JSON. */
void floo_endpoints_cache_load_async (FlooEndpointsCache *self, GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data);
JsonNode *floo_endpoints_cache_load_finish (FlooEndpointsCache *self, GAsyncResult *result, GError **error);

/**
 * floo_endpoints_cache_store:
 * @json: (nullable): NULL deletes the file
 *
 * Replaces the file atomically on a worker thread. Of several calls the last one wins; a failure is logged: a cache may be missing.
 */
void floo_endpoints_cache_store (FlooEndpointsCache *self, JsonNode *json);

G_END_DECLS
