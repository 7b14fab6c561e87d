/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outgoing.c: messages that carry a file, as one durable unit with their rows.
 *
 * The row is inserted into the outbox at once, with the properties of the file. Then the file is copied into the account's folder, under the
 * row's client_id; then it is uploaded, with retries; then the row gets its attachment and is sent like all messages. However the daemon
 * ends, the next one continues from the row: it uploads the copy (again), or fails the message if the copy is missing or incomplete.
 */
#include "session/files/outgoing.h"

#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/names.h"
#include "session/outbox/call.h"
#include "store/engine/files.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"

void
floo_outgoing_answer (FlooOutgoing *send, FlooTransfer *transfer, const GError *error)
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
  FlooOutgoing *send = data;
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");

  floo_outgoing_answer (send, NULL, error);
  floo_upload_clear (&send->upload);
  json_object_unref (send->file);
  g_free (send->folder);
  g_free (send);
}

char *
floo_outgoing_key (gint64 client_id)
{
  return g_strdup_printf ("send-%" G_GINT64_FORMAT, client_id);
}

char *
floo_outgoing_copy_name (gint64 client_id)
{
  return g_strdup_printf ("%" G_GINT64_FORMAT, client_id);
}

char *
floo_outgoing_to_text (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_init_object (json_node_alloc (), object);

  return floo_json_to_text (node);
}

/* The attachment's members from the row's. @url: (nullable) */
char *
floo_outgoing_attachment (JsonObject *file, const char *url)
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
  return floo_outgoing_to_text (attachment);
}

/* ---- deleting the copy ---- */

static void
remove_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (!floo_file_remove (task_data, &error))
    g_message ("%s", error->message);
  g_task_return_boolean (task, TRUE);
}

void
floo_outgoing_remove_copy (FlooFiles *self, gint64 client_id)
{
  g_autofree char *name = floo_outgoing_copy_name (client_id);
  g_autoptr (GTask) task = NULL;

  if (self->outgoing == NULL)
    return;
  task = g_task_new (NULL, NULL, NULL, NULL);
  g_task_set_source_tag (task, floo_outgoing_remove_copy);
  g_task_set_task_data (task, g_build_filename (self->outgoing, name, NULL), g_free);
  g_task_run_in_thread (task, remove_thread);
}

/* ---- uploaded: the message is released ---- */

typedef struct {
  FlooOutboxCall base;
  FlooOutgoing *send;           /* whose transfer waits for this */
  gint64 client_id;
} ReleaseCall;

static gboolean
run_release (FlooDb *db, gpointer data, GError **error)
{
  ReleaseCall *call = data;

  return floo_outbox_set_file (db, call->client_id, NULL, call->base.call.text, error)
         && floo_outbox_set_state (db, call->client_id, FLOO_SEND_QUEUED, FALSE, 0, 0, NULL, error)
         && floo_outbox_call_finish (db, &call->base, call->client_id, error);
}

static void
on_released (GVariant *result, const GError *error, gpointer user_data)
{
  FlooOutgoing *send = user_data;
  FlooTransfer *transfer = send->upload.transfer;
  g_autoptr (GError) later = NULL;

  if (result != NULL)
    g_variant_unref (g_variant_ref_sink (result));
  if (error == NULL)
    floo_outgoing_remove_copy (send->upload.files, send->client_id);
  else if (error->code == FLOO_ERROR_NOT_FOUND)
    floo_transfer_cancel (transfer);
  else
    {
      /* The store cannot write it now: the upload is repeated later. */
      later = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, error->message);
      error = later;
    }
  floo_transfer_done (transfer, error);
}

static void
finish_send (FlooUpload *upload)
{
  FlooOutgoing *send = (FlooOutgoing *) upload;
  ReleaseCall *call = floo_outbox_call_new (sizeof *call, upload->files->sender, on_released, send);

  FLOO_CRASH_POINT ("send-file-uploaded");
  call->client_id = send->client_id;
  call->base.call.text = floo_outgoing_attachment (send->file, upload->url);
  floo_outbox_call_run (call, run_release, floo_outbox_call_free);
}

/* ---- the transfer ---- */

static void
open_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  FlooOutgoing *send = task_data;
  g_autofree char *name = floo_outgoing_copy_name (send->client_id);
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
  FlooOutgoing *send = user_data;
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
  FlooOutgoing *send = user_data;
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
  FlooOutgoing *send = user_data;

  if (!floo_transfer_is_abandoned (transfer))
    floo_outgoing_decide (send->upload.files, send->client_id, FLOO_ROW_WAITS, error, delay_ms);
}

