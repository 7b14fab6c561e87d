/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * wal.h: keeps SQLite's write-ahead log short. Private to the store.
 *
 * The writer moves it into the file (a checkpoint) when it is idle. If it never is, a thread of its own does so while the writer continues;
 * what was committed meanwhile is the log's tail, which the writer moves once it is short. The next transaction restarts the log. Its file
 * keeps its length, since overwriting is quicker than extending a file.
 *
 * All functions are called on the writer's thread. The checkpoint thread and its connection are made when they are first needed.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* After this time without a write the store is idle, and remaining work is done so that it stays idle. */
#define FLOO_REST_US (5 * G_USEC_PER_SEC)

typedef struct _FlooWal FlooWal;

/* @path: of the store; @writer: (unowned): the writer's connection */
FlooWal *floo_wal_new (const char *path, FlooDb *writer);
/* Waits for the thread. */
void floo_wal_free (FlooWal *wal);

/* After a transaction whose result was delivered. */
void floo_wal_committed (FlooWal *wal);

/* After how long (us) without a write floo_wal_move() is due; G_MAXINT64: there is too little to move. */
gint64 floo_wal_get_pause (FlooWal *wal);
/* Moves all of the log. */
void floo_wal_move (FlooWal *wal);

G_END_DECLS
