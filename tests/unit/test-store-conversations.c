/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Conversations, contacts and the account's values. */
#include <string.h>

#include "messages-fixture.h"
#include "store/tables/account.h"
#include "store/tables/recipient.h"

typedef struct {
  const char *cursor;
  guint limit;
  gboolean pinned_first, unread;
  const char *type;
  GVariant *items;
  char *next;
} List;

static gboolean
get_list (FlooDb *db, gpointer data, GError **error)
{
  List *list = data;

  list->items = floo_conversations_list (db, list->cursor, list->limit, list->pinned_first, list->unread, list->type, &list->next, error);
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
  List list = { .cursor = cursor, .limit = limit, .pinned_first = pinned_first, .type = type };
  g_autofree char *got = NULL;

  fixture_read (f, get_list, &list);
  got = item_ids (list.items);
  g_assert_cmpstr (got, ==, ids);
  g_variant_unref (list.items);
  return list.next;
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
  return floo_conversations_touch (db, 2, FLOO_CONVERSATION_ROSTER, TRUE, 0, FALSE, 99, 1700000000099, error);
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

static gboolean
read_most (FlooDb *db, gpointer data, GError **error)
{
  const gint64 ids[] = { 1, 2, 4, 5, 51, 52, 53, 55 };

  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    OK (floo_conversations_count (db, ids[i], -1, error));
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
  List bad = { .cursor = "garbage", .limit = 5 }, unread = { .cursor = "", .limit = 9, .unread = TRUE };
  g_autofree char *ids = NULL;
  g_autoptr (GError) error = NULL;

  WRITE (f, insert_conversations);
  first = assert_list (f, "", 4, FALSE, NULL, "55 54 53 52 ");
  /* A conversation that moves up meanwhile is neither returned twice nor does it hide another one. */
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

  WRITE (f, read_most);
  fixture_read (f, get_list, &unread);
  ids = item_ids (unread.items);
  g_assert_cmpstr (ids, ==, "54 3 ");
  g_variant_unref (unread.items);
  g_free (unread.next);

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
               "<'from a user'>, 'timestamp': <int64 1700000000003>, 'last_message_id': <int64 3>, 'last_from': <int64 3>, "
               "'last_from_name': <'Nick'>, 'last_type': <'text'>, 'last_outgoing': <false>, 'last_status': <0>, 'last_send_state': <''>, "
               "'first_unread': <int64 3>, 'failed': <uint32 0>, 'read_up_to': <int64 0>}");
  assert_item (f, 51,
               "{'id': <int64 51>, 'type': <'group'>, 'unread': <uint32 1>, 'mentioned': <false>, 'pinned': <false>, 'muted': <false>, "
               "'draft': <''>, 'draft_timestamp': <int64 0>, 'name': <'Group'>, 'avatar': <''>, 'content': <'in a group'>, 'timestamp': "
               "<int64 1700000000011>, 'last_message_id': <int64 11>, 'last_from': <int64 1>, 'last_from_name': <''>, 'last_type': <'text'>, "
               "'last_outgoing': <false>, 'last_status': <0>, 'last_send_state': <''>, 'first_unread': <int64 11>, 'failed': <uint32 0>, "
               "'read_up_to': <int64 0>, 'role': <'none'>, 'my_display_name': <''>, 'banned_until': <int64 0>}");
  g_assert_null (get_item (f, 999));
  g_free (assert_list (f, "", 3, FALSE, NULL, "3 55 54 "));
  fixture_write (f, set_draft, NULL);
  g_free (assert_list (f, "", 3, FALSE, NULL, "55 54 53 "));
}

/* A signal of a call, unlike the record of one, adds no conversation to the list, and is never its last message. */
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
         && floo_conversations_touch (db, 9, FLOO_CONVERSATION_ROSTER, FALSE, 0, FALSE, 100, 1, error)
         && floo_messages_insert (db, &record, FALSE, &is_new, error) && floo_messages_insert (db, &later, FALSE, &is_new, error);
}

static gboolean
draft_beside_calls (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_set_draft (db, 9, FLOO_CONVERSATION_ROSTER, data, 1800000000000, error);
}

static gboolean
draft_before_a_call (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_set_draft (db, 10, FLOO_CONVERSATION_ROSTER, "first the draft", 1800000000001, error)
         && floo_conversations_touch (db, 10, FLOO_CONVERSATION_ROSTER, FALSE, 0, FALSE, 101, 1, error);
}

