/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socketio.h: Socket.IO v2 packets over Engine.IO v3, WebSocket transport.
 *
 * A codec without I/O: WebSocket messages in, packets out, and the other way
 * round. It serves both ends (the sandbox is a server).
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  FLOO_SIO_NONE,        /* nothing to do yet: a packet that waits for its attachment, noop, upgrade */
  FLOO_SIO_OPEN,        /* ping_interval, ping_timeout and sid are set */
  FLOO_SIO_CLOSE,       /* Engine.IO close */
  FLOO_SIO_PING,        /* answer with FLOO_SIO_TEXT_PONG + data */
  FLOO_SIO_PONG,
  FLOO_SIO_CONNECT,     /* "40": in the namespace "/" */
  FLOO_SIO_DISCONNECT,  /* "41" */
  FLOO_SIO_ERROR,       /* "44": text has its JSON */
  FLOO_SIO_FRAME        /* the event "frame" is complete: frame has its bytes */
} FlooSioKind;

/* The result of one WebSocket message; cleared with floo_sio_packet_clear(). */
typedef struct {
  FlooSioKind kind;
  guint ping_interval;  /* ms; the given value bounded to 1,000 .. 300,000 */
  guint ping_timeout;   /* ms; likewise */
  char *sid;
  char *text;           /* PING, PONG: the data after the digit; ERROR: the JSON */
  GBytes *frame;
} FlooSioPacket;

void floo_sio_packet_clear (FlooSioPacket *packet);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FlooSioPacket, floo_sio_packet_clear)

/* State between messages: a binary event that waits for its attachment. */
typedef struct _FlooSioDecoder FlooSioDecoder;
FlooSioDecoder *floo_sio_decoder_new (void);
void floo_sio_decoder_free (FlooSioDecoder *decoder);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooSioDecoder, floo_sio_decoder_free)

/**
 * floo_sio_decode_text:
 * floo_sio_decode_binary:
 * @packet: (out): the decoded packet
 *
 * Takes one WebSocket message. Text with "b4" is a binary message in base64. Events
 * of other names, acks and other namespaces are ignored (FLOO_SIO_NONE), their attachments with them.
 *
 * Returns: FALSE with FLOO_ERROR_PROTOCOL where the message is malformed; the decoder is then as after floo_sio_decoder_new()
 */
gboolean floo_sio_decode_text (FlooSioDecoder *decoder, const char *text, gsize len, FlooSioPacket *packet, GError **error);
gboolean floo_sio_decode_binary (FlooSioDecoder *decoder, GBytes *message, FlooSioPacket *packet, GError **error);

/* Texts that are sent unchanged. */
#define FLOO_SIO_TEXT_CLOSE "1"
#define FLOO_SIO_TEXT_PING "2"
#define FLOO_SIO_TEXT_PONG "3"
#define FLOO_SIO_TEXT_CONNECT "40"
#define FLOO_SIO_TEXT_DISCONNECT "41"
/* Precedes each binary message with a frame. */
#define FLOO_SIO_TEXT_FRAME "451-[\"frame\",{\"_placeholder\":true,\"num\":0}]"

/* Returns: (transfer full): the binary WebSocket message: 0x04, then @frame. */
GBytes *floo_sio_encode_binary (GBytes *frame);
/* Returns: (transfer full): the server's first message, "0{...}". Times in ms. */
char *floo_sio_encode_open (const char *sid, guint ping_interval, guint ping_timeout);

G_END_DECLS
