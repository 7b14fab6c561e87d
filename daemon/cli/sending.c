/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sending.c: `flooim send`, `send-file`, `location`, `forward`, `append`. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/media-type.h"
#include "base/names.h"
#include "cli/commands.h"
#include "cli/fate.h"
#include "cli/names.h"
#include "cli/text.h"
#include "cli/transfer.h"

static const char *
to_type (const FlooTarget *target)
{
  return target->is_group ? "group" : "roster";
}

/* The method's options from the options of the command. */
static GVariant *
send_options (FlooCli *cli)
{
  static const char *const texts[][2] = { { "token", "token" }, { "ext", "ext" }, { "config", "config" }, { "push", "push_text" } };
  static const char *const flags[] = { "silent", "finish" };
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    if (floo_cli_option (cli, texts[i][0]) != NULL)
      g_variant_builder_add (&builder, "{sv}", texts[i][1], g_variant_new_string (floo_cli_option (cli, texts[i][0])));
  for (guint i = 0; i < G_N_ELEMENTS (flags); i++)
    if (floo_cli_option (cli, flags[i]) != NULL)
      g_variant_builder_add (&builder, "{sv}", flags[i], g_variant_new_boolean (TRUE));
  if (cli->not_before != 0)
    g_variant_builder_add (&builder, "{sv}", "not_before", g_variant_new_int64 (cli->not_before));
  return g_variant_builder_end (&builder);
}

/* --at */
static gboolean
read_time (FlooCli *cli, GError **error)
{
  const char *at = floo_cli_option (cli, "at");

  return at == NULL || floo_cli_parse_time_to_come ("--at", at, &cli->not_before, error);
}

/* --wait and --at */
static gboolean
read_when (FlooCli *cli, gint64 *seconds, GError **error)
{
  return floo_cli_wait_option (cli, seconds, error) && read_time (cli, error);
}

/* ---- texts ---- */

/* Names with commas between them. Returns: (transfer floating) (nullable): an ax */
static GVariant *
parse_users (FlooCli *cli, const char *list, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ax"));
  g_auto (GStrv) names = g_strsplit (list, ",", -1);
  FlooTarget target;

  for (guint i = 0; names[i] != NULL; i++)
    {
      if (!floo_names_resolve (cli, g_strstrip (names[i]), FLOO_NAMES_USERS, &target, error))
        return NULL;
      g_variant_builder_add (&builder, "x", target.id);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
make_mention (FlooCli *cli, const FlooTarget *target, const char *text, GError **error)
{
  const char *who = floo_cli_option (cli, "mention");
  GVariant *users;

  cli->group = target->is_group ? target->id : 0;
  users = who != NULL ? parse_users (cli, who, error) : g_variant_new_array (G_VARIANT_TYPE_INT64, NULL, 0);

  if (users == NULL)
    return NULL;
  if (!target->is_group)
    {
      g_variant_unref (g_variant_ref_sink (users));
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s is not a group: members can be mentioned in groups only",
                   floo_cli_arg (cli, 0));
      return NULL;
    }
  return g_variant_new ("(xs@axb@a{sv})", target->id, text, users, floo_cli_option (cli, "mention-all") != NULL, send_options (cli));
}

int
floo_cli_run_send (FlooCli *cli)
{
  gboolean mentions = floo_cli_option (cli, "mention") != NULL || floo_cli_option (cli, "mention-all") != NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  FlooTarget target;
  GVariant *args;
  gint64 seconds;

  if (!read_when (cli, &seconds, &error) || !floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_ALL, &target, &error))
    return floo_cli_fail (cli, error);
  if (cli->args->len == 1 && isatty (STDIN_FILENO))
    floo_cli_note (cli, "type the text; Ctrl-D ends it");
  text = cli->args->len == 1 ? floo_cli_read_stdin (FLOO_MAX_CONTENT, &error) : floo_cli_dup_text (cli, 1, &error);
  if (text != NULL && *text == '\0')
    g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "the text is empty");
  if (error != NULL)
    return floo_cli_fail (cli, error);
  if (mentions)
    args = make_mention (cli, &target, text, &error);
  else
    args = g_variant_new ("(sxss@a{sv})", to_type (&target), target.id, "text", text, send_options (cli));
  if (args == NULL)
    return floo_cli_fail (cli, error);
  return floo_cli_send (cli, mentions ? "Conversations.SendMention" : "Conversations.Send", args, NULL, seconds);
}

