/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/quarantine.h"

#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "store/engine/files.h"
#include "store/engine/opening.h"

#define BUILDING FLOO_STORE_FILE ".building"
#define COMPLETE FLOO_STORE_FILE ".new"

/* SQLite's files beside the database, and the database. */
static const char *const suffixes[] = { "-wal", "-shm", "" };

gboolean
floo_quarantine_is_due (const char *folder)
{
  g_autofree char *flag = g_build_filename (folder, FLOO_DAMAGED_FLAG, NULL);

  return g_file_test (flag, G_FILE_TEST_EXISTS);
}

/* Copies the data that must not be lost from the damaged file, as far as it can be read. FALSE where writing failed. */
static gboolean
salvage (const FlooTables *tables, FlooDb *to, const char *path, GError **error)
{
  g_autoptr (GError) unreadable = NULL;
  g_autoptr (FlooDb) from = floo_db_open (path, FLOO_DB_SALVAGER, to->user_id, &unreadable);

  if (from == NULL)
    {
      g_message ("Nothing could be recovered from the damaged store: %s", unreadable->message);
      return TRUE;
    }
  if (!floo_db_begin_write (to, error))
    return FALSE;
  if (tables->salvage (to, from, error))
    return floo_db_commit (to, error);
  floo_db_rollback (to);
  return FALSE;
}

/* A name that is not taken yet. */
static char *
corrupt_name (const char *path)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc (); /* NULL where the clock is beyond the year 9999 */
  g_autofree char *time = now != NULL ? g_date_time_format (now, "%Y%m%dT%H%M%S") : g_strdup ("later");
  char *name = g_strdup_printf ("%s.corrupt-%s", path, time);

  for (guint i = 2; g_file_test (name, G_FILE_TEST_EXISTS); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s.corrupt-%s-%u", path, time, i);
    }
  return name;
}

gboolean
floo_quarantine_finish (const char *folder, gboolean *replaced, GError **error)
{
  g_autofree char *path = g_build_filename (folder, FLOO_STORE_FILE, NULL);
  g_autofree char *complete = g_build_filename (folder, COMPLETE, NULL);
  g_autofree char *flag = g_build_filename (folder, FLOO_DAMAGED_FLAG, NULL);
  g_autofree char *aside = corrupt_name (path);

  *replaced = g_file_test (complete, G_FILE_TEST_EXISTS);
  if (!*replaced)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *from = g_strconcat (path, suffixes[i], NULL);
      g_autofree char *to = g_strconcat (aside, suffixes[i], NULL);

      if (!floo_file_move (from, to, error))
        return FALSE;
    }
  floo_folder_sync (folder);
  g_message ("The damaged store was moved to %s", aside);
  if (!floo_file_remove (flag, error) || !floo_file_move (complete, path, error))
    return FALSE;
  floo_folder_sync (folder);
  return TRUE;
}

/* Makes the new file, complete and closed. */
static gboolean
build (const FlooTables *tables, const char *path, const char *building, gint64 user_id, GError **error)
{
  g_autoptr (FlooDb) db = NULL;
  gboolean created;

  if (!floo_file_remove_database (building, error))
    return FALSE;
  db = floo_opening_open_file (tables, building, user_id, &created, error);
  if (db == NULL || !salvage (tables, db, path, error))
    return FALSE;
  floo_db_checkpoint (db, TRUE);
  if (db->wal_pages == 0)
    return TRUE;
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "There is no room for a new store");
  return FALSE;
}

gboolean
floo_quarantine_run (const FlooTables *tables, const char *folder, gint64 user_id, GError **error)
{
  g_autofree char *path = g_build_filename (folder, FLOO_STORE_FILE, NULL);
  g_autofree char *building = g_build_filename (folder, BUILDING, NULL);
  g_autofree char *complete = g_build_filename (folder, COMPLETE, NULL);
  gboolean replaced;

  if (!build (tables, path, building, user_id, error) || !floo_file_move (building, complete, error) || !floo_file_remove_database (building, error))
    return FALSE;
  floo_folder_sync (folder);
  return floo_quarantine_finish (folder, &replaced, error);
}
