/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * channel-ws.h: a channel over WebSocket.
 */
#pragma once

#include "base/names.h"
#include "net/socket/channel.h"

G_BEGIN_DECLS

/* Bytes of one incoming message that are kept; a larger one is cut. */
#define FLOO_WS_MAX_MESSAGE FLOO_MAX_FRAME
/* Bytes that may be queued for a peer that does not read; with more the connection is closed. */
#define FLOO_WS_MAX_QUEUED (8u << 20)

#define FLOO_TYPE_CHANNEL_WS (floo_channel_ws_get_type ())
G_DECLARE_FINAL_TYPE (FlooChannelWs, floo_channel_ws, FLOO, CHANNEL_WS, FlooChannel)

/**
 * floo_channel_ws_open_async:
 * @url: ws, wss, http or https
 * @timeout_ms: for everything up to the upgrade
 *
 * A #FlooChannelOpenAsync. Messages that arrived early are emitted once the main loop runs again, so that signals can be
 * connected after floo_channel_ws_open_finish().
 */
void floo_channel_ws_open_async (const char *url, guint timeout_ms, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
/* Returns: (transfer full): or NULL with an error of floo_ws_connect_finish(). */
FlooChannel *floo_channel_ws_open_finish (GAsyncResult *result, GError **error);

G_END_DECLS
