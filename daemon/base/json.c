/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/json.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/names.h"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* What may come next. */
typedef enum {
  EXPECT_VALUE,
  EXPECT_VALUE_OR_END, /* after "[" */
  EXPECT_KEY,          /* after "," in an object */
  EXPECT_KEY_OR_END,   /* after "{" */
  EXPECT_COLON,
  EXPECT_AFTER         /* after a value: "," or the end of what it is in */
} Expect;

typedef struct {
  const char *start;
  const char *at;
  const char *end;
  GString *out;                      /* the text without white space, its strings repaired */
  char nest[FLOO_MAX_JSON_DEPTH];    /* '{' or '[' */
  guint depth;
  guint n_values;
} Scan;

static gboolean
fail (const Scan *scan, GError **error, const char *what)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "JSON: %s at byte %zu", what, (gsize) (scan->at - scan->start));
  return FALSE;
}

static gboolean
is_digit (const Scan *scan)
{
  return scan->at < scan->end && g_ascii_isdigit (*scan->at);
}

static gboolean
skip_digits (Scan *scan)
{
  if (!is_digit (scan))
    return FALSE;
  while (is_digit (scan))
    scan->at++;
  return TRUE;
}

static gboolean
scan_number (Scan *scan, GError **error)
{
  const char *begin = scan->at;
  gboolean integer = TRUE;
  g_autofree char *text = NULL;

  if (*scan->at == '-')
    scan->at++;
  if (is_digit (scan) && *scan->at == '0')
    scan->at++;
  else if (!skip_digits (scan))
    return fail (scan, error, "malformed number");
  if (scan->at < scan->end && *scan->at == '.')
    {
      integer = FALSE;
      scan->at++;
      if (!skip_digits (scan))
        return fail (scan, error, "malformed number");
    }
  if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E'))
    {
      integer = FALSE;
      scan->at++;
      if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
        scan->at++;
      if (!skip_digits (scan))
        return fail (scan, error, "malformed number");
    }

  text = g_strndup (begin, scan->at - begin);
  /* A number out of range becomes a string: only its own value is wrong, and the rest of the text can be used. */
  if (integer ? !g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, NULL, NULL) : !isfinite (g_ascii_strtod (text, NULL)))
    g_string_append_printf (scan->out, "\"%s\"", text);
  else
    g_string_append (scan->out, text);
  return TRUE;
}

static gboolean
scan_word (Scan *scan, const char *word, GError **error)
{
  gsize len = strlen (word);

  if ((gsize) (scan->end - scan->at) < len || memcmp (scan->at, word, len) != 0)
    return fail (scan, error, "unexpected character");
  scan->at += len;
  g_string_append (scan->out, word);
  return TRUE;
}

/* The four hexadecimal digits of \uXXXX at @at; -1: they are none. */
static int
hex4 (const char *at, const char *end)
{
  int value = 0;

  if (end - at < 4)
    return -1;
  for (int i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (at[i]);

      if (digit < 0)
        return -1;
      value = value << 4 | digit;
    }
  return value;
}

/* At the backslash. A pair of surrogates is copied, half a pair or NUL replaced. */
static gboolean
scan_escape (Scan *scan, GError **error)
{
  const char *begin = scan->at;
  int first, second = -1;

  if (scan->end - scan->at < 2 || strchr ("\"\\/bfnrtu", scan->at[1]) == NULL || scan->at[1] == '\0')
    return fail (scan, error, "malformed escape");
  scan->at += 2;
  if (begin[1] != 'u')
    {
      g_string_append_len (scan->out, begin, 2);
      return TRUE;
    }
  first = hex4 (scan->at, scan->end);
  if (first < 0)
    return fail (scan, error, "malformed escape");
  scan->at += 4;
  if (first >= 0xd800 && first <= 0xdbff && scan->end - scan->at >= 6 && scan->at[0] == '\\' && scan->at[1] == 'u')
    second = hex4 (scan->at + 2, scan->end);
  if (second >= 0xdc00 && second <= 0xdfff)
    scan->at += 6;
  else if (first == 0 || (first >= 0xd800 && first <= 0xdfff))
    {
      g_string_append (scan->out, REPLACEMENT);
      return TRUE;
    }
  g_string_append_len (scan->out, begin, scan->at - begin);
  return TRUE;
}

/* A run without quote, backslash and control character, as valid UTF-8. */
static void
scan_run (Scan *scan)
{
  const char *begin = scan->at;

  while (scan->at < scan->end && (guchar) *scan->at >= 0x20 && *scan->at != '"' && *scan->at != '\\')
    scan->at++;
  while (begin < scan->at)
    {
      const char *bad;

      g_utf8_validate (begin, scan->at - begin, &bad);
      g_string_append_len (scan->out, begin, bad - begin);
      if (bad < scan->at)
        {
          g_string_append (scan->out, REPLACEMENT);
          bad++;
        }
      begin = bad;
    }
}

