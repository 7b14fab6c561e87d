/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ws-connect.h: connects to a URL up to a finished WebSocket handshake.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_ws_connect_async:
 * @url: ws, wss, http or https
 * @timeout_ms: for everything: name, TCP, TLS, proxy, upgrade
 *
 * Opens a connection and upgrades it. Redirects are not followed, no extension is offered. The answer's head is bounded to 16 KiB.
 */
void floo_ws_connect_async (const char *url, guint timeout_ms, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);

/**
 * floo_ws_connect_finish:
 * @early: (out): (transfer full): bytes that came right behind the head; possibly empty
 *
 * Errors: FLOO_ERROR_INVALID_ARGUMENTS (no such URL), FLOO_ERROR_TIMEOUT, FLOO_ERROR_CANCELLED, FLOO_ERROR_OFFLINE,
 * FLOO_ERROR_PROTOCOL (it is no WebSocket server; the text has the HTTP status)
 *
 * Returns: (transfer full)
 */
GSocketConnection *floo_ws_connect_finish (GAsyncResult *result, GBytes **early, GError **error);

G_END_DECLS
