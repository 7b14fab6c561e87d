/* SPDX-License-Identifier: GPL-3.0-or-later */
/* call.c: `flooim call`, any method with JSON, and `flooim replay`. */
#include "cli/commands.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/names.h"
#include "cli/convert.h"
#include "cli/interfaces.h"
#include "cli/text.h"

typedef struct
{
  FlooCli *cli;
  const GDBusMethodInfo *info;
  char *member; /* "Roster.List" */
  FlooFromJson from;
} Call;

/* An argument of the command line as JSON. A text needs no quotes unless it begins with one. */
static JsonNode *
parse_argument (Call *call, const char *text, const GDBusArgInfo *arg, GError **error)
{
  gboolean is_text = strchr ("soh", arg->signature[0]) != NULL;
  g_autoptr (GError) local = NULL;
  JsonNode *node;

  if (is_text && (*text != '"' || floo_cli_option (call->cli, "raw") != NULL))
    return json_node_init_string (json_node_alloc (), text);
  node = floo_json_parse (text, strlen (text), &local);
  if (node == NULL)
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s (of type %s) is not JSON: %s", arg->name, arg->signature, local->message);
  return node;
}

/* Standard input: an array of the arguments, or an object with their names. Returns: (transfer full): as many nodes as there are arguments
 */
static GPtrArray *
read_arguments (Call *call, GError **error)
{
  g_autofree char *text = floo_cli_read_stdin (FLOO_MAX_JSON, error);
  g_autoptr (GError) local = NULL;
  g_autoptr (JsonNode) root = text != NULL ? floo_json_parse (text, strlen (text), &local) : NULL;
  g_autoptr (GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
  guint n = floo_n_args (call->info->in_args);
  JsonObject *object = floo_json_node_object (root);
  JsonArray *array = root != NULL && JSON_NODE_HOLDS_ARRAY (root) ? json_node_get_array (root) : NULL;

  if (local != NULL)
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "standard input is not JSON: %s", local->message);
  if (root == NULL)
    return NULL;
  if ((object != NULL ? json_object_get_size (object) : array != NULL ? json_array_get_length (array) : G_MAXUINT) != n)
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE,
                   "standard input must be an array of the %u arguments, or an object with their names", n);
      return NULL;
    }
  for (guint i = 0; i < n; i++)
    {
      const char *name = call->info->in_args[i]->name;
      JsonNode *node = object != NULL ? json_object_get_member (object, name) : json_array_get_element (array, i);

      if (node == NULL)
        {
          g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "the argument %s is missing", name);
          return NULL;
        }
      g_ptr_array_add (nodes, json_node_ref (node));
    }
  return g_steal_pointer (&nodes);
}

static GPtrArray *
parse_arguments (Call *call, GError **error)
{
  g_autoptr (GPtrArray) nodes = g_ptr_array_new_with_free_func ((GDestroyNotify) json_node_unref);
  guint n = floo_n_args (call->info->in_args), given = call->cli->args->len - 1;

  if (given == 1 && n != 1 && strcmp (floo_cli_arg (call->cli, 1), "-") == 0)
    return read_arguments (call, error);
  if (given != n)
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s takes %u argument%s, not %u; see: flooim introspect %s", call->member,
                   n, n == 1 ? "" : "s", given, call->member);
      return NULL;
    }
  for (guint i = 0; i < n; i++)
    {
      JsonNode *node = parse_argument (call, floo_cli_arg (call->cli, i + 1), call->info->in_args[i], error);

      if (node == NULL)
        return NULL;
      g_ptr_array_add (nodes, node);
    }
  return g_steal_pointer (&nodes);
}

/* Returns: (transfer floating) (nullable) */
static GVariant *
make_arguments (Call *call, GError **error)
{
  g_autoptr (GPtrArray) nodes = parse_arguments (call, error);
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_TUPLE);

  if (nodes == NULL)
    return NULL;
  for (guint i = 0; i < nodes->len; i++)
    {
      const GDBusArgInfo *arg = call->info->in_args[i];
      GVariant *value = floo_variant_from_json (&call->from, arg->signature, g_ptr_array_index (nodes, i), arg->name, error);

      if (value == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, value);
    }
  return g_variant_builder_end (&builder);
}

/* ---- a descriptor in the reply ---- */

static gboolean
gives_file (const GDBusMethodInfo *info)
{
  for (guint i = 0; i < floo_n_args (info->out_args); i++)
    if (strchr (info->out_args[i]->signature, 'h') != NULL)
      return TRUE;
  return FALSE;
}

