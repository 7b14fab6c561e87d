/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The WebSocket codec: whatever a peer sends, in whatever pieces, is a message within the bound or an error. */
#include "net/socket/websocket.h"

#include <string.h>

#include "base/error.h"

#define BOUND 1000

/* An unmasked frame as a server sends it. */
static void
add_frame (GByteArray *out, guint first, const void *payload, gsize len)
{
  guint8 header[10] = { (guint8) first, (guint8) len };
  guint size = 2;

  if (len >= 126)
    {
      header[1] = len > G_MAXUINT16 ? 127 : 126;
      size = len > G_MAXUINT16 ? 10 : 4;
      for (guint i = 0; i < size - 2; i++)
        header[size - 1 - i] = (guint8) (len >> (8 * i));
    }
  g_byte_array_append (out, header, size);
  g_byte_array_append (out, payload, (guint) len);
}

/* Decodes @input in pieces of @step bytes into a line per message; an error is the last line. */
static char *
decode (GByteArray *input, gsize step)
{
  g_autoptr (FlooWsDecoder) decoder = floo_ws_decoder_new (BOUND);
  GString *seen = g_string_new (NULL);

  for (gsize at = 0; at < input->len; at += step)
    {
      const guint8 *data = input->data + at;
      gsize len = MIN (step, input->len - at);
      FlooWsResult result;

      do
        {
          g_auto (FlooWsMessage) message = { 0 };
          g_autoptr (GError) error = NULL;

          result = floo_ws_decoder_next (decoder, &data, &len, &message, &error);
          if (result == FLOO_WS_MESSAGE)
            {
              gsize n;
              const char *payload = g_bytes_get_data (message.payload, &n);

              if (message.opcode == FLOO_WS_TEXT)
                g_assert_cmpuint (strlen (payload), ==, n);
              g_string_append_printf (seen, "%x:%.*s\n", message.opcode, (int) n, n > 0 ? payload : "");
            }
          else if (result == FLOO_WS_ERROR)
            {
              g_assert_true (error->domain == FLOO_ERROR);
              g_string_append (seen, error->code == FLOO_ERROR_TOO_LARGE ? "too large" : "protocol");
              return g_string_free (seen, FALSE);
            }
          else
            g_assert_null (error);
        }
      while (result == FLOO_WS_MESSAGE);
      g_assert_cmpuint (len, ==, 0);
    }
  return g_string_free (seen, FALSE);
}

static void
test_pieces (void)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();
  g_autofree char *whole = NULL;
  g_autofree char *text = g_strnfill (300, 'x');

  add_frame (input, 0x81, "hello", 5);
  add_frame (input, 0x82, "", 0);
  add_frame (input, 0x01, "in ", 3);
  add_frame (input, 0x89, "between", 7); /* a ping amid fragments */
  add_frame (input, 0x00, "three ", 6);
  add_frame (input, 0x80, "parts", 5);
  add_frame (input, 0x82, text, 300);
  add_frame (input, 0x88, "", 0);

  whole = decode (input, input->len);
  g_assert_true (g_str_has_prefix (whole, "1:hello\n2:\n9:between\n1:in three parts\n2:xxx"));
  g_assert_true (g_str_has_suffix (whole, "x\n8:\n"));
  for (gsize step = 1; step < 40; step++)
    {
      g_autofree char *pieces = decode (input, step);

      g_assert_cmpstr (pieces, ==, whole);
    }
}

