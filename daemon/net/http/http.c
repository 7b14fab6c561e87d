/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http/http.h"

#include "base/error.h"
#include "net/http/deadline.h"
#include "net/http/proxy.h"
#include "net/http/tls.h"

#define MAX_REQUESTS_PER_HOST 6
/* High enough that libsoup never queues a request itself, see start(), even while it still counts connections that are being closed. */
#define MAX_CONNECTIONS 1000
#define MAX_CONNECTIONS_PER_HOST (2 * MAX_REQUESTS_PER_HOST)
/* Unused connections are closed early, since after a change of network or a suspend they may be dead without notice. */
#define IDLE_SECONDS 15
#define READ_SIZE (16u << 10)

/* The requests to one host. */
typedef struct {
  guint n_active;
  GQueue waiting; /* of GTask: not handed to libsoup yet */
} Host;

typedef struct {
  FlooDeadline *deadline;
  SoupSession *session; /* (nullable): what libsoup sends it with */
  SoupMessage *message;
  Host *host;
  gboolean is_active;
  GSource *watch; /* while it waits: of the deadline */
  gsize max_body;
  GByteArray *body; /* has room for the read under way behind its first body_len bytes */
  guint body_len;
  GError *problem; /* how it ended, told once the stream is closed */
} Send;

static void
drop_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
send_free (Send *send)
{
  g_clear_pointer (&send->watch, drop_source);
  floo_deadline_free (send->deadline);
  g_clear_object (&send->message);
  g_clear_object (&send->session);
  g_clear_pointer (&send->body, g_byte_array_unref);
  g_clear_error (&send->problem);
  g_free (send);
}

typedef struct {
  FlooHttpReady ready;
  gpointer user_data;
} Waiting;

/* The main loop's. */
static struct {
  gboolean done;
  GArray *waiting; /* of Waiting; NULL: no thread is loading */
} warm_up;

static void
warm_up_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  /*
   * Both are singletons of GIO. The monitor must come first: the proxy resolver may be a module that asks for the monitor (libproxy's
   * does), and GIO holds the lock of its modules while it makes a resolver. Another thread that is making the monitor would wait for that
   * lock, and the resolver for that thread: a deadlock.
   */
  g_network_monitor_get_default ();
  floo_proxy_get_resolver ();
  g_task_return_boolean (task, TRUE);
}

static void
warmed_up_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GArray) waiting = g_steal_pointer (&warm_up.waiting);

  warm_up.done = TRUE;
  for (guint i = 0; i < waiting->len; i++)
    {
      const Waiting *one = &g_array_index (waiting, Waiting, i);

      one->ready (one->user_data);
    }
}

void
floo_http_warm_up (FlooHttpReady ready, gpointer user_data)
{
  Waiting one = { ready, user_data };
  g_autoptr (GTask) task = NULL;

  if (warm_up.done)
    {
      ready (user_data);
      return;
    }
  if (warm_up.waiting == NULL)
    {
      warm_up.waiting = g_array_new (FALSE, FALSE, sizeof (Waiting));
      task = g_task_new (NULL, NULL, warmed_up_cb, NULL);
      g_task_set_source_tag (task, floo_http_warm_up);
      g_task_run_in_thread (task, warm_up_thread);
    }
  g_array_append_val (warm_up.waiting, one);
}

/*
 * The headers have arrived, and libsoup has not evaluated them yet. It reads a Content-Length beyond 2^63 as a negative one and passes that to a
 * property that refuses it, with a critical. An unknown encoding instead makes it refuse the answer and close the connection.
 */
static void
on_status (SoupMessage *message, GParamSpec *pspec, gpointer user_data)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (message);

  if (soup_message_get_status (message) == SOUP_STATUS_NONE || soup_message_headers_get_content_length (headers) >= 0)
    return;
  g_message ("An answer with an impossible Content-Length is refused: %s", soup_message_headers_get_one (headers, "Content-Length"));
  soup_message_headers_replace (headers, "Transfer-Encoding", "impossible-content-length");
}

#define QUEUED "flooim-queued"       /* of a message: it is in libsoup's queue */
#define DAMAGED "flooim-damaged"     /* of a session: see on_request_unqueued() */
#define SUCCESSOR "flooim-successor" /* of a session: the one that took over from it */

