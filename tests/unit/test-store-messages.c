/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages: pages, fields, states, edits. */
#include "amount.h"
#include "messages-fixture.h"

#include "store/tables/early.h"

static void
take_string (const FlooMessage *message, gpointer user_data)
{
  *(GVariant **) user_data = g_variant_ref_sink (floo_message_to_variant (message));
}

typedef struct {
  gint64 id;
  GVariant *message;
} Get;

static gboolean
get_message (FlooDb *db, gpointer data, GError **error)
{
  Get *get = data;

  return floo_messages_get (db, get->id, take_string, &get->message, error);
}

static GVariant *
message_of (Fixture *f, gint64 id)
{
  Get get = { id, NULL };
  g_autoptr (GError) error = fixture_try_read (f, get_message, &get);

  if (error != NULL)
    g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
  return get.message;
}

static char *
content_of (Fixture *f, gint64 id)
{
  g_autoptr (GVariant) message = message_of (f, id);
  char *content = NULL;

  if (message != NULL)
    g_variant_get_child (message, 5, "s", &content);
  return content;
}

static void
assert_content (Fixture *f, gint64 id, const char *content)
{
  g_autofree char *there = content_of (f, id);

  g_assert_cmpstr (there, ==, content);
}

typedef struct {
  gint64 conversation;
  FlooPageKind kind;
  gint64 anchor;
  guint limit;
  GVariant *page;
  gboolean more_before, more_after;
} Page;

static gboolean
get_page (FlooDb *db, gpointer data, GError **error)
{
  Page *page = data;

  page->page = floo_messages_page (db, page->conversation, page->kind, page->anchor, page->limit, &page->more_before, &page->more_after, error);
  if (page->page == NULL)
    return FALSE;
  g_variant_ref_sink (page->page);
  return TRUE;
}

static void
assert_page (Fixture *f, FlooPageKind kind, gint64 anchor, guint limit, const char *ids, gboolean more_before, gboolean more_after)
{
  Page page = { 7, kind, anchor, limit, NULL, FALSE };
  g_autofree char *got = NULL;

  fixture_read (f, get_page, &page);
  got = fixture_ids (page.page);
  g_assert_cmpstr (got, ==, ids);
  g_assert_cmpint (page.more_before, ==, more_before);
  g_assert_cmpint (page.more_after, ==, more_after);
  g_variant_unref (page.page);
}

static gboolean
insert_waiting (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 1; id <= 3; id++)
    {
      FlooOutboxRow row = { .client_id = 1000 + id, .conversation = 7, .to = 7, .content = "mine", .state = FLOO_SEND_QUEUED };
      FlooOutboxRow operation = { .client_id = 2000 + id, .conversation = 7, .to = 7, .operation = 5, .target = 10,
                                  .state = FLOO_SEND_QUEUED };

      OK (floo_outbox_insert (db, &row, error) && floo_outbox_insert (db, &operation, error));
    }
  return TRUE;
}

static void
test_pages (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_one_to_nine);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 3, "70 80 90 ", TRUE, FALSE);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 9, "10 20 30 40 50 60 70 80 90 ", FALSE, FALSE);
  assert_page (f, FLOO_PAGE_BEFORE, 30, 5, "10 20 ", FALSE, TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 70, 3, "40 50 60 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 35, 2, "20 30 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_AFTER, 70, 5, "80 90 ", TRUE, FALSE);
  assert_page (f, FLOO_PAGE_AFTER, 10, 3, "20 30 40 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_AROUND, 50, 3, "40 50 60 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_AROUND, 50, 20, "10 20 30 40 50 60 70 80 90 ", FALSE, FALSE);
  assert_page (f, FLOO_PAGE_AROUND, 10, 4, "10 20 30 40 ", FALSE, TRUE);
  assert_page (f, FLOO_PAGE_AROUND, 90, 4, "60 70 80 90 ", TRUE, FALSE);

  WRITE (f, insert_waiting);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 5, "80 90 1001 1002 1003 ", TRUE, FALSE);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 2, "1002 1003 ", TRUE, FALSE);
  assert_page (f, FLOO_PAGE_BEFORE, 1002, 3, "80 90 1001 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_AFTER, 80, 3, "90 1001 1002 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_AFTER, 1001, 9, "1002 1003 ", TRUE, FALSE);
  assert_page (f, FLOO_PAGE_AROUND, 1001, 3, "90 1001 1002 ", TRUE, TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 70, 3, "40 50 60 ", TRUE, TRUE);
}

