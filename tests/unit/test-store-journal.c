/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events under their serials, and their replay. */
#include "base/backoff.h"
#include "base/names.h"
#include "store/engine/query.h"
#include "store-fixture.h"
#include "store/tables/prune.h"
#include "store/tables/tokens.h"

#define DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

#define OK(call) \
  if (!(call)) \
  return FALSE
#define WRITE(f, name) fixture_write (f, name, NULL)

typedef struct {
  guint64 since;
  guint limit;
  guint64 next, last;
  GVariant *events;
} Replay;

static gboolean
do_replay (FlooDb *db, gpointer data, GError **error)
{
  Replay *replay = data;

  replay->events = floo_journal_replay (db, replay->since, replay->limit, &replay->next, &replay->last, error);
  if (replay->events == NULL)
    return FALSE;
  g_variant_ref_sink (replay->events);
  return TRUE;
}

static Replay
replay (Fixture *f, guint64 since, guint limit)
{
  Replay replay = { since, limit, 0, 0, NULL };

  fixture_read (f, do_replay, &replay);
  return replay;
}

static GVariant *
get_args (GVariant *events, gsize i)
{
  g_autoptr (GVariant) event = g_variant_get_child_value (events, i);
  g_autoptr (GVariant) boxed = g_variant_get_child_value (event, 3);

  return g_variant_get_variant (boxed);
}

static gboolean
insert_message (FlooDb *db, gint64 id, GError **error)
{
  FlooMessage message = fixture_message (id, 7, 7, "text");

  return fixture_take_in (db, &message, TRUE, error);
}

static GVariant *
messages_body (FlooDb *db, const gint64 *ids, guint n)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  for (guint i = 0; i < n; i++)
    g_variant_builder_add_value (&builder, floo_messages_get_variant (db, ids[i], NULL));
  return g_variant_new ("(@" FLOO_MESSAGES_TYPE ")", g_variant_builder_end (&builder));
}

static GVariant *
status_body (FlooDb *db, gint64 id)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "uid", "x", (gint64) 7);
  g_variant_dict_insert_value (&dict, "message", floo_messages_get_variant (db, id, NULL));
  return g_variant_new ("(xs@a{sv})", id, "sent", g_variant_dict_end (&dict));
}

/* 1: two messages, 2: one, 3: a mention, 4: a status, 5: an own body, 6: an empty one, 7: an empty dictionary; 8: the conversation, by the store itself */
static gboolean
journal_all_kinds (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 10, 20, 30, 40 };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    OK (insert_message (db, ids[i], error));
  return floo_journal_append (db, FLOO_SIGNAL_ROSTER_MESSAGES, messages_body (db, ids, 2), ids, 2, error)
         && floo_journal_append (db, FLOO_SIGNAL_ROSTER_MESSAGES, messages_body (db, ids + 2, 1), ids + 2, 1, error)
         && floo_journal_append (db, FLOO_SIGNAL_MENTION_MESSAGE,
                                 g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", floo_messages_get_variant (db, 40, NULL)), ids + 3, 1, error)
         && floo_journal_append (db, FLOO_SIGNAL_SENDING_MESSAGE_STATUS_CHANGED, status_body (db, 10), ids, 1, error)
         && floo_journal_append (db, FLOO_SIGNAL_PUSH_MESSAGE,
                                 g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", floo_messages_get_variant (db, 40, NULL)), NULL, 0, error)
         && floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error)
         && floo_journal_append (db, FLOO_SIGNAL_LOGIN_SUCCESS, g_variant_new_parsed ("(@a{sv} {},)"), NULL, 0, error);
}

static gboolean
journal_status (FlooDb *db, gpointer data, GError **error)
{
  const gint64 id = 0x0102030405060708;
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "uid", "x", (gint64) 7);
  return floo_journal_append (db, FLOO_SIGNAL_SENDING_MESSAGE_STATUS_CHANGED, g_variant_new ("(xs@a{sv})", id, "sent", g_variant_dict_end (&dict)),
                              &id, 1, error);
}

