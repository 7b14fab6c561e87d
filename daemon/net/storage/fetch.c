/* SPDX-License-Identifier: GPL-3.0-or-later */
/* fetch.c: floo_storage_fetch_async(): each request runs on a thread; a redirect is checked before it is followed */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "net/http/envelope.h"
#include "net/storage/file-url.h"
#include "net/http/mover.h"
#include "net/http/proxy.h"
#include "net/storage/storage-private.h"
#include "net/http/tls.h"

#define MAX_REDIRECTS 5
/* How much is read at once, and is in memory at most. */
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
  SoupSession *session;
  SoupMessage *message;
  gboolean refused;
  char *location; /* (nullable): where the answer sends us */
} Fetch;

static void send_request (GTask *task);

static void
fetch_free (gpointer data)
{
  Fetch *fetch = data;

  g_clear_object (&fetch->message);
  g_clear_object (&fetch->session);
  g_clear_pointer (&fetch->uri, g_uri_unref);
  floo_deadline_free (fetch->stall);
  g_strfreev (fetch->query);
  g_free (fetch->location);
  g_free (fetch->url);
  g_free (fetch);
}

void
floo_fetch_state_clear (FlooFetchState *state)
{
  g_clear_pointer (&state->validator, g_free);
  state->have = 0;
  state->total = -1;
}

/* ---- the head of the answer ---- */

/* A number of bytes; FALSE: not a number. One beyond int64 counts as the largest. */
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

/* Whether the answer was refused because of an impossible length (see http.c). */
static gboolean
is_endless (Fetch *fetch)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (fetch->message);
  const char *length = headers != NULL ? soup_message_headers_get_one (headers, "Content-Length") : NULL;
  goffset size;

  return length != NULL && parse_size (length, &size) && size == G_MAXINT64;
}

/* The whole file: start over. */
static GError *
take_whole (Fetch *fetch, SoupMessageHeaders *headers)
{
  const char *length = soup_message_headers_get_one (headers, "Content-Length");
  const char *tag = soup_message_headers_get_one (headers, "ETag");
  goffset total = -1;

  if (length != NULL && soup_message_headers_get_encoding (headers) != SOUP_ENCODING_CHUNKED && !parse_size (length, &total))
    return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the file's length is not a number");
  if (total > fetch->max_size)
    return too_large (fetch->max_size);
  if (tag == NULL || g_str_has_prefix (tag, "W/"))
    tag = soup_message_headers_get_one (headers, "Last-Modified");
  floo_fetch_state_clear (fetch->state);
  fetch->state->total = total;
  fetch->state->validator = g_strdup (tag);
  if (ftruncate (fetch->fd, 0) != 0)
    return g_error_new (FLOO_ERROR, FLOO_ERROR_FILE, "the file cannot be written: %s", g_strerror (errno));
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
      return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "the file has changed on the server");
    default:
      return floo_storage_status_error (status);
    }
}

/* ---- the body, on the thread ---- */

static gboolean
write_all (Fetch *fetch, const guint8 *data, gsize len, GError **error)
{
  FlooFetchState *state = fetch->state;

  while (len > 0)
    {
      ssize_t n = pwrite (fetch->fd, data, len, state->have);

      if (n < 0 && errno != EINTR)
        {
          gboolean full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;

          g_set_error (error, FLOO_ERROR, full ? FLOO_ERROR_STORAGE_FULL : FLOO_ERROR_FILE, "the file cannot be written: %s",
                       g_strerror (errno));
          return FALSE;
        }
      n = MAX (n, 0);
      data += n;
      len -= (gsize) n;
      state->have += n;
    }
  return TRUE;
}

/* When the body breaks off, what has arrived is kept, so that the next attempt resumes there. */
static gboolean
read_body (Fetch *fetch, FlooMover *mover, GInputStream *stream, GCancellable *cancellable, GError **error)
{
  FlooFetchState *state = fetch->state;
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  gssize n;

  while ((n = g_input_stream_read (stream, buffer, BUFFER_SIZE, cancellable, error)) > 0)
    {
      if (state->have + n > fetch->max_size)
        {
          g_propagate_error (error, too_large (fetch->max_size));
          return FALSE;
        }
      if (state->total >= 0 && state->have + n > state->total)
        {
          floo_fetch_state_clear (state);
          g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_OFFLINE, "the server sent more bytes than the file has");
          return FALSE;
        }
      if (!write_all (fetch, buffer, (gsize) n, error))
        return FALSE;
      floo_mover_tell (mover, state->have, state->total);
    }
  if (n == 0 && state->total >= 0 && state->have != state->total)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_OFFLINE, "the file ended too early");
      return FALSE;
    }
  return n == 0;
}

static gboolean
is_redirect (guint status)
{
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static GError *
take_redirect (Fetch *fetch)
{
  const char *location = soup_message_headers_get_one (soup_message_get_response_headers (fetch->message), "Location");

  if (location == NULL)
    return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "a redirect without an address");
  if (fetch->redirects++ == MAX_REDIRECTS)
    return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "too many redirects");
  fetch->location = g_strdup (location);
  return NULL;
}

/* One request and its answer. */
static gboolean
request (Fetch *fetch, FlooMover *mover, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_autoptr (GInputStream) stream = soup_session_send (fetch->session, fetch->message, cancellable, error);
  GError *problem;
  gboolean ended;

  if (stream == NULL && is_endless (fetch))
    {
      g_clear_error (error);
      g_propagate_error (error, too_large (fetch->max_size));
    }
  if (stream == NULL)
    return FALSE;
  floo_mover_tell (mover, fetch->state->have, fetch->state->total);
  if (soup_message_get_status (fetch->message) == FLOO_PROXY_STATUS)
    floo_proxy_learn (fetch->uri, cancellable); /* for the next attempt */
  problem = is_redirect (soup_message_get_status (fetch->message)) ? take_redirect (fetch) : take_head (fetch);
  ended = problem == NULL && fetch->location == NULL && read_body (fetch, mover, stream, cancellable, &problem);
  if (!ended)
    g_cancellable_cancel (cancelled); /* otherwise libsoup would read the rest */
  g_input_stream_close (stream, cancelled, NULL);
  if (problem == NULL)
    return TRUE;
  g_propagate_error (error, problem);
  return FALSE;
}

static gboolean
fetch_thread (FlooMover *mover, GCancellable *cancellable, gpointer data, GError **error)
{
  Fetch *fetch = data;
  gboolean done = request (fetch, mover, cancellable, error);

  soup_session_abort (fetch->session);
  return done;
}

/* ---- asking ---- */

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
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Fetch *fetch = g_task_get_task_data (task);
  GError *error = NULL;

  if (!floo_mover_run_finish (result, &error) || fetch->location == NULL)
    {
      finish (task, error != NULL ? floo_tls_explain (error, soup_message_get_tls_peer_certificate_errors (fetch->message)) : NULL);
      return;
    }
  g_free (fetch->url);
  fetch->url = g_steal_pointer (&fetch->location);
  send_request (task);
}

/* The address with the parameters that only the service itself gets. */
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
  floo_mover_run_async (fetch_thread, fetch, fetch->stall, fetch->progress, fetch->progress_data, fetched_cb, task);
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
  fetch->session = floo_storage_session_new ();
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
