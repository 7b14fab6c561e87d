/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/channel-ws.h"

#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "net/socket/websocket.h"
#include "net/socket/ws-connect.h"

#define READ_SIZE (64u << 10)
/* After a Close: how long the peer may take to hang up. */
#define LINGER_MS 2000

typedef enum {
  OPEN,
  LINGERING, /* a Close was sent or received: no more signals, the rest is flushed */
  ENDED      /* the stream is closed or being closed */
} State;

struct _FlooChannelWs {
  FlooChannel parent_instance;

  GSocketConnection *connection;
  GPollableInputStream *in;
  GPollableOutputStream *out;
  FlooWsDecoder *decoder;
  guint8 *buffer; /* READ_SIZE bytes */
  GBytes *early;  /* bytes that came with the answer to the upgrade */
  State state;

  GByteArray *queue; /* encoded frames */
  guint queue_sent;  /* bytes of it that are written already */
  gboolean overflowed;

  GSource *input;
  GSource *output;
  GSource *linger; /* holds a reference */
};

G_DEFINE_FINAL_TYPE (FlooChannelWs, floo_channel_ws, FLOO_TYPE_CHANNEL)

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* Ends the stream; may be called at any time. Emits "closed" if it was not emitted yet. */
static void
end (FlooChannelWs *self, const GError *error)
{
  if (self->state == ENDED)
    return;
  self->state = ENDED;
  g_object_ref (self);
  g_clear_pointer (&self->input, destroy_source);
  g_clear_pointer (&self->output, destroy_source);
  g_clear_pointer (&self->linger, destroy_source);
  g_byte_array_set_size (self->queue, 0);
  /* Closes the socket first: TLS would wait until it can send its close message. */
  g_socket_shutdown (g_socket_connection_get_socket (self->connection), TRUE, TRUE, NULL);
  g_io_stream_close_async (G_IO_STREAM (self->connection), G_PRIORITY_DEFAULT, NULL, NULL, NULL);
  floo_channel_emit_closed (FLOO_CHANNEL (self), error);
  g_object_unref (self);
}

G_GNUC_PRINTF (3, 4)
static void
fail (FlooChannelWs *self, FlooError code, const char *format, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  error = g_error_new_valist (FLOO_ERROR, code, format, args);
  va_end (args);
  end (self, error);
}

/* Writes as much as the socket accepts now. */
static gboolean
flush (FlooChannelWs *self, GError **error)
{
  while (self->queue_sent < self->queue->len)
    {
      GError *local = NULL;
      gssize n = g_pollable_output_stream_write_nonblocking (self->out, self->queue->data + self->queue_sent,
                                                             self->queue->len - self->queue_sent, NULL, &local);

      if (n < 0 && g_error_matches (local, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (local);
          return TRUE;
        }
      if (n < 0)
        {
          g_propagate_error (error, local);
          return FALSE;
        }
      self->queue_sent += (guint) n;
    }
  g_byte_array_set_size (self->queue, 0);
  self->queue_sent = 0;
  return TRUE;
}

/* The stream failed; reported only while the channel is open. */
static void
broken (FlooChannelWs *self, const char *why)
{
  if (self->state == LINGERING)
    end (self, NULL);
  else
    fail (self, FLOO_ERROR_OFFLINE, "the connection was lost: %s", why);
}

static gboolean
on_output (GObject *stream, gpointer user_data)
{
  FlooChannelWs *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!flush (self, &error))
    {
      broken (self, error->message);
      return G_SOURCE_REMOVE;
    }
  if (self->queue->len > 0)
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->output, g_source_unref);
  return G_SOURCE_REMOVE;
}

/* Everything that is queued in one turn of the main loop goes out in one write. */
static void
want_output (FlooChannelWs *self)
{
  if (self->output != NULL)
    return;
  self->output = g_pollable_output_stream_create_source (self->out, NULL);
  g_source_set_static_name (self->output, "flooimd socket output");
  g_source_set_callback (self->output, G_SOURCE_FUNC (on_output), self, NULL);
  g_source_attach (self->output, g_main_context_get_thread_default ());
}

