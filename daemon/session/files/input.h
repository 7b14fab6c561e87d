/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * input.h: a file that a client handed over as a descriptor: a regular file, a pipe or a socket. Only for daemon/session.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A file that can be read repeatedly, and its properties. */
typedef struct {
  int fd;           /* at its beginning, with an offset of its own */
  goffset size;
  char *type;       /* media type by its first bytes, and its name */
  guint width;      /* of an image, pixels; 0: not known */
  guint height;
} FlooInput;

void floo_input_free (FlooInput *input);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooInput, floo_input_free)

/**
 * floo_input_take_async:
 * @fd: (transfer full): to read from
 * @name: the file's, as a hint of its type
 * @folder: where a copy goes
 * @copy: (nullable): name of the copy, which is durable when it is done, and a reflink where that is possible; NULL: a regular file is
 *     used itself, and of anything else, or of a file with another size than it says, a copy without a name is made
 * @max_size: bytes
 * @stall_ms: the longest time without data from a pipe
 *
 * Runs on a thread of its own, since a pipe may be slow. Regular files are read from their beginning. Errors: FLOO_ERROR_FILE (not
 * readable; a folder or device), FLOO_ERROR_TOO_LARGE, FLOO_ERROR_TIMEOUT, FLOO_ERROR_STORAGE_FULL, FLOO_ERROR_CANCELLED. Then no copy is
 * left.
 */
void floo_input_take_async (int fd, const char *name, const char *folder, const char *copy, goffset max_size, guint stall_ms,
                            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
FlooInput *floo_input_take_finish (GAsyncResult *result, GError **error);

/* On a worker thread: opens a copy made before and determines its properties. */
FlooInput *floo_input_open (const char *path, const char *name, GError **error);
/* On a worker thread: all its bytes to @to, a file. */
gboolean floo_input_copy (const FlooInput *input, int to, GCancellable *cancellable, GError **error);

/* Returns: (transfer full): a file's name as one line without folders, at most 255 bytes; "file" if nothing is left. */
char *floo_input_tidy_name (const char *name);

G_END_DECLS
