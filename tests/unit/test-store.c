/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Jobs: order, isolation, what is delivered when. */
#include "store-fixture.h"

#include "store/tables/account.h"

/* A job that journals @n notices, and fails if told to. */
typedef struct {
  Fixture *fixture;
  const char *name;
  guint events;
  gboolean fails;
  gboolean *ended;
} Job;

static gboolean
run_job (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;

  for (guint i = 0; i < job->events; i++)
    if (!floo_journal_append (db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", (gint64) 7, i), NULL, 0, error))
      return FALSE;
  if (!floo_values_set (db, job->name, "done", error))
    return FALSE;
  if (job->fails)
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "on purpose");
  return !job->fails;
}

static void
on_done (FlooStore *store, gpointer data, const GError *error)
{
  Job *job = data;

  if (error != NULL)
    g_string_append_printf (job->fixture->log, "%s!%d ", job->name, error->code);
  else
    g_string_append_printf (job->fixture->log, "%s ", job->name);
}

static void
on_destroy (gpointer data)
{
  Job *job = data;

  g_string_append_printf (job->fixture->log, "/%s ", job->name);
  if (job->ended != NULL)
    *job->ended = TRUE;
  g_free (job);
}

static void
give (Fixture *f, const char *name, guint events, gboolean fails, gboolean *ended)
{
  Job *job = g_new (Job, 1);

  *job = (Job){ f, name, events, fails, ended };
  floo_store_write (f->store, run_job, on_done, job, on_destroy);
}

static gboolean
get_value (FlooDb *db, gpointer data, GError **error)
{
  char **pair = data;

  return floo_values_get (db, pair[0], &pair[1], error);
}

static gboolean
get_position (FlooDb *db, gpointer data, GError **error)
{
  guint64 *position = data;

  return floo_journal_get_position (db, &position[0], &position[1], error);
}

static void
assert_position (Fixture *f, guint64 first, guint64 last)
{
  guint64 position[2];

  fixture_read (f, get_position, position);
  g_assert_cmpuint (position[0], ==, first);
  g_assert_cmpuint (position[1], ==, last);
}

static void
test_order (Fixture *f, gconstpointer data)
{
  gboolean ended = FALSE;

  assert_position (f, 1, 0);
  give (f, "a", 2, FALSE, NULL);
  give (f, "b", 1, FALSE, &ended);
  fixture_wait (&ended);
  g_assert_cmpstr (f->log->str, ==, "a UnreadChange1 UnreadChange2 /a b UnreadChange3 /b ");
  assert_position (f, 1, 3);
}

/* Of ten jobs that share a transaction one fails: its events and numbers are rolled back, the others are not affected. */
static void
test_isolation (Fixture *f, gconstpointer data)
{
  static const char *const names[] = { "a", "b", "c", "d", "e", "f", "g", "h", "i", "j" };
  gboolean ended = FALSE;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    give (f, names[i], 1, i == 4, i == 9 ? &ended : NULL);
  fixture_wait (&ended);
  g_assert_cmpstr (f->log->str, ==,
                   "a UnreadChange1 /a b UnreadChange2 /b c UnreadChange3 /c d UnreadChange4 /d e!5 /e "
                   "f UnreadChange5 /f g UnreadChange6 /g h UnreadChange7 /h i UnreadChange8 /i j UnreadChange9 /j ");
  assert_position (f, 1, 9);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *pair[2] = { names[i], NULL };

      fixture_read (f, get_value, pair);
      g_assert_cmpstr (pair[1], ==, i == 4 ? NULL : "done");
      g_free ((char *) pair[1]);
    }
}

/* A job of three parts, of which the second fails: its changes are rolled back, and the job continues. */
static gboolean
run_parts (FlooDb *db, gpointer data, GError **error)
{
  for (guint i = 0; i < 3; i++)
    {
      static const char *const names[] = { "first", "second", "third" };
      g_autoptr (GError) refused = NULL;
      Job part = { .name = names[i], .events = 2, .fails = i == 1 };

      if (!floo_db_try (db, run_job, &part, &refused, error))
        return FALSE;
      if (part.fails)
        g_assert_error (refused, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
      else
        g_assert_no_error (refused);
    }
  return TRUE;
}

static gboolean
full_part (FlooDb *db, gpointer data, GError **error)
{
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "on purpose");
  return FALSE;
}

/* Every other part would fail as well. */
static gboolean
run_full_part (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GError) refused = NULL;
  g_autoptr (GError) whole = NULL;

  g_assert_false (floo_db_try (db, full_part, NULL, &refused, &whole));
  g_assert_no_error (refused);
  g_assert_error (whole, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
  return TRUE;
}

