/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors: whatever goes wrong inside, clients get one of our names. And the log: one line per message, personal data hidden. */
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/names.h"
#include "base/refusal.h"

static void
test_names (void)
{
  for (int code = 0; code < FLOO_N_ERRORS; code++)
    {
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, code, "x");
      g_autofree char *name = g_dbus_error_encode_gerror (error);
      g_autoptr (GError) back = g_dbus_error_new_for_dbus_error (name, "x");

      g_assert_cmpstr (name, ==, floo_error_get_dbus_name (code));
      g_assert_true (g_str_has_prefix (name, FLOO_ERROR_PREFIX));
      g_assert_error (back, FLOO_ERROR, code);
    }
  g_assert_cmpstr (floo_error_get_dbus_name (FLOO_ERROR_PROTOCOL), ==, "im.floo.Daemon1.Error.ProtocolError");
  g_assert_cmpstr (floo_error_get_dbus_name (FLOO_ERROR_JOURNAL_CHANGED), ==, "im.floo.Daemon1.Error.JournalChanged");
}

static void
test_normalise (void)
{
  const struct
  {
    GQuark domain;
    int code;
    FlooError expected;
  } cases[] = {
    { FLOO_ERROR, FLOO_ERROR_BANNED, FLOO_ERROR_BANNED },
    { G_IO_ERROR, G_IO_ERROR_CANCELLED, FLOO_ERROR_CANCELLED },
    { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, FLOO_ERROR_TIMEOUT },
    { G_IO_ERROR, G_IO_ERROR_NO_SPACE, FLOO_ERROR_STORAGE_FULL },
    { G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE, FLOO_ERROR_OFFLINE },
    { G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, FLOO_ERROR_OFFLINE },
    { G_IO_ERROR, G_IO_ERROR_NOT_FOUND, FLOO_ERROR_FILE },
    { G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, FLOO_ERROR_OFFLINE },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, FLOO_ERROR_OFFLINE },
    { G_FILE_ERROR, G_FILE_ERROR_NOSPC, FLOO_ERROR_STORAGE_FULL },
    { G_FILE_ERROR, G_FILE_ERROR_ACCES, FLOO_ERROR_FILE },
    { G_MARKUP_ERROR, 0, FLOO_ERROR_PROTOCOL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (cases[i].domain, cases[i].code, "caf\xe9");
      g_autoptr (GError) ours = floo_error_normalise (error);

      g_assert_error (ours, FLOO_ERROR, (int) cases[i].expected);
      g_assert_true (g_utf8_validate (ours->message, -1, NULL));
    }
}

