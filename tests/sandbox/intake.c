/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "intake.h"

#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "strict.h"
#include "sync.h"
#include "trace.h"
#include "waits.h"

#define OP(name) FLOO__MESSAGE_OPERATION__OP_TYPE__##name
#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

/* One submission on its way through the checks. */
typedef struct {
  Sandbox *sandbox;
  SbUser *user;
  SbMessage *message;     /* what is submitted */
  SbMessage *target;      /* what an operation works on */
  SbVerdict *verdict;
} Intake;

static gboolean
refuse (Intake *in, Floo__Status__ErrorCode code, const char *reason)
{
  in->verdict->code = code;
  in->verdict->reason = reason;
  return FALSE;
}

/* ---- who may write to whom ---- */

gboolean
sb_intake_may_message (Sandbox *sandbox, SbUser *from, SbUser *to, const char **reason)
{
  SbContact *contact = sb_user_contact (to, from->id);

  *reason = NULL;
  if (from == to)
    return TRUE;
  if (contact != NULL && contact->blocked)
    *reason = "you have been blocked by the recipient";
  else if (contact == NULL || contact->relation != SB_FRIEND)
    *reason = "your relation with target does not allow chat";
  return *reason == NULL;
}

static gboolean
check_group (Intake *in, SbGroup *group)
{
  SbMember *member = sb_group_member (group, in->user->id);
  gint64 all_until = json_object_get_int_member (group->info, "ban_expire_time");
  gint64 now = sb_now ();

  if (member == NULL)
    return refuse (in, CODE (FAIL), "you are not a member of the group");
  if (sb_is_banned (member->ban_until, now))
    return refuse (in, CODE (USER_BANNED), "you are banned in the group");
  if (member->role < SB_ADMIN && sb_is_banned (all_until, now / 1000))
    return refuse (in, CODE (USER_BANNED), "all members of the group are banned");
  return TRUE;
}

/* Whether a message or operation may go where it says. */
static gboolean
check_target (Intake *in)
{
  SbState *state = in->sandbox->state;
  SbMessage *message = in->message;
  SbGroup *group = sb_state_group (state, message->to);
  SbUser *to = sb_state_user (state, message->to);
  const char *reason;

  if (message->type == FLOO__MESSAGE_BODY__TYPE__GROUPCHAT && group == NULL)
    return refuse (in, CODE (INVALID_PARAMETER), "no such group");
  if (message->type != FLOO__MESSAGE_BODY__TYPE__GROUPCHAT && to == NULL && group == NULL)
    return refuse (in, CODE (INVALID_PARAMETER), "no such user");
  if (message->type == FLOO__MESSAGE_BODY__TYPE__CHAT && to == NULL)
    return refuse (in, CODE (INVALID_PARAMETER), "a group is not written to as a user");
  if (group != NULL)
    return check_group (in, group);
  return sb_intake_may_message (in->sandbox, in->user, to, &reason) || refuse (in, CODE (FAIL), reason);
}

/* ---- messages ---- */

static gboolean
is_json_object (const char *text)
{
  g_autoptr (JsonNode) root = floo_json_parse (text, strlen (text), NULL);

  return root != NULL && JSON_NODE_HOLDS_OBJECT (root);
}

static gboolean
too_long (const char *text, gsize max)
{
  return text != NULL && strlen (text) > max;
}

static gboolean
check_content (Intake *in)
{
  const SbMessage *message = in->message;

  if (in->user->banned)
    return refuse (in, CODE (USER_BANNED), "user is banned");
  if (too_long (message->content, FLOO_MAX_CONTENT) || too_long (message->config, FLOO_MAX_EXTRA)
      || too_long (message->ext, FLOO_MAX_EXTRA) || too_long (message->attachment, FLOO_MAX_EXTRA))
    return refuse (in, CODE (INVALID_PARAMETER), "message is too large");
  if (message->ctype < 0 || message->ctype > FLOO__MESSAGE_BODY__CONTENT_TYPE__RTC)
    return refuse (in, CODE (INVALID_PARAMETER), "unknown ctype");
  if (strstr (message->content, SB_CENSORED_WORD) != NULL)
    return refuse (in, CODE (WORD_CENSORED), "antispam");
  if (message->attachment != NULL && !is_json_object (message->attachment))
    sb_trace_violation (in->sandbox, in->user->id, "attachment is no JSON object");
  if (message->config != NULL && !is_json_object (message->config) && strcmp (message->config, "null") != 0)
    sb_trace_violation (in->sandbox, in->user->id, "config is no JSON object");
  return TRUE;
}

