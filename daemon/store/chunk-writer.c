/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/chunk-writer.h"

#include <stdlib.h>

#include "store/query.h"
#include "store/terms.h"

/* A page is closed from so many bytes on: a search decodes half of one, and short rows leave little of SQLite's pages unused. */
#define PAGE_BYTES 480
/* A builder is full with so many messages or keys: 1 MiB, and as much for sorting. */
#define BUILDER_DOCS 4096
#define BUILDER_KEYS (128 * 1024)

/* ---- output ---- */

typedef struct {
  gint64 id;
  gint64 time;    /* s */
  guint32 source; /* which chunk, or which message in the order they were added */
  guint32 place;  /* there */
} Doc;

/* A chunk being written: its messages, then its lists by key. */
typedef struct {
  FlooDb *db;
  gint64 chunk;
  guint n_docs;
  GByteArray *bytes;     /* of the page */
  FlooPage page;
  gboolean begun;
  guint32 first;         /* its first key */
} Output;

/* Newest first. */
static int
compare_docs (gconstpointer a, gconstpointer b)
{
  const Doc *left = a, *right = b;

  return left->id < right->id ? 1 : left->id > right->id ? -1 : 0;
}

static guint64
fold (gint64 value)
{
  return ((guint64) value << 1) ^ (guint64) (value >> 63);
}

static gboolean
write_block (Output *self, guint number, const Doc *docs, guint n, FlooBlockRange *range, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  gint64 key = FLOO_BLOCK_KEY (self->chunk, number);
  g_autoptr (FlooQuery) query = floo_query_take_ints (self->db, "search/block-put", FLOO_INTS (key), error);

  *range = (FlooBlockRange){ docs[0].id, G_MININT64, G_MAXINT64 };
  for (guint i = 0; i < n; i++)
    {
      floo_varint_put (data, i == 0 ? (guint64) docs[0].id : (guint64) docs[i - 1].id - (guint64) docs[i].id);
      floo_varint_put (data, fold (i == 0 ? docs[0].time : docs[i].time - docs[i - 1].time));
      range->newest = MAX (range->newest, docs[i].time);
      range->oldest = MIN (range->oldest, docs[i].time);
    }
  if (query == NULL)
    return FALSE;
  floo_query_bind_blob (query, 2, data->data, data->len);
  return floo_query_run (query, error);
}

static void
append_number (GByteArray *bytes, gint64 value)
{
  gint64 little = GINT64_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &little, sizeof little);
}

/* Begins with the messages. @docs: sorted */
static gboolean
output_begin (Output *self, FlooDb *db, const Doc *docs, guint n, GError **error)
{
  g_autoptr (GByteArray) directory = g_byte_array_new ();
  g_autoptr (FlooQuery) query = NULL;
  gint64 newest = G_MININT64, oldest = G_MAXINT64;

  *self = (Output){ .db = db, .n_docs = n, .bytes = g_byte_array_new () };
  if (!floo_query_get_int (db, "search/chunk-next-id", NULL, 0, &self->chunk, NULL, error))
    return FALSE;
  for (guint i = 0; i < n; i += FLOO_BLOCK_DOCS)
    {
      FlooBlockRange range;

      if (!write_block (self, i / FLOO_BLOCK_DOCS, docs + i, MIN (FLOO_BLOCK_DOCS, n - i), &range, error))
        return FALSE;
      append_number (directory, range.first);
      append_number (directory, range.newest);
      append_number (directory, range.oldest);
      newest = MAX (newest, range.newest);
      oldest = MIN (oldest, range.oldest);
    }
  query = floo_query_take_ints (db, "search/chunk-add", FLOO_INTS (self->chunk, n, docs[0].id, docs[n - 1].id, newest, oldest), error);
  if (query == NULL)
    return FALSE;
  floo_query_bind_blob (query, 7, directory->data, directory->len);
  return floo_query_run (query, error);
}

static gboolean
flush_page (Output *self, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;

  if (!self->begun)
    return TRUE;
  floo_page_end (&self->page);
  query = floo_query_take_ints (self->db, "search/page-put", FLOO_INTS (FLOO_PAGE_KEY (self->chunk, self->first)), error);
  if (query == NULL)
    return FALSE;
  floo_query_bind_blob (query, 2, self->bytes->data, self->bytes->len);
  if (!floo_query_run (query, error))
    return FALSE;
  g_byte_array_set_size (self->bytes, 0);
  self->begun = FALSE;
  return TRUE;
}

/* @key: above the one before; @places: ascending */
static gboolean
output_list (Output *self, guint32 key, const guint32 *places, guint n, GError **error)
{
  if (self->bytes->len >= PAGE_BYTES && !flush_page (self, error))
    return FALSE;
  if (!self->begun)
    {
      floo_page_begin (&self->page, self->bytes, key, self->n_docs);
      self->first = key;
      self->begun = TRUE;
    }
  floo_page_add (&self->page, key, places, n);
  return TRUE;
}

