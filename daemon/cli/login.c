/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.c: commands that ask for a password: `flooim login`, `register`, `password`, `delete-account`. */
#include <stdio.h>
#include <string.h>

#include "base/names.h"
#include "cli/commands.h"
#include "cli/prompt.h"
#include "cli/text.h"

typedef struct
{
  char *user;
  char *app_id;
  char *password;
} Login;

static void
login_clear (Login *login)
{
  g_free (login->user);
  g_free (login->app_id);
  floo_prompt_free (login->password);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Login, login_clear)

/* Asks for *@answer where it is not given; an empty answer takes @fallback, where there is one. */
static gboolean
ask (char **answer, const char *question, const char *fallback, GError **error)
{
  g_autofree char *prompt = NULL;
  g_autofree char *line = NULL;

  if (*answer != NULL)
    return TRUE;
  if (fallback != NULL && *fallback != '\0')
    prompt = g_strdup_printf ("%s [%s]: ", question, fallback);
  else
    prompt = g_strdup_printf ("%s: ", question);
  line = floo_prompt (prompt, FALSE, error);
  if (line == NULL)
    return FALSE;
  g_strstrip (line);
  *answer = *line == '\0' && fallback != NULL ? g_strdup (fallback) : g_steal_pointer (&line);
  return TRUE;
}

static char *
get_password (FlooCli *cli, const char *question, GError **error)
{
  return floo_cli_option (cli, "password-stdin") != NULL ? floo_prompt_read_stdin (error) : floo_prompt (question, TRUE, error);
}

/* Asks twice on a terminal, since nobody sees what is typed. */
static char *
get_new_password (FlooCli *cli, const char *question, GError **error)
{
  char *first = get_password (cli, question, error);
  char *second;

  if (first == NULL || floo_cli_option (cli, "password-stdin") != NULL)
    return first;
  second = floo_prompt ("Once more: ", TRUE, error);
  if (second != NULL && strcmp (first, second) != 0)
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED, "the two passwords are not the same");
  if (second == NULL || strcmp (first, second) != 0)
    g_clear_pointer (&first, floo_prompt_free);
  floo_prompt_free (second);
  return first;
}

/* Returns: (transfer full) (nullable): the application id that the daemon has, or "" */
static char *
get_app_id (FlooCli *cli, GError **error)
{
  g_autoptr (GVariant) result = floo_cli_call (cli, "Account.GetStatus", NULL, error);
  g_autoptr (GVariant) status = result != NULL ? g_variant_get_child_value (result, 0) : NULL;
  char *app_id;

  if (status == NULL)
    return NULL;
  return g_variant_lookup (status, "AppId", "s", &app_id) ? app_id : g_strdup ("");
}

static gboolean
complete (FlooCli *cli, Login *login, gboolean is_new, GError **error)
{
  gboolean quiet = floo_cli_option (cli, "password-stdin") != NULL;
  g_autofree char *app_id = NULL;

  login->user = g_strdup (floo_cli_option (cli, "user"));
  login->app_id = g_strdup (floo_cli_option (cli, "app-id"));
  if (login->app_id == NULL && (app_id = get_app_id (cli, error)) == NULL)
    return FALSE;
  if (login->app_id == NULL && quiet)
    login->app_id = g_strdup (app_id); /* where it is "", the daemon's configuration decides */
  if (!ask (&login->app_id, "Application id", app_id, error)
      || !ask (&login->user, is_new ? "User name" : "User name (or #ID)", NULL, error))
    {
      if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        g_prefix_error (error, "the options --user and --password-stdin are needed: ");
      return FALSE;
    }
  login->password = is_new ? get_new_password (cli, "Password: ", error) : get_password (cli, "Password: ", error);
  return login->password != NULL;
}

/* @remember: whether that is an option of the method */
static GVariant *
make_options (FlooCli *cli, const Login *login, gboolean remember)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  if (*login->app_id != '\0')
    g_variant_builder_add (&builder, "{sv}", "app_id", g_variant_new_string (login->app_id));
  if (floo_cli_option (cli, "dns-server") != NULL)
    g_variant_builder_add (&builder, "{sv}", "dns_server", g_variant_new_string (floo_cli_option (cli, "dns-server")));
  if (remember)
    g_variant_builder_add (&builder, "{sv}", "remember", g_variant_new_boolean (floo_cli_option (cli, "no-remember") == NULL));
  return g_variant_builder_end (&builder);
}

