/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * internal.h: the parts of a session and how they reach each other. Only for daemon/session.
 *
 *   login     who we are and whether we are online: the state machine of Account.State
 *   sync      what the service has for us: unread -> pull -> commit -> signal
 *   inbound   what the metas of a page mean, on the store's writer thread
 *   sender    the outbox: what we have for the service
 *   settler   rows of which nobody knows whether the service took them
 *   directory the roster and the joined groups
 *   read_ack  who is to acknowledge reading, in groups that want it
 *   files     uploads, downloads, and messages that carry files (files/files.h)
 *
 * All run on the main loop, save what is marked "store thread".
 */
#pragma once

#include <json-glib/json-glib.h>

#include "base/signals.h"
#include "net/endpoints.h"
#include "net/link.h"
#include "net/rest.h"
#include "session/session.h"
#include "store/engine/store.h"
#include "wire/frame.h"

G_BEGIN_DECLS

typedef struct _FlooLogin FlooLogin;
typedef struct _FlooSync FlooSync;
typedef struct _FlooSender FlooSender;
typedef struct _FlooSettler FlooSettler;
typedef struct _FlooDirectory FlooDirectory;
typedef struct _FlooReadAck FlooReadAck;
typedef struct _FlooFiles FlooFiles;

/* Account.State; names in session.c. */
typedef enum {
  FLOO_STATE_SIGNED_OUT,
  FLOO_STATE_DISCOVERING,
  FLOO_STATE_AUTHENTICATING,
  FLOO_STATE_CONNECTING,
  FLOO_STATE_ONLINE,
  FLOO_STATE_WAITING,
  FLOO_STATE_BLOCKED
} FlooState;

/* What becomes of the session that a user notice is about. */
typedef enum {
  FLOO_SESSION_GOES_ON,         /* the notice is told, and that is all */
  FLOO_SESSION_ENDED,           /* only the user can log in again */
  FLOO_SESSION_REPLACED,        /* ended, by another program that logged in as this device */
  FLOO_SESSION_MOVED            /* the service is elsewhere now: it is looked for anew */
} FlooSessionFate;

typedef struct {
  int type;                     /* of UserNotice */
  FlooSessionFate fate;
  gint64 timestamp;             /* ms, when the service gave it, by its clock */
  gboolean catch_up;            /* it may have been given before this connection */
} FlooUserNotice;

struct _FlooSession {
  GObject parent_instance;

  const FlooConfig *config;
  FlooSecrets *secrets;

  /* The account; the store is there from the moment we know who we are until logout. */
  FlooStore *store;
  gint64 user_id;
  char *username;
  char *app_id;
  guint32 device_sn;

  /* The service; NULL while signed out. */
  FlooEndpoints *endpoints;
  FlooRest *rest;
  FlooLink *link;

  /* Of the calls that wait for the service's REST; another one after each logout. */
  GCancellable *cancellable;

  FlooLogin *login;
  FlooSync *sync;
  FlooSender *sender;
  FlooSettler *settler;
  FlooDirectory *directory;
  FlooReadAck *read_ack;
  FlooFiles *files;

  FlooState state;
  GError *last_error;           /* (nullable), domain FLOO_ERROR */
  gint64 next_retry;            /* ms, 0 none */
  gint64 last_contact;          /* ms */
  gint64 connected_since;       /* ms, 0: not online */
  guint unread_total;
  guint queued, failed;
  guint caller;                 /* of the call that is beginning just now; 0: none */
  gboolean congested;
  gboolean stopping;
  guint leaving;                /* stores on their way: of logins before, still closing, or opening; and caches that are being erased */
  GArray *removing;             /* gint64: conversations that go with a call under way (Destroy, Leave, Remove) */
  guint saving;                 /* logins on their way to the keyring or the disk, or from there */
  gpointer next_login;          /* (nullable): a login that waits for them (login/calls.c) */
  GTask *stop_task;             /* (nullable): waits for them */
  guint status_idle, counts_timer;

  GSourceOnceFunc ready;        /* (nullable): not told yet */
  gpointer ready_data;
  guint ready_timer;
};

/* ---- session.c ---- */

