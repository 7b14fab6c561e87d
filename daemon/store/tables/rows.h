/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rows.h: rows of messages and outbox as views (FlooMessage, FlooOutboxRow); knows no other part of the tables. Private to the store.
 */
#pragma once

#include "base/message.h"
#include "store/engine/query.h"
#include "store/tables/outbox-row.h"

G_BEGIN_DECLS

/* A reply is never larger than this, whatever the requested number of items is: the bus allows at most 64 MiB in one array. */
#define FLOO_PAGE_BYTES (8u << 20)

typedef struct {
  FlooMessage message;
  GString *whole;   /* (nullable): holds message.content where it was put together */
} FlooMessageRow;

/* Reads the columns of message-get and similar statements from the present row; valid until the next step. Clear it in any case. */
gboolean floo_message_row_read (FlooMessageRow *row, FlooDb *db, FlooQuery *query, GError **error);
void floo_message_row_clear (FlooMessageRow *row);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (FlooMessageRow, floo_message_row_clear)

/* How many columns floo_outbox_row_read() reads; a statement may have more after them. */
#define FLOO_OUTBOX_ROW_COLUMNS 27
/* Reads the columns of outbox-get and similar statements. */
void floo_outbox_row_read (FlooOutboxRow *row, FlooQuery *query);
/* An outbox row as a message; views as in @row. */
void floo_outbox_row_to_message (const FlooOutboxRow *row, FlooDb *db, FlooMessage *message);

/* Bytes of all texts of @message, about its size in a reply. */
gsize floo_message_size (const FlooMessage *message);

/* Whether an rtc message is the record of a call according to its config: others neither count nor are shown in the conversation list. */
gboolean floo_message_is_record (int type, const char *config);

G_END_DECLS
