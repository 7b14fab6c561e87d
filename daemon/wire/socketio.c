/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/socketio.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/names.h"

#define EVENT_NAME "frame"
/* The type "message" as the first byte of a binary Engine.IO packet. */
#define BINARY_MESSAGE 0x04
/* Attachments that one event may announce; ours have one. */
#define MAX_ATTACHMENTS 16u
/* Data of a ping or pong; Engine.IO itself sends none or "probe". */
#define MAX_PING 125u
/* A text message; one with a frame in base64 is the longest. */
#define MAX_TEXT FLOO_MAX_FRAME
#define MIN_INTERVAL_MS 1000
#define MAX_INTERVAL_MS 300000
#define NO_FRAME -1

struct _FlooSioDecoder {
  guint pending;        /* attachments still to come */
  int frame_in;         /* how many of them come before the frame, or NO_FRAME */
};

/* The rest of the text that is being read. */
typedef struct {
  const char *at, *end;
} Span;

typedef gboolean (*DecodeText) (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error);

static gboolean
fail (GError **error, const char *what)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "Socket.IO: %s", what);
  return FALSE;
}

static gsize
span_len (Span span)
{
  return (gsize) (span.end - span.at);
}

void
floo_sio_packet_clear (FlooSioPacket *packet)
{
  g_clear_pointer (&packet->sid, g_free);
  g_clear_pointer (&packet->text, g_free);
  g_clear_pointer (&packet->frame, g_bytes_unref);
  *packet = (FlooSioPacket) { .kind = FLOO_SIO_NONE };
}

FlooSioDecoder *
floo_sio_decoder_new (void)
{
  FlooSioDecoder *decoder = g_new0 (FlooSioDecoder, 1);

  decoder->frame_in = NO_FRAME;
  return decoder;
}

void
floo_sio_decoder_free (FlooSioDecoder *decoder)
{
  g_free (decoder);
}

static void
reset (FlooSioDecoder *decoder)
{
  decoder->pending = 0;
  decoder->frame_in = NO_FRAME;
}

/* --- Engine.IO --- */

static gboolean
get_interval (JsonObject *object, const char *member, guint *out)
{
  gint64 value;

  if (!floo_json_get_int (object, member, &value))
    return FALSE;
  *out = (guint) CLAMP (value, MIN_INTERVAL_MS, MAX_INTERVAL_MS);
  return TRUE;
}

static gboolean
decode_open (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  g_autoptr (JsonNode) root = floo_json_parse (span.at, span_len (span), error);
  JsonObject *object;
  const char *sid;

  if (root == NULL)
    return FALSE;
  object = floo_json_node_object (root);
  sid = object != NULL ? floo_json_get_string (object, "sid") : NULL;
  if (sid == NULL || !get_interval (object, "pingInterval", &packet->ping_interval)
      || !get_interval (object, "pingTimeout", &packet->ping_timeout))
    return fail (error, "malformed handshake");

  packet->kind = FLOO_SIO_OPEN;
  packet->sid = g_strdup (sid);
  return TRUE;
}

static gboolean
decode_close (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  packet->kind = FLOO_SIO_CLOSE;
  return TRUE;
}

static gboolean
decode_ping_data (Span span, FlooSioKind kind, FlooSioPacket *packet, GError **error)
{
  if (span_len (span) > MAX_PING || !g_utf8_validate_len (span.at, span_len (span), NULL))
    return fail (error, "malformed ping or pong");
  packet->kind = kind;
  packet->text = g_strndup (span.at, span_len (span));
  return TRUE;
}

static gboolean
decode_ping (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  return decode_ping_data (span, FLOO_SIO_PING, packet, error);
}

static gboolean
decode_pong (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  return decode_ping_data (span, FLOO_SIO_PONG, packet, error);
}

static gboolean
decode_nothing (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  return TRUE;
}

/* --- Socket.IO, inside Engine.IO's message --- */

/* Skips a namespace; FALSE: it is another one than "/", whose packets are ignored. */
static gboolean
skip_namespace (Span *span)
{
  const char *comma;
  gsize len;
  gboolean is_root;

  if (span->at == span->end || *span->at != '/')
    return TRUE;

  comma = memchr (span->at, ',', span_len (*span));
  len = comma != NULL ? (gsize) (comma - span->at) : span_len (*span);
  is_root = len == 1 || span->at[1] == '?';
  span->at += comma != NULL ? len + 1 : len;
  return is_root;
}

/* Skips the digits of a number; FALSE where it is none or above @max. */
static gboolean
read_number (Span *span, guint max, guint *out)
{
  guint value = 0;
  const char *begin = span->at;

  while (span->at < span->end && g_ascii_isdigit (*span->at))
    {
      value = value * 10 + (guint) (*span->at++ - '0');
      if (value > max)
        return FALSE;
    }
  *out = value;
  return span->at > begin;
}

