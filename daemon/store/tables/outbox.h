/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outbox.h: what waits for the service's acknowledgement. All functions run inside a job.
 *
 * Rows: messages (operation 0) and operations on messages or conversations. A message's row is the message until it is acknowledged; then
 * floo_outbox_acknowledge() moves it into messages in the same transaction.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/* FlooOutboxRow.operation: MessageOperation.OpType's numbers, and these. */
#define FLOO_OUTBOX_MESSAGE 0
#define FLOO_OUTBOX_READ_ACK 1
#define FLOO_OUTBOX_READ_ALL 2
#define FLOO_OUTBOX_READ_CANCEL 3
#define FLOO_OUTBOX_DELIVER_ACK 4
#define FLOO_OUTBOX_PLAY_ACK 7
#define FLOO_OUTBOX_DELETE_CONVERSATION 101
#define FLOO_OUTBOX_DELETE_CONVERSATION_EVERYWHERE 102

/* ListOutbox's name of an operation: "recall", "delete_conversation", ...; "unknown" */
const char *floo_outbox_operation_to_string (int operation);

/* Why a row is uncertain. */
typedef enum {
  FLOO_DOUBT_DEVICE,      /* it went out under a device number that has become void: it may have arrived or not */
  FLOO_DOUBT_NO_ID,       /* the service accepted it, without an id that can be used */
  FLOO_DOUBT_DUPLICATE    /* the service knew the number of its first frame: from this message or from another one */
} FlooDoubt;

/* Borrowed view, like FlooMessage. */
typedef struct {
  gint64 client_id;
  gint64 conversation;
  FlooToType to_type;
  gint64 to;              /* uid that the frame goes to: the conversation, a sender, ourselves; 0: none */
  int operation;
  gint64 target;          /* the message operated on: its id, or the client_id of one that is itself in the outbox */
  int type;               /* of messages */
  const char *content, *ext, *config, *attachment;
  guint priority;
  gint64 timestamp;       /* ms, when it was given to us */
  FlooSendState state;
  guint attempts;
  gint64 next_retry;      /* ms; 0: at once */
  gint64 device_sn;       /* under which it went out last; 0: never */
  const char *file;       /* (nullable): JSON of the file that is uploaded first; till then the row is not due and holds up nobody */
  const char *error;      /* NULL: none; "10: reason" */
  gboolean permanent;
  gint64 frame;           /* client_mid of the frame that it goes out with, where that is not its client_id alone; 0 */
  FlooDoubt doubt;        /* of an uncertain row */
  gint64 named;           /* message id that a doubtful answer named; 0: none */
  gint64 accepted;        /* of an edit (append, replace): its id; it takes effect after others that the service accepted before it; 0 */
  gint64 edited;          /* ms, when the service accepted it */
} FlooOutboxRow;

/**
 * floo_outbox_next_client_id:
 *
 * max(last + 1, now in ms), for ever growing: the highest ever given is bounded by a ceiling kept in a file beside the account's
 * folder, which survives the erasing of the store. It is written ahead in steps of some seconds, with fsync, so that it costs nothing a
 * message; when the store is closed it is what was given last.
 */
gboolean floo_outbox_next_client_id (FlooDb *db, gint64 *client_id, GError **error);

/**
 * floo_outbox_find_token:
 * @digest: of all arguments of the call
 * @client_id: (out): 0: the token is new
 *
 * Fails with FLOO_ERROR_INVALID_ARGUMENTS where the token was used with other arguments. Tokens are kept for 30 days after use at least.
 */
gboolean floo_outbox_find_token (FlooDb *db, const char *token, const char *digest, gint64 *client_id, GError **error);
gboolean floo_outbox_add_token (FlooDb *db, const char *token, const char *digest, gint64 client_id, GError **error);

/* @row->state: QUEUED or SENDING. An operation belongs to its target's conversation; FLOO_ERROR_INVALID_ARGUMENTS where its target
 * is a message that failed or was cancelled. A message raises its conversation in the list. */
gboolean floo_outbox_insert (FlooDb *db, const FlooOutboxRow *row, GError **error);

typedef gboolean (*FlooOutboxFunc) (const FlooOutboxRow *row, gpointer user_data);   /* FALSE stops */

/* No row waits longer than this for its next try, ms. */
#define FLOO_OUTBOX_RETRY_MAX_MS 300000

/* How long a row waits that went out @attempts times and was refused for the moment, or not answered; ms. */
gint64 floo_outbox_retry_delay (guint attempts);

/* A row that may be the next one to go out. */
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
 * Where to begin, by client_id: of the messages and operations in queued or sending the first one of each conversation's order (a failed
 * or cancelled row does not hold up the ones behind it, an uncertain one does); reading, delivery and playing, which need no order, each
 * by itself. next_retry is for the caller to look at.
 */
gboolean floo_outbox_heads (FlooDb *db, gboolean (*func) (const FlooOutboxHead *head, gpointer user_data), gpointer user_data,
                            GError **error);

/**
 * floo_outbox_foreach_in_order:
 * @func: returns FALSE to stop; it must change nothing. @waits: it operates on a message that is still in the outbox, and goes when that
 *    one is acknowledged
 *
 * The rows of a conversation that are not settled (queued, sending, uncertain), in the order in which they go out.
 */
gboolean floo_outbox_foreach_in_order (FlooDb *db, gint64 conversation,
                                       gboolean (*func) (const FlooOutboxRow *row, gboolean waits, gpointer user_data),
                                       gpointer user_data, GError **error);