/* Drops what is written, so that the queue does not grow with a peer that never reads all of it. */
static void
compact (FlooChannelWs *self)
{
  if (self->queue_sent < READ_SIZE)
    return;
  g_byte_array_remove_range (self->queue, 0, self->queue_sent);
  self->queue_sent = 0;
}

static gboolean
on_overflow (gpointer user_data)
{
  fail (user_data, FLOO_ERROR_OFFLINE, "the service does not read: more than %u bytes wait", FLOO_WS_MAX_QUEUED);
  return G_SOURCE_REMOVE;
}

static void
send_message (FlooChannelWs *self, FlooWsOpcode opcode, const void *data, gsize len)
{
  if (self->state != OPEN || self->overflowed)
    return;
  compact (self);
  if (len > FLOO_WS_MAX_QUEUED - MIN (self->queue->len, FLOO_WS_MAX_QUEUED))
    {
      self->overflowed = TRUE;
      /* From the main loop: a sender does not expect "closed" during its call. */
      g_idle_add_full (G_PRIORITY_DEFAULT, on_overflow, g_object_ref (self), g_object_unref);
      return;
    }
  floo_ws_encode (self->queue, opcode, data, len);
  want_output (self);
}

static void
floo_channel_ws_send_text (FlooChannel *channel, const char *text)
{
  send_message (FLOO_CHANNEL_WS (channel), FLOO_WS_TEXT, text, strlen (text));
}

static void
floo_channel_ws_send_binary (FlooChannel *channel, GBytes *message)
{
  gsize len;
  const void *data = g_bytes_get_data (message, &len);

  send_message (FLOO_CHANNEL_WS (channel), FLOO_WS_BINARY, data, len);
}

static gboolean
on_linger (gpointer user_data)
{
  FlooChannelWs *self = user_data;

  end (self, NULL);
  return G_SOURCE_REMOVE;
}

/* Sends a Close and waits in the background until the peer closes the connection. */
static void
linger (FlooChannelWs *self, guint code)
{
  floo_ws_encode_close (self->queue, code);
  self->state = LINGERING;
  self->linger = g_timeout_source_new (LINGER_MS);
  g_source_set_static_name (self->linger, "flooimd socket linger");
  g_source_set_callback (self->linger, on_linger, g_object_ref (self), g_object_unref);
  g_source_attach (self->linger, g_main_context_get_thread_default ());
  /* At once, since the main loop may be about to end. Errors show when reading. */
  if (flush (self, NULL) && self->queue->len > 0)
    want_output (self);
}

static void
floo_channel_ws_close (FlooChannel *channel)
{
  FlooChannelWs *self = FLOO_CHANNEL_WS (channel);

  if (self->state == OPEN)
    linger (self, FLOO_WS_CLOSE_NORMAL);
}

/* The peer's Close: answered with its own code where that is one of the usual. */
static void
closed_by_peer (FlooChannelWs *self, GBytes *payload)
{
  guint code = floo_ws_close_code (payload);
  gboolean in_order = code == FLOO_WS_CLOSE_NORMAL || code == FLOO_WS_CLOSE_GOING_AWAY || code == FLOO_WS_CLOSE_NO_STATUS;
  g_autoptr (GError) error = NULL;

  if (!in_order)
    error = g_error_new (FLOO_ERROR, FLOO_ERROR_OFFLINE, "the service closed the connection (%u)", code);
  linger (self, in_order ? code : FLOO_WS_CLOSE_NORMAL);
  floo_channel_emit_closed (FLOO_CHANNEL (self), error);
}

static void
handle_message (FlooChannelWs *self, const FlooWsMessage *message)
{
  gsize len;
  const void *data = g_bytes_get_data (message->payload, &len);

  switch (message->opcode)
    {
    case FLOO_WS_TEXT:
      floo_channel_emit_text (FLOO_CHANNEL (self), data, len);
      break;
    case FLOO_WS_BINARY:
      floo_channel_emit_binary (FLOO_CHANNEL (self), message->payload);
      break;
    case FLOO_WS_PING:
      send_message (self, FLOO_WS_PONG, data, len);
      break;
    case FLOO_WS_CLOSE:
      closed_by_peer (self, message->payload);
      break;
    case FLOO_WS_PONG:
      break; /* we send no pings here: the heartbeat is Engine.IO's */
    }
}

