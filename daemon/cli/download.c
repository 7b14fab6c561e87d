/* SPDX-License-Identifier: GPL-3.0-or-later */
/* download.c: `flooim download`, `avatar`, `groups fetch`, and uploads of files that are not part of a message. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.h"
#include "cli/commands.h"
#include "cli/convert.h"
#include "cli/history.h"
#include "cli/names.h"
#include "cli/text.h"
#include "cli/transfer.h"

#define MAX_NAMES 10000 /* how many names are tried for a file: "photo (2).png" */

/* ---- saving ---- */

/* Makes a sender's file name safe: no folders, no leading dot, not too long. */
static char *
safe_name (const char *name)
{
  g_autofree char *base = g_path_get_basename (*name != '\0' ? name : "file");
  char *safe = floo_text_clean (base, FALSE);

  if (*safe == '.' || *safe == '-' || *safe == '/')
    *safe = '_';
  while (strlen (safe) > 200)
    *g_utf8_prev_char (safe + strlen (safe)) = '\0';
  return safe;
}

static char *
numbered (const char *folder, const char *name, guint n)
{
  const char *dot = strrchr (name, '.');
  int stem = dot != NULL && dot > name ? (int) (dot - name) : (int) strlen (name);
  g_autofree char *file = n == 1 ? g_strdup (name) : g_strdup_printf ("%.*s (%u)%s", stem, name, n, name + stem);

  return g_build_filename (folder, file, NULL);
}

