/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mobile.c: mobile numbers: a picture (captcha), for whose text a code is sent by SMS, and the uses of the code: logging in, binding the
 * number to the account or changing it, a new password.
 *
 * Some operations take two requests: the service answers the first with a token, called sign, that the second one needs. It is a secret, and
 * kept here for some minutes, so that after a failure of the second request the first, whose code is used up, need not be repeated.
 */
#include "session/login/guest.h"

#include <string.h>

#include "base/json.h"
#include "session/apply/values.h"

/* A picture to be read is small. */
#define MAX_PICTURE (256u << 10)
#define MAX_ID 1024u
/* How long a sign is kept; us. */
#define SIGN_KEPT (10 * G_TIME_SPAN_MINUTE)

typedef struct {
  char *sign;           /* (nullable) */
  char *mobile;         /* (nullable): the number that it is for */
  gint64 until;         /* monotonic us */
} Sign;

struct _FlooMobile {
  Sign bind;            /* for a number that no account has */
  Sign change;          /* for the account that is logged in */
};

static void
sign_clear (Sign *sign)
{
  if (sign->sign != NULL)
    explicit_bzero (sign->sign, strlen (sign->sign));
  g_clear_pointer (&sign->sign, g_free);
  g_clear_pointer (&sign->mobile, g_free);
}

static void
sign_keep (Sign *sign, const char *text, const char *mobile)
{
  sign_clear (sign);
  sign->sign = g_strdup (text);
  sign->mobile = g_strdup (mobile);
  sign->until = g_get_monotonic_time () + SIGN_KEPT;
}

static gboolean
sign_is_good (Sign *sign)
{
  if (sign->sign != NULL && g_get_monotonic_time () >= sign->until)
    sign_clear (sign);
  return sign->sign != NULL;
}

FlooMobile *
floo_mobile_new (void)
{
  return g_new0 (FlooMobile, 1);
}

void
floo_mobile_forget (FlooMobile *self)
{
  sign_clear (&self->bind);
  sign_clear (&self->change);
}

void
floo_mobile_free (FlooMobile *self)
{
  floo_mobile_forget (self);
  g_free (self);
}

/* ---- calls ---- */

typedef struct {
  FlooCall call;
  FlooLogin *login;
  FlooGuest *guest;     /* (nullable) */
  char *mobile;
  char *code;           /* the code sent to it; or the text of a picture */
  char *password;       /* (nullable): the new one */
  char *image_id;       /* (nullable) */
  gboolean remember;
} Job;

static void
job_free (Job *job)
{
  g_clear_pointer (&job->guest, floo_guest_unref);
  if (job->password != NULL)
    explicit_bzero (job->password, strlen (job->password));
  g_free (job->password);
  g_free (job->mobile);
  g_free (job->code);
  g_free (job->image_id);
  floo_call_free (job);
}

static void
job_end (Job *job, GVariant *result, const GError *error)
{
  job->call.reply (result, error, job->call.user_data);
  job_free (job);
}

static Job *
job_new (FlooLogin *login, const char *mobile, const char *code, FlooReply reply, gpointer user_data)
{
  Job *job = floo_call_new (sizeof *job, login->account, reply, user_data);

  job->login = login;
  job->mobile = g_strdup (mobile);
  job->code = g_strdup (code);
  return job;
}

/* The same of a request without a login. Returns: NULL: the call is answered */
static Job *
guest_job_new (FlooLogin *login, const char *app_id, const char *dns_server, const char *mobile, const char *code, FlooReply reply,
               gpointer user_data)
{
  FlooGuest *guest = floo_guest_get (login, app_id, dns_server, reply, user_data);
  Job *job;

  if (guest == NULL)
    return NULL;
  job = job_new (login, mobile, code, reply, user_data);
  job->guest = guest;
  return job;
}

