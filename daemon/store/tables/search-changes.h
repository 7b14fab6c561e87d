/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search-changes.h: what the search index has to look at is noted in the transaction that changes it. Private to the store.
 *
 * The indexer goes up the messages by id (indexer.h), so a message that is newer than all others needs no note: it costs its intake
 * nothing.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Of the writer, when it opens. */
gboolean floo_search_changes_load (FlooDb *db, GError **error);
/* A message was inserted. */
gboolean floo_search_changes_add_new (FlooDb *db, gint64 message, GError **error);
/* Its text changed, or it went. */
gboolean floo_search_changes_add (FlooDb *db, gint64 message, GError **error);
/* All messages of a conversation went. */
gboolean floo_search_changes_add_conversation (FlooDb *db, gint64 conversation, GError **error);
/* Forgets some of the notes below @done. @more: (out): there are further ones */
gboolean floo_search_changes_prune (FlooDb *db, gint64 done, gboolean *more, GError **error);

G_END_DECLS
