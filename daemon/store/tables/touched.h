/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * touched.h: which conversations a transaction changed, and the event that tells it. Private to the store.
 *
 * SQLite's update hook notes every changed row of conversations, messages and outbox, so nobody who changes one has to say so; what a
 * conversation shows of contacts is noted by contacts.c. At the end of the transaction the columns that the list shows are written anew for
 * each conversation that was noted, and those whose entry is another one now are one ConversationsChanged.
 */
#pragma once

#include "store/tables/state.h"

G_BEGIN_DECLS

/* Of the writer's connection, which it watches from now on. */
void floo_touched_watch (FlooDb *db);
void floo_touched_free (FlooTouched *self);

/* The user's or group's name, avatar or whether it is muted changed. */
void floo_touched_add_contact (FlooDb *db, gint64 id);
/* A message of ours that is read came with history. */
void floo_touched_add_message (FlooDb *db, gint64 id);
/* RecentListUpdate is due: order, last message or draft changed, or a conversation went. */
void floo_touched_add_list (FlooDb *db);

gboolean floo_touched_any (FlooDb *db);
/* A FlooStoreFunc: the last job of a transaction that touched anything. */
gboolean floo_touched_tell (FlooDb *db, gpointer unused, GError **error);
/* The transaction was undone. */
void floo_touched_forget (FlooDb *db);

G_END_DECLS
