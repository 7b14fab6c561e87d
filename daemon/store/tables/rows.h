/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.h: rows of messages and outbox as views (FlooMessage, FlooOutboxRow); knows no other part of the tables. Private to the store.
 */
#pragma once

#include "base/message.h"
#include "store/engine/query.h"
#include "store/tables/outbox-row.h"

G_BEGIN_DECLS

/* A reply is never larger than this, whatever the number of items that was asked for: the bus takes no more than 64 MiB in one array. */
#define FLOO_PAGE_BYTES (8u << 20)

typedef struct {
  FlooMessage message;
  GString *whole;   /* (nullable): holds message.content where it was put together */
} FlooMessageRow;

/* Reads the columns of message-get and similar statements from the present row; valid until the next step. Clear it in any case. */
gboolean floo_message_row_read (FlooMessageRow *row, FlooDb *db, FlooQuery *query, GError **error);
void floo_message_row_clear (FlooMessageRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FlooMessageRow, floo_message_row_clear)

/* How many columns floo_outbox_row_read() takes; a statement may have more behind them. */
#define FLOO_OUTBOX_ROW_COLUMNS 27
/* Reads the columns of outbox-get and similar statements. */
void floo_outbox_row_read (FlooOutboxRow *row, FlooQuery *query);
/* The message that an outbox row is; views as in @row. */
void floo_outbox_row_to_message (const FlooOutboxRow *row, FlooDb *db, FlooMessage *message);

/* Bytes of all texts of @message, about what it takes in a reply. */
gsize floo_message_size (const FlooMessage *message);

/* An rtc message is no record of a call unless its config says so: it neither counts nor shows in the conversation list. */
gboolean floo_message_is_record (int type, const char *config);

G_END_DECLS
