/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events, live and replayed, applied to the lists. */
#include "session.h"

#define MAX_MESSAGES 2000   /* kept of the current conversation; older ones are loaded again when they are scrolled to */
#define TYPING_SECONDS 15

/* Whether a message that is not here yet belongs between those that are: where there are more before or after, others may lie between. */
static gboolean
is_within (Session *self, gint64 id, gboolean is_pending)
{
  Item *first = list_at (self->messages, 0);

  if (self->page != PAGE_NONE || self->more_after)
    return FALSE;
  return first == NULL || !self->more_before || is_pending || id > first->id;
}

static void
put_message (Session *self, GVariant *value)
{
  g_autoptr (GVariant) fields = g_variant_ref_sink (message_fields (value));
  gint64 id = fields_number (fields, "id");

  if (self->current == NULL || fields_number (fields, "conversation") != self->current->id)
    return;
  list_put (self->messages, fields, message_compare, is_within (self, id, id == fields_number (fields, "client_id")));
  if (list_length (self->messages) > MAX_MESSAGES)
    {
      g_list_store_remove (self->messages, 0);
      self->more_before = TRUE;
    }
}

static void
remove_message (Session *self, gint64 id)
{
  guint position;

  if (list_find (self->messages, id, &position) != NULL)
    g_list_store_remove (self->messages, position);
}

static void
remove_conversation (Session *self, gint64 id)
{
  guint position;

  if (self->current != NULL && self->current->id == id)
    {
      g_clear_object (&self->current);
      g_list_store_remove_all (self->messages);
    }
  if (list_find (self->conversations, id, &position) != NULL)
    g_list_store_remove (self->conversations, position);
}

/* -- one function for each kind of event -- */

static void
on_messages (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) messages = g_variant_get_child_value (arguments, 1);

  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (messages, i);

      put_message (self, message);
    }
}

static void
on_message (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) message = g_variant_get_child_value (arguments, 1);

  put_message (self, message);
}

static void
on_got_message (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) message = NULL;
  g_autoptr (GError) error = NULL;

  floo_conversations_call_get_message_finish (self->api, &message, result, &error);
  if (session_failed (self, error))
    return;
  put_message (self, message);
  g_signal_emit_by_name (self, "status");
}

static void
on_appended (Session *self, GVariant *arguments)
{
  const char *piece, *content;
  guint offset;
  gint64 id;
  Item *message;

  g_variant_get (arguments, "(txxu&sx@a{sv})", NULL, NULL, &id, &offset, &piece, NULL, NULL);
  message = list_find (self->messages, id, NULL);
  if (message == NULL)
    return;
  content = fields_text (message->fields, "content");
  if (g_utf8_strlen (content, -1) == offset)
    item_set (message, "content", g_variant_new_take_string (g_strconcat (content, piece, NULL)));
  else if (g_utf8_strlen (content, -1) < offset)
    floo_conversations_call_get_message (self->api, id, NULL, on_got_message, g_object_ref (self));
}

static void
on_gone (Session *self, GVariant *arguments)
{
  gint64 id;

  g_variant_get_child (arguments, 2, "x", &id);
  remove_message (self, id);
}

static void
on_message_status (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) details = g_variant_get_child_value (arguments, 3);
  g_autoptr (GVariant) status = g_variant_lookup_value (details, "status", G_VARIANT_TYPE_INT32);
  Item *message;
  gint64 id;

  g_variant_get_child (arguments, 2, "x", &id);
  message = list_find (self->messages, id, NULL);
  if (fields_flag (details, "recalled") || fields_flag (details, "deleted"))
    remove_message (self, id);
  else if (message != NULL && status != NULL)
    item_set (message, "status", status);
}

static void
on_sending (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) details = NULL, value = NULL;
  const char *status;
  gint64 client_id;

  g_variant_get (arguments, "(tx&s@a{sv})", NULL, &client_id, &status, &details);
  value = g_variant_lookup_value (details, "message", G_VARIANT_TYPE ("(xxxsssxia{sv})"));
  if (g_str_equal (status, "cancelled"))
    remove_message (self, client_id);
  else if (g_str_equal (status, "scheduled"))
    return; /* another program's; it is shown when its time has come */
  else if (value != NULL)
    put_message (self, value);
}

/* What the other one has read of ours is a field of the conversation. */
static void
mark_read_up_to (Session *self, gint64 id)
{
  for (guint i = list_length (self->messages); i > 0; i--)
    {
      Item *message = list_at (self->messages, i - 1);

      if (message_is_pending (message) || message->id > id || !fields_flag (message->fields, "outgoing"))
        continue;
      if (fields_number (message->fields, "status") == 2)
        return;
      item_set (message, "status", g_variant_new_int32 (2));
    }
}

