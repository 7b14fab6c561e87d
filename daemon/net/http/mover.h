/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mover.h: moves bytes on a thread of its own and reports progress to the main loop.
 *
 * The bytes of files do not pass through the main loop, so that messages need not wait for them; and blocking calls move them with a
 * fraction of the processor time. The thread has a lower priority (a higher nice value) than the others.
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
 * @progress: (nullable): on the main loop, a few times a second and at the end, if it has changed
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
 * Pauses all transfers, or resumes them: on a slow connection they would delay the heartbeat. The pause ends by itself after some
 * seconds. Transfers that connect within the next minutes use small windows, so that little of their data is queued on the way.
 */
void floo_movers_hold (gboolean hold);
/* Returns: when bytes of any transfer last moved, monotonic us; 0: never. The network worked then. */
gint64 floo_movers_get_moved (void);
/* Prepares the connection of a transfer that has just been made. */
void floo_movers_prepare (GSocket *socket);

G_END_DECLS
