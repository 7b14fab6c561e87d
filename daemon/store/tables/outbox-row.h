/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outbox-row.h: a row of the outbox.
 */
#pragma once

#include "base/message.h"

G_BEGIN_DECLS

/* Why a row is uncertain. */
typedef enum {
  FLOO_DOUBT_DEVICE,      /* it was sent under a device number that has become void: it may have arrived or not */
  FLOO_DOUBT_NO_ID,       /* the service accepted it without a usable id */
  FLOO_DOUBT_DUPLICATE    /* the service knew the number of its first frame: from this message or from another one */
} FlooDoubt;

/* Borrowed view, like FlooMessage. */
typedef struct {
  gint64 client_id;
  gint64 conversation;
  FlooToType to_type;
  gint64 to;              /* uid of the frame's recipient: the conversation, a sender, ourselves; 0: none */
  int operation;          /* FlooOperation, or a number that is not known */
  gint64 target;          /* the message operated on: its id, or the client_id of one that is itself in the outbox */
  int type;               /* of messages */
  const char *content, *ext, *config, *attachment;
  guint priority;
  gint64 timestamp;       /* ms, when it was given to us */
  FlooSendState state;
  guint attempts;
  gint64 next_retry;      /* ms; 0: at once */
  gint64 device_sn;       /* under which it was last sent; 0: never */
  const char *file;       /* (nullable): JSON of the file that is uploaded first; until then the row is not due and does not delay others */
  int error_code;         /* of the service; 0: none: an @error is ours then */
  const char *error;      /* (nullable): the reason of the last refusal or delay */
  gboolean permanent;
  gint64 frame;           /* client_mid of its frame, if that is not just its client_id; 0 */
  FlooDoubt doubt;        /* of an uncertain row */
  gint64 named;           /* message id that a doubtful answer named; 0: none */
  gint64 accepted;        /* of an edit (append, replace): its id; it takes effect after others that the service accepted before it; 0 */
  gint64 edited;          /* ms, when the service accepted it */
  gint64 not_before;      /* of a message: ms, by the service's clock: until then it is not due and does not delay others; 0: no time */
} FlooOutboxRow;

/* Why a row is not sent. */
typedef struct {
  int code;               /* of the service; 0: the reason is ours */
  const char *text;       /* (nullable) */
  gboolean permanent;
} FlooOutboxError;

/* Returns: (transfer full): a row that outlives the statement it came from, with texts of its own */
FlooOutboxRow *floo_outbox_row_copy (const FlooOutboxRow *row);
void floo_outbox_row_free (FlooOutboxRow *copy);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooOutboxRow, floo_outbox_row_free)
/* A FlooOutboxFunc that copies every row. @rows: GPtrArray with floo_outbox_row_free() */
gboolean floo_outbox_row_collect (const FlooOutboxRow *row, gpointer rows);

G_END_DECLS