static gboolean
call_login (FlooCli *cli, const Login *login, GError **error)
{
  g_autoptr (GVariant) result = NULL;
  gint64 id;

  if (*login->user != '#')
    result = floo_cli_call (cli, "Account.Login",
                            g_variant_new ("(ss@a{sv})", login->user, login->password, make_options (cli, login, TRUE)), error);
  else if (floo_cli_parse_number ("the user id behind #", login->user + 1, 1, G_MAXINT64, &id, error))
    result = floo_cli_call (cli, "Account.LoginById", g_variant_new ("(xs@a{sv})", id, login->password, make_options (cli, login, TRUE)),
                            error);
  return result != NULL;
}

int
floo_cli_run_login (FlooCli *cli)
{
  g_auto (Login) login = { NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (floo_cli_login_otherwise (cli, &status))
    return status;
  if (!complete (cli, &login, FALSE, &error) || !call_login (cli, &login, &error))
    return floo_cli_fail (cli, error);
  if (!cli->json)
    floo_text_line ("Logged in.");
  return 0;
}

int
floo_cli_run_register (FlooCli *cli)
{
  g_auto (Login) login = { NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  gint64 id;

  if (complete (cli, &login, TRUE, &error))
    reply = floo_cli_call (cli, floo_cli_option (cli, "anonymous") != NULL ? "Account.RegisterAnonymous" : "Account.Register",
                           g_variant_new ("(ss@a{sv})", login.user, login.password, make_options (cli, &login, FALSE)), &error);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  g_variant_get (reply, "(x)", &id);
  floo_text_result (cli, "user_id", g_variant_new_int64 (id));
  return 0;
}

/* A code that is sent to the account's number replaces the old password. */
static int
reset_password (FlooCli *cli, const char *mobile)
{
  g_autoptr (GError) error = NULL;
  char *password = get_new_password (cli, "New password: ", &error);
  int status = password != NULL ? floo_cli_reset_password (cli, mobile, password) : floo_cli_fail (cli, error);

  floo_prompt_free (password);
  return status;
}

static int
change_password (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *old = get_password (cli, "Current password: ", &error);
  char *new = old != NULL ? get_new_password (cli, "New password: ", &error) : NULL;

  if (new != NULL)
    reply = floo_cli_call (cli, "Account.ChangePassword", g_variant_new ("(ss)", old, new), &error);
  floo_prompt_free (old);
  floo_prompt_free (new);
  return reply != NULL ? 0 : floo_cli_fail (cli, error);
}

int
floo_cli_run_password (FlooCli *cli)
{
  if (floo_cli_option (cli, "mobile") != NULL)
    return reset_password (cli, floo_cli_option (cli, "mobile"));
  return change_password (cli);
}

int
floo_cli_run_delete_account (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  char *password = NULL;

  if (floo_cli_option (cli, "yes") == NULL)
    g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE,
                 "this permanently deletes the account at the service and its data here; confirm with --yes");
  else
    password = get_password (cli, "Password: ", &error);
  if (password != NULL)
    reply = floo_cli_call (cli, "Account.DeleteAccount", g_variant_new ("(s)", password), &error);
  floo_prompt_free (password);
  return reply != NULL ? 0 : floo_cli_fail (cli, error);
}

/* ---- logging out ---- */

static guint
count_queued (FlooCli *cli)
{
  g_autoptr (GVariant) reply = floo_cli_call (cli, "Account.GetStatus", NULL, NULL);
  g_autoptr (GVariant) status = reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
  guint queued = 0;

  if (status != NULL)
    g_variant_lookup (status, "Queued", "u", &queued);
  return queued;
}

int
floo_cli_run_logout (FlooCli *cli)
{
  static const char *const options[] = { "erase", "discard", "everywhere" };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  gboolean erase = floo_cli_option (cli, "erase") != NULL, discard = floo_cli_option (cli, "discard") != NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  guint queued = floo_cli_start (cli, &error) ? count_queued (cli) : 0;

  for (guint i = 0; i < G_N_ELEMENTS (options); i++)
    g_variant_builder_add (&builder, "{sv}", options[i], g_variant_new_boolean (floo_cli_option (cli, options[i]) != NULL));
  if (erase && !discard && queued > 0)
    {
      g_variant_builder_clear (&builder);
      g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_FAILED,
                   "%u message%s not sent yet: discard them with --discard, or see flooim outbox", queued, queued == 1 ? " is" : "s are");
      return floo_cli_fail (cli, error);
    }
  if (error == NULL)
    reply = floo_cli_call (cli, "Account.Logout", g_variant_new ("(@a{sv})", g_variant_builder_end (&builder)), &error);
  else
    g_variant_builder_clear (&builder);
  if (reply == NULL)
    return floo_cli_fail (cli, error);
  if (queued > 0 && !erase)
    floo_cli_note (cli, "%u message%s not sent yet and wait%s for the next login of this user", queued, queued == 1 ? " is" : "s are",
                   queued == 1 ? "s" : "");
  return 0;
}