static void
on_request_queued (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  g_object_set_data (G_OBJECT (message), QUEUED, message);
  g_signal_connect (message, "notify::status-code", G_CALLBACK (on_status), NULL);
}

/*
 * libsoup 3.6 takes a request whose connection is lost out of its queue twice, and subtracts it twice from the number of those that are in it. It
 * does not look at its queue while that number is 0 or less: from then on one request alone would wait for ever.
 */
static void
on_request_unqueued (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  if (g_object_steal_data (G_OBJECT (message), QUEUED) == NULL)
    g_object_set_data (G_OBJECT (session), DAMAGED, session);
  g_signal_handlers_disconnect_by_func (message, on_status, NULL);
}

SoupSession *
floo_http_session_new (void)
{
  SoupSession *session
      = soup_session_new_with_options ("user-agent", FLOO_USER_AGENT, "max-conns", MAX_CONNECTIONS, "max-conns-per-host",
                                       MAX_CONNECTIONS_PER_HOST, "idle-timeout", IDLE_SECONDS, "timeout", 0, NULL);

  soup_session_remove_feature_by_type (session, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  soup_session_remove_feature_by_type (session, SOUP_TYPE_AUTH_MANAGER);
  /* No compression: a small body could unpack to a very large one, and GIO closes converters in a thread. */
  soup_session_remove_feature_by_type (session, SOUP_TYPE_CONTENT_DECODER);
  floo_proxy_attach (session);
  g_signal_connect (session, "request-queued", G_CALLBACK (on_request_queued), NULL);
  g_signal_connect (session, "request-unqueued", G_CALLBACK (on_request_unqueued), NULL);
  return session;
}

/* Returns: (transfer full): @session, or the one that took over from it */
static SoupSession *
get_sound_session (SoupSession *session)
{
  SoupSession *successor = g_object_get_data (G_OBJECT (session), SUCCESSOR);

  if (g_object_get_data (G_OBJECT (session), DAMAGED) == NULL)
    return g_object_ref (session);
  if (successor == NULL || g_object_get_data (G_OBJECT (successor), DAMAGED) != NULL)
    {
      successor = floo_http_session_new ();
      g_object_set_data_full (G_OBJECT (session), SUCCESSOR, successor, g_object_unref);
    }
  return g_object_ref (successor);
}

/* Returns: (transfer none): the requests to the host that @message goes to. */
static Host *
get_host (SoupSession *session, SoupMessage *message)
{
  GUri *uri = soup_message_get_uri (message);
  GHashTable *hosts = g_object_get_data (G_OBJECT (session), "flooim-hosts");
  g_autofree char *name = g_strdup_printf ("%s %d", g_uri_get_host (uri), g_uri_get_port (uri));
  Host *host;

  if (hosts == NULL)
    {
      hosts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      g_object_set_data_full (G_OBJECT (session), "flooim-hosts", hosts, (GDestroyNotify) g_hash_table_unref);
    }
  host = g_hash_table_lookup (hosts, name);
  if (host == NULL)
    {
      host = g_new0 (Host, 1);
      g_hash_table_insert (hosts, g_steal_pointer (&name), host);
    }
  return host;
}

static void start (GTask *task);

/* Ends the task, and lets another request begin; @error: (transfer full) (nullable). */
static void
finish (GTask *task, GError *error)
{
  Send *send = g_task_get_task_data (task);
  g_autoptr (GError) cause = error;

  if (send->is_active)
    {
      GTask *next = g_queue_pop_head (&send->host->waiting);

      send->is_active = FALSE;
      send->host->n_active--;
      if (next != NULL)
        start (next);
    }
  if (cause != NULL)
    g_task_return_error (task, floo_deadline_error (send->deadline, cause, "the service"));
  else
    g_task_return_pointer (task, g_byte_array_free_to_bytes (g_steal_pointer (&send->body)), (GDestroyNotify) g_bytes_unref);
  g_object_unref (task);
}

static void
closed_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *send = g_task_get_task_data (task);

  /* The result is known already: an error while closing is ignored. */
  g_input_stream_close_finish (G_INPUT_STREAM (source), result, NULL);
  finish (task, g_steal_pointer (&send->problem));
}