static void
on_conversations (Session *self, GVariant *arguments)
{
  g_autoptr (GVariantIter) changed = NULL, removed = NULL;
  gboolean reload;
  GVariant *entry;
  gint64 id;

  g_variant_get (arguments, "(taa{sv}axb)", NULL, &changed, &removed, &reload);
  while (g_variant_iter_loop (changed, "@a{sv}", &entry))
    list_put (self->conversations, entry, conversation_compare, TRUE);
  while (g_variant_iter_next (removed, "x", &id))
    remove_conversation (self, id);
  if (self->current != NULL)
    mark_read_up_to (self, fields_number (self->current->fields, "read_up_to"));
  if (reload)
    session_load (self);
}

static gboolean
on_typing_timeout (gpointer user_data)
{
  Item *conversation = user_data;

  item_set (conversation, "typing", g_variant_new_boolean (FALSE));
  return G_SOURCE_REMOVE;
}

/* Forgotten after a while where no end is heard. */
static void
on_typing (Session *self, GVariant *arguments)
{
  Item *conversation;
  gboolean typing;
  gint64 from;

  g_variant_get (arguments, "(txxsb)", NULL, &from, NULL, NULL, &typing);
  conversation = list_find (self->conversations, from, NULL);
  if (conversation == NULL)
    return;
  item_set (conversation, "typing", g_variant_new_boolean (typing));
  if (typing)
    g_timeout_add_seconds_full (G_PRIORITY_DEFAULT, TYPING_SECONDS, on_typing_timeout, g_object_ref (conversation), g_object_unref);
}

static void
on_group (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) argument = g_variant_get_child_value (arguments, 1);
  gboolean is_id = g_variant_is_of_type (argument, G_VARIANT_TYPE_INT64);
  gint64 group = is_id ? g_variant_get_int64 (argument) : fields_number (argument, "group_id");

  if (self->current != NULL && self->current->id == group)
    g_signal_emit_by_name (self, "group-changed");
}

/* item: a RosterItem. */
static void
name_sender (Session *self, GVariant *item)
{
  static const char *const keys[] = { "alias", "nick_name", "username" };
  gint64 user = fields_number (item, "user_id");
  const char *name = "";

  for (gsize i = 0; i < G_N_ELEMENTS (keys) && *name == '\0'; i++)
    name = fields_text (item, keys[i]);
  for (guint i = 0; i < list_length (self->messages); i++)
    if (fields_number (list_at (self->messages, i)->fields, "from") == user)
      item_set (list_at (self->messages, i), "sender_name", g_variant_new_string (name));
}

static void
on_names (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) items = NULL;
  g_autoptr (GError) error = NULL;

  floo_roster_call_get_items_finish (self->roster, &items, result, &error);
  session_failed (self, error);
  for (gsize i = 0; items != NULL && i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);

      name_sender (self, item);
    }
  g_signal_emit_by_name (self, "status");
}

/* Who wrote in a group before their name was known may have one now. */
static void
on_roster_info (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) users = g_variant_get_child_value (arguments, 1);
  gboolean missing = FALSE;

  for (guint i = 0; i < list_length (self->messages); i++)
    {
      GVariant *fields = list_at (self->messages, i)->fields;

      missing |= !fields_flag (fields, "outgoing") && *fields_text (fields, "sender_name") == '\0';
    }
  if (missing && g_str_equal (fields_text (self->current->fields, "type"), "group"))
    floo_roster_call_get_items (self->roster, users, FALSE, NULL, on_names, g_object_ref (self));
}

static const struct
{
  const char *name;
  void (*apply) (Session *self, GVariant *arguments);
} kinds[] = {
  { "RosterMessages", on_messages },
  { "GroupMessages", on_messages },
  { "RosterMessageReplace", on_message },
  { "GroupMessageReplace", on_message },
  { "RosterMessageContentAppend", on_appended },
  { "GroupMessageContentAppend", on_appended },
  { "MessageRecalled", on_gone },
  { "MessageDeleted", on_gone },
  { "MessageStatusChanged", on_message_status },
  { "SendingMessageStatusChanged", on_sending },
  { "ConversationsChanged", on_conversations },
  { "InputStatusMessage", on_typing },
  { "GroupMemberChanged", on_group },
  { "GroupAnnouncementUpdated", on_group },
  { "RosterInfoUpdate", on_roster_info },
};

void
session_apply (Session *self, const char *name, GVariant *arguments)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      kinds[i].apply (self, arguments);
  g_signal_emit_by_name (self, "status");
}
