/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * open.h: opens an account's store: the engine with the tables and the search index.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_store_open_async:
 * @folder: (full path) of this account; made with 0700
 * @user_id: the account: who "we" are
 *
 * Opens folder/store.db on the writer thread: checks the application id and the schema's version, migrates, verifies WAL, finishes
 * what a crash interrupted. Ends with floo_store_open_finish(). A newer schema than known is FLOO_ERROR_STORAGE, the file untouched. A corrupt file is moved to
 * store.db.corrupt-TIME and a new one begun.
 */
void floo_store_open_async (const char *folder, gint64 user_id, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
