/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secrets-watch.h: tells when the Secret Service appears on the session bus, or a collection of it is unlocked.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FlooSecretsWatch FlooSecretsWatch;

/**
 * floo_secrets_watch_new:
 * @changed: called from the main context, once a second at most; not for a service that is there already
 */
FlooSecretsWatch *floo_secrets_watch_new (GSourceOnceFunc changed, gpointer user_data);
void floo_secrets_watch_free (FlooSecretsWatch *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooSecretsWatch, floo_secrets_watch_free)

G_END_DECLS
