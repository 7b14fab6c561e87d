/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch.c: floo_storage_fetch_async() */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/envelope.h"
#include "net/file-url.h"
#include "net/http.h"
#include "net/storage-private.h"

#define MAX_REDIRECTS 5
/* What is written at once; as much again is never in memory. */
#define BUFFER_SIZE (256u << 10)

typedef struct {
  FlooDeadline *stall;
  FlooFetchState *state;
  char *url;
  char **query;
  int fd;
  goffset max_size;
  FlooProgress progress;
  gpointer progress_data;

  GUri *uri; /* asked now */
  guint redirects;
  SoupMessage *message;
  gboolean refused;
  GInputStream *stream;
  guint8 *buffer;
  gsize filled;
  gboolean ended;    /* the body */
  gboolean truncate; /* the file begins anew with the next write */
  GError *problem;   /* told once the stream is closed */
} Fetch;

static void send_request (GTask *task);
static void read_more (GTask *task);

static void
fetch_free (gpointer data)
{
  Fetch *fetch = data;

  g_clear_object (&fetch->message);
  g_clear_object (&fetch->stream);
  g_clear_pointer (&fetch->uri, g_uri_unref);
  g_clear_error (&fetch->problem);
  floo_deadline_free (fetch->stall);
  g_strfreev (fetch->query);
  g_free (fetch->url);
  g_free (fetch->buffer);
  g_free (fetch);
}

void
floo_fetch_state_clear (FlooFetchState *state)
{
  g_clear_pointer (&state->validator, g_free);
  state->have = 0;
  state->total = -1;
}

/* Ends the task; @error: (transfer full) (nullable). */
static void
finish (GTask *task, GError *error)
{
  Fetch *fetch = g_task_get_task_data (task);
  g_autoptr (GError) cause = error;

  if (fetch->refused)
    g_task_return_error (task, floo_storage_refusal ());
  else if (cause != NULL)
    g_task_return_error (task, floo_deadline_error (fetch->stall, cause, "the file server"));
  else
    g_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Fetch *fetch = g_task_get_task_data (task);

  g_input_stream_close_finish (G_INPUT_STREAM (source), result, NULL);
  if (fetch->problem != NULL)
    finish (task, g_steal_pointer (&fetch->problem));
  else if (fetch->ended)
    finish (task, NULL);
  else
    send_request (task);
}

/* @problem: (transfer full) (nullable). What is left of the body is not read. */
static void
close_stream (GTask *task, GError *problem)
{
  Fetch *fetch = g_task_get_task_data (task);
  g_autoptr (GInputStream) stream = g_steal_pointer (&fetch->stream);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();

  fetch->problem = problem;
  if (!fetch->ended || problem != NULL)
    g_cancellable_cancel (cancelled); /* libsoup would read the rest else */
  g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, cancelled, closed_cb, task);
}

/* ---- writing ---- */

static gboolean
write_out (const Fetch *fetch, GError **error)
{
  gsize done = 0;

  if (fetch->truncate && ftruncate (fetch->fd, 0) != 0)
    {
      g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
      return FALSE;
    }
  while (done < fetch->filled)
    {
      ssize_t n = pwrite (fetch->fd, fetch->buffer + done, fetch->filled - done, fetch->state->have + (goffset) done);

      if (n < 0 && errno != EINTR)
        {
          gboolean full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

          g_set_error (error, FLOO_ERROR, full ? FLOO_ERROR_STORAGE_FULL : FLOO_ERROR_FILE, "the file cannot be written: %s",
                       g_strerror (errno));
          return FALSE;
        }
      done += (gsize) MAX (n, 0);
    }
  return TRUE;
}

static void
write_thread (GTask *inner, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  GError *error = NULL;

  if (write_out (task_data, &error))
    g_task_return_boolean (inner, TRUE);
  else
    g_task_return_error (inner, error);
}

static void
written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  FlooFetchState *state = fetch->state;
  GError *error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      g_clear_error (&fetch->problem);
      close_stream (task, error);
      return;
    }
  fetch->truncate = FALSE;
  state->have += (goffset) fetch->filled;
  fetch->filled = 0;
  floo_deadline_touch (fetch->stall);
  if (fetch->progress != NULL)
    fetch->progress (state->have, state->total, fetch->progress_data);
  if (fetch->ended || fetch->problem != NULL)
    close_stream (task, g_steal_pointer (&fetch->problem));
  else
    read_more (task);
}

