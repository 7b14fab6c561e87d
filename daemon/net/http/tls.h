/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.h: loads what TLS needs on first use, off the main loop.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_tls_trust:
 * @path: certificates, PEM
 *
 * From now on only certificates of these authorities are trusted, not those of the system's. Reads the file; call it before anything connects.
 *
 * Errors: FLOO_ERROR_INVALID_ARGUMENTS: names what is wrong with the file
 */
gboolean floo_tls_trust (const char *path, GError **error);

/**
 * floo_tls_explain:
 * @errors: what is wrong with a peer's certificate
 *
 * Appends the reason to the message of @error (transfer full). Returns: (transfer full)
 */
GError *floo_tls_explain (GError *error, GTlsCertificateFlags errors);

/* Whether URLs of @scheme use TLS: "https", "wss". */
gboolean floo_tls_is_scheme (const char *scheme);

typedef void (*FlooTlsReady) (gpointer user_data);

/**
 * floo_tls_prepare:
 * @scheme: of what is to be connected to
 * @ready: called once; before this returns where nothing has to be loaded, else from the main loop
 *
 * Loads what the first connection with TLS needs: GIO's module and the authorities that the system trusts. That takes tens of
 * milliseconds and 7 MiB that are not freed, which is not needed for a service without TLS; so it happens before the first such scheme
 * (floo_tls_is_scheme()), on a worker thread. It cannot fail: without TLS the connection fails later.
 */
void floo_tls_prepare (const char *scheme, FlooTlsReady ready, gpointer user_data);

G_END_DECLS
