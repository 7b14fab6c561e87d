/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/retention.h"

#include "store/engine/query.h"
#include "store/tables/gaps.h"
#include "store/tables/lived.h"
#include "store/tables/search-changes.h"
#include "store/tables/state.h"

#define STEP_ROWS 300
#define INTERVAL_MS (3600 * 1000)
#define DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

typedef struct {
  gint64 id;
  gint64 conversation;
} Row;

/* Begins a pass over all messages. */
static gboolean
begin (FlooDb *db, const FlooRetention *retention, FlooRetentionPass *pass, GError **error)
{
  gint64 count = 0, newest = 0;

  if ((retention->messages > 0 && !floo_query_get_int (db, "retention-count", NULL, 0, &count, NULL, error))
      || (retention->message_days > 0 && !floo_query_get_int (db, "retention-newest", NULL, 0, &newest, NULL, error)))
    return FALSE;
  pass->running = TRUE;
  pass->after = G_MININT64;
  pass->excess = retention->messages > 0 ? MAX (count - retention->messages, 0) : 0;
  pass->before = retention->message_days > 0 ? MIN (newest, floo_lived_now (db)) - retention->message_days * DAY_MS : G_MININT64;
  return TRUE;
}

/* Appends those of the next rows that are to be deleted; without further ones the pass ends. */
static gboolean
choose (FlooDb *db, FlooRetentionPass *pass, GArray *rows, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "retention-candidates", FLOO_INTS (pass->after, STEP_ROWS), error);
  gboolean row;
  guint n = 0;

  while (floo_query_next (query, &row, error))
    {
      const Row one = { row ? floo_query_int (query, 0) : 0, row ? floo_query_int (query, 1) : 0 };

      if (!row || (pass->excess == 0 && floo_query_int (query, 2) >= pass->before))
        {
          pass->running = row ? FALSE : n == STEP_ROWS;
          return TRUE;
        }
      n++;
      pass->after = one.id;
      pass->excess = MAX (pass->excess - 1, 0);
      if (floo_query_int (query, 3) == 0)
        g_array_append_val (rows, one);
    }
  return FALSE;
}

static gboolean
delete_row (FlooDb *db, const Row *row, GHashTable *up_to, GError **error)
{
  g_hash_table_insert (up_to, g_memdup2 (&row->conversation, sizeof row->conversation), g_memdup2 (&row->id, sizeof row->id));
  return floo_query_run_ints (db, "appended-delete", FLOO_INTS (row->id), NULL, error)
         && floo_query_run_ints (db, "message-delete", FLOO_INTS (row->id), NULL, error) && floo_search_changes_add (db, row->id, error);
}

static gboolean
delete_rows (FlooDb *db, const GArray *rows, GError **error)
{
  g_autoptr (GHashTable) up_to = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer conversation, id;

  for (guint i = 0; i < rows->len; i++)
    if (!delete_row (db, &g_array_index (rows, Row, i), up_to, error))
      return FALSE;
  g_hash_table_iter_init (&iter, up_to);
  while (g_hash_table_iter_next (&iter, &conversation, &id))
    if (!floo_query_run_ints (db, "retention-raise", FLOO_INTS (*(gint64 *) conversation, *(gint64 *) id), NULL, error)
        || !floo_gaps_cover (db, *(gint64 *) conversation, G_MININT64, *(gint64 *) id, error))
      return FALSE;
  return TRUE;
}

gboolean
floo_retention_step (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  FlooRetentionPass pass = state->retention;
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (Row));
  const gint64 now = floo_lived_now (db);

  *more = FALSE;
  if ((retention->message_days == 0 && retention->messages == 0) || (!pass.running && now < pass.next))
    return TRUE;
  if ((!pass.running && !begin (db, retention, &pass, error)) || !choose (db, &pass, rows, error) || !delete_rows (db, rows, error))
    return FALSE;
  pass.next = now + INTERVAL_MS;
  /* If this step is rolled back, its rows are skipped until the next pass. */
  state->retention = pass;
  *more = pass.running;
  return TRUE;
}
