/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/convert.h"
#include "cli/interfaces.h"
#include "cli/messages.h"
#include "cli/names.h"
#include "cli/text.h"
#include "cli/watch.h"

/* The kernel's limit for a variable is 128 KiB; larger values are in the JSON only. */
#define MAX_VARIABLE (64 * 1024)

/* ---- fields of an item ---- */

/* Calls @func for each field: of the message, else of the arguments, with those of a dictionary in their place. */
static void
for_each_field (const FlooWatchItem *item, void (*func) (const char *name, GVariant *value, gpointer data), gpointer data)
{
  const GDBusSignalInfo *info = floo_find_event (item->name);
  g_autoptr (GVariant) more = NULL;
  GVariantIter iter;
  GVariant *value;
  const char *name;
  guint i = 0;

  for (; item->message != NULL && floo_message_fields[i] != NULL; i++)
    {
      g_autoptr (GVariant) field = g_variant_get_child_value (item->message, i);

      func (floo_message_fields[i], field, data);
    }
  for (guint a = 1; item->message == NULL && info != NULL && a < floo_n_args (info->args) && a < g_variant_n_children (item->args); a++)
    {
      g_autoptr (GVariant) arg = g_variant_get_child_value (item->args, a);

      if (g_variant_is_of_type (arg, G_VARIANT_TYPE_VARDICT))
        more = g_steal_pointer (&arg);
      else
        func (info->args[a]->name, arg, data);
    }
  if (item->message != NULL)
    more = g_variant_get_child_value (item->message, i);
  if (more == NULL)
    return;
  g_variant_iter_init (&iter, more);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      func (name, value, data);
      g_variant_unref (value);
    }
}

typedef struct
{
  const char *name;
  GVariant *found;
} Find;

static void
find (const char *name, GVariant *value, gpointer data)
{
  Find *find = data;

  if (find->found == NULL && strcmp (name, find->name) == 0)
    find->found = g_variant_ref (value);
}

GVariant *
floo_watch_field (const FlooWatchItem *item, const char *name)
{
  Find search = { .name = name };

  for_each_field (item, find, &search);
  return search.found;
}

/* {"event": NAME, "serial": N, ...}; of one message of several "message" instead of "messages". (transfer full) */
static GString *
to_json (const FlooWatchItem *item)
{
  GString *out = g_string_new (NULL);

  if (item->message == NULL)
    floo_json_append_event (out, item->name, item->args);
  else
    {
      g_string_append_printf (out, "{\"event\":\"%s\",\"serial\":%" G_GUINT64_FORMAT ",\"message\":", item->name, item->serial);
      floo_json_append (out, item->message, "message");
      g_string_append_c (out, '}');
    }
  return out;
}

/* ---- for people ---- */

/* A string as it is, anything else as JSON. */
static char *
dup_text (const char *name, GVariant *value)
{
  g_autoptr (GString) json = NULL;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  json = g_string_new (NULL);
  floo_json_append (json, value, name);
  return g_strdup (json->str);
}

static void
append_field (const char *name, GVariant *value, gpointer data)
{
  GString *out = data;
  g_autofree char *text = dup_text (name, value);
  g_autofree char *clean = floo_text_clean (text, FALSE);

  if (*clean != '\0')
    g_string_append_printf (out, " %s=%s", name, clean);
}

void
floo_watch_print (FlooCli *cli, const FlooWatchItem *item)
{
  if (cli->json)
    {
      g_autoptr (GString) json = to_json (item);

      floo_text_line (json->str);
    }
  else if (item->message != NULL)
    {
      g_autoptr (GVariant) messages = g_variant_ref_sink (g_variant_new_array (NULL, (GVariant *const *) &item->message, 1));
      g_autofree char *line = NULL;

      floo_messages_fetch_names (cli, messages, TRUE);
      line = floo_messages_dup_line (cli, item->message, TRUE);
      floo_text_line (line);
    }
  else
    {
      g_autofree char *time = floo_text_time (item->time != 0 ? item->time : g_get_real_time () / 1000);
      g_autoptr (GString) out = g_string_new (time);

      g_string_truncate (out, strlen ("2026-11-30 10:42"));
      g_string_append_printf (out, " %s", item->name);
      for_each_field (item, append_field, out);
      floo_text_line (out->str);
    }
  fflush (stdout);
}

/* ---- for a command ---- */

static void
set_variable (const char *name, GVariant *value, gpointer data)
{
  g_autofree char *upper = g_ascii_strup (name, -1);
  g_autofree char *variable = g_strconcat ("FLOOIM_", upper, NULL);
  g_autofree char *text = dup_text (name, value);

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING) && *text == '"') /* an id, which JSON has in quotes */
    {
      text[strlen (text) - 1] = '\0';
      memmove (text, text + 1, strlen (text));
    }
  if (strlen (text) <= MAX_VARIABLE)
    g_subprocess_launcher_setenv (data, variable, text, TRUE);
}

static void
on_waited (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_subprocess_wait_finish (G_SUBPROCESS (source), result, NULL);
  g_main_loop_quit (user_data);
}

/* A command may exit without reading all of its input: this is no error. */
static void
on_communicated (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_subprocess_communicate_finish (G_SUBPROCESS (source), result, NULL, NULL, NULL);
  g_subprocess_wait_async (G_SUBPROCESS (source), NULL, on_waited, user_data);
}

int
floo_watch_exec (const char *command, const FlooWatchItem *item, GError **error)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDIN_PIPE);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GString) json = to_json (item);
  g_autoptr (GBytes) input = NULL;
  g_autofree char *serial = g_strdup_printf ("%" G_GUINT64_FORMAT, item->serial);
  GMainLoop *loop;

  signal (SIGPIPE, SIG_IGN);
  g_string_append_c (json, '\n');
  input = g_bytes_new (json->str, json->len);
  for_each_field (item, set_variable, launcher);
  g_subprocess_launcher_setenv (launcher, "FLOOIM_EVENT", item->name, TRUE);
  g_subprocess_launcher_setenv (launcher, "FLOOIM_SERIAL", serial, TRUE);
  process = g_subprocess_launcher_spawn (launcher, error, "/bin/sh", "-c", command, NULL);
  if (process == NULL)
    return -1;
  loop = g_main_loop_new (NULL, FALSE);
  g_subprocess_communicate_async (process, input, NULL, on_communicated, loop);
  g_main_loop_run (loop);
  g_main_loop_unref (loop);
  return g_subprocess_get_if_exited (process) ? g_subprocess_get_exit_status (process) : 128 + g_subprocess_get_term_sig (process);
}
