/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.h: the operations that the daemon offers to clients, independent of D-Bus.
 *
 * Every operation answers through a FlooReply (base/error.h) with the tuple of the method's out arguments, within the time limits of the API.
 * The types of arguments are checked already; their values are checked here. Errors may be of any domain; the bus layer normalises them.
 */
#pragma once

#include <gio/gio.h>

#include "base/config.h"
#include "base/error.h"
#include "base/message.h"
#include "base/secrets.h"
#include "session/job/requests.h"

G_BEGIN_DECLS

#define FLOO_TYPE_SESSION (floo_session_get_type ())
G_DECLARE_FINAL_TYPE (FlooSession, floo_session, FLOO, SESSION, GObject)

/*
 * Signals, on the main loop:
 *   "event" (FlooEvent *event)     a signal to emit now: event->name, event->args; in serial order
 *   "transfer-changed" (guint64 id) a transfer is new, has changed or is gone
 *   "status-changed" ()            something in floo_session_describe_properties() may have changed; at most once per iteration of the loop
 */

/* @config: (transfer none), outlives the session. */
FlooSession *floo_session_new (const FlooConfig *config, FlooSecrets *secrets);

/**
 * floo_session_start:
 * @ready: called once, on the main loop, when the stored login is loaded and its store open, or there is none. A locked keyring or a slow disk
 *    delays it by half a second at most.
 *
 * Logs in automatically if that is configured and a login is stored. Returns at once.
 */
void floo_session_start (FlooSession *self, GSourceOnceFunc ready, gpointer user_data);

/* Disconnects in order, commits pending changes, closes the store. Operations under way are answered with Cancelled. */
void floo_session_stop_async (FlooSession *self, GAsyncReadyCallback callback, gpointer user_data);
void floo_session_stop_finish (FlooSession *self, GAsyncResult *result);

/**
 * floo_session_set_congested:
 *
 * The bus layer has too many signals and replies waiting: no further pages are fetched, and few reads for replies are begun, until it is
 * FALSE again.
 */
void floo_session_set_congested (FlooSession *self, gboolean congested);

/**
 * floo_session_set_caller:
 * @caller: a number that is the same for all calls of one client; 0: none
 *
 * The client of the following calls: reads are scheduled fairly among clients.
 */
void floo_session_set_caller (FlooSession *self, guint caller);
guint floo_session_get_caller (FlooSession *self);

/* Adds all properties of the interface Account but Version and DaemonVersion. */
void floo_session_describe_properties (FlooSession *self, GVariantDict *properties);

/* ---- Account ---- */

void floo_session_get_status (FlooSession *self, FlooReply reply, gpointer user_data);                       /* (a{sv}) */
void floo_session_login (FlooSession *self, const FlooLoginRequest *request, FlooReply reply, gpointer user_data);   /* (x) */
void floo_session_logout (FlooSession *self, FlooLogoutFlags flags, FlooReply reply, gpointer user_data);
void floo_session_reconnect (FlooSession *self, FlooReply reply, gpointer user_data);
/* Disconnects or connects; floo_session_reconnect() connects again, too. */
void floo_session_set_online (FlooSession *self, gboolean online, FlooReply reply, gpointer user_data);

/* ---- Account: without a login, and further kinds of login ---- */

/* Of all these: @app_id, @dns_server: (nullable), as in a login. */
void floo_session_register (FlooSession *self, const char *username, const char *password, gboolean anonymous, const char *app_id,
                            const char *dns_server, FlooReply reply, gpointer user_data);                      /* (x) */
void floo_session_check_username (FlooSession *self, const char *username, const char *app_id, const char *dns_server, FlooReply reply,
                                  gpointer user_data);                                                         /* (b) */
/* For the present caller (floo_session_set_caller()), which alone gets the code. */
void floo_session_begin_qr_login (FlooSession *self, const char *app_id, const char *dns_server, gboolean remember, FlooReply reply,
                                  gpointer user_data);                                                         /* (sx) */
void floo_session_get_qr_login (FlooSession *self, FlooReply reply, gpointer user_data);                      /* (sx) */
/* @caller: 0: in any case; else only if this caller, which has gone away, began it. It is no error if there is none. */
void floo_session_cancel_qr_login (FlooSession *self, guint caller);
/* @text: of the code that was scanned */
void floo_session_confirm_qr_login (FlooSession *self, const char *text, gboolean allow, FlooReply reply, gpointer user_data);
void floo_session_get_captcha (FlooSession *self, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data);   /* (say) */
/* @captcha: of floo_session_get_captcha(), or "": without a picture; @text: the text in it */
void floo_session_send_sms_code (FlooSession *self, const char *mobile, const char *captcha, const char *text, const char *app_id,
                                 const char *dns_server, FlooReply reply, gpointer user_data);
