/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * client-ids.h: the ceiling of client ids, in a file that outlives the store. Private to the store.
 *
 * The service drops a message whose client id it saw before as a duplicate: no id may be used twice, also not after the store was erased or
 * the clock set back. Ids up to the ceiling may have been used; the file is written before they are.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Reads the ceiling; all ids up to it count as used. A file that cannot be parsed is logged and ignored. */
gboolean floo_client_ids_load (FlooDb *db, GError **error);
/* Raises the ceiling some seconds above @client_id, durably. */
gboolean floo_client_ids_raise (FlooDb *db, gint64 client_id, GError **error);
/* The service had seen the number @seen, which should be new, as after a restored backup: skips the next minute's numbers, and twice as many
 * if one of those after them was seen, too. */
void floo_client_ids_skip (FlooDb *db, gint64 seen);
/* When closing: sets the ceiling to the last used id, so that the next ids are not ahead of the clock. Errors are logged. */
void floo_client_ids_settle (FlooDb *db);

G_END_DECLS
