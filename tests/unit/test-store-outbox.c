/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What waits for an acknowledgement, and in which order it goes. */
#include "store-fixture.h"

#define OK(call) \
  if (!(call)) \
  return FALSE
#define RECALL 5
#define WRITE(f, name) fixture_write (f, name, NULL)

static FlooOutboxRow
waiting (gint64 client_id, gint64 conversation, int operation, gint64 target)
{
  FlooOutboxRow row = {
    .client_id = client_id,
    .conversation = conversation,
    .to = conversation,
    .to_type = conversation >= 50 ? FLOO_TO_GROUP : FLOO_TO_ROSTER,
    .operation = operation,
    .target = target,
    .content = operation == 0 ? "mine" : "",
    .timestamp = 1700000000000 + client_id,
    .state = FLOO_SEND_QUEUED,
  };

  return row;
}

static gboolean
note_id (const FlooOutboxRow *row, gpointer user_data)
{
  g_string_append_printf (user_data, "%" G_GINT64_FORMAT " ", row->client_id);
  return TRUE;
}

typedef struct {
  gint64 now;
  guint limit;
  GString *ids;
  gint64 next_time;
} Due;

static gboolean
get_due (FlooDb *db, gpointer data, GError **error)
{
  Due *due = data;

  return floo_outbox_due (db, due->now, due->limit, note_id, due->ids, &due->next_time, error);
}

static void
assert_due (Fixture *f, gint64 now, const char *ids, gint64 next_time)
{
  g_autoptr (GString) got = g_string_new (NULL);
  Due due = { now, 100, got, -1 };

  fixture_read (f, get_due, &due);
  g_assert_cmpstr (got->str, ==, ids);
  g_assert_cmpint (due.next_time, ==, next_time);
}

typedef struct {
  gint64 client_id;
  FlooSendState state;
  gint64 next_retry;
  gint64 device_sn;
} Change;

static gboolean
change_state (FlooDb *db, gpointer data, GError **error)
{
  Change *change = data;

  return floo_outbox_set_state (db, change->client_id, change->state, TRUE, change->next_retry, change->device_sn,
                                change->state == FLOO_SEND_FAILED ? "10: refused" : NULL, FALSE, error);
}

static void
set_state (Fixture *f, gint64 client_id, FlooSendState state, gint64 next_retry)
{
  Change change = { client_id, state, next_retry, 77 };

  fixture_write (f, change_state, &change);
}

typedef struct {
  gint64 client_id, server_id;
  gboolean was_there;
} Ack;

static gboolean
acknowledge (FlooDb *db, gpointer data, GError **error)
{
  Ack *ack = data;

  return floo_outbox_acknowledge (db, ack->client_id, ack->server_id, ack->server_id != 0 ? 1800000000000 : 0, &ack->was_there, error);
}

static gboolean
ack (Fixture *f, gint64 client_id, gint64 server_id)
{
  Ack one = { client_id, server_id, FALSE };

  fixture_write (f, acknowledge, &one);
  return one.was_there;
}

static gboolean
remove_row (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_delete (db, *(gint64 *) data, error);
}

static gboolean
insert_two_conversations (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 1; i <= 3; i++)
    {
      FlooOutboxRow first = waiting (10 + i, 7, 0, 0);
      FlooOutboxRow second = waiting (20 + i, 60, 0, 0);

      OK (floo_outbox_insert (db, &first, error) && floo_outbox_insert (db, &second, error));
    }
  return TRUE;
}

/* What waits until a time that the clock was set back from would wait for ever. */
static void
test_clock_set_back (Fixture *f, gconstpointer data)
{
  const gint64 now = 1800000000000, year = 365 * 24 * 3600 * G_GINT64_CONSTANT (1000);

  WRITE (f, insert_two_conversations);
  set_state (f, 11, FLOO_SEND_SENDING, now + 300000);
  set_state (f, 21, FLOO_SEND_SENDING, now + 1000);
  assert_due (f, now, "", now + 1000);
  assert_due (f, now + 1000, "21 ", now + 300000);
  assert_due (f, now - year, "11 21 ", 0);
}