/* Texts of 1 MiB: the page ends before it is larger than a reply may be. */
static gboolean
insert_large (FlooDb *db, gpointer data, GError **error)
{
  g_autofree char *text = g_strnfill (1 << 20, 'x');

  for (gint64 id = 1; id <= 12; id++)
    {
      FlooMessage message = fixture_message (id, 7, 7, text);

      OK (fixture_take_in (db, &message, TRUE, error));
    }
  return TRUE;
}

static void
test_large_page (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_large);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 50, "6 7 8 9 10 11 12 ", TRUE, FALSE);
  assert_page (f, FLOO_PAGE_BEFORE, 6, 50, "1 2 3 4 5 ", FALSE, TRUE);
}

static gboolean
insert_fields (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage message = fixture_message (5, 60, 8, "text");
  FlooMessage own = fixture_message (6, 7, FIXTURE_SELF, "");
  FlooMessage incoming = fixture_message (8, 7, 7, "x");
  gboolean is_new, known;

  message.type = 23;
  message.status = FLOO_STATUS_DELIVERED;
  message.flags = FLOO_MESSAGE_IS_SYSTEM | FLOO_MESSAGE_IS_HISTORY;
  message.edit_timestamp = 99;
  message.ext = "an ext";
  message.config = "{\"a\":1}";
  message.attachment = "{\"url\":\"u\"}";
  message.sender_name = "Zoë";
  OK (floo_messages_insert (db, &message, FALSE, &is_new, error));
  g_assert_true (is_new);
  message.content = "another";
  OK (floo_messages_insert (db, &message, FALSE, &is_new, error));
  g_assert_false (is_new);
  OK (floo_messages_insert (db, &own, FALSE, &is_new, error) && floo_messages_insert (db, &incoming, FALSE, &is_new, error));
  OK (floo_messages_is_known (db, 5, &known, error));
  g_assert_true (known);
  OK (floo_messages_is_known (db, 7, &known, error));
  g_assert_false (known);
  return TRUE;
}

static void
assert_message (Fixture *f, gint64 id, const char *printed)
{
  g_autoptr (GVariant) message = message_of (f, id);
  g_autofree char *text = g_variant_print (message, FALSE);

  g_assert_cmpstr (text, ==, printed);
}

static void
test_fields (Fixture *f, gconstpointer data)
{
  WRITE (f, insert_fields);
  assert_message (f, 5,
                  "(5, 60, 8, 'group', 'unknown', 'text', 1700000000005, 1, {'to': <int64 60>, 'ext': <'an ext'>, 'config': "
                  "<'{\"a\":1}'>, 'attachment': <'{\"url\":\"u\"}'>, 'edit_timestamp': <int64 99>, 'sender_name': <'Zoë'>, "
                  "'is_system': <true>, 'is_history': <true>})");
  assert_message (f, 6, "(6, 7, 1000, 'roster', 'text', '', 1700000000006, 0, {'to': <int64 7>, 'outgoing': <true>})");
  assert_message (f, 8, "(8, 7, 7, 'roster', 'text', 'x', 1700000000008, 0, {'to': <int64 1000>})");
  g_assert_null (message_of (f, 7));
}

static gboolean
change_status (FlooDb *db, gpointer data, GError **error)
{
  const int *change = data; /* id, status, expected changed */
  gboolean changed;
  gint64 conversation = -1;

  OK (floo_messages_set_status (db, change[0], change[1], &changed, &conversation, error));
  g_assert_cmpint (changed, ==, change[2]);
  g_assert_cmpint (conversation, ==, change[0] == 12345 ? 0 : 7);
  return TRUE;
}

static void
set_status (Fixture *f, int id, int status, gboolean changed)
{
  int change[] = { id, status, changed };

  fixture_write (f, change_status, change);
}

