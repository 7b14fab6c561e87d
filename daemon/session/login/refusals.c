/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refusals.c: reasons for which the service ends a session: a void token, a status, a user notice.
 */
#include "session/login/parts.h"

#include "store/tables/account.h"

#define RELOGIN_DELAY_MS 2000
#define RENEWAL_MIN_MS 1000u
#define RENEWAL_MAX_MS 300000u
#define RENEWAL_JITTER_MS 1000
#define GOOD_SESSION (10 * G_TIME_SPAN_MINUTE)  /* a login that lasted this long counts as stable */
#define OLD_NOTICE_MS (10 * 60 * 1000)

/* The number and, for @new_guid, the guid of this device are void: rows under way become uncertain at the next login. */
typedef struct {
  FlooLogin *login;
  gboolean new_guid;
} VoidDeviceJob;

static void
void_device_job_free (gpointer data)
{
  VoidDeviceJob *job = data;

  floo_account_unref (job->login->account);
  g_free (job);
}

static gboolean
run_void_device_job (FlooDb *db, gpointer data, GError **error)
{
  const VoidDeviceJob *job = data;

  return floo_values_set (db, "device_sn", NULL, error) && (!job->new_guid || floo_values_set (db, "device_guid", NULL, error));
}

/* If the store cannot be written, the next login does it first. */
static void
on_device_voided (FlooStore *store, gpointer data, const GError *error)
{
  const VoidDeviceJob *job = data;

  if (error == NULL || !floo_account_is_current (job->login->account, store))
    return;
  g_message ("The loss of the device number could not be stored: %s", error->message);
  job->login->void_sn = TRUE;
  job->login->void_guid = job->login->void_guid || job->new_guid;
}

static void
void_device (FlooLogin *self, gboolean new_guid)
{
  VoidDeviceJob *job = g_new0 (VoidDeviceJob, 1);

  floo_account_ref (self->account);
  job->login = self;
  job->new_guid = new_guid;
  g_clear_pointer (&self->device_guid, g_free);
  floo_account_set_device_sn (self->account, 0);
  floo_job_write (self->account, run_void_device_job, on_device_voided, job, void_device_job_free);
}

/* A later start must not log in automatically after another device ended the session: two devices would keep logging each other out. */
static void
forget_password (FlooLogin *self)
{
  if (self->record == NULL)
    return;
  floo_login_record_set (&self->record->password, "");
}

static void
forget_token (FlooLogin *self)
{
  if (self->record == NULL)
    return;
  floo_login_record_set (&self->record->token, "");
  floo_rest_set_token (floo_account_get_rest (self->account), NULL);
  floo_login_save (self);
}

/* Schedules the next login after the service has ended this one: each waits twice as long as the one before, unless that was stable. The
 * back-off of attempts is not used, since each accepted login resets it. */
static void
retry_renewed (FlooLogin *self, guint least_ms)
{
  guint delay;

  if (g_get_monotonic_time () - self->accepted_since > GOOD_SESSION)
    self->renewals = 0;
  delay = MIN (RENEWAL_MIN_MS << MIN (self->renewals, 16), RENEWAL_MAX_MS);
  self->renewals++;
  floo_login_retry_in (self, MAX (delay, least_ms) + (guint) g_random_int_range (0, RENEWAL_JITTER_MS));
}

/* A void token is handled after all frames received before it, which may contain the reason. */
typedef struct {
  FlooLogin *login;
  char *token;
} VoidTokenJob;

static void
void_token_job_free (gpointer data)
{
  VoidTokenJob *job = data;

  floo_account_unref (job->login->account);
  g_free (job->token);
  g_free (job);
}

static gboolean
run_void_token_job (FlooDb *db, gpointer data, GError **error)
{
  return TRUE;
}

static void
on_void_token (FlooStore *store, gpointer data, const GError *ignored)
{
  const VoidTokenJob *job = data;
  FlooLogin *self = job->login;
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN,
                                                  "The service does not accept the token any more: log in again");

  if (self->record == NULL || !g_str_equal (self->record->token, job->token))
    return;
  g_message ("the token is no longer valid");
  floo_job_notice (self->account, "action", "relogin");
  forget_token (self);
  if (*self->record->password == '\0')
    {
      if (!self->accepted)
        error->code = FLOO_ERROR_LOGIN_FAILED;
      floo_login_give_up (self, error);
      return;
    }
  floo_login_cancel_attempt (self);
  floo_login_link_down (self);
  floo_account_set_error (self->account, error);
  retry_renewed (self, 0);
}

