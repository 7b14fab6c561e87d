/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The WebSocket channel against libsoup's server, and against raw peers that break every rule. */
#include "net/socket/channel-ws.h"

#include <libsoup/soup.h>

#include "base/error.h"
#include "base/names.h"
#include "net-support.h"

typedef struct {
  FlooChannel *channel;
  GError *open_error;
  gboolean opened;
  gboolean closed;
  GError *close_error;
  GString *text; /* all texts, a line each */
  gsize n_binary;
  gsize binary_bytes;
  GBytes *last_binary;
  gboolean close_on_text; /* closes the channel from within the handler */
} Client;

static void
on_text (FlooChannel *channel, const char *text, guint64 len, Client *client)
{
  g_assert_cmpuint (strlen (text), ==, len);
  g_string_append_printf (client->text, "%s\n", text);
  if (client->close_on_text)
    floo_channel_close (channel);
}

static void
on_binary (FlooChannel *channel, GBytes *message, Client *client)
{
  client->n_binary++;
  client->binary_bytes += g_bytes_get_size (message);
  g_clear_pointer (&client->last_binary, g_bytes_unref);
  client->last_binary = g_bytes_ref (message);
}

static void
on_closed (FlooChannel *channel, const GError *error, Client *client)
{
  g_assert_false (client->closed);
  client->closed = TRUE;
  if (error != NULL)
    client->close_error = g_error_copy (error);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Client *client = user_data;

  client->opened = TRUE;
  client->channel = floo_channel_ws_open_finish (result, &client->open_error);
  if (client->channel == NULL)
    return;
  g_signal_connect (client->channel, "text", G_CALLBACK (on_text), client);
  g_signal_connect (client->channel, "binary", G_CALLBACK (on_binary), client);
  g_signal_connect (client->channel, "closed", G_CALLBACK (on_closed), client);
}

static Client *
client_new (guint16 port, guint timeout_ms, GCancellable *cancellable)
{
  Client *client = g_new0 (Client, 1);
  g_autofree char *url = g_strdup_printf ("ws://127.0.0.1:%u/socket.io/?EIO=3&transport=websocket", port);

  client->text = g_string_new (NULL);
  floo_channel_ws_open_async (url, timeout_ms, cancellable, opened_cb, client);
  return client;
}

static void
client_free (Client *client)
{
  if (client->channel != NULL)
    {
      g_signal_handlers_disconnect_by_data (client->channel, client);
      floo_channel_close (client->channel);
      drop_last (client->channel);
    }
  g_clear_error (&client->open_error);
  g_clear_error (&client->close_error);
  g_clear_pointer (&client->last_binary, g_bytes_unref);
  g_string_free (client->text, TRUE);
  g_free (client);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

/* -- libsoup's server: echoes -- */

typedef struct {
  SoupServer *server;
  guint16 port;
  SoupWebsocketConnection *connection;
  gushort close_code;
  char *path;
  gboolean closed;
} Echo;

static void
on_server_message (SoupWebsocketConnection *connection, int type, GBytes *message, Echo *echo)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (message, &len);

  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    soup_websocket_connection_send_text (connection, data);
  else
    soup_websocket_connection_send_binary (connection, data, len);
}

static void
on_server_closed (SoupWebsocketConnection *connection, Echo *echo)
{
  echo->closed = TRUE;
  echo->close_code = soup_websocket_connection_get_close_code (connection);
}

static void
on_server_websocket (SoupServer *server, SoupServerMessage *message, const char *path, SoupWebsocketConnection *connection,
                     gpointer user_data)
{
  Echo *echo = user_data;

  echo->connection = g_object_ref (connection);
  echo->path = g_uri_to_string (soup_server_message_get_uri (message));
  g_object_set (connection, "max-incoming-payload-size", (guint64) 4 << 20, NULL);
  g_signal_connect (connection, "message", G_CALLBACK (on_server_message), echo);
  g_signal_connect (connection, "closed", G_CALLBACK (on_server_closed), echo);
}

