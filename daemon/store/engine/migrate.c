/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/migrate.h"

#include "base/error.h"
#include "store/engine/query.h"

gboolean
floo_migrate_check (FlooDb *db, int known, int *version, GError **error)
{
  gint64 application_id, user_version, objects;

  if (!floo_query_get_int (db, "get-application-id", NULL, 0, &application_id, NULL, error)
      || !floo_query_get_int (db, "get-user-version", NULL, 0, &user_version, NULL, error)
      || !floo_query_get_int (db, "count-schema-objects", NULL, 0, &objects, NULL, error))
    return FALSE;
  *version = (int) user_version;
  if (objects == 0 && application_id == 0 && user_version == 0)
    return TRUE;
  if (application_id == FLOO_OLD_APPLICATION_ID)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE,
                   "The store was written by a version from before the first release, and this version cannot read it: "
                   "send pending messages with that version, then remove the folder %s and log in again", db->folder);
      return FALSE;
    }
  if (application_id != FLOO_APPLICATION_ID || user_version < 1)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The store's file belongs to another program");
      return FALSE;
    }
  if (user_version > known)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE,
                   "The store was written by a newer version (its schema is %d, this version knows %d)", (int) user_version,
                   known);
      return FALSE;
    }
  return TRUE;
}

static gboolean
migrate_to (FlooDb *db, const char *prefix, int version, GError **error)
{
  g_autofree char *path = g_strdup_printf ("%s/%03d.sql", prefix, version);
  g_autoptr (GBytes) sql = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  int code;

  if (sql == NULL || !floo_db_begin_write (db, error))
    return FALSE;
  code = sqlite3_exec (db->handle, g_bytes_get_data (sql, NULL), NULL, NULL, NULL);
  if (code != SQLITE_OK)
    {
      floo_db_set_error (db, code, error);
      floo_db_rollback (db);
      return FALSE;
    }
  if (floo_db_commit (db, error))
    return TRUE;
  floo_db_rollback (db);
  return FALSE;
}

gboolean
floo_migrate_run (FlooDb *db, const char *prefix, int from, int to, GError **error)
{
  for (int next = from + 1; next <= to; next++)
    {
      if (!migrate_to (db, prefix, next, error))
        return FALSE;
      if (from > 0)
        g_message ("The store now has schema %d", next);
    }
  return TRUE;
}
