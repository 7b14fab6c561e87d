/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * readers.h: the threads that read from the store, each job in a snapshot of its own. Private to the store.
 *
 * The daemon's own jobs go first, then those of callers that had none under way, then bulk jobs and those queued behind others of the same
 * caller: for these callers take turns, and one thread is kept free of them. A job begins only while few results are on their way to the main
 * loop, so that the results of hundreds of calls are not all in memory at once.
 *
 * A thread is started when there are more jobs than threads without one, for the daemon's own only where all are taken by callers' jobs, and opens
 * the store at its first job: a connection costs some 200 KiB and a millisecond, and few desktops read three things at once.
 */
#pragma once

#include "store/engine/worker.h"

G_BEGIN_DECLS

typedef struct _FlooReaders FlooReaders;

/* Jobs wait until floo_readers_start(). @mailbox: gets what has run; outlives the readers */
FlooReaders *floo_readers_new (FlooMailbox *mailbox);
/* @path: of the store, which is there */
gboolean floo_readers_start (FlooReaders *readers, const char *path, gint64 user_id, GError **error);
/* Runs the daemon's own pending jobs, fails those of callers with CANCELLED, then ends the threads; no job may be pushed any more. */
void floo_readers_stop (FlooReaders *readers);
/* Drops pending jobs if it was never started. */
void floo_readers_free (FlooReaders *readers);

/* @job: (transfer full) */
void floo_readers_push (FlooReaders *readers, FlooNews *job);
/* A result was delivered: there is room for another one. */
void floo_readers_delivered (FlooReaders *readers);
/* While @paused jobs wait, except a few of callers with a single job. */
void floo_readers_pause (FlooReaders *readers, gboolean paused);

G_END_DECLS
