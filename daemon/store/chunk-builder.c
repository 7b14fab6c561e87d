/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/chunk-builder.h"

#include <stdlib.h>

#include "store/query.h"
#include "store/sort.h"

/* A page is closed from so many bytes on: a search decodes half of one, and short rows leave little of SQLite's pages unused. */
#define PAGE_BYTES 992
/* It is full when so many keys are left of its room: the next message may have them. */
#define ROOM (FLOO_BUILDER_ENTRIES / 8)
/* A key that has so many times the places of a shared list has one of its own. */
#define OWN_TIMES 4
#define SHARED_MOST (OWN_TIMES * FLOO_CHUNK_DOCS / 1024)
/* A beginning that more than this part of the messages have, as counted by keys, has a list of its own. */
#define BEGINNING_PART 2
#define BEGINNING_LEAST 64

typedef struct {
  gint64 id;
  gint64 time;     /* ms */
  guint32 number;  /* in the order they were added */
} Doc;

struct _FlooChunkBuilder {
  GArray *docs;      /* Doc */
  GArray *entries;   /* guint64: key << FLOO_PLACE_BITS | number of the message, then its place */
};

FlooChunkBuilder *
floo_chunk_builder_new (void)
{
  FlooChunkBuilder *self = g_new0 (FlooChunkBuilder, 1);

  self->docs = g_array_new (FALSE, FALSE, sizeof (Doc));
  self->entries = g_array_new (FALSE, FALSE, sizeof (guint64));
  return self;
}

void
floo_chunk_builder_free (FlooChunkBuilder *self)
{
  g_array_unref (self->docs);
  g_array_unref (self->entries);
  g_free (self);
}

void
floo_chunk_builder_add (FlooChunkBuilder *self, gint64 id, gint64 timestamp, const GArray *keys)
{
  Doc doc = { id, timestamp, self->docs->len };

  for (guint i = 0; i < keys->len; i++)
    {
      guint64 entry = g_array_index (keys, guint64, i) << FLOO_PLACE_BITS | doc.number;

      g_array_append_val (self->entries, entry);
    }
  g_array_append_val (self->docs, doc);
}

gboolean
floo_chunk_builder_is_full (FlooChunkBuilder *self)
{
  return self->docs->len >= FLOO_CHUNK_DOCS || self->entries->len >= FLOO_BUILDER_ENTRIES - ROOM;
}

/* ---- messages ---- */

/* Newest first. */
static int
compare_docs (gconstpointer a, gconstpointer b)
{
  const Doc *left = a, *right = b;

  return left->id < right->id ? 1 : left->id > right->id ? -1 : 0;
}

static void
append_number (GByteArray *bytes, guint64 value)
{
  guint64 little = GUINT64_TO_LE (value);

  g_byte_array_append (bytes, (const guint8 *) &little, sizeof little);
}

static gboolean
put_part (FlooDb *index, const char *name, gint64 chunk, guint number, const GByteArray *data, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (index, name, FLOO_INTS (FLOO_PART_KEY (chunk, number)), error);

  if (query == NULL)
    return FALSE;
  floo_query_bind_blob (query, 2, data->data, data->len);
  return floo_query_run (query, error);
}

/* @range: (out) */
static gboolean
write_block (FlooDb *index, gint64 chunk, guint number, const Doc *docs, guint n, FlooBlockRange *range, GError **error)
{
  g_autoptr (GByteArray) data = g_byte_array_new ();
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);

  *range = (FlooBlockRange){ docs[0].id, G_MININT64, G_MAXINT64 };
  block->n = n;
  for (guint i = 0; i < n; i++)
    {
      block->ids[i] = docs[i].id;
      block->times[i] = docs[i].time;
      range->newest = MAX (range->newest, docs[i].time);
      range->oldest = MIN (range->oldest, docs[i].time);
    }
  floo_block_put (data, block);
  return put_part (index, "search/block-put", chunk, number, data, error);
}

/* @ranges: what the chunk's row says of them */
static gboolean
write_blocks (FlooChunkBuilder *self, FlooDb *index, FlooChunk *chunk, GByteArray *ranges, GError **error)
{
  const Doc *docs = (const Doc *) self->docs->data;

  for (guint i = 0; i < chunk->docs; i += FLOO_BLOCK_DOCS)
    {
      FlooBlockRange range;

      if (!write_block (index, chunk->id, i / FLOO_BLOCK_DOCS, docs + i, MIN (FLOO_BLOCK_DOCS, chunk->docs - i), &range, error))
        return FALSE;
      append_number (ranges, (guint64) range.first);
      append_number (ranges, (guint64) range.newest);
      append_number (ranges, (guint64) range.oldest);
      chunk->newest = MAX (chunk->newest, range.newest);
      chunk->oldest = MIN (chunk->oldest, range.oldest);
    }
  return TRUE;
}

