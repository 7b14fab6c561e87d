/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define RING_SIZE 8
#define RING_TEXT 32

static int log_level = FLOO_LOG_INFO;
static int log_personal = FALSE;
static gboolean log_to_journal = FALSE;

static const char *const level_names[] = { "error", "warning", "info", "debug" };

/* Whether standard error is the journal's stream: systemd names its device and inode in $JOURNAL_STREAM, and a child that redirected
 * it inherits the variable all the same. */
static gboolean
stderr_is_journal (void)
{
  const char *stream = g_getenv ("JOURNAL_STREAM");
  unsigned long long device, inode;
  struct stat st;

  if (stream == NULL || sscanf (stream, "%llu:%llu", &device, &inode) != 2 || fstat (STDERR_FILENO, &st) != 0)
    return FALSE;
  return (unsigned long long) st.st_dev == device && (unsigned long long) st.st_ino == inode;
}

static FlooLogLevel
level_of (GLogLevelFlags flags)
{
  if (flags & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL))
    return FLOO_LOG_ERROR;
  if (flags & G_LOG_LEVEL_WARNING)
    return FLOO_LOG_WARNING;
  if (flags & (G_LOG_LEVEL_MESSAGE | G_LOG_LEVEL_INFO))
    return FLOO_LOG_INFO;
  return FLOO_LOG_DEBUG;
}

/* (transfer none) (nullable): the text of a field; only those that end with NUL are of interest here. */
static const char *
field_text (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (fields[i].length == -1 && strcmp (fields[i].key, key) == 0)
      return fields[i].value;
  return NULL;
}

/* One message is one line whatever it quotes: control characters are escaped. */
static void
append_escaped (GString *line, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (g_unichar_iscntrl (c) && c != '\t')
        g_string_append_printf (line, "\\x%02x", c);
      else
        g_string_append_unichar (line, c);
    }
}

static void
write_line (FlooLogLevel level, const GLogField *fields, gsize n_fields)
{
  g_autoptr (GString) line = g_string_sized_new (160);
  g_autoptr (GDateTime) now = g_date_time_new_now_utc (); /* NULL where the clock is beyond the year 9999 */
  g_autofree char *time = now != NULL ? g_date_time_format (now, "%Y-%m-%dT%H:%M:%S") : g_strdup ("later");
  int ms = now != NULL ? g_date_time_get_microsecond (now) / 1000 : 0;
  const char *domain = field_text (fields, n_fields, "GLIB_DOMAIN");
  const char *message = field_text (fields, n_fields, "MESSAGE");

  g_string_printf (line, "%s.%03dZ %s %s: ", time, ms, level_names[level], domain != NULL ? domain : "-");
  append_escaped (line, message != NULL ? message : "");
  g_string_append_c (line, '\n');
  fwrite (line->str, 1, line->len, stderr);
  fflush (stderr);
}

/* Debug messages of libraries are dropped: those of libproxy contain the proxy's user name and password. */
static gboolean
is_chatter_of_library (GLogLevelFlags flags, const GLogField *fields, gsize n_fields)
{
  return (flags & (G_LOG_LEVEL_INFO | G_LOG_LEVEL_DEBUG)) != 0 && g_strcmp0 (field_text (fields, n_fields, "GLIB_DOMAIN"), G_LOG_DOMAIN) != 0
         && !g_atomic_int_get (&log_personal);
}

static GLogWriterOutput
log_writer (GLogLevelFlags flags, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  FlooLogLevel level = level_of (flags);

  if ((int) level > g_atomic_int_get (&log_level) || is_chatter_of_library (flags, fields, n_fields))
    return G_LOG_WRITER_HANDLED;
  if (!log_to_journal || g_log_writer_journald (flags, fields, n_fields, NULL) != G_LOG_WRITER_HANDLED)
    write_line (level, fields, n_fields);
  return G_LOG_WRITER_HANDLED;
}

void
floo_log_init (FlooLogLevel level)
{
  floo_log_set_level (level);
  floo_log_set_personal (g_strcmp0 (g_getenv ("FLOOIM_LOG_PERSONAL"), "1") == 0);
  log_to_journal = stderr_is_journal ();
  g_log_set_writer_func (log_writer, NULL, NULL);
}

void
floo_log_set_level (FlooLogLevel level)
{
  g_return_if_fail ((guint) level < G_N_ELEMENTS (level_names));
  g_atomic_int_set (&log_level, (int) level);
}

gboolean
floo_log_level_from_string (const char *text, FlooLogLevel *out)
{
  g_return_val_if_fail (text != NULL && out != NULL, FALSE);

  for (guint i = 0; i < G_N_ELEMENTS (level_names); i++)
    if (strcmp (level_names[i], text) == 0)
      {
        *out = (FlooLogLevel) i;
        return TRUE;
      }
  return FALSE;
}

void
floo_log_set_personal (gboolean show)
{
  g_atomic_int_set (&log_personal, show);
}

const char *
floo_redact (const char *text)
{
  static _Thread_local char ring[RING_SIZE][RING_TEXT];
  static _Thread_local guint next;
  char *slot;

  if (text == NULL)
    return "(null)";
  if (g_atomic_int_get (&log_personal))
    return text;
  slot = ring[next++ % RING_SIZE];
  g_snprintf (slot, RING_TEXT, "[%zu bytes]", strlen (text));
  return slot;
}
