/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inbound.c: what frames mean. Everything here runs on the store's writer thread, inside one transaction a batch.
 */
#include "session/apply.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/names.h"
#include "store/contacts.h"
#include "store/early.h"
#include "store/gaps.h"
#include "store/journal.h"
#include "store/messages.h"
#include "store/outbox.h"

#define RETRY_MIN_MS 2000
#define RETRY_MAX_MS 300000

/* ---- results ---- */

static void
status_clear (gpointer data)
{
  g_free (((FlooInboundStatus *) data)->reason);
}

FlooInboundResult *
floo_inbound_result_new (void)
{
  FlooInboundResult *result = g_new0 (FlooInboundResult, 1);

  result->answered = g_array_new (FALSE, FALSE, sizeof (gint64));
  result->user_notices = g_array_new (FALSE, FALSE, sizeof (FlooUserNotice));
  result->statuses = g_array_new (FALSE, FALSE, sizeof (FlooInboundStatus));
  g_array_set_clear_func (result->statuses, status_clear);
  result->typing = g_ptr_array_new_with_free_func ((GDestroyNotify) g_variant_unref);
  return result;
}

void
floo_inbound_result_free (FlooInboundResult *result)
{
  g_array_unref (result->answered);
  g_array_unref (result->user_notices);
  g_array_unref (result->statuses);
  g_ptr_array_unref (result->typing);
  g_free (result);
}

/* ---- collecting ---- */

gint64
floo_apply_uid (const Floo__XID *xid)
{
  return xid != NULL ? (gint64) xid->uid : 0;
}

FlooConversationType
floo_apply_type_of (FlooToType to_type, gint64 conversation)
{
  if (conversation == 0)
    return FLOO_CONVERSATION_SYSTEM;
  return to_type == FLOO_TO_GROUP ? FLOO_CONVERSATION_GROUP : FLOO_CONVERSATION_ROSTER;
}

