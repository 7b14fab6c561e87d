/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/search/tokens.h"

#include "store/search/tokenizer.h"

/* How many tokens a search uses; more make it slower, not better. */
#define MAX_TOKENS 24

/* A character for private use, which separates words in a text (tokenizer.c). */
#define MARK "\xee\x80\x80"

/* With @value in hexadecimal digits. */
static void
append_filter (GString *tokens, char kind, gint64 value)
{
  char digits[17];
  guint at = G_N_ELEMENTS (digits) - 1;

  digits[at] = '\0';
  for (guint64 rest = (guint64) value; at == G_N_ELEMENTS (digits) - 1 || rest > 0; rest >>= 4)
    digits[--at] = "0123456789abcdef"[rest & 15];
  g_string_append (tokens, MARK);
  g_string_append_c (tokens, kind);
  g_string_append (tokens, digits + at);
}

/* Most are ASCII, and these are quicker to append. */
static void
append_character (GString *tokens, gunichar c)
{
  if (c < 0x80)
    g_string_append_c (tokens, (char) c);
  else
    g_string_append_unichar (tokens, c);
}

/* How many letters the beginnings of words have that are tokens. */
#define LEAST_BEGINNING 2
#define MOST_BEGINNING 3

static void
append_beginning (GString *tokens, const gunichar *letters, guint n)
{
  g_string_append (tokens, MARK "b");
  for (guint i = 0; i < n; i++)
    append_character (tokens, letters[i]);
}

/* ---- of a message ---- */

static void
append_word (GString *tokens, const FlooToken *word)
{
  for (guint i = 0; i < word->n; i++)
    append_character (tokens, word->folded[i]);
  for (guint n = LEAST_BEGINNING; n <= MIN (word->n, MOST_BEGINNING); n++)
    {
      g_string_append_c (tokens, ' ');
      append_beginning (tokens, word->folded, n);
    }
  g_string_append_c (tokens, ' ');
}

static void
append_text (GString *tokens, const char *text)
{
  FlooTokenizer tokenizer;
  FlooToken token;
  gunichar last = 0; /* of the run so far */

  floo_tokenizer_init (&tokenizer, text);
  while (floo_tokenizer_next (&tokenizer, &token))
    {
      if (last != 0)
        append_character (tokens, last);
      if (token.joined)
        append_character (tokens, token.folded[0]);
      g_string_append_c (tokens, ' ');
      last = token.is_word ? 0 : token.folded[0];
      if (token.is_word)
        append_word (tokens, &token);
    }
  if (last != 0)
    append_character (tokens, last);
}

void
floo_tokens_of_message (GString *tokens, const FlooMessage *message, const char *text)
{
  g_string_truncate (tokens, 0);
  append_filter (tokens, 'c', message->conversation);
  g_string_append_c (tokens, ' ');
  append_filter (tokens, 'u', message->from);
  g_string_append_c (tokens, ' ');
  if (message->type != FLOO_TYPE_TEXT)
    {
      append_filter (tokens, 't', message->type);
      g_string_append_c (tokens, ' ');
    }
  append_text (tokens, text);
}

/* ---- of a search ---- */

/* @wanted: tokens in quotation marks, each once. @token: (transfer full) */
static void
want (GPtrArray *wanted, char *token)
{
  if (g_ptr_array_find_with_equal_func (wanted, token, g_str_equal, NULL))
    g_free (token);
  else
    g_ptr_array_add (wanted, token);
}

/* @is_beginning: of longer tokens, too */
static void
want_characters (GPtrArray *wanted, const gunichar *characters, guint n, gboolean is_beginning)
{
  GString *token = g_string_new ("\"");

  for (guint i = 0; i < n; i++)
    append_character (token, characters[i]);
  g_string_append (token, is_beginning ? "\" *" : "\"");
  want (wanted, g_string_free (token, FALSE));
}

static void
want_beginning (GPtrArray *wanted, const gunichar *letters, guint n)
{
  GString *token = g_string_new ("\"");

  append_beginning (token, letters, n);
  g_string_append_c (token, '"');
  want (wanted, g_string_free (token, FALSE));
}

static void
want_filter (GPtrArray *wanted, char kind, gint64 value)
{
  GString *token = g_string_new ("\"");

  append_filter (token, kind, value);
  g_string_append_c (token, '"');
  want (wanted, g_string_free (token, FALSE));
}

static void
want_term (gboolean is_word, const gunichar *characters, guint n, gpointer data)
{
  if (is_word && n >= LEAST_BEGINNING && n <= MOST_BEGINNING)
    want_beginning (data, characters, n);
  else if (is_word || n == 1)
    want_characters (data, characters, n, TRUE);
  else
    for (guint i = 0; i + 1 < n; i++)
      want_characters (data, characters + i, 2, FALSE);
}

char *
floo_tokens_expression (const FlooTerms *terms, const FlooSearch *search)
{
  g_autoptr (GPtrArray) tokens = g_ptr_array_new_with_free_func (g_free);

  if (search->conversation >= 0)
    want_filter (tokens, 'c', search->conversation);
  if (search->from >= 0)
    want_filter (tokens, 'u', search->from);
  if (search->type >= 0 && search->type != FLOO_TYPE_TEXT)
    want_filter (tokens, 't', search->type);
  floo_terms_foreach (terms, want_term, tokens);
  if (tokens->len > MAX_TOKENS)
    g_ptr_array_set_size (tokens, MAX_TOKENS);
  g_ptr_array_add (tokens, NULL);
  return g_strjoinv (" AND ", (char **) tokens->pdata);
}

char *
floo_tokens_expression_of_conversation (gint64 conversation)
{
  GString *expression = g_string_new ("\"");

  append_filter (expression, 'c', conversation);
  g_string_append_c (expression, '"');
  return g_string_free (expression, FALSE);
}
