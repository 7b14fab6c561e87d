/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/chunk.h"

#include "store/search/index.h"
#include "store/query.h"

GArray *
floo_chunks_get (FlooDb *index, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (index, "search/chunks", error);
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
      chunk.entries = (guint) floo_query_int (query, 3);
      chunk.highest = floo_query_int (query, 4);
      chunk.lowest = floo_query_int (query, 5);
      chunk.newest = floo_query_int (query, 6);
      chunk.oldest = floo_query_int (query, 7);
      if (chunk.docs == 0 || chunk.docs > FLOO_CHUNK_DOCS)
        {
          floo_index_set_damaged (index, error);
          return NULL;
        }
      g_array_append_val (chunks, chunk);
    }
  return NULL;
}

/* The one row with @key of query @name, which holds @data until it is given back. NULL: the store failed.
 * @data: (out) (nullable): the blob; NULL: there is no row, or nothing in it */
static FlooQuery *
take_blob (FlooDb *index, const char *name, gint64 key, gconstpointer *data, gsize *size, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (index, name, FLOO_INTS (key), error);
  gboolean row;

  *data = NULL;
  *size = 0;
  if (query == NULL || !floo_query_next (query, &row, error))
    return NULL;
  if (row)
    *data = floo_query_blob (query, 0, size);
  return g_steal_pointer (&query);
}

/* Returns: (transfer full) (nullable): the blob that query @name gives for the chunk, as int64 little-endian numbers */
static GArray *
get_numbers (FlooDb *index, const char *name, const FlooChunk *chunk, GError **error)
{
  gconstpointer data;
  gsize size;
  g_autoptr (FlooQuery) query = take_blob (index, name, chunk->id, &data, &size, error);
  GArray *numbers;

  if (query == NULL)
    return NULL;
  if (data == NULL || size % sizeof (gint64) != 0)
    {
      floo_index_set_damaged (index, error);
      return NULL;
    }
  numbers = g_array_sized_new (FALSE, FALSE, sizeof (gint64), (guint) (size / sizeof (gint64)));
  g_array_append_vals (numbers, data, (guint) (size / sizeof (gint64)));
  for (guint i = 0; i < numbers->len; i++)
    g_array_index (numbers, gint64, i) = GINT64_FROM_LE (g_array_index (numbers, gint64, i));
  return numbers;
}

GArray *
floo_chunk_get_ranges (FlooDb *index, const FlooChunk *chunk, GError **error)
{
  g_autoptr (GArray) numbers = get_numbers (index, "search/chunk-get-ranges", chunk, error);
  GArray *ranges;

  if (numbers == NULL)
    return NULL;
  if (numbers->len != 3 * floo_chunk_n_blocks (chunk))
    {
      floo_index_set_damaged (index, error);
      return NULL;
    }
  ranges = g_array_new (FALSE, FALSE, sizeof (FlooBlockRange));
  for (guint i = 0; i < numbers->len; i += 3)
    {
      FlooBlockRange range
          = { g_array_index (numbers, gint64, i), g_array_index (numbers, gint64, i + 1), g_array_index (numbers, gint64, i + 2) };

      g_array_append_val (ranges, range);
    }
  return ranges;
}

GArray *
floo_chunk_get_pages (FlooDb *index, const FlooChunk *chunk, GError **error)
{
  return get_numbers (index, "search/chunk-get-pages", chunk, error);
}

gboolean
floo_chunk_get_block (FlooDb *index, const FlooChunk *chunk, guint number, FlooBlock *block, GError **error)
{
  gconstpointer data;
  gsize size;
  g_autoptr (FlooQuery) query = take_blob (index, "search/block-get", FLOO_PART_KEY (chunk->id, number), &data, &size, error);

  if (query == NULL)
    return FALSE;
  return floo_block_get (block, MIN (FLOO_BLOCK_DOCS, chunk->docs - number * FLOO_BLOCK_DOCS), data, size)
         || floo_index_set_damaged (index, error);
}

