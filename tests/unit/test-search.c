/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "amount.h"
#include "search-fixture.h"
#include "store/search/terms.h"

static const struct {
  gint64 id, conversation, from;
  int type;
  const char *content;
  const char *attachment;
} samples[] = {
  { 10, 7, 7, FLOO_TYPE_TEXT, "下午三点开会", NULL },
  { 11, 7, FIXTURE_SELF, FLOO_TYPE_TEXT, "会议室在哪里？", NULL },
  { 12, 50, 8, FLOO_TYPE_TEXT, "The meeting is postponed, 会议延期", NULL },
  { 13, 50, 7, FLOO_TYPE_TEXT, "Meet me at the café", NULL },
  { 14, 50, 8, FLOO_TYPE_FILE, "", "{\"url\":\"http://x/secret\",\"dName\":\"会议记录.pdf\"}" },
  { 15, 0, 0, FLOO_TYPE_TEXT, "welcome", NULL },
};

static gboolean
insert_samples (FlooDb *db, gpointer data, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      FlooMessage message = fixture_message (samples[i].id, samples[i].conversation, samples[i].from, samples[i].content);

      message.type = samples[i].type;
      message.attachment = samples[i].attachment;
      if (!fixture_take_in (db, &message, FALSE, error))
        return FALSE;
    }
  return TRUE;
}

static void
test_words (Fixture *f, gconstpointer data)
{
  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  search_expect (f, "会议", "14 12 11 ");
  search_expect (f, "会议室", "11 ");
  search_expect (f, "议室在哪里", "11 ");
  search_expect (f, "开会 三点", "10 ");
  search_expect (f, "meet", "13 12 ");
  search_expect (f, "MEETING", "12 ");
  search_expect (f, "m", "13 12 ");
  search_expect (f, "cafe", "13 ");
  search_expect (f, "会议 meet", "12 ");
  search_expect (f, "pdf", "14 ");
  search_expect (f, "secret", "");
  search_expect (f, "会室", "");
  search_expect (f, "nowhere", "");
}

static void
test_filters (Fixture *f, gconstpointer data)
{
  static const struct {
    FlooSearch search;
    const char *ids;
  } cases[] = {
    { { "会", 7, -1, -1, 0, G_MAXINT64, 50 }, "11 10 " },
    { { "会", 50, -1, -1, 0, G_MAXINT64, 50 }, "14 12 " },
    { { "会", -1, 8, -1, 0, G_MAXINT64, 50 }, "14 12 " },
    { { "会", -1, 8, FLOO_TYPE_FILE, 0, G_MAXINT64, 50 }, "14 " },
    { { "会", 7, 8, -1, 0, G_MAXINT64, 50 }, "" },
    { { "会", 999, -1, -1, 0, G_MAXINT64, 50 }, "" },
    { { "会", -1, -1, -1, 1700000000011, 1700000000012, 50 }, "12 11 " },
    { { "会", -1, -1, -1, 1700000000012, G_MAXINT64, 50 }, "14 12 " },
    { { "会", -1, -1, -1, 0, 1700000000010, 50 }, "10 " },
    { { "会", -1, -1, -1, 0, 1, 50 }, "" },
    { { "会", -1, -1, -1, 1800000000000, G_MAXINT64, 50 }, "" },
    { { "会", -1, -1, -1, 0, G_MAXINT64, 2 }, "14 12 " },
    { { "w", 0, 0, FLOO_TYPE_TEXT, 0, G_MAXINT64, 2 }, "15 " },
  };

  fixture_write (f, insert_samples, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *ids = search_ids (f, cases[i].search);

      g_assert_cmpstr (ids, ==, cases[i].ids);
    }
}

