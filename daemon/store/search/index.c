/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/index.h"

#include <errno.h>
#include <stdio.h>

#include <glib/gstdio.h>

#include "base/error.h"
#include "base/names.h"
#include "store/engine/files.h"
#include "floo-search-sql.h"
#include "store/engine/query.h"
#include "store/engine/statements.h"

#define APPLICATION_ID 0x466c6f53 /* "FloS" in the file's header */
#define VERSION 6

static char *
index_path (const char *folder)
{
  return g_build_filename (folder, FLOO_SEARCH_FILE, NULL);
}

static char *
replacement_path (const char *folder)
{
  return g_build_filename (folder, FLOO_SEARCH_NEW_FILE, NULL);
}

gboolean
floo_index_remove (const char *folder, GError **error)
{
  g_autofree char *path = index_path (folder);
  g_autofree char *flag = g_build_filename (folder, FLOO_SEARCH_DAMAGED_FLAG, NULL);

  return floo_file_remove_database (path, error) && floo_file_remove (flag, error);
}

gboolean
floo_index_is_lost (const char *folder)
{
  g_autofree char *path = index_path (folder);
  g_autofree char *flag = g_build_filename (folder, FLOO_SEARCH_DAMAGED_FLAG, NULL);

  return g_file_test (flag, G_FILE_TEST_EXISTS) || !g_file_test (path, G_FILE_TEST_EXISTS);
}

/* ---- opening ---- */

static FlooDb *
open_file (const char *path, FlooDbRole role, gint64 user_id, GError **error)
{
  floo_statements_add (floo_search_sql_get_resource ());
  return floo_db_open (path, role, user_id, error);
}

static gboolean
create_tables (FlooDb *db, const char *journal_id, GError **error)
{
  g_autoptr (GBytes) sql
      = g_resource_lookup_data (floo_search_sql_get_resource (), "/im/floo/store/search/schema.sql", G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  g_autoptr (FlooQuery) query = NULL;
  int code;

  if (sql == NULL)
    return FALSE;
  code = sqlite3_exec (db->handle, g_bytes_get_data (sql, NULL), NULL, NULL, NULL);
  if (code != SQLITE_OK)
    return floo_db_set_error (db, code, error);
  query = floo_query_take (db, "search/state-put", error);
  floo_query_bind_text (query, 1, "journal_id");
  floo_query_bind_text (query, 2, journal_id);
  return floo_query_run (query, error);
}

/* @is: (out): whether @db is the index of this version for the store with @journal_id */
static gboolean
is_of_store (FlooDb *db, const char *journal_id, gboolean *is, GError **error)
{
  g_autofree char *known = NULL;
  gint64 application_id, version;

  *is = FALSE;
  if (!floo_query_get_int (db, "get-application-id", NULL, 0, &application_id, NULL, error)
      || !floo_query_get_int (db, "get-user-version", NULL, 0, &version, NULL, error))
    return FALSE;
  if (application_id != APPLICATION_ID || version != VERSION)
    return TRUE;
  if (!floo_query_get_text (db, "search/state-get", "journal_id", &known, error))
    return FALSE;
  *is = g_strcmp0 (known, journal_id) == 0;
  return TRUE;
}

static FlooDb *
open_writer (const char *path, gint64 user_id, GError **error)
{
  g_autoptr (FlooDb) db = NULL;

  if (!floo_file_prepare (path, error))
    return NULL;
  db = open_file (path, FLOO_DB_INDEXER, user_id, error);
  if (db == NULL || !floo_db_begin_wal (db, error))
    return NULL;
  return g_steal_pointer (&db);
}

static FlooDb *
create (const char *path, gint64 user_id, const char *journal_id, GError **error)
{
  g_autoptr (FlooDb) db = open_writer (path, user_id, error);

  if (db == NULL || !floo_db_begin_write (db, error))
    return NULL;
  if (create_tables (db, journal_id, error) && floo_db_commit (db, error))
    return g_steal_pointer (&db);
  floo_db_rollback (db);
  return NULL;
}

/* Returns: (nullable): the present index, if it can be used */
static FlooDb *
open_present (const char *path, gint64 user_id, const char *journal_id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooDb) db = open_writer (path, user_id, &error);
  gboolean is = FALSE;

  if (db != NULL && is_of_store (db, journal_id, &is, &error) && is)
    return g_steal_pointer (&db);
  if (error != NULL)
    g_message ("The search index cannot be opened and is rebuilt: %s", error->message);
  return NULL;
}

FlooDb *
floo_index_open (const char *folder, gint64 user_id, const char *journal_id, GError **error)
{
  g_autofree char *path = index_path (folder);
  g_autofree char *replacement = replacement_path (folder);
  FlooDb *db = NULL;

  if (!floo_file_remove_database (replacement, error))
    return NULL;
  if (!floo_index_is_lost (folder))
    db = open_present (path, user_id, journal_id);
  if (db != NULL)
    return db;
  if (!floo_index_remove (folder, error))
    return NULL;
  return create (path, user_id, journal_id, error);
}

FlooDb *
floo_index_begin_replacement (FlooDb *index, const char *folder, const char *journal_id, GError **error)
{
  g_autofree char *path = replacement_path (folder);
  g_autoptr (FlooDb) db = NULL;
  gint64 changes;

  if (!floo_file_remove_database (path, error) || !floo_index_get_state (index, "changes", &changes, error))
    return NULL;
  db = create (path, floo_db_get_user_id (index), journal_id, error);
  if (db == NULL || !floo_index_set_state (db, "changes", changes, error))
    return NULL;
  return g_steal_pointer (&db);
}

gboolean
floo_index_replace (FlooDb *replacement, const char *folder, GError **error)
{
  g_autofree char *path = index_path (folder);
  g_autofree char *new_path = replacement_path (folder);
  g_autofree char *log_path = g_strconcat (new_path, "-wal", NULL);
  GStatBuf info;

  floo_db_finish (replacement, TRUE);
  /* A log would be left behind under the old name. */
  if (g_stat (log_path, &info) == 0 && info.st_size > 0)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The search index could not be replaced: its log is in use");
      return FALSE;
    }
  if (!floo_index_remove (folder, error))
    return FALSE;
  if (rename (new_path, path) == 0)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The search index could not be replaced: %s", g_strerror (errno));
  return FALSE;
}

FlooDb *
floo_index_open_reader (const char *folder, gint64 user_id, GError **error)
{
  g_autofree char *path = index_path (folder);

  return open_file (path, FLOO_DB_SEARCHER, user_id, error);
}

/* ---- small things ---- */

gboolean
floo_index_get_state (FlooDb *db, const char *name, gint64 *value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "search/state-get", error);
  gboolean row;

  floo_query_bind_text (query, 1, name);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  *value = row ? floo_query_int (query, 0) : 0;
  return TRUE;
}

gboolean
floo_index_set_state (FlooDb *db, const char *name, gint64 value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "search/state-put", error);

  floo_query_bind_text (query, 1, name);
  floo_query_bind_int (query, 2, value);
  return floo_query_run (query, error);
}
