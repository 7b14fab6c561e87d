/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * send-file.c: messages that carry a file, as one durable unit.
 *
 * The row is in the outbox at once, and with it what is known of the file. Then the bytes are copied into the account's folder, under the row's client_id; then they
 * are uploaded, as often as it takes; then the row gets its attachment and goes the way of all messages. Whatever stops the daemon, the next one goes on from the
 * row: with the bytes it uploads them (again), without them it says that they are lost.
 */
#include "session/files.h"

#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/names.h"
#include "session/outbox-call.h"
#include "store/files.h"
#include "store/journal.h"
#include "store/messages.h"

/* When a call is answered although the file is still coming: a pipe may take its time, a caller does not wait longer than 20 s. */
#define REPLY_MS 10000

/* One such message, while its file is under way. */
typedef struct {
  FlooUpload upload;
  gint64 client_id;
  gint64 to;
  FlooToType to_type;
  int type;
  JsonObject *file;         /* of the row */
  char *folder;             /* of the copy */
  /* The call, until it is answered. */
  FlooReply reply;
  gpointer user_data;
  guint reply_timer;
} SendFile;

static void
answer (SendFile *send, FlooTransfer *transfer, const GError *error)
{
  FlooReply reply = g_steal_pointer (&send->reply);

  g_clear_handle_id (&send->reply_timer, g_source_remove);
  if (reply == NULL)
    return;
  if (error != NULL)
    reply (NULL, error, send->user_data);
  else
    reply (g_variant_new ("(x@o)", send->client_id, floo_transfer_get_object_path (transfer)), NULL, send->user_data);
}

static void
send_file_free (gpointer data)
{
  SendFile *send = data;
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");

  answer (send, NULL, error);
  floo_upload_clear (&send->upload);
  json_object_unref (send->file);
  g_free (send->folder);
  g_free (send);
}

static char *
key_of (gint64 client_id)
{
  return g_strdup_printf ("send-%" G_GINT64_FORMAT, client_id);
}

static char *
copy_name (gint64 client_id)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, client_id);
}

static char *
object_to_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return floo_json_to_text (node);
}

/* The attachment's members (wire.md) from the row's. @url: (nullable) */
static char *
attachment_of (JsonObject *file, const char *url)
{
  static const struct {
    const char *from, *to;
  } numbers[] = { { "size", "fLen" }, { "width", "width" }, { "height", "height" }, { "duration", "duration" } };
  g_autoptr (JsonObject) attachment = json_object_new ();
  const char *name = floo_json_get_string (file, "name");

  if (url != NULL)
    json_object_set_string_member (attachment, "url", url);
  json_object_set_string_member (attachment, "dName", name != NULL ? name : "file");
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    {
      gint64 value;

      if (floo_json_get_int (file, numbers[i].from, &value))
        json_object_set_int_member (attachment, numbers[i].to, value);
    }
  return object_to_text (attachment);
}

/* ---- the copy goes ---- */

static void
remove_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (!floo_file_remove (task_data, &error))
    g_message ("%s", error->message);
  g_task_return_boolean (task, TRUE);
}

static void
remove_copy (FlooFiles *self, gint64 client_id)
{
  g_autofree char *name = copy_name (client_id);
  g_autoptr (GTask) task = NULL;

  if (self->outgoing == NULL)
    return;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_set_source_tag (task, remove_copy);
  g_task_set_task_data (task, g_build_filename (self->outgoing, name, NULL), g_free);
  g_task_run_in_thread (task, remove_thread);
}

/* ---- the row's fate ---- */

typedef enum { ROW_WAITS, ROW_FAILED, ROW_DROPPED } RowFate;

typedef struct {
  gint64 client_id;
  gint64 conversation;
  RowFate fate;
  gint64 next_retry;
  gboolean permanent;
  char *reason;
  gboolean held;        /* the row is there, and its file not uploaded */
} FateJob;

static void
fate_job_free (gpointer data)
{
  FateJob *job = data;

  g_free (job->reason);
  g_free (job);
}

static gboolean
keep_held (const FlooOutboxRow *row, gpointer user_data)
{
  FateJob *job = user_data;

  job->held = row->file != NULL && row->state == FLOO_SEND_QUEUED;
  job->conversation = row->conversation;
  return TRUE;
}

