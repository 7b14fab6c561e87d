/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * read-ack.h: groups whose members acknowledge reading, and who these are.
 */
#pragma once

#include "session/directory/directory.h"

G_BEGIN_DECLS

typedef struct _FlooReadAck FlooReadAck;

/* @directory, @operations: outlive it */
FlooReadAck *floo_read_ack_new (FlooAccount *account, FlooDirectory *directory, FlooOperations *operations,
                                const FlooDirectoryListener *listener, gpointer data);
void floo_read_ack_free (FlooReadAck *self);
void floo_read_ack_offline (FlooReadAck *self);
/* Fetches what is missing, step by step, while online. */
void floo_read_ack_run (FlooReadAck *self);
/* Messages to @group wait for its settings and members: they are fetched at once. */
void floo_read_ack_await (FlooReadAck *self, gint64 group);

G_END_DECLS
