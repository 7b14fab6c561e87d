/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer-ids.h: unique numbers of transfers, also across restarts. Only for daemon/session.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FlooTransferIds FlooTransferIds;

/* @id: 0 with @error. On the main loop, possibly before floo_transfer_ids_take() returns. */
typedef void (*FlooTransferIdFunc) (guint64 id, const GError *error, gpointer user_data);

/* @data_dir: the daemon's; a file in it has the ceiling of the numbers given so far */
FlooTransferIds *floo_transfer_ids_new (const char *data_dir);
/* Waiters get an error. */
void floo_transfer_ids_free (FlooTransferIds *self);
void floo_transfer_ids_take (FlooTransferIds *self, FlooTransferIdFunc func, gpointer user_data);

G_END_DECLS
