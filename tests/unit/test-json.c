/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON from outside: what is not JSON is refused, and so is what would break D-Bus or overflow json-glib. */
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/names.h"

/* The text after parsing and writing; NULL where it was refused, with a ProtocolError. */
static char *
through (const char *text, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonNode) node = floo_json_parse (text, len, &error);

  if (node != NULL)
    {
      g_assert_no_error (error);
      return floo_json_to_text (node);
    }
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  return NULL;
}

static void
test_accepts (void)
{
  static const char *const cases[][2] = {
    { " { \"a\" : [ 1 , -2 , 3.5 ] , \"b\" : { } , \"c\":null }\r\n", "{\"a\":[1,-2,3.5],\"b\":{},\"c\":null}" },
    { "null", "null" },
    { "true", "true" },
    { "\"\"", "\"\"" },
    { "-9223372036854775808", "-9223372036854775808" },
    { "9223372036854775807", "9223372036854775807" },
    { "[-0,0,1e2,1E-2,0.5]", NULL },
    { "\"\\u4f60\\u597d \\ud83d\\ude00 \\\" \\\\ \\/ \\n\"", "\"你好 😀 \\\" \\\\ / \\n\"" },
    { "{\"\":1,\"0\":2}", "{\"\":1,\"0\":2}" },
    { "[9223372036854775808,-9223372036854775809,1e999,1]", "[\"9223372036854775808\",\"-9223372036854775809\",\"1e999\",1]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *out = through (cases[i][0], strlen (cases[i][0]));

      g_assert_nonnull (out);
      if (cases[i][1] != NULL)
        g_assert_cmpstr (out, ==, cases[i][1]);
    }
}

static void
test_refuses (void)
{
  static const char *const cases[] = {
    "", " ", "{", "[", "]", "}", "[}", "{]", "[1", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "[1,]", "[,1]", "[1 2]",
    "{\"a\" 1}", "{1:2}", "{a:1}", "{\"a\":1 \"b\":2}", ":", ",", "1 2", "{} {}", "[]]", "tru", "nul", "True", "NaN", "Infinity", "-",
    "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1f", "1_000", "'a'", "\"a", "\"\\", "\"\\x41\"", "\"\\u12\"", "\"\\u12g4\"",
    "\"a\nb\"", "\"\t\"", "// x\n1", "/* x */ 1", "1 // x", "# x\n1", "var a = 1;", "\xef\xbb\xbf{}", "\xff", "[\xc3\xa9]",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *out = through (cases[i], strlen (cases[i]));

      if (out != NULL)
        g_error ("taken for JSON: %s", cases[i]);
    }
  g_assert_null (through ("1\0", 2));
  g_assert_null (through ("\"a\0b\"", 5));
  g_assert_null (through (NULL, 0));
}

/* Every prefix of a text is refused, and none is read beyond its end (the copy has no NUL behind it). */
static void
test_prefixes (void)
{
  static const char text[] = "{\"a\":[true,false,null,-12.5e+3,\"x\\u00e9\\ud83d\\ude00\\n\"],\"b\":{\"c\":\"\xe4\xbd\xa0\"}}";

  for (gsize len = 0; len < sizeof text - 1; len++)
    {
      g_autofree char *copy = g_memdup2 (text, len);

      g_assert_null (through (copy, len));
    }
  g_free (through (text, sizeof text - 1));
}

static void
test_repairs (void)
{
  static const struct
  {
    const char *text;
    const char *expected;
  } cases[] = {
    { "\"a\\u0000b\"", "a\357\277\275b" },
    { "\"\\ud83d\"", "\357\277\275" },
    { "\"\\ud83dx\"", "\357\277\275x" },
    { "\"\\ud83d\\u0041\"", "\357\277\275A" },
    { "\"\\udc00\\ud83d\\ude00\"", "\357\277\275😀" },
    { "\"\\ud83d\\ud83d\\ude00\"", "\357\277\275😀" },
    { "\"a\xff"
      "b\"", "a\357\277\275b" },
    { "\"\xe4\xbd\"", "\357\277\275\357\277\275" },
    { "\"\xc0\x80\"", "\357\277\275\357\277\275" },
    { "\"\xed\xa0\x80\"", "\357\277\275\357\277\275\357\277\275" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = floo_json_parse (cases[i].text, strlen (cases[i].text), &error);

      g_assert_no_error (error);
      g_assert_cmpstr (floo_json_node_string (node), ==, cases[i].expected);
    }
  /* Names, too. */
  {
    g_autoptr (JsonNode) node = floo_json_parse ("{\"\xff\":1}", 7, NULL);

    g_assert_true (json_object_has_member (floo_json_node_object (node), "\357\277\275"));
  }
}

static char *
nested (guint depth)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, i % 2 == 0 ? "[" : "{\"a\":");
  g_string_append_c (text, '1');
  for (guint i = depth; i-- > 0;)
    g_string_append_c (text, i % 2 == 0 ? ']' : '}');
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  static const guint too_deep[] = { FLOO_MAX_JSON_DEPTH + 1, 1000, 1000000 };
  g_autofree char *deepest = nested (FLOO_MAX_JSON_DEPTH);
  g_autofree char *out = through (deepest, strlen (deepest));

  g_assert_cmpstr (out, ==, deepest);
  for (guint i = 0; i < G_N_ELEMENTS (too_deep); i++)
    {
      g_autofree char *text = nested (too_deep[i]);

      g_assert_null (through (text, strlen (text)));
    }
}

