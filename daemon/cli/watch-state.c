/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/watch.h"

/* The file's size: one line padded with blanks and written at once, since a write within a sector is atomic. */
#define FILE_SIZE 256
#define HEADER "flooim-watch 1 "

static gboolean
file_error (FlooWatchState *state, const char *what, GError **error)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", state->path, what);
  return FALSE;
}

/* An empty file is a new state. */
static gboolean
read_file (FlooWatchState *state, GError **error)
{
  char text[FILE_SIZE + 1] = { 0 };
  ssize_t len = pread (state->fd, text, FILE_SIZE, 0);
  char journal[FILE_SIZE] = { 0 };
  guint64 serial;
  gint64 message;

  if (len < 0)
    return file_error (state, g_strerror (errno), error);
  if (len == 0)
    return TRUE;
  if (sscanf (text, HEADER "%200s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, journal, &serial, &message) != 3)
    return file_error (state, "this is not a state file of flooim watch; it is left unchanged", error);
  state->journal = g_strdup (journal);
  state->serial = serial;
  state->message = message;
  return TRUE;
}

gboolean
floo_watch_state_open (FlooWatchState *state, const char *path, GError **error)
{
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  *state = (FlooWatchState){ .fd = -1 };
  if (path == NULL)
    return TRUE;
  state->path = g_filename_display_name (path);
  state->fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (state->fd < 0)
    return file_error (state, g_strerror (errno), error);
  /* Of this process alone: a handler that is being started when we are killed does not keep it. */
  if (fcntl (state->fd, F_SETLK, &lock) < 0)
    return file_error (state, errno == EAGAIN || errno == EACCES ? "another flooim watch uses it" : g_strerror (errno), error);
  return read_file (state, error);
}

void
floo_watch_state_set (FlooWatchState *state, const char *journal, guint64 serial, gint64 message)
{
  if (g_strcmp0 (state->journal, journal) != 0)
    {
      g_free (state->journal);
      state->journal = g_strdup (journal);
    }
  state->serial = serial;
  state->message = message;
  state->changed = TRUE;
}

gboolean
floo_watch_state_save (FlooWatchState *state, GError **error)
{
  char text[FILE_SIZE];
  int len;

  if (state->fd < 0 || !state->changed)
    return TRUE;
  memset (text, ' ', sizeof text);
  len = g_snprintf (text, sizeof text, HEADER "%s %" G_GUINT64_FORMAT " %" G_GINT64_FORMAT, state->journal, state->serial, state->message);
  if (len >= (int) sizeof text - 1)
    return file_error (state, "the journal's id is too long", error);
  text[len] = ' ';
  text[sizeof text - 1] = '\n';
  if (pwrite (state->fd, text, sizeof text, 0) != (ssize_t) sizeof text || fdatasync (state->fd) < 0)
    return file_error (state, g_strerror (errno), error);
  state->changed = FALSE;
  return TRUE;
}

void
floo_watch_state_close (FlooWatchState *state)
{
  if (state->fd >= 0)
    close (state->fd);
  g_free (state->path);
  g_free (state->journal);
}
