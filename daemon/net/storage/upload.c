/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload.c: floo_storage_upload_async(): one request, on a thread */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "net/http/envelope.h"
#include "net/storage/file-url.h"
#include "net/http/mover.h"
#include "net/storage/multipart.h"
#include "net/http/proxy.h"
#include "net/storage/storage-private.h"
#include "net/http/tls.h"

#define MAX_ANSWER (64u << 10)

typedef struct {
  FlooDeadline *stall;
  SoupSession *session;
  SoupMessage *message;
  gboolean refused;
  gboolean put;
  goffset head;    /* bytes of the body before the file */
  goffset size;    /* of the file, -1: not known */
  goffset written; /* bytes of the body */
  FlooMover *mover;
  GByteArray *answer;
} Upload;

static void
upload_free (gpointer data)
{
  Upload *upload = data;

  if (upload->message != NULL)
    g_signal_handlers_disconnect_matched (upload->message, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, upload);
  g_clear_object (&upload->message);
  g_clear_object (&upload->session);
  g_byte_array_unref (upload->answer);
  floo_deadline_free (upload->stall);
  g_free (upload);
}

/* ---- on the thread ---- */

static void
on_wrote (SoupMessage *message, guint size, gpointer user_data)
{
  Upload *upload = user_data;
  goffset transferred;

  upload->written += size;
  transferred = MAX (upload->written - upload->head, 0);
  floo_mover_tell (upload->mover, upload->size >= 0 ? MIN (transferred, upload->size) : transferred, upload->size);
}

static gboolean
read_answer (Upload *upload, GInputStream *stream, GCancellable *cancellable, GError **error)
{
  gsize n;

  g_byte_array_set_size (upload->answer, MAX_ANSWER);
  if (!g_input_stream_read_all (stream, upload->answer->data, MAX_ANSWER, &n, cancellable, error))
    return FALSE;
  g_byte_array_set_size (upload->answer, (guint) n);
  if (n < MAX_ANSWER)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "an answer of more than %u bytes", MAX_ANSWER);
  return FALSE;
}

static gboolean
send_file (Upload *upload, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GInputStream) stream = NULL;
  gboolean done;

  stream = soup_session_send (upload->session, upload->message, cancellable, error);
  if (stream == NULL)
    return FALSE;
  if (soup_message_get_status (upload->message) == FLOO_PROXY_STATUS)
    floo_proxy_learn (soup_message_get_uri (upload->message), cancellable); /* for the next try */
  done = read_answer (upload, stream, cancellable, error);
  if (!done)
    g_cancellable_cancel (cancelled); /* otherwise libsoup would read the rest */
  g_input_stream_close (stream, cancelled, NULL);
  return done;
}

static gboolean
upload_thread (FlooMover *mover, GCancellable *cancellable, gpointer data, GError **error)
{
  Upload *upload = data;
  gboolean done;

  upload->mover = mover;
  done = send_file (upload, cancellable, error);
  soup_session_abort (upload->session);
  return done;
}

/* ---- on the main loop ---- */

