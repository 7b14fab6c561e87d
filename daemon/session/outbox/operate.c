/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operate.c: operations on messages and conversations that clients ask for, and what they may do with the outbox.
 *
 * They wait in the outbox like messages and take effect when the service acknowledges them (apply/edits.c); deleting a conversation does at once.
 */
#include "session/outbox/call.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/names.h"
#include "session/job/recipient.h"
#include "session/job/job.h"
#include "session/outbox/operation.h"
#include "session/outbox/parts.h"
#include "store/tables/contacts.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "store/tables/recipient.h"
#include "session/apply/status.h"

/* ---- on one message ---- */

typedef struct {
  FlooOutboxCall base;
  FlooOperation operation;
  gint64 message;
  char *content, *config, *ext;
} OperateCall;

static void
operate_call_free (gpointer data)
{
  OperateCall *call = data;

  g_free (call->content);
  g_free (call->config);
  g_free (call->ext);
  floo_outbox_call_free (call);
}

/* The fields of the message that are needed after its row is gone. */
typedef struct {
  gint64 id;
  gint64 conversation;
  gint64 from;
  FlooToType to_type;
  gboolean outgoing;
  FlooSendState send_state;
} Target;

static void
keep_target (const FlooMessage *message, gpointer user_data)
{
  *(Target *) user_data = (Target){ .id = message->id,
                                    .conversation = message->conversation,
                                    .from = message->from,
                                    .to_type = message->to_type,
                                    .outgoing = (message->flags & FLOO_MESSAGE_OUTGOING) != 0,
                                    .send_state = message->send_state };
}

static gboolean
check_target (const FlooOperationForm *form, const Target *target, GError **error)
{
  if ((form->ours_only && !target->outgoing) || (form->others_only && target->outgoing))
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "Only messages of %s can be %s", form->ours_only ? "ours" : "others",
                 form->participle);
  else if (target->send_state == FLOO_SEND_FAILED || target->send_state == FLOO_SEND_CANCELLED)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The message was not sent: it cannot be %s", form->participle);
  else
    return TRUE;
  return FALSE;
}

static gboolean
run_operate (FlooDb *db, gpointer data, GError **error)
{
  OperateCall *call = data;
  FlooOperationTexts texts = { call->content, call->config, call->ext };
  const FlooOperationForm *form = floo_operation_get_form (call->operation);
  Target target = { 0 };
  gint64 to, client_id;

  if (!floo_messages_get (db, call->message, keep_target, &target, error) || !check_target (form, &target, error))
    return FALSE;
  if (form->addressee == FLOO_ADDRESSEE_CONVERSATION)
    to = target.conversation;
  else
    to = form->addressee == FLOO_ADDRESSEE_SENDER ? target.from : floo_db_get_user_id (db);
  return floo_outbox_call_queue (db, call->operation, target.conversation, target.to_type, to, target.id, &texts, &client_id, error)
         && floo_status_journal (db, client_id, target.conversation, FALSE, "queued", 0, 0, NULL, error)
         && floo_outbox_call_finish (db, &call->base, client_id, error);
}

/* Adds the mark that nothing will be appended any more. Returns: (transfer full): @ext, an object, with it */
static char *
finish_ext (const char *ext)
{
  const char *text = ext != NULL && *ext != '\0' ? ext : "{}";
  g_autoptr (JsonNode) node = floo_json_parse (text, strlen (text), NULL);
  JsonObject *object = floo_json_node_object (node);
  JsonObject *ai = floo_json_get_object (object, "ai");

  if (ai == NULL)
    {
      ai = json_object_new ();
      json_object_set_object_member (object, "ai", ai);
    }
  json_object_set_boolean_member (ai, "finish", TRUE);
  return floo_json_to_text (node);
}

