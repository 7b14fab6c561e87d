/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * indexer.h: the thread that keeps the search index up to date, behind the commits. Private to the store.
 *
 * It goes up the messages by id from the position that the index says, and looks at what search-changes.h noted. Both numbers are
 * in the index's own transaction with what they speak of: whenever the process ends, the next one goes on from there. It works in small
 * steps, at most one a second and with pauses as long as the steps, until somebody searches: then without a pause.
 */
#pragma once

#include "store/engine/hooks.h"

G_BEGIN_DECLS

extern const FlooIndexing floo_indexing;

G_END_DECLS