static void
write_buffer (GTask *task)
{
  Fetch *fetch = g_task_get_task_data (task);
  g_autoptr (GTask) inner = g_task_new (NULL, NULL, written_cb, task);

  g_task_set_source_tag (inner, write_buffer);
  g_task_set_task_data (inner, fetch, NULL); /* task has it */
  g_task_run_in_thread (inner, write_thread);
}

/* ---- reading ---- */

/* The body broke off: what came of it is kept, so that the next try goes on there. @problem: (transfer full) */
static void
break_off (GTask *task, GError *problem)
{
  Fetch *fetch = g_task_get_task_data (task);

  if (fetch->filled == 0)
    {
      close_stream (task, problem);
      return;
    }
  fetch->problem = problem;
  write_buffer (task);
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (n < 0)
    {
      break_off (task, error);
      return;
    }
  floo_deadline_touch (fetch->stall);
  fetch->filled += (gsize) n;
  fetch->ended = n == 0;
  if (fetch->state->have + (goffset) fetch->filled > fetch->max_size)
    close_stream (task,
                  g_error_new (FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "the file has more than %" G_GOFFSET_FORMAT " bytes", fetch->max_size));
  else if (fetch->ended && fetch->state->total >= 0 && fetch->state->have + (goffset) fetch->filled != fetch->state->total)
    {
      fetch->ended = FALSE;
      break_off (task, g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "the file ended too early"));
    }
  else if (fetch->ended || fetch->filled == BUFFER_SIZE)
    write_buffer (task);
  else
    read_more (task);
}

static void
read_more (GTask *task)
{
  Fetch *fetch = g_task_get_task_data (task);

  g_input_stream_read_async (fetch->stream, fetch->buffer + fetch->filled, BUFFER_SIZE - fetch->filled, G_PRIORITY_DEFAULT,
                             floo_deadline_get_cancellable (fetch->stall), read_cb, task);
}

/* ---- the head of the answer ---- */

/* A number of bytes; FALSE: it is none. One beyond int64 is taken for the largest. */
static gboolean
parse_size (const char *text, goffset *size)
{
  gsize digits = strspn (text, G_CSET_DIGITS);

  if (digits == 0 || text[digits] != '\0')
    return FALSE;
  *size = digits > 18 ? G_MAXINT64 : (goffset) g_ascii_strtoull (text, NULL, 10);
  return TRUE;
}

static GError *
too_large (goffset max)
{
  return g_error_new (FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "the file is larger than the limit of %" G_GOFFSET_FORMAT " bytes", max);
}

/* A whole file: it begins anew. */
static GError *
take_whole (Fetch *fetch, SoupMessageHeaders *headers)
{
  const char *length = soup_message_headers_get_one (headers, "Content-Length");
  const char *tag = soup_message_headers_get_one (headers, "ETag");
  goffset total = -1;

  if (length != NULL && soup_message_headers_get_encoding (headers) != SOUP_ENCODING_CHUNKED && !parse_size (length, &total))
    return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the file's length is no number");
  if (total > fetch->max_size)
    return too_large (fetch->max_size);
  if (tag == NULL || g_str_has_prefix (tag, "W/"))
    tag = soup_message_headers_get_one (headers, "Last-Modified");
  floo_fetch_state_clear (fetch->state);
  fetch->state->total = total;
  fetch->state->validator = g_strdup (tag);
  fetch->truncate = TRUE;
  return NULL;
}

/* The rest of what is there. */
static GError *
take_rest (Fetch *fetch, SoupMessageHeaders *headers)
{
  goffset start, end, total;

  if (!soup_message_headers_get_content_range (headers, &start, &end, &total) || start != fetch->state->have || end < start
      || (total >= 0 && end + 1 != total) || (fetch->state->total >= 0 && total >= 0 && total != fetch->state->total))
    {
      floo_fetch_state_clear (fetch->state);
      return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "the server sent another part of the file than it was asked for");
    }
  if (end >= fetch->max_size)
    return too_large (fetch->max_size);
  if (fetch->state->total < 0)
    fetch->state->total = total;
  return NULL;
}

static GError *
take_head (Fetch *fetch)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (fetch->message);
  guint status = soup_message_get_status (fetch->message);
  const char *encoding = soup_message_headers_get_list (headers, "Content-Encoding");

  if (encoding != NULL && g_ascii_strcasecmp (encoding, "identity") != 0)
    return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the file came compressed, which was not asked for");
  switch (status)
    {
    case SOUP_STATUS_OK:
      return take_whole (fetch, headers);
    case SOUP_STATUS_PARTIAL_CONTENT:
      return take_rest (fetch, headers);
    case SOUP_STATUS_REQUESTED_RANGE_NOT_SATISFIABLE:
      if (fetch->state->have == 0)
        return floo_storage_status_error (status);
      floo_fetch_state_clear (fetch->state);
      return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "the server has another file now");
    default:
      return floo_storage_status_error (status);
    }
}