/* The rows that go out with the frame @client_mid, oldest first: those that have it as frame, or the one that it is the client_id of. */
gboolean floo_outbox_foreach_of_frame (FlooDb *db, gint64 client_mid, FlooOutboxFunc func, gpointer user_data, GError **error);
/* @frame: 0: its client_id alone */
gboolean floo_outbox_set_frame (FlooDb *db, gint64 client_id, gint64 frame, GError **error);
/* A message's, before it goes out for the first time. */
gboolean floo_outbox_set_config (FlooDb *db, gint64 client_id, const char *config, GError **error);
/* Whether a cancelled row must stay: others that are not cancelled go out with its frame, which must be the same when it goes out again; or
 * the service has accepted it. */
gboolean floo_outbox_must_stay (FlooDb *db, gint64 client_id, gboolean *must_stay, GError **error);
/* The edits of a message that went out and have not taken effect, oldest first. */
gboolean floo_outbox_foreach_edit (FlooDb *db, gint64 message, FlooOutboxFunc func, gpointer user_data, GError **error);
/* Appends the messages (gint64) to which edits were accepted that have not taken effect. */
gboolean floo_outbox_get_accepted_targets (FlooDb *db, GArray *messages, GError **error);
gboolean floo_outbox_set_accepted (FlooDb *db, gint64 client_id, gint64 id, gint64 edited, GError **error);
/* The row is queued again as if it had never gone out, under a number that the service has hardly seen from us; its client_id stays.
 * @begun: (out): FALSE: this was done so often that it makes no sense, the row is as it was */
gboolean floo_outbox_begin_anew (FlooDb *db, gint64 client_id, gboolean *begun, GError **error);

/* @named: (0: none): message id in the answer */
gboolean floo_outbox_set_uncertain (FlooDb *db, gint64 client_id, FlooDoubt doubt, gint64 named, const char *error_text, GError **error);
gboolean floo_outbox_foreach_uncertain (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error);

/* Whether the message under @client_id can have the id @server_id: it is above 0, and nothing else is called so. */
gboolean floo_outbox_may_be_named (FlooDb *db, gint64 client_id, gint64 conversation, gint64 server_id, gboolean *may, GError **error);

gboolean floo_outbox_get (FlooDb *db, gint64 client_id, FlooOutboxFunc func, gpointer user_data, GError **error);   /* NOT_FOUND */
/* All of them, oldest first. */
gboolean floo_outbox_foreach (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error);

/* Appends the client_ids (gint64) of the operations that wait for the message under @client_id: those that fail or go with it. */
gboolean floo_outbox_get_dependents (FlooDb *db, gint64 client_id, GArray *client_ids, GError **error);

/* @device_sn: 0: as it is. @count_attempt raises attempts. @error_text: (nullable). Operations on it that wait fail with it where it
 * becomes failed. */
gboolean floo_outbox_set_state (FlooDb *db, gint64 client_id, FlooSendState state, gboolean count_attempt, gint64 next_retry,
                                gint64 device_sn, const char *error_text, gboolean permanent, GError **error);

/**
 * floo_outbox_set_file:
 * @file: (nullable): NULL: it is uploaded; the message takes its place in the order, by its client_id
 * @attachment: (nullable)
 *
 * What is known of a message's file now. NOT_FOUND
 */
gboolean floo_outbox_set_file (FlooDb *db, gint64 client_id, const char *file, const char *attachment, GError **error);
/* Rows whose file is not uploaded, oldest first. */
gboolean floo_outbox_foreach_file (FlooDb *db, FlooOutboxFunc func, gpointer user_data, GError **error);

/**
 * floo_outbox_acknowledge:
 * @server_id: its id from now on; 0 for an operation
 * @was_there: (out): FALSE: no such row (acknowledged before): nothing is done
 *
 * A message moves to messages under @server_id with timestamp @server_time (0: its own), client_id stays its name for ever;
 * operations that target its client_id now target @server_id. A command message is not kept. A message of @server_id that came by a
 * page before the acknowledgement is kept and gets the client_id. An operation's row goes.
 */
gboolean floo_outbox_acknowledge (FlooDb *db, gint64 client_id, gint64 server_id, gint64 server_time, gboolean *was_there, GError **error);
/* The row goes, and the operations on it that wait; NOT_FOUND where there is none. */
gboolean floo_outbox_delete (FlooDb *db, gint64 client_id, GError **error);

/* Messages. @queued: (out): in queued, sending and uncertain: Account.Queued; @failed: (out): Account.Failed */
gboolean floo_outbox_count (FlooDb *db, guint *queued, guint *failed, GError **error);
/* A new connection: everything in sending whose device_sn is another than @device_sn becomes uncertain (@n: (out)), the others wait for
 * nothing any more. */
gboolean floo_outbox_mark_uncertain (FlooDb *db, gint64 device_sn, guint *n, GError **error);

/**
 * floo_outbox_list:
 * @online: FALSE: what is in sending says that it waits for a connection
 * @cursor: "" or what @next_cursor was
 * @limit: at most so many, and no more than some 8 MiB of texts
 * @next_cursor: (out) (transfer full): "" at the end
 *
 * Returns: (transfer floating): aM for ListOutbox, oldest first; more has attempts u, next_retry x, error s, permanent b, operation s.
 * A cursor that is none is INVALID_ARGUMENTS.
 */
GVariant *floo_outbox_list (FlooDb *db, gboolean online, const char *cursor, guint limit, char **next_cursor,
                             GError **error);

G_END_DECLS
