/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/meta.h"

#include <string.h>

#include "store/engine/query.h"

#define JOURNAL_ID "journal_id"
#define JOURNAL_ID_DIGITS 32
#define PROBE "probe"

gboolean
floo_meta_get_text (FlooDb *db, const char *key, char **value, GError **error)
{
  return floo_query_get_text (db, "meta-get", key, value, error);
}

gboolean
floo_meta_set_text (FlooDb *db, const char *key, const char *value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "meta-put", error);

  floo_query_bind_text (query, 1, key);
  floo_query_bind_text (query, 2, value);
  return floo_query_run (query, error);
}

gboolean
floo_meta_set_int (FlooDb *db, const char *key, gint64 value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "meta-put", error);

  floo_query_bind_text (query, 1, key);
  floo_query_bind_int (query, 2, value);
  return floo_query_run (query, error);
}

gboolean
floo_meta_has (FlooDb *db, const char *key, gboolean *has, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "meta-get", error);

  floo_query_bind_text (query, 1, key);
  return floo_query_next (query, has, error);
}

gboolean
floo_meta_load_journal_id (FlooDb *db, char **journal_id, GError **error)
{
  if (!floo_meta_get_text (db, JOURNAL_ID, journal_id, error))
    return FALSE;
  if (*journal_id != NULL && strlen (*journal_id) == JOURNAL_ID_DIGITS && strspn (*journal_id, "0123456789abcdef") == JOURNAL_ID_DIGITS)
    return TRUE;
  g_free (*journal_id);
  *journal_id = g_strdup_printf ("%08x%08x%08x%08x", g_random_int (), g_random_int (), g_random_int (), g_random_int ());
  return floo_meta_set_text (db, JOURNAL_ID, *journal_id, error);
}

gboolean
floo_meta_get_created (FlooDb *db, gint64 *created, GError **error)
{
  return floo_query_get_int (db, "store-created", NULL, 0, created, NULL, error);
}

gboolean
floo_meta_probe (FlooDb *db, gpointer size, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, size != NULL ? "meta-put-zeros" : "meta-delete", error);

  floo_query_bind_text (query, 1, PROBE);
  if (size != NULL)
    floo_query_bind_int (query, 2, *(const guint *) size);
  return floo_query_run (query, error);
}
