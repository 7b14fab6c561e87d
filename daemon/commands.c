/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <stdlib.h>
#include <string.h>

#include "app.h"
#include "base/error.h"
#include "base/names.h"

static int run_status (FlooCommand *self, int argc, char **argv);
static int run_logout (FlooCommand *self, int argc, char **argv);

static const struct {
  const char *name;
  const char *help;
  int (*run) (FlooCommand *self, int argc, char **argv);
} commands[] = {
  { "login", "log in; asks for what is not given", floo_command_login },
  { "status", "tell how the account and the connection are", run_status },
  { "send-file", "send a message with a file", floo_command_send_file },
  { "logout", "log out", run_logout },
};

char *
floo_commands_dup_summary (void)
{
  GString *text = g_string_new ("Keeps a connection to the floo instant messaging service for all applications, over D-Bus.\n"
                                "With a command it asks the running daemon instead; each has a --help of its own:");

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    g_string_append_printf (text, "\n  %-10s %s", commands[i].name, commands[i].help);
  return g_string_free (text, FALSE);
}

int
floo_command_run (int argc, char **argv, const char *instance)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i].name, argv[0]) == 0)
      {
        FlooCommand self = { .name = argv[0], .instance = g_strdup (instance) };
        int exit_code = commands[i].run (&self, argc, argv);

        floo_command_clear (&self);
        return exit_code;
      }
  g_printerr ("flooimd: there is no command %s (see flooimd --help)\n", argv[0]);
  return EX_USAGE;
}

gboolean
floo_command_parse (FlooCommand *self, int argc, char **argv, const GOptionEntry *entries, int *exit_code)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *instance = NULL;
  g_autofree char *prgname = g_strdup_printf ("flooimd %s", self->name);
  const GOptionEntry common[]
      = { { "instance", 'i', 0, G_OPTION_ARG_STRING, &instance, "Ask the instance NAME of the daemon", "NAME" }, { NULL } };

  g_set_prgname (prgname);
  g_option_context_add_main_entries (context, common, NULL);
  if (entries != NULL)
    g_option_context_add_main_entries (context, entries, NULL);
  *exit_code = EX_USAGE;
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s: %s\n", prgname, error->message);
      return FALSE;
    }
  if (argc > 1)
    {
      g_printerr ("%s: unexpected argument (see %s --help)\n", prgname, prgname);
      return FALSE;
    }
  if (instance != NULL)
    {
      g_free (self->instance);
      self->instance = g_steal_pointer (&instance);
    }
  self->bus_name = floo_app_dup_bus_name (self->instance);
  if (!g_dbus_is_name (self->bus_name))
    {
      g_printerr ("%s: %s is no name of an instance\n", prgname, self->instance);
      return FALSE;
    }

  (void) FLOO_ERROR; /* so that its names are known when errors come from the bus */
  self->connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  if (self->connection == NULL)
    {
      g_printerr ("%s: there is no session bus: %s\n", prgname, error->message);
      *exit_code = EX_UNAVAILABLE;
      return FALSE;
    }
  return TRUE;
}

void
floo_command_clear (FlooCommand *self)
{
  g_clear_pointer (&self->instance, g_free);
  g_clear_pointer (&self->bus_name, g_free);
  g_clear_object (&self->connection);
}

GVariant *
floo_command_call (FlooCommand *self, const char *method, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  GVariant *result = g_dbus_connection_call_sync (self->connection, self->bus_name, FLOO_OBJECT_PATH, FLOO_IFACE_ACCOUNT, method, args,
                                                  NULL, G_DBUS_CALL_FLAGS_NONE, FLOO_COMMAND_TIMEOUT_MS, NULL, &error);

  if (result == NULL)
    floo_command_print_error (error);
  return result;
}

void
floo_command_print_error (GError *error)
{
  g_dbus_error_strip_remote_error (error);
  g_printerr ("%s: %s%s\n", g_get_prgname (),
              error->domain == G_DBUS_ERROR ? "the daemon does not run and cannot be started: "
              : error->domain == G_IO_ERROR ? "the daemon does not answer: "
                                            : "",
              error->message);
}

/* How a field of GetStatus is printed. */
typedef enum { PRINT_TEXT, PRINT_NUMBER, PRINT_TIME, PRINT_ERROR, PRINT_KEYRING } PrintKind;