/* At the opening quote. */
static gboolean
scan_string (Scan *scan, GError **error)
{
  g_string_append_c (scan->out, '"');
  scan->at++;
  while (scan->at < scan->end && *scan->at != '"')
    {
      if (*scan->at == '\\')
        {
          if (!scan_escape (scan, error))
            return FALSE;
        }
      else if ((guchar) *scan->at < 0x20)
        return fail (scan, error, "control character in a string");
      else
        scan_run (scan);
    }
  if (scan->at == scan->end)
    return fail (scan, error, "unterminated string");
  g_string_append_c (scan->out, '"');
  scan->at++;
  return TRUE;
}

/* A value that holds no others. */
static gboolean
scan_scalar (Scan *scan, GError **error)
{
  switch (*scan->at)
    {
    case '"':
      return scan_string (scan, error);
    case 't':
      return scan_word (scan, "true", error);
    case 'f':
      return scan_word (scan, "false", error);
    case 'n':
      return scan_word (scan, "null", error);
    default:
      if (*scan->at == '-' || g_ascii_isdigit (*scan->at))
        return scan_number (scan, error);
      return fail (scan, error, "unexpected character");
    }
}

static gboolean
scan_value (Scan *scan, Expect *expect, GError **error)
{
  char c = *scan->at;

  if (++scan->n_values > FLOO_MAX_JSON_VALUES)
    return fail (scan, error, "too many values");
  if (c != '{' && c != '[')
    {
      *expect = EXPECT_AFTER;
      return scan_scalar (scan, error);
    }
  if (scan->depth == FLOO_MAX_JSON_DEPTH)
    return fail (scan, error, "nested too deeply");
  scan->nest[scan->depth++] = c;
  scan->at++;
  g_string_append_c (scan->out, c);
  *expect = c == '{' ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
  return TRUE;
}

/* One of the characters between values and keys. */
static gboolean
scan_mark (Scan *scan, Expect *expect, GError **error)
{
  char c = *scan->at;
  char in = scan->depth > 0 ? scan->nest[scan->depth - 1] : '\0';

  if (*expect == EXPECT_COLON && c == ':')
    *expect = EXPECT_VALUE;
  else if (*expect == EXPECT_AFTER && c == ',' && in != '\0')
    *expect = in == '{' ? EXPECT_KEY : EXPECT_VALUE;
  else if ((*expect == EXPECT_AFTER || *expect == EXPECT_KEY_OR_END || *expect == EXPECT_VALUE_OR_END)
           && ((c == '}' && in == '{') || (c == ']' && in == '[')))
    {
      scan->depth--;
      *expect = EXPECT_AFTER;
    }
  else
    return fail (scan, error, "unexpected character");
  scan->at++;
  g_string_append_c (scan->out, c);
  return TRUE;
}

static gboolean
scan_step (Scan *scan, Expect *expect, GError **error)
{
  char c = *scan->at;

  if (*expect == EXPECT_VALUE || (*expect == EXPECT_VALUE_OR_END && c != ']'))
    return scan_value (scan, expect, error);
  if ((*expect == EXPECT_KEY || *expect == EXPECT_KEY_OR_END) && c == '"')
    {
      *expect = EXPECT_COLON;
      return scan_string (scan, error);
    }
  return scan_mark (scan, expect, error);
}

/* RFC 8259 without recursion. */
static gboolean
scan_text (Scan *scan, GError **error)
{
  Expect expect = EXPECT_VALUE;

  while (scan->at < scan->end)
    {
      if (*scan->at == ' ' || *scan->at == '\t' || *scan->at == '\n' || *scan->at == '\r')
        scan->at++;
      else if (!scan_step (scan, &expect, error))
        return FALSE;
    }
  if (scan->depth > 0 || expect != EXPECT_AFTER)
    return fail (scan, error, "unexpected end");
  return TRUE;
}

JsonNode *
floo_json_parse (const char *text, gsize len, GError **error)
{
  g_autoptr (GString) checked = NULL;
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) local = NULL;
  Scan scan = { 0 };

  g_return_val_if_fail (text != NULL || len == 0, NULL);

  if (text == NULL)
    text = "";
  scan.start = scan.at = text;
  scan.end = text + len;

  if (len > FLOO_MAX_JSON)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "JSON: %zu bytes are more than %u", len, FLOO_MAX_JSON);
      return NULL;
    }
  checked = g_string_sized_new (len + 1);
  scan.out = checked;
  if (!scan_text (&scan, error))
    return NULL;

  parser = json_parser_new ();
  if (!json_parser_load_from_data (parser, checked->str, (gssize) checked->len, &local))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "JSON: %s", local->message);
      return NULL;
    }
  return json_parser_steal_root (parser);
}

/* Whether @node is a scalar of the fundamental type @type. */
static gboolean
holds (JsonNode *node, GType type)
{
  return node != NULL && JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == type;
}

