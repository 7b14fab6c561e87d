/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/ws-connect.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "base/error.h"
#include "net/http/deadline.h"
#include "net/http/http.h"
#include "net/http/proxy.h"
#include "net/http/tls.h"
#include "net/socket/websocket.h"

#define MAX_HEAD (16u << 10)
#define READ_SIZE 4096u
#define HEAD_END "\r\n\r\n"

typedef struct {
  FlooDeadline *deadline;
  GUri *uri;
  char *key;
  char *request;
  GSocketConnection *connection;
  GTlsConnection *tls; /* (nullable): of the last handshake begun */
  GByteArray *head; /* and the bytes that came after it */
  gsize head_len;
} Connect;

static void
connect_free (Connect *connect)
{
  floo_deadline_free (connect->deadline);
  g_clear_pointer (&connect->uri, g_uri_unref);
  g_free (connect->key);
  g_free (connect->request);
  g_clear_object (&connect->connection);
  g_clear_object (&connect->tls);
  g_clear_pointer (&connect->head, g_byte_array_unref);
  g_free (connect);
}

static void read_head (GTask *task);

/* Ends the task, @error being (transfer full). */
static void
fail (GTask *task, GError *error)
{
  Connect *connect = g_task_get_task_data (task);
  g_autoptr (GError) cause = error;

  /* Closes the socket without a closing handshake of TLS, which might block later. */
  if (connect->connection != NULL)
    g_socket_shutdown (g_socket_connection_get_socket (connect->connection), TRUE, TRUE, NULL);
  g_task_return_error (task, floo_deadline_error (connect->deadline, cause, "the socket"));
  g_object_unref (task);
}

/* The URL is put into a request line unchanged, so only graphic ASCII is allowed. */
static GUri *
parse_url (const char *url, GError **error)
{
  static const char *const schemes[] = { "ws", "wss", "http", "https", NULL };
  g_autoptr (GUri) uri = NULL;

  for (const char *p = url; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      {
        g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "the socket's URL has characters that a URL cannot have");
        return NULL;
      }
  uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  if (uri == NULL || !g_strv_contains (schemes, g_uri_get_scheme (uri)) || g_uri_get_host (uri) == NULL
      || *g_uri_get_host (uri) == '\0')
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "the socket's URL is not valid");
      return NULL;
    }
  return g_steal_pointer (&uri);
}

static char *
build_request (GUri *uri, const char *key)
{
  const char *host = g_uri_get_host (uri);
  const char *query = g_uri_get_query (uri);
  gboolean bare_v6 = strchr (host, ':') != NULL;
  GString *request = g_string_new ("GET ");

  g_string_append (request, *g_uri_get_path (uri) != '\0' ? g_uri_get_path (uri) : "/");
  if (query != NULL)
    g_string_append_printf (request, "?%s", query);
  g_string_append_printf (request, " HTTP/1.1\r\nHost: %s%s%s", bare_v6 ? "[" : "", host, bare_v6 ? "]" : "");
  if (g_uri_get_port (uri) > 0)
    g_string_append_printf (request, ":%d", g_uri_get_port (uri));
  g_string_append_printf (request,
                          "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: %s\r\nUser-Agent: " FLOO_USER_AGENT HEAD_END,
                          key);
  return g_string_free (request, FALSE);
}

/* Offline where a proxy cannot reach the server or is overloaded: a later retry may succeed. */
static GError *
status_error (guint status)
{
  static const struct {
    guint status;
    FlooError code;
  } known[] = {
    { SOUP_STATUS_REQUEST_TIMEOUT, FLOO_ERROR_OFFLINE },     { 429, FLOO_ERROR_RATE_LIMITED },
    { SOUP_STATUS_BAD_GATEWAY, FLOO_ERROR_OFFLINE },         { SOUP_STATUS_SERVICE_UNAVAILABLE, FLOO_ERROR_OFFLINE },
    { SOUP_STATUS_GATEWAY_TIMEOUT, FLOO_ERROR_OFFLINE },
  };
  FlooError code = FLOO_ERROR_PROTOCOL;

  if (status == FLOO_PROXY_STATUS)
    return floo_proxy_error ();
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (known[i].status == status)
      code = known[i].code;
  return g_error_new (FLOO_ERROR, code, "the upgrade was refused with HTTP %u", status);
}

static gboolean
check_head (Connect *connect, GError **error)
{
  g_autoptr (SoupMessageHeaders) headers = soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  g_autofree char *accept = floo_ws_accept_for_key (connect->key);
  const char *given;
  guint status = 0;

  if (!soup_headers_parse_response ((const char *) connect->head->data, (int) connect->head_len, headers, NULL, &status, NULL))
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the answer to the upgrade is not HTTP");
      return FALSE;
    }
  if (status != SOUP_STATUS_SWITCHING_PROTOCOLS)
    {
      g_propagate_error (error, status_error (status));
      return FALSE;
    }
  given = soup_message_headers_get_one (headers, "Sec-WebSocket-Accept");
  if (!soup_message_headers_header_equals (headers, "Upgrade", "websocket")
      || !soup_message_headers_header_contains (headers, "Connection", "upgrade") || g_strcmp0 (given, accept) != 0
      || soup_message_headers_get_list (headers, "Sec-WebSocket-Extensions") != NULL
      || soup_message_headers_get_list (headers, "Sec-WebSocket-Protocol") != NULL)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the answer to the upgrade is not WebSocket's");
      return FALSE;
    }
  return TRUE;
}

