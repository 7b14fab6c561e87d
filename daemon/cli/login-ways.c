/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login-ways.c: login by QR code and by mobile number, and other commands with codes: `flooim mobile`, `flooim groups qr`. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/names.h"
#include "cli/commands.h"
#include "cli/names.h"
#include "cli/prompt.h"
#include "cli/qr.h"
#include "cli/text.h"

/* app_id and dns_server as they are given; @remember: whether that is an option of the method */
static GVariant *
make_options (FlooCli *cli, gboolean remember)
{
  static const struct
  {
    const char *name, *key;
  } texts[] = { { "app-id", "app_id" }, { "dns-server", "dns_server" } };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (floo_cli_option (cli, texts[i].name) != NULL)
      g_variant_builder_add (&builder, "{sv}", texts[i].key, g_variant_new_string (floo_cli_option (cli, texts[i].name)));
  if (remember)
    g_variant_builder_add (&builder, "{sv}", "remember", g_variant_new_boolean (floo_cli_option (cli, "no-remember") == NULL));
  return g_variant_builder_end (&builder);
}

/* ---- drawing ---- */

static gboolean
wants_colours (void)
{
  return floo_text_is_terminal () && *floo_text_unstyle () != '\0';
}

/* Prints the code; with --json what it says. @lines: (inout) (nullable): how many are on the terminal already, to be written over */
static gboolean
print_code (FlooCli *cli, const char *text, gint64 expires, guint *lines, GError **error)
{
  g_autofree char *drawn = NULL;

  if (cli->json)
    {
      GVariantDict dict;
      g_autoptr (GVariant) value = NULL;

      g_variant_dict_init (&dict, NULL);
      g_variant_dict_insert (&dict, "text", "s", text);
      g_variant_dict_insert (&dict, "expires", "x", expires);
      value = g_variant_ref_sink (g_variant_dict_end (&dict));
      floo_text_json (value);
      fflush (stdout);
      return TRUE;
    }
  drawn = floo_qr_draw (text, wants_colours (), error);
  if (drawn == NULL)
    return FALSE;
  if (lines != NULL && *lines > 0)
    printf ("\033[%uA", *lines);
  fputs (drawn, stdout);
  fflush (stdout);
  if (lines != NULL && floo_text_is_terminal ())
    {
      *lines = 0;
      for (const char *p = drawn; *p != '\0'; p++)
        *lines += *p == '\n';
    }
  return TRUE;
}

/* ---- login --qr ---- */

typedef struct
{
  FlooCli *cli;
  GMainLoop *loop;
  gboolean begun;
  gboolean confirmed;
  gint64 expires; /* of the code that is shown */
  guint lines;    /* of it */
  int status;     /* the exit status; -1: not known yet */
} QrLogin;

static void
finish (QrLogin *login, int status)
{
  login->status = status;
  g_main_loop_quit (login->loop);
}

static void
show_code (QrLogin *login)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = floo_cli_call (login->cli, "Account.GetQrLogin", NULL, &error);
  const char *text;

  if (reply == NULL)
    {
      /* The login has ended meanwhile; the property QrLogin says how. */
      if (strcmp (floo_cli_error_name (error), FLOO_ERROR_PREFIX "NotFound") != 0)
        finish (login, floo_cli_fail (login->cli, error));
      return;
    }
  g_variant_get (reply, "(&sx)", &text, &login->expires);
  if (!print_code (login->cli, text, login->expires, &login->lines, &error))
    finish (login, floo_cli_fail (login->cli, error));
}

/* Reads the state of the login. */
static void
look (QrLogin *login)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) properties = floo_cli_get_properties (login->cli, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, &error);
  const char *status = "", *state = "", *name = "", *message = "";
  gint64 expires = 0;

  if (properties == NULL)
    {
      finish (login, floo_cli_fail (login->cli, error));
      return;
    }
  g_variant_lookup (properties, "QrLogin", "&s", &status);
  g_variant_lookup (properties, "QrLoginExpires", "x", &expires);
  g_variant_lookup (properties, "State", "&s", &state);
  g_variant_lookup (properties, "LastError", "(&s&s)", &name, &message);
  if (strcmp (status, "waiting") == 0)
    {
      if (expires != login->expires)
        show_code (login);
    }
  else if (strcmp (status, "confirmed") == 0 && !login->confirmed)
    {
      login->confirmed = TRUE;
      floo_cli_note (login->cli, "confirmed; logging in ...");
    }
  else if (strcmp (state, "online") == 0)
    finish (login, 0);
  else if (strcmp (status, "failed") == 0 || strcmp (state, "blocked") == 0)
    finish (login, floo_cli_fail_named (login->cli, *name != '\0' ? name : FLOO_ERROR_PREFIX "LoginFailed",
                                        *message != '\0' ? message : "the login failed"));
  else if (strcmp (status, "none") == 0 && strcmp (state, "signed-out") == 0)
    finish (login, floo_cli_fail_named (login->cli, FLOO_ERROR_PREFIX "Cancelled", "the login was cancelled"));
}

