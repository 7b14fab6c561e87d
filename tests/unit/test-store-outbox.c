/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages without an acknowledgement, and the order in which they are sent. */
#include "amount.h"
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

typedef struct {
  guint limit;
  GString *ids;
} Heads;

static gboolean
note_head (const FlooOutboxHead *head, gpointer user_data)
{
  Heads *heads = user_data;

  g_string_append_printf (heads->ids, "%" G_GINT64_FORMAT " ", head->client_id);
  return --heads->limit > 0;
}

static gboolean
get_heads (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_heads (db, note_head, data, error);
}

static void
assert_heads (Fixture *f, const char *ids)
{
  g_autoptr (GString) got = g_string_new (NULL);
  Heads heads = { 100, got };

  fixture_read (f, get_heads, &heads);
  g_assert_cmpstr (got->str, ==, ids);
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
                                change->state == FLOO_SEND_FAILED ? &(FlooOutboxError){ 10, "refused", FALSE } : NULL, error);
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

/* One of each conversation, in whatever state; once it is settled the next one follows. */
static void
test_order (Fixture *f, gconstpointer data)
{
  gint64 cancelled = 21;

  WRITE (f, insert_two_conversations);
  assert_heads (f, "11 21 ");
  set_state (f, 11, FLOO_SEND_SENDING, 0);
  assert_heads (f, "11 21 ");
  g_assert_true (ack (f, 11, 900));
  g_assert_false (ack (f, 11, 900));
  assert_heads (f, "12 21 ");
  set_state (f, 12, FLOO_SEND_SENDING, 5000);
  assert_heads (f, "12 21 ");
  set_state (f, 12, FLOO_SEND_FAILED, 0);
  assert_heads (f, "13 21 ");
  set_state (f, 12, FLOO_SEND_QUEUED, 0);
  assert_heads (f, "12 21 ");
  set_state (f, 12, FLOO_SEND_UNCERTAIN, 0);
  assert_heads (f, "21 ");
  fixture_write (f, remove_row, &cancelled);
  assert_heads (f, "22 ");
  fixture_reopen (f);
  assert_heads (f, "22 ");
  set_state (f, 12, FLOO_SEND_CANCELLED, 0);
  assert_heads (f, "13 22 ");
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
  assert_heads (f, "30 ");
  g_assert_true (ack (f, 30, 901));
  assert_heads (f, "31 ");
  fixture_read (f, get_row, &look);
  g_assert_cmpint (look.row.target, ==, 901);
  g_assert_true (ack (f, 31, 0));
  assert_heads (f, "32 ");
  g_assert_true (ack (f, 32, 0));

  /* An operation gets the result of its message. */
  WRITE (f, insert_operations);
  fixture_read (f, dependents, ids);
  g_assert_cmpuint (ids->len, ==, 1);
  g_assert_cmpint (g_array_index (ids, gint64, 0), ==, 31);
  set_state (f, 30, FLOO_SEND_FAILED, 0);
  assert_heads (f, "32 ");
  fixture_read (f, get_row, &look);
  g_assert_cmpint (look.row.state, ==, FLOO_SEND_FAILED);
  g_assert_cmpstr (look.error, ==, "refused");
  g_assert_cmpint (look.row.error_code, ==, 10);
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

/* A message keeps its client_id for ever, also if a page with it arrived before the acknowledgement. */
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

/* Recalled on another device before our acknowledgement arrived. */
static void
test_gone_before_acknowledge (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_two_conversations);
  WRITE (f, recall_first);
  g_assert_true (ack (f, 11, 900));
  assert_message (f, 900, NULL);
  assert_heads (f, "12 21 ");
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

/* A command is neither stored as a message nor listed. */
static void
test_command (Fixture *f, gconstpointer data)
{
  gint64 conversation = 8;
  g_autoptr (GError) error = NULL;

  WRITE (f, insert_command);
  assert_heads (f, "50 ");
  error = fixture_try_read (f, get_item, &conversation);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
  g_assert_true (ack (f, 50, 950));
  assert_message (f, 950, NULL);
  assert_message (f, 50, NULL);
}

/* The list shows pending messages. */
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
  guint failed;

  return floo_outbox_count (db, data, &failed, error);
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
  assert_heads (f, "21 ");
}