static void
test_parts (Fixture *f, gconstpointer data)
{
  g_autofree char *first = NULL, *second = NULL, *third = NULL;
  char *pairs[][2] = { { (char *) "first", NULL }, { (char *) "second", NULL }, { (char *) "third", NULL } };

  fixture_write (f, run_parts, NULL);
  g_assert_cmpstr (f->log->str, ==, "UnreadChange1 UnreadChange2 UnreadChange3 UnreadChange4 ");
  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    fixture_read (f, get_value, pairs[i]);
  first = pairs[0][1];
  second = pairs[1][1];
  third = pairs[2][1];
  g_assert_cmpstr (first, ==, "done");
  g_assert_null (second);
  g_assert_cmpstr (third, ==, "done");
  fixture_write (f, run_full_part, NULL);
}

static void
test_serials_go_on (Fixture *f, gconstpointer data)
{
  g_autofree char *journal = g_strdup (floo_store_get_journal_id (f->store));
  gboolean ended = FALSE;

  g_assert_cmpint (f->outcome, ==, FLOO_STORE_CREATED);
  give (f, "a", 3, FALSE, &ended);
  fixture_wait (&ended);
  fixture_reopen (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_OPENED);
  g_assert_cmpstr (floo_store_get_journal_id (f->store), ==, journal);
  g_assert_cmpuint (strlen (journal), ==, 32);
  g_string_truncate (f->log, 0);
  ended = FALSE;
  give (f, "b", 1, FALSE, &ended);
  fixture_wait (&ended);
  g_assert_cmpstr (f->log->str, ==, "b UnreadChange4 /b ");
}

/* Jobs from before the close are run; later ones fail with an error. */
static void
test_close (Fixture *f, gconstpointer data)
{
  FixtureResult wait = { FALSE, NULL };
  gboolean ended = FALSE;

  give (f, "a", 1, FALSE, NULL);
  floo_store_close_async (f->store, fixture_on_result, &wait);
  give (f, "late", 1, FALSE, &ended);
  fixture_wait (&wait.ended);
  floo_store_close_finish (f->store, wait.result);
  g_object_unref (wait.result);
  fixture_wait (&ended);
  g_assert_nonnull (strstr (f->log->str, "a UnreadChange1 /a "));
  g_assert_nonnull (strstr (f->log->str, "late!16 /late "));
}

static void
test_erase (Fixture *f, gconstpointer data)
{
  g_autofree char *ceiling = g_build_filename (f->root, "1000.client-id", NULL);
  FixtureResult wait = { FALSE, NULL };
  g_autoptr (GError) error = NULL;
  gboolean ended = FALSE;

  give (f, "a", 1, FALSE, &ended);
  fixture_wait (&ended);
  g_assert_true (g_file_set_contents (ceiling, "5\n", -1, NULL));
  floo_store_erase_async (f->store, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  g_assert_true (floo_store_erase_finish (f->store, wait.result, &error));
  g_assert_no_error (error);
  g_object_unref (wait.result);
  g_assert_false (g_file_test (f->folder, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (ceiling, G_FILE_TEST_EXISTS));
}

static void
on_read_done (FlooStore *store, gpointer data, const GError *error)
{
  g_assert_no_error (error);
  *(gboolean *) data = TRUE;
}

typedef struct {
  gboolean ended;
  char *value;
} ReadBack;

static gboolean
read_back (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_get (db, "mine", &((ReadBack *) data)->value, error);
}

static void
give_read (FlooStore *store, gpointer data, const GError *error)
{
  floo_store_read (store, read_back, on_read_done, data, NULL);
}

static gboolean
write_mine (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_set (db, "mine", "written", error);
}

/* A read that is queued after the end of a write sees it. */
static void
test_read_sees_write (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 50; i++)
    {
      ReadBack back = { FALSE, NULL };

      floo_store_write (f->store, write_mine, give_read, &back, NULL);
      fixture_wait (&back.ended);
      g_assert_cmpstr (back.value, ==, "written");
      g_free (back.value);
    }
}

/* Paused reads wait while writes continue; they run later, at the latest when the store is closed. */
static void
test_paused_reads (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      ReadBack back = { FALSE, NULL };

      floo_store_pause_reads (f->store, TRUE);
      give_read (f->store, &back, NULL);
      fixture_write (f, write_mine, NULL);
      g_assert_false (back.ended);
      if (i == 0)
        floo_store_pause_reads (f->store, FALSE);
      else
        fixture_reopen (f);
      fixture_wait (&back.ended);
      g_assert_cmpstr (back.value, ==, "written");
      g_free (back.value);
    }
}

#define LARGE (1u << 20)
#define N_LARGE 140 /* MiB */

/* Large writes, each queued before the last one is done, so that the writer is never idle. */
typedef struct {
  FlooStore *store;
  char *text;
  guint given, done;
  gboolean ended;
} Flood;

