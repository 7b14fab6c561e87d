/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "socket-private.h"

#include <string.h>

#include "base/names.h"
#include "intake.h"
#include "notices.h"
#include "strict.h"
#include "sync.h"
#include "trace.h"
#include "waits.h"

/* More than any client accepts. */
#define HUGE_FRAME (FLOO_MAX_FRAME + (3u << 20))
/* The maximum of messages that a stalled connection holds. */
#define MAX_HELD 10000

/* ---- sending ---- */

gboolean
sb_connection_can_send (SbConnection *self)
{
  return !self->stalled && !self->mute && !self->ended
         && soup_websocket_connection_get_state (self->ws) == SOUP_WEBSOCKET_STATE_OPEN;
}

static void
send_text (SbConnection *self, const char *text)
{
  if (sb_connection_can_send (self))
    soup_websocket_connection_send_text (self->ws, text);
}

/* Writes one small WebSocket frame without libsoup, which does not send fragments. */
static void
send_fragment (SbConnection *self, guint8 first, const guint8 *data, gsize len)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 small[] = { first, (guint8) len };
  guint8 medium[] = { first, 126, (guint8) (len >> 8), (guint8) len };

  if (!sb_connection_can_send (self))
    return;
  if (len < 126)
    g_byte_array_append (bytes, small, sizeof small);
  else
    g_byte_array_append (bytes, medium, sizeof medium);
  g_byte_array_append (bytes, data, (guint) len);
  if (g_socket_send (self->socket, (char *) bytes->data, bytes->len, NULL, NULL) != (gssize) bytes->len)
    sb_connection_end (self, SB_END_DROP);
}

/* RFC 6455: the type is in the first frame only, the last one has the bit FIN. */
static void
send_fragments (SbConnection *self, guint8 opcode, gconstpointer data, gsize len)
{
  const guint8 *bytes = data;
  gsize third = len / 3;

  send_fragment (self, opcode, bytes, third);
  send_fragment (self, 0x00, bytes + third, third);
  send_fragment (self, 0x80, bytes + 2 * third, len - 2 * third);
}

static void
send_binary (SbConnection *self, GBytes *frame)
{
  g_autoptr (GBytes) message = floo_sio_encode_binary (frame);

  /* The peer may have disconnected since the announcing text. */
  if (sb_connection_can_send (self))
    soup_websocket_connection_send_message (self->ws, SOUP_WEBSOCKET_DATA_BINARY, message);
}

static void
send_base64 (SbConnection *self, GBytes *frame)
{
  gsize len;
  const guchar *data = g_bytes_get_data (frame, &len);
  g_autofree char *encoded = g_base64_encode (data, len);
  g_autofree char *text = g_strconcat ("b4", encoded, NULL);

  send_text (self, text);
}

/* The announcing text and the frame, in the form that the settings name. Large ones are not sent in fragments. */
static void
send_frame (SbConnection *self, GBytes *frame)
{
  SbFrameForm form = self->sandbox->settings.frame_form;

  if (form == SB_FRAGMENTS && g_bytes_get_size (frame) < G_MAXUINT16)
    {
      g_autoptr (GBytes) message = floo_sio_encode_binary (frame);
      gsize len;
      gconstpointer data = g_bytes_get_data (message, &len);

      send_fragments (self, 0x01, FLOO_SIO_TEXT_FRAME, strlen (FLOO_SIO_TEXT_FRAME));
      send_fragments (self, 0x02, data, len);
      return;
    }
  send_text (self, FLOO_SIO_TEXT_FRAME);
  if (form == SB_BASE64)
    send_base64 (self, frame);
  else
    send_binary (self, frame);
}

void
sb_connection_send (SbConnection *self, Floo__Frame__Command command, const ProtobufCMessage *payload)
{
  g_autoptr (GBytes) frame = NULL;

  if (!sb_connection_can_send (self))
    return;
  frame = self->sandbox->settings.compress && payload != NULL ? floo_frame_encode_deflated (command, payload)
                                                              : floo_frame_encode (command, payload);
  send_frame (self, frame);
}

void
sb_connection_send_bytes (SbConnection *self, GBytes *frame)
{
  if (sb_connection_can_send (self))
    send_frame (self, frame);
}

