/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frames.c: encodes frames: messages, operations on them, deletions of conversations, typing.
 */
#include "session/outbox/parts.h"

#include "base/json.h"
#include "session/outbox/operation.h"

static void
set_text (protobuf_c_boolean *has, ProtobufCBinaryData *field, const char *text)
{
  *has = text != NULL && *text != '\0';
  if (*has)
    *field = floo_wire_text (text);
}

static void
send_meta (FlooAccount *account, Floo__Meta *meta, const ProtobufCMessage *payload)
{
  Floo__SyncUL sync = FLOO__SYNC_UL__INIT;
  Floo__XID from = FLOO__XID__INIT;
  gsize size = protobuf_c_message_get_packed_size (payload);
  g_autofree guint8 *bytes = g_malloc (size + 1);

  from.has_uid = from.has_devicesn = TRUE;
  from.uid = (guint64) floo_account_get_user_id (account);
  from.devicesn = floo_account_get_device_sn (account);
  meta->from = &from;
  meta->has_id = meta->has_ns = meta->has_payload = TRUE;
  meta->payload = (ProtobufCBinaryData) { .len = protobuf_c_message_pack (payload, bytes), .data = bytes };
  sync.meta = meta;
  floo_account_send_frame (account, FLOO__FRAME__COMMAND__SYNC, &sync.base);
}

static void
send_body (FlooAccount *account, const FlooOutboxRow *row, gint64 client_mid, Floo__MessageBody *body, const FlooOperationForm *form,
           gint64 timestamp)
{
  Floo__Meta meta = FLOO__META__INIT;
  Floo__MessageOperation operation = FLOO__MESSAGE_OPERATION__INIT;
  Floo__XID to = FLOO__XID__INIT, conversation = FLOO__XID__INIT;

  operation.has_type = operation.has_mid = TRUE;
  operation.type = (Floo__MessageOperation__OpType) row->operation;
  operation.mid = (guint64) row->target;
  if (form != NULL && form->names_conversation)
    {
      conversation.has_uid = conversation.has_devicesn = TRUE;
      conversation.uid = (guint64) row->conversation;
      operation.xid = &conversation;
    }
  body->has_type = body->has_content = body->has_ctype = TRUE;
  body->content = floo_wire_text (row->content != NULL ? row->content : "");
  body->operation = &operation;
  set_text (&body->has_config, &body->config, row->config);
  set_text (&body->has_attachment, &body->attachment, row->attachment);
  set_text (&body->has_ext, &body->ext, row->ext);
  body->has_priority = row->priority != 0;
  body->priority = row->priority;

  to.has_uid = to.has_devicesn = TRUE;
  to.uid = (guint64) row->to;
  to.devicesn = form != NULL && form->addressee == FLOO_ADDRESSEE_OURSELVES ? floo_account_get_device_sn (account) : 0;
  meta.id = (guint64) client_mid;
  meta.to = &to;
  meta.ns = FLOO__META__NAME_SPACE__MESSAGE;
  meta.has_timestamp = timestamp != 0;
  meta.timestamp = (guint64) timestamp;
  send_meta (account, &meta, &body->base);
}

static void
send_conversation_delete (FlooAccount *account, const FlooOutboxRow *row, gint64 client_mid)
{
  Floo__Meta meta = FLOO__META__INIT;
  Floo__Conversation payload = FLOO__CONVERSATION__INIT;
  Floo__ConversationOperation operation = FLOO__CONVERSATION_OPERATION__INIT;
  Floo__XID xid = FLOO__XID__INIT;

  xid.has_uid = xid.has_devicesn = TRUE;
  xid.uid = (guint64) row->conversation;
  xid.devicesn = floo_account_get_device_sn (account);
  operation.has_type = payload.has_type = TRUE;
  operation.type = row->operation == FLOO_OPERATION_DELETE_CONVERSATION_EVERYWHERE ? FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE_EVERYWHERE
                                                                                   : FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE;
  operation.xid = &xid;
  payload.type = FLOO__CONVERSATION__TYPE__OPER;
  payload.operation = &operation;
  meta.id = (guint64) client_mid;
  meta.ns = FLOO__META__NAME_SPACE__CONVERSATION;
  send_meta (account, &meta, &payload.base);
}

/* Neither operations nor mentions carry a timestamp. */
static gboolean
is_mention (const FlooOutboxRow *row)
{
  return row->to_type == FLOO_TO_GROUP && floo_json_text_has_member (row->config, "mentionList");
}

void
floo_sender_send_frame (FlooSender *self, const FlooTaken *taken)
{
  const FlooOutboxRow *row = taken->row;
  FlooAccount *account = self->account;
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;
  const FlooOperationForm *form = NULL;

  if (row->operation >= FLOO_OPERATION_DELETE_CONVERSATION)
    {
      send_conversation_delete (account, row, taken->client_mid);
      return;
    }
  if (row->operation == FLOO_OPERATION_MESSAGE)
    {
      body.type = row->to_type == FLOO_TO_GROUP ? FLOO__MESSAGE_BODY__TYPE__GROUPCHAT : FLOO__MESSAGE_BODY__TYPE__CHAT;
      body.ctype = (Floo__MessageBody__ContentType) row->type;
    }
  else
    {
      form = floo_operation_get_form (row->operation);
      g_return_if_fail (form != NULL);
      body.type = FLOO__MESSAGE_BODY__TYPE__OPER;
      body.ctype = form->content_type;
    }
  send_body (account, row, taken->client_mid, &body, form, form == NULL && !is_mention (row) ? row->timestamp : 0);
}

void
floo_sender_send_typing (FlooSender *self, gint64 client_id, gint64 user, gboolean typing)
{
  FlooOutboxRow row = { .client_id = client_id, .to = user, .conversation = user, .content = "" };
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;

  row.ext = typing ? "{\"input_status\":\"typing\"}" : "{\"input_status\":\"nothing\"}";
  body.type = FLOO__MESSAGE_BODY__TYPE__CHAT;
  body.has_qos = TRUE;
  body.qos = FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE;
  send_body (self->account, &row, client_id, &body, NULL, 0);
}