static gboolean
run_fate (FlooDb *db, gpointer data, GError **error)
{
  FateJob *job = data;
  g_autofree char *text = g_strconcat ("0: ", job->reason, NULL);

  /* Gone or settled in another way meanwhile: nothing to say. */
  if (!floo_outbox_get (db, job->client_id, keep_held, job, NULL) || !job->held)
    return TRUE;
  switch (job->fate)
    {
    case ROW_WAITS:
      return floo_outbox_set_state (db, job->client_id, FLOO_SEND_QUEUED, TRUE, job->next_retry, 0, text, FALSE, error);
    case ROW_FAILED:
      return floo_outbox_set_state (db, job->client_id, FLOO_SEND_FAILED, TRUE, 0, 0, text, job->permanent, error)
             && floo_sender_journal_status (db, job->client_id, job->conversation, TRUE, "failed", 0, 0, job->reason, error);
    case ROW_DROPPED:
    default:
      return floo_sender_journal_status (db, job->client_id, job->conversation, TRUE, "cancelled", 0, 0, NULL, error)
             && floo_outbox_delete (db, job->client_id, error)
             && floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
    }
}

static void
decide (FlooFiles *self, gint64 client_id, RowFate fate, const GError *error, guint delay_ms)
{
  FateJob *job = g_new0 (FateJob, 1);

  job->client_id = client_id;
  job->fate = fate;
  job->reason = g_strdup (error != NULL ? error->message : "");
  job->next_retry = delay_ms > 0 ? floo_now_ms () + delay_ms : 0;
  job->permanent = !floo_storage_error_is_transient (error);
  floo_session_write (self->session, run_fate, NULL, job, fate_job_free);
}

/* ---- uploaded: the message takes its place ---- */

typedef struct {
  FlooOutboxCall base;
  SendFile *send;           /* whose transfer waits for this */
  gint64 client_id;
  char *attachment;
} ReleaseCall;

static void
release_call_free (gpointer data)
{
  ReleaseCall *call = data;

  g_free (call->attachment);
  floo_outbox_call_free (call);
}

static gboolean
run_release (FlooDb *db, gpointer data, GError **error)
{
  ReleaseCall *call = data;

  return floo_outbox_set_file (db, call->client_id, NULL, call->attachment, error)
         && floo_outbox_set_state (db, call->client_id, FLOO_SEND_QUEUED, FALSE, 0, 0, NULL, FALSE, error)
         && floo_outbox_call_finish (db, &call->base, call->client_id, error);
}

static void
on_released (GVariant *result, const GError *error, gpointer user_data)
{
  SendFile *send = user_data;
  FlooTransfer *transfer = send->upload.transfer;
  g_autoptr (GError) later = NULL;

  if (result != NULL)
    g_variant_unref (g_variant_ref_sink (result));
  if (error == NULL)
    remove_copy (send->upload.files, send->client_id);
  else if (error->code == FLOO_ERROR_NOT_FOUND)
    floo_transfer_cancel (transfer);
  else
    {
      /* The store cannot take it now: the upload is done once more when it can. */
      later = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, error->message);
      error = later;
    }
  floo_transfer_done (transfer, error);
}

static void
finish_send (FlooUpload *upload)
{
  SendFile *send = (SendFile *) upload;
  ReleaseCall *call = floo_outbox_call_new (sizeof *call, upload->files->session, on_released, send);

  FLOO_CRASH_POINT ("send-file-uploaded");
  call->client_id = send->client_id;
  call->attachment = attachment_of (send->file, upload->url);
  floo_outbox_call_run (call, run_release, release_call_free);
}

/* ---- the transfer ---- */

static void
open_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  SendFile *send = task_data;
  g_autofree char *name = copy_name (send->client_id);
  g_autofree char *path = g_build_filename (send->folder, name, NULL);
  GError *error = NULL;
  FlooInput *input = floo_input_open (path, send->upload.name, &error);

  if (input != NULL)
    g_task_return_pointer (task, input, (GDestroyNotify) floo_input_free);
  else
    g_task_return_error (task, error);
}