/* ---- asking ---- */

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;

  fetch->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (fetch->stream == NULL)
    {
      finish (task, error);
      return;
    }
  floo_deadline_touch (fetch->stall);
  if (is_redirect (soup_message_get_status (fetch->message)))
    {
      const char *location = soup_message_headers_get_one (soup_message_get_response_headers (fetch->message), "Location");

      if (location == NULL || fetch->redirects++ == MAX_REDIRECTS)
        error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL,
                                     location == NULL ? "a redirect without an address" : "too many redirects");
      g_free (fetch->url);
      fetch->url = g_strdup (location);
      close_stream (task, error);
      return;
    }
  error = take_head (fetch);
  if (error != NULL)
    {
      close_stream (task, error);
      return;
    }
  if (fetch->buffer == NULL)
    fetch->buffer = g_malloc (BUFFER_SIZE);
  read_more (task);
}

/* The address with what the service itself gets to see. */
static GUri *
build_uri (FlooStorage *self, Fetch *fetch, FlooHost *host, GError **error)
{
  const char *token = floo_rest_get_token (self->rest);
  g_autoptr (GUri) uri = floo_storage_resolve (self, fetch->url, fetch->uri, host, error);
  g_autoptr (GPtrArray) query = g_ptr_array_new ();

  if (uri == NULL || *host != FLOO_HOST_SERVICE)
    return g_steal_pointer (&uri);
  for (guint i = 0; fetch->query != NULL && fetch->query[i] != NULL; i++)
    g_ptr_array_add (query, fetch->query[i]);
  if (token != NULL)
    {
      g_ptr_array_add (query, (gpointer) "access-token");
      g_ptr_array_add (query, (gpointer) token);
      g_ptr_array_add (query, (gpointer) "app_id");
      g_ptr_array_add (query, self->app_id);
    }
  g_ptr_array_add (query, NULL);
  return floo_file_url_with_query (uri, (const char *const *) query->pdata);
}

static void
send_request (GTask *task)
{
  FlooStorage *self = g_task_get_source_object (task);
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;
  FlooHost host;
  GUri *uri = build_uri (self, fetch, &host, &error);
  SoupMessageHeaders *headers;

  if (uri == NULL)
    {
      finish (task, error);
      return;
    }
  g_clear_pointer (&fetch->uri, g_uri_unref);
  fetch->uri = uri;
  g_clear_object (&fetch->message);
  fetch->message = soup_message_new_from_uri ("GET", uri);
  soup_message_add_flags (fetch->message, SOUP_MESSAGE_NO_REDIRECT);
  headers = soup_message_get_request_headers (fetch->message);
  soup_message_headers_replace (headers, "Accept-Encoding", "identity");
  if (fetch->state->have > 0 && fetch->state->validator != NULL)
    {
      soup_message_headers_set_range (headers, fetch->state->have, -1);
      soup_message_headers_replace (headers, "If-Range", fetch->state->validator);
    }
  floo_storage_guard (fetch->message, host, fetch->stall, &fetch->refused);
  soup_session_send_async (self->session, fetch->message, G_PRIORITY_DEFAULT, floo_deadline_get_cancellable (fetch->stall), sent_cb, task);
}

void
floo_storage_fetch_async (FlooStorage *self, const FlooFetchRequest *request, FlooFetchState *state, guint stall_ms, FlooProgress progress,
                          gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;
  Fetch *fetch;

  g_return_if_fail (FLOO_IS_STORAGE (self) && request != NULL && state != NULL);

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, floo_storage_fetch_async);
  g_task_set_check_cancellable (task, FALSE);
  fetch = g_new0 (Fetch, 1);
  g_task_set_task_data (task, fetch, fetch_free);
  fetch->stall = floo_deadline_new (stall_ms, cancellable);
  fetch->state = state;
  fetch->url = g_strdup (request->url);
  fetch->query = g_strdupv ((char **) request->query);
  fetch->fd = request->fd;
  fetch->max_size = request->max_size;
  fetch->progress = progress;
  fetch->progress_data = progress_data;
  send_request (task);
}

gboolean
floo_storage_fetch_finish (FlooStorage *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_storage_fetch_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), error);
}
