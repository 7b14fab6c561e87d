/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * messages.c: applies the metas of a page: messages, operations and notices. Store thread.
 */
#include "session/apply/batch.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/message-details.h"
#include "store/tables/contacts.h"
#include "store/tables/messages.h"
#include "store/tables/outbox.h"

/* Characters of the sender's name in a message. */
#define MAX_NAME 128

/* Reads a message's config, if it can matter. */
static void
read_config (const char *config, gint64 self_id, gboolean *mentions_me, gboolean *is_record)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;
  JsonArray *list;
  const char *action;
  gboolean all = FALSE;

  *mentions_me = *is_record = FALSE;
  if (strstr (config, "mention") == NULL && strstr (config, "action") == NULL)
    return;
  node = floo_json_parse (config, strlen (config), NULL);
  object = node != NULL ? floo_json_node_object (node) : NULL;
  if (object == NULL)
    return;
  action = floo_json_get_string (object, "action");
  *is_record = action != NULL && g_str_equal (action, "record");
  list = floo_json_get_array (object, "mentionList");
  if (floo_json_get_bool (object, "mentionAll", &all) && all)
    *mentions_me = TRUE;
  for (guint i = 0; list != NULL && !*mentions_me && i < json_array_get_length (list); i++)
    {
      JsonNode *element = json_array_get_element (list, i);
      const char *text;

      if (!JSON_NODE_HOLDS_VALUE (element))
        continue;
      text = json_node_get_string (element);
      *mentions_me = (text != NULL ? g_ascii_strtoll (text, NULL, 10) : json_node_get_int (element)) == self_id;
    }
}

/* Returns: (transfer full) (nullable): the input status, if the message contains nothing else */
static char *
read_input_status (const Floo__MessageBody *body, const FlooMessage *message)
{
  g_autoptr (JsonNode) node = NULL;

  if (!body->has_qos || body->qos != FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE || *message->content != '\0' || message->ext == NULL)
    return NULL;
  node = floo_json_parse (message->ext, strlen (message->ext), NULL);
  return g_strdup (floo_json_get_string (floo_json_node_object (node), "input_status"));
}

static void
fill_message (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, const Floo__MessageBody *body, FlooMessage *message)
{
  gint64 from = floo_inbound_uid (meta->from), to = floo_inbound_uid (meta->to);
  gboolean group = body->type == FLOO__MESSAGE_BODY__TYPE__GROUPCHAT;

  memset (message, 0, sizeof *message);
  message->id = (gint64) meta->id;
  message->from = from;
  message->to = to;
  message->to_type = group ? FLOO_TO_GROUP : FLOO_TO_ROSTER;
  message->conversation = group || from == apply->self_id ? to : from;
  message->type = (int) body->ctype;
  message->content = floo_frame_text (frame, body->has_content, &body->content);
  message->timestamp = (gint64) meta->timestamp;
  message->status = body->has_status ? CLAMP ((int) body->status, FLOO_STATUS_UNREAD, FLOO_STATUS_READ) : FLOO_STATUS_UNREAD;
  message->edit_timestamp = (gint64) body->edit_timestamp;
  message->ext = floo_frame_text (frame, body->has_ext, &body->ext);
  message->config = floo_frame_text (frame, body->has_config, &body->config);
  message->attachment = floo_frame_text (frame, body->has_attachment, &body->attachment);
  message->sender_name = floo_frame_text (frame, body->has_sender_name, &body->sender_name);
  if (from == apply->self_id)
    {
      message->flags |= FLOO_MESSAGE_OUTGOING;
      message->device_sn = meta->from != NULL ? meta->from->devicesn : 0;
    }
  if (body->is_system)
    message->flags |= FLOO_MESSAGE_IS_SYSTEM;
  floo_message_direct_call (message, apply->self_id);
}

/* The name that the sender's client put into the message. Returns: (transfer full) (nullable) */
static char *
name_in_config (const FlooMessage *message)
{
  static const char *const fields[] = { "senderNickname", "username" };
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  if (strstr (message->config, "\"senderNickname\"") == NULL && strstr (message->config, "\"username\"") == NULL)
    return NULL;
  node = floo_json_parse (message->config, strlen (message->config), NULL);
  object = node != NULL ? floo_json_node_object (node) : NULL;
  for (gsize i = 0; object != NULL && i < G_N_ELEMENTS (fields); i++)
    {
      const char *name = floo_json_get_string (object, fields[i]);

      if (name != NULL && *name != '\0')
        return g_utf8_substring (name, 0, MIN (g_utf8_strlen (name, -1), MAX_NAME));
    }
  return NULL;
}

