/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accept.c: accepting a message that carries a file: its row, then its bytes, then the reply.
 */
#include "session/files/outgoing.h"

#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/byte-order.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/names.h"
#include "session/outbox/call.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"
#include "store/tables/recipient.h"
#include "store/tables/tokens.h"
#include "session/apply/status.h"

/* When a call is answered although the file is still being copied: a pipe may be slow, and callers wait for 20 s at most. */
#define REPLY_MS 10000

/* ---- the row ---- */

typedef struct {
  FlooCall call;
  FlooFiles *files;
  FlooOutboxRow row;
  int fd;
  char *name;
  char *ext;
  char *token;
  char *digest;
  JsonObject *file;
  char *file_text;
  char *attachment;
  char *config;
  gboolean known;           /* a message with its token exists */
  gboolean uncopied;        /* known, and its file was never copied */
} AcceptCall;

static void
accept_call_free (gpointer data)
{
  AcceptCall *call = data;

  if (call->fd >= 0)
    close (call->fd);
  g_free (call->name);
  g_free (call->ext);
  g_free (call->token);
  g_free (call->digest);
  g_free (call->file_text);
  g_free (call->attachment);
  g_free (call->config);
  json_object_unref (call->file);
  floo_call_free (call);
}

/* A row's state, and whether its file was copied. */
typedef struct {
  FlooSendState state;
  gboolean uncopied;
} KnownRow;

static gboolean
read_known (const FlooOutboxRow *row, gpointer user_data)
{
  g_autoptr (JsonNode) node = row->file != NULL ? floo_json_parse (row->file, strlen (row->file), NULL) : NULL;
  gboolean copied = FALSE;

  *(KnownRow *) user_data
      = (KnownRow){ row->state, node != NULL && !(floo_json_get_bool (floo_json_node_object (node), "copied", &copied) && copied) };
  return FALSE;
}

static void
note_message (const FlooMessage *message, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* @known: (out): the message that this token stands for; 0: none, or one that failed because it had no file, which this call brings. */
static gboolean
find_known (FlooDb *db, AcceptCall *call, gint64 *known, GError **error)
{
  g_autoptr (GError) local = NULL;
  KnownRow row = { FLOO_SEND_NONE, FALSE };
  gboolean there = FALSE, lost;

  *known = 0;
  if (call->token == NULL)
    return TRUE;
  if (!floo_tokens_find (db, call->token, call->digest, known, error))
    return FALSE;
  if (*known == 0)
    return TRUE;
  if ((!floo_messages_get (db, *known, note_message, &there, &local) && !floo_error_only_missing (&local, error))
      || (!floo_outbox_get (db, *known, read_known, &row, &local) && !floo_error_only_missing (&local, error)))
    return FALSE;
  lost = row.uncopied && row.state == FLOO_SEND_FAILED;
  call->uncopied = row.uncopied && row.state == FLOO_SEND_QUEUED;
  if (lost && !floo_outbox_delete (db, *known, error))
    return FALSE;
  if (lost || !there)
    *known = 0;
  return TRUE;
}

static gboolean
run_accept (FlooDb *db, gpointer data, GError **error)
{
  AcceptCall *call = data;
  FlooOutboxRow *row = &call->row;

  if (!find_known (db, call, &row->client_id, error))
    return FALSE;
  call->known = row->client_id != 0;
  if (call->known)
    return TRUE;
  if (!floo_recipient_resolve (db, row->to, &row->to_type, error) || !floo_outbox_next_client_id (db, &row->client_id, error))
    return FALSE;
  row->timestamp = floo_now_ms ();
  return (call->token == NULL || floo_tokens_add (db, call->token, call->digest, row->client_id, error))
         && floo_outbox_insert (db, row, error)
         && floo_status_journal_accepted (db, row, error)
         && floo_conversations_list_changed (db);
}

/* ---- the bytes ---- */

/* What was learnt from the copy, for the row. */
typedef struct {
  gint64 client_id;
  char *file_text;
  char *attachment;
  FlooTransfer *transfer;
} CopiedJob;

static void
copied_job_free (gpointer data)
{
  CopiedJob *job = data;

  g_object_unref (job->transfer);
  g_free (job->file_text);
  g_free (job->attachment);
  g_free (job);
}

static gboolean
run_copied (FlooDb *db, gpointer data, GError **error)
{
  const CopiedJob *job = data;

  return floo_outbox_set_file (db, job->client_id, job->file_text, job->attachment, error);
}

/* For a client that does not have the client_id yet the call fails; else the message fails. */
static void
give_up (FlooTransfer *transfer, const GError *error)
{
  FlooOutgoing *send = floo_transfer_get_data (transfer);

  if (send->reply != NULL)
    {
      floo_outgoing_answer (send, NULL, error);
      floo_outgoing_decide (send->upload.files, send->client_id, FLOO_ROW_DROPPED, NULL, 0);
      send->refused = TRUE;
    }
  floo_outgoing_remove_copy (send->upload.files, send->client_id);
  floo_transfer_fail (transfer, error);
}

static void
on_copied_committed (FlooStore *store, gpointer data, const GError *error)
{
  const CopiedJob *job = data;
  FlooOutgoing *send = floo_transfer_get_data (job->transfer);

  if (floo_transfer_get_status (job->transfer) != FLOO_TRANSFER_QUEUED)
    return;
  if (error != NULL)
    {
      give_up (job->transfer, error);
      return;
    }
  floo_outgoing_answer (send, job->transfer, NULL);
  floo_transfer_release (job->transfer);
}

static void
set_number (JsonObject *file, const char *member, gint64 value)
{
  if (value > 0 && !json_object_has_member (file, member))
    json_object_set_int_member (file, member, value);
}

static void
on_copied (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooTransfer) transfer = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooInput) input = floo_input_take_finish (result, &error);
  FlooOutgoing *send = floo_transfer_get_data (transfer);
  FlooFiles *self = send->upload.files;
  CopiedJob *job;

  if (floo_transfer_get_status (transfer) != FLOO_TRANSFER_QUEUED)
    {
      if (!floo_transfer_is_abandoned (transfer))
        floo_outgoing_remove_copy (self, send->client_id);
      return;
    }
  if (input == NULL)
    {
      give_up (transfer, error);
      return;
    }
  FLOO_CRASH_POINT ("send-file-copied");
  json_object_set_boolean_member (send->file, "copied", TRUE);
  json_object_set_int_member (send->file, "size", input->size);
  if (send->type == FLOO_TYPE_IMAGE)
    {
      set_number (send->file, "width", input->width);
      set_number (send->file, "height", input->height);
    }
  send->upload.query = floo_upload_chat_query (100, send->type, input->type, send->to_type, send->to);
  send->upload.input = g_steal_pointer (&input);
  floo_transfer_progress (transfer, 0, send->upload.input->size);
  job = g_new (CopiedJob, 1);
  *job = (CopiedJob){ send->client_id, floo_outgoing_to_text (send->file), floo_outgoing_attachment (send->file, NULL),
                      g_object_ref (transfer) };
  floo_job_write (self->account, run_copied, on_copied_committed, job, copied_job_free);
}

