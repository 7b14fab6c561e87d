/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * touched.h: which rows a transaction changed, for the event that reports it (conversations-changed.h). Private to the store.
 *
 * SQLite's update hook notes every changed row of conversations, messages and outbox, so callers need not report changes; changes
 * of contacts that a conversation shows are noted by contacts.c.
 */
#pragma once

#include "store/tables/state.h"

G_BEGIN_DECLS

struct _FlooTouched {
  GHashTable *conversations, *messages, *outbox, *contacts; /* sets of gint64 */
  gboolean list;
  /* The totals of totals.h, and whether they have to be counted again. */
  guint unread, queued, failed;
  gboolean unread_changed, outbox_changed;
  gboolean telling;  /* ignores changes by conversations-changed.c itself */
};

/* Begins to watch the writer's connection. */
void floo_touched_watch (FlooDb *db);

/* Adds @id to one of the sets. */
void floo_touched_add (GHashTable *set, gint64 id);
/* The user's or group's name, avatar or whether it is muted changed. */
void floo_touched_add_contact (FlooDb *db, gint64 id);
/* A message of ours that is read came with history. */
void floo_touched_add_message (FlooDb *db, gint64 id);
/* RecentListUpdate is due: order, last message or draft changed, or a conversation was removed. */
void floo_touched_add_list (FlooDb *db);

gboolean floo_touched_any (FlooDb *db);
/* The transaction was undone. */
void floo_touched_forget (FlooDb *db);

G_END_DECLS
