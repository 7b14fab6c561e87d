/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/files/input.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <linux/fs.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/image-size.h"
#include "base/media-type.h"
#include "store/engine/files.h"

#define BUFFER_SIZE (256u << 10)
#define COPY_STEP (16u << 20)
#define SNIFF_SIZE 4096
#define MAX_NAME 255

typedef struct {
  int fd;
  char *name;
  char *folder;
  char *copy;   /* (nullable) */
  goffset max_size;
  guint stall_ms;
  GPollFD cancel;
} Take;

static void
take_free (gpointer data)
{
  Take *take = data;

  if (take->fd >= 0)
    close (take->fd);
  g_free (take->name);
  g_free (take->folder);
  g_free (take->copy);
  g_free (take);
}

void
floo_input_free (FlooInput *input)
{
  if (input->fd >= 0)
    close (input->fd);
  g_free (input->type);
  g_free (input);
}

static gboolean
fail (GError **error, const char *what)
{
  int reason = errno;
  gboolean full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;

  g_set_error (error, FLOO_ERROR, full ? FLOO_ERROR_STORAGE_FULL : FLOO_ERROR_FILE, "%s: %s", what, g_strerror (reason));
  return FALSE;
}

static gboolean
too_large (goffset max, GError **error)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "the file is larger than the limit of %" G_GOFFSET_FORMAT " bytes", max);
  return FALSE;
}

/* ---- describing ---- */

static gsize
read_at (gpointer source, guint64 offset, guint8 *buffer, gsize len)
{
  gsize done = 0;

  while (done < len)
    {
      ssize_t n = pread (*(int *) source, buffer + done, len - done, (off_t) (offset + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      done += (gsize) n;
    }
  return done;
}

/* @fd: (transfer full) */
static FlooInput *
describe (int fd, const char *name, GError **error)
{
  g_autoptr (FlooInput) input = g_new0 (FlooInput, 1);
  g_autofree guint8 *head = g_malloc (SNIFF_SIZE);
  struct stat info;
  gsize len;

  input->fd = fd;
  if (fstat (fd, &info) != 0 || lseek (fd, 0, SEEK_SET) != 0)
    {
      fail (error, "the file cannot be read");
      return NULL;
    }
  input->size = info.st_size;
  len = read_at (&fd, 0, head, SNIFF_SIZE);
  input->type = floo_media_type_guess (name, head, len);
  if (!floo_image_size (read_at, &fd, &input->width, &input->height))
    input->width = input->height = 0;
  return g_steal_pointer (&input);
}

FlooInput *
floo_input_open (const char *path, const char *name, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

  if (fd < 0)
    {
      fail (error, "the copy of the file cannot be read");
      return NULL;
    }
  return describe (fd, name, error);
}

/* ---- copying ---- */

/* Waits until there is something to read. A regular file is always readable. */
static gboolean
wait_for_input (Take *take, GCancellable *cancellable, GError **error)
{
  struct pollfd fds[2] = { { .fd = take->fd, .events = POLLIN }, { .fd = take->cancel.fd, .events = POLLIN } };
  int n;

  do
    n = poll (fds, 2, (int) MIN (take->stall_ms, G_MAXINT));
  while (n < 0 && errno == EINTR && !g_cancellable_is_cancelled (cancellable));
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (n > 0)
    return TRUE;
  if (n < 0)
    return fail (error, "the file cannot be read");
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT, "nothing came from the pipe or socket in time");
  return FALSE;
}

static gboolean
write_all (int fd, const guint8 *data, gsize len, GError **error)
{
  while (len > 0)
    {
      ssize_t n = write (fd, data, len);

      if (n < 0 && errno != EINTR)
        return fail (error, "the file cannot be copied");
      data += MAX (n, 0);
      len -= (gsize) MAX (n, 0);
    }
  return TRUE;
}

static gboolean
copy_stream (Take *take, int to, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = g_malloc (BUFFER_SIZE);
  goffset sum = 0;

  while (TRUE)
    {
      ssize_t n;

      if (!wait_for_input (take, cancellable, error))
        return FALSE;
      n = read (take->fd, buffer, BUFFER_SIZE);
      if (n == 0)
        return TRUE;
      if (n < 0 && (errno == EINTR || errno == EAGAIN))
        continue;
      if (n < 0)
        return fail (error, "the file cannot be read");
      sum += n;
      if (sum > take->max_size)
        return too_large (take->max_size, error);
      if (!write_all (to, buffer, (gsize) n, error))
        return FALSE;
    }
}

/*
 * Copies to the end of the file, whatever its size is: it may grow or shrink meanwhile, and files of /proc have no size.
 * As a reflink if the file system supports that, else within the kernel if possible.
 */
static gboolean
copy_regular (Take *take, int to, GCancellable *cancellable, GError **error)
{
  g_autofree guint8 *buffer = NULL;
  off_t from = 0;

  if (ioctl (to, FICLONE, take->fd) == 0)
    return TRUE;
  while (TRUE)
    {
      ssize_t n = buffer == NULL ? copy_file_range (take->fd, &from, to, NULL, COPY_STEP, 0) : pread (take->fd, buffer, BUFFER_SIZE, from);

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (n < 0 && errno == EINTR)
        continue;
      if (n == 0 && buffer != NULL)
        return TRUE;
      if (buffer == NULL && (n == 0 || errno == EXDEV || errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP || errno == EBADF)
          && n <= 0)
        buffer = g_malloc (BUFFER_SIZE); /* not between these two, or it is the end */
      else if (n < 0)
        return fail (error, "the file cannot be copied");
      else if (buffer != NULL)
        {
          if (!write_all (to, buffer, (gsize) n, error))
            return FALSE;
          from += n;
        }
      if (from > take->max_size)
        return too_large (take->max_size, error);
    }
}

gboolean
floo_input_copy (const FlooInput *input, int to, GCancellable *cancellable, GError **error)
{
  Take take = { .fd = input->fd, .max_size = G_MAXOFFSET };

  return copy_regular (&take, to, cancellable, error);
}

/* The copy may be larger than the file was when its size was read. */
static gboolean
check_copy (const Take *take, int to, GError **error)
{
  struct stat info;

  if (fstat (to, &info) != 0)
    return fail (error, "the file cannot be copied");
  return info.st_size <= take->max_size || too_large (take->max_size, error);
}

static gboolean
copy_all (Take *take, const struct stat *info, int to, GCancellable *cancellable, GError **error)
{
  if (S_ISREG (info->st_mode) ? !copy_regular (take, to, cancellable, error) : !copy_stream (take, to, cancellable, error))
    return FALSE;
  if (!check_copy (take, to, error))
    return FALSE;
  return take->copy == NULL || fsync (to) == 0 || fail (error, "the file cannot be copied");
}

/* A file without a name; on file systems without O_TMPFILE one that is unlinked at once. */
static int
open_unnamed (const char *folder)
{
  int fd = open (folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  g_autofree char *template = NULL;

  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
    return fd;
  template = g_build_filename (folder, "input-XXXXXX", NULL);
  fd = g_mkstemp_full (template, O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    g_unlink (template);
  return fd;
}

static FlooInput *
make_copy (Take *take, const struct stat *info, GCancellable *cancellable, GError **error)
{
  g_autofree char *path = take->copy != NULL ? g_build_filename (take->folder, take->copy, NULL) : NULL;
  int fd;

  if (!floo_folder_prepare (take->folder, error))
    return NULL;
  fd = path != NULL ? open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600) : open_unnamed (take->folder);
  if (fd < 0)
    {
      fail (error, "the file cannot be copied");
      return NULL;
    }
  if (copy_all (take, info, fd, cancellable, error))
    {
      if (path != NULL)
        floo_folder_sync (take->folder);
      return describe (fd, take->name, error);
    }
  close (fd);
  if (path != NULL)
    floo_file_remove (path, NULL);
  return NULL;
}

/* Opens the client's file again, with an offset of our own. -1: it has to be copied */
static int
reopen (int fd)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);

  return open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

/* Whether a regular file has as many bytes as its size says, unlike files of /proc and /sys, or one that is being written. */
static gboolean
has_size (int fd, goffset size)
{
  guint8 byte;

  return (size == 0 || pread (fd, &byte, 1, size - 1) == 1) && pread (fd, &byte, 1, size) == 0;
}

static FlooInput *
take_input (Take *take, GCancellable *cancellable, GError **error)
{
  struct stat info;
  int fd;

  if (fstat (take->fd, &info) != 0)
    {
      fail (error, "the file cannot be used");
      return NULL;
    }
  if ((fcntl (take->fd, F_GETFL) & O_ACCMODE) == O_WRONLY || (fcntl (take->fd, F_GETFL) & O_PATH) != 0
      || (!S_ISREG (info.st_mode) && !S_ISFIFO (info.st_mode) && !S_ISSOCK (info.st_mode)))
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_FILE, "the descriptor is not a readable file, pipe or socket");
      return NULL;
    }
  if (S_ISREG (info.st_mode) && info.st_size > take->max_size)
    {
      too_large (take->max_size, error);
      return NULL;
    }
  if (take->copy == NULL && S_ISREG (info.st_mode) && has_size (take->fd, info.st_size))
    {
      fd = reopen (take->fd);
      if (fd >= 0)
        return describe (fd, take->name, error);
    }
  return make_copy (take, &info, cancellable, error);
}

