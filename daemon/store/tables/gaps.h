/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gaps.h: places where the store lacks messages that the service has. All functions run inside a job.
 *
 * A gap at an id: the service may have messages between that one and the one before it in the store. Below its oldest message
 * a conversation is a gap, too, until its beginning is known (complete).
 *
 * In most gaps there are messages from before this store was made, which are fetched when a client reads there. In others messages were
 * missed: they are newer, and were lost on their way. Clients do not know of them, so they are fetched at once (session/sync/fill.c).
 */
#pragma once

#include "store/tables/messages.h"

G_BEGIN_DECLS

/* As a message id: a gap before the next message that arrives. */
#define FLOO_GAP_AT_END G_MAXINT64

/* @missed: its messages are newer than the store */
gboolean floo_gaps_add (FlooDb *db, gint64 conversation, gint64 id, gboolean missed, GError **error);

/**
 * floo_gaps_cover:
 * @from, @to: ids: everything after @from up to @to is in the store now
 *
 * Removes the gaps of (@from, @to].
 */
gboolean floo_gaps_cover (FlooDb *db, gint64 conversation, gint64 from, gint64 to, GError **error);
/* The beginning is in the store. */
gboolean floo_gaps_set_complete (FlooDb *db, gint64 conversation, GError **error);
gboolean floo_gaps_is_complete (FlooDb *db, gint64 conversation, gboolean *complete, GError **error);
/* Whether this id was received before: a message, a notice, an operation, or a deleted one. */
gboolean floo_gaps_is_known (FlooDb *db, gint64 conversation, gint64 id, gboolean *known, GError **error);
/* The highest gap in (@from, @to]; 0: none. */
gboolean floo_gaps_find (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error);
gboolean floo_gaps_find_lowest (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error);

/*
 * ---- missed messages ----
 *
 * Only received messages show up to where the store is complete: the acknowledgement of a message of ours says nothing about those before it.
 */

/* The newest message of a conversation up to @up_to that was received, by page or history. @id: (out): 0: none */
gboolean floo_gaps_find_received (FlooDb *db, gint64 conversation, gint64 up_to, gint64 *id, GError **error);
/* The newest message of it up to @up_to, of any origin. @id: (out): 0: none */
gboolean floo_gaps_find_last (FlooDb *db, gint64 conversation, gint64 up_to, gint64 *id, GError **error);
/* Up to which message it was deleted as a whole: those up to @id are not missing; 0: it was not. */
gboolean floo_gaps_find_deleted (FlooDb *db, gint64 conversation, gint64 *id, GError **error);
gboolean floo_gaps_is_received (FlooDb *db, gint64 id, gboolean *received, GError **error);
/* When this store was made, ms: later unread messages are new, also those from the history. */
gboolean floo_gaps_get_created (FlooDb *db, gint64 *created, GError **error);
/* The highest gap in (@from, @to] with missed messages; 0: none. */
gboolean floo_gaps_find_missed (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error);
/* The lowest one of any conversation above @after; @id 0: none. */
gboolean floo_gaps_next_missed (FlooDb *db, gint64 after, gint64 *conversation, gint64 *id, GError **error);
/* The missed messages of a gap cannot be fetched at once: it becomes an ordinary gap. */
gboolean floo_gaps_give_up (FlooDb *db, gint64 conversation, gint64 id, GError **error);

/* The service sends unsolicited pages, so the newest messages of a conversation can be missing without a gap. */
gboolean floo_gaps_note_pushes (FlooDb *db, GError **error);
gboolean floo_gaps_has_pushes (FlooDb *db, gboolean *pushes, GError **error);
/* Appends (gint64) the up to @n conversations that were active last. */
gboolean floo_gaps_list_recent (FlooDb *db, guint n, GArray *conversations, GError **error);

G_END_DECLS
