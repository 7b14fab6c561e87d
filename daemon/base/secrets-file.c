/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secrets-file.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define MAX_FILE (64 << 10)
#define FILE_NEW FLOO_SECRETS_FILE ".new"

typedef struct {
  FlooSecretsFileAction action;
  char *dir;
  char *text;
  gboolean marked;
} Job;

typedef int Fd;

static void
fd_clear (Fd *fd)
{
  if (*fd >= 0)
    close (*fd);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fd, fd_clear)

void
floo_secrets_text_free (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
job_free (Job *job)
{
  g_free (job->dir);
  floo_secrets_text_free (job->text);
  g_free (job);
}

/* FALSE, for the last errno. */
static gboolean
fail (const Job *job, const char *name, const char *what, GError **error)
{
  int saved = errno;
  g_autofree char *path = g_build_filename (job->dir, name, NULL);
  g_autofree char *shown = g_filename_display_name (path);

  g_set_error (error, FLOO_ERROR, saved == ENOSPC || saved == EDQUOT ? FLOO_ERROR_STORAGE_FULL : FLOO_ERROR_FILE,
               "Cannot %s %s: %s", what, shown, g_strerror (saved));
  return FALSE;
}

/* Removes the permissions of group and others. */
static gboolean
tighten (const Job *job, Fd fd, const char *name, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) != 0)
    return fail (job, name, "inspect", error);
  if ((st.st_mode & 077) == 0)
    return TRUE;
  if (fchmod (fd, st.st_mode & 07700) != 0)
    return fail (job, name, "protect", error);
  g_warning ("%s/%s was accessible to other users (mode %04o); access is now restricted to you", job->dir, name, st.st_mode & 07777u);
  return TRUE;
}

/* The folder, -1 with @error set; *@missing where there is none (and @create is FALSE). */
static Fd
open_dir (const Job *job, gboolean create, gboolean *missing, GError **error)
{
  g_auto (Fd) dir = -1;

  *missing = FALSE;
  if (create && g_mkdir_with_parents (job->dir, 0700) != 0)
    {
      fail (job, "", "make", error);
      return -1;
    }
  dir = open (job->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir < 0 && errno == ENOENT)
    *missing = TRUE;
  else if (dir < 0)
    fail (job, "", "open", error);
  else if (tighten (job, dir, "", error))
    {
      Fd opened = dir;

      dir = -1;
      return opened;
    }
  return -1;
}

static gboolean
read_text (Job *job, Fd dir, GError **error)
{
  g_auto (Fd) fd = openat (dir, FLOO_SECRETS_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  struct stat st;
  gsize used = 0;

  if (fd < 0)
    return errno == ENOENT ? TRUE : fail (job, FLOO_SECRETS_FILE, "open", error);
  if (fstat (fd, &st) != 0)
    return fail (job, FLOO_SECRETS_FILE, "inspect", error);
  if (!S_ISREG (st.st_mode) || st.st_size > MAX_FILE)
    {
      errno = EINVAL;
      return fail (job, FLOO_SECRETS_FILE, "read", error);
    }
  if (!tighten (job, fd, FLOO_SECRETS_FILE, error))
    return FALSE;
  job->text = g_malloc0 (st.st_size + 1);
  while (used < (gsize) st.st_size)
    {
      ssize_t n = read (fd, job->text + used, st.st_size - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (job, FLOO_SECRETS_FILE, "read", error);
      if (n == 0)
        break;
      used += (gsize) n;
    }
  return TRUE;
}

/* Writes @name whole and flushes it. */
static gboolean
write_file (const Job *job, Fd dir, const char *name, const char *text, GError **error)
{
  g_auto (Fd) fd = openat (dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
  gsize len = strlen (text);
  gsize used = 0;

  if (fd < 0)
    return fail (job, name, "write", error);
  if (fchmod (fd, 0600) != 0)
    return fail (job, name, "protect", error);
  while (used < len)
    {
      ssize_t n = write (fd, text + used, len - used);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail (job, name, "write", error);
      used += (gsize) n;
    }
  return fsync (fd) == 0 || fail (job, name, "write", error);
}

static gboolean
remove_file (const Job *job, Fd dir, const char *name, GError **error)
{
  return unlinkat (dir, name, 0) == 0 || errno == ENOENT || fail (job, name, "remove", error);
}

static gboolean
sync_dir (const Job *job, Fd dir, GError **error)
{
  return fsync (dir) == 0 || fail (job, "", "write", error);
}

/* The order within each is such that a crash in between leaves either the old or the new state. */
static gboolean
do_write (const Job *job, Fd dir, GError **error)
{
  if (!write_file (job, dir, FILE_NEW, job->text, error))
    {
      unlinkat (dir, FILE_NEW, 0);
      return FALSE;
    }
  if (renameat (dir, FILE_NEW, dir, FLOO_SECRETS_FILE) != 0)
    return fail (job, FLOO_SECRETS_FILE, "write", error);
  return sync_dir (job, dir, error) && remove_file (job, dir, FLOO_SECRETS_MARKER, error);
}

static gboolean
do_mark (const Job *job, Fd dir, GError **error)
{
  return write_file (job, dir, FLOO_SECRETS_MARKER, "", error) && sync_dir (job, dir, error)
         && remove_file (job, dir, FLOO_SECRETS_FILE, error) && sync_dir (job, dir, error);
}

static gboolean
do_remove (const Job *job, Fd dir, GError **error)
{
  return remove_file (job, dir, FILE_NEW, error) && remove_file (job, dir, FLOO_SECRETS_MARKER, error)
         && remove_file (job, dir, FLOO_SECRETS_FILE, error) && sync_dir (job, dir, error);
}

static gboolean
do_read (Job *job, Fd dir, GError **error)
{
  job->marked = faccessat (dir, FLOO_SECRETS_MARKER, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
  return read_text (job, dir, error);
}

static void
job_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Job *job = task_data;
  gboolean create = job->action == FLOO_SECRETS_FILE_WRITE || job->action == FLOO_SECRETS_FILE_MARK;
  gboolean missing;
  gboolean done = FALSE;
  GError *error = NULL;
  g_auto (Fd) dir = open_dir (job, create, &missing, &error);

  if (dir < 0)
    done = missing && error == NULL;
  else if (job->action == FLOO_SECRETS_FILE_READ)
    done = do_read (job, dir, &error);
  else if (job->action == FLOO_SECRETS_FILE_WRITE)
    done = do_write (job, dir, &error);
  else if (job->action == FLOO_SECRETS_FILE_MARK)
    done = do_mark (job, dir, &error);
  else
    done = do_remove (job, dir, &error);

  if (done)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
floo_secrets_file_async (FlooSecretsFileAction action, const char *dir, const char *text, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Job *job = g_new0 (Job, 1);

  g_task_set_source_tag (task, floo_secrets_file_async);
  job->action = action;
  job->dir = g_strdup (dir);
  job->text = g_strdup (text);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);
  g_task_run_in_thread (task, job_thread);
}

gboolean
floo_secrets_file_finish (GAsyncResult *result, char **text, gboolean *marked, GError **error)
{
  Job *job = g_task_get_task_data (G_TASK (result));

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return FALSE;
  if (text != NULL)
    *text = g_steal_pointer (&job->text);
  if (marked != NULL)
    *marked = job->marked;
  return TRUE;
}
