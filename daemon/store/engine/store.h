/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h: one account's state in SQLite: one writer thread, reader threads, and events for what was committed.
 *
 * The main loop gives jobs to the threads. A job's function runs on a store thread with a FlooDb, on which the typed functions of messages.h,
 * conversations.h, ... work; afterwards its done callback runs on the main loop. Write jobs run in the order they were given; those
 * that wait together share one transaction (each in a savepoint of its own), so that many small ones
 * cost one fsync. Events that a job journals (journal.h) reach the event function after the commit, in
 * serial order, after the done callback of their job: so a method's reply goes before its signals.
 */
#pragma once

#include "store/engine/job.h"

G_BEGIN_DECLS

#define FLOO_TYPE_STORE (floo_store_get_type ())
G_DECLARE_FINAL_TYPE (FlooStore, floo_store, FLOO, STORE, GObject)

/* Ends floo_store_open_async() (store/open.h). @outcome: (out) (optional) */
FlooStore *floo_store_open_finish (GAsyncResult *result, FlooStoreOutcome *outcome, GError **error);

/**
 * floo_store_close_async:
 *
 * Runs the jobs that wait (of reading only the daemon's own; callers' fail with FLOO_ERROR_CANCELLED), checkpoints, and joins the threads; done callbacks and events of these jobs are delivered before it ends.
 * Jobs given after it fail with FLOO_ERROR_CANCELLED.
 */
void floo_store_close_async (FlooStore *self, GAsyncReadyCallback callback, gpointer user_data);
void floo_store_close_finish (FlooStore *self, GAsyncResult *result);

/* Closes, then deletes the store's files and folder; the ceiling of client ids stays (outbox.h). */
void floo_store_erase_async (FlooStore *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean floo_store_erase_finish (FlooStore *self, GAsyncResult *result, GError **error);

/**
 * floo_store_write:
 * floo_store_read:
 * @done: (nullable)
 * @destroy: (nullable): frees @data on the main loop after @done
 *
 * A read job gets one snapshot on a read-only connection; it sees every write job that was done before it was given.
 *
 * @caller (floo_store_read_for()): whose job it is, any number; 0: the daemon's own, as of floo_store_read(). Callers that had no job are served
 * first, the others have turns, however many jobs each has; bulk jobs always have turns. Few results wait for the main loop or are being read.
 */
void floo_store_write (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
void floo_store_read (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
void floo_store_read_for (FlooStore *self, guint caller, FlooReadFlags flags, FlooStoreFunc func, FlooStoreDone done, gpointer data,
                          GDestroyNotify destroy);

/**
 * floo_store_catch_up:
 * @done: called when the search index has all that was committed when this was called; with FLOO_ERROR_TIMEOUT where that takes longer than
 *    @timeout_ms
 *
 * Indexing is behind the commits; a search waits for it first (search.h).
 */
void floo_store_catch_up (FlooStore *self, guint timeout_ms, FlooStoreDone done, gpointer data);

/* On the main loop, for each event that was committed, in serial order. */
typedef void (*FlooEventFunc) (const FlooEvent *event, gpointer user_data);
void floo_store_set_event_func (FlooStore *self, FlooEventFunc func, gpointer user_data);

/* Signal "full-changed" (gboolean full): a commit met a full disk, and the first one that passed again. While it is full the store
 * tries a small write of its own every few seconds, so that the news comes by itself. */
gboolean floo_store_is_full (FlooStore *self);

gint64 floo_store_get_user_id (FlooStore *self);
const char *floo_store_get_path (FlooStore *self);          /* of store.db */
const char *floo_store_get_journal_id (FlooStore *self);    /* the same for the life of the file */
/* While @paused few reads begin (unless it is closing): their results would only wait in memory. */
void floo_store_pause_reads (FlooStore *self, gboolean paused);
/* How much is kept, from the configuration; the rest is pruned in small steps behind the commits. */
void floo_store_set_retention (FlooStore *self, const FlooRetention *retention);

G_END_DECLS
