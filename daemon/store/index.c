/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/index.h"

#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "store/files.h"
#include "store/floo-sql.h"
#include "store/query.h"
#include "store/terms.h"

#define APPLICATION_ID 0x466c6f53 /* "FloS" in the file's header */
#define VERSION 2

static const char *const suffixes[] = { "-wal", "-shm", "" };

static char *
index_path (const char *folder)
{
  return g_build_filename (folder, FLOO_SEARCH_FILE, NULL);
}

gboolean
floo_index_remove (const char *folder, GError **error)
{
  g_autofree char *path = index_path (folder);
  g_autofree char *flag = g_build_filename (folder, FLOO_SEARCH_DAMAGED_FLAG, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (path, suffixes[i], NULL);

      if (!floo_file_remove (name, error))
        return FALSE;
    }
  return floo_file_remove (flag, error);
}

gboolean
floo_index_is_lost (const char *folder)
{
  g_autofree char *path = index_path (folder);
  g_autofree char *flag = g_build_filename (folder, FLOO_SEARCH_DAMAGED_FLAG, NULL);

  return g_file_test (flag, G_FILE_TEST_EXISTS) || !g_file_test (path, G_FILE_TEST_EXISTS);
}

gboolean
floo_index_set_damaged (FlooDb *db, GError **error)
{
  return floo_db_set_error (db, SQLITE_CORRUPT, error);
}

/* ---- opening ---- */

static gboolean
create_tables (FlooDb *db, const char *journal_id, GError **error)
{
  g_autoptr (GBytes) sql
      = g_resource_lookup_data (floo_sql_get_resource (), "/im/floo/store/search.sql", G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  g_autoptr (FlooQuery) query = NULL;
  int code;

  if (sql == NULL)
    return FALSE;
  code = sqlite3_exec (db->handle, g_bytes_get_data (sql, NULL), NULL, NULL, NULL);
  if (code != SQLITE_OK)
    return floo_db_set_error (db, code, error);
  query = floo_query_take (db, "search/state-put", error);
  if (query == NULL)
    return FALSE;
  floo_query_bind_text (query, 1, "journal_id");
  floo_query_bind_text (query, 2, journal_id);
  return floo_query_run (query, error);
}

static gboolean
is_of_store (FlooDb *db, const char *journal_id)
{
  g_autoptr (FlooQuery) query = NULL;
  gint64 application_id, version;
  gboolean row;

  if (!floo_query_get_int (db, "get-application-id", NULL, 0, &application_id, NULL, NULL)
      || !floo_query_get_int (db, "get-user-version", NULL, 0, &version, NULL, NULL) || application_id != APPLICATION_ID
      || version != VERSION)
    return FALSE;
  query = floo_query_take (db, "search/state-get", NULL);
  if (query == NULL)
    return FALSE;
  floo_query_bind_text (query, 1, "journal_id");
  return floo_query_next (query, &row, NULL) && row && g_strcmp0 (floo_query_text (query, 0), journal_id) == 0;
}

static FlooDb *
open_writer (const char *path, gint64 user_id, GError **error)
{
  g_autoptr (FlooDb) db = NULL;

  if (!floo_file_prepare (path, error))
    return NULL;
  db = floo_db_open (path, FLOO_DB_INDEXER, user_id, error);
  if (db == NULL || !floo_db_begin_wal (db, error))
    return NULL;
  return g_steal_pointer (&db);
}

FlooDb *
floo_index_open (const char *folder, gint64 user_id, const char *journal_id, GError **error)
{
  g_autofree char *path = index_path (folder);
  g_autoptr (FlooDb) db = NULL;

  if (!floo_index_is_lost (folder))
    db = open_writer (path, user_id, NULL);
  if (db != NULL && is_of_store (db, journal_id))
    return g_steal_pointer (&db);
  g_clear_pointer (&db, floo_db_close);
  if (!floo_index_remove (folder, error))
    return NULL;
  db = open_writer (path, user_id, error);
  if (db == NULL || !floo_db_begin_write (db, error))
    return NULL;
  if (create_tables (db, journal_id, error) && floo_db_commit (db, error))
    return g_steal_pointer (&db);
  floo_db_rollback (db);
  return NULL;
}

FlooDb *
floo_index_open_reader (const char *folder, gint64 user_id, GError **error)
{
  g_autofree char *path = index_path (folder);

  return floo_db_open (path, FLOO_DB_SEARCHER, user_id, error);
}

/* ---- small things ---- */

gboolean
floo_index_get_state (FlooDb *db, const char *name, gint64 *value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "search/state-get", error);
  gboolean row;

  if (query == NULL)
    return FALSE;
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

  if (query == NULL)
    return FALSE;
  floo_query_bind_text (query, 1, name);
  floo_query_bind_int (query, 2, value);
  return floo_query_run (query, error);
}

/* ---- chunks ---- */

GArray *
floo_index_get_chunks (FlooDb *db, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "search/chunks", error);
  g_autoptr (GArray) chunks = g_array_new (FALSE, FALSE, sizeof (FlooChunk));
  gboolean row = query != NULL;

  while (row)
    {
      FlooChunk chunk;

      if (!floo_query_next (query, &row, error))
        return NULL;
      if (!row)
        return g_steal_pointer (&chunks);
      chunk.id = floo_query_int (query, 0);
      chunk.docs = (guint) floo_query_int (query, 1);
      chunk.dead = (guint) floo_query_int (query, 2);
      chunk.highest = floo_query_int (query, 3);
      chunk.lowest = floo_query_int (query, 4);
      chunk.newest = floo_query_int (query, 5);
      chunk.oldest = floo_query_int (query, 6);
      if (chunk.docs == 0 || chunk.docs > FLOO_CHUNK_DOCS)
        {
          floo_index_set_damaged (db, error);
          return NULL;
        }
      g_array_append_val (chunks, chunk);
    }
  return NULL;
}

