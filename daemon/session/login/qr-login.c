/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * qr-login.c: a login that a phone confirms. The service is asked for a code, and then polled for a confirmation until the code expires;
 * then for another one. When it is confirmed the service sends a name and a password, and the login continues automatically.
 *
 * Anybody who knows the code can request that password, too, so only the client that began the login gets the code.
 */
#include "session/login/guest.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"

/* The polling interval: after an answer, and after an error of the service. */
#define POLL_MS 1000
#define POLL_AFTER_ERROR_MS 2500
/* After an error of the connection: doubled each time. */
#define RETRY_MIN_MS 2500
#define RETRY_MAX_MS 20000
/* Bounds of a code's lifetime as told by the service, whose clock may differ from ours; the lifetime if it does not tell it. */
#define CODE_MIN_MS (10 * 1000)
#define CODE_MAX_MS (10 * 60 * 1000)
#define CODE_UNKNOWN_MS (3 * 60 * 1000)
/* The login fails if it is not confirmed within this time; us. */
#define GIVE_UP (30 * G_TIME_SPAN_MINUTE)
#define MAX_CODE 1024u

typedef enum { QR_NONE, QR_WAITING, QR_CONFIRMED, QR_FAILED } QrStatus;
static const char *const status_names[] = { "none", "waiting", "confirmed", "failed" };

struct _FlooQrLogin {
  FlooLogin *login;             /* our owner */
  QrStatus status;
  gboolean is_active;
  guint caller;                 /* the client that began it */
  gboolean remember;
  FlooGuest *guest;
  GCancellable *cancellable;
  char *code;
  char *text;                   /* of the QR code; NULL: none yet */
  gint64 expires;               /* ms, by our clock */
  gint64 good_until, until;     /* monotonic us: the ends of the code, and of the whole login */
  guint timer;
  FlooBackoff backoff;
  FlooReply reply;              /* (nullable): the call that began it */
  gpointer reply_data;
};

static void ask_for_code (FlooQrLogin *self);
static void ask_for_login (FlooQrLogin *self);

FlooQrLogin *
floo_qr_login_new (FlooLogin *login)
{
  FlooQrLogin *self = g_new0 (FlooQrLogin, 1);

  self->login = login;
  self->backoff = (FlooBackoff){ .min_ms = RETRY_MIN_MS, .max_ms = RETRY_MAX_MS, .factor_percent = 200 };
  return self;
}

static void
forget_secret (char **secret)
{
  if (*secret != NULL)
    explicit_bzero (*secret, strlen (*secret));
  g_clear_pointer (secret, g_free);
}

static void
set_status (FlooQrLogin *self, QrStatus status)
{
  self->status = status;
  floo_account_changed (self->login->account);
}

static void
clear (FlooQrLogin *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_pointer (&self->guest, floo_guest_unref);
  forget_secret (&self->code);
  forget_secret (&self->text);
}

/* @error: (nullable): for the call that began it, if it still waits */
static void
end (FlooQrLogin *self, QrStatus status, const GError *error)
{
  FlooReply reply = g_steal_pointer (&self->reply);

  clear (self);
  self->expires = 0;
  self->is_active = FALSE;
  set_status (self, status);
  if (reply != NULL)
    reply (NULL, error, self->reply_data);
}

/* Without a waiting call the error is told by Account.LastError. */
static void
fail (FlooQrLogin *self, const GError *error)
{
  if (self->reply == NULL)
    floo_account_set_error (self->login->account, error);
  end (self, self->reply == NULL ? QR_FAILED : QR_NONE, error);
}

void
floo_qr_login_end (FlooQrLogin *self)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The login was cancelled");

  if (self->is_active)
    end (self, QR_NONE, error);
}

void
floo_qr_login_free (FlooQrLogin *self)
{
  clear (self);
  g_free (self);
}

void
floo_login_describe_qr (FlooLogin *login, GVariantDict *properties)
{
  g_variant_dict_insert (properties, "QrLogin", "s", status_names[login->qr->status]);
  g_variant_dict_insert (properties, "QrLoginExpires", "x", login->qr->expires);
}

