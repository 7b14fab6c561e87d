/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP request: what is loaded before the first, cancelled at an awkward moment, answered with impossible headers. */
#include "base/error.h"
#include "net/http.h"
#include "net-support.h"

/* -- what is loaded before the first request -- */

/* A proxy resolver as a module of GIO is: it is made while GIO holds the lock of its modules. */
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

  /* libproxy's asks for the monitor here. */
  resolver_found_monitor = monitor != G_TYPE_INVALID && g_type_class_peek (monitor) != NULL;
}

static void
on_ready (gpointer user_data)
{
  (*(guint *) user_data)++;
}

/* First of all tests, since GIO makes each of them once. */
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
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

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

/* Sends one request to a peer that says @answer; @cancellable: (nullable): cancelled when libsoup has read the headers. */
static void
exchange (const char *answer, GCancellable *cancellable, Result *result)
{
  g_autoptr (RawPeer) peer = raw_peer_new (say, answer);
  g_autofree char *uri = g_strdup_printf ("http://127.0.0.1:%u/", peer->port);
  g_autoptr (SoupMessage) message = soup_message_new ("GET", uri);
  SoupSession *session = floo_http_session_new ();

  g_signal_connect (session, "request-unqueued", G_CALLBACK (on_unqueued), result);
  if (cancellable != NULL)
    g_signal_connect_swapped (message, "got-headers", G_CALLBACK (g_cancellable_cancel), cancellable);
  floo_http_send_async (session, message, 20000, 1000, cancellable, sent_cb, result);
  run_until (result->done);
  soup_session_abort (session);
  drop_last (session);
}

/* The result of reading the headers is on its way to libsoup's callback then. */
static void
test_cancel_at_headers (void)
{
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_auto (Result) result = { 0 };

      exchange ("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", cancellable, &result);
      g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
      g_assert_cmpuint (result.n_unqueued, ==, 1);
    }
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
      g_auto (Result) result = { 0 };

      exchange (answer, NULL, &result);
      g_test_message ("%s: %s", cases[i].length, result.error != NULL ? result.error->message : "fine");
      if (cases[i].fine)
        {
          g_assert_no_error (result.error);
          g_assert_cmpmem (g_bytes_get_data (result.body, NULL), g_bytes_get_size (result.body), "{}", 2);
        }
      else
        g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
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
  g_test_add_func ("/http/cancel-at-headers", test_cancel_at_headers);
  g_test_add_func ("/http/content-length", test_content_length);
  return g_test_run ();
}