static gboolean
on_reply_timer (gpointer user_data)
{
  FlooTransfer *transfer = user_data;
  FlooOutgoing *send = floo_transfer_get_data (transfer);

  send->reply_timer = 0;
  floo_outgoing_answer (send, transfer, NULL);
  return G_SOURCE_REMOVE;
}

/* A row that was inserted and gets its transfer. */
typedef struct {
  gint64 client_id;
  int fd;
  FlooReply reply;
  gpointer user_data;
} Accepted;

static void
on_transfer_added (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer user_data)
{
  g_autofree Accepted *accepted = user_data;
  g_autofree char *name = floo_outgoing_copy_name (accepted->client_id);
  FlooOutgoing *send;

  g_hash_table_remove (self->accepting, &accepted->client_id);
  if (error != NULL)
    {
      close (accepted->fd);
      if (!g_error_matches (error, FLOO_ERROR, FLOO_ERROR_CANCELLED))
        floo_outgoing_decide (self, accepted->client_id, FLOO_ROW_DROPPED, NULL, 0);
      accepted->reply (NULL, error, accepted->user_data);
      return;
    }
  FLOO_CRASH_POINT ("send-file-row");
  send = floo_transfer_get_data (transfer);
  send->reply = accepted->reply;
  send->user_data = accepted->user_data;
  send->reply_timer = g_timeout_add (REPLY_MS, on_reply_timer, transfer);
  floo_input_take_async (accepted->fd, send->upload.name, self->outgoing, name, floo_files_get_max_size (self),
                         floo_files_get_stall_ms (self), floo_transfer_get_cancellable (transfer), on_copied, g_object_ref (transfer));
}

/* The same call again gets the same message, and its transfer as long as there is one. */
static void
answer_known (const AcceptCall *call, FlooTransfer *transfer)
{
  g_autoptr (GVariant) path = NULL;

  if (transfer != NULL)
    floo_transfer_touch (transfer);
  path = g_variant_ref_sink (transfer != NULL ? floo_transfer_get_object_path (transfer) : g_variant_new_object_path ("/"));
  call->call.reply (g_variant_new ("(x@o)", call->row.client_id, path), NULL, call->call.user_data);
}