gboolean
floo_chunk_get_dead (FlooDb *index, const FlooChunk *chunk, guint8 *bitmap, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gconstpointer data;
  gsize size;

  memset (bitmap, 0, FLOO_BITMAP_BYTES (chunk->docs));
  if (chunk->dead == 0)
    return TRUE;
  query = take_blob (index, "search/chunk-get-dead", chunk->id, &data, &size, error);
  if (query == NULL)
    return FALSE;
  if (data == NULL || size != FLOO_BITMAP_BYTES (chunk->docs))
    return floo_index_set_damaged (index, error);
  memcpy (bitmap, data, size);
  return TRUE;
}

gboolean
floo_chunk_set_dead (FlooDb *index, const FlooChunk *chunk, const guint8 *bitmap, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (index, "search/chunk-set-dead", error);
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

/* ---- finding keys ---- */

typedef struct {
  const FlooKeyRange *range;
  guint8 *bitmap;
  FlooPostings before;  /* the list before the present one, where it may reach into the range */
  gboolean reaches;
  gboolean done;
} Finding;

/* The list before ends where the next one begins. */
static gboolean
end_before (Finding *self, guint64 key)
{
  gboolean reaches = self->reaches && key > self->range->first;

  self->reaches = FALSE;
  return !reaches || floo_postings_read (&self->before, self->bitmap);
}

/* FALSE where it is damaged. */
static gboolean
look_at_list (Finding *self, FlooPostings *list)
{
  if (!end_before (self, list->key))
    return FALSE;
  if (list->key < self->range->first)
    {
      self->reaches = list->type == FLOO_LIST_SHARED;
      self->before = *list;
      return TRUE;
    }
  self->done = list->key > self->range->last;
  if (self->done)
    return TRUE;
  if (list->type != FLOO_LIST_BEGINNING)
    return floo_postings_read (list, self->bitmap);
  /* Equal keys are equally long beginnings; a longer one is of no use. */
  self->done = list->key == self->range->first;
  return !self->done || floo_postings_read (list, self->bitmap);
}

static gboolean
look_at_page (FlooDb *index, const FlooChunk *chunk, const GArray *pages, guint number, Finding *finding, GError **error)
{
  gconstpointer data;
  gsize size;
  g_autoptr (FlooQuery) query = take_blob (index, "search/page-get", FLOO_PART_KEY (chunk->id, number), &data, &size, error);
  guint64 next = number + 1 < pages->len ? g_array_index (pages, guint64, number + 1) : G_MAXUINT64;
  FlooPostings postings;

  if (query == NULL)
    return FALSE;
  floo_postings_init (&postings, data, size, g_array_index (pages, guint64, number), chunk->docs);
  while (!finding->done && floo_postings_next (&postings))
    if (!look_at_list (finding, &postings))
      return floo_index_set_damaged (index, error);
  return (!postings.damaged && end_before (finding, next)) || floo_index_set_damaged (index, error);
}

/* The last page that begins before @key; or the first. */
static guint
page_before (const GArray *pages, guint64 key)
{
  guint low = 0, high = pages->len;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (g_array_index (pages, guint64, middle) < key)
        low = middle + 1;
      else
        high = middle;
    }
  return MAX (low, 1) - 1;
}

gboolean
floo_chunk_find (FlooDb *index, const FlooChunk *chunk, const GArray *pages, const FlooKeyRange *range, guint8 *bitmap, GError **error)
{
  Finding finding = { .range = range, .bitmap = bitmap };

  memset (bitmap, 0, FLOO_BITMAP_BYTES (chunk->docs));
  for (guint i = page_before (pages, range->first); i < pages->len && !finding.done; i++)
    {
      finding.done = g_array_index (pages, guint64, i) > range->last;
      if (!finding.done && !look_at_page (index, chunk, pages, i, &finding, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
floo_chunk_delete (FlooDb *index, const FlooChunk *chunk, GError **error)
{
  gint64 first = FLOO_PART_KEY (chunk->id, 0), end = FLOO_PART_KEY (chunk->id + 1, 0);

  return floo_query_run_ints (index, "search/pages-delete", FLOO_INTS (first, end), NULL, error)
         && floo_query_run_ints (index, "search/blocks-delete", FLOO_INTS (first, end), NULL, error)
         && floo_query_run_ints (index, "search/chunk-delete", FLOO_INTS (chunk->id), NULL, error);
}