gboolean
floo_json_node_int (JsonNode *node, gint64 *out)
{
  if (holds (node, G_TYPE_INT64))
    {
      *out = json_node_get_int (node);
      return TRUE;
    }
  return holds (node, G_TYPE_STRING)
         && g_ascii_string_to_signed (json_node_get_string (node), 10, G_MININT64, G_MAXINT64, out, NULL);
}

gboolean
floo_json_node_bool (JsonNode *node, gboolean *out)
{
  gint64 number;

  if (holds (node, G_TYPE_BOOLEAN))
    {
      *out = json_node_get_boolean (node);
      return TRUE;
    }
  if (!holds (node, G_TYPE_INT64))
    return FALSE;
  number = json_node_get_int (node);
  if (number != 0 && number != 1)
    return FALSE;
  *out = number == 1;
  return TRUE;
}

const char *
floo_json_node_string (JsonNode *node)
{
  return holds (node, G_TYPE_STRING) ? json_node_get_string (node) : NULL;
}

JsonObject *
floo_json_node_object (JsonNode *node)
{
  return node != NULL && JSON_NODE_HOLDS_OBJECT (node) ? json_node_get_object (node) : NULL;
}

static JsonNode *
member_of (JsonObject *object, const char *member)
{
  g_return_val_if_fail (member != NULL, NULL);
  return object != NULL ? json_object_get_member (object, member) : NULL;
}

gboolean
floo_json_get_int (JsonObject *object, const char *member, gint64 *out)
{
  return floo_json_node_int (member_of (object, member), out);
}

gboolean
floo_json_get_bool (JsonObject *object, const char *member, gboolean *out)
{
  return floo_json_node_bool (member_of (object, member), out);
}

gboolean
floo_json_get_double (JsonObject *object, const char *member, double *out)
{
  JsonNode *node = member_of (object, member);

  if (!holds (node, G_TYPE_DOUBLE) && !holds (node, G_TYPE_INT64))
    return FALSE;
  *out = json_node_get_double (node);
  return TRUE;
}

const char *
floo_json_get_string (JsonObject *object, const char *member)
{
  return floo_json_node_string (member_of (object, member));
}

JsonObject *
floo_json_get_object (JsonObject *object, const char *member)
{
  return floo_json_node_object (member_of (object, member));
}

JsonArray *
floo_json_get_array (JsonObject *object, const char *member)
{
  JsonNode *node = member_of (object, member);

  return node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
}

/* json-glib 1.6 writes 1e98 as "1e+98.0", which is no number; the fraction behind an exponent is cut in place. */
static void
cut_fractions_of_exponents (char *text)
{
  gboolean in_string = FALSE, exponent = FALSE;
  char *out = text;

  for (const char *at = text; *at != '\0'; at++)
    {
      if (*at == '"')
        in_string = !in_string;
      else if (in_string && *at == '\\')
        *out++ = *at++;
      else if (!in_string && *at == 'e' && at > text && g_ascii_isdigit (at[-1]))
        exponent = TRUE;
      else if (!in_string && (*at == ',' || *at == ']' || *at == '}'))
        exponent = FALSE;
      else if (!in_string && exponent && g_str_has_prefix (at, ".0"))
        {
          at++;
          continue;
        }
      *out++ = *at;
    }
  *out = '\0';
}

/* json-glib 1.6 escapes all control characters but U+001F, which no parser takes raw; it can only be inside a string. Takes @text. */
static char *
escape_unit_separators (char *text)
{
  g_auto (GStrv) parts = NULL;

  if (strchr (text, 0x1f) == NULL)
    return text;
  parts = g_strsplit (text, "\x1f", -1);
  g_free (text);
  return g_strjoinv ("\\u001f", parts);
}

gboolean
floo_json_text_has_member (const char *text, const char *member)
{
  g_autoptr (JsonNode) node = NULL;
  JsonObject *object;

  /* Most texts do not contain its name at all: these need no parsing. */
  if (text == NULL || strstr (text, member) == NULL)
    return FALSE;
  node = floo_json_parse (text, strlen (text), NULL);
  object = node != NULL ? floo_json_node_object (node) : NULL;
  return object != NULL && json_object_has_member (object, member);
}

gboolean
floo_json_merge (JsonObject *object, JsonObject *fields)
{
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;
  gboolean changed = FALSE;

  json_object_iter_init (&iter, fields);
  while (json_object_iter_next (&iter, &name, &value))
    {
      JsonNode *present = json_object_get_member (object, name);

      if (present != NULL && json_node_equal (present, value))
        continue;
      json_object_set_member (object, name, json_node_copy (value));
      changed = TRUE;
    }
  return changed;
}

JsonArray *
floo_json_array_from_ints (const gint64 *ints, gsize n)
{
  JsonArray *array = json_array_sized_new ((guint) n);

  for (gsize i = 0; i < n; i++)
    json_array_add_int_element (array, ints[i]);
  return array;
}

char *
floo_json_to_text (JsonNode *node)
{
  char *text;

  g_return_val_if_fail (node != NULL, NULL);

  text = json_to_string (node, FALSE);
  cut_fractions_of_exponents (text);
  return escape_unit_separators (text);
}