static void
on_copy_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SendFile *send = user_data;
  g_autoptr (GError) error = NULL;
  FlooInput *input = g_task_propagate_pointer (G_TASK (result), &error);

  if (input == NULL)
    {
      floo_transfer_done (send->upload.transfer, error);
      return;
    }
  send->upload.input = input;
  send->upload.query = floo_upload_chat_query (100, send->type, input->type, send->to_type, send->to);
  floo_transfer_progress (send->upload.transfer, 0, input->size);
  floo_upload_run (send->upload.transfer, &send->upload);
}

static void
run_send_file (FlooTransfer *transfer, gpointer user_data)
{
  SendFile *send = user_data;
  g_autoptr (GTask) task = NULL;

  send->upload.transfer = transfer;
  if (send->upload.input != NULL)
    {
      floo_upload_run (transfer, &send->upload);
      return;
    }
  task = g_task_new (NULL, NULL, on_copy_opened, send);
  g_task_set_source_tag (task, run_send_file);
  g_task_set_task_data (task, send, NULL); /* the transfer has it */
  g_task_run_in_thread (task, open_thread);
}

static void
on_try_failed (FlooTransfer *transfer, const GError *error, guint delay_ms, gpointer user_data)
{
  SendFile *send = user_data;

  if (!send->upload.files->ending)
    decide (send->upload.files, send->client_id, ROW_WAITS, error, delay_ms);
}

static void
on_ended (FlooTransfer *transfer, gpointer user_data)
{
  SendFile *send = user_data;
  FlooFiles *self = send->upload.files;
  g_autoptr (GError) cancelled = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The transfer was cancelled");

  g_clear_pointer (&send->upload.input, floo_input_free);
  if (self->ending)
    return;
  switch (floo_transfer_get_status (transfer))
    {
    case FLOO_TRANSFER_ERROR:
      decide (self, send->client_id, ROW_FAILED, floo_transfer_get_error (transfer), 0);
      break;
    case FLOO_TRANSFER_CANCELLED:
      answer (send, NULL, cancelled);
      decide (self, send->client_id, ROW_DROPPED, NULL, 0);
      remove_copy (self, send->client_id);
      break;
    default:
      break;
    }
  if (self->backlog)
    floo_files_review (self);
}

/* @file: (transfer full) */
static SendFile *
send_file_new (FlooFiles *self, gint64 client_id, FlooToType to_type, gint64 to, int type, JsonObject *file)
{
  SendFile *send = g_new0 (SendFile, 1);
  const char *name = floo_json_get_string (file, "name");

  send->upload.files = self;
  send->upload.name = g_strdup (name != NULL ? name : "file");
  send->upload.address = "/file/upload/chat";
  send->upload.finish = finish_send;
  send->client_id = client_id;
  send->to_type = to_type;
  send->to = to;
  send->type = type;
  send->file = file;
  send->folder = g_strdup (self->outgoing);
  return send;
}

static void
add_transfer (FlooFiles *self, SendFile *send, gboolean held, FlooFilesAdded func, gpointer user_data)
{
  g_autofree char *key = key_of (send->client_id);
  FlooTransferSpec spec = { .key = key, .upload = TRUE, .name = send->upload.name, .message = send->client_id, .held = held,
                            .run = run_send_file, .failed = on_try_failed, .ended = on_ended, .data = send, .destroy = send_file_free };
  gint64 size;

  if (floo_json_get_int (send->file, "size", &size))
    spec.total = size;
  floo_files_add (self, &spec, func, user_data);
}

/* ---- accepting ---- */

typedef struct {
  FlooCall call;
  FlooOutboxRow row;
  int fd;
  char *name;
  char *ext;
  char *token;
  char *digest;
  JsonObject *file;
  char *file_text;
  char *attachment;
  gboolean known;           /* by its token */
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
  json_object_unref (call->file);
  floo_call_free (call);
}

/* Whether the row failed for want of bytes, which are here now. */
static gboolean
is_lost (const FlooOutboxRow *row, gpointer user_data)
{
  g_autoptr (JsonNode) node = row->file != NULL ? floo_json_parse (row->file, strlen (row->file), NULL) : NULL;
  gboolean copied = FALSE;

  *(gboolean *) user_data = row->state == FLOO_SEND_FAILED && node != NULL
                            && !(floo_json_get_bool (floo_json_node_object (node), "copied", &copied) && copied);
  return FALSE;
}

