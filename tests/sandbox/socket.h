/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket.h: the live connections: Engine.IO 3, Socket.IO 2, frames.
 */
#pragma once

#include "sandbox.h"

#include "wire/frame.h"

G_BEGIN_DECLS

/* How a connection ends. */
typedef enum {
  SB_END_CLOSE,       /* in order: Socket.IO's "41", WebSocket's close */
  SB_END_DROP,        /* the TCP connection ends without a message before */
  SB_END_HALF_CLOSE   /* we send nothing any more and still read */
} SbEnd;

/* Invalid data. */
typedef enum { SB_MALFORMED_FRAME, SB_MALFORMED_TEXT, SB_MALFORMED_HUGE, SB_MALFORMED_GARBAGE, SB_MALFORMED_PROVISION } SbMalformed;

/* Accepts upgrades at /socket.io/. */
void sb_socket_attach (Sandbox *sandbox);

/* Sends one frame; nothing on a connection that is stalled or at its end. @payload NULL: none. */
void sb_connection_send (SbConnection *connection, Floo__Frame__Command command, const ProtobufCMessage *payload);
/* FALSE: what is sent now is lost, though the connection may live on (it is stalled), or is at its end. */
/* @frame: an encoded Frame, or invalid bytes. */
void sb_connection_send_bytes (SbConnection *connection, GBytes *frame);
gboolean sb_connection_can_send (SbConnection *connection);
void sb_connection_end (SbConnection *connection, SbEnd how);
/* A stalled connection stays open and sends nothing. What arrives is handled in order when the stall ends, as TCP loses nothing within a
 * stream; it is lost if the connection ends before. */
void sb_connection_stall (SbConnection *connection, gboolean stalled);
/* Sends the delayed acknowledgements. */
void sb_connections_release (Sandbox *sandbox);
void sb_connection_malformed (SbConnection *connection, SbMalformed what);
SbDevice *sb_connection_device (SbConnection *connection);     /* (nullable): before PROVISION */
void sb_connection_free (SbConnection *connection);

G_END_DECLS