static gboolean
clear_draft_before_a_call (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_set_draft (db, 10, FLOO_CONVERSATION_ROSTER, NULL, 0, error);
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

/* A draft puts a conversation without messages to show into the list, and clearing the draft takes it out again. */
static void
test_draft_beside_calls (Fixture *f, gconstpointer data)
{
  g_autofree char *draft = g_strdup ("to be said");
  g_autoptr (GVariant) kept = NULL;

  WRITE (f, insert_calls);
  g_free (assert_list (f, "", 9, FALSE, NULL, ""));
  fixture_write (f, draft_beside_calls, draft);
  WRITE (f, draft_before_a_call);
  g_free (assert_list (f, "", 9, FALSE, NULL, "10 9 "));
  WRITE (f, draft_beside_calls);
  WRITE (f, clear_draft_before_a_call);
  g_free (assert_list (f, "", 9, FALSE, NULL, ""));
  kept = get_item (f, 9);
  g_assert_nonnull (kept);
}

static gboolean
mention (FlooDb *db, gpointer data, GError **error)
{
  guint unread;

  OK (floo_conversations_touch (db, 60, FLOO_CONVERSATION_GROUP, TRUE, 2, TRUE, 1, 1, error) && floo_conversations_get_unread (db, 60, &unread, error));
  g_assert_cmpuint (unread, ==, 2);
  OK (floo_conversations_touch (db, 60, FLOO_CONVERSATION_GROUP, TRUE, 1, FALSE, 2, 2, error) && floo_conversations_get_unread (db, 60, &unread, error));
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

typedef struct {
  gint64 id;
  FlooToType given, found;
  const char *error;            /* a part of the message; NULL: no error */
} Recipient;

/* 3 is a user, 51 a group, 60 both; 70 and 71 are only conversations. */
static gboolean
recipients (FlooDb *db, gpointer data, GError **error)
{
  static const Recipient cases[] = {
    { 3, FLOO_TO_ANY, FLOO_TO_ROSTER },        { 51, FLOO_TO_ANY, FLOO_TO_GROUP },
    { 60, FLOO_TO_ANY, .error = "of a user and of a group" },
    { 70, FLOO_TO_ANY, FLOO_TO_ROSTER },       { 71, FLOO_TO_ANY, FLOO_TO_GROUP },
    { 80, FLOO_TO_ANY, .error = "neither" },   { FIXTURE_SELF, FLOO_TO_ANY, FLOO_TO_ROSTER },
    { 3, FLOO_TO_ROSTER, FLOO_TO_ROSTER },     { 3, FLOO_TO_GROUP, .error = "is a user" },
    { 51, FLOO_TO_GROUP, FLOO_TO_GROUP },      { 51, FLOO_TO_ROSTER, .error = "is a group" },
    { 60, FLOO_TO_ROSTER, FLOO_TO_ROSTER },    { 60, FLOO_TO_GROUP, FLOO_TO_GROUP },
    { 70, FLOO_TO_GROUP, FLOO_TO_GROUP },      { 71, FLOO_TO_ROSTER, FLOO_TO_ROSTER },
    { 80, FLOO_TO_GROUP, FLOO_TO_GROUP },
  };
  gboolean changed;

  OK (put_contacts (db, NULL, error));
  OK (floo_contacts_add (db, FLOO_CONTACT_USER, 60, &changed, error));
  OK (floo_contacts_add (db, FLOO_CONTACT_GROUP, 60, &changed, error));
  OK (floo_conversations_set_draft (db, 70, FLOO_CONVERSATION_ROSTER, "x", 1800000000000, error));
  OK (floo_conversations_set_draft (db, 71, FLOO_CONVERSATION_GROUP, "x", 1800000000000, error));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) local = NULL;
      FlooToType found = cases[i].given;

      g_assert_true (floo_recipient_resolve (db, cases[i].id, &found, &local) == (cases[i].error == NULL));
      if (cases[i].error == NULL)
        g_assert_cmpint (found, ==, cases[i].found);
      else
        g_assert_true (g_error_matches (local, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS) && strstr (local->message, cases[i].error) != NULL);
    }
  return TRUE;
}

static void
test_recipients (Fixture *f, gconstpointer data)
{
  fixture_write (f, recipients, NULL);
}

