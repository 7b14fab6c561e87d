/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outbox.h: messages and operations that the service has not acknowledged yet. All functions run inside a job.
 *
 * Rows: messages (operation 0) and operations on messages or conversations. A message's row is the message until it is acknowledged; then
 * floo_outbox_acknowledge() moves it into messages in the same transaction.
 */
#pragma once

#include "store/engine/store.h"
#include "store/tables/outbox-row.h"

G_BEGIN_DECLS

/* ListOutbox's name of an operation: "recall", "delete_conversation", ...; "unknown" */
const char *floo_outbox_operation_to_string (int operation);

/**
 * floo_outbox_next_client_id:
 *
 * max(last + 1, now in ms), always growing: a ceiling of the used ids is kept in a file beside the account's folder, which survives the erasure
 * of the store. It is written ahead in steps of some seconds, with fsync, so that most messages cost no write; when the store is closed it is
 * set to the last used id.
 */
gboolean floo_outbox_next_client_id (FlooDb *db, gint64 *client_id, GError **error);

/* @n numbers that follow each other, the first one is @first. */
gboolean floo_outbox_next_client_ids (FlooDb *db, guint n, gint64 *first, GError **error);

/* @row->state: QUEUED or SENDING. An operation belongs to its target's conversation; FLOO_ERROR_INVALID_ARGUMENTS where its target
 * is a message that failed, was cancelled or is not due yet. A message raises its conversation in the list, when it is due. */
gboolean floo_outbox_insert (FlooDb *db, const FlooOutboxRow *row, GError **error);

typedef gboolean (*FlooOutboxFunc) (const FlooOutboxRow *row, gpointer user_data);   /* FALSE stops */

/* No row waits longer than this for a retry, ms. */
#define FLOO_OUTBOX_RETRY_MAX_MS 300000

/* How long a row waits that was sent @attempts times and was temporarily refused, or not answered; ms. */
gint64 floo_outbox_retry_delay (guint attempts);

/* A row that may be the next one to be sent. */
typedef struct {
  gint64 client_id;
  gint64 conversation;
  gboolean ordered;       /* the first one of its conversation's order */
  guint attempts;
  gint64 next_retry;
} FlooOutboxHead;

/**
 * floo_outbox_heads:
 * @func: returns FALSE to stop; it must change nothing
 *
 * The rows to begin with, by client_id: the first queued or sending one in each conversation's order (a failed or cancelled row does not
 * block the ones after it, an uncertain one does); and all acknowledgements of reading, delivery and playing, which need no order. The caller
 * must check next_retry.
 */
gboolean floo_outbox_heads (FlooDb *db, gboolean (*func) (const FlooOutboxHead *head, gpointer user_data), gpointer user_data,
                            GError **error);

/**
 * floo_outbox_foreach_in_order:
 * @func: returns FALSE to stop; it must change nothing. @waits: it operates on a message that is still in the outbox, and is sent when that
 *    one is acknowledged
 *
 * The rows of a conversation that are not settled (queued, sending, uncertain), in the order in which they are sent.
 */
gboolean floo_outbox_foreach_in_order (FlooDb *db, gint64 conversation,
                                       gboolean (*func) (const FlooOutboxRow *row, gboolean waits, gpointer user_data),
                                       gpointer user_data, GError **error);

/* The rows of the frame @client_mid, oldest first: those that have it as frame, or the one with this client_id. */
gboolean floo_outbox_foreach_of_frame (FlooDb *db, gint64 client_mid, FlooOutboxFunc func, gpointer user_data, GError **error);
/* @frame: 0: its client_id alone */
gboolean floo_outbox_set_frame (FlooDb *db, gint64 client_id, gint64 frame, GError **error);
/* Sets a message's config, before it is sent for the first time. */
gboolean floo_outbox_set_config (FlooDb *db, gint64 client_id, const char *config, GError **error);
/* Whether a cancelled row must be kept: its frame has others that are not cancelled, and must be the same when it is repeated; or the service
 * has accepted it. */
gboolean floo_outbox_must_stay (FlooDb *db, gint64 client_id, gboolean *must_stay, GError **error);
/* The edits of a message that were sent and have not taken effect, oldest first. */
gboolean floo_outbox_foreach_edit (FlooDb *db, gint64 message, FlooOutboxFunc func, gpointer user_data, GError **error);
/* Appends the messages (gint64) to which edits were accepted that have not taken effect. */
gboolean floo_outbox_get_accepted_targets (FlooDb *db, GArray *messages, GError **error);
gboolean floo_outbox_set_accepted (FlooDb *db, gint64 client_id, gint64 id, gint64 edited, GError **error);
/* The row is queued again as if it had never been sent, under a number that the service has probably not seen; its client_id is kept.
 * @begun: (out): FALSE: this was done too often; the row is not changed */
gboolean floo_outbox_begin_anew (FlooDb *db, gint64 client_id, gboolean *begun, GError **error);

