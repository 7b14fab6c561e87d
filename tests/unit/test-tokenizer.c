/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "store/terms.h"
#include "store/tokenizer.h"

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

/* A word goes on behind what counts of it, and every character there is can be met. */
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

/* In a text that is longer than what is kept of it. */
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

/* Whatever matches has all the keys that are looked up: nothing is missed. */
static void
test_keys (void)
{
  static const char *const texts[]
      = { "哈哈哈哈哈哈哈哈哈哈哈哈", "下午的会议室在三楼", "Internationalization", "用iPhone手机", "cafe\u0301 ÉCOLE", "ｶﾞ한국 👍" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      glong n = g_utf8_strlen (texts[i], -1);
      g_autoptr (GArray) of_text = g_array_new (FALSE, FALSE, sizeof (guint32));

      floo_keys_of_text (of_text, texts[i]);
      for (glong from = 0; from < n; from++)
        for (glong to = from + 1; to <= n; to++)
          {
            g_autofree char *part = g_utf8_substring (texts[i], from, to);
            g_autoptr (FlooTerms) terms = floo_terms_new (part);
            g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (guint32));
            gsize start, end;

            if (terms == NULL || !floo_terms_match (terms, texts[i], &start, &end))
              continue;
            floo_terms_get_keys (terms, keys);
            g_assert_cmpuint (keys->len, >, 0);
            for (guint j = 0; j < keys->len; j++)
              {
                gboolean found = FALSE;

                for (guint k = 0; k < of_text->len && !found; k++)
                  found = g_array_index (of_text, guint32, k) == g_array_index (keys, guint32, j);
                g_assert_true (found);
              }
          }
    }
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
  g_test_add_func ("/terms/keys", test_keys);
  g_test_add_func ("/terms/snippets", test_snippets);
  return g_test_run ();
}
