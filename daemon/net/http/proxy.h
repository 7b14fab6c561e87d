/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * proxy.h: the name and password of a proxy that asks for them.
 *
 * libsoup's own implementation sends a request twice, the second time without its body. Here, after a proxy has refused a request, name and
 * password are taken from the proxy's URL (http_proxy=http://NAME:PASSWORD@HOST:PORT, or the desktop's settings) and sent with later
 * requests to the same place.
 */
#pragma once

#include <libsoup/soup.h>

#include "net/http/proxy-url.h"

G_BEGIN_DECLS

/* The status of a proxy that requires authentication. */
#define FLOO_PROXY_STATUS SOUP_STATUS_PROXY_AUTHENTICATION_REQUIRED

/* Returns: (transfer none): its first use may block, see floo_http_warm_up(). */
GProxyResolver *floo_proxy_get_resolver (void);
/* Requests of @session use the proxy, with its credentials where they are known. */
void floo_proxy_attach (SoupSession *session);

/**
 * floo_proxy_learn:
 * @uri: of a request that a proxy refused
 *
 * Finds out name and password for requests to the same place. Blocks: for worker threads.
 *
 * Returns: whether a retry makes sense: they were not known before
 */
gboolean floo_proxy_learn (GUri *uri, GCancellable *cancellable);
/* The same from the main loop. */
void floo_proxy_learn_async (GUri *uri, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean floo_proxy_learn_finish (GAsyncResult *result);

/* Returns: (transfer full): FLOO_ERROR_OFFLINE: the proxy refuses our requests */
GError *floo_proxy_error (void);

G_END_DECLS
