/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/websocket.h"

#include <string.h>
#include <sys/random.h>

#include "base/error.h"

#define FIN 0x80
#define RESERVED 0x70
#define OPCODE 0x0f
#define CONTROL 0x08
#define MASKED 0x80
#define MASK_LENGTH 4
#define CONTINUATION 0x0
#define MAX_CONTROL 125
#define MAX_HEADER 10 /* of a frame to us: they are never masked */
#define HANDSHAKE_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

struct _FlooWsDecoder {
  gsize max_message;

  guint8 header[MAX_HEADER];
  guint header_len; /* bytes of the header so far; 0 between frames */
  gboolean in_payload;

  /* The present frame. */
  gboolean fin;
  guint opcode;
  guint64 left; /* bytes of its payload still to come */

  /* The present message: of all fragments so far; NULL between messages. */
  GByteArray *message;
  gsize message_len; /* including what was discarded */
  gboolean cut;      /* it is longer than the bound */
  FlooWsOpcode message_opcode;
  /* A control frame may stand between fragments. */
  guint8 control[MAX_CONTROL];
  gsize control_len;
};

void
floo_ws_message_clear (FlooWsMessage *message)
{
  g_clear_pointer (&message->payload, g_bytes_unref);
}

FlooWsDecoder *
floo_ws_decoder_new (gsize max_message)
{
  FlooWsDecoder *decoder = g_new0 (FlooWsDecoder, 1);

  decoder->max_message = max_message;
  return decoder;
}

void
floo_ws_decoder_free (FlooWsDecoder *decoder)
{
  if (decoder == NULL)
    return;
  g_clear_pointer (&decoder->message, g_byte_array_unref);
  g_free (decoder);
}

static gboolean
protocol_error (GError **error, const char *what)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "WebSocket: %s", what);
  return FALSE;
}

/* How many bytes the whole header has, from its first two bytes. */
static guint
header_size (const guint8 *header)
{
  guint length = header[1] & ~MASKED;

  return length == 127 ? 10 : length == 126 ? 4 : 2;
}

static guint64
payload_length (const guint8 *header)
{
  guint size = header_size (header);
  guint64 length = 0;

  if (size == 2)
    return header[1] & ~MASKED;
  for (guint i = 2; i < size; i++)
    length = length << 8 | header[i];
  return length;
}

static gboolean
begin_control (FlooWsDecoder *decoder, GError **error)
{
  if (!decoder->fin || decoder->left > MAX_CONTROL)
    return protocol_error (error, "a control frame is too long or in pieces");
  if (decoder->opcode > FLOO_WS_PONG)
    return protocol_error (error, "unknown control frame");
  decoder->control_len = 0;
  return TRUE;
}

static gboolean
begin_data (FlooWsDecoder *decoder, GError **error)
{
  if (decoder->opcode > FLOO_WS_BINARY)
    return protocol_error (error, "unknown data frame");
  if ((decoder->opcode == CONTINUATION) != (decoder->message != NULL))
    return protocol_error (error, "fragments out of order");
  if (decoder->message == NULL)
    decoder->message_len = 0;
  if (decoder->left > FLOO_WS_MAX_CUT * decoder->max_message - decoder->message_len)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "WebSocket: a message of more than %" G_GSIZE_FORMAT " bytes",
                   FLOO_WS_MAX_CUT * decoder->max_message);
      return FALSE;
    }
  decoder->message_len += decoder->left;
  if (decoder->message == NULL)
    {
      /* One byte more: texts end with a NUL. */
      decoder->message = g_byte_array_sized_new ((guint) MIN (decoder->left, decoder->max_message) + 1);
      decoder->message_opcode = decoder->opcode;
      decoder->cut = FALSE;
    }
  return TRUE;
}

/* The header is complete: evaluates and checks it. */
static gboolean
begin_frame (FlooWsDecoder *decoder, GError **error)
{
  const guint8 *header = decoder->header;

  decoder->fin = (header[0] & FIN) != 0;
  decoder->opcode = header[0] & OPCODE;
  decoder->left = payload_length (header);
  decoder->in_payload = TRUE;

  if ((header[0] & RESERVED) != 0)
    return protocol_error (error, "extension bits without an extension");
  if ((header[1] & MASKED) != 0)
    return protocol_error (error, "a masked frame from the server");
  return (decoder->opcode & CONTROL) != 0 ? begin_control (decoder, error) : begin_data (decoder, error);
}

static gboolean
take_header (FlooWsDecoder *decoder, const guint8 **data, gsize *len, GError **error)
{
  while (*len > 0 && (decoder->header_len < 2 || decoder->header_len < header_size (decoder->header)))
    {
      decoder->header[decoder->header_len++] = *(*data)++;
      (*len)--;
    }
  if (decoder->header_len < 2 || decoder->header_len < header_size (decoder->header))
    return TRUE;
  return begin_frame (decoder, error);
}

static void
take_payload (FlooWsDecoder *decoder, const guint8 **data, gsize *len)
{
  gsize n = MIN (*len, decoder->left);

  if (n == 0)
    return;
  if ((decoder->opcode & CONTROL) != 0)
    {
      memcpy (decoder->control + decoder->control_len, *data, n);
      decoder->control_len += n;
    }
  else
    {
      /* Bytes beyond the bound are discarded. */
      gsize kept = MIN (n, decoder->max_message - decoder->message->len);

      g_byte_array_append (decoder->message, *data, (guint) kept);
      decoder->cut |= kept < n;
    }
  decoder->left -= n;
  *data += n;
  *len -= n;
}

