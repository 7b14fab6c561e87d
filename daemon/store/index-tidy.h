/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * index-tidy.h: keeps the search index small: few chunks, little in them that is dead. Private to the store.
 */
#pragma once

#include "store/db.h"

G_BEGIN_DECLS

/**
 * floo_index_tidy:
 * @store: a reader of the store
 * @more: (out): there may be more to tidy
 *
 * Joins some small chunks, or drops what is dead in one, or gives room of the file back, in one transaction. What goes into the new chunk
 * is read from the store again: that is no slower than taking the old ones apart, and the notes of what has changed since hold for it, too.
 */
gboolean floo_index_tidy (FlooDb *index, FlooDb *store, gboolean *more, GError **error);

/* Messages that are in the index. */
gboolean floo_index_count (FlooDb *index, guint *n, GError **error);

G_END_DECLS
