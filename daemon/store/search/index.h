/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * index.h: the file of the search index, search.db beside store.db. Private to the store.
 *
 * It can be made anew from the store at any time, and is when it is damaged, of another version or of another store. Full-text tables of
 * SQLite (FTS5) were tried first, over 1,000,000 messages with 68 MB of text: single characters with their places took 1.6 times the text
 * and 147 ms for two frequent characters that are seldom neighbours; pairs of characters without places took 2.3 times, and 106 ms for a
 * word's beginning. So it has an inverted index of its own, in chunks of up to FLOO_CHUNK_DOCS messages (chunk.h), which are joined as they
 * grow in number. It knows about where each key is (keys.h, postings.h); any search is a few and-operations a chunk, and a look at some
 * hundred messages at worst: under 10 ms of CPU over 1,000,000 messages. It takes 0.3 to 0.6 times the text where words come again, 1 where
 * all is chance, and no more than 1.2 times, unless most messages are of less than four characters: what it knows of a message itself is
 * about five bytes (tests/bench/search.c).
 *
 * The indexer writes (indexer.h); searches read (search.h). All functions are for the thread that has the connection.
 */
#pragma once

#include "store/db.h"

G_BEGIN_DECLS

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

/* Says that the file does not hold what it should; it is built anew. Returns FALSE. */
gboolean floo_index_set_damaged (FlooDb *db, GError **error);

G_END_DECLS
