/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/index-tidy.h"

#include "store/index-add.h"

/* So many chunks of about one size are joined. */
#define JOIN 8
/* Free pages of the file that are given back at once, and from how many on. */
#define VACUUM_PAGES 64

static guint
alive (const FlooChunk *chunk)
{
  return chunk->docs - MIN (chunk->dead, chunk->docs);
}

static int
compare_size (gconstpointer a, gconstpointer b)
{
  guint left = alive (a), right = alive (b);

  return left < right ? -1 : left > right;
}

/* What chunks hold. */
typedef struct {
  guint docs;
  guint entries;
} Load;

static Load
load_of (const FlooChunk *chunk)
{
  return (Load){ alive (chunk), (guint) ((guint64) chunk->entries * alive (chunk) / chunk->docs) };
}

/* No chunk of more than half of what is possible is joined with others. */
static gboolean
is_large (Load load)
{
  return load.docs > FLOO_CHUNK_DOCS / 2 || load.entries > FLOO_BUILDER_ENTRIES / 2;
}

static gboolean
fits (Load a, Load b)
{
  return a.docs + b.docs <= FLOO_CHUNK_DOCS && a.entries + b.entries <= FLOO_BUILDER_ENTRIES;
}

/*
 * Of @chunks, the smallest first: JOIN of about one size that are to be one; or fewer that make a large one, since nothing else ever comes
 * to them. Returns: (transfer full): FlooChunk; none
 */
static GArray *
choose (const GArray *chunks)
{
  GArray *chosen = g_array_new (FALSE, FALSE, sizeof (FlooChunk));
  Load sum = { 0 };

  for (guint i = 0; i < chunks->len && chosen->len < JOIN; i++)
    {
      const FlooChunk *chunk = &g_array_index (chunks, FlooChunk, i);
      Load load = load_of (chunk);

      if (is_large (load))
        continue;
      if (!fits (sum, load))
        break;
      if (chosen->len > 0 && load.docs > MAX (alive (&g_array_index (chosen, FlooChunk, 0)), 16) * JOIN)
        {
          g_array_set_size (chosen, 0);
          sum = (Load){ 0 };
        }
      g_array_append_val (chosen, *chunk);
      sum.docs += load.docs;
      sum.entries += load.entries;
    }
  if (chosen->len < JOIN && !(chosen->len > 1 && is_large (sum)))
    g_array_set_size (chosen, 0);
  return chosen;
}

/* Adds the messages of @chunk that are alive. */
static gboolean
add_chunk (FlooDb *index, FlooDb *store, const FlooChunk *chunk, FlooChunkBuilder *builder, GError **error)
{
  g_autofree guint8 *dead = g_malloc (FLOO_BITMAP_BYTES (chunk->docs));
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);

  if (!floo_chunk_get_dead (index, chunk, dead, error))
    return FALSE;
  for (guint i = 0; i < floo_chunk_n_blocks (chunk); i++)
    {
      if (!floo_chunk_get_block (index, chunk, i, block, error))
        return FALSE;
      for (guint j = 0; j < block->n; j++)
        {
          if (floo_bitmap_has (dead, i * FLOO_BLOCK_DOCS + j))
            continue;
          /* Messages may have grown since. */
          if (floo_chunk_builder_is_full (builder) && !floo_chunk_builder_write (builder, index, error))
            return FALSE;
          if (!floo_index_add (builder, store, block->ids[j], error))
            return FALSE;
        }
    }
  return TRUE;
}

/* Puts one chunk in the place of @n. */
static gboolean
join (FlooDb *index, FlooDb *store, const FlooChunk *chunks, guint n, GError **error)
{
  g_autoptr (FlooChunkBuilder) builder = floo_chunk_builder_new ();

  for (guint i = 0; i < n; i++)
    if (!add_chunk (index, store, &chunks[i], builder, error))
      return FALSE;
  if (!floo_chunk_builder_write (builder, index, error))
    return FALSE;
  for (guint i = 0; i < n; i++)
    if (!floo_chunk_delete (index, &chunks[i], error))
      return FALSE;
  return TRUE;
}

/* @some: (out): there was something to do */
static gboolean
tidy_chunks (FlooDb *index, FlooDb *store, gboolean *some, GError **error)
{
  g_autoptr (GArray) chunks = floo_chunks_get (index, error);
  g_autoptr (GArray) chosen = NULL;

  *some = TRUE;
  if (chunks == NULL)
    return FALSE;
  for (guint i = 0; i < chunks->len; i++)
    {
      const FlooChunk *chunk = &g_array_index (chunks, FlooChunk, i);

      if (chunk->dead > chunk->docs / 2)
        return join (index, store, chunk, 1, error);
    }
  g_array_sort (chunks, compare_size);
  chosen = choose (chunks);
  *some = chosen->len > 0;
  return join (index, store, (const FlooChunk *) (gconstpointer) chosen->data, chosen->len, error);
}

/* Gives some of the file's free pages back. */
static gboolean
vacuum (FlooDb *index, gboolean *more, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gint64 n_free;
  gboolean row = TRUE;

  if (!floo_query_get_int (index, "search/free-pages", NULL, 0, &n_free, NULL, error))
    return FALSE;
  *more = n_free >= 2 * VACUUM_PAGES;
  if (n_free < VACUUM_PAGES)
    return TRUE;
  query = floo_query_take (index, "search/vacuum", error);
  while (query != NULL && row)
    if (!floo_query_next (query, &row, error))
      return FALSE;
  return query != NULL;
}

gboolean
floo_index_tidy (FlooDb *index, FlooDb *store, gboolean *more, GError **error)
{
  gboolean ok;

  if (!floo_db_begin_read (store, error))
    return FALSE;
  ok = floo_db_begin_write (index, error);
  if (ok)
    {
      ok = tidy_chunks (index, store, more, error) && (*more || vacuum (index, more, error)) && floo_db_commit (index, error);
      if (!ok)
        floo_db_rollback (index);
    }
  floo_db_rollback (store);
  return ok;
}

gboolean
floo_index_count (FlooDb *index, guint *n, GError **error)
{
  g_autoptr (GArray) chunks = floo_chunks_get (index, error);

  *n = 0;
  for (guint i = 0; chunks != NULL && i < chunks->len; i++)
    *n += alive (&g_array_index (chunks, FlooChunk, i));
  return chunks != NULL;
}
