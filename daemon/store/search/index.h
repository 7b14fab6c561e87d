/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * index.h: the file of the search index, search.db beside store.db. Private to the store.
 *
 * A table of SQLite's FTS5 (schema.sql) that says which messages may match; the store decides which do. It is contentless and has no
 * positions, so that the text of messages is only in the store. Nothing is ever removed: a deleted message is not found because it is not
 * in the store any more, and after many deletions a new file is built beside the present one and replaces it.
 *
 * It can be rebuilt from the store at any time, and is when it is damaged, of another version or of another store.
 *
 * The indexer writes (indexer.h); searches read (search.h). All functions are for the thread that has the connection.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/**
 * floo_index_open:
 * @journal_id: of the store
 *
 * Opens the file to be written, or begins a new one.
 */
FlooDb *floo_index_open (const char *folder, gint64 user_id, const char *journal_id, GError **error);
/* Deletes the file: it will be rebuilt. */
gboolean floo_index_remove (const char *folder, GError **error);
/* Whether it was found to be damaged, or its file is gone. */
gboolean floo_index_is_lost (const char *folder);
/* Opens it to be read; FLOO_ERROR_STORAGE where it is not there yet. */
FlooDb *floo_index_open_reader (const char *folder, gint64 user_id, GError **error);

gboolean floo_index_get_state (FlooDb *db, const char *name, gint64 *value, GError **error);
gboolean floo_index_set_state (FlooDb *db, const char *name, gint64 value, GError **error);

/* Begins a file that will replace @index. */
FlooDb *floo_index_begin_replacement (FlooDb *index, const char *folder, const char *journal_id, GError **error);
/* Replaces the present one, which must be closed. @replacement: (transfer full) */
gboolean floo_index_replace (FlooDb *replacement, const char *folder, GError **error);

G_END_DECLS
