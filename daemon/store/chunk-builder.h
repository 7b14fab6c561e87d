/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chunk-builder.h: makes a chunk of the search index from messages. Private to the store.
 */
#pragma once

#include "store/chunk.h"

G_BEGIN_DECLS

typedef struct _FlooChunkBuilder FlooChunkBuilder;

/* Keys that it holds at most, apart from those of the last message: 8 MiB. Messages of usual length have half of them. */
#define FLOO_BUILDER_ENTRIES (1024u * 1024)

FlooChunkBuilder *floo_chunk_builder_new (void);
void floo_chunk_builder_free (FlooChunkBuilder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooChunkBuilder, floo_chunk_builder_free)

/* @timestamp: ms; @keys: guint64, also several times the same. Each message once. */
void floo_chunk_builder_add (FlooChunkBuilder *self, gint64 id, gint64 timestamp, const GArray *keys);
/* Whether it is time to write it: the memory that it takes is bounded. */
gboolean floo_chunk_builder_is_full (FlooChunkBuilder *self);
/* Writes the chunk, if there are messages. It is empty afterwards. */
gboolean floo_chunk_builder_write (FlooChunkBuilder *self, FlooDb *index, GError **error);

G_END_DECLS
