/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include <sqlite3.h>

#include "store/search/terms.h"
#include "store/search/tokenizer.h"
#include "store/search/tokens.h"

/* Words as they are, characters that are joined to the one before with "+": "下+午 tea" */
static char *
tokens_of (const char *text)
{
  GString *out = g_string_new (NULL);
  FlooTokenizer tokenizer;
  FlooToken token;

  floo_tokenizer_init (&tokenizer, text);
  while (floo_tokenizer_next (&tokenizer, &token))
    {
      g_assert_cmpuint (token.n, >, 0);
      g_assert_cmpuint (token.start, <, token.end);
      g_assert_cmpuint (token.end, <=, strlen (text));
      if (out->len > 0)
        g_string_append_c (out, token.joined ? '+' : ' ');
      for (guint i = 0; i < token.n; i++)
        g_string_append_unichar (out, token.folded[i]);
    }
  return g_string_free (out, FALSE);
}

static void
test_tokens (void)
{
  static const struct {
    const char *text;
    const char *tokens;
  } cases[] = {
    { "", "" },
    { " ,.!…—「」 \n", "" },
    { "Hello, World-wide 42nd", "hello world wide 42nd" },
    { "下午的会议", "下+午+的+会+议" },
    { "你好，世界 再见", "你+好 世+界 再+见" },
    { "用iPhone手机", "用 iphone 手+机" },
    { "Café ÉCOLE naïve Ünï", "cafe ecole naive uni" },
    { "cafe\u0301", "cafe" },
    { "Straße STRASSE", "strasse strasse" },
    { "ΣΊΣΥΦΟΣ σίσυφος", "σισυφοσ σισυφοσ" },
    { "Ёлка", "елка" },
    { "ＡＢＣ１２３", "abc123" },
    { "ｶﾞ が か\u3099 ガ", "ガ が が ガ" },
    { "コーヒー", "コ+ー+ヒ+ー" },
    { "한국 \u1112\u1161\u11ab", "한+국 한" },
    { "สวัสดี", "ส+ว+ั+ส+ด+ี" },
    { "हिन्दी", "हिन्दी" },
    { "👍🏽ok❤\ufe0f", "👍 ok ❤" },
    { "👨\u200d👩\u200d👧", "👨+👩+👧" },
    { "ﬁn ① ㍿", "fin 1 株+式+会+社" },
    { "soft\u00adhyphen zero\u200bwidth", "softhyphen zerowidth" },
    { "don't", "don t" },
    { "𠀀𠀁", "𠀀+𠀁" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *tokens = tokens_of (cases[i].text);

      g_assert_cmpstr (tokens, ==, cases[i].tokens);
    }
}

/* A word may be longer than the part that counts, and every character can occur. */
static void
test_long_and_strange (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *tokens = NULL;

  for (guint i = 0; i < 1000; i++)
    g_string_append_c (text, 'a');
  g_string_append (text, " b");
  tokens = tokens_of (text->str);
  g_assert_cmpuint (strlen (tokens), ==, FLOO_TOKEN_CHARACTERS + 2);

  g_string_truncate (text, 0);
  for (gunichar c = 1; c <= 0x10ffff; c++)
    if (g_unichar_validate (c))
      {
        g_string_append_unichar (text, c);
        if (c % 64 == 0)
          {
            g_autofree char *some = tokens_of (text->str);

            g_assert_nonnull (some);
            g_string_truncate (text, 0);
          }
      }
}

static void
test_match (void)
{
  static const struct {
    const char *terms;
    const char *text;
    const char *found; /* the first place; NULL: nothing */
  } cases[] = {
    { "会", "下午的会议室", "会" },
    { "会议", "下午的会议室", "会议" },
    { "会议室", "下午的会议室", "会议室" },
    { "议会", "下午的会议室", NULL },
    { "下会", "下午的会议室", NULL },
    { "meet", "No Meetings today", "Meetings" },
    { "eet", "No Meetings today", NULL },
    { "today meet", "No Meetings today", "Meetings" },
    { "today tomorrow", "No Meetings today", NULL },
    { "好世", "你好，世界", NULL },
    { "你好，世界", "世界，你好", "世界" },
    { "哈哈哈", "哈哈", NULL },
    { "哈哈哈", "哈哈哈哈", "哈哈哈" },
    { "aab", "aa aab", "aab" },
    { "ab", "aab ab", "ab" },
    { "ＣＡＦＥ", "le café", "café" },
    { "手机 iphone", "我用iPhone手机", "iPhone" },
    { "👍", "好👍🏽", "👍" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FlooTerms) terms = floo_terms_new (cases[i].terms);
      g_autofree char *found = NULL;
      gsize start, end;

      if (floo_terms_match (terms, cases[i].text, &start, &end))
        found = g_strndup (cases[i].text + start, end - start);
      g_assert_cmpstr (found, ==, cases[i].found);
    }
  g_assert_null (floo_terms_new ("?! …"));
}

/* In a text that is longer than the part that is kept. */
static void
test_match_long (void)
{
  g_autoptr (FlooTerms) terms = floo_terms_new ("天地玄黄宇宙洪荒");
  g_autoptr (GString) text = g_string_new (NULL);
  gsize start, end, expected;

  for (guint i = 0; i < 100000; i++)
    g_string_append (text, i % 7 == 0 ? "天地玄黄" : "宇");
  g_assert_false (floo_terms_match (terms, text->str, &start, &end));
  expected = text->len;
  g_string_append (text, "天地玄黄宇宙洪荒");
  g_assert_true (floo_terms_match (terms, text->str, &start, &end));
  g_assert_cmpuint (start, ==, expected);
  g_assert_cmpuint (end, ==, text->len);
}

/* ---- tokens, in a table as the index has it ---- */

static sqlite3 *
open_table (void)
{
  sqlite3 *handle;

  g_assert_cmpint (sqlite3_open (":memory:", &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (handle, "CREATE VIRTUAL TABLE messages USING fts5 (tokens, content = '', columnsize = 0, detail = none, "
                                         "prefix = '1', tokenize = 'ascii')", NULL, NULL, NULL), ==, SQLITE_OK);
  return handle;
}

static void
insert (sqlite3 *handle, const FlooMessage *message)
{
  g_autoptr (GString) tokens = g_string_new (NULL);
  sqlite3_stmt *statement;

  floo_tokens_of_message (tokens, message, message->content);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, "INSERT INTO messages (rowid, tokens) VALUES (?1, ?2)", -1, &statement, NULL), ==, SQLITE_OK);
  sqlite3_bind_int64 (statement, 1, message->id);
  sqlite3_bind_text (statement, 2, tokens->str, -1, SQLITE_STATIC);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_DONE);
  sqlite3_finalize (statement);
}