static void
output_clear (Output *self)
{
  g_clear_pointer (&self->bytes, g_byte_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Output, output_clear)

/* ---- from messages ---- */

struct _FlooChunkBuilder {
  GArray *docs;   /* Doc */
  GArray *pairs;  /* guint64: key << 32 | message, in the order they were added */
};

FlooChunkBuilder *
floo_chunk_builder_new (void)
{
  FlooChunkBuilder *self = g_new0 (FlooChunkBuilder, 1);

  self->docs = g_array_new (FALSE, FALSE, sizeof (Doc));
  self->pairs = g_array_new (FALSE, FALSE, sizeof (guint64));
  return self;
}

void
floo_chunk_builder_free (FlooChunkBuilder *self)
{
  g_array_unref (self->docs);
  g_array_unref (self->pairs);
  g_free (self);
}

void
floo_chunk_builder_add (FlooChunkBuilder *self, gint64 id, gint64 timestamp, const GArray *keys)
{
  Doc doc = { id, timestamp / 1000, self->docs->len, 0 };

  for (guint i = 0; i < keys->len; i++)
    {
      guint64 pair = (guint64) g_array_index (keys, guint32, i) << 32 | self->docs->len;

      g_array_append_val (self->pairs, pair);
    }
  g_array_append_val (self->docs, doc);
}

gboolean
floo_chunk_builder_is_full (FlooChunkBuilder *self)
{
  return self->docs->len >= BUILDER_DOCS || self->pairs->len >= BUILDER_KEYS;
}

guint
floo_chunk_builder_get_n (FlooChunkBuilder *self)
{
  return self->docs->len;
}

static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  guint64 left = *(const guint64 *) a, right = *(const guint64 *) b;

  return left < right ? -1 : left > right;
}

/* The pairs name places now, in order. */
static void
sort_pairs (FlooChunkBuilder *self)
{
  g_autofree guint32 *places = g_new (guint32, self->docs->len);

  for (guint i = 0; i < self->docs->len; i++)
    places[g_array_index (self->docs, Doc, i).source] = i;
  for (guint i = 0; i < self->pairs->len; i++)
    {
      guint64 *pair = &g_array_index (self->pairs, guint64, i);

      *pair = (*pair & ~G_GUINT64_CONSTANT (0xffffffff)) | places[*pair & 0xffffffff];
    }
  qsort (self->pairs->data, self->pairs->len, sizeof (guint64), compare_pairs);
}

static gboolean
write_pairs (FlooChunkBuilder *self, Output *output, GError **error)
{
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint32));
  guint64 last = G_MAXUINT64;

  for (guint i = 0; i <= self->pairs->len; i++)
    {
      guint64 pair = i < self->pairs->len ? g_array_index (self->pairs, guint64, i) : G_MAXUINT64;
      guint32 place = (guint32) pair;

      if (places->len > 0 && pair >> 32 != last >> 32)
        {
          if (!output_list (output, (guint32) (last >> 32), (const guint32 *) places->data, places->len, error))
            return FALSE;
          g_array_set_size (places, 0);
        }
      if (pair != last)
        g_array_append_val (places, place);
      last = pair;
    }
  return flush_page (output, error);
}

gboolean
floo_chunk_builder_write (FlooChunkBuilder *self, FlooDb *db, GError **error)
{
  g_auto (Output) output = { 0 };

  if (self->docs->len == 0)
    return TRUE;
  g_array_sort (self->docs, compare_docs);
  sort_pairs (self);
  return output_begin (&output, db, (const Doc *) self->docs->data, self->docs->len, error) && write_pairs (self, &output, error);
}

/* ---- from other chunks ---- */

typedef struct {
  FlooDb *db;
  const FlooChunk *chunk;
  guint32 *places;       /* new place of each old one; G_MAXUINT32: it is dead */
  FlooQuery *query;      /* its pages */
  GByteArray *page;
  FlooPostings postings;
  gboolean ended;
  gint64 key;            /* of the list that is up */
} Source;

static void
source_clear (Source *self)
{
  g_clear_pointer (&self->places, g_free);
  g_clear_pointer (&self->query, floo_query_give_back);
  g_clear_pointer (&self->page, g_byte_array_unref);
}

static gboolean
next_page (Source *self, GError **error)
{
  gconstpointer data;
  gboolean row;
  gsize size;

  if (!floo_query_next (self->query, &row, error))
    return FALSE;
  self->ended = !row;
  if (!row)
    return TRUE;
  data = floo_query_blob (self->query, 1, &size);
  g_byte_array_set_size (self->page, 0);
  g_byte_array_append (self->page, data, (guint) size);
  floo_postings_init (&self->postings, self->page->data, size,
                      (guint32) (floo_query_int (self->query, 0) - FLOO_PAGE_KEY (self->chunk->id, 0)), self->chunk->docs);
  return TRUE;
}

/* Goes to the next list. */
static gboolean
source_next (Source *self, GError **error)
{
  while (!self->ended && !floo_postings_next (&self->postings))
    {
      if (self->postings.damaged)
        return floo_index_set_damaged (self->db, error);
      if (!next_page (self, error))
        return FALSE;
    }
  self->key = self->postings.key;
  return TRUE;
}