static gboolean
play (FlooDb *db, gpointer data, GError **error)
{
  gboolean changed;

  OK (floo_messages_set_played (db, 10, &changed, NULL, error));
  g_assert_true (changed);
  OK (floo_messages_set_played (db, 10, &changed, NULL, error));
  g_assert_false (changed);
  OK (floo_messages_set_played (db, 12345, &changed, NULL, error));
  g_assert_false (changed);
  return TRUE;
}

static void
test_status (Fixture *f, gconstpointer data)
{
  int id = 30;
  g_autofree char *played = NULL;
  g_autoptr (GVariant) message = NULL;

  WRITE (f, insert_one_to_nine);
  assert_counts (f, 7, 9, 9);
  set_status (f, 10, FLOO_STATUS_DELIVERED, TRUE);
  assert_counts (f, 7, 9, 9);
  set_status (f, 10, FLOO_STATUS_READ, TRUE);
  assert_counts (f, 7, 8, 8);
  set_status (f, 10, FLOO_STATUS_READ, FALSE);
  set_status (f, 10, FLOO_STATUS_DELIVERED, FALSE);
  assert_counts (f, 7, 8, 8);
  set_status (f, 10, FLOO_STATUS_UNREAD, TRUE);
  assert_counts (f, 7, 9, 9);
  set_status (f, 12345, FLOO_STATUS_READ, FALSE);
  fixture_write (f, delete_message, &id);
  g_assert_true (id);
  assert_counts (f, 7, 8, 8);
  WRITE (f, play);
  message = message_of (f, 10);
  played = g_variant_print (message, FALSE);
  g_assert_nonnull (strstr (played, "'is_played': <true>"));
}

static gboolean
insert_group (FlooDb *db, gpointer data, GError **error)
{
  static const char *const configs[] = { NULL, "{\"groupMemberList\":[1,2]}", "{\"x\":\"groupMemberList\"}", "not json groupMemberList" };

  for (guint i = 0; i < G_N_ELEMENTS (configs); i++)
    {
      FlooMessage message = fixture_message (100 + i, 60, 8 + i, "text");

      message.config = configs[i];
      OK (fixture_take_in (db, &message, TRUE, error));
    }
  return TRUE;
}

static void
test_read_up_to (Fixture *f, gconstpointer data)
{
  g_autoptr (GArray) read = g_array_new (FALSE, FALSE, sizeof (FlooUnreadMessage));
  ReadUpTo some = { 7, 30, 0, read };
  ReadUpTo all = { 7, 0, 0, NULL };
  ReadUpTo group = { 60, 0, 0, read };

  WRITE (f, insert_one_to_nine);
  fixture_write (f, read_up_to, &some);
  g_assert_cmpint (some.last, ==, 30);
  g_assert_cmpuint (read->len, ==, 3);
  g_assert_cmpint (g_array_index (read, FlooUnreadMessage, 0).id, ==, 10);
  g_assert_cmpint (g_array_index (read, FlooUnreadMessage, 2).id, ==, 30);
  g_assert_cmpint (g_array_index (read, FlooUnreadMessage, 2).from, ==, 7);
  g_assert_true (g_array_index (read, FlooUnreadMessage, 2).wants_ack);
  assert_counts (f, 7, 6, 6);
  fixture_write (f, read_up_to, &all);
  g_assert_cmpint (all.last, ==, 90);
  assert_counts (f, 7, 0, 0);

  WRITE (f, insert_group);
  g_array_set_size (read, 0);
  fixture_write (f, read_up_to, &group);
  g_assert_cmpuint (read->len, ==, 4);
  for (guint i = 0; i < 4; i++)
    g_assert_cmpint (g_array_index (read, FlooUnreadMessage, i).wants_ack, ==, i == 1);
}

/* Deleted messages do not come back, whether they were in the store before or not. */
static gboolean
insert_again (FlooDb *db, gpointer data, GError **error)
{
  gint64 id = *(int *) data;
  FlooMessage message = fixture_message (id, 7, 7, "again");
  gboolean is_new;

  OK (floo_messages_insert (db, &message, FALSE, &is_new, error));
  *(int *) data = is_new;
  return TRUE;
}

