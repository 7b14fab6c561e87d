/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, conversations and contacts. */
#include "store-fixture.h"

/* Runs @body as a write job; it sees @db and @error, and returns. */
#define WRITE(f, name) fixture_write (f, name, NULL)
#define OK(call) \
  if (!(call)) \
  return FALSE

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
  gboolean more;
} Page;

static gboolean
get_page (FlooDb *db, gpointer data, GError **error)
{
  Page *page = data;

  page->page = floo_messages_page (db, page->conversation, page->kind, page->anchor, page->limit, &page->more, error);
  if (page->page == NULL)
    return FALSE;
  g_variant_ref_sink (page->page);
  return TRUE;
}

static void
assert_page (Fixture *f, FlooPageKind kind, gint64 anchor, guint limit, const char *ids, gboolean more)
{
  Page page = { 7, kind, anchor, limit, NULL, FALSE };
  g_autofree char *got = NULL;

  fixture_read (f, get_page, &page);
  got = fixture_ids (page.page);
  g_assert_cmpstr (got, ==, ids);
  g_assert_cmpint (page.more, ==, more);
  g_variant_unref (page.page);
}

static gboolean
insert_one_to_nine (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 1; id <= 9; id++)
    {
      FlooMessage message = fixture_message (id * 10, 7, 7, "text");

      OK (fixture_take_in (db, &message, TRUE, error));
    }
  return TRUE;
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
  assert_page (f, FLOO_PAGE_NEWEST, 0, 3, "70 80 90 ", TRUE);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 9, "10 20 30 40 50 60 70 80 90 ", FALSE);
  assert_page (f, FLOO_PAGE_BEFORE, 30, 5, "10 20 ", FALSE);
  assert_page (f, FLOO_PAGE_BEFORE, 70, 3, "40 50 60 ", TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 35, 2, "20 30 ", TRUE);
  assert_page (f, FLOO_PAGE_AFTER, 70, 5, "80 90 ", FALSE);
  assert_page (f, FLOO_PAGE_AFTER, 10, 3, "20 30 40 ", TRUE);
  assert_page (f, FLOO_PAGE_AROUND, 50, 3, "40 50 60 ", TRUE);
  assert_page (f, FLOO_PAGE_AROUND, 50, 20, "10 20 30 40 50 60 70 80 90 ", FALSE);
  assert_page (f, FLOO_PAGE_AROUND, 10, 4, "10 20 30 40 ", TRUE);
  assert_page (f, FLOO_PAGE_AROUND, 90, 4, "60 70 80 90 ", TRUE);

  WRITE (f, insert_waiting);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 5, "80 90 1001 1002 1003 ", TRUE);
  assert_page (f, FLOO_PAGE_NEWEST, 0, 2, "1002 1003 ", TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 1002, 3, "80 90 1001 ", TRUE);
  assert_page (f, FLOO_PAGE_AFTER, 80, 3, "90 1001 1002 ", TRUE);
  assert_page (f, FLOO_PAGE_AFTER, 1001, 9, "1002 1003 ", FALSE);
  assert_page (f, FLOO_PAGE_AROUND, 1001, 3, "90 1001 1002 ", TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 70, 3, "40 50 60 ", TRUE);
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
  assert_page (f, FLOO_PAGE_NEWEST, 0, 50, "6 7 8 9 10 11 12 ", TRUE);
  assert_page (f, FLOO_PAGE_BEFORE, 6, 50, "1 2 3 4 5 ", FALSE);
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

/* Unread counts follow every way in which a message becomes read, unread, or goes. */
typedef struct {
  gint64 conversation;
  guint unread, total;
} Counts;

static gboolean
get_counts (FlooDb *db, gpointer data, GError **error)
{
  Counts *counts = data;

  return floo_conversations_get_unread (db, counts->conversation, &counts->unread, error)
         && floo_conversations_get_unread_total (db, &counts->total, error);
}

