/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/convert.h"
#include "cli/names.h"

#define DEFAULT_WIDTH 80
#define MIN_WIDTH 20

/* The meaning of the numbers in these fields. */
static const struct
{
  const char *field;
  const char *words; /* separated by "|", the first one for 0 */
} choices[] = {
  { "auth_mode", "anyone|after consent|after the right answer|nobody" },
  { "apply_approval", "everyone|an admin decides|nobody" },
  { "msg_mute_mode", "no|no notifications|no messages" },
  { "msg_push_mode", "all|none|admins and mentions|admins|mentions" },
  { "relation", "friend|deleted|stranger|blocked" },
  { "platform", "|iOS|Android|Windows|macOS|Linux|web" },
};

gboolean
floo_text_is_terminal (void)
{
  return isatty (STDOUT_FILENO);
}

gboolean
floo_text_is_error_terminal (void)
{
  return isatty (STDERR_FILENO);
}

guint
floo_text_width (void)
{
  struct winsize size = { 0 };
  const char *columns = g_getenv ("COLUMNS");
  int fd = floo_text_is_terminal () ? STDOUT_FILENO : STDERR_FILENO;

  if (ioctl (fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return MAX (size.ws_col, MIN_WIDTH);
  return columns != NULL && atoi (columns) >= MIN_WIDTH ? (guint) atoi (columns) : DEFAULT_WIDTH;
}

void
floo_text_line (const char *text)
{
  fputs (text, stdout);
  fputc ('\n', stdout);
}

/* ---- characters ---- */

/* Control characters, and those that change the direction of the text after them. */
static gboolean
is_unsafe (gunichar c)
{
  return g_unichar_type (c) == G_UNICODE_CONTROL || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x2028
         || c == 0x2029;
}

char *
floo_text_clean (const char *text, gboolean lines)
{
  GString *out = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c == '\n' && lines)
        g_string_append_c (out, '\n');
      else if (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029)
        g_string_append_c (out, ' ');
      else if (is_unsafe (c))
        g_string_append (out, c == '\r' ? "" : "\xef\xbf\xbd");
      else
        g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

char *
floo_text_escape (const char *text)
{
  GString *out = g_string_new (NULL);

  for (const char *at = text; *at != '\0'; at++)
    switch (*at)
      {
      case '\\':
        g_string_append (out, "\\\\");
        break;
      case '\n':
        g_string_append (out, "\\n");
        break;
      case '\r':
        g_string_append (out, "\\r");
        break;
      case '\t':
        g_string_append (out, "\\t");
        break;
      default:
        g_string_append_c (out, *at);
      }
  return g_string_free (out, FALSE);
}

static guint
columns_of (gunichar c)
{
  if (g_unichar_iszerowidth (c) || c == 0xfe0f)
    return 0;
  return g_unichar_iswide (c) || (c >= 0x1f300 && c <= 0x1faff) ? 2 : 1;
}

guint
floo_text_columns (const char *text)
{
  guint columns = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    columns += columns_of (g_utf8_get_char (text));
  return columns;
}

void
floo_text_append_fitted (GString *out, const char *text, guint columns, gboolean pad)
{
  guint used = 0;
  gboolean cut = floo_text_columns (text) > columns;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    {
      gunichar c = g_utf8_get_char (text);

      if (used + columns_of (c) + (cut ? 1 : 0) > columns)
        break;
      g_string_append_unichar (out, c);
      used += columns_of (c);
    }
  if (cut && used < columns)
    {
      g_string_append (out, "\xe2\x80\xa6");
      used++;
    }
  for (; pad && used < columns; used++)
    g_string_append_c (out, ' ');
}

/* ---- colours ---- */

static gboolean
has_colours (void)
{
  const char *none = g_getenv ("NO_COLOR");

  return floo_text_is_terminal () && (none == NULL || *none == '\0') && g_strcmp0 (g_getenv ("TERM"), "dumb") != 0;
}

const char *
floo_text_style (FlooStyle style)
{
  static const char *const styles[] = { "\033[1m", "\033[2m", "\033[36m", "\033[31m" };

  return has_colours () ? styles[style] : "";
}

const char *
floo_text_unstyle (void)
{
  return has_colours () ? "\033[0m" : "";
}

/* ---- values ---- */

char *
floo_text_time (gint64 ms)
{
  g_autoptr (GDateTime) time = ms != 0 ? g_date_time_new_from_unix_local (ms / 1000) : NULL;

  return time != NULL ? g_date_time_format (time, "%F %T") : g_strdup ("");
}

/* Short on a terminal: "10:42" today, "11-30 10:42" this year. */
static char *
column_time (gint64 ms)
{
  g_autoptr (GDateTime) time = ms != 0 ? g_date_time_new_from_unix_local (ms / 1000) : NULL;
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (time == NULL || !floo_text_is_terminal ())
    return floo_text_time (ms);
  if (g_date_time_get_year (time) != g_date_time_get_year (now))
    return g_date_time_format (time, "%F");
  return g_date_time_format (time, g_date_time_get_day_of_year (time) == g_date_time_get_day_of_year (now) ? "%H:%M" : "%m-%d %H:%M");
}

static gboolean
get_integer (GVariant *value, gint64 *number)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_INT64:
      *number = g_variant_get_int64 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      *number = (gint64) g_variant_get_uint64 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      *number = g_variant_get_int32 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      *number = g_variant_get_uint32 (value);
      return TRUE;
    default:
      return FALSE;
    }
}

