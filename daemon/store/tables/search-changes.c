/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/search-changes.h"

#include "store/engine/query.h"
#include "store/tables/state.h"

/* Notes that one transaction forgets. */
#define PRUNE_STEP 2000

gboolean
floo_search_changes_load (FlooDb *db, GError **error)
{
  FlooTablesState *state = floo_state_get (db);

  return floo_query_get_int (db, "message-highest-ever", NULL, 0, &state->highest_message, NULL, error);
}

gboolean
floo_search_changes_add_new (FlooDb *db, gint64 message, GError **error)
{
  FlooTablesState *state = floo_state_get (db);

  /* After a rollback the number may be too high, which only causes some additional notes. */
  if (message > state->highest_message)
    {
      state->highest_message = message;
      return TRUE;
    }
  return floo_search_changes_add (db, message, error);
}

gboolean
floo_search_changes_add (FlooDb *db, gint64 message, GError **error)
{
  return floo_query_run_ints (db, "search-change-add", FLOO_INTS (message), NULL, error);
}

gboolean
floo_search_changes_add_conversation (FlooDb *db, gint64 conversation, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "search-change-add", error);

  floo_query_bind_int (query, 2, conversation);
  return floo_query_run (query, error);
}

gboolean
floo_search_changes_prune (FlooDb *db, gint64 done, gboolean *more, GError **error)
{
  gint64 first;

  *more = FALSE;
  if (!floo_query_get_int (db, "search-changes-first", NULL, 0, &first, NULL, error))
    return FALSE;
  if (first == 0 || first >= done)
    return TRUE;
  *more = done - first > PRUNE_STEP;
  return floo_query_run_ints (db, "search-changes-prune", FLOO_INTS (MIN (done, first + PRUNE_STEP)), NULL, error);
}
