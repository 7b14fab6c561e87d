/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/files/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "store/engine/files.h"

#define PART ".part"

char *
floo_cache_dup_path (const char *folder, const char *name)
{
  g_assert (*name != '\0' && strspn (name, G_CSET_a_2_z G_CSET_DIGITS "-") == strlen (name));
  return g_build_filename (folder, name, NULL);
}

static char *
part_path (const char *folder, const char *name, guint64 id)
{
  g_autofree char *path = floo_cache_dup_path (folder, name);

  return g_strdup_printf ("%s.%" G_GUINT64_FORMAT PART, path, id);
}

/* The modification time that marks a complete file of @size bytes. Even seconds between 1987 and 2004, which every file system can store. */
static struct timespec
stamp_of (goffset size)
{
  return (struct timespec){ .tv_sec = (1 << 29) + 2 * (size % (1 << 28)) };
}

static gboolean
set_stamp (int fd)
{
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT } };
  struct stat info;

  if (fstat (fd, &info) != 0)
    return FALSE;
  times[1] = stamp_of (info.st_size);
  return futimens (fd, times) == 0;
}

static gboolean
has_stamp (const struct stat *info)
{
  return info->st_mtim.tv_sec == stamp_of (info->st_size).tv_sec && info->st_mtim.tv_nsec == 0;
}

int
floo_cache_open (const char *folder, const char *name, goffset *size, GError **error)
{
  static const struct timespec now_and_as_it_is[2] = { { .tv_nsec = UTIME_NOW }, { .tv_nsec = UTIME_OMIT } };
  g_autofree char *path = floo_cache_dup_path (folder, name);
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  struct stat info;

  if (fd < 0)
    {
      if (errno != ENOENT)
        floo_file_fail (error, FLOO_ERROR_FILE, "Cannot open", path);
      return -1;
    }
  /* Fails while the file is being removed. */
  if (flock (fd, LOCK_SH | LOCK_NB) != 0 || fstat (fd, &info) != 0 || !S_ISREG (info.st_mode) || info.st_nlink == 0
      || !has_stamp (&info))
    {
      close (fd);
      return -1;
    }
  /* Sets the access time itself, whatever the mount options are. */
  if (futimens (fd, now_and_as_it_is) != 0)
    g_debug ("%s: the access time could not be set: %s", path, g_strerror (errno));
  if (size != NULL)
    *size = info.st_size;
  return fd;
}

int
floo_cache_create (const char *folder, const char *name, guint64 id, GError **error)
{
  g_autofree char *path = part_path (folder, name, id);
  int fd;

  if (!floo_folder_prepare (folder, error))
    return -1;
  fd = open (path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  if (fd >= 0 && flock (fd, LOCK_SH | LOCK_NB) == 0)
    return fd;
  floo_file_fail (error, FLOO_ERROR_FILE, "Cannot write", path);
  if (fd >= 0)
    close (fd);
  return -1;
}

gboolean
floo_cache_publish (const char *folder, const char *name, guint64 id, int fd, GError **error)
{
  g_autofree char *part = part_path (folder, name, id);
  g_autofree char *path = floo_cache_dup_path (folder, name);

  if (!set_stamp (fd) || fsync (fd) != 0)
    return floo_file_fail (error, FLOO_ERROR_FILE, "Cannot write", part);
  if (g_rename (part, path) != 0)
    return floo_file_fail (error, FLOO_ERROR_FILE, "Cannot rename", part);
  floo_folder_sync (folder);
  return TRUE;
}

void
floo_cache_discard (const char *folder, const char *name, guint64 id)
{
  g_autofree char *part = part_path (folder, name, id);

  floo_file_remove (part, NULL);
}

void
floo_cache_recover (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, PART))
      {
        g_autofree char *path = g_build_filename (folder, name, NULL);

        floo_file_remove (path, NULL);
      }
}

/* ---- cleaning ---- */

typedef struct {
  char *path;
  goffset size;
  gint64 used; /* s */
} Entry;

static void
entry_clear (gpointer data)
{
  g_free (((Entry *) data)->path);
}

static int
compare_use (gconstpointer a, gconstpointer b)
{
  const Entry *first = a, *second = b;

  return first->used < second->used ? -1 : first->used > second->used;
}

static GArray *
list_files (const char *folder, goffset *sum)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  g_array_set_clear_func (entries, entry_clear);
  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      struct stat info;
      Entry entry;

      if (lstat (path, &info) != 0 || !S_ISREG (info.st_mode))
        continue;
      *sum += info.st_size;
      if (g_str_has_suffix (name, PART))
        continue;
      entry = (Entry){ g_steal_pointer (&path), info.st_size, info.st_atime };
      g_array_append_val (entries, entry);
    }
  return entries;
}

/* Removes a file unless it is open. */
static gboolean
remove_unused (const char *path)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  gboolean removed;

  if (fd < 0)
    return FALSE;
  removed = flock (fd, LOCK_EX | LOCK_NB) == 0 && floo_file_remove (path, NULL);
  close (fd);
  return removed;
}

goffset
floo_cache_clean (const char *folder, goffset max_bytes, gint64 oldest)
{
  goffset sum = 0;
  g_autoptr (GArray) entries = list_files (folder, &sum);

  g_array_sort (entries, compare_use);
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);

      if (sum <= max_bytes && entry->used >= oldest)
        break;
      if (remove_unused (entry->path))
        sum -= entry->size;
    }
  return sum;
}

static void
cache_file_free (gpointer data)
{
  FlooCacheFile *file = data;

  g_free (file->name);
  g_free (file);
}

GPtrArray *
floo_cache_list_files (const char *folder)
{
  goffset sum = 0;
  g_autoptr (GArray) entries = list_files (folder, &sum);
  GPtrArray *files = g_ptr_array_new_with_free_func (cache_file_free);

  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = &g_array_index (entries, Entry, i);
      FlooCacheFile *file = g_new (FlooCacheFile, 1);

      *file = (FlooCacheFile){ g_path_get_basename (entry->path), entry->size };
      g_ptr_array_add (files, file);
    }
  return files;
}

gboolean
floo_cache_remove (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return remove_unused (path);
}
