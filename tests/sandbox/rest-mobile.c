/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mobile numbers: logging in by SMS, binding and changing a number, a new password, verification. */
#include "accounts.h"
#include "control.h"
#include "operations.h"

#include <string.h>

#include "base/json.h"

/* The maximum number of accounts that are verified by one number. */
#define MAX_VERIFIED 3

static void
answer_text (SbCall *call, const char *name, const char *text)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, name, text);
  sb_call_object (call, object);
}

/* The argument mobile; NULL if it is invalid: the call is answered then. */
static const char *
take_mobile (SbCall *call)
{
  const char *mobile = sb_call_text (call, "mobile");
  gsize len = strlen (mobile), digits = strspn (mobile + (*mobile == '+'), "0123456789") + (*mobile == '+');

  if (len >= 5 && len <= 20 && digits == len)
    return mobile;
  sb_call_fail (call, SB_BAD_PARAMETER, "mobile is no number");
  return NULL;
}

/* The same, once the argument captcha is the code that was sent to it. */
static const char *
take_checked_mobile (SbCall *call)
{
  const char *mobile = take_mobile (call);

  return mobile != NULL && sb_call_check_sms (call, mobile, sb_call_text (call, "captcha")) ? mobile : NULL;
}

/* ---- pictures and codes ---- */

void
sb_rest_captcha_image (SbCall *call)
{
  sb_call_node (call, json_node_init_string (json_node_alloc (), sb_picture_new (call->sandbox)));
}

static void
send_sms (SbCall *call, const char *mobile)
{
  if (!sb_sms_send (call->sandbox, mobile))
    sb_call_fail (call, SB_TOO_MANY_FAILURES, "not more than one code a minute");
}

void
sb_rest_captcha_sms_web (SbCall *call)
{
  const char *mobile;

  if (!sb_picture_check (call->sandbox, sb_call_text (call, "image_id"), sb_call_text (call, "captcha")))
    sb_call_fail (call, SB_WRONG_CAPTCHA, "wrong text of the picture");
  else if ((mobile = take_mobile (call)) != NULL)
    send_sms (call, mobile);
}

void
sb_rest_captcha_sms (SbCall *call)
{
  const char *mobile = take_mobile (call);

  if (mobile != NULL)
    send_sms (call, mobile);
}

/* ---- logging in, binding ---- */

void
sb_rest_info_pwd (SbCall *call)
{
  const char *mobile = take_checked_mobile (call);
  SbUser *user = mobile == NULL ? NULL : sb_state_user_by_mobile (call->sandbox->state, mobile);

  if (user != NULL)
    sb_call_answer_login (call, user);
  else if (mobile != NULL)
    answer_text (call, "sign", sb_sign_new (call->sandbox, SB_SIGN_BIND, 0, mobile));
}

static void
bind (SbCall *call, SbUser *user, const char *mobile)
{
  SbUser *other = sb_state_user_by_mobile (call->sandbox->state, mobile);

  if (other != NULL && other != user)
    sb_call_fail (call, SB_MOBILE_TAKEN, "mobile number is taken");
  else
    json_object_set_string_member (user->profile, "mobile", mobile);
}

static gboolean
has_no_mobile (SbCall *call, SbUser *user)
{
  if (*json_object_get_string_member (user->profile, "mobile") == '\0')
    return TRUE;
  sb_call_fail (call, SB_BAD_PARAMETER, "the account has a mobile number: change it");
  return FALSE;
}

/* Without a token it is the account that logged in or registered last. */
void
sb_rest_mobile_bind_with_sign (SbCall *call)
{
  SbUser *user = call->user != NULL ? call->user : sb_accounts_last_login (call->sandbox);
  g_autoptr (SbSign) sign = NULL;

  if (user == NULL)
    {
      sb_call_fail (call, SB_NO_TOKEN, "nobody has logged in");
      return;
    }
  if (!has_no_mobile (call, user) || (sign = sb_call_take_sign (call, SB_SIGN_BIND)) == NULL)
    return;
  if (strcmp (sign->mobile, sb_call_text (call, "mobile")) != 0)
    sb_call_fail (call, SB_BAD_PARAMETER, "sign is of another number");
  else
    bind (call, user, sign->mobile);
}

void
sb_rest_mobile_bind (SbCall *call)
{
  const char *mobile = has_no_mobile (call, call->user) ? take_checked_mobile (call) : NULL;

  if (mobile != NULL)
    bind (call, call->user, mobile);
}

/* For both kinds of proof and both purposes. */
static void
answer_sign_by_password (SbCall *call, SbSignPurpose purpose)
{
  if (strcmp (call->user->password, sb_call_text (call, "password")) != 0)
    sb_call_fail (call, SB_WRONG_PASSWORD, "wrong password");
  else
    answer_text (call, "sign", sb_sign_new (call->sandbox, purpose, call->user->id, NULL));
}