static void
on_changed (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *signal, GVariant *args,
            gpointer user_data)
{
  QrLogin *login = user_data;

  if (login->begun && login->status < 0)
    look (login);
}

static void
on_daemon_gone (GDBusConnection *connection, const char *name, gpointer user_data)
{
  QrLogin *login = user_data;
  g_autoptr (GError) error
      = g_error_new_literal (FLOO_CLI_ERROR, FLOO_CLI_ERROR_DAEMON_GONE, "the daemon went away before the login was confirmed; try again");

  if (login->begun && login->status < 0)
    finish (login, floo_cli_fail (login->cli, error));
}

static int
wait_for_phone (QrLogin *login)
{
  FlooCli *cli = login->cli;
  guint gone = g_bus_watch_name_on_connection (cli->connection, cli->bus_name, G_BUS_NAME_WATCHER_FLAGS_NONE, NULL, on_daemon_gone, login,
                                               NULL);

  look (login);
  if (login->status < 0)
    {
      if (!cli->json)
        floo_cli_note (cli, "scan the code with a device that is logged in, and confirm there; Ctrl-C cancels");
      g_main_loop_run (login->loop);
    }
  g_bus_unwatch_name (gone);
  if (login->status == 0 && !cli->json)
    floo_text_line ("Logged in.");
  return login->status;
}

static int
login_by_qr (FlooCli *cli)
{
  QrLogin login = { .cli = cli, .status = -1 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  g_autofree char *test = cli->json ? g_strdup ("") : floo_qr_draw ("test", FALSE, &error);
  guint changes;

  if (test == NULL || !floo_cli_start (cli, &error))
    return floo_cli_fail (cli, error);
  login.loop = g_main_loop_new (NULL, FALSE);
  changes = g_dbus_connection_signal_subscribe (cli->connection, cli->bus_name, "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                                FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, G_DBUS_SIGNAL_FLAGS_NONE, on_changed, &login, NULL);
  reply = floo_cli_call (cli, "Account.BeginQrLogin", g_variant_new ("(@a{sv})", make_options (cli, TRUE)), &error);
  login.begun = reply != NULL;
  login.status = reply != NULL ? wait_for_phone (&login) : floo_cli_fail (cli, error);
  g_dbus_connection_signal_unsubscribe (cli->connection, changes);
  g_main_loop_unref (login.loop);
  return login.status;
}

/* ---- codes by SMS ---- */

/* Opens the picture, or asks the user to. Returns: (transfer full): its path, to be removed */
static char *
show_picture (FlooCli *cli, GVariant *picture, GError **error)
{
  g_autofree char *path = g_build_filename (g_get_user_runtime_dir (), "flooim-picture-XXXXXX", NULL);
  g_autofree char *uri = NULL;
  gsize len;
  const char *bytes = g_variant_get_fixed_array (picture, &len, 1);
  int fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);

  if (fd < 0 || !g_file_set_contents_full (path, bytes, (gssize) len, G_FILE_SET_CONTENTS_NONE, 0600, error))
    {
      if (fd < 0)
        g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED, "the picture cannot be written to %s: %s", path, g_strerror (errno));
      else
        close (fd);
      return NULL;
    }
  close (fd);
  uri = g_filename_to_uri (path, NULL, NULL);
  if ((g_getenv ("DISPLAY") == NULL && g_getenv ("WAYLAND_DISPLAY") == NULL) || !g_app_info_launch_default_for_uri (uri, NULL, NULL))
    floo_cli_note (cli, "open the picture %s", path);
  return g_steal_pointer (&path);
}

/* Has the service send a code to @mobile, for the text of a picture. */
static gboolean
send_code (FlooCli *cli, const char *mobile, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) sent = NULL;
  g_autoptr (GVariant) picture = NULL;
  g_autofree char *path = NULL;
  const char *captcha = "";
  char *text = NULL;

  if (floo_cli_option (cli, "no-picture") == NULL)
    {
      reply = floo_cli_call (cli, "Account.GetCaptcha", g_variant_new ("(@a{sv})", make_options (cli, FALSE)), error);
      if (reply == NULL)
        return FALSE;
      g_variant_get (reply, "(&s@ay)", &captcha, &picture);
      path = show_picture (cli, picture, error);
      text = path != NULL ? floo_prompt ("Text in the picture: ", FALSE, error) : NULL;
      if (path != NULL)
        g_unlink (path);
      if (text == NULL)
        return FALSE;
    }
  sent = floo_cli_call (cli, "Account.SendSmsCode",
                        g_variant_new ("(sss@a{sv})", mobile, captcha, text != NULL ? g_strstrip (text) : "", make_options (cli, FALSE)),
                        error);
  floo_prompt_free (text);
  return sent != NULL;
}

/* Returns: (transfer full): the code that the user read on the phone; floo_prompt_free() */
static char *
ask_code (FlooCli *cli, const char *mobile, GError **error)
{
  g_autofree char *question = g_strdup_printf ("The code sent to %s: ", mobile);
  char *code;

  if (!send_code (cli, mobile, error))
    return NULL;
  code = floo_prompt (question, FALSE, error);
  return code != NULL ? g_strstrip (code) : NULL;
}