static void
test_reply (Fixture *f, gconstpointer data)
{
  FlooSearch search = SEARCH_ALL ("哪里");
  g_autoptr (GVariant) found = NULL;
  g_autofree char *text = NULL;

  fixture_write (f, insert_samples, NULL);
  search_catch_up (f);
  found = search_now (f, search);
  text = g_variant_print (found, TRUE);
  g_assert_cmpstr (text, ==,
                   "[(int64 11, int64 7, int64 1000, 'roster', 'text', '会议室在哪里？', int64 1700000000011, 0, {'to': <int64 7>, 'outgoing': "
                   "<true>, 'snippet': <'会议室在哪里？'>})]");
}

static void
test_bad_text (void)
{
  g_autofree char *text = g_strnfill (FLOO_SEARCH_TEXT + 1, 'a');
  g_autoptr (GError) error = NULL;

  g_assert_false (floo_search_check_text (" ?! ", &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  g_clear_error (&error);
  g_assert_false (floo_search_check_text (text, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  g_assert_true (floo_search_check_text ("会", NULL));
}

/* ---- changes ---- */

static gboolean
replace (FlooDb *db, gpointer data, GError **error)
{
  gboolean applied;

  return floo_messages_replace (db, 11, "改到明天", NULL, NULL, 5, &applied, NULL, NULL, error);
}

static gboolean
append (FlooDb *db, gpointer data, GError **error)
{
  gboolean applied;
  guint offset;

  return floo_messages_append (db, 11, data, NULL, NULL, 6, &offset, &applied, NULL, NULL, error);
}

static gboolean
delete (FlooDb *db, gpointer data, GError **error)
{
  gboolean deleted;
  gint64 conversation;
  FlooToType to_type;

  return floo_messages_delete (db, GPOINTER_TO_INT (data), &deleted, &conversation, &to_type, error);
}

static gboolean
delete_conversation (FlooDb *db, gpointer data, GError **error)
{
  gboolean deleted;

  return floo_conversations_delete (db, GPOINTER_TO_INT (data), &deleted, error);
}

static gboolean
insert_one (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage message = fixture_message (GPOINTER_TO_INT (data), 50, 8, "会后再说");

  return fixture_take_in (db, &message, FALSE, error);
}

static void
test_changes (Fixture *f, gconstpointer data)
{
  FlooSearch old = SEARCH_ALL ("会议室");

  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会议室", "11 ");
  fixture_write (f, replace, NULL);
  {
    /* Also before the index has the change. */
    g_autoptr (GVariant) found = search_now (f, old);

    g_assert_cmpuint (g_variant_n_children (found), ==, 0);
  }
  search_expect (f, "会议室", "");
  search_expect (f, "明天", "11 ");
  fixture_write (f, append, (gpointer) "下");
  search_expect (f, "明天下", "11 ");
  fixture_write (f, append, (gpointer) "午");
  search_expect (f, "天下午", "11 ");
  search_expect (f, "下午", "11 10 ");
  fixture_write (f, delete, GINT_TO_POINTER (11));
  search_expect (f, "下午", "10 ");
  search_expect (f, "会", "14 12 10 ");
  fixture_write (f, delete_conversation, GINT_TO_POINTER (50));
  search_expect (f, "会", "10 ");
  fixture_write (f, insert_one, GINT_TO_POINTER (20));
  search_expect (f, "会", "20 10 ");
}

/* The history adds old messages after new ones; those with the highest ids may have been deleted by then. */
static void
test_late_messages (Fixture *f, gconstpointer data)
{
  fixture_write (f, insert_one, GINT_TO_POINTER (100));
  search_expect (f, "会", "100 ");
  fixture_write (f, insert_one, GINT_TO_POINTER (60));
  search_expect (f, "会", "100 60 ");
  fixture_write (f, delete, GINT_TO_POINTER (100));
  fixture_reopen (f);
  fixture_write (f, insert_one, GINT_TO_POINTER (80));
  fixture_write (f, insert_one, GINT_TO_POINTER (90));
  search_expect (f, "会", "90 80 60 ");
}

/* ---- the file ---- */

static void
test_restart (Fixture *f, gconstpointer data)
{
  gint64 added;

  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  added = search_ask (f, "search.db", "SELECT sum(messages) FROM spans");
  g_assert_cmpint (added, ==, G_N_ELEMENTS (samples));
  fixture_open (f);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  /* Nothing was indexed again. */
  g_assert_cmpint (search_ask (f, "search.db", "SELECT sum(messages) FROM spans"), ==, added);
}

static void
damage (Fixture *f, gsize from)
{
  g_autofree char *path = fixture_path (f, "search.db");
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  for (gsize i = from; i < size; i++)
    bytes[i] = (char) (i * 7);
  g_assert_true (g_file_set_contents (path, bytes, (gssize) size, NULL));
}

/* Wherever it is damaged, a search fails at most once. */
static void
test_damage (Fixture *f, gconstpointer data)
{
  static const gsize places[] = { 0, 100, 5000, 40000, 70000 };

  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      SearchJob job = { SEARCH_ALL ("会"), NULL };
      g_autoptr (GError) error = NULL;

      fixture_close (f);
      damage (f, places[i]);
      fixture_open (f);
      error = search_try_catch_up (f, WAIT_LIMIT_S * 1000);
      if (error == NULL)
        {
          g_autoptr (GError) of_search = fixture_try_read (f, search_run, &job);

          if (of_search != NULL)
            g_assert_error (of_search, FLOO_ERROR, FLOO_ERROR_STORAGE);
        }
      g_clear_pointer (&job.found, g_variant_unref);
      search_expect (f, "会", "14 12 11 10 ");
    }
}

/* A row that violates its table's constraints: the index is rebuilt. */
static void
test_impossible_row (Fixture *f, gconstpointer data)
{
  g_autofree char *path = fixture_path (f, "search.db");
  g_autoptr (GError) failed = NULL;
  sqlite3 *index = NULL;

  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  g_assert_cmpint (sqlite3_open (path, &index), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (index,
                                 "DROP TABLE gone; CREATE TABLE gone (conversation INTEGER PRIMARY KEY, messages INTEGER) STRICT;"
                                 "INSERT INTO gone VALUES (-1, NULL); PRAGMA writable_schema = ON;"
                                 "UPDATE sqlite_schema SET sql = replace (sql, 'messages INTEGER', 'messages INTEGER NOT NULL')"
                                 " WHERE name = 'gone'",
                                 NULL, NULL, NULL),
                   ==, SQLITE_OK);
  sqlite3_close (index);
  fixture_open (f);
  fixture_write (f, delete, GINT_TO_POINTER (11));
  /* A search that waits for the round of indexing that finds it fails. */
  failed = search_try_catch_up (f, WAIT_LIMIT_S * 1000);
  if (failed != NULL)
    g_assert_error (failed, FLOO_ERROR, FLOO_ERROR_STORAGE);
  search_expect (f, "会", "14 12 10 ");
}

static void
copy_file (Fixture *f, const char *from, const char *to)
{
  g_autofree char *source = fixture_path (f, from);
  g_autofree char *target = fixture_path (f, to);
  g_autofree char *bytes = NULL;
  gsize size;

  g_assert_true (g_file_get_contents (source, &bytes, &size, NULL));
  g_assert_true (g_file_set_contents (target, bytes, (gssize) size, NULL));
}

/* An index of another store, or of a later state of this one, or none, is rebuilt. */
static void
test_other_store (Fixture *f, gconstpointer data)
{
  g_autofree char *index = fixture_path (f, "search.db");
  g_autofree char *store = fixture_path (f, "store.db");

  fixture_write (f, insert_one, GINT_TO_POINTER (5));
  fixture_close (f);
  copy_file (f, "store.db", "older");
  fixture_open (f);
  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 5 ");
  fixture_close (f);
  copy_file (f, "older", "store.db");
  fixture_open (f);
  search_expect (f, "会", "5 ");
  fixture_write (f, insert_one, GINT_TO_POINTER (12));
  search_expect (f, "会", "12 5 ");
  fixture_close (f);

  g_assert_cmpint (g_remove (store), ==, 0);
  fixture_open (f);
  search_expect (f, "会", "");
  fixture_write (f, insert_one, GINT_TO_POINTER (3));
  search_expect (f, "会", "3 ");
  fixture_close (f);

  g_assert_cmpint (g_remove (index), ==, 0);
  fixture_open (f);
  search_expect (f, "会", "3 ");
  g_assert_cmpint (g_remove (index), ==, 0);
  search_expect (f, "会", "3 ");
}

/* There are no migrations: it is rebuilt. */
static void
test_other_version (Fixture *f, gconstpointer data)
{
  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  g_assert_cmpint (search_ask (f, "search.db", "PRAGMA user_version = 2"), ==, -1);
  g_assert_cmpint (search_ask (f, "search.db", "DROP TABLE spans"), ==, -1);
  fixture_open (f);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  g_assert_cmpint (search_ask (f, "search.db", "PRAGMA user_version"), >, 2);
}

static void
test_erase (Fixture *f, gconstpointer data)
{
  FixtureResult wait = { FALSE, NULL };

  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  floo_store_erase_async (f->store, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  g_assert_true (floo_store_erase_finish (f->store, wait.result, NULL));
  g_object_unref (wait.result);
  g_assert_false (g_file_test (f->folder, G_FILE_TEST_EXISTS));
}

/* ---- many ---- */

#define MANY ((gint64) amount (30000, 3000))

static gboolean
insert_many (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 1; i <= MANY; i++)
    {
      g_autofree char *text = g_strdup_printf ("第%d号 word%d", (int) i, (int) (i % 100));
      FlooMessage message = fixture_message (i, 7 + i % 3, 7, text);
      gboolean is_new;

      if (!(i > MANY - 3 ? fixture_take_in (db, &message, FALSE, error) : floo_messages_insert (db, &message, FALSE, &is_new, error)))
        return FALSE;
    }
  return TRUE;
}

/* The index is far behind, unless it has caught up already: the call reports that, and indexing continues. */
static void
test_far_behind (Fixture *f, gconstpointer data)
{
  FlooSearch search = { "第", 8, -1, -1, 0, G_MAXINT64, 3 };
  g_autoptr (GError) error = NULL;
  g_autofree char *ids = NULL, *last = g_strdup_printf ("%d", (int) MANY - 2), *expected = g_strdup_printf ("%s ", last);
  g_autofree char *three = g_strdup_printf ("%d %d %d ", (int) MANY - 2, (int) MANY - 5, (int) MANY - 8);

  fixture_write (f, insert_many, NULL);
  error = search_try_catch_up (f, 0);
  if (error != NULL)
    g_assert_error (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  ids = search_ids (f, search);
  g_assert_cmpstr (ids, ==, three);
  search_expect (f, last, expected);
}

static guint64
file_number (Fixture *f)
{
  g_autofree char *path = fixture_path (f, "search.db");
  GStatBuf info;

  return g_stat (path, &info) == 0 ? (guint64) info.st_ino : 0;
}

static gboolean
look_again (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Deleted messages are removed from the index, too: it is rebuilt, and can be searched meanwhile. */
static void
test_much_gone (Fixture *f, gconstpointer data)
{
  guint64 before;
  guint poll;

  fixture_write (f, insert_many, NULL);
  search_catch_up (f);
  for (gint64 i = 7; i < 10; i++)
    {
      FlooSearch search = { "第", i, -1, -1, 0, G_MAXINT64, 500 };
      g_autoptr (GVariant) found = search_now (f, search);

      g_assert_cmpuint (g_variant_n_children (found), ==, 500);
    }
  before = file_number (f);
  fixture_write (f, delete_conversation, GINT_TO_POINTER (7));
  fixture_write (f, delete_conversation, GINT_TO_POINTER (8));
  search_expect (f, "29999", "29999 ");
  search_expect (f, "29998", "");
  search_expect (f, "29997", "");
  poll = g_timeout_add (20, look_again, NULL);
  run_until (file_number (f) != before && file_number (f) != 0);
  g_source_remove (poll);
  search_expect (f, "29999", "29999 ");
  search_expect (f, "29998", "");
  fixture_write (f, insert_one, GINT_TO_POINTER (MANY + 1));
  search_expect (f, "会后", "30001 ");
  fixture_close (f);
  g_assert_cmpint (search_ask (f, "search.db", "SELECT sum(messages) FROM spans"), ==, MANY / 3 + 1);
}

/* Late messages: all ids are between two that are known. */
static gboolean
insert_late (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 0; i < MANY / 3; i++)
    {
      g_autofree char *text = g_strdup_printf ("late%d", (int) i);
      FlooMessage message = fixture_message (1000 + (i * 7919) % (MANY / 3), 7, 7, text);
      gboolean is_new;

      if (!floo_messages_insert (db, &message, FALSE, &is_new, error))
        return FALSE;
    }
  return TRUE;
}

/* If many messages come late the ids are divided again. */
static void
test_much_late (Fixture *f, gconstpointer data)
{
  guint64 before;
  guint poll;

  fixture_write (f, insert_one, GINT_TO_POINTER (1));
  fixture_write (f, insert_one, GINT_TO_POINTER (1000000));
  search_expect (f, "会", "1000000 1 ");
  before = file_number (f);
  fixture_write (f, insert_late, NULL);
  search_expect (f, "late9999", "3081 ");
  poll = g_timeout_add (20, look_again, NULL);
  run_until (file_number (f) != before && file_number (f) != 0);
  g_source_remove (poll);
  search_expect (f, "会", "1000000 1 ");
  search_expect (f, "late9999", "3081 ");
  search_expect (f, "late1234", "3046 ");
  fixture_close (f);
  g_assert_cmpint (search_ask (f, "search.db", "SELECT count(*) FROM spans"), >, 4);
}

static void
test_closing (Fixture *f, gconstpointer data)
{
  FixtureJob job = { NULL, NULL, FALSE, NULL };
  FixtureJob late = { NULL, NULL, FALSE, NULL };
  FixtureResult wait = { FALSE, NULL };

  fixture_write (f, insert_many, NULL);
  floo_store_catch_up (f->store, WAIT_LIMIT_S * 1000, fixture_job_done, &job);
  floo_store_close_async (f->store, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  floo_store_close_finish (f->store, wait.result);
  g_object_unref (wait.result);
  fixture_wait (&job.ended);
  g_assert_error (job.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  g_clear_error (&job.error);
  floo_store_catch_up (f->store, 0, fixture_job_done, &late);
  fixture_wait (&late.ended);
  g_assert_error (late.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  g_clear_error (&late.error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/search/words", test_words);
  ADD ("/search/filters", test_filters);
  ADD ("/search/reply", test_reply);
  g_test_add_func ("/search/bad-text", test_bad_text);
  ADD ("/search/changes", test_changes);
  ADD ("/search/late-messages", test_late_messages);
  ADD ("/search/restart", test_restart);
  ADD ("/search/damage", test_damage);
  ADD ("/search/impossible-row", test_impossible_row);
  ADD ("/search/other-store", test_other_store);
  ADD ("/search/other-version", test_other_version);
  ADD ("/search/erase", test_erase);
  ADD ("/search/far-behind", test_far_behind);
  if (!amount_is_small ()) /* with fewer the index is not rebuilt */
    {
      ADD ("/search/much-gone", test_much_gone);
      ADD ("/search/much-late", test_much_late);
    }
  ADD ("/search/closing", test_closing);
  return g_test_run ();
}
