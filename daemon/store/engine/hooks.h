/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hooks.h: the engine's interface to the tables and to the search index. Private to the store.
 */
#pragma once

#include "store/engine/job.h"
#include "store/engine/mailbox.h"

G_BEGIN_DECLS

/* A message to the main loop (news.h). */
typedef struct _FlooNews FlooNews;

/* The tables. All functions are called on the writer's thread, with its connection. */
typedef struct {
  GResource *(*get_statements) (void);
  const char *schemas;       /* the folder of NNN.sql among the resources */
  int schema;                /* the latest one */

  /* A file was opened or made, and has the latest schema: repairs damage and loads the data that is kept with the connection. */
  gboolean (*load) (FlooDb *db, GError **error);
  /* Copies the data that must not be lost from a damaged file into a new one, as far as it can be read. FALSE: writing failed. */
  gboolean (*salvage) (FlooDb *to, FlooDb *from, GError **error);
  /* The account's file is open, jobs follow. @journal_id: (out): of the file */
  gboolean (*begin) (FlooDb *db, char **journal_id, GError **error);
  /* No job follows. */
  void (*end) (FlooDb *db);

  /* Whether the transaction changed anything that is announced at its end; then tell_changes is its last job. */
  gboolean (*has_changes) (FlooDb *db);
  FlooStoreFunc tell_changes;
  /* The transaction was undone; a job of it was. */
  void (*forget_changes) (FlooDb *db);
  void (*job_undone) (FlooDb *db);

  /* Removes some expired data. @more: (out): there is more to remove */
  gboolean (*prune) (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error);
  /* Removes some of the notes for the search index below number @done. @more: (out): there are further ones */
  gboolean (*prune_notes) (FlooDb *db, gint64 done, gboolean *more, GError **error);
  /* SQLite refused to change a row for a value of a wrong type. */
  FlooStoreFunc repair;
  /* Writes something of a size (a guint); then removes it (NULL). */
  FlooStoreFunc probe;
} FlooTables;

/* The search index's thread. */
typedef struct _FlooIndexer FlooIndexer;

typedef struct {
  /* @mailbox: gets the jobs that waited */
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