/* A method of a number and its code, and of @more: a tuple (transfer floating) of what follows. */
static int
call_with_code (FlooCli *cli, const char *method, const char *mobile, GVariant *more)
{
  g_autoptr (GVariant) taken = g_variant_ref_sink (more);
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *code = ask_code (cli, mobile, &error);

  if (code != NULL)
    {
      GVariant *values[4] = { g_variant_new_string (mobile), g_variant_new_string (code) };
      gsize n = g_variant_n_children (taken);

      for (gsize i = 0; i < n; i++)
        values[2 + i] = g_variant_get_child_value (taken, i);
      reply = floo_cli_call (cli, method, g_variant_new_tuple (values, 2 + n), &error);
      for (gsize i = 0; i < n; i++)
        g_variant_unref (values[2 + i]);
    }
  floo_prompt_free (code);
  return reply != NULL ? 0 : floo_cli_fail (cli, error);
}

static int
login_by_mobile (FlooCli *cli, const char *mobile)
{
  int status = call_with_code (cli, "Account.LoginByMobile", mobile, g_variant_new ("(@a{sv})", make_options (cli, TRUE)));

  if (status == 0 && !cli->json)
    floo_text_line ("Logged in.");
  return status;
}

gboolean
floo_cli_login_otherwise (FlooCli *cli, int *status)
{
  const char *mobile = floo_cli_option (cli, "mobile");
  gboolean qr = floo_cli_option (cli, "qr") != NULL;
  g_autoptr (GError) error = NULL;

  if (mobile == NULL && !qr)
    return FALSE;
  if (floo_cli_option (cli, "user") != NULL || floo_cli_option (cli, "password-stdin") != NULL || (qr && mobile != NULL))
    {
      g_set_error_literal (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "--qr and --mobile cannot be combined with each other, --user or --password-stdin");
      *status = floo_cli_fail (cli, error);
    }
  else
    *status = qr ? login_by_qr (cli) : login_by_mobile (cli, mobile);
  return TRUE;
}

int
floo_cli_run_mobile_bind (FlooCli *cli)
{
  return call_with_code (cli, "Account.BindMobile", floo_cli_arg (cli, 0), g_variant_new ("()"));
}

int
floo_cli_run_mobile_verify (FlooCli *cli)
{
  return call_with_code (cli, "Account.VerifyMobile", floo_cli_arg (cli, 0), g_variant_new ("()"));
}

int
floo_cli_run_mobile_change (FlooCli *cli)
{
  GVariantDict options;
  g_autoptr (GError) error = NULL;
  char *password = floo_prompt ("Password: ", TRUE, &error);

  if (password == NULL)
    return floo_cli_fail (cli, error);
  g_variant_dict_init (&options, NULL);
  g_variant_dict_insert (&options, "password", "s", password);
  floo_prompt_free (password);
  return call_with_code (cli, "Account.ChangeMobile", floo_cli_arg (cli, 0), g_variant_new ("(@a{sv})", g_variant_dict_end (&options)));
}

int
floo_cli_reset_password (FlooCli *cli, const char *mobile, const char *password)
{
  return call_with_code (cli, "Account.ResetPassword", mobile, g_variant_new ("(s@a{sv})", password, make_options (cli, FALSE)));
}

/* ---- codes shown by others ---- */

/* The content of a scanned code: a line from the terminal or standard input; never an argument, which others could see. */
static char *
read_code (GError **error)
{
  return isatty (STDIN_FILENO) ? floo_prompt ("Content of the code: ", FALSE, error) : floo_prompt_read_stdin (error);
}

int
floo_cli_run_devices_confirm (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *text = read_code (&error);

  if (text != NULL)
    reply = floo_cli_call (cli, "Account.ConfirmQrLogin", g_variant_new ("(sb)", text, floo_cli_option (cli, "decline") == NULL), &error);
  floo_prompt_free (text);
  return reply != NULL ? 0 : floo_cli_fail (cli, error);
}

int
floo_cli_run_group_join_qr (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *text = read_code (&error);
  gint64 id;

  if (text != NULL)
    reply = floo_cli_call (cli, "Groups.JoinByQrCode", g_variant_new ("(s)", text), &error);
  floo_prompt_free (text);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  g_variant_get (reply, "(x)", &id);
  floo_text_result (cli, "group_id", g_variant_new_int64 (id));
  return 0;
}

int
floo_cli_run_group_qr (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  const char *text;
  FlooTarget group;
  gint64 expires;

  if (floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_GROUPS, &group, &error))
    reply = floo_cli_call (cli, "Groups.GetQrCode", g_variant_new ("(x)", group.id), &error);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  g_variant_get (reply, "(&sx)", &text, &expires);
  return print_code (cli, text, expires, NULL, &error) ? 0 : floo_cli_fail (cli, error);
}
