/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-sync.c: the requests to the service, and their retries where it refuses or does not answer. Everything that is sent is lost.
 */
#include "sync-fixture.h"
#include "sync-pages.h"

#include "store/tables/gaps.h"

/* The service refuses a page of @conversation. */
static void
refuse (Online *o, gint64 conversation)
{
  SYNC_PAGE (o->sync, .conversation = conversation, .code = FLOO__STATUS__ERROR_CODE__INVALID_PARAMETER);
}

/* A page that has not been requested yet is refused, twice: it is requested all the same, once. */
static void
test_refused_before_it_was_asked (Online *o, gconstpointer data)
{
  const FlooXid xid = { .has_uid = TRUE, .uid = 7 };
  gint64 uid = 7;
  FlooPull *pull;

  floo_account_set_congested (o->base.account, TRUE);
  floo_pull_want (o->sync, &xid, FALSE);
  pull = g_hash_table_lookup (o->sync->pulls, &uid);
  pull->key = 5;
  floo_pull_want (o->sync, &xid, FALSE);
  g_assert_true (pull->again);
  refuse (o, uid);
  g_assert_cmpuint (g_queue_get_length (o->sync->queued), ==, 1);
  refuse (o, uid);
  g_assert_cmpuint (g_queue_get_length (o->sync->queued), ==, 1);
  g_assert_true (g_hash_table_lookup (o->sync->pulls, &uid) == pull);
  floo_account_set_congested (o->base.account, FALSE);
  floo_sync_pump (o->sync);
  g_assert_cmpint (pull->state, ==, FLOO_PULL_ASKED);
}

/* The request for the history of @conversation, when it is sent. */
static FlooHistory *
wait_history (Online *o, gint64 conversation)
{
  FlooHistory *history;

  run_until ((history = floo_history_find (o->sync, conversation)) != NULL);
  return history;
}

static void
look_at (Online *o, gint64 conversation)
{
  g_autoptr (GArray) conversations = g_array_new (FALSE, FALSE, sizeof (gint64));

  g_array_append_val (conversations, conversation);
  floo_fill_look_at (o->sync, conversations);
}

/* A new conversation's history is requested when it appears, whenever that is. */
static void
test_look_at_new (Online *o, gconstpointer data)
{
  o->sync->looked = o->sync->pushes = TRUE;
  look_at (o, 8);
  wait_history (o, 8);
}

/* If the history does not arrive in time it is requested again, later. */
static void
test_look_again (Online *o, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "too late");

  o->sync->looked = o->sync->pushes = TRUE;
  look_at (o, 8);
  floo_history_end (o->sync, wait_history (o, 8), NULL, error);
  g_assert_null (o->sync->fill);
  g_assert_cmpuint (o->sync->gap_timer, !=, 0);
  floo_fill_run (o->sync, TRUE);
  wait_history (o, 8);
}

static void
keep_error (const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  *(GError **) user_data = error != NULL ? g_error_copy (error) : NULL;
}

/* A refusal that does not say that it is about the history ends the request for the history at once. */
static void
test_history_refused (Online *o, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  floo_sync_history (o->sync, 8, 0, 20, keep_error, &error);
  wait_history (o, 8);
  refuse (o, 8);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_REJECTED);
}

/* ---- history that arrives late ---- */

/* A page of the history of conversation 8: @n messages down from @newest. */
static void
bring_history (Online *o, gint64 newest, guint n)
{
  SYNC_PAGE (o->sync, .conversation = 8, .is_history = TRUE, .newest = newest, .n = n, .next_key = n > 0 ? (guint64) newest - n + 1 : 0);
}

static void
note_end (const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  g_string_append_printf (user_data, "%s;", error != NULL ? error->message : "stored");
}

/* Requests the history from @from, which times out. */
static void
ask_in_vain (Online *o, gint64 from, GString *ends)
{
  floo_sync_history (o->sync, 8, from, 50, note_end, ends);
  wait_history (o, 8)->asked_at -= 60 * 1000;
  floo_history_end_late (o->sync);
}

