/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * keys.h: what stands in the search index: numbers of FLOO_KEY_BITS bits. Private to the store.
 *
 * A key is its kind and what a text has in one place, the first part in the highest bits, so that all that begins alike stands together:
 *
 *   a character and the two that follow it without a gap, in 16 bits each
 *   the first eight letters of a word, in 6 bits each
 *   the rest of a long word: a hash of all before in 24 bits and four letters, once for each four
 *   the hash of a filter's value
 *
 * A part that is not there is 0. What is searched for is a range of keys, those that begin with it. Letters and characters may share a
 * code, and a text that has all keys of a longer term may still lack it: the index finds candidates, floo_terms_match() has the last word.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_KEY_BITS 50

typedef enum { FLOO_FILTER_CONVERSATION, FLOO_FILTER_SENDER, FLOO_FILTER_TYPE } FlooFilter;

/* Both included. */
typedef struct {
  guint64 first, last;
} FlooKeyRange;

/* Appends (guint64) the keys of @text; the same one may come several times. */
void floo_keys_of_text (GArray *keys, const char *text);
guint64 floo_key_of_filter (FlooFilter filter, gint64 value);

/* Append (FlooKeyRange) what every text has keys of that has a word that begins like this one, or these characters. */
void floo_key_ranges_of_word (GArray *ranges, const gunichar *letters, guint n);
void floo_key_ranges_of_run (GArray *ranges, const gunichar *characters, guint n);

/* Returns: (transfer none): the numbers of a key's lowest bits without which it is the beginning of what may be searched for, descending; 0
 * at the end */
const guint8 *floo_key_beginnings (guint64 key);

G_END_DECLS
