/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-client.h: a client of the sandbox for its tests, in the same process
 * and main loop: REST calls and frames, each of which is waited for.
 */
#pragma once

#include "sandbox.h"

#include "wire/frame.h"

G_BEGIN_DECLS

typedef struct {
  Sandbox *sandbox;
  SoupSession *session;
  char *token;
  char *guid;
  gint64 user_id;
  guint32 sn;
  gint64 last_mid;            /* client_mids count up from here */
  SoupWebsocketConnection *ws;
  struct _FlooSioDecoder *decoder;
  gboolean greeted;           /* "40" has come */
  gboolean closed;
  GQueue frames;              /* FlooFrame, not processed yet */
} Client;

/* Runs the main loop until @condition is true; fails the test after a generous time. */
#define client_wait(condition) \
  G_STMT_START \
  { \
    gint64 client_wait_end = g_get_monotonic_time () + 20 * G_TIME_SPAN_SECOND; \
    while (!(condition) && g_get_monotonic_time () < client_wait_end) \
      client_iterate (); \
    g_assert_true (condition); \
  } \
  G_STMT_END
void client_iterate (void);

/* g_test_init(), without the debug messages of the libraries. */
void client_test_init (int *argc, char ***argv);

Client *client_new (Sandbox *sandbox);
void client_free (Client *client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

/**
 * client_call:
 * @body: (nullable): JSON text; NULL for a GET
 *
 * Returns: (transfer full): the envelope
 */
JsonObject *client_call (Client *client, const char *method, const char *path, const char *body);
/* The same; asserts that the envelope's code is @code. */
JsonObject *client_expect (Client *client, int code, const char *method, const char *path, const char *body);
/* POST /control/NAME; asserts that it is ok. */
JsonObject *client_control (Client *client, const char *name, const char *body);
/* The same, if the answer has nothing else. */
void client_order (Client *client, const char *name, const char *body);

/* A token by name and password. */
void client_login (Client *client, const char *name, const char *password);
/* Opens the socket, up to "40". */
void client_connect (Client *client);
/* PROVISION with @guid; returns the status. */
Floo__Status__ErrorCode client_provision (Client *client, const char *guid);
/* All three; the device number is in @sn. */
void client_start (Client *client, const char *name, const char *password, const char *guid);
void client_disconnect (Client *client);

void client_send_frame (Client *client, Floo__Frame__Command command, const ProtobufCMessage *payload);
void client_send_raw (Client *client, GBytes *frame);
/* Returns: (transfer full): the next frame of this command; other frames before it are dropped. */
FlooFrame *client_next (Client *client, Floo__Frame__Command command);
/* Returns: (transfer full): the next SyncDL that is an acknowledgement. */
FlooFrame *client_next_ack (Client *client);
/* Returns: (transfer full): the next SyncDL that is a page. */
FlooFrame *client_next_page (Client *client);
/* Whether frames of the command are queued. */
gboolean client_has (Client *client, Floo__Frame__Command command);
void client_clear (Client *client);

/* SyncUL{xid, key}; 0 leaves the key out. */
void client_fetch (Client *client, gint64 conversation, gint64 key);
FlooFrame *client_history (Client *client, gint64 conversation, gint64 key, int count);
typedef void (*ClientMetaFunc) (FlooFrame *frame, const Floo__Meta *meta, gpointer user_data);
/* Fetches until there is nothing more. */
void client_fetch_all (Client *client, gint64 conversation, ClientMetaFunc func, gpointer user_data);
/* The same; returns the number of metas, and appends contents (for messages) to @contents (nullable). */
guint client_drain (Client *client, gint64 conversation, GPtrArray *contents);
/* UNREAD; returns the count for a conversation, -1 where it is not listed. */
int client_unread (Client *client, gint64 conversation);

/* Ids in seed.json. */
enum { ALICE = 1001, BOB = 1002, CAROL = 1003, DAVE = 1004, ERIN = 1005, ECHO = 1099, TEAM = 2001, LOUNGE = 2003 };

/* A seeded sandbox, and a client for each of five users, not logged in yet. */
typedef struct {
  Sandbox *sandbox;
  Client *alice;
  Client *bob;
  Client *carol;
  Client *dave;
  Client *erin;
} Fixture;
void fixture_set_up (Fixture *f, gconstpointer data);
/* Asserts that there were no violations, unless @data is given. */
void fixture_tear_down (Fixture *f, gconstpointer data);

/* A message to be sent, as the SDK writes it. */
typedef struct {
  gint64 to;
  const char *content;
  gboolean group;
  int ctype;
  const char *config;
  const char *ext;
  gboolean typing;
  Floo__MessageOperation__OpType op;
  gint64 mid;
  gint64 conversation;    /* of the operation's xid */
  gint64 client_mid;      /* 0: the next */
} Outgoing;
/* Sends; returns the client_mid. */
gint64 client_send (Client *client, const Outgoing *out);
/* Sends a text to a user or group and returns its server_mid. */
gint64 client_send_text (Client *client, gint64 to, gboolean group, const char *content);
/* Sends and returns the status of the answer; @server_mid (nullable). */
Floo__Status__ErrorCode client_submit (Client *client, const Outgoing *out, gint64 *server_mid);

/* Deletes a conversation, on this device or on all of the user's; returns the status. */
Floo__Status__ErrorCode client_delete_conversation (Client *client, gint64 conversation, gboolean everywhere);

/* The MessageBody of a meta. */
const Floo__MessageBody *client_body (FlooFrame *frame, const Floo__Meta *meta);
char *client_text (const ProtobufCBinaryData *text);

G_END_DECLS
