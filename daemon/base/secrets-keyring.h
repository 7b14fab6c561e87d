/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secrets-keyring.h: the login record in the Secret Service. Part of secrets.c.
 *
 * Without libsecret every call ends in FLOO_ERROR_INVALID_ARGUMENTS.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_KEYRING_NAME "org.freedesktop.secrets"
#define FLOO_KEYRING_SCHEMA "im.floo.Daemon1.Login"

gboolean floo_keyring_is_built_in (void);

/**
 * floo_keyring_lookup_async:
 * @instance: "" without one
 * @unlock: whether the user may be asked, once, to unlock the collection; that takes as long as they do
 *
 * Errors: FLOO_ERROR_KEYRING where the item is in a locked collection, or may be: the default collection is locked, or there is none.
 * FLOO_ERROR_FILE: the item is no text. Those of the Secret Service are passed on.
 */
void floo_keyring_lookup_async (const char *instance, gboolean unlock, GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
/* Returns: (transfer full) (nullable): the text; free with floo_keyring_text_free(). NULL without an error: it is unlocked and has none. */
char *floo_keyring_lookup_finish (GAsyncResult *result, GError **error);
void floo_keyring_text_free (char *text);
/* A locked collection prompts the user and may take as long as they need. */
void floo_keyring_store_async (const char *instance, const char *text, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean floo_keyring_store_finish (GAsyncResult *result, GError **error);
void floo_keyring_clear_async (const char *instance, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
/* TRUE also where there was nothing. */
gboolean floo_keyring_clear_finish (GAsyncResult *result, GError **error);

/**
 * floo_keyring_probe_async:
 *
 * Whether somebody owns or can activate org.freedesktop.secrets on the session bus. FALSE without an error where there is no bus.
 */
void floo_keyring_probe_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean floo_keyring_probe_finish (GAsyncResult *result, GError **error);

G_END_DECLS
