/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opening a store with any content of its folder. */
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store-fixture.h"

#include "store/tables/account.h"
#include "store/tables/tokens.h"

#define OK(call) \
  if (!(call)) \
  return FALSE

static gboolean
fill (FlooDb *db, gpointer data, GError **error)
{
  g_autofree char *text = g_strnfill (300, 'x');

  for (gint64 id = 1; id <= 3000; id++)
    {
      FlooMessage message = fixture_message (id, 7, 7, text);

      OK (fixture_take_in (db, &message, TRUE, error));
    }
  return TRUE;
}

static gboolean
fill_outbox (FlooDb *db, gpointer data, GError **error)
{
  g_autofree char *text = g_strnfill (2000, 'y');

  for (gint64 id = 1; id <= 200; id++)
    {
      FlooOutboxRow row = { .client_id = id, .conversation = 7, .to = 7, .content = text, .timestamp = id,
                            .state = id % 3 == 0 ? FLOO_SEND_SENDING : FLOO_SEND_QUEUED };

      OK (floo_outbox_insert (db, &row, error));
    }
  return floo_tokens_add (db, "a token", "its digest", 5, error) && floo_values_set (db, "device_sn", "1234", error);
}

static gboolean
count_row (const FlooOutboxRow *row, gpointer user_data)
{
  ++*(guint *) user_data;
  return TRUE;
}

static gboolean
count_outbox (FlooDb *db, gpointer data, GError **error)
{
  *(guint *) data = 0;
  return floo_outbox_foreach (db, count_row, data, error);
}

static guint
waiting (Fixture *f)
{
  guint n;

  fixture_read (f, count_outbox, &n);
  return n;
}

static mode_t
mode_of (const char *path)
{
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  return info.st_mode & 07777;
}

static void
test_permissions (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };
  g_autofree char *path = fixture_path (f, "store.db");
  mode_t mask = umask (0);

  fixture_open (f);
  fixture_write (f, fill, NULL);
  g_assert_cmpint (mode_of (f->folder), ==, 0700);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *name = fixture_path (f, names[i]);

      g_assert_cmpint (mode_of (name), ==, 0600);
    }
  fixture_close (f);
  g_assert_cmpint (chmod (f->folder, 0755), ==, 0);
  g_assert_cmpint (chmod (path, 0644), ==, 0);
  umask (0077);
  fixture_open (f);
  g_assert_cmpint (mode_of (f->folder), ==, 0700);
  g_assert_cmpint (mode_of (floo_store_get_path (f->store)), ==, 0600);
  umask (mask);
}

/* Nothing is left beside the file of a store that was closed. */
static void
test_clean_end (Fixture *f, gconstpointer data)
{
  g_autofree char *wal = fixture_path (f, "store.db-wal");
  g_autofree char *shm = fixture_path (f, "store.db-shm");

  fixture_open (f);
  fixture_write (f, fill, NULL);
  fixture_close (f);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (shm, G_FILE_TEST_EXISTS));
}

static guint
count_aside (Fixture *f)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    n += g_str_has_prefix (name, "store.db.corrupt-") && !g_str_has_suffix (name, "-wal") && !g_str_has_suffix (name, "-shm");
  return n;
}

