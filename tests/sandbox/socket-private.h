/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * socket-private.h: shared by the files of the socket.
 */
#pragma once

#include "intake.h"
#include "socket.h"

#include "wire/socketio.h"

struct _SbConnection {
  Sandbox *sandbox;
  SoupWebsocketConnection *ws;
  GSocket *socket;
  FlooSioDecoder *decoder;
  SbDevice *device;
  guint heart;            /* source: the client's ping is due */
  guint greeting;         /* source: the greeting is late */
  gboolean stalled;
  GQueue held;            /* HeldMessage: messages that arrived while it was stalled */
  guint resume;           /* source: held messages are handled */
  gboolean mute;          /* half-closed: nothing can be sent any more */
  gboolean ended;
};

/* Answers PROVISION: checks the login and makes the connection its device's. */
void sb_connection_provision (SbConnection *self, FlooFrame *frame);
/* socket-acks.c: acknowledges a message or operation, according to the faults. */
void sb_connection_answer (SbConnection *self, const SbVerdict *verdict);