static void
assert_counts (Fixture *f, gint64 conversation, guint unread, guint total)
{
  Counts counts = { conversation, 0, 0 };

  fixture_read (f, get_counts, &counts);
  g_assert_cmpuint (counts.unread, ==, unread);
  g_assert_cmpuint (counts.total, ==, total);
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

static gboolean
delete_message (FlooDb *db, gpointer data, GError **error)
{
  gint64 id = *(int *) data;
  gboolean deleted;
  gint64 conversation;
  FlooToType to_type;

  OK (floo_messages_delete (db, id, &deleted, &conversation, &to_type, error));
  *(int *) data = deleted;
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

typedef struct {
  gint64 conversation, up_to, last;
  GArray *read;
} ReadUpTo;

static gboolean
read_up_to (FlooDb *db, gpointer data, GError **error)
{
  ReadUpTo *read = data;

  return floo_messages_read_up_to (db, read->conversation, read->up_to, read->read, &read->last, error);
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

/* Deleted ones do not come back, whether they were there, or are yet to come. */
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

static GVariant *get_item (Fixture *f, gint64 id);

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
  /* 75 was not there, but anything up to the last one went with the conversation. */
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

  WRITE (f, insert_one_to_nine);
  for (guint i = 0; i < 1500; i++)
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

/* Conversations */
typedef struct {
  const char *cursor;
  guint limit;
  gboolean pinned_first;
  const char *type;
  GVariant *items;
  char *next;
} List;

static gboolean
get_list (FlooDb *db, gpointer data, GError **error)
{
  List *list = data;

  list->items = floo_conversations_list (db, list->cursor, list->limit, list->pinned_first, list->type, &list->next, error);
  if (list->items == NULL)
    return FALSE;
  g_variant_ref_sink (list->items);
  return TRUE;
}

static char *
item_ids (GVariant *items)
{
  GString *text = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);
      gint64 id;

      g_assert_true (g_variant_lookup (item, "id", "x", &id));
      g_string_append_printf (text, "%" G_GINT64_FORMAT " ", id);
    }
  return g_string_free (text, FALSE);
}

/* Returns: (transfer full): the next cursor */
static char *
assert_list (Fixture *f, const char *cursor, guint limit, gboolean pinned_first, const char *type, const char *ids)
{
  List list = { cursor, limit, pinned_first, type, NULL, NULL };
  g_autofree char *got = NULL;

  fixture_read (f, get_list, &list);
  got = item_ids (list.items);
  g_assert_cmpstr (got, ==, ids);
  g_variant_unref (list.items);
  return list.next;
}

typedef struct {
  gint64 id;
  GVariant *item;
} GetItem;

static gboolean
do_get_item (FlooDb *db, gpointer data, GError **error)
{
  GetItem *get = data;

  get->item = floo_conversations_get (db, get->id, error);
  if (get->item != NULL)
    g_variant_ref_sink (get->item);
  return get->item != NULL;
}

static GVariant *
get_item (Fixture *f, gint64 id)
{
  GetItem get = { id, NULL };
  g_autoptr (GError) error = fixture_try_read (f, do_get_item, &get);

  if (error != NULL)
    g_assert_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND);
  return get.item;
}

static gboolean
insert_conversations (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 i = 1; i <= 5; i++)
    {
      FlooMessage user = fixture_message (i, i, i, "from a user");
      FlooMessage group = fixture_message (10 + i, 50 + i, i, "in a group");

      OK (fixture_take_in (db, &user, TRUE, error) && fixture_take_in (db, &group, TRUE, error));
    }
  return TRUE;
}

static gboolean
touch_two (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_touch (db, 2, FLOO_CONVERSATION_ROSTER, TRUE, 0, FALSE, 99, 1700000000099, NULL, error);
}

static gboolean
pin (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 1, 52, 777 };
  gboolean changed;

  OK (floo_conversations_set_pinned (db, ids, 3, &changed, error));
  g_assert_true (changed);
  OK (floo_conversations_set_pinned (db, ids, 3, &changed, error));
  g_assert_false (changed);
  return TRUE;
}

