/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "bus/options.h"

static const char *const colours[] = { "red", "green", NULL };
static const FlooOption table[] = {
  { .key = "flag", .type = 'b', .fallback = TRUE },
  { .key = "text", .type = 's' },
  { .key = "colour", .type = 's', .choices = colours },
  { .key = "limit", .type = 'u', .min = 1, .max = 500, .fallback = 50 },
  { .key = "count", .type = 'u' },
  { .key = "id", .type = 'x', .min = 1, .max = G_MAXINT64 },
  { .key = "number", .type = 'x' },
  { NULL }
};

static GVariant *
parse (const char *text)
{
  return g_variant_ref_sink (g_variant_new_parsed (text));
}

static void
test_defaults (void)
{
  g_autoptr (GVariant) dict = parse ("@a{sv} {}");
  g_auto (FlooOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (floo_options_parse (&options, table, dict, &error));
  g_assert_no_error (error);
  g_assert_true (floo_options_get_boolean (&options, "flag"));
  g_assert_null (floo_options_get_string (&options, "text"));
  g_assert_cmpint (floo_options_get_number (&options, "limit"), ==, 50);
  g_assert_cmpint (floo_options_get_number (&options, "id"), ==, 0);
  g_assert_false (floo_options_is_given (&options, "id"));
}

static void
test_values (void)
{
  g_autoptr (GVariant) dict
      = parse ("{'flag': <false>, 'text': <'a'>, 'colour': <'green'>, 'limit': <500>, 'count': <uint32 4294967295>, 'id': <uint64 1>,"
               " 'number': <int64 -9223372036854775808>}");
  g_auto (FlooOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_assert_true (floo_options_parse (&options, table, dict, &error));
  g_assert_no_error (error);
  g_assert_false (floo_options_get_boolean (&options, "flag"));
  g_assert_cmpstr (floo_options_get_string (&options, "text"), ==, "a");
  g_assert_cmpstr (floo_options_get_string (&options, "colour"), ==, "green");
  g_assert_cmpint (floo_options_get_number (&options, "limit"), ==, 500);
  g_assert_cmpint (floo_options_get_number (&options, "count"), ==, G_MAXUINT32);
  g_assert_cmpint (floo_options_get_number (&options, "id"), ==, 1);
  g_assert_cmpint (floo_options_get_number (&options, "number"), ==, G_MININT64);
  g_assert_true (floo_options_is_given (&options, "id"));
}

static void
test_refused (void)
{
  static const struct {
    const char *dict;
    const char *text;
  } rows[] = {
    { "{'Flag': <true>}", "Unknown option Flag" },
    { "{'flag': <true>, 'colour': <'blue'>}", "Option colour must be one of: red, green" },
    { "{'flag': <1>}", "Option flag must be of type b, not i" },
    { "{'text': <1>}", "Option text must be of type s, not i" },
    { "{'text': <'a'>, 'text': <'b'>}", "Option text is given twice" },
    { "{'limit': <'5'>}", "Option limit must be an integer, not of type s" },
    { "{'limit': <5.0>}", "Option limit must be an integer, not of type d" },
    { "{'limit': <uint32 0>}", "Option limit must be 1 to 500, not 0" },
    { "{'limit': <501>}", "Option limit must be 1 to 500, not 501" },
    { "{'count': <-1>}", "Option count must be 0 to 4294967295, not -1" },
    { "{'count': <int64 4294967296>}", "Option count must be 0 to 4294967295, not 4294967296" },
    { "{'id': <int64 -3>}", "Option id must be at least 1, not -3" },
    { "{'id': <uint64 18446744073709551615>}", "Option id must be 1 to 9223372036854775806, not 18446744073709551615" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GVariant) dict = parse (rows[i].dict);
      g_auto (FlooOptions) options = { NULL };
      g_autoptr (GError) error = NULL;

      g_assert_false (floo_options_parse (&options, table, dict, &error));
      g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
      g_assert_cmpstr (error->message, ==, rows[i].text);
    }
}

/* A value that is too long is not repeated in the error message, only its name. */
static void
test_long (void)
{
  g_autofree char *text = g_strnfill (70000, 'x');
  g_autofree char *key = g_strconcat ("\xc3\xa9\xc3\xa9", text, NULL);
  GVariantDict dict;
  g_autoptr (GVariant) unknown = NULL;
  g_autoptr (GVariant) large = NULL;
  g_auto (FlooOptions) options = { NULL }, others = { NULL };
  g_autoptr (GError) error = NULL;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, key, "b", TRUE);
  unknown = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_false (floo_options_parse (&options, table, unknown, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  g_assert_true (g_str_has_prefix (error->message, "Unknown option \xc3\xa9\xc3\xa9xxx"));
  g_assert_true (g_str_has_suffix (error->message, "xxx..."));
  g_assert_cmpuint (strlen (error->message), <, 128);
  g_clear_error (&error);

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "text", "s", text);
  large = g_variant_ref_sink (g_variant_dict_end (&dict));
  g_assert_false (floo_options_parse (&others, table, large, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE);
  g_assert_cmpstr (error->message, ==, "Option text has 70000 bytes, at most 65536 are taken");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/options/defaults", test_defaults);
  g_test_add_func ("/options/values", test_values);
  g_test_add_func ("/options/refused", test_refused);
  g_test_add_func ("/options/long", test_long);
  return g_test_run ();
}
