/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mover.h: moves bytes on a thread of its own and reports progress to the main loop.
 *
 * The bytes of files do not come by the main loop: what concerns messages need not wait for them, and a blocking call moves them for a
 * fraction of the processor time. The thread takes what time the others leave (its nice value is higher).
 */
#pragma once

#include "net/http/deadline.h"

G_BEGIN_DECLS

typedef struct _FlooMover FlooMover;
/* On the main loop. @transferred: bytes of the file so far; @total: -1: not known */
typedef void (*FlooProgress) (goffset transferred, goffset total, gpointer user_data);

/* On the thread; may block where @cancellable ends that. FALSE: it failed, with @error. */
typedef gboolean (*FlooMoverFunc) (FlooMover *mover, GCancellable *cancellable, gpointer data, GError **error);

/**
 * floo_mover_run_async:
 * @data: the thread's alone until the end
 * @stall: touched while something moves; its cancellable is the thread's
 * @progress: (nullable): on the main loop, some times a second and at the end, in as far as there is news
 */
void floo_mover_run_async (FlooMoverFunc func, gpointer data, FlooDeadline *stall, FlooProgress progress, gpointer progress_data,
                           GAsyncReadyCallback callback, gpointer user_data);
/* Tells the last progress. */
gboolean floo_mover_run_finish (GAsyncResult *result, GError **error);

/* On the thread: something moved; waits while transfers are held back. @transferred: of the file so far; @total: -1: not known */
void floo_mover_tell (FlooMover *mover, goffset transferred, goffset total);

/**
 * floo_movers_hold:
 *
 * Holds all transfers back, or no longer: on a thin line they would keep the heartbeat from coming through. It ends by itself after some
 * seconds. Transfers that connect within the next minutes take small windows, so that little of their data is queued on the line.
 */
void floo_movers_hold (gboolean hold);
/* Returns: when bytes of any transfer last moved, monotonic us; 0: never. The network lives then. */
gint64 floo_movers_get_moved (void);
/* Prepares the connection of a transfer that has just been made. */
void floo_movers_prepare (GSocket *socket);

G_END_DECLS