void
floo_login_token_void (FlooLogin *self)
{
  VoidTokenJob *job;

  if (self->record == NULL || *self->record->token == '\0')
    return;
  if (self->changing_password)
    {
      self->void_meanwhile = TRUE;
      return;
    }
  job = g_new0 (VoidTokenJob, 1);
  floo_account_ref (self->account);
  job->login = self;
  job->token = g_strdup (self->record->token);
  self->listener->write_waiting (self->data);
  /* Without a store, nothing comes before it. */
  floo_job_write (self->account, run_void_token_job, on_void_token, job, void_token_job_free);
}

void
floo_login_begin_password_change (FlooLogin *self)
{
  self->changing_password = TRUE;
  self->void_meanwhile = FALSE;
}

void
floo_login_end_password_change (FlooLogin *self, const char *password)
{
  gboolean is_void = self->void_meanwhile;

  self->changing_password = self->void_meanwhile = FALSE;
  if (self->record == NULL)
    return;
  if (password == NULL)
    {
      if (is_void)
        floo_login_token_void (self);
      return;
    }
  /* The old password's token and device number are void, too. */
  void_device (self, FALSE);
  floo_login_record_set (&self->record->password, password);
  forget_token (self);
  floo_login_link_down (self);
  floo_login_begin (self);
}

static void
block (FlooLogin *self, FlooError code, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, code, text);

  floo_login_give_up (self, error);
}

gboolean
floo_login_status (FlooLogin *self, int code, const char *reason)
{
  static const struct {
    int code;
    FlooError error;
    const char *category;       /* of FlooError, with the SDK's own words */
    const char *desc;
  } final[] = {
    { FLOO__STATUS__ERROR_CODE__USER_FROZEN, FLOO_ERROR_FROZEN, "USER_FROZEN", "用户被冻结,请联系App管理员。" },
    { FLOO__STATUS__ERROR_CODE__INVALID_LICENSE, FLOO_ERROR_APP_UNAVAILABLE, "LICENSE", "无效 LICENSE,请确认服务已按时付费。" },
    { FLOO__STATUS__ERROR_CODE__LICENSE_LIMIT, FLOO_ERROR_APP_UNAVAILABLE, "LICENSE", "超出 LICENSE 用户数限制,请购买更高规格服务。" },
    { FLOO__STATUS__ERROR_CODE__APP_FROZEN, FLOO_ERROR_APP_UNAVAILABLE, "APP_FROZEN", "APP 被冻结,请登陆美信拓扑控制台查看详情。" },
  };

  if (self->record == NULL)
    return FALSE;
  if (code == FLOO__STATUS__ERROR_CODE__INVALID_TOKEN
      || (code == FLOO__STATUS__ERROR_CODE__UNAUTHORIZED && g_str_equal (reason, "you must login first")))
    {
      floo_login_token_void (self);
      return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (final); i++)
    if (final[i].code == code)
      {
        g_autofree char *text = g_strdup_printf ("%s: %s", floo_wire_enum_name (&floo__status__error_code__descriptor, code),
                                                 *reason != '\0' ? reason : final[i].desc);
        floo_job_error (self->account, final[i].category, final[i].desc);
        floo_job_notice (self->account, "action", "relogin_manually");
        block (self, final[i].error, text);
        return TRUE;
      }
  return FALSE;
}

void
floo_login_user_notice (FlooLogin *self, const FlooUserNotice *notice)
{
  /* A notice from long before this login does not concern it. One that arrives later on the connection does, whatever its time is. */
  if (self->record == NULL || (notice->catch_up && notice->timestamp > 0 && notice->timestamp < self->accepted_at - OLD_NOTICE_MS))
    return;
  switch (notice->fate)
    {
    case FLOO_SESSION_GOES_ON:
      break;
    case FLOO_SESSION_ENDED:
      {
        g_autofree char *text = g_strdup_printf ("The service ended the session: %s",
                                                 floo_wire_enum_name (&floo__user_notice__type__descriptor, notice->type));
        void_device (self, FALSE);
        forget_password (self);
        forget_token (self);
        block (self, notice->type == FLOO__USER_NOTICE__TYPE__FROZEN ? FLOO_ERROR_FROZEN : FLOO_ERROR_NOT_LOGGED_IN, text);
        break;
      }
    case FLOO_SESSION_REPLACED:
      void_device (self, TRUE);
      forget_password (self);
      forget_token (self);
      block (self, FLOO_ERROR_NOT_LOGGED_IN, "The service ended the session: another program logged in as this device");
      break;
    case FLOO_SESSION_MOVED:
      floo_endpoints_forget (floo_account_get_endpoints (self->account));
      floo_login_cancel_attempt (self);
      floo_login_link_down (self);
      if (*self->record->password != '\0')
        forget_token (self);
      floo_job_notice (self->account, "action", "relogin");
      retry_renewed (self, RELOGIN_DELAY_MS);
      break;
    }
}
