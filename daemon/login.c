/* SPDX-License-Identifier: GPL-3.0-or-later */
/* login.c: `flooimd login` */
#include <stdlib.h>

#include "app.h"
#include "commands.h"
#include "prompt.h"

typedef struct {
  char *user;
  char *app_id;
  char *dns_server;
  gboolean password_stdin;
  gboolean no_remember;
  char *password;
} Login;

static void
login_clear (Login *login)
{
  g_free (login->user);
  g_free (login->app_id);
  g_free (login->dns_server);
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

/* Returns: (transfer full) (nullable): the application that the daemon knows of; NULL: the error is printed */
static char *
get_app_id (FlooCommand *command)
{
  g_autoptr (GVariant) result = floo_command_call (command, "GetStatus", NULL);
  g_autoptr (GVariant) status = NULL;
  char *app_id;

  if (result == NULL)
    return NULL;
  if (!g_variant_is_of_type (result, G_VARIANT_TYPE ("(a{sv})")))
    return g_strdup ("");
  status = g_variant_get_child_value (result, 0);
  return g_variant_lookup (status, "AppId", "s", &app_id) ? app_id : g_strdup ("");
}

static gboolean
complete (Login *login, const char *app_id, GError **error)
{
  if (login->app_id == NULL && login->password_stdin)
    login->app_id = g_strdup (app_id); /* where it is "", the daemon's configuration decides */
  if (!ask (&login->app_id, "Application id", app_id, error) || !ask (&login->user, "User name (or #ID)", NULL, error))
    {
      if (g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
        g_prefix_error (error, "The options --user and --password-stdin are needed: ");
      return FALSE;
    }
  login->password = login->password_stdin ? floo_prompt_read_stdin (error) : floo_prompt ("Password: ", TRUE, error);
  return login->password != NULL;
}

static int
call_login (FlooCommand *command, const Login *login)
{
  g_auto (GVariantDict) options = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) result = NULL;
  guint64 id = 0;

  if (*login->app_id != '\0')
    g_variant_dict_insert (&options, "app_id", "s", login->app_id);
  if (login->dns_server != NULL)
    g_variant_dict_insert (&options, "dns_server", "s", login->dns_server);
  g_variant_dict_insert (&options, "remember", "b", !login->no_remember);

  if (*login->user != '#')
    result = floo_command_call (command, "Login",
                                g_variant_new ("(ss@a{sv})", login->user, login->password, g_variant_dict_end (&options)));
  else if (g_ascii_string_to_unsigned (login->user + 1, 10, 1, G_MAXINT64, &id, NULL))
    result = floo_command_call (command, "LoginById",
                                g_variant_new ("(xs@a{sv})", (gint64) id, login->password, g_variant_dict_end (&options)));
  else
    g_printerr ("%s: %s is no user id\n", g_get_prgname (), login->user);
  if (result == NULL)
    return EXIT_FAILURE;
  g_print ("Logged in.\n");
  return EXIT_SUCCESS;
}

int
floo_command_login (FlooCommand *self, int argc, char **argv)
{
  g_auto (Login) login = { NULL };
  const GOptionEntry entries[] = {
    { "user", 'u', 0, G_OPTION_ARG_STRING, &login.user, "The user's name, or # and the id", "NAME" },
    { "app-id", 'a', 0, G_OPTION_ARG_STRING, &login.app_id, "The application's id", "ID" },
    { "dns-server", 0, 0, G_OPTION_ARG_STRING, &login.dns_server, "Another discovery server than the service's", "URL" },
    { "password-stdin", 0, 0, G_OPTION_ARG_NONE, &login.password_stdin, "Read the password from standard input: one line", NULL },
    { "no-remember", 0, 0, G_OPTION_ARG_NONE, &login.no_remember, "Do not keep the password for later logins", NULL },
    { NULL }
  };
  g_autofree char *app_id = NULL;
  g_autoptr (GError) error = NULL;
  int exit_code;

  if (!floo_command_parse (self, argc, argv, entries, &exit_code))
    return exit_code;
  if (login.app_id == NULL && (app_id = get_app_id (self)) == NULL)
    return EXIT_FAILURE;
  if (!complete (&login, app_id, &error))
    {
      g_printerr ("%s: %s\n", g_get_prgname (), error->message);
      return EXIT_FAILURE;
    }
  return call_login (self, &login);
}
