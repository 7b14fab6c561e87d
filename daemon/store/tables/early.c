/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/early.h"

#include "store/tables/lived.h"
#include "store/engine/query.h"

gboolean
floo_early_add (FlooDb *db, const FlooEarly *early, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (
      db, "early-add",
      FLOO_INTS (early->id, early->message, floo_lived_now (db), early->type, early->ours ? 1 : 0, early->edit_timestamp), error);

  floo_query_bind_text (query, 7, early->content);
  floo_query_bind_text (query, 8, early->config);
  floo_query_bind_text (query, 9, early->ext);
  floo_query_bind_int (query, 10, early->from);
  return floo_query_run (query, error);
}

gboolean
floo_early_any (FlooDb *db, gboolean *any, GError **error)
{
  return floo_query_find (db, "early-any", NULL, 0, any, error);
}

gboolean
floo_early_is_unread_after (FlooDb *db, gint64 message, gint64 id, gboolean *unread, GError **error)
{
  return floo_query_find (db, "early-is-unread-after", FLOO_INTS (message, id), unread, error);
}

gboolean
floo_early_take (FlooDb *db, gint64 message, FlooEarlyFunc func, gpointer user_data, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "early-get", FLOO_INTS (message), error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      FlooEarly early = { .message = message };

      if (!row)
        return floo_query_run_ints (db, "early-delete", FLOO_INTS (message), NULL, error);
      early.id = floo_query_int (query, 0);
      early.type = (int) floo_query_int (query, 1);
      early.ours = floo_query_int (query, 2) != 0;
      early.edit_timestamp = floo_query_int (query, 3);
      early.content = floo_query_text (query, 4);
      early.config = floo_query_text (query, 5);
      early.ext = floo_query_text (query, 6);
      early.from = floo_query_int (query, 7);
      if (!func (&early, user_data, error))
        return FALSE;
    }
  return FALSE;
}

gboolean
floo_applied_add (FlooDb *db, gint64 id, gboolean *is_new, GError **error)
{
  guint changed;

  if (!floo_query_run_ints (db, "applied-add", FLOO_INTS (id, floo_lived_now (db)), &changed, error))
    return FALSE;
  *is_new = changed > 0;
  return TRUE;
}
