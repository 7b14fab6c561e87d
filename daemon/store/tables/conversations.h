/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * conversations.h: the conversation list. All functions run inside a job.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

typedef enum { FLOO_CONVERSATION_ROSTER = 0, FLOO_CONVERSATION_GROUP = 1, FLOO_CONVERSATION_SYSTEM = 2 } FlooConversationType;

/* Of a conversation with messages of this kind. */
static inline FlooConversationType
floo_conversation_type_of (FlooToType to_type, gint64 id)
{
  if (id == 0)
    return FLOO_CONVERSATION_SYSTEM;
  return to_type == FLOO_TO_GROUP ? FLOO_CONVERSATION_GROUP : FLOO_CONVERSATION_ROSTER;
}

static inline FlooToType
floo_conversation_to_type (FlooConversationType type)
{
  return type == FLOO_CONVERSATION_GROUP ? FLOO_TO_GROUP : FLOO_TO_ROSTER;
}

/**
 * floo_conversations_touch:
 * @listed: FALSE: keep it out of the list if it is new there (rtc messages that are no record)
 * @unread_delta: how many messages more count as unread
 * @mentioned: one of them mentions us
 * @last_id, @last_timestamp: the newest of the new messages; 0: none (the conversation is only made)
 *
 * Makes the conversation if it does not exist and counts new messages: once per batch and conversation.
 * The mention flag is cleared when the unread count becomes 0.
 */
gboolean floo_conversations_touch (FlooDb *db, gint64 id, FlooConversationType type, gboolean listed, int unread_delta, gboolean mentioned,
                                   gint64 last_id, gint64 last_timestamp, GError **error);

/* We joined the group @id at @now, ms: it is listed before it has messages. */
gboolean floo_conversations_enter_group (FlooDb *db, gint64 id, gint64 now, GError **error);
/* The list of joined groups has changed: removes groups without messages that we are not in. */
gboolean floo_conversations_drop_empty_groups (FlooDb *db, GError **error);

/**
 * floo_conversations_list:
 * @cursor: "" from the beginning; opaque, stays valid while the list changes
 * @unread: only those with unread messages
 * @type: (nullable): roster, group or system
 *
 * Newest activity first (last message, unacknowledged ones of ours and drafts included); @pinned_first: the pinned ones before all others.
 * Each item as in Conversations.Get (entries.c has the fields); name, avatar and muted from roster and groups.
 *
 * Returns: (transfer floating): aa{sv}; NULL with FLOO_ERROR_INVALID_ARGUMENTS for an invalid cursor
 */
GVariant *floo_conversations_list (FlooDb *db, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                                   char **next_cursor, GError **error);
/* Returns: (transfer floating): a{sv}; NULL with FLOO_ERROR_NOT_FOUND. */
GVariant *floo_conversations_get (FlooDb *db, gint64 id, GError **error);
gboolean floo_conversations_get_type (FlooDb *db, gint64 id, FlooConversationType *type, GError **error);   /* NOT_FOUND */
gboolean floo_conversations_get_unread (FlooDb *db, gint64 id, guint *unread, GError **error);              /* 0 where there is none */
/* Sum over all conversations that are not muted: Account.UnreadTotal. */
gboolean floo_conversations_get_unread_total (FlooDb *db, guint *total, GError **error);
gboolean floo_conversations_set_draft (FlooDb *db, gint64 id, FlooConversationType type, const char *text, gint64 now, GError **error);
/* Sets the pinned ids as told by the service; all others are not pinned. @changed: (out) */
gboolean floo_conversations_set_pinned (FlooDb *db, const gint64 *ids, guint n, gboolean *changed, GError **error);
gboolean floo_conversations_pin (FlooDb *db, gint64 id, gboolean pinned, gboolean *changed, GError **error);
/* Whether one was pinned or unpinned since @moment, floo_contacts_get_moment() when the service was asked. */
gboolean floo_conversations_pins_changed_since (FlooDb *db, gint64 moment);
/* With all its messages (tombstones are not needed: @up_to the highest id stays known, so that pages do not bring them back), the
 * outbox's rows of it stay. @deleted: (out) */
gboolean floo_conversations_delete (FlooDb *db, gint64 id, gboolean *deleted, GError **error);
/* Keeps the conversation of the group @id, which the user has left or is about to leave, also when the service's notice arrives; until it is
 * joined again. */
gboolean floo_conversations_keep (FlooDb *db, gint64 id, GError **error);
gboolean floo_conversations_is_kept (FlooDb *db, gint64 id, gboolean *kept, GError **error);
/* Deletes its messages, and keeps it in the list. @up_to: (out): the highest deleted message id. NOT_FOUND */
gboolean floo_conversations_clear (FlooDb *db, gint64 id, gint64 *up_to, GError **error);
/* Whether it was deleted here, and has no messages since. */
gboolean floo_conversations_is_deleted (FlooDb *db, gint64 id, gboolean *is_deleted, GError **error);
/* The same for one that was deleted on another device at the time of the id @up_to: newer messages are kept, and older ones that arrive later
 * are not stored, also if the conversation does not exist here. @deleted: (out): it existed; @is_left: (out): it has newer messages */
gboolean floo_conversations_delete_up_to (FlooDb *db, gint64 id, FlooConversationType type, gint64 up_to, gboolean *deleted,
                                          gboolean *is_left, GError **error);

/* In a write job: order, last message or draft of a conversation changed, or one was removed: RecentListUpdate is emitted once per transaction,
 * after its other events. Returns: TRUE */
gboolean floo_conversations_list_changed (FlooDb *db);

/* The conversation's newest message and activity are determined again after something was removed. */
gboolean floo_conversations_settle (FlooDb *db, gint64 id, GError **error);
/* Adds @delta to the conversation's unread count, not below 0; at 0 the mention is cleared. */
gboolean floo_conversations_count (FlooDb *db, gint64 id, int delta, GError **error);

G_END_DECLS
