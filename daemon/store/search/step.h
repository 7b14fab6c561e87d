/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * step.h: brings the search index up to date, in steps of bounded size. Private to the store.
 */
#pragma once

#include "store/search/index.h"

G_BEGIN_DECLS

/**
 * floo_index_step:
 * @store: a reader of the store
 * @done: (out): notes below this number are done with
 * @more: (out): there is more to add; FALSE: the index has everything that was committed when this was called
 *
 * Adds some noted changes and new messages to the index, in one transaction.
 */
gboolean floo_index_step (FlooDb *index, FlooDb *store, gint64 *done, gboolean *more, GError **error);

/* @ahead: (out): the index has more than the store ever had, so that the store is an older copy of the one it was made from. The index
 * must be rebuilt. */
gboolean floo_index_is_ahead (FlooDb *index, FlooDb *store, gboolean *ahead, GError **error);

/* Merges parts of the index and gives free pages back, a little at a time. @more: (out): there is more to do */
gboolean floo_index_tidy (FlooDb *index, gboolean *more, GError **error);
/* @stale: (out): so many of its messages have gone, or came late, that searches get slow: it should be rebuilt */
gboolean floo_index_is_stale (FlooDb *index, gboolean *stale, GError **error);

G_END_DECLS