void floo_session_set_state (FlooSession *self, FlooState state);
/* @error: (nullable) of any domain: what Account.LastError says from now on. */
void floo_session_set_error (FlooSession *self, const GError *error);
void floo_session_status_changed (FlooSession *self);
/* Tells what changed now, so that it goes before a reply that follows from it. */
void floo_session_tell_status (FlooSession *self);
/* The start is over: the stored login is read and its store open, or neither will be. */
void floo_session_ready (FlooSession *self);

/* A store of a login before is closed; `leaving` was raised for it. */
void floo_session_left (FlooSession *self);
/* A login is kept or forgotten, or could not be; `saving` was raised for it. */
void floo_session_saved (FlooSession *self);
/* login/calls.c: begins the login that waited for it. */
void floo_session_start_next_login (FlooSession *self);
/* Ends the operations that wait for the service with Cancelled. */
void floo_session_cancel_calls (FlooSession *self);

/* Emits an event outside the journal (serial 0). @body: (transfer floating) */
void floo_session_emit (FlooSession *self, FlooSignal signal, GVariant *body);
/* Journals and emits an event that belongs to no other change; without a store it is emitted with serial 0. @body: (transfer floating) */
void floo_session_journal (FlooSession *self, FlooSignal signal, GVariant *body);
void floo_session_notice (FlooSession *self, const char *category, const char *desc);
void floo_session_error (FlooSession *self, const char *category, const char *desc);

/**
 * floo_session_write:
 *
 * floo_store_write() on the session's store that brings UnreadTotal and Queued up to date on the way. Without a store @done gets
 * FLOO_ERROR_NOT_LOGGED_IN at once.
 */
void floo_session_write (FlooSession *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);
/* In the turn of the caller whose call is beginning just now; else it is the daemon's own job. */
void floo_session_read (FlooSession *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy);

/**
 * FlooCall:
 *
 * A job that answers a client: @func leaves the method's out arguments in @result, the reply follows.
 * Whatever else it needs follows this struct (allocate with floo_call_new() and a larger size).
 */
typedef struct {
  FlooSession *session;
  FlooReply reply;
  gpointer user_data;
  GVariant *result;             /* (nullable), sunk with the reply */
  guint caller;                 /* whose call it is: floo_session_set_caller() */
  gint64 until;                 /* monotonic time from which on nobody waits for it */
  FlooStoreFunc func;           /* of floo_call_read() */
} FlooCall;

gpointer floo_call_new (gsize size, FlooSession *self, FlooReply reply, gpointer user_data);
void floo_call_free (gpointer query);
/* Runs @func as a read (or write) job and replies. @destroy: floo_call_free or one that ends with it. */
void floo_call_read (gpointer query, FlooStoreFunc func, GDestroyNotify destroy);
void floo_call_write (gpointer query, FlooStoreFunc func, GDestroyNotify destroy);
/* The done callback of both; for jobs with something to do besides, to be called from theirs. */
void floo_call_done (FlooStore *store, gpointer query, const GError *error);

/* Sends one frame on the link. @payload: (nullable) */
void floo_session_send_frame (FlooSession *self, Floo__Frame__Command command, const ProtobufCMessage *payload);

/* login/calls.c: takes the store away from all operations, and ends the transfers. Returns: (transfer full) (nullable): to be closed */
FlooStore *floo_session_steal_store (FlooSession *self);
/* The account is known: its store is open from now on. Takes a reference. */
void floo_session_take_store (FlooSession *self, FlooStore *store);
/* Fails with NotLoggedIn, and FALSE, where no account is open. */
gboolean floo_session_check_account (FlooSession *self, FlooReply reply, gpointer user_data);
/* Fails with Offline, too, where the service is not at hand. */
gboolean floo_session_check_online (FlooSession *self, FlooReply reply, gpointer user_data);

/* ---- login/login.c ---- */