/* Of the groups that were left, 81 has nothing, 82 a draft; 83 is still joined. */
static gboolean
leave_groups (FlooDb *db, gpointer data, GError **error)
{
  const gint64 joined[] = { 83 };
  gboolean changed;

  for (gint64 id = 81; id <= 83; id++)
    OK (floo_contacts_add (db, FLOO_CONTACT_GROUP, id, &changed, error) && floo_conversations_enter_group (db, id, id, error));
  OK (floo_conversations_set_draft (db, 82, FLOO_CONVERSATION_GROUP, "x", 1800000000000, error));
  OK (floo_contacts_set_list (db, FLOO_CONTACT_GROUP, joined, 1, &changed, error));
  return floo_conversations_drop_empty_groups (db, error);
}

static void
test_empty_groups (Fixture *f, gconstpointer data)
{
  g_autofree char *end = NULL;

  fixture_write (f, leave_groups, NULL);
  end = assert_list (f, "", 10, FALSE, NULL, "82 83 ");
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

  /* A notice that makes the details invalid has them fetched again. */
  OK (floo_contacts_merge (db, FLOO_CONTACT_USER, 3, json_node_get_object (wrong), &changed, error));
  g_variant_unref (got);
  got = g_variant_ref_sink (floo_contacts_get (db, FLOO_CONTACT_USER, &floo_record_roster_item, ids, 2, missing, error));
  g_assert_cmpuint (g_variant_n_children (got), ==, 0);
  g_assert_cmpuint (missing->len, ==, 3);
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

/* The answer to a request from before a change is stale and does not undo it; one to a later request is stored. */
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

  /* More changes than are remembered: answers to requests from before them may be stale. */
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
test_values (Fixture *f, gconstpointer data)
{
  WRITE (f, values);
}

/* ---- ConversationsChanged ---- */

static GVariant *
last_changed (Fixture *f)
{
  fixture_reopen (f);
  g_assert_cmpuint (f->events->len, >, 0);
  return f->events->pdata[f->events->len - 1];
}

static gboolean
insert_into (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 1; id <= GPOINTER_TO_INT (data); id++)
    {
      FlooMessage message = fixture_message (id, 100 + id, 100 + id, "text");

      if (!fixture_take_in (db, &message, TRUE, error))
        return FALSE;
    }
  return TRUE;
}

/* One event for each transaction; if more conversations changed than it may hold it says so. */
static void
test_changed (Fixture *f, gconstpointer data)
{
  static const struct {
    int conversations;
    gsize told;
    gboolean reload;
  } cases[] = { { 1, 1, FALSE }, { 256, 256, FALSE }, { 257, 0, TRUE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GVariant) entries = NULL;
      gboolean reload;
      GVariant *event;

      fixture_close (f);
      fixture_remove_tree (f->folder);
      fixture_open (f);
      g_ptr_array_set_size (f->events, 0);
      fixture_write (f, insert_into, GINT_TO_POINTER (cases[i].conversations));
      event = last_changed (f);
      g_assert_cmpuint (f->events->len, ==, 1);
      entries = g_variant_get_child_value (event, 1);
      g_variant_get_child (event, 3, "b", &reload);
      g_assert_cmpuint (g_variant_n_children (entries), ==, cases[i].told);
      g_assert_cmpint (reload, ==, cases[i].reload);
    }
}

static gboolean
change_nothing (FlooDb *db, gpointer data, GError **error)
{
  return floo_conversations_set_draft (db, 101, FLOO_CONVERSATION_ROSTER, "x", 1, error)
         && floo_conversations_set_draft (db, 101, FLOO_CONVERSATION_ROSTER, "", 2, error);
}

/* A change that clients do not see is not signalled. */
static void
test_not_changed (Fixture *f, gconstpointer data)
{
  fixture_write (f, insert_into, GINT_TO_POINTER (1));
  (void) last_changed (f);
  g_ptr_array_set_size (f->events, 0);
  fixture_write (f, change_nothing, NULL);
  fixture_reopen (f);
  g_assert_cmpuint (f->events->len, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/conversations/list", test_list);
  ADD ("/store/conversations/item", test_item);
  ADD ("/store/conversations/calls", test_calls);
  ADD ("/store/conversations/mention", test_mention);
  ADD ("/store/conversations/draft-beside-calls", test_draft_beside_calls);
  ADD ("/store/contacts/list", test_contacts);
  ADD ("/store/contacts/recipients", test_recipients);
  ADD ("/store/conversations/empty-groups", test_empty_groups);
  ADD ("/store/contacts/details", test_details);
  ADD ("/store/contacts/late-answers", test_late_answers);
  ADD ("/store/contacts/values", test_values);
  ADD ("/store/conversations/changed", test_changed);
  ADD ("/store/conversations/not-changed", test_not_changed);
  return g_test_run ();
}
