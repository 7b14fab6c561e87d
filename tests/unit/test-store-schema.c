/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema: how a file is migrated to a newer one, and that every statement can be prepared, and uses an index if it is run often.
 */
#include <sqlite3.h>
#include <string.h>

#include "search-fixture.h"
#include "store/engine/db.h"
#include "store/engine/migrate.h"
#include "store/engine/statements.h"

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

/* A second version that was made up for this test adds a column and keeps the data; a third one fails and changes nothing. */
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

/* A store with one of the schemas that were never released is refused with a message that says what to do, and is not changed. */
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

/* Those that may scan a table without an index. */
static const char *const whole[] = {
  "contact-names", /* any part of a name */
  "outbox-all", "outbox-all-downward", "tokens-all", "values-all", "count-schema-objects", /* the whole table is wanted */
  "applied-prune", "early-any", "early-prune", "journal-first-to-keep",                    /* the first few rows */
  "message-last-received",                                                                 /* a thousand rows, by an index */
  "outbox-mark-uncertain", "outbox-retry-at-once",                                         /* once for each login */
  "tables", "table-columns", "repair-journal", "repair-search-changes", "repair-outbox-misplaced", /* in a damaged store */
  "list-drop-states-of-owner",                                                             /* when a group is left */
  "receipts-oldest",                                                                       /* once for each pruning */
};

static gboolean
is_whole (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (whole); i++)
    if (strcmp (name, whole[i]) == 0)
      return TRUE;
  return FALSE;
}

/* ---- the statements ---- */

typedef void (*StatementFunc) (sqlite3 *handle, const char *name, const char *sql);

static char *
read_source (const char *folder, const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "daemon", "store", folder, name, NULL);
  char *text;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

/* Calls @func with each statement of @folder's files, as the daemon finds it by its name; @names: gets them */
static void
each_statement (const char *folder, sqlite3 *handle, StatementFunc func, GHashTable *names)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "daemon", "store", folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *file;

  g_assert_nonnull (dir);
  while ((file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *text = g_str_has_suffix (file, ".sql") ? read_source (folder, file) : g_strdup ("");
      g_auto (GStrv) parts = g_strsplit (text, "\n-- name: ", -1);

      for (guint i = 1; i < g_strv_length (parts); i++)
        {
          char *name = g_strndup (parts[i], strcspn (parts[i], "\n"));
          gsize size;
          const char *sql = floo_statements_find (name, &size);
          g_autofree char *copy = NULL;

          g_assert_nonnull (sql);
          copy = g_strchomp (g_strndup (sql, size));
          g_assert_true (g_str_has_prefix (parts[i] + strlen (name), copy));
          func (handle, name, copy);
          if (!g_hash_table_add (names, name))
            g_error ("There are two statements %s", name);
        }
    }
}

/* Of a new store with its search index. */
static GHashTable *
all_statements (Fixture *f, StatementFunc func)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *index_path = fixture_path (f, "search.db");
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  sqlite3 *handle, *index;

  fixture_open (f);
  search_catch_up (f);
  fixture_close (f);
  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_open (index_path, &index), ==, SQLITE_OK);
  each_statement ("engine", handle, func, names);
  each_statement ("tables", handle, func, names);
  each_statement ("search", index, func, names);
  sqlite3_close (handle);
  sqlite3_close (index);
  g_assert_cmpuint (g_hash_table_size (names), >, 150);
  return names;
}