void
sb_connection_malformed (SbConnection *self, SbMalformed what)
{
  static const char garbage[] = "\xff\xfe\xfd this is no WebSocket frame";
  Floo__Provision unasked = FLOO__PROVISION__INIT;
  g_autofree char *huge = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (!sb_connection_can_send (self))
    return;
  switch (what)
    {
    case SB_MALFORMED_FRAME:
      bytes = g_bytes_new_static ("\x08\x00\x18\x01\x22\x7f\x01", 7);
      break;
    case SB_MALFORMED_TEXT:
      send_text (self, "451-[\"frame\",{\"_placeholder\":tru");
      return;
    case SB_MALFORMED_HUGE:
      huge = g_malloc0 (HUGE_FRAME);
      bytes = g_bytes_new_take (g_steal_pointer (&huge), HUGE_FRAME);
      break;
    case SB_MALFORMED_PROVISION:
      sb_connection_send (self, FLOO__FRAME__COMMAND__PROVISION, &unasked.base);
      return;
    case SB_MALFORMED_GARBAGE:
    default:
      g_socket_send (self->socket, garbage, sizeof garbage - 1, NULL, NULL);
      return;
    }
  send_text (self, FLOO_SIO_TEXT_FRAME);
  send_binary (self, bytes);
}

/* ---- the end ---- */

/* Detaches the connection from its device. */
static void
leave_device (SbConnection *self)
{
  SbDevice *device = g_steal_pointer (&self->device);

  if (device == NULL)
    return;
  device->connection = NULL;
  sb_notice_devices (self->sandbox, device, FLOO__USER_NOTICE__TYPE__DEVICE_LOGOUT);
  sb_waits_check (self->sandbox);
}

typedef struct {
  int type;
  GBytes *message;
} HeldMessage;

static void
held_message_free (gpointer data)
{
  HeldMessage *held = data;

  g_bytes_unref (held->message);
  g_free (held);
}

void
sb_connection_free (SbConnection *self)
{
  g_clear_handle_id (&self->resume, g_source_remove);
  g_queue_clear_full (&self->held, held_message_free);
  g_clear_handle_id (&self->heart, g_source_remove);
  g_clear_handle_id (&self->greeting, g_source_remove);
  g_signal_handlers_disconnect_by_data (self->ws, self);
  if (self->device != NULL)
    self->device->connection = NULL;
  floo_sio_decoder_free (self->decoder);
  g_object_unref (self->ws);
  g_object_unref (self->socket);
  g_free (self);
}

static void
on_closed (SoupWebsocketConnection *ws, gpointer user_data)
{
  SbConnection *self = user_data;

  self->ended = TRUE;
  leave_device (self);
  g_ptr_array_remove_fast (self->sandbox->connections, self);
}

static void
on_error (SoupWebsocketConnection *ws, GError *error, gpointer user_data)
{
  SbConnection *self = user_data;

  sb_trace_log (self->sandbox, "connection: %s", error->message);
}

