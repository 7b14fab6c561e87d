/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/index-add.h"

#include "store/rows.h"
#include "store/search/text.h"

gboolean
floo_index_add_row (FlooChunkBuilder *builder, FlooDb *store, FlooQuery *query, GError **error)
{
  g_auto (FlooMessageRow) row = { 0 };
  const FlooMessage *m = &row.message;
  g_autoptr (GArray) keys = g_array_sized_new (FALSE, FALSE, sizeof (guint64), 64);
  g_autoptr (GString) text = g_string_new (NULL);
  guint64 filters[3];

  if (!floo_message_row_read (&row, store, query, error))
    return FALSE;
  filters[0] = floo_key_of_filter (FLOO_FILTER_CONVERSATION, m->conversation);
  filters[1] = floo_key_of_filter (FLOO_FILTER_SENDER, m->from);
  filters[2] = floo_key_of_filter (FLOO_FILTER_TYPE, m->type);
  g_array_append_vals (keys, filters, G_N_ELEMENTS (filters));
  floo_keys_of_text (keys, floo_search_text (m, text));
  floo_chunk_builder_add (builder, m->id, m->timestamp, keys);
  return TRUE;
}

gboolean
floo_index_add (FlooChunkBuilder *builder, FlooDb *store, gint64 id, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (store, "message-get", FLOO_INTS (id), error);
  gboolean row;

  return query != NULL && floo_query_next (query, &row, error) && (!row || floo_index_add_row (builder, store, query, error));
}