static void
test_refused (void)
{
  static const struct {
    const char *bytes;
    gsize len;
    const char *expected;
  } cases[] = {
    { "\xc1\x01x", 3, "protocol" },                             /* an extension bit */
    { "\x81\x81\x01\x02\x03\x04x", 7, "protocol" },             /* masked */
    { "\x83\x01x", 3, "protocol" },                             /* unknown opcode */
    { "\x8b\x01x", 3, "protocol" },                             /* unknown control frame */
    { "\x80\x01x", 3, "protocol" },                             /* continues nothing */
    { "\x01\x01x\x81\x01y", 6, "protocol" },                    /* a new one within a message */
    { "\x09\x01x", 3, "protocol" },                             /* a ping in pieces */
    { "\x89\x7e\x00\x7e", 4, "protocol" },                      /* a ping of 126 bytes */
    { "\x88\x01x", 3, "protocol" },                             /* half a close code */
    { "\x81\x02\xc3\x28", 4, "protocol" },                      /* no UTF-8 */
    { "\x81\x01\x00", 3, "protocol" },                          /* NUL in a text */
    { "\x82\x7e\x0f\xa1", 4, "too large" },                     /* one byte more than four times the bound */
    { "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff", 10, "too large" },
    { "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10, "too large" },
    { "\x82\x7f\x00\x00\x00\x01\x00\x00\x00\x00", 10, "too large" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      g_autofree char *seen = NULL;

      g_byte_array_append (input, (const guint8 *) cases[i].bytes, (guint) cases[i].len);
      seen = decode (input, 1);
      g_assert_cmpstr (seen, ==, cases[i].expected);
    }
}

/* The limit applies to the message, not to a fragment; and exactly the limit passes. A longer one is dropped, and the next message is complete. */
static void
test_fragments_bounded (void)
{
  g_autoptr (GByteArray) input = g_byte_array_new ();
  g_autofree char *text = g_strnfill (BOUND, 'x');
  g_autofree char *seen = NULL;

  add_frame (input, 0x82, text, BOUND);
  add_frame (input, 0x02, text, 400);
  add_frame (input, 0x00, text, 600);
  for (guint i = 0; i < 1000; i++)
    add_frame (input, 0x00, "", 0);
  add_frame (input, 0x80, "x", 1);
  add_frame (input, 0x82, "next", 4);
  add_frame (input, 0x02, text, BOUND);
  for (guint i = 1; i < FLOO_WS_MAX_CUT; i++)
    add_frame (input, 0x00, text, BOUND);
  add_frame (input, 0x80, "x", 1);
  seen = decode (input, 100);
  g_assert_true (g_str_has_suffix (seen, "x\n2:next\ntoo large"));
  g_assert_cmpuint (strlen (seen), ==, 2 * (strlen ("2:\n") + BOUND) + strlen ("2:next\ntoo large"));
}

/* Random bytes and mutated streams, each in random pieces: the outcome does not depend on the pieces. */
static void
test_random (void)
{
  for (guint round = 0; round < 3000; round++)
    {
      g_autoptr (GByteArray) input = g_byte_array_new ();
      g_autofree char *whole = NULL;
      g_autofree char *pieces = NULL;
      guint n = (guint) g_test_rand_int_range (1, 12);

      for (guint i = 0; i < n; i++)
        {
          static const guint8 firsts[] = { 0x81, 0x82, 0x01, 0x00, 0x80, 0x89, 0x8a, 0x88 };
          guint8 payload[200];

          for (guint j = 0; j < sizeof payload; j++)
            payload[j] = (guint8) g_test_rand_int_range (1, 128);
          add_frame (input, firsts[g_test_rand_int_range (0, G_N_ELEMENTS (firsts))], payload,
                     (gsize) g_test_rand_int_range (0, sizeof payload));
        }
      for (guint i = 0; i < round % 4; i++)
        input->data[g_test_rand_int_range (0, (gint32) input->len)] = (guint8) g_test_rand_int_range (0, 256);
      whole = decode (input, input->len);
      pieces = decode (input, (gsize) g_test_rand_int_range (1, 50));
      g_assert_cmpstr (whole, ==, pieces);
    }
}

/* What we send: masked, of the right length, and the same again when unmasked. */
static void
test_encode (void)
{
  static const gsize sizes[] = { 0, 1, 7, 125, 126, 127, 65535, 65536, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_autofree guint8 *payload = g_malloc (sizes[i] + 1);
      guint header = sizes[i] < 126 ? 2 : sizes[i] < 65536 ? 4 : 10;
      guint64 length = 0;
      const guint8 *mask;

      for (gsize j = 0; j < sizes[i]; j++)
        payload[j] = (guint8) g_test_rand_int ();
      g_byte_array_append (out, (const guint8 *) "before", 6);
      floo_ws_encode (out, FLOO_WS_BINARY, payload, sizes[i]);
      g_assert_cmpuint (out->len, ==, 6 + header + 4 + sizes[i]);
      g_assert_cmpuint (out->data[6], ==, 0x82);
      g_assert_true ((out->data[7] & 0x80) != 0);
      for (guint j = 2; j < header; j++)
        length = length << 8 | out->data[6 + j];
      g_assert_cmpuint (header == 2 ? (out->data[7] & 0x7fu) : length, ==, sizes[i]);
      mask = out->data + 6 + header;
      for (gsize j = 0; j < sizes[i]; j++)
        g_assert_cmpuint (mask[4 + j] ^ mask[j % 4], ==, payload[j]);
    }
}

static void
test_handshake (void)
{
  /* The example of RFC 6455, 1.3. */
  g_autofree char *accept = floo_ws_accept_for_key ("dGhlIHNhbXBsZSBub25jZQ==");
  g_autofree char *one = floo_ws_new_key ();
  g_autofree char *other = floo_ws_new_key ();

  g_assert_cmpstr (accept, ==, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  g_assert_cmpstr (one, !=, other);
  g_assert_cmpuint (strlen (one), ==, 24);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/pieces", test_pieces);
  g_test_add_func ("/websocket/refused", test_refused);
  g_test_add_func ("/websocket/fragments-bounded", test_fragments_bounded);
  g_test_add_func ("/websocket/random", test_random);
  g_test_add_func ("/websocket/encode", test_encode);
  g_test_add_func ("/websocket/handshake", test_handshake);
  return g_test_run ();
}
