/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The cache of files: complete or absent, the least recently used is removed first, an open one is not removed. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/files/cache.h"
#include "store/engine/files.h"

typedef struct {
  char *base;
  char *folder;   /* in base, not there at first */
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->base = g_dir_make_tmp ("flooim-cache-XXXXXX", NULL);
  f->folder = g_build_filename (f->base, "a", "b", NULL);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_autofree char *above = g_path_get_dirname (f->folder);

  floo_folder_remove (f->folder, NULL);
  g_rmdir (above);
  g_assert_cmpint (g_rmdir (f->base), ==, 0);
  g_free (f->folder);
  g_free (f->base);
}

static guint
count (Fixture *f)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

/* A file of @size bytes that was last used at @used (s). */
static void
put (Fixture *f, const char *name, gsize size, gint64 used)
{
  g_autofree char *path = floo_cache_dup_path (f->folder, name);
  const struct timespec times[2] = { { .tv_sec = used }, { .tv_nsec = UTIME_OMIT } };
  g_autoptr (GError) error = NULL;
  int fd = floo_cache_create (f->folder, name, 1, &error);

  g_assert_no_error (error);
  g_assert_cmpint (ftruncate (fd, (off_t) size), ==, 0);
  g_assert_true (floo_cache_publish (f->folder, name, 1, fd, &error));
  g_assert_no_error (error);
  close (fd);
  g_assert_cmpint (utimensat (AT_FDCWD, path, times, 0), ==, 0);
}

static gboolean
has (Fixture *f, const char *name)
{
  g_autofree char *path = floo_cache_dup_path (f->folder, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
test_life (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  goffset size = 0;
  char text[8] = "";
  struct stat info;
  int fd;

  g_assert_cmpint (floo_cache_open (f->folder, "message-1", &size, &error), ==, -1);
  g_assert_no_error (error);
  fd = floo_cache_create (f->folder, "message-1", 7, &error);
  g_assert_no_error (error);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (write (fd, "hello", 5), ==, 5);
  g_assert_false (has (f, "message-1"));
  g_assert_true (floo_cache_publish (f->folder, "message-1", 7, fd, &error));
  g_assert_no_error (error);
  close (fd);
  fd = floo_cache_open (f->folder, "message-1", &size, &error);
  g_assert_no_error (error);
  g_assert_cmpint (size, ==, 5);
  g_assert_cmpint (read (fd, text, sizeof text), ==, 5);
  g_assert_cmpint (memcmp (text, "hello", 5), ==, 0);
  close (fd);
  g_assert_cmpint (lstat (f->folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
}

/* Two may write the same file at a time; one that is aborted does not disturb the other, and a kill leaves nothing behind. */
static void
test_parts (Fixture *f, gconstpointer data)
{
  int first = floo_cache_create (f->folder, "message-1", 1, NULL), second = floo_cache_create (f->folder, "message-1", 2, NULL);

  g_assert_cmpuint (count (f), ==, 2);
  floo_cache_discard (f->folder, "message-1", 1);
  g_assert_true (floo_cache_publish (f->folder, "message-1", 2, second, NULL));
  close (first);
  close (second);
  g_assert_cmpuint (count (f), ==, 1);
  close (floo_cache_create (f->folder, "message-2", 3, NULL));
  floo_cache_recover (f->folder);
  g_assert_cmpuint (count (f), ==, 1);
  g_assert_true (has (f, "message-1"));
}

static void
test_size (Fixture *f, gconstpointer data)
{
  put (f, "message-1", 1000, 3000);
  put (f, "message-2", 1000, 1000);
  put (f, "message-3", 1000, 2000);
  g_assert_cmpint (floo_cache_clean (f->folder, 3000, 0), ==, 3000);
  g_assert_cmpint (floo_cache_clean (f->folder, 2999, 0), ==, 2000);
  g_assert_false (has (f, "message-2"));
  /* A file that is used becomes the last to be removed. */
  close (floo_cache_open (f->folder, "message-3", NULL, NULL));
  g_assert_cmpint (floo_cache_clean (f->folder, 1000, 0), ==, 1000);
  g_assert_true (has (f, "message-3"));
}

static void
test_age (Fixture *f, gconstpointer data)
{
  put (f, "message-1", 1, 1000);
  put (f, "message-2", 1, 2000);
  g_assert_cmpint (floo_cache_clean (f->folder, 100, 1500), ==, 1);
  g_assert_true (has (f, "message-2"));
}

static void
test_open (Fixture *f, gconstpointer data)
{
  int fd;

  put (f, "message-1", 1000, 1000);
  put (f, "message-2", 1000, 2000);
  fd = floo_cache_open (f->folder, "message-1", NULL, NULL);
  g_assert_cmpint (floo_cache_clean (f->folder, 0, G_MAXINT64), ==, 1000);
  g_assert_true (has (f, "message-1"));
  close (fd);
  g_assert_cmpint (floo_cache_clean (f->folder, 0, 0), ==, 0);
  g_assert_cmpuint (count (f), ==, 0);
}

/* Files that are not the cache's are left alone, and links that lead out of the folder are not followed. */
static void
test_foreign (Fixture *f, gconstpointer data)
{
  g_autofree char *outside = g_build_filename (f->base, "outside", NULL);
  g_autofree char *link_path = NULL;
  g_autoptr (GError) error = NULL;

  put (f, "message-1", 10, 1000);
  link_path = floo_cache_dup_path (f->folder, "message-2");
  g_assert_true (g_file_set_contents (outside, "x", 1, NULL));
  g_assert_cmpint (symlink (outside, link_path), ==, 0);
  g_assert_cmpint (floo_cache_open (f->folder, "message-2", NULL, &error), ==, -1);
  floo_cache_clean (f->folder, 0, G_MAXINT64);
  g_assert_true (g_file_test (outside, G_FILE_TEST_EXISTS));
  g_assert_cmpint (g_unlink (outside), ==, 0);
}

#define ADD(name, func) g_test_add ("/session/cache/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("life", test_life);
  ADD ("parts", test_parts);
  ADD ("size", test_size);
  ADD ("age", test_age);
  ADD ("open", test_open);
  ADD ("foreign", test_foreign);
  return g_test_run ();
}
