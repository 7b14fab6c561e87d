/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The totals are right after every change and every change that was rolled back, and are counted only then; and a transaction's changes are
 * looked up by few statements. */
#include <string.h>

#include "messages-fixture.h"
#include "store/engine/db.h"
#include "store/tables/account.h"
#include "store/tables/totals.h"

#define MANY 300

/* How often statements with @text in them ran on this connection. */
static int
count_runs (FlooDb *db, const char *text)
{
  int n = 0;

  for (sqlite3_stmt *statement = sqlite3_next_stmt (db->handle, NULL); statement != NULL; statement = sqlite3_next_stmt (db->handle, statement))
    if (strstr (sqlite3_sql (statement), text) != NULL)
      n += sqlite3_stmt_status (statement, SQLITE_STMTSTATUS_RUN, 0);
  return n;
}

typedef struct {
  FlooStoreFunc func;
  gpointer data;
  gboolean fails;     /* after the totals were counted */
  gboolean counted;   /* (out): unread messages were, the outbox was */
  gboolean outbox_counted;
} Change;

/* As every write job of the session: a change, then the totals. */
static gboolean
change (FlooDb *db, gpointer data, GError **error)
{
  Change *what = data;
  FlooTotals totals;
  guint unread, queued, failed;
  int runs, outbox_runs;

  if (what->func != NULL && !what->func (db, what->data, error))
    return FALSE;
  runs = count_runs (db, "min(c.unread");
  outbox_runs = count_runs (db, "count(*) FROM outbox");
  if (!floo_totals_get (db, &totals, error))
    return FALSE;
  what->counted = count_runs (db, "min(c.unread") > runs;
  what->outbox_counted = count_runs (db, "count(*) FROM outbox") > outbox_runs;
  OK (floo_conversations_get_unread_total (db, &unread, error) && floo_outbox_count (db, &queued, &failed, error));
  g_assert_cmpuint (totals.unread, ==, unread);
  g_assert_cmpuint (totals.queued, ==, queued);
  g_assert_cmpuint (totals.failed, ==, failed);
  if (what->fails)
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "undone");
  return !what->fails;
}

static void
assert_change (Fixture *f, FlooStoreFunc func, gboolean counted, gboolean outbox_counted)
{
  Change undone = { .func = func, .fails = TRUE }, none = { 0 }, done = { .func = func };
  g_autoptr (GError) error = fixture_try_write (f, change, &undone);

  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  /* What was counted in the job that was rolled back is counted again. */
  fixture_write (f, change, &none);
  fixture_write (f, change, &done);
  g_assert_cmpint (done.counted, ==, counted);
  g_assert_cmpint (done.outbox_counted, ==, outbox_counted);
  fixture_write (f, change, &none);
  g_assert_false (none.counted);
  g_assert_false (none.outbox_counted);
}

static gboolean
mute (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GVariant) user = g_variant_ref_sink (g_variant_new_parsed ("{'user_id': <int64 7>, 'mute_notification': <true>}"));

  return floo_contacts_put (db, FLOO_CONTACT_USER, 7, user, NULL, error);
}

static gboolean
queue (FlooDb *db, gpointer data, GError **error)
{
  FlooOutboxRow row = { .client_id = 5000, .conversation = 7, .to = 7, .type = FLOO_TYPE_TEXT, .content = "mine", .timestamp = 1700000000000,
                        .state = FLOO_SEND_QUEUED };

  return floo_outbox_insert (db, &row, error);
}

static gboolean
fail (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_set_state (db, 5000, FLOO_SEND_FAILED, TRUE, 0, 0, &(FlooOutboxError){ 10, "no", TRUE }, error);
}

static gboolean
drop (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_delete (db, 5000, error);
}

static gboolean
set_value (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_set (db, "profile", "{}", error);
}

static gboolean
read_one (FlooDb *db, gpointer data, GError **error)
{
  gboolean changed;
  gint64 conversation;

  return floo_messages_set_status (db, 10, FLOO_STATUS_READ, &changed, &conversation, error);
}

static gboolean
delete_conversation (FlooDb *db, gpointer data, GError **error)
{
  gboolean deleted;

  return floo_conversations_delete (db, 7, &deleted, error);
}

static void
test_totals (Fixture *f, gconstpointer data)
{
  assert_change (f, insert_one_to_nine, TRUE, FALSE);
  assert_change (f, set_value, FALSE, FALSE);
  assert_change (f, read_one, TRUE, FALSE);
  assert_change (f, queue, TRUE, TRUE);
  assert_change (f, fail, FALSE, TRUE);
  assert_change (f, drop, TRUE, TRUE);
  assert_change (f, mute, TRUE, FALSE);
  assert_change (f, delete_conversation, TRUE, FALSE);
}

/* ---- what a transaction changed ---- */

static gboolean
insert_many (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 1; id <= MANY; id++)
    {
      FlooMessage message = fixture_message (id, 1 + id % 3, 1 + id % 3, "text");
      gboolean is_new;

      message.from = id % 2 == 0 ? FIXTURE_SELF : message.from;
      OK (floo_messages_insert (db, &message, FALSE, &is_new, error)
          && floo_conversations_touch (db, message.conversation, FLOO_CONVERSATION_ROSTER, TRUE, 0, FALSE, id, message.timestamp, error));
    }
  return TRUE;
}

static gboolean
read_many (FlooDb *db, gpointer data, GError **error)
{
  gboolean changed;
  gint64 conversation;

  for (gint64 id = 1; id <= MANY; id++)
    OK (floo_messages_set_status (db, id, FLOO_STATUS_READ, &changed, &conversation, error));
  return TRUE;
}

static gboolean
count_lookups (FlooDb *db, gpointer data, GError **error)
{
  *(int *) data = count_runs (db, "FROM messages WHERE id IN (SELECT value");
  return TRUE;
}

static gboolean
get_read_up_to (FlooDb *db, gpointer data, GError **error)
{
  gint64 *ids = data;

  for (gint64 id = 1; id <= 3; id++)
    {
      g_autoptr (GVariant) entry = floo_conversations_get (db, id, error);

      OK (entry != NULL);
      g_assert_true (g_variant_lookup (entry, "read_up_to", "x", &ids[id - 1]));
    }
  return TRUE;
}

/* However many messages became read, one statement finds out which conversations they are of and how far each was read. */
static void
test_many_changed (Fixture *f, gconstpointer data)
{
  gint64 read_up_to[3];
  int before, after;

  fixture_write (f, insert_many, NULL);
  fixture_write (f, count_lookups, &before);
  fixture_write (f, read_many, NULL);
  fixture_write (f, count_lookups, &after);
  g_assert_cmpint (after, ==, before + 1);
  fixture_read (f, get_read_up_to, read_up_to);
  /* The last ones with an even id. */
  g_assert_cmpint (read_up_to[0], ==, 300);
  g_assert_cmpint (read_up_to[1], ==, 298);
  g_assert_cmpint (read_up_to[2], ==, 296);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/totals", test_totals);
  ADD ("/store/many-changed", test_many_changed);
  return g_test_run ();
}
