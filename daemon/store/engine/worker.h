/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * worker.h: the store's threads. Private to the store.
 *
 * One thread writes, three read (readers.h), one moves the WAL's pages into the file (wal.h) and one keeps the search index (indexer.h). What
 * they have done comes back as news through a mailbox.
 */
#pragma once

#include "store/engine/mailbox.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

typedef enum {
  FLOO_NEWS_OPENED, /* or error */
  FLOO_NEWS_JOB,    /* a job has run */
  FLOO_NEWS_FULL,   /* full has changed */
  FLOO_NEWS_CLOSED  /* the last one; error: the files could not be deleted */
} FlooNewsKind;

/* What travels to the main loop; a job is its own news. */
typedef struct {
  FlooNewsKind kind;
  GError *error;        /* (nullable) */
  /* OPENED */
  FlooStoreOutcome outcome;
  char *journal_id;
  /* FULL */
  gboolean full;
  /* JOB */
  FlooStore *store;     /* (owned) */
  FlooStoreFunc func;
  FlooStoreDone done;
  gpointer data;
  GDestroyNotify destroy;
  GPtrArray *events;    /* (nullable): FlooEvent, of a job that wrote */
  guint caller;         /* of a job that reads: floo_store_read_for() */
  gboolean is_read;     /* it has run on a reader */
} FlooNews;

void floo_news_free (FlooNews *news);
/* Runs a job on @db, and keeps its error. */
gboolean floo_news_run (FlooNews *job, FlooDb *db);

typedef struct _FlooWorker FlooWorker;

/* Starts by opening the store; the first news say how that went. @mailbox outlives the worker. */
FlooWorker *floo_worker_new (const char *folder, gint64 user_id, FlooMailbox *mailbox);
/* Waits for the threads: at once where FLOO_NEWS_CLOSED or a failed FLOO_NEWS_OPENED came; else gives up without a checkpoint. */
void floo_worker_free (FlooWorker *worker);

/* @job: (transfer full) where TRUE is returned; FALSE: it is closing */
gboolean floo_worker_write (FlooWorker *worker, FlooNews *job);
gboolean floo_worker_read (FlooWorker *worker, FlooNews *job);
/* The main loop is done with one that had is_read. */
void floo_worker_read_delivered (FlooWorker *worker);
void floo_worker_pause_reads (FlooWorker *worker, gboolean paused);
/* Runs what waits, then ends the threads, and deletes the files where @erase. */
void floo_worker_close (FlooWorker *worker, gboolean erase);
/* Hands @job to the indexer (indexer.h). */
gboolean floo_worker_catch_up (FlooWorker *worker, FlooNews *job, gint64 deadline);
void floo_worker_set_retention (FlooWorker *worker, guint days, guint events);

G_END_DECLS
