/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * text.h: the searchable text of a message. Private to the store.
 */
#pragma once

#include "base/message.h"

G_BEGIN_DECLS

/**
 * floo_search_text:
 * @buffer: holds the text where it is put together
 *
 * Returns: (transfer none): the content, and the names of an attached file or place; valid as long as @message and @buffer
 */
const char *floo_search_text (const FlooMessage *message, GString *buffer);

G_END_DECLS