static gboolean
unpin (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 52 };
  gboolean changed;

  OK (floo_conversations_set_pinned (db, ids, 1, &changed, error));
  g_assert_true (changed);
  return TRUE;
}

static void
test_list (Fixture *f, gconstpointer data)
{
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *third = NULL;
  g_autofree char *end = NULL;
  g_autofree char *pinned = NULL;
  List bad = { "garbage", 5, FALSE, NULL, NULL, NULL };
  g_autoptr (GError) error = NULL;

  WRITE (f, insert_conversations);
  first = assert_list (f, "", 4, FALSE, NULL, "55 54 53 52 ");
  /* One that rises meanwhile is neither seen twice nor in the way. */
  WRITE (f, touch_two);
  second = assert_list (f, first, 4, FALSE, NULL, "51 5 4 3 ");
  third = assert_list (f, second, 4, FALSE, NULL, "1 ");
  g_assert_cmpstr (third, ==, "");
  end = assert_list (f, "", 20, FALSE, "roster", "2 5 4 3 1 ");
  g_assert_cmpstr (end, ==, "");
  g_free (assert_list (f, "", 20, FALSE, "system", ""));

  WRITE (f, pin);
  pinned = assert_list (f, "", 3, TRUE, NULL, "52 1 2 ");
  g_free (assert_list (f, pinned, 3, TRUE, NULL, "55 54 53 "));
  WRITE (f, unpin);
  g_free (assert_list (f, "", 3, TRUE, NULL, "52 2 55 "));

  error = fixture_try_read (f, get_list, &bad);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  g_clear_error (&error);
  bad.cursor = "";
  bad.type = "nonsense";
  error = fixture_try_read (f, get_list, &bad);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
}

static gboolean
set_draft (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_set_draft (db, 3, FLOO_CONVERSATION_ROSTER, data, 1800000000000, error);
}

static gboolean
put_contacts (FlooDb *db, gpointer data, GError **error)
{
  g_autoptr (GVariant) user = g_variant_ref_sink (
      g_variant_new_parsed ("{'user_id': <int64 3>, 'nick_name': <'Nick'>, 'avatar': <'a.png'>, 'mute_notification': <true>}"));
  g_autoptr (GVariant) group = g_variant_ref_sink (
      g_variant_new_parsed ("{'group_id': <int64 51>, 'name': <'Group'>, 'msg_mute_mode': <0>}"));

  return floo_contacts_put (db, FLOO_CONTACT_USER, 3, user, NULL, error)
         && floo_contacts_put (db, FLOO_CONTACT_GROUP, 51, group, NULL, error);
}

static void
assert_item (Fixture *f, gint64 id, const char *printed)
{
  g_autoptr (GVariant) item = get_item (f, id);
  g_autofree char *text = item != NULL ? g_variant_print (item, FALSE) : NULL;

  g_assert_cmpstr (text, ==, printed);
}

static void
test_item (Fixture *f, gconstpointer data)
{
  g_autofree char *draft = g_strdup ("to be said");

  WRITE (f, insert_conversations);
  assert_counts (f, 3, 1, 10);
  WRITE (f, put_contacts);
  assert_counts (f, 3, 1, 9);
  fixture_write (f, set_draft, draft);
  assert_item (f, 3,
               "{'id': <int64 3>, 'type': <'roster'>, 'unread': <uint32 1>, 'mentioned': <false>, 'pinned': <false>, 'muted': <true>, "
               "'draft': <'to be said'>, 'draft_timestamp': <int64 1800000000000>, 'name': <'Nick'>, 'avatar': <'a.png'>, 'content': "
               "<'from a user'>, 'timestamp': <int64 1700000000003>, 'last_message_id': <int64 3>}");
  assert_item (f, 51,
               "{'id': <int64 51>, 'type': <'group'>, 'unread': <uint32 1>, 'mentioned': <false>, 'pinned': <false>, 'muted': <false>, "
               "'draft': <''>, 'draft_timestamp': <int64 0>, 'name': <'Group'>, 'avatar': <''>, 'content': <'in a group'>, 'timestamp': "
               "<int64 1700000000011>, 'last_message_id': <int64 11>}");
  g_assert_null (get_item (f, 999));
  g_free (assert_list (f, "", 3, FALSE, NULL, "3 55 54 "));
  fixture_write (f, set_draft, NULL);
  g_free (assert_list (f, "", 3, FALSE, NULL, "55 54 53 "));
}

