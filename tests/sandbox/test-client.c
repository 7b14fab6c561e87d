/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-client.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"
#include "wire/socketio.h"

void
client_iterate (void)
{
  g_main_context_iteration (NULL, TRUE);
}

/* Wakes the loop regularly, so that a wait can time out. */
static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

/* Drops the debug messages of libsoup, two for every frame. */
static void
on_debug (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
}

void
client_test_init (int *argc, char ***argv)
{
  g_test_init (argc, argv, NULL);
  g_log_set_handler ("libsoup", G_LOG_LEVEL_DEBUG, on_debug, NULL);
  g_log_set_handler ("GLib-GIO", G_LOG_LEVEL_DEBUG, on_debug, NULL);
}

Client *
client_new (Sandbox *sandbox)
{
  Client *client = g_new0 (Client, 1);
  static guint tick;

  if (tick == 0)
    tick = g_timeout_add_seconds (1, on_tick, NULL);
  client->sandbox = sandbox;
  client->session = soup_session_new_with_options ("proxy-resolver", NULL, NULL);
  client->last_mid = sb_now ();
  g_queue_init (&client->frames);
  return client;
}

void
client_free (Client *client)
{
  client_disconnect (client);
  client_clear (client);
  soup_session_abort (client->session);
  g_object_unref (client->session);
  g_free (client->token);
  g_free (client->guid);
  g_free (client);
}

/* ---- REST ---- */

typedef struct {
  GBytes *body;
  GError *error;
  gboolean done;
} Reply;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reply *reply = user_data;

  reply->body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &reply->error);
  reply->done = TRUE;
}

JsonObject *
client_call (Client *client, const char *method, const char *path, const char *body)
{
  g_autofree char *url = g_strconcat (client->sandbox->origin, path, NULL);
  g_autoptr (SoupMessage) msg = soup_message_new (method, url);
  SoupMessageHeaders *headers = soup_message_get_request_headers (msg);
  g_autoptr (GBytes) bytes = body == NULL ? NULL : g_bytes_new (body, strlen (body));
  g_autoptr (JsonNode) root = NULL;
  Reply reply = { 0 };

  soup_message_headers_append (headers, "app_id", SB_APP_ID);
  if (client->token != NULL && !g_str_has_prefix (path, "/token/") && !g_str_has_prefix (path, "/user/register")
      && !g_str_has_prefix (path, "/control/"))
    soup_message_headers_append (headers, "access-token", client->token);
  if (bytes != NULL)
    soup_message_set_request_body_from_bytes (msg, "application/json", bytes);
  soup_session_send_and_read_async (client->session, msg, G_PRIORITY_DEFAULT, NULL, on_reply, &reply);
  client_wait (reply.done);
  g_assert_no_error (reply.error);
  root = floo_json_parse (g_bytes_get_data (reply.body, NULL), g_bytes_get_size (reply.body), &reply.error);
  g_assert_no_error (reply.error);
  g_bytes_unref (reply.body);
  return json_node_dup_object (root);
}

JsonObject *
client_expect (Client *client, int code, const char *method, const char *path, const char *body)
{
  JsonObject *envelope = client_call (client, method, path, body);

  if (json_object_get_int_member (envelope, "code") != code)
    g_test_message ("%s %s: %s", method, path, json_object_get_string_member_with_default (envelope, "message", ""));
  g_assert_cmpint (json_object_get_int_member (envelope, "code"), ==, code);
  return envelope;
}

JsonObject *
client_control (Client *client, const char *name, const char *body)
{
  g_autofree char *path = g_strconcat ("/control/", name, NULL);
  JsonObject *answer = client_call (client, "POST", path, body);

  if (!json_object_get_boolean_member (answer, "ok"))
    g_test_message ("control %s: %s", name, json_object_get_string_member (answer, "error"));
  g_assert_true (json_object_get_boolean_member (answer, "ok"));
  return answer;
}

void
client_order (Client *client, const char *name, const char *body)
{
  json_object_unref (client_control (client, name, body));
}

/* ---- the socket ---- */

