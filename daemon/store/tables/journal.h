/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * journal.h: all events with their serials, committed together with the changes that they report.
 *
 * In a write job. An event is made and numbered at once, and delivered after the commit (store.h).
 */
#pragma once

#include "base/signals.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_journal_append:
 * @signal: of base/signals.h
 * @body: (transfer floating): the signal's arguments without the serial; type checked against the table
 * @refs: (nullable): ids of the stored messages in it, where the signal refers to messages (FlooSignalRef):
 *     the row then keeps these instead of the messages. NULL: they are not in the store, the row keeps the whole body
 */
gboolean floo_journal_append (FlooDb *db, FlooSignal signal, GVariant *body, const gint64 *refs, guint n_refs, GError **error);
/* The same, with the bytes of @body, about, where these are known. */
gboolean floo_journal_append_sized (FlooDb *db, FlooSignal signal, GVariant *body, gsize bytes, const gint64 *refs, guint n_refs, GError **error);

/* First and last serial in the journal; an empty one is (last + 1, last). A fresh journal: 1, 0. */
gboolean floo_journal_get_position (FlooDb *db, guint64 *first, guint64 *last, GError **error);

/**
 * floo_journal_replay:
 * @since: events after this serial
 * @limit: at most that many, bounded by FLOO_REPLAY_EVENTS and FLOO_REPLAY_BYTES; 0 is FLOO_REPLAY_EVENTS
 * @next: where to continue (also after skipped rows, whose messages were deleted)
 *
 * Messages are rendered as they are in the store now.
 *
 * Returns: (transfer floating): a(txsv), or NULL: FLOO_ERROR_NOT_FOUND where @since is before first - 1 or after last
 */
GVariant *floo_journal_replay (FlooDb *db, guint64 since, guint limit, guint64 *next, guint64 *last, GError **error);

/* Journals that members of a group changed: @users, where @n is not 0. */
gboolean floo_journal_members_changed (FlooDb *db, gint64 group, const gint64 *users, guint n, GError **error);

G_END_DECLS