static void
check_plan (sqlite3 *handle, const char *name, const char *sql)
{
  g_autofree char *explain = g_strconcat ("EXPLAIN QUERY PLAN\n", sql, NULL);
  sqlite3_stmt *statement;

  if (g_str_has_prefix (name, "search/"))
    return;
  g_assert_cmpint (sqlite3_prepare_v2 (handle, explain, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      const char *step = (const char *) sqlite3_column_text (statement, 3);
      gboolean scans = g_str_has_prefix (step, "SCAN") && !g_str_has_prefix (step, "SCAN json_each") && strstr (step, "USING") == NULL
                       && strcmp (step, "SCAN CONSTANT ROW") != 0;

      if ((scans && !is_whole (name)) || strstr (step, "TEMP B-TREE") != NULL)
        g_error ("%s is not by an index: %s", name, step);
    }
  sqlite3_finalize (statement);
}

/* Nothing that is run often reads a table from end to end, or sorts. */
static void
test_plans (Fixture *f, gconstpointer data)
{
  g_hash_table_unref (all_statements (f, check_plan));
}

/* It is one statement, with tables and columns that exist. */
static void
check_prepares (sqlite3 *handle, const char *name, const char *sql)
{
  sqlite3_stmt *statement, *rest = NULL;
  const char *tail;

  if (sqlite3_prepare_v2 (handle, sql, -1, &statement, &tail) != SQLITE_OK)
    g_error ("%s: %s", name, sqlite3_errmsg (handle));
  if (statement == NULL || sqlite3_prepare_v2 (handle, tail, -1, &rest, NULL) != SQLITE_OK || rest != NULL)
    g_error ("%s is not one statement", name);
  sqlite3_finalize (statement);
}

/* Looks like a statement's name, but is none. */
static gboolean
is_other_name (const char *text)
{
  static const char *const others[] = { "before-commit", "after-commit", "before-index-commit", "after-index-commit", "full-changed" };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (strcmp (text, others[i]) == 0)
      return TRUE;
  return g_str_has_prefix (text, "store-") && strcmp (text, "store-created") != 0; /* threads */
}

/* What floo_query functions take as a name, and all that looks like a name elsewhere, is a statement. @used: gets them */
static void
check_names (const char *source, GHashTable *names, GHashTable *used)
{
  g_autoptr (GRegex) regex
      = g_regex_new ("(?:floo_query_(?:take|take_ints|run_ints|get_int|get_text) \\([^,]*|\\brun \\(db), \"([^\"]*)\"|\"([a-z0-9]+(?:[-/][a-z0-9]+)+)\"", 0, 0, NULL);
  g_autoptr (GMatchInfo) match = NULL;

  g_regex_match (regex, source, 0, &match);
  for (; g_match_info_matches (match); g_match_info_next (match, NULL))
    {
      g_autofree char *name = g_match_info_fetch (match, 1), *other = g_match_info_fetch (match, 2);
      const char *found = *name != '\0' ? name : other;

      if (g_hash_table_contains (names, found))
        g_hash_table_add (used, g_strdup (found));
      else if (!is_other_name (found))
        g_error ("There is no statement %s", found);
    }
}

static void
check_sources (const char *folder, GHashTable *names, GHashTable *used)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "..", "daemon", "store", folder, NULL);
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *file;

  while ((file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *text = g_str_has_suffix (file, ".c") ? read_source (folder, file) : g_strdup ("");

      check_names (text, names, used);
    }
}

/* All statements can be prepared, there is one for each name in the sources, and none is unused. */
static void
test_statements (Fixture *f, gconstpointer data)
{
  g_autoptr (GHashTable) names = all_statements (f, check_prepares);
  g_autoptr (GHashTable) used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  static const char *const folders[] = { ".", "engine", "tables", "search" };
  GHashTableIter iter;
  gpointer name;

  for (guint i = 0; i < G_N_ELEMENTS (folders); i++)
    check_sources (folders[i], names, used);
  g_hash_table_iter_init (&iter, names);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    if (!g_hash_table_contains (used, name))
      g_error ("Nobody uses the statement %s", (const char *) name);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_prepare, func, fixture_tear_down)
  ADD ("/store/schema/migrations", test_migrations);
  ADD ("/store/schema/unreleased", test_unreleased);
  ADD ("/store/schema/plans", test_plans);
  ADD ("/store/schema/statements", test_statements);
  return g_test_run ();
}