static void
take (FlooChannelWs *self, const guint8 *data, gsize len)
{
  while (self->state == OPEN)
    {
      g_auto (FlooWsMessage) message = { 0 };
      g_autoptr (GError) error = NULL;

      switch (floo_ws_decoder_next (self->decoder, &data, &len, &message, &error))
        {
        case FLOO_WS_MORE:
          return;
        case FLOO_WS_MESSAGE:
          handle_message (self, &message);
          break;
        case FLOO_WS_ERROR:
          end (self, error);
          return;
        }
    }
}

static gboolean
on_input (GObject *stream, gpointer user_data)
{
  g_autoptr (FlooChannelWs) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;
  gssize n = g_pollable_input_stream_read_nonblocking (self->in, self->buffer, READ_SIZE, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (n > 0)
    take (self, self->buffer, (gsize) n);
  else
    broken (self, n == 0 ? "the service closed the connection" : error->message);
  return self->state == ENDED ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

static void
replace_input (FlooChannelWs *self, GSource *source, const char *name, GSourceFunc func)
{
  g_clear_pointer (&self->input, destroy_source);
  self->input = source;
  g_source_set_static_name (source, name);
  g_source_set_callback (source, func, self, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static gboolean
on_start (gpointer user_data)
{
  g_autoptr (FlooChannelWs) self = g_object_ref (user_data);
  g_autoptr (GBytes) early = g_steal_pointer (&self->early);
  gsize len;
  const guint8 *data = g_bytes_get_data (early, &len);

  take (self, data, len);
  if (self->state != ENDED)
    replace_input (self, g_pollable_input_stream_create_source (self->in, NULL), "flooimd socket input", G_SOURCE_FUNC (on_input));
  return G_SOURCE_REMOVE;
}

static void
floo_channel_ws_dispose (GObject *object)
{
  FlooChannelWs *self = FLOO_CHANNEL_WS (object);

  if (self->connection != NULL)
    end (self, NULL);
  G_OBJECT_CLASS (floo_channel_ws_parent_class)->dispose (object);
}

static void
floo_channel_ws_finalize (GObject *object)
{
  FlooChannelWs *self = FLOO_CHANNEL_WS (object);

  g_clear_object (&self->connection);
  g_clear_pointer (&self->early, g_bytes_unref);
  floo_ws_decoder_free (self->decoder);
  g_byte_array_unref (self->queue);
  g_free (self->buffer);
  G_OBJECT_CLASS (floo_channel_ws_parent_class)->finalize (object);
}

static void
floo_channel_ws_class_init (FlooChannelWsClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  FlooChannelClass *channel_class = FLOO_CHANNEL_CLASS (class);

  object_class->dispose = floo_channel_ws_dispose;
  object_class->finalize = floo_channel_ws_finalize;
  channel_class->send_text = floo_channel_ws_send_text;
  channel_class->send_binary = floo_channel_ws_send_binary;
  channel_class->close = floo_channel_ws_close;
}

static void
floo_channel_ws_init (FlooChannelWs *self)
{
  self->decoder = floo_ws_decoder_new (FLOO_WS_MAX_MESSAGE);
  self->buffer = g_malloc (READ_SIZE);
  self->queue = g_byte_array_new ();
}

static void
connected_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (FlooChannelWs) self = NULL;
  GError *error = NULL;
  GBytes *early;
  GSocketConnection *connection = floo_ws_connect_finish (result, &early, &error);

  if (connection == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  self = g_object_new (FLOO_TYPE_CHANNEL_WS, NULL);
  self->connection = connection;
  self->early = early;
  self->in = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (G_IO_STREAM (connection)));
  self->out = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (G_IO_STREAM (connection)));
  replace_input (self, g_timeout_source_new (0), "flooimd socket start", on_start);
  g_task_return_pointer (task, g_steal_pointer (&self), g_object_unref);
}

void
floo_channel_ws_open_async (const char *url, guint timeout_ms, GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_return_if_fail (url != NULL);

  g_task_set_source_tag (task, floo_channel_ws_open_async);
  g_task_set_check_cancellable (task, FALSE);
  floo_ws_connect_async (url, timeout_ms, cancellable, connected_cb, task);
}

FlooChannel *
floo_channel_ws_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_channel_ws_open_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}
