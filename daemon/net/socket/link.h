/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * link.h: one connection to the service's socket, kept alive.
 *
 * Once started, a FlooLink connects, sends and answers Engine.IO's heartbeat, delivers frames, and reconnects after a loss with back-off
 * (1-10 s at random; time limit for connecting 10 s + 20 s for every failed attempt). Its owner chooses the URL of each attempt. It
 * watches the network and suspend: without a network it waits, with a new network or after resume it tries at once.
 */
#pragma once

#include <gio/gio.h>

#include "net/socket/channel.h"
#include "net/socket/netwatch.h"

G_BEGIN_DECLS

typedef enum {
  FLOO_LINK_DOWN,        /* not wanted */
  FLOO_LINK_WAITING,     /* for the timer or the network */
  FLOO_LINK_CONNECTING,  /* up to Socket.IO's "40" */
  FLOO_LINK_UP           /* frames may be sent */
} FlooLinkState;

#define FLOO_TYPE_LINK (floo_link_get_type ())
G_DECLARE_FINAL_TYPE (FlooLink, floo_link, FLOO, LINK, GObject)

/**
 * FlooLinkUrlFunc:
 * @attempts: failed tries in a row so far
 *
 * Asks the owner where to connect to.
 *
 * Returns: (transfer full) (nullable): the whole URL ("ws://host/socket.io/?EIO=3&transport=websocket"); NULL: the owner is
 * finding out and will call floo_link_start() again
 */
typedef char *(*FlooLinkUrlFunc) (FlooLink *link, guint attempts, gpointer user_data);

/**
 * FlooLinkFailedFunc:
 * @unreachable: there was not even a WebSocket
 *
 * Tells the owner that a try failed, or a connection was lost that it had not accepted.
 *
 * Returns: TRUE: there is another URL that is to be tried at once
 */
typedef gboolean (*FlooLinkFailedFunc) (FlooLink *link, gboolean unreachable, gpointer user_data);

/*
 * Signals, on the main loop:
 *   "state-changed" ()              see floo_link_get_state(); on WAITING after a loss floo_link_get_error() says why
 *   "frame" (GBytes *frame)         an encoded Frame
 *   "heard" ()                      anything at all came from the service
 */
FlooLink *floo_link_new (FlooLinkUrlFunc url_func, gpointer user_data);
/* @func gets the URL function's user_data. Before floo_link_start(). */
void floo_link_set_failed_func (FlooLink *self, FlooLinkFailedFunc func);
/* The owner's watch of the network and of sleep; without one the link makes its own. Before floo_link_start(). */
void floo_link_set_netwatch (FlooLink *self, FlooNetwatch *netwatch);
/* For tests: another channel than the WebSocket, other times. All before floo_link_start(). */
void floo_link_set_opener (FlooLink *self, FlooChannelOpenAsync open, FlooChannelOpenFinish finish);
void floo_link_set_delays (FlooLink *self, guint min_ms, guint max_ms);
void floo_link_set_connect_timeout (FlooLink *self, guint first_ms, guint step_ms);

/* Connects: from DOWN or WAITING it tries at once (also cuts a back-off short); else does nothing. */
void floo_link_start (FlooLink *self);
/* Disconnects: Socket.IO's "41", then close; cancels an attempt under way. State DOWN at once. */
void floo_link_stop (FlooLink *self);
/* Drops the present connection as lost with @error (a protocol breach, no answer) and reconnects as after any loss. */
void floo_link_drop (FlooLink *self, const GError *error);
/* Queues one frame; only in state UP, else it is silently dropped (the owner sends again after the next UP). */
void floo_link_send (FlooLink *self, GBytes *frame);

FlooLinkState floo_link_get_state (FlooLink *self);
guint floo_link_get_attempts (FlooLink *self);       /* failed tries in a row; 0 after floo_link_reset_attempts() */
void floo_link_reset_attempts (FlooLink *self);      /* the owner calls it when the session was accepted */
gint64 floo_link_get_next_retry (FlooLink *self);    /* wall clock, ms; 0: no timer */
const GError *floo_link_get_error (FlooLink *self);  /* (nullable): why the last connection or try ended */

G_END_DECLS
