/* SPDX-License-Identifier: GPL-3.0-or-later */
/* values.c: parses times, spans and texts of the command line. */
#include "cli/cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"

static const struct
{
  char unit;
  gint64 seconds;
} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { 'w', 604800 } };

static gboolean
read_span (const char *text, gint64 *seconds)
{
  gsize len = strlen (text);
  gint64 unit = len > 0 && g_ascii_isdigit (text[len - 1]) ? 1 : 0;
  g_autofree char *number = NULL;
  gint64 n;

  for (guint i = 0; i < G_N_ELEMENTS (units) && len > 1; i++)
    if (text[len - 1] == units[i].unit)
      unit = units[i].seconds;
  if (unit == 0)
    return FALSE;
  number = g_strndup (text, g_ascii_isdigit (text[len - 1]) ? len : len - 1);
  if (!g_ascii_string_to_signed (number, 10, 0, G_MAXINT32, &n, NULL))
    return FALSE;
  *seconds = n * unit;
  return TRUE;
}

gboolean
floo_cli_parse_span (const char *what, const char *text, gint64 *seconds, GError **error)
{
  if (read_span (text, seconds))
    return TRUE;
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s must be a span of time such as 90, 10m, 2h or 3d, not %s", what, text);
  return FALSE;
}

/* "10:42" and "2026-11-30 10:42" as ISO 8601 has them. */
static GDateTime *
read_date (const char *text)
{
  g_autoptr (GTimeZone) here = g_time_zone_new_local ();
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *today = g_date_time_format (now, "%F");
  g_autofree char *whole = NULL;

  if (strlen (text) == 5 && text[2] == ':')
    whole = g_strdup_printf ("%sT%s:00", today, text);
  else if (strlen (text) == 10)
    whole = g_strdup_printf ("%sT00:00:00", text);
  else if (strlen (text) == 16)
    whole = g_strdup_printf ("%s:00", text);
  else
    whole = g_strdup (text);
  return g_date_time_new_from_iso8601 (whole, here);
}

/* For a time of day, its next occurrence. */
static GDateTime *
read_date_to_come (const char *text)
{
  g_autoptr (GDateTime) date = read_date (text);
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();

  if (date != NULL && strlen (text) == 5 && g_date_time_compare (date, now) <= 0)
    return g_date_time_add_days (date, 1);
  return g_steal_pointer (&date);
}

/* @date: (nullable) (transfer full): what the text is as a date; @direction: of a span from now, 1 or -1; @forms: what would be right */
static gboolean
parse_time (const char *what, const char *text, GDateTime *date, int direction, const char *forms, gint64 *ms, GError **error)
{
  g_autoptr (GDateTime) taken = date;
  gint64 seconds;

  if (taken != NULL)
    *ms = g_date_time_to_unix (taken) * 1000 + g_date_time_get_microsecond (taken) / 1000;
  else if (strlen (text) >= 10 && g_ascii_string_to_signed (text, 10, 0, G_MAXINT64, ms, NULL))
    return TRUE;
  else if (!g_ascii_isdigit (text[strlen (text) > 0 ? strlen (text) - 1 : 0]) && read_span (text, &seconds))
    *ms = g_get_real_time () / 1000 + direction * seconds * 1000;
  else
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s must be a time such as %s, not %s", what, forms, text);
      return FALSE;
    }
  return TRUE;
}

gboolean
floo_cli_parse_time_to_come (const char *what, const char *text, gint64 *ms, GError **error)
{
  return parse_time (what, text, read_date_to_come (text), 1,
                     "\"2026-11-30 10:42\", 10:42 for the next such time, or 2h for two hours from now", ms, error);
}

gboolean
floo_cli_parse_time (const char *what, const char *text, gint64 *ms, GError **error)
{
  return parse_time (what, text, read_date (text), -1, "2026-11-30, \"2026-11-30 10:42\", 10:42, or 2h for two hours ago", ms, error);
}

char *
floo_cli_read_stdin (gsize max, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char buffer[8192];
  ssize_t n;

  while ((n = read (STDIN_FILENO, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
    {
      g_string_append_len (text, buffer, MAX (n, 0));
      if (text->len > max)
        {
          g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "standard input has more than %zu bytes", max);
          return NULL;
        }
    }
  if (n < 0)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "standard input: %s", g_strerror (errno));
  else if (!g_utf8_validate (text->str, (gssize) text->len, NULL))
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "standard input is not UTF-8, or has a zero byte");
  else
    return g_string_free (g_steal_pointer (&text), FALSE);
  return NULL;
}

char *
floo_cli_dup_text (FlooCli *cli, guint index, GError **error)
{
  g_autoptr (GString) text = g_string_new (NULL);

  if (index + 1 == cli->args->len && strcmp (floo_cli_arg (cli, index), "-") == 0)
    return floo_cli_read_stdin (FLOO_MAX_CONTENT, error);
  for (guint i = index; i < cli->args->len; i++)
    g_string_append_printf (text, "%s%s", i > index ? " " : "", floo_cli_arg (cli, i));
  return g_string_free (g_steal_pointer (&text), FALSE);
}
