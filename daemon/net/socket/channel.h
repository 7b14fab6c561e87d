/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * channel.h: a bidirectional channel for text and binary messages.
 *
 * An abstract class, so that tests can replace the WebSocket by a pair.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_TYPE_CHANNEL (floo_channel_get_type ())
G_DECLARE_DERIVABLE_TYPE (FlooChannel, floo_channel, FLOO, CHANNEL, GObject)

struct _FlooChannelClass {
  GObjectClass parent_class;
  /* Queue one message; never block. After the end they do nothing. */
  void (*send_text) (FlooChannel *self, const char *text);
  void (*send_binary) (FlooChannel *self, GBytes *message);
  /* Closes the channel in order without waiting; "closed" follows. */
  void (*close) (FlooChannel *self);
};

/*
 * Signals, all on the main loop:
 *   "text" (const char *text, guint64 len)   "binary" (GBytes *message)
 *   "closed" (GError *error)    once, the last; error NULL: the peer or we closed in order
 */
void floo_channel_send_text (FlooChannel *self, const char *text);
void floo_channel_send_binary (FlooChannel *self, GBytes *message);
void floo_channel_close (FlooChannel *self);

/* For implementations. */
void floo_channel_emit_text (FlooChannel *self, const char *text, gsize len);
void floo_channel_emit_binary (FlooChannel *self, GBytes *message);
void floo_channel_emit_closed (FlooChannel *self, const GError *error);

/**
 * FlooChannelOpener: how the link gets its channel: floo_channel_ws_open_async() and its finish, or a test's.
 */
typedef void (*FlooChannelOpenAsync) (const char *url, guint timeout_ms, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
typedef FlooChannel *(*FlooChannelOpenFinish) (GAsyncResult *result, GError **error);

G_END_DECLS
