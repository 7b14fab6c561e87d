/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/db.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/engine/query.h"

/* Memory for pages, in KiB. Small: the kernel's page cache has the file, and the whole daemon is to stay at some 15 MB. */
static const int cache_kib[] = { [FLOO_DB_WRITER] = 1536, [FLOO_DB_READER] = 512, [FLOO_DB_CHECKPOINTER] = 64, [FLOO_DB_SALVAGER] = 512,
                                 [FLOO_DB_INDEXER] = 1024, [FLOO_DB_SEARCHER] = 512 };

static void
init_sqlite (void)
{
  static gsize once = 0;

  if (g_once_init_enter (&once))
    {
      /* Statistics cost a lock at every allocation and are not used. */
      sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
      sqlite3_initialize ();
      g_once_init_leave (&once, 1);
    }
}

static gboolean
is_of_index (FlooDb *db)
{
  return db->role == FLOO_DB_INDEXER || db->role == FLOO_DB_SEARCHER;
}

static void
mark_damaged (FlooDb *db, const char *what)
{
  g_autofree char *path = NULL;
  int fd;

  if (db->folder == NULL)
    return;
  path = g_build_filename (db->folder, is_of_index (db) ? FLOO_SEARCH_DAMAGED_FLAG : FLOO_DAMAGED_FLAG, NULL);
  fd = open (path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return;
  close (fd);
  if (is_of_index (db))
    g_message ("The search index is damaged and is rebuilt");
  else
    g_message ("The store is damaged (%s) and is set aside, now or at the next start", what);
}

static gboolean
is_no_room (int reason)
{
  return reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
}

/* SQLite reports FULL only for ENOSPC of a write: other calls, quotas and limits show in errno of the files. */
static gboolean
is_full (FlooDb *db, int code)
{
  sqlite3_file *wal = NULL;
  int of_file = 0, of_wal = 0;

  if ((code & 0xff) == SQLITE_FULL)
    return TRUE;
  if ((code & 0xff) != SQLITE_IOERR)
    return FALSE;
  sqlite3_file_control (db->handle, "main", SQLITE_FCNTL_LAST_ERRNO, &of_file);
  sqlite3_file_control (db->handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &wal);
  if (wal != NULL && wal->pMethods != NULL)
    wal->pMethods->xFileControl (wal, SQLITE_FCNTL_LAST_ERRNO, &of_wal);
  return is_no_room (of_file) || is_no_room (of_wal);
}

gboolean
floo_db_set_error (FlooDb *db, int code, GError **error)
{
  const char *text = sqlite3_errmsg (db->handle);

  if (is_full (db, code))
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "The disk is full");
      return FALSE;
    }
  switch (code & 0xff)
    {
    case SQLITE_INTERRUPT:
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_CANCELLED, "The store is being closed");
      return FALSE;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      mark_damaged (db, text);
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      text = "another program holds a lock on it";
      break;
    case SQLITE_CONSTRAINT:
      /* Our statements bind values of the right types, so the file has a wrong one. An index is rebuilt from the store. */
      if (is_of_index (db))
        {
          mark_damaged (db, text);
          break;
        }
      db->repair_is_due = db->repair_is_due || code == SQLITE_CONSTRAINT_DATATYPE;
      g_warning ("A statement of the store, or the row that it changes, is invalid: %s", text);
      break;
    case SQLITE_MISUSE:
    case SQLITE_RANGE:
      g_warning ("A statement of the store is invalid: %s", text);
      break;
    default:
      break;
    }
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The store failed: %s (%d)", text, code);
  return FALSE;
}

/* Remembers the WAL's length; with this hook set SQLite never checkpoints by itself within a commit. */
static int
on_commit (void *data, sqlite3 *handle, const char *name, int pages)
{
  FlooDb *db = data;

  db->wal_pages = pages;
  return SQLITE_OK;
}

static gboolean
pragma (FlooDb *db, const char *sql, GError **error)
{
  int code = sqlite3_exec (db->handle, sql, NULL, NULL, NULL);

  return code == SQLITE_OK || floo_db_set_error (db, code, error);
}

static gboolean
may_write (FlooDb *db)
{
  return db->role == FLOO_DB_WRITER || db->role == FLOO_DB_CHECKPOINTER || db->role == FLOO_DB_INDEXER;
}

