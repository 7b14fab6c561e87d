/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/step.h"

#include <stdlib.h>
#include <string.h>

#include "base/crash.h"
#include "store/tables/rows.h"
#include "store/search/spans.h"
#include "store/search/text.h"
#include "store/search/tokens.h"

/* The limits of one step. */
#define STEP_NOTES 1000
#define STEP_MESSAGES 4000
#define STEP_BYTES (4u << 20)
/* Pages that are written at once when parts of the index are merged. */
#define MERGE_PAGES 128
/* How many free pages of the file are released at once, and from how many on. */
#define VACUUM_PAGES 256
/* It is rebuilt after more deletions than this number, and than this fraction of the added messages. */
#define MANY_GONE 10000
#define PART_GONE 16

typedef struct {
  FlooDb *index, *store;
  gint64 position;       /* messages up to this id were taken in by their order */
  gint64 changes;        /* notes up to this number are done */
  GArray *messages;      /* gint64: from the notes, ascending, each once */
  GArray *conversations; /* gint64 */
  FlooSpanWriter spans;
  GString *text, *tokens;
  gsize bytes;           /* of the tokens that were added */
  gboolean more;
} Step;

/* ---- adding ---- */

/* Adds the message of @query's present row. One that was added before keeps its old tokens, too: matches are checked in the store. */
static gboolean
add_row (Step *step, FlooQuery *query, gboolean is_newest, GError **error)
{
  g_auto (FlooMessageRow) row = { 0 };
  g_autoptr (FlooQuery) add = NULL;
  gint64 rowid;

  if (!floo_message_row_read (&row, step->store, query, error))
    return FALSE;
  floo_tokens_of_message (step->tokens, &row.message, floo_search_text (&row.message, step->text));
  step->bytes += step->tokens->len;
  add = floo_query_take (step->index, "search/add", error);
  if (add == NULL || !floo_span_writer_add (&step->spans, row.message.id, row.message.timestamp, is_newest, &rowid, error))
    return FALSE;
  floo_query_bind_int (add, 1, rowid);
  floo_query_bind_text (add, 2, step->tokens->str);
  return floo_query_run (add, error);
}

static gboolean
add_new_messages (Step *step, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (step->store, "messages-above", FLOO_INTS (step->position, STEP_MESSAGES), error);
  guint n = 0;
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      if (!row || step->bytes >= STEP_BYTES)
        {
          step->more = step->more || row || n == STEP_MESSAGES;
          return TRUE;
        }
      if (!add_row (step, query, TRUE, error))
        return FALSE;
      step->position = floo_query_int (query, 0);
      n++;
    }
  return FALSE;
}

/* Those above the position come by their order. @gone: (inout): raised for one that the store does not have any more */
static gboolean
add_changed_message (Step *step, gint64 id, gint64 *gone, GError **error)
{
  g_autoptr (FlooQuery) query = NULL;
  gboolean row;

  if (id > step->position)
    return TRUE;
  query = floo_query_take_ints (step->store, "message-get", FLOO_INTS (id), error);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  if (row)
    return add_row (step, query, FALSE, error);
  (*gone)++;
  return TRUE;
}

static gboolean
add_changed_messages (Step *step, GError **error)
{
  gint64 gone = 0;

  for (guint i = 0; i < step->messages->len; i++)
    if (!add_changed_message (step, g_array_index (step->messages, gint64, i), &gone, error))
      return FALSE;
  return gone == 0 || floo_query_run_ints (step->index, "search/gone-add", FLOO_INTS (gone), NULL, error);
}

/* How many messages of a deleted conversation are in the index and not in the store. */
static gboolean
count_gone (Step *step, gint64 conversation, GError **error)
{
  g_autofree char *expression = floo_tokens_expression_of_conversation (conversation);
  g_autoptr (FlooQuery) query = floo_query_take (step->index, "search/count", error);
  gint64 here, there;
  gboolean row;

  floo_query_bind_text (query, 1, expression);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  here = floo_query_int (query, 0);
  return floo_query_get_int (step->store, "messages-of-conversation-count", FLOO_INTS (conversation), &there, NULL, error)
         && floo_query_run_ints (step->index, "search/gone-put", FLOO_INTS (conversation, MAX (here - there, 0)), NULL, error);
}

static gboolean
count_all_gone (Step *step, GError **error)
{
  for (guint i = 0; i < step->conversations->len; i++)
    if (!count_gone (step, g_array_index (step->conversations, gint64, i), error))
      return FALSE;
  return TRUE;
}

/* ---- a step ---- */

static int
compare_ascending (gconstpointer a, gconstpointer b)
{
  gint64 left = *(const gint64 *) a, right = *(const gint64 *) b;

  return left < right ? -1 : left > right;
}

static void
sort_and_unite (GArray *ids)
{
  guint n = 0;

  g_array_sort (ids, compare_ascending);
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
  if (!read_notes (step, error) || !add_changed_messages (step, error) || !add_new_messages (step, error)
      || !floo_span_writer_finish (&step->spans, error) || !count_all_gone (step, error))
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
  floo_span_writer_init (&step.spans, index);
  step.text = g_string_new (NULL);
  step.tokens = g_string_new (NULL);
  ok = run_in_transactions (&step, error);
  *done = step.changes;
  *more = step.more;
  g_string_free (step.tokens, TRUE);
  g_string_free (step.text, TRUE);
  floo_span_writer_clear (&step.spans);
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

/* ---- tidying ---- */

static gboolean
merge (FlooDb *index, gboolean *some, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (index, "search/merge", error);
  const int before = sqlite3_total_changes (index->handle);

  floo_query_bind_int (query, 1, MERGE_PAGES);
  floo_query_bind_text (query, 2, "merge");
  if (!floo_query_run (query, error))
    return FALSE;
  /* FTS5 has more to merge if there are at least two changes: the statement itself counts as one. */
  *some = sqlite3_total_changes (index->handle) - before >= 2;
  return TRUE;
}

/* Releases some of the file's free pages. */
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
floo_index_tidy (FlooDb *index, gboolean *more, GError **error)
{
  if (!floo_db_begin_write (index, error))
    return FALSE;
  if (merge (index, more, error) && (*more || vacuum (index, more, error)) && floo_db_commit (index, error))
    return TRUE;
  floo_db_rollback (index);
  return FALSE;
}

gboolean
floo_index_is_stale (FlooDb *index, gboolean *stale, GError **error)
{
  gint64 gone, added;

  if (!floo_query_get_int (index, "search/gone-total", NULL, 0, &gone, NULL, error) || !floo_spans_count (index, &added, error)
      || !floo_spans_are_crowded (index, stale, error))
    return FALSE;
  *stale = *stale || (gone > MANY_GONE && gone > added / PART_GONE);
  return TRUE;
}