static void
assert_blob (FlooQuery *query, int at, const char *expected)
{
  gsize size;
  const guint8 *data = floo_query_blob (query, at, &size);
  g_autoptr (GString) digits = g_string_new (NULL);

  for (gsize i = 0; i < size; i++)
    g_string_append_printf (digits, "%02x", data[i]);
  g_assert_cmpstr (digits->str, ==, expected);
}

static gboolean
check_bytes (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "journal-after", FLOO_INTS (0, 1), error);
  gboolean row;

  OK (floo_query_next (query, &row, error));
  g_assert_true (row);
  assert_blob (query, 3, "0807060504030201");
  assert_blob (query, 4, "080706050403020173656e740000000075696400000000000700000000000000007804130d");
  return TRUE;
}

/* The file is little-endian on every machine. */
static void
test_byte_order (Fixture *f, gconstpointer data)
{
  WRITE (f, journal_status);
  fixture_read (f, check_bytes, NULL);
}

/* The replay returns what was signalled, as long as nothing has changed. */
static void
test_same (Fixture *f, gconstpointer data)
{
  Replay all;

  WRITE (f, journal_all_kinds);
  fixture_reopen (f);
  g_assert_cmpuint (f->events->len, ==, 8);
  all = replay (f, 0, 0);
  g_assert_cmpuint (all.next, ==, 8);
  g_assert_cmpuint (all.last, ==, 8);
  g_assert_cmpuint (g_variant_n_children (all.events), ==, 8);
  for (gsize i = 0; i < 8; i++)
    {
      g_autoptr (GVariant) args = get_args (all.events, i);
      g_autofree char *live = g_variant_print (f->events->pdata[i], TRUE);
      g_autofree char *again = g_variant_print (args, TRUE);

      g_assert_cmpstr (again, ==, live);
    }
  g_variant_unref (all.events);
}

static gboolean
delete_some (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 10, 30, 40 };
  gboolean deleted;
  gint64 conversation;
  FlooToType to_type;

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    OK (floo_messages_delete (db, ids[i], &deleted, &conversation, &to_type, error));
  return TRUE;
}

/* What has been deleted since is left out, and so is an event that contains nothing else. */
static void
test_deleted (Fixture *f, gconstpointer data)
{
  Replay all;
  g_autofree char *text = NULL;
  g_autoptr (GVariant) args = NULL;

  WRITE (f, journal_all_kinds);
  WRITE (f, delete_some);
  all = replay (f, 0, 0);
  g_assert_cmpuint (all.next, ==, 9);
  g_assert_cmpuint (g_variant_n_children (all.events), ==, 7);
  args = get_args (all.events, 0);
  text = g_variant_print (args, FALSE);
  g_assert_cmpstr (text, ==, "(1, [(20, 7, 7, 'roster', 'text', 'text', 1700000000020, 0, {'to': <int64 1000>})])");
  g_free (text);
  g_variant_unref (args);
  args = get_args (all.events, 1);
  text = g_variant_print (args, FALSE);
  g_assert_cmpstr (text, ==, "(4, 10, 'sent', {'uid': <int64 7>})");
  g_variant_unref (all.events);
}

static gboolean
replace_first (FlooDb *db, gpointer data, GError **error)
{
  gboolean applied;

  return floo_messages_replace (db, 30, "changed", NULL, NULL, 5, &applied, NULL, NULL, error);
}

static void
test_as_they_are_now (Fixture *f, gconstpointer data)
{
  Replay one;
  g_autofree char *text = NULL;

  WRITE (f, journal_all_kinds);
  WRITE (f, replace_first);
  one = replay (f, 1, 1);
  text = g_variant_print (one.events, FALSE);
  g_assert_nonnull (strstr (text, "'changed'"));
  g_assert_cmpuint (one.next, ==, 2);
  g_assert_cmpuint (one.last, ==, 8);
  g_variant_unref (one.events);
}

static void
assert_out_of_range (Fixture *f, guint64 since)
{
  Replay replay = { since, 0, 0, 0, NULL };
  g_autoptr (GError) error = fixture_try_read (f, do_replay, &replay);

  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
}