static void
test_size (void)
{
  gsize len = FLOO_MAX_JSON + 1;
  g_autofree char *text = g_malloc (len);
  g_autoptr (GString) values = g_string_new ("[0");

  memset (text, 'x', len);
  text[0] = '"';
  text[len - 2] = '"';
  {
    g_autofree char *out = through (text, len - 1);

    g_assert_nonnull (out);
  }
  text[len - 2] = 'x';
  text[len - 1] = '"';
  g_assert_null (through (text, len));

  /* A short text of very many values would take a hundred times its size in memory. */
  for (guint i = 0; i < FLOO_MAX_JSON_VALUES; i++)
    g_string_append (values, ",0");
  g_string_append_c (values, ']');
  g_assert_null (through (values->str, values->len));
}

static void
test_look_ups (void)
{
  static const char text[] = "{\"i\":7,\"s\":\"42\",\"t\":\"4x\",\"f\":1.5,\"yes\":true,\"one\":1,\"two\":2,\"n\":null,\"o\":{},\"a\":[],"
                             "\"big\":\"9223372036854775808\"}";
  g_autoptr (JsonNode) node = floo_json_parse (text, sizeof text - 1, NULL);
  JsonObject *object = floo_json_node_object (node);
  gint64 number = 0;
  gboolean flag = FALSE;

  g_assert_true (floo_json_get_int (object, "i", &number));
  g_assert_cmpint (number, ==, 7);
  g_assert_true (floo_json_get_int (object, "s", &number));
  g_assert_cmpint (number, ==, 42);
  g_assert_true (floo_json_get_bool (object, "yes", &flag) && flag);
  g_assert_true (floo_json_get_bool (object, "one", &flag) && flag);
  g_assert_cmpstr (floo_json_get_string (object, "s"), ==, "42");
  g_assert_nonnull (floo_json_get_object (object, "o"));
  g_assert_nonnull (floo_json_get_array (object, "a"));

  {
    static const char *const none[] = { "t", "f", "yes", "n", "o", "a", "big", "missing" };

    for (guint i = 0; i < G_N_ELEMENTS (none); i++)
      g_assert_false (floo_json_get_int (object, none[i], &number));
  }
  g_assert_cmpint (number, ==, 42);
  g_assert_false (floo_json_get_bool (object, "two", &flag));
  g_assert_false (floo_json_get_bool (object, "s", &flag));
  g_assert_null (floo_json_get_string (object, "i"));
  g_assert_null (floo_json_get_string (object, "n"));
  g_assert_null (floo_json_get_object (object, "a"));
  g_assert_null (floo_json_get_array (object, "o"));
  g_assert_null (floo_json_get_string (floo_json_get_object (object, "missing"), "deeper"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/accepts", test_accepts);
  g_test_add_func ("/json/refuses", test_refuses);
  g_test_add_func ("/json/prefixes", test_prefixes);
  g_test_add_func ("/json/repairs", test_repairs);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/size", test_size);
  g_test_add_func ("/json/look-ups", test_look_ups);
  return g_test_run ();
}
