/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/opening.h"

#include "base/error.h"
#include "base/names.h"
#include "store/engine/files.h"
#include "store/engine/migrate.h"
#include "store/engine/quarantine.h"
#include "store/engine/statements.h"

static gboolean
prepare_file (const FlooTables *tables, FlooDb *db, gboolean *created, GError **error)
{
  int version;

  if (!floo_migrate_check (db, tables->schema, &version, error))
    return FALSE;
  *created = version == 0;
  return floo_db_begin_wal (db, error) && floo_migrate_run (db, tables->schemas, version, tables->schema, error) && tables->load (db, error);
}

FlooDb *
floo_opening_open_file (const FlooTables *tables, const char *path, gint64 user_id, gboolean *created, GError **error)
{
  g_autoptr (FlooDb) db = NULL;

  floo_statements_add (tables->get_statements ());
  if (!floo_file_prepare (path, error))
    return NULL;
  db = floo_db_open (path, FLOO_DB_WRITER, user_id, error);
  if (db == NULL || !prepare_file (tables, db, created, error))
    return NULL;
  return g_steal_pointer (&db);
}

FlooDb *
floo_opening_run (const FlooTables *tables, const char *folder, gint64 user_id, FlooStoreOutcome *outcome, char **journal_id,
                  GError **error)
{
  g_autofree char *path = g_build_filename (folder, FLOO_STORE_FILE, NULL);
  g_autoptr (FlooDb) db = NULL;
  g_autoptr (GError) local = NULL;
  gboolean created = FALSE, replaced = FALSE;

  if (!floo_folder_prepare (folder, error) || !floo_quarantine_finish (folder, &replaced, error))
    return NULL;
  if (!floo_quarantine_is_due (folder))
    db = floo_opening_open_file (tables, path, user_id, &created, &local);
  /* Damage may have been found only now. */
  if (db == NULL && floo_quarantine_is_due (folder))
    {
      if (!floo_quarantine_run (tables, folder, user_id, error))
        return NULL;
      replaced = TRUE;
      g_clear_error (&local);
      db = floo_opening_open_file (tables, path, user_id, &created, &local);
    }
  if (db == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  if (!tables->begin (db, journal_id, error))
    return NULL;
  if (created || replaced)
    {
      g_autofree char *parent = g_path_get_dirname (folder);
      g_autofree char *grandparent = g_path_get_dirname (parent);

      floo_folder_sync (folder);
      floo_folder_sync (parent);
      floo_folder_sync (grandparent);
    }
  *outcome = replaced ? FLOO_STORE_REPLACED : created ? FLOO_STORE_CREATED : FLOO_STORE_OPENED;
  return g_steal_pointer (&db);
}
