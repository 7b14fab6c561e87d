/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operations on messages: the conditions of each, and its effect on the state. */
#include "intake-private.h"

#include <string.h>

#include "base/json.h"

#define OP(name) FLOO__MESSAGE_OPERATION__OP_TYPE__##name
#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

static SbInbox *
inbox_of (SbIntake *in)
{
  return sb_user_inbox (in->user, in->message->op_conversation);
}

/* The conversation in which the acting user has the message operated on, 0: none. */
static gint64
conversation_of (const SbUser *user, const SbMessage *target)
{
  if (target->type == FLOO__MESSAGE_BODY__TYPE__GROUPCHAT)
    return target->to;
  return target->from == user->id ? target->to : target->from;
}

/* Checks that the operation's xid and its receiver are those of the message's conversation. */
static gboolean
check_conversation (SbIntake *in)
{
  gint64 conversation = conversation_of (in->user, in->target);

  if (in->message->op_conversation == conversation && (in->message->to == conversation || in->message->to == in->user->id))
    return TRUE;
  return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "the message is not in this conversation");
}

static gboolean
apply_read_ack (SbIntake *in)
{
  SbInbox *inbox = sb_user_inbox (in->user, conversation_of (in->user, in->target));

  if (in->target->from != in->message->to || in->target->from == in->user->id)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "a read acknowledgement goes to the sender of the message");
  sb_id_set_add (inbox->read, in->target->id);
  g_hash_table_remove (inbox->unread, &in->target->id);
  in->target->status = FLOO__MESSAGE_BODY__STATUS__READ;
  return TRUE;
}

static gboolean
apply_play_ack (SbIntake *in)
{
  if (in->target->from != in->message->to)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "a play acknowledgement goes to the sender of the message");
  in->target->played = TRUE;
  return TRUE;
}

static gboolean
apply_deliver_ack (SbIntake *in)
{
  if (in->target->from != in->message->to)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "a delivery acknowledgement goes to the sender of the message");
  in->target->status = MAX (in->target->status, FLOO__MESSAGE_BODY__STATUS__DELIVERED);
  return TRUE;
}

static gboolean
apply_read_all (SbIntake *in)
{
  SbInbox *inbox = inbox_of (in);

  inbox->read_upto = MAX (inbox->read_upto, in->message->op_mid);
  g_hash_table_remove_all (inbox->unread);
  return TRUE;
}

static gboolean
apply_read_cancel (SbIntake *in)
{
  SbInbox *inbox = inbox_of (in);

  if (!check_conversation (in))
    return FALSE;
  g_hash_table_remove (inbox->read, &in->target->id);
  sb_id_set_add (inbox->unread, in->target->id);
  return TRUE;
}

static gboolean
apply_delete (SbIntake *in)
{
  if (!check_conversation (in))
    return FALSE;
  sb_inbox_remove (inbox_of (in), in->target->id, FALSE);
  return TRUE;
}

/* Removes a message from the inboxes of everyone who has it. */
static void
remove_everywhere (Sandbox *sandbox, SbMessage *target)
{
  SbGroup *group = sb_state_group (sandbox->state, target->to);

  for (guint i = 0; i < sandbox->state->user_order->len; i++)
    {
      SbUser *user = sandbox->state->user_order->pdata[i];
      SbInbox *inbox = NULL;

      if (group != NULL || user->id == target->from)
        inbox = sb_user_find_inbox (user, target->to);
      else if (user->id == target->to)
        inbox = sb_user_find_inbox (user, target->from);
      if (inbox != NULL)
        sb_inbox_remove (inbox, target->id, TRUE);
    }
}

static gboolean
apply_recall (SbIntake *in)
{
  SbMessage *target = in->target;
  SbGroup *group = sb_state_group (in->sandbox->state, target->to);
  SbMember *member = group == NULL ? NULL : sb_group_member (group, in->user->id);

  if (!check_conversation (in))
    return FALSE;
  if (target->from != in->user->id && (member == NULL || member->role < SB_ADMIN))
    return sb_intake_refuse (in, CODE (UNAUTHORIZED), "only the sender or a group's admin recalls a message");
  if (sb_now () - target->timestamp > in->sandbox->settings.recall_window)
    return sb_intake_refuse (in, CODE (FAIL), "the message is too old to be recalled");
  target->recalled = TRUE;
  remove_everywhere (in->sandbox, target);
  return TRUE;
}