static gboolean
journal_many (FlooDb *db, gpointer data, GError **error)
{
  for (guint i = 0; i < GPOINTER_TO_UINT (data); i++)
    OK (floo_journal_append (db, FLOO_SIGNAL_GROUP_MEMBER_CHANGED, g_variant_new ("(xax)", (gint64) i, NULL), NULL, 0, error));
  return TRUE;
}

static void
test_windows (Fixture *f, gconstpointer data)
{
  guint64 since = 0;
  guint n = 0;
  Replay some = replay (f, 0, 0);

  g_assert_cmpuint (some.next, ==, 0);
  g_assert_cmpuint (some.last, ==, 0);
  g_variant_unref (some.events);
  assert_out_of_range (f, 1);
  fixture_write (f, journal_many, GUINT_TO_POINTER (2500));
  do
    {
      some = replay (f, since, 5000);
      g_assert_cmpuint (g_variant_n_children (some.events), <=, FLOO_REPLAY_EVENTS);
      g_assert_cmpuint (some.next, >, since);
      n += g_variant_n_children (some.events);
      since = some.next;
      g_variant_unref (some.events);
    }
  while (since != some.last);
  g_assert_cmpuint (n, ==, 2500);
  some = replay (f, 2500, 0);
  g_assert_cmpuint (g_variant_n_children (some.events), ==, 0);
  g_assert_cmpuint (some.next, ==, 2500);
  g_variant_unref (some.events);
  assert_out_of_range (f, 2501);
  assert_out_of_range (f, G_MAXUINT64);
}

static gboolean
journal_large (FlooDb *db, gpointer data, GError **error)
{
  g_autofree char *text = g_strnfill (100 << 10, 'x');

  for (guint i = 0; i < 10; i++)
    OK (floo_journal_append (db, FLOO_SIGNAL_FLOO_ERROR, g_variant_new ("(ss)", "x", text), NULL, 0, error));
  return TRUE;
}

static void
test_bytes (Fixture *f, gconstpointer data)
{
  guint64 since = 0;
  Replay some;

  WRITE (f, journal_large);
  do
    {
      some = replay (f, since, 0);
      g_assert_cmpuint (g_variant_get_size (some.events), <=, FLOO_REPLAY_BYTES + 4096);
      since = some.next;
      g_variant_unref (some.events);
    }
  while (since != some.last);
}

static gint64 now_ms;

static gint64
fake_now (void)
{
  return __atomic_load_n (&now_ms, __ATOMIC_SEQ_CST);
}

static gboolean
get_position (FlooDb *db, gpointer data, GError **error)
{
  guint64 *position = data;

  return floo_journal_get_position (db, &position[0], &position[1], error);
}

/* Pruning continues after the commits, and when the store is idle. */
static void
wait_for_first (Fixture *f, guint64 first)
{
  gint64 end = g_get_monotonic_time () + WAIT_LIMIT_S * G_USEC_PER_SEC;
  guint64 position[2];

  do
    {
      fixture_read (f, get_position, position);
      g_assert_cmpuint (position[0], <=, first);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
    }
  while (position[0] < first);
}

static void
journal_steps (Fixture *f, guint n)
{
  for (guint i = 0; i < n; i++)
    fixture_write (f, journal_many, GUINT_TO_POINTER (500));
}

static gint64 uptime_ms;

static gint64
fake_uptime (void)
{
  return __atomic_load_n (&uptime_ms, __ATOMIC_SEQ_CST);
}

static void
live_days (gint64 days)
{
  if (uptime_ms == 0)
    uptime_ms = floo_uptime_ms ();
  __atomic_add_fetch (&uptime_ms, days * DAY_MS, __ATOMIC_SEQ_CST);
  floo_uptime_set (fake_uptime);
}

static void
use_real_clocks (void)
{
  uptime_ms = 0;
  floo_clock_set (NULL);
  floo_uptime_set (NULL);
}

static gboolean
prune_now (FlooDb *db, gpointer data, GError **error)
{
  gboolean more = TRUE;

  while (more)
    if (!floo_prune_step (db, &(FlooRetention){ 14, 1000000 }, &more, error))
      return FALSE;
  return TRUE;
}

