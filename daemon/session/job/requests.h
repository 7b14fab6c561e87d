/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * requests.h: arguments of the larger calls of clients. Types only.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* ---- login ---- */

typedef enum { FLOO_LOGIN_BY_NAME, FLOO_LOGIN_BY_ID, FLOO_LOGIN_WITH_TOKEN } FlooLoginKind;

typedef struct {
  FlooLoginKind kind;
  const char *name;         /* BY_NAME */
  gint64 user_id;           /* BY_ID, WITH_TOKEN */
  const char *secret;       /* password or token */
  const char *app_id;       /* (nullable): the configuration's */
  const char *dns_server;   /* (nullable): the configuration's */
  gboolean remember;
} FlooLoginRequest;

typedef enum {
  FLOO_LOGOUT_NONE = 0,
  FLOO_LOGOUT_ERASE = 1 << 0,       /* deletes the local store */
  FLOO_LOGOUT_DISCARD = 1 << 1,     /* even with unsent messages in it */
  FLOO_LOGOUT_EVERYWHERE = 1 << 2   /* on the user's other web devices, too */
} FlooLogoutFlags;

/* The proof of the account's owner for a new number: one of these; none within minutes after an attempt with a valid proof. */
typedef struct {
  const char *password;         /* (nullable) */
  const char *present_mobile;   /* (nullable) */
  const char *present_code;     /* (nullable): sent to it */
} FlooMobileProof;

/* ---- messages that are read ---- */

typedef enum { FLOO_MESSAGES_NEWEST, FLOO_MESSAGES_BEFORE, FLOO_MESSAGES_AFTER, FLOO_MESSAGES_AROUND } FlooMessagesKind;

typedef struct {
  const char *text;
  gint64 conversation;      /* -1: any */
  gint64 from;              /* -1: anybody */
  const char *type;         /* (nullable): any */
  gint64 since, until;      /* ms, both included */
  guint limit;              /* 1 to 500 */
  gint64 before;            /* only messages with a lower id; 0: any */
} FlooSearchRequest;

/* ---- messages that are sent ---- */

/**
 * FlooSendOptions:
 * @config: (nullable): a JSON object
 * @push_text: (nullable): the text of the notification on the receivers' phones
 * @silent: no notification
 * @token: (nullable): the caller's idempotency token
 * @not_before: ms, by the service's clock: it is not sent earlier; 0: no such time
 *
 * Options of every message.
 */
typedef struct {
  const char *ext, *config;     /* (nullable) */
  const char *push_text;
  gboolean silent;
  const char *token;
  gint64 not_before;
} FlooSendOptions;

typedef struct {
  const char *to_type;      /* as the client gave it */
  gint64 to;
  const char *type;
  const char *content;
  FlooSendOptions options;
  const char *attachment;   /* (nullable) */
  guint priority;
  const char *identity;     /* (nullable): the content that belongs to the token, if it is not this request */
  gboolean is_mention;      /* config, which is an object, gets the names and texts that it lacks: as the names are then, so that a token
                               stands for the same by whatever name */
} FlooSendRequest;

/**
 * FlooMentionRequest:
 * @mentioned_message: (nullable): the notification of mentioned members; NULL: names and the text
 * @options: push_text is the notification of all others; NULL: our name and the text
 */
typedef struct {
  gint64 group;
  const char *content;
  const gint64 *users;
  guint n_users;
  gboolean all;
  const char *mentioned_message;
  FlooSendOptions options;
} FlooMentionRequest;

/* Messages to be forwarded. */
typedef struct {
  GVariant *messages;       /* ax: ids */
  GVariant *targets;        /* a(sx): to_type, to */
  FlooSendOptions options;
} FlooForwardRequest;

/* How a conversation is deleted: at the service for this device, for all devices, only in the store; with CLEAR it stays in the list,
 * without its messages. */
typedef enum { FLOO_DELETE_HERE, FLOO_DELETE_EVERYWHERE, FLOO_DELETE_LOCAL, FLOO_DELETE_CLEAR } FlooDeleteKind;

/* What APPEND and REPLACE carry; texts are nullable. */
typedef struct {
  const char *content, *config, *ext;
  gboolean finish;              /* the message is complete: nothing is appended any more */
} FlooEdit;

/* ---- files ---- */

/* The form of a message's file: a thumbnail of at most this width and height (pixels; 0: the service's default), or the whole file. */
typedef struct {
  gboolean thumbnail;
  guint width, height;
  const char *format;           /* (nullable): "mp3" */
} FlooFileForm;

typedef struct {
  const char *to_type;      /* as the client gave it */
  gint64 to;
  const char *type;
  int fd;
  const char *name;
  guint width, height;      /* pixels; 0: not given */
  guint duration;           /* s; 0: not given */
  FlooSendOptions options;
} FlooSendFileRequest;

/* @fd: (transfer full): -1 with @error */
typedef void (*FlooFdReply) (int fd, const GError *error, gpointer user_data);

G_END_DECLS