/* One of each conversation, whatever it waits for; a settled one lets the next one through. */
static void
test_order (Fixture *f, gconstpointer data)
{
  gint64 cancelled = 21;

  WRITE (f, insert_two_conversations);
  assert_due (f, 0, "11 21 ", 0);
  set_state (f, 11, FLOO_SEND_SENDING, 0);
  assert_due (f, 0, "11 21 ", 0);
  g_assert_true (ack (f, 11, 900));
  g_assert_false (ack (f, 11, 900));
  assert_due (f, 0, "12 21 ", 0);
  set_state (f, 12, FLOO_SEND_SENDING, 5000);
  assert_due (f, 4999, "21 ", 5000);
  assert_due (f, 5000, "12 21 ", 0);
  set_state (f, 12, FLOO_SEND_FAILED, 0);
  assert_due (f, 0, "13 21 ", 0);
  set_state (f, 12, FLOO_SEND_QUEUED, 0);
  assert_due (f, 0, "12 21 ", 0);
  set_state (f, 12, FLOO_SEND_UNCERTAIN, 0);
  assert_due (f, 0, "21 ", 0);
  fixture_write (f, remove_row, &cancelled);
  assert_due (f, 0, "22 ", 0);
  fixture_reopen (f);
  assert_due (f, 0, "22 ", 0);
  set_state (f, 12, FLOO_SEND_CANCELLED, 0);
  assert_due (f, 0, "13 22 ", 0);
}

static gboolean
insert_operations (FlooDb *db, gpointer data, GError **error)
{
  FlooOutboxRow message = waiting (30, 7, 0, 0);
  FlooOutboxRow recall = waiting (31, 7, RECALL, 30);
  FlooOutboxRow other = waiting (32, 7, RECALL, 500);

  return floo_outbox_insert (db, &message, error) && floo_outbox_insert (db, &recall, error) && floo_outbox_insert (db, &other, error);
}

typedef struct {
  gint64 client_id;
  FlooOutboxRow row;
  char *error;
} Look;

static gboolean
copy_row (const FlooOutboxRow *row, gpointer user_data)
{
  Look *look = user_data;

  look->row = *row;
  look->error = g_strdup (row->error);
  return TRUE;
}

static gboolean
get_row (FlooDb *db, gpointer data, GError **error)
{
  Look *look = data;

  return floo_outbox_get (db, look->client_id, copy_row, look, error);
}

static gboolean
dependents (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_get_dependents (db, 30, data, error);
}

static gboolean
insert_on_failed (FlooDb *db, gpointer data, GError **error)
{
  FlooOutboxRow recall = waiting (40, 7, RECALL, 30);

  return floo_outbox_insert (db, &recall, error);
}

static void
test_operations (Fixture *f, gconstpointer data)
{
  Look look = { .client_id = 31 };
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) error = NULL;

  WRITE (f, insert_operations);
  assert_due (f, 0, "30 ", 0);
  g_assert_true (ack (f, 30, 901));
  assert_due (f, 0, "31 ", 0);
  fixture_read (f, get_row, &look);
  g_assert_cmpint (look.row.target, ==, 901);
  g_assert_true (ack (f, 31, 0));
  assert_due (f, 0, "32 ", 0);
  g_assert_true (ack (f, 32, 0));

  /* The operation shares its message's fate. */
  WRITE (f, insert_operations);
  fixture_read (f, dependents, ids);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpint (g_array_index (ids, gint64, 0), ==, 31);
  set_state (f, 30, FLOO_SEND_FAILED, 0);
  assert_due (f, 0, "32 ", 0);
  fixture_read (f, get_row, &look);
  g_assert_cmpint (look.row.state, ==, FLOO_SEND_FAILED);
  g_assert_cmpstr (look.error, ==, "10: refused");
  g_free (look.error);
  error = fixture_try_write (f, insert_on_failed, NULL);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  fixture_write (f, remove_row, &(gint64){ 30 });
  g_clear_error (&error);
  error = fixture_try_read (f, get_row, &look);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
}

static void
print_message (const FlooMessage *message, gpointer user_data)
{
  GVariant *variant = g_variant_ref_sink (floo_message_to_variant (message));

  *(char **) user_data = g_variant_print (variant, FALSE);
  g_variant_unref (variant);
}

typedef struct {
  gint64 id;
  char *text;
} Print;

static gboolean
get_message (FlooDb *db, gpointer data, GError **error)
{
  Print *print = data;

  return floo_messages_get (db, print->id, print_message, &print->text, error);
}