FlooLogin *floo_login_new (FlooSession *session);
void floo_login_free (FlooLogin *login);
/* Loads the stored login and begins. */
void floo_login_auto (FlooLogin *login);
/* Whether somebody is logged in, or on the way back to it: then another login is refused. */
gboolean floo_login_is_taken (FlooLogin *login);
/* The start does not wait any longer for the stored login. */
void floo_login_load_is_late (FlooLogin *login);
/* Whether the stored login is still on its way from the keyring. */
gboolean floo_login_is_loading (FlooLogin *login);
/* @record: (transfer full): with a password or a token. The login before must have been stopped. @reply gets (x). */
void floo_login_start (FlooLogin *login, FlooLoginRecord *record, gboolean remember, FlooReply reply, gpointer user_data);
/* Cuts a waiting time short. */
void floo_login_retry_now (FlooLogin *login);
/* Ends the connection and every attempt; the store stays open. */
void floo_login_stop (FlooLogin *login);
/* PROVISION's answer. */
void floo_login_provisioned (FlooLogin *login, FlooFrame *frame);
/* A status of the socket that speaks of the session itself (INVALID_TOKEN, USER_FROZEN, ...). FALSE: it does not. */
gboolean floo_login_status (FlooLogin *login, int code, const char *reason);
/* A USER_NOTICE with consequences, after its signals. */
void floo_login_user_notice (FlooLogin *login, const FlooUserNotice *notice);
/* While a change of the password is under way a void token is its doing. @password: (nullable): the new one, with which the login begins
 * anew. */
void floo_login_begin_password_change (FlooLogin *login);
void floo_login_end_password_change (FlooLogin *login, const char *password);
/* What GetStatus adds: attempts, endpoint, keyring. */
void floo_login_describe (FlooLogin *login, GVariantDict *status);

/* ---- sync/sync.c ---- */

FlooSync *floo_sync_new (FlooSession *session);
void floo_sync_free (FlooSync *sync);
void floo_sync_online (FlooSync *sync);
void floo_sync_offline (FlooSync *sync);
/* Any frame but PROVISION's. Takes no reference of its own beyond need. */
void floo_sync_frame (FlooSync *sync, FlooFrame *frame);
/* A frame that is none. */
void floo_sync_unreadable (FlooSync *sync, const GError *error);
/* What GetStatus adds: what was left out. */
void floo_sync_describe (FlooSync *sync, GVariantDict *status);
/* What waits to be stored goes to the store now, however much is on its way: jobs from now on come after it. */
void floo_sync_write_waiting (FlooSync *sync);
/* Congestion or a full disk ended: go on. */
void floo_sync_resume (FlooSync *sync);

/* A page of history that was stored. */
typedef struct {
  gint64 next;                  /* key of the next older page; 0: this was the beginning */
  guint n;                      /* entries */
  gboolean cut;                 /* it was beyond a bound, and ended before its end */
  gint64 lowest_id;             /* of these; 0: the page is empty */
  gint64 oldest;                /* lowest timestamp, ms; 0: the page is empty */
} FlooHistoryPage;

/* @page: NULL with @error. */
typedef void (*FlooHistoryDone) (FlooSession *session, const FlooHistoryPage *page, const GError *error, gpointer user_data);
/**
 * floo_sync_history:
 * @from: the message to go back from, 0 the newest
 *
 * Asks the service for a page of history and stores it. Fails with Offline, Timeout.
 */
void floo_sync_history (FlooSync *sync, gint64 conversation, gint64 from, guint limit, FlooHistoryDone done, gpointer user_data);

/* ---- outbox/sender.c ---- */

FlooSender *floo_sender_new (FlooSession *session);
void floo_sender_free (FlooSender *sender);
void floo_sender_online (FlooSender *sender);
void floo_sender_offline (FlooSender *sender);
/* Sends what is due. */
void floo_sender_pump (FlooSender *sender);
/* Store thread: whether there is a connection on which answers may still come. */
gboolean floo_sender_is_online (FlooSender *sender);

/* An answer to a frame of ours that was committed. */
typedef struct {
  gint64 client_mid;
  gboolean refused;             /* for the moment */
} FlooAnswer;

/* These are not on their way any more. */
void floo_sender_answered (FlooSender *sender, const FlooAnswer *answers, guint n);

/**
 * floo_sender_take_due:
 *
 * Store thread: marks what may go out now as sending (with its events) and keeps copies, to be sent after the commit by
 * floo_sender_send_taken(). Nothing while offline.
 */