static gpointer
take_thread (gpointer data)
{
  g_autoptr (GTask) task = data;
  Take *take = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;
  FlooInput *input = NULL;

  if (g_cancellable_make_pollfd (cancellable, &take->cancel))
    {
      input = take_input (take, cancellable, &error);
      g_cancellable_release_fd (cancellable);
    }
  else
    error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_FILE, "too many files are open");
  if (input != NULL)
    g_task_return_pointer (task, input, (GDestroyNotify) floo_input_free);
  else
    g_task_return_error (task, error);
  return NULL;
}

void
floo_input_take_async (int fd, const char *name, const char *folder, const char *copy, goffset max_size, guint stall_ms,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  Take *take = g_new0 (Take, 1);
  GThread *thread;

  g_task_set_source_tag (task, floo_input_take_async);
  take->fd = fd;
  take->name = g_strdup (name);
  take->folder = g_strdup (folder);
  take->copy = g_strdup (copy);
  take->max_size = max_size;
  take->stall_ms = stall_ms;
  g_task_set_task_data (task, take, take_free);
  thread = g_thread_try_new ("flooimd-input", take_thread, g_object_ref (task), &error);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }
  g_object_unref (task);
  g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_FILE, "the file cannot be read now: %s", error->message);
}

FlooInput *
floo_input_take_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_input_take_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

char *
floo_input_tidy_name (const char *name)
{
  const char *base = strrchr (name, '/');
  g_autofree char *valid = g_utf8_make_valid (base != NULL ? base + 1 : name, -1);
  GString *text = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (text->len + 4 > MAX_NAME)
        break;
      g_string_append_unichar (text, g_unichar_iscntrl (c) ? '_' : c);
    }
  g_strstrip (text->str);
  if (*text->str == '\0' || strcmp (text->str, ".") == 0 || strcmp (text->str, "..") == 0)
    g_string_assign (text, "file");
  return g_string_free (text, FALSE);
}
