/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A sequence of WebSocket messages through one decoder. The input: for each message one byte, 't' text or
 * 'b' binary, then its bytes up to a line feed or the end.
 */
#include <string.h>

#include "base/names.h"
#include "fuzz.h"
#include "wire/socketio.h"

static gboolean
decode (FlooSioDecoder *decoder, char kind, const uint8_t *data, size_t size, FlooSioPacket *packet)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = g_bytes_new (data, size);
  gboolean ok;

  if (kind == 'b')
    ok = floo_sio_decode_binary (decoder, message, packet, &error);
  else
    ok = floo_sio_decode_text (decoder, g_bytes_get_data (message, NULL), size, packet, &error);
  g_assert_true (ok == (error == NULL));
  return ok;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (FlooSioDecoder) decoder = floo_sio_decoder_new ();
  const uint8_t *end = data + size;

  while (data < end)
    {
      g_auto (FlooSioPacket) packet = { .kind = FLOO_SIO_NONE };
      char kind = (char) *data++;
      const uint8_t *line_feed = data < end ? memchr (data, '\n', (size_t) (end - data)) : NULL;
      const uint8_t *stop = line_feed != NULL ? line_feed : end;

      if (decode (decoder, kind, data, (size_t) (stop - data), &packet))
        {
          g_assert_true ((packet.kind == FLOO_SIO_FRAME) == (packet.frame != NULL));
          if (packet.kind == FLOO_SIO_OPEN)
            g_assert_true (packet.sid != NULL && packet.ping_interval >= 1000 && packet.ping_timeout >= 1000);
          if (packet.text != NULL)
            g_assert_true (g_utf8_validate (packet.text, -1, NULL));
        }
      else
        g_assert_cmpint (packet.kind, ==, FLOO_SIO_NONE);
      data = line_feed != NULL ? line_feed + 1 : end;
    }
  return 0;
}
