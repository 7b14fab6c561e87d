/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "corpora.h"

#include <math.h>
#include <string.h>

/* Which texts are kept, and how many of them. */
#define KEEP_EVERY 97
#define KEPT 4000
/* The number of terms that count as frequent. */
#define FREQUENT 40

typedef struct {
  char **words;
  guint n;
} Lexicon;

typedef struct {
  const char *name;
  void (*make) (Corpus *self, GString *text);
  guint alphabet;      /* characters */
  guint least, most;   /* in a text, characters or words */
  gboolean has_half;
} Kind;

struct _Corpus {
  const Kind *kind;
  GRand *rand;
  guint made;
  double *sums;        /* Zipf's */
  Lexicon chinese, english;
  GPtrArray *kept;
};

#define MOST_RANKS 40000

static guint
draw (Corpus *self, guint n)
{
  double wanted = g_rand_double (self->rand) * self->sums[n - 1];
  guint low = 0, high = n - 1;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (self->sums[middle] < wanted)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static guint
between (Corpus *self, guint least, guint most)
{
  return (guint) g_rand_int_range (self->rand, (gint32) least, (gint32) most + 1);
}

static double
normal (Corpus *self)
{
  return sqrt (-2 * log (1 - g_rand_double (self->rand))) * cos (2 * G_PI * g_rand_double (self->rand));
}

/* ---- words ---- */

/* Most words have two characters; the most frequent ones one. */
static char *
chinese_word (Corpus *self, guint rank)
{
  double x = g_rand_double (self->rand);
  guint n = rank < 200 && x < 0.6 ? 1 : x < 0.75 ? 2 : x < 0.92 ? 3 : 4;
  GString *word = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_unichar (word, 0x4e10 + draw (self, 5000) * 3);
  return g_string_free (word, FALSE);
}

static char *
english_word (Corpus *self, guint rank)
{
  static const char letters[] = "eeeeeetttttaaaaoooiiinnnssshhrrddlluucmwfgypbvkjxqz";
  guint n = 1 + rank / 4000 + (rank < 20 ? between (self, 0, 2) : between (self, 2, 7));
  GString *word = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append_c (word, letters[between (self, 0, sizeof letters - 2)]);
  return g_string_free (word, FALSE);
}

static void
make_lexicon (Corpus *self, Lexicon *lexicon, guint n, char *(*make_word) (Corpus *self, guint rank))
{
  *lexicon = (Lexicon){ g_new0 (char *, n + 1), n };
  for (guint i = 0; i < n; i++)
    lexicon->words[i] = make_word (self, i);
}

/* Lengths are log-normal. */
static void
append_words (Corpus *self, GString *text, const Lexicon *lexicon, gboolean spaces)
{
  guint n = 1 + (guint) MIN (exp (2.1 + 0.8 * normal (self)), 250);

  for (guint i = 0; i < n; i++)
    {
      if (i > 0 && between (self, 0, 7) == 0)
        g_string_append (text, spaces ? ", " : "，");
      else if (i > 0 && spaces)
        g_string_append_c (text, ' ');
      g_string_append (text, lexicon->words[draw (self, lexicon->n)]);
    }
}

/* ---- texts ---- */

static void
make_chinese (Corpus *self, GString *text)
{
  append_words (self, text, &self->chinese, FALSE);
}

static void
make_english (Corpus *self, GString *text)
{
  append_words (self, text, &self->english, TRUE);
}

static void
make_mixed (Corpus *self, GString *text)
{
  if (between (self, 0, 3) == 0)
    make_english (self, text);
  else
    make_chinese (self, text);
}

static void
make_characters (Corpus *self, GString *text)
{
  guint n = between (self, self->kind->least, self->kind->most);

  for (guint i = 0; i < n; i++)
    g_string_append_unichar (text, 0x4e00 + between (self, 0, self->kind->alphabet - 1));
}

static void
make_letters (Corpus *self, GString *text)
{
  guint n = between (self, self->kind->least, self->kind->most);

  for (guint i = 0; i < n; i++)
    {
      guint length = between (self, 2, 10);

      if (i > 0)
        g_string_append_c (text, ' ');
      for (guint j = 0; j < length; j++)
        g_string_append_c (text, (char) ('a' + between (self, 0, 25)));
    }
}

static void
make_numbered (Corpus *self, GString *text)
{
  g_string_append_printf (text, "conversation%06u: 第%u条消息", self->made, self->made);
}

static void
make_same (Corpus *self, GString *text)
{
  g_string_append (text, "大家好，今天下午三点开会 everybody please");
}

static const Kind kinds[] = {
  { "mixed", make_mixed, .has_half = TRUE },
  { "chinese", make_chinese, .has_half = TRUE },
  { "english", make_english },
  { "han-500-short", make_characters, 500, 4, 10 },
  { "han-20000-short", make_characters, 20000, 4, 10 },
  { "han-20000-four", make_characters, 20000, 4, 4 },
  { "han-50", make_characters, 50, 10, 30 },
  { "han-3500", make_characters, 3500, 10, 30 },
  { "han-500-long", make_characters, 500, 200, 200 },
  { "han-20000-long", make_characters, 20000, 200, 200 },
  { "letters-short", make_letters, 0, 1, 4 },
  { "letters", make_letters, 0, 3, 20 },
  { "numbered", make_numbered },
  { "same", make_same },
};

static const char *names[G_N_ELEMENTS (kinds) + 1];

const char *const *
corpus_names (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    names[i] = kinds[i].name;
  return names;
}

Corpus *
corpus_new (const char *name)
{
  const Kind *kind = NULL;
  Corpus *self;
  double sum = 0;

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_str_equal (kinds[i].name, name))
      kind = &kinds[i];
  if (kind == NULL)
    return NULL;
  self = g_new0 (Corpus, 1);
  self->kind = kind;
  self->rand = g_rand_new_with_seed (20);
  self->kept = g_ptr_array_new_with_free_func (g_free);
  self->sums = g_new (double, MOST_RANKS);
  for (guint i = 0; i < MOST_RANKS; i++)
    self->sums[i] = sum += 1.0 / (i + 1);
  make_lexicon (self, &self->chinese, MOST_RANKS, chinese_word);
  make_lexicon (self, &self->english, MOST_RANKS / 2, english_word);
  return self;
}

