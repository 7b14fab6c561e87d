/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * store.h: one account's state in SQLite: one writer thread, reader threads, and news of what was committed.
 *
 * The main loop hands over jobs. A job's function runs on a store thread with a FlooDb, on which the typed functions of messages.h,
 * conversations.h, ... work; afterwards its done callback runs on the main loop. Write jobs run in the order they were given; those
 * that wait together share one transaction (each in a savepoint of its own), so that many small ones
 * cost one fsync. Events that a job journals (journal.h) reach the event function after the commit, in
 * serial order, after the done callback of their job: so a method's reply goes before its signals.
 */
#pragma once

#include <gio/gio.h>

#include "base/message.h"

G_BEGIN_DECLS

/* Of each pair, whichever ends first. */
typedef struct {
  guint journal_days, journal_events;
  guint message_days, messages;   /* 0: no bound */
} FlooRetention;

#define FLOO_TYPE_STORE (floo_store_get_type ())
G_DECLARE_FINAL_TYPE (FlooStore, floo_store, FLOO, STORE, GObject)

/* A connection while a job runs on it; never kept beyond the job. */
typedef struct _FlooDb FlooDb;

typedef enum {
  FLOO_STORE_OPENED,          /* as it was, or migrated forward */
  FLOO_STORE_CREATED,         /* there was none */
  FLOO_STORE_REPLACED         /* the old one was corrupt and set aside; its outbox was taken over as far as it could be read */
} FlooStoreOutcome;

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

/* Returns FALSE to undo all that the job did (its events, too). On a store thread. */
typedef gboolean (*FlooStoreFunc) (FlooDb *db, gpointer data, GError **error);
/* @error: (nullable): what the function or the commit failed with (domain FLOO_ERROR: Storage, StorageFull, or the function's own).
 * On the main loop. */
typedef void (*FlooStoreDone) (FlooStore *store, gpointer data, const GError *error);

/**
 * floo_store_write:
 * floo_store_read:
 * @done: (nullable)
 * @destroy: (nullable): frees @data on the main loop after @done
 *
 * A read job gets one snapshot on a read-only connection; it sees every write job that was done before it was given.
 *
 * @caller (floo_store_read_for()): whose job it is, any number; 0: the daemon's own, as of floo_store_read(). Callers that had no job are served
 * first, the others have turns, however many jobs each has. Few results wait for the main loop or are being read.
 */
void floo_store_write (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
void floo_store_read (FlooStore *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
void floo_store_read_for (FlooStore *self, guint caller, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);

/**
 * floo_store_catch_up:
 * @done: called when the search index has all that was committed when this was called; with FLOO_ERROR_TIMEOUT where that takes longer than
 *    @timeout_ms
 *
 * Indexing is behind the commits; a search waits for it first (search.h).
 */
void floo_store_catch_up (FlooStore *self, guint timeout_ms, FlooStoreDone done, gpointer data, GDestroyNotify destroy);

/* On the main loop, for each event that was committed, in serial order. */
typedef void (*FlooEventFunc) (const FlooEvent *event, gpointer user_data);
void floo_store_set_event_func (FlooStore *self, FlooEventFunc func, gpointer user_data);

/* Signal "full-changed" (gboolean full): a commit met a full disk, and the first one that passed again. While it is full the store
 * tries a small write of its own every few seconds, so that the news comes by itself. */
gboolean floo_store_is_full (FlooStore *self);

gint64 floo_store_get_user_id (FlooStore *self);
const char *floo_store_get_path (FlooStore *self);          /* of store.db */
const char *floo_store_get_journal_id (FlooStore *self);    /* the same for the life of the file */
/* While @paused few reads begin (but at the end): their results would only wait in memory. */
void floo_store_pause_reads (FlooStore *self, gboolean paused);
/* What is kept, from the configuration; pruned in small steps behind the commits. */
void floo_store_set_retention (FlooStore *self, const FlooRetention *retention);

/* In a job. */
gint64 floo_db_get_user_id (FlooDb *db);

/**
 * floo_db_try:
 * @refused: (out) (nullable): what @func failed with
 *
 * In a write job: runs a part of it; what it did is undone where it fails (its events, too), and the job goes on.
 *
 * Returns: FALSE where the whole transaction cannot go on
 */
gboolean floo_db_try (FlooDb *db, FlooStoreFunc func, gpointer data, GError **refused, GError **error);

G_END_DECLS