/* A call that is no record stays out of the list, and is never its last message. */
static gboolean
insert_calls (FlooDb *db, gpointer data, GError **error)
{
  FlooMessage signalling = fixture_message (100, 9, 9, "offer");
  FlooMessage later = fixture_message (200, 7, 7, "offer");
  FlooMessage record = fixture_message (85, 7, 7, "a call");
  gboolean is_new;

  signalling.type = later.type = record.type = FLOO_TYPE_RTC;
  record.config = "{\"action\":\"record\"}";
  later.config = "{\"action\":\"offer\"}";
  return floo_messages_insert (db, &signalling, FALSE, &is_new, error)
         && floo_conversations_touch (db, 9, FLOO_CONVERSATION_ROSTER, FALSE, 0, FALSE, 100, 1, NULL, error)
         && floo_messages_insert (db, &record, FALSE, &is_new, error) && floo_messages_insert (db, &later, FALSE, &is_new, error);
}

static void
test_calls (Fixture *f, gconstpointer data)
{
  int id = 90;
  g_autoptr (GVariant) item = NULL;
  gint64 last;

  WRITE (f, insert_one_to_nine);
  WRITE (f, insert_calls);
  g_free (assert_list (f, "", 9, FALSE, NULL, "7 "));
  fixture_write (f, delete_message, &id);
  item = get_item (f, 7);
  g_assert_true (g_variant_lookup (item, "last_message_id", "x", &last));
  g_assert_cmpint (last, ==, 85);
}

static gboolean
mention (FlooDb *db, gpointer data, GError **error)
{
  guint unread;

  OK (floo_conversations_touch (db, 60, FLOO_CONVERSATION_GROUP, TRUE, 2, TRUE, 1, 1, &unread, error));
  g_assert_cmpuint (unread, ==, 2);
  OK (floo_conversations_touch (db, 60, FLOO_CONVERSATION_GROUP, TRUE, 1, FALSE, 2, 2, &unread, error));
  g_assert_cmpuint (unread, ==, 3);
  return TRUE;
}

static void
assert_mentioned (Fixture *f, gboolean expected)
{
  g_autoptr (GVariant) item = get_item (f, 60);
  gboolean mentioned;

  g_assert_true (g_variant_lookup (item, "mentioned", "b", &mentioned));
  g_assert_cmpint (mentioned, ==, expected);
}

static void
test_mention (Fixture *f, gconstpointer data)
{
  ReadUpTo all = { 60, 0, 0, NULL };

  WRITE (f, mention);
  assert_mentioned (f, TRUE);
  fixture_write (f, read_up_to, &all);
  assert_mentioned (f, FALSE);
}