/* Whether the file @path has the content of @fd. */
static gboolean
is_same (const char *path, int fd)
{
  char one[65536], other[65536];
  int file = open (path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  off_t at = 0;
  ssize_t n = -1, m = -1;

  do
    {
      n = file >= 0 ? pread (file, one, sizeof one, at) : -1;
      m = pread (fd, other, sizeof other, at);
      at += n;
    }
  while (n > 0 && n == m && memcmp (one, other, (gsize) n) == 0);
  if (file >= 0)
    close (file);
  return n == 0 && m == 0;
}

/* A new file of that name in @folder; no file is overwritten, and one with the same content is not written again. */
static gboolean
save_in_folder (int from, const char *folder, const char *name, char **path, GError **error)
{
  for (guint n = 1; n < MAX_NAMES; n++)
    {
      g_autofree char *tried = numbered (folder, name, n);
      int to = open (tried, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      gboolean copied;

      if (to < 0 && errno == EEXIST)
        {
          if (!is_same (tried, from))
            continue;
          *path = g_steal_pointer (&tried);
          return TRUE;
        }
      if (to < 0)
        {
          g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", tried, g_strerror (errno));
          return FALSE;
        }
      copied = floo_cli_copy_file (from, to, error);
      if (close (to) < 0 && copied)
        {
          g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", tried, g_strerror (errno));
          copied = FALSE;
        }
      if (copied)
        *path = g_steal_pointer (&tried);
      else
        unlink (tried);
      return copied;
    }
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: there are too many files of this name", name);
  return FALSE;
}

/* -o FILE, "-" is standard output. */
static gboolean
save_as (int from, const char *path, GError **error)
{
  int to = strcmp (path, "-") == 0 ? dup (STDOUT_FILENO) : open (path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  gboolean copied;

  if (to < 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", path, g_strerror (errno));
      return FALSE;
    }
  copied = floo_cli_copy_file (from, to, error);
  close (to);
  return copied;
}

/* ---- one download ---- */

static void
print_saved (FlooCli *cli, gint64 message, const char *path)
{
  GVariantBuilder record = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) taken = NULL;
  g_autofree char *shown = g_filename_display_name (path);
  struct stat info;

  if (strcmp (path, "-") == 0)
    {
      g_variant_builder_clear (&record);
      return;
    }
  if (message != 0)
    g_variant_builder_add (&record, "{sv}", "message", g_variant_new_int64 (message));
  g_variant_builder_add (&record, "{sv}", "path", g_variant_new_string (shown));
  if (stat (path, &info) == 0)
    g_variant_builder_add (&record, "{sv}", "size", g_variant_new_int64 (info.st_size));
  taken = g_variant_ref_sink (g_variant_builder_end (&record));
  if (cli->json)
    floo_text_json (taken);
  else
    floo_text_line (path);
  fflush (stdout);
}

/* Waits for the transfer that @reply names, and saves its file. */
static gboolean
fetch (FlooCli *cli, GVariant *reply, gint64 message, GError **error)
{
  const char *output = floo_cli_option (cli, "output"), *folder = floo_cli_option (cli, "folder"), *object, *told = "";
  g_autoptr (GVariant) properties = NULL;
  g_autoptr (GUnixFDList) fds = NULL;
  g_autoptr (GVariant) opened = NULL;
  g_autofree char *name = NULL, *path = g_strdup (output);
  gboolean saved;
  int fd;

  g_variant_get_child (reply, 0, "&o", &object);
  if (!floo_transfer_wait (cli, object, FLOO_CLI_STALL_SECONDS, &properties, error))
    return FALSE;
  opened = floo_cli_call_full (cli, object, "Transfer.Open", NULL, NULL, &fds, error);
  fd = opened != NULL && fds != NULL ? g_unix_fd_list_get (fds, 0, error) : -1;
  if (fd < 0)
    return FALSE;
  g_variant_lookup (properties, "Name", "&s", &told);
  name = safe_name (told);
  saved = output != NULL ? save_as (fd, output, error) : save_in_folder (fd, folder != NULL ? folder : ".", name, &path, error);
  close (fd);
  if (saved)
    print_saved (cli, message, path);
  return saved;
}

static int
download_one (FlooCli *cli, gint64 message)
{
  g_autoptr (GError) error = NULL;
  GVariantBuilder options = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  g_autoptr (GVariant) reply = NULL;

  if (floo_cli_option (cli, "thumbnail") != NULL)
    g_variant_builder_add (&options, "{sv}", "thumbnail", g_variant_new_boolean (TRUE));
  reply = floo_cli_call (cli, "Files.Download", g_variant_new ("(x@a{sv})", message, g_variant_builder_end (&options)), &error);
  if (reply != NULL && fetch (cli, reply, message, &error))
    return 0;
  g_prefix_error (&error, "message %" G_GINT64_FORMAT ": ", message);
  return floo_cli_fail (cli, error);
}

/* ---- all of a conversation ---- */

typedef struct
{
  const char *type; /* (nullable) */
  GArray *ids;
} Files;

static gboolean
collect_files (FlooCli *cli, GVariant *messages, gpointer data, GError **error)
{
  static const char *const with_files[] = { "image", "audio", "video", "file", NULL };
  Files *files = data;

  for (gsize i = 0; i < g_variant_n_children (messages); i++)
    {
      const char *type;
      gint64 id;

      g_variant_get_child (messages, i, "(xxxs&ssxia{sv})", &id, NULL, NULL, NULL, &type, NULL, NULL, NULL, NULL);
      if (files->type != NULL ? strcmp (type, files->type) == 0 : g_strv_contains (with_files, type))
        g_array_append_val (files->ids, id);
    }
  return TRUE;
}

static gboolean
find_files (FlooCli *cli, GArray *ids, GError **error)
{
  FlooHistory history = { .limit = G_MAXINT64, .until = G_MAXINT64, .progress = TRUE };
  Files files = { .type = floo_cli_option (cli, "type"), .ids = ids };
  const char *since = floo_cli_option (cli, "since");
  FlooTarget target;

  if (floo_cli_option (cli, "in") == NULL)
    {
      g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "--all needs --in TO, the conversation");
      return FALSE;
    }
  if (since != NULL && !floo_cli_parse_time ("--since", since, &history.since, error))
    return FALSE;
  if (!floo_names_resolve (cli, floo_cli_option (cli, "in"), FLOO_NAMES_ALL, &target, error))
    return FALSE;
  history.conversation = target.id;
  return floo_history_walk (cli, &history, collect_files, &files, error);
}

static gboolean
check_download (FlooCli *cli, GArray *ids, GError **error)
{
  gboolean all = floo_cli_option (cli, "all") != NULL;
  const char *folder = floo_cli_option (cli, "folder");
  gint64 id;

  for (guint i = 0; i < cli->args->len; i++)
    {
      if (!floo_cli_parse_number ("the id of a message", floo_cli_arg (cli, i), 1, G_MAXINT64, &id, error))
        return FALSE;
      g_array_append_val (ids, id);
    }
  if (all == (ids->len > 0))
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "give ids of messages, or --all --in TO");
  else if (floo_cli_option (cli, "output") != NULL && (all || ids->len > 1 || folder != NULL))
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "--output is for one file; use --folder DIR for several");
  else if (folder != NULL && g_mkdir_with_parents (folder, 0777) < 0)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", folder, g_strerror (errno));
  else
    return !all || find_files (cli, ids, error);
  return FALSE;
}

