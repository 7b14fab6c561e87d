/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Events, live and replayed, applied to the lists. */
#include "session.h"

#define MAX_MESSAGES 2000   /* kept of the current conversation; older ones are loaded again when they are scrolled to */

static Message *
find_message (Session *self, gint64 id, guint *position)
{
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->messages)); i > 0; i--)
    {
      g_autoptr (Message) message = g_list_model_get_item (G_LIST_MODEL (self->messages), i - 1);

      if (message->id == id || (message->client_id == id && id != 0))
        {
          *position = i - 1;
          return g_steal_pointer (&message);
        }
    }
  return NULL;
}

/* Whether a message that is not here yet belongs between those that are: where there are more before or after, others may lie between. */
static gboolean
is_within (Session *self, const Message *message)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->messages));
  g_autoptr (Message) first = n == 0 ? NULL : g_list_model_get_item (G_LIST_MODEL (self->messages), 0);

  if (self->loading_page || self->more_after)
    return FALSE;
  return first == NULL || !self->more_before || message_compare (message, first, NULL) > 0;
}

void
session_put_message (Session *self, GVariant *value, gboolean anywhere)
{
  g_autoptr (Message) message = message_new (value), old = NULL;
  guint position;

  if (self->current == NULL || message->conversation != self->current->id)
    return;
  old = find_message (self, message->id, &position);
  if (old == NULL && message->client_id != 0)
    old = find_message (self, message->client_id, &position);
  if (old != NULL && old->id == message->id)
    {
      message_update (old, value);
      return;
    }
  if (old != NULL)
    {
      g_list_store_remove (self->messages, position);
      message_update (old, value);
      g_list_store_insert_sorted (self->messages, old, message_compare, NULL);
    }
  else if (anywhere || is_within (self, message))
    g_list_store_insert_sorted (self->messages, message, message_compare, NULL);
  if (!anywhere && g_list_model_get_n_items (G_LIST_MODEL (self->messages)) > MAX_MESSAGES)
    {
      g_list_store_remove (self->messages, 0);
      self->more_before = TRUE;
    }
}

void
session_put_conversations (Session *self, GVariant *entries)
{
  g_autoptr (GPtrArray) fresh = g_ptr_array_new_with_free_func (g_object_unref);
  GListModel *model = G_LIST_MODEL (self->conversations);
  gboolean sorted = TRUE;

  for (gsize i = 0; i < g_variant_n_children (entries); i++)
    {
      g_autoptr (GVariant) entry = g_variant_get_child_value (entries, i);
      Conversation *conversation;
      gint64 id = 0;

      g_variant_lookup (entry, "id", "x", &id);
      conversation = session_find (self, id);
      if (conversation != NULL)
        conversation_update (conversation, entry);
      else
        g_ptr_array_add (fresh, conversation_new (entry));
    }
  g_list_store_splice (self->conversations, g_list_model_get_n_items (model), 0, fresh->pdata, fresh->len);
  for (guint i = 1; sorted && i < g_list_model_get_n_items (model); i++)
    {
      g_autoptr (Conversation) one = g_list_model_get_item (model, i - 1), next = g_list_model_get_item (model, i);

      sorted = conversation_compare (one, next, NULL) < 0;
    }
  if (!sorted)
    g_list_store_sort (self->conversations, conversation_compare, NULL);
}

static void
remove_message (Session *self, gint64 id)
{
  guint position;
  g_autoptr (Message) message = find_message (self, id, &position);

  if (message != NULL)
    g_list_store_remove (self->messages, position);
}

static void
remove_conversation (Session *self, gint64 id)
{
  Conversation *conversation = session_find (self, id);
  guint position;

  if (conversation == NULL)
    return;
  if (conversation == self->current)
    {
      g_clear_object (&self->current);
      g_list_store_remove_all (self->messages);
      g_signal_emit_by_name (self, "status");
    }
  if (g_list_store_find (self->conversations, conversation, &position))
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

      session_put_message (self, message, FALSE);
    }
}

static void
on_replaced (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) message = g_variant_get_child_value (arguments, 1);

  session_put_message (self, message, FALSE);
}

static void
on_got_message (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) message = NULL;
  g_autoptr (GError) error = NULL;

  if (floo_conversations_call_get_message_finish (self->api, &message, result, &error))
    session_put_message (self, message, FALSE);
  else
    session_failed (self, error);
}