/* @request: without name and secret, which the service provides */
void floo_session_login_by_mobile (FlooSession *self, const char *mobile, const char *code, const FlooLoginRequest *request, FlooReply reply,
                                   gpointer user_data);                                                        /* (x) */
/* @code: "": by the code of a floo_session_login_by_mobile() that found no account */
void floo_session_bind_mobile (FlooSession *self, const char *mobile, const char *code, FlooReply reply, gpointer user_data);
void floo_session_change_mobile (FlooSession *self, const char *mobile, const char *code, const FlooMobileProof *proof, FlooReply reply,
                                 gpointer user_data);
void floo_session_reset_password (FlooSession *self, const char *mobile, const char *code, const char *password, const char *app_id,
                                  const char *dns_server, FlooReply reply, gpointer user_data);

/* ---- Roster ---- */
void floo_session_roster_list (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data);     /* (axt) */
void floo_session_roster_get_items (FlooSession *self, const gint64 *ids, guint n, gboolean refresh,
                                    FlooReply reply, gpointer user_data);                                      /* (aa{sv}) */

/* ---- Groups ---- */
void floo_session_groups_list_joined (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data);   /* (axt) */
void floo_session_groups_get_brief (FlooSession *self, const gint64 *ids, guint n, FlooReply reply, gpointer user_data);   /* (aa{sv}) */
void floo_session_groups_get_info (FlooSession *self, gint64 id, gboolean refresh, FlooReply reply, gpointer user_data);   /* (a{sv}) */
void floo_session_groups_get_qr_code (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data);     /* (sx) */
void floo_session_groups_join_by_qr_code (FlooSession *self, const char *text, FlooReply reply, gpointer user_data);   /* (x) */

/* ---- Account, Roster, Groups: operations that are a single request ---- */

/**
 * floo_session_call_operation:
 * @interface: of the bus, as in "im.floo.Daemon1.Roster"
 * @args: the method's in arguments, a tuple; options are checked already
 *
 * A method of the table of operations; it must be one.
 */
void floo_session_call_operation (FlooSession *self, const char *interface, const char *method, GVariant *args, FlooReply reply,
                                  gpointer user_data);

/* Two with further steps: the daemon logs in with the new password, and deletes the local store with the account. */
void floo_session_change_password (FlooSession *self, const char *old, const char *password, FlooReply reply, gpointer user_data);
void floo_session_delete_account (FlooSession *self, const char *password, FlooReply reply, gpointer user_data);

/* ---- Conversations ---- */
/* Contacts, groups and conversations by a part of a name. @limit: 1 to 500 */
void floo_session_find (FlooSession *self, const char *text, guint limit, FlooReply reply, gpointer user_data);    /* (aa{sv}) */
void floo_session_list_conversations (FlooSession *self, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                                      FlooReply reply, gpointer user_data);                                    /* (aa{sv}st) */
void floo_session_get_conversation (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data);       /* (a{sv}) */

/* @limit: 1 to 500. @local: never ask the service. */
void floo_session_get_messages (FlooSession *self, gint64 conversation, FlooMessagesKind kind, gint64 anchor, guint limit, gboolean local,
                                FlooReply reply, gpointer user_data);                                          /* (aMbt) */
/* @from: 0 the newest; @limit: 1 to 500 */
void floo_session_fetch_history (FlooSession *self, gint64 conversation, gint64 from, guint limit,
                                 FlooReply reply, gpointer user_data);                                         /* (aMx) */
void floo_session_get_message (FlooSession *self, gint64 id, FlooReply reply, gpointer user_data);            /* (M) */
void floo_session_get_readers (FlooSession *self, gint64 message, FlooReply reply, gpointer user_data);       /* (axaxax) */

/* Waits until the index is up to date; Timeout if that takes too long. */
void floo_session_search (FlooSession *self, const FlooSearchRequest *request, FlooReply reply, gpointer user_data);   /* (aMb) */

void floo_session_send (FlooSession *self, const FlooSendRequest *request, FlooReply reply, gpointer user_data);   /* (x) */

void floo_session_send_mention (FlooSession *self, const FlooMentionRequest *request, FlooReply reply, gpointer user_data);   /* (x) */
/* In degrees. */
void floo_session_send_location (FlooSession *self, const char *to_type, gint64 to, double latitude, double longitude, const char *address,
                                 const FlooSendOptions *options, FlooReply reply, gpointer user_data);         /* (x) */