void
corpus_free (Corpus *self)
{
  g_strfreev (self->chinese.words);
  g_strfreev (self->english.words);
  g_ptr_array_unref (self->kept);
  g_rand_free (self->rand);
  g_free (self->sums);
  g_free (self);
}

void
corpus_next (Corpus *self, GString *text, gboolean half)
{
  g_string_truncate (text, 0);
  self->kind->make (self, text);
  if (half && self->kind->has_half)
    g_string_append (text, CORPUS_HALF);
  if (self->made++ % KEEP_EVERY == 0 && self->kept->len < KEPT)
    g_ptr_array_add (self->kept, g_strdup (text->str));
}

guint
corpus_draw (Corpus *self, guint n)
{
  return draw (self, n);
}

GRand *
corpus_rand (Corpus *self)
{
  return self->rand;
}

/* ---- terms ---- */

static void
count (GHashTable *counts, const char *term, gsize size)
{
  char *key = g_strndup (term, size);

  g_hash_table_insert (counts, key, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
}

static gboolean
is_character (gunichar c)
{
  return c >= 0x4e00 && c <= 0x9fff;
}

static void
count_runs (Corpus *self, GHashTable *counts, const char *text, TermKind kind)
{
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      guint n = kind == TERM_CHARACTER ? 1 : kind == TERM_PAIR ? 2 : between (self, 3, 6);
      const char *end = p;
      guint i = 0;

      for (; i < n && is_character (g_utf8_get_char (end)); i++)
        end = g_utf8_next_char (end);
      if (i == n)
        count (counts, p, (gsize) (end - p));
    }
}

static void
count_words (Corpus *self, GHashTable *counts, const char *text, TermKind kind)
{
  for (const char *p = text; *p != '\0'; p++)
    {
      gsize n = 0;

      while (g_ascii_isalnum (p[n]))
        n++;
      if (n > 0)
        count (counts, p, kind == TERM_WORD ? n : MIN (n, between (self, 1, 4)));
      p += n;
      if (*p == '\0')
        break;
    }
}

static GHashTable *
count_terms (Corpus *self, TermKind kind)
{
  GHashTable *counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < self->kept->len; i++)
    if (kind == TERM_BEGINNING || kind == TERM_WORD)
      count_words (self, counts, self->kept->pdata[i], kind);
    else
      count_runs (self, counts, self->kept->pdata[i], kind);
  return counts;
}

