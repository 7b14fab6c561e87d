/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terms.h: what stands in the search index: numbers of FLOO_KEY_BITS bits. Private to the store.
 *
 * A key is the hash of a character, of two neighbouring characters, of a word's beginning or of a filter's value. Different ones
 * may share a
 * key, and a text that has all keys of a longer term may still lack it: the index finds candidates, floo_terms_match() has the last word.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_KEY_BITS 22
#define FLOO_SEARCH_TEXT 1024u /* bytes of what is searched for */

typedef enum { FLOO_FILTER_CONVERSATION, FLOO_FILTER_SENDER, FLOO_FILTER_TYPE } FlooFilter;

/* Appends (guint32) the keys of @text; the same one may come several times. */
void floo_keys_of_text (GArray *keys, const char *text);
guint32 floo_key_of_filter (FlooFilter filter, gint64 value);

/* What is searched for: words and runs of characters, all of which a text must have. */
typedef struct _FlooTerms FlooTerms;

/* Returns: (transfer full) (nullable): NULL where @text has none */
FlooTerms *floo_terms_new (const char *text);
void floo_terms_free (FlooTerms *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooTerms, floo_terms_free)

/* Appends (guint32), each once, the keys that every text with these terms has. */
void floo_terms_get_keys (const FlooTerms *self, GArray *keys);

/**
 * floo_terms_match:
 * @start: (out):
 * @end: (out): bytes of @text where a term was found first
 *
 * A word is found where a word begins with it, a run of characters where they follow each other.
 */
gboolean floo_terms_match (FlooTerms *self, const char *text, gsize *start, gsize *end);

/* Returns: (transfer full): an extract of @text around a place in it, in one line, with "…" where something was left out */
char *floo_snippet_new (const char *text, gsize start, gsize end);

G_END_DECLS