static gboolean
decode_connect (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  if (skip_namespace (&span))
    {
      if (span.at < span.end)
        return fail (error, "malformed connect packet");
      packet->kind = FLOO_SIO_CONNECT;
    }
  return TRUE;
}

static gboolean
decode_disconnect (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  if (skip_namespace (&span))
    {
      if (span.at < span.end)
        return fail (error, "malformed disconnect packet");
      packet->kind = FLOO_SIO_DISCONNECT;
    }
  return TRUE;
}

static gboolean
decode_error (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  if (skip_namespace (&span))
    {
      packet->kind = FLOO_SIO_ERROR;
      packet->text = g_utf8_make_valid (span.at, (gssize) span_len (span));
    }
  return TRUE;
}

/* The array of an event or ack; an event's begins with its name. */
static JsonArray *
parse_array (Span span, gboolean is_event, JsonNode **root, GError **error)
{
  JsonArray *array;
  guint ack_id;

  if (span.at < span.end && g_ascii_isdigit (*span.at) && !read_number (&span, G_MAXUINT / 10 - 1, &ack_id))
    {
      fail (error, "malformed ack id");
      return NULL;
    }
  *root = floo_json_parse (span.at, span_len (span), error);
  if (*root == NULL)
    return NULL;

  array = JSON_NODE_HOLDS_ARRAY (*root) ? json_node_get_array (*root) : NULL;
  if (array == NULL || (is_event && (json_array_get_length (array) == 0
                                     || json_node_get_value_type (json_array_get_element (array, 0)) != G_TYPE_STRING)))
    {
      fail (error, "malformed event or ack");
      return NULL;
    }
  return array;
}

/* Events with only text arguments, of any name, and acks are ignored. */
static gboolean
decode_event (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  g_autoptr (JsonNode) root = NULL;

  return !skip_namespace (&span) || parse_array (span, TRUE, &root, error) != NULL;
}

static gboolean
decode_ack (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  g_autoptr (JsonNode) root = NULL;

  return !skip_namespace (&span) || parse_array (span, FALSE, &root, error) != NULL;
}

static gboolean
read_attachments (Span *span, guint *out, GError **error)
{
  if (!read_number (span, MAX_ATTACHMENTS, out) || span->at == span->end || *span->at != '-')
    return fail (error, "malformed number of attachments");
  span->at++;
  return TRUE;
}

/* Reads which attachment the event's only argument refers to. */
static gboolean
get_placeholder (JsonArray *array, guint n_attachments, int *out)
{
  JsonObject *argument;
  gboolean placeholder;
  gint64 num;

  if (json_array_get_length (array) != 2)
    return FALSE;
  argument = floo_json_node_object (json_array_get_element (array, 1));
  if (argument == NULL || !floo_json_get_bool (argument, "_placeholder", &placeholder) || !placeholder
      || !floo_json_get_int (argument, "num", &num) || num < 0 || num >= n_attachments)
    return FALSE;
  *out = (int) num;
  return TRUE;
}

static gboolean
decode_binary_event (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  g_autoptr (JsonNode) root = NULL;
  JsonArray *array;
  guint n;
  int frame_in = NO_FRAME;

  if (!read_attachments (&span, &n, error))
    return FALSE;
  if (skip_namespace (&span))
    {
      array = parse_array (span, TRUE, &root, error);
      if (array == NULL)
        return FALSE;
      if (g_str_equal (json_array_get_string_element (array, 0), EVENT_NAME) && !get_placeholder (array, n, &frame_in))
        return fail (error, "event \"" EVENT_NAME "\" without its attachment");
    }
  decoder->pending = n;
  decoder->frame_in = frame_in;
  return TRUE;
}

static gboolean
decode_binary_ack (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  guint n;

  if (!read_attachments (&span, &n, error) || !decode_ack (decoder, span, packet, error))
    return FALSE;
  decoder->pending = n;
  decoder->frame_in = NO_FRAME;
  return TRUE;
}

static const DecodeText decode_packet[] = {
  decode_connect, decode_disconnect, decode_event, decode_ack, decode_error, decode_binary_event, decode_binary_ack,
};

static gboolean
decode_message (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  guint type;

  if (decoder->pending > 0)
    return fail (error, "a packet instead of an attachment");
  if (span.at == span.end)
    return fail (error, "empty packet");
  type = (guint) (guchar) *span.at++ - '0';
  if (type >= G_N_ELEMENTS (decode_packet))
    return fail (error, "packet of an unknown type");
  return decode_packet[type](decoder, span, packet, error);
}

static const DecodeText decode_engine[] = {
  decode_open, decode_close, decode_ping, decode_pong, decode_message, decode_nothing, decode_nothing,
};

/* --- attachments --- */

