/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cache.h: downloaded files in one folder, under generated names. On worker threads. Only for daemon/session.
 *
 * A file is complete or absent: it is written under NAME.ID.part, synchronised and renamed. A client that holds a descriptor of the
 * cache's holds a shared lock on the file (flock: it goes with the descriptor, to another process, too): what is locked is not cleaned
 * away.
 *
 * A file that somebody cut or wrote to is not the one that was downloaded. Its modification time tells: a whole file has one that is made
 * of its size, and a client that writes to it changes that.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_cache_open:
 * @name: letters, digits, "-"
 * @size: (out) (optional)
 *
 * Returns: a descriptor to read from, locked, and the file is the one used last; -1: it is not there as it was published, or with @error
 */
int floo_cache_open (const char *folder, const char *name, goffset *size, GError **error);
/* @id: who writes; no two write under one
 * Returns: a descriptor to read and write the empty NAME.ID.part, locked; -1 with @error. Makes the folder. */
int floo_cache_create (const char *folder, const char *name, guint64 id, GError **error);
/* What was written to @fd is there for all from now on, also after a loss of power. */
gboolean floo_cache_publish (const char *folder, const char *name, guint64 id, int fd, GError **error);
/* NAME.ID.part goes. */
void floo_cache_discard (const char *folder, const char *name, guint64 id);
/* Returns: (transfer full) */
char *floo_cache_dup_path (const char *folder, const char *name);

typedef struct {
  char *name;
  goffset size;
} FlooCacheFile;

/* Returns: (transfer full): FlooCacheFile: all whole files */
GPtrArray *floo_cache_list_files (const char *folder);
/* Returns: whether the file went: not where somebody has it open */
gboolean floo_cache_remove (const char *folder, const char *name);

/* What a daemon that was killed left half done goes. */
void floo_cache_recover (const char *folder);

/**
 * floo_cache_clean:
 * @max_bytes: of all files
 * @oldest: what was used last before this time (s) goes in any case
 *
 * The least recently used go first. Returns: bytes that are left
 */
goffset floo_cache_clean (const char *folder, goffset max_bytes, gint64 oldest);

G_END_DECLS
