/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/terms.h"

#include <string.h>

#include "store/search/tokenizer.h"

/* How many characters of a text have to be kept: no term is longer, though one character may fold into several. */
#define WINDOW (2 * FLOO_SEARCH_TEXT)
/* Of a snippet, in characters. */
#define SNIPPET_BEFORE 24
#define SNIPPET_TOTAL 96

/* One word, or one run of characters. */
typedef struct {
  gboolean is_word;
  gboolean found;      /* in the text that is being matched */
  guint n;
  gunichar *characters;
} Term;

struct _FlooTerms {
  GArray *terms;       /* Term */
  /* The last characters of the present run, and where each begins. */
  gunichar run[2 * WINDOW];
  gsize starts[2 * WINDOW];
  guint n_run;
};

static void
clear_term (gpointer data)
{
  g_free (((Term *) data)->characters);
}

/* Appends a character to the run before it. */
static void
extend_term (Term *term, gunichar c)
{
  term->characters = g_renew (gunichar, term->characters, term->n + 1);
  term->characters[term->n++] = c;
}

FlooTerms *
floo_terms_new (const char *text)
{
  GArray *terms = g_array_new (FALSE, FALSE, sizeof (Term));
  FlooTokenizer tokenizer;
  FlooToken token;
  FlooTerms *self;

  g_array_set_clear_func (terms, clear_term);
  floo_tokenizer_init (&tokenizer, text);
  while (floo_tokenizer_next (&tokenizer, &token))
    {
      Term term = { token.is_word, FALSE, token.n, NULL };

      if (token.joined)
        {
          extend_term (&g_array_index (terms, Term, terms->len - 1), token.folded[0]);
          continue;
        }
      term.characters = g_memdup2 (token.folded, token.n * sizeof (gunichar));
      g_array_append_val (terms, term);
    }
  if (terms->len == 0)
    {
      g_array_unref (terms);
      return NULL;
    }
  self = g_new0 (FlooTerms, 1);
  self->terms = terms;
  return self;
}

void
floo_terms_free (FlooTerms *self)
{
  g_array_unref (self->terms);
  g_free (self);
}

void
floo_terms_foreach (const FlooTerms *self, FlooTermFunc func, gpointer data)
{
  for (guint i = 0; i < self->terms->len; i++)
    {
      const Term *term = &g_array_index (self->terms, Term, i);

      func (term->is_word, term->characters, term->n, data);
    }
}

/* Adds a character to the run, and drops those that no term can reach any more. */
static void
add_to_run (FlooTerms *self, const FlooToken *token)
{
  if (!token->joined)
    self->n_run = 0;
  if (self->n_run == G_N_ELEMENTS (self->run))
    {
      memmove (self->run, self->run + WINDOW, WINDOW * sizeof self->run[0]);
      memmove (self->starts, self->starts + WINDOW, WINDOW * sizeof self->starts[0]);
      self->n_run = WINDOW;
    }
  self->run[self->n_run] = token->folded[0];
  self->starts[self->n_run++] = token->start;
}

/* Whether @term ends with @token. @start: (out) */
static gboolean
ends_here (const FlooTerms *self, const Term *term, const FlooToken *token, gsize *start)
{
  const gunichar *characters = term->is_word ? token->folded : self->run + self->n_run - term->n;

  if (term->is_word != token->is_word || term->n > (term->is_word ? token->n : self->n_run)
      || memcmp (characters, term->characters, term->n * sizeof (gunichar)) != 0)
    return FALSE;
  *start = term->is_word ? token->start : self->starts[self->n_run - term->n];
  return TRUE;
}

gboolean
floo_terms_match (FlooTerms *self, const char *text, gsize *start, gsize *end)
{
  guint missing = self->terms->len;
  FlooTokenizer tokenizer;
  FlooToken token;
  gsize at;

  self->n_run = 0;
  for (guint i = 0; i < self->terms->len; i++)
    g_array_index (self->terms, Term, i).found = FALSE;
  floo_tokenizer_init (&tokenizer, text);
  while (missing > 0 && floo_tokenizer_next (&tokenizer, &token))
    {
      if (!token.is_word)
        add_to_run (self, &token);
      for (guint i = 0; i < self->terms->len; i++)
        {
          Term *term = &g_array_index (self->terms, Term, i);

          if (term->found || !ends_here (self, term, &token, &at))
            continue;
          term->found = TRUE;
          if (missing-- == self->terms->len)
            {
              *start = at;
              *end = token.end;
            }
        }
    }
  return missing == 0;
}

char *
floo_snippet_new (const char *text, gsize start, gsize end)
{
  const char *from = text + start;
  const char *to = from;
  GString *snippet;
  glong n = 0;

  while (from > text && n < SNIPPET_BEFORE)
    {
      from = g_utf8_prev_char (from);
      n++;
    }
  while (*to != '\0' && (n < SNIPPET_TOTAL || to < text + end) && n < SNIPPET_TOTAL + FLOO_TOKEN_CHARACTERS)
    {
      to = g_utf8_next_char (to);
      n++;
    }
  snippet = g_string_new (from > text ? "…" : NULL);
  g_string_append_len (snippet, from, to - from);
  for (char *p = snippet->str; *p != '\0'; p++)
    if (g_ascii_iscntrl (*p))
      *p = ' ';
  if (*to != '\0')
    g_string_append (snippet, "…");
  return g_string_free (snippet, FALSE);
}
