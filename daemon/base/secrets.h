/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secrets.h: tokens and remembered passwords: the Secret Service, or a file 0600 without one.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_TYPE_SECRETS (floo_secrets_get_type ())
G_DECLARE_FINAL_TYPE (FlooSecrets, floo_secrets, FLOO, SECRETS, GObject)

/**
 * FlooLoginRecord:
 *
 * All that a later start needs to log in by itself. Freed with zeroing.
 */
typedef struct {
  char *app_id;
  char *dns_server;     /* "" the default */
  gint64 user_id;
  char *username;       /* "" where it logged in by id */
  char *token;          /* "" none */
  char *password;       /* "" not remembered */
} FlooLoginRecord;

FlooLoginRecord *floo_login_record_copy (const FlooLoginRecord *record);
/* @a, @b: (nullable): NULL equals NULL only */
gboolean floo_login_record_equal (const FlooLoginRecord *a, const FlooLoginRecord *b);
void floo_login_record_free (FlooLoginRecord *record);
/* Puts a copy of @text in the place of a record's token or password; what was there is overwritten first. */
void floo_login_record_set (char **secret, const char *text);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooLoginRecord, floo_login_record_free)

/**
 * floo_secrets_new:
 * @backend: "auto" (the Secret Service where it is built in and somebody owns or can activate org.freedesktop.secrets on the session bus,
 *    else the file), "keyring" or "file"
 * @instance: (nullable): keeps instances apart
 * @data_dir: where the file "login.json" lies (0600, folder 0700, written by temporary file, fsync and rename)
 */
FlooSecrets *floo_secrets_new (const char *backend, const char *instance, const char *data_dir);

/* Whether a load may ask the user to unlock a locked keyring. */
typedef enum {
  FLOO_SECRETS_ASK_NEVER,
  FLOO_SECRETS_ASK_ONCE,        /* unless an earlier load of this object has asked */
  FLOO_SECRETS_ASK_ALWAYS
} FlooSecretsAsk;

/*
 * All are asynchronous; file I/O runs on a worker thread, a locked keyring may take as long as the user does (callers do
 * not wait for it). Load gives NULL without an error where nothing is stored; FLOO_ERROR_KEYRING where the data folder says that the record is in
 * the Secret Service, and that is locked, not there, or does not answer; FLOO_ERROR_NOT_FOUND where it is unlocked and does not have it. The
 * record is stored as one secret, so that it never mixes two records.
 */
void floo_secrets_load_async (FlooSecrets *self, FlooSecretsAsk ask, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
FlooLoginRecord *floo_secrets_load_finish (FlooSecrets *self, GAsyncResult *result, GError **error);
void floo_secrets_save_async (FlooSecrets *self, const FlooLoginRecord *record, GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean floo_secrets_save_finish (FlooSecrets *self, GAsyncResult *result, GError **error);
void floo_secrets_clear_async (FlooSecrets *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean floo_secrets_clear_finish (FlooSecrets *self, GAsyncResult *result, GError **error);

/* Whether the Secret Service is in use (known after the first call). */
gboolean floo_secrets_is_keyring (FlooSecrets *self);
/* Whether a load with FLOO_SECRETS_ASK_ONCE may still ask. */
gboolean floo_secrets_may_ask (FlooSecrets *self);

G_END_DECLS
