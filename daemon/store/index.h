/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * index.h: the file of the search index, search.db beside store.db. Private to the store.
 *
 * It can be made anew from the store at any time, and is when it is damaged, of another version or of another store. Full-text tables of
 * SQLite (FTS5) were tried first, over 1,000,000 messages with 68 MB of text: single characters with their places took 1.6 times the text
 * and 147 ms for two frequent characters that are seldom neighbours; pairs of characters without places took 2.3 times, and 106 ms for a
 * word's beginning. So it has an inverted index of its own: bitmaps of frequent keys and short lists of rare ones in chunks of up to
 * FLOO_CHUNK_DOCS messages, which are joined as they grow in number; any search is a few and-operations a chunk.
 *
 * The indexer writes (indexer.h); searches read (search.h). All functions are for the thread that has the connection.
 */
#pragma once

#include "store/db.h"
#include "store/postings.h"

G_BEGIN_DECLS

#define FLOO_BLOCK_DOCS 256u

typedef struct {
  gint64 id;
  guint docs;
  guint dead;
  gint64 highest, lowest;   /* message ids */
  gint64 newest, oldest;    /* s */
} FlooChunk;

/* What a block's row in the directory says. */
typedef struct {
  gint64 first;             /* its highest message id */
  gint64 newest, oldest;    /* s */
} FlooBlockRange;

typedef struct {
  guint n;
  gint64 ids[FLOO_BLOCK_DOCS];     /* descending */
  gint64 times[FLOO_BLOCK_DOCS];   /* s */
} FlooBlock;

/**
 * floo_index_open:
 * @journal_id: of the store
 *
 * Opens the file to be written, or begins a new one.
 */
FlooDb *floo_index_open (const char *folder, gint64 user_id, const char *journal_id, GError **error);
/* Deletes the file: it is built anew. */
gboolean floo_index_remove (const char *folder, GError **error);
/* Whether somebody found that it is damaged, or took it away. */
gboolean floo_index_is_lost (const char *folder);
/* Opens it to be read; FLOO_ERROR_STORAGE where it is not there yet. */
FlooDb *floo_index_open_reader (const char *folder, gint64 user_id, GError **error);

gboolean floo_index_get_state (FlooDb *db, const char *name, gint64 *value, GError **error);
gboolean floo_index_set_state (FlooDb *db, const char *name, gint64 value, GError **error);

/* Returns: (transfer full): FlooChunk, the one with the newest message first */
GArray *floo_index_get_chunks (FlooDb *db, GError **error);
/* @ranges: (out): FlooBlockRange of each block, as many as the chunk has */
gboolean floo_index_get_directory (FlooDb *db, const FlooChunk *chunk, GArray *ranges, GError **error);
gboolean floo_index_get_block (FlooDb *db, const FlooChunk *chunk, guint number, FlooBlock *block, GError **error);
/* @bitmap: all of FLOO_BITMAP_BYTES (docs) is overwritten */
gboolean floo_index_get_dead (FlooDb *db, const FlooChunk *chunk, guint8 *bitmap, GError **error);
gboolean floo_index_set_dead (FlooDb *db, const FlooChunk *chunk, const guint8 *bitmap, GError **error);
/* The places of @key. @bitmap: overwritten; @found: (out): whether there are any */
gboolean floo_index_get_places (FlooDb *db, const FlooChunk *chunk, guint32 key, guint8 *bitmap, gboolean *found, GError **error);
gboolean floo_index_delete_chunk (FlooDb *db, const FlooChunk *chunk, GError **error);

/* Says that the file does not hold what it should; it is built anew. Returns FALSE. */
gboolean floo_index_set_damaged (FlooDb *db, GError **error);

static inline guint
floo_chunk_n_blocks (const FlooChunk *chunk)
{
  return (chunk->docs + FLOO_BLOCK_DOCS - 1) / FLOO_BLOCK_DOCS;
}

/* Keys of rows. */
#define FLOO_BLOCK_KEY(chunk, number) ((chunk) << 16 | (gint64) (number))
#define FLOO_PAGE_KEY(chunk, key) ((chunk) << FLOO_KEY_BITS | (gint64) (key))

G_END_DECLS