static gboolean
flush_run (FlooApply *apply, GError **error)
{
  FlooSignal signal = apply->run_to_type == FLOO_TO_GROUP ? FLOO_SIGNAL_GROUP_MESSAGES : FLOO_SIGNAL_ROSTER_MESSAGES;
  gboolean ok;

  if (apply->run_ids->len == 0)
    return TRUE;
  ok = floo_journal_append (apply->db, signal, g_variant_new ("(" FLOO_MESSAGES_TYPE ")", &apply->run),
                            apply->run_stored ? (const gint64 *) (void *) apply->run_ids->data : NULL,
                            apply->run_stored ? apply->run_ids->len : 0, error);
  g_variant_builder_init (&apply->run, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  g_array_set_size (apply->run_ids, 0);
  apply->run_bytes = 0;
  return ok;
}

gboolean
floo_apply_flush (FlooApply *apply, GError **error)
{
  return flush_run (apply, error) && floo_apply_flush_append (apply, error);
}

gboolean
floo_apply_message (FlooApply *apply, gint64 conversation, FlooToType to_type, gint64 id, gboolean stored, GVariant *message,
                    gsize bytes, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (message);

  if (!floo_apply_flush_append (apply, error))
    return FALSE;
  if (apply->run_ids->len > 0
      && (apply->run_conversation != conversation || apply->run_to_type != to_type || apply->run_stored != stored
          || apply->run_ids->len >= FLOO_SIGNAL_MESSAGES || apply->run_bytes + bytes > FLOO_SIGNAL_BYTES)
      && !flush_run (apply, error))
    return FALSE;
  apply->run_conversation = conversation;
  apply->run_to_type = to_type;
  apply->run_stored = stored;
  apply->run_bytes += bytes;
  g_variant_builder_add_value (&apply->run, owned);
  g_array_append_val (apply->run_ids, id);
  return TRUE;
}

gboolean
floo_apply_event_refs (FlooApply *apply, FlooSignal signal, GVariant *body, const gint64 *refs, guint n, GError **error)
{
  g_autoptr (GVariant) owned = g_variant_ref_sink (body);

  return floo_apply_flush (apply, error) && floo_journal_append (apply->db, signal, owned, refs, n, error);
}

gboolean
floo_apply_event (FlooApply *apply, FlooSignal signal, GVariant *body, GError **error)
{
  return floo_apply_event_refs (apply, signal, body, NULL, 0, error);
}

FlooChange *
floo_apply_change (FlooApply *apply, gint64 conversation, FlooConversationType type, GError **error)
{
  FlooChange *change = g_hash_table_lookup (apply->changes, &conversation);
  guint before;

  if (change != NULL)
    return change;
  if (!floo_conversations_get_unread (apply->db, conversation, &before, error))
    return NULL;
  change = g_new0 (FlooChange, 1);
  change->id = conversation;
  change->type = type;
  change->before = before;
  g_hash_table_insert (apply->changes, &change->id, change);
  g_array_append_val (apply->order, conversation);
  return change;
}

gboolean
floo_apply_counts (FlooApply *apply, GError **error)
{
  for (guint i = 0; i < apply->order->len; i++)
    {
      FlooChange *change = g_hash_table_lookup (apply->changes, &g_array_index (apply->order, gint64, i));

      if (!change->touched)
        continue;
      if (!floo_conversations_touch (apply->db, change->id, change->type, change->listed, change->unread, change->mentioned,
                                     change->last_id, change->last_timestamp, NULL, error))
        return FALSE;
      apply->list_changed |= change->listed;
      change->touched = change->listed = change->mentioned = FALSE;
      change->unread = 0;
      change->last_id = change->last_timestamp = 0;
    }
  return TRUE;
}

/* The end of a batch: runs out, counts in, UnreadChange for each conversation that changed, RecentListUpdate once. */
static gboolean
finish (FlooApply *apply, GError **error)
{
  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error))
    return FALSE;
  for (guint i = 0; i < apply->order->len; i++)
    {
      const FlooChange *change = g_hash_table_lookup (apply->changes, &g_array_index (apply->order, gint64, i));
      guint unread;

      if (!floo_conversations_get_unread (apply->db, change->id, &unread, error))
        return FALSE;
      if (unread != change->before
          && !floo_journal_append (apply->db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", change->id, unread), NULL, 0, error))
        return FALSE;
    }
  return !apply->list_changed || floo_journal_append (apply->db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
}

/* ---- messages ---- */

/* What a message's config says; only looked at where it can matter. */
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

static gboolean
is_typing (const Floo__MessageBody *body, const FlooMessage *message)
{
  return body->has_qos && body->qos == FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE && *message->content == '\0'
         && message->ext != NULL && strstr (message->ext, "input_status") != NULL;
}

static void
fill_message (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, const Floo__MessageBody *body, FlooMessage *message)
{
  gint64 from = floo_apply_uid (meta->from), to = floo_apply_uid (meta->to);
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
    message->flags |= FLOO_MESSAGE_OUTGOING;
  if (body->is_system)
    message->flags |= FLOO_MESSAGE_IS_SYSTEM;
}

static gsize
message_bytes (const FlooMessage *message)
{
  return 256 + strlen (message->content) + strlen (message->ext) + strlen (message->config) + strlen (message->attachment);
}

/* A message that is signalled and not kept: command, push. */
static gboolean
apply_passing (FlooApply *apply, const FlooMessage *message, gboolean push, GError **error)
{
  gboolean is_new;

  if (!floo_applied_add (apply->db, message->id, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (push)
    return floo_apply_event (apply, FLOO_SIGNAL_PUSH_MESSAGE, g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", floo_message_to_variant (message)), error);
  return floo_apply_message (apply, message->conversation, message->to_type, message->id, FALSE, floo_message_to_variant (message),
                             message_bytes (message), error);
}

static gboolean
apply_chat (FlooApply *apply, FlooMessage *message, gboolean history, GError **error)
{
  gboolean outgoing = (message->flags & FLOO_MESSAGE_OUTGOING) != 0;
  gboolean mentions_me, is_record, is_new, counts, in_list;
  g_autoptr (GVariant) variant = NULL;
  FlooChange *change;

  read_config (message->config, apply->self_id, &mentions_me, &is_record);
  in_list = message->type != FLOO_TYPE_RTC || is_record;
  mentions_me = mentions_me && message->to_type == FLOO_TO_GROUP && !outgoing;
  counts = !outgoing && message->status < FLOO_STATUS_READ && in_list;
  if (mentions_me)
    message->flags |= FLOO_MESSAGE_MENTIONS_ME;
  if (history || (!outgoing && message->status >= FLOO_STATUS_READ))
    message->flags |= FLOO_MESSAGE_IS_HISTORY;

  if (!floo_messages_insert (apply->db, message, counts, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  change = floo_apply_change (apply, message->conversation, floo_apply_type_of (message->to_type, message->conversation), error);
  if (change == NULL)
    return FALSE;
  change->type = floo_apply_type_of (message->to_type, message->conversation);   /* a deletion before it does not know */
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
  if (!floo_applied_add (apply->db, (gint64) meta->id, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  operation.id = (gint64) meta->id;
  operation.type = (int) body->operation->type;
  operation.mid = (gint64) body->operation->mid;
  operation.conversation = floo_apply_uid (body->operation->xid);
  operation.ours = floo_apply_uid (meta->from) == apply->self_id;
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
  const Floo__MessageBody *body = floo_frame_unpack (frame, &floo__message_body__descriptor, &meta->payload, &bad);
  FlooMessage message;

  if (body == NULL)
    {
      g_warning ("message %" G_GUINT64_FORMAT " was read over: %s", meta->id, bad->message);
      return TRUE;
    }
  if (body->type == FLOO__MESSAGE_BODY__TYPE__OPER)
    return apply_received_operation (apply, frame, meta, body, error);
  fill_message (apply, frame, meta, body, &message);
  if (meta->ns == FLOO__META__NAME_SPACE__PUSH)
    return apply_passing (apply, &message, TRUE, error);
  if (is_typing (body, &message))
    {
      if ((message.flags & FLOO_MESSAGE_OUTGOING) == 0)
        g_ptr_array_add (apply->result->typing, g_variant_ref_sink (g_variant_new ("(xxs)", message.from, message.to, message.ext)));
      return TRUE;
    }
  if (message.id == 0)
    {
      g_warning ("a message without an id was read over");
      return TRUE;
    }
  if (message.type == FLOO_TYPE_COMMAND)
    return apply_passing (apply, &message, FALSE, error);
  return apply_chat (apply, &message, history, error);
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
      g_warning ("a conversation's operation was read over: %s", bad->message);
      return TRUE;
    }
  if (payload->operation == NULL || payload->operation->xid == NULL)
    return TRUE;
  conversation = floo_apply_uid (payload->operation->xid);
  if (!floo_contacts_is_listed (apply->db, FLOO_CONTACT_GROUP, conversation, &is_group, error))
    return FALSE;
  type = is_group ? FLOO_CONVERSATION_GROUP : FLOO_CONVERSATION_ROSTER;
  if (!floo_applied_add (apply->db, (gint64) meta->id, &is_new, error))
    return FALSE;
  return !is_new || floo_apply_delete_conversation (apply, conversation, type, (gint64) meta->id, error);
}

static gboolean
apply_meta (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, gboolean history, GError **error)
{
  switch (meta->ns)
    {
    case FLOO__META__NAME_SPACE__MESSAGE:
    case FLOO__META__NAME_SPACE__PUSH:
      return apply_message_meta (apply, frame, meta, history, error);
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
      g_debug ("a meta of namespace %d was read over", (int) meta->ns);
      return TRUE;
    }
}

/* ---- acknowledgements ---- */

/* A row of the outbox that outlives the statement it came from. */
typedef struct {
  gboolean found;
  FlooOutboxRow row;
  char *content, *config, *ext;
} KeptRow;

static void
kept_row_clear (KeptRow *kept)
{
  g_free (kept->content);
  g_free (kept->config);
  g_free (kept->ext);
}

static gboolean
keep_row (const FlooOutboxRow *row, gpointer user_data)
{
  KeptRow *kept = user_data;

  kept->found = TRUE;
  kept->row = *row;
  kept->content = g_strdup (row->content);
  kept->config = g_strdup (row->config);
  kept->ext = g_strdup (row->ext);
  return TRUE;
}

/* A command is signalled and not kept, one of ours, too. */
static gboolean
apply_accepted_command (FlooApply *apply, const KeptRow *kept, gint64 server_id, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  g_autoptr (GVariant) message = floo_messages_get_variant (apply->db, row->client_id, error);

  if (message == NULL)
    return FALSE;
  g_variant_ref_sink (message);
  return floo_apply_flush (apply, error)
         && floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "sent", server_id, 0, NULL, error)
         && floo_outbox_delete (apply->db, row->client_id, error)
         && floo_apply_message (apply, row->conversation, row->to_type, server_id, FALSE, message, 256 + strlen (kept->content), error);
}

static gboolean
apply_accepted_message (FlooApply *apply, const KeptRow *kept, const Floo__SyncDL *answer, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  gint64 server_id = (gint64) answer->server_mid;
  gint64 conversation;
  FlooToType to_type;
  gboolean known, was_there, is_there;
  g_autoptr (GVariant) message = NULL;
  FlooChange *change;

  if (row->type == FLOO_TYPE_COMMAND)
    return apply_accepted_command (apply, kept, server_id, error);
  if (!floo_apply_flush (apply, error) || !floo_apply_counts (apply, error) || !floo_messages_is_known (apply->db, server_id, &known, error)
      || !floo_outbox_acknowledge (apply->db, row->client_id, server_id, (gint64) answer->server_time, &was_there, error)
      || !floo_messages_find (apply->db, server_id, &is_there, &conversation, &to_type, error))
    return FALSE;
  apply->list_changed = TRUE;
  /* Recalled or deleted, here or elsewhere, before we heard of its id. */
  if (!is_there)
    return floo_sender_journal_status (apply->db, row->client_id, row->conversation, FALSE, "sent", server_id, 0, NULL, error);
  change = floo_apply_change (apply, row->conversation, floo_apply_type_of (row->to_type, row->conversation), error);
  if (change == NULL)
    return FALSE;
  change->touched = change->listed = TRUE;
  if (server_id > change->last_id)
    {
      change->last_id = server_id;
      change->last_timestamp = answer->server_time != 0 ? (gint64) answer->server_time : row->timestamp;
    }
  if (!floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "sent", server_id, 0, NULL, error))
    return FALSE;
  if (known)
    return TRUE;
  message = floo_messages_get_variant (apply->db, server_id, error);
  if (message == NULL)
    return FALSE;
  g_variant_ref_sink (message);
  if (row->type == FLOO_TYPE_RTC && row->to_type == FLOO_TO_ROSTER
      && !floo_apply_event_refs (apply, FLOO_SIGNAL_ROSTER_RTC_MESSAGE, g_variant_new ("(@" FLOO_MESSAGE_TYPE ")", message), &server_id, 1, error))
    return FALSE;
  return floo_apply_message (apply, row->conversation, row->to_type, server_id, TRUE, message, 256 + strlen (kept->content), error)
         && floo_apply_early (apply, server_id, error);
}

static gboolean
apply_accepted_operation (FlooApply *apply, const KeptRow *kept, const Floo__SyncDL *answer, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  FlooMessageOperation operation = { .type = row->operation, .mid = row->target, .conversation = row->conversation, .ours = TRUE,
                                     .content = kept->content, .config = kept->config, .ext = kept->ext };
  gboolean was_there, is_new = TRUE;

  /* Its number is known from now on: should it come back to us in a page, it changes nothing; nor does this where it came before. */
  if (answer->server_mid != 0 && !floo_applied_add (apply->db, (gint64) answer->server_mid, &is_new, error))
    return FALSE;
  operation.edit_timestamp = answer->edit_timestamp != 0 ? (gint64) answer->edit_timestamp : (gint64) answer->server_time;
  return floo_apply_flush (apply, error) && floo_outbox_acknowledge (apply->db, row->client_id, 0, 0, &was_there, error)
         && (row->operation >= FLOO_OUTBOX_DELETE_CONVERSATION || !is_new || floo_apply_operation (apply, &operation, error))
         && floo_apply_flush_append (apply, error)
         && floo_sender_journal_status (apply->db, row->client_id, row->conversation, FALSE, "sent", (gint64) answer->server_mid, 0, NULL, error);
}

typedef enum { REFUSED_FOR_GOOD, REFUSED_FOR_NOW, REFUSED_SESSION } Refusal;

static Refusal
refusal_of (int code, const char *reason)
{
  switch (code)
    {
    case FLOO__STATUS__ERROR_CODE__UNKNOWN:
    case FLOO__STATUS__ERROR_CODE__RATE_LIMIT_EXCEEDED:
      return REFUSED_FOR_NOW;
    case FLOO__STATUS__ERROR_CODE__UNAUTHORIZED:
      return g_str_equal (reason, "you must login first") ? REFUSED_SESSION : REFUSED_FOR_GOOD;
    case FLOO__STATUS__ERROR_CODE__INVALID_TOKEN:
    case FLOO__STATUS__ERROR_CODE__USER_FROZEN:
    case FLOO__STATUS__ERROR_CODE__INVALID_LICENSE:
    case FLOO__STATUS__ERROR_CODE__LICENSE_LIMIT:
    case FLOO__STATUS__ERROR_CODE__APP_FROZEN:
      return REFUSED_SESSION;
    default:
      return REFUSED_FOR_GOOD;
    }
}

static gint64
retry_delay (guint attempts)
{
  return MIN ((gint64) RETRY_MAX_MS, (gint64) RETRY_MIN_MS << MIN (attempts, 10u));
}

static gboolean
apply_refused (FlooApply *apply, const KeptRow *kept, int code, const char *reason, GError **error)
{
  const FlooOutboxRow *row = &kept->row;
  gboolean is_message = row->operation == FLOO_OUTBOX_MESSAGE;
  g_autofree char *text = g_strdup_printf ("%d: %s", code, *reason != '\0' ? reason : floo_wire_enum_name (&floo__status__error_code__descriptor, code));
  FlooInboundStatus status = { .code = code };
  Refusal refusal = refusal_of (code, reason);

  apply->result->pump = TRUE;
  if (!floo_apply_flush (apply, error))
    return FALSE;
  if (refusal == REFUSED_SESSION)
    {
      status.reason = g_strdup (reason);
      g_array_append_val (apply->result->statuses, status);
      return floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_QUEUED, FALSE, 0, row->device_sn, text, FALSE, error);
    }
  if (refusal == REFUSED_FOR_NOW)
    return floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_QUEUED, FALSE, floo_now_ms () + retry_delay (row->attempts),
                                  row->device_sn, text, FALSE, error)
           && floo_sender_journal_status (apply->db, row->client_id, row->conversation, is_message, "queued", 0, code, reason, error);
  if (is_message)
    return floo_sender_journal_dependents (apply->db, row->client_id, row->conversation, "failed", code, reason, error)
           && floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_FAILED, FALSE, 0, row->device_sn, text, TRUE, error)
           && floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "failed", 0, code, reason, error);
  /* A refused operation is over: there is nothing to look at or to send again. */
  return floo_sender_journal_status (apply->db, row->client_id, row->conversation, FALSE, "failed", 0, code, reason, error)
         && floo_outbox_delete (apply->db, row->client_id, error);
}

/* The service saw this client id before. */
static gboolean
is_duplicate (const char *reason)
{
  g_autofree char *lower = g_ascii_strdown (reason, -1);

  return strstr (lower, "duplicate") != NULL;
}

/* A duplicate without its number: the history will tell. */
static gboolean
apply_without_number (FlooApply *apply, const KeptRow *kept, GError **error)
{
  const FlooOutboxRow *row = &kept->row;

  apply->result->settle = TRUE;
  return floo_apply_flush (apply, error)
         && floo_outbox_set_state (apply->db, row->client_id, FLOO_SEND_UNCERTAIN, FALSE, 0, row->device_sn, "0: the service gave no message id",
                                   FALSE, error)
         && floo_sender_journal_status (apply->db, row->client_id, row->conversation, TRUE, "uncertain", 0, 0, NULL, error);
}

static gboolean
apply_answer (FlooApply *apply, FlooFrame *frame, GError **error)
{
  const Floo__SyncDL *answer = frame->sync_dl;
  const Floo__Status *status = answer->status;
  gint64 client_id = (gint64) answer->client_mid;
  int code = status == NULL ? FLOO__STATUS__ERROR_CODE__OK : status->has_code ? (int) status->code : 0;
  const char *reason = status != NULL ? floo_frame_text (frame, status->has_reason, &status->reason) : "";
  g_autoptr (GError) missing = NULL;
  KeptRow kept = { 0 };
  gboolean ok = TRUE, accepted = code == FLOO__STATUS__ERROR_CODE__OK || is_duplicate (reason);

  if (!floo_outbox_get (apply->db, client_id, keep_row, &kept, &missing) && !g_error_matches (missing, FLOO_ERROR, FLOO_ERROR_NOT_FOUND))
    {
      g_propagate_error (error, g_steal_pointer (&missing));
      return FALSE;
    }
  g_array_append_val (apply->result->answered, client_id);
  /* Answered before, or given up: nothing waits for it (typing has no row either). */
  apply->result->pump |= kept.found;
  if (!kept.found || (kept.row.state == FLOO_SEND_FAILED && !accepted))
    ok = TRUE;
  else if (kept.row.state == FLOO_SEND_CANCELLED && !accepted)
    ok = floo_outbox_delete (apply->db, client_id, error);
  else if (!accepted)
    ok = apply_refused (apply, &kept, code, reason, error);
  else if (kept.row.operation != FLOO_OUTBOX_MESSAGE)
    ok = apply_accepted_operation (apply, &kept, answer, error);
  else if (answer->server_mid != 0)
    ok = apply_accepted_message (apply, &kept, answer, error);
  else
    ok = apply_without_number (apply, &kept, error);
  kept_row_clear (&kept);
  return ok;
}

/* ---- frames ---- */

/* Conversations without anything new enter the list, too. */
static gboolean
apply_unread (FlooApply *apply, FlooFrame *frame, GError **error)
{
  const Floo__UnreadDL *unread = frame->unread_dl;

  for (gsize i = 0; i < unread->n_unread; i++)
    {
      const Floo__ConversationUnread *entry = unread->unread[i];
      gint64 id = floo_apply_uid (entry->xid);
      FlooConversationType type = FLOO_CONVERSATION_ROSTER;
      gboolean is_group = FALSE;

      if (entry->xid == NULL || floo_conversations_get_type (apply->db, id, &type, NULL))
        continue;
      if (entry->type == FLOO__CONVERSATION_UNREAD__CONV_TYPE__UNKNOWN
          && !floo_contacts_is_listed (apply->db, FLOO_CONTACT_GROUP, id, &is_group, error))
        return FALSE;
      if (id == 0)
        type = FLOO_CONVERSATION_SYSTEM;
      else if (entry->type == FLOO__CONVERSATION_UNREAD__CONV_TYPE__GROUPCHAT || is_group)
        type = FLOO_CONVERSATION_GROUP;
      if (!floo_conversations_touch (apply->db, id, type, TRUE, 0, FALSE, 0, 0, NULL, error))
        return FALSE;
      apply->list_changed = TRUE;
    }
  return TRUE;
}

/* prev_mid is what the service has before this page: where it never came here the store has a gap. */
static gboolean
note_gap (FlooApply *apply, const Floo__SyncDL *page, gint64 conversation, GError **error)
{
  gboolean known;

  if (page->prev_mid == 0 || page->n_metas == 0 || conversation <= 0)
    return TRUE;
  if (!floo_gaps_is_known (apply->db, conversation, (gint64) page->prev_mid, &known, error))
    return FALSE;
  if (!known && !floo_gaps_is_known (apply->db, conversation, (gint64) page->metas[0]->id, &known, error))
    return FALSE;
  return known || floo_gaps_add (apply->db, conversation, (gint64) page->metas[0]->id, error);
}

static gboolean
apply_page (FlooApply *apply, FlooFrame *frame, gint64 conversation, GError **error)
{
  const Floo__SyncDL *page = frame->sync_dl;

  if (!note_gap (apply, page, conversation, error))
    return FALSE;
  for (gsize i = 0; i < page->n_metas; i++)
    if (!apply_meta (apply, frame, page->metas[i], FALSE, error))
      return FALSE;
  return TRUE;
}

/* A history page has everything from the message it goes back from down to its last entry. */
static gboolean
cover_gap (FlooApply *apply, const Floo__SyncDL *page, gint64 conversation, gint64 from, gint64 lowest, gboolean lowest_known, GError **error)
{
  if (!floo_gaps_cover (apply->db, conversation, page->next_key != 0 ? lowest : G_MININT64, from != 0 ? from : G_MAXINT64, error))
    return FALSE;
  if (page->next_key == 0)
    return floo_gaps_set_complete (apply->db, conversation, error);
  return lowest_known || floo_gaps_add (apply->db, conversation, lowest, error);
}

/* Newest first as it comes, oldest first as it goes out. */
static gboolean
apply_history (FlooApply *apply, FlooFrame *frame, const FlooInboundItem *item, GError **error)
{
  const Floo__SyncDL *page = frame->sync_dl;
  gint64 lowest = G_MAXINT64;
  gboolean known = FALSE;

  for (gsize i = 0; i < page->n_metas; i++)
    lowest = MIN (lowest, (gint64) page->metas[i]->id);
  if (page->n_metas > 0 && !floo_gaps_is_known (apply->db, item->conversation, lowest, &known, error))
    return FALSE;
  for (gsize i = page->n_metas; i-- > 0;)
    if (!apply_meta (apply, frame, page->metas[i], TRUE, error))
      return FALSE;
  /* An empty page that is not the last one says nothing. */
  if (item->from >= 0 && (page->n_metas > 0 || page->next_key == 0)
      && !cover_gap (apply, page, item->conversation, item->from, lowest, known, error))
    return FALSE;
  return floo_apply_event (apply, FLOO_SIGNAL_RECEIVE_HISTORY_MSG,
                           g_variant_new ("(xx)", MAX (item->conversation, 0), (gint64) page->next_key), error);
}

static gboolean
apply_item (FlooApply *apply, const FlooInboundItem *item, GError **error)
{
  FlooFrame *frame = item->frame;

  if (frame->unread_dl != NULL)
    return apply_unread (apply, frame, error);
  if (frame->sync_dl->client_mid != 0)
    return apply_answer (apply, frame, error);
  if (frame->sync_dl->has_is_full_sync && frame->sync_dl->is_full_sync)
    return apply_history (apply, frame, item, error);
  return apply_page (apply, frame, item->conversation, error);
}

gboolean
floo_inbound_apply (FlooDb *db, GArray *items, FlooInboundResult *result, GError **error)
{
  FlooApply apply = { .db = db, .self_id = floo_db_get_user_id (db), .result = result };
  gboolean ok;

  apply.changes = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  apply.order = g_array_new (FALSE, FALSE, sizeof (gint64));
  apply.run_ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  apply.append_content = g_string_new (NULL);
  g_variant_builder_init (&apply.run, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  ok = floo_early_any (db, &apply.any_early, error);
  for (guint i = 0; ok && i < items->len; i++)
    ok = apply_item (&apply, &g_array_index (items, FlooInboundItem, i), error);
  ok = ok && finish (&apply, error);
  g_variant_builder_clear (&apply.run);
  g_string_free (apply.append_content, TRUE);
  g_free (apply.append_config);
  g_free (apply.append_ext);
  g_array_unref (apply.run_ids);
  g_array_unref (apply.order);
  g_hash_table_unref (apply.changes);
  return ok;
}
