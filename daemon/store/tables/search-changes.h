/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search-changes.h: notes changed messages for the search index, in the transaction of the change. Private to the store.
 *
 * The indexer adds messages in the order of their ids (indexer.h), so a message that is newer than all others needs no note.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Of the writer, when it opens. */
gboolean floo_search_changes_load (FlooDb *db, GError **error);
/* A message was inserted. */
gboolean floo_search_changes_add_new (FlooDb *db, gint64 message, GError **error);
/* Its text changed, or it was deleted. */
gboolean floo_search_changes_add (FlooDb *db, gint64 message, GError **error);
/* All messages of a conversation were deleted. */
gboolean floo_search_changes_add_conversation (FlooDb *db, gint64 conversation, GError **error);
/* Forgets some of the notes below @done. @more: (out): there are further ones */
gboolean floo_search_changes_prune (FlooDb *db, gint64 done, gboolean *more, GError **error);

G_END_DECLS
