/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "store/chunk.h"
#include "store/index-add.h"
#include "store/query.h"

/* What one step takes at most; of messages no more than a chunk holds. */
#define STEP_NOTES 1000
#define STEP_MESSAGES FLOO_CHUNK_DOCS

typedef struct {
  FlooDb *index, *store;
  gint64 position;       /* messages up to this id were taken in by their order */
  gint64 changes;        /* notes up to this number are done */
  GArray *messages;      /* gint64: from the notes, descending, each once */
  GArray *conversations; /* gint64 */
  FlooChunkBuilder *builder;
  gboolean more;
} Step;

/* ---- taking in ---- */

static gboolean
add_new_messages (Step *step, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (step->store, "messages-above", FLOO_INTS (step->position, STEP_MESSAGES), error);
  guint n = 0;
  gboolean row;

  if (query == NULL)
    return FALSE;
  while (floo_query_next (query, &row, error))
    {
      if (!row || floo_chunk_builder_is_full (step->builder))
        {
          step->more = step->more || row || n == STEP_MESSAGES;
          return TRUE;
        }
      if (!floo_index_add_row (step->builder, step->store, query, error))
        return FALSE;
      step->position = floo_query_int (query, 0);
      n++;
    }
  return FALSE;
}

/* Those above the position come by their order. */
static gboolean
add_changed_messages (Step *step, GError **error)
{
  for (guint i = 0; i < step->messages->len; i++)
    {
      gint64 id = g_array_index (step->messages, gint64, i);

      if (id <= step->position && !floo_index_add (step->builder, step->store, id, error))
        return FALSE;
    }
  return TRUE;
}

/* ---- taking out ---- */

/* Marks the places of those of step->messages that are in @chunk. */
static gboolean
mark_messages (Step *step, const FlooChunk *chunk, guint8 *dead, gboolean *changed, GError **error)
{
  g_autoptr (GArray) ranges = floo_chunk_get_ranges (step->index, chunk, error);
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);
  guint number = 0;
  gboolean loaded = FALSE;

  if (ranges == NULL)
    return FALSE;
  for (guint i = 0; i < step->messages->len; i++)
    {
      gint64 id = g_array_index (step->messages, gint64, i);

      if (id > chunk->highest || id < chunk->lowest)
        continue;
      /* Both go down. */
      while (number + 1 < ranges->len && g_array_index (ranges, FlooBlockRange, number + 1).first >= id)
        {
          number++;
          loaded = FALSE;
        }
      if (!loaded && !floo_chunk_get_block (step->index, chunk, number, block, error))
        return FALSE;
      loaded = TRUE;
      for (guint j = 0; j < block->n; j++)
        if (block->ids[j] == id)
          {
            floo_bitmap_add (dead, number * FLOO_BLOCK_DOCS + j);
            *changed = TRUE;
          }
    }
  return TRUE;
}

/* Marks those of a conversation that the store has no more; other places come with its key. */
static gboolean
mark_conversation (Step *step, const FlooChunk *chunk, gint64 conversation, guint8 *dead, gboolean *changed, GError **error)
{
  g_autofree guint8 *places = g_malloc (FLOO_BITMAP_BYTES (chunk->docs));
  g_autofree FlooBlock *block = g_new (FlooBlock, 1);
  guint64 key = floo_key_of_filter (FLOO_FILTER_CONVERSATION, conversation);
  FlooKeyRange range = { key, key };
  g_autoptr (GArray) pages = floo_chunk_get_pages (step->index, chunk, error);
  guint number = G_MAXUINT;
  gboolean there;
  gint64 id;

  if (pages == NULL || !floo_chunk_find (step->index, chunk, pages, &range, places, error))
    return FALSE;
  for (guint place = 0; place < chunk->docs; place++)
    {
      if (!floo_bitmap_has (places, place) || floo_bitmap_has (dead, place))
        continue;
      if (place / FLOO_BLOCK_DOCS != number)
        {
          number = place / FLOO_BLOCK_DOCS;
          if (!floo_chunk_get_block (step->index, chunk, number, block, error))
            return FALSE;
        }
      if (!floo_query_get_int (step->store, "message-id", FLOO_INTS (block->ids[place % FLOO_BLOCK_DOCS]), &id, &there, error))
        return FALSE;
      if (there)
        continue;
      floo_bitmap_add (dead, place);
      *changed = TRUE;
    }
  return TRUE;
}

