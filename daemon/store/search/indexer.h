/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * indexer.h: the thread that keeps the search index up to date, behind the commits. Private to the store.
 *
 * It adds new messages by id, from the position that the index has, and the changes noted by search-changes.h. Both positions are committed
 * in the index's own transaction together with the data, so that after a crash indexing continues from there. It works in small steps, at
 * most one a second and with pauses as long as the steps, but without pauses while a search waits.
 */
#pragma once

#include "store/engine/hooks.h"

G_BEGIN_DECLS

extern const FlooIndexing floo_indexing;

G_END_DECLS
