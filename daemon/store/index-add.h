/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * index-add.h: what of a message goes into the search index. Private to the store.
 */
#pragma once

#include "store/chunk-builder.h"
#include "store/query.h"

G_BEGIN_DECLS

/* Adds the message of the present row (message-get.sql and its kin) to @builder. */
gboolean floo_index_add_row (FlooChunkBuilder *builder, FlooDb *store, FlooQuery *query, GError **error);
/* Adds the message, if it is there. */
gboolean floo_index_add (FlooChunkBuilder *builder, FlooDb *store, gint64 id, GError **error);

G_END_DECLS