/* ---- keys ---- */

static inline guint64
key_of (guint64 entry)
{
  return entry >> FLOO_PLACE_BITS;
}

static inline guint32
place_of (guint64 entry)
{
  return (guint32) entry & (FLOO_CHUNK_DOCS - 1);
}

/* The entries name places now, in order, each once. */
static void
sort_entries (FlooChunkBuilder *self)
{
  g_autofree guint32 *places = g_new (guint32, self->docs->len);
  guint64 *entries = (guint64 *) (gpointer) self->entries->data;
  guint n = 0;

  for (guint i = 0; i < self->docs->len; i++)
    places[g_array_index (self->docs, Doc, i).number] = i;
  for (guint i = 0; i < self->entries->len; i++)
    entries[i] = key_of (entries[i]) << FLOO_PLACE_BITS | places[place_of (entries[i])];
  floo_sort (entries, self->entries->len);
  for (guint i = 0; i < self->entries->len; i++)
    if (i == 0 || entries[i] != entries[n - 1])
      entries[n++] = entries[i];
  g_array_set_size (self->entries, n);
}

/* A chunk's pages being written. */
typedef struct {
  FlooDb *index;
  gint64 chunk;
  guint n_docs;
  GByteArray *firsts;    /* keys of the pages */
  guint n_pages;
  GByteArray *bytes;     /* of the page that has begun, if there are any */
  FlooPage page;
  guint32 *places;       /* room for as many as there are messages */
  /* The shared list that has begun, if it has entries. */
  guint64 from;          /* no key is below that is not in a list yet */
  guint64 first, last;   /* its keys */
  guint n_shared;
  guint32 shared[SHARED_MOST];
} Output;

static gboolean
flush_page (Output *self, GError **error)
{
  if (self->bytes->len == 0)
    return TRUE;
  floo_page_end (&self->page);
  if (!put_part (self->index, "search/page-put", self->chunk, self->n_pages++, self->bytes, error))
    return FALSE;
  g_byte_array_set_size (self->bytes, 0);
  return TRUE;
}

static gboolean
put_list (Output *self, FlooListType type, guint64 key, const guint32 *places, guint n, GError **error)
{
  if (self->bytes->len >= PAGE_BYTES && !flush_page (self, error))
    return FALSE;
  if (self->bytes->len == 0)
    {
      append_number (self->firsts, key);
      floo_page_begin (&self->page, self->bytes, key, self->n_docs);
    }
  floo_page_add (&self->page, type, key, places, n);
  return TRUE;
}

/* The number from @least to @most that ends with the most zeros: the shortest one to write. */
static guint64
roundest (guint64 least, guint64 most)
{
  guint bits;

  if (least == 0)
    return 0;
  bits = floo_bit_width ((least - 1) ^ most) - 1;
  return most >> bits << bits;
}

/* Sorts some places and leaves each once. Returns: how many there are then */
static guint
sort_places (guint32 *places, guint n)
{
  guint n_sorted = 0;

  for (guint i = 0; i < n; i++)
    {
      guint32 place = places[i];
      guint at = n_sorted;

      while (at > 0 && places[at - 1] > place)
        at--;
      if (at > 0 && places[at - 1] == place)
        continue;
      memmove (places + at + 1, places + at, (n_sorted - at) * sizeof *places);
      places[at] = place;
      n_sorted++;
    }
  return n_sorted;
}

static gboolean
flush_shared (Output *self, GError **error)
{
  guint n = sort_places (self->shared, self->n_shared);
  guint64 key;

  if (n == 0)
    return TRUE;
  key = roundest (self->from, self->first);
  self->n_shared = 0;
  self->from = self->last + 1;
  return put_list (self, FLOO_LIST_SHARED, key, self->shared, n, error);
}

/* The list of a key that has @n entries. */
static gboolean
put_key (Output *self, const guint64 *entries, guint n, GError **error)
{
  guint64 key = key_of (entries[0]);
  guint least = floo_shared_least (self->n_docs);

  if (n >= OWN_TIMES * least)
    {
      for (guint i = 0; i < n; i++)
        self->places[i] = place_of (entries[i]);
      if (!flush_shared (self, error))
        return FALSE;
      self->from = key + 1;
      return put_list (self, FLOO_LIST_OWN, key, self->places, n, error);
    }
  if (self->n_shared == 0)
    self->first = key;
  for (guint i = 0; i < n; i++)
    self->shared[self->n_shared++] = place_of (entries[i]);
  self->last = key;
  return self->n_shared < least || flush_shared (self, error);
}

