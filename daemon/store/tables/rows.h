/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.h: rows as the views that clients get. Private to the store.
 */
#pragma once

#include "base/message.h"
#include "store/tables/outbox.h"
#include "store/engine/query.h"

G_BEGIN_DECLS

/* A reply is never larger than this, whatever the number of items that was asked for: the bus takes no more than 64 MiB in one array. */
#define FLOO_PAGE_BYTES (8u << 20)

typedef struct {
  FlooMessage message;
  GString *whole;   /* (nullable): holds message.content where it was put together */
} FlooMessageRow;

/* Reads the columns of the statement message-get and its kin from the present row; valid until the next step. Clear it in any case. */
gboolean floo_message_row_read (FlooMessageRow *row, FlooDb *db, FlooQuery *query, GError **error);
void floo_message_row_clear (FlooMessageRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FlooMessageRow, floo_message_row_clear)

/* Reads the columns of the statement outbox-get and its kin. */
void floo_outbox_row_read (FlooOutboxRow *row, FlooQuery *query);
/* Inserts a row in whatever state, as taken over from another file. */
gboolean floo_outbox_restore (FlooDb *db, const FlooOutboxRow *row, GError **error);
/* The row alone: neither its conversation nor the order in it is brought up to date. */
gboolean floo_outbox_put (FlooDb *db, const FlooOutboxRow *row, GError **error);
/* Marks the first unsettled row of @conversation as its head, so that what is due is found without looking at those behind. */
gboolean floo_outbox_refresh_head (FlooDb *db, gint64 conversation, GError **error);
/* The message that an outbox row is; views as in @row. */
void floo_outbox_row_to_message (const FlooOutboxRow *row, FlooDb *db, FlooMessage *message);

/* Bytes of all texts of @message, about what it takes in a reply. */
gsize floo_message_size (const FlooMessage *message);

/* Finds the message that @id names, itself or as client_id; @found: (out): 0 where it is not in the store. */
gboolean floo_messages_resolve (FlooDb *db, gint64 id, gint64 *found, GError **error);

/* An rtc message is no record of a call unless its config says so: it neither counts nor shows in the conversation list. */
gboolean floo_message_is_record (int type, const char *config);

/* The conversation's newest message and activity are found anew after something went. */
gboolean floo_conversations_settle (FlooDb *db, gint64 id, GError **error);
/* Adds @delta to the conversation's unread count, not below 0; the mention goes with the last one. */
gboolean floo_conversations_count (FlooDb *db, gint64 id, int delta, GError **error);

G_END_DECLS
