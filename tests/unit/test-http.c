/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP request: what is loaded before the first, cancellation at difficult moments, answers with impossible headers. */
#include "base/error.h"
#include "net/http/http.h"
#include "net-support.h"

/* -- what is loaded before the first request -- */

/* A proxy resolver like that of a GIO module: it is created while GIO holds the lock of its modules. */
typedef GSimpleProxyResolver Resolver;
typedef GSimpleProxyResolverClass ResolverClass;
static GType resolver_get_type (void);
static void resolver_interface_init (GProxyResolverInterface *interface);
G_DEFINE_TYPE_WITH_CODE (Resolver, resolver, G_TYPE_SIMPLE_PROXY_RESOLVER,
                         G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, resolver_interface_init))

static gboolean resolver_found_monitor;

static gboolean
resolver_is_supported (GProxyResolver *resolver)
{
  return TRUE;
}

static void
resolver_interface_init (GProxyResolverInterface *interface)
{
  interface->is_supported = resolver_is_supported;
}

static void
resolver_class_init (ResolverClass *class)
{
}

static void
resolver_init (Resolver *self)
{
  GType monitor = g_type_from_name ("GNetworkMonitorBase");

  /* libproxy's resolver asks for the monitor here. */
  resolver_found_monitor = monitor != G_TYPE_INVALID && g_type_class_peek (monitor) != NULL;
}

static void
on_ready (gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* Must be the first test, since both are singletons of GIO. */
static void
test_monitor_first (void)
{
  guint n_ready = 0;

  floo_http_warm_up (on_ready, &n_ready);
  floo_http_warm_up (on_ready, &n_ready);
  g_assert_cmpuint (n_ready, ==, 0);
  run_until (n_ready == 2);
  g_assert_true (G_TYPE_CHECK_INSTANCE_TYPE (g_proxy_resolver_get_default (), resolver_get_type ()));
  g_assert_true (resolver_found_monitor);
  floo_http_warm_up (on_ready, &n_ready);
  g_assert_cmpuint (n_ready, ==, 3);
}

/* -- a request -- */

typedef struct {
  gboolean done;
  GBytes *body;
  GError *error;
  guint n_unqueued;
} Result;

static void
result_clear (Result *result)
{
  g_clear_pointer (&result->body, g_bytes_unref);
  g_clear_error (&result->error);
}

static void
sent_cb (GObject *source, GAsyncResult *async, gpointer user_data)
{
  Result *result = user_data;

  result->body = floo_http_send_finish (SOUP_SESSION (source), async, &result->error);
  result->done = TRUE;
}

static void
on_unqueued (SoupSession *session, SoupMessage *message, Result *result)
{
  result->n_unqueued++;
}

static void
say (RawPeer *peer)
{
  raw_peer_write (peer, peer->data, strlen (peer->data));
}

typedef enum { AT_ONCE, QUEUED, ANSWER_AWAITED, AT_HEADERS, NEVER } Moment;

typedef struct {
  RawPeer *peer;
  SoupSession *session;
  char *uri;
  Result result;
} Exchange;

static void
exchange_begin (Exchange *exchange, void (*on_request) (RawPeer *peer), gconstpointer data)
{
  exchange->peer = raw_peer_new (on_request, data);
  exchange->uri = g_strdup_printf ("http://127.0.0.1:%u/", exchange->peer->port);
  exchange->session = floo_http_session_new ();
  g_signal_connect (exchange->session, "request-unqueued", G_CALLBACK (on_unqueued), &exchange->result);
}

static void
exchange_end (Exchange *exchange)
{
  drop_last (exchange->session);
  raw_peer_free (exchange->peer);
  g_free (exchange->uri);
  result_clear (&exchange->result);
}

/* Sends a request that is cancelled at that moment, and waits for its end. */
static void
send_one (Exchange *exchange, Moment moment)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SoupMessage) message = soup_message_new ("GET", exchange->uri);
  Result *result = &exchange->result;

  result_clear (result);
  *result = (Result){ 0 };
  exchange->peer->answered = FALSE;
  g_string_truncate (exchange->peer->received, 0);
  if (moment == AT_HEADERS)
    g_signal_connect_swapped (message, "got-headers", G_CALLBACK (g_cancellable_cancel), cancellable);
  if (moment == AT_ONCE)
    g_cancellable_cancel (cancellable);
  floo_http_send_async (exchange->session, message, 20000, 1000, cancellable, sent_cb, result);
  if (moment == QUEUED)
    g_cancellable_cancel (cancellable);
  else if (moment == ANSWER_AWAITED)
    {
      run_until (exchange->peer->answered);
      g_cancellable_cancel (cancellable);
    }
  run_until (result->done);
}