/* @named: (0: none): message id in the answer */
gboolean floo_outbox_set_uncertain (FlooDb *db, gint64 client_id, FlooDoubt doubt, gint64 named, const char *reason, GError **error);
gboolean floo_outbox_foreach_uncertain (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error);

/* Whether the message under @client_id can have the id @server_id: it is above 0, and no other message has it. */
gboolean floo_outbox_may_be_named (FlooDb *db, gint64 client_id, gint64 conversation, gint64 server_id, gboolean *may, GError **error);

gboolean floo_outbox_get (FlooDb *db, gint64 client_id, FlooOutboxFunc func, gpointer user_data, GError **error);   /* NOT_FOUND */
/* All of them, oldest first. */
gboolean floo_outbox_foreach (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error);

/* Appends the client_ids (gint64) of the operations that wait for the message under @client_id, and fail or are deleted with it. */
gboolean floo_outbox_get_dependents (FlooDb *db, gint64 client_id, GArray *client_ids, GError **error);

/* @device_sn: 0: not changed. @count_attempt increments attempts. @why: (nullable): no reason. When it becomes failed, waiting operations on it
 * fail, too. */
gboolean floo_outbox_set_state (FlooDb *db, gint64 client_id, FlooSendState state, gboolean count_attempt, gint64 next_retry,
                                gint64 device_sn, const FlooOutboxError *why, GError **error);

/**
 * floo_outbox_set_file:
 * @file: (nullable): NULL: it is uploaded; the message takes its place in the order, by its client_id, after the files before it in its
 *    conversation, unless these failed at their first attempt
 * @attachment: (nullable)
 *
 * Updates a message's file. NOT_FOUND
 */
gboolean floo_outbox_set_file (FlooDb *db, gint64 client_id, const char *file, const char *attachment, GError **error);
/**
 * floo_outbox_foreach_overdue:
 * @now: ms, by the service's clock
 * @func: returns FALSE to stop; it must change nothing
 *
 * The messages whose not_before has come, the earliest first, at most @limit.
 */
gboolean floo_outbox_foreach_overdue (FlooDb *db, gint64 now, guint limit, FlooOutboxFunc func, gpointer user_data, GError **error);
/* @not_before: (out): the earliest one, 0: no message waits for a time */
gboolean floo_outbox_get_next_time (FlooDb *db, gint64 *not_before, GError **error);
/* Ends the wait for its time: it takes its place in the order, by its client_id. Does nothing if it did not wait; NOT_FOUND */
gboolean floo_outbox_make_due (FlooDb *db, gint64 client_id, GError **error);
/* Rows whose file is not uploaded, oldest first. */
gboolean floo_outbox_foreach_file (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error);

/**
 * floo_outbox_acknowledge:
 * @server_id: its id from now on; 0 for an operation
 * @was_there: (out): FALSE: no such row (acknowledged before): nothing is done
 *
 * A message moves to messages under @server_id with timestamp @server_time (0: its own), and its client_id stays valid; operations on its
 * client_id now target @server_id. A command message is not stored. A message of @server_id that was in a page before the acknowledgement is
 * kept and gets the client_id. An operation's row is deleted.
 */
gboolean floo_outbox_acknowledge (FlooDb *db, gint64 client_id, gint64 server_id, gint64 server_time, gboolean *was_there, GError **error);
/* Deletes the row, and waiting operations on it; NOT_FOUND where there is none. */
gboolean floo_outbox_delete (FlooDb *db, gint64 client_id, GError **error);

/* Messages. @queued: (out): in queued, sending and uncertain: Account.Queued; @failed: (out): Account.Failed */
gboolean floo_outbox_count (FlooDb *db, guint *queued, guint *failed, GError **error);
/* A new connection: rows in sending with another device_sn than @device_sn become uncertain (@n: (out)), the others need not wait any more. */
gboolean floo_outbox_mark_uncertain (FlooDb *db, gint64 device_sn, guint *n, GError **error);

/**
 * floo_outbox_list:
 * @online: FALSE: rows in sending say that they wait for a connection
 * @cursor: "" or a @next_cursor
 * @limit: at most so many, and no more than some 8 MiB of texts
 * @next_cursor: (out) (transfer full): "" at the end
 *
 * Returns: (transfer floating): aM for ListOutbox, oldest first; more has attempts u, next_retry x, error s, permanent b, operation s.
 * An invalid cursor is INVALID_ARGUMENTS.
 */
GVariant *floo_outbox_list (FlooDb *db, gboolean online, const char *cursor, guint limit, char **next_cursor,
                            GError **error);

/* Inserts a row in any state, for example from another file. */
gboolean floo_outbox_restore (FlooDb *db, const FlooOutboxRow *row, GError **error);
/* Only the row: neither its conversation nor the order in it is updated. */
gboolean floo_outbox_put (FlooDb *db, const FlooOutboxRow *row, GError **error);
/* Marks the first unsettled row of @conversation as its head, so that due rows are found without reading those after it. */
gboolean floo_outbox_refresh_head (FlooDb *db, gint64 conversation, GError **error);
G_END_DECLS