void
sb_rest_mobile_prechange_by_password (SbCall *call)
{
  answer_sign_by_password (call, SB_SIGN_CHANGE);
}

void
sb_rest_mobile_prechange_by_mobile (SbCall *call)
{
  const char *mobile = take_mobile (call);

  if (mobile == NULL)
    return;
  if (strcmp (mobile, json_object_get_string_member (call->user->profile, "mobile")) != 0)
    sb_call_fail (call, SB_BAD_PARAMETER, "mobile is not the account's number");
  else if (sb_call_check_sms (call, mobile, sb_call_text (call, "captcha")))
    answer_text (call, "sign", sb_sign_new (call->sandbox, SB_SIGN_CHANGE, call->user->id, NULL));
}

void
sb_rest_mobile_change (SbCall *call)
{
  const char *mobile = take_checked_mobile (call);
  g_autoptr (SbSign) sign = mobile == NULL ? NULL : sb_call_take_sign (call, SB_SIGN_CHANGE);

  if (sign == NULL)
    return;
  if (sign->user != call->user->id)
    sb_call_fail (call, SB_BAD_PARAMETER, "sign is another one's");
  else
    bind (call, call->user, mobile);
}

/* ---- a new password ---- */

void
sb_rest_pwd_verify_by_mobile (SbCall *call)
{
  const char *mobile = take_checked_mobile (call);
  SbUser *user = mobile == NULL ? NULL : sb_state_user_by_mobile (call->sandbox->state, mobile);

  if (mobile != NULL && user == NULL)
    sb_call_fail (call, SB_NO_USER, "no account has this number");
  else if (mobile != NULL)
    answer_text (call, "sign", sb_sign_new (call->sandbox, SB_SIGN_PASSWORD, user->id, NULL));
}

void
sb_rest_pwd_verify_by_password (SbCall *call)
{
  answer_sign_by_password (call, SB_SIGN_PASSWORD);
}

void
sb_rest_pwd_change (SbCall *call)
{
  const char *password = sb_call_text (call, "new_password");
  g_autoptr (SbSign) sign = NULL;
  SbUser *user;

  if (strcmp (password, sb_call_text (call, "new_password_check")) != 0)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "the passwords differ");
      return;
    }
  if (!sb_call_check_password (call, password) || (sign = sb_call_take_sign (call, SB_SIGN_PASSWORD)) == NULL)
    return;
  user = sb_state_user (call->sandbox->state, sign->user);
  if (user == NULL)
    sb_call_fail (call, SB_NO_USER, "no such user");
  else
    sb_accounts_set_password (call->sandbox, user, password);
}

/* ---- verification ---- */

void
sb_rest_user_verification (SbCall *call)
{
  const char *mobile = call->user->verified_mobile;
  JsonObject *object = json_object_new ();

  json_object_set_int_member (object, "status", mobile != NULL);
  json_object_set_string_member (object, "mobile",
                                 mobile != NULL ? mobile : json_object_get_string_member (call->user->profile, "mobile"));
  sb_call_object (call, object);
}

void
sb_rest_user_verify (SbCall *call)
{
  GPtrArray *users = call->sandbox->state->user_order;
  const char *mobile = take_checked_mobile (call);
  guint n = 0;

  if (mobile == NULL)
    return;
  for (guint i = 0; i < users->len; i++)
    {
      SbUser *user = users->pdata[i];

      n += user != call->user && !user->removed && g_strcmp0 (user->verified_mobile, mobile) == 0;
    }
  if (n >= MAX_VERIFIED)
    {
      sb_call_fail (call, SB_VERIFIED_TOO_MANY, "the number has verified too many accounts");
      return;
    }
  g_free (call->user->verified_mobile);
  call->user->verified_mobile = g_strdup (mobile);
}

/* ---- control calls: the picture's text, and the phone that gets the code ---- */

gboolean
sb_control_captcha (SbControl *control, GError **error)
{
  const char *text = sb_picture_text (control->sandbox, sb_control_text (control, "image_id", NULL));

  if (text == NULL)
    return sb_control_fail (error, "image_id: no picture that is still good");
  json_object_set_string_member (control->answer, "text", text);
  return TRUE;
}

gboolean
sb_control_sms (SbControl *control, GError **error)
{
  const char *mobile = sb_control_text (control, "mobile", "");
  const char *code = sb_sms_code (control->sandbox, mobile);

  if (code == NULL)
    return sb_control_fail (error, "mobile: no code was sent to %s, or it is used or expired", mobile);
  json_object_set_string_member (control->answer, "code", code);
  return TRUE;
}
