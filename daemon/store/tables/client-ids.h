/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-ids.h: the ceiling of client ids, in a file that outlives the store. Private to the store.
 *
 * The service takes a client id that it saw before for a duplicate and drops the message: no id may be given twice, also not after
 * the store was erased or the clock set back. Ids up to the ceiling may have been given; the file is written before they are.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Reads the ceiling; all ids up to it count as given. A file that cannot be parsed is logged and counts as
 * none. */
gboolean floo_client_ids_load (FlooDb *db, GError **error);
/* Raises the ceiling some seconds above @client_id, durably. */
gboolean floo_client_ids_raise (FlooDb *db, gint64 client_id, GError **error);
/* The service had seen the number @seen, which we took for new, as after a restored backup: leaves out the next minute's numbers, and twice
 * as many where one of those after them was seen, too. */
void floo_client_ids_skip (FlooDb *db, gint64 seen);
/* At the end: the ceiling is what was given last, so that the next ids are not ahead of the clock. What fails is logged. */
void floo_client_ids_settle (FlooDb *db);

G_END_DECLS