/* ---- confirmed ---- */

static void
on_logged_in (GVariant *result, const GError *error, gpointer user_data)
{
  FlooLogin *login = user_data;
  g_autoptr (FlooAccount) account G_GNUC_UNUSED = login->account;
  FlooQrLogin *self = login->qr;

  if (result != NULL)
    g_variant_unref (g_variant_ref_sink (result));
  /* A login that takes longer continues, and reports its state itself. */
  if (self->is_active || self->status != QR_CONFIRMED)
    return;
  set_status (self, error == NULL || error->code == FLOO_ERROR_TIMEOUT ? QR_NONE : QR_FAILED);
}

static void
log_in (FlooQrLogin *self, const char *name, const char *password)
{
  g_autofree char *app_id = g_strdup (floo_guest_get_app_id (self->guest));
  g_autofree char *dns_server = g_strdup (floo_guest_get_dns_server (self->guest));
  FlooLoginRequest request = { .kind = FLOO_LOGIN_BY_NAME, .name = name, .secret = password, .app_id = app_id, .dns_server = dns_server,
                               .remember = self->remember };

  end (self, QR_CONFIRMED, NULL);
  floo_account_ref (self->login->account);
  floo_login_log_in (self->login, &request, on_logged_in, self->login);
}

/* ---- waiting ---- */

static gboolean
on_timer (gpointer user_data)
{
  FlooQrLogin *self = user_data;
  gint64 now = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  self->timer = 0;
  if (now >= self->until)
    {
      error = g_error_new (FLOO_ERROR, FLOO_ERROR_EXPIRED, "Nobody confirmed the login within %d min", (int) (GIVE_UP / G_TIME_SPAN_MINUTE));
      fail (self, error);
    }
  else if (self->code == NULL || now >= self->good_until)
    ask_for_code (self);
  else
    ask_for_login (self);
  return G_SOURCE_REMOVE;
}

static void
wait_for (FlooQrLogin *self, guint delay_ms)
{
  gint64 left_ms = self->code != NULL ? MAX ((self->good_until - g_get_monotonic_time ()) / 1000, 0) : delay_ms;

  /* Not beyond the end of the code, but never without a pause. */
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add ((guint) CLAMP (left_ms, POLL_MS, delay_ms), on_timer, self);
}

/* Whether @error is of the connection, and not an answer of the service. */
static gboolean
is_of_connection (const GError *error)
{
  return error->code == FLOO_ERROR_OFFLINE || error->code == FLOO_ERROR_TIMEOUT || error->code == FLOO_ERROR_PROTOCOL
         || error->code == FLOO_ERROR_RATE_LIMITED;
}

static void
on_login_answer (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  FlooQrLogin *self = user_data;
  JsonObject *login = answer != NULL ? floo_json_node_object (answer->data) : NULL;
  const char *name = floo_json_get_string (login, "username"), *password = floo_json_get_string (login, "password");

  if (name != NULL && password != NULL && *name != '\0' && *password != '\0')
    {
      g_message ("the login by QR code is confirmed");
      log_in (self, name, password);
      return;
    }
  if (error == NULL)
    {
      floo_backoff_reset (&self->backoff);
      wait_for (self, POLL_MS);
    }
  else if (is_of_connection (error))
    wait_for (self, floo_backoff_next (&self->backoff));
  else if (error->code == FLOO_ERROR_EXPIRED || error->code == FLOO_ERROR_NOT_FOUND)
    {
      forget_secret (&self->code);
      wait_for (self, POLL_MS);
    }
  else
    wait_for (self, POLL_AFTER_ERROR_MS);
}

static void
ask_for_login (FlooQrLogin *self)
{
  const char *query[] = { "qr_code", self->code, NULL };

  floo_guest_call (self->guest, "GET", "/app/qr_login", query, NULL, self->cancellable, on_login_answer, self);
}

/* ---- the code ---- */

static char *
make_text (const char *app_id, const char *code)
{
  JsonObject *info = json_object_new ();

  json_object_set_string_member (info, "qrcode", code);
  json_object_set_string_member (info, "qrcode_app_id", app_id); /* what the web client writes; scanners read the next one */
  json_object_set_string_member (info, "app_id", app_id);
  return floo_login_make_qr_text ("login", info);
}

