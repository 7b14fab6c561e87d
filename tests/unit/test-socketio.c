/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire/socketio: the decoding of each WebSocket message, for both ends. */
#include <string.h>

#include "base/error.h"
#include "base/names.h"
#include "wire/socketio.h"

#define PLACEHOLDER "{\"_placeholder\":true,\"num\":0}"

typedef struct {
  FlooSioDecoder *decoder;
  FlooSioPacket packet;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->decoder = floo_sio_decoder_new ();
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  floo_sio_packet_clear (&f->packet);
  floo_sio_decoder_free (f->decoder);
}

static void
take_text_len (Fixture *f, const char *text, gsize len, FlooSioKind kind)
{
  /* A copy of just this length, so that a sanitizer sees the end. */
  g_autofree char *copy = g_memdup2 (text, len);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  floo_sio_packet_clear (&f->packet);
  ok = floo_sio_decode_text (f->decoder, copy, len, &f->packet, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_cmpint (f->packet.kind, ==, kind);
}

static void
take_text (Fixture *f, const char *text, FlooSioKind kind)
{
  take_text_len (f, text, strlen (text), kind);
}

static void
take_binary (Fixture *f, const char *data, gsize len, FlooSioKind kind)
{
  g_autoptr (GBytes) message = g_bytes_new (data, len);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  floo_sio_packet_clear (&f->packet);
  ok = floo_sio_decode_binary (f->decoder, message, &f->packet, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
  g_assert_cmpint (f->packet.kind, ==, kind);
}

static void
refuse_text_len (Fixture *f, const char *text, gsize len)
{
  g_autofree char *copy = g_memdup2 (text, len);
  g_autoptr (GError) error = NULL;

  floo_sio_packet_clear (&f->packet);
  if (floo_sio_decode_text (f->decoder, copy, len, &f->packet, &error))
    g_error ("\"%s\" was taken", text);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_cmpint (f->packet.kind, ==, FLOO_SIO_NONE);
}

static void
refuse_text (Fixture *f, const char *text)
{
  refuse_text_len (f, text, strlen (text));
}

static void
refuse_binary (Fixture *f, const char *data, gsize len)
{
  g_autoptr (GBytes) message = g_bytes_new (data, len);
  g_autoptr (GError) error = NULL;

  floo_sio_packet_clear (&f->packet);
  g_assert_false (floo_sio_decode_binary (f->decoder, message, &f->packet, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
}

static void
assert_frame (Fixture *f, const char *expected)
{
  gsize len;
  gconstpointer data = g_bytes_get_data (f->packet.frame, &len);

  g_assert_cmpmem (data, len, expected, strlen (expected));
}

/* --- Engine.IO --- */

static void
test_open (Fixture *f, gconstpointer data)
{
  take_text (f, "0{\"sid\":\"abc\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000}", FLOO_SIO_OPEN);
  g_assert_cmpstr (f->packet.sid, ==, "abc");
  g_assert_cmpuint (f->packet.ping_interval, ==, 25000);
  g_assert_cmpuint (f->packet.ping_timeout, ==, 5000);

  take_text (f, "0{\"sid\":\"\",\"pingInterval\":0,\"pingTimeout\":9223372036854775807}", FLOO_SIO_OPEN);
  g_assert_cmpuint (f->packet.ping_interval, ==, 1000);
  g_assert_cmpuint (f->packet.ping_timeout, ==, 300000);
  take_text (f, "0{\"sid\":\"\",\"pingInterval\":-1,\"pingTimeout\":300001}", FLOO_SIO_OPEN);
  g_assert_cmpuint (f->packet.ping_interval, ==, 1000);
  g_assert_cmpuint (f->packet.ping_timeout, ==, 300000);

  refuse_text (f, "0");
  refuse_text (f, "0[]");
  refuse_text (f, "0{}");
  refuse_text (f, "0null");
  refuse_text (f, "0{\"sid\":1,\"pingInterval\":25000,\"pingTimeout\":5000}");
  refuse_text (f, "0{\"sid\":\"a\",\"pingTimeout\":5000}");
  refuse_text (f, "0{\"sid\":\"a\",\"pingInterval\":25000}");
  refuse_text (f, "0{\"sid\":\"a\",\"pingInterval\":25e3,\"pingTimeout\":[]}");
  refuse_text (f, "0{\"sid\":\"a\",\"pingInterval\":9223372036854775808,\"pingTimeout\":5000}");
}

static void
test_open_round_trip (Fixture *f, gconstpointer data)
{
  g_autofree char *text = floo_sio_encode_open ("s\"1", 25000, 5000);

  g_assert_cmpstr (text, ==, "0{\"sid\":\"s\\\"1\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000}");
  take_text (f, text, FLOO_SIO_OPEN);
  g_assert_cmpstr (f->packet.sid, ==, "s\"1");
}

static void
test_engine (Fixture *f, gconstpointer data)
{
  g_autofree char *long_ping = g_strnfill (126, '2');

  take_text (f, FLOO_SIO_TEXT_CLOSE, FLOO_SIO_CLOSE);
  take_text (f, FLOO_SIO_TEXT_PING, FLOO_SIO_PING);
  g_assert_cmpstr (f->packet.text, ==, "");
  take_text (f, "2probe", FLOO_SIO_PING);
  g_assert_cmpstr (f->packet.text, ==, "probe");
  take_text (f, "3probe", FLOO_SIO_PONG);
  g_assert_cmpstr (f->packet.text, ==, "probe");
  take_text (f, FLOO_SIO_TEXT_PONG, FLOO_SIO_PONG);
  take_text (f, "5", FLOO_SIO_NONE);
  take_text (f, "6", FLOO_SIO_NONE);
  take_text (f, long_ping, FLOO_SIO_PING);

  long_ping = g_realloc (long_ping, 128);
  memcpy (long_ping + 126, "2", 2);
  refuse_text (f, long_ping);
  refuse_text_len (f, "2a\0b", 4);
  refuse_text (f, "2\xff");
  refuse_text (f, "");
  refuse_text (f, "7");
  refuse_text (f, "/");
  refuse_text (f, "\xff");
  refuse_text (f, " 2");
  refuse_text (f, "b");
  refuse_text (f, "b0");
}

/* --- Socket.IO --- */

static void
test_connection (Fixture *f, gconstpointer data)
{
  take_text (f, FLOO_SIO_TEXT_CONNECT, FLOO_SIO_CONNECT);
  take_text (f, "40/", FLOO_SIO_CONNECT);
  take_text (f, "40/,", FLOO_SIO_CONNECT);
  take_text (f, "40/?a=b", FLOO_SIO_CONNECT);
  take_text (f, FLOO_SIO_TEXT_DISCONNECT, FLOO_SIO_DISCONNECT);
  take_text (f, "41/,", FLOO_SIO_DISCONNECT);
  take_text (f, "44\"Not authorised\"", FLOO_SIO_ERROR);
  g_assert_cmpstr (f->packet.text, ==, "\"Not authorised\"");
  take_text (f, "44", FLOO_SIO_ERROR);
  g_assert_cmpstr (f->packet.text, ==, "");
  take_text_len (f, "44\"\xff\0\"", 6, FLOO_SIO_ERROR);
  g_assert_cmpstr (f->packet.text, ==, "\"\357\277\275\357\277\275\"");

  /* Other namespaces are ignored. */
  take_text (f, "40/admin", FLOO_SIO_NONE);
  take_text (f, "40/admin,", FLOO_SIO_NONE);
  take_text (f, "41/admin,", FLOO_SIO_NONE);
  take_text (f, "44/admin,\"Invalid namespace\"", FLOO_SIO_NONE);

  refuse_text (f, "4");
  refuse_text (f, "40{}");
  refuse_text (f, "41x");
  refuse_text (f, "47");
  refuse_text (f, "4/");
}

static void
test_frame (Fixture *f, gconstpointer data)
{
  static const char *const headers[] = {
    FLOO_SIO_TEXT_FRAME,
    "451-/,[\"frame\"," PLACEHOLDER "]",
    "451-17[\"frame\"," PLACEHOLDER "]",
    "451-/,17[\"frame\"," PLACEHOLDER "]",
    "451-/?token=x,[\"frame\"," PLACEHOLDER "]",
    "451-[ \"frame\" , { \"num\" : 0, \"_placeholder\" : true } ]",
    "451-[\"fram\\u0065\"," PLACEHOLDER "]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++)
    {
      take_text (f, headers[i], FLOO_SIO_NONE);
      take_binary (f, "\4\10\0", 3, FLOO_SIO_FRAME);
      g_assert_cmpuint (g_bytes_get_size (f->packet.frame), ==, 2);
      take_text (f, headers[i], FLOO_SIO_NONE);
      take_binary (f, "\4", 1, FLOO_SIO_FRAME);
      assert_frame (f, "");
    }
}

static void
test_second_attachment (Fixture *f, gconstpointer data)
{
  take_text (f, "453-[\"frame\",{\"_placeholder\":true,\"num\":1}]", FLOO_SIO_NONE);
  take_binary (f, "\4one", 4, FLOO_SIO_NONE);
  take_binary (f, "\4two", 4, FLOO_SIO_FRAME);
  assert_frame (f, "two");
  take_binary (f, "\4three", 6, FLOO_SIO_NONE);
  refuse_binary (f, "\4four", 5);
}

static void
test_heartbeat_before_attachment (Fixture *f, gconstpointer data)
{
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_text (f, FLOO_SIO_TEXT_PING, FLOO_SIO_PING);
  take_text (f, FLOO_SIO_TEXT_PONG, FLOO_SIO_PONG);
  take_binary (f, "\4x", 2, FLOO_SIO_FRAME);
  assert_frame (f, "x");
}

static void
test_frame_malformed (Fixture *f, gconstpointer data)
{
  static const char *const malformed[] = {
    "450-[\"frame\"," PLACEHOLDER "]",
    "451-[\"frame\"]",
    "451-[\"frame\",\"text\"]",
    "451-[\"frame\",null]",
    "451-[\"frame\",{\"num\":0}]",
    "451-[\"frame\",{\"_placeholder\":true}]",
    "451-[\"frame\",{\"_placeholder\":false,\"num\":0}]",
    "451-[\"frame\",{\"_placeholder\":true,\"num\":1}]",
    "451-[\"frame\",{\"_placeholder\":true,\"num\":-1}]",
    "451-[\"frame\",{\"_placeholder\":true,\"num\":0.0}]",
    "451-[\"frame\"," PLACEHOLDER "," PLACEHOLDER "]",
    "451-[\"frame\"," PLACEHOLDER,
    "451-[\"frame\"," PLACEHOLDER "]]",
    "451-[\"frame\"," PLACEHOLDER "]x",
    "451-[]",
    "451-[1]",
    "451-[null," PLACEHOLDER "]",
    "451-{}",
    "451-\"frame\"",
    "451-",
    "451[\"frame\"," PLACEHOLDER "]",
    "45-[\"frame\"," PLACEHOLDER "]",
    "4517-[\"frame\"," PLACEHOLDER "]",
    "4599999999999999999999-[\"frame\"," PLACEHOLDER "]",
    "45+1-[\"frame\"," PLACEHOLDER "]",
    "451-99999999999999999999[\"frame\"," PLACEHOLDER "]",
    "451-/[\"frame\"",
    "45",
    "451",
  };

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      /* "/[..." is also a namespace, up to its comma. */
      if (g_str_has_prefix (malformed[i], "451-/"))
        {
          take_text (f, malformed[i], FLOO_SIO_NONE);
          take_binary (f, "\4x", 2, FLOO_SIO_NONE);
          continue;
        }
      refuse_text (f, malformed[i]);
      refuse_binary (f, "\4x", 2);
    }
}

static void
test_read_over (Fixture *f, gconstpointer data)
{
  take_text (f, "42[\"hello\",{\"a\":[1,2]}]", FLOO_SIO_NONE);
  take_text (f, "42[\"frame\",\"no attachment\"]", FLOO_SIO_NONE);
  take_text (f, "42/admin,[\"hello\"]", FLOO_SIO_NONE);
  take_text (f, "430[]", FLOO_SIO_NONE);
  take_text (f, "43/,12[{\"ok\":true}]", FLOO_SIO_NONE);
  refuse_text (f, "42");
  refuse_text (f, "42[]");
  refuse_text (f, "42{\"a\":1}");
  refuse_text (f, "42[\"hello\"");
  refuse_text (f, "430");
  refuse_text (f, "43{}");

  /* Their attachments are dropped with them. */
  take_text (f, "452-[\"hello\"," PLACEHOLDER ",{\"_placeholder\":true,\"num\":1}]", FLOO_SIO_NONE);
  take_binary (f, "\4x", 2, FLOO_SIO_NONE);
  take_text (f, "b4eHg=", FLOO_SIO_NONE);
  take_text (f, "451-/admin,[\"frame\"," PLACEHOLDER "]", FLOO_SIO_NONE);
  take_binary (f, "\4x", 2, FLOO_SIO_NONE);
  take_text (f, "461-0[" PLACEHOLDER "]", FLOO_SIO_NONE);
  take_binary (f, "\4x", 2, FLOO_SIO_NONE);
  take_text (f, "450-[\"hello\"]", FLOO_SIO_NONE);
  refuse_binary (f, "\4x", 2);
  refuse_text (f, "46-0[]");
}

static void
test_base64 (Fixture *f, gconstpointer data)
{
  static const char *const malformed[] = { "b4eA=", "b4eA", "b4e===", "b4====", "b4eH =", "b4eHg=\n", "b4e-_=", "b4=AAA", "b4eA=A" };

  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_text (f, "b4ZnJhbWU=", FLOO_SIO_FRAME);
  assert_frame (f, "frame");
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_text (f, "b4/+8A", FLOO_SIO_FRAME);
  g_assert_cmpuint (g_bytes_get_size (f->packet.frame), ==, 3);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_text (f, "b4", FLOO_SIO_FRAME);
  assert_frame (f, "");

  refuse_text (f, "b4eA==");
  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    {
      take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
      refuse_text (f, malformed[i]);
    }
}

static void
test_out_of_order (Fixture *f, gconstpointer data)
{
  refuse_binary (f, "\4x", 2);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  refuse_text (f, FLOO_SIO_TEXT_FRAME);
  /* An error clears the state of what was expected. */
  refuse_binary (f, "\4x", 2);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  refuse_text (f, "42[\"hello\"]");
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  refuse_binary (f, "", 0);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  refuse_binary (f, "\2x", 2);
  refuse_binary (f, "4x", 2);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_binary (f, "\4x", 2, FLOO_SIO_FRAME);
  assert_frame (f, "x");
}

/* In base64, after "b4". */
#define LARGEST_IN_TEXT ((FLOO_MAX_FRAME - 2) / 4 * 3)

static void
test_bounds (Fixture *f, gconstpointer data)
{
  gsize largest = FLOO_MAX_FRAME + 1;
  g_autofree char *binary = g_malloc0 (largest + 1);
  g_autofree char *zeros = g_malloc0 (FLOO_MAX_FRAME + 1);
  g_autofree char *base64 = NULL;
  g_autofree char *largest_text = NULL;
  g_autofree char *base64_over = NULL;
  g_autofree char *text_over = NULL;
  g_autofree char *endless = g_strnfill (4u << 20, '[');

  binary[0] = 4;
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_binary (f, binary, largest, FLOO_SIO_FRAME);
  g_assert_cmpuint (g_bytes_get_size (f->packet.frame), ==, FLOO_MAX_FRAME);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  refuse_binary (f, binary, largest + 1);

  base64 = g_base64_encode ((const guchar *) zeros, LARGEST_IN_TEXT);
  largest_text = g_strconcat ("b4", base64, NULL);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  take_text (f, largest_text, FLOO_SIO_FRAME);
  g_assert_cmpuint (g_bytes_get_size (f->packet.frame), ==, LARGEST_IN_TEXT);
  base64_over = g_base64_encode ((const guchar *) zeros, LARGEST_IN_TEXT + 3);
  text_over = g_strconcat ("b4", base64_over, NULL);
  take_text (f, FLOO_SIO_TEXT_FRAME, FLOO_SIO_NONE);
  refuse_text (f, text_over);

  endless[0] = '0';
  refuse_text (f, endless);
  endless[0] = '4';
  endless[1] = '2';
  refuse_text (f, endless);
  refuse_text_len (f, endless, 100000);
}

/* Cut anywhere except before its array, a header is invalid. */
static void
test_truncated (Fixture *f, gconstpointer data)
{
  static const char header[] = "451-/,3[\"frame\"," PLACEHOLDER "]";
  static const char open[] = "0{\"sid\":\"abc\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":5000}";

  for (gsize len = 0; len < strlen (header); len++)
    refuse_text_len (f, header, len);
  for (gsize len = 0; len < strlen (open); len++)
    refuse_text_len (f, open, len);
}

static void
test_encode_binary (Fixture *f, gconstpointer data)
{
  g_autoptr (GBytes) frame = g_bytes_new_static ("ab", 2);
  g_autoptr (GBytes) message = floo_sio_encode_binary (frame);
  g_autoptr (GBytes) nothing = g_bytes_new (NULL, 0);
  g_autoptr (GBytes) empty = floo_sio_encode_binary (nothing);

  g_assert_cmpmem (g_bytes_get_data (message, NULL), g_bytes_get_size (message), "\4ab", 3);
  g_assert_cmpmem (g_bytes_get_data (empty, NULL), g_bytes_get_size (empty), "\4", 1);
}

int
main (int argc, char *argv[])
{
  static const struct {
    const char *path;
    void (*test) (Fixture *f, gconstpointer data);
  } tests[] = {
    { "/socketio/open", test_open },
    { "/socketio/open-round-trip", test_open_round_trip },
    { "/socketio/engine", test_engine },
    { "/socketio/connection", test_connection },
    { "/socketio/frame", test_frame },
    { "/socketio/second-attachment", test_second_attachment },
    { "/socketio/heartbeat-before-attachment", test_heartbeat_before_attachment },
    { "/socketio/frame-malformed", test_frame_malformed },
    { "/socketio/read-over", test_read_over },
    { "/socketio/base64", test_base64 },
    { "/socketio/out-of-order", test_out_of_order },
    { "/socketio/bounds", test_bounds },
    { "/socketio/truncated", test_truncated },
    { "/socketio/encode-binary", test_encode_binary },
  };

  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
