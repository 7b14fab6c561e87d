/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * accounts.h: ways to log in beyond name and password: codes by SMS, pictures with a text, QR codes, and the operations that follow. All of
 * it is short-lived, and is not saved.
 */
#pragma once

#include "rest.h"

G_BEGIN_DECLS

#define SB_CAPTCHA_PATH "/app/captcha/image"

/* What a sign entitles its holder to. */
typedef enum {
  SB_SIGN_BIND,       /* to bind its number to an account */
  SB_SIGN_CHANGE,     /* to change the number of its user */
  SB_SIGN_PASSWORD    /* to set its user's password */
} SbSignPurpose;

typedef struct {
  gint64 expires;     /* ms */
  SbSignPurpose purpose;
  gint64 user;        /* 0: SB_SIGN_BIND */
  char *mobile;       /* (nullable): SB_SIGN_BIND */
} SbSign;

typedef enum { SB_QR_NEW, SB_QR_SCANNED, SB_QR_CONFIRMED, SB_QR_DECLINED } SbQrState;

typedef struct {
  gint64 expires;     /* ms */
  SbQrState state;
  gint64 user;        /* who scanned it; 0: nobody yet */
  gint64 asked;       /* time of the last poll, ms, monotonic; 0: never */
  gint64 pause;       /* ms that the client has to wait from then on */
} SbQr;

SbAccounts *sb_accounts_new (void);
void sb_accounts_free (SbAccounts *accounts);

/* Returns: (transfer none): the id of a new picture */
const char *sb_picture_new (Sandbox *sandbox);
/* Returns: (transfer none) (nullable): the text of a picture that is still valid; @id NULL: of the last one */
const char *sb_picture_text (Sandbox *sandbox, const char *id);
/* Checks the text that a user read in a picture, which is used up by that; FALSE: it is wrong, or there is no such picture. */
gboolean sb_picture_check (Sandbox *sandbox, const char *id, const char *text);

/* Sends a code to a number; FALSE: it is too soon for another one. */
gboolean sb_sms_send (Sandbox *sandbox, const char *mobile);
/* Returns: (transfer none) (nullable): the code that was last sent to a number */
const char *sb_sms_code (Sandbox *sandbox, const char *mobile);
/* Checks a code, which is used up by that; otherwise answers the call with an error. */
gboolean sb_call_check_sms (SbCall *call, const char *mobile, const char *code);

/* Returns: (transfer none): a new sign; @mobile (nullable) */
const char *sb_sign_new (Sandbox *sandbox, SbSignPurpose purpose, gint64 user, const char *mobile);
/* Returns: (transfer full) (nullable): the sign in the argument of this name, which is used up; otherwise answers the call with an error */
SbSign *sb_call_take_sign (SbCall *call, SbSignPurpose purpose);
void sb_sign_free (SbSign *sign);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SbSign, sb_sign_free)

/* Returns: (transfer none): a new code; *qr: its record */
const char *sb_qr_new (Sandbox *sandbox, SbQr **qr);
/* Returns: (transfer none) (nullable): also of one that is expired, for as long as it is remembered */
SbQr *sb_qr_find (Sandbox *sandbox, const char *code);
void sb_qr_forget (Sandbox *sandbox, const char *code);

/* Answers {username, password} with which the user can log in: see the setting login_password. */
void sb_call_answer_login (SbCall *call, SbUser *user);
/* Whether a password lets a user in: his own, or one that was made for this; a one-time password is used up. */
gboolean sb_accounts_let_in (Sandbox *sandbox, SbUser *user, const char *password);
/* A new password: all others of the user are void, and all his sessions end. */
void sb_accounts_set_password (Sandbox *sandbox, SbUser *user, const char *password);
/* Remembers the user who has logged in or registered last: a number is bound to that account if no token names another. */
void sb_accounts_note_login (Sandbox *sandbox, SbUser *user);
SbUser *sb_accounts_last_login (Sandbox *sandbox);  /* (nullable) */

/* captcha.c: answers a request for a picture; FALSE: it is not one */
gboolean sb_captcha_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path, GHashTable *query);

G_END_DECLS
