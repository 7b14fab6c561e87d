/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rest.h: the REST session: headers, envelope, errors, time limit.
 */
#pragma once

#include <gio/gio.h>

#include "net/discovery/endpoints.h"
#include "net/http/envelope.h"

G_BEGIN_DECLS

#define FLOO_TYPE_REST (floo_rest_get_type ())
G_DECLARE_FINAL_TYPE (FlooRest, floo_rest, FLOO, REST, GObject)

typedef enum {
  FLOO_REST_NONE = 0,
  FLOO_REST_NO_TOKEN = 1 << 0,  /* no access-token header, and 402 is an ordinary error (/token/ *, /user/register/ *, /app/config) */
  FLOO_REST_REPEATABLE = 1 << 1 /* a POST that may be sent twice: it changes nothing, or twice is the same as once */
} FlooRestFlags;

/*
 * Signals: "token-void" ()   an answer with code 402 to a request that carried the present token; at most once a token
 *          "date" (gint64)   the service's time, from an answer: ms since 1970, in whole seconds
 */
FlooRest *floo_rest_new (FlooEndpoints *endpoints, const char *app_id);
/* @token: (nullable). Never logged. */
void floo_rest_set_token (FlooRest *self, const char *token);
const char *floo_rest_get_token (FlooRest *self);

/**
 * floo_rest_call_async:
 * @method: "GET" or "POST"
 * @path: "/roster/list"
 * @query: (nullable): key, value, key, value, ..., NULL; in any order (they are sent sorted by key), not yet escaped
 * @body: (nullable) (transfer none): a POST without one sends {}
 * @flags: #FlooRestFlags
 *
 * One request to the REST service's present host. Ends within FLOO_REST_TIMEOUT_MS with FLOO_ERROR_TIMEOUT. The
 * answer is bounded (FLOO_MAX_JSON), parsed with floo_json_parse() and unwrapped. Errors: floo_rest_error() for a code other than
 * 200; FLOO_ERROR_PROTOCOL for HTTP errors and what is no envelope (the text tells the status); FLOO_ERROR_OFFLINE where nothing
 * could be reached. Requests without a 2xx count for failover (FlooEndpoints). A request that did not get onto a connection is sent to the
 * next host within the same call and time limit; so is one that may be repeated where a proxy cannot reach the service (502,
 * 503, 504). Redirects to another host are not followed.
 */
void floo_rest_call_async (FlooRest *self, const char *method, const char *path, const char *const *query,
                           JsonNode *body, FlooRestFlags flags, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
FlooRestAnswer *floo_rest_call_finish (FlooRest *self, GAsyncResult *result, GError **error);

/**
 * floo_rest_fetch_async:
 * @max_body: bytes
 *
 * A GET without a token whose answer is no envelope: a picture, say. Errors: FLOO_ERROR_NOT_FOUND for HTTP 404, FLOO_ERROR_PROTOCOL for other
 * statuses and for more than @max_body bytes, those of the connection.
 */
void floo_rest_fetch_async (FlooRest *self, const char *path, const char *const *query, gsize max_body, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
/* Returns: (transfer full) */
GBytes *floo_rest_fetch_finish (FlooRest *self, GAsyncResult *result, GError **error);

/* For tests: another time limit than FLOO_REST_TIMEOUT_MS. */
void floo_rest_set_time_limit (FlooRest *self, guint limit_ms);

G_END_DECLS