/* The answer to a request that timed out is not used for the next one: the gaps between the two would be considered filled. */
static void
test_late_history (Online *o, gconstpointer data)
{
  static const struct {
    gint64 late;
    gint64 asked;
    gint64 wrong;               /* where the answer to the first one begins, -1: it is empty */
    gint64 right;
  } rows[] = { { 500, 0, 499, 999 }, { 500, 800, 499, 799 }, { 500, 0, -1, 999 }, { 800, 500, 799, 499 }, { 0, 500, 999, 499 } };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GString) ends = g_string_new (NULL);

      ask_in_vain (o, rows[i].late, ends);
      g_assert_cmpuint (ends->len, !=, 0);
      g_string_truncate (ends, 0);
      floo_sync_history (o->sync, 8, rows[i].asked, 50, note_end, ends);
      bring_history (o, rows[i].wrong, rows[i].wrong > 0 ? 50 : 0);
      g_assert_false (wait_history (o, 8)->answered);
      bring_history (o, rows[i].right, 50);
      while (ends->len == 0)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpstr (ends->str, ==, "stored;");
    }
}

/* A second request for the same history uses it; and an answer that never arrives does not block the following ones. */
static void
test_history_asked_again (Online *o, gconstpointer data)
{
  static const gint64 after[] = { 500, 450, 0, 900 };
  g_autoptr (GString) ends = g_string_new (NULL);

  ask_in_vain (o, 500, ends);
  for (guint i = 0; i < G_N_ELEMENTS (after); i++)
    {
      g_string_truncate (ends, 0);
      floo_sync_history (o->sync, 8, after[i], 50, note_end, ends);
      bring_history (o, after[i] != 0 ? after[i] - 1 : 999, 50);
      while (ends->len == 0)
        g_main_context_iteration (NULL, TRUE);
      g_assert_cmpstr (ends->str, ==, "stored;");
    }
}

/* ---- connections ---- */

static FlooPull *
want (Online *o)
{
  const FlooXid xid = { .has_uid = TRUE, .uid = 7 };
  gint64 uid = 7;

  floo_pull_want (o->sync, &xid, FALSE);
  floo_sync_pump (o->sync);
  return g_hash_table_lookup (o->sync->pulls, &uid);
}

/* The end of a page of the previous connection does not end the page that is requested on this one. */
static void
test_page_of_a_connection_before (Online *o, gconstpointer data)
{
  g_autoptr (FlooFrame) frame = sync_page (&(SyncPage){ .conversation = 7, .next_key = 5 });
  FlooInboundItem item = { .frame = frame, .conversation = 7, .from = -1, .connection = o->sync->connection };
  FlooPull *pull;

  floo_sync_offline (o->sync);
  floo_sync_online (o->sync);
  pull = want (o);
  pull->state = FLOO_PULL_COMMITTING;
  floo_pull_page_done (o->sync, &item, NULL);
  g_assert_cmpint (pull->state, ==, FLOO_PULL_COMMITTING);
  item.connection = o->sync->connection;
  item.news = TRUE;
  floo_pull_page_done (o->sync, &item, NULL);
  g_assert_cmpint (pull->state, ==, FLOO_PULL_QUEUED);
  g_assert_cmpuint (pull->key, ==, 5);
  /* The next request has the xid of that page, the conversation itself keeps the xid of the notice. */
  g_assert_true (pull->page_xid.has_device_sn);
  g_assert_false (pull->xid.has_device_sn);
}

static gboolean
run_note_pushes (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage message = fixture_message (10, 7, 7, "text");

  return fixture_take_in (db, &message, TRUE, error) && floo_gaps_note_pushes (db, error);
}

static gboolean
run_nothing (FlooDb *db, gpointer data, GError **error)
{
  return TRUE;
}

