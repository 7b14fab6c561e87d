/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender-private.h: the sender, for the files that make it up: sender.c (what goes out when) and sender-frames.c (what it looks like).
 */
#pragma once

#include "session/internal.h"
#include "store/outbox.h"

G_BEGIN_DECLS

struct _FlooSender {
  FlooSession *session;         /* our owner */
  guint retry_timer;
  guint watch_timer;
  gboolean pumping;
  gboolean pump_again;

  GMutex lock;                  /* for what the store thread reads */
  gboolean online;
  gint64 device_sn;
  GHashTable *in_flight;        /* client id -> monotonic ms of its frame, NULL before it */
};

/* ---- sender-frames.c ---- */

/* Sends the frame of a row. */
void floo_sender_send_row (FlooSender *self, const FlooOutboxRow *row);

G_END_DECLS