static char *
message_text (Fixture *f, gint64 id)
{
  Print print = { id, NULL };
  g_autoptr (GError) error = fixture_try_read (f, get_message, &print);

  if (error != NULL)
    g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
  return print.text;
}

static void
assert_message (Fixture *f, gint64 id, const char *text)
{
  g_autofree char *got = message_text (f, id);

  g_assert_cmpstr (got, ==, text);
}

static gboolean
take_in_own (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage message = fixture_message (900, 7, FIXTURE_SELF, "mine, from the page");

  return fixture_take_in (db, &message, FALSE, error);
}

#define SENT_11 \
  "(900, 7, 1000, 'roster', 'text', 'mine', 1800000000000, 0, {'to': <int64 7>, 'client_id': <int64 11>, 'outgoing': <true>, " \
  "'send_state': <'sent'>})"

/* A message keeps its client_id as a name for ever; where the page was there first it gets it. */
static void
test_acknowledge (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_two_conversations);
  assert_message (f, 11,
                  "(11, 7, 1000, 'roster', 'text', 'mine', 1700000000011, 0, {'to': <int64 7>, 'client_id': <int64 11>, 'outgoing': "
                  "<true>, 'send_state': <'queued'>})");
  ack (f, 11, 900);
  assert_message (f, 11, SENT_11);
  assert_message (f, 900, SENT_11);
  WRITE (f, take_in_own);
  assert_message (f, 900, SENT_11);
}

static void
test_page_before_acknowledge (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_two_conversations);
  WRITE (f, take_in_own);
  ack (f, 11, 900);
  assert_message (f, 11,
                  "(900, 7, 1000, 'roster', 'text', 'mine, from the page', 1700000000900, 0, {'to': <int64 7>, 'client_id': <int64 11>, "
                  "'outgoing': <true>, 'send_state': <'sent'>})");
}

static gboolean
recall_first (FlooDb *db, gpointer data, GError **error)
{
  gboolean deleted;
  gint64 conversation;
  FlooToType to_type;

  return floo_messages_delete (db, 900, &deleted, &conversation, &to_type, error);
}

/* Recalled on another device before our acknowledgement came. */
static void
test_gone_before_acknowledge (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_two_conversations);
  WRITE (f, recall_first);
  g_assert_true (ack (f, 11, 900));
  assert_message (f, 900, NULL);
  assert_due (f, 0, "12 21 ", 0);
}

static gboolean
insert_command (FlooDb *db, gpointer data, GError **error)
{
  FlooOutboxRow row = waiting (50, 8, 0, 0);

  row.type = FLOO_TYPE_COMMAND;
  return floo_outbox_insert (db, &row, error);
}

static gboolean
get_item (FlooDb *db, gpointer data, GError **error)
{
  GVariant *item = floo_conversations_get (db, *(gint64 *) data, error);

  if (item == NULL)
    return FALSE;
  *(gint64 *) data = 0;
  g_assert_true (g_variant_lookup (item, "last_message_id", "x", data));
  g_variant_unref (g_variant_ref_sink (item));
  return TRUE;
}

/* A command is neither kept nor shown. */
static void
test_command (Fixture *f, gconstpointer data)
{
  gint64 conversation = 8;
  g_autoptr (GError) error = NULL;

  WRITE (f, insert_command);
  assert_due (f, 0, "50 ", 0);
  error = fixture_try_read (f, get_item, &conversation);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
  g_assert_true (ack (f, 50, 950));
  assert_message (f, 950, NULL);
  assert_message (f, 50, NULL);
}

/* The list shows what waits. */
static void
test_shown (Fixture *f, gconstpointer data)
{
  gint64 seven = 7;

  WRITE (f, insert_two_conversations);
  fixture_read (f, get_item, &seven);
  g_assert_cmpint (seven, ==, 13);
  ack (f, 11, 900);
  ack (f, 12, 901);
  ack (f, 13, 902);
  seven = 7;
  fixture_read (f, get_item, &seven);
  g_assert_cmpint (seven, ==, 902);
}

static gboolean
get_count (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_count (db, data, error);
}

static gboolean
mark_uncertain (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_mark_uncertain (db, 78, data, error);
}