static void
note_message (const FlooMessage *message, gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
}

/* The message that this token stands for; 0: none, or one that never got its file. */
static gboolean
find_known (FlooDb *db, AcceptCall *call, gint64 *known, GError **error)
{
  gboolean lost = FALSE, there = FALSE;

  *known = 0;
  if (call->token == NULL)
    return TRUE;
  if (!floo_outbox_find_token (db, call->token, call->digest, known, error))
    return FALSE;
  if (*known == 0)
    return TRUE;
  floo_messages_get (db, *known, note_message, &there, NULL);
  floo_outbox_get (db, *known, is_lost, &lost, NULL);
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
  if (!floo_outbox_next_client_id (db, &row->client_id, error))
    return FALSE;
  row->timestamp = floo_now_ms ();
  return (call->token == NULL || floo_outbox_add_token (db, call->token, call->digest, row->client_id, error))
         && floo_outbox_insert (db, row, error)
         && floo_sender_journal_status (db, row->client_id, row->conversation, TRUE, "queued", 0, 0, NULL, error)
         && floo_journal_append (db, FLOO_SIGNAL_RECENT_LIST_UPDATE, g_variant_new ("()"), NULL, 0, error);
}

/* What the copy has told, for the row. */
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

static void
on_copied_committed (FlooStore *store, gpointer data, const GError *error)
{
  const CopiedJob *job = data;
  SendFile *send = floo_transfer_get_data (job->transfer);

  if (floo_transfer_get_status (job->transfer) != FLOO_TRANSFER_QUEUED)
    return;
  answer (send, job->transfer, error);
  if (error != NULL)
    floo_transfer_fail (job->transfer, error);
  else
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
  SendFile *send = floo_transfer_get_data (transfer);
  FlooFiles *self = send->upload.files;
  CopiedJob *job;

  if (floo_transfer_get_status (transfer) != FLOO_TRANSFER_QUEUED)
    {
      if (!self->ending)
        remove_copy (self, send->client_id);
      return;
    }
  if (input == NULL)
    {
      /* Whoever has not got the message's number yet is told that there is none. */
      if (send->reply != NULL)
        {
          answer (send, NULL, error);
          decide (self, send->client_id, ROW_DROPPED, NULL, 0);
        }
      floo_transfer_fail (transfer, error);
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
  *job = (CopiedJob){ send->client_id, object_to_text (send->file), attachment_of (send->file, NULL), g_object_ref (transfer) };
  floo_session_write (self->session, run_copied, on_copied_committed, job, copied_job_free);
}

static gboolean
on_reply_timer (gpointer user_data)
{
  FlooTransfer *transfer = user_data;
  SendFile *send = floo_transfer_get_data (transfer);

  send->reply_timer = 0;
  answer (send, transfer, NULL);
  return G_SOURCE_REMOVE;
}

/* A row that is there, on its way to its transfer. */
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
  g_autofree char *name = copy_name (accepted->client_id);
  SendFile *send;

  g_hash_table_remove (self->accepting, &accepted->client_id);
  if (error != NULL)
    {
      close (accepted->fd);
      if (!self->ending)
        decide (self, accepted->client_id, ROW_DROPPED, NULL, 0);
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

/* The same call again: the same message. Its transfer is answered as long as there is one. */
static void
answer_known (FlooFiles *self, const AcceptCall *call)
{
  g_autofree char *key = key_of (call->row.client_id);
  FlooTransfer *transfer = floo_transfers_find (self->transfers, key);
  g_autoptr (GVariant) path = NULL;

  if (transfer != NULL)
    floo_transfer_touch (transfer);
  path = g_variant_ref_sink (transfer != NULL ? floo_transfer_get_object_path (transfer) : g_variant_new_object_path ("/"));
  call->call.reply (g_variant_new ("(x@o)", call->row.client_id, path), NULL, call->call.user_data);
}

static void
on_accepted (FlooStore *store, gpointer data, const GError *error)
{
  AcceptCall *call = data;
  FlooFiles *self = call->call.session->files;
  g_autoptr (GError) closed = NULL;
  Accepted *accepted;

  if (error == NULL && self->cache == NULL)
    error = closed = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  if (error != NULL)
    {
      call->call.reply (NULL, error, call->call.user_data);
      return;
    }
  if (call->known)
    {
      answer_known (self, call);
      return;
    }
  g_hash_table_add (self->accepting, g_memdup2 (&call->row.client_id, sizeof call->row.client_id));
  accepted = g_new (Accepted, 1);
  *accepted = (Accepted){ call->row.client_id, call->fd, call->call.reply, call->call.user_data };
  call->fd = -1;
  add_transfer (self, send_file_new (self, call->row.client_id, call->row.to_type, call->row.to, call->row.type, json_object_ref (call->file)),
                TRUE, on_transfer_added, accepted);
}

/* Of everything but the bytes. */
static char *
digest_of (const FlooSendFileRequest *request)
{
  g_autoptr (GVariant) all = g_variant_ref_sink (g_variant_new ("(sxssmsuuu)", request->to_type, request->to, request->type, request->name,
                                                                request->ext, request->width, request->height, request->duration));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (all);

  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}

static void
fill_call (AcceptCall *call, const FlooSendFileRequest *request)
{
  FlooOutboxRow *row = &call->row;

  call->name = floo_input_tidy_name (request->name);
  call->ext = g_strdup (request->ext);
  call->token = g_strdup (request->token);
  call->digest = request->token != NULL ? digest_of (request) : NULL;
  json_object_set_string_member (call->file, "name", call->name);
  json_object_set_boolean_member (call->file, "copied", FALSE);
  set_number (call->file, "width", request->width);
  set_number (call->file, "height", request->height);
  set_number (call->file, "duration", request->duration);
  call->file_text = object_to_text (call->file);
  call->attachment = attachment_of (call->file, NULL);
  row->conversation = row->to = request->to;
  row->content = "";
  row->ext = call->ext;
  row->file = call->file_text;
  row->attachment = call->attachment;
  row->state = FLOO_SEND_QUEUED;
}

void
floo_session_send_file (FlooSession *self, const FlooSendFileRequest *request, FlooReply reply, gpointer user_data)
{
  FlooToType to_type;
  AcceptCall *call;
  int type;

  if (!floo_session_check_account (self, reply, user_data)
      || !floo_file_type_check (request->to_type, request->type, &to_type, &type, reply, user_data)
      || !floo_outbox_call_check_text ("ext", request->ext, FLOO_MAX_EXTRA, reply, user_data)
      || !floo_outbox_call_check_text ("token", request->token, FLOO_MAX_TOKEN, reply, user_data))
    {
      close (request->fd);
      return;
    }
  if (!floo_files_has_room (self->files) || (request->token != NULL && *request->token == '\0'))
    {
      close (request->fd);
      if (request->token != NULL && *request->token == '\0')
        floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "token is empty");
      else
        floo_reply_error (reply, user_data, FLOO_ERROR_RATE_LIMITED, "Too many transfers are under way already");
      return;
    }
  call = floo_call_new (sizeof *call, self, reply, user_data);
  call->fd = request->fd;
  call->file = json_object_new ();
  fill_call (call, request);
  call->row.to_type = to_type;
  call->row.type = type;
  floo_session_write (self, run_accept, on_accepted, call, accept_call_free);
}

/* ---- going on ---- */

/* A row whose file is not uploaded. */
typedef struct {
  gint64 client_id;
  gint64 to;
  FlooToType to_type;
  int type;
  FlooSendState state;
  char *file;
} HeldRow;

typedef struct {
  FlooSession *session;
  GArray *rows;             /* HeldRow */
  GStrv present;            /* (nullable): names in the folder of copies, before the rows were read */
} ReviewJob;

static void
held_row_clear (gpointer data)
{
  g_free (((HeldRow *) data)->file);
}

static void
review_job_free (gpointer data)
{
  ReviewJob *job = data;

  g_strfreev (job->present);
  g_array_unref (job->rows);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
collect_row (const FlooOutboxRow *row, gpointer user_data)
{
  const HeldRow held = { row->client_id, row->to, row->to_type, row->type, row->state, g_strdup (row->file) };

  g_array_append_val (((ReviewJob *) user_data)->rows, held);
  return TRUE;
}

static gboolean
run_review (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_foreach_file (db, collect_row, data, error);
}

static void
on_resumed (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer user_data)
{
  if (error != NULL && !self->ending)
    self->backlog = TRUE;
}

static void
resume (FlooFiles *self, const HeldRow *row)
{
  g_autofree char *key = key_of (row->client_id);
  g_autoptr (JsonNode) node = floo_json_parse (row->file, strlen (row->file), NULL);
  JsonObject *file = node != NULL ? floo_json_node_object (node) : NULL;
  g_autoptr (GError) lost = NULL;
  gboolean copied = FALSE;

  if (row->state != FLOO_SEND_QUEUED || floo_transfers_find (self->transfers, key) != NULL
      || g_hash_table_contains (self->accepting, &row->client_id))
    return;
  if (!floo_json_get_bool (file, "copied", &copied) || !copied)
    {
      lost = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_FILE, "The daemon ended before it had all of the file: send it again");
      decide (self, row->client_id, ROW_FAILED, lost, 0);
      remove_copy (self, row->client_id);
      return;
    }
  add_transfer (self, send_file_new (self, row->client_id, row->to_type, row->to, row->type, json_object_ref (file)), FALSE, on_resumed, NULL);
}

/* Copies that belong to no row. */
static void
remove_strays (FlooFiles *self, const ReviewJob *job)
{
  for (guint i = 0; job->present != NULL && job->present[i] != NULL; i++)
    {
      gint64 id = g_ascii_strtoll (job->present[i], NULL, 10);
      gboolean known = FALSE;

      for (guint k = 0; k < job->rows->len && !known; k++)
        known = g_array_index (job->rows, HeldRow, k).client_id == id;
      if (!known)
        remove_copy (self, id);
    }
}

static void
on_reviewed (FlooStore *store, gpointer data, const GError *error)
{
  ReviewJob *job = data;
  FlooFiles *self = job->session->files;

  if (error != NULL || self->outgoing == NULL)
    return;
  remove_strays (self, job);
  self->backlog = FALSE;
  for (guint i = 0; i < job->rows->len; i++)
    resume (self, &g_array_index (job->rows, HeldRow, i));
}

static void
review (FlooFiles *self, GStrv present)
{
  ReviewJob *job = g_new (ReviewJob, 1);

  *job = (ReviewJob){ g_object_ref (self->session), g_array_new (FALSE, FALSE, sizeof (HeldRow)), present };
  g_array_set_clear_func (job->rows, held_row_clear);
  floo_session_read (self->session, run_review, on_reviewed, job, review_job_free);
}

void
floo_files_review (FlooFiles *self)
{
  review (self, NULL);
}

static void
list_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GDir) dir = g_dir_open (task_data, 0, NULL);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (strspn (name, G_CSET_DIGITS) == strlen (name))
      g_strv_builder_add (names, name);
  g_task_return_pointer (task, g_strv_builder_end (names), (GDestroyNotify) g_strfreev);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSession) session = user_data;

  review (session->files, g_task_propagate_pointer (G_TASK (result), NULL));
}

void
floo_files_recover_outgoing (FlooFiles *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_listed, g_object_ref (self->session));

  g_task_set_source_tag (task, floo_files_recover_outgoing);
  g_task_set_task_data (task, g_strdup (self->outgoing), g_free);
  g_task_run_in_thread (task, list_thread);
}

void
floo_files_on_sending (FlooFiles *self, gint64 client_id, const char *status)
{
  g_autofree char *key = NULL;
  FlooTransfer *transfer;

  if (!g_str_equal (status, "cancelled"))
    return;
  key = key_of (client_id);
  transfer = floo_transfers_find (self->transfers, key);
  if (transfer != NULL && floo_transfer_get_status (transfer) < FLOO_TRANSFER_COMPLETE)
    floo_transfer_cancel (transfer);
  else if (transfer == NULL)
    remove_copy (self, client_id);
}

void
floo_files_resend (FlooFiles *self, gint64 client_id)
{
  g_autofree char *key = key_of (client_id);
  FlooTransfer *transfer = floo_transfers_find (self->transfers, key);

  if (transfer != NULL)
    floo_transfer_hurry (transfer);
  else
    floo_files_review (self);
}
