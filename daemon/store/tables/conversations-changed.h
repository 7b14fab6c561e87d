/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conversations-changed.h: the event with the conversations that a transaction changed. Private to the store.
 *
 * At the end of the transaction the columns that the list shows are updated for each conversation that touched.h noted, and those
 * whose entry has changed are reported in one ConversationsChanged.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* A FlooStoreFunc: the last job of a transaction that touched anything. */
gboolean floo_conversations_changed_tell (FlooDb *db, gpointer unused, GError **error);

G_END_DECLS
