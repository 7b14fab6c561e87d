/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prompt.h: asking the user on the terminal.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_prompt:
 * @question: written before the answer
 * @secret: whether the terminal hides the answer; its settings are restored in any case, also after signals
 *
 * Asks on the process's terminal, wherever standard input and output go. Fails with G_IO_ERROR_NOT_FOUND without a terminal.
 *
 * Returns: (transfer full): the line without its end; floo_prompt_free()
 */
char *floo_prompt (const char *question, gboolean secret, GError **error);

/* Returns: (transfer full): the first line of standard input; floo_prompt_free() */
char *floo_prompt_read_stdin (GError **error);

/* Overwrites the answer before it frees it. @answer: (nullable) */
void floo_prompt_free (char *answer);

G_END_DECLS