/* Whether the message @id is a candidate of @search. */
static gboolean
is_candidate (sqlite3 *handle, gint64 id, const FlooSearch *search)
{
  g_autoptr (FlooTerms) terms = floo_terms_new (search->text);
  g_autofree char *expression = floo_tokens_expression (terms, search);
  sqlite3_stmt *statement;
  int code;

  g_assert_cmpint (sqlite3_prepare_v2 (handle, "SELECT 1 FROM messages WHERE messages MATCH ?1 AND rowid = ?2", -1, &statement, NULL), ==, SQLITE_OK);
  sqlite3_bind_text (statement, 1, expression, -1, SQLITE_STATIC);
  sqlite3_bind_int64 (statement, 2, id);
  code = sqlite3_step (statement);
  g_assert_true (code == SQLITE_ROW || code == SQLITE_DONE);
  sqlite3_finalize (statement);
  return code == SQLITE_ROW;
}

#define ANY(words) { .text = (words), .conversation = -1, .from = -1, .type = -1 }

/* Whatever matches is a candidate: nothing is missed. */
static void
test_candidates (void)
{
  static const char *const texts[]
      = { "哈哈哈哈哈哈哈哈哈哈哈哈", "下午的会议室在三楼，好", "Internationalization", "用iPhone手机", "cafe\u0301 ÉCOLE",
          "ｶﾞ한국 👍👍👍🎉𠀀𠀁", "a 1234567 12345678 123456789", "электрификация всей страны", "AND \"OR\" NOT* NEAR(a b)" };
  sqlite3 *handle = open_table ();

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      FlooMessage message = { .id = i + 1, .conversation = 7, .from = 8, .content = texts[i] };
      glong n = g_utf8_strlen (texts[i], -1);

      insert (handle, &message);
      for (glong from = 0; from < n; from++)
        for (glong to = from + 1; to <= n; to++)
          {
            g_autofree char *part = g_utf8_substring (texts[i], from, to);
            g_autoptr (FlooTerms) terms = floo_terms_new (part);
            FlooSearch search = ANY (part);
            gsize start, end;

            if (terms != NULL && floo_terms_match (terms, texts[i], &start, &end))
              g_assert_true (is_candidate (handle, message.id, &search));
          }
    }
  sqlite3_close (handle);
}