static Echo *
echo_new (void)
{
  Echo *echo = g_new0 (Echo, 1);
  g_autoptr (GError) error = NULL;
  GSList *uris;

  echo->server = soup_server_new (NULL, NULL);
  soup_server_add_websocket_handler (echo->server, "/socket.io/", NULL, NULL, on_server_websocket, echo, NULL);
  soup_server_listen_local (echo->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (echo->server);
  echo->port = (guint16) g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return echo;
}

static void
echo_free (Echo *echo)
{
  soup_server_disconnect (echo->server);
  g_clear_object (&echo->connection);
  g_object_unref (echo->server);
  g_free (echo->path);
  g_free (echo);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Echo, echo_free)

static void
test_echo (void)
{
  g_autoptr (Echo) echo = echo_new ();
  g_autoptr (Client) client = client_new (echo->port, 10000, NULL);
  g_autofree char *large = g_strnfill (1 << 20, 'x');
  g_autoptr (GBytes) bytes = g_bytes_new (large, 1 << 20);

  run_until (client->opened);
  g_assert_no_error (client->open_error);
  g_assert_true (g_str_has_suffix (echo->path, "/socket.io/?EIO=3&transport=websocket"));
  floo_channel_send_text (client->channel, "2");
  floo_channel_send_text (client->channel, "gr\303\274\303\237e");
  floo_channel_send_binary (client->channel, bytes);
  run_until (client->n_binary == 1);
  g_assert_cmpstr (client->text->str, ==, "2\ngr\303\274\303\237e\n");
  g_assert_true (g_bytes_equal (bytes, client->last_binary));
  g_assert_null (soup_websocket_connection_get_extensions (echo->connection));

  floo_channel_send_text (client->channel, "41");
  floo_channel_close (client->channel);
  floo_channel_send_text (client->channel, "after the end");
  run_until (client->closed && echo->closed);
  g_assert_no_error (client->close_error);
  g_assert_cmpuint (echo->close_code, ==, SOUP_WEBSOCKET_CLOSE_NORMAL);
  g_assert_cmpstr (client->text->str, ==, "2\ngr\303\274\303\237e\n");
}

static void
test_closed_by_service (void)
{
  static const struct {
    gushort code;
    gboolean in_order;
  } cases[] = { { 1000, TRUE }, { 1001, TRUE }, { 1005, TRUE }, { 1011, FALSE }, { 4000, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (Echo) echo = echo_new ();
      g_autoptr (Client) client = client_new (echo->port, 10000, NULL);

      run_until (client->opened);
      soup_websocket_connection_close (echo->connection, cases[i].code, NULL);
      run_until (client->closed);
      if (cases[i].in_order)
        g_assert_no_error (client->close_error);
      else
        g_assert_error (client->close_error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
      run_until (echo->closed);
    }
}

/* -- opening -- */

static void
answer_with_data (RawPeer *peer)
{
  if (peer->data != NULL)
    raw_peer_write (peer, peer->data, strlen (peer->data));
}

static void
test_refused (void)
{
  static const struct {
    const char *answer;
    FlooError code;
    const char *text;
  } cases[] = {
    { "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", FLOO_ERROR_OFFLINE, "502" },
    { "HTTP/1.1 429 Too Many Requests\r\n\r\n", FLOO_ERROR_RATE_LIMITED, "429" },
    { "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", FLOO_ERROR_OFFLINE, "proxy" },
    { "HTTP/1.1 403 Forbidden\r\n\r\n", FLOO_ERROR_PROTOCOL, "403" },
    { "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n", FLOO_ERROR_PROTOCOL, "302" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhtml", FLOO_ERROR_PROTOCOL, "200" },
    { "SSH-2.0-OpenSSH_9.2\r\n\r\n", FLOO_ERROR_PROTOCOL, "not HTTP" },
    { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: wrong\r\n\r\n",
      FLOO_ERROR_PROTOCOL, "WebSocket" },
    { "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", FLOO_ERROR_PROTOCOL, "WebSocket" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (RawPeer) peer = raw_peer_new (answer_with_data, cases[i].answer);
      g_autoptr (Client) client = client_new (peer->port, 10000, NULL);

      run_until (client->opened);
      g_assert_error (client->open_error, FLOO_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (client->open_error->message, cases[i].text));
      run_until (peer->hung_up);
    }
}

static void
hang_up (RawPeer *peer)
{
  raw_peer_hang_up (peer);
}

static void
flood_headers (RawPeer *peer)
{
  g_autoptr (GBytes) line = g_bytes_new_static ("X-Filler: 0123456789012345678901234567890123456789\r\n", 52);

  raw_peer_flood (peer, line, 64 << 20);
}

static void
test_no_answer (void)
{
  g_autoptr (RawPeer) silent = raw_peer_new (answer_with_data, NULL);
  g_autoptr (RawPeer) leaving = raw_peer_new (hang_up, NULL);
  g_autoptr (RawPeer) endless = raw_peer_new (flood_headers, NULL);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (Client) late = client_new (silent->port, 50, NULL);
  g_autoptr (Client) left = client_new (leaving->port, 10000, NULL);
  g_autoptr (Client) flooded = client_new (endless->port, 10000, NULL);

  run_until (late->opened && left->opened && flooded->opened);
  g_assert_error (late->open_error, FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  g_assert_error (left->open_error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  g_assert_error (flooded->open_error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  run_until (endless->write_failed);

  {
    g_autoptr (Client) given_up = client_new (silent->port, 10000, cancellable);

    run_until (silent->answered);
    g_cancellable_cancel (cancellable);
    run_until (given_up->opened);
    g_assert_error (given_up->open_error, FLOO_ERROR, FLOO_ERROR_CANCELLED);
  }
}

static void
test_nobody_there (void)
{
  guint16 port;
  g_autoptr (RawPeer) peer = raw_peer_new (hang_up, NULL);

  port = peer->port;
  raw_peer_stop (peer);
  {
    g_autoptr (Client) client = client_new (port, 10000, NULL);

    run_until (client->opened);
    g_assert_error (client->open_error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  }
}

static void
test_bad_urls (void)
{
  static const char *const urls[]
      = { "", "nonsense", "ftp://127.0.0.1/", "ws://", "ws:///x", "ws://127.0.0.1/a b", "ws://127.0.0.1/\r\nX: y" };

  for (guint i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (Client) client = g_new0 (Client, 1);

      client->text = g_string_new (NULL);
      floo_channel_ws_open_async (urls[i], 1000, NULL, opened_cb, client);
      run_until (client->opened);
      g_assert_error (client->open_error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
    }
}

/* -- raw peers after a correct upgrade -- */

/* Data in the same segment as the upgrade is not lost, and not delivered before there is a handler. */
static void
upgrade_and_greet (RawPeer *peer)
{
  raw_peer_upgrade (peer, "\x81\x02" "40\x81\x01" "2\x82\x01", 9);
}

static void
test_early_bytes (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_and_greet, NULL);
  g_autoptr (Client) client = client_new (peer->port, 10000, NULL);

  run_until (client->text->len > 3);
  g_assert_cmpstr (client->text->str, ==, "40\n2\n");
  raw_peer_write (peer, "\x04", 1);
  run_until (client->n_binary == 1);
  raw_peer_hang_up (peer);
  run_until (client->closed);
  g_assert_error (client->close_error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
}

static void
test_close_within_handler (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_and_greet, NULL);
  g_autoptr (Client) client = client_new (peer->port, 10000, NULL);

  client->close_on_text = TRUE;
  run_until (client->closed);
  g_assert_no_error (client->close_error);
  g_assert_cmpstr (client->text->str, ==, "40\n");
}

static void
upgrade_only (RawPeer *peer)
{
  raw_peer_upgrade (peer, "", 0);
}

/* Fragments without end, each far below the bound: once their sum is above it the connection is closed. */
static void
test_endless_message (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_only, NULL);
  g_autoptr (Client) client = client_new (peer->port, 10000, NULL);
  g_autoptr (GByteArray) fragment = g_byte_array_new ();
  g_autoptr (GBytes) chunk = NULL;

  run_until (client->opened);
  g_byte_array_append (fragment, (const guint8 *) "\x00\x7e\x40\x00", 4);
  g_byte_array_set_size (fragment, 4 + 0x4000);
  memset (fragment->data + 4, 'x', 0x4000);
  chunk = g_bytes_new (fragment->data, fragment->len);
  raw_peer_write (peer, "\x02\x01x", 3);
  run_until (!g_output_stream_has_pending (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection))));
  raw_peer_flood (peer, chunk, (gsize) 256 << 20);
  run_until (client->closed);
  g_assert_error (client->close_error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE);
  run_until (peer->write_failed);
  g_assert_cmpuint (peer->written, <, (FLOO_WS_MAX_CUT * FLOO_WS_MAX_MESSAGE) + (32 << 20));
  g_assert_cmpuint (client->n_binary, ==, 0);
}

/* Pings without end from a peer that reads no pongs: the queue of pongs is bounded. */
static void
test_pings_unread (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_only, NULL);
  g_autoptr (Client) client = NULL;
  g_autoptr (GByteArray) pings = g_byte_array_new ();
  const guint8 payload[125] = { 0 };
  g_autoptr (GBytes) chunk = NULL;

  peer->deaf = TRUE;
  client = client_new (peer->port, 10000, NULL);
  run_until (client->opened);
  for (guint i = 0; i < 1000; i++)
    {
      g_byte_array_append (pings, (const guint8 *) "\x89\x7d", 2);
      g_byte_array_append (pings, payload, sizeof payload);
    }
  chunk = g_bytes_new (pings->data, pings->len);
  raw_peer_flood (peer, chunk, (gsize) 256 << 20);
  run_until (client->closed);
  g_assert_error (client->close_error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
  run_until (peer->write_failed);
}

/* The same with messages that we send. */
static void
test_unread (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_only, NULL);
  g_autoptr (Client) client = NULL;
  g_autofree char *text = g_strnfill (1 << 20, 'x');

  peer->deaf = TRUE;
  client = client_new (peer->port, 10000, NULL);
  run_until (client->opened);
  for (guint i = 0; i < 64; i++)
    floo_channel_send_text (client->channel, text);
  g_assert_false (client->closed); /* not within the call */
  run_until (client->closed);
  g_assert_error (client->close_error, FLOO_ERROR, FLOO_ERROR_OFFLINE);
}

static void
test_ping_answered (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_only, NULL);
  g_autoptr (Client) client = client_new (peer->port, 10000, NULL);
  const guint8 *pong;

  run_until (client->opened);
  g_string_truncate (peer->received, 0);
  raw_peer_write (peer, "\x89\x02hi", 4);
  run_until (peer->received->len >= 8);
  pong = (const guint8 *) peer->received->str;
  g_assert_cmpuint (pong[0], ==, 0x8a);
  g_assert_cmpuint (pong[1], ==, 0x82);
  g_assert_cmpuint (pong[6] ^ pong[2], ==, 'h');
  g_assert_cmpuint (pong[7] ^ pong[3], ==, 'i');
}

/* A peer that neither answers our Close nor hangs up does not keep the channel alive for long. */
static void
test_close_unanswered (void)
{
  g_autoptr (RawPeer) peer = raw_peer_new (upgrade_only, NULL);
  g_autoptr (Client) client = client_new (peer->port, 10000, NULL);

  run_until (client->opened);
  floo_channel_close (client->channel);
  run_until (client->closed);
  g_assert_no_error (client->close_error);
  run_until (peer->hung_up);
}

/* Noise: random bytes, then the end. The end is signalled once, and nothing leaks. */
static void
test_noise (void)
{
  for (guint round = 0; round < 100; round++)
    {
      g_autoptr (RawPeer) peer = raw_peer_new (upgrade_only, NULL);
      g_autoptr (Client) client = client_new (peer->port, 10000, NULL);
      guint8 noise[512];

      for (guint i = 0; i < sizeof noise; i++)
        noise[i] = (guint8) g_test_rand_int ();
      if (round % 2 == 0)
        noise[0] = 0x82;
      run_until (client->opened);
      raw_peer_write (peer, noise, (gsize) g_test_rand_int_range (1, sizeof noise));
      run_until (!g_output_stream_has_pending (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection))));
      g_socket_shutdown (g_socket_connection_get_socket (peer->connection), FALSE, TRUE, NULL);
      run_until (client->closed);
    }
}

int
main (int argc, char **argv)
{
  support_init (&argc, &argv);
  g_test_add_func ("/channel-ws/echo", test_echo);
  g_test_add_func ("/channel-ws/closed-by-service", test_closed_by_service);
  g_test_add_func ("/channel-ws/refused", test_refused);
  g_test_add_func ("/channel-ws/no-answer", test_no_answer);
  g_test_add_func ("/channel-ws/nobody-there", test_nobody_there);
  g_test_add_func ("/channel-ws/bad-urls", test_bad_urls);
  g_test_add_func ("/channel-ws/early-bytes", test_early_bytes);
  g_test_add_func ("/channel-ws/close-within-handler", test_close_within_handler);
  g_test_add_func ("/channel-ws/endless-message", test_endless_message);
  g_test_add_func ("/channel-ws/pings-unread", test_pings_unread);
  g_test_add_func ("/channel-ws/unread", test_unread);
  g_test_add_func ("/channel-ws/ping-answered", test_ping_answered);
  g_test_add_func ("/channel-ws/close-unanswered", test_close_unanswered);
  g_test_add_func ("/channel-ws/noise", test_noise);
  return g_test_run ();
}