static void
on_message (SoupWebsocketConnection *ws, int type, GBytes *message, gpointer user_data)
{
  Client *client = user_data;
  g_auto (FlooSioPacket) packet = { 0 };
  g_autoptr (GError) error = NULL;
  gsize len;
  const char *data = g_bytes_get_data (message, &len);

  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    floo_sio_decode_text (client->decoder, data, len, &packet, &error);
  else
    floo_sio_decode_binary (client->decoder, message, &packet, &error);
  if (error != NULL)
    return;
  if (packet.kind == FLOO_SIO_CONNECT)
    client->greeted = TRUE;
  if (packet.kind == FLOO_SIO_FRAME)
    {
      FlooFrame *frame = floo_frame_decode (packet.frame, FLOO_FROM_SERVICE, NULL);

      if (frame != NULL)
        g_queue_push_tail (&client->frames, frame);
    }
}

static void
on_closed (SoupWebsocketConnection *ws, gpointer user_data)
{
  ((Client *) user_data)->closed = TRUE;
}

typedef struct {
  SoupWebsocketConnection *ws;
  GError *error;
  gboolean done;
} Opening;

static void
on_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Opening *opening = user_data;

  opening->ws = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &opening->error);
  opening->done = TRUE;
}

void
client_connect (Client *client)
{
  g_autofree char *url = g_strdup_printf ("ws://%s/socket.io/?EIO=3&transport=websocket", client->sandbox->host);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", url);
  Opening opening = { 0 };

  client_disconnect (client);
  client->decoder = floo_sio_decoder_new ();
  client->closed = client->greeted = FALSE;
  soup_session_websocket_connect_async (client->session, msg, NULL, NULL, G_PRIORITY_DEFAULT, NULL, on_open, &opening);
  client_wait (opening.done);
  g_assert_no_error (opening.error);
  client->ws = opening.ws;
  soup_websocket_connection_set_max_incoming_payload_size (client->ws, 64 << 20);
  g_signal_connect (client->ws, "message", G_CALLBACK (on_message), client);
  g_signal_connect (client->ws, "closed", G_CALLBACK (on_closed), client);
  client_wait (client->greeted);
}

void
client_disconnect (Client *client)
{
  g_clear_pointer (&client->decoder, floo_sio_decoder_free);
  if (client->ws == NULL)
    return;
  if (soup_websocket_connection_get_state (client->ws) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (client->ws, SOUP_WEBSOCKET_CLOSE_NORMAL, NULL);
  g_signal_handlers_disconnect_matched (client->ws, G_SIGNAL_MATCH_FUNC, 0, 0, NULL, on_message, NULL);
  client_wait (client->closed);
  g_signal_handlers_disconnect_by_data (client->ws, client);
  g_clear_object (&client->ws);
}

void
client_send_raw (Client *client, GBytes *frame)
{
  g_autoptr (GBytes) message = floo_sio_encode_binary (frame);

  soup_websocket_connection_send_text (client->ws, FLOO_SIO_TEXT_FRAME);
  soup_websocket_connection_send_message (client->ws, SOUP_WEBSOCKET_DATA_BINARY, message);
}

void
client_send_frame (Client *client, Floo__Frame__Command command, const ProtobufCMessage *payload)
{
  g_autoptr (GBytes) frame = floo_frame_encode (command, payload);

  client_send_raw (client, frame);
}

FlooFrame *
client_next (Client *client, Floo__Frame__Command command)
{
  FlooFrame *frame;

  while (TRUE)
    {
      client_wait (g_queue_get_length (&client->frames) > 0);
      frame = g_queue_pop_head (&client->frames);
      if (frame->command == command)
        return frame;
      floo_frame_unref (frame);
    }
}

static FlooFrame *
next_sync (Client *client, gboolean ack)
{
  while (TRUE)
    {
      FlooFrame *frame = client_next (client, FLOO__FRAME__COMMAND__SYNC);

      if (frame->sync_dl->has_client_mid == ack)
        return frame;
      floo_frame_unref (frame);
    }
}

FlooFrame *
client_next_ack (Client *client)
{
  return next_sync (client, TRUE);
}

FlooFrame *
client_next_page (Client *client)
{
  return next_sync (client, FALSE);
}

gboolean
client_has (Client *client, Floo__Frame__Command command)
{
  for (GList *l = client->frames.head; l != NULL; l = l->next)
    if (((FlooFrame *) l->data)->command == command)
      return TRUE;
  return FALSE;
}

void
client_clear (Client *client)
{
  g_queue_clear_full (&client->frames, (GDestroyNotify) floo_frame_unref);
}

/* ---- logging in ---- */

void
client_login (Client *client, const char *name, const char *password)
{
  g_autofree char *body = g_strdup_printf ("{\"name\":\"%s\",\"password\":\"%s\"}", name, password);
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "POST", "/token/user", body);
  JsonObject *data = json_object_get_object_member (envelope, "data");

  g_free (client->token);
  client->token = g_strdup (json_object_get_string_member (data, "token"));
  client->user_id = json_object_get_int_member (data, "user_id");
}

