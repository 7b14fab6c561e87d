/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/qr.h"

#ifdef HAVE_QRENCODE

#include <errno.h>
#include <qrencode.h>

#define BORDER 4
#define BLACK_ON_WHITE "\033[40;97m"
#define PLAIN "\033[0m"

/* Everything outside of the code is light. */
static gboolean
is_dark (const QRcode *code, int x, int y)
{
  return x >= 0 && y >= 0 && x < code->width && y < code->width && (code->data[y * code->width + x] & 1) != 0;
}

char *
floo_qr_draw (const char *text, gboolean coloured, GError **error)
{
  /* Indexed by the upper and the lower half, each light or dark. */
  static const char *const blocks[2][2] = { { "█", "▀" }, { "▄", " " } };
  QRcode *code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_L);
  GString *out;

  if (code == NULL)
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED, "the QR code cannot be made: %s", g_strerror (errno));
      return NULL;
    }
  out = g_string_new (NULL);
  for (int y = -BORDER; y < code->width + BORDER; y += 2)
    {
      if (coloured)
        g_string_append (out, BLACK_ON_WHITE);
      for (int x = -BORDER; x < code->width + BORDER; x++)
        g_string_append (out, blocks[is_dark (code, x, y)][is_dark (code, x, y + 1)]);
      g_string_append (out, coloured ? PLAIN "\n" : "\n");
    }
  QRcode_free (code);
  return g_string_free (out, FALSE);
}

#else

char *
floo_qr_draw (const char *text, gboolean coloured, GError **error)
{
  g_set_error_literal (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED,
                       "this program was built without libqrencode and cannot draw QR codes; --json prints their content");
  return NULL;
}

#endif