gboolean
floo_index_get_directory (FlooDb *db, const FlooChunk *chunk, GArray *ranges, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "search/chunk-get-directory", FLOO_INTS (chunk->id), error);
  const gint64 *numbers;
  gboolean row;
  gsize size;

  if (query == NULL || !floo_query_next (query, &row, error))
    return FALSE;
  numbers = row ? floo_query_blob (query, 0, &size) : NULL;
  if (numbers == NULL || size != floo_chunk_n_blocks (chunk) * 3 * sizeof (gint64))
    return floo_index_set_damaged (db, error);
  g_array_set_size (ranges, floo_chunk_n_blocks (chunk));
  for (guint i = 0; i < ranges->len; i++)
    {
      gint64 three[3];

      memcpy (three, numbers + 3 * i, sizeof three);
      g_array_index (ranges, FlooBlockRange, i)
          = (FlooBlockRange){ GINT64_FROM_LE (three[0]), GINT64_FROM_LE (three[1]), GINT64_FROM_LE (three[2]) };
    }
  return TRUE;
}

static gint64
unfold (guint64 value)
{
  return (gint64) (value >> 1) ^ -(gint64) (value & 1);
}

gboolean
floo_index_get_block (FlooDb *db, const FlooChunk *chunk, guint number, FlooBlock *block, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "search/block-get", FLOO_INTS (FLOO_BLOCK_KEY (chunk->id, number)), error);
  guint64 id = 0, time = 0, less, change;
  const guint8 *at, *end;
  gboolean row;
  gsize size;

  if (query == NULL || !floo_query_next (query, &row, error))
    return FALSE;
  if (!row)
    return floo_index_set_damaged (db, error);
  at = floo_query_blob (query, 0, &size);
  end = at + size;
  block->n = MIN (FLOO_BLOCK_DOCS, chunk->docs - number * FLOO_BLOCK_DOCS);
  for (guint i = 0; i < block->n; i++)
    {
      if (!floo_varint_get (&at, end, &less) || !floo_varint_get (&at, end, &change))
        return floo_index_set_damaged (db, error);
      /* The first one is itself. */
      id = i == 0 ? less : id - less;
      time += (guint64) unfold (change);
      block->ids[i] = (gint64) id;
      block->times[i] = (gint64) time;
    }
  return TRUE;
}

gboolean
floo_index_get_dead (FlooDb *db, const FlooChunk *chunk, guint8 *bitmap, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gconstpointer data;
  gboolean row;
  gsize size;

  memset (bitmap, 0, FLOO_BITMAP_BYTES (chunk->docs));
  if (chunk->dead == 0)
    return TRUE;
  query = floo_query_take_ints (db, "search/chunk-get-dead", FLOO_INTS (chunk->id), error);
  if (query == NULL || !floo_query_next (query, &row, error))
    return FALSE;
  data = row ? floo_query_blob (query, 0, &size) : NULL;
  if (data == NULL || size != FLOO_BITMAP_BYTES (chunk->docs))
    return floo_index_set_damaged (db, error);
  memcpy (bitmap, data, size);
  return TRUE;
}

gboolean
floo_index_set_dead (FlooDb *db, const FlooChunk *chunk, const guint8 *bitmap, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "search/chunk-set-dead", error);
  guint dead = 0;

  if (query == NULL)
    return FALSE;
  for (guint i = 0; i < chunk->docs; i++)
    dead += floo_bitmap_has (bitmap, i);
  floo_query_bind_int (query, 1, chunk->id);
  floo_query_bind_int (query, 2, dead);
  floo_query_bind_blob (query, 3, bitmap, FLOO_BITMAP_BYTES (chunk->docs));
  return floo_query_run (query, error);
}

gboolean
floo_index_get_places (FlooDb *db, const FlooChunk *chunk, guint32 key, guint8 *bitmap, gboolean *found, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "search/page-find",
                                                      FLOO_INTS (FLOO_PAGE_KEY (chunk->id, 0), FLOO_PAGE_KEY (chunk->id, key)), error);
  FlooPostings postings;
  gconstpointer data;
  gint64 first;
  gboolean row;
  gsize size;

  *found = FALSE;
  memset (bitmap, 0, FLOO_BITMAP_BYTES (chunk->docs));
  if (query == NULL || !floo_query_next (query, &row, error))
    return FALSE;
  if (!row)
    return TRUE;
  first = floo_query_int (query, 0) - FLOO_PAGE_KEY (chunk->id, 0);
  data = floo_query_blob (query, 1, &size);
  floo_postings_init (&postings, data, size, (guint32) first, chunk->docs);
  while (!*found && floo_postings_next (&postings) && postings.key <= key)
    {
      *found = postings.key == key;
      if (*found)
        floo_postings_to_bitmap (&postings, bitmap);
    }
  return !postings.damaged || floo_index_set_damaged (db, error);
}

gboolean
floo_index_delete_chunk (FlooDb *db, const FlooChunk *chunk, GError **error)
{
  gint64 page = FLOO_PAGE_KEY (chunk->id, 0), page_end = FLOO_PAGE_KEY (chunk->id + 1, 0);
  gint64 block = FLOO_BLOCK_KEY (chunk->id, 0), block_end = FLOO_BLOCK_KEY (chunk->id + 1, 0);

  return floo_query_run_ints (db, "search/pages-delete", FLOO_INTS (page, page_end), NULL, error)
         && floo_query_run_ints (db, "search/blocks-delete", FLOO_INTS (block, block_end), NULL, error)
         && floo_query_run_ints (db, "search/chunk-delete", FLOO_INTS (chunk->id), NULL, error);
}