static void
set_xid (Floo__XID *xid, gint64 uid, guint32 sn)
{
  floo__xid__init (xid);
  xid->has_uid = xid->has_devicesn = TRUE;
  xid->uid = (guint64) uid;
  xid->devicesn = sn;
}

Floo__Status__ErrorCode
client_provision (Client *client, const char *guid)
{
  Floo__Provision provision = FLOO__PROVISION__INIT;
  Floo__XID xid;
  g_autoptr (FlooFrame) frame = NULL;

  set_xid (&xid, client->user_id, client->sn != 0 ? client->sn : 999999999);
  provision.xid = &xid;
  provision.has_token = provision.has_os_type = provision.has_sdk_vsn = provision.has_device_guid = provision.has_device_info
      = TRUE;
  provision.token = floo_wire_text (client->token);
  provision.os_type = FLOO__PROVISION__OS_TYPE__WEB;
  provision.sdk_vsn = floo_wire_text ("2.0.0");
  provision.device_guid = floo_wire_text (guid);
  provision.device_info = floo_wire_text ("Web");
  client_send_frame (client, FLOO__FRAME__COMMAND__PROVISION, &provision.base);
  frame = client_next (client, FLOO__FRAME__COMMAND__PROVISION);
  if (frame->provision->xid != NULL)
    client->sn = frame->provision->xid->devicesn;
  return frame->provision->status->code;
}

void
client_start (Client *client, const char *name, const char *password, const char *guid)
{
  client_login (client, name, password);
  client_connect (client);
  g_assert_cmpint (client_provision (client, guid), ==, FLOO__STATUS__ERROR_CODE__OK);
  g_assert_cmpuint (client->sn, !=, 0);
}

/* ---- fetching ---- */

void
client_fetch (Client *client, gint64 conversation, gint64 key)
{
  Floo__SyncUL ul = FLOO__SYNC_UL__INIT;
  Floo__XID xid;

  set_xid (&xid, conversation, 0);
  xid.has_devicesn = key != 0;
  ul.xid = &xid;
  ul.has_key = key != 0;
  ul.key = (guint64) key;
  client_send_frame (client, FLOO__FRAME__COMMAND__SYNC, &ul.base);
}

FlooFrame *
client_history (Client *client, gint64 conversation, gint64 key, int count)
{
  Floo__SyncUL ul = FLOO__SYNC_UL__INIT;
  Floo__XID xid;

  set_xid (&xid, conversation, 0);
  ul.xid = &xid;
  ul.has_key = ul.has_full_sync_num = ul.has_is_full_sync = ul.is_full_sync = TRUE;
  ul.key = (guint64) key;
  ul.full_sync_num = count;
  client_send_frame (client, FLOO__FRAME__COMMAND__SYNC, &ul.base);
  return client_next_page (client);
}

const Floo__MessageBody *
client_body (FlooFrame *frame, const Floo__Meta *meta)
{
  g_autoptr (GError) error = NULL;
  const Floo__MessageBody *body = floo_frame_unpack (frame, &floo__message_body__descriptor, &meta->payload, &error);

  g_assert_no_error (error);
  return body;
}

