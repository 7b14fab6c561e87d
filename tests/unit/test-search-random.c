/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whatever is in the store is found, after any changes: the result is compared with that of a search without the index.
 */
#include "amount.h"
#include "search-fixture.h"
#include "store/search/terms.h"

#define ROUNDS amount (60, 8)
#define CHANGES 40
#define MESSAGES amount (12000, 1500)

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
      && message->timestamp >= expected->search.since && message->timestamp <= expected->search.until
      && floo_terms_match (expected->terms, message->content, &start, &end))
    g_string_append_printf (expected->ids, "%" G_GINT64_FORMAT " ", message->id);
}

/* Searches without the index, in every message. */
static gboolean
search_slowly (FlooDb *db, gpointer data, GError **error)
{
  Expected *expected = data;

  for (gint64 id = MESSAGES; id > 0; id--)
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
compare (Fixture *f, FlooSearch search)
{
  g_autoptr (FlooTerms) terms = floo_terms_new (search.text);
  Expected expected = { terms, search, g_string_new (NULL) };
  g_autofree char *ids = NULL;

  ids = search_ids (f, search);
  fixture_read (f, search_slowly, &expected);
  g_assert_cmpstr (ids, ==, expected.ids->str);
  g_string_free (expected.ids, TRUE);
}

static void
compare_at_random (Fixture *f, GRand *rand)
{
  g_autofree char *text = random_text (rand);
  g_autoptr (FlooTerms) terms = floo_terms_new (text);
  FlooSearch search = SEARCH_ALL (text);

  if (terms == NULL)
    return;
  search.limit = MESSAGES;
  search.conversation = g_rand_int_range (rand, 0, 3) == 0 ? 5 + g_rand_int_range (rand, 0, 4) : -1;
  search.from = g_rand_int_range (rand, 0, 3) == 0 ? 7 + g_rand_int_range (rand, 0, 2) : -1;
  compare (f, search);
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
  /* Notes that have been processed are deleted. */
  g_assert_cmpint (search_ask (f, "store.db", "SELECT count(*) FROM search_changes"), <, ROUNDS * CHANGES / 2);
}

/* ---- many ---- */

/* Of fixture_message(). */
#define FIRST_TIME G_GINT64_CONSTANT (1700000000000)

/* Letters and characters, the first ones much more often than the last ones. */
static void
append_random (GString *text, GRand *rand, gboolean letters, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      double x = g_rand_double (rand);

      g_string_append_unichar (text, (letters ? 'a' : 0x4e00) + (guint) (x * x * x * (letters ? 26 : 300)));
    }
}

static gboolean
insert_many (FlooDb *db, gpointer data, GError **error)
{
  GRand *rand = data;

  for (gint64 id = 1; id <= MESSAGES; id++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      FlooMessage message;
      gboolean is_new;

      append_random (text, rand, TRUE, (guint) g_rand_int_range (rand, 1, 14));
      g_string_append_c (text, ' ');
      append_random (text, rand, FALSE, (guint) g_rand_int_range (rand, 1, 8));
      message = fixture_message (id, id % 5 == 0 ? 5 : 100 + id % 800, 7 + id % 2, text->str);
      /* Mostly in order, by very different distances. */
      message.timestamp += id % 1000 < 300 ? id * 1000 : 300000 + g_rand_int_range (rand, 0, 1000);
      if (!floo_messages_insert (db, &message, FALSE, &is_new, error))
        return FALSE;
    }
  return TRUE;
}

/* Enough for chunks with lists of all types, over many pages. */
static void
test_many (Fixture *f, gconstpointer data)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) g_test_rand_int ());

  fixture_write (f, insert_many, rand);
  for (guint i = 0; i < amount (60, 12); i++)
    {
      g_autoptr (GString) text = g_string_new (NULL);
      FlooSearch search = SEARCH_ALL (NULL);

      append_random (text, rand, i % 2 == 0, 1 + i / 2 % 4);
      search.text = text->str;
      search.limit = MESSAGES;
      if (i % 5 == 0)
        search.conversation = g_rand_int_range (rand, 0, 3) == 0 ? 5 : g_rand_int_range (rand, 100, 900);
      if (i % 3 == 0)
        {
          search.since = FIRST_TIME + g_rand_int_range (rand, 0, 600000);
          search.until = search.since + (1 << g_rand_int_range (rand, 0, 22));
        }
      compare (f, search);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/search/at-random", test_at_random);
  ADD ("/search/many", test_many);
  return g_test_run ();
}