/* Opens a damaged store: it is set aside, and the new one works. */
static void
open_replaced (Fixture *f)
{
  g_autofree char *flag = fixture_path (f, "store.db.damaged");
  g_autofree char *complete = fixture_path (f, "store.db.new");
  g_autofree char *building = fixture_path (f, "store.db.building");

  fixture_open (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_REPLACED);
  g_assert_cmpuint (count_aside (f), ==, 1);
  g_assert_false (g_file_test (flag, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (complete, G_FILE_TEST_EXISTS));
  g_assert_false (g_file_test (building, G_FILE_TEST_EXISTS));
  fixture_write (f, fill, NULL);
  fixture_reopen (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_OPENED);
}

static void
make_folder (Fixture *f)
{
  g_assert_cmpint (g_mkdir (f->folder, 0700), ==, 0);
}

static void
test_garbage (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *garbage = g_strnfill (10000, 'g');

  make_folder (f);
  g_assert_true (g_file_set_contents (path, garbage, -1, NULL));
  open_replaced (f);
}

static void
test_truncated (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *journal = NULL;

  fixture_open (f);
  journal = g_strdup (floo_store_get_journal_id (f->store));
  fixture_write (f, fill_outbox, NULL);
  fixture_write (f, fill, NULL);
  fixture_close (f);
  g_assert_cmpint (truncate (path, 1000000), ==, 0);
  open_replaced (f);
  g_assert_cmpstr (floo_store_get_journal_id (f->store), !=, journal);
  g_assert_cmpuint (waiting (f), ==, 200);
}

static void
test_short (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");

  make_folder (f);
  g_assert_true (g_file_set_contents (path, "SQLite format 3", -1, NULL));
  open_replaced (f);
}

static void
test_empty (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");

  make_folder (f);
  g_assert_true (g_file_set_contents (path, "", -1, NULL));
  fixture_open (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_CREATED);
}

/* Overwrites a page of @table's tree, not the first one. */
static void
spoil (Fixture *f, const char *table, int at)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *sql = g_strdup_printf ("SELECT pageno FROM dbstat WHERE name = '%s' AND pagetype = 'leaf' LIMIT 1 OFFSET %d", table, at);
  g_autofree char *zeros = g_strnfill (4096, 'z');
  sqlite3 *handle;
  sqlite3_stmt *statement;
  int page, fd;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  page = sqlite3_column_int (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  fd = open (path, O_WRONLY);
  g_assert_cmpint (pwrite (fd, zeros, 4096, (off_t) (page - 1) * 4096), ==, 4096);
  close (fd);
}

static gboolean
get_all (FlooDb *db, gpointer data, GError **error)
{
  gboolean before, after;
  GVariant *page = floo_messages_page (db, 7, FLOO_PAGE_NEWEST, 0, 3000, &before, &after, error);

  if (page == NULL)
    return FALSE;
  g_variant_unref (g_variant_ref_sink (page));
  return TRUE;
}

static gboolean
get_saved (FlooDb *db, gpointer data, GError **error)
{
  gint64 client_id;
  g_autofree char *device_sn = NULL;

  OK (floo_tokens_find (db, "a token", "its digest", &client_id, error));
  g_assert_cmpint (client_id, ==, 5);
  OK (floo_values_get (db, "device_sn", &device_sn, error));
  g_assert_cmpstr (device_sn, ==, "1234");
  return TRUE;
}

/* Damage that is found while the store is in use: an error, and at the next start the pending messages are in a new store. */
static void
test_damaged (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture_open (f);
  fixture_write (f, fill, NULL);
  fixture_write (f, fill_outbox, NULL);
  fixture_close (f);
  spoil (f, "messages", 20);
  fixture_open (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_OPENED);
  error = fixture_try_read (f, get_all, NULL);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
  fixture_close (f);
  fixture_open (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_REPLACED);
  g_assert_cmpuint (waiting (f), ==, 200);
  fixture_read (f, get_saved, NULL);
}

/* The outbox itself is damaged: the rows before and after the damage are saved. */
static void
test_damaged_outbox (Fixture *f, gconstpointer data)
{
  guint n;
  g_autofree char *flag = fixture_path (f, "store.db.damaged");

  fixture_open (f);
  fixture_write (f, fill_outbox, NULL);
  fixture_close (f);
  spoil (f, "outbox", 50);
  g_assert_true (g_file_set_contents (flag, "", -1, NULL));
  open_replaced (f);
  n = waiting (f);
  g_assert_cmpuint (n, <, 200);
  g_assert_cmpuint (n, >, 190);
}

/* The daemon was killed while it set a store aside: the new one was whole, the old one not moved yet. */
static void
test_half_replaced (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *complete = fixture_path (f, "store.db.new");
  g_autofree char *building = fixture_path (f, "store.db.building");
  g_autofree char *flag = fixture_path (f, "store.db.damaged");

  fixture_open (f);
  fixture_write (f, fill_outbox, NULL);
  fixture_close (f);
  g_assert_cmpint (g_rename (path, complete), ==, 0);
  g_assert_true (g_file_set_contents (path, "the damaged one", -1, NULL));
  g_assert_true (g_file_set_contents (flag, "", -1, NULL));
  g_assert_true (g_file_set_contents (building, "", -1, NULL));
  fixture_open (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_REPLACED);
  g_assert_cmpuint (waiting (f), ==, 200);
  g_assert_cmpuint (count_aside (f), ==, 1);
  fixture_reopen (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_OPENED);
}

static void
run_sql (Fixture *f, const char *sql)
{
  g_autofree char *path = fixture_path (f, "store.db");
  sqlite3 *handle;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, sql, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (handle);
}

static void
assert_refused (Fixture *f)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;
  gsize size_before, size_after;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_get_contents (path, &before, &size_before, NULL));
  g_assert_null (fixture_open_at (f->folder, NULL, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
  g_assert_true (g_file_get_contents (path, &after, &size_after, NULL));
  g_assert_cmpmem (before, size_before, after, size_after);
  g_assert_cmpuint (count_aside (f), ==, 0);
}

static void
test_newer (Fixture *f, gconstpointer data)
{
  fixture_open (f);
  fixture_close (f);
  run_sql (f, "PRAGMA user_version = 1000");
  assert_refused (f);
}

static void
test_foreign (Fixture *f, gconstpointer data)
{
  make_folder (f);
  run_sql (f, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
  assert_refused (f);
}

static void
test_no_folder (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (f->folder, "a file", -1, NULL));
  g_assert_null (fixture_open_at (f->folder, NULL, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
}

static void
test_folder_in_place (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autoptr (GError) error = NULL;

  make_folder (f);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_null (fixture_open_at (f->folder, NULL, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
}

static void
test_cancelled (Fixture *f, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  FixtureResult wait = { FALSE, NULL };

  floo_store_open_async (f->folder, FIXTURE_SELF, cancellable, fixture_on_result, &wait);
  g_cancellable_cancel (cancellable);
  fixture_wait (&wait.ended);
  g_assert_null (floo_store_open_finish (wait.result, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_object_unref (wait.result);
}

static gboolean
replay_all (FlooDb *db, gpointer data, GError **error)
{
  guint64 next, last;
  GVariant *events = floo_journal_replay (db, 0, 0, &next, &last, error);

  if (events == NULL)
    return FALSE;
  g_assert_cmpuint (next, ==, 4);
  g_assert_cmpuint (last, ==, 4);
  *(char **) data = g_variant_print (g_variant_ref_sink (events), FALSE);
  g_variant_unref (events);
  return TRUE;
}

/* Events that a later version wrote, or whose values are invalid, are left out. */
static void
test_strange_events (Fixture *f, gconstpointer data)
{
  g_autofree char *text = NULL;

  fixture_open (f);
  fixture_close (f);
  run_sql (f, "INSERT INTO journal VALUES (1, 5, 9999, x'00', NULL), (2, 5, 28, x'0102', NULL), (3, 5, 2, x'ff00ff0002', NULL),"
              " (4, 5, 29, x'00', NULL)");
  fixture_open (f);
  fixture_read (f, replay_all, &text);
  g_assert_cmpstr (text, ==, "[(4, 5, 'RecentListUpdate', <(uint64 4,)>)]");
}

static gboolean
get_first (FlooDb *db, gpointer data, GError **error)
{
  GVariant *message = floo_messages_get_variant (db, 1, error);

  if (message == NULL)
    return FALSE;
  g_variant_unref (g_variant_ref_sink (message));
  return TRUE;
}

/* Damage that SQLite does not detect: invalid text is left out, and is no reason to replace the store. */
static void
test_bad_text (Fixture *f, gconstpointer data)
{
  fixture_open (f);
  fixture_write (f, fill, NULL);
  fixture_close (f);
  run_sql (f, "UPDATE messages SET content = CAST (x'ff41' AS TEXT) WHERE id = 1");
  fixture_open (f);
  fixture_read (f, get_first, NULL);
  fixture_reopen (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_OPENED);
}

/* Another process, as an sqlite3 shell, holds a lock: the store waits for it. */
static int
release (void *data)
{
  sqlite3_exec (data, "COMMIT", NULL, NULL, NULL);
  return G_SOURCE_REMOVE;
}

static gboolean
set_one (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_set (db, "one", "1", error);
}

static void
test_locked (Fixture *f, gconstpointer data)
{
  sqlite3 *handle;

  fixture_open (f);
  g_assert_cmpint (sqlite3_open (floo_store_get_path (f->store), &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), ==, SQLITE_OK);
  g_timeout_add (300, release, handle);
  fixture_write (f, set_one, NULL);
  sqlite3_close (handle);
}

/* Readers open the store when they are needed: if the file has been replaced by then it is not read. */
static void
test_replaced (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "store.db");
  g_autofree char *elsewhere = fixture_path (f, "elsewhere.db");
  g_autoptr (GError) error = NULL;

  fixture_open (f);
  fixture_write (f, fill, NULL);
  g_assert_cmpint (g_rename (path, elsewhere), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  error = fixture_try_read (f, get_first, NULL);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, "is not in its folder any more"));
  g_assert_cmpint (g_rename (elsewhere, path), ==, 0);
  fixture_read (f, get_first, NULL);
}

/* A full disk */

static void
on_full_changed (FlooStore *store, gboolean full, gpointer data)
{
  Fixture *f = data;

  g_assert_cmpint (floo_store_is_full (store), ==, full);
  g_string_append (f->log, full ? "full " : "room ");
}

static void
set_file_limit (rlim_t size)
{
  struct rlimit limit;

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  limit.rlim_cur = size;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
}

static gboolean
has_room (Fixture *f)
{
  return g_str_has_suffix (f->log->str, "room ");
}

static gboolean
journal_one (FlooDb *db, gpointer data, GError **error)
{
  return floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
}

/* The commit fails with StorageFull, signalled once; nothing of it is left; once there is room that is signalled without a request. */
static void
test_full (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture_open (f);
  g_signal_connect (f->store, "full-changed", G_CALLBACK (on_full_changed), f);
  fixture_write (f, journal_one, NULL);
  g_string_truncate (f->log, 0);
  signal (SIGXFSZ, SIG_IGN);
  set_file_limit (200000);
  error = fixture_try_write (f, fill, NULL);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
  g_assert_cmpstr (f->log->str, ==, "full ");
  g_clear_error (&error);
  error = fixture_try_write (f, fill, NULL);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
  g_assert_cmpstr (f->log->str, ==, "full ");
  set_file_limit (RLIM_INFINITY);
  run_until (has_room (f));
  g_assert_cmpstr (f->log->str, ==, "full room ");
  g_assert_false (floo_store_is_full (f->store));
  fixture_write (f, journal_one, NULL);
  g_assert_cmpstr (f->log->str, ==, "full room RecentListUpdate2 ");
  fixture_write (f, fill, NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_prepare, func, fixture_tear_down)
  ADD ("/store/open/permissions", test_permissions);
  ADD ("/store/open/clean-end", test_clean_end);
  ADD ("/store/open/garbage", test_garbage);
  ADD ("/store/open/truncated", test_truncated);
  ADD ("/store/open/short", test_short);
  ADD ("/store/open/empty", test_empty);
  ADD ("/store/open/damaged", test_damaged);
  ADD ("/store/open/damaged-outbox", test_damaged_outbox);
  ADD ("/store/open/half-replaced", test_half_replaced);
  ADD ("/store/open/newer", test_newer);
  ADD ("/store/open/foreign", test_foreign);
  ADD ("/store/open/no-folder", test_no_folder);
  ADD ("/store/open/folder-in-place", test_folder_in_place);
  ADD ("/store/open/cancelled", test_cancelled);
  ADD ("/store/open/strange-events", test_strange_events);
  ADD ("/store/open/bad-text", test_bad_text);
  ADD ("/store/open/locked", test_locked);
  ADD ("/store/open/replaced", test_replaced);
  ADD ("/store/open/full", test_full);
  return g_test_run ();
}
