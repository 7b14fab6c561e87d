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
 * A cancellable that is cancelled when the time is over or when the caller's own is; it knows which. Belongs to the main loop.
 */
typedef struct _FlooDeadline FlooDeadline;

/* @cancellable: (nullable): the caller's */
FlooDeadline *floo_deadline_new (guint timeout_ms, GCancellable *cancellable);
void floo_deadline_free (FlooDeadline *deadline);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooDeadline, floo_deadline_free)

/* Something came: the time limit counts from now again. So the chain ends when nothing comes any more, however long it takes as a whole. */
void floo_deadline_touch (FlooDeadline *deadline);

/* Returns: (transfer none): what to hand to the calls of the chain. */
GCancellable *floo_deadline_get_cancellable (FlooDeadline *deadline);

/* Cancels what is under way because its result is not wanted any more; floo_deadline_error() then says what @error says. */
void floo_deadline_abort (FlooDeadline *deadline);

/**
 * floo_deadline_error:
 * @error: how the chain ended
 * @what: what was waited for, for the text
 *
 * An error of the chain in the daemon's words: Timeout where the time was over, Cancelled where the caller cancelled, Offline
 * for what the network did, one of FLOO_ERROR as it is, else as floo_error_normalise() has it.
 *
 * Returns: (transfer full)
 */
GError *floo_deadline_error (FlooDeadline *deadline, const GError *error, const char *what);

G_END_DECLS
