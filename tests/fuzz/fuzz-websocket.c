/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server may send after the upgrade. The first byte is the size of the pieces in which the rest arrives. */
#include "fuzz.h"
#include "net/socket/websocket.h"

#define BOUND 4096

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (FlooWsDecoder) decoder = floo_ws_decoder_new (BOUND);
  FlooWsResult result = FLOO_WS_MORE;
  size_t step;

  if (size < 2)
    return 0;
  step = data[0] == 0 ? size : data[0];
  data++;
  size--;
  while (size > 0 && result != FLOO_WS_ERROR)
    {
      gsize piece = MIN (step, size);
      const guint8 *at = data;
      gsize len = piece;

      do
        {
          g_auto (FlooWsMessage) message = { 0 };
          g_autoptr (GError) error = NULL;

          result = floo_ws_decoder_next (decoder, &at, &len, &message, &error);
          g_assert_true ((result == FLOO_WS_ERROR) == (error != NULL));
          g_assert_true ((result == FLOO_WS_MESSAGE) == (message.payload != NULL));
          if (result != FLOO_WS_MESSAGE)
            continue;
          g_assert_cmpuint (g_bytes_get_size (message.payload), <=, BOUND);
          if (message.opcode == FLOO_WS_TEXT)
            g_assert_true (g_utf8_validate (g_bytes_get_data (message.payload, NULL), -1, NULL));
        }
      while (result == FLOO_WS_MESSAGE);
      data += piece;
      size -= piece;
    }
  return 0;
}