int
floo_cli_run_location (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  FlooTarget target;
  double degrees[2];
  gint64 seconds;

  if (!read_when (cli, &seconds, &error) || !floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_ALL, &target, &error))
    return floo_cli_fail (cli, error);
  for (guint i = 0; i < 2; i++)
    {
      const char *text = floo_cli_arg (cli, i + 1);
      char *end;

      degrees[i] = g_ascii_strtod (text, &end);
      if (*text == '\0' || *end != '\0')
        {
          g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s must be a number of degrees, not %s", i == 0 ? "LAT" : "LON",
                       text);
          return floo_cli_fail (cli, error);
        }
    }
  g_autofree char *address = cli->args->len > 3 ? floo_cli_dup_text (cli, 3, &error) : g_strdup ("");
  if (address == NULL)
    return floo_cli_fail (cli, error);
  return floo_cli_send (cli, "Conversations.SendLocation",
                        g_variant_new ("(sxdds@a{sv})", to_type (&target), target.id, degrees[0], degrees[1], address, send_options (cli)),
                        NULL, seconds);
}

/* Ids with commas between them. Returns: (transfer floating) (nullable): an ax */
static GVariant *
parse_messages (const char *list, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("ax"));
  g_auto (GStrv) ids = g_strsplit (list, ",", -1);
  gint64 id;

  for (guint i = 0; ids[i] != NULL; i++)
    {
      if (!floo_cli_parse_number ("the id of a message", ids[i], 1, G_MAXINT64, &id, error))
        return NULL;
      g_variant_builder_add (&builder, "x", id);
    }
  return g_variant_builder_end (&builder);
}

/* The arguments from the second one on. Returns: (transfer floating) (nullable): an a(sx) */
static GVariant *
parse_targets (FlooCli *cli, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sx)"));
  FlooTarget target;

  for (guint i = 1; i < cli->args->len; i++)
    {
      if (!floo_names_resolve (cli, floo_cli_arg (cli, i), FLOO_NAMES_ALL, &target, error))
        return NULL;
      g_variant_builder_add (&builder, "(sx)", to_type (&target), target.id);
    }
  return g_variant_builder_end (&builder);
}

int
floo_cli_run_forward (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) messages = NULL;
  g_autoptr (GVariant) targets = NULL;
  gint64 seconds;

  if (read_when (cli, &seconds, &error))
    messages = parse_messages (floo_cli_arg (cli, 0), &error);
  if (messages != NULL)
    {
      g_variant_ref_sink (messages);
      targets = parse_targets (cli, &error);
    }
  if (targets == NULL)
    return floo_cli_fail (cli, error);
  g_variant_ref_sink (targets);
  return floo_cli_send_many (cli, "Conversations.ForwardMany", g_variant_new ("(@ax@a(sx)@a{sv})", messages, targets, send_options (cli)),
                             seconds);
}

static int
append_piece (FlooCli *cli, gint64 message, const char *text, GVariant *options, gint64 seconds)
{
  return floo_cli_send (cli, "Conversations.Append", g_variant_new ("(xs@a{sv})", message, text, options), NULL, seconds);
}

/* Appends each line of standard input as it arrives, for an answer that is still being written. */
static int
append_lines (FlooCli *cli, gint64 message, gint64 seconds)
{
  char *line = NULL;
  size_t size = 0;
  int status = 0;

  while (status == 0 && getline (&line, &size, stdin) > 0)
    {
      if (!g_utf8_validate (line, -1, NULL))
        {
          g_autoptr (GError) error = g_error_new (FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "standard input is not UTF-8");

          status = floo_cli_fail (cli, error);
        }
      else
        status = append_piece (cli, message, line, g_variant_new_array (G_VARIANT_TYPE ("{sv}"), NULL, 0), seconds);
      fflush (stdout);
    }
  free (line);
  if (status == 0 && floo_cli_option (cli, "finish") != NULL)
    status = append_piece (cli, message, "", send_options (cli), seconds);
  return status;
}

