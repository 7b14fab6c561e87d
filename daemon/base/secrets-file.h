/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secrets-file.h: where the login record is in a data folder. Part of secrets.c.
 *
 * Two files tell where the valid record is, so that a stale copy elsewhere is never used:
 *
 *   login.json     is there: it is the record
 *   login.keyring  is there, and no login.json: the Secret Service has the record
 *   neither        there is none, whatever the Secret Service may still hold
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_SECRETS_FILE "login.json"
#define FLOO_SECRETS_MARKER "login.keyring"

typedef enum {
  FLOO_SECRETS_FILE_READ,   /* the text, or NULL; then floo_secrets_file_finish() tells whether the marker is there */
  FLOO_SECRETS_FILE_WRITE,  /* the text becomes the valid record */
  FLOO_SECRETS_FILE_MARK,   /* the Secret Service now has the valid record */
  FLOO_SECRETS_FILE_REMOVE  /* there is no record any more */
} FlooSecretsFileAction;

/**
 * floo_secrets_file_async:
 * @text: (nullable): for WRITE
 *
 * Does @action on a worker thread; what it changed is on the disk when it is done. Errors: FLOO_ERROR_FILE or
 * FLOO_ERROR_STORAGE_FULL naming the file.
 */
void floo_secrets_file_async (FlooSecretsFileAction action, const char *dir, const char *text, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
/* @text: (out) (optional) (transfer full) (nullable): of READ; free with floo_secrets_text_free(). @marked: (out) (optional). */
gboolean floo_secrets_file_finish (GAsyncResult *result, char **text, gboolean *marked, GError **error);

/* Frees @text (nullable) with zeroing. */
void floo_secrets_text_free (char *text);

G_END_DECLS