int
floo_cli_run_download (FlooCli *cli)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) error = NULL;
  int worst = 0;

  if (!check_download (cli, ids, &error))
    return floo_cli_fail (cli, error);
  for (guint i = 0; i < ids->len && worst != FLOO_EXIT_INTERRUPTED; i++)
    {
      int status = download_one (cli, g_array_index (ids, gint64, i));

      worst = MAX (worst, status);
    }
  return worst;
}

int
floo_cli_run_avatar (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  FlooTarget target;

  if (floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_ALL, &target, &error))
    reply = floo_cli_call (
        cli, "Files.GetAvatar",
        g_variant_new ("(sxb)", target.is_group ? "group" : "roster", target.id, floo_cli_option (cli, "thumbnail") != NULL), &error);
  return reply != NULL && fetch (cli, reply, 0, &error) ? 0 : floo_cli_fail (cli, error);
}

/* ---- files of a group ---- */

/* By its id or its name. */
static gboolean
find_group_file (FlooCli *cli, gint64 group, const char *text, gint64 *id, GError **error)
{
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GVariant) files = NULL;
  guint found = 0;

  if (g_ascii_string_to_signed (text, 10, 1, G_MAXINT64, id, NULL))
    return TRUE;
  reply = floo_cli_call (cli, "Groups.ListFiles", g_variant_new ("(x)", group), error);
  if (reply == NULL)
    return FALSE;
  files = floo_reply_get ("Groups.ListFiles", reply, "files");
  for (gsize i = 0; i < g_variant_n_children (files); i++)
    {
      g_autoptr (GVariant) file = g_variant_get_child_value (files, i);
      const char *name = "";

      g_variant_lookup (file, "name", "&s", &name);
      if (strcmp (name, text) == 0 && g_variant_lookup (file, "file_id", "x", id))
        found++;
    }
  if (found == 0)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "no file of this group is called %s", text);
  else if (found > 1)
    g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_AMBIGUOUS, "%u files of this group are called %s: give the id", found, text);
  return found == 1;
}

int
floo_cli_run_group_fetch (FlooCli *cli)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = NULL;
  FlooTarget group;
  gint64 file;

  if (floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_GROUPS, &group, &error)
      && find_group_file (cli, group.id, floo_cli_arg (cli, 1), &file, &error))
    reply = floo_cli_call (cli, "Groups.DownloadFile", g_variant_new ("(xx)", group.id, file), &error);
  return reply != NULL && fetch (cli, reply, 0, &error) ? 0 : floo_cli_fail (cli, error);
}

/* Hands over the file @path; waits for the upload. @args has the descriptor's index 0. */
static int
upload (FlooCli *cli, const char *path, const char *method, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) taken = g_variant_ref_sink (args);
  g_autoptr (GUnixFDList) fds = floo_cli_open_file (path, &error);
  g_autoptr (GVariant) reply = fds != NULL ? floo_cli_call_full (cli, NULL, method, taken, fds, NULL, &error) : NULL;
  g_autoptr (GVariant) properties = NULL;
  const char *object;

  if (reply == NULL)
    return floo_cli_fail (cli, error);
  g_variant_get (reply, "(&o)", &object);
  return floo_transfer_wait (cli, object, FLOO_CLI_STALL_SECONDS, &properties, &error) ? 0 : floo_cli_fail (cli, error);
}

/* The command's first argument is the group, the second the file. */
static int
upload_for_group (FlooCli *cli, const char *method, gboolean has_options)
{
  g_autoptr (GError) error = NULL;
  const char *path = floo_cli_arg (cli, 1);
  g_autofree char *name = floo_cli_dup_file_name (cli, path);
  FlooTarget group;

  if (!floo_names_resolve (cli, floo_cli_arg (cli, 0), FLOO_NAMES_GROUPS, &group, &error))
    return floo_cli_fail (cli, error);
  return upload (cli, path, method,
                 has_options ? g_variant_new ("(xhsa{sv})", group.id, 0, name, NULL) : g_variant_new ("(xhs)", group.id, 0, name));
}

int
floo_cli_run_group_share (FlooCli *cli)
{
  return upload_for_group (cli, "Groups.ShareFile", TRUE);
}

int
floo_cli_run_group_avatar (FlooCli *cli)
{
  return upload_for_group (cli, "Groups.SetAvatar", FALSE);
}

int
floo_cli_run_profile_avatar (FlooCli *cli)
{
  const char *path = floo_cli_arg (cli, 0);
  g_autofree char *name = floo_cli_dup_file_name (cli, path);

  return upload (cli, path, "Account.SetAvatar", g_variant_new ("(hs)", 0, name));
}
