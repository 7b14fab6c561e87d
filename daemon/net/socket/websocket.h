/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * websocket.h: the client's half of RFC 6455, bytes <-> messages, without I/O.
 *
 * Why not SoupWebsocketConnection: up to libsoup 3.6 it bounds each fragment of a message but not the message, and
 * neither it nor later ones bound what waits to be sent. So a peer could make us hold any amount. Here both are bounded.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The opcodes of what an application sees or answers. */
typedef enum {
  FLOO_WS_TEXT = 0x1,
  FLOO_WS_BINARY = 0x2,
  FLOO_WS_CLOSE = 0x8,
  FLOO_WS_PING = 0x9,
  FLOO_WS_PONG = 0xa
} FlooWsOpcode;

/* Close codes (RFC 6455, 7.4.1). */
#define FLOO_WS_CLOSE_NORMAL 1000
#define FLOO_WS_CLOSE_GOING_AWAY 1001
#define FLOO_WS_CLOSE_PROTOCOL 1002
#define FLOO_WS_CLOSE_NO_STATUS 1005 /* never sent: the peer's Close had no code */

/* How many times max_message a message may be long. */
#define FLOO_WS_MAX_CUT 4u

/* One whole message, or one control frame. */
typedef struct {
  FlooWsOpcode opcode;
  GBytes *payload; /* TEXT: valid UTF-8 without NUL, and a NUL follows it in memory */
} FlooWsMessage;

void floo_ws_message_clear (FlooWsMessage *message);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FlooWsMessage, floo_ws_message_clear)

typedef struct _FlooWsDecoder FlooWsDecoder;

/**
 * floo_ws_decoder_new:
 * @max_message: bytes of one message, all its fragments together, that are kept: it is cut there, and the rest is read and discarded. One of more
 *     than FLOO_WS_MAX_CUT times as many is an error
 */
FlooWsDecoder *floo_ws_decoder_new (gsize max_message);
void floo_ws_decoder_free (FlooWsDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooWsDecoder, floo_ws_decoder_free)

typedef enum {
  FLOO_WS_MORE,    /* all of @data is used up; give more */
  FLOO_WS_MESSAGE, /* @message is set; call again with the rest of @data */
  FLOO_WS_ERROR    /* the peer broke the protocol: the connection is to be dropped */
} FlooWsResult;

/**
 * floo_ws_decoder_next:
 * @data: (inout): where the received bytes begin; moved behind what was used
 * @len: (inout): how many they are
 * @message: (out): set for %FLOO_WS_MESSAGE
 *
 * Takes bytes in pieces of any size. What the decoder holds is never more than the bound and one control frame.
 * Errors: FLOO_ERROR_PROTOCOL (extension bits, unknown opcodes, a masked frame, fragments out of order, a bad control frame, text that
 * is no UTF-8), FLOO_ERROR_TOO_LARGE (found from the header, before any of the excess is taken).
 */
FlooWsResult floo_ws_decoder_next (FlooWsDecoder *decoder, const guint8 **data, gsize *len, FlooWsMessage *message, GError **error);

/**
 * floo_ws_encode:
 *
 * Appends one unfragmented, masked frame to @out.
 */
void floo_ws_encode (GByteArray *out, FlooWsOpcode opcode, const guint8 *payload, gsize len);
/* A Close frame; @code may be %FLOO_WS_CLOSE_NO_STATUS. */
void floo_ws_encode_close (GByteArray *out, guint code);
/* The code of a received Close frame: %FLOO_WS_CLOSE_NO_STATUS where it has none. */
guint floo_ws_close_code (GBytes *payload);

/* Returns: (transfer full): a fresh Sec-WebSocket-Key. */
char *floo_ws_new_key (void);
/* Returns: (transfer full): the Sec-WebSocket-Accept that belongs to @key. */
char *floo_ws_accept_for_key (const char *key);

G_END_DECLS
