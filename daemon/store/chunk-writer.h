/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chunk-writer.h: makes chunks of the search index: from messages, and from other chunks. Private to the store.
 */
#pragma once

#include "store/index.h"

G_BEGIN_DECLS

/* Messages collected for a chunk. */
typedef struct _FlooChunkBuilder FlooChunkBuilder;

FlooChunkBuilder *floo_chunk_builder_new (void);
void floo_chunk_builder_free (FlooChunkBuilder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooChunkBuilder, floo_chunk_builder_free)

/* @timestamp: ms; @keys: guint32, also several times the same */
void floo_chunk_builder_add (FlooChunkBuilder *self, gint64 id, gint64 timestamp, const GArray *keys);
/* Whether it is time to write it: the memory that it takes is bounded. */
gboolean floo_chunk_builder_is_full (FlooChunkBuilder *self);
guint floo_chunk_builder_get_n (FlooChunkBuilder *self);
/* Writes the chunk, if there are messages. */
gboolean floo_chunk_builder_write (FlooChunkBuilder *self, FlooDb *db, GError **error);

/* Puts one chunk in the place of @chunks (n of them, together at most FLOO_CHUNK_DOCS alive), without what is dead in them. */
gboolean floo_chunk_merge (FlooDb *db, const FlooChunk *chunks, guint n, GError **error);

G_END_DECLS
