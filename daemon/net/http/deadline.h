/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * deadline.h: one time limit over a chain of asynchronous calls.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * FlooDeadline:
 *
 * A cancellable that is cancelled at the time limit, or when the caller's own is; it knows which. Main loop only.
 */
typedef struct _FlooDeadline FlooDeadline;

/* @cancellable: (nullable): the caller's */
FlooDeadline *floo_deadline_new (guint timeout_ms, GCancellable *cancellable);
void floo_deadline_free (FlooDeadline *deadline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooDeadline, floo_deadline_free)

/* Restarts the time limit because something arrived. So it limits the time without progress, not the time of the whole chain. */
void floo_deadline_touch (FlooDeadline *deadline);

/* Returns: (transfer none): what to hand to the calls of the chain. */
GCancellable *floo_deadline_get_cancellable (FlooDeadline *deadline);

/* Cancels the calls because their result is not wanted any more; floo_deadline_error() then converts @error. */
void floo_deadline_abort (FlooDeadline *deadline);

/**
 * floo_deadline_error:
 * @error: how the chain ended
 * @what: what was waited for, for the text
 *
 * Converts an error of the chain to FLOO_ERROR: Timeout where the time was over, Cancelled where the caller cancelled, Offline
 * for errors of the network; one of FLOO_ERROR is kept, others are converted by floo_error_normalise().
 *
 * Returns: (transfer full)
 */
GError *floo_deadline_error (FlooDeadline *deadline, const GError *error, const char *what);

G_END_DECLS