/* The list of a beginning, which the entries from the first one on have; not where they are of one key. */
static gboolean
put_beginning (Output *self, const guint64 *entries, guint n, guint shift, GError **error)
{
  g_autofree guint8 *bitmap = g_malloc0 (FLOO_BITMAP_BYTES (self->n_docs));
  guint64 beginning = key_of (entries[0]) >> shift, last = 0;
  guint n_places = 0;

  for (guint i = 0; i < n && key_of (entries[i]) >> shift == beginning; i++)
    {
      floo_bitmap_add (bitmap, place_of (entries[i]));
      last = key_of (entries[i]);
    }
  if (last == key_of (entries[0]))
    return TRUE;
  for (guint i = 0; i < self->n_docs; i++)
    if (floo_bitmap_has (bitmap, i))
      self->places[n_places++] = i;
  if (!flush_shared (self, error))
    return FALSE;
  self->from = beginning << shift;
  return put_list (self, FLOO_LIST_BEGINNING, self->from, self->places, n_places, error);
}

/* Those that begin with the first entry, and are frequent. */
static gboolean
put_beginnings (Output *self, const guint64 *entries, guint n, guint64 last, GError **error)
{
  guint64 key = key_of (entries[0]), shorter = G_MAXUINT64;
  guint many = MAX (self->n_docs / BEGINNING_PART, BEGINNING_LEAST);

  for (const guint8 *shift = floo_key_beginnings (key); *shift != 0; shift++)
    {
      guint64 beginning = key >> *shift << *shift;

      if (many >= n || key_of (entries[many]) >> *shift != key >> *shift)
        return TRUE;
      if (beginning != shorter && last >> *shift != key >> *shift && !put_beginning (self, entries, n, *shift, error))
        return FALSE;
      shorter = beginning;
    }
  return TRUE;
}

static gboolean
put_keys (Output *self, const GArray *sorted, GError **error)
{
  const guint64 *entries = (const guint64 *) (gconstpointer) sorted->data;
  guint64 last = G_MAXUINT64;
  guint end;

  for (guint i = 0; i < sorted->len; i = end)
    {
      guint64 key = key_of (entries[i]);

      end = i + 1;
      while (end < sorted->len && key_of (entries[end]) == key)
        end++;
      if (!put_beginnings (self, entries + i, sorted->len - i, last, error) || !put_key (self, entries + i, end - i, error))
        return FALSE;
      last = key;
    }
  return flush_shared (self, error) && flush_page (self, error);
}

static gboolean
write_keys (FlooChunkBuilder *self, FlooDb *index, const FlooChunk *chunk, GByteArray *firsts, GError **error)
{
  g_autofree guint32 *places = g_new (guint32, chunk->docs);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  Output output
      = { .index = index, .chunk = chunk->id, .n_docs = chunk->docs, .firsts = firsts, .bytes = bytes, .places = places };

  return put_keys (&output, self->entries, error);
}

/* ---- together ---- */

static gboolean
write_chunk (FlooDb *index, const FlooChunk *chunk, const GByteArray *ranges, const GByteArray *firsts, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (index, "search/chunk-add",
                                                      FLOO_INTS (chunk->id, chunk->docs, chunk->entries, chunk->highest, chunk->lowest,
                                                                 chunk->newest, chunk->oldest), error);

  if (query == NULL)
    return FALSE;
  floo_query_bind_blob (query, 8, ranges->data, ranges->len);
  floo_query_bind_blob (query, 9, firsts->data, firsts->len);
  return floo_query_run (query, error);
}

gboolean
floo_chunk_builder_write (FlooChunkBuilder *self, FlooDb *index, GError **error)
{
  g_autoptr (GByteArray) ranges = g_byte_array_new ();
  g_autoptr (GByteArray) firsts = g_byte_array_new ();
  FlooChunk chunk = { .docs = self->docs->len, .newest = G_MININT64, .oldest = G_MAXINT64 };

  if (chunk.docs == 0)
    return TRUE;
  if (!floo_query_get_int (index, "search/chunk-next-id", NULL, 0, &chunk.id, NULL, error))
    return FALSE;
  g_array_sort (self->docs, compare_docs);
  sort_entries (self);
  chunk.entries = self->entries->len;
  chunk.highest = g_array_index (self->docs, Doc, 0).id;
  chunk.lowest = g_array_index (self->docs, Doc, chunk.docs - 1).id;
  if (!write_blocks (self, index, &chunk, ranges, error) || !write_keys (self, index, &chunk, firsts, error)
      || !write_chunk (index, &chunk, ranges, firsts, error))
    return FALSE;
  g_array_set_size (self->docs, 0);
  g_array_set_size (self->entries, 0);
  return TRUE;
}