static char *next_cursor;

static gboolean
get_list (FlooDb *db, gpointer data, GError **error)
{
  g_autofree char *cursor = next_cursor != NULL ? g_steal_pointer (&next_cursor) : g_strdup ("");
  GVariant *list = floo_outbox_list (db, TRUE, cursor, 2, &next_cursor, error);

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
                   "<true>, 'send_state': <'failed'>, 'error': <'10: refused'>, 'error_code': <10>, 'error_reason': <'refused'>, "
                   "'permanent': <false>, 'attempts': <uint32 1>, 'next_retry': <int64 0>}), (31, 7, 1000, 'roster', 'text', '', "
                   "1700000000031, 0, {'to': <int64 7>, 'client_id': <int64 31>, 'outgoing': <true>, 'send_state': <'failed'>, 'error': "
                   "<'10: refused'>, 'error_code': <10>, 'error_reason': <'refused'>, 'permanent': <false>, 'attempts': <uint32 0>, "
                   "'next_retry': <int64 0>, 'operation': <'recall'>})]");
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
  for (gint64 i = 0; i < amount (10000, 2000); i++)
    {
      FlooOutboxRow row = waiting (100000 + i, 5000 + i % 500, 0, 0);

      OK (floo_outbox_insert (db, &row, error));
    }
  return TRUE;
}

/* With thousands pending, each acknowledgement is followed by the next one, and none overtakes another. */
static void
test_many (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) ids = g_string_new (NULL);
  Heads heads = { 3, ids };

  WRITE (f, insert_many);
  for (gint64 i = 0; i < 500; i += 100)
    g_assert_true (ack (f, 100000 + i, 1000000 + i));
  fixture_read (f, get_heads, &heads);
  g_assert_cmpstr (ids->str, ==, "100001 100002 100003 ");
  g_string_truncate (ids, 0);
  heads.limit = 1000;
  fixture_read (f, get_heads, &heads);
  g_assert_nonnull (strstr (ids->str, "100500 100600 100700 100800 100900 "));
}

static gboolean
note_in_order (const FlooOutboxRow *row, gboolean waits, gpointer user_data)
{
  g_string_append_printf (user_data, "%" G_GINT64_FORMAT "%s ", row->client_id, waits ? " waits" : "");
  return TRUE;
}

static gboolean
get_order (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_foreach_in_order (db, 7, note_in_order, data, error);
}

/* What follows the first row: all that is not settled; an operation on a message that is in the outbox itself waits for it. */
static void
test_in_order (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  WRITE (f, insert_two_conversations);
  WRITE (f, insert_operations);
  set_state (f, 12, FLOO_SEND_FAILED, 0);
  set_state (f, 11, FLOO_SEND_UNCERTAIN, 0);
  fixture_read (f, get_order, ids);
  g_assert_cmpstr (ids->str, ==, "11 13 30 31 waits 32 ");
}

static gboolean
join_rows (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 11; id <= 13; id++)
    OK (floo_outbox_set_frame (db, id, 11, error));
  return TRUE;
}

static gboolean
note_row (const FlooOutboxRow *row, gpointer user_data)
{
  g_string_append_printf (user_data, "%" G_GINT64_FORMAT " ", row->client_id);
  return TRUE;
}

static gboolean
get_frames (FlooDb *db, gpointer data, GError **error)
{
  gboolean stay[3];

  for (gint64 mid = 11; mid <= 21; mid += 1)
    OK (floo_outbox_foreach_of_frame (db, mid, note_row, data, error));
  for (gint64 id = 11; id <= 13; id++)
    OK (floo_outbox_must_stay (db, id, &stay[id - 11], error));
  g_string_append_printf (data, "%d%d%d", stay[0], stay[1], stay[2]);
  return TRUE;
}

