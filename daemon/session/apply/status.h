/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status.h: status events of our own messages and operations. Store thread.
 */
#pragma once

#include "base/signals.h"
#include "store/engine/store.h"
#include "store/tables/outbox-row.h"

G_BEGIN_DECLS

/* Journals SendingMessageStatusChanged of one of ours (a message still in the outbox or acknowledged, or an operation). @reason: (nullable) */
gboolean floo_status_journal (FlooDb *db, gint64 client_id, gint64 conversation, gboolean is_message, const char *status, gint64 server_id,
                              int error_code, const char *reason, GError **error);

/* The same of a message that was just put into the outbox. */
gboolean floo_status_journal_accepted (FlooDb *db, const FlooOutboxRow *row, GError **error);

/* A message's end that is also the end of the operations that wait for it: journals @status for each of them. Before the message's own row
 * changes. */
gboolean floo_status_journal_dependents (FlooDb *db, gint64 client_id, gint64 conversation, const char *status, int error_code,
                                         const char *reason, GError **error);

/* Deletes a conversation in the store, with the events of user_operation; a missing one is no error. */
gboolean floo_status_delete_conversation (FlooDb *db, gint64 conversation, GError **error);

/* The same for its messages alone: it stays in the list. */
gboolean floo_status_clear_conversation (FlooDb *db, gint64 conversation, GError **error);
/* Deletes a message here. @id: also a client_id. NOT_FOUND, or INVALID_ARGUMENTS where it still waits in the outbox */
gboolean floo_status_delete_message (FlooDb *db, gint64 id, GError **error);

G_END_DECLS
