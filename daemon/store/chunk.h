/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * chunk.h: messages that were taken into the search index together, and where keys are among them. Private to the store.
 */
#pragma once

#include "store/block.h"
#include "store/db.h"
#include "store/keys.h"
#include "store/postings.h"

G_BEGIN_DECLS

typedef struct {
  gint64 id;
  guint docs;
  guint dead;
  guint entries;            /* keys of all messages */
  gint64 highest, lowest;   /* message ids */
  gint64 newest, oldest;    /* ms */
} FlooChunk;

/* What a block's row in the directory says. */
typedef struct {
  gint64 first;             /* its highest message id */
  gint64 newest, oldest;    /* ms */
} FlooBlockRange;

/* Returns: (transfer full): FlooChunk, the one with the newest message first */
GArray *floo_chunks_get (FlooDb *index, GError **error);
/* Returns: (transfer full): FlooBlockRange of each block, as many as the chunk has */
GArray *floo_chunk_get_ranges (FlooDb *index, const FlooChunk *chunk, GError **error);
gboolean floo_chunk_get_block (FlooDb *index, const FlooChunk *chunk, guint number, FlooBlock *block, GError **error);
/* @bitmap: all of FLOO_BITMAP_BYTES (docs) is overwritten */
gboolean floo_chunk_get_dead (FlooDb *index, const FlooChunk *chunk, guint8 *bitmap, GError **error);
gboolean floo_chunk_set_dead (FlooDb *index, const FlooChunk *chunk, const guint8 *bitmap, GError **error);
/* Returns: (transfer full): guint64, the first key of each page */
GArray *floo_chunk_get_pages (FlooDb *index, const FlooChunk *chunk, GError **error);
/* All places where a key of @range is, and some others. @pages: of the chunk; @bitmap: all is overwritten */
gboolean floo_chunk_find (FlooDb *index, const FlooChunk *chunk, const GArray *pages, const FlooKeyRange *range, guint8 *bitmap,
                          GError **error);
gboolean floo_chunk_delete (FlooDb *index, const FlooChunk *chunk, GError **error);

static inline guint
floo_chunk_n_blocks (const FlooChunk *chunk)
{
  return (chunk->docs + FLOO_BLOCK_DOCS - 1) / FLOO_BLOCK_DOCS;
}

/* Key of the row of a block or page. */
#define FLOO_PART_KEY(chunk, number) ((chunk) << 16 | (gint64) (number))

G_END_DECLS