/* Two answers to UNREAD before the list of conversations to look at is there: it is read once. */
static void
test_looked_once (Online *o, gconstpointer data)
{
  fixture_write (&o->base.fixture, run_note_pushes, NULL);
  /* So that no request is made. */
  floo_account_set_congested (o->base.account, TRUE);
  floo_store_pause_reads (o->base.fixture.store, FALSE);
  floo_fill_online (o->sync);
  floo_fill_online (o->sync);
  run_until (o->sync->looked);
  fixture_read (&o->base.fixture, run_nothing, NULL);
  g_assert_cmpuint (o->sync->to_look_at->len, ==, 1);
  floo_account_set_congested (o->base.account, FALSE);
}

/* A page arrived that cannot be decoded: it times out soon, and the connection stays. */
static void
test_unreadable (Online *o, gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "malformed");
  guint connection = o->sync->connection;
  gint64 uid = 7;

  g_assert_cmpint (want (o)->state, ==, FLOO_PULL_ASKED);
  floo_sync_unreadable (o->sync, error);
  run_until (!g_hash_table_contains (o->sync->pulls, &uid));
  g_assert_cmpuint (o->sync->connection, ==, connection);
  g_assert_cmpuint (o->sync->left_out, ==, 1);
  /* It is not requested again at once, but looked for in the history. */
  g_assert_null (want (o));
  g_assert_cmpuint (o->sync->to_look_at->len, ==, 1);
}

/* ---- bounds of a page of messages ---- */

/* @acknowledged messages with ids from 10 on, then @queued ones of ours */
static void
assert_bounds (guint acknowledged, guint queued, gint64 expected_lowest, gint64 expected_highest)
{
  g_autoptr (GVariant) page = NULL;
  GVariantBuilder builder;
  gint64 lowest = -1, highest = -1;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  for (guint i = 0; i < acknowledged + queued; i++)
    {
      const gboolean is_queued = i >= acknowledged;
      const FlooMessage message = { .id = is_queued ? 1700000000000 + i : 10 + i, .conversation = 7, .content = "",
                                    .client_id = is_queued || i % 2 == 0 ? 1700000000000 + i : 0,
                                    .send_state = is_queued ? FLOO_SEND_QUEUED : i % 2 == 0 ? FLOO_SEND_SENT : FLOO_SEND_NONE };

      g_variant_builder_add_value (&builder, floo_message_to_variant (&message));
    }
  page = g_variant_ref_sink (g_variant_builder_end (&builder));
  floo_history_get_bounds (page, &lowest, &highest);
  g_assert_cmpint (lowest, ==, expected_lowest);
  g_assert_cmpint (highest, ==, expected_highest);
}

/* However many of ours follow the last acknowledged message, the page ends with that one. */
static void
test_bounds (void)
{
  static const guint queued[] = { 0, 1, 2, 62, 63, 64, 65, 200 };

  for (guint i = 0; i < G_N_ELEMENTS (queued); i++)
    {
      assert_bounds (0, queued[i], 0, 0);
      assert_bounds (1, queued[i], 10, 10);
      assert_bounds (2, queued[i], 10, 11);
      assert_bounds (70, queued[i], 10, 79);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/sync/refused-before-it-was-asked", Online, NULL, set_up, test_refused_before_it_was_asked, tear_down);
  g_test_add ("/sync/look-at-new", Online, NULL, set_up, test_look_at_new, tear_down);
  g_test_add ("/sync/look-again", Online, NULL, set_up, test_look_again, tear_down);
  g_test_add ("/sync/history-refused", Online, NULL, set_up, test_history_refused, tear_down);
  g_test_add ("/sync/late-history", Online, NULL, set_up, test_late_history, tear_down);
  g_test_add ("/sync/history-asked-again", Online, NULL, set_up, test_history_asked_again, tear_down);
  g_test_add ("/sync/page-of-a-connection-before", Online, NULL, set_up, test_page_of_a_connection_before, tear_down);
  g_test_add ("/sync/looked-once", Online, NULL, set_up, test_looked_once, tear_down);
  g_test_add_func ("/sync/bounds", test_bounds);
  g_test_add ("/sync/unreadable", Online, NULL, set_up, test_unreadable, tear_down);
  return g_test_run ();
}
