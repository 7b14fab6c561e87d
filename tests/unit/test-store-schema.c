/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema: how a file goes forward to a newer one, and that every statement that is run often goes by an index.
 */
#include <sqlite3.h>
#include <string.h>

#include "store-fixture.h"
#include "store/engine/db.h"
#include "store/engine/migrate.h"

static gint64
ask (sqlite3 *handle, const char *sql)
{
  sqlite3_stmt *statement;
  gint64 value;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  value = sqlite3_step (statement) == SQLITE_ROW ? sqlite3_column_int64 (statement, 0) : -1;
  sqlite3_finalize (statement);
  return value;
}

/* A second version that was made up for this test adds a column and takes the data over; a third one fails and leaves everything. */
static void
test_migrations (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autoptr (GError) error = NULL;
  FlooDb *db;

  fixture_open (f);
  fixture_close (f);
  db = floo_db_open (path, FLOO_DB_WRITER, FIXTURE_SELF, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sqlite3_exec (db->handle, "INSERT INTO account (key, value) VALUES ('k', 'v')", NULL, NULL, NULL), ==, SQLITE_OK);
  g_assert_true (floo_migrate_run (db, "/im/floo/made-up", 1, 2, &error));
  g_assert_no_error (error);
  g_assert_cmpint (ask (db->handle, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (ask (db->handle, "SELECT length_of_value FROM account WHERE key = 'k'"), ==, 1);
  g_assert_false (floo_migrate_run (db, "/im/floo/made-up", 2, 3, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
  g_assert_cmpint (ask (db->handle, "PRAGMA user_version"), ==, 2);
  g_assert_cmpint (ask (db->handle, "SELECT count(*) FROM sqlite_schema WHERE name = 'half_done'"), ==, 0);
  floo_db_close (db);
}

/* A store of the schemas that were never released is refused with a text that says what to do, and stays as it is. */
static void
test_unreleased (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *before = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  gsize size_before, size_after;
  sqlite3 *handle;

  g_assert_cmpint (g_mkdir_with_parents (f->folder, 0700), ==, 0);
  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, "PRAGMA application_id = 0x466c6f6f; PRAGMA user_version = 3; CREATE TABLE meta (key, value)", NULL, NULL, NULL),
                   ==, SQLITE_OK);
  sqlite3_close (handle);
  g_assert_true (g_file_get_contents (path, &before, &size_before, NULL));
  g_assert_null (fixture_open_at (f->folder, NULL, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "before the first release"));
  g_assert_nonnull (strstr (error->message, f->folder));
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size_before, after, size_after);
}

/* Those that may go through a table without an index. */
static const char *const whole[] = {
  "outbox-all", "outbox-all-downward", "tokens-all", "values-all", "count-schema-objects", /* all of it is wanted */
  "applied-prune", "early-any", "early-prune", "journal-first-to-keep",                    /* the first few rows */
  "message-last-received",                                                                 /* a thousand rows, by an index */
  "outbox-mark-uncertain", "outbox-retry-at-once",                                         /* once a login */
  "tables", "table-columns", "repair-journal", "repair-search-changes", "repair-outbox-misplaced", /* of a damaged store */
  "list-drop-states-of-owner",                                                             /* when a group is left */
};

static gboolean
is_whole (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (whole); i++)
    if (strcmp (name, whole[i]) == 0)
      return TRUE;
  return FALSE;
}

static void
check_plan (sqlite3 *handle, const char *name, const char *sql)
{
  g_autofree char *explain = g_strconcat ("EXPLAIN QUERY PLAN\n", sql, NULL);
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, explain, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      const char *step = (const char *) sqlite3_column_text (statement, 3);
      gboolean scans = g_str_has_prefix (step, "SCAN") && strstr (step, "USING") == NULL && strcmp (step, "SCAN CONSTANT ROW") != 0;

      if ((scans && !is_whole (name)) || strstr (step, "TEMP B-TREE") != NULL)
        g_error ("%s is not by an index: %s", name, step);
    }
  sqlite3_finalize (statement);
}

/* Nothing that is run often reads a table from end to end, or sorts. */
static void
test_plans (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = g_test_build_filename (G_TEST_DIST, "..", "..", "daemon", "store", "queries", NULL);
  g_autofree char *path = fixture_path (f, "store.db");
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  sqlite3 *handle;
  guint n = 0;

  fixture_open (f);
  fixture_close (f);
  g_assert_nonnull (dir);
  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (folder, name, NULL);
      g_autofree char *key = g_strndup (name, strlen (name) - strlen (".sql"));
      g_autofree char *sql = NULL;

      g_assert_true (g_file_get_contents (file, &sql, NULL, NULL));
      check_plan (handle, key, sql);
      n++;
    }
  sqlite3_close (handle);
  g_assert_cmpuint (n, >, 100);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_prepare, func, fixture_tear_down)
  ADD ("/store/schema/migrations", test_migrations);
  ADD ("/store/schema/unreleased", test_unreleased);
  ADD ("/store/schema/plans", test_plans);
  return g_test_run ();
}
