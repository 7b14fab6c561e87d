/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.h: the store's threads. Private to the store.
 *
 * One thread writes, three read (readers.h), one moves the WAL's pages into the file (wal.h) and one keeps the search index (hooks.h). Their
 * results come back as news (news.h) through a mailbox.
 */
#pragma once

#include "store/engine/news.h"

G_BEGIN_DECLS

typedef struct _FlooWorker FlooWorker;

/* Starts by opening the store; the first news has the result. @mailbox outlives the worker. */
FlooWorker *floo_worker_new (const FlooParts *parts, const char *folder, gint64 user_id, FlooMailbox *mailbox);
/* Waits for the threads, which have ended if FLOO_NEWS_CLOSED or a failed FLOO_NEWS_OPENED came; else ends them without a checkpoint. */
void floo_worker_free (FlooWorker *worker);

/* @job: (transfer full) where TRUE is returned; FALSE: it is closing */
gboolean floo_worker_write (FlooWorker *worker, FlooNews *job);
gboolean floo_worker_read (FlooWorker *worker, FlooNews *job);
/* The main loop is done with the result of a job with is_read. */
void floo_worker_read_delivered (FlooWorker *worker);
void floo_worker_pause_reads (FlooWorker *worker, gboolean paused);
/* Runs pending jobs, then ends the threads, and deletes the files if @erase. */
void floo_worker_close (FlooWorker *worker, gboolean erase);
/* Passes @job to the indexer (hooks.h). */
gboolean floo_worker_catch_up (FlooWorker *worker, FlooNews *job, gint64 deadline);
void floo_worker_set_retention (FlooWorker *worker, const FlooRetention *retention);

G_END_DECLS
