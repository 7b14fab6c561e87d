/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: the sender, for the files that make it up: sender.c (when is sent), due.c (which rows), schedule.c (rows that wait for a time) and
 * frames.c (encoding).
 */
#pragma once

#include "session/job/pace.h"
#include "session/outbox/schedule.h"
#include "session/outbox/sender.h"
#include "session/outbox/window.h"
#include "store/tables/outbox.h"

G_BEGIN_DECLS

typedef struct _FlooSettler FlooSettler;

struct _FlooSender {
  FlooAccount *account;
  FlooSync *sync;
  FlooSettler *settler;
  FlooSchedule *schedule;
  const FlooSenderListener *listener;
  gpointer data;
  FlooWindow *window;
  FlooPace pace;                /* of looking for due rows */
  guint watch_timer;
  guint hold_timer;             /* ends the wait of messages to a group for its members */
  gboolean online;              /* and our device number is known */
};

/* A frame that is to be sent. */
typedef struct {
  gint64 client_mid;
  guint64 generation;           /* of the window */
  FlooOutboxRow *row;           /* a copy of its first row, with the content of all */
} FlooTaken;

/* ---- sender.c ---- */

/* Store thread: whether there is a connection on which answers may still come. */
gboolean floo_sender_is_online (FlooSender *sender);

/**
 * floo_sender_take_due:
 *
 * Store thread: marks rows that may be sent now as sending (with their events) and keeps copies, to be sent after the commit by
 * floo_sender_send_taken(). Does nothing while offline.
 */
gboolean floo_sender_take_due (FlooSender *sender, FlooDb *db, GPtrArray *taken, GError **error);
void floo_sender_send_taken (FlooSender *sender, GPtrArray *taken);
/* Forgets the frames that a failed transaction took. */
void floo_sender_untake (FlooSender *sender, GPtrArray *taken);
GPtrArray *floo_sender_taken_new (void);

/* ---- due.c ---- */

/**
 * floo_sender_take:
 * @now: ms, monotonic
 * @taken: FlooTaken are added
 * @wait: (out) (optional): ms, until the earliest row is due that waits for a time; 0: none does
 *
 * Store thread: marks rows that may be sent now as sending (with their events) and adds them to the window. If it fails, or its transaction does,
 * the frames added to @taken must be removed from the window.
 */
gboolean floo_sender_take (FlooWindow *window, FlooDb *db, gint64 now, GPtrArray *taken, gint64 *wait, GError **error);

/* ---- frames.c ---- */

void floo_sender_send_frame (FlooSender *self, const FlooTaken *taken);
/* Typing is neither stored nor acknowledged. */
void floo_sender_send_typing (FlooSender *sender, gint64 client_id, gint64 user, gboolean typing);

/* ---- settler.c ---- */

FlooSettler *floo_settler_new (FlooSender *sender);
void floo_settler_free (FlooSettler *settler);
void floo_settler_offline (FlooSettler *settler);
/* Looks for uncertain rows in the history. */
void floo_settler_run (FlooSettler *settler);

G_END_DECLS
