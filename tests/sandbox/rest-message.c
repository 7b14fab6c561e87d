/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages over REST: the service's operations for servers. */
#include "operations.h"

#include "intake.h"

#define MAX_LIMIT 100

static JsonObject *
xid (gint64 uid, guint32 sn)
{
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "uid", uid);
  json_object_set_int_member (object, "device_sn", sn);
  return object;
}

static void
set_text (JsonObject *record, const char *name, const char *text)
{
  json_object_set_string_member (record, name, text != NULL ? text : "");
}

static JsonObject *
message_record (const SbInbox *inbox, const SbUser *user, const SbMessage *message)
{
  JsonObject *record = json_object_new ();

  set_text (record, "attachment", message->attachment);
  set_text (record, "config", message->config);
  set_text (record, "content", message->content);
  set_text (record, "ctype", floo_wire_enum_name (&floo__message_body__content_type__descriptor, message->ctype));
  set_text (record, "ext", message->ext);
  json_object_set_object_member (record, "from_xid", xid (message->from, message->from_device));
  json_object_set_int_member (record, "msg_id", message->id);
  set_text (record, "status",
            floo_wire_enum_name (&floo__message_body__status__descriptor, sb_inbox_status (inbox, user, message)));
  json_object_set_int_member (record, "timestamp", message->timestamp);
  json_object_set_object_member (record, "to_xid", xid (message->to, 0));
  return record;
}

void
sb_rest_message_page (SbCall *call)
{
  SbInbox *inbox = sb_user_inbox (call->user, sb_call_int (call, "opposite_id"));
  gint64 start = sb_call_int (call, "msg_id_start");
  guint limit = (guint) CLAMP (sb_call_int (call, "limit"), 1, MAX_LIMIT);
  guint i = start == 0 ? inbox->history->len : sb_messages_after (inbox->history, start - 1);
  JsonArray *messages = json_array_new ();
  JsonObject *page = json_object_new ();

  for (; i > 0 && json_array_get_length (messages) < limit; i--)
    json_array_add_object_element (messages, message_record (inbox, call->user, inbox->history->pdata[i - 1]));
  json_object_set_array_member (page, "messages", messages);
  json_object_set_boolean_member (page, "is_last", i == 0);
  json_object_set_int_member (page, "next_msg_id", i == 0 ? 0 : ((SbMessage *) inbox->history->pdata[i])->id);
  sb_call_object (call, page);
}

void
sb_rest_message_recall (SbCall *call)
{
  SbMessage *message = sb_message_new (call->user->id, sb_call_int (call, "conversation_id"));
  SbVerdict verdict;

  message->type = FLOO__MESSAGE_BODY__TYPE__OPER;
  message->ctype = FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND;
  message->op = FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL;
  message->op_mid = sb_call_int (call, "msg_id");
  message->op_conversation = message->to;
  message->op_has_conversation = TRUE;
  sb_intake_submit (call->sandbox, call->user, NULL, message, &verdict);
  if (verdict.code != FLOO__STATUS__ERROR_CODE__OK)
    sb_call_fail (call, SB_NO_PERMISSION, "%s", verdict.reason);
}

void
sb_rest_message_unread (SbCall *call)
{
  JsonArray *list = json_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, call->user->inboxes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbInbox *inbox = value;
      JsonObject *entry, *conversation;
      gint64 n = 0;

      for (guint i = 0; i < inbox->history->len; i++)
        n += sb_inbox_status (inbox, call->user, inbox->history->pdata[i]) == FLOO__MESSAGE_BODY__STATUS__UNREAD
             && ((SbMessage *) inbox->history->pdata[i])->from != call->user->id;
      if (inbox->history->len == 0)
        continue;
      entry = json_object_new ();
      conversation = json_object_new ();
      json_object_set_int_member (conversation, "uid", inbox->conversation);
      json_object_set_object_member (entry, "conversation_id", conversation);
      json_object_set_int_member (entry, "num", n);
      json_array_add_object_element (list, entry);
    }
  sb_call_array (call, list);
}
