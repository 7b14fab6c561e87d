/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/convert.h"

#include <math.h>
#include <string.h>

#include "base/json.h"
#include "base/message.h"
#include "cli/interfaces.h"

/* The largest integer up to which a double is exact. */
#define MAX_EXACT (G_GINT64_CONSTANT (1) << 53)

const char *const floo_message_fields[] = { "id", "conversation", "from", "to_type", "type", "content", "timestamp", "status", NULL };
#define MORE 8 /* the place of `more` behind them */

/* An int64 of such a name is a time or an amount, and no id. */
static const char *const number_suffixes[] = { "timestamp", "time",    "_at",   "_since",   "Retry", "_retry",  "_contact",
                                               "_until",    "expires", "count", "capacity", "size",  "minutes", "limit" };
/* A text of such a name may hold a JSON object. */
static const char *const json_names[] = { "config", "attachment", "ext", NULL };

void
floo_json_append_string (GString *out, const char *text)
{
  static const char escapes[] = "btn\0fr"; /* from U+0008 on; no short form for U+000B */

  g_string_append_c (out, '"');
  for (const char *at = text; *at != '\0'; at++)
    {
      guchar c = (guchar) *at;

      if (c == '"' || c == '\\')
        g_string_append_printf (out, "\\%c", c);
      else if (c >= 8 && c <= 13 && escapes[c - 8] != '\0')
        g_string_append_printf (out, "\\%c", escapes[c - 8]);
      else if (c < 0x20 || c == 0x7f)
        g_string_append_printf (out, "\\u%04x", c);
      else
        g_string_append_c (out, (char) c);
    }
  g_string_append_c (out, '"');
}

static gboolean
is_number (const char *name)
{
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (number_suffixes); i++)
    if (g_str_has_suffix (name, number_suffixes[i]))
      return TRUE;
  return FALSE;
}

static void
append_int64 (GString *out, gint64 number, gboolean as_number)
{
  if (as_number && number >= -MAX_EXACT && number <= MAX_EXACT)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, number);
  else
    g_string_append_printf (out, "\"%" G_GINT64_FORMAT "\"", number);
}

static void
append_uint64 (GString *out, guint64 number)
{
  if (number <= (guint64) MAX_EXACT)
    g_string_append_printf (out, "%" G_GUINT64_FORMAT, number);
  else
    g_string_append_printf (out, "\"%" G_GUINT64_FORMAT "\"", number);
}

static void
append_double (GString *out, double number)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  if (isfinite (number))
    g_string_append (out, g_ascii_dtostr (text, sizeof text, number));
  else
    g_string_append (out, "null");
}

/* Appends the JSON object in @text unchanged, but on one line. Returns: FALSE: it is no object */
static gboolean
append_json_inside (GString *out, const char *text)
{
  g_autoptr (JsonNode) node = NULL;
  gsize begin = out->len;

  if (*text != '{' && !g_ascii_isspace (*text))
    return FALSE;
  node = floo_json_parse (text, strlen (text), NULL);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return FALSE;
  g_string_append (out, text);
  for (gsize i = begin; i < out->len; i++)
    if (g_ascii_isspace (out->str[i]))
      out->str[i] = ' '; /* between tokens: strings have no raw control characters */
  return TRUE;
}

static void
append_text (GString *out, const char *text, const char *name)
{
  if (name == NULL || !g_strv_contains (json_names, name) || !append_json_inside (out, text))
    floo_json_append_string (out, text);
}