char *
floo_text_choice (const char *all, gint64 number)
{
  g_auto (GStrv) words = g_strsplit (all, "|", -1);

  if (number >= 0 && number < (gint64) g_strv_length (words))
    return g_strdup (words[number]);
  return g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static char *
number_text (FlooCli *cli, gint64 number, const char *name, FlooColumnKind kind)
{
  const char *known;

  if (kind == FLOO_COLUMN_TIME)
    return column_time (number);
  if (kind == FLOO_COLUMN_SIZE && floo_text_is_terminal ())
    return g_format_size ((guint64) number);
  known = kind == FLOO_COLUMN_NAME && floo_text_is_terminal () ? floo_names_lookup (cli, number) : NULL;
  if (known != NULL)
    return g_strdup (known);
  for (guint i = 0; name != NULL && i < G_N_ELEMENTS (choices); i++)
    if (strcmp (choices[i].field, name) == 0)
      return floo_text_choice (choices[i].words, number);
  return g_strdup_printf ("%" G_GINT64_FORMAT, number);
}

static char *
array_text (FlooCli *cli, GVariant *array, FlooColumnKind kind)
{
  g_autoptr (GString) out = g_string_new (NULL);

  for (gsize i = 0; i < g_variant_n_children (array); i++)
    {
      g_autoptr (GVariant) child = g_variant_get_child_value (array, i);
      g_autofree char *text = floo_text_value (cli, child, NULL, kind);

      g_string_append_printf (out, "%s%s", i > 0 ? ", " : "", text);
    }
  return g_string_free (g_steal_pointer (&out), FALSE);
}

char *
floo_text_value (FlooCli *cli, GVariant *value, const char *name, FlooColumnKind kind)
{
  g_autoptr (GString) out = NULL;
  gint64 number;

  if (get_integer (value, &number))
    return number_text (cli, number, name, kind);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) || g_variant_is_of_type (value, G_VARIANT_TYPE_OBJECT_PATH))
    return g_variant_dup_string (value, NULL);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return g_strdup (g_variant_get_boolean (value) ? "yes" : "no");
  if (g_variant_is_of_type (value, G_VARIANT_TYPE ("ax")) || g_variant_is_of_type (value, G_VARIANT_TYPE ("as")))
    return array_text (cli, value, kind);
  out = g_string_new (NULL);
  floo_json_append (out, value, name);
  return g_string_free (g_steal_pointer (&out), FALSE);
}

void
floo_text_json (GVariant *value)
{
  g_autoptr (GString) out = g_string_new (NULL);

  floo_json_append (out, value, NULL);
  floo_text_line (out->str);
}

void
floo_text_result (FlooCli *cli, const char *name, GVariant *value)
{
  g_autoptr (GVariant) taken = g_variant_ref_sink (value);
  g_autofree char *text = NULL;

  if (cli->json)
    {
      g_autoptr (GVariant) record = g_variant_ref_sink (g_variant_new_parsed ("{%s: %v}", name, taken));

      floo_text_json (record);
      return;
    }
  text = floo_text_value (cli, taken, NULL, FLOO_COLUMN_PLAIN);
  floo_text_line (text);
}

void
floo_text_record (FlooCli *cli, GVariant *record)
{
  GVariantIter iter;
  GVariant *value;
  const char *name;

  if (cli->json)
    {
      floo_text_json (record);
      return;
    }
  g_variant_iter_init (&iter, record);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      gboolean is_time = g_str_has_suffix (name, "timestamp") || g_str_has_suffix (name, "_at");
      gint64 number;
      g_autofree char *text
          = is_time && get_integer (value, &number) ? floo_text_time (number) : floo_text_value (cli, value, name, FLOO_COLUMN_PLAIN);
      g_autofree char *shown = floo_text_is_terminal () ? floo_text_clean (text, FALSE) : floo_text_escape (text);

      if (floo_text_is_terminal ())
        printf ("%s%-20s%s %s\n", floo_text_style (FLOO_STYLE_DIM), name, floo_text_unstyle (), shown);
      else
        printf ("%s\t%s\n", name, shown);
      g_variant_unref (value);
    }
}
