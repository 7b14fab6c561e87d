/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema: from every older version with data to the present one, and every statement that is run often by an index.
 *
 * store-schemas/N.sql is a store of schema N with data, as the daemon of that time wrote it: it never changes.
 */
#include <sqlite3.h>
#include <string.h>

#include "store-fixture.h"
#include "store/migrate.h"

static void
run_file (const char *database, const char *sql_file)
{
  g_autofree char *sql = NULL;
  g_autoptr (GError) error = NULL;
  sqlite3 *handle;
  char *message = NULL;

  g_file_get_contents (sql_file, &sql, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sqlite3_open (database, &handle), ==, SQLITE_OK);
  sqlite3_exec (handle, sql, NULL, NULL, &message);
  g_assert_cmpstr (message, ==, NULL);
  sqlite3_close (handle);
}

/* What the schema says, however it was written: columns, indexes. */
static const char schema_query[]
    = "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.\"notnull\" || ' ' || coalesce(c.dflt_value, '-') || ' ' || c.pk"
      "  FROM sqlite_schema AS m, pragma_table_xinfo(m.name) AS c WHERE m.type = 'table'"
      " UNION ALL "
      "SELECT m.sql FROM sqlite_schema AS m WHERE m.type = 'index' AND m.sql IS NOT NULL"
      " ORDER BY 1";

static char *
dump_schema (const char *database)
{
  GString *text = g_string_new (NULL);
  sqlite3 *handle;
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_open (database, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, schema_query, -1, &statement, NULL), ==, SQLITE_OK);
  while (sqlite3_step (statement) == SQLITE_ROW)
    g_string_append_printf (text, "%s\n", sqlite3_column_text (statement, 0));
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  return g_string_free (text, FALSE);
}

static gboolean
print_row (const FlooOutboxRow *row, gpointer user_data)
{
  g_string_append_printf (user_data, "outbox %" G_GINT64_FORMAT " %s %d\n", row->client_id, row->content, (int) row->state);
  return TRUE;
}

/* What every version's data must give. */
static gboolean
look (FlooDb *db, gpointer data, GError **error)
{
  GString *text = data;
  gboolean more;
  g_autofree char *next = NULL;
  g_autofree char *sn = NULL;
  g_autofree char *page_text = NULL;
  g_autofree char *list_text = NULL;
  g_autofree char *events_text = NULL;
  guint64 after, last;
  gint64 token;
  GVariant *page = floo_messages_page (db, 7, FLOO_PAGE_NEWEST, 0, 10, &more, error);
  GVariant *list = floo_conversations_list (db, "", 10, FALSE, NULL, &next, error);
  GVariant *events = floo_journal_replay (db, 0, 0, &after, &last, error);

  g_assert_true (page != NULL && list != NULL && events != NULL);
  page_text = g_variant_print (g_variant_ref_sink (page), FALSE);
  list_text = g_variant_print (g_variant_ref_sink (list), FALSE);
  events_text = g_variant_print (g_variant_ref_sink (events), FALSE);
  g_string_append_printf (text, "%s\n%s\n%s\n", page_text, list_text, events_text);
  g_variant_unref (page);
  g_variant_unref (list);
  g_variant_unref (events);
  if (!floo_outbox_foreach (db, print_row, text, error) || !floo_values_get (db, "device_sn", &sn, error)
      || !floo_outbox_find_token (db, "a token", "its digest", &token, error))
    return FALSE;
  g_string_append_printf (text, "device_sn %s, token %" G_GINT64_FORMAT "\n", sn, token);
  return TRUE;
}

static const char expected[]
    = "[(10, 7, 7, 'roster', 'text', 'hello, world', 1700000000010, 0, {'to': <int64 1000>, 'edit_timestamp': <int64 5>}), "
      "(20, 7, 1000, 'roster', 'text', 'mine', 1700000000020, 2, {'to': <int64 7>, 'client_id': <int64 15>, 'outgoing': <true>, "
      "'send_state': <'sent'>}), "
      "(100, 7, 1000, 'roster', 'text', 'waits', 1700000000100, 0, {'to': <int64 7>, 'client_id': <int64 100>, 'outgoing': <true>, "
      "'send_state': <'queued'>})]\n"
      "[{'id': <int64 7>, 'type': <'roster'>, 'unread': <uint32 1>, 'mentioned': <false>, 'pinned': <false>, 'muted': <false>, 'draft': "
      "<''>, 'draft_timestamp': <int64 0>, 'name': <'Nick'>, 'avatar': <''>, 'content': <'waits'>, 'timestamp': <int64 1700000000100>, "
      "'last_message_id': <int64 100>}]\n"
      "[(1, 1700000000011, 'RosterMessages', <(uint64 1, [(int64 10, int64 7, int64 7, 'roster', 'text', 'hello, world', int64 "
      "1700000000010, 0, {'to': <int64 1000>, 'edit_timestamp': <int64 5>})])>), (2, 1700000000012, 'UnreadChange', <(uint64 2, int64 7, "
      "uint32 1)>)]\n"
      "outbox 100 waits 1\n"
      "device_sn 1234, token 100\n";

static void
test_migrations (Fixture *f, gconstpointer data)
{
  g_autofree char *fresh = NULL;
  g_autofree char *path = fixture_path (f, "store.db");

  fixture_open (f);
  fixture_close (f);
  fresh = dump_schema (path);
  for (int version = 1; version <= FLOO_SCHEMA_VERSION; version++)
    {
      g_autofree char *name = g_strdup_printf ("%d.sql", version);
      g_autofree char *file = g_test_build_filename (G_TEST_DIST, "store-schemas", name, NULL);
      g_autofree char *schema = NULL;
      g_autoptr (GString) text = g_string_new (NULL);

      fixture_remove_tree (f->folder);
      g_assert_cmpint (g_mkdir (f->folder, 0700), ==, 0);
      run_file (path, file);
      fixture_open (f);
      g_assert_cmpint (f->outcome, ==, FLOO_STORE_OPENED);
      fixture_read (f, look, text);
      g_assert_cmpstr (text->str, ==, expected);
      fixture_close (f);
      schema = dump_schema (path);
      g_assert_cmpstr (schema, ==, fresh);
    }
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
  ADD ("/store/schema/plans", test_plans);
  return g_test_run ();
}