static gboolean
source_open (Source *self, FlooDb *db, const FlooChunk *chunk, GError **error)
{
  self->db = db;
  self->chunk = chunk;
  self->page = g_byte_array_new ();
  self->query = floo_query_take_ints (db, "search/pages-of-chunk",
                                      FLOO_INTS (FLOO_PAGE_KEY (chunk->id, 0), FLOO_PAGE_KEY (chunk->id + 1, 0)), error);
  return self->query != NULL && source_next (self, error);
}

/* Appends its messages that are alive to @docs. */
static gboolean
load_docs (FlooDb *db, const FlooChunk *chunk, guint number, GArray *docs, GError **error)
{
  g_autofree guint8 *dead = g_malloc (FLOO_BITMAP_BYTES (chunk->docs));
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);

  if (!floo_index_get_dead (db, chunk, dead, error))
    return FALSE;
  for (guint i = 0; i < floo_chunk_n_blocks (chunk); i++)
    {
      if (!floo_index_get_block (db, chunk, i, block, error))
        return FALSE;
      for (guint j = 0; j < block->n; j++)
        {
          Doc doc = { block->ids[j], block->times[j], number, i * FLOO_BLOCK_DOCS + j };

          if (!floo_bitmap_has (dead, doc.place))
            g_array_append_val (docs, doc);
        }
    }
  return TRUE;
}

/* Learns the new places. */
static void
map_places (Source *sources, const FlooChunk *chunks, guint n, const GArray *docs)
{
  for (guint i = 0; i < n; i++)
    {
      sources[i].places = g_new (guint32, chunks[i].docs);
      for (guint j = 0; j < chunks[i].docs; j++)
        sources[i].places[j] = G_MAXUINT32;
    }
  for (guint i = 0; i < docs->len; i++)
    {
      const Doc *doc = &g_array_index (docs, Doc, i);

      sources[doc->source].places[doc->place] = i;
    }
}

static int
compare_places (gconstpointer a, gconstpointer b)
{
  guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

  return left < right ? -1 : left > right;
}

/* The list of @key from all that have it, with new places, sorted; they go on to their next ones. */
static gboolean
take_list (Source *sources, guint n, gint64 key, GArray *old, GArray *places, GError **error)
{
  gboolean sorted = TRUE;

  g_array_set_size (places, 0);
  for (guint i = 0; i < n; i++)
    {
      Source *source = &sources[i];

      if (source->ended || source->key != key)
        continue;
      g_array_set_size (old, 0);
      if (!floo_postings_to_places (&source->postings, old))
        return floo_index_set_damaged (source->db, error);
      for (guint j = 0; j < old->len; j++)
        {
          guint32 place = source->places[g_array_index (old, guint32, j)];

          if (place == G_MAXUINT32)
            continue;
          sorted = sorted && (places->len == 0 || g_array_index (places, guint32, places->len - 1) < place);
          g_array_append_val (places, place);
        }
      if (!source_next (source, error))
        return FALSE;
    }
  if (!sorted)
    g_array_sort (places, compare_places);
  return TRUE;
}

static gboolean
merge_lists (Source *sources, guint n, Output *output, GError **error)
{
  g_autoptr (GArray) old = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GArray) places = g_array_new (FALSE, FALSE, sizeof (guint32));

  for (;;)
    {
      gint64 key = G_MAXINT64;

      for (guint i = 0; i < n; i++)
        if (!sources[i].ended)
          key = MIN (key, sources[i].key);
      if (key == G_MAXINT64)
        return flush_page (output, error);
      if (!take_list (sources, n, key, old, places, error))
        return FALSE;
      if (places->len > 0 && !output_list (output, (guint32) key, (const guint32 *) places->data, places->len, error))
        return FALSE;
    }
}

static gboolean
write_merged (FlooDb *db, const FlooChunk *chunks, guint n, Source *sources, GArray *docs, GError **error)
{
  g_auto (Output) output = { 0 };

  if (docs->len == 0)
    return TRUE;
  g_array_sort (docs, compare_docs);
  map_places (sources, chunks, n, docs);
  for (guint i = 0; i < n; i++)
    if (!source_open (&sources[i], db, &chunks[i], error))
      return FALSE;
  return output_begin (&output, db, (const Doc *) docs->data, docs->len, error) && merge_lists (sources, n, &output, error);
}

gboolean
floo_chunk_merge (FlooDb *db, const FlooChunk *chunks, guint n, GError **error)
{
  g_autoptr (GArray) docs = g_array_new (FALSE, FALSE, sizeof (Doc));
  g_autofree Source *sources = g_new0 (Source, n);
  gboolean ok = TRUE;

  for (guint i = 0; ok && i < n; i++)
    ok = load_docs (db, &chunks[i], i, docs, error);
  ok = ok && write_merged (db, chunks, n, sources, docs, error);
  for (guint i = 0; i < n; i++)
    source_clear (&sources[i]);
  for (guint i = 0; ok && i < n; i++)
    ok = floo_index_delete_chunk (db, &chunks[i], error);
  return ok;
}
