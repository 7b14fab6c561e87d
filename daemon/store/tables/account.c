/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/account.h"

#include "store/engine/query.h"

gboolean
floo_values_set (FlooDb *db, const char *key, const char *value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, value != NULL ? "value-set" : "value-delete", error);

  floo_query_bind_text (query, 1, key);
  if (value != NULL && *value == '\0')
    floo_query_bind_empty (query, 2);
  else if (value != NULL)
    floo_query_bind_text (query, 2, value);
  return floo_query_run (query, error);
}

gboolean
floo_values_get (FlooDb *db, const char *key, char **value, GError **error)
{
  return floo_query_get_text (db, "value-get", key, value, error);
}