/*
 * @problem: (transfer full) (nullable)
 *
 * With our cancellable, since libsoup reads the rest of a body before it closes.
 */
static void
close_stream (GTask *task, GInputStream *stream, GError *problem)
{
  Send *send = g_task_get_task_data (task);

  send->problem = problem;
  g_input_stream_close_async (stream, G_PRIORITY_DEFAULT, floo_deadline_get_cancellable (send->deadline), closed_cb, task);
}

static void read_more (GTask *task, GInputStream *stream);

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *send = g_task_get_task_data (task);
  GInputStream *stream = G_INPUT_STREAM (source);
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (stream, result, &error);

  g_byte_array_set_size (send->body, send->body_len + (guint) MAX (n, 0));
  send->body_len = send->body->len;
  if (n <= 0)
    close_stream (task, stream, error);
  else if (send->body_len > send->max_body)
    {
      floo_deadline_abort (send->deadline);
      close_stream (task, stream,
                    g_error_new (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "an answer of more than %" G_GSIZE_FORMAT " bytes", send->max_body));
    }
  else
    read_more (task, stream);
}

/* Reads to the end of what is there already. */
static void
read_more (GTask *task, GInputStream *stream)
{
  Send *send = g_task_get_task_data (task);

  g_byte_array_set_size (send->body, send->body_len + READ_SIZE);
  g_input_stream_read_async (stream, send->body->data + send->body_len, READ_SIZE, G_PRIORITY_DEFAULT,
                             floo_deadline_get_cancellable (send->deadline), read_cb, task);
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Send *send = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GInputStream) stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);

  if (stream == NULL)
    finish (task, floo_tls_explain (error, soup_message_get_tls_peer_certificate_errors (send->message)));
  else
    read_more (task, stream);
}

static gboolean
on_cancelled_waiting (GCancellable *cancellable, gpointer user_data)
{
  GTask *task = user_data;
  Send *send = g_task_get_task_data (task);

  g_queue_remove (&send->host->waiting, task);
  finish (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
  return G_SOURCE_REMOVE;
}

/*
 * Passes the request to libsoup, or queues it until another one to the host has ended. libsoup gets no request that is cancelled, and none
 * that it would queue itself: it does not notice a cancellation in its queue, and 3.6 unqueues a request twice that it begins after that.
 */
static void
start (GTask *task)
{
  Send *send = g_task_get_task_data (task);
  GCancellable *cancellable = floo_deadline_get_cancellable (send->deadline);

  g_clear_pointer (&send->watch, drop_source);
  if (g_cancellable_is_cancelled (cancellable))
    finish (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
  else if (send->host->n_active >= MAX_REQUESTS_PER_HOST)
    {
      g_queue_push_tail (&send->host->waiting, task);
      send->watch = g_cancellable_source_new (cancellable);
      g_source_set_callback (send->watch, G_SOURCE_FUNC (on_cancelled_waiting), task, NULL);
      g_source_attach (send->watch, g_main_context_get_thread_default ());
    }
  else
    {
      send->is_active = TRUE;
      send->host->n_active++;
      send->session = get_sound_session (g_task_get_source_object (task));
      soup_session_send_async (send->session, send->message, G_PRIORITY_DEFAULT, cancellable, sent_cb, task);
    }
}

static void
on_tls_ready (gpointer user_data)
{
  start (user_data);
}

void
floo_http_send_async (SoupSession *session, SoupMessage *message, guint timeout_ms, gsize max_body, GCancellable *cancellable,
                      GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (session, cancellable, callback, user_data);
  Send *send = g_new0 (Send, 1);

  g_task_set_source_tag (task, floo_http_send_async);
  g_task_set_task_data (task, send, (GDestroyNotify) send_free);
  /* The deadline decides on the error. */
  g_task_set_check_cancellable (task, FALSE);
  send->deadline = floo_deadline_new (timeout_ms, cancellable);
  send->message = g_object_ref (message);
  send->host = get_host (session, message);
  send->max_body = max_body;
  send->body = g_byte_array_new ();
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT);
  floo_tls_prepare (g_uri_get_scheme (soup_message_get_uri (message)), on_tls_ready, task);
}

GBytes *
floo_http_send_finish (SoupSession *session, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_http_send_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
