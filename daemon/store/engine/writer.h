/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * writer.h: the transactions of the writer's thread: jobs in batches, and idle work. Private to the store.
 *
 * All but floo_writer_set_retention() is called on the writer's thread, or while there is none.
 */
#pragma once

#include "store/engine/news.h"

G_BEGIN_DECLS

typedef struct _FlooWriter FlooWriter;

/* Whether a job waits or the store is to be closed: background work is put off. */
typedef gboolean (*FlooIsWantedFunc) (gpointer user_data);

/* @parts, @mailbox: (unowned): outlive it */
FlooWriter *floo_writer_new (const FlooParts *parts, FlooMailbox *mailbox, FlooIsWantedFunc is_wanted, gpointer user_data);
void floo_writer_free (FlooWriter *self);

/* Opens the account's file; @news gets the outcome or the error. Where it fails, too, floo_writer_close() follows. */
gboolean floo_writer_open (FlooWriter *self, const char *folder, gint64 user_id, FlooNews *news);
/* @indexer: (unowned): told of what is committed, from now on; before the first job */
void floo_writer_set_indexer (FlooWriter *self, FlooIndexer *indexer);
/* @in_order: checkpoints, so that only the database itself is left; else it is closed as it is */
void floo_writer_close (FlooWriter *self, gboolean in_order);

/* One transaction with as many of @jobs (FlooNews) as fit; those that ran leave the queue and go to the mailbox. */
void floo_writer_run (FlooWriter *self, GQueue *jobs);
/* Called once each time that SQLite has refused a row, so that it is repaired before the next jobs run. */
void floo_writer_repair (FlooWriter *self);

/* When (monotonic µs) the next idle work is due. */
gint64 floo_writer_get_idle_end (FlooWriter *self);
/* Does the idle work that is due. */
void floo_writer_do_idle_work (FlooWriter *self);

/* The journal's bounds; on any thread. */
void floo_writer_set_retention (FlooWriter *self, const FlooRetention *retention);

G_END_DECLS
