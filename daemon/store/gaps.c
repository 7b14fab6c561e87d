/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gaps.h"

#include "store/query.h"

gboolean
floo_gaps_add (FlooDb *db, gint64 conversation, gint64 id, GError **error)
{
  return floo_query_run_ints (db, "gap-add", FLOO_INTS (conversation, id), NULL, error);
}

gboolean
floo_gaps_cover (FlooDb *db, gint64 conversation, gint64 from, gint64 to, GError **error)
{
  return floo_query_run_ints (db, "gap-cover", FLOO_INTS (conversation, from, to), NULL, error);
}

gboolean
floo_gaps_set_complete (FlooDb *db, gint64 conversation, GError **error)
{
  return floo_query_run_ints (db, "gap-set-complete", FLOO_INTS (conversation), NULL, error);
}

gboolean
floo_gaps_is_complete (FlooDb *db, gint64 conversation, gboolean *complete, GError **error)
{
  gint64 value;

  if (!floo_query_get_int (db, "gap-is-complete", FLOO_INTS (conversation), &value, NULL, error))
    return FALSE;
  *complete = value != 0;
  return TRUE;
}

gboolean
floo_gaps_is_known (FlooDb *db, gint64 conversation, gint64 id, gboolean *known, GError **error)
{
  gint64 one;

  return floo_query_get_int (db, "gap-is-known", FLOO_INTS (conversation, id), &one, known, error);
}

gboolean
floo_gaps_find (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "gap-highest", FLOO_INTS (conversation, from, to), id, NULL, error);
}
