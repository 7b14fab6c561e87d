/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer-ids.h: numbers of transfers, none given twice, not after a restart either. Only for daemon/session.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FlooTransferIds FlooTransferIds;

/* @id: 0 with @error. On the main loop, possibly before floo_transfer_ids_take() returns. */
typedef void (*FlooTransferIdFunc) (guint64 id, const GError *error, gpointer user_data);

/* @data_dir: the daemon's; a file there says up to which number they may have been given */
FlooTransferIds *floo_transfer_ids_new (const char *data_dir);
/* Who waits is told that it is cancelled. */
void floo_transfer_ids_free (FlooTransferIds *self);
void floo_transfer_ids_take (FlooTransferIds *self, FlooTransferIdFunc func, gpointer user_data);

G_END_DECLS