#define FINE "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

/* Answers only the first request; data: the number of requests. */
static void
say_once (RawPeer *peer)
{
  guint *n_requests = (guint *) peer->data;

  if ((*n_requests)++ == 0)
    raw_peer_write (peer, FINE, strlen (FINE));
}

/* Uses an idle connection, on which the request can begin at once. */
static void
test_cancel (void)
{
  static const struct {
    Moment moment;
    guint n_unqueued;
  } cases[] = { { QUEUED, 1 }, { ANSWER_AWAITED, 1 }, { AT_ONCE, 0 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Exchange exchange = { 0 };
      guint n_requests = 0;

      exchange_begin (&exchange, say_once, &n_requests);
      send_one (&exchange, NEVER);
      g_assert_no_error (exchange.result.error);
      send_one (&exchange, cases[i].moment);
      g_assert_error (exchange.result.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
      g_assert_cmpuint (exchange.result.n_unqueued, ==, cases[i].n_unqueued);
      g_assert_cmpuint (exchange.peer->n_connections, ==, 1);
      exchange_end (&exchange);
    }
}

static void
test_cancel_at_headers (void)
{
  Exchange exchange = { 0 };

  exchange_begin (&exchange, say, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
  send_one (&exchange, AT_HEADERS);
  g_assert_error (exchange.result.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  g_assert_cmpuint (exchange.result.n_unqueued, ==, 1);
  exchange_end (&exchange);
}

/* Requests that are queued behind others can be cancelled as well, and time out as well. */
static void
test_many (void)
{
  enum { N = 20, LATE = 10 };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GSocketListener) deaf = g_socket_listener_new (); /* the kernel accepts connections, nobody reads from them */
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", g_socket_listener_add_any_inet_port (deaf, NULL, NULL));
  SoupSession *session = floo_http_session_new ();
  Result all = { 0 };
  Result results[N] = { 0 };

  g_signal_connect (session, "request-unqueued", G_CALLBACK (on_unqueued), &all);
  for (guint i = 0; i < N; i++)
    {
      g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);

      floo_http_send_async (session, message, i < LATE ? 20000 : 50, 1000, i < LATE ? cancellable : NULL, sent_cb, &results[i]);
    }
  for (guint i = LATE; i < N; i++)
    {
      run_until (results[i].done);
      g_assert_error (results[i].error, FLOO_ERROR, FLOO_ERROR_TIMEOUT);
    }
  g_assert_false (results[0].done);
  g_cancellable_cancel (cancellable);
  for (guint i = 0; i < LATE; i++)
    {
      run_until (results[i].done);
      g_assert_error (results[i].error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
    }
  g_assert_cmpuint (all.n_unqueued, ==, 6);
  for (guint i = 0; i < N; i++)
    result_clear (&results[i]);
  drop_last (session);
}

static void
test_content_length (void)
{
  static const struct {
    const char *length;
    gboolean fine;
  } cases[] = {
    { "2", TRUE },
    { "9223372036854775808", FALSE },
    { "18446744073709551615", FALSE },
    { "100000000000000000000000", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *answer = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n{}", cases[i].length);
      Exchange exchange = { 0 };
      Result *result = &exchange.result;

      exchange_begin (&exchange, say, answer);
      send_one (&exchange, NEVER);
      g_test_message ("%s: %s", cases[i].length, result->error != NULL ? result->error->message : "fine");
      if (cases[i].fine)
        {
          g_assert_no_error (result->error);
          g_assert_cmpmem (g_bytes_get_data (result->body, NULL), g_bytes_get_size (result->body), "{}", 2);
        }
      else
        g_assert_error (result->error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
      exchange_end (&exchange);
    }
}

int
main (int argc, char **argv)
{
  support_init (&argc, &argv);
  g_io_extension_point_set_required_type (g_io_extension_point_register (G_PROXY_RESOLVER_EXTENSION_POINT_NAME), G_TYPE_PROXY_RESOLVER);
  g_io_extension_point_implement (G_PROXY_RESOLVER_EXTENSION_POINT_NAME, resolver_get_type (), "flooim-test", 0);
  g_setenv ("GIO_USE_PROXY_RESOLVER", "flooim-test", TRUE);
  g_test_add_func ("/http/monitor-first", test_monitor_first);
  g_test_add_func ("/http/cancel", test_cancel);
  g_test_add_func ("/http/cancel-at-headers", test_cancel_at_headers);
  g_test_add_func ("/http/many", test_many);
  g_test_add_func ("/http/content-length", test_content_length);
  return g_test_run ();
}
