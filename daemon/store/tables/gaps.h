/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gaps.h: where messages are missing in the store that the service has. All functions run inside a job.
 *
 * A gap at an id: the service may have messages between that one and the one before it in the store. Below its oldest message
 * a conversation is a gap, too, until its beginning is known (complete).
 *
 * In most gaps there is what was said before this store was there, and is fetched when somebody looks at it. In others something was
 * missed: it came since and was lost on its way here. Nobody knows of that, so it is fetched at once (session/sync/fill.c).
 */
#pragma once

#include "store/tables/messages.h"

G_BEGIN_DECLS

/* As a message id: before the next message that comes, whichever that is. */
#define FLOO_GAP_AT_END G_MAXINT64

/* @missed: what is in it came since the store is there */
gboolean floo_gaps_add (FlooDb *db, gint64 conversation, gint64 id, gboolean missed, GError **error);

/**
 * floo_gaps_cover:
 * @from, @to: ids: everything after @from up to @to is in the store now
 *
 * Takes the gaps of (@from, @to] away.
 */
gboolean floo_gaps_cover (FlooDb *db, gint64 conversation, gint64 from, gint64 to, GError **error);
/* The beginning is in the store. */
gboolean floo_gaps_set_complete (FlooDb *db, gint64 conversation, GError **error);
gboolean floo_gaps_is_complete (FlooDb *db, gint64 conversation, gboolean *complete, GError **error);
/* Whether what has this id came here before, whatever became of it: a message, a notice, an operation, something deleted. */
gboolean floo_gaps_is_known (FlooDb *db, gint64 conversation, gint64 id, gboolean *known, GError **error);
/* The highest gap in (@from, @to]; 0: none. */
gboolean floo_gaps_find (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error);
gboolean floo_gaps_find_lowest (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error);

/*
 * ---- what was missed ----
 *
 * Up to which message the store is whole says only what was received: that a message of ours was acknowledged says nothing of those before
 * it.
 */

/* The newest message of a conversation up to @up_to that was received, by page or history. @id: (out): 0: none */
gboolean floo_gaps_find_received (FlooDb *db, gint64 conversation, gint64 up_to, gint64 *id, GError **error);
/* The newest message of it up to @up_to, however it came to be here. @id: (out): 0: none */
gboolean floo_gaps_find_last (FlooDb *db, gint64 conversation, gint64 up_to, gint64 *id, GError **error);
/* What of it was deleted as a whole is gone here, and is not missing: everything up to @id; 0: nothing was. */
gboolean floo_gaps_find_deleted (FlooDb *db, gint64 conversation, gint64 *id, GError **error);
gboolean floo_gaps_is_received (FlooDb *db, gint64 id, gboolean *received, GError **error);
/* When this store was made, ms: what came later and is unread is news, however it comes. */
gboolean floo_gaps_get_created (FlooDb *db, gint64 *created, GError **error);
/* The highest gap in (@from, @to] in which something was missed; 0: none. */
gboolean floo_gaps_find_missed (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error);
/* The lowest one of any conversation above @after; @id 0: none. */
gboolean floo_gaps_next_missed (FlooDb *db, gint64 after, gint64 *conversation, gint64 *id, GError **error);
/* What was missed in a gap cannot be fetched at once: it is one like others. */
gboolean floo_gaps_give_up (FlooDb *db, gint64 conversation, gint64 id, GError **error);

/* The service sends pages unasked; so the newest ones of a conversation can be missing without a gap that tells. */
gboolean floo_gaps_note_pushes (FlooDb *db, GError **error);
gboolean floo_gaps_has_pushes (FlooDb *db, gboolean *pushes, GError **error);
/* Appends gint64: up to @n conversations in which something happened last. */
gboolean floo_gaps_list_recent (FlooDb *db, guint n, GArray *conversations, GError **error);

G_END_DECLS
