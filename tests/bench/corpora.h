/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * corpora.h: texts of many kinds, for measuring the search, and terms to search for in them.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* In every other text of the corpora of words, and in no other. */
#define CORPUS_HALF "的"

typedef struct _Corpus Corpus;

/* Their names; NULL at the end. */
const char *const *corpus_names (void);
/* NULL where there is none of this name. */
Corpus *corpus_new (const char *name);
void corpus_free (Corpus *self);

/* Puts a text into @text; @half: one with CORPUS_HALF, where the corpus has it. Some are kept, for corpus_terms(). */
void corpus_next (Corpus *self, GString *text, gboolean half);
/* Zipf's law: 0 is drawn most often. */
guint corpus_draw (Corpus *self, guint n);
GRand *corpus_rand (Corpus *self);

/* What a term consists of, and how frequent it is. */
typedef enum { TERM_CHARACTER, TERM_PAIR, TERM_LONG, TERM_BEGINNING, TERM_WORD, TERM_TWO, N_TERM_KINDS } TermKind;
typedef enum { TERM_FREQUENT, TERM_RARE, TERM_ABSENT, N_TERM_RATES } TermRate;

/* Returns: (transfer full): up to @n terms, each once; none where the corpus has none of the kind */
GPtrArray *corpus_terms (Corpus *self, TermKind kind, TermRate rate, guint n);

G_END_DECLS