static const struct {
  const char *key;
  const char *label;
  PrintKind kind;
} fields[] = {
  { "State", "State", PRINT_TEXT },
  { "LastError", "Last error", PRINT_ERROR },
  { "NextRetry", "Next try", PRINT_TIME },
  { "attempts", "Failed tries", PRINT_NUMBER },
  { "Username", "User name", PRINT_TEXT },
  { "UserId", "User id", PRINT_NUMBER },
  { "AppId", "Application", PRINT_TEXT },
  { "DeviceSn", "Device", PRINT_NUMBER },
  { "Server", "Server", PRINT_TEXT },
  { "endpoint", "Connection", PRINT_TEXT },
  { "connected_since", "Connected since", PRINT_TIME },
  { "last_contact", "Last contact", PRINT_TIME },
  { "UnreadTotal", "Unread messages", PRINT_NUMBER },
  { "Queued", "Waiting to be sent", PRINT_NUMBER },
  { "store", "Store", PRINT_TEXT },
  { "keyring", "Secrets", PRINT_KEYRING },
  { "DaemonVersion", "Version", PRINT_TEXT },
};

static gint64
number_of (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_UINT32:
      return g_variant_get_uint32 (value);
    case G_VARIANT_CLASS_INT64:
      return g_variant_get_int64 (value);
    default:
      return 0;
    }
}

/* Returns: (transfer full): "" where there is nothing to say */
static char *
format_field (PrintKind kind, GVariant *value)
{
  gint64 number = number_of (value);
  g_autoptr (GDateTime) time = NULL;
  const char *text;

  switch (kind)
    {
    case PRINT_TEXT:
      return g_strdup (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) ? g_variant_get_string (value, NULL) : "");
    case PRINT_NUMBER:
      return number != 0 ? g_strdup_printf ("%" G_GINT64_FORMAT, number) : g_strdup ("");
    case PRINT_TIME:
      time = g_date_time_new_from_unix_local (number / 1000);
      return number != 0 && time != NULL ? g_date_time_format (time, "%F %T") : g_strdup ("");
    case PRINT_ERROR:
      if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("(ss)")))
        return g_strdup ("");
      g_variant_get (value, "(&s&s)", NULL, &text);
      return g_strdup (text);
    case PRINT_KEYRING:
    default:
      return g_strdup (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean (value) ? "in the Secret Service"
                                                                                                             : "in a file");
    }
}

static int
run_status (FlooCommand *self, int argc, char **argv)
{
  g_autoptr (GVariant) result = NULL;
  g_autoptr (GVariant) status = NULL;
  int exit_code;

  if (!floo_command_parse (self, argc, argv, NULL, &exit_code))
    return exit_code;
  result = floo_command_call (self, "GetStatus", NULL);
  if (result == NULL || !g_variant_is_of_type (result, G_VARIANT_TYPE ("(a{sv})")))
    return EXIT_FAILURE;
  status = g_variant_get_child_value (result, 0);
  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      g_autoptr (GVariant) value = g_variant_lookup_value (status, fields[i].key, NULL);
      g_autofree char *text = value != NULL ? format_field (fields[i].kind, value) : NULL;

      if (text != NULL && *text != '\0')
        g_print ("%-20s%s\n", fields[i].label, text);
    }
  return EXIT_SUCCESS;
}

static int
run_logout (FlooCommand *self, int argc, char **argv)
{
  gboolean erase = FALSE, discard = FALSE, everywhere = FALSE;
  const GOptionEntry entries[] = {
    { "erase", 0, 0, G_OPTION_ARG_NONE, &erase, "Delete the messages and files kept on this machine", NULL },
    { "discard", 0, 0, G_OPTION_ARG_NONE, &discard, "Give up messages that are not sent yet", NULL },
    { "everywhere", 0, 0, G_OPTION_ARG_NONE, &everywhere, "End the sessions on the user's other web devices, too", NULL },
    { NULL }
  };
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  g_autoptr (GVariant) result = NULL;
  int exit_code;

  if (!floo_command_parse (self, argc, argv, entries, &exit_code))
    return exit_code;
  g_variant_dict_insert (&dict, "erase", "b", erase);
  g_variant_dict_insert (&dict, "discard", "b", discard);
  g_variant_dict_insert (&dict, "everywhere", "b", everywhere);
  result = floo_command_call (self, "Logout", g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)));
  return result != NULL ? EXIT_SUCCESS : EXIT_FAILURE;
}