/* @data: (transfer full): without Engine.IO's type */
static gboolean
take_attachment (FlooSioDecoder *decoder, GBytes *data, FlooSioPacket *packet, GError **error)
{
  g_autoptr (GBytes) attachment = data;

  if (decoder->pending == 0)
    return fail (error, "an attachment without its event");
  if (g_bytes_get_size (attachment) > FLOO_MAX_FRAME)
    return fail (error, "an attachment is too large");

  decoder->pending--;
  if (decoder->frame_in == NO_FRAME)
    return TRUE;
  if (decoder->frame_in == 0)
    {
      packet->kind = FLOO_SIO_FRAME;
      packet->frame = g_steal_pointer (&attachment);
    }
  /* After the frame itself this becomes NO_FRAME. */
  decoder->frame_in--;
  return TRUE;
}

/* Only RFC 4648 with padding is accepted; g_base64_decode() skips invalid characters. */
static gboolean
is_base64 (Span span)
{
  gsize padding = 0;

  if (span_len (span) % 4 != 0)
    return FALSE;
  while (padding < 2 && span.at < span.end && span.end[-1] == '=')
    {
      span.end--;
      padding++;
    }
  for (; span.at < span.end; span.at++)
    if (!g_ascii_isalnum (*span.at) && *span.at != '+' && *span.at != '/')
      return FALSE;
  return TRUE;
}

static gboolean
decode_base64 (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  g_autofree char *text = NULL;
  guchar *data;
  gsize len;

  if (!is_base64 (span))
    return fail (error, "malformed base64");
  text = g_strndup (span.at, span_len (span));
  data = g_base64_decode (text, &len);
  return take_attachment (decoder, g_bytes_new_take (data, len), packet, error);
}

/* --- entries --- */

static gboolean
decode_text (FlooSioDecoder *decoder, Span span, FlooSioPacket *packet, GError **error)
{
  static const char usual[] = FLOO_SIO_TEXT_FRAME;
  guint type;

  /* The most frequent text. */
  if (decoder->pending == 0 && span_len (span) == strlen (usual) && memcmp (span.at, usual, strlen (usual)) == 0)
    {
      decoder->pending = 1;
      decoder->frame_in = 0;
      return TRUE;
    }

  if (span_len (span) > MAX_TEXT)
    return fail (error, "a message is too large");
  if (span_len (span) >= 2 && span.at[0] == 'b' && span.at[1] == '4')
    return decode_base64 (decoder, (Span) { span.at + 2, span.end }, packet, error);
  if (span.at == span.end)
    return fail (error, "empty message");
  type = (guint) (guchar) *span.at++ - '0';
  if (type >= G_N_ELEMENTS (decode_engine))
    return fail (error, "message of an unknown type");
  return decode_engine[type](decoder, span, packet, error);
}

gboolean
floo_sio_decode_text (FlooSioDecoder *decoder, const char *text, gsize len, FlooSioPacket *packet, GError **error)
{
  g_return_val_if_fail (decoder != NULL && (text != NULL || len == 0) && packet != NULL, FALSE);

  *packet = (FlooSioPacket) { .kind = FLOO_SIO_NONE };
  if (len == 0)
    text = "";
  if (decode_text (decoder, (Span) { text, text + len }, packet, error))
    return TRUE;
  reset (decoder);
  floo_sio_packet_clear (packet);
  return FALSE;
}

gboolean
floo_sio_decode_binary (FlooSioDecoder *decoder, GBytes *message, FlooSioPacket *packet, GError **error)
{
  const guint8 *data;
  gsize len;

  g_return_val_if_fail (decoder != NULL && message != NULL && packet != NULL, FALSE);

  *packet = (FlooSioPacket) { .kind = FLOO_SIO_NONE };
  data = g_bytes_get_data (message, &len);
  if (len == 0 || data[0] != BINARY_MESSAGE)
    fail (error, "binary message of an unknown type");
  else if (take_attachment (decoder, g_bytes_new_from_bytes (message, 1, len - 1), packet, error))
    return TRUE;
  reset (decoder);
  return FALSE;
}

GBytes *
floo_sio_encode_binary (GBytes *frame)
{
  gsize len;
  gconstpointer data;
  guint8 *message;

  g_return_val_if_fail (frame != NULL, NULL);

  data = g_bytes_get_data (frame, &len);
  message = g_malloc (len + 1);
  message[0] = BINARY_MESSAGE;
  if (len > 0)
    memcpy (message + 1, data, len);
  return g_bytes_new_take (message, len + 1);
}

char *
floo_sio_encode_open (const char *sid, guint ping_interval, guint ping_timeout)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *json = NULL;

  g_return_val_if_fail (sid != NULL, NULL);

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "sid");
  json_builder_add_string_value (builder, sid);
  json_builder_set_member_name (builder, "upgrades");
  json_builder_begin_array (builder);
  json_builder_end_array (builder);
  json_builder_set_member_name (builder, "pingInterval");
  json_builder_add_int_value (builder, ping_interval);
  json_builder_set_member_name (builder, "pingTimeout");
  json_builder_add_int_value (builder, ping_timeout);
  json_builder_end_object (builder);

  root = json_builder_get_root (builder);
  json = floo_json_to_text (root);
  return g_strconcat ("0", json, NULL);
}
