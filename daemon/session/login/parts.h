/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: a login, for the files that make it up: login.c (beginning and end), attempt.c (discovery, token, store, lists),
 * connection.c (the socket and PROVISION), refusals.c (what ends a session).
 */
#pragma once

#include "base/backoff.h"
#include "base/secrets-watch.h"
#include "session/account/owner.h"
#include "session/job/call.h"
#include "session/job/job.h"
#include "session/login/login.h"

G_BEGIN_DECLS

typedef struct _FlooGuest FlooGuest;
typedef struct _FlooQrLogin FlooQrLogin;
typedef struct _FlooMobile FlooMobile;

struct _FlooLogin {
  FlooAccount *account;
  FlooSecrets *secrets;
  const FlooLoginListener *listener;
  gpointer data;
  guint leaving;                /* stores that are being opened or closed, of earlier logins, too; and caches that are being erased */
  guint saving;                 /* logins that are being written to the keyring or the file, or removed there */
  gpointer next_login;          /* (nullable): a login that waits for the stores (calls.c) */
  FlooQrLogin *qr;              /* a login that a phone confirms */
  FlooMobile *mobile;           /* operations with codes by SMS */
  FlooGuest *guest;             /* (nullable): the last one (guest.h) */
  FlooLoginRecord *record;      /* (nullable): none while signed out */
  FlooLoginRecord *kept;        /* (nullable): as it is in the keyring or the file, or being written there */
  char *device_guid;
  gboolean void_sn, void_guid;  /* the one in the store is void, which could not be written there */
  gboolean by_id;               /* the password goes with the id, not with a name */
  gboolean remember;
  gboolean accepted;            /* the service accepted this login once: from then on it is retried without limit */
  gint64 accepted_at;           /* ms, by the service's clock: when it last was */
  gint64 accepted_since;        /* monotonic us: the same */
  guint renewals;               /* logins in a row that the service ended soon after it had accepted them */
  GCancellable *load_cancellable; /* (nullable): while the stored login is being loaded */
  FlooSecretsWatch *keyring_watch; /* (nullable): while it is in a keyring that is locked or not running */
  gboolean changing_password;
  gboolean void_meanwhile;      /* the token became void during that change */
  GCancellable *cancellable;    /* of the present attempt */
  gboolean opening;             /* the store is being opened */
  guint hosts_tried;            /* for the socket, one after the other, without a pause */
  gboolean has_tried;           /* this is not the first attempt since the start or the call of Login */
  gboolean rediscover;          /* no host for the socket answers: the next attempt begins with discovery */
  guint retry_timer;
  guint step_limit_ms;
  guint step_timer;             /* the step of the attempt that is under way must end before it */
  gboolean listed;              /* the lists are loaded: the socket, which connects meanwhile, may be used */
  guint provision_timer;
  FlooBackoff backoff;
  FlooNetwatch *netwatch;       /* (nullable): before the first login */

  /* The Login call that waits. */
  FlooReply reply;
  gpointer reply_data;
  guint reply_timer;
};

/* ---- login.c ---- */

/* A store was closed or opened, or a cache erased, for which `leaving` was incremented. */
void floo_login_left (FlooLogin *self);
/* A login was saved or removed, or could not be; `saving` was incremented for it. */
void floo_login_saved (FlooLogin *self);
/* Takes the store away from the account. Returns: (transfer full) (nullable): to be closed */
FlooStore *floo_login_steal_store (FlooLogin *self);
/* The same, and closes it, if there is one: a later login waits for that. */
void floo_login_close_store (FlooLogin *self);
/* Whether a user is logged in or being logged in: then another login is refused. */
gboolean floo_login_is_taken (FlooLogin *self);
/* @record: (transfer full): with a password or a token. The login before must have been stopped. @reply gets (x). */
void floo_login_start (FlooLogin *self, FlooLoginRecord *record, gboolean remember, FlooReply reply, gpointer user_data);
/* Cuts a waiting time short. */
void floo_login_retry_now (FlooLogin *self);
/* Returns: (transfer full): the endpoints according to the configuration; @dns_server: "" none */
FlooEndpoints *floo_login_make_endpoints (FlooLogin *self, const char *app_id, const char *dns_server);
/* Cancels requests and timers of the present attempt. */
void floo_login_cancel_attempt (FlooLogin *self);
/* Answers the Login that waits, if one does. @error: (nullable) */
void floo_login_answer (FlooLogin *self, const GError *error);
/* Sets the properties to those of no login. */
void floo_login_forget_account (FlooLogin *self);
/* Makes the objects that connect to the service, for a complete @record (transfer full). */
void floo_login_take_record (FlooLogin *self, FlooLoginRecord *record, gboolean remember);

