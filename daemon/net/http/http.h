/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * http.h: one bounded HTTP request, and the common set-up of all HTTP sessions.
 */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define FLOO_USER_AGENT "flooimd/" FLOO_VERSION

typedef void (*FlooHttpReady) (gpointer user_data);

/**
 * floo_http_warm_up:
 * @ready: called when that is done: at once where it was done before, else later from the main loop
 *
 * Loads what the first connection needs, on a thread: GIO's network monitor and its modules for proxies. On the main loop they would take
 * milliseconds, or as long as a D-Bus service takes to answer them. There is no time limit, and only one thread does so at a time. See also
 * floo_tls_prepare().
 */
void floo_http_warm_up (FlooHttpReady ready, gpointer user_data);

/**
 * floo_http_session_new:
 *
 * A session without cookies, cache, stored authentication or logging. An answer with an impossible Content-Length fails
 * with FLOO_ERROR_PROTOCOL.
 *
 * Returns: (transfer full)
 */
SoupSession *floo_http_session_new (void);

/**
 * floo_http_send_async:
 * @message: (transfer none): sent as it is; redirects are not followed
 * @timeout_ms: for everything from resolving the name to the last byte of the body
 * @max_body: bytes of the body; more is an error
 *
 * Sends @message, after those before it where six are under way to its host, and collects the body. An answer of any HTTP status is a success here.
 * Errors: FLOO_ERROR_TIMEOUT, FLOO_ERROR_CANCELLED, FLOO_ERROR_OFFLINE, FLOO_ERROR_PROTOCOL
 */
void floo_http_send_async (SoupSession *session, SoupMessage *message, guint timeout_ms, gsize max_body, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
/* Returns: (transfer full): the body */
GBytes *floo_http_send_finish (SoupSession *session, GAsyncResult *result, GError **error);

G_END_DECLS
