/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tokens.h: the tokens of a message in the search index, and of a search. Private to the store.
 *
 * The tokens of a text are its words as they are, and of each run of characters that are written without spaces (tokenizer.h) the
 * overlapping pairs and the last character alone: "会议室" gives 会议, 议室 and 室. So one character is the beginning of a token, and
 * several are all their pairs. Words are searched by their beginning: their first two and first three letters are tokens, too, since
 * FTS5 would have to join the rows of all words with that beginning. A message has a token for its conversation, for its sender and, unless it is a text, for its type, too: a
 * filter is one more required token. Filters and beginnings start with a character that no text contains.
 *
 * A message with all tokens of a search may still not match (pairs may be apart); floo_terms_match() decides.
 */
#pragma once

#include "base/message.h"
#include "store/search/search.h"
#include "store/search/terms.h"

G_BEGIN_DECLS

/* Replaces @tokens by those of a message with @text, with a space between two. */
void floo_tokens_of_message (GString *tokens, const FlooMessage *message, const char *text);
/* Returns: (transfer full): the expression of FTS5 that matches at least what @search with @terms is to find */
char *floo_tokens_expression (const FlooTerms *terms, const FlooSearch *search);
/* Returns: (transfer full): the expression that matches the messages of a conversation */
char *floo_tokens_expression_of_conversation (gint64 conversation);

G_END_DECLS
