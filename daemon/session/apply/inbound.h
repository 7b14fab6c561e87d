/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inbound.h: applies the frames of a batch to the store, and reports further effects for the main loop. Store thread.
 */
#pragma once

#include "base/error.h"
#include "base/message.h"
#include "base/signals.h"
#include "store/engine/store.h"
#include "wire/frame.h"

G_BEGIN_DECLS

/* The effect of a user notice on the session. */
typedef enum {
  FLOO_SESSION_GOES_ON,         /* none: the notice is only signalled */
  FLOO_SESSION_ENDED,           /* only the user can log in again */
  FLOO_SESSION_REPLACED,        /* ended, by another program that logged in as this device */
  FLOO_SESSION_MOVED            /* the service has moved: a new discovery is needed */
} FlooSessionFate;

typedef struct {
  int type;                     /* of UserNotice */
  FlooSessionFate fate;
  gint64 timestamp;             /* ms, when the service gave it, by its clock */
  gboolean catch_up;            /* it may have been given before this connection */
} FlooUserNotice;

/* An answer to a frame of ours that was committed. */
typedef struct {
  gint64 client_mid;
  gboolean refused;             /* for the moment */
} FlooAnswer;

/* Why something from the service was ignored. */
typedef enum {
  FLOO_LEFT_OUT_MALFORMED,      /* an entry, or its payload, cannot be read */
  FLOO_LEFT_OUT_ID,             /* its id is invalid */
  FLOO_LEFT_OUT_REFUSED,        /* the store, which works, refuses it */
  FLOO_LEFT_OUT_ANSWER,         /* an acknowledgement with an impossible id */
  FLOO_LEFT_OUT_TOO_LARGE,      /* it is beyond a bound */
  FLOO_LEFT_OUT_FRAME,          /* a whole frame cannot be read */
  FLOO_N_LEFT_OUT
} FlooLeftOut;

/* A received image. */
typedef struct {
  gint64 message;
  char *attachment;
} FlooInboundImage;

#define FLOO_INBOUND_IMAGES 50

/* The results of a batch of frames, besides the changes of the store, for the main loop. */
typedef struct {
  GArray *answered;             /* FlooAnswer */
  GArray *user_notices;         /* FlooUserNotice: those with consequences, in order */
  GArray *statuses;             /* FlooInboundStatus of answers that concern the session */
  gboolean keep_left_groups;    /* in: the configuration's */
  GArray *keeping;              /* in: gint64: groups that a client of ours is leaving or ending, and whose conversations are to stay */
  GArray *removing;             /* in: gint64: conversations that a client of ours is removing, with their group or user */
  gboolean ack_delivery;        /* in: messages of others are acknowledged as delivered */
  GArray *conversations;        /* gint64: with users, which the service has listed for the first time, without new messages */
  GArray *images;               /* FlooInboundImage: of other users, with an attachment; the first FLOO_INBOUND_IMAGES of them */
  GPtrArray *typing;            /* GVariant: bodies of InputStatusMessage, which is not journalled */
  gboolean fetch_contacts;      /* details are missing or stale now */
  gboolean pump;                /* rows became due */
  gboolean settle;              /* a row became uncertain */
  gboolean missed;              /* there is a gap to be filled at once */
  gboolean pushes;              /* unsolicited messages came, and that is noted */
  guint left_out[FLOO_N_LEFT_OUT];
} FlooInboundResult;

typedef struct {
  int code;
  char *reason;
} FlooInboundStatus;

FlooInboundResult *floo_inbound_result_new (void);
void floo_inbound_result_free (FlooInboundResult *result);

/* One received frame of a batch. */
typedef struct {
  FlooFrame *frame;
  gint64 conversation;          /* of a page: as asked; -1 unknown */
  gint64 from;                  /* of a history page: the message from which it goes back, 0: the newest; -1: unsolicited */
  gint64 gap;                   /* of a history page that fills a gap in the background: the gap that it is to fill, G_MAXINT64: above the newest;
                                   0: it is none */
  gint64 below;                 /* the message down to which it is filled */
  gboolean catch_up;            /* of a page: with messages from the time without a connection */
  gboolean first;               /* of a page: on this connection, of those of its conversation with prev_mid */
  gboolean pushed;              /* of a page: it is unsolicited, and it is not known yet that the service sends such pages */
  guint connection;             /* sync: the number of its connection */
  GError *refused;              /* (out) (nullable): sync/batches.c: why the store, which works, refuses it */
  gboolean news;                /* (out): of a page: it has entries that were not received before */
} FlooInboundItem;

/**
 * floo_inbound_apply:
 * @items: FlooInboundItem
 * @carefully: entry by entry, so that one that fails is ignored and does not fail the rest; slower
 *
 * Store thread, in a write job: applies whole frames (UnreadDL, pages, history pages, acknowledgements) to the store and journals their
 * events.
 */
gboolean floo_inbound_apply (FlooDb *db, GArray *items, gboolean carefully, FlooInboundResult *result, GError **error);

gint64 floo_inbound_uid (const Floo__XID *xid);   /* 0 where it is missing */

G_END_DECLS
