/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/search.h"

#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/names.h"
#include "store/chunk.h"
#include "store/search/index.h"
#include "store/rows.h"
#include "store/search/text.h"
#include "store/search/terms.h"

/* So few candidates of a chunk are looked at rather than further keys. */
#define FEW 2

/*
 * A walk down one chunk's candidates. Until it is needed it only knows that it has none above the chunk's highest id: chunks whose
 * messages are older than those that were found in time are never looked into.
 */
typedef struct {
  FlooChunk chunk;
  gboolean open;
  gint64 id;              /* of the candidate that is up, or what it cannot be above */
  guint8 *candidates;     /* bitmap, once it is open */
  GArray *ranges;         /* FlooBlockRange */
  guint next;             /* place after the present one */
  FlooBlock *block;
  guint number;           /* of block */
} Walk;

typedef struct {
  FlooDb *db;
  FlooDb *index;
  const FlooSearch *search;
  FlooTerms *terms;
  GArray *keys;           /* FlooKeyRange, all of which a message must have */
  GArray *walks;          /* Walk */
  GString *text;          /* for putting texts together */
  GVariantBuilder found;
  guint n_found;
  gboolean more;          /* a message that matches has no place any more */
  gsize bytes;            /* left of the reply */
  gint64 last;            /* the last message that was looked at */
} Run;

static void
walk_close (Walk *walk)
{
  g_clear_pointer (&walk->candidates, g_free);
  g_clear_pointer (&walk->ranges, g_array_unref);
  g_clear_pointer (&walk->block, g_free);
}

static void
clear_walk (gpointer data)
{
  walk_close (data);
}

gboolean
floo_search_check_text (const char *text, GError **error)
{
  g_autoptr (FlooTerms) terms = NULL;

  if (strlen (text) > FLOO_SEARCH_TEXT)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The text to search for may have at most %u bytes", FLOO_SEARCH_TEXT);
      return FALSE;
    }
  terms = floo_terms_new (text);
  if (terms == NULL)
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "There is no word in the text to search for");
  return terms != NULL;
}

/* ---- the index's side ---- */

/* The reader's connection to the index; opened once, and again where the file is another one now. */
static gboolean
open_index (FlooDb *db, GError **error)
{
  g_autofree char *path = g_build_filename (db->folder, FLOO_SEARCH_FILE, NULL);
  struct stat info;

  if (stat (path, &info) != 0)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The search index is not there");
      return FALSE;
    }
  if (db->index != NULL && (db->index_device != info.st_dev || db->index_inode != info.st_ino))
    g_clear_pointer (&db->index, floo_db_close);
  if (db->index != NULL)
    return TRUE;
  db->index = floo_index_open_reader (db->folder, db->user_id, error);
  db->index_device = info.st_dev;
  db->index_inode = info.st_ino;
  return db->index != NULL;
}

static guint
count_places (const guint8 *bitmap, guint size)
{
  guint n = 0;

  for (guint i = 0; i < size; i++)
    n += (guint) __builtin_popcount (bitmap[i]);
  return n;
}

/* The places that may have all keys and are alive. @any: (out) */
static gboolean
find_candidates (Run *run, Walk *walk, gboolean *any, GError **error)
{
  guint size = FLOO_BITMAP_BYTES (walk->chunk.docs);
  g_autofree guint8 *places = g_malloc (size);
  g_autoptr (GArray) pages = floo_chunk_get_pages (run->index, &walk->chunk, error);
  guint n = G_MAXUINT;

  if (pages == NULL || !floo_chunk_get_dead (run->index, &walk->chunk, places, error))
    return FALSE;
  for (guint i = 0; i < size; i++)
    walk->candidates[i] = (guint8) ~places[i];
  for (guint i = 0; n > FEW && i < run->keys->len; i++)
    {
      if (!floo_chunk_find (run->index, &walk->chunk, pages, &g_array_index (run->keys, FlooKeyRange, i), places, error))
        return FALSE;
      for (guint j = 0; j < size; j++)
        walk->candidates[j] &= places[j];
      n = count_places (walk->candidates, size);
    }
  *any = n > 0;
  return TRUE;
}