static gboolean
set_up (FlooDb *db, GError **error)
{
  g_autofree char *cache = g_strdup_printf ("PRAGMA cache_size = -%d", cache_kib[db->role]);

  sqlite3_busy_timeout (db->handle, FLOO_BUSY_TIMEOUT_MS);
  /* A truncated file can only be read with a writable schema. */
  sqlite3_db_config (db->handle, db->role == FLOO_DB_SALVAGER ? SQLITE_DBCONFIG_WRITABLE_SCHEMA : SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  sqlite3_db_config (db->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  /* Closing does not checkpoint by itself, so that a file that is refused stays unchanged. Closing the store checkpoints first. */
  sqlite3_db_config (db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
  sqlite3_limit (db->handle, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit (db->handle, SQLITE_LIMIT_WORKER_THREADS, 0);
  if (db->role == FLOO_DB_WRITER || db->role == FLOO_DB_CHECKPOINTER)
    sqlite3_wal_hook (db->handle, on_commit, db);
  return pragma (db, cache, error) && pragma (db, "PRAGMA temp_store = MEMORY", error) && pragma (db, "PRAGMA mmap_size = 0", error)
         && pragma (db, "PRAGMA cell_size_check = ON", error) && pragma (db, "PRAGMA synchronous = FULL", error)
         && (may_write (db) || pragma (db, "PRAGMA query_only = ON", error));
}

FlooDb *
floo_db_open (const char *path, FlooDbRole role, gint64 user_id, GError **error)
{
  g_autoptr (FlooDb) db = g_new0 (FlooDb, 1);
  int flags = role == FLOO_DB_READER || role == FLOO_DB_SEARCHER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  int code;

  init_sqlite ();
  db->role = role;
  db->user_id = user_id;
  db->folder = g_path_get_dirname (path);
  db->queries = floo_query_table_new ();
  code = sqlite3_open_v2 (path, &db->handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
  if (db->handle == NULL)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "No memory to open the store");
      return NULL;
    }
  if (code != SQLITE_OK)
    {
      floo_db_set_error (db, code, error);
      return NULL;
    }
  return set_up (db, error) ? g_steal_pointer (&db) : NULL;
}

/* One value of the connection, as text. */
static gboolean
ask (FlooDb *db, const char *sql, const char *expected, GError **error)
{
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2 (db->handle, sql, -1, &statement, NULL);
  gboolean ok = FALSE;

  if (code == SQLITE_OK)
    code = sqlite3_step (statement);
  if (code == SQLITE_ROW)
    {
      ok = g_strcmp0 ((const char *) sqlite3_column_text (statement, 0), expected) == 0;
      if (!ok)
        g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The file system of the store does not support it (%s is not %s)", sql, expected);
    }
  else
    floo_db_set_error (db, code, error);
  sqlite3_finalize (statement);
  return ok;
}

gboolean
floo_db_begin_wal (FlooDb *db, GError **error)
{
  /* The index frees its pages a few at a time, and has no thread of its own for checkpoints. */
  const gboolean is_set = !is_of_index (db) || pragma (db, "PRAGMA auto_vacuum = INCREMENTAL; PRAGMA wal_autocheckpoint = 1000", error);

  return is_set && pragma (db, "PRAGMA page_size = 4096", error) && ask (db, "PRAGMA journal_mode = WAL", "wal", error)
         && ask (db, "PRAGMA synchronous", "2", error)
         && pragma (db, "PRAGMA journal_size_limit = 16777216", error);
}

void
floo_db_close (FlooDb *db)
{
  g_clear_pointer (&db->search, db->free_search);
  g_clear_pointer (&db->queries, g_hash_table_unref);
  g_clear_pointer (&db->events, g_ptr_array_unref);
  sqlite3_close (db->handle);
  g_clear_pointer (&db->tables, db->free_tables);
  g_free (db->folder);
  g_free (db);
}

void
floo_db_finish (FlooDb *db, gboolean checkpoint)
{
  if (checkpoint)
    {
      floo_db_checkpoint (db, TRUE);
      sqlite3_db_config (db->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    }
  floo_db_close (db);
}

static gboolean
run (FlooDb *db, const char *name, GError **error)
{
  return floo_query_run_ints (db, name, NULL, 0, NULL, error);
}

gboolean
floo_db_begin_write (FlooDb *db, GError **error)
{
  return run (db, "begin-write", error);
}

gboolean
floo_db_begin_read (FlooDb *db, GError **error)
{
  return run (db, "begin-read", error);
}

gboolean
floo_db_commit (FlooDb *db, GError **error)
{
  return run (db, "commit", error);
}

gboolean
floo_db_check_place (FlooDb *db, GError **error)
{
  int moved = 0;

  sqlite3_file_control (db->handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE,
                 "The store is missing from its folder: put %s back, or stop the daemon; its next start creates a new one",
                 sqlite3_db_filename (db->handle, "main"));
  return !moved;
}

void
floo_db_rollback (FlooDb *db)
{
  if (floo_db_in_transaction (db))
    run (db, "rollback", NULL);
}

gboolean
floo_db_savepoint (FlooDb *db, GError **error)
{
  return run (db, "savepoint", error);
}

gboolean
floo_db_release (FlooDb *db, GError **error)
{
  return run (db, "release", error);
}

void
floo_db_undo (FlooDb *db)
{
  if (floo_db_in_transaction (db) && run (db, "undo", NULL))
    run (db, "release", NULL);
}

gboolean
floo_db_in_transaction (FlooDb *db)
{
  return sqlite3_get_autocommit (db->handle) == 0;
}

/* Errors that would hit every other part of the job, too. */
static gboolean
concerns_all (FlooDb *db, const GError *error)
{
  return !floo_db_in_transaction (db) || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL)
         || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
}

gboolean
floo_db_try (FlooDb *db, FlooStoreFunc func, gpointer data, GError **refused, GError **error)
{
  g_autoptr (GError) failure = NULL;
  const guint64 serial = db->last_serial;
  const guint n_events = db->events->len;

  if (!floo_db_savepoint (db, error))
    return FALSE;
  if (func (db, data, &failure))
    return floo_db_release (db, error);
  floo_db_undo (db);
  db->last_serial = serial;
  g_ptr_array_set_size (db->events, (int) n_events);
  if (concerns_all (db, failure))
    {
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  *refused = g_steal_pointer (&failure);
  return TRUE;
}

void
floo_db_checkpoint (FlooDb *db, gboolean truncate)
{
  int code;

  /* Never waits for other programs, which may hold a read lock for any time. */
  sqlite3_busy_timeout (db->handle, 0);
  code = sqlite3_wal_checkpoint_v2 (db->handle, NULL, truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  sqlite3_busy_timeout (db->handle, FLOO_BUSY_TIMEOUT_MS);
  if (code == SQLITE_OK && truncate)
    db->wal_pages = 0;
  else if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY)
    {
      g_autoptr (GError) error = NULL;

      floo_db_set_error (db, code, &error);
      g_message ("The store's write-ahead log could not be checkpointed: %s", error->message);
    }
}

gint64
floo_db_get_user_id (FlooDb *db)
{
  return db->user_id;
}
