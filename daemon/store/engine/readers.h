/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * readers.h: the threads that read from the store, each job in a snapshot of its own. Private to the store.
 *
 * The daemon's own jobs go first, then those of callers that had none under way, then bulk jobs and those that wait behind others of the same caller:
 * callers have turns for these, and one thread is kept free of them. A job begins only while few results are on their way to the main loop, so that what hundreds
 * of calls ask for is not all in memory at once.
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
/* Runs the daemon's own jobs that wait, fails those of callers with CANCELLED, then ends the threads; no job may come any more. */
void floo_readers_stop (FlooReaders *readers);
/* Drops what waits where it never started. */
void floo_readers_free (FlooReaders *readers);

/* @job: (transfer full) */
void floo_readers_push (FlooReaders *readers, FlooNews *job);
/* A result was handed over: there is room for another one. */
void floo_readers_delivered (FlooReaders *readers);
/* Jobs wait while @paused, but for a few of callers that ask for one thing. */
void floo_readers_pause (FlooReaders *readers, gboolean paused);

G_END_DECLS