static void
test_uncertain (Fixture *f, gconstpointer data)
{
  guint count, n;

  WRITE (f, insert_two_conversations);
  WRITE (f, insert_operations);
  set_state (f, 11, FLOO_SEND_SENDING, 0);
  set_state (f, 23, FLOO_SEND_FAILED, 0);
  fixture_read (f, get_count, &count);
  g_assert_cmpuint (count, ==, 6);
  fixture_write (f, mark_uncertain, &n);
  g_assert_cmpuint (n, ==, 1);
  fixture_read (f, get_count, &count);
  g_assert_cmpuint (count, ==, 6);
  assert_due (f, 0, "21 ", 0);
}

static char *next_cursor;

static gboolean
get_list (FlooDb *db, gpointer data, GError **error)
{
  g_autofree char *cursor = next_cursor != NULL ? g_steal_pointer (&next_cursor) : g_strdup ("");
  GVariant *list = floo_outbox_list (db, cursor, 2, &next_cursor, error);

  if (list == NULL)
    return FALSE;
  *(GVariant **) data = g_variant_ref_sink (list);
  return TRUE;
}

static void
test_list (Fixture *f, gconstpointer data)
{
  g_autoptr (GVariant) list = NULL;
  g_autoptr (GVariant) rest = NULL;
  g_autofree char *text = NULL;

  WRITE (f, insert_operations);
  set_state (f, 30, FLOO_SEND_FAILED, 0);
  fixture_read (f, get_list, &list);
  text = g_variant_print (list, FALSE);
  g_assert_cmpstr (text, ==,
                   "[(30, 7, 1000, 'roster', 'text', 'mine', 1700000000030, 0, {'to': <int64 7>, 'client_id': <int64 30>, 'outgoing': "
                   "<true>, 'send_state': <'failed'>, 'attempts': <uint32 1>, 'next_retry': <int64 0>, 'permanent': <false>, 'error': "
                   "<'10: refused'>}), (31, 7, 1000, 'roster', 'text', '', 1700000000031, 0, {'to': <int64 7>, 'client_id': <int64 31>, "
                   "'outgoing': <true>, 'send_state': <'failed'>, 'attempts': <uint32 0>, 'next_retry': <int64 0>, 'permanent': <false>, "
                   "'error': <'10: refused'>, 'operation': <'recall'>})]");
  g_assert_cmpstr (next_cursor, ==, "31");
  fixture_read (f, get_list, &rest);
  g_free (text);
  text = g_variant_print (rest, FALSE);
  g_assert_cmpstr (text, ==,
                   "[(32, 7, 1000, 'roster', 'text', '', 1700000000032, 0, {'to': <int64 7>, 'client_id': <int64 32>, 'outgoing': <true>, "
                   "'send_state': <'queued'>, 'attempts': <uint32 0>, 'next_retry': <int64 0>, 'permanent': <false>, 'operation': "
                   "<'recall'>})]");
  g_assert_cmpstr (next_cursor, ==, "");
  g_clear_pointer (&next_cursor, g_free);
}

static gboolean
insert_many (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 0; i < 10000; i++)
    {
      FlooOutboxRow row = waiting (100000 + i, 5000 + i % 500, 0, 0);

      OK (floo_outbox_insert (db, &row, error));
    }
  return TRUE;
}

/* Ten thousand wait: each acknowledgement lets the next one through, none overtakes. */
static void
test_many (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  Due due = { 0, 3, ids, 0 };

  WRITE (f, insert_many);
  for (gint64 i = 0; i < 500; i += 100)
    g_assert_true (ack (f, 100000 + i, 1000000 + i));
  fixture_read (f, get_due, &due);
  g_assert_cmpstr (ids->str, ==, "100001 100002 100003 ");
  g_string_truncate (ids, 0);
  due.limit = 1000;
  fixture_read (f, get_due, &due);
  g_assert_nonnull (strstr (ids->str, "100500 100600 100700 100800 100900 "));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/outbox/order", test_order);
  ADD ("/store/outbox/clock-set-back", test_clock_set_back);
  ADD ("/store/outbox/operations", test_operations);
  ADD ("/store/outbox/acknowledge", test_acknowledge);
  ADD ("/store/outbox/page-before-acknowledge", test_page_before_acknowledge);
  ADD ("/store/outbox/gone-before-acknowledge", test_gone_before_acknowledge);
  ADD ("/store/outbox/command", test_command);
  ADD ("/store/outbox/shown", test_shown);
  ADD ("/store/outbox/uncertain", test_uncertain);
  ADD ("/store/outbox/list", test_list);
  ADD ("/store/outbox/many", test_many);
  return g_test_run ();
}
