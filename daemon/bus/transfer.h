/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer.h: the session's transfers as objects on the bus.
 */
#pragma once

#include "bus/interface.h"

G_BEGIN_DECLS

extern const FlooBusTable floo_bus_transfer;

typedef struct _FlooBusTransfers FlooBusTransfers;

/* @manager: (transfer none): of FLOO_OBJECT_PATH; each transfer is exported there as long as the session has it */
FlooBusTransfers *floo_bus_transfers_new (FlooSession *session, GDBusObjectManagerServer *manager);
void floo_bus_transfers_free (FlooBusTransfers *self);

G_END_DECLS
