/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tls.h: what TLS needs is loaded when something speaks it, and not on the main loop.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef void (*FlooTlsReady) (gpointer user_data);

/**
 * floo_tls_prepare:
 * @scheme: of what is to be connected to
 * @ready: called once; before this returns where nothing has to be loaded, else from the main loop
 *
 * Loads what the first connection with TLS needs: GIO's module and the authorities that the system trusts. That takes tens of
 * milliseconds and 7 MiB for good, which a service without TLS does not owe anybody; so it happens before the first "https" or "wss", on a
 * worker thread. It cannot fail: where there is no TLS the connection says so.
 */
void floo_tls_prepare (const char *scheme, FlooTlsReady ready, gpointer user_data);

G_END_DECLS
