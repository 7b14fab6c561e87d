/* SPDX-License-Identifier: GPL-3.0-or-later */
/* qr.h: QR codes on a terminal. */
#pragma once

#include "cli/cli.h"

G_BEGIN_DECLS

/**
 * floo_qr_draw:
 * @coloured: black on white whatever the terminal's colours are; else in blocks that are light on a dark terminal
 *
 * Two rows of the code are a line of text, and around it is the border of four that scanners need.
 *
 * Returns: (transfer full): lines with their ends; NULL with an error: the text is too long, or there is no library to do it
 */
char *floo_qr_draw (const char *text, gboolean coloured, GError **error);

G_END_DECLS
