/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.h: login and connection: the state machine of Account.State, which only this folder changes.
 */
#pragma once

#include "base/error.h"
#include "base/secrets.h"
#include "session/account/account.h"
#include "session/apply/inbound.h"
#include "session/job/requests.h"

G_BEGIN_DECLS

typedef struct _FlooLogin FlooLogin;

/* @error: (nullable) */
typedef void (*FlooLoginLoaded) (const GError *error, gpointer login);

/* Called on the main loop. */
typedef struct {
  /* The start is over: the stored login is loaded and its store open, or there is none. */
  void (*ready) (gpointer data);
  /* Emits changed properties now, so that they precede a reply that depends on them. */
  void (*tell) (gpointer data);
  /* The store is open; the store is about to be closed. */
  void (*opened) (FlooStore *store, gpointer data);
  void (*closing) (gpointer data);
  /* Deletes the downloaded files of the account that is open, before closing(); ends with @callback. */
  void (*erase_files) (GAsyncReadyCallback callback, gpointer user_data, gpointer data);
  /* Nothing of an earlier login is being opened, closed or saved any more: floo_login_is_busy(). */
  void (*settled) (gpointer data);
  /* Fetches the lists at the beginning of a login; ends with @loaded. */
  void (*load) (GCancellable *cancellable, FlooLoginLoaded loaded, gpointer login, gpointer data);
  /* The service has accepted us; nothing may be sent until the device is known, too. */
  void (*online) (gpointer data);
  void (*device_known) (gpointer data);
  void (*offline) (gpointer data);
  /* A frame that does not concern the login; a frame that cannot be decoded. */
  void (*frame) (FlooFrame *frame, gpointer data);
  void (*unreadable) (const GError *error, gpointer data);
  /* Passes received frames that wait to the store now, so that later jobs run after them. */
  void (*write_waiting) (gpointer data);
} FlooLoginListener;

/* @listener: static */
FlooLogin *floo_login_new (FlooAccount *account, FlooSecrets *secrets, const FlooLoginListener *listener, gpointer data);
/* For tests: the time limit of a step, by default a minute. */
void floo_login_set_step_limit (FlooLogin *login, guint limit_ms);
void floo_login_free (FlooLogin *login);

/* Loads the stored login and begins, if that is configured. */
void floo_login_auto (FlooLogin *login);
/* The start does not wait any longer for the stored login. */
void floo_login_load_is_late (FlooLogin *login);
/* Ends the connection and every attempt; the store stays open. */
void floo_login_stop (FlooLogin *login);
/* Whether stores are being opened or closed, or logins are being loaded or saved. */
gboolean floo_login_is_busy (FlooLogin *login);

/* Handles a status of the socket that concerns the session itself (INVALID_TOKEN, USER_FROZEN, ...). FALSE: it does not. */
gboolean floo_login_status (FlooLogin *login, int code, const char *reason);
/* A USER_NOTICE with consequences, after its signals. */
void floo_login_user_notice (FlooLogin *login, const FlooUserNotice *notice);
/* Something could not be stored, or (NULL) could again; the disk is full, or is not any more. */
void floo_login_store_failed (FlooLogin *login, const GError *error);
void floo_login_store_full (FlooLogin *login, gboolean full);

/* What GetStatus adds: attempts, endpoint, keyring. */
void floo_login_describe (FlooLogin *login, GVariantDict *status);

/* ---- calls of clients; what they reply with is in session.h ---- */

void floo_login_log_in (FlooLogin *login, const FlooLoginRequest *request, FlooReply reply, gpointer user_data);
void floo_login_log_out (FlooLogin *login, FlooLogoutFlags flags, FlooReply reply, gpointer user_data);
void floo_login_set_online (FlooLogin *login, gboolean online, FlooReply reply, gpointer user_data);
void floo_login_reconnect (FlooLogin *login, FlooReply reply, gpointer user_data);
void floo_login_register (FlooLogin *login, const char *username, const char *password, gboolean anonymous, const char *app_id,
                          const char *dns_server, FlooReply reply, gpointer user_data);
void floo_login_check_username (FlooLogin *login, const char *username, const char *app_id, const char *dns_server, FlooReply reply,
                                gpointer user_data);
void floo_login_begin_qr (FlooLogin *login, const char *app_id, const char *dns_server, gboolean remember, FlooReply reply,
                          gpointer user_data);
void floo_login_get_qr (FlooLogin *login, FlooReply reply, gpointer user_data);
void floo_login_cancel_qr (FlooLogin *login, guint caller);
/* Adds Account.QrLogin and QrLoginExpires. */
void floo_login_describe_qr (FlooLogin *login, GVariantDict *properties);
void floo_login_get_captcha (FlooLogin *login, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data);
void floo_login_send_sms_code (FlooLogin *login, const char *mobile, const char *captcha, const char *text, const char *app_id,
                               const char *dns_server, FlooReply reply, gpointer user_data);
void floo_login_log_in_by_mobile (FlooLogin *login, const char *mobile, const char *code, const FlooLoginRequest *request, FlooReply reply,
                                  gpointer user_data);
void floo_login_bind_mobile (FlooLogin *login, const char *mobile, const char *code, FlooReply reply, gpointer user_data);
void floo_login_change_mobile (FlooLogin *login, const char *mobile, const char *code, const FlooMobileProof *proof, FlooReply reply,
                               gpointer user_data);
void floo_login_reset_password (FlooLogin *login, const char *mobile, const char *code, const char *password, const char *app_id,
                                const char *dns_server, FlooReply reply, gpointer user_data);
void floo_login_change_password (FlooLogin *login, const char *old, const char *password, FlooReply reply, gpointer user_data);
void floo_login_delete_account (FlooLogin *login, const char *password, FlooReply reply, gpointer user_data);

/* ---- codes of a user who is logged in ---- */

void floo_qr_codes_confirm_login (FlooAccount *account, const char *text, gboolean allow, FlooReply reply, gpointer user_data);
void floo_qr_codes_get_group (FlooAccount *account, gint64 group, FlooReply reply, gpointer user_data);
void floo_qr_codes_join_group (FlooAccount *account, const char *text, FlooReply reply, gpointer user_data);

G_END_DECLS