static void
push_typing (Intake *in)
{
  SbMessage *message = in->message;
  SbUser *to = sb_state_user (in->sandbox->state, message->to);

  message->id = ++in->sandbox->state->next_message;
  message->timestamp = sb_now ();
  in->verdict->server_mid = message->id;
  if (to != NULL)
    sb_sync_push_once (in->sandbox, to, in->user->id, message);
  sb_sync_push_once (in->sandbox, in->user, message->to, message);
}

/* ---- operations ---- */

static SbInbox *
inbox_of (Intake *in)
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

/* The operation's xid, and where it goes, are the conversation that the message is in. */
static gboolean
check_conversation (Intake *in)
{
  gint64 conversation = conversation_of (in->user, in->target);

  if (in->message->op_conversation == conversation && (in->message->to == conversation || in->message->to == in->user->id))
    return TRUE;
  return refuse (in, CODE (INVALID_PARAMETER), "the message is not in this conversation");
}

static gboolean
apply_read_ack (Intake *in)
{
  SbInbox *inbox = sb_user_inbox (in->user, conversation_of (in->user, in->target));

  if (in->target->from != in->message->to || in->target->from == in->user->id)
    return refuse (in, CODE (INVALID_PARAMETER), "a read acknowledgement goes to the sender of the message");
  sb_id_set_add (inbox->read, in->target->id);
  g_hash_table_remove (inbox->unread, &in->target->id);
  in->target->status = FLOO__MESSAGE_BODY__STATUS__READ;
  return TRUE;
}

static gboolean
apply_play_ack (Intake *in)
{
  if (in->target->from != in->message->to)
    return refuse (in, CODE (INVALID_PARAMETER), "a play acknowledgement goes to the sender of the message");
  in->target->played = TRUE;
  return TRUE;
}

static gboolean
apply_deliver_ack (Intake *in)
{
  if (in->target->from != in->message->to)
    return refuse (in, CODE (INVALID_PARAMETER), "a delivery acknowledgement goes to the sender of the message");
  in->target->status = MAX (in->target->status, FLOO__MESSAGE_BODY__STATUS__DELIVERED);
  return TRUE;
}

static gboolean
apply_read_all (Intake *in)
{
  SbInbox *inbox = inbox_of (in);

  inbox->read_upto = MAX (inbox->read_upto, in->message->op_mid);
  g_hash_table_remove_all (inbox->unread);
  return TRUE;
}

static gboolean
apply_read_cancel (Intake *in)
{
  SbInbox *inbox = inbox_of (in);

  if (!check_conversation (in))
    return FALSE;
  g_hash_table_remove (inbox->read, &in->target->id);
  sb_id_set_add (inbox->unread, in->target->id);
  return TRUE;
}

static gboolean
apply_delete (Intake *in)
{
  if (!check_conversation (in))
    return FALSE;
  sb_inbox_remove (inbox_of (in), in->target->id, FALSE);
  return TRUE;
}

/* Forgets a message in the inboxes of everyone who has it. */
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
apply_recall (Intake *in)
{
  SbMessage *target = in->target;
  SbGroup *group = sb_state_group (in->sandbox->state, target->to);
  SbMember *member = group == NULL ? NULL : sb_group_member (group, in->user->id);

  if (!check_conversation (in))
    return FALSE;
  if (target->from != in->user->id && (member == NULL || member->role < SB_ADMIN))
    return refuse (in, CODE (UNAUTHORIZED), "only the sender or a group's admin recalls a message");
  if (sb_now () - target->timestamp > in->sandbox->settings.recall_window)
    return refuse (in, CODE (FAIL), "the message is too old to be recalled");
  target->recalled = TRUE;
  remove_everywhere (in->sandbox, target);
  return TRUE;
}

/* Merges JSON objects: what @news has wins. "null" and what is no object change nothing. */
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

/* What was sent stays known, for devices that have not got it yet. */
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
begin_edit (Intake *in)
{
  SbState *state = in->sandbox->state;
  SbMessage *target = in->target;

  if (target->from != in->user->id)
    return refuse (in, CODE (UNAUTHORIZED), "only the sender changes a message");
  if (conversation_of (in->user, target) != in->message->to)
    return refuse (in, CODE (INVALID_PARAMETER), "the message is not in this conversation");
  if (!check_content (in))
    return FALSE;
  keep_first (target);
  state->last_edit = MAX (state->last_edit + 1, sb_now ());
  target->edit_timestamp = in->message->edit_timestamp = in->verdict->edit_timestamp = state->last_edit;
  merge_into (&target->config, in->message->config);
  merge_into (&target->ext, in->message->ext);
  return TRUE;
}

