/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * terms.h: the terms of a search. Private to the store.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_SEARCH_TEXT 1024u /* bytes of what is searched for */

/* What is searched for: words and runs of characters, all of which a text must have. */
typedef struct _FlooTerms FlooTerms;

/* Returns: (transfer full) (nullable): NULL where @text has none */
FlooTerms *floo_terms_new (const char *text);
void floo_terms_free (FlooTerms *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooTerms, floo_terms_free)

/* One word, or one run of characters, folded. */
typedef void (*FlooTermFunc) (gboolean is_word, const gunichar *characters, guint n, gpointer data);
void floo_terms_foreach (const FlooTerms *self, FlooTermFunc func, gpointer data);

/**
 * floo_terms_match:
 * @start: (out):
 * @end: (out): bytes of @text where a term was found first
 *
 * A word matches where a word of the text begins with it, a run of characters where they follow each other.
 */
gboolean floo_terms_match (FlooTerms *self, const char *text, gsize *start, gsize *end);

/* Returns: (transfer full): an extract of @text around a place in it, in one line, with "…" where something was left out */
char *floo_snippet_new (const char *text, gsize start, gsize end);

G_END_DECLS