static gboolean
end_message (FlooWsDecoder *decoder, FlooWsMessage *message, GError **error)
{
  /* Only base64 texts are that long: keeps "b4" and whole groups of four. */
  if (decoder->cut && decoder->message_opcode == FLOO_WS_TEXT && decoder->message->len > 2)
    g_byte_array_set_size (decoder->message, decoder->message->len - (decoder->message->len - 2) % 4);
  if (decoder->message_opcode == FLOO_WS_TEXT)
    {
      if (!g_utf8_validate_len ((const char *) decoder->message->data, decoder->message->len, NULL))
        return protocol_error (error, "a text that is no UTF-8");
      g_byte_array_append (decoder->message, (const guint8 *) "", 1);
      decoder->message->len--;
    }
  message->opcode = decoder->message_opcode;
  message->payload = g_byte_array_free_to_bytes (g_steal_pointer (&decoder->message));
  return TRUE;
}

static gboolean
end_control (FlooWsDecoder *decoder, FlooWsMessage *message, GError **error)
{
  if (decoder->opcode == FLOO_WS_CLOSE && decoder->control_len == 1)
    return protocol_error (error, "half a close code");
  message->opcode = decoder->opcode;
  message->payload = g_bytes_new (decoder->control, decoder->control_len);
  return TRUE;
}

FlooWsResult
floo_ws_decoder_next (FlooWsDecoder *decoder, const guint8 **data, gsize *len, FlooWsMessage *message, GError **error)
{
  g_return_val_if_fail (decoder != NULL && data != NULL && len != NULL && message != NULL, FLOO_WS_ERROR);

  message->payload = NULL;
  for (;;)
    {
      gboolean control;

      if (!decoder->in_payload)
        {
          if (!take_header (decoder, data, len, error))
            return FLOO_WS_ERROR;
          if (!decoder->in_payload)
            return FLOO_WS_MORE;
        }
      take_payload (decoder, data, len);
      if (decoder->left > 0)
        return FLOO_WS_MORE;

      decoder->in_payload = FALSE;
      decoder->header_len = 0;
      control = (decoder->opcode & CONTROL) != 0;
      if (control || decoder->fin)
        {
          gboolean fine = control ? end_control (decoder, message, error) : end_message (decoder, message, error);

          return fine ? FLOO_WS_MESSAGE : FLOO_WS_ERROR;
        }
    }
}

/* Masks must not be predictable (RFC 6455, 10.3). */
static void
fill_random (guint8 *bytes, gsize len)
{
  if (getentropy (bytes, len) == 0)
    return;
  for (gsize i = 0; i < len; i++)
    bytes[i] = (guint8) g_random_int ();
}

static guint
encode_header (guint8 *header, FlooWsOpcode opcode, gsize len)
{
  guint size = len < 126 ? 2 : len <= G_MAXUINT16 ? 4 : 10;

  header[0] = FIN | opcode;
  header[1] = MASKED | (size == 2 ? (guint8) len : size == 4 ? 126 : 127);
  for (guint i = size; i > 2; i--)
    {
      header[i - 1] = (guint8) len;
      len >>= 8;
    }
  return size;
}

static void
copy_masked (guint8 *out, const guint8 *in, gsize len, const guint8 *mask)
{
  guint64 wide;
  gsize i = 0;

  memcpy (&wide, mask, MASK_LENGTH);
  memcpy ((guint8 *) &wide + MASK_LENGTH, mask, MASK_LENGTH);
  for (; i + sizeof wide <= len; i += sizeof wide)
    {
      guint64 word;

      memcpy (&word, in + i, sizeof word);
      word ^= wide;
      memcpy (out + i, &word, sizeof word);
    }
  for (; i < len; i++)
    out[i] = in[i] ^ mask[i % MASK_LENGTH];
}

void
floo_ws_encode (GByteArray *out, FlooWsOpcode opcode, const guint8 *payload, gsize len)
{
  guint8 header[MAX_HEADER + MASK_LENGTH];
  guint at;

  g_return_if_fail (out != NULL);
  g_return_if_fail (len <= G_MAXUINT - sizeof header - out->len);

  at = encode_header (header, opcode, len);
  fill_random (header + at, MASK_LENGTH);
  g_byte_array_append (out, header, at + MASK_LENGTH);
  if (len == 0)
    return;
  g_byte_array_set_size (out, out->len + (guint) len);
  copy_masked (out->data + out->len - len, payload, len, header + at);
}

void
floo_ws_encode_close (GByteArray *out, guint code)
{
  const guint8 payload[2] = { (guint8) (code >> 8), (guint8) code };

  floo_ws_encode (out, FLOO_WS_CLOSE, payload, code == FLOO_WS_CLOSE_NO_STATUS ? 0 : sizeof payload);
}

guint
floo_ws_close_code (GBytes *payload)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (payload, &len);

  return len < 2 ? FLOO_WS_CLOSE_NO_STATUS : (guint) data[0] << 8 | data[1];
}

char *
floo_ws_new_key (void)
{
  guint8 bytes[16];

  fill_random (bytes, sizeof bytes);
  return g_base64_encode (bytes, sizeof bytes);
}

char *
floo_ws_accept_for_key (const char *key)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize len = sizeof digest;

  g_return_val_if_fail (key != NULL, NULL);

  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) HANDSHAKE_GUID, -1);
  g_checksum_get_digest (checksum, digest, &len);
  return g_base64_encode (digest, len);
}
