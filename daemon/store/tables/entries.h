/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entries.h: conversations as entries of a client's list: Conversations.List, Get and ConversationsChanged. Private to the store.
 *
 * The entry is in columns of the table conversations, which the writer updates (touched.h), and in those of contacts.
 */
#pragma once

#include "store/engine/query.h"

G_BEGIN_DECLS

/* Returns: (transfer floating): a{sv} of the present row of conversations-list and similar statements. @size: (inout): raised by its bytes */
GVariant *floo_entry_read (FlooQuery *query, gsize *size);

/**
 * floo_entry_refresh:
 * @entry: (out) (transfer full) (nullable): the entry, where it is another one than at the last refresh and in the list
 * @removed: (out): it was in the list and is not any more
 * @size: (inout): raised by the entry's bytes, about
 *
 * Updates the columns that the list shows. In a write job.
 */
gboolean floo_entry_refresh (FlooDb *db, gint64 id, GVariant **entry, gboolean *removed, gsize *size, GError **error);

G_END_DECLS