/* The service's codes and messages -> our names. */
static void
test_refusals (void)
{
  const struct
  {
    gint64 code;
    const char *reason;
    FlooError expected;
  } cases[] = {
    { 12, "whatever", FLOO_ERROR_CONTENT_REFUSED },
    { 2, "AntiSpam: word 3", FLOO_ERROR_CONTENT_REFUSED },
    { 2, "ACCOUNT_VERIFY_NEEDED", FLOO_ERROR_VERIFICATION_NEEDED },
    { 2, "You have been Blocked by the recipient", FLOO_ERROR_BLOCKED },
    { 2, "your relation with target does not allow chat", FLOO_ERROR_NO_RELATION },
    { 2, "the message is too old to be recalled", FLOO_ERROR_TOO_LATE },
    { 2, "no words that are known", FLOO_ERROR_REJECTED },
    { 2, NULL, FLOO_ERROR_REJECTED },
    { 0, "", FLOO_ERROR_REJECTED },
    { 8, "no such user", FLOO_ERROR_INVALID_ARGUMENTS },
    { 11, "you are banned in the group", FLOO_ERROR_BANNED },
    { 20, "slow down", FLOO_ERROR_RATE_LIMITED },
    { 10005, "already a friend", FLOO_ERROR_ALREADY_DONE },
    { 10008, "token expired", FLOO_ERROR_NOT_LOGGED_IN },
    { 11012, "taken", FLOO_ERROR_TAKEN },
    { 11031, "too many", FLOO_ERROR_LIMIT_REACHED },
    { 20006, "being repaired", FLOO_ERROR_REJECTED },
    { 20018, "blocked", FLOO_ERROR_BLOCKED },
    { G_MININT64, "odd", FLOO_ERROR_REJECTED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (floo_refusal_get_error (cases[i].code, cases[i].reason), ==, cases[i].expected);
  g_assert_true (floo_refusal_is_of_request (FLOO_ERROR_TAKEN));
  g_assert_false (floo_refusal_is_of_request (FLOO_ERROR_LOGIN_FAILED));
}

static void
test_redact (void)
{
  g_assert_cmpstr (floo_redact ("secret"), ==, "[6 bytes]");
  g_assert_cmpstr (floo_redact (""), ==, "[0 bytes]");
  g_assert_cmpstr (floo_redact (NULL), ==, "(null)");
  /* Several in one line. */
  {
    g_autofree char *line = g_strdup_printf ("%s %s %s", floo_redact ("a"), floo_redact ("bb"), floo_redact ("ccc"));

    g_assert_cmpstr (line, ==, "[1 bytes] [2 bytes] [3 bytes]");
  }
  floo_log_set_personal (TRUE);
  g_assert_cmpstr (floo_redact ("shown"), ==, "shown");
  floo_log_set_personal (FALSE);
}

static void
test_levels (void)
{
  FlooLogLevel level;

  g_assert_true (floo_log_level_from_string ("warning", &level));
  g_assert_cmpint (level, ==, FLOO_LOG_WARNING);
  g_assert_false (floo_log_level_from_string ("Warning", &level));
  g_assert_false (floo_log_level_from_string ("", &level));
}

/* In a process of its own, since a log writer cannot be replaced. */
static void
test_lines (void)
{
  if (g_test_subprocess ())
    {
      floo_log_init (FLOO_LOG_INFO);
      g_message ("two\nlines \x1b[31m of %s", floo_redact ("somebody"));
      g_debug ("unseen");
      floo_log_set_level (FLOO_LOG_DEBUG);
      g_debug ("seen");
      g_log ("libsoup", G_LOG_LEVEL_MESSAGE, "elsewhere \xff");
      /* libproxy 0.5 logs the proxy's address with name and password. */
      g_log ("pxbackend", G_LOG_LEVEL_DEBUG, "unseen http://name:password@proxy");
      g_log ("somebody", G_LOG_LEVEL_INFO, "unseen");
      g_log (NULL, G_LOG_LEVEL_DEBUG, "unseen");
      return;
    }
  /* stderr is not the journal: the variable was inherited from another process. */
  g_setenv ("JOURNAL_STREAM", "8:1", TRUE);
  g_test_trap_subprocess (NULL, 0, 0);
  g_unsetenv ("JOURNAL_STREAM");
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("*-*-*T*:*:*.???Z info flooimd: two\\x0alines \\x1b[31m of [8 bytes]\n*");
  g_test_trap_assert_stderr ("*Z debug flooimd: seen\n*");
  g_test_trap_assert_stderr ("*Z info libsoup: elsewhere \357\277\275\n*");
  g_test_trap_assert_stderr_unmatched ("*unseen*");
}

/* Other tests rely on this. */
static void
test_fatal (void)
{
  if (g_test_subprocess ())
    {
      floo_log_init (FLOO_LOG_INFO);
      g_critical ("a bug");
      return;
    }
  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*error flooimd: a bug\n*");
}

/* After a lookup: that there is nothing is no error, everything else is one. */
static void
test_only_missing (void)
{
  g_autoptr (GError) error = NULL;
  GError *lookup = NULL;

  g_assert_true (floo_error_only_missing (&lookup, &error));
  lookup = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "none");
  g_assert_true (floo_error_only_missing (&lookup, &error));
  g_assert_null (lookup);
  g_assert_no_error (error);
  lookup = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "disk");
  g_assert_false (floo_error_only_missing (&lookup, &error));
  g_assert_null (lookup);
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/names", test_names);
  g_test_add_func ("/error/normalise", test_normalise);
  g_test_add_func ("/error/refusals", test_refusals);
  g_test_add_func ("/error/only-missing", test_only_missing);
  g_test_add_func ("/log/redact", test_redact);
  g_test_add_func ("/log/levels", test_levels);
  g_test_add_func ("/log/lines", test_lines);
  g_test_add_func ("/log/fatal", test_fatal);
  return g_test_run ();
}
