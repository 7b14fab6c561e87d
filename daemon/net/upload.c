/* SPDX-License-Identifier: GPL-3.0-or-later */
/* upload.c: floo_storage_upload_async() */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "net/envelope.h"
#include "net/file-url.h"
#include "net/http.h"
#include "net/multipart.h"
#include "net/storage-private.h"

#define MAX_ANSWER (64u << 10)

typedef struct {
  FlooDeadline *stall;
  SoupMessage *message;
  gboolean refused;
  goffset head;    /* bytes of the body before the file */
  goffset size;    /* of the file, -1: not known */
  goffset written; /* bytes of the body */
  FlooProgress progress;
  gpointer progress_data;
} Upload;

static void
upload_free (gpointer data)
{
  Upload *upload = data;

  if (upload->message != NULL)
    g_signal_handlers_disconnect_matched (upload->message, G_SIGNAL_MATCH_DATA, 0, 0, NULL, NULL, upload);
  g_clear_object (&upload->message);
  floo_deadline_free (upload->stall);
  g_free (upload);
}

static void
on_wrote (SoupMessage *message, guint size, gpointer user_data)
{
  Upload *upload = user_data;
  goffset transferred;

  floo_deadline_touch (upload->stall);
  upload->written += size;
  transferred = MAX (upload->written - upload->head, 0);
  if (upload->progress != NULL)
    upload->progress (upload->size >= 0 ? MIN (transferred, upload->size) : transferred, upload->size, upload->progress_data);
}

/* Its own storage: an envelope with data true; a cloud's: what its callback answers, Status OK. */
static gboolean
check_answer (GBytes *body, GError **error)
{
  gsize len;
  const char *text = g_bytes_get_data (body, &len);
  g_autoptr (JsonNode) root = floo_json_parse (text != NULL ? text : "", len, error);
  JsonObject *object = root != NULL ? floo_json_node_object (root) : NULL;
  gint64 code = 0;
  gboolean done = FALSE;

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
  GError *error = NULL;
  g_autoptr (GBytes) body = floo_http_send_finish (SOUP_SESSION (source), result, &error);

  if (upload->refused)
    {
      g_clear_error (&error);
      error = floo_storage_refusal ();
    }
  else if (error != NULL)
    {
      GError *said = floo_deadline_error (upload->stall, error, "the storage");

      g_error_free (error);
      error = said;
    }
  else if (!floo_http_status_is_success (soup_message_get_status (upload->message)))
    error = floo_storage_status_error (soup_message_get_status (upload->message));
  if (error != NULL || !check_answer (body, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* The token goes to the service; to another host only where that is the service's own storage, over no weaker a scheme. */
static gboolean
may_have_token (FlooStorage *self, GUri *uri, FlooHost host, const FlooUploadRequest *request)
{
  if (host == FLOO_HOST_SERVICE)
    return TRUE;
  return request->fields == NULL
         && (strcmp (g_uri_get_scheme (uri), "https") == 0 || !g_str_has_prefix (floo_storage_get_service (self, NULL), "https:"));
}

static SoupMessage *
build_message (FlooStorage *self, const FlooUploadRequest *request, FlooHost *host, GError **error)
{
  const char *token = floo_rest_get_token (self->rest);
  g_autoptr (GUri) uri = floo_storage_resolve (self, request->url, NULL, host, error);
  SoupMessage *message;

  if (uri == NULL)
    return NULL;
  message = soup_message_new_from_uri ("POST", uri);
  /* A request that has begun cannot be sent again by itself: its body is a stream. So not over a connection that may be dead. */
  soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
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
  upload->progress = progress;
  upload->progress_data = progress_data;
  upload->size = request->size;
  upload->message = build_message (self, request, &host, &error);
  if (upload->message == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  body = floo_multipart_new (request->fields, request->name, request->type, request->file, request->size);
  upload->head = floo_multipart_get_head_length (body);
  soup_message_set_request_body (upload->message, floo_multipart_get_content_type (body), G_INPUT_STREAM (body),
                                 floo_multipart_get_length (body));
  g_signal_connect (upload->message, "wrote-body-data", G_CALLBACK (on_wrote), upload);
  floo_storage_guard (upload->message, host, upload->stall, &upload->refused);
  floo_http_send_async (self->session, upload->message, G_MAXUINT, MAX_ANSWER, floo_deadline_get_cancellable (upload->stall), sent_cb,
                        g_object_ref (task));
}

gboolean
floo_storage_upload_finish (FlooStorage *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_storage_upload_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
