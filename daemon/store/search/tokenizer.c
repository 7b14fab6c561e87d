/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/tokenizer.h"

typedef enum {
  KIND_SEPARATOR,
  KIND_WORD,       /* a letter, digit or mark of a word */
  KIND_CHARACTER,  /* stands by itself */
  KIND_JOINING,    /* combines with the character before it: voicing marks of kana, vowels and finals of Hangul */
  KIND_NOTHING     /* ignored */
} Kind;

static gboolean
is_unspaced (GUnicodeScript script)
{
  switch (script)
    {
    case G_UNICODE_SCRIPT_HAN:
    case G_UNICODE_SCRIPT_HIRAGANA:
    case G_UNICODE_SCRIPT_KATAKANA:
    case G_UNICODE_SCRIPT_HANGUL:
    case G_UNICODE_SCRIPT_BOPOMOFO:
    case G_UNICODE_SCRIPT_YI:
    case G_UNICODE_SCRIPT_THAI:
    case G_UNICODE_SCRIPT_LAO:
    case G_UNICODE_SCRIPT_KHMER:
    case G_UNICODE_SCRIPT_MYANMAR:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Scripts whose accents are often left out when typing; in other scripts marks are vowels, which are not. */
static gboolean
has_accents (GUnicodeScript script)
{
  return script == G_UNICODE_SCRIPT_LATIN || script == G_UNICODE_SCRIPT_GREEK || script == G_UNICODE_SCRIPT_CYRILLIC
         || script == G_UNICODE_SCRIPT_ARABIC || script == G_UNICODE_SCRIPT_HEBREW || script == G_UNICODE_SCRIPT_COMMON;
}

/* Common characters that need neither folding nor look-ups in tables. */
static gboolean
is_plain_character (gunichar c)
{
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3041 && c <= 0x3096) || (c >= 0x30a1 && c <= 0x30fa) || (c >= 0xac00 && c <= 0xd7a3)
         || (c >= 0x3400 && c <= 0x4dbf);
}

static gboolean
is_joining (gunichar c)
{
  return c == 0x3099 || c == 0x309a || (c >= 0x1161 && c <= 0x1175) || (c >= 0x11a8 && c <= 0x11c2);
}

static Kind
kind_of_letter (FlooTokenizer *self, gunichar c)
{
  GUnicodeScript script = g_unichar_get_script (c);

  self->drops_marks = has_accents (script);
  return is_unspaced (script) || c == 0x30fc ? KIND_CHARACTER : KIND_WORD;
}

static Kind
kind_of_mark (FlooTokenizer *self, gunichar c)
{
  if (is_unspaced (g_unichar_get_script (c)))
    return KIND_CHARACTER;
  return self->last_kind == KIND_WORD && !self->drops_marks ? KIND_WORD : KIND_NOTHING;
}

/* Of a decomposed character. */
static Kind
kind_of (FlooTokenizer *self, gunichar c)
{
  if (is_joining (c))
    return KIND_JOINING;
  switch (g_unichar_type (c))
    {
    case G_UNICODE_UPPERCASE_LETTER:
    case G_UNICODE_LOWERCASE_LETTER:
    case G_UNICODE_TITLECASE_LETTER:
    case G_UNICODE_MODIFIER_LETTER:
    case G_UNICODE_OTHER_LETTER:
    case G_UNICODE_DECIMAL_NUMBER:
    case G_UNICODE_LETTER_NUMBER:
    case G_UNICODE_OTHER_NUMBER:
      return kind_of_letter (self, c);
    case G_UNICODE_NON_SPACING_MARK:
    case G_UNICODE_SPACING_MARK:
    case G_UNICODE_ENCLOSING_MARK:
      return kind_of_mark (self, c);
    case G_UNICODE_OTHER_SYMBOL:
      self->drops_marks = TRUE;
      return KIND_CHARACTER;
    case G_UNICODE_FORMAT:
      return KIND_NOTHING;
    case G_UNICODE_MODIFIER_SYMBOL:
      return c >= 0x1f3fb && c <= 0x1f3ff ? KIND_NOTHING : KIND_SEPARATOR; /* skin tones */
    default:
      return KIND_SEPARATOR;
    }
}

static void
push (FlooTokenizer *self, gunichar c, Kind kind, gsize start, gsize end)
{
  if (kind == KIND_NOTHING)
    return;
  self->last_kind = kind;
  self->queue[self->tail++] = (FlooFolded){ c, kind, start, end };
}

static void
push_folded (FlooTokenizer *self, gunichar c, gsize start, gsize end)
{
  Kind kind = kind_of (self, c);

  if (c == 0xdf || c == 0x1e9e)
    {
      push (self, 's', kind, start, end);
      c = 's';
    }
  else if (c == 0x3c2)
    c = 0x3c3; /* final sigma */
  push (self, g_unichar_tolower (c), kind, start, end);
}

/* Folds the next character of the source into the queue; FALSE at the end. */
static gboolean
fold_next (FlooTokenizer *self)
{
  gunichar parts[G_UNICHAR_MAX_DECOMPOSITION_LENGTH];
  gsize start = (gsize) (self->next - self->text);
  gunichar c;
  gsize n, end;

  self->head = self->tail = 0;
  if (*self->next == '\0')
    return FALSE;
  c = g_utf8_get_char (self->next);
  self->next = g_utf8_next_char (self->next);
  end = (gsize) (self->next - self->text);
  if (c < 0x80)
    {
      self->drops_marks = TRUE;
      push (self, (gunichar) g_ascii_tolower ((char) c), g_ascii_isalnum ((char) c) ? KIND_WORD : KIND_SEPARATOR, start, end);
      return TRUE;
    }
  if (is_plain_character (c))
    {
      self->drops_marks = FALSE;
      push (self, c, KIND_CHARACTER, start, end);
      return TRUE;
    }
  n = g_unichar_fully_decompose (c, TRUE, parts, G_N_ELEMENTS (parts));
  /* There is room for all of them, and for the one that sharp s adds. */
  for (gsize i = 0; i < MIN (n, G_N_ELEMENTS (parts)); i++)
    push_folded (self, parts[i], start, end);
  return TRUE;
}

/* Returns: (nullable): the next character, which is not removed */
static FlooFolded *
peek (FlooTokenizer *self)
{
  while (self->head == self->tail)
    if (!fold_next (self))
      return NULL;
  return &self->queue[self->head];
}

static void
append (FlooToken *token, gunichar c, gsize end)
{
  if (token->n < FLOO_TOKEN_CHARACTERS)
    token->folded[token->n++] = c;
  token->end = end;
}

/* Letters and digits of ASCII, most of most texts, without the queue. */
static void
take_ascii (FlooTokenizer *self, FlooToken *token)
{
  if (self->head < self->tail || !g_ascii_isalnum (*self->next))
    return;
  while (g_ascii_isalnum (*self->next))
    {
      append (token, (gunichar) g_ascii_tolower (*self->next), (gsize) (self->next + 1 - self->text));
      self->next++;
    }
  self->drops_marks = TRUE;
  self->last_kind = KIND_WORD;
}

static void
take_word (FlooTokenizer *self, FlooToken *token)
{
  FlooFolded *folded;

  token->is_word = TRUE;
  token->joined = FALSE;
  while ((folded = peek (self)) != NULL && folded->kind == KIND_WORD)
    {
      append (token, folded->c, folded->end);
      self->head++;
      take_ascii (self, token);
    }
  self->in_run = FALSE;
}

static void
take_character (FlooTokenizer *self, FlooToken *token)
{
  FlooFolded *folded = &self->queue[self->head++];
  gunichar both;

  token->is_word = FALSE;
  token->joined = self->in_run;
  token->n = 1;
  token->folded[0] = folded->c;
  token->end = folded->end;
  while ((folded = peek (self)) != NULL && folded->kind == KIND_JOINING && g_unichar_compose (token->folded[0], folded->c, &both))
    {
      token->folded[0] = both;
      token->end = folded->end;
      self->head++;
    }
  self->in_run = TRUE;
}

void
floo_tokenizer_init (FlooTokenizer *self, const char *text)
{
  self->text = self->next = text;
  self->head = self->tail = 0;
  self->last_kind = KIND_SEPARATOR;
  self->drops_marks = FALSE;
  self->in_run = FALSE;
}

gboolean
floo_tokenizer_next (FlooTokenizer *self, FlooToken *token)
{
  FlooFolded *folded;

  token->n = 0;
  while ((folded = peek (self)) != NULL)
    {
      token->start = folded->start;
      if (folded->kind == KIND_WORD)
        take_word (self, token);
      else if (folded->kind != KIND_SEPARATOR)
        take_character (self, token);
      else
        {
          self->in_run = FALSE;
          self->head++;
          continue;
        }
      return TRUE;
    }
  return FALSE;
}
