/* SPDX-License-Identifier: GPL-3.0-or-later */
/* errors.c: the exit status of each error, and how errors are printed. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "cli/convert.h"

/* clang-format off */
G_DEFINE_QUARK (floo-cli-error-quark, floo_cli_error)
/* clang-format on */

/* FlooCliError -> its name */
static const char *const own_names[] = { "Usage", "NoBus", "NoDaemon", "DaemonGone", "Ambiguous", "Interrupted", "Timeout", "Failed" };
G_STATIC_ASSERT (G_N_ELEMENTS (own_names) == FLOO_CLI_N_ERRORS);

#define DBUS "org.freedesktop.DBus.Error."

/* The first row whose name the error's begins with; all others are FLOO_EXIT_FAILED. */
static const struct
{
  const char *name;
  int status;
  const char *advice; /* (nullable): what to do */
} statuses[] = {
  { "Usage", FLOO_EXIT_USAGE, NULL },
  { "NoBus", FLOO_EXIT_UNAVAILABLE, NULL },
  { "NoDaemon", FLOO_EXIT_UNAVAILABLE, NULL },
  { "DaemonGone", FLOO_EXIT_NOT_NOW, NULL },
  { "Ambiguous", FLOO_EXIT_NOT_FOUND, NULL },
  { "Interrupted", FLOO_EXIT_INTERRUPTED, NULL },
  { "Timeout", FLOO_EXIT_NOT_NOW, NULL },
  { FLOO_ERROR_PREFIX "NotLoggedIn", FLOO_EXIT_NO_PERMISSION, "log in with: flooim login" },
  { FLOO_ERROR_PREFIX "PermissionDenied", FLOO_EXIT_NO_PERMISSION, NULL },
  { FLOO_ERROR_PREFIX "NotFound", FLOO_EXIT_NOT_FOUND, NULL },
  { FLOO_ERROR_PREFIX "Expired", FLOO_EXIT_NOT_FOUND, NULL },
  { FLOO_ERROR_PREFIX "JournalChanged", FLOO_EXIT_NOT_FOUND, NULL },
  { FLOO_ERROR_PREFIX "KeyringUnavailable", FLOO_EXIT_NOT_NOW, "unlock the keyring" },
  { FLOO_ERROR_PREFIX "InvalidArguments", FLOO_EXIT_USAGE, NULL },
  { FLOO_ERROR_PREFIX "TooLarge", FLOO_EXIT_FAILED, NULL },
  { FLOO_ERROR_PREFIX "Offline", FLOO_EXIT_NOT_NOW, "try again later; flooim status shows the connection" },
  { FLOO_ERROR_PREFIX "Timeout", FLOO_EXIT_NOT_NOW, NULL },
  { FLOO_ERROR_PREFIX "RateLimited", FLOO_EXIT_NOT_NOW, "try again later" },
  { FLOO_ERROR_PREFIX "LimitsExceeded", FLOO_EXIT_NOT_NOW, "try again when other calls are done" },
  { FLOO_ERROR_PREFIX "StorageFull", FLOO_EXIT_NOT_NOW, "free space on the disk" },
  { FLOO_ERROR_PREFIX "Cancelled", FLOO_EXIT_NOT_NOW, NULL },
  { DBUS "ServiceUnknown", FLOO_EXIT_UNAVAILABLE, NULL },
  { DBUS "NameHasNoOwner", FLOO_EXIT_UNAVAILABLE, NULL },
  { DBUS "Spawn.", FLOO_EXIT_UNAVAILABLE, NULL },
  { DBUS "AccessDenied", FLOO_EXIT_NO_PERMISSION, NULL },
  { DBUS "LimitsExceeded", FLOO_EXIT_NOT_NOW, "try again later" },
  { DBUS "NoReply", FLOO_EXIT_NOT_NOW, NULL },
  { DBUS "Timeout", FLOO_EXIT_NOT_NOW, NULL },
  { DBUS "TimedOut", FLOO_EXIT_NOT_NOW, NULL },
  { DBUS "Disconnected", FLOO_EXIT_NOT_NOW, NULL },
  { DBUS "UnknownObject", FLOO_EXIT_NOT_FOUND, NULL },
};

static int
find_status (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (g_str_has_prefix (name, statuses[i].name))
      return (int) i;
  return -1;
}

int
floo_cli_exit_status (const char *error_name)
{
  int i = find_status (error_name);

  return i >= 0 ? statuses[i].status : FLOO_EXIT_FAILED;
}

const char *
floo_cli_error_name (const GError *error)
{
  static char *remote; /* until the next one */

  if (error->domain == FLOO_CLI_ERROR)
    return own_names[error->code];
  if (error->domain == FLOO_ERROR)
    return floo_error_get_dbus_name ((FlooError) error->code);
  if (g_dbus_error_is_remote_error (error) || error->domain == G_DBUS_ERROR)
    {
      g_free (remote);
      remote = g_dbus_error_is_remote_error (error) ? g_dbus_error_get_remote_error (error) : g_dbus_error_encode_gerror (error);
      return remote;
    }
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return own_names[FLOO_CLI_ERROR_TIMEOUT];
  return own_names[FLOO_CLI_ERROR_FAILED];
}

static void
print_line (FlooCli *cli, const char *text)
{
  g_autofree char *line = g_strdup_printf ("%s: %s\n", cli->program, text);

  /* One write, so that lines of several programs do not mix. GLib's g_printerr() would replace characters that the locale does not have. */
  fflush (stdout);
  fputs (line, stderr);
  fflush (stderr);
}

int
floo_cli_fail_named (FlooCli *cli, const char *name, const char *message)
{
  int i = find_status (name);
  g_autofree char *text
      = i >= 0 && statuses[i].advice != NULL ? g_strdup_printf ("%s; %s", message, statuses[i].advice) : g_strdup (message);

  g_strdelimit (text, "\n\r", ' ');
  if (cli->json)
    {
      g_autoptr (GString) out = g_string_new ("{\"error\":");

      floo_json_append_string (out, name);
      g_string_append (out, ",\"message\":");
      floo_json_append_string (out, text);
      g_string_append (out, "}\n");
      fflush (stdout);
      fputs (out->str, stderr);
    }
  else
    print_line (cli, text);
  return i >= 0 ? statuses[i].status : FLOO_EXIT_FAILED;
}

int
floo_cli_fail (FlooCli *cli, const GError *error)
{
  const char *name = floo_cli_error_name (error);
  g_autoptr (GError) copy = g_error_copy (error);

  g_dbus_error_strip_remote_error (copy);
  return floo_cli_fail_named (cli, name, copy->message);
}

void
floo_cli_note (FlooCli *cli, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  print_line (cli, text);
}
