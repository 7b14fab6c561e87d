/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repair.h: rows with values that the daemon cannot have written (a flipped bit, another program). Private to the store.
 *
 * SQLite's own checks find damaged pages, not damaged values. A wrong value mostly affects only its row, since values are checked when they
 * are read. Repaired here are those with wider effects: numbers from which others are counted, rows that will be sent, and values of a wrong
 * type, since SQLite refuses every change of such a row and with it of all rows that the same statement changes.
 */
#pragma once

#include "store/tables/outbox.h"
#include "store/engine/query.h"

G_BEGIN_DECLS

/**
 * floo_repair_on_opening:
 *
 * Deletes rows with impossible numbers (events, messages, conversations), and settles damaged rows of the outbox: as failed, to be shown to the
 * user, or, without a valid conversation, by deleting them. Writes nothing if there is no damage.
 */
gboolean floo_repair_on_opening (FlooDb *db, GError **error);

/**
 * floo_repair_tables:
 *
 * A FlooStoreFunc: in every table, values of a wrong type become NULL or the column's default; rows are deleted if the value is required and has
 * no default. Reads all rows: only to be run if SQLite has refused one (FlooDb.repair_is_due). Journals a FlooError.
 */
gboolean floo_repair_tables (FlooDb *db, gpointer unused, GError **error);

/**
 * floo_repair_read_outbox_row:
 * @query: with the columns of outbox-get
 *
 * Reads the present row; a damaged one as failed, with its valid values.
 *
 * Returns: FALSE: it has too few valid values
 */
gboolean floo_repair_read_outbox_row (FlooQuery *query, FlooOutboxRow *row);

G_END_DECLS