static void
job_end_protocol (Job *job, const char *what)
{
  g_autoptr (GError) error = g_error_new (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's answer has no %s", what);

  job_end (job, NULL, error);
}

/* Returns: (nullable): the text member @name of an answer's object, where it is not empty */
static const char *
text_of (const FlooRestAnswer *answer, const char *name)
{
  const char *text = answer != NULL ? floo_json_get_string (floo_json_node_object (answer->data), name) : NULL;

  return text != NULL && *text != '\0' ? text : NULL;
}

static gboolean
check_given (const char *value, const char *name, FlooReply reply, gpointer user_data)
{
  if (*value != '\0')
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%s is empty", name);
  return FALSE;
}

/* ---- pictures and codes ---- */

static void
on_picture (GBytes *bytes, const GError *error, gpointer user_data)
{
  Job *job = user_data;
  GVariant *picture;

  if (error != NULL)
    {
      job_end (job, NULL, error);
      return;
    }
  picture = g_variant_new_from_bytes (G_VARIANT_TYPE_BYTESTRING, bytes, TRUE);
  job_end (job, g_variant_new ("(s@ay)", job->image_id, picture), NULL);
}

static void
on_image_id (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  Job *job = user_data;
  const char *id = answer != NULL ? floo_json_node_string (answer->data) : NULL;
  const char *query[] = { "image_id", id, "app_id", floo_guest_get_app_id (job->guest), NULL };

  if (error != NULL)
    job_end (job, NULL, error);
  else if (id == NULL || *id == '\0' || strlen (id) > MAX_ID)
    job_end_protocol (job, "id of a picture");
  else
    {
      job->image_id = g_strdup (id);
      floo_guest_fetch (job->guest, "/app/captcha/image", query, MAX_PICTURE, on_picture, job);
    }
}

void
floo_login_get_captcha (FlooLogin *self, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data)
{
  Job *job = guest_job_new (self, app_id, dns_server, NULL, NULL, reply, user_data);

  if (job != NULL)
    floo_guest_call (job->guest, "POST", "/app/captcha/image", NULL, NULL, NULL, on_image_id, job);
}

/* The end of a request whose answer has no data. */
static void
on_done (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  job_end (user_data, NULL, error);
}

void
floo_login_send_sms_code (FlooLogin *self, const char *mobile, const char *captcha, const char *text, const char *app_id,
                          const char *dns_server, FlooReply reply, gpointer user_data)
{
  const char *with_picture[] = { "captcha", text, "image_id", captcha, "mobile", mobile, NULL };
  const char *without[] = { "mobile", mobile, NULL };
  Job *job;

  if (!check_given (mobile, "mobile", reply, user_data))
    return;
  job = guest_job_new (self, app_id, dns_server, mobile, NULL, reply, user_data);
  if (job == NULL)
    return;
  if (*captcha != '\0')
    floo_guest_call (job->guest, "GET", "/app/captcha/sms_web", with_picture, NULL, NULL, on_done, job);
  else
    floo_guest_call (job->guest, "GET", "/app/captcha/sms", without, NULL, NULL, on_done, job);
}

/* ---- logging in ---- */

static void
on_account (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  Job *job = user_data;
  FlooLoginRequest request = { .kind = FLOO_LOGIN_BY_NAME, .name = text_of (answer, "username"), .secret = text_of (answer, "password"),
                               .app_id = floo_guest_get_app_id (job->guest), .dns_server = floo_guest_get_dns_server (job->guest),
                               .remember = job->remember };
  const char *sign = text_of (answer, "sign");
  g_autoptr (GError) unknown = NULL;

  if (error != NULL)
    job_end (job, NULL, error);
  else if (request.name != NULL && request.secret != NULL)
    {
      floo_login_log_in (job->login, &request, job->call.reply, job->call.user_data);
      job_free (job);
    }
  else if (sign != NULL)
    {
      sign_keep (&job->login->mobile->bind, sign, job->mobile);
      unknown = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_FOUND,
                                     "No account has this number: log in to one or register, then bind it, which needs no further code");
      job_end (job, NULL, unknown);
    }
  else
    job_end_protocol (job, "account in it");
}

void
floo_login_log_in_by_mobile (FlooLogin *self, const char *mobile, const char *code, const FlooLoginRequest *request, FlooReply reply,
                             gpointer user_data)
{
  const char *query[] = { "captcha", code, "mobile", mobile, NULL };
  Job *job;

  if (!check_given (mobile, "mobile", reply, user_data) || !check_given (code, "code", reply, user_data))
    return;
  /* Before the code is used up. */
  if (!floo_login_check_free (self, reply, user_data))
    return;
  job = guest_job_new (self, request->app_id, request->dns_server, mobile, code, reply, user_data);
  if (job == NULL)
    return;
  job->remember = request->remember;
  floo_guest_call (job->guest, "GET", "/app/user/info_pwd", query, NULL, NULL, on_account, job);
}

/* ---- the number of the account that is logged in ---- */

static gboolean
run_mark_stale (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_mark_stale (db, FLOO_VALUE_PROFILE, error);
}

static void
on_marked (FlooStore *store, gpointer data, const GError *error)
{
  Job *job = data;

  if (error != NULL)
    g_warning ("the profile could not be marked as stale: %s", error->message);
  job->call.reply (NULL, NULL, job->call.user_data);
}

static void
destroy_job (gpointer data)
{
  job_free (data);
}

/* The service has changed the number: the stored profile is stale. */
static void
on_number_set (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer G_GNUC_UNUSED = floo_rest_call_finish (FLOO_REST (source), result, &error);

  if (error != NULL)
    {
      job_end (job, NULL, error);
      return;
    }
  floo_mobile_forget (job->login->mobile);
  floo_job_write (job->call.account, run_mark_stale, on_marked, job, destroy_job);
}