static void
on_ended (FlooTransfer *transfer, gpointer user_data)
{
  FlooOutgoing *send = user_data;
  FlooFiles *self = send->upload.files;
  g_autoptr (GError) cancelled = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The transfer was cancelled");

  g_clear_pointer (&send->upload.input, floo_input_free);
  /* The next login of the account resumes it. */
  if (floo_transfer_is_abandoned (transfer))
    return;
  switch (floo_transfer_get_status (transfer))
    {
    case FLOO_TRANSFER_ERROR:
      if (!send->refused)
        floo_outgoing_decide (self, send->client_id, FLOO_ROW_FAILED, floo_transfer_get_error (transfer), 0);
      break;
    case FLOO_TRANSFER_CANCELLED:
      floo_outgoing_answer (send, NULL, cancelled);
      floo_outgoing_decide (self, send->client_id, FLOO_ROW_DROPPED, NULL, 0);
      floo_outgoing_remove_copy (self, send->client_id);
      break;
    default:
      break;
    }
  if (self->backlog)
    floo_files_review (self);
}

/* @file: (transfer full) */
FlooOutgoing *
floo_outgoing_new (FlooFiles *self, gint64 client_id, FlooToType to_type, gint64 to, int type, JsonObject *file)
{
  FlooOutgoing *send = g_new0 (FlooOutgoing, 1);
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

void
floo_outgoing_add (FlooFiles *self, FlooOutgoing *send, gboolean held, FlooFilesAdded func, gpointer user_data)
{
  g_autofree char *key = floo_outgoing_key (send->client_id);
  FlooTransferSpec spec = { .key = key, .upload = TRUE, .name = send->upload.name, .message = send->client_id, .held = held,
                            .run = run_send_file, .failed = on_try_failed, .ended = on_ended, .data = send, .destroy = send_file_free };
  gint64 size;

  if (floo_json_get_int (send->file, "size", &size))
    spec.total = size;
  floo_files_add (self, &spec, func, user_data);
}

/* ---- resuming ---- */

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
  FlooFiles *files;
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
  floo_account_unref (job->files->account);
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
  if (error != NULL && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_CANCELLED))
    self->backlog = TRUE;
}

static void
resume (FlooFiles *self, const HeldRow *row)
{
  g_autofree char *key = floo_outgoing_key (row->client_id);
  g_autoptr (JsonNode) node = row->file != NULL ? floo_json_parse (row->file, strlen (row->file), NULL) : NULL;
  JsonObject *file = node != NULL ? floo_json_node_object (node) : NULL;
  g_autoptr (GError) lost = NULL;
  gboolean copied = FALSE;

  if (row->state != FLOO_SEND_QUEUED || floo_transfers_find (self->transfers, key) != NULL
      || g_hash_table_contains (self->accepting, &row->client_id))
    return;
  if (!floo_json_get_bool (file, "copied", &copied) || !copied)
    {
      lost = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_FILE, "The daemon ended before the file was copied completely: send it again");
      floo_outgoing_decide (self, row->client_id, FLOO_ROW_FAILED, lost, 0);
      floo_outgoing_remove_copy (self, row->client_id);
      return;
    }
  floo_outgoing_add (self, floo_outgoing_new (self, row->client_id, row->to_type, row->to, row->type, json_object_ref (file)), FALSE,
                     on_resumed, NULL);
}

/* Deletes copies that belong to no row. */
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
        floo_outgoing_remove_copy (self, id);
    }
}

static void
on_reviewed (FlooStore *store, gpointer data, const GError *error)
{
  ReviewJob *job = data;
  FlooFiles *self = job->files;

  if (error != NULL)
    g_message ("Pending messages with files could not be read: %s", error->message);
  /* The login may have ended meanwhile. */
  if (error != NULL || self->outgoing == NULL || !floo_account_is_current (self->account, store))
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

  floo_account_ref (self->account);
  *job = (ReviewJob){ self, g_array_new (FALSE, FALSE, sizeof (HeldRow)), present };
  g_array_set_clear_func (job->rows, held_row_clear);
  floo_job_read (self->account, run_review, on_reviewed, job, review_job_free);
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
  FlooFiles *self = user_data;
  g_autoptr (FlooAccount) account G_GNUC_UNUSED = self->account;

  review (self, g_task_propagate_pointer (G_TASK (result), NULL));
}

void
floo_files_recover_outgoing (FlooFiles *self)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_listed, self);

  floo_account_ref (self->account);
  g_task_set_source_tag (task, floo_files_recover_outgoing);
  g_task_set_task_data (task, g_strdup (self->outgoing), g_free);
  g_task_run_in_thread (task, list_thread);
}

void
floo_files_cancelled (FlooFiles *self, gint64 client_id)
{
  g_autofree char *key = NULL;
  FlooTransfer *transfer;

  key = floo_outgoing_key (client_id);
  transfer = floo_transfers_find (self->transfers, key);
  if (transfer != NULL && floo_transfer_get_status (transfer) < FLOO_TRANSFER_COMPLETE)
    floo_transfer_cancel (transfer);
  else if (transfer == NULL)
    floo_outgoing_remove_copy (self, client_id);
}

void
floo_files_resend (FlooFiles *self, gint64 client_id)
{
  g_autofree char *key = floo_outgoing_key (client_id);
  FlooTransfer *transfer = floo_transfers_find (self->transfers, key);

  if (transfer != NULL)
    floo_transfer_hurry (transfer);
  else
    floo_files_review (self);
}