void
sb_connection_end (SbConnection *self, SbEnd how)
{
  switch (how)
    {
    case SB_END_HALF_CLOSE:
      self->mute = TRUE;
      g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
      return;
    case SB_END_DROP:
      self->ended = TRUE;
      leave_device (self);
      g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
      return;
    case SB_END_CLOSE:
    default:
      send_text (self, FLOO_SIO_TEXT_DISCONNECT);
      self->ended = TRUE;
      leave_device (self);
      if (soup_websocket_connection_get_state (self->ws) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close (self->ws, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
      return;
    }
}

SbDevice *
sb_connection_device (SbConnection *self)
{
  return self->device;
}

/* A client that does not ping is disconnected. */
static gboolean
on_heart_due (gpointer user_data)
{
  SbConnection *self = user_data;

  if (self->stalled)
    return G_SOURCE_CONTINUE;
  self->heart = 0;
  sb_trace_log (self->sandbox, "no ping in time");
  sb_connection_end (self, SB_END_DROP);
  return G_SOURCE_REMOVE;
}

static void
beat (SbConnection *self)
{
  const SbSettings *settings = &self->sandbox->settings;

  g_clear_handle_id (&self->heart, g_source_remove);
  self->heart = g_timeout_add ((guint) (settings->ping_interval + settings->ping_timeout), on_heart_due, self);
}

/* ---- SYNC ---- */

static void
handle_sync (SbConnection *self, FlooFrame *frame)
{
  Sandbox *sandbox = self->sandbox;
  const Floo__SyncUL *ul = frame->sync_ul;
  gint64 conversation = ul->xid != NULL && ul->xid->has_uid ? (gint64) ul->xid->uid : 0;
  gint64 key = ul->has_key ? (gint64) ul->key : 0;

  if (ul->meta != NULL)
    {
      SbVerdict verdict;

      sb_intake_meta (sandbox, self->device, frame, ul->meta, &verdict);
      sb_connection_answer (self, &verdict);
      return;
    }
  sb_strict_fetch (sandbox, self->device, ul);
  if (ul->has_is_full_sync && ul->is_full_sync)
    sb_sync_history (sandbox, self->device, conversation, key, ul->has_full_sync_num ? ul->full_sync_num : 0);
  else
    {
      sandbox->faults.n_fetches++;
      sb_sync_page (sandbox, self->device, conversation, key);
    }
}

/* ---- receiving ---- */

/* Refuses a frame in the form of its command. */
static void
refuse (SbConnection *self, const FlooFrame *frame, Floo__Status__ErrorCode code, const char *reason)
{
  Floo__Status status = FLOO__STATUS__INIT;

  status.has_code = status.has_reason = TRUE;
  status.code = code;
  status.reason = floo_wire_text (reason);
  if (frame->command == FLOO__FRAME__COMMAND__UNREAD)
    {
      Floo__UnreadDL dl = FLOO__UNREAD_DL__INIT;

      dl.status = &status;
      sb_connection_send (self, frame->command, &dl.base);
    }
  else
    {
      Floo__SyncDL dl = FLOO__SYNC_DL__INIT;

      dl.status = &status;
      if (frame->sync_ul != NULL && frame->sync_ul->meta != NULL)
        {
          dl.has_client_mid = TRUE;
          dl.client_mid = frame->sync_ul->meta->id;
        }
      else if (frame->sync_ul != NULL)
        {
          dl.xid = frame->sync_ul->xid;
          dl.has_is_full_sync = frame->sync_ul->has_is_full_sync;
          dl.is_full_sync = frame->sync_ul->is_full_sync;
        }
      sb_connection_send (self, FLOO__FRAME__COMMAND__SYNC, &dl.base);
    }
}

/* Refuses a frame that fetches, if a fault says so. Returns: whether it was refused. */
static gboolean
refuse_fetch (SbConnection *self, const FlooFrame *frame)
{
  const Floo__SyncUL *ul = frame->sync_ul;
  SbFetch what = frame->command == FLOO__FRAME__COMMAND__UNREAD ? SB_FETCH_UNREAD
                 : ul != NULL && ul->is_full_sync               ? SB_FETCH_HISTORY
                                                                : SB_FETCH_SYNC;
  SbFetchFault *fault = &self->sandbox->faults.fetches[what];

  if ((ul != NULL && ul->meta != NULL) || !sandbox_take (&fault->count))
    return FALSE;
  refuse (self, frame, fault->code, fault->reason);
  return TRUE;
}

static void
handle_frame (SbConnection *self, GBytes *bytes)
{
  Sandbox *sandbox = self->sandbox;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooFrame) frame = floo_frame_decode (bytes, FLOO_FROM_CLIENT, &error);
  gint64 user = self->device == NULL ? 0 : self->device->user->id;

  if (frame == NULL)
    {
      sb_trace_violation (sandbox, user, "bad frame: %s", error->message);
      return;
    }
  sb_strict_frame (sandbox, user, bytes, frame);
  if (frame->command == FLOO__FRAME__COMMAND__PROVISION)
    sb_connection_provision (self, frame);
  else if (self->device == NULL)
    refuse (self, frame, FLOO__STATUS__ERROR_CODE__UNAUTHORIZED, "you must login first");
  else if (refuse_fetch (self, frame))
    sb_trace_log (sandbox, "fetching is refused as ordered");
  else if (frame->command == FLOO__FRAME__COMMAND__UNREAD)
    sb_sync_unread (sandbox, self->device);
  else if (frame->command == FLOO__FRAME__COMMAND__SYNC)
    handle_sync (self, frame);
  else
    sb_trace_violation (sandbox, user, "clients do not send the command %d", (int) frame->command);
  sb_waits_check (sandbox);
}

static void
handle_packet (SbConnection *self, const FlooSioPacket *packet)
{
  g_autofree char *pong = NULL;

  switch (packet->kind)
    {
    case FLOO_SIO_PING:
      pong = g_strconcat (FLOO_SIO_TEXT_PONG, packet->text, NULL);
      send_text (self, pong);
      break;
    case FLOO_SIO_FRAME:
      handle_frame (self, packet->frame);
      break;
    case FLOO_SIO_CLOSE:
    case FLOO_SIO_DISCONNECT:
      sb_connection_end (self, SB_END_CLOSE);
      break;
    default:
      break;
    }
}

static void
handle_message (SbConnection *self, int type, GBytes *message)
{
  g_auto (FlooSioPacket) packet = { 0 };
  g_autoptr (GError) error = NULL;
  gboolean ok;

  beat (self);
  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    {
      gsize len;
      const char *text = g_bytes_get_data (message, &len);

      ok = floo_sio_decode_text (self->decoder, text, len, &packet, &error);
    }
  else
    ok = floo_sio_decode_binary (self->decoder, message, &packet, &error);
  if (ok)
    handle_packet (self, &packet);
  else
    sb_trace_violation (self->sandbox, self->device == NULL ? 0 : self->device->user->id, "bad packet: %s", error->message);
}

static void
on_message (SoupWebsocketConnection *ws, int type, GBytes *message, gpointer user_data)
{
  SbConnection *self = user_data;
  HeldMessage held = { type, NULL };

  if (self->ended)
    return;
  if (!self->stalled && self->held.length == 0)
    {
      handle_message (self, type, message);
      return;
    }
  if (self->held.length >= MAX_HELD)
    {
      sb_trace_log (self->sandbox, "too much came on a stalled connection");
      sb_connection_end (self, SB_END_DROP);
      return;
    }
  held.message = g_bytes_ref (message);
  g_queue_push_tail (&self->held, g_memdup2 (&held, sizeof held));
}

/* One message at a time: handling it may end and free the connection. */
static gboolean
on_resume (gpointer user_data)
{
  SbConnection *self = user_data;
  HeldMessage *held = self->ended || self->stalled ? NULL : g_queue_pop_head (&self->held);
  gboolean is_last = held == NULL || self->held.length == 0;

  if (is_last)
    self->resume = 0;
  if (held != NULL)
    {
      handle_message (self, held->type, held->message);
      held_message_free (held);
    }
  return is_last ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

void
sb_connection_stall (SbConnection *self, gboolean stalled)
{
  self->stalled = stalled;
  if (!stalled && self->held.length > 0 && self->resume == 0)
    self->resume = g_idle_add_full (G_PRIORITY_DEFAULT, on_resume, self, NULL);
}

/* ---- the beginning ---- */

static void
greet (SbConnection *self)
{
  const SbSettings *settings = &self->sandbox->settings;
  g_autofree char *sid = sb_state_random_text (self->sandbox->state);
  g_autofree char *open = floo_sio_encode_open (sid, (guint) settings->ping_interval, (guint) settings->ping_timeout);

  send_text (self, open);
  send_text (self, FLOO_SIO_TEXT_CONNECT);
  beat (self);
}

static gboolean
on_greeting (gpointer user_data)
{
  SbConnection *self = user_data;

  self->greeting = 0;
  greet (self);
  return G_SOURCE_REMOVE;
}

static void
on_websocket (SoupServer *server, SoupServerMessage *msg, const char *path, SoupWebsocketConnection *ws, gpointer user_data)
{
  Sandbox *sandbox = user_data;
  SbConnection *self = g_new0 (SbConnection, 1);

  self->sandbox = sandbox;
  self->ws = g_object_ref (ws);
  self->socket = g_object_ref (soup_server_message_get_socket (msg));
  self->decoder = floo_sio_decoder_new ();
  self->stalled = sandbox->faults.stall_all;
  soup_websocket_connection_set_max_incoming_payload_size (ws, 2 * FLOO_MAX_FRAME);
  g_signal_connect (ws, "message", G_CALLBACK (on_message), self);
  g_signal_connect (ws, "error", G_CALLBACK (on_error), self);
  g_signal_connect (ws, "closed", G_CALLBACK (on_closed), self);
  g_ptr_array_add (sandbox->connections, self);
  if (sandbox->faults.delay_ms > 0)
    self->greeting = g_timeout_add (sandbox->faults.delay_ms, on_greeting, self);
  else
    greet (self);
}

/* Before the upgrade: refuses it if a fault says so, or if it is not Engine.IO 3. */
static void
on_upgrade (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query, gpointer user_data)
{
  Sandbox *sandbox = user_data;
  const char *version = query == NULL ? NULL : g_hash_table_lookup (query, "EIO");
  const char *transport = query == NULL ? NULL : g_hash_table_lookup (query, "transport");
  const char *upgrade = soup_message_headers_get_one (soup_server_message_get_request_headers (msg), "Upgrade");

  if (g_strcmp0 (version, "3") != 0 || g_strcmp0 (transport, "websocket") != 0 || upgrade == NULL)
    {
      static const char body[] = "{\"code\":0,\"message\":\"Transport unknown\"}";

      sb_trace_violation (sandbox, 0, "/socket.io/ without EIO=3 and transport=websocket");
      soup_server_message_set_response (msg, "application/json", SOUP_MEMORY_STATIC, body, sizeof body - 1);
      soup_server_message_set_status (msg, SOUP_STATUS_BAD_REQUEST, NULL);
    }
  else if (sandbox_take (&sandbox->faults.refuse))
    soup_server_message_set_status (msg, sandbox->faults.refuse_status, NULL);
}

void
sb_socket_attach (Sandbox *sandbox)
{
  soup_server_remove_websocket_extension (sandbox->server, SOUP_TYPE_WEBSOCKET_EXTENSION_DEFLATE);
  soup_server_add_early_handler (sandbox->server, "/socket.io/", on_upgrade, sandbox, NULL);
  soup_server_add_websocket_handler (sandbox->server, "/socket.io/", NULL, NULL, on_websocket, sandbox, NULL);
}
