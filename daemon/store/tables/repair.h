/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * repair.h: rows with values that the daemon cannot have written (a flipped bit, another program). Private to the store.
 *
 * SQLite's own checks find damaged pages, not damaged values. A wrong value mostly costs its row alone, since everything that is read is
 * taken with care. Here is what would cost more: numbers from which others are counted on, rows that are going to be sent, and
 * values of a wrong type, since SQLite refuses every change of such a row and with it of all rows that the same statement changes.
 */
#pragma once

#include "store/tables/outbox.h"
#include "store/engine/query.h"

G_BEGIN_DECLS

/**
 * floo_repair_on_opening:
 *
 * Takes away what is under numbers that were never given (events, messages, conversations), and settles damaged rows of the outbox: as failed, to be seen by the user, or,
 * where not even their conversation is left, by deleting them. Writes nothing where all is sound.
 */
gboolean floo_repair_on_opening (FlooDb *db, GError **error);

/**
 * floo_repair_tables:
 *
 * A FlooStoreFunc: in every table, values of a wrong type become NULL or the column's default; rows go where a value must be there and has
 * no default. Reads all rows: only to be run where SQLite has refused one (FlooDb.repair_is_due). Journals a FlooError.
 */
gboolean floo_repair_tables (FlooDb *db, gpointer unused, GError **error);

/**
 * floo_repair_read_outbox_row:
 * @query: with the columns of outbox-get
 *
 * Reads the present row; a damaged one as failed, with what is left of it.
 *
 * Returns: FALSE: too little is left of it
 */
gboolean floo_repair_read_outbox_row (FlooQuery *query, FlooOutboxRow *row);

G_END_DECLS