/* Where the head ends, its blank line included; 0: not yet there. */
static gsize
find_head_end (GByteArray *head)
{
  const guint8 *end = memmem (head->data, head->len, HEAD_END, strlen (HEAD_END));

  return end != NULL ? (gsize) (end - head->data) + strlen (HEAD_END) : 0;
}

static void
read_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Connect *connect = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (source), result, &error);

  if (bytes == NULL)
    {
      fail (task, error);
      return;
    }
  if (g_bytes_get_size (bytes) == 0)
    {
      fail (task, g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "closed before the upgrade"));
      return;
    }
  g_byte_array_append (connect->head, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  connect->head_len = find_head_end (connect->head);
  if (connect->head_len == 0 && connect->head->len > MAX_HEAD)
    fail (task, g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the answer to the upgrade has no end"));
  else if (connect->head_len == 0)
    read_head (task);
  else if (!check_head (connect, &error))
    fail (task, error);
  else
    {
      g_task_return_pointer (task, g_object_ref (connect->connection), g_object_unref);
      g_object_unref (task);
    }
}

static void
read_head (GTask *task)
{
  Connect *connect = g_task_get_task_data (task);

  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (G_IO_STREAM (connect->connection)), READ_SIZE, G_PRIORITY_DEFAULT,
                                   floo_deadline_get_cancellable (connect->deadline), read_cb, task);
}

static void
write_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error))
    fail (task, error);
  else
    read_head (task);
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GTask *task = user_data;
  Connect *connect = g_task_get_task_data (task);
  GError *error = NULL;
  GSocket *socket;

  connect->connection = g_socket_client_connect_to_uri_finish (G_SOCKET_CLIENT (source), result, &error);
  if (connect->connection == NULL)
    {
      fail (task, connect->tls != NULL ? floo_tls_explain (error, g_tls_connection_get_peer_certificate_errors (connect->tls)) : error);
      return;
    }
  /* Small messages must not wait for each other's acknowledgements. */
  socket = g_socket_connection_get_socket (connect->connection);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);

  connect->key = floo_ws_new_key ();
  connect->request = build_request (connect->uri, connect->key);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (G_IO_STREAM (connect->connection)), connect->request,
                                   strlen (connect->request), G_PRIORITY_DEFAULT, floo_deadline_get_cancellable (connect->deadline),
                                   write_cb, task);
}

/* The reason of a failed handshake is known only to its connection. */
static void
on_client_event (GSocketClient *client, GSocketClientEvent event, GSocketConnectable *target, GIOStream *stream, GTask *task)
{
  Connect *connect = g_task_get_task_data (task);

  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING)
    g_set_object (&connect->tls, G_TLS_CONNECTION (stream));
}

static void
on_tls_ready (gpointer user_data)
{
  GTask *task = user_data;
  Connect *connect = g_task_get_task_data (task);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  gboolean tls = floo_tls_is_scheme (g_uri_get_scheme (connect->uri));
  /* Proxy resolvers know only http and https. */
  g_autofree char *target = g_uri_join (G_URI_FLAGS_NONE, tls ? "https" : "http", NULL, g_uri_get_host (connect->uri),
                                        g_uri_get_port (connect->uri), "/", NULL, NULL);

  g_socket_client_set_proxy_resolver (client, floo_proxy_get_resolver ());
  g_socket_client_set_tls (client, tls);
  g_signal_connect_object (client, "event", G_CALLBACK (on_client_event), task, 0);
  g_socket_client_connect_to_uri_async (client, target, tls ? 443 : 80, floo_deadline_get_cancellable (connect->deadline),
                                        connected_cb, task);
}

void
floo_ws_connect_async (const char *url, guint timeout_ms, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Connect *connect = g_new0 (Connect, 1);
  GError *error = NULL;

  g_return_if_fail (url != NULL);

  g_task_set_source_tag (task, floo_ws_connect_async);
  g_task_set_task_data (task, connect, (GDestroyNotify) connect_free);
  /* The deadline decides on the error. */
  g_task_set_check_cancellable (task, FALSE);
  connect->deadline = floo_deadline_new (timeout_ms, cancellable);
  connect->head = g_byte_array_new ();
  connect->uri = parse_url (url, &error);
  if (connect->uri == NULL)
    fail (task, error);
  else
    floo_tls_prepare (g_uri_get_scheme (connect->uri), on_tls_ready, task);
}

GSocketConnection *
floo_ws_connect_finish (GAsyncResult *result, GBytes **early, GError **error)
{
  GTask *task = G_TASK (result);
  Connect *connect = g_task_get_task_data (task);
  GSocketConnection *connection;

  g_return_val_if_fail (g_async_result_is_tagged (result, floo_ws_connect_async), NULL);

  connection = g_task_propagate_pointer (task, error);
  if (connection != NULL)
    *early = g_bytes_new (connect->head->data + connect->head_len, connect->head->len - connect->head_len);
  return connection;
}