static void
take_code (FlooQrLogin *self, const char *code, gint64 expires)
{
  gint64 now = floo_now_ms (), good_ms = expires - now;
  FlooReply reply = g_steal_pointer (&self->reply);

  if (expires <= now)
    good_ms = CODE_UNKNOWN_MS;
  good_ms = CLAMP (good_ms, CODE_MIN_MS, CODE_MAX_MS);
  forget_secret (&self->code);
  forget_secret (&self->text);
  self->code = g_strdup (code);
  self->text = make_text (floo_guest_get_app_id (self->guest), code);
  self->expires = now + good_ms;
  self->good_until = g_get_monotonic_time () + good_ms * 1000;
  floo_backoff_reset (&self->backoff);
  set_status (self, QR_WAITING);
  wait_for (self, POLL_MS);
  if (reply != NULL)
    reply (g_variant_new ("(sx)", self->text, self->expires), NULL, self->reply_data);
}

static void
on_code (const FlooRestAnswer *answer, const GError *error, gpointer user_data)
{
  FlooQrLogin *self = user_data;
  JsonObject *object = answer != NULL ? floo_json_node_object (answer->data) : NULL;
  const char *code = floo_json_get_string (object, "qr_code");
  g_autoptr (GError) bad = NULL;
  gint64 expires = 0;

  if (error == NULL && (code == NULL || *code == '\0' || strlen (code) > MAX_CODE))
    {
      bad = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's answer has no QR code");
      error = bad;
    }
  if (error == NULL)
    {
      floo_json_get_int (object, "expired", &expires);
      take_code (self, code, expires);
    }
  else if (self->reply != NULL || !is_of_connection (error))
    fail (self, error);
  else
    {
      forget_secret (&self->code);
      wait_for (self, floo_backoff_next (&self->backoff));
    }
}

static void
ask_for_code (FlooQrLogin *self)
{
  floo_guest_call (self->guest, "GET", "/app/qr_code", NULL, NULL, self->cancellable, on_code, self);
}

/* ---- calls ---- */

void
floo_login_begin_qr (FlooLogin *login, const char *app_id, const char *dns_server, gboolean remember, FlooReply reply, gpointer user_data)
{
  FlooQrLogin *self = login->qr;
  g_autoptr (FlooGuest) guest = floo_guest_get (login, app_id, dns_server, reply, user_data);

  if (guest == NULL)
    return;
  if (floo_account_is_stopping (login->account))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_CANCELLED, "The daemon is ending");
      return;
    }
  if (self->is_active)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_ALREADY_LOGGED_IN, "Another login by QR code is under way");
      return;
    }
  if (!floo_login_check_free (login, reply, user_data))
    return;
  self->is_active = TRUE;
  self->caller = floo_account_get_caller (login->account);
  self->remember = remember;
  self->guest = g_steal_pointer (&guest);
  self->cancellable = g_cancellable_new ();
  self->until = g_get_monotonic_time () + GIVE_UP;
  self->reply = reply;
  self->reply_data = user_data;
  floo_backoff_reset (&self->backoff);
  floo_account_set_error (login->account, NULL);
  ask_for_code (self);
}

void
floo_login_get_qr (FlooLogin *login, FlooReply reply, gpointer user_data)
{
  FlooQrLogin *self = login->qr;

  if (!self->is_active || self->text == NULL)
    floo_reply_error (reply, user_data, FLOO_ERROR_NOT_FOUND, "No login by QR code is under way");
  else if (self->caller != floo_account_get_caller (login->account))
    floo_reply_error (reply, user_data, FLOO_ERROR_PERMISSION_DENIED, "The login by QR code belongs to another program");
  else
    reply (g_variant_new ("(sx)", self->text, self->expires), NULL, user_data);
}

void
floo_login_cancel_qr (FlooLogin *login, guint caller)
{
  if (caller == 0 || caller == login->qr->caller)
    floo_qr_login_end (login->qr);
}
