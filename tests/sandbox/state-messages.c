/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages, and the inboxes that they are in. */
#include "state-private.h"

/* ---- messages ---- */

SbMessage *
sb_message_new (gint64 from, gint64 to)
{
  SbMessage *message = g_new0 (SbMessage, 1);

  message->ns = FLOO__META__NAME_SPACE__MESSAGE;
  message->type = FLOO__MESSAGE_BODY__TYPE__CHAT;
  message->from = from;
  message->to = to;
  message->content = g_strdup ("");
  return message;
}

void
sb_message_free (SbMessage *message)
{
  g_clear_pointer (&message->payload, g_bytes_unref);
  g_free (message->content);
  g_free (message->config);
  g_free (message->attachment);
  g_free (message->ext);
  g_free (message->first_content);
  g_free (message->first_config);
  g_free (message->first_ext);
  g_free (message);
}

gboolean
sb_message_is_message (const SbMessage *message)
{
  return message->ns == FLOO__META__NAME_SPACE__MESSAGE && message->op == FLOO__MESSAGE_OPERATION__OP_TYPE__UNKNOWN
         && message->type != FLOO__MESSAGE_BODY__TYPE__OPER && !message->at_most_once;
}

SbMessage *
sb_state_add_message (SbState *state, SbMessage *message)
{
  message->id = ++state->next_message;
  if (message->timestamp == 0)
    message->timestamp = sb_now ();
  g_ptr_array_add (state->messages, message);
  return message;
}

guint
sb_messages_after (GPtrArray *list, gint64 id)
{
  guint low = 0, high = list->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (((SbMessage *) list->pdata[middle])->id <= id)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static SbMessage *
find_message (GPtrArray *list, gint64 id)
{
  guint i = sb_messages_after (list, id - 1);
  SbMessage *message = i < list->len ? list->pdata[i] : NULL;

  return message != NULL && message->id == id ? message : NULL;
}

gboolean
sb_messages_have (GPtrArray *list, gint64 id)
{
  return find_message (list, id) != NULL;
}

SbMessage *
sb_state_message (SbState *state, gint64 id)
{
  return find_message (state->messages, id);
}

/* ---- inboxes ---- */

void
sb_inbox_free (SbInbox *inbox)
{
  g_ptr_array_unref (inbox->queue);
  g_ptr_array_unref (inbox->history);
  g_hash_table_unref (inbox->read);
  g_hash_table_unref (inbox->unread);
  g_free (inbox);
}

SbInbox *
sb_user_find_inbox (SbUser *user, gint64 conversation)
{
  return g_hash_table_lookup (user->inboxes, &conversation);
}

SbInbox *
sb_user_inbox (SbUser *user, gint64 conversation)
{
  SbInbox *inbox = sb_user_find_inbox (user, conversation);

  if (inbox != NULL)
    return inbox;
  inbox = g_new0 (SbInbox, 1);
  inbox->conversation = conversation;
  inbox->queue = g_ptr_array_new ();
  inbox->history = g_ptr_array_new ();
  inbox->read = sb_id_set_new ();
  inbox->unread = sb_id_set_new ();
  g_hash_table_insert (user->inboxes, &inbox->conversation, inbox);
  return inbox;
}

void
sb_inbox_add (SbInbox *inbox, SbMessage *message)
{
  g_ptr_array_add (inbox->queue, message);
  if (sb_message_is_message (message) && message->ctype != FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND)
    g_ptr_array_add (inbox->history, message);
}

static void
remove_from (GPtrArray *list, gint64 id)
{
  guint i = sb_messages_after (list, id - 1);

  if (i < list->len && ((SbMessage *) list->pdata[i])->id == id)
    g_ptr_array_remove_index (list, i);
}

void
sb_inbox_remove (SbInbox *inbox, gint64 id, gboolean queue)
{
  remove_from (inbox->history, id);
  if (queue)
    remove_from (inbox->queue, id);
}

int
sb_inbox_status (const SbInbox *inbox, const SbUser *user, const SbMessage *message)
{
  if (message->from == user->id)
    return message->status;
  if (g_hash_table_contains (inbox->unread, &message->id))
    return FLOO__MESSAGE_BODY__STATUS__UNREAD;
  return message->id <= inbox->read_upto || g_hash_table_contains (inbox->read, &message->id)
             ? FLOO__MESSAGE_BODY__STATUS__READ
             : FLOO__MESSAGE_BODY__STATUS__UNREAD;
}

gint64
sb_inbox_first_unread (const SbInbox *inbox, const SbUser *user)
{
  for (guint i = 0; i < inbox->history->len; i++)
    {
      const SbMessage *message = inbox->history->pdata[i];

      if (message->from != user->id && sb_inbox_status (inbox, user, message) == FLOO__MESSAGE_BODY__STATUS__UNREAD)
        return message->id;
    }
  return G_MAXINT64;
}