/* ---- calls.c ---- */

/* Begins the login that waited for the stores. */
void floo_login_start_next (FlooLogin *self);
/* Returns: the option's value @given (nullable), else the configuration's; NULL with FLOO_ERROR_INVALID_ARGUMENTS where it is missing or
 * invalid. */
const char *floo_login_choose_app_id (FlooLogin *self, const char *given, GError **error);
const char *floo_login_choose_dns_server (FlooLogin *self, const char *given, GError **error);
/* Fails with AlreadyLoggedIn, and FALSE, where a user is logged in or being logged in. */
gboolean floo_login_check_free (FlooLogin *self, FlooReply reply, gpointer user_data);

/* ---- guest.c ---- */

void floo_guest_unref (FlooGuest *guest);

/* ---- qr-login.c ---- */

FlooQrLogin *floo_qr_login_new (FlooLogin *login);
void floo_qr_login_free (FlooQrLogin *self);
/* Cancels it, if one is under way. */
void floo_qr_login_end (FlooQrLogin *self);

/* ---- qr-codes.c ---- */

/* Returns: (transfer full): what a QR code for @action says; @info: (transfer full) */
char *floo_login_make_qr_text (const char *action, JsonObject *info);

/* ---- mobile.c ---- */

FlooMobile *floo_mobile_new (void);
void floo_mobile_free (FlooMobile *self);
/* Forgets the signs of earlier steps. */
void floo_mobile_forget (FlooMobile *self);

/* ---- stored.c ---- */

/* Whether the stored login is still being loaded. */
gboolean floo_login_is_loading (FlooLogin *self);

/* The stored login is not wanted any more. */
void floo_login_dismiss_stored (FlooLogin *self);
/* If it waits for the keyring: asks the user again to unlock it. */
void floo_login_ask_for_stored (FlooLogin *self);

/* ---- attempt.c ---- */

/* Begins an attempt from discovery on. */
void floo_login_begin (FlooLogin *self);
/* Store and identity of the device are known: loads the lists. */
void floo_login_prepare (FlooLogin *self);
/* Disconnects, for now. */
void floo_login_link_down (FlooLogin *self);
/* Needs the user: a first login that failed is over, a session that had been accepted is blocked. */
void floo_login_give_up (FlooLogin *self, const GError *error);
void floo_login_retry_in (FlooLogin *self, guint delay_ms);

/* ---- connection.c ---- */

/* Returns: (transfer full): the socket's link, which is ours */
FlooLink *floo_login_make_link (FlooLogin *self);
/* The lists are loaded: PROVISION is sent once the socket is up. */
void floo_login_listed (FlooLogin *self);
/* Saves the record for a later start, if it differs from the saved one. */
void floo_login_save (FlooLogin *self);

/* ---- refusals.c ---- */

/* During a change of the password a void token is expected. @password: (nullable): the new one, with which the daemon logs in again. */
void floo_login_begin_password_change (FlooLogin *self);
void floo_login_end_password_change (FlooLogin *self, const char *password);
/* The token is void: gets a new one with the password if it is known, else blocks until the user logs in. */
void floo_login_token_void (FlooLogin *self);

G_END_DECLS