static gboolean
write_large (FlooDb *db, gpointer data, GError **error)
{
  const Flood *flood = data;

  flood->text[0] = flood->text[0] == 'x' ? 'y' : 'x'; /* the same text would change nothing */
  return floo_values_set (db, "large", flood->text, error);
}

static void
on_large_written (FlooStore *store, gpointer data, const GError *error)
{
  Flood *flood = data;

  g_assert_no_error (error);
  flood->done++;
  if (flood->given < N_LARGE)
    {
      flood->given++;
      floo_store_write (store, write_large, on_large_written, flood, NULL);
    }
  flood->ended = flood->done == N_LARGE;
}

/* SQLite's log is checkpointed during writes, too: it does not grow for as long as there are writes. */
static void
test_log_is_bounded (Fixture *f, gconstpointer data)
{
  g_autofree char *path = g_build_filename (f->folder, "store.db-wal", NULL);
  g_autofree char *text = g_strnfill (LARGE, 'x');
  Flood flood = { f->store, text, 3, 0, FALSE };
  GStatBuf info;

  for (guint i = 0; i < flood.given; i++)
    floo_store_write (f->store, write_large, on_large_written, &flood, NULL);
  fixture_wait (&flood.ended);
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_size, >, 0);
  g_assert_cmpint (info.st_size, <, 100 * (gint64) LARGE);
}

static gboolean
write_on_reader (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_set (db, "a", "b", error);
}

static void
test_readers_cannot_write (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = fixture_try_read (f, write_on_reader, NULL);

  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
}

static GMutex read_lock;

static gboolean
read_nothing (FlooDb *db, gpointer data, GError **error)
{
  g_mutex_lock (&read_lock);
  g_mutex_unlock (&read_lock);
  return TRUE;
}

static void
note_read (FlooStore *store, gpointer data, const GError *error)
{
  g_assert_no_error (error);
  g_string_append ((GString *) g_object_get_data (G_OBJECT (store), "reads"), data);
}

/* While the bus is congested, bulk jobs and a caller's further jobs stay queued; the first job of each caller is run, for a few callers. */
static void
test_congested_reads (Fixture *f, gconstpointer data)
{
  GString *reads = g_string_new (NULL);

  g_object_set_data (G_OBJECT (f->store), "reads", reads);
  floo_store_pause_reads (f->store, TRUE);
  floo_store_read_for (f->store, 30, FLOO_READ_BULK, read_nothing, note_read, (char *) "B", NULL);
  g_mutex_lock (&read_lock); /* the first job does not end before all are queued */
  for (guint i = 0; i < 3; i++)
    floo_store_read_for (f->store, 1, FLOO_READ_DEFAULT, read_nothing, note_read, i == 0 ? (char *) "a" : (char *) "A", NULL);
  floo_store_read (f->store, read_nothing, note_read, (char *) "o", NULL);
  g_mutex_unlock (&read_lock);
  run_until (g_str_equal (reads->str, "a"));
  for (guint caller = 2; caller < 20; caller++)
    {
      floo_store_read_for (f->store, caller, FLOO_READ_DEFAULT, read_nothing, note_read, (char *) "b", NULL);
      if (caller < 9)
        run_until (reads->len == caller);
    }
  g_assert_cmpstr (reads->str, ==, "abbbbbbb");
  floo_store_pause_reads (f->store, FALSE);
  run_until (reads->len == 1 + 3 + 1 + 18);
  g_string_free (reads, TRUE);
}

/* The last reference is dropped while jobs are pending. */
static void
test_dropped (Fixture *f, gconstpointer data)
{
  FlooStore *store = f->store;
  gboolean ended = FALSE;

  give (f, "a", 1, FALSE, &ended);
  floo_store_set_event_func (store, NULL, NULL);
  g_object_add_weak_pointer (G_OBJECT (store), (gpointer *) &f->store);
  g_object_unref (store);
  fixture_wait (&ended);
  run_until (f->store == NULL);
  g_assert_cmpstr (f->log->str, ==, "a /a ");
  fixture_open (f);
  assert_position (f, 1, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/order", test_order);
  ADD ("/store/isolation", test_isolation);
  ADD ("/store/parts", test_parts);
  ADD ("/store/serials-go-on", test_serials_go_on);
  ADD ("/store/close", test_close);
  ADD ("/store/erase", test_erase);
  ADD ("/store/read-sees-write", test_read_sees_write);
  ADD ("/store/paused-reads", test_paused_reads);
  ADD ("/store/log-is-bounded", test_log_is_bounded);
  ADD ("/store/readers-cannot-write", test_readers_cannot_write);
  ADD ("/store/congested-reads", test_congested_reads);
  ADD ("/store/dropped", test_dropped);
  return g_test_run ();
}
