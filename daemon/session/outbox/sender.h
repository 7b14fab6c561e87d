/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sender.h: the sender, for the files that make it up: sender.c (what goes out when), due.c (which rows) and
 * frames.c (what it looks like).
 */
#pragma once

#include "session/internal.h"
#include "session/outbox/window.h"
#include "store/tables/outbox.h"

G_BEGIN_DECLS

struct _FlooSender {
  FlooSession *session;         /* our owner */
  FlooWindow *window;
  guint retry_timer;
  guint watch_timer;
  gboolean online;
  gboolean pumping;
  gboolean pump_again;
};

/* A frame that is to go out. */
typedef struct {
  gint64 client_mid;
  guint64 generation;           /* of the window */
  FlooOutboxRow row;            /* its first one; content is that of all */
  char *content, *ext, *config, *attachment;
} FlooTaken;

/* ---- due.c ---- */

/**
 * floo_sender_take:
 * @now: ms, monotonic
 * @taken: FlooTaken are added
 * @wait: (out) (optional): ms, until the earliest row is due that waits for a time; 0: none does
 *
 * Store thread: marks what may go out now as sending (with its events) and puts it into the window. Where it fails, or its transaction does,
 * what was added to @taken must be taken out of the window.
 */
gboolean floo_sender_take (FlooWindow *window, FlooDb *db, gint64 now, GPtrArray *taken, gint64 *wait, GError **error);

/* ---- frames.c ---- */

void floo_sender_send_frame (FlooSender *self, const FlooTaken *taken);

G_END_DECLS
