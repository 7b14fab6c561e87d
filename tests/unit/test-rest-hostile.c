/* SPDX-License-Identifier: GPL-3.0-or-later */
/* REST calls to peers whose answer does not end, does not begin or is not HTTP. */
#include "base/error.h"
#include "rest-support.h"

static void
flood_body (RawPeer *peer)
{
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
  g_autofree char *filler = g_strnfill (65536, ' ');
  g_autoptr (GString) first = g_string_new (head);
  g_autoptr (GBytes) chunk = NULL;

  g_string_append (first, filler);
  chunk = g_bytes_new (first->str, first->len); /* the head, repeated, serves as the body */
  raw_peer_flood (peer, chunk, (gsize) 512 << 20);
}

static void
half_answer (RawPeer *peer)
{
  static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"code\":";

  raw_peer_write (peer, text, strlen (text));
}

static void
cut_answer (RawPeer *peer)
{
  half_answer (peer);
  run_until (!g_output_stream_has_pending (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection))));
  raw_peer_hang_up (peer);
}

static void
no_http (RawPeer *peer)
{
  raw_peer_write (peer, "\x16\x03\x01garbage\r\n\r\n", 14);
}

static void
silence (RawPeer *peer)
{
}

static const char *raw_host;

static void
answer_dns_raw (Service *service, SoupServerMessage *message, const char *path)
{
  g_autofree char *answer = g_strdup_printf (
      "{\"code\":200,\"data\":{\"dns_list\":[{\"group_level\":0,\"clusters\":[{\"ratel\":[{\"protocol\":\"http\",\"host\":\"%s\"}],"
      "\"webim\":[{\"protocol\":\"http\",\"host\":\"%s\"}]}]}]}}",
      raw_host, raw_host);

  service_say_json (message, answer);
}

/* One call to @peer with @limit_ms. */
static void
call_raw (RawPeer *peer, guint limit_ms, GCancellable *cancellable, Result *result)
{
  g_autofree char *host = g_strdup_printf ("127.0.0.1:%u", peer->port);
  g_autoptr (Service) dns = service_new (answer_dns_raw, NULL);
  FlooEndpoints *endpoints = floo_endpoints_new (NO_CACHE, "app", dns->base);
  FlooRest *rest = floo_rest_new (endpoints, "app");
  gboolean done = FALSE;

  raw_host = host;
  floo_endpoints_discover_async (endpoints, NULL, discovered_cb, &done);
  run_until (done);
  floo_rest_set_time_limit (rest, limit_ms);
  floo_rest_call_async (rest, "GET", "/x", NULL, NULL, 0, cancellable, called_cb, result);
  if (cancellable != NULL)
    {
      run_until (peer->answered);
      g_cancellable_cancel (cancellable);
    }
  run_until (result->done);
  drop_last (rest);
  drop_last (endpoints);
}

static void
test_bad_peers (void)
{
  static const struct {
    void (*on_request) (RawPeer *peer);
    guint limit_ms;
    FlooError code;
  } cases[] = {
    { flood_body, 20000, FLOO_ERROR_PROTOCOL }, { half_answer, 100, FLOO_ERROR_TIMEOUT }, { silence, 100, FLOO_ERROR_TIMEOUT },
    { no_http, 20000, FLOO_ERROR_PROTOCOL },    { raw_peer_hang_up, 20000, FLOO_ERROR_OFFLINE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = raw_peer_new (cases[i].on_request, NULL);
      g_auto (Result) result = { 0 };

      call_raw (peer, cases[i].limit_ms, NULL, &result);
      g_test_message ("%u: %s", i, result.error->message);
      g_assert_error (result.error, FLOO_ERROR, (int) cases[i].code);
      if (cases[i].on_request == flood_body)
        {
          run_until (peer->write_failed);
          g_assert_cmpuint (peer->written, <, 64 << 20);
        }
    }
}

static void
test_cut_answer (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (cut_answer, NULL);
  g_auto (Result) result = { 0 };

  call_raw (peer, 20000, NULL, &result);
  g_assert_nonnull (result.error);
  g_assert_true (result.error->domain == FLOO_ERROR);
}

static void
test_cancel (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (silence, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_auto (Result) result = { 0 };

  call_raw (peer, 20000, cancellable, &result);
  g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  run_until (peer->hung_up);
}

/* No host is known: no request is made. */
static void
test_unknown (void)
{
  FlooEndpoints *endpoints = floo_endpoints_new (NO_CACHE, "app", NULL);
  FlooRest *rest = floo_rest_new (endpoints, "app");
  g_auto (Result) result = { 0 };

  floo_rest_call_async (rest, "GET", "/x", NULL, NULL, 0, NULL, called_cb, &result);
  run_until (result.done);
  g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  drop_last (rest);
  drop_last (endpoints);
}

int
main (int argc, char **argv)
{
  support_init (&argc, &argv);
  g_test_add_func ("/rest-hostile/bad-peers", test_bad_peers);
  g_test_add_func ("/rest-hostile/cut-answer", test_cut_answer);
  g_test_add_func ("/rest-hostile/cancel", test_cancel);
  g_test_add_func ("/rest-hostile/unknown", test_unknown);
  return g_test_run ();
}
