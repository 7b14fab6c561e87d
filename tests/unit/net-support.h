/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * net-support.h: what the tests of the network share: a peer that sends whatever a test wants over a real socket.
 */
#pragma once

#include <gio/gio.h>
#include <string.h>

#include "net/socket/websocket.h"
#include "run-until.h"

/* Loopback only, whatever proxies the machine is set up for. */
static inline void
support_init (int *argc, char ***argv)
{
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  g_test_init (argc, argv, NULL);
}

static inline void
support_gone (gpointer data, GObject *where)
{
  *(gboolean *) data = TRUE;
}

/* Drops a reference and asserts that it was the last one. */
#define drop_last(object) \
  G_STMT_START \
  { \
    gboolean gone_ = FALSE; \
    g_object_weak_ref (G_OBJECT (object), support_gone, &gone_); \
    g_object_unref (object); \
    run_until (gone_); \
  } \
  G_STMT_END

/* A peer on a loopback port. It reads everything and answers the first "\r\n\r\n" of each connection by its function. */
typedef struct _RawPeer RawPeer;
struct _RawPeer {
  GSocketService *service;
  guint16 port;
  void (*on_request) (RawPeer *peer);
  gconstpointer data;  /* the test's own */
  guint n_connections;
  /* Of the latest connection. */
  GSocketConnection *connection;
  GString *received;
  gboolean answered;
  gboolean reading;
  gboolean deaf;       /* reads nothing after the request */
  gboolean hung_up;    /* the other side closed the connection */
  gsize written;
  gboolean write_failed;
  char buffer[65536];
};

static inline void raw_peer_read (RawPeer *peer);

static inline void
raw_peer_read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  RawPeer *peer = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, NULL);

  if (peer->connection == NULL || g_io_stream_get_input_stream (G_IO_STREAM (peer->connection)) != G_INPUT_STREAM (source))
    {
      /* An older connection, or the test is over. */
      return;
    }
  peer->reading = FALSE;
  if (n <= 0)
    {
      peer->hung_up = TRUE;
      return;
    }
  g_string_append_len (peer->received, peer->buffer, n);
  if (!peer->answered && strstr (peer->received->str, "\r\n\r\n") != NULL)
    {
      peer->answered = TRUE;
      peer->on_request (peer);
    }
  if (peer->connection != NULL && !(peer->deaf && peer->answered))
    raw_peer_read (peer);
}

static inline void
raw_peer_read (RawPeer *peer)
{
  peer->reading = TRUE;
  g_input_stream_read_async (g_io_stream_get_input_stream (G_IO_STREAM (peer->connection)), peer->buffer, sizeof peer->buffer,
                             G_PRIORITY_DEFAULT, NULL, raw_peer_read_cb, peer);
}

static inline void
raw_peer_hang_up (RawPeer *peer)
{
  if (peer->connection == NULL)
    return;
  g_socket_shutdown (g_socket_connection_get_socket (peer->connection), TRUE, TRUE, NULL);
  g_clear_object (&peer->connection);
}

static inline gboolean
raw_peer_incoming (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  RawPeer *peer = user_data;

  raw_peer_hang_up (peer);
  peer->connection = g_object_ref (connection);
  g_string_truncate (peer->received, 0);
  peer->answered = FALSE;
  peer->hung_up = FALSE;
  peer->n_connections++;
  raw_peer_read (peer);
  return TRUE;
}

static inline RawPeer *
raw_peer_new (void (*on_request) (RawPeer *peer), gconstpointer data)
{
  RawPeer *peer = g_new0 (RawPeer, 1);
  g_autoptr (GInetAddress) address = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (address, 0);
  g_autoptr (GSocketAddress) bound = NULL;
  GError *error = NULL;

  peer->on_request = on_request;
  peer->data = data;
  peer->received = g_string_new (NULL);
  peer->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (peer->service), any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound,
                                 &error);
  g_assert_no_error (error);
  peer->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (peer->service, "incoming", G_CALLBACK (raw_peer_incoming), peer);
  g_socket_service_start (peer->service);
  return peer;
}

/* Takes no further connections: the port refuses them. */
static inline void
raw_peer_stop (RawPeer *peer)
{
  g_socket_service_stop (peer->service);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_socket_listener_close (G_SOCKET_LISTENER (peer->service));
}

static inline void
raw_peer_free (RawPeer *peer)
{
  g_signal_handlers_disconnect_by_data (peer->service, peer);
  raw_peer_stop (peer);
  raw_peer_hang_up (peer);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_object_unref (peer->service);
  g_string_free (peer->received, TRUE);
  g_free (peer);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (RawPeer, raw_peer_free)

static inline void
raw_peer_written_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  g_bytes_unref (user_data);
}

/* One at a time. */
static inline void
raw_peer_write (RawPeer *peer, gconstpointer data, gsize len)
{
  GBytes *bytes = g_bytes_new (data, len);

  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection)), g_bytes_get_data (bytes, NULL), len,
                                   G_PRIORITY_DEFAULT, NULL, raw_peer_written_cb, bytes);
}

static inline void raw_peer_flood (RawPeer *peer, GBytes *chunk, gsize most);

typedef struct {
  RawPeer *peer;
  GBytes *chunk;
  gsize most;
} RawFlood;

static inline void
raw_peer_flood_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  RawFlood *flood = user_data;
  gsize n = 0;
  gboolean fine = g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, &n, NULL);

  flood->peer->written += n;
  if (!fine)
    flood->peer->write_failed = TRUE;
  else if (flood->peer->written < flood->most)
    raw_peer_flood (flood->peer, flood->chunk, flood->most);
  g_bytes_unref (flood->chunk);
  g_free (flood);
}

/* Writes @chunk again and again, until the other side hangs up or @most bytes are written. */
static inline void
raw_peer_flood (RawPeer *peer, GBytes *chunk, gsize most)
{
  RawFlood *flood = g_new0 (RawFlood, 1);
  gsize len;
  gconstpointer data = g_bytes_get_data (chunk, &len);

  flood->peer = peer;
  flood->chunk = g_bytes_ref (chunk);
  flood->most = most;
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection)), data, len, G_PRIORITY_DEFAULT, NULL,
                                   raw_peer_flood_cb, flood);
}

/* The right answer to the upgrade that was received, then @rest. */
static inline void
raw_peer_upgrade (RawPeer *peer, gconstpointer rest, gsize len)
{
  const char *field = strstr (peer->received->str, "Sec-WebSocket-Key: ") + strlen ("Sec-WebSocket-Key: ");
  g_autofree char *key = g_strndup (field, strcspn (field, "\r"));
  g_autofree char *accept = floo_ws_accept_for_key (key);
  g_autofree char *head = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
                                           "Sec-WebSocket-Accept: %s\r\n\r\n",
                                           accept);
  g_autoptr (GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, (const guint8 *) head, (guint) strlen (head));
  g_byte_array_append (all, rest, (guint) len);
  raw_peer_write (peer, all->data, all->len);
}
