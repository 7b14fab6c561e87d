/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link-private.h: the link, for the files that make it up: link.c (when it connects and to what) and link-packets.c (what comes in).
 */
#pragma once

#include "base/backoff.h"
#include "base/error.h"
#include "net/socket/heart.h"
#include "net/socket/link.h"
#include "wire/socketio.h"

G_BEGIN_DECLS

enum { FLOO_LINK_SIGNAL_STATE_CHANGED, FLOO_LINK_SIGNAL_FRAME, FLOO_LINK_SIGNAL_HEARD, FLOO_LINK_N_SIGNALS };
extern guint floo_link_signals[FLOO_LINK_N_SIGNALS];

struct _FlooLink {
  GObject parent_instance;

  FlooLinkUrlFunc url_func;
  FlooLinkFailedFunc failed_func; /* (nullable) */
  gpointer user_data;
  FlooChannelOpenAsync open;
  FlooChannelOpenFinish finish;
  FlooBackoff backoff;
  guint timeout_ms;
  guint timeout_step_ms;
  FlooNetwatch *netwatch;

  gboolean wanted;
  FlooLinkState state;
  GError *error;
  guint attempts;
  gint64 next_retry;
  GSource *retry;

  /* Detection of proxies that close idle connections. */
  gint64 active_at;     /* monotonic us: when anything was last sent or received */
  guint interval_ms;    /* as the service told */
  guint quiet_ms;       /* how long the last connection had been idle when it was closed; 0: it was not closed for that */
  guint beat_ms;        /* our own interval; 0: the service's */

  /* One try, from the opener to the end of its connection. */
  GCancellable *cancellable; /* of the opener under way */
  GSource *deadline;         /* until "40" */
  gint64 tried_at;           /* monotonic us: when it began */
  FlooChannel *channel;
  FlooSioDecoder *decoder;
  FlooHeart *heart;  /* since Engine.IO's open */
  gboolean accepted; /* the owner accepted this connection: its loss is not a failed attempt */
  gboolean local;    /* the other side is this machine: the network does not matter */
};

/* ---- link.c ---- */

/* The service accepted the connection: frames may be sent. */
void floo_link_connected (FlooLink *self);
/* The connection or the try is over and the link still wanted. @error: (nullable): the other side closed it */
void floo_link_lost (FlooLink *self, const GError *error);
void floo_link_lost_with (FlooLink *self, FlooError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* ---- link-packets.c ---- */

/* Connects to the signals of the link's channel. */
void floo_link_hear (FlooLink *self);

G_END_DECLS
