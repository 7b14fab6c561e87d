/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * indexer.h: the thread that keeps the search index up to date, behind the commits. Private to the store.
 *
 * It goes up the messages by id from the position that the index says, and looks at what search-changes.h noted. Both numbers are
 * in the index's own transaction with what they speak of: whenever the process ends, the next one goes on from there. It works in small
 * steps, at most one a second and with pauses as long as the steps, until somebody searches: then without a pause.
 */
#pragma once

#include "store/engine/worker.h"

G_BEGIN_DECLS

typedef struct _FlooIndexer FlooIndexer;

/* @mailbox: where the jobs go that wait */
FlooIndexer *floo_indexer_new (const char *folder, gint64 user_id, const char *journal_id, FlooMailbox *mailbox);
/* Ends the thread; jobs that wait fail with Cancelled. */
void floo_indexer_free (FlooIndexer *self);
/* Something was committed. */
void floo_indexer_wake (FlooIndexer *self);
/* Posts @job (transfer full) when all that is committed by now is in the index; with FLOO_ERROR_TIMEOUT at @deadline (monotonic µs). */
void floo_indexer_wait (FlooIndexer *self, FlooNews *job, gint64 deadline);
/* Notes below this number are done with. */
gint64 floo_indexer_get_done (FlooIndexer *self);

G_END_DECLS
