/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/keys.h"

#include "store/search/tokenizer.h"

typedef enum { KIND_CHARACTERS, KIND_WORD, KIND_REST, KIND_FILTER } Kind;

#define KIND_SHIFT (FLOO_KEY_BITS - 2)
#define CHARACTER_BITS 16
#define LETTER_BITS 6
#define HASH_BITS 24
/* Letters of a word's first key, and of each of the others. */
#define WORD_LETTERS 8
#define REST_LETTERS 4

/* Codes of characters above the first 65536 begin here, in what of these is no character. */
#define CODE_HIGH 0xd800u
#define N_CODES_HIGH 0x2000u
/* The second part of a key of a run of one character ("哈哈哈哈"): this and how many there are. A run has keys for all numbers from three
 * up to its own or the most. */
#define CODE_REPEATED 0xf800u
#define MOST_REPEATED 8

/* By kind. */
static const guint8 beginnings[][8]
    = { [KIND_CHARACTERS] = { 32, 16 }, [KIND_WORD] = { 42, 36, 30, 24, 18, 12, 6 }, [KIND_REST] = { 18, 12, 6 }, [KIND_FILTER] = { 0 } };

const guint8 *
floo_key_beginnings (guint64 key)
{
  return beginnings[key >> KIND_SHIFT];
}

static guint64
mix (guint64 hash, guint64 value)
{
  hash = (hash ^ value) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  return hash ^ (hash >> 29);
}

static guint64
key_of (Kind kind, guint64 rest)
{
  return (guint64) kind << KIND_SHIFT | rest;
}

guint64
floo_key_of_filter (FlooFilter filter, gint64 value)
{
  guint64 hash = mix (mix (mix (0, 1 + (guint64) filter), (guint64) value), 0);

  return key_of (KIND_FILTER, hash >> (64 - KIND_SHIFT));
}

static guint64
code_of_letter (gunichar c)
{
  if (c >= 'a' && c <= 'z')
    return 1 + c - 'a';
  if (c >= '0' && c <= '9')
    return 27 + c - '0';
  return 1 + c % 63;
}

static guint64
code_of_character (gunichar c)
{
  return c < 0x10000 ? c : CODE_HIGH + c % N_CODES_HIGH;
}

/* Neighbours far apart: keys that are spread evenly are the shortest to write (postings.c). Each code has one of its own, and 0 is 0. */
static guint64
spread (guint64 code)
{
  return (code * 0x9e37) & ((1u << CHARACTER_BITS) - 1);
}

static guint64
key_of_characters (guint64 first, guint64 second, guint64 third)
{
  return key_of (KIND_CHARACTERS, spread (first) << (2 * CHARACTER_BITS) | spread (second) << CHARACTER_BITS | spread (third));
}

/* Up to @most letters. */
static guint64
pack_letters (const gunichar *letters, guint n, guint most)
{
  guint64 packed = 0;

  for (guint i = 0; i < MIN (n, most); i++)
    packed |= code_of_letter (letters[i]) << (LETTER_BITS * (most - 1 - i));
  return packed;
}

/* The key of the letters from @at on, and the hash of those before; @at goes on. */
static guint64
next_key_of_word (const gunichar *letters, guint n, guint *at, guint64 *hash)
{
  guint from = *at, most = from == 0 ? WORD_LETTERS : REST_LETTERS;
  guint64 packed = pack_letters (letters + from, n - from, most);
  guint64 before = *hash >> (64 - HASH_BITS);

  *at = MIN (from + most, n);
  for (guint i = from; i < *at; i++)
    *hash = mix (*hash, letters[i]);
  return from == 0 ? key_of (KIND_WORD, packed) : key_of (KIND_REST, before << (REST_LETTERS * LETTER_BITS) | packed);
}

static void
add_key (GArray *keys, guint64 key)
{
  g_array_append_val (keys, key);
}

static void
add_word (GArray *keys, const FlooToken *word)
{
  guint64 hash = 0;
  guint at = 0;

  while (at < word->n)
    add_key (keys, next_key_of_word (word->folded, word->n, &at, &hash));
}

void
floo_keys_of_text (GArray *keys, const char *text)
{
  guint64 before = 0, last = 0;  /* characters, whose keys are not there yet */
  FlooTokenizer tokenizer;
  FlooToken token;
  guint times = 0;

  floo_tokenizer_init (&tokenizer, text);
  while (floo_tokenizer_next (&tokenizer, &token))
    {
      guint64 code;

      if (!token.joined)
        {
          /* The run is over. */
          if (before != 0)
            add_key (keys, key_of_characters (before, last, 0));
          if (last != 0)
            add_key (keys, key_of_characters (last, 0, 0));
          before = last = 0;
        }
      if (token.is_word)
        {
          add_word (keys, &token);
          continue;
        }
      code = code_of_character (token.folded[0]);
      times = code == last ? times + 1 : 1;
      if (times > 2 && times <= MOST_REPEATED)
        add_key (keys, key_of_characters (code, CODE_REPEATED + times, 0));
      if (before != 0)
        add_key (keys, key_of_characters (before, last, code));
      before = last;
      last = code;
    }
  if (before != 0)
    add_key (keys, key_of_characters (before, last, 0));
  if (last != 0)
    add_key (keys, key_of_characters (last, 0, 0));
}

/* ---- what is searched for ---- */

/* @n_open: bits that may be anything */
static void
add_range (GArray *ranges, guint64 first, guint n_open)
{
  FlooKeyRange range = { first, first | ((G_GUINT64_CONSTANT (1) << n_open) - 1) };

  g_array_append_val (ranges, range);
}

void
floo_key_ranges_of_word (GArray *ranges, const gunichar *letters, guint n)
{
  guint64 hash = 0;
  guint at = 0;

  while (at < n)
    {
      guint from = at, most = at == 0 ? WORD_LETTERS : REST_LETTERS;
      guint64 key = next_key_of_word (letters, n, &at, &hash);

      add_range (ranges, key, LETTER_BITS * (most - (at - from)));
    }
}

void
floo_key_ranges_of_run (GArray *ranges, const gunichar *characters, guint n)
{
  guint times = 1;

  if (n == 1)
    add_range (ranges, key_of_characters (code_of_character (characters[0]), 0, 0), 2 * CHARACTER_BITS);
  if (n == 2)
    add_range (ranges, key_of_characters (code_of_character (characters[0]), code_of_character (characters[1]), 0), CHARACTER_BITS);
  for (guint i = 1; i < n; i++)
    {
      guint64 code = code_of_character (characters[i]), before = code_of_character (characters[i - 1]);

      if (i > 1)
        add_range (ranges, key_of_characters (code_of_character (characters[i - 2]), before, code), 0);
      times = code == before ? times + 1 : 1;
      if (times > 2 && times <= MOST_REPEATED)
        add_range (ranges, key_of_characters (code, CODE_REPEATED + times, 0), CHARACTER_BITS);
    }
}
