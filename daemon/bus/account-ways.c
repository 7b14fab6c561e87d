/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus/account-ways.h"

#include "base/names.h"

#define WATCH_KEY "flooimd-qr-login-watch"

const FlooOption floo_bus_service_options[] = {
  { .key = "app_id", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { .key = "dns_server", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { NULL }
};

const FlooOption floo_bus_change_mobile_options[] = {
  { .key = "password", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { .key = "present_mobile", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { .key = "present_code", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { NULL }
};

#define APP_ID(call) floo_options_get_string ((call)->options, "app_id")
#define DNS_SERVER(call) floo_options_get_string ((call)->options, "dns_server")

void
floo_bus_register_anonymous (const FlooBusCall *call)
{
  const char *username, *password;

  g_variant_get (call->args, "(&s&s@a{sv})", &username, &password, NULL);
  floo_session_register (call->session, username, password, TRUE, APP_ID (call), DNS_SERVER (call), floo_bus_reply, call->invocation);
}

void
floo_bus_check_username (const FlooBusCall *call)
{
  const char *username;

  g_variant_get (call->args, "(&s@a{sv})", &username, NULL);
  floo_session_check_username (call->session, username, APP_ID (call), DNS_SERVER (call), floo_bus_reply, call->invocation);
}

/* ---- by QR code ---- */

typedef struct {
  FlooSession *session;
  GDBusMethodInvocation *invocation;
  guint caller;
} QrCall;

static void
unwatch (gpointer id)
{
  g_bus_unwatch_name (GPOINTER_TO_UINT (id));
}

static void
on_client_gone (GDBusConnection *connection, const char *name, gpointer user_data)
{
  const QrCall *call = user_data;

  floo_session_cancel_qr_login (call->session, call->caller);
}

/* The login is cancelled when the client that began it goes away. The watch is kept until the session ends or another login by QR code begins. */
static void
on_qr_login_begun (GVariant *result, const GError *error, gpointer user_data)
{
  QrCall *call = user_data;
  GDBusMethodInvocation *invocation = g_steal_pointer (&call->invocation);
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  guint id;

  if (error == NULL && sender != NULL)
    {
      id = g_bus_watch_name_on_connection (g_dbus_method_invocation_get_connection (invocation), sender, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                           NULL, on_client_gone, call, g_free);
      g_object_set_data_full (G_OBJECT (call->session), WATCH_KEY, GUINT_TO_POINTER (id), unwatch);
    }
  else
    g_free (call);
  floo_bus_reply (result, error, invocation);
}

void
floo_bus_begin_qr_login (const FlooBusCall *call)
{
  QrCall *qr = g_new0 (QrCall, 1);

  qr->session = call->session;
  qr->invocation = call->invocation;
  qr->caller = floo_session_get_caller (call->session);
  floo_session_begin_qr_login (call->session, APP_ID (call), DNS_SERVER (call), floo_options_get_boolean (call->options, "remember"),
                               on_qr_login_begun, qr);
}

void
floo_bus_get_qr_login (const FlooBusCall *call)
{
  floo_session_get_qr_login (call->session, floo_bus_reply, call->invocation);
}

void
floo_bus_cancel_qr_login (const FlooBusCall *call)
{
  floo_session_cancel_qr_login (call->session, 0);
  floo_bus_reply (NULL, NULL, call->invocation);
}

void
floo_bus_confirm_qr_login (const FlooBusCall *call)
{
  const char *text;
  gboolean allow;

  g_variant_get (call->args, "(&sb)", &text, &allow);
  floo_session_confirm_qr_login (call->session, text, allow, floo_bus_reply, call->invocation);
}

/* ---- by mobile number ---- */

void
floo_bus_get_captcha (const FlooBusCall *call)
{
  floo_session_get_captcha (call->session, APP_ID (call), DNS_SERVER (call), floo_bus_reply, call->invocation);
}

void
floo_bus_send_sms_code (const FlooBusCall *call)
{
  const char *mobile, *captcha, *text;

  g_variant_get (call->args, "(&s&s&s@a{sv})", &mobile, &captcha, &text, NULL);
  floo_session_send_sms_code (call->session, mobile, captcha, text, APP_ID (call), DNS_SERVER (call), floo_bus_reply, call->invocation);
}

void
floo_bus_login_by_mobile (const FlooBusCall *call)
{
  FlooLoginRequest request = { .app_id = APP_ID (call), .dns_server = DNS_SERVER (call),
                               .remember = floo_options_get_boolean (call->options, "remember") };
  const char *mobile, *code;

  g_variant_get (call->args, "(&s&s@a{sv})", &mobile, &code, NULL);
  floo_session_login_by_mobile (call->session, mobile, code, &request, floo_bus_reply, call->invocation);
}

void
floo_bus_bind_mobile (const FlooBusCall *call)
{
  const char *mobile, *code;

  g_variant_get (call->args, "(&s&s)", &mobile, &code);
  floo_session_bind_mobile (call->session, mobile, code, floo_bus_reply, call->invocation);
}

void
floo_bus_change_mobile (const FlooBusCall *call)
{
  FlooMobileProof proof = { .password = floo_options_get_string (call->options, "password"),
                            .present_mobile = floo_options_get_string (call->options, "present_mobile"),
                            .present_code = floo_options_get_string (call->options, "present_code") };
  const char *mobile, *code;

  g_variant_get (call->args, "(&s&s@a{sv})", &mobile, &code, NULL);
  floo_session_change_mobile (call->session, mobile, code, &proof, floo_bus_reply, call->invocation);
}

void
floo_bus_reset_password (const FlooBusCall *call)
{
  const char *mobile, *code, *password;

  g_variant_get (call->args, "(&s&s&s@a{sv})", &mobile, &code, &password, NULL);
  floo_session_reset_password (call->session, mobile, code, password, APP_ID (call), DNS_SERVER (call), floo_bus_reply, call->invocation);
}