/* Contacts */
static gboolean
contacts (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 5, 3, 4 }, others[] = { 4, 6 };
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GVariant) list = NULL;
  g_autofree char *text = NULL;
  gboolean changed, listed;

  OK (floo_contacts_set_list (db, FLOO_CONTACT_USER, ids, 3, &changed, error));
  g_assert_true (changed);
  OK (floo_contacts_set_list (db, FLOO_CONTACT_USER, ids, 3, &changed, error));
  g_assert_false (changed);
  OK (floo_contacts_missing (db, FLOO_CONTACT_USER, 10, missing, error));
  g_assert_cmpuint (missing->len, ==, 3);
  OK (put_contacts (db, NULL, error));
  g_array_set_size (missing, 0);
  OK (floo_contacts_missing (db, FLOO_CONTACT_USER, 10, missing, error));
  g_assert_cmpuint (missing->len, ==, 2);
  OK (floo_contacts_mark_stale (db, FLOO_CONTACT_USER, 3, error));
  g_array_set_size (missing, 0);
  OK (floo_contacts_missing (db, FLOO_CONTACT_USER, 10, missing, error));
  g_assert_cmpuint (missing->len, ==, 3);
  OK (floo_contacts_set_list (db, FLOO_CONTACT_USER, others, 2, &changed, error));
  g_assert_true (changed);
  list = g_variant_ref_sink (floo_contacts_list (db, FLOO_CONTACT_USER, error));
  text = g_variant_print (list, FALSE);
  g_assert_cmpstr (text, ==, "[4, 6]");
  OK (floo_contacts_is_listed (db, FLOO_CONTACT_USER, 3, &listed, error));
  g_assert_false (listed);
  OK (floo_contacts_add (db, FLOO_CONTACT_USER, 3, &changed, error));
  g_assert_true (changed);
  OK (floo_contacts_add (db, FLOO_CONTACT_USER, 3, &changed, error));
  g_assert_false (changed);
  OK (floo_contacts_remove (db, FLOO_CONTACT_USER, 3, &changed, error));
  g_assert_true (changed);
  return TRUE;
}

static gboolean
details (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 4, 3 };
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (JsonNode) fields = json_from_string ("{\"nick_name\":\"Other\",\"relation\":1}", NULL);
  g_autoptr (JsonNode) wrong = json_from_string ("{\"relation\":{}}", NULL);
  g_autoptr (GVariant) got = NULL;
  g_autofree char *text = NULL;
  gboolean changed;

  OK (put_contacts (db, NULL, error));
  OK (floo_contacts_merge (db, FLOO_CONTACT_USER, 3, json_node_get_object (fields), &changed, error));
  g_assert_true (changed);
  OK (floo_contacts_merge (db, FLOO_CONTACT_USER, 3, json_node_get_object (fields), &changed, error));
  g_assert_false (changed);
  OK (floo_contacts_merge (db, FLOO_CONTACT_USER, 4, json_node_get_object (fields), &changed, error));
  g_assert_false (changed);
  got = g_variant_ref_sink (floo_contacts_get (db, FLOO_CONTACT_USER, &floo_record_roster_item, ids, 2, missing, error));
  text = g_variant_print (got, FALSE);
  g_assert_nonnull (strstr (text, "'nick_name': <'Other'>"));
  g_assert_nonnull (strstr (text, "'avatar': <'a.png'>"));
  g_assert_cmpuint (g_variant_n_children (got), ==, 1);
  g_assert_cmpuint (missing->len, ==, 1);
  g_assert_cmpint (g_array_index (missing, gint64, 0), ==, 4);

  /* A notice that spoils them has them fetched again. */
  OK (floo_contacts_merge (db, FLOO_CONTACT_USER, 3, json_node_get_object (wrong), &changed, error));
  g_variant_unref (got);
  got = g_variant_ref_sink (floo_contacts_get (db, FLOO_CONTACT_USER, &floo_record_roster_item, ids, 2, missing, error));
  g_assert_cmpuint (g_variant_n_children (got), ==, 0);
  g_assert_cmpuint (missing->len, ==, 3);
  return TRUE;
}

/* Only what the device sent is taken for its message; where the service does not say which it was, it may be. */
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

static GVariant *
user_3 (const char *alias)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "user_id", "x", (gint64) 3);
  g_variant_dict_insert (&dict, "alias", "s", alias);
  return g_variant_dict_end (&dict);
}

