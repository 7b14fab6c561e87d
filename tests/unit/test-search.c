/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sqlite3.h>

#include "search-fixture.h"
#include "store/terms.h"

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

  return floo_conversations_delete (db, 50, &deleted, error);
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
    /* Also before the index knows. */
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
  fixture_write (f, delete_conversation, NULL);
  search_expect (f, "会", "10 ");
  fixture_write (f, insert_one, GINT_TO_POINTER (20));
  search_expect (f, "会", "20 10 ");
}

/* History brings old messages after new ones; the highest ones may be gone by then. */
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

static gint64
ask (Fixture *f, const char *file, const char *sql)
{
  g_autofree char *path = fixture_path (f, file);
  sqlite3_stmt *statement;
  sqlite3 *handle;
  gint64 value;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  value = sqlite3_step (statement) == SQLITE_ROW ? sqlite3_column_int64 (statement, 0) : -1;
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  return value;
}

static void
test_restart (Fixture *f, gconstpointer data)
{
  gint64 chunk;

  fixture_write (f, insert_samples, NULL);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  chunk = ask (f, "search.db", "SELECT max(id) FROM chunks");
  g_assert_cmpint (chunk, >, 0);
  fixture_open (f);
  search_expect (f, "会", "14 12 11 10 ");
  fixture_close (f);
  /* Nothing was done again. */
  g_assert_cmpint (ask (f, "search.db", "SELECT max(id) FROM chunks"), ==, chunk);
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
      error = search_try_catch_up (f, FIXTURE_SECONDS * 1000);
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

/* An index of another store, or of a later state of this one, or none, is built anew. */
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

#define MANY 30000

static gboolean
insert_many (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 1; i <= MANY; i++)
    {
      g_autofree char *text = g_strdup_printf ("第%d号 word%d", (int) i, (int) (i % 100));
      FlooMessage message = fixture_message (i, 7 + i % 3, 7, text);
      gboolean is_new;

      if (!floo_messages_insert (db, &message, FALSE, &is_new, error))
        return FALSE;
    }
  return TRUE;
}

/* The index is far behind: that is told, and goes on. */
static void
test_far_behind (Fixture *f, gconstpointer data)
{
  FlooSearch search = { "第", 8, -1, -1, 0, G_MAXINT64, 3 };
  g_autoptr (GError) error = NULL;
  g_autofree char *ids = NULL;

  fixture_write (f, insert_many, NULL);
  error = search_try_catch_up (f, 0);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  ids = search_ids (f, search);
  g_assert_cmpstr (ids, ==, "29998 29995 29992 ");
  search_expect (f, "29998", "29998 ");
}

/* What has gone leaves the index, too. */
static void
test_much_gone (Fixture *f, gconstpointer data)
{
  fixture_write (f, insert_many, NULL);
  search_catch_up (f);
  for (gint64 i = 7; i < 10; i++)
    {
      FlooSearch search = { "第", i, -1, -1, 0, G_MAXINT64, 500 };
      g_autoptr (GVariant) found = search_now (f, search);

      g_assert_cmpuint (g_variant_n_children (found), ==, 500);
    }
  fixture_close (f);
  g_assert_cmpint (ask (f, "store.db", "DELETE FROM messages WHERE conversation IN (7, 8)"), ==, -1);
  g_assert_cmpint (ask (f, "store.db", "INSERT INTO search_changes (conversation) VALUES (7), (8)"), ==, -1);
  fixture_open (f);
  search_catch_up (f);
  fixture_close (f);
  g_assert_cmpint (ask (f, "search.db", "SELECT sum(docs - dead) FROM chunks"), ==, MANY / 3);
}

static void
test_closing (Fixture *f, gconstpointer data)
{
  FixtureJob job = { NULL, NULL, FALSE, NULL };
  FixtureJob late = { NULL, NULL, FALSE, NULL };
  FixtureResult wait = { FALSE, NULL };

  fixture_write (f, insert_many, NULL);
  floo_store_catch_up (f->store, FIXTURE_SECONDS * 1000, fixture_job_done, &job, NULL);
  floo_store_close_async (f->store, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  floo_store_close_finish (f->store, wait.result);
  g_object_unref (wait.result);
  fixture_wait (&job.ended);
  g_assert_error (job.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  g_clear_error (&job.error);
  floo_store_catch_up (f->store, 0, fixture_job_done, &late, NULL);
  fixture_wait (&late.ended);
  g_assert_error (late.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  g_clear_error (&late.error);
}

/* ---- whatever comes ---- */

#define ROUNDS 60
#define CHANGES 40
#define IDS 4000

typedef struct {
  GRand *rand;
  gint64 newest;
} Chance;

static char *
random_text (GRand *rand)
{
  static const char *const words[] = { "天", "地", "玄", "黄", "宇", "宙", "洪", "荒", "one ", "two ", "three ", "on ", "，" };
  GString *text = g_string_new (NULL);
  guint n = (guint) g_rand_int_range (rand, 1, 12);

  for (guint i = 0; i < n; i++)
    g_string_append (text, words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))]);
  return g_string_free (text, FALSE);
}