static void
append_name (GString *out, const char *name)
{
  if (out->len > 0 && out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  floo_json_append_string (out, name);
  g_string_append_c (out, ':');
}

static void
append_child (GString *out, GVariant *container, gsize i, const char *name)
{
  g_autoptr (GVariant) child = g_variant_get_child_value (container, i);

  floo_json_append (out, child, name);
}

/* The members of an a{s*}, without the braces. */
static void
append_members (GString *out, GVariant *dictionary, const char *const *without)
{
  GVariantIter iter;
  GVariant *entry;

  g_variant_iter_init (&iter, dictionary);
  while ((entry = g_variant_iter_next_value (&iter)) != NULL)
    {
      g_autoptr (GVariant) key = g_variant_get_child_value (entry, 0);
      const char *name = g_variant_get_string (key, NULL);

      if (without == NULL || !g_strv_contains (without, name))
        {
          append_name (out, name);
          append_child (out, entry, 1, name);
        }
      g_variant_unref (entry);
    }
}

static void
append_message (GString *out, GVariant *message)
{
  g_autoptr (GVariant) more = g_variant_get_child_value (message, MORE);

  g_string_append_c (out, '{');
  for (guint i = 0; floo_message_fields[i] != NULL; i++)
    {
      append_name (out, floo_message_fields[i]);
      append_child (out, message, i, floo_message_fields[i]);
    }
  append_members (out, more, floo_message_fields);
  g_string_append_c (out, '}');
}

/* An event in Replay's reply: serial, time, name, arguments. */
static void
append_replayed (GString *out, GVariant *event)
{
  g_autoptr (GVariant) args = NULL;
  const char *name;
  gint64 time;

  g_variant_get (event, "(tx&sv)", NULL, &time, &name, &args);
  floo_json_append_event (out, name, args);
  g_string_truncate (out, out->len - 1);
  append_name (out, "time");
  append_int64 (out, time, TRUE);
  g_string_append_c (out, '}');
}

static void
append_array (GString *out, GVariant *array, const char *name)
{
  gsize n = g_variant_n_children (array);

  g_string_append_c (out, '[');
  for (gsize i = 0; i < n; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      append_child (out, array, i, name);
    }
  g_string_append_c (out, ']');
}

static void
append_container (GString *out, GVariant *value, const char *name)
{
  if (floo_is_message (value))
    append_message (out, value);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("(txsv)")))
    append_replayed (out, value);
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{s*}")))
    {
      g_string_append_c (out, '{');
      append_members (out, value, NULL);
      g_string_append_c (out, '}');
    }
  else
    append_array (out, value, name);
}

void
floo_json_append (GString *out, GVariant *value, const char *name)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BOOLEAN:
      g_string_append (out, g_variant_get_boolean (value) ? "true" : "false");
      break;
    case G_VARIANT_CLASS_BYTE:
      append_uint64 (out, g_variant_get_byte (value));
      break;
    case G_VARIANT_CLASS_INT16:
      append_int64 (out, g_variant_get_int16 (value), TRUE);
      break;
    case G_VARIANT_CLASS_UINT16:
      append_uint64 (out, g_variant_get_uint16 (value));
      break;
    case G_VARIANT_CLASS_INT32:
      append_int64 (out, g_variant_get_int32 (value), TRUE);
      break;
    case G_VARIANT_CLASS_UINT32:
      append_uint64 (out, g_variant_get_uint32 (value));
      break;
    case G_VARIANT_CLASS_INT64:
      append_int64 (out, g_variant_get_int64 (value), is_number (name));
      break;
    case G_VARIANT_CLASS_UINT64:
      append_uint64 (out, g_variant_get_uint64 (value));
      break;
    case G_VARIANT_CLASS_HANDLE:
      append_int64 (out, g_variant_get_handle (value), TRUE);
      break;
    case G_VARIANT_CLASS_DOUBLE:
      append_double (out, g_variant_get_double (value));
      break;
    case G_VARIANT_CLASS_STRING:
    case G_VARIANT_CLASS_OBJECT_PATH:
    case G_VARIANT_CLASS_SIGNATURE:
      append_text (out, g_variant_get_string (value, NULL), name);
      break;
    case G_VARIANT_CLASS_VARIANT:
      append_child (out, value, 0, name);
      break;
    case G_VARIANT_CLASS_MAYBE: /* which D-Bus does not have */
      g_string_append (out, "null");
      break;
    case G_VARIANT_CLASS_ARRAY:
    case G_VARIANT_CLASS_TUPLE:
    case G_VARIANT_CLASS_DICT_ENTRY:
    default:
      append_container (out, value, name);
      break;
    }
}

void
floo_json_append_args (GString *out, GDBusArgInfo **args, GVariant *values)
{
  for (gsize i = 0; args != NULL && args[i] != NULL && i < g_variant_n_children (values); i++)
    {
      append_name (out, args[i]->name);
      append_child (out, values, i, args[i]->name);
    }
}

void
floo_json_append_event (GString *out, const char *name, GVariant *args)
{
  const GDBusSignalInfo *info = floo_find_event (name);

  g_string_append_c (out, '{');
  append_name (out, "event");
  floo_json_append_string (out, name);
  if (info != NULL)
    floo_json_append_args (out, info->args, args);
  else
    {
      append_name (out, "arguments");
      append_array (out, args, NULL);
    }
  g_string_append_c (out, '}');
}

gboolean
floo_is_message (GVariant *value)
{
  return g_variant_is_of_type (value, G_VARIANT_TYPE (FLOO_MESSAGE_TYPE));
}

GVariant *
floo_message_field (GVariant *message, const char *name)
{
  g_autoptr (GVariant) more = g_variant_get_child_value (message, MORE);

  for (guint i = 0; floo_message_fields[i] != NULL; i++)
    if (strcmp (floo_message_fields[i], name) == 0)
      return g_variant_get_child_value (message, i);
  return g_variant_lookup_value (more, name, NULL);
}
