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
 * From now on only who can show a certificate of these authorities is trusted, not the system's. Reads the file; before anything connects.
 *
 * Errors: FLOO_ERROR_INVALID_ARGUMENTS: names what is wrong with the file
 */
gboolean floo_tls_trust (const char *path, GError **error);

/**
 * floo_tls_explain:
 * @errors: what is wrong with a peer's certificate
 *
 * Says so behind the message of @error (transfer full). Returns: (transfer full)
 */
GError *floo_tls_explain (GError *error, GTlsCertificateFlags errors);

/* Whether what a URL of @scheme names is spoken to in TLS: "https", "wss". */
gboolean floo_tls_is_scheme (const char *scheme);

typedef void (*FlooTlsReady) (gpointer user_data);

/**
 * floo_tls_prepare:
 * @scheme: of what is to be connected to
 * @ready: called once; before this returns where nothing has to be loaded, else from the main loop
 *
 * Loads what the first connection with TLS needs: GIO's module and the authorities that the system trusts. That takes tens of
 * milliseconds and 7 MiB for good, which a service without TLS does not owe anybody; so it happens before the first such scheme
 * (floo_tls_is_scheme()), on a worker thread. It cannot fail: where there is no TLS the connection says so.
 */
void floo_tls_prepare (const char *scheme, FlooTlsReady ready, gpointer user_data);

G_END_DECLS