static gboolean
apply_append (Intake *in)
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
apply_replace (Intake *in)
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
  gboolean needs_relation;  /* as a message to the same place would */
  gboolean (*apply) (Intake *in);
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

static gboolean
check_operation (Intake *in)
{
  SbMessage *message = in->message;
  SbInbox *inbox;

  if (message->op <= 0 || message->op >= (int) G_N_ELEMENTS (operations))
    return refuse (in, CODE (INVALID_PARAMETER), "unknown operation");
  if (operations[message->op].to_self && message->to != in->user->id)
    return refuse (in, CODE (INVALID_PARAMETER), "the operation goes to oneself");
  if (operations[message->op].needs_target)
    {
      in->target = sb_state_message (in->sandbox->state, message->op_mid);
      inbox = in->target == NULL ? NULL : sb_user_find_inbox (in->user, conversation_of (in->user, in->target));
      if (in->target == NULL || in->target->recalled || !sb_message_is_message (in->target) || inbox == NULL
          || !sb_messages_have (inbox->queue, message->op_mid))
        return refuse (in, CODE (INVALID_PARAMETER), "no such message");
    }
  if (operations[message->op].needs_relation && !check_target (in))
    return FALSE;
  return operations[message->op].apply (in);
}

/* ---- deleting a conversation ---- */

/* Here only: nobody else is concerned. Everywhere: the user's other devices, and the history goes. */
static SbMessage *
delete_conversation (Sandbox *sandbox, SbUser *user, SbMessage *message, gboolean everywhere)
{
  SbInbox *inbox = sb_user_inbox (user, message->op_conversation);

  sb_state_add_message (sandbox->state, message);
  if (everywhere)
    {
      g_ptr_array_set_size (inbox->history, 0);
      sb_deliver_to (sandbox, message, user, message->op_conversation, TRUE);
    }
  return message;
}

/* ---- the whole way ---- */

static gboolean
accept (Intake *in)
{
  SbFaults *faults = &in->sandbox->faults;

  if (faults->message_code != CODE (UNKNOWN) && sandbox_take (&faults->message_count))
    return refuse (in, faults->message_code, faults->message_reason);
  if (in->message->ns == FLOO__META__NAME_SPACE__CONVERSATION)
    return TRUE;
  if (in->message->type == FLOO__MESSAGE_BODY__TYPE__OPER)
    return check_operation (in);
  if (in->message->type == FLOO__MESSAGE_BODY__TYPE__NORMAL)
    return refuse (in, CODE (INVALID_PARAMETER), "unknown type of message");
  return check_content (in) && check_target (in);
}

static void
remember (SbDevice *device, const SbVerdict *verdict, SbMessage *stored)
{
  SbAck *ack;

  if (device == NULL || verdict->client_mid == 0)
    return;
  ack = g_new0 (SbAck, 1);
  ack->client_mid = verdict->client_mid;
  ack->message = stored;
  ack->server_mid = verdict->server_mid;
  ack->time = verdict->time;
  ack->edit_timestamp = verdict->edit_timestamp;
  g_hash_table_insert (device->acks, &ack->client_mid, ack);
}

/* Answers as the first time. */
static gboolean
answer_duplicate (SbDevice *device, gint64 client_mid, SbVerdict *verdict)
{
  SbAck *ack = device == NULL ? NULL : g_hash_table_lookup (device->acks, &client_mid);

  if (ack == NULL)
    return FALSE;
  if (ack->message != NULL)
    ack->message->duplicates++;
  verdict->code = CODE (OK);
  verdict->reason = "client message id is duplicated";
  verdict->duplicate = TRUE;
  verdict->server_mid = ack->server_mid;
  verdict->time = ack->time;
  verdict->edit_timestamp = ack->edit_timestamp;
  return TRUE;
}

static SbMessage *
deliver (Intake *in)
{
  SbMessage *stored;

  if (in->message->ns == FLOO__META__NAME_SPACE__CONVERSATION)
    stored = delete_conversation (in->sandbox, in->user, in->message,
                                  in->message->op == (int) FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE_EVERYWHERE);
  else if (in->message->at_most_once)
    {
      push_typing (in);
      sb_message_free (in->message);
      return NULL;
    }
  else
    stored = sb_deliver (in->sandbox, in->message, TRUE);
  in->verdict->server_mid = stored->id;
  return stored;
}