/* Rows are found by the number of their frame only. */
static void
test_frames (Fixture *f, gconstpointer data)
{
  g_autoptr (GString) ids = g_string_new (NULL);

  WRITE (f, insert_two_conversations);
  WRITE (f, join_rows);
  fixture_read (f, get_frames, ids);
  g_assert_cmpstr (ids->str, ==, "11 12 13 21 111");
  set_state (f, 11, FLOO_SEND_CANCELLED, 0);
  set_state (f, 12, FLOO_SEND_CANCELLED, 0);
  g_string_truncate (ids, 0);
  fixture_read (f, get_frames, ids);
  g_assert_cmpstr (ids->str, ==, "11 12 13 21 110");
}

static gboolean
begin_anew (FlooDb *db, gpointer data, GError **error)
{
  gboolean *begun = data;

  return floo_outbox_begin_anew (db, 11, begun, error);
}

/* The number of a row that the service takes for a used one grows by doubling steps, a limited number of times. */
static void
test_begin_anew (Fixture *f, gconstpointer data)
{
  Look look = { .client_id = 11 };
  gint64 before;
  gboolean begun;
  guint n = 0;

  WRITE (f, insert_two_conversations);
  set_state (f, 11, FLOO_SEND_UNCERTAIN, 0);
  for (begun = TRUE; begun; n++)
    {
      before = look.row.frame;
      fixture_write (f, begin_anew, &begun);
      fixture_read (f, get_row, &look);
      g_clear_pointer (&look.error, g_free);
      g_assert_cmpint (look.row.state, ==, FLOO_SEND_QUEUED);
      g_assert_cmpint (look.row.attempts, ==, 0);
      g_assert_true (begun ? look.row.frame > before + 60000 : look.row.frame == before);
    }
  g_assert_cmpuint (n, <, 40);
}

typedef struct {
  gint64 client_id, conversation, server_id;
  gboolean may;
} Name;

static gboolean
may_be_named (FlooDb *db, gpointer data, GError **error)
{
  Name *name = data;

  return floo_outbox_may_be_named (db, name->client_id, name->conversation, name->server_id, &name->may, error);
}

static void
test_names (Fixture *f, gconstpointer data)
{
  static const Name names[] = {
    { 12, 7, 900, TRUE },  { 12, 7, 0, FALSE },  { 12, 7, -5, FALSE }, { 12, 7, G_MAXINT64, TRUE },
    { 12, 7, 12, FALSE },  { 12, 7, 13, FALSE }, { 12, 7, 21, FALSE }, { 12, 7, 950, FALSE }, /* of another row's */
    { 12, 7, 11, FALSE },                                                                     /* a client id of a message */
  };

  WRITE (f, insert_two_conversations);
  ack (f, 11, 950);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      Name name = names[i];

      fixture_read (f, may_be_named, &name);
      g_assert_cmpint (name.may, ==, names[i].may);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/outbox/order", test_order);
  ADD ("/store/outbox/operations", test_operations);
  ADD ("/store/outbox/acknowledge", test_acknowledge);
  ADD ("/store/outbox/page-before-acknowledge", test_page_before_acknowledge);
  ADD ("/store/outbox/gone-before-acknowledge", test_gone_before_acknowledge);
  ADD ("/store/outbox/command", test_command);
  ADD ("/store/outbox/shown", test_shown);
  ADD ("/store/outbox/uncertain", test_uncertain);
  ADD ("/store/outbox/list", test_list);
  ADD ("/store/outbox/many", test_many);
  ADD ("/store/outbox/in-order", test_in_order);
  ADD ("/store/outbox/frames", test_frames);
  ADD ("/store/outbox/begin-anew", test_begin_anew);
  ADD ("/store/outbox/names", test_names);
  return g_test_run ();
}
