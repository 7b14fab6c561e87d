/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/open.h"

#include "store/search/indexer.h"
#include "store/tables/tables.h"

void
floo_store_open_async (const char *folder, gint64 user_id, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  static const FlooParts parts = { &floo_tables, &floo_indexing };

  floo_engine_open_async (&parts, folder, user_id, cancellable, callback, user_data);
}