SbMessage *
sb_intake_submit (Sandbox *sandbox, SbUser *user, SbDevice *device, SbMessage *message, SbVerdict *verdict)
{
  Intake in = { sandbox, user, message, NULL, verdict };
  SbMessage *stored;

  *verdict = (SbVerdict) { .code = CODE (OK), .client_mid = message->client_mid, .time = sb_now () };
  if (answer_duplicate (device, message->client_mid, verdict) || !accept (&in))
    {
      sb_message_free (message);
      return NULL;
    }
  message->timestamp = verdict->time;
  stored = deliver (&in);
  remember (device, verdict, stored);
  sb_waits_check (sandbox);
  return stored;
}

/* ---- from the wire ---- */

static char *
dup_text (FlooFrame *frame, gboolean has, const ProtobufCBinaryData *text)
{
  return has ? g_strdup (floo_frame_text (frame, TRUE, text)) : NULL;
}

static void
take_body (SbMessage *message, FlooFrame *frame, const Floo__MessageBody *body)
{
  const Floo__MessageOperation *op = body->operation;

  message->type = body->type;
  message->ctype = body->ctype;
  g_free (message->content);
  message->content = g_strdup (floo_frame_text (frame, body->has_content, &body->content));
  message->config = dup_text (frame, body->has_config, &body->config);
  message->attachment = dup_text (frame, body->has_attachment, &body->attachment);
  message->ext = dup_text (frame, body->has_ext, &body->ext);
  message->priority = body->priority;
  message->at_most_once = body->has_qos && body->qos == FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE;
  if (op == NULL)
    return;
  message->op = op->type;
  message->op_mid = (gint64) op->mid;
  message->op_has_conversation = op->xid != NULL;
  message->op_conversation = op->xid != NULL ? (gint64) op->xid->uid : 0;
}

/* Conversation operations keep their payload as it came. */
static gboolean
take_conversation (SbMessage *message, const Floo__Meta *meta, const Floo__Conversation *conversation)
{
  const Floo__ConversationOperation *op = conversation->operation;

  if (op == NULL || op->xid == NULL)
    return FALSE;
  message->op = (int) op->type;
  message->op_conversation = (gint64) op->xid->uid;
  message->payload = g_bytes_new (meta->payload.data, meta->payload.len);
  return op->type == FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE
         || op->type == FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE_EVERYWHERE;
}

/* Returns FALSE where the meta makes no sense. */
static gboolean
take_meta (Sandbox *sandbox, SbDevice *device, FlooFrame *frame, const Floo__Meta *meta, SbMessage *message)
{
  const Floo__MessageBody *body = NULL;
  const Floo__Conversation *conversation = NULL;
  g_autoptr (GError) error = NULL;

  message->ns = meta->ns;
  if (meta->ns == FLOO__META__NAME_SPACE__MESSAGE)
    body = floo_frame_unpack (frame, &floo__message_body__descriptor, &meta->payload, &error);
  else if (meta->ns == FLOO__META__NAME_SPACE__CONVERSATION)
    conversation = floo_frame_unpack (frame, &floo__conversation__descriptor, &meta->payload, &error);
  if (body == NULL && conversation == NULL)
    {
      sb_trace_violation (sandbox, device->user->id, "Meta of namespace %d: %s", (int) meta->ns,
                          error != NULL ? error->message : "clients send no such thing");
      return FALSE;
    }
  sb_strict_meta (sandbox, device, meta, body, conversation);
  if (conversation != NULL)
    return take_conversation (message, meta, conversation);
  take_body (message, frame, body);
  return TRUE;
}

void
sb_intake_meta (Sandbox *sandbox, SbDevice *device, FlooFrame *frame, const Floo__Meta *meta, SbVerdict *verdict)
{
  gint64 from = meta->from != NULL ? (gint64) meta->from->uid : 0;
  guint32 sn = meta->from != NULL ? meta->from->devicesn : 0;
  g_autoptr (SbMessage) message = sb_message_new (device->user->id, meta->to != NULL ? (gint64) meta->to->uid : 0);

  message->client_mid = (gint64) meta->id;
  message->from_device = device->sn;
  *verdict = (SbVerdict) { .code = CODE (INVALID_PARAMETER), .client_mid = message->client_mid, .time = sb_now () };
  if (from != device->user->id || sn != device->sn)
    {
      sb_trace_violation (sandbox, device->user->id, "Meta.from is another one's: %" G_GINT64_FORMAT "/%u", from, sn);
      verdict->reason = "from is not the sender";
      return;
    }
  if (!take_meta (sandbox, device, frame, meta, message))
    {
      verdict->reason = "bad meta";
      return;
    }
  sb_intake_submit (sandbox, device->user, device, g_steal_pointer (&message), verdict);
}