/* What was asked before a change does not undo it; what was asked after it counts. */
static gboolean
late_answers (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 3 };
  g_autoptr (JsonNode) fields = json_from_string ("{\"alias\":\"new\"}", NULL);
  g_autoptr (GArray) missing = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean changed, outdated;
  gint64 asked;

  OK (floo_contacts_set_list (db, FLOO_CONTACT_USER, ids, 1, &changed, error));
  OK (put_contacts (db, NULL, error));
  asked = floo_contacts_get_moment ();
  OK (floo_contacts_put_answer (db, FLOO_CONTACT_USER, 3, user_3 ("first"), asked + G_USEC_PER_SEC, &changed, &outdated, error));
  g_assert_true (changed && !outdated);
  OK (floo_contacts_merge (db, FLOO_CONTACT_USER, 3, json_node_get_object (fields), &changed, error));
  OK (floo_contacts_put_answer (db, FLOO_CONTACT_USER, 3, user_3 ("old"), asked, &changed, &outdated, error));
  g_assert_true (!changed && outdated);
  OK (floo_contacts_missing (db, FLOO_CONTACT_USER, 10, missing, error));
  g_assert_cmpuint (missing->len, ==, 1);
  OK (floo_contacts_put_answer (db, FLOO_CONTACT_GROUP, 3, user_3 ("of a group"), asked, &changed, &outdated, error));
  g_assert_false (outdated);
  asked = floo_contacts_get_moment () + 1;
  OK (floo_contacts_put_answer (db, FLOO_CONTACT_USER, 3, user_3 ("as it is now"), asked, &changed, &outdated, error));
  g_assert_true (changed && !outdated);
  g_assert_false (floo_contacts_list_changed_since (db, FLOO_CONTACT_USER, asked));
  OK (floo_contacts_remove (db, FLOO_CONTACT_USER, 3, &changed, error));
  g_assert_true (floo_contacts_list_changed_since (db, FLOO_CONTACT_USER, asked));
  g_assert_false (floo_contacts_list_changed_since (db, FLOO_CONTACT_GROUP, asked));

  /* More changes than are remembered: what was asked before them may be old. */
  asked = floo_contacts_get_moment ();
  for (gint64 id = 1000; id < 6000; id++)
    OK (floo_contacts_mark_stale (db, FLOO_CONTACT_USER, id, error));
  OK (floo_contacts_put_answer (db, FLOO_CONTACT_USER, 4, user_3 ("who knows"), asked, &changed, &outdated, error));
  g_assert_true (outdated);
  return TRUE;
}

static gboolean
values (FlooDb *db, gpointer data, GError **error)
{
  char *value;

  OK (floo_values_get (db, "k", &value, error));
  g_assert_null (value);
  OK (floo_values_set (db, "k", "", error) && floo_values_get (db, "k", &value, error));
  g_assert_cmpstr (value, ==, "");
  g_free (value);
  OK (floo_values_set (db, "k", "v", error) && floo_values_get (db, "k", &value, error));
  g_assert_cmpstr (value, ==, "v");
  g_free (value);
  OK (floo_values_set (db, "k", NULL, error) && floo_values_get (db, "k", &value, error));
  g_assert_null (value);
  return TRUE;
}

static void
test_contacts (Fixture *f, gconstpointer data)
{
  WRITE (f, contacts);
}

static void
test_details (Fixture *f, gconstpointer data)
{
  WRITE (f, details);
}

static void
test_late_answers (Fixture *f, gconstpointer data)
{
  WRITE (f, late_answers);
}

static void
test_find_sent (Fixture *f, gconstpointer data)
{
  WRITE (f, find_sent);
}

static void
test_values (Fixture *f, gconstpointer data)
{
  WRITE (f, values);
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
  ADD ("/store/conversations/list", test_list);
  ADD ("/store/conversations/item", test_item);
  ADD ("/store/conversations/calls", test_calls);
  ADD ("/store/conversations/mention", test_mention);
  ADD ("/store/contacts/list", test_contacts);
  ADD ("/store/contacts/details", test_details);
  ADD ("/store/contacts/late-answers", test_late_answers);
  ADD ("/store/contacts/values", test_values);
  return g_test_run ();
}