/* Its own storage: an envelope with data true; a cloud's: what its callback answers, Status OK. */
static gboolean
check_answer (const GByteArray *body, gboolean put, GError **error)
{
  g_autoptr (JsonNode) root = floo_json_parse (body->data != NULL ? (const char *) body->data : "", body->len, put ? NULL : error);
  JsonObject *object = root != NULL ? floo_json_node_object (root) : NULL;
  gint64 code = 0;
  gboolean done = FALSE;

  /* Of a PUT the HTTP status says it all, unless there are words. */
  if (put && object == NULL)
    return TRUE;
  if (root == NULL)
    {
      g_prefix_error (error, "the storage's answer: ");
      return FALSE;
    }
  if ((floo_json_get_bool (object, "data", &done) && done) || g_strcmp0 (floo_json_get_string (object, "Status"), "OK") == 0)
    return TRUE;
  if (floo_json_get_int (object, "code", &code) && code != 200)
    g_propagate_error (error, floo_rest_error (code, floo_json_get_string (object, "message")));
  else
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_REJECTED, "the storage did not take the file");
  return FALSE;
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Upload *upload = g_task_get_task_data (task);
  g_autoptr (GError) cause = NULL;
  GError *error = NULL;
  gboolean sent = floo_mover_run_finish (result, &cause);

  if (upload->refused)
    error = floo_storage_refusal ();
  else if (!sent)
    {
      cause = floo_tls_explain (g_steal_pointer (&cause), soup_message_get_tls_peer_certificate_errors (upload->message));
      error = floo_deadline_error (upload->stall, cause, "the storage");
    }
  else if (!floo_http_status_is_success (soup_message_get_status (upload->message)))
    error = floo_storage_status_error (soup_message_get_status (upload->message));
  if (error != NULL || !check_answer (upload->answer, upload->put, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* The token goes to the service; to another host only where that is the service's own storage, over no weaker a scheme. An address for a PUT
 * says itself that it may be used. */
static gboolean
may_have_token (FlooStorage *self, GUri *uri, FlooHost host, const FlooUploadRequest *request)
{
  if (host == FLOO_HOST_SERVICE)
    return TRUE;
  return request->fields == NULL && !request->put
         && (floo_tls_is_scheme (g_uri_get_scheme (uri)) || !g_str_has_prefix (floo_storage_get_service (self, NULL), "https:"));
}

static SoupMessage *
build_message (FlooStorage *self, const FlooUploadRequest *request, FlooHost *host, GError **error)
{
  const char *token = floo_rest_get_token (self->rest);
  g_autoptr (GUri) uri = floo_storage_resolve (self, request->url, NULL, host, error);
  SoupMessage *message;

  if (uri == NULL)
    return NULL;
  message = soup_message_new_from_uri (request->put ? "PUT" : "POST", uri);
  /* A request that has begun cannot be sent again by itself: its body is a stream. So not over a connection that may be dead. */
  soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION | SOUP_MESSAGE_NO_REDIRECT);
  if (may_have_token (self, uri, *host, request) && floo_storage_text_is_safe (token) && floo_storage_text_is_safe (self->app_id))
    {
      soup_message_headers_append (soup_message_get_request_headers (message), "app_id", self->app_id);
      soup_message_headers_append (soup_message_get_request_headers (message), "access-token", token);
    }
  return message;
}

void
floo_storage_upload_async (FlooStorage *self, const FlooUploadRequest *request, guint stall_ms, FlooProgress progress,
                           gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (FlooMultipart) body = NULL;
  GError *error = NULL;
  FlooHost host;
  Upload *upload;

  g_return_if_fail (FLOO_IS_STORAGE (self) && request != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, floo_storage_upload_async);
  g_task_set_check_cancellable (task, FALSE);
  upload = g_new0 (Upload, 1);
  g_task_set_task_data (task, upload, upload_free);
  upload->stall = floo_deadline_new (stall_ms, cancellable);
  upload->session = floo_storage_session_new ();
  upload->answer = g_byte_array_new ();
  upload->size = request->size;
  upload->message = build_message (self, request, &host, &error);
  if (upload->message == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  upload->put = request->put;
  if (request->put)
    soup_message_set_request_body (upload->message, request->type, request->file, request->size);
  else
    {
      body = floo_multipart_new (request->fields, request->name, request->type, request->file, request->size);
      upload->head = floo_multipart_get_head_length (body);
      soup_message_set_request_body (upload->message, floo_multipart_get_content_type (body), G_INPUT_STREAM (body),
                                     floo_multipart_get_length (body));
    }
  g_signal_connect (upload->message, "wrote-body-data", G_CALLBACK (on_wrote), upload);
  floo_storage_guard (upload->message, host, upload->stall, &upload->refused);
  floo_mover_run_async (upload_thread, upload, upload->stall, progress, progress_data, sent_cb, g_object_ref (task));
}

gboolean
floo_storage_upload_finish (FlooStorage *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_storage_upload_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
