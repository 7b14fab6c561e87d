/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hooks.h: the engine's interface to the tables and to the search index. Private to the store.
 */
#pragma once

#include "store/engine/job.h"
#include "store/engine/mailbox.h"

G_BEGIN_DECLS

/* What travels to the main loop (worker.h). */
typedef struct _FlooNews FlooNews;

/* The tables. All functions are called on the writer's thread, with its connection. */
typedef struct {
  GResource *(*get_statements) (void);
  const char *schemas;       /* the folder of NNN.sql among the resources */
  int schema;                /* the latest one */

  /* A file was opened or made, and is of the latest schema: repairs what is damaged and reads what is kept with the connection. */
  gboolean (*load) (FlooDb *db, GError **error);
  /* Copies what must not be lost from a damaged file, as far as it can be read, into a new one. FALSE: writing failed. */
  gboolean (*salvage) (FlooDb *to, FlooDb *from, GError **error);
  /* The account's file is open, jobs follow. @journal_id: (out): of the file */
  gboolean (*begin) (FlooDb *db, char **journal_id, GError **error);
  /* No job follows. */
  void (*end) (FlooDb *db);

  /* Whether the transaction changed anything that is told at its end; tell_changes is the last job of it then. */
  gboolean (*has_changes) (FlooDb *db);
  FlooStoreFunc tell_changes;
  /* The transaction was undone; a job of it was. */
  void (*forget_changes) (FlooDb *db);
  void (*job_undone) (FlooDb *db);

  /* Removes some of what is not kept any longer. @more: (out): another step has work */
  gboolean (*prune) (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error);
  /* Removes some of the notes for the search index below number @done. @more: (out): there are further ones */
  gboolean (*prune_notes) (FlooDb *db, gint64 done, gboolean *more, GError **error);
  /* SQLite refused to change a row for a value of a wrong type. */
  FlooStoreFunc repair;
  /* Writes something of a size (a guint); then removes it (NULL). */
  FlooStoreFunc probe;
} FlooTables;

/* The search index and its thread. */
typedef struct _FlooIndexer FlooIndexer;

typedef struct {
  /* @mailbox: where the jobs go that wait */
  FlooIndexer *(*start) (const char *folder, gint64 user_id, const char *journal_id, FlooMailbox *mailbox);
  /* Ends the thread; jobs that wait fail with FLOO_ERROR_CANCELLED. */
  void (*stop) (FlooIndexer *self);
  /* Something was committed. */
  void (*wake) (FlooIndexer *self);
  /* Posts @job (transfer full) when all that is committed by now is in the index; with FLOO_ERROR_TIMEOUT at @deadline (monotonic µs). */
  void (*wait) (FlooIndexer *self, FlooNews *job, gint64 deadline);
  /* Notes below this number are done with. */
  gint64 (*get_done) (FlooIndexer *self);
} FlooIndexing;

typedef struct {
  const FlooTables *tables;
  const FlooIndexing *indexing;
} FlooParts;

/* As floo_store_open_async() (store/open.h) with @parts (static); ends with floo_store_open_finish(). */
void floo_engine_open_async (const FlooParts *parts, const char *folder, gint64 user_id, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