char *
client_text (const ProtobufCBinaryData *text)
{
  return text->len == 0 ? g_strdup ("") : g_strndup ((const char *) text->data, text->len);
}

void
client_fetch_all (Client *client, gint64 conversation, ClientMetaFunc func, gpointer user_data)
{
  gint64 key = 0;

  do
    {
      g_autoptr (FlooFrame) frame = NULL;

      client_fetch (client, conversation, key);
      frame = client_next_page (client);
      for (gsize i = 0; i < frame->sync_dl->n_metas; i++)
        func (frame, frame->sync_dl->metas[i], user_data);
      key = (gint64) frame->sync_dl->next_key;
    }
  while (key != 0);
}

typedef struct {
  guint n;
  GPtrArray *contents;
} Drain;

static void
drain_meta (FlooFrame *frame, const Floo__Meta *meta, gpointer user_data)
{
  Drain *drain = user_data;

  drain->n++;
  if (drain->contents != NULL && meta->ns == FLOO__META__NAME_SPACE__MESSAGE)
    g_ptr_array_add (drain->contents, client_text (&client_body (frame, meta)->content));
}

guint
client_drain (Client *client, gint64 conversation, GPtrArray *contents)
{
  Drain drain = { 0, contents };

  client_fetch_all (client, conversation, drain_meta, &drain);
  return drain.n;
}

int
client_unread (Client *client, gint64 conversation)
{
  g_autoptr (FlooFrame) frame = NULL;

  client_send_frame (client, FLOO__FRAME__COMMAND__UNREAD, NULL);
  frame = client_next (client, FLOO__FRAME__COMMAND__UNREAD);
  for (gsize i = 0; i < frame->unread_dl->n_unread; i++)
    if ((gint64) frame->unread_dl->unread[i]->xid->uid == conversation)
      return (int) frame->unread_dl->unread[i]->n;
  return -1;
}

/* ---- sending ---- */

static gboolean
goes_to_self (const Outgoing *out)
{
  return out->op == FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL || out->op == FLOO__MESSAGE_OPERATION__OP_TYPE__READ_CANCEL
         || out->op == FLOO__MESSAGE_OPERATION__OP_TYPE__DELETE;
}

static void
fill_body (const Outgoing *out, Floo__MessageBody *body, Floo__MessageOperation *op, Floo__XID *op_xid)
{
  gboolean edits = out->op == FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND || out->op == FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE;

  body->has_type = body->has_content = body->has_ctype = TRUE;
  body->type = out->op != 0 ? FLOO__MESSAGE_BODY__TYPE__OPER
               : out->group ? FLOO__MESSAGE_BODY__TYPE__GROUPCHAT
                            : FLOO__MESSAGE_BODY__TYPE__CHAT;
  body->ctype = out->op != 0 && !edits ? (int) FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND : out->ctype;
  body->content = floo_wire_text (out->content != NULL ? out->content : "");
  op->has_type = op->has_mid = TRUE;
  op->type = out->op;
  op->mid = (guint64) out->mid;
  if (out->conversation != 0)
    {
      set_xid (op_xid, out->conversation, 0);
      op->xid = op_xid;
    }
  body->operation = op;
  if (out->config != NULL)
    {
      body->has_config = TRUE;
      body->config = floo_wire_text (out->config);
    }
  if (out->ext != NULL)
    {
      body->has_ext = TRUE;
      body->ext = floo_wire_text (out->ext);
    }
  body->has_qos = out->typing;
  body->qos = FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE;
}

