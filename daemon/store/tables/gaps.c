/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/gaps.h"

#include "store/engine/query.h"
#include "store/tables/meta.h"

#define PUSHES "pushes"

gboolean
floo_gaps_add (FlooDb *db, gint64 conversation, gint64 id, gboolean missed, GError **error)
{
  return floo_query_run_ints (db, "gap-add", FLOO_INTS (conversation, id, missed ? 1 : 0), NULL, error);
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
  return floo_query_get_bool (db, "gap-is-complete", FLOO_INTS (conversation), complete, error);
}

gboolean
floo_gaps_is_known (FlooDb *db, gint64 conversation, gint64 id, gboolean *known, GError **error)
{
  return floo_query_find (db, "gap-is-known", FLOO_INTS (conversation, id), known, error);
}

gboolean
floo_gaps_find (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "gap-highest", FLOO_INTS (conversation, from, to), id, NULL, error);
}

gboolean
floo_gaps_find_lowest (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "gap-lowest", FLOO_INTS (conversation, from, to), id, NULL, error);
}

/* ---- what was missed ---- */

gboolean
floo_gaps_find_received (FlooDb *db, gint64 conversation, gint64 up_to, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "message-last-received", FLOO_INTS (conversation, up_to), id, NULL, error);
}

gboolean
floo_gaps_find_last (FlooDb *db, gint64 conversation, gint64 up_to, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "conversation-last-message-up-to", FLOO_INTS (conversation, up_to), id, NULL, error);
}

gboolean
floo_gaps_find_deleted (FlooDb *db, gint64 conversation, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "conversation-deleted-up-to", FLOO_INTS (conversation), id, NULL, error);
}

gboolean
floo_gaps_is_received (FlooDb *db, gint64 id, gboolean *received, GError **error)
{
  return floo_query_find (db, "message-is-received", FLOO_INTS (id), received, error);
}

gboolean
floo_gaps_get_created (FlooDb *db, gint64 *created, GError **error)
{
  return floo_meta_get_created (db, created, error);
}

gboolean
floo_gaps_find_missed (FlooDb *db, gint64 conversation, gint64 from, gint64 to, gint64 *id, GError **error)
{
  return floo_query_get_int (db, "gap-highest-missed", FLOO_INTS (conversation, from, to), id, NULL, error);
}

gboolean
floo_gaps_next_missed (FlooDb *db, gint64 after, gint64 *conversation, gint64 *id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "gap-next-missed", FLOO_INTS (after), error);
  gboolean row;

  if (!floo_query_next (query, &row, error))
    return FALSE;
  *conversation = row ? floo_query_int (query, 0) : 0;
  *id = row ? floo_query_int (query, 1) : 0;
  return TRUE;
}

gboolean
floo_gaps_give_up (FlooDb *db, gint64 conversation, gint64 id, GError **error)
{
  return floo_query_run_ints (db, "gap-give-up", FLOO_INTS (conversation, id), NULL, error);
}

gboolean
floo_gaps_note_pushes (FlooDb *db, GError **error)
{
  return floo_meta_set_int (db, PUSHES, 1, error);
}

gboolean
floo_gaps_has_pushes (FlooDb *db, gboolean *pushes, GError **error)
{
  return floo_meta_has (db, PUSHES, pushes, error);
}

gboolean
floo_gaps_list_recent (FlooDb *db, guint n, GArray *conversations, GError **error)
{
  return floo_query_collect (db, "conversations-recent", FLOO_INTS (n), conversations, error);
}