static void
on_appended (Session *self, GVariant *arguments)
{
  g_autoptr (Message) message = NULL;
  const char *piece;
  guint position, offset;
  gint64 id;
  glong length;

  g_variant_get (arguments, "(txxu&sx@a{sv})", NULL, NULL, &id, &offset, &piece, NULL, NULL);
  message = find_message (self, id, &position);
  if (message == NULL)
    return;
  length = g_utf8_strlen (message->content, -1);
  if (length == offset)
    {
      char *content = g_strconcat (message->content, piece, NULL);

      g_free (message->content);
      message->content = content;
      message_changed (message);
    }
  else if (length < offset)
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
  g_autoptr (GVariant) details = NULL;
  g_autoptr (Message) message = NULL;
  gboolean gone = FALSE, deleted = FALSE;
  guint position;
  gint64 id;

  g_variant_get (arguments, "(txx@a{sv})", NULL, NULL, &id, &details);
  message = find_message (self, id, &position);
  if (message == NULL)
    return;
  g_variant_lookup (details, "recalled", "b", &gone);
  g_variant_lookup (details, "deleted", "b", &deleted);
  if (gone || deleted)
    remove_message (self, id);
  else if (g_variant_lookup (details, "status", "i", &message->status))
    message_changed (message);
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
    session_put_message (self, value, FALSE);
}

/* What the other one has read of ours is a field of the conversation. */
static void
mark_read_up_to (Session *self, gint64 id)
{
  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->messages)); i > 0; i--)
    {
      g_autoptr (Message) message = g_list_model_get_item (G_LIST_MODEL (self->messages), i - 1);

      if (!message->outgoing || message->pending || message->id > id)
        continue;
      if (message->status == 2)
        return;
      message->status = 2;
      message_changed (message);
    }
}

static void
on_conversations (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) changed = NULL;
  g_autoptr (GVariantIter) removed = NULL;
  gboolean reload;
  gint64 id;

  g_variant_get (arguments, "(t@aa{sv}axb)", NULL, &changed, &removed, &reload);
  session_put_conversations (self, changed);
  while (g_variant_iter_next (removed, "x", &id))
    remove_conversation (self, id);
  if (self->current != NULL)
    mark_read_up_to (self, self->current->read_up_to);
  if (reload)
    session_load (self);
  g_signal_emit_by_name (self, "status");
}

static void
on_typing (Session *self, GVariant *arguments)
{
  Conversation *conversation;
  gboolean typing;
  gint64 from;

  g_variant_get (arguments, "(txxsb)", NULL, &from, NULL, NULL, &typing);
  conversation = session_find (self, from);
  if (conversation != NULL)
    conversation_set_typing (conversation, typing);
  g_signal_emit_by_name (self, "status");
}

static void
on_group (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) argument = g_variant_get_child_value (arguments, 1);
  gint64 group = 0;

  if (g_variant_is_of_type (argument, G_VARIANT_TYPE_INT64))
    group = g_variant_get_int64 (argument);
  else
    g_variant_lookup (argument, "group_id", "x", &group);
  if (self->current != NULL && self->current->id == group)
    g_signal_emit_by_name (self, "group-changed");
}

static void
on_names (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Session) self = user_data;
  g_autoptr (GVariant) items = NULL;
  g_autoptr (GError) error = NULL;

  if (!floo_roster_call_get_items_finish (self->roster, &items, result, &error))
    session_failed (self, error);
  for (gsize i = 0; items != NULL && i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);

      for (guint k = 0; k < g_list_model_get_n_items (G_LIST_MODEL (self->messages)); k++)
        {
          g_autoptr (Message) message = g_list_model_get_item (G_LIST_MODEL (self->messages), k);

          message_take_sender (message, item);
        }
    }
}

/* Who wrote before their name was known may have one now. */
static void
on_roster_info (Session *self, GVariant *arguments)
{
  g_autoptr (GVariant) users = g_variant_get_child_value (arguments, 1);
  gboolean missing = FALSE;

  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->messages)); i++)
    {
      g_autoptr (Message) message = g_list_model_get_item (G_LIST_MODEL (self->messages), i);

      missing |= !message->outgoing && *message->sender_name == '\0';
    }
  if (missing && self->current != NULL && self->current->group)
    floo_roster_call_get_items (self->roster, users, FALSE, NULL, on_names, g_object_ref (self));
}

static const struct
{
  const char *name;
  void (*apply) (Session *self, GVariant *arguments);
} kinds[] = {
  { "RosterMessages", on_messages },
  { "GroupMessages", on_messages },
  { "RosterMessageReplace", on_replaced },
  { "GroupMessageReplace", on_replaced },
  { "RosterMessageContentAppend", on_appended },
  { "GroupMessageContentAppend", on_appended },
  { "MessageRecalled", on_gone },
  { "MessageDeleted", on_gone },
  { "MessageStatusChanged", on_message_status },
  { "SendingMessageStatusChanged", on_sending },
  { "ConversationsChanged", on_conversations },
  { "InputStatusMessage", on_typing },
  { "GroupMemberChanged", on_group },
  { "RosterInfoUpdate", on_roster_info },
  { "GroupAnnouncementUpdated", on_group },
};

void
session_apply (Session *self, const char *name, GVariant *arguments)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      kinds[i].apply (self, arguments);
}