gboolean
floo_cli_copy_file (int from, int to, GError **error)
{
  char buffer[65536];
  ssize_t n, written;

  lseek (from, 0, SEEK_SET);
  while ((n = read (from, buffer, sizeof buffer)) > 0 || (n < 0 && errno == EINTR))
    for (ssize_t at = 0; at < n; at += MAX (written, 0))
      {
        written = write (to, buffer + at, (gsize) (n - at));
        if (written < 0 && errno != EINTR)
          {
            g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "the file cannot be written: %s", g_strerror (errno));
            return FALSE;
          }
      }
  if (n < 0)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "the file cannot be read: %s", g_strerror (errno));
  return n == 0;
}

static gboolean
save_file (FlooCli *cli, GUnixFDList *fds, GError **error)
{
  const char *path = floo_cli_option (cli, "output");
  int from = fds != NULL && g_unix_fd_list_get_length (fds) > 0 ? g_unix_fd_list_get (fds, 0, error) : -1;
  int to = strcmp (path, "-") == 0 ? dup (STDOUT_FILENO) : open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  gboolean saved = FALSE;

  if (to < 0)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", path, g_strerror (errno));
  else if (from >= 0)
    saved = floo_cli_copy_file (from, to, error);
  if (from >= 0)
    close (from);
  if (to >= 0)
    close (to);
  return saved;
}

static void
print_reply (Call *call, GVariant *reply)
{
  g_autoptr (GString) out = g_string_new ("{");

  floo_json_append_args (out, call->info->out_args, reply);
  g_string_append_c (out, '}');
  floo_text_line (out->str);
}

static int
run_call (Call *call, GError **error)
{
  FlooCli *cli = call->cli;
  gboolean file = gives_file (call->info);
  g_autoptr (GUnixFDList) out_fds = NULL;
  g_autoptr (GVariant) reply = NULL;
  GVariant *args;

  if (file != (floo_cli_option (cli, "output") != NULL))
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s %s", call->member,
                   file ? "returns a file: name it with --output FILE" : "returns no file: --output cannot be used");
      return FALSE;
    }
  args = make_arguments (call, error);
  if (args == NULL)
    return FALSE;
  reply = floo_cli_call_full (cli, floo_cli_option (cli, "object"), call->member, args, call->from.fds, &out_fds, error);
  if (reply == NULL)
    return FALSE;
  if (file)
    return save_file (cli, out_fds, error);
  print_reply (call, reply);
  return TRUE;
}

int
floo_cli_run_call (FlooCli *cli)
{
  const char *name = floo_cli_arg (cli, 0);
  const char *object = floo_cli_option (cli, "object");
  const GDBusInterfaceInfo *interface = NULL;
  Call call = { .cli = cli, .info = floo_find_method (name, &interface) };
  g_autoptr (GError) error = NULL;

  cli->json = TRUE;
  if (call.info == NULL)
    {
      g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "there is no method %s; flooim introspect lists them", name);
      return floo_cli_fail (cli, error);
    }
  if (object != NULL && !g_variant_is_object_path (object))
    {
      g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s is not an object path", object);
      return floo_cli_fail (cli, error);
    }
  call.member = g_strdup_printf ("%s.%s", strrchr (interface->name, '.') + 1, call.info->name);
  call.from.member = call.member;
  call.from.fds = g_unix_fd_list_new ();
  if (!run_call (&call, &error))
    floo_cli_fail (cli, error);
  g_object_unref (call.from.fds);
  g_free (call.member);
  return error != NULL ? floo_cli_exit_status (floo_cli_error_name (error)) : 0;
}

/* ---- replay ---- */

int
floo_cli_run_replay (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  gint64 after = 0, limit = 0;
  guint64 next, last;

  cli->json = TRUE;
  if (!floo_cli_parse_number ("AFTER", floo_cli_arg (cli, 1), 0, G_MAXINT64, &after, &error)
      || !floo_cli_number_option (cli, "limit", FLOO_REPLAY_EVENTS, &limit, &error))
    return floo_cli_fail (cli, error);
  next = (guint64) after;
  do
    {
      g_autoptr (GVariant) reply
          = floo_cli_call (cli, "Events.Replay", g_variant_new ("(stu)", floo_cli_arg (cli, 0), next, (guint) limit), &error);
      g_autoptr (GVariant) events = NULL;
      guint64 before = next;

      if (reply == NULL)
        return floo_cli_fail (cli, error);
      g_variant_get (reply, "(@a(txsv)tt)", &events, &next, &last);
      floo_text_records (cli, NULL, events);
      if (next == before)
        break;
    }
  while (next < last && limit == 0);
  return 0;
}