gint64
client_send (Client *client, const Outgoing *out)
{
  Floo__SyncUL ul = FLOO__SYNC_UL__INIT;
  Floo__Meta meta = FLOO__META__INIT;
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;
  Floo__MessageOperation op = FLOO__MESSAGE_OPERATION__INIT;
  Floo__XID from, to, op_xid;
  g_autofree guint8 *packed = NULL;
  gboolean mention = out->config != NULL && strstr (out->config, "mentionList") != NULL;

  fill_body (out, &body, &op, &op_xid);
  packed = g_malloc (floo__message_body__get_packed_size (&body) + 1);
  set_xid (&from, client->user_id, client->sn);
  set_xid (&to, out->to, goes_to_self (out) ? client->sn : 0);
  meta.has_id = meta.has_ns = meta.has_payload = TRUE;
  meta.has_timestamp = out->op == 0 && !out->typing && !mention;
  meta.id = (guint64) (out->client_mid != 0 ? out->client_mid : ++client->last_mid);
  meta.from = &from;
  meta.to = &to;
  meta.timestamp = (guint64) sb_now ();
  meta.ns = FLOO__META__NAME_SPACE__MESSAGE;
  meta.payload.len = floo__message_body__pack (&body, packed);
  meta.payload.data = packed;
  ul.meta = &meta;
  client_send_frame (client, FLOO__FRAME__COMMAND__SYNC, &ul.base);
  return (gint64) meta.id;
}

Floo__Status__ErrorCode
client_submit (Client *client, const Outgoing *out, gint64 *server_mid)
{
  gint64 mid = client_send (client, out);
  g_autoptr (FlooFrame) frame = client_next_ack (client);

  g_assert_cmpint ((gint64) frame->sync_dl->client_mid, ==, mid);
  if (server_mid != NULL)
    *server_mid = (gint64) frame->sync_dl->server_mid;
  return frame->sync_dl->status->code;
}

gint64
client_send_text (Client *client, gint64 to, gboolean group, const char *content)
{
  Outgoing out = { .to = to, .group = group, .content = content };
  gint64 server_mid;

  g_assert_cmpint (client_submit (client, &out, &server_mid), ==, FLOO__STATUS__ERROR_CODE__OK);
  g_assert_cmpint (server_mid, >, SB_FIRST_MESSAGE_ID);
  return server_mid;
}

Floo__Status__ErrorCode
client_delete_conversation (Client *client, gint64 conversation, gboolean everywhere)
{
  Floo__SyncUL ul = FLOO__SYNC_UL__INIT;
  Floo__Meta meta = FLOO__META__INIT;
  Floo__Conversation payload = FLOO__CONVERSATION__INIT;
  Floo__ConversationOperation op = FLOO__CONVERSATION_OPERATION__INIT;
  Floo__XID from, xid;
  guint8 packed[64];
  g_autoptr (FlooFrame) frame = NULL;

  set_xid (&from, client->user_id, client->sn);
  set_xid (&xid, conversation, client->sn);
  payload.has_type = op.has_type = TRUE;
  payload.type = FLOO__CONVERSATION__TYPE__OPER;
  op.type = everywhere ? FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE_EVERYWHERE : FLOO__CONVERSATION_OPERATION__OP_TYPE__DELETE;
  op.xid = &xid;
  payload.operation = &op;
  meta.has_id = meta.has_ns = meta.has_payload = TRUE;
  meta.id = (guint64) ++client->last_mid;
  meta.from = &from;
  meta.ns = FLOO__META__NAME_SPACE__CONVERSATION;
  meta.payload.len = floo__conversation__pack (&payload, packed);
  meta.payload.data = packed;
  ul.meta = &meta;
  client_send_frame (client, FLOO__FRAME__COMMAND__SYNC, &ul.base);
  frame = client_next_ack (client);
  return frame->sync_dl->status->code;
}

/* ---- the fixture ---- */

void
fixture_set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  f->sandbox = sandbox_new (1);
  g_assert_true (sandbox_listen (f->sandbox, 0, NULL, &error) && sb_seed_load (f->sandbox, &error));
  f->alice = client_new (f->sandbox);
  f->bob = client_new (f->sandbox);
  f->carol = client_new (f->sandbox);
  f->dave = client_new (f->sandbox);
  f->erin = client_new (f->sandbox);
}

void
fixture_tear_down (Fixture *f, gconstpointer data)
{
  if (data == NULL)
    g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 0);
  client_free (f->alice);
  client_free (f->bob);
  client_free (f->carol);
  client_free (f->dave);
  client_free (f->erin);
  sandbox_free (f->sandbox);
}