static gboolean
insert_random (FlooDb *db, Chance *chance, GError **error)
{
  g_autofree char *text = random_text (chance->rand);
  gboolean is_late = g_rand_int_range (chance->rand, 0, 4) == 0;
  gint64 newer = chance->newest + g_rand_int_range (chance->rand, 1, 5);
  gint64 id = is_late ? g_rand_int_range (chance->rand, 1, (gint32) chance->newest + 1) : newer;
  FlooMessage message = fixture_message (id, 5 + g_rand_int_range (chance->rand, 0, 4), 7 + g_rand_int_range (chance->rand, 0, 2), text);
  gboolean is_new;

  chance->newest = MAX (chance->newest, id);
  return floo_messages_insert (db, &message, FALSE, &is_new, error);
}

static gboolean
change_at_random (FlooDb *db, gpointer data, GError **error)
{
  Chance *chance = data;
  gint64 conversation;
  FlooToType to_type;
  gboolean done;
  guint offset;

  for (guint i = 0; i < CHANGES; i++)
    {
      g_autofree char *text = random_text (chance->rand);
      gint64 id = g_rand_int_range (chance->rand, 1, (gint32) chance->newest + 1);
      int what = g_rand_int_range (chance->rand, 0, 100);
      gboolean ok;

      if (what < 70)
        ok = insert_random (db, chance, error);
      else if (what < 80)
        ok = floo_messages_append (db, id, text, NULL, NULL, 1, &offset, &done, NULL, NULL, error);
      else if (what < 90)
        ok = floo_messages_replace (db, id, text, NULL, NULL, 1, &done, NULL, NULL, error);
      else if (what < 99)
        ok = floo_messages_delete (db, id, &done, &conversation, &to_type, error);
      else
        ok = floo_conversations_delete (db, 5 + what % 4, &done, error);
      if (!ok)
        return FALSE;
    }
  return TRUE;
}

typedef struct {
  FlooTerms *terms;
  FlooSearch search;
  GString *ids;
} Expected;

static void
check_one (const FlooMessage *message, gpointer data)
{
  Expected *expected = data;
  gsize start, end;

  if ((expected->search.conversation < 0 || expected->search.conversation == message->conversation)
      && (expected->search.from < 0 || expected->search.from == message->from)
      && floo_terms_match (expected->terms, message->content, &start, &end))
    g_string_append_printf (expected->ids, "%" G_GINT64_FORMAT " ", message->id);
}

/* Looks at every message there is. */
static gboolean
search_slowly (FlooDb *db, gpointer data, GError **error)
{
  Expected *expected = data;

  for (gint64 id = IDS * 3; id > 0; id--)
    {
      gboolean known;
      gint64 conversation;
      FlooToType to_type;

      if (!floo_messages_find (db, id, &known, &conversation, &to_type, error)
          || (known && !floo_messages_get (db, id, check_one, expected, error)))
        return FALSE;
    }
  return TRUE;
}

static void
compare_at_random (Fixture *f, GRand *rand)
{
  g_autofree char *text = random_text (rand);
  g_autoptr (FlooTerms) terms = floo_terms_new (text);
  FlooSearch search = SEARCH_ALL (text);
  Expected expected;
  g_autofree char *ids = NULL;

  if (terms == NULL)
    return;
  search.limit = IDS * 3;
  search.conversation = g_rand_int_range (rand, 0, 3) == 0 ? 5 + g_rand_int_range (rand, 0, 4) : -1;
  search.from = g_rand_int_range (rand, 0, 3) == 0 ? 7 + g_rand_int_range (rand, 0, 2) : -1;
  expected = (Expected){ terms, search, g_string_new (NULL) };
  ids = search_ids (f, search);
  fixture_read (f, search_slowly, &expected);
  g_assert_cmpstr (ids, ==, expected.ids->str);
  g_string_free (expected.ids, TRUE);
}

static void
test_at_random (Fixture *f, gconstpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  Chance chance = { rand, 1 };

  for (guint i = 0; i < ROUNDS; i++)
    {
      fixture_write (f, change_at_random, &chance);
      if (i % 10 == 9)
        fixture_reopen (f);
      for (guint j = 0; j < 3; j++)
        compare_at_random (f, rand);
    }
  fixture_close (f);
  /* Notes that are done with do not stay. */
  g_assert_cmpint (ask (f, "store.db", "SELECT count(*) FROM search_changes"), <, ROUNDS * CHANGES / 2);
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
  ADD ("/search/other-store", test_other_store);
  ADD ("/search/erase", test_erase);
  ADD ("/search/far-behind", test_far_behind);
  ADD ("/search/much-gone", test_much_gone);
  ADD ("/search/closing", test_closing);
  ADD ("/search/at-random", test_at_random);
  return g_test_run ();
}
