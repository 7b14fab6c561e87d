/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tokenizer.h: splits a text into searchable words and runs. Private to the store.
 *
 * Scripts that put spaces between words give words; those that do not (Chinese, Japanese, Korean, Thai, ...) and emoji give
 * single characters. Both come
 * folded: upper and lower case, full and half width, composed and decomposed forms are equal, and Latin, Greek and Cyrillic
 * letters lose their accents.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How many characters of a word are used; further ones are ignored. */
#define FLOO_TOKEN_CHARACTERS 64

typedef struct {
  gboolean is_word;      /* else one character */
  gboolean joined;       /* a character right behind the one before: both may be in one term */
  gsize start, end;      /* bytes in the text */
  guint n;               /* characters of the folded form */
  gunichar folded[FLOO_TOKEN_CHARACTERS];
} FlooToken;

typedef struct {
  gunichar c;
  int kind;
  gsize start, end;
} FlooFolded;

/* A walk through one text. */
typedef struct {
  const char *text;
  const char *next;
  /* The folded form of the source's last character, as far as it was not used yet. */
  FlooFolded queue[20];
  guint head, tail;
  int last_kind;         /* of what was folded last */
  gboolean drops_marks;  /* its accents are left out */
  gboolean in_run;       /* the last token was a character, and nothing has come since */
} FlooTokenizer;

/* @text: valid UTF-8, borrowed */
void floo_tokenizer_init (FlooTokenizer *self, const char *text);
/* FALSE at the end. */
gboolean floo_tokenizer_next (FlooTokenizer *self, FlooToken *token);

G_END_DECLS