static gboolean
mark_in_chunk (Step *step, const FlooChunk *chunk, GError **error)
{
  g_autofree guint8 *dead = g_malloc (FLOO_BITMAP_BYTES (chunk->docs));
  gboolean changed = FALSE;

  if (!floo_chunk_get_dead (step->index, chunk, dead, error))
    return FALSE;
  if (step->messages->len > 0 && g_array_index (step->messages, gint64, 0) >= chunk->lowest
      && g_array_index (step->messages, gint64, step->messages->len - 1) <= chunk->highest
      && !mark_messages (step, chunk, dead, &changed, error))
    return FALSE;
  for (guint i = 0; i < step->conversations->len; i++)
    if (!mark_conversation (step, chunk, g_array_index (step->conversations, gint64, i), dead, &changed, error))
      return FALSE;
  return !changed || floo_chunk_set_dead (step->index, chunk, dead, error);
}

static gboolean
mark_all (Step *step, GError **error)
{
  g_autoptr (GArray) chunks = NULL;

  if (step->messages->len == 0 && step->conversations->len == 0)
    return TRUE;
  chunks = floo_chunks_get (step->index, error);
  if (chunks == NULL)
    return FALSE;
  for (guint i = 0; i < chunks->len; i++)
    if (!mark_in_chunk (step, &g_array_index (chunks, FlooChunk, i), error))
      return FALSE;
  return TRUE;
}

/* ---- a step ---- */

static int
compare_descending (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return left < right ? 1 : left > right ? -1 : 0;
}

static void
sort_and_unite (GArray *ids)
{
  guint n = 0;

  g_array_sort (ids, compare_descending);
  for (guint i = 0; i < ids->len; i++)
    if (i == 0 || g_array_index (ids, gint64, i) != g_array_index (ids, gint64, n - 1))
      g_array_index (ids, gint64, n++) = g_array_index (ids, gint64, i);
  g_array_set_size (ids, n);
}

static gboolean
read_notes (Step *step, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (step->store, "search-changes-after", FLOO_INTS (step->changes, STEP_NOTES), error);
  guint n = 0;
  gboolean row = query != NULL;

  while (row)
    {
      gint64 id;

      if (!floo_query_next (query, &row, error))
        return FALSE;
      if (!row)
        break;
      step->changes = floo_query_int (query, 0);
      id = floo_query_int (query, floo_query_is_null (query, 1) ? 2 : 1);
      g_array_append_val (floo_query_is_null (query, 1) ? step->conversations : step->messages, id);
      n++;
    }
  sort_and_unite (step->messages);
  sort_and_unite (step->conversations);
  step->more = n == STEP_NOTES;
  return query != NULL;
}

static gboolean
run_step (Step *step, GError **error)
{
  gint64 position, changes;

  if (!floo_index_get_state (step->index, "position", &step->position, error)
      || !floo_index_get_state (step->index, "changes", &step->changes, error))
    return FALSE;
  position = step->position;
  changes = step->changes;
  if (!read_notes (step, error) || !mark_all (step, error) || !add_changed_messages (step, error) || !add_new_messages (step, error)
      || !floo_chunk_builder_write (step->builder, step->index, error))
    return FALSE;
  return (position == step->position || floo_index_set_state (step->index, "position", step->position, error))
         && (changes == step->changes || floo_index_set_state (step->index, "changes", step->changes, error));
}

/* Runs it in a transaction of the index and a snapshot of the store. */
static gboolean
run_in_transactions (Step *step, GError **error)
{
  if (!floo_db_begin_read (step->store, error))
    return FALSE;
  if (!floo_db_begin_write (step->index, error))
    {
      floo_db_rollback (step->store);
      return FALSE;
    }
  if (run_step (step, error))
    {
      floo_db_rollback (step->store);
      FLOO_CRASH_POINT ("before-index-commit");
      if (floo_db_commit (step->index, error))
        {
          FLOO_CRASH_POINT ("after-index-commit");
          return TRUE;
        }
    }
  floo_db_rollback (step->store);
  floo_db_rollback (step->index);
  return FALSE;
}

gboolean
floo_index_step (FlooDb *index, FlooDb *store, gint64 *done, gboolean *more, GError **error)
{
  Step step = { .index = index, .store = store };
  gboolean ok;

  step.messages = g_array_new (FALSE, FALSE, sizeof (gint64));
  step.conversations = g_array_new (FALSE, FALSE, sizeof (gint64));
  step.builder = floo_chunk_builder_new ();
  ok = run_in_transactions (&step, error);
  *done = step.changes;
  *more = step.more;
  floo_chunk_builder_free (step.builder);
  g_array_unref (step.conversations);
  g_array_unref (step.messages);
  return ok;
}

gboolean
floo_index_is_ahead (FlooDb *index, FlooDb *store, gboolean *ahead, GError **error)
{
  gint64 position, changes, highest, last;

  if (!floo_index_get_state (index, "position", &position, error) || !floo_index_get_state (index, "changes", &changes, error)
      || !floo_query_get_int (store, "message-highest-ever", NULL, 0, &highest, NULL, error)
      || !floo_query_get_int (store, "search-changes-last", NULL, 0, &last, NULL, error))
    return FALSE;
  *ahead = position > highest || changes > last;
  return TRUE;
}
