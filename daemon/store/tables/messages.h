/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * messages.h: acknowledged messages. All functions run inside a job. Own messages without an
 * acknowledgement are in the outbox (outbox.h); the getters here see both, as one.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/**
 * floo_messages_insert:
 * @counts: whether it is to be counted as unread (the caller knows the rules)
 * @is_new: (out): FALSE where a message of this id was there already; nothing is changed then
 *
 * Counting in the conversation is not done here (conversations.h).
 */
gboolean floo_messages_insert (FlooDb *db, const FlooMessage *message, gboolean counts, gboolean *is_new, GError **error);

/* Whether the store has a message of this id, or the tombstone of a deleted or recalled one. */
gboolean floo_messages_is_known (FlooDb *db, gint64 id, gboolean *known, GError **error);

/* Finds an acknowledged message. @known: (out): FALSE: it is not in the store, and the others are 0 */
gboolean floo_messages_find (FlooDb *db, gint64 id, gboolean *known, gint64 *conversation, FlooToType *to_type, GError **error);

typedef void (*FlooMessageFunc) (const FlooMessage *message, gpointer user_data);

/**
 * floo_messages_get:
 * @id: a message id, or the client_id of one of ours, acknowledged or not
 *
 * Calls @func once. FLOO_ERROR_NOT_FOUND where there is none.
 */
gboolean floo_messages_get (FlooDb *db, gint64 id, FlooMessageFunc func, gpointer user_data, GError **error);
/* Returns: (transfer floating): the struct Message of the same; NULL with FLOO_ERROR_NOT_FOUND. */
GVariant *floo_messages_get_variant (FlooDb *db, gint64 id, GError **error);

typedef enum { FLOO_PAGE_NEWEST, FLOO_PAGE_BEFORE, FLOO_PAGE_AFTER, FLOO_PAGE_AROUND } FlooPageKind;

/**
 * floo_messages_page:
 * @anchor: message id (BEFORE and AFTER exclude it, AROUND includes it); for NEWEST 0
 * @more_before: (out): whether the store has older ones than the page
 * @more_after: (out): whether it has newer ones
 *
 * A page of one conversation, oldest first. Unacknowledged ones of ours come last, after all others (they are on the
 * page where it reaches the newest end).
 *
 * Returns: (transfer floating): aM
 */
GVariant *floo_messages_page (FlooDb *db, gint64 conversation, FlooPageKind kind, gint64 anchor, guint limit, gboolean *more_before,
                              gboolean *more_after, GError **error);

/**
 * floo_messages_find_sent:
 * @since: ms, not older than this
 * @device_sn: the device that sent it, so that the same text from another one is not taken for it; 0: not known
 * @id: (out): the oldest message of ours in @conversation with this type and content that no client_id names, one that says that it is
 *    of that device before one that does not say; 0: none
 *
 * For a message whose acknowledgement is missing: whether the history has it.
 */
gboolean floo_messages_find_sent (FlooDb *db, gint64 conversation, int type, const char *content, gint64 since, gint64 device_sn,
                                  gint64 *id, GError **error);

/**
 * floo_messages_set_status:
 *
 * READ_ACK, DELIVER_ACK, READ_CANCEL: sets status, never back from read to delivered; READ_CANCEL (UNREAD) is always taken.
 * If it then counts as unread, or no longer, the conversation's unread count is changed, too.
 * @changed: (out): FALSE where the message is unknown or has the status already
 * @conversation: (out) (optional)
 */
gboolean floo_messages_set_status (FlooDb *db, gint64 id, int status, gboolean *changed, gint64 *conversation, GError **error);
gboolean floo_messages_set_played (FlooDb *db, gint64 id, gboolean *changed, gint64 *conversation, GError **error);

/* One unread message of others, for READ_ACK. */
typedef struct {
  gint64 id;
  gint64 from;
  gboolean wants_ack;   /* one-to-one, or a group message whose config has groupMemberList */
} FlooUnreadMessage;

/**
 * floo_messages_read_up_to:
 * @up_to: the last message read; 0: all
 * @read: (nullable): FlooUnreadMessage of each that was unread, oldest first, appended
 * @last: (out): the highest message id of the conversation up to @up_to (for READ_ALL); 0: none
 *
 * Marks all messages of others in the conversation up to @up_to as read and lowers its unread count. Indexed: the cost is that of
 * the unread ones.
 */
gboolean floo_messages_read_up_to (FlooDb *db, gint64 conversation, gint64 up_to, GArray *read, gint64 *last, GError **error);

/**
 * floo_messages_delete:
 * @conversation: (out): where it was; 0 with @deleted FALSE where unknown
 *
 * RECALL and DELETE: deletes the message, leaves a tombstone (so that a late page does not restore it), and updates the unread count and the
 * conversation's last message.
 */
gboolean floo_messages_delete (FlooDb *db, gint64 id, gboolean *deleted, gint64 *conversation, FlooToType *to_type, GError **error);

/**
 * floo_messages_append:
 * @config, @ext: (nullable): JSON objects merged into what is there (recursively); "" and "null" are nothing
 * @offset: (out): characters (not bytes) of the content before it
 * @applied: (out): FALSE where the message is unknown or @edit_timestamp is older than the message's
 *
 * The cost depends on the length of the appended text, not of the whole, as far as SQLite allows.
 */
gboolean floo_messages_append (FlooDb *db, gint64 id, const char *content, const char *config, const char *ext, gint64 edit_timestamp,
                               guint *offset, gboolean *applied, gint64 *conversation, FlooToType *to_type, GError **error);
/* REPLACE: the content where it is not empty; config and ext merged. */
gboolean floo_messages_replace (FlooDb *db, gint64 id, const char *content, const char *config, const char *ext, gint64 edit_timestamp,
                                gboolean *applied, gint64 *conversation, FlooToType *to_type, GError **error);

/* Finds the message that @id names, itself or as client_id; @found: (out): 0 where it is not in the store. */
gboolean floo_messages_resolve (FlooDb *db, gint64 id, gint64 *found, GError **error);

G_END_DECLS
