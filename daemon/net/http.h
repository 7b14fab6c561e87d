/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h: one bounded HTTP request, and the session that all of them share the ways of.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define FLOO_USER_AGENT "flooimd/" FLOO_VERSION

/**
 * floo_http_warm_up:
 *
 * Loads what the first connection needs: GIO's modules for proxies. That takes milliseconds and would else be done on the main loop. For
 * a worker thread; at once where it is done already. See also floo_tls_prepare().
 */
void floo_http_warm_up (void);

/**
 * floo_http_session_new:
 *
 * A session without cookies, cache, stored authentication or logging, with at most six connections to a host.
 *
 * Returns: (transfer full)
 */
SoupSession *floo_http_session_new (void);

/**
 * floo_http_send_async:
 * @message: (transfer none): sent as it is; redirects are not followed
 * @timeout_ms: for everything from the name to the last byte of the body
 * @max_body: bytes of the body; more is an error
 *
 * Sends @message and collects the body. An answer of any HTTP status is a success here.
 * Errors: FLOO_ERROR_TIMEOUT, FLOO_ERROR_CANCELLED, FLOO_ERROR_OFFLINE, FLOO_ERROR_PROTOCOL
 */
void floo_http_send_async (SoupSession *session, SoupMessage *message, guint timeout_ms, gsize max_body, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
/* Returns: (transfer full): the body */
GBytes *floo_http_send_finish (SoupSession *session, GAsyncResult *result, GError **error);

G_END_DECLS