int
floo_cli_run_append (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  gint64 message, seconds;

  if (!read_when (cli, &seconds, &error)
      || !floo_cli_parse_number ("the id of a message", floo_cli_arg (cli, 0), 1, G_MAXINT64, &message, &error))
    return floo_cli_fail (cli, error);
  if (cli->args->len == 1 || (cli->args->len == 2 && strcmp (floo_cli_arg (cli, 1), "-") == 0))
    return append_lines (cli, message, seconds);
  text = floo_cli_dup_text (cli, 1, &error);
  return append_piece (cli, message, text, send_options (cli), seconds);
}

/* ---- files ---- */

/* By its content; that of a pipe is not known yet. */
static const char *
find_type (int fd, const char *name)
{
  static const char *const prefixes[][2] = { { "image/", "image" }, { "audio/", "audio" }, { "video/", "video" } };
  guint8 head[4096];
  ssize_t len = pread (fd, head, sizeof head, 0);
  g_autofree char *media_type = floo_media_type_guess (name, head, (gsize) MAX (len, 0));

  for (guint i = 0; i < G_N_ELEMENTS (prefixes); i++)
    if (g_str_has_prefix (media_type, prefixes[i][0]))
      return prefixes[i][1];
  return "file";
}

GUnixFDList *
floo_cli_open_file (const char *path, GError **error)
{
  g_autoptr (GUnixFDList) fds = g_unix_fd_list_new ();
  int fd = strcmp (path, "-") == 0 ? fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
  struct stat info;
  int code = fd < 0 ? errno : fstat (fd, &info) == 0 && S_ISDIR (info.st_mode) ? EISDIR : 0;
  g_autofree char *shown = g_filename_display_name (path);

  if (code == 0 && g_unix_fd_list_append (fds, fd, error) >= 0)
    {
      close (fd);
      return g_steal_pointer (&fds);
    }
  if (fd >= 0)
    close (fd);
  if (code != 0)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", shown, g_strerror (code));
  return NULL;
}

char *
floo_cli_dup_file_name (FlooCli *cli, const char *path)
{
  const char *name = floo_cli_option (cli, "name");

  if (name != NULL)
    return g_filename_display_name (name);
  return strcmp (path, "-") == 0 ? g_strdup ("file") : g_filename_display_basename (path);
}

static int
send_one (FlooCli *cli, const FlooTarget *target, const char *path, gint64 seconds)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GUnixFDList) fds = floo_cli_open_file (path, &error);
  g_autofree char *name = floo_cli_dup_file_name (cli, path);
  const char *type = floo_cli_option (cli, "type");

  if (fds == NULL)
    return floo_cli_fail (cli, error);
  return floo_cli_send (cli, "Conversations.SendFile",
                        g_variant_new ("(sxshs@a{sv})", to_type (target), target->id,
                                       type != NULL ? type : find_type (g_unix_fd_list_peek_fds (fds, NULL)[0], name), 0, name,
                                       send_options (cli)),
                        fds, seconds);
}

int
floo_cli_run_send_file (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  const char *timeout = floo_cli_option (cli, "timeout");
  gint64 seconds = FLOO_CLI_STALL_SECONDS;
  FlooTarget target;
  int worst = 0;

  if (cli->args->len > 2 && (floo_cli_option (cli, "name") != NULL || floo_cli_option (cli, "token") != NULL))
    g_set_error (&error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "--name and --token are for one file");
  else if (read_time (cli, &error) && (timeout == NULL || floo_cli_parse_span ("--timeout", timeout, &seconds, &error)))
    floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_ALL, &target, &error);
  if (error != NULL)
    return floo_cli_fail (cli, error);
  if (floo_cli_option (cli, "no-wait") != NULL || cli->not_before != 0)
    seconds = -1;
  for (guint i = 1; i < cli->args->len; i++)
    {
      int status = send_one (cli, &target, floo_cli_arg (cli, i), seconds);

      worst = MAX (worst, status);
    }
  return worst;
}
