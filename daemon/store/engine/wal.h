/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wal.h: keeps SQLite's write-ahead log short. Private to the store.
 *
 * The writer moves it into the file when it has nothing else to do. Where it never has, a thread of its own does so, while the writer goes
 * on; what was committed meanwhile is the log's tail, which the writer moves once it is short. The next transaction restarts the log. Its
 * file keeps its length: writing over what is there is quicker than making a file longer, and then telling the disk so.
 *
 * All but the thread is the writer's, on its thread. The thread and its connection are there from the first time that they are needed.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Nothing was written for so long: the store is idle, and remaining work is done so that it stays idle. */
#define FLOO_REST_US (5 * G_USEC_PER_SEC)

typedef struct _FlooWal FlooWal;

/* @path: of the store; @writer: (unowned): the writer's connection */
FlooWal *floo_wal_new (const char *path, FlooDb *writer);
/* Waits for the thread. */
void floo_wal_free (FlooWal *wal);

/* After a transaction, with nobody waiting for it any more. */
void floo_wal_committed (FlooWal *wal);

/* How long (us) nothing is to be written until floo_wal_move() is due; G_MAXINT64: it is not worth it. */
gint64 floo_wal_get_pause (FlooWal *wal);
/* Moves what there is. */
void floo_wal_move (FlooWal *wal);

G_END_DECLS
