/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message.h: a message as the store keeps it and as clients see it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_MESSAGE_TYPE "(xxxsssxia{sv})"
#define FLOO_MESSAGES_TYPE "a" FLOO_MESSAGE_TYPE

/* The kind of conversation, Message.to_type; stored as this number. ANY: to be found out by the daemon; never stored. */
typedef enum { FLOO_TO_ANY = -1, FLOO_TO_ROSTER = 0, FLOO_TO_GROUP = 1 } FlooToType;

/* Message.type; the numbers are MessageBody.ContentType's. A number that is
 * not known is kept as it is and reads as "unknown". */
typedef enum {
  FLOO_TYPE_TEXT, FLOO_TYPE_IMAGE, FLOO_TYPE_AUDIO, FLOO_TYPE_VIDEO, FLOO_TYPE_FILE,
  FLOO_TYPE_LOCATION, FLOO_TYPE_COMMAND, FLOO_TYPE_FORWARD, FLOO_TYPE_RTC, FLOO_N_TYPES
} FlooMessageType;

/* What is done to a message or a conversation; the numbers are MessageOperation.OpType's, and two more for conversations. Stored numbers. */
typedef enum {
  FLOO_OPERATION_MESSAGE = 0,           /* none: a message itself */
  FLOO_OPERATION_READ_ACK = 1,
  FLOO_OPERATION_READ_ALL = 2,
  FLOO_OPERATION_READ_CANCEL = 3,
  FLOO_OPERATION_DELIVER_ACK = 4,
  FLOO_OPERATION_RECALL = 5,
  FLOO_OPERATION_DELETE = 6,
  FLOO_OPERATION_PLAY_ACK = 7,
  FLOO_OPERATION_APPEND = 8,
  FLOO_OPERATION_REPLACE = 9,
  FLOO_OPERATION_DELETE_CONVERSATION = 101,
  FLOO_OPERATION_DELETE_CONVERSATION_EVERYWHERE = 102
} FlooOperation;

/* Message.status; it only grows, except by READ_CANCEL. */
typedef enum { FLOO_STATUS_UNREAD = 0, FLOO_STATUS_DELIVERED = 1, FLOO_STATUS_READ = 2 } FlooMessageStatus;

/* Message.more.send_state of our own; NONE for everything that the service has given us. Stored numbers; SCHEDULED, which waits for a time,
 * is stored as QUEUED. */
typedef enum {
  FLOO_SEND_NONE = 0, FLOO_SEND_QUEUED = 1, FLOO_SEND_SENDING = 2, FLOO_SEND_SENT = 3,
  FLOO_SEND_FAILED = 4, FLOO_SEND_UNCERTAIN = 5, FLOO_SEND_CANCELLED = 6, FLOO_N_SEND_STATES,
  FLOO_SEND_SCHEDULED = FLOO_N_SEND_STATES
} FlooSendState;

/* Stored bits; never renumbered. */
typedef enum {
  FLOO_MESSAGE_IS_SYSTEM = 1 << 0,
  FLOO_MESSAGE_IS_HISTORY = 1 << 1,
  FLOO_MESSAGE_IS_PLAYED = 1 << 2,
  FLOO_MESSAGE_OUTGOING = 1 << 3,     /* sent by this user, from whatever device */
  FLOO_MESSAGE_MENTIONS_ME = 1 << 4,
} FlooMessageFlags;

/**
 * FlooMessage:
 *
 * A borrowed view: the strings belong to whoever filled it (a frame's arena, a
 * statement's current row, a client's arguments) and are valid UTF-8. NULL
 * and "" mean "not there" for all strings but @content, which is never NULL.
 */
typedef struct {
  gint64 id;              /* the service's id once acknowledged, else the client_id */
  gint64 conversation;    /* the peer or the group, 0 the system */
  gint64 from;
  gint64 to;              /* user or group; more.to; 0 leaves it out */
  FlooToType to_type;
  int type;               /* FlooMessageType, or a number that is not known */
  const char *content;
  gint64 timestamp;       /* ms */
  int status;             /* FlooMessageStatus */
  guint flags;            /* FlooMessageFlags */
  gint64 client_id;       /* our own messages of this device; 0: none */
  gint64 device_sn;       /* our own: the device that sent it; 0: not known */
  gint64 edit_timestamp;  /* ms, 0: never edited */
  const char *ext;
  const char *config;     /* JSON */
  const char *attachment; /* JSON */
  const char *sender_name;
  guint audience;         /* our own, to a group: users who are asked to acknowledge reading; 0: none */
  guint read_count;       /* of these and others: who have */
  FlooSendState send_state;
  int error_code;         /* that the service gave for it; 0: the daemon's own reason */
  const char *error;      /* (nullable): why one of ours failed or waits; told where send_state is FAILED */
  gboolean permanent;     /* it failed for good */
  gint64 not_before;      /* ms, by the service's clock: when it is sent at the earliest; 0: no such time */
  /* Only in ListOutbox and the like: further entries of `more`, (nullable), an a{sv}. */
  GVariant *extra;
} FlooMessage;

/* Returns: (transfer floating): the D-Bus struct Message. */
GVariant *floo_message_to_variant (const FlooMessage *message);

/**
 * floo_message_status_details:
 * @status: the status that it has now, -1 where it is not known
 * @what: (nullable): what happened, a key that is true: up_to, recalled, deleted, played, edited
 *
 * Returns: (transfer floating): the last argument of MessageStatusChanged
 */
GVariant *floo_message_status_details (int status, const char *what);

/* Names of the enums; an unknown number gives "unknown". */
const char *floo_to_type_to_string (FlooToType to_type);
const char *floo_message_type_to_string (int type);
const char *floo_send_state_to_string (FlooSendState state);
/* FALSE where @text is no such name. */
gboolean floo_to_type_from_string (const char *text, FlooToType *out);
gboolean floo_message_type_from_string (const char *text, int *out);

/**
 * FlooEvent:
 * @serial: place in the journal, 0 outside of it
 * @time: ms, when it was journalled
 * @name: (interned) the D-Bus signal's name
 * @args: the signal's arguments, a tuple whose first child is @serial
 * @bytes: of the arguments, about; 0: few enough to be counted
 *
 * One event as it is signalled and replayed.
 */
typedef struct {
  guint64 serial;
  gint64 time;
  const char *name;
  GVariant *args;
  gsize bytes;
} FlooEvent;

/**
 * floo_event_new:
 * @body: (transfer floating): the arguments without the serial, a tuple; consumed
 *
 * Returns: (transfer full)
 */
FlooEvent *floo_event_new (guint64 serial, gint64 time, const char *name, GVariant *body);
void floo_event_free (FlooEvent *event);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooEvent, floo_event_free)

G_END_DECLS