static gboolean
add_token (FlooDb *db, gpointer data, GError **error)
{
  return floo_tokens_add (db, "a token", "digest", 4711, error);
}

static gboolean
find_token (FlooDb *db, gpointer data, GError **error)
{
  return floo_tokens_find (db, "a token", "digest", data, error);
}

static gint64
known_token (Fixture *f)
{
  gint64 client_id;

  fixture_write (f, prune_now, NULL);
  fixture_read (f, find_token, &client_id);
  return client_id;
}

/* A clock that is wrong while the daemon runs, or when it starts, prunes no token; a month of running time does. */
static void
test_clock (Fixture *f, gconstpointer data)
{
  static const gint64 jumps[] = { 40, -40, 365 * 20, -365 * 60 }; /* the last one: before 1970 */
  const gint64 real = g_get_real_time () / 1000;

  fixture_write (f, add_token, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++)
    {
      now_ms = MAX (real + jumps[i] * DAY_MS, 1000);
      floo_clock_set (fake_now);
      g_assert_cmpint (known_token (f), ==, 4711);
      fixture_reopen (f);
      g_assert_cmpint (known_token (f), ==, 4711);
      now_ms = real;
      fixture_reopen (f);
    }
  live_days (20);
  g_assert_cmpint (known_token (f), ==, 4711);
  live_days (20);
  g_assert_cmpint (known_token (f), ==, 0);
  use_real_clocks ();
}

/* Pruned by number, and by age; from the front, without gaps, and no serial is given twice. */
static void
test_prune (Fixture *f, gconstpointer data)
{
  guint64 position[2];

  floo_store_set_retention (f->store, &(FlooRetention){ 14, 1000 });
  fixture_write (f, journal_many, GUINT_TO_POINTER (3000));
  journal_steps (f, 6);
  wait_for_first (f, 5001);
  assert_out_of_range (f, 4999);
  g_variant_unref (replay (f, 5000, 1).events);

  /* A jump of the clock does not count as time that passed. */
  floo_store_set_retention (f->store, &(FlooRetention){ 14, 1000000 });
  fixture_write (f, prune_now, NULL);
  now_ms = g_get_real_time () / 1000 + 40 * DAY_MS;
  floo_clock_set (fake_now);
  journal_steps (f, 10);
  fixture_write (f, prune_now, NULL);
  wait_for_first (f, 5001);

  /* Nothing is pruned too early; after that what was there on the day before. */
  live_days (1);
  fixture_write (f, prune_now, NULL);
  journal_steps (f, 10);
  live_days (14);
  fixture_write (f, prune_now, NULL);
  wait_for_first (f, 5001);
  live_days (1);
  fixture_write (f, prune_now, NULL);
  wait_for_first (f, 11001);

  /* The last event stays, so that the serials continue. */
  live_days (15);
  floo_store_set_retention (f->store, &(FlooRetention){ 14, 0 });
  fixture_write (f, journal_many, GUINT_TO_POINTER (500));
  wait_for_first (f, 16500);
  fixture_reopen (f);
  fixture_write (f, journal_many, GUINT_TO_POINTER (1));
  fixture_read (f, get_position, position);
  g_assert_cmpuint (position[1], ==, 16501);
  use_real_clocks ();
}

static gboolean
journal_on_reader (FlooDb *db, gpointer data, GError **error)
{
  return floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
}

static void
test_only_writers (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = fixture_try_read (f, journal_on_reader, NULL);

  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/journal/same", test_same);
  ADD ("/store/journal/byte-order", test_byte_order);
  ADD ("/store/journal/deleted", test_deleted);
  ADD ("/store/journal/as-they-are-now", test_as_they_are_now);
  ADD ("/store/journal/windows", test_windows);
  ADD ("/store/journal/bytes", test_bytes);
  ADD ("/store/journal/prune", test_prune);
  ADD ("/store/journal/clock", test_clock);
  ADD ("/store/journal/only-writers", test_only_writers);
  return g_test_run ();
}