gboolean floo_sender_take_due (FlooSender *sender, FlooDb *db, GPtrArray *taken, GError **error);
void floo_sender_send_taken (FlooSender *sender, GPtrArray *taken);
/* Of what a failed transaction took: forget it. */
void floo_sender_untake (FlooSender *sender, GPtrArray *taken);
GPtrArray *floo_sender_taken_new (void);
/* Typing is neither kept nor acknowledged. */
void floo_sender_send_typing (FlooSender *sender, gint64 client_id, gint64 user, gboolean typing);

/* Store thread: journals SendingMessageStatusChanged of one of ours (a message still in the outbox or acknowledged, or an operation).
 * @reason: (nullable) */
gboolean floo_sender_journal_status (FlooDb *db, gint64 client_id, gint64 conversation, gboolean is_message, const char *status,
                                     gint64 server_id, int error_code, const char *reason, GError **error);

/* Store thread: a message's end that is also the end of the operations that wait for it: journals @status for each of them. Before the
 * message's own row changes. */
gboolean floo_sender_journal_dependents (FlooDb *db, gint64 client_id, gint64 conversation, const char *status, int error_code,
                                         const char *reason, GError **error);

/* ---- outbox/settler.c ---- */

FlooSettler *floo_settler_new (FlooSession *session);
void floo_settler_free (FlooSettler *settler);
void floo_settler_online (FlooSettler *settler);
void floo_settler_offline (FlooSettler *settler);
/* Looks for uncertain rows in the history. */
void floo_settler_run (FlooSettler *settler);

/* ---- directory/directory.c ---- */

FlooDirectory *floo_directory_new (FlooSession *session);
void floo_directory_free (FlooDirectory *directory);
typedef void (*FlooListsDone) (FlooSession *session, const GError *error);
/* The two lists of a login. */
void floo_directory_load_lists (FlooSession *session, GCancellable *cancellable, FlooListsDone done);
/* Fetches details that are missing or stale, in batches, one request a second and kind, while online. */
void floo_directory_fetch_missing (FlooDirectory *directory);
void floo_directory_offline (FlooDirectory *directory);

/* ---- files/files.c ---- */

FlooFiles *floo_files_new (FlooSession *session);
void floo_files_free (FlooFiles *files);
/* The account's store is there: what waits to be uploaded is taken up. */
void floo_files_open (FlooFiles *files);
/* The store is about to close: all transfers end. */
void floo_files_close (FlooFiles *files);
/* Deletes the downloaded files of the account that is open; to be called before floo_files_close(). What cannot be deleted is logged. */
void floo_files_erase_cache_async (FlooFiles *files, GAsyncReadyCallback callback, gpointer user_data);
/* Transfers are begun while we are online. */
void floo_files_set_online (FlooFiles *files, gboolean online);
/* Resend of a message: its upload begins now, where it has one. */
void floo_files_resend (FlooFiles *files, gint64 client_id);

/* ---- directory/pins.c ---- */

/* Brings what other devices pinned. */
void floo_pins_load (FlooSession *session);

/* ---- directory/read-ack.c ---- */

FlooReadAck *floo_read_ack_new (FlooSession *session);
void floo_read_ack_free (FlooReadAck *self);
void floo_read_ack_offline (FlooReadAck *self);
/* Fetches what is missing, step by step, while online. */
void floo_read_ack_run (FlooReadAck *self);
/* The place of a message among those to its group that are not in the outbox yet. */
typedef struct _FlooReadAckPlace FlooReadAckPlace;
/**
 * floo_read_ack_begin:
 * @resume: see below
 * @place: (out) (nullable): owned by @self
 *
 * A message to @group was accepted. Messages to a group go on in the order of these calls.
 *
 * Returns: TRUE: it goes on now; where @place is given, floo_read_ack_end() says what became of it. FALSE: another one waits for the members
 *   of the group, so this one has to wait, too: @resume is called once, when the members are known, or cannot be had, or some seconds have
 *   gone by; @place is void
 */