static gboolean
delete_conversation (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_delete (db, 7, data, error);
}

static void
test_delete (Fixture *f, gconstpointer data)
{
  int there = 90, to_come = 95, again = 90, again_to_come = 95, old = 75, fresh = 100;
  gboolean deleted;
  g_autoptr (GVariant) item = NULL;
  gint64 last;

  WRITE (f, insert_one_to_nine);
  fixture_write (f, delete_message, &there);
  g_assert_true (there);
  fixture_write (f, delete_message, &to_come);
  g_assert_false (to_come);
  g_assert_null (message_of (f, 90));
  fixture_write (f, insert_again, &again);
  g_assert_false (again);
  fixture_write (f, insert_again, &again_to_come);
  g_assert_false (again_to_come);
  item = get_item (f, 7);
  g_assert_true (g_variant_lookup (item, "last_message_id", "x", &last));
  g_assert_cmpint (last, ==, 80);

  fixture_write (f, delete_conversation, &deleted);
  g_assert_true (deleted);
  g_assert_null (get_item (f, 7));
  assert_counts (f, 7, 0, 0);
  g_assert_null (message_of (f, 10));
  fixture_write (f, insert_again, &old);
  /* 75 was not in the store, but everything up to the last message was deleted with the conversation. */
  g_assert_false (old);
  fixture_write (f, delete_conversation, &deleted);
  g_assert_false (deleted);
  fixture_write (f, insert_again, &fresh);
  g_assert_true (fresh);
}

/* Appending */
typedef struct {
  gint64 id;
  const char *content, *config, *ext;
  gint64 edit_timestamp;
  guint offset;
  gboolean applied;
} Edit;

static gboolean
append (FlooDb *db, gpointer data, GError **error)
{
  Edit *edit = data;
  gint64 conversation;
  FlooToType to_type;

  return floo_messages_append (db, edit->id, edit->content, edit->config, edit->ext, edit->edit_timestamp, &edit->offset, &edit->applied,
                               &conversation, &to_type, error);
}

static gboolean
replace (FlooDb *db, gpointer data, GError **error)
{
  Edit *edit = data;
  gint64 conversation;
  FlooToType to_type;

  return floo_messages_replace (db, edit->id, edit->content, edit->config, edit->ext, edit->edit_timestamp, &edit->applied,
                                &conversation, &to_type, error);
}

static void
test_append (Fixture *f, gconstpointer data)
{
  Edit edit = { .id = 10, .edit_timestamp = 100 };
  g_autoptr (GString) expected = g_string_new ("text");
  guint times = amount (1500, 300);

  WRITE (f, insert_one_to_nine);
  for (guint i = 0; i < times; i++)
    {
      edit.content = i % 2 == 0 ? "我们" : "ab";
      edit.edit_timestamp++;
      fixture_write (f, append, &edit);
      g_assert_true (edit.applied);
      g_assert_cmpuint (edit.offset, ==, 4 + 2 * i);
      g_string_append (expected, edit.content);
    }
  assert_content (f, 10, expected->str);

  edit.edit_timestamp = 5;
  fixture_write (f, append, &edit);
  g_assert_false (edit.applied);
  assert_content (f, 10, expected->str);
  edit.id = 12345;
  fixture_write (f, append, &edit);
  g_assert_false (edit.applied);

  edit = (Edit){ .id = 10, .content = "whole", .edit_timestamp = 10000 };
  fixture_write (f, replace, &edit);
  g_assert_true (edit.applied);
  assert_content (f, 10, "whole");
  edit.content = "!";
  fixture_write (f, append, &edit);
  g_assert_cmpuint (edit.offset, ==, 5);
  assert_content (f, 10, "whole!");
  edit.content = "";
  fixture_write (f, replace, &edit);
  assert_content (f, 10, "whole!");

  /* An edit without a time is applied on arrival. The known time stays. */
  edit = (Edit){ .id = 10, .content = "?" };
  fixture_write (f, append, &edit);
  g_assert_true (edit.applied);
  assert_content (f, 10, "whole!?");
  edit = (Edit){ .id = 10, .content = "old", .edit_timestamp = 9999 };
  fixture_write (f, replace, &edit);
  g_assert_false (edit.applied);
}

