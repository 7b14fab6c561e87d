/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "intake-private.h"

#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "strict.h"
#include "sync.h"
#include "trace.h"
#include "waits.h"

#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

gboolean
sb_intake_refuse (SbIntake *in, Floo__Status__ErrorCode code, const char *reason)
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
check_group (SbIntake *in, SbGroup *group)
{
  SbMember *member = sb_group_member (group, in->user->id);
  gint64 all_until = json_object_get_int_member (group->info, "ban_expire_time");
  gint64 now = sb_now ();

  if (member == NULL)
    return sb_intake_refuse (in, CODE (FAIL), "you are not a member of the group");
  if (sb_is_banned (member->ban_until, now))
    return sb_intake_refuse (in, CODE (USER_BANNED), "you are banned in the group");
  if (member->role < SB_ADMIN && sb_is_banned (all_until, now / 1000))
    return sb_intake_refuse (in, CODE (USER_BANNED), "all members of the group are banned");
  return TRUE;
}

gboolean
sb_intake_check_target (SbIntake *in)
{
  SbState *state = in->sandbox->state;
  SbMessage *message = in->message;
  SbGroup *group = sb_state_group (state, message->to);
  SbUser *to = sb_state_user (state, message->to);
  const char *reason;

  if (message->type == FLOO__MESSAGE_BODY__TYPE__GROUPCHAT && group == NULL)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "no such group");
  if (message->type != FLOO__MESSAGE_BODY__TYPE__GROUPCHAT && to == NULL && group == NULL)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "no such user");
  if (message->type == FLOO__MESSAGE_BODY__TYPE__CHAT && to == NULL)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "a group is not written to as a user");
  if (group != NULL)
    return check_group (in, group);
  return sb_intake_may_message (in->sandbox, in->user, to, &reason) || sb_intake_refuse (in, CODE (FAIL), reason);
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

gboolean
sb_intake_check_content (SbIntake *in)
{
  const SbMessage *message = in->message;

  if (in->user->banned)
    return sb_intake_refuse (in, CODE (USER_BANNED), "user is banned");
  if (in->sandbox->settings.verify_needed && in->user->verified_mobile == NULL && !in->user->bot)
    return sb_intake_refuse (in, CODE (FAIL), "account_verify_needed");
  if (too_long (message->content, FLOO_MAX_CONTENT) || too_long (message->config, FLOO_MAX_EXTRA)
      || too_long (message->ext, FLOO_MAX_EXTRA) || too_long (message->attachment, FLOO_MAX_EXTRA))
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "message is too large");
  if (message->ctype < 0 || message->ctype > FLOO__MESSAGE_BODY__CONTENT_TYPE__RTC)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "unknown ctype");
  if (strstr (message->content, SB_CENSORED_WORD) != NULL)
    return sb_intake_refuse (in, CODE (WORD_CENSORED), "antispam");
  if (message->attachment != NULL && !is_json_object (message->attachment))
    sb_trace_violation (in->sandbox, in->user->id, "attachment is not a JSON object");
  if (message->config != NULL && !is_json_object (message->config) && strcmp (message->config, "null") != 0)
    sb_trace_violation (in->sandbox, in->user->id, "config is not a JSON object");
  return TRUE;
}

static void
push_typing (SbIntake *in)
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

/* ---- deleting a conversation ---- */

/* Only here: no other device is concerned. Everywhere: on the user's other devices, too, and the history is deleted. */
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

/* ---- the whole submission ---- */

/* Whether a control call has ordered to refuse this message. */
static gboolean
take_refusal (SbIntake *in)
{
  SbFaults *faults = &in->sandbox->faults;

  if (faults->message_count == 0 || (faults->message_user != 0 && faults->message_user != in->user->id))
    return FALSE;
  if (faults->message_after > 0)
    {
      faults->message_after--;
      return FALSE;
    }
  return ++faults->message_seen % faults->message_every == 0 && sandbox_take (&faults->message_count);
}

static gboolean
accept (SbIntake *in)
{
  const SbFaults *faults = &in->sandbox->faults;

  if (take_refusal (in))
    return sb_intake_refuse (in, faults->message_code, faults->message_reason);
  if (in->message->ns == FLOO__META__NAME_SPACE__CONVERSATION)
    return TRUE;
  if (in->message->type == FLOO__MESSAGE_BODY__TYPE__OPER)
    return sb_intake_operate (in);
  if (in->message->type == FLOO__MESSAGE_BODY__TYPE__NORMAL)
    return sb_intake_refuse (in, CODE (INVALID_PARAMETER), "unknown type of message");
  return sb_intake_check_content (in) && sb_intake_check_target (in);
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

/* Gives the same answer as the first time. */
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
deliver (SbIntake *in)
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
  SbIntake in = { sandbox, user, message, NULL, verdict };
  SbMessage *stored;

  *verdict = (SbVerdict) { .code = CODE (OK), .client_mid = message->client_mid, .time = sb_now () };
  if (answer_duplicate (device, message->client_mid, verdict) || !accept (&in))
    {
      if (!verdict->duplicate)
        sb_trace_log (sandbox, "message by %" G_GINT64_FORMAT " refused with %d: %s", user->id, (int) verdict->code, message->content);
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

/* Conversation operations keep their payload unchanged. */
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