static gboolean
check_edit (FlooOperation operation, const FlooEdit *edit, FlooReply reply, gpointer user_data)
{
  gboolean empty = (edit->content == NULL || *edit->content == '\0') && (edit->ext == NULL || *edit->ext == '\0') && !edit->finish;

  if (!floo_outbox_call_check_text ("content", edit->content, FLOO_MAX_CONTENT, reply, user_data)
      || !floo_outbox_call_check_text ("config", edit->config, FLOO_MAX_EXTRA, reply, user_data)
      || !floo_outbox_call_check_text ("ext", edit->ext, FLOO_MAX_EXTRA, reply, user_data)
      || !floo_outbox_call_check_json ("config", edit->config, reply, user_data)
      || !floo_outbox_call_check_json ("ext", edit->ext, reply, user_data))
    return FALSE;
  if (operation != FLOO_OPERATION_APPEND || !empty)
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "There is nothing to append: content is empty");
  return FALSE;
}

void
floo_sender_operate (FlooSender *self, FlooOperation operation, gint64 message, const FlooEdit *edit, FlooReply reply, gpointer user_data)
{
  static const FlooEdit nothing = { NULL };
  OperateCall *call;

  if (edit == NULL)
    edit = &nothing;
  if (!floo_call_check_account (self->account, reply, user_data) || (edit != &nothing && !check_edit (operation, edit, reply, user_data)))
    return;
  call = floo_outbox_call_new (sizeof *call, self, reply, user_data);
  call->operation = operation;
  call->message = message;
  call->content = g_strdup (edit->content);
  call->config = g_strdup (edit->config);
  call->ext = edit->finish ? finish_ext (edit->ext) : g_strdup (edit->ext);
  floo_outbox_call_run (call, run_operate, operate_call_free);
}

static gboolean
run_delete_here (FlooDb *db, gpointer data, GError **error)
{
  OperateCall *call = data;

  call->base.call.result = g_variant_ref_sink (g_variant_new ("(x)", (gint64) 0));
  return floo_status_delete_message (db, call->message, error);
}

void
floo_sender_delete_here (FlooSender *self, gint64 message, FlooReply reply, gpointer user_data)
{
  OperateCall *call;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  call = floo_outbox_call_new (sizeof *call, self, reply, user_data);
  call->message = message;
  floo_outbox_call_run (call, run_delete_here, operate_call_free);
}

/* ---- on a conversation ---- */

typedef struct {
  FlooOutboxCall base;
  gint64 conversation;
  FlooDeleteKind how;
  FlooToType to_type;
} ConversationCall;

static gboolean
run_delete_conversation (FlooDb *db, gpointer data, GError **error)
{
  ConversationCall *call = data;
  FlooConversationType type;
  gint64 client_id;
  int operation = call->how == FLOO_DELETE_EVERYWHERE ? FLOO_OPERATION_DELETE_CONVERSATION_EVERYWHERE : FLOO_OPERATION_DELETE_CONVERSATION;

  if (call->how == FLOO_DELETE_CLEAR)
    return floo_status_clear_conversation (db, call->conversation, error);
  if (!floo_conversations_get_type (db, call->conversation, &type, error))
    return FALSE;
  if (call->how == FLOO_DELETE_LOCAL)
    return floo_status_delete_conversation (db, call->conversation, error);
  if (!floo_outbox_call_queue (db, operation, call->conversation, floo_conversation_to_type (type), 0, 0,
                               NULL, &client_id, error)
      || !floo_status_delete_conversation (db, call->conversation, error))
    return FALSE;
  if (!floo_outbox_call_finish (db, &call->base, client_id, error))
    return FALSE;
  g_clear_pointer (&call->base.call.result, g_variant_unref);
  return TRUE;
}

void
floo_sender_delete_conversation (FlooSender *self, gint64 conversation, FlooDeleteKind how, FlooReply reply, gpointer user_data)
{
  ConversationCall *call;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  call = floo_outbox_call_new (sizeof *call, self, reply, user_data);
  call->conversation = conversation;
  call->how = how;
  floo_outbox_call_run (call, run_delete_conversation, floo_outbox_call_free);
}