static gboolean
is_in_time (const FlooSearch *search, gint64 newest, gint64 oldest)
{
  return newest >= search->since && oldest <= search->until;
}

/* The next place with a bit from walk->next on, or the chunk's end. Blocks out of the time wanted are passed over. */
static guint
next_candidate (Run *run, Walk *walk)
{
  guint place = walk->next;

  while (place < walk->chunk.docs)
    {
      const FlooBlockRange *range = &g_array_index (walk->ranges, FlooBlockRange, place / FLOO_BLOCK_DOCS);

      if (!is_in_time (run->search, range->newest, range->oldest))
        place = (place / FLOO_BLOCK_DOCS + 1) * FLOO_BLOCK_DOCS;
      else if (walk->candidates[place >> 3] == 0)
        place = (place | 7) + 1;
      else if (floo_bitmap_has (walk->candidates, place))
        return place;
      else
        place++;
    }
  return walk->chunk.docs;
}

/* Goes to the next candidate; at the end the walk is closed and its id G_MININT64. */
static gboolean
walk_on (Run *run, Walk *walk, GError **error)
{
  for (;;)
    {
      guint place = next_candidate (run, walk);
      guint number = place / FLOO_BLOCK_DOCS;
      gint64 time;

      if (place >= walk->chunk.docs)
        {
          walk->id = G_MININT64;
          walk_close (walk);
          return TRUE;
        }
      walk->next = place + 1;
      if (number != walk->number)
        {
          if (!floo_chunk_get_block (run->index, &walk->chunk, number, walk->block, error))
            return FALSE;
          walk->number = number;
        }
      walk->id = walk->block->ids[place % FLOO_BLOCK_DOCS];
      time = walk->block->times[place % FLOO_BLOCK_DOCS];
      if (is_in_time (run->search, time + walk->block->slack, time))
        return TRUE;
    }
}

static gboolean
walk_open (Run *run, Walk *walk, GError **error)
{
  gboolean any = FALSE;

  walk->open = TRUE;
  walk->id = G_MININT64;
  if (!is_in_time (run->search, walk->chunk.newest, walk->chunk.oldest))
    return TRUE;
  walk->candidates = g_malloc (FLOO_BITMAP_BYTES (walk->chunk.docs));
  if (!find_candidates (run, walk, &any, error))
    return FALSE;
  if (!any)
    {
      walk_close (walk);
      return TRUE;
    }
  walk->ranges = floo_chunk_get_ranges (run->index, &walk->chunk, error);
  walk->block = g_new (FlooBlock, 1);
  walk->number = G_MAXUINT;
  return walk->ranges != NULL && walk_on (run, walk, error);
}

/* The walk whose candidate is the newest, opened; NULL in *@walk: there is none. */
static gboolean
pick (Run *run, Walk **walk, GError **error)
{
  do
    {
      *walk = NULL;
      for (guint i = 0; i < run->walks->len; i++)
        {
          Walk *one = &g_array_index (run->walks, Walk, i);

          if (one->id != G_MININT64 && (*walk == NULL || one->id > (*walk)->id))
            *walk = one;
        }
      if (*walk == NULL || (*walk)->open)
        return TRUE;
    }
  while (walk_open (run, *walk, error));
  return FALSE;
}

/* ---- the store's side ---- */

static gboolean
passes (const FlooSearch *search, const FlooMessage *message)
{
  return (search->conversation < 0 || message->conversation == search->conversation) && (search->from < 0 || message->from == search->from)
         && (search->type < 0 || message->type == search->type) && message->timestamp >= search->since
         && message->timestamp <= search->until;
}