gboolean floo_read_ack_begin (FlooReadAck *self, gint64 group, GSourceOnceFunc resume, gpointer data, FlooReadAckPlace **place);
/* @place is given up. @missing: the message needs the members of its group: they are fetched at once, and resume is called as above, maybe
 * before this returns. Else it is in the outbox, or failed. */
void floo_read_ack_end (FlooReadAck *self, FlooReadAckPlace *place, gboolean missing);
/**
 * floo_read_ack_add_members:
 * @config: (nullable): of a message to @group
 * @merged: (out) (transfer full) (nullable): the config with groupMemberList; NULL: it stays as it is
 * @missing: (out) (nullable): the members belong into it and are not known yet
 *
 * Store thread.
 */
gboolean floo_read_ack_add_members (FlooDb *db, gint64 group, const char *config, char **merged, gboolean *missing, GError **error);

/* ---- apply/batch.c ---- */

/* Why something of the service was left out. */
typedef enum {
  FLOO_LEFT_OUT_MALFORMED,      /* an entry, or its payload, cannot be read */
  FLOO_LEFT_OUT_ID,             /* its id is none */
  FLOO_LEFT_OUT_REFUSED,        /* the store, which is in order, does not take it */
  FLOO_LEFT_OUT_ANSWER,         /* an acknowledgement of something of ours with an id that cannot be */
  FLOO_LEFT_OUT_TOO_LARGE,      /* it is beyond a bound */
  FLOO_LEFT_OUT_FRAME,          /* a whole frame cannot be read */
  FLOO_N_LEFT_OUT
} FlooLeftOut;

/* What a batch of frames came to, beyond the store: for the main loop. */
typedef struct {
  GArray *answered;             /* FlooAnswer */
  GArray *user_notices;         /* FlooUserNotice: those with consequences, in order */
  GArray *statuses;             /* FlooInboundStatus of answers that concern the session */
  GArray *removing;             /* in: gint64: conversations that a client of ours is removing, with their group or user */
  GArray *conversations;        /* gint64: with users, of which the service has told for the first time, and has nothing new for us */
  GPtrArray *typing;            /* GVariant: bodies of InputStatusMessage, which is not journalled */
  gboolean fetch_contacts;      /* details are missing or stale now */
  gboolean pump;                /* rows became due */
  gboolean settle;              /* a row became uncertain */
  gboolean missed;              /* there is a gap to be filled at once */
  gboolean pushes;              /* messages came that nobody asked for, and that is noted */
  guint left_out[FLOO_N_LEFT_OUT];
} FlooInboundResult;

typedef struct {
  int code;
  char *reason;
} FlooInboundStatus;

FlooInboundResult *floo_inbound_result_new (void);
void floo_inbound_result_free (FlooInboundResult *result);

/* One received frame of a batch. */
typedef struct {
  FlooFrame *frame;
  gint64 conversation;          /* of a page: as asked; -1 unknown */
  gint64 from;                  /* of a history page: the message it goes back from, 0 the newest; -1: nobody asked */
  gint64 gap;                   /* of a history page that nobody waits for: the gap that it is to fill, G_MAXINT64: above the newest;
                                   0: it is none */
  gint64 below;                 /* the message down to which that is */
  gboolean catch_up;            /* of a page: what came while there was no connection */
  gboolean first;               /* of a page: on this connection, of those of its conversation with prev_mid */
  gboolean pushed;              /* of a page: nobody asked, nor is it known yet that such come */
  guint connection;             /* sync: the number of the one it came by */
  GError *refused;              /* (out) (nullable): sync/batches.c: why the store, which is in order, does not take it */
  gboolean news;                /* (out): of a page: something in it had not come before */
} FlooInboundItem;

/**
 * floo_inbound_apply:
 * @items: FlooInboundItem
 * @carefully: entry by entry, so that one that fails is left out and does not fail the rest; slower
 *
 * Store thread, in a write job: applies whole frames (UnreadDL, pages, history pages, acknowledgements) to the store and journals their
 * events.
 */
gboolean floo_inbound_apply (FlooDb *db, GArray *items, gboolean carefully, FlooInboundResult *result, GError **error);

G_END_DECLS
