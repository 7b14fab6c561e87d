/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gaps.h: where the store does not have all that the service has. All functions run inside a job.
 *
 * A gap at an id: the service may have messages between that one and the one before it in the store. Below its oldest message
 * a conversation is a gap, too, until its beginning is known (complete).
 */
#pragma once

#include "store/messages.h"

G_BEGIN_DECLS

gboolean floo_gaps_add (FlooDb *db, gint64 conversation, gint64 id, GError **error);

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

G_END_DECLS