/* @body: (transfer full) */
static void
post (Job *job, FlooRest *rest, const char *path, JsonNode *body, GAsyncReadyCallback callback)
{
  floo_rest_call_async (rest, "POST", path, NULL, body, FLOO_REST_NONE, floo_account_get_cancellable (job->call.account), callback, job);
  json_node_unref (body);
}

void
floo_login_bind_mobile (FlooLogin *self, const char *mobile, const char *code, FlooReply reply, gpointer user_data)
{
  Sign *sign = &self->mobile->bind;

  if (!check_given (mobile, "mobile", reply, user_data) || !floo_call_check_online (self->account, reply, user_data))
    return;
  if (*code != '\0')
    post (job_new (self, mobile, code, reply, user_data), floo_account_get_rest (self->account), "/app/user/mobile_bind",
          floo_guest_body ("captcha", code, "mobile", mobile, NULL), on_number_set);
  else if (sign_is_good (sign) && strcmp (sign->mobile, mobile) == 0)
    post (job_new (self, mobile, code, reply, user_data), floo_account_get_rest (self->account), "/app/user/mobile_bind_with_sign",
          floo_guest_body ("sign", sign->sign, "mobile", mobile, NULL), on_number_set);
  else
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "code is empty, and no login with this number has been tried");
}

static void
change (Job *job, FlooRest *rest)
{
  post (job, rest, "/app/user/mobile_change",
        floo_guest_body ("captcha", job->code, "mobile", job->mobile, "sign", job->login->mobile->change.sign, NULL), on_number_set);
}

static void
on_may_change (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  const char *sign = text_of (answer, "sign");

  if (error != NULL)
    job_end (job, NULL, error);
  else if (sign == NULL)
    job_end_protocol (job, "sign");
  else
    {
      sign_keep (&job->login->mobile->change, sign, NULL);
      change (job, FLOO_REST (source));
    }
}

void
floo_login_change_mobile (FlooLogin *self, const char *mobile, const char *code, const FlooMobileProof *proof, FlooReply reply,
                          gpointer user_data)
{
  gboolean by_mobile = proof->present_mobile != NULL && proof->present_code != NULL;

  if (!check_given (mobile, "mobile", reply, user_data) || !check_given (code, "code", reply, user_data))
    return;
  if (!by_mobile && (proof->present_mobile != NULL || proof->present_code != NULL))
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "present_mobile and present_code belong together");
  else if (proof->password == NULL && !by_mobile && !sign_is_good (&self->mobile->change))
    floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "Neither password nor present_mobile and present_code are given");
  else if (!floo_call_check_online (self->account, reply, user_data))
    return;
  else if (proof->password != NULL)
    post (job_new (self, mobile, code, reply, user_data), floo_account_get_rest (self->account), "/app/user/mobile_prechange_by_password",
          floo_guest_body ("password", proof->password, NULL), on_may_change);
  else if (by_mobile)
    post (job_new (self, mobile, code, reply, user_data), floo_account_get_rest (self->account), "/app/user/mobile_prechange_by_mobile",
          floo_guest_body ("captcha", proof->present_code, "mobile", proof->present_mobile, NULL), on_may_change);
  else
    change (job_new (self, mobile, code, reply, user_data), floo_account_get_rest (self->account));
}

/* ---- a new password ---- */

static void
on_may_reset (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  Job *job = user_data;
  const char *sign = text_of (answer, "sign");

  if (error != NULL)
    job_end (job, NULL, error);
  else if (sign == NULL)
    job_end_protocol (job, "sign");
  else
    floo_guest_call (job->guest, "POST", "/app/pwd_change", NULL,
                     floo_guest_body ("new_password", job->password, "new_password_check", job->password, "sign", sign, NULL), NULL, on_done,
                     job);
}

void
floo_login_reset_password (FlooLogin *self, const char *mobile, const char *code, const char *password, const char *app_id,
                           const char *dns_server, FlooReply reply, gpointer user_data)
{
  Job *job;

  if (!check_given (mobile, "mobile", reply, user_data) || !check_given (code, "code", reply, user_data)
      || !check_given (password, "password", reply, user_data))
    return;
  job = guest_job_new (self, app_id, dns_server, mobile, code, reply, user_data);
  if (job == NULL)
    return;
  job->password = g_strdup (password);
  floo_guest_call (job->guest, "POST", "/app/pwd_change/verify_by_mobile", NULL, floo_guest_body ("captcha", code, "mobile", mobile, NULL), NULL,
                   on_may_reset, job);
}
