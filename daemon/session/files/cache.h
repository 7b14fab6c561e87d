/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache.h: downloaded files in one folder, under generated names. On worker threads. Only for daemon/session.
 *
 * A file is complete or absent: it is written under NAME.ID.part, synchronised and renamed. A client with a descriptor from the cache
 * also has a shared lock on the file (flock locks belong to the descriptor, also in another process): locked files are not removed.
 *
 * A file that was truncated or written to is not used any more. This shows in its modification time: that of a complete file is computed
 * from its size, and a write changes it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_cache_open:
 * @name: letters, digits, "-"
 * @size: (out) (optional)
 *
 * Returns: a locked descriptor to read from, and the file becomes the most recently used one; -1: there is no unchanged file, or with @error
 */
int floo_cache_open (const char *folder, const char *name, goffset *size, GError **error);
/* @id: a number that only this writer uses
 * Returns: a descriptor to read and write the empty NAME.ID.part, locked; -1 with @error. Makes the folder. */
int floo_cache_create (const char *folder, const char *name, guint64 id, GError **error);
/* Makes the file written to @fd visible under its name, durably. */
gboolean floo_cache_publish (const char *folder, const char *name, guint64 id, int fd, GError **error);
/* Deletes NAME.ID.part. */
void floo_cache_discard (const char *folder, const char *name, guint64 id);
/* Returns: (transfer full) */
char *floo_cache_dup_path (const char *folder, const char *name);

typedef struct {
  char *name;
  goffset size;
} FlooCacheFile;

/* Returns: (transfer full): FlooCacheFile: all complete files */
GPtrArray *floo_cache_list_files (const char *folder);
/* Returns: whether the file was removed, which it is not while it is open */
gboolean floo_cache_remove (const char *folder, const char *name);

/* Removes incomplete files that a killed daemon left. */
void floo_cache_recover (const char *folder);

/**
 * floo_cache_clean:
 * @max_bytes: of all files
 * @oldest: files that were last used before this time (s) are removed in any case
 *
 * Removes the least recently used ones first. Returns: bytes that are left
 */
goffset floo_cache_clean (const char *folder, goffset max_bytes, gint64 oldest);

G_END_DECLS
