/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/terms.h"

#include <string.h>

#include "store/tokenizer.h"

/* Keys that are looked up of one search; more make it slower, not better. */
#define MAX_KEYS 24
/* A run of one character repeated ("哈哈哈哈") has keys of its length up to this. */
#define MAX_REPEATS 8
/* Characters behind which nothing of a text is needed any more: no term is longer, though one character may fold into several. */
#define WINDOW (2 * FLOO_SEARCH_TEXT)
/* Of a snippet, in characters. */
#define SNIPPET_BEFORE 24
#define SNIPPET_TOTAL 96

typedef enum { KEY_WORD = FLOO_FILTER_TYPE + 1, KEY_CHARACTER, KEY_PAIR, KEY_REPEATED } KeyKind;

/* Lengths of a word's beginnings that have keys, as bits: all up to 8, then fewer. */
static const guint64 indexed_lengths
    = 0x1fe | (1ull << 10) | (1ull << 12) | (1ull << 16) | (1ull << 20) | (1ull << 24) | (1ull << 32) | (1ull << 48);

static guint32
mix (guint32 hash, guint32 value)
{
  hash = (hash ^ value) * 0x9e3779b1u;
  return hash ^ (hash >> 15);
}

static guint32
key_of (guint32 hash)
{
  hash *= 0x85ebca6bu;
  hash ^= hash >> 13;
  hash *= 0xc2b2ae35u;
  return hash >> (32 - FLOO_KEY_BITS);
}

static void
add_key (GArray *keys, guint32 hash)
{
  guint32 key = key_of (hash);

  g_array_append_val (keys, key);
}

guint32
floo_key_of_filter (FlooFilter filter, gint64 value)
{
  return key_of (mix (mix (mix (0, filter), (guint32) value), (guint32) ((guint64) value >> 32)));
}

static void
add_word_keys (GArray *keys, const FlooToken *word)
{
  guint32 hash = mix (0, KEY_WORD);

  for (guint i = 0; i < word->n; i++)
    {
      hash = mix (hash, word->folded[i]);
      if (i + 1 < 64 && (indexed_lengths >> (i + 1) & 1))
        add_key (keys, hash);
    }
}

static void
add_pair_key (GArray *keys, gunichar first, gunichar second)
{
  add_key (keys, mix (mix (mix (0, KEY_PAIR), first), second));
}

static void
add_repeated_key (GArray *keys, gunichar c, guint times)
{
  add_key (keys, mix (mix (mix (0, KEY_REPEATED), c), times));
}

void
floo_keys_of_text (GArray *keys, const char *text)
{
  FlooTokenizer tokenizer;
  FlooToken token;
  gunichar last = 0;
  guint times = 0;

  floo_tokenizer_init (&tokenizer, text);
  while (floo_tokenizer_next (&tokenizer, &token))
    {
      gunichar c = token.folded[0];

      if (token.is_word)
        {
          add_word_keys (keys, &token);
          continue;
        }
      add_key (keys, mix (mix (0, KEY_CHARACTER), c));
      times = token.joined && c == last ? times + 1 : 1;
      if (token.joined)
        add_pair_key (keys, last, c);
      if (times > 2 && times <= MAX_REPEATS)
        add_repeated_key (keys, c, times);
      last = c;
    }
}

/* One word, or one run of characters. */
typedef struct {
  gboolean is_word;
  gboolean found;      /* in the text that is being looked at */
  guint n;
  gunichar *characters;
} Term;

struct _FlooTerms {
  GArray *terms;       /* Term */
  /* The last characters of the run that is being looked at, and where each begins. */
  gunichar run[2 * WINDOW];
  gsize starts[2 * WINDOW];
  guint n_run;
};

static void
clear_term (gpointer data)
{
  g_free (((Term *) data)->characters);
}

/* A character that goes on with the run before it. */
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

static void
add_run_keys (GArray *keys, const Term *term)
{
  guint times = 1;

  if (term->n == 1)
    add_key (keys, mix (mix (0, KEY_CHARACTER), term->characters[0]));
  for (guint i = 1; i < term->n; i++)
    {
      add_pair_key (keys, term->characters[i - 1], term->characters[i]);
      times = term->characters[i] == term->characters[i - 1] ? times + 1 : 1;
      if (times > 2 && times <= MAX_REPEATS)
        add_repeated_key (keys, term->characters[i], times);
    }
}

/* The longest beginning that has a key. */
static void
add_beginning_key (GArray *keys, const Term *term)
{
  guint32 hash = mix (0, KEY_WORD);
  guint32 longest = hash;

  for (guint i = 0; i < term->n; i++)
    {
      hash = mix (hash, term->characters[i]);
      if (i + 1 < 64 && (indexed_lengths >> (i + 1) & 1))
        longest = hash;
    }
  add_key (keys, longest);
}

void
floo_terms_get_keys (const FlooTerms *self, GArray *keys)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  guint n = 0;

  for (guint i = 0; i < self->terms->len; i++)
    {
      const Term *term = &g_array_index (self->terms, Term, i);

      if (term->is_word)
        add_beginning_key (all, term);
      else
        add_run_keys (all, term);
    }
  for (guint i = 0; i < all->len && n < MAX_KEYS; i++)
    {
      guint32 key = g_array_index (all, guint32, i);

      if (!g_hash_table_add (seen, GUINT_TO_POINTER (key)))
        continue;
      g_array_append_val (keys, key);
      n++;
    }
}

/* Adds a character to the run; what no term can reach any more is left behind. */
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