/* The sender's known name; "": it is not known, and will be fetched. (transfer none) */
static const char *
known_name (FlooApply *apply, gint64 user, GError **error)
{
  const char *known;
  gboolean is_missing;
  char *name;

  if (apply->senders == NULL)
    apply->senders = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  known = g_hash_table_lookup (apply->senders, &user);
  if (known == NULL)
    {
      if (!floo_contacts_get_sender (apply->db, user, &name, &is_missing, error))
        return NULL;
      apply->result->fetch_contacts |= is_missing;
      known = name != NULL ? name : g_strdup ("");
      g_hash_table_insert (apply->senders, g_memdup2 (&user, sizeof user), (gpointer) known);
    }
  return known;
}

/*
 * The sender's name to show, so that clients need not ask for it; an unknown one is fetched. A group may hide its members' details: then the
 * name in the message is used.
 */
static gboolean
add_sender_name (FlooApply *apply, FlooMessage *message, GError **error)
{
  gboolean group = message->to_type == FLOO_TO_GROUP, hidden = FALSE;
  const char *known;

  if ((message->flags & FLOO_MESSAGE_OUTGOING) != 0 || message->from <= 0)
    return TRUE;
  if (group && !floo_contacts_is_hidden (apply->db, message->conversation, message->from, &hidden, error))
    return FALSE;
  if (hidden)
    return TRUE;
  known = known_name (apply, message->from, error);
  if (known == NULL)
    return FALSE;
  if (*known == '\0')
    return *message->sender_name == '\0' || floo_contacts_hint_name (apply->db, message->from, message->sender_name, error);
  if (group)
    message->sender_name = known;
  return TRUE;
}

static gsize
message_bytes (const FlooMessage *message)
{
  return 256 + strlen (message->content) + strlen (message->ext) + strlen (message->config) + strlen (message->attachment);
}

