/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * db.h: one SQLite connection, used by one thread at a time. Private to the store.
 */
#pragma once

#include <sqlite3.h>

#include "store/engine/job.h"

G_BEGIN_DECLS

#define FLOO_APPLICATION_ID 0x466c6f31       /* "Flo1" in the file's header */
#define FLOO_OLD_APPLICATION_ID 0x466c6f6f   /* of schemas that were never released */
#define FLOO_BUSY_TIMEOUT_MS 5000            /* a sqlite3 shell may hold a lock */
#define FLOO_DAMAGED_FLAG "store.db.damaged" /* in the folder: the next start sets the store aside */
#define FLOO_SEARCH_DAMAGED_FLAG "search.db.damaged" /* in the folder: the search index is rebuilt */

typedef enum {
  FLOO_DB_WRITER,      /* the only one that changes anything */
  FLOO_DB_READER,      /* read-only */
  FLOO_DB_CHECKPOINTER, /* moves the WAL's pages into the file */
  FLOO_DB_SALVAGER,     /* reads from a damaged file */
  FLOO_DB_INDEXER,      /* of search.db: the only one that changes anything */
  FLOO_DB_SEARCHER      /* of search.db: read-only */
} FlooDbRole;

struct _FlooDb {
  sqlite3 *handle;
  FlooDbRole role;
  gint64 user_id;
  char *folder;
  GHashTable *queries;       /* name -> FlooQuery */
  /* Data of the tables (tables/state.h) and of search (search/search.c); that of search is freed before the file is closed, the tables' after. */
  gpointer search, tables;
  GDestroyNotify free_search, free_tables;
  /* Of the writer. */
  guint64 last_serial;       /* the highest that this transaction or one before it gave to an event */
  GPtrArray *events;         /* (nullable): FlooEvent of the running job */
  gboolean repair_is_due;    /* SQLite refused a row for a value of a wrong type */
  int wal_pages;             /* in the WAL after the last commit */
};

/**
 * floo_db_open:
 * @path: of store.db, which must exist
 *
 * Opens a connection and sets it up. Nothing of the file is read or changed for the writer before floo_db_begin_wal().
 */
FlooDb *floo_db_open (const char *path, FlooDbRole role, gint64 user_id, GError **error);
/* Asks for WAL with full synchronisation and verifies the answers; the writer only. */
gboolean floo_db_begin_wal (FlooDb *db, GError **error);
void floo_db_close (FlooDb *db);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooDb, floo_db_close)

/* Closes the last connection of a file. @checkpoint: everything goes into the file and nothing is left beside it */
void floo_db_finish (FlooDb *db, gboolean checkpoint);

gboolean floo_db_begin_write (FlooDb *db, GError **error);
gboolean floo_db_begin_read (FlooDb *db, GError **error);
gboolean floo_db_commit (FlooDb *db, GError **error);
/* Fails if the file is not at its path any more: what is written to a file that was removed or moved would be lost with the process. */
gboolean floo_db_check_place (FlooDb *db, GError **error);
void floo_db_rollback (FlooDb *db);
/* A job's own part of a transaction. A failure in it may have rolled back the whole: floo_db_in_transaction() tells. */
gboolean floo_db_savepoint (FlooDb *db, GError **error);
gboolean floo_db_release (FlooDb *db, GError **error);
void floo_db_undo (FlooDb *db);
gboolean floo_db_in_transaction (FlooDb *db);

/* Moves the WAL into the file as far as nobody reads it. @truncate: then cuts it. Errors are logged; none is permanent. */
void floo_db_checkpoint (FlooDb *db, gboolean truncate);

/**
 * floo_db_set_error:
 * @code: SQLite's extended result code
 *
 * Sets an error of FLOO_ERROR for what the last call on @db failed with: a full disk is StorageFull, an interruption
 * Cancelled, all else Storage. A broken constraint is a bug of ours and logged as such; a corrupt file is noted in the folder
 * (FLOO_DAMAGED_FLAG), so that it is set aside.
 *
 * Returns: FALSE, to be returned
 */
gboolean floo_db_set_error (FlooDb *db, int code, GError **error);

G_END_DECLS
