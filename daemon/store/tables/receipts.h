/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * receipts.h: who has read or played a message of ours to a group. All functions run inside a job.
 *
 * Such a message lists the members who are to acknowledge reading (groupMemberList in its config): its audience. Receipts are kept of at
 * most FLOO_RECEIPTS_USERS users per message, for the newest FLOO_RECEIPTS_MESSAGES messages that have any; an older message has no audience
 * any more. They are deleted with their message.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

#define FLOO_RECEIPTS_USERS 5000
#define FLOO_RECEIPTS_MESSAGES 100000

/* Bits; stored. */
typedef enum { FLOO_RECEIPT_READ = 1 << 0, FLOO_RECEIPT_PLAYED = 1 << 1 } FlooReceipt;

/* How many users @message asks to acknowledge reading; 0: no user, or it is not a message of ours to a group. */
guint floo_receipts_count_audience (const FlooMessage *message);

/* The fields of a message that acknowledgements need, without its texts. */
typedef struct {
  gint64 conversation;
  FlooToType to_type;
  int status;
  guint flags;
  gint64 audience;              /* 0: none */
} FlooReceiptMessage;

/* @known: (out): FALSE: there is no such message */
gboolean floo_receipts_find_message (FlooDb *db, gint64 id, gboolean *known, FlooReceiptMessage *message, GError **error);

/* @message: the id of one that has an audience. @is_new: (out): FALSE: it was known, or exceeds the limits; nothing is changed */
gboolean floo_receipts_add (FlooDb *db, gint64 message, gint64 user, FlooReceipt receipt, gboolean *is_new, GError **error);
gboolean floo_receipts_count_read (FlooDb *db, gint64 message, guint *n, GError **error);

/**
 * floo_receipts_list:
 * @id: a message of ours, by its id or client_id
 *
 * Returns: (transfer floating): (axaxax): who has read it, who was asked and has not, who has played it; ascending. NULL with
 *    FLOO_ERROR_NOT_FOUND, or FLOO_ERROR_INVALID_ARGUMENTS for a message whose readers are not known
 */
GVariant *floo_receipts_list (FlooDb *db, gint64 id, GError **error);

/* Deletes the receipts of the oldest messages, a few messages per step. @limit: how many messages keep theirs. @more: (out) In a write job. */
gboolean floo_receipts_prune (FlooDb *db, guint limit, gboolean *more, GError **error);

G_END_DECLS
