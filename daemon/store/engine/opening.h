/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * opening.h: opens the writer's connection to the store in a folder. Private to the store.
 */
#pragma once

#include "store/engine/db.h"
#include "store/engine/hooks.h"

G_BEGIN_DECLS

/**
 * floo_opening_run:
 * @journal_id: (out) (transfer full)
 *
 * Does the work of floo_store_open_async() (store/open.h).
 */
FlooDb *floo_opening_run (const FlooTables *tables, const char *folder, gint64 user_id, FlooStoreOutcome *outcome, char **journal_id,
                          GError **error);

/* One file: checked, migrated, in WAL. @created: (out): it was not there or empty */
FlooDb *floo_opening_open_file (const FlooTables *tables, const char *path, gint64 user_id, gboolean *created, GError **error);

G_END_DECLS