typedef struct {
  const char *term;
  guint n;
} Counted;

static int
compare_counted (gconstpointer a, gconstpointer b)
{
  const Counted *left = a, *right = b;

  return left->n > right->n ? -1 : left->n < right->n ? 1 : strcmp (left->term, right->term);
}

/* (element-type Counted): the most frequent one first */
static GArray *
sort_terms (GHashTable *counts)
{
  GArray *sorted = g_array_new (FALSE, FALSE, sizeof (Counted));
  GHashTableIter iter;
  gpointer term, n;

  g_hash_table_iter_init (&iter, counts);
  while (g_hash_table_iter_next (&iter, &term, &n))
    {
      Counted one = { term, GPOINTER_TO_UINT (n) };

      g_array_append_val (sorted, one);
    }
  g_array_sort (sorted, compare_counted);
  return sorted;
}

/* Makes a term of characters or letters that are in the texts, in an order that occurs in none. */
static char *
make_absent (Corpus *self, TermKind kind, const GArray *parts, guint i)
{
  GString *term = g_string_new (NULL);
  guint n = kind == TERM_PAIR ? 2 : kind == TERM_LONG ? 6 : kind == TERM_BEGINNING ? 4 : 9;

  if (kind == TERM_CHARACTER)
    g_string_append_unichar (term, 0x9fa0 + i);
  else if (kind == TERM_BEGINNING || kind == TERM_WORD)
    for (guint j = 0; j < n; j++)
      g_string_append_c (term, "etaonqxz"[between (self, 0, 7)]);
  else
    for (guint j = 0; j < n; j++)
      {
        /* Half of the terms have frequent characters only. */
        guint most = i % 2 == 0 ? MIN (FREQUENT, parts->len) : parts->len;

        g_string_append (term, g_array_index (parts, Counted, between (self, 0, most - 1)).term);
      }
  return g_string_free (term, FALSE);
}

static void
add_absent (Corpus *self, TermKind kind, GHashTable *counts, GPtrArray *terms, guint n)
{
  GHashTable *characters = count_terms (self, TERM_CHARACTER);
  GArray *parts = sort_terms (characters);

  for (guint i = 0; i < 10 * n && terms->len < n && parts->len > 1; i++)
    {
      g_autofree char *term = make_absent (self, kind, parts, i);

      if (!g_hash_table_contains (counts, term))
        g_ptr_array_add (terms, g_steal_pointer (&term));
    }
  g_array_unref (parts);
  g_hash_table_unref (characters);
}

/* Adds two terms of one character or word each, which are both in a text. */
static void
add_two (Corpus *self, TermRate rate, GPtrArray *terms, guint n)
{
  g_autoptr (GPtrArray) words = corpus_terms (self, TERM_WORD, rate, n);
  g_autoptr (GPtrArray) characters = corpus_terms (self, TERM_CHARACTER, rate, n);

  for (guint i = 0; i < words->len; i++)
    g_ptr_array_add (characters, g_strdup (words->pdata[i]));
  for (guint i = 0; i < n && characters->len > 1; i++)
    g_ptr_array_add (terms, g_strdup_printf ("%s %s", (char *) characters->pdata[between (self, 0, characters->len - 1)],
                                             (char *) characters->pdata[between (self, 0, characters->len - 1)]));
}

GPtrArray *
corpus_terms (Corpus *self, TermKind kind, TermRate rate, guint n)
{
  GPtrArray *terms = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) counts = count_terms (self, kind);
  g_autoptr (GArray) sorted = sort_terms (counts);

  if (kind == TERM_TWO)
    add_two (self, rate, terms, n);
  else if (rate == TERM_ABSENT && sorted->len > 0)
    add_absent (self, kind, counts, terms, n);
  else
    for (guint i = 0; i < n && i < sorted->len; i++)
      {
        /* Rare: any of the least frequent ones. */
        guint at = rate == TERM_FREQUENT ? i : sorted->len - 1 - i * (sorted->len / n > 0 ? (sorted->len / n + 1) / 2 : 1);

        g_ptr_array_add (terms, g_strdup (g_array_index (sorted, Counted, at).term));
      }
  return terms;
}