static gboolean
run_set_draft (FlooDb *db, gpointer data, GError **error)
{
  ConversationCall *call = data;

  return floo_recipient_resolve (db, call->conversation, &call->to_type, error)
         && floo_conversations_set_draft (db, call->conversation,
                                          floo_conversation_type_of (call->to_type, call->conversation), call->base.call.text,
                                          floo_now_ms (), error)
         && floo_conversations_list_changed (db);
}

void
floo_sender_set_draft (FlooSender *self, gint64 conversation, const char *to_type, const char *text, FlooReply reply, gpointer user_data)
{
  ConversationCall *call;
  FlooToType kind;

  if (!floo_call_check_account (self->account, reply, user_data)
      || !floo_outbox_call_check_text ("text", text, FLOO_MAX_CONTENT, reply, user_data)
      || !floo_recipient_check (to_type, &kind, reply, user_data))
    return;
  if (conversation <= 0)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS,
                        "conversation must be the id of a user or a group, not %" G_GINT64_FORMAT, conversation);
      return;
    }
  call = floo_outbox_call_new (sizeof *call, self, reply, user_data);
  call->conversation = conversation;
  call->to_type = kind;
  call->base.call.text = g_strdup (text);
  floo_outbox_call_run (call, run_set_draft, floo_outbox_call_free);
}

/* ---- the outbox ---- */

typedef struct {
  FlooCall call;
  FlooSender *sender;
  guint limit;
} OutboxQuery;

static gboolean
run_list_outbox (FlooDb *db, gpointer data, GError **error)
{
  OutboxQuery *query = data;
  g_autofree char *next = NULL;
  GVariant *messages = floo_outbox_list (db, floo_sender_is_online (query->sender), query->call.text, query->limit, &next, error);

  if (messages == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@" FLOO_MESSAGES_TYPE "s)", messages, next));
  return TRUE;
}

void
floo_sender_list_outbox (FlooSender *self, const char *cursor, guint limit, FlooReply reply, gpointer user_data)
{
  OutboxQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  query = floo_call_new (sizeof *query, self->account, reply, user_data);
  query->sender = self;
  query->call.text = g_strdup (cursor);
  query->limit = limit;
  floo_call_read (query, FLOO_READ_DEFAULT, run_list_outbox, floo_call_free);
}

typedef struct {
  FlooOutboxCall base;
  gint64 client_id;
} RowCall;

typedef struct {
  FlooSendState state;
  gint64 conversation;
  guint attempts;
  gboolean is_message;
  gboolean is_held;             /* its file is not uploaded: no frame went out */
  gboolean is_scheduled;        /* waits for a time */
  gboolean is_refused;          /* by the service */
} RowState;

static gboolean
keep_row_state (const FlooOutboxRow *row, gpointer user_data)
{
  *(RowState *) user_data = (RowState){ .state = row->state,
                                        .conversation = row->conversation,
                                        .attempts = row->attempts,
                                        .is_message = row->operation == FLOO_OPERATION_MESSAGE,
                                        .is_held = row->file != NULL,
                                        .is_scheduled = row->not_before != 0,
                                        .is_refused = row->state == FLOO_SEND_FAILED && row->error_code != 0 };
  return TRUE;
}

/* For clients a cancelled row does not exist, even while it is kept. */
static gboolean
get_row_state (FlooDb *db, gint64 client_id, RowState *row, GError **error)
{
  if (!floo_outbox_get (db, client_id, keep_row_state, row, error))
    return FALSE;
  if (row->state != FLOO_SEND_CANCELLED)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "%" G_GINT64_FORMAT " was cancelled", client_id);
  return FALSE;
}

