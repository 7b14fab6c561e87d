/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * opening.h: from a folder to a connection that writes. Private to the store.
 */
#pragma once

#include "store/engine/db.h"
#include "store/engine/hooks.h"

G_BEGIN_DECLS

/**
 * floo_opening_run:
 * @journal_id: (out) (transfer full)
 *
 * All that floo_store_open_async() (store/open.h) promises.
 */
FlooDb *floo_opening_run (const FlooTables *tables, const char *folder, gint64 user_id, FlooStoreOutcome *outcome, char **journal_id,
                          GError **error);

/* One file: checked, migrated, in WAL. @created: (out): it was not there or empty */
FlooDb *floo_opening_open_file (const FlooTables *tables, const char *path, gint64 user_id, gboolean *created, GError **error);

G_END_DECLS