/* Merges JSON objects: members of @news win. "null" and anything but an object change nothing. */
static void
merge_into (char **text, const char *news)
{
  g_autoptr (JsonNode) base = *text == NULL ? NULL : floo_json_parse (*text, strlen (*text), NULL);
  g_autoptr (JsonNode) patch = news == NULL ? NULL : floo_json_parse (news, strlen (news), NULL);
  JsonObject *object = base == NULL ? NULL : floo_json_node_object (base);
  JsonObject *changes = patch == NULL ? NULL : floo_json_node_object (patch);
  g_autoptr (GList) names = NULL;

  if (changes == NULL)
    return;
  if (object == NULL)
    {
      g_free (*text);
      *text = g_strdup (news);
      return;
    }
  names = json_object_get_members (changes);
  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonNode *value = json_object_get_member (changes, l->data);
      JsonNode *old = json_object_get_member (object, l->data);

      if (old != NULL && JSON_NODE_HOLDS_OBJECT (old) && JSON_NODE_HOLDS_OBJECT (value))
        {
          g_autofree char *inner = floo_json_to_text (old);
          g_autofree char *inner_news = floo_json_to_text (value);
          g_autoptr (JsonNode) merged = NULL;

          merge_into (&inner, inner_news);
          merged = floo_json_parse (inner, strlen (inner), NULL);
          json_object_set_member (object, l->data, g_steal_pointer (&merged));
        }
      else
        json_object_set_member (object, l->data, json_node_copy (value));
    }
  g_free (*text);
  *text = floo_json_to_text (base);
}

/* Keeps the message as it was sent, for devices that have not got it yet. */
static void
keep_first (SbMessage *target)
{
  if (target->first_content != NULL)
    return;
  target->first_content = g_strdup (target->content);
  target->first_config = g_strdup (target->config);
  target->first_ext = g_strdup (target->ext);
}

static gboolean
begin_edit (SbIntake *in)
{
  SbState *state = in->sandbox->state;
  SbMessage *target = in->target;

  if (target->from != in->user->id)
    return sb_intake_refuse (in, CODE (UNAUTHORIZED), "only the sender changes a message");
  if (conversation_of (in->user, target) != in->message->to)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "the message is not in this conversation");
  if (!sb_intake_check_content (in))
    return FALSE;
  keep_first (target);
  state->last_edit = MAX (state->last_edit + 1, sb_now ());
  target->edit_timestamp = in->message->edit_timestamp = in->verdict->edit_timestamp = state->last_edit;
  merge_into (&target->config, in->message->config);
  merge_into (&target->ext, in->message->ext);
  return TRUE;
}

static gboolean
apply_append (SbIntake *in)
{
  char *joined;

  if (!begin_edit (in))
    return FALSE;
  joined = g_strconcat (in->target->content, in->message->content, NULL);
  g_free (in->target->content);
  in->target->content = joined;
  return TRUE;
}

static gboolean
apply_replace (SbIntake *in)
{
  if (!begin_edit (in))
    return FALSE;
  if (*in->message->content != '\0')
    {
      g_free (in->target->content);
      in->target->content = g_strdup (in->message->content);
    }
  return TRUE;
}

static const struct {
  gboolean needs_target;    /* the message must exist and be one that the user has */
  gboolean to_self;
  gboolean needs_relation;  /* as a message to the same receiver would */
  gboolean (*apply) (SbIntake *in);
} operations[] = {
  [OP (READ_ACK)] = { TRUE, FALSE, FALSE, apply_read_ack },
  [OP (READ_ALL)] = { FALSE, TRUE, FALSE, apply_read_all },
  [OP (READ_CANCEL)] = { TRUE, TRUE, FALSE, apply_read_cancel },
  [OP (DELIVER_ACK)] = { TRUE, FALSE, FALSE, apply_deliver_ack },
  [OP (RECALL)] = { TRUE, FALSE, FALSE, apply_recall },
  [OP (DELETE)] = { TRUE, TRUE, FALSE, apply_delete },
  [OP (PLAY_ACK)] = { TRUE, FALSE, FALSE, apply_play_ack },
  [OP (APPEND)] = { TRUE, FALSE, TRUE, apply_append },
  [OP (REPLACE)] = { TRUE, FALSE, TRUE, apply_replace },
};

gboolean
sb_intake_operate (SbIntake *in)
{
  SbMessage *message = in->message;
  SbInbox *inbox;

  if (message->op <= 0 || message->op >= (int) G_N_ELEMENTS (operations))
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "unknown operation");
  if (operations[message->op].to_self && message->to != in->user->id)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "the operation goes to oneself");
  if (operations[message->op].needs_target)
    {
      in->target = sb_state_message (in->sandbox->state, message->op_mid);
      inbox = in->target == NULL ? NULL : sb_user_find_inbox (in->user, conversation_of (in->user, in->target));
      if (in->target == NULL || in->target->recalled || !sb_message_is_message (in->target) || inbox == NULL
          || !(sb_messages_have (inbox->queue, message->op_mid) || sb_messages_have (inbox->history, message->op_mid)))
        return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "no such message");
    }
  if (operations[message->op].needs_relation && !sb_intake_check_target (in))
    return FALSE;
  return operations[message->op].apply (in);
}
