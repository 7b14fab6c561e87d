/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h: files and folders of the account's data. Private to the store and the session; not on the main loop.
 *
 * Errors are of FLOO_ERROR: StorageFull where there is no room, else Storage.
 */
#pragma once

#include "base/error.h"

G_BEGIN_DECLS

/* Sets an error of @code, or of StorageFull, from errno: "@what @path: why". Returns: FALSE */
gboolean floo_file_fail (GError **error, FlooError code, const char *what, const char *path);
/* Makes @folder and its parents, and sets its permissions so that only its owner has access. */
gboolean floo_folder_prepare (const char *folder, GError **error);
/* Makes the file if it is missing, and sets its mode to 0600 whatever the umask is. */
gboolean floo_file_prepare (const char *path, GError **error);
/* Replaces the file's content so that after a crash either the old or the new one is there, and the new one if this returned. */
gboolean floo_file_write_durably (const char *path, const char *text, GError **error);
/* Renames a file; a missing one is no error. */
gboolean floo_file_move (const char *from, const char *to, GError **error);
gboolean floo_file_remove (const char *path, GError **error);
/* An SQLite database with its log; the database itself last. */
gboolean floo_file_remove_database (const char *path, GError **error);
/* Deletes the files in @folder, and @folder; a missing one is no error. */
gboolean floo_folder_remove (const char *folder, GError **error);
/* Makes entries of @folder durable. */
void floo_folder_sync (const char *folder);

G_END_DECLS
