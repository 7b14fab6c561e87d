/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that are too old or too many: which are removed, and that they do not come back. */
#include "messages-fixture.h"

#include "base/backoff.h"
#include "store/engine/query.h"
#include "store/tables/gaps.h"
#include "store/tables/prune.h"

#define DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

static gint64 uptime_ms;

static gint64
fake_uptime (void)
{
  return __atomic_load_n (&uptime_ms, __ATOMIC_SEQ_CST);
}

static void
pass_hours (Fixture *f, guint hours)
{
  if (uptime_ms == 0)
    uptime_ms = floo_uptime_ms ();
  __atomic_add_fetch (&uptime_ms, (gint64) hours * 3600 * 1000, __ATOMIC_SEQ_CST);
  floo_uptime_set (fake_uptime);
}

/* @data: FlooRetention */
static gboolean
prune (FlooDb *db, gpointer data, GError **error)
{
  gboolean more = TRUE;

  for (guint i = 0; more; i++)
    {
      g_assert_cmpuint (i, <, 10);
      OK (floo_prune_step (db, data, &more, error));
    }
  return TRUE;
}

static gboolean
append_id (FlooDb *db, const char *name, GString *ids, gint64 conversation, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, name, FLOO_INTS (conversation, G_MININT64, 10000), error);
  gboolean row;

  while (query != NULL && floo_query_next (query, &row, error) && row)
    g_string_append_printf (ids, "%" G_GINT64_FORMAT " ", floo_query_int (query, 0));
  return query != NULL;
}

typedef struct {
  gint64 conversation;
  GString *ids;
  gboolean complete;
} Rest;

static gboolean
read_rest (FlooDb *db, gpointer data, GError **error)
{
  Rest *rest = data;

  return append_id (db, "page-messages-after", rest->ids, rest->conversation, error)
         && floo_gaps_is_complete (db, rest->conversation, &rest->complete, error);
}

static void
assert_rest (Fixture *f, gint64 conversation, const char *ids, gboolean complete)
{
  Rest rest = { conversation, g_string_new (NULL), FALSE };

  fixture_read (f, read_rest, &rest);
  g_assert_cmpstr (rest.ids->str, ==, ids);
  g_assert_cmpint (rest.complete, ==, complete);
  g_string_free (rest.ids, TRUE);
}

/* 10 to 90 with user 7, read up to 50; 5 alone with user 8, read; gaps before and among them. */
static gboolean
insert (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage lonely = fixture_message (5, 8, 8, "alone");
  g_autoptr (GArray) read = g_array_new (FALSE, FALSE, sizeof (FlooUnreadMessage));
  gint64 last;

  OK (fixture_take_in (db, &lonely, FALSE, error) && insert_one_to_nine (db, NULL, error)
      && floo_messages_read_up_to (db, 7, 50, read, &last, error));
  return floo_gaps_add (db, 7, 20, FALSE, error) && floo_gaps_add (db, 7, 80, FALSE, error);
}

static gboolean
insert_old_again (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage message = fixture_message (30, 7, 7, "again");

  return fixture_take_in (db, &message, FALSE, error);
}

typedef struct {
  gint64 from, to, gap;
} Gap;

static gboolean
find_gap (FlooDb *db, gpointer data, GError **error)
{
  Gap *gap = data;

  return floo_gaps_find (db, 7, gap->from, gap->to, &gap->gap, error);
}

static void
test_number (Fixture *f, gconstpointer data)
{
  FlooRetention three = { 14, 1000, 0, 3 }, all = { 14, 1000, 0, 0 };
  Gap below = { 0, 50, 0 }, above = { 50, 90, 0 };

  fixture_write (f, insert, NULL);
  fixture_write (f, prune, &all);
  assert_rest (f, 7, "10 20 30 40 50 60 70 80 90 ", FALSE);
  fixture_write (f, prune, &three);
  /* Unread messages are kept, and the last one of a conversation. */
  assert_rest (f, 7, "60 70 80 90 ", TRUE);
  assert_rest (f, 8, "5 ", FALSE);
  assert_counts (f, 7, 4, 4);
  /* Removed messages leave no gap; gaps above them are kept. */
  fixture_read (f, find_gap, &below);
  fixture_read (f, find_gap, &above);
  g_assert_cmpint (below.gap, ==, 0);
  g_assert_cmpint (above.gap, ==, 80);
  fixture_write (f, insert_old_again, NULL);
  assert_rest (f, 7, "60 70 80 90 ", TRUE);
}

static gboolean
insert_days (FlooDb *db, gpointer data, GError **error)
{
  const gint64 now = floo_now_ms ();

  /* One a day, the last one a hundred years ahead. */
  for (gint64 i = 1; i <= 10; i++)
    {
      FlooMessage message = fixture_message (100 * i, 7, 7, "text");

      message.timestamp = i == 10 ? now + 36500 * DAY_MS : now - (10 - i) * DAY_MS + DAY_MS / 24;
      OK (fixture_take_in (db, &message, FALSE, error));
    }
  return TRUE;
}

/* Once an hour; by the time that has passed for the daemon, whatever the time of a single message is. */
static void
test_age (Fixture *f, gconstpointer data)
{
  FlooRetention days = { 14, 1000, 3, 0 };

  fixture_write (f, insert_days, NULL);
  fixture_write (f, prune, &days);
  assert_rest (f, 7, "700 800 900 1000 ", TRUE);
  pass_hours (f, 24);
  fixture_write (f, prune, &days);
  assert_rest (f, 7, "800 900 1000 ", TRUE);
  pass_hours (f, 24 * 100);
  fixture_write (f, prune, &days);
  assert_rest (f, 7, "1000 ", TRUE);
  floo_uptime_set (NULL);
}

static gboolean
insert_many (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 1; i <= 1000; i++)
    {
      FlooMessage message = fixture_message (i, 7 + i % 3, 7, "text");

      OK (fixture_take_in (db, &message, FALSE, error));
    }
  return TRUE;
}

/* A few hundred in each step. */
static gboolean
step_once (FlooDb *db, gpointer data, GError **error)
{
  FlooRetention hundred = { 14, 1000, 0, 100 };

  return floo_prune_step (db, &hundred, data, error);
}

static void
test_steps (Fixture *f, gconstpointer data)
{
  gboolean more = FALSE;

  fixture_write (f, insert_many, NULL);
  for (guint i = 1; i <= 3; i++)
    {
      fixture_write (f, step_once, &more);
      g_assert_true (more);
    }
  fixture_write (f, step_once, &more);
  g_assert_false (more);
  assert_rest (f, 7, "903 906 909 912 915 918 921 924 927 930 933 936 939 942 945 948 951 954 957 960 963 966 969 972 975 978 981 984 987 990 993 996 999 ", TRUE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/retention/number", test_number);
  ADD ("/store/retention/age", test_age);
  ADD ("/store/retention/steps", test_steps);
  return g_test_run ();
}