void floo_session_set_typing (FlooSession *self, gint64 user, gboolean typing, FlooReply reply, gpointer user_data);
/* @message: 0 is all; @only: just this one. */
void floo_session_mark_read (FlooSession *self, gint64 conversation, gint64 message, gboolean only,
                             FlooReply reply, gpointer user_data);                                             /* (x) */

/* @edit: (nullable): what APPEND and REPLACE carry */
void floo_session_operate (FlooSession *self, FlooOperation operation, gint64 message, const FlooEdit *edit, FlooReply reply,
                           gpointer user_data);                                                                /* (x) */
/* Nothing is sent. */
void floo_session_delete_message_here (FlooSession *self, gint64 message, FlooReply reply, gpointer user_data);   /* (x): 0 */
void floo_session_delete_conversation (FlooSession *self, gint64 conversation, FlooDeleteKind how, FlooReply reply, gpointer user_data);
void floo_session_set_draft (FlooSession *self, gint64 conversation, const char *to_type, const char *text, FlooReply reply,
                             gpointer user_data);
/* @cursor: "" for the first page, else that of the page before. */
void floo_session_list_outbox (FlooSession *self, const char *cursor, guint limit, FlooReply reply, gpointer user_data);   /* (aMs) */
void floo_session_resend (FlooSession *self, gint64 client_id, FlooReply reply, gpointer user_data);
void floo_session_cancel_send (FlooSession *self, gint64 client_id, FlooReply reply, gpointer user_data);     /* (b) */

/* ---- Files, and operations of other interfaces with files ---- */

/* Descriptors are (transfer full), also if the call fails. A transfer is answered with its object path. */
void floo_session_upload (FlooSession *self, const char *to_type, gint64 to, const char *type, int fd, const char *name, FlooReply reply,
                          gpointer user_data);                                                                  /* (o) */
void floo_session_download (FlooSession *self, gint64 message, const FlooFileForm *form, FlooReply reply, gpointer user_data);                                              /* (o) */
void floo_session_get_avatar (FlooSession *self, const char *to_type, gint64 id, gboolean thumbnail,
                              FlooReply reply, gpointer user_data);                                            /* (o) */
void floo_session_set_avatar (FlooSession *self, int fd, const char *name, FlooReply reply, gpointer user_data);   /* (o) */
void floo_session_groups_set_avatar (FlooSession *self, gint64 group, int fd, const char *name,
                                     FlooReply reply, gpointer user_data);                                     /* (o) */
/* @type: (nullable): file, image, audio, video; NULL: by its content */
void floo_session_groups_share_file (FlooSession *self, gint64 group, int fd, const char *name, const char *type, FlooReply reply,
                                     gpointer user_data);                                                       /* (o) */
void floo_session_groups_download_file (FlooSession *self, gint64 group, gint64 file_id, FlooReply reply, gpointer user_data);   /* (o) */

void floo_session_send_file (FlooSession *self, const FlooSendFileRequest *request, FlooReply reply, gpointer user_data);   /* (xo) */
void floo_session_forward_many (FlooSession *self, const FlooForwardRequest *request, FlooReply reply, gpointer user_data);   /* (ax) */
/* Without ext and config of the message, only with those of @options. */
void floo_session_forward (FlooSession *self, gint64 message, const char *to_type, gint64 to, const FlooSendOptions *options,
                           FlooReply reply, gpointer user_data);                                                               /* (x) */

void floo_session_get_cache_usage (FlooSession *self, FlooReply reply, gpointer user_data);                   /* (aa{sv}tt) */
/* @n: 0: of all conversations, and files of none */
void floo_session_clear_cache (FlooSession *self, const gint64 *conversations, guint n, FlooReply reply, gpointer user_data);   /* (ut) */
void floo_session_list_transfers (FlooSession *self, FlooReply reply, gpointer user_data);                    /* (ao) */
/* Returns: (transfer floating) (nullable): a{sv} of all properties of the interface Transfer but Version; NULL: it is gone */
GVariant *floo_session_get_transfer (FlooSession *self, guint64 id);
void floo_session_cancel_transfer (FlooSession *self, guint64 id, FlooReply reply, gpointer user_data);
void floo_session_open_transfer (FlooSession *self, guint64 id, FlooFdReply reply, gpointer user_data);

/* ---- Events ---- */
void floo_session_get_position (FlooSession *self, FlooReply reply, gpointer user_data);                      /* (stt) */
void floo_session_replay (FlooSession *self, const char *journal, guint64 since, guint limit,
                          FlooReply reply, gpointer user_data);                                                /* (a(txsv)tt) */

G_END_DECLS