/* A message that is signalled and not stored: command, push. */
static gboolean
apply_passing (FlooApply *apply, const Floo__Meta *meta, const FlooMessage *message, gboolean push, GError **error)
{
  gboolean is_new;

  if (!floo_apply_is_new (apply, meta, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (push)
    return floo_apply_event (apply, FLOO_SIGNAL_PUSH_MESSAGE, g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", floo_message_to_variant (message)), error);
  return floo_apply_message (apply, message->conversation, message->to_type, message->id, FALSE, floo_message_to_variant (message),
                             message_bytes (message), error);
}

static void
note_image (FlooInboundResult *result, const FlooMessage *message)
{
  FlooInboundImage image = { .message = message->id };

  if (message->type != FLOO_TYPE_IMAGE || (message->flags & FLOO_MESSAGE_OUTGOING) != 0 || message->attachment == NULL
      || *message->attachment == '\0' || result->images->len >= FLOO_INBOUND_IMAGES)
    return;
  image.attachment = g_strdup (message->attachment);
  g_array_append_val (result->images, image);
}

/* Queued in the same transaction as the message, so that a stored message is acknowledged in any case. */
static gboolean
ack_delivery (FlooApply *apply, const FlooMessage *message, GError **error)
{
  FlooOutboxRow row = { .conversation = message->conversation, .to_type = FLOO_TO_ROSTER, .to = message->from, .target = message->id,
                        .operation = FLOO_OPERATION_DELIVER_ACK, .content = "", .timestamp = floo_now_ms (), .state = FLOO_SEND_QUEUED };

  apply->result->pump = TRUE;
  return floo_outbox_next_client_id (apply->db, &row.client_id, error) && floo_outbox_insert (apply->db, &row, error);
}

static gboolean
apply_chat (FlooApply *apply, const Floo__Meta *meta, FlooMessage *message, gboolean history, GError **error)
{
  gboolean sent_by_us = floo_inbound_uid (meta->from) == apply->self_id; /* also a call by the other user, whose record we sent */
  gboolean outgoing = (message->flags & FLOO_MESSAGE_OUTGOING) != 0;
  gboolean mentions_me, is_record, is_new, counts, in_list;
  g_autofree char *came_with = *message->sender_name == '\0' ? name_in_config (message) : NULL;
  g_autoptr (GVariant) variant = NULL;
  FlooChange *change;

  if (came_with != NULL)
    message->sender_name = came_with;
  read_config (message->config, apply->self_id, &mentions_me, &is_record);
  in_list = message->type != FLOO_TYPE_RTC || is_record;
  mentions_me = mentions_me && message->to_type == FLOO_TO_GROUP && !outgoing;
  counts = !outgoing && !sent_by_us && message->status < FLOO_STATUS_READ && in_list;
  if (mentions_me)
    message->flags |= FLOO_MESSAGE_MENTIONS_ME;
  if (history || (!outgoing && message->status >= FLOO_STATUS_READ))
    message->flags |= FLOO_MESSAGE_IS_HISTORY;
  message->audience = floo_receipts_count_audience (message);

  if (!floo_messages_insert (apply->db, message, counts, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (!add_sender_name (apply, message, error))
    return FALSE;
  if (apply->result->ack_delivery && counts && message->to_type == FLOO_TO_ROSTER && message->status < FLOO_STATUS_DELIVERED
      && !ack_delivery (apply, message, error))
    return FALSE;
  apply->stored++;
  apply->news++;
  change = floo_apply_change (apply, message->conversation, floo_conversation_type_of (message->to_type, message->conversation), error);
  if (change == NULL)
    return FALSE;
  change->type = floo_conversation_type_of (message->to_type, message->conversation);   /* a deletion before it does not know */
  change->touched = TRUE;
  change->unread += counts;
  change->mentioned |= mentions_me && counts;
  change->listed |= in_list;
  if (in_list && message->id > change->last_id)
    {
      change->last_id = message->id;
      change->last_timestamp = message->timestamp;
    }

  variant = g_variant_ref_sink (floo_message_to_variant (message));
  if (message->type == FLOO_TYPE_RTC && message->to_type == FLOO_TO_ROSTER
      && !floo_apply_event_refs (apply, FLOO_SIGNAL_ROSTER_RTC_MESSAGE, g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", variant), &message->id, 1, error))
    return FALSE;
  if (mentions_me
      && !floo_apply_event_refs (apply, FLOO_SIGNAL_MENTION_MESSAGE, g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", variant), &message->id, 1, error))
    return FALSE;
  note_image (apply->result, message);
  return floo_apply_message (apply, message->conversation, message->to_type, message->id, TRUE, variant, message_bytes (message), error)
         && floo_apply_early (apply, message->id, error);
}

static gboolean
apply_received_operation (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, const Floo__MessageBody *body, GError **error)
{
  FlooMessageOperation operation = { 0 };
  gboolean is_new;

  if (body->operation == NULL)
    return TRUE;
  if (!floo_apply_is_new (apply, meta, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  operation.id = (gint64) meta->id;
  operation.type = (int) body->operation->type;
  operation.mid = (gint64) body->operation->mid;
  operation.conversation = floo_inbound_uid (body->operation->xid);
  operation.from = floo_inbound_uid (meta->from);
  operation.ours = operation.from == apply->self_id;
  operation.content = floo_frame_text (frame, body->has_content, &body->content);
  operation.config = floo_frame_text (frame, body->has_config, &body->config);
  operation.ext = floo_frame_text (frame, body->has_ext, &body->ext);
  operation.edit_timestamp = (gint64) (body->has_edit_timestamp ? body->edit_timestamp : meta->timestamp);
  return floo_apply_operation (apply, &operation, error);
}

static gboolean
apply_message_meta (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, gboolean history, GError **error)
{
  g_autoptr (GError) bad = NULL;
  g_autofree char *input_status = NULL;
  const Floo__MessageBody *body = floo_frame_unpack (frame, &floo__message_body__descriptor, &meta->payload, &bad);
  FlooMessage message;

  if (body == NULL)
    {
      apply->hole = TRUE;
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_MALFORMED, "message %" G_GUINT64_FORMAT ": %s", meta->id, bad->message);
      return TRUE;
    }
  if (body->type == FLOO__MESSAGE_BODY__TYPE__OPER)
    return apply_received_operation (apply, frame, meta, body, error);
  fill_message (apply, frame, meta, body, &message);
  if (meta->ns == FLOO__META__NAME_SPACE__PUSH)
    return apply_passing (apply, meta, &message, TRUE, error);
  input_status = read_input_status (body, &message);
  if (input_status != NULL)
    {
      if ((message.flags & FLOO_MESSAGE_OUTGOING) == 0)
        g_ptr_array_add (apply->result->typing, g_variant_ref_sink (g_variant_new ("(xxsb)", message.from, message.to, message.ext,
                                                                                   g_str_equal (input_status, "typing"))));
      return TRUE;
    }
  if (message.type == FLOO_TYPE_COMMAND)
    return apply_passing (apply, meta, &message, FALSE, error);
  /* Without an id it cannot be identified or ordered. */
  if (message.id == 0 || message.id == G_MAXINT64 || message.conversation == 0)
    {
      apply->hole = TRUE;
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_ID, "a message with id %" G_GINT64_FORMAT " in conversation %" G_GINT64_FORMAT,
                            message.id, message.conversation);
      return TRUE;
    }
  return apply_chat (apply, meta, &message, history, error);
}

static gboolean
apply_conversation_meta (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error)
{
  g_autoptr (GError) bad = NULL;
  const Floo__Conversation *payload = floo_frame_unpack (frame, &floo__conversation__descriptor, &meta->payload, &bad);
  FlooConversationType type;
  gint64 conversation;
  gboolean is_new, is_group;

  if (payload == NULL)
    {
      floo_apply_leave_out (apply, FLOO_LEFT_OUT_MALFORMED, "an operation on a conversation: %s", bad->message);
      return TRUE;
    }
  if (payload->operation == NULL || payload->operation->xid == NULL)
    return TRUE;
  conversation = floo_inbound_uid (payload->operation->xid);
  if (!floo_contacts_is_listed (apply->db, FLOO_CONTACT_GROUP, conversation, &is_group, error))
    return FALSE;
  type = is_group ? FLOO_CONVERSATION_GROUP : FLOO_CONVERSATION_ROSTER;
  if (!floo_apply_is_new (apply, meta, &is_new, error))
    return FALSE;
  return !is_new || floo_apply_delete_conversation (apply, conversation, type, (gint64) meta->id, error);
}

/* A meta of a frame. */
typedef struct {
  FlooFrame *frame;
  const Floo__Meta *meta;
  gboolean history;
} Entry;

static gboolean
apply_entry (FlooApply *apply, gpointer data, GError **error)
{
  const Entry *entry = data;
  FlooFrame *frame = entry->frame;
  const Floo__Meta *meta = entry->meta;

  switch (meta->ns)
    {
    case FLOO__META__NAME_SPACE__MESSAGE:
    case FLOO__META__NAME_SPACE__PUSH:
      return apply_message_meta (apply, frame, meta, entry->history, error);
    case FLOO__META__NAME_SPACE__ROSTER_NOTICE:
      return floo_apply_roster_notice (apply, frame, meta, error);
    case FLOO__META__NAME_SPACE__GROUP_NOTICE:
      return floo_apply_group_notice (apply, frame, meta, error);
    case FLOO__META__NAME_SPACE__USER_NOTICE:
      return floo_apply_user_notice (apply, frame, meta, error);
    case FLOO__META__NAME_SPACE__CONVERSATION:
      return apply_conversation_meta (apply, frame, meta, error);
    case FLOO__META__NAME_SPACE__INFO:
    case FLOO__META__NAME_SPACE__RTC_SIGNAL:
    case FLOO__META__NAME_SPACE__UNKNOWN:
    default:
      g_debug ("a meta of the unknown namespace %d was ignored", (int) meta->ns);
      return TRUE;
    }
}

gboolean
floo_apply_meta (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, gboolean history, GError **error)
{
  Entry entry = { frame, meta, history };
  gboolean ok = floo_apply_one (apply, apply_entry, &entry, error);

  floo_frame_release_items (frame);
  return ok;
}