static gboolean
run_resend (FlooDb *db, gpointer data, GError **error)
{
  RowCall *call = data;
  RowState row = { 0 };

  if (!get_row_state (db, call->client_id, &row, error))
    return FALSE;
  if (row.state == FLOO_SEND_UNCERTAIN)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS,
                           "It may have been sent; this is checked as soon as the service can be reached");
      return FALSE;
    }
  /* If it waits for a time, a retry or its turn, it is sent at once. If it is in sending, it is repeated automatically. */
  if (row.state == FLOO_SEND_SENDING)
    return TRUE;
  if (!floo_outbox_set_state (db, call->client_id, FLOO_SEND_QUEUED, FALSE, 0, 0, NULL, error)
      || (row.is_scheduled && !floo_outbox_make_due (db, call->client_id, error)) || !floo_conversations_list_changed (db)
      || ((row.state != FLOO_SEND_QUEUED || row.is_scheduled)
          && !floo_status_journal (db, call->client_id, row.conversation, row.is_message, "queued", 0, 0, NULL, error)))
    return FALSE;
  return floo_sender_take_due (call->base.sender, db, call->base.taken, error);
}

static void
on_resend_done (FlooStore *store, gpointer data, const GError *error)
{
  RowCall *call = data;

  floo_outbox_call_done (store, call, error);
  if (error == NULL)
    call->base.sender->listener->resent (call->client_id, call->base.sender->data);
}

static void
run_row_call (FlooSender *self, gint64 client_id, FlooStoreFunc func, FlooStoreDone done, FlooReply reply, gpointer user_data)
{
  RowCall *call;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  call = floo_outbox_call_new (sizeof *call, self, reply, user_data);
  call->client_id = client_id;
  floo_job_write (self->account, func, done, call, floo_outbox_call_free);
}

void
floo_sender_resend (FlooSender *self, gint64 client_id, FlooReply reply, gpointer user_data)
{
  run_row_call (self, client_id, run_resend, on_resend_done, reply, user_data);
}

/*
 * The result is certain if no frame of it was ever sent, or the service refused it. A row that may have been sent on the present connection
 * is kept, as cancelled, until its answer: an acknowledgement still makes it a message. An answer comes only on the connection of its frame:
 * without a connection there is nothing to wait for, and rows that are cancelled when the next one begins are deleted (login/connection.c).
 */
static gboolean
run_cancel_send (FlooDb *db, gpointer data, GError **error)
{
  RowCall *call = data;
  FlooSender *sender = call->base.sender;
  RowState row = { 0 };
  gboolean certain, must_stay;

  if (!get_row_state (db, call->client_id, &row, error) || !floo_outbox_must_stay (db, call->client_id, &must_stay, error))
    return FALSE;
  certain = row.is_refused || row.attempts == 0 || row.is_held;
  if (!floo_status_journal_dependents (db, call->client_id, row.conversation, "cancelled", 0, NULL, error)
      || !floo_status_journal (db, call->client_id, row.conversation, row.is_message, "cancelled", 0, 0, NULL, error))
    return FALSE;
  if (certain || (!floo_sender_is_online (sender) && !must_stay) ? !floo_outbox_delete (db, call->client_id, error)
                                                                 : !floo_outbox_set_state (db, call->client_id, FLOO_SEND_CANCELLED, FALSE, 0, 0, NULL, error))
    return FALSE;
  call->base.call.result = g_variant_ref_sink (g_variant_new ("(b)", certain));
  return floo_conversations_list_changed (db)
         && floo_sender_take_due (sender, db, call->base.taken, error);
}

static void
on_cancelled (FlooStore *store, gpointer data, const GError *error)
{
  RowCall *call = data;

  if (error == NULL)
    call->base.sender->listener->cancelled (call->client_id, call->base.sender->data);
  floo_outbox_call_done (store, call, error);
}

void
floo_sender_cancel_send (FlooSender *self, gint64 client_id, FlooReply reply, gpointer user_data)
{
  run_row_call (self, client_id, run_cancel_send, on_cancelled, reply, user_data);
}
