/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/query.h"

#include "base/error.h"
#include "store/engine/statements.h"

struct _FlooQuery {
  FlooDb *db;
  sqlite3_stmt *statement;
  int bind_error;   /* the first one, returned by the first step */
  gboolean in_use;
  gboolean cached;
};

static void
free_query (gpointer data)
{
  FlooQuery *query = data;

  sqlite3_finalize (query->statement);
  g_free (query);
}

GHashTable *
floo_query_table_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_query);
}

static FlooQuery *
prepare (FlooDb *db, const char *name, GError **error)
{
  sqlite3_stmt *statement = NULL;
  FlooQuery *query;
  gsize size;
  const char *sql = floo_statements_find (name, &size);
  int code;

  if (sql == NULL)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "There is no statement %s", name);
      return NULL;
    }
  code = sqlite3_prepare_v3 (db->handle, sql, (int) size, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
  if (code != SQLITE_OK)
    {
      floo_db_set_error (db, code, error);
      return NULL;
    }
  query = g_new0 (FlooQuery, 1);
  query->db = db;
  query->statement = statement;
  return query;
}

FlooQuery *
floo_query_take (FlooDb *db, const char *name, GError **error)
{
  FlooQuery *query = g_hash_table_lookup (db->queries, name);
  gboolean first = query == NULL;

  if (first || query->in_use)
    {
      query = prepare (db, name, error);
      if (query == NULL)
        return NULL;
      query->cached = first;
      if (first)
        g_hash_table_insert (db->queries, (gpointer) name, query);
    }
  query->in_use = TRUE;
  return query;
}

void
floo_query_give_back (FlooQuery *query)
{
  if (!query->cached)
    {
      free_query (query);
      return;
    }
  sqlite3_reset (query->statement);
  sqlite3_clear_bindings (query->statement);
  query->bind_error = SQLITE_OK;
  query->in_use = FALSE;
}

static void
note (FlooQuery *query, int code)
{
  if (code != SQLITE_OK && query->bind_error == SQLITE_OK)
    query->bind_error = code;
}

void
floo_query_bind_int (FlooQuery *query, int at, gint64 value)
{
  if (query != NULL)
    note (query, sqlite3_bind_int64 (query->statement, at, value));
}

static void
bind_null (FlooQuery *query, int at)
{
  if (query != NULL)
    note (query, sqlite3_bind_null (query->statement, at));
}

void
floo_query_bind_text (FlooQuery *query, int at, const char *text)
{
  if (query != NULL && text != NULL && *text != '\0')
    note (query, sqlite3_bind_text (query->statement, at, text, -1, SQLITE_STATIC));
  else
    bind_null (query, at);
}

void
floo_query_bind_empty (FlooQuery *query, int at)
{
  if (query != NULL)
    note (query, sqlite3_bind_text (query->statement, at, "", 0, SQLITE_STATIC));
}

void
floo_query_bind_blob (FlooQuery *query, int at, gconstpointer data, gsize size)
{
  if (query != NULL && size > 0)
    note (query, sqlite3_bind_blob64 (query->statement, at, data, size, SQLITE_STATIC));
  else
    bind_null (query, at);
}

gboolean
floo_query_next (FlooQuery *query, gboolean *row, GError **error)
{
  int code;

  *row = FALSE;
  if (query == NULL)
    return FALSE;
  code = query->bind_error;
  if (code == SQLITE_OK)
    code = sqlite3_step (query->statement);
  *row = code == SQLITE_ROW;
  if (code == SQLITE_ROW || code == SQLITE_DONE)
    return TRUE;
  return floo_db_set_error (query->db, code, error);
}

gboolean
floo_query_run (FlooQuery *query, GError **error)
{
  gboolean row;

  return floo_query_next (query, &row, error);
}

gint64
floo_query_int (FlooQuery *query, int at)
{
  return sqlite3_column_int64 (query->statement, at);
}

const char *
floo_query_text (FlooQuery *query, int at)
{
  const char *text = (const char *) sqlite3_column_text (query->statement, at);

  if (text == NULL || g_utf8_validate (text, -1, NULL))
    return text;
  g_message ("A text in the store is not UTF-8 and was ignored");
  return NULL;
}

gconstpointer
floo_query_blob (FlooQuery *query, int at, gsize *size)
{
  gconstpointer data = sqlite3_column_blob (query->statement, at);

  *size = (gsize) sqlite3_column_bytes (query->statement, at);
  return data;
}

gboolean
floo_query_is_null (FlooQuery *query, int at)
{
  return sqlite3_column_type (query->statement, at) == SQLITE_NULL;
}

int
floo_query_get_type (FlooQuery *query, int at)
{
  return sqlite3_column_type (query->statement, at);
}

guint
floo_query_get_n_columns (FlooQuery *query)
{
  return (guint) sqlite3_column_count (query->statement);
}

FlooQuery *
floo_query_take_ints (FlooDb *db, const char *name, const gint64 *ints, gsize n, GError **error)
{
  FlooQuery *query = floo_query_take (db, name, error);

  for (gsize i = 0; i < n; i++)
    floo_query_bind_int (query, (int) i + 1, ints[i]);
  return query;
}

gboolean
floo_query_run_ints (FlooDb *db, const char *name, const gint64 *ints, gsize n, guint *changed, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, ints, n, error);

  if (!floo_query_run (query, error))
    return FALSE;
  if (changed != NULL)
    *changed = (guint) sqlite3_changes (db->handle);
  return TRUE;
}

gboolean
floo_query_get_int (FlooDb *db, const char *name, const gint64 *ints, gsize n, gint64 *value, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, ints, n, error);
  gboolean row;

  if (!floo_query_next (query, &row, error))
    return FALSE;
  *value = row ? floo_query_int (query, 0) : 0;
  if (found != NULL)
    *found = row;
  return TRUE;
}

gboolean
floo_query_get_uint (FlooDb *db, const char *name, const gint64 *ints, gsize n, guint *value, GError **error)
{
  gint64 number;

  if (!floo_query_get_int (db, name, ints, n, &number, NULL, error))
    return FALSE;
  *value = (guint) CLAMP (number, 0, G_MAXUINT);
  return TRUE;
}

gboolean
floo_query_get_bool (FlooDb *db, const char *name, const gint64 *ints, gsize n, gboolean *value, GError **error)
{
  gint64 number;

  if (!floo_query_get_int (db, name, ints, n, &number, NULL, error))
    return FALSE;
  *value = number != 0;
  return TRUE;
}

gboolean
floo_query_find (FlooDb *db, const char *name, const gint64 *ints, gsize n, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, ints, n, error);

  return floo_query_next (query, found, error);
}

gboolean
floo_query_collect (FlooDb *db, const char *name, const gint64 *ints, gsize n, GArray *values, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, ints, n, error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      const gint64 value = row ? floo_query_int (query, 0) : 0;

      if (!row)
        return TRUE;
      g_array_append_val (values, value);
    }
  return FALSE;
}

gboolean
floo_query_get_text (FlooDb *db, const char *name, const char *key, char **value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, name, error);
  gboolean row;

  *value = NULL;
  floo_query_bind_text (query, 1, key);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  if (row)
    *value = g_strdup (floo_query_text (query, 0));
  return TRUE;
}
