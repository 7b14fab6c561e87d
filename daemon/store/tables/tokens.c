/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/tokens.h"

#include "base/error.h"
#include "store/engine/query.h"
#include "store/tables/lived.h"

#define DAY_MS (24 * 3600 * 1000)

gboolean
floo_tokens_add (FlooDb *db, const char *token, const char *digest, gint64 client_id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "token-put", error);

  floo_query_bind_text (query, 1, token);
  floo_query_bind_text (query, 2, digest);
  floo_query_bind_int (query, 3, client_id);
  floo_query_bind_int (query, 4, floo_lived_now (db));
  return floo_query_run (query, error);
}

gboolean
floo_tokens_find (FlooDb *db, const char *token, const char *digest, gint64 *client_id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "token-get", error);
  gboolean row;

  *client_id = 0;
  floo_query_bind_text (query, 1, token);
  if (!floo_query_next (query, &row, error))
    return FALSE;
  if (!row)
    return TRUE;
  if (g_strcmp0 (floo_query_text (query, 0), digest) != 0)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "token: it was used before, with other arguments");
      return FALSE;
    }
  *client_id = floo_query_int (query, 1);
  /* Its age counts from the last use; a day more or less does not matter. */
  return db->role != FLOO_DB_WRITER || floo_query_int (query, 2) > floo_lived_now (db) - DAY_MS
         || floo_tokens_add (db, token, digest, *client_id, error);
}
