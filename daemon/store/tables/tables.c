/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/tables.h"

#include "store/engine/query.h"
#include "floo-tables-sql.h"
#include "store/tables/client-ids.h"
#include "store/tables/conversations-changed.h"
#include "store/tables/lived.h"
#include "store/tables/meta.h"
#include "store/tables/prune.h"
#include "store/tables/repair.h"
#include "store/tables/salvage.h"
#include "store/tables/search-changes.h"
#include "store/tables/totals.h"
#include "store/tables/touched.h"

static gboolean
load_last_serial (FlooDb *db, GError **error)
{
  gint64 last;

  if (!floo_query_get_int (db, "journal-last", NULL, 0, &last, NULL, error))
    return FALSE;
  db->last_serial = (guint64) last;
  return TRUE;
}

static gboolean
load (FlooDb *db, GError **error)
{
  return floo_repair_on_opening (db, error) && floo_lived_load (db, error) && load_last_serial (db, error) && floo_search_changes_load (db, error);
}

static gboolean
begin (FlooDb *db, char **journal_id, GError **error)
{
  if (!floo_meta_load_journal_id (db, journal_id, error) || !floo_client_ids_load (db, error))
    return FALSE;
  floo_touched_watch (db);
  return TRUE;
}

static void
forget_changes (FlooDb *db)
{
  floo_touched_forget (db);
  floo_totals_forget (db);
}

const FlooTables floo_tables = {
  .get_statements = floo_tables_sql_get_resource,
  .schemas = "/im/floo/store/tables",
  /* Until the first release 001.sql itself is changed, and FLOO_APPLICATION_ID with it. */
  .schema = 1,
  .load = load,
  .salvage = floo_salvage,
  .begin = begin,
  .end = floo_client_ids_settle,
  .has_changes = floo_touched_any,
  .tell_changes = floo_conversations_changed_tell,
  .forget_changes = forget_changes,
  .job_undone = floo_totals_forget,
  .prune = floo_prune_step,
  .prune_notes = floo_search_changes_prune,
  .repair = floo_repair_tables,
  .probe = floo_meta_probe,
};