static void
add (Run *run, FlooMessage *message, const char *text, gsize start, gsize end)
{
  g_autofree char *snippet = floo_snippet_new (text, start, end);
  gsize size = floo_message_size (message) + strlen (snippet);
  GVariantDict extra;

  if (run->n_found == run->search->limit || (size > run->bytes && run->n_found > 0))
    {
      run->more = TRUE;
      return;
    }
  run->bytes -= MIN (size, run->bytes);
  run->n_found++;
  g_variant_dict_init (&extra, NULL);
  g_variant_dict_insert (&extra, "snippet", "s", snippet);
  message->extra = g_variant_ref_sink (g_variant_dict_end (&extra));
  g_variant_builder_add_value (&run->found, floo_message_to_variant (message));
  g_clear_pointer (&message->extra, g_variant_unref);
}

/* Looks at the message itself: the index only says that it may be one. */
static gboolean
look_at (Run *run, gint64 id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (run->db, "message-get", FLOO_INTS (id), error);
  g_auto (FlooMessageRow) row = { 0 };
  const char *text;
  gsize start, end;
  gboolean there;

  if (query == NULL || !floo_query_next (query, &there, error))
    return FALSE;
  if (!there)
    return TRUE;
  if (!floo_message_row_read (&row, run->db, query, error))
    return FALSE;
  if (!passes (run->search, &row.message))
    return TRUE;
  text = floo_search_text (&row.message, run->text);
  if (floo_terms_match (run->terms, text, &start, &end))
    add (run, &row.message, text, start, end);
  return TRUE;
}

/* ---- together ---- */

static void
collect_keys (Run *run)
{
  const FlooSearch *search = run->search;
  const gint64 filters[] = { search->conversation, search->from, search->type };

  /* A filter may leave little, and is always quick. */
  for (guint i = 0; i < G_N_ELEMENTS (filters); i++)
    if (filters[i] >= 0)
      {
        guint64 key = floo_key_of_filter ((FlooFilter) i, filters[i]);
        FlooKeyRange range = { key, key };

        g_array_append_val (run->keys, range);
      }
  floo_terms_get_ranges (run->terms, run->keys);
}

static gboolean
prepare (Run *run, GError **error)
{
  g_autoptr (GArray) chunks = floo_chunks_get (run->index, error);

  if (chunks == NULL)
    return FALSE;
  collect_keys (run);
  for (guint i = 0; i < chunks->len; i++)
    {
      Walk walk = { .chunk = g_array_index (chunks, FlooChunk, i) };

      walk.id = walk.chunk.highest;
      g_array_append_val (run->walks, walk);
    }
  return TRUE;
}

static gboolean
find (Run *run, GError **error)
{
  gint64 before = run->search->before > 0 ? run->search->before : G_MAXINT64;

  while (!run->more)
    {
      Walk *walk;

      if (!pick (run, &walk, error))
        return FALSE;
      if (walk == NULL)
        return TRUE;
      /* It is in two chunks for a moment when it was changed. */
      if (walk->id < before && walk->id != run->last && !look_at (run, walk->id, error))
        return FALSE;
      run->last = walk->id;
      if (!walk_on (run, walk, error))
        return FALSE;
    }
  return TRUE;
}

GVariant *
floo_search_run (FlooDb *db, const FlooSearch *search, gboolean *more, GError **error)
{
  g_autoptr (FlooTerms) terms = NULL;
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (FlooKeyRange));
  g_autoptr (GArray) walks = g_array_new (FALSE, FALSE, sizeof (Walk));
  Run run = { .db = db, .search = search, .keys = keys, .walks = walks, .bytes = FLOO_PAGE_BYTES, .last = G_MININT64 };
  gboolean ok;

  if (!floo_search_check_text (search->text, error) || !open_index (db, error))
    return NULL;
  terms = floo_terms_new (search->text);
  run.terms = terms;
  run.index = db->index;
  if (!floo_db_begin_read (run.index, error))
    return NULL;
  g_array_set_clear_func (walks, clear_walk);
  run.text = g_string_new (NULL);
  g_variant_builder_init (&run.found, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  ok = prepare (&run, error) && find (&run, error);
  floo_db_rollback (run.index);
  g_string_free (run.text, TRUE);
  if (more != NULL)
    *more = run.more;
  if (ok)
    return g_variant_builder_end (&run.found);
  g_variant_builder_clear (&run.found);
  return NULL;
}
