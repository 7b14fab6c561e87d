/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/engine/files.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

gboolean
floo_file_fail (GError **error, FlooError code, const char *what, const char *path)
{
  int reason = errno;
  gboolean full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;

  g_set_error (error, FLOO_ERROR, full ? FLOO_ERROR_STORAGE_FULL : code, "%s %s: %s", what, path, g_strerror (reason));
  return FALSE;
}

static gboolean
fail (GError **error, const char *what, const char *path)
{
  return floo_file_fail (error, FLOO_ERROR_STORAGE, what, path);
}

gboolean
floo_folder_prepare (const char *folder, GError **error)
{
  struct stat info;

  if (g_mkdir_with_parents (folder, 0700) != 0 || stat (folder, &info) != 0)
    return fail (error, "Cannot make the folder", folder);
  if ((info.st_mode & 07777) != 0700 && chmod (folder, 0700) != 0)
    return fail (error, "Cannot set the permissions of", folder);
  return TRUE;
}

gboolean
floo_file_prepare (const char *path, GError **error)
{
  int fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  struct stat info;
  gboolean ok;

  if (fd < 0)
    return fail (error, "Cannot open", path);
  ok = fstat (fd, &info) == 0;
  if (ok && !S_ISREG (info.st_mode))
    {
      errno = EINVAL;
      ok = FALSE;
    }
  if (ok && (info.st_mode & 07777) != 0600)
    ok = fchmod (fd, 0600) == 0;
  if (!ok)
    fail (error, "Cannot use", path);
  close (fd);
  return ok;
}

static gboolean
write_all (int fd, const char *text)
{
  gsize left = strlen (text);

  while (left > 0)
    {
      ssize_t n = write (fd, text, left);

      if (n < 0 && errno != EINTR)
        return FALSE;
      text += MAX (n, 0);
      left -= (gsize) MAX (n, 0);
    }
  return fsync (fd) == 0;
}

gboolean
floo_file_write_durably (const char *path, const char *text, GError **error)
{
  g_autofree char *temporary = g_strconcat (path, ".new", NULL);
  g_autofree char *folder = g_path_get_dirname (path);
  int fd = open (temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  gboolean ok;

  if (fd < 0)
    return fail (error, "Cannot write", temporary);
  ok = write_all (fd, text);
  if (!ok)
    fail (error, "Cannot write", temporary);
  close (fd);
  if (!ok)
    return FALSE;
  if (g_rename (temporary, path) != 0)
    return fail (error, "Cannot replace", path);
  floo_folder_sync (folder);
  return TRUE;
}

gboolean
floo_file_move (const char *from, const char *to, GError **error)
{
  return g_rename (from, to) == 0 || errno == ENOENT || fail (error, "Cannot rename", from);
}

gboolean
floo_file_remove (const char *path, GError **error)
{
  return g_unlink (path) == 0 || errno == ENOENT || fail (error, "Cannot delete", path);
}

gboolean
floo_file_remove_database (const char *path, GError **error)
{
  static const char *const suffixes[] = { "-wal", "-shm", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_autofree char *name = g_strconcat (path, suffixes[i], NULL);

      if (!floo_file_remove (name, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
floo_folder_remove (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (!floo_file_remove (path, error))
        return FALSE;
    }
  return g_rmdir (folder) == 0 || errno == ENOENT || fail (error, "Cannot delete", folder);
}

void
floo_folder_sync (const char *folder)
{
  int fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

  if (fd < 0)
    return;
  if (fsync (fd) != 0)
    g_debug ("%s cannot be synchronised: %s", folder, g_strerror (errno));
  close (fd);
}