/* Texts that only nearly match are no candidates. */
static void
test_no_candidates (void)
{
  static const struct {
    const char *terms;
    const char *text;
  } cases[] = {
    { "会议", "议会" },
    { "会议室", "会议" },
    { "meeting", "meet" },
    { "internationale", "internationalist" },
    { "12345679", "12345678" },
    { "me", "mine" },
    { "met", "meet" },
    { "c7", "hello" }, /* nor a filter's token */
    { "bhe", "hello" },
    { "\xee\x80\x80" "c7", "hello" },
  };
  sqlite3 *handle = open_table ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      FlooMessage message = { .id = i + 1, .conversation = 7, .from = 8, .content = cases[i].text };
      FlooSearch search = ANY (cases[i].terms);

      insert (handle, &message);
      g_assert_false (is_candidate (handle, message.id, &search));
    }
  sqlite3_close (handle);
}

static void
test_filter_tokens (void)
{
  static const struct {
    gint64 conversation, from;
    int type;
    gboolean found;
  } cases[] = {
    { 7, -1, -1, TRUE },  { 8, -1, -1, FALSE }, { -1, 8, -1, TRUE }, { -1, 7, -1, FALSE }, { -1, -1, FLOO_TYPE_IMAGE, TRUE },
    { -1, -1, FLOO_TYPE_FILE, FALSE }, { 7, 8, FLOO_TYPE_IMAGE, TRUE }, { 0, -1, -1, FALSE }, { 0x77, -1, -1, FALSE },
  };
  FlooMessage message = { .id = 1, .conversation = 7, .from = 8, .type = FLOO_TYPE_IMAGE, .content = "hello" };
  sqlite3 *handle = open_table ();

  insert (handle, &message);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      FlooSearch search = { .text = "hello", .conversation = cases[i].conversation, .from = cases[i].from, .type = cases[i].type };

      g_assert_cmpint (is_candidate (handle, 1, &search), ==, cases[i].found);
    }
  sqlite3_close (handle);
}

static void
test_snippets (void)
{
  g_autofree char *whole = floo_snippet_new ("下午的\n会议", 10, 16);
  g_autofree char *cut = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_cmpstr (whole, ==, "下午的 会议");
  for (guint i = 0; i < 200; i++)
    g_string_append (text, "字");
  cut = floo_snippet_new (text->str, 300, 306);
  g_assert_true (g_str_has_prefix (cut, "…字"));
  g_assert_true (g_str_has_suffix (cut, "字…"));
  g_assert_cmpint (g_utf8_strlen (cut, -1), <, 110);
  g_assert_true (g_utf8_validate (cut, -1, NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer/tokens", test_tokens);
  g_test_add_func ("/tokenizer/long-and-strange", test_long_and_strange);
  g_test_add_func ("/terms/match", test_match);
  g_test_add_func ("/terms/match-long", test_match_long);
  g_test_add_func ("/tokens/candidates", test_candidates);
  g_test_add_func ("/tokens/no-candidates", test_no_candidates);
  g_test_add_func ("/tokens/filters", test_filter_tokens);
  g_test_add_func ("/terms/snippets", test_snippets);
  return g_test_run ();
}
