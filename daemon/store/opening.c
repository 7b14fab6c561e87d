/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/opening.h"

#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "store/tables/client-ids.h"
#include "store/engine/files.h"
#include "store/tables/lived.h"
#include "store/engine/migrate.h"
#include "store/engine/quarantine.h"
#include "store/engine/query.h"
#include "store/engine/statements.h"
#include "store/floo-tables-sql.h"
#include "store/tables/repair.h"
#include "store/tables/search-changes.h"
#include "store/tables/touched.h"

#define JOURNAL_ID_DIGITS 32

static gboolean
write_meta (FlooDb *db, const char *key, const char *value, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "meta-put", error);

  if (query == NULL)
    return FALSE;
  floo_query_bind_text (query, 1, key);
  floo_query_bind_text (query, 2, value);
  return floo_query_run (query, error);
}

/* Each file has its own id, so that clients never take the serials of one journal for those of another. */
static gboolean
load_journal_id (FlooDb *db, char **journal_id, GError **error)
{
  if (!floo_query_get_text (db, "meta-get", "journal_id", journal_id, error))
    return FALSE;
  if (*journal_id != NULL && strlen (*journal_id) == JOURNAL_ID_DIGITS && strspn (*journal_id, "0123456789abcdef") == JOURNAL_ID_DIGITS)
    return TRUE;
  g_free (*journal_id);
  *journal_id = g_strdup_printf ("%08x%08x%08x%08x", g_random_int (), g_random_int (), g_random_int (), g_random_int ());
  return write_meta (db, "journal_id", *journal_id, error);
}

static gboolean
load_numbers (FlooDb *db, GError **error)
{
  gint64 last;

  if (!floo_query_get_int (db, "journal-last", NULL, 0, &last, NULL, error))
    return FALSE;
  db->last_serial = (guint64) last;
  return TRUE;
}

static gboolean
prepare_file (FlooDb *db, gboolean *created, GError **error)
{
  int version;

  if (!floo_migrate_check (db, &version, error))
    return FALSE;
  *created = version == 0;
  return floo_db_begin_wal (db, error) && floo_migrate_run (db, FLOO_SCHEMA_PREFIX, version, FLOO_SCHEMA_VERSION, error)
         && floo_repair_on_opening (db, error) && floo_lived_load (db, error) && load_numbers (db, error)
         && floo_search_changes_load (db, error);
}

FlooDb *
floo_opening_open_file (const char *path, gint64 user_id, gboolean *created, GError **error)
{
  g_autoptr (FlooDb) db = NULL;

  floo_statements_add (floo_tables_sql_get_resource ());
  if (!floo_file_prepare (path, error))
    return NULL;
  db = floo_db_open (path, FLOO_DB_WRITER, user_id, error);
  if (db == NULL || !prepare_file (db, created, error))
    return NULL;
  return g_steal_pointer (&db);
}

FlooDb *
floo_opening_run (const char *folder, gint64 user_id, FlooStoreOutcome *outcome, char **journal_id, GError **error)
{
  g_autofree char *path = g_build_filename (folder, FLOO_STORE_FILE, NULL);
  g_autoptr (FlooDb) db = NULL;
  g_autoptr (GError) local = NULL;
  gboolean created = FALSE, replaced = FALSE;

  if (!floo_folder_prepare (folder, error) || !floo_quarantine_finish (folder, &replaced, error))
    return NULL;
  if (!floo_quarantine_is_due (folder))
    db = floo_opening_open_file (path, user_id, &created, &local);
  /* Damage may also have been met just now. */
  if (db == NULL && floo_quarantine_is_due (folder))
    {
      if (!floo_quarantine_run (folder, user_id, error))
        return NULL;
      replaced = TRUE;
      g_clear_error (&local);
      db = floo_opening_open_file (path, user_id, &created, &local);
    }
  if (db == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }
  if (!load_journal_id (db, journal_id, error) || !floo_client_ids_load (db, error))
    return NULL;
  if (created || replaced)
    {
      g_autofree char *parent = g_path_get_dirname (folder);
      g_autofree char *grandparent = g_path_get_dirname (parent);

      floo_folder_sync (folder);
      floo_folder_sync (parent);
      floo_folder_sync (grandparent);
    }
  floo_touched_watch (db);
  *outcome = replaced ? FLOO_STORE_REPLACED : created ? FLOO_STORE_CREATED : FLOO_STORE_OPENED;
  return g_steal_pointer (&db);
}