static void
test_merge (Fixture *f, gconstpointer data)
{
  Edit edit = { .id = 5, .edit_timestamp = 100, .config = "{\"b\":{\"x\":1},\"a\":2}", .ext = "{\"k\":\"v\"}" };

  WRITE (f, insert_fields);
  fixture_write (f, replace, &edit);
  edit = (Edit){ .id = 5, .edit_timestamp = 101, .content = "+", .config = "{\"b\":{\"y\":null}}", .ext = "null" };
  fixture_write (f, append, &edit);
  edit = (Edit){ .id = 5, .edit_timestamp = 102, .config = "[1]", .ext = "" };
  fixture_write (f, append, &edit);
  assert_message (f, 5,
                  "(5, 60, 8, 'group', 'unknown', 'text+', 1700000000005, 1, {'to': <int64 60>, 'ext': <'{\"k\":\"v\"}'>, 'config': "
                  "<'{\"a\":2,\"b\":{\"x\":1,\"y\":null}}'>, 'attachment': <'{\"url\":\"u\"}'>, 'edit_timestamp': <int64 102>, "
                  "'sender_name': <'Zoë'>, 'is_system': <true>, 'is_history': <true>})");
}

static gboolean
apply_once (FlooDb *db, gpointer data, GError **error)
{
  return floo_applied_add (db, 77, data, error);
}

static void
test_applied (Fixture *f, gconstpointer data)
{
  gboolean is_new;

  fixture_write (f, apply_once, &is_new);
  g_assert_true (is_new);
  fixture_reopen (f);
  fixture_write (f, apply_once, &is_new);
  g_assert_false (is_new);
}

/* Only a message that this device sent can match; one whose device the service does not name may match. */
static gboolean
find_sent (FlooDb *db, gpointer data, GError **error)
{
  static const struct {
    gint64 id, device_sn, client_id;
    const char *content;
  } sent[] = { { 301, 77, 0, "ok" }, { 302, 0, 0, "ok" },      { 303, 55, 0, "ok" },
               { 304, 55, 4, "ok" }, { 305, 77, 0, "theirs" }, { 306, 55, 0, "" } };
  static const struct {
    const char *content;
    gint64 device_sn, found;
  } wanted[] = { { "ok", 55, 303 },    { "ok", 66, 302 },      { "ok", 77, 301 },  { "ok", 0, 301 },
                 { "theirs", 55, 0 }, { "theirs", 77, 305 }, { "", 55, 306 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sent); i++)
    {
      FlooMessage message = { .id = sent[i].id, .conversation = 30, .from = FIXTURE_SELF, .to = 30, .timestamp = 1700000000000 + sent[i].id,
                              .flags = FLOO_MESSAGE_OUTGOING, .content = sent[i].content, .client_id = sent[i].client_id,
                              .device_sn = sent[i].device_sn };
      gboolean is_new;

      OK (floo_messages_insert (db, &message, FALSE, &is_new, error));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (wanted); i++)
    {
      gint64 id;

      OK (floo_messages_find_sent (db, 30, FLOO_TYPE_TEXT, wanted[i].content, 1700000000000, wanted[i].device_sn, &id, error));
      g_assert_cmpint (id, ==, wanted[i].found);
    }
  return TRUE;
}

static void
test_find_sent (Fixture *f, gconstpointer data)
{
  WRITE (f, find_sent);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/messages/pages", test_pages);
  ADD ("/store/messages/large-page", test_large_page);
  ADD ("/store/messages/fields", test_fields);
  ADD ("/store/messages/status", test_status);
  ADD ("/store/messages/read-up-to", test_read_up_to);
  ADD ("/store/messages/delete", test_delete);
  ADD ("/store/messages/append", test_append);
  ADD ("/store/messages/merge", test_merge);
  ADD ("/store/messages/applied", test_applied);
  ADD ("/store/messages/find-sent", test_find_sent);
  return g_test_run ();
}
