/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * window.h: the frames that were sent and are not answered yet, and the rows that wait for a retry.
 *
 * Up to FLOO_WINDOW_FRAMES of a conversation are under way. A frame that must precede one that is under way already (it was refused, or not
 * answered) waits until there are none, so that nothing overtakes it. All times are monotonic, ms; callers pass the present one.
 * Functions may be called from any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_WINDOW_FRAMES 32
#define FLOO_WINDOW_UNORDERED 64                   /* of frames without an order, such as read acknowledgements, in all */
#define FLOO_WINDOW_TOTAL 256
#define FLOO_WINDOW_BYTES (64u << 10)              /* of a conversation, beyond its first frame */
#define FLOO_WINDOW_TOTAL_BYTES (4u << 20)
#define FLOO_WINDOW_HOLD_MS 5000
#define FLOO_WINDOW_NO_ORDER G_MININT64            /* instead of a conversation */

typedef struct _FlooWindow FlooWindow;

FlooWindow *floo_window_new (void);
void floo_window_free (FlooWindow *self);

/*
 * A connection began, under this device number, or ended. Frames under way on the one before are forgotten.
 *
 * Each opening begins a new generation. Frames are added under the generation in which the rows were read, and are sent only while it
 * lasts: a frame that was added before a reconnect and sent after it would overtake earlier ones that were lost with the connection.
 */
void floo_window_open (FlooWindow *self, gint64 device_sn);
void floo_window_close (FlooWindow *self);
/* Begins a new generation on the same connection: frames that are not sent yet must be added again. */
void floo_window_renew (FlooWindow *self);
/* @device_sn: (out) (optional). Returns: the present generation, 0: there is no connection */
guint64 floo_window_get_generation (FlooWindow *self, gint64 *device_sn);

/* How many frames may still be added in all; whether the conversation has room for one. */
guint floo_window_room (FlooWindow *self);
gboolean floo_window_has_room (FlooWindow *self, gint64 conversation);
/* Whether the frame with this client_mid is under way; whether none is. */
gboolean floo_window_contains (FlooWindow *self, gint64 client_mid);
gboolean floo_window_is_empty (FlooWindow *self);

/**
 * floo_window_add:
 * @generation: by floo_window_get_generation(), from before the rows were read
 * @conversation: or FLOO_WINDOW_NO_ORDER
 * @place: in the conversation's order: client_id of its first row
 *
 * Returns: FALSE: it has to wait
 */
gboolean floo_window_add (FlooWindow *self, guint64 generation, gint64 client_mid, gint64 conversation, gint64 place, gsize bytes);
/* It will not be sent now, or not at all. Does nothing if it was added again after @generation. */
void floo_window_remove (FlooWindow *self, guint64 generation, gint64 client_mid);
/* It is about to be sent. FALSE: its generation is over, and it must not be sent; it is removed. */
gboolean floo_window_send (FlooWindow *self, guint64 generation, gint64 client_mid, gint64 now);
/* @refused: temporarily: the conversation's window shrinks to one frame, and grows again with answers */
void floo_window_answered (FlooWindow *self, gint64 client_mid, gboolean refused, gint64 now);
/* Appends the client_mids (gint64) of those whose answer is overdue. A slow connection on which answers still arrive is given more time. */
void floo_window_get_overdue (FlooWindow *self, gint64 now, GArray *client_mids);

/**
 * floo_window_get_wait:
 * @next_retry: of the row in the store, by the wall clock as it was then
 * @max_ms: no row waits longer
 *
 * How long a row still has to wait, ms. The wall clock is read once for each next_retry, so that setting it later changes nothing; if it was
 * set back before that, the row is due.
 */
gint64 floo_window_get_wait (FlooWindow *self, gint64 client_id, gint64 next_retry, gint64 max_ms, gint64 now);

/*
 * Messages to a group that acknowledges reading wait a bounded time for its members, from the first time one of them is held on this
 * connection.
 */
/* Returns: whether a message to @group has to wait */
gboolean floo_window_hold (FlooWindow *self, gint64 group, gint64 now);
/* @left: (out): ms that it still waits. Returns: a group whose messages wait; 0: none do */
gint64 floo_window_get_held (FlooWindow *self, gint64 now, gint64 *left);
/* @known: FALSE: its members cannot be fetched, and its messages do not wait for them on this connection */
void floo_window_release (FlooWindow *self, gint64 group, gboolean known);

G_END_DECLS