/* Whether the row is left from an earlier call that was answered with an error, and could not be deleted: this file is for it. */
static gboolean
is_orphan (FlooFiles *self, const AcceptCall *call, FlooTransfer *transfer)
{
  return call->uncopied && transfer == NULL && !g_hash_table_contains (self->accepting, &call->row.client_id);
}

/* FALSE: the call is answered. */
static gboolean
is_to_be_copied (FlooFiles *self, const AcceptCall *call)
{
  g_autofree char *key = NULL;
  FlooTransfer *transfer;

  if (!call->known)
    return TRUE;
  key = floo_outgoing_key (call->row.client_id);
  transfer = floo_transfers_find (self->transfers, key);
  if (!is_orphan (self, call, transfer))
    {
      answer_known (call, transfer);
      return FALSE;
    }
  if (floo_fates_revoke (self->fates, call->row.client_id))
    return TRUE;
  floo_reply_error (call->call.reply, call->call.user_data, FLOO_ERROR_STORAGE_FULL, "An earlier call with this token is still being undone: try again");
  return FALSE;
}

static void
on_accepted (FlooStore *store, gpointer data, const GError *error)
{
  AcceptCall *call = data;
  FlooFiles *self = call->files;
  g_autoptr (GError) closed = NULL;
  Accepted *accepted;

  if (error == NULL && (self->cache == NULL || !floo_account_is_current (call->call.account, store)))
    error = closed = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  if (error != NULL)
    {
      call->call.reply (NULL, error, call->call.user_data);
      return;
    }
  if (call->row.not_before != 0)
    floo_sender_look_at_schedule (self->sender);
  if (!is_to_be_copied (self, call))
    return;
  g_hash_table_add (self->accepting, g_memdup2 (&call->row.client_id, sizeof call->row.client_id));
  accepted = g_new (Accepted, 1);
  *accepted = (Accepted){ call->row.client_id, call->fd, call->call.reply, call->call.user_data };
  call->fd = -1;
  floo_outgoing_add (
      self, floo_outgoing_new (self, call->row.client_id, call->row.to_type, call->row.to, call->row.type, json_object_ref (call->file)),
      TRUE, on_transfer_added, accepted);
}

/* Of everything but the file's content. */
static char *
digest_of (const FlooSendFileRequest *request, const char *config)
{
  return floo_variant_digest (g_variant_new ("(sxssmsmsuuux)", request->to_type, request->to, request->type, request->name,
                                             request->options.ext, config, request->width, request->height, request->duration,
                                             request->options.not_before));
}

static void
fill_call (AcceptCall *call, const FlooSendFileRequest *request)
{
  FlooOutboxRow *row = &call->row;

  call->name = floo_input_tidy_name (request->name);
  call->ext = g_strdup (request->options.ext);
  call->config = floo_outbox_call_dup_config (&request->options);
  call->token = g_strdup (request->options.token);
  call->digest = call->token != NULL ? digest_of (request, call->config) : NULL;
  json_object_set_string_member (call->file, "name", call->name);
  json_object_set_boolean_member (call->file, "copied", FALSE);
  set_number (call->file, "width", request->width);
  set_number (call->file, "height", request->height);
  set_number (call->file, "duration", request->duration);
  call->file_text = floo_outgoing_to_text (call->file);
  call->attachment = floo_outgoing_attachment (call->file, NULL);
  row->conversation = row->to = request->to;
  row->content = "";
  row->ext = call->ext;
  row->config = call->config;
  row->file = call->file_text;
  row->attachment = call->attachment;
  row->state = FLOO_SEND_QUEUED;
  row->not_before = floo_outbox_call_get_time (call->files->account, &request->options);
}

void
floo_files_send (FlooFiles *self, const FlooSendFileRequest *request, FlooReply reply, gpointer user_data)
{
  FlooToType to_type;
  AcceptCall *call;
  int type;

  if (!floo_call_check_account (self->account, reply, user_data)
      || !floo_file_type_check (request->to_type, request->type, &to_type, &type, reply, user_data)
      || !floo_outbox_call_check_options (&request->options, reply, user_data))
    {
      close (request->fd);
      return;
    }
  if (!floo_files_has_room (self))
    {
      close (request->fd);
      floo_reply_error (reply, user_data, FLOO_ERROR_LIMITS_EXCEEDED, "Too many transfers are under way already");
      return;
    }
  call = floo_call_new (sizeof *call, self->account, reply, user_data);
  call->files = self;
  call->fd = request->fd;
  call->file = json_object_new ();
  fill_call (call, request);
  call->row.to_type = to_type;
  call->row.type = type;
  floo_job_write (self->account, run_accept, on_accepted, call, accept_call_free);
}

