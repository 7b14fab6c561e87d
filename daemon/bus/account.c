/* SPDX-License-Identifier: GPL-3.0-or-later */
/* account.c: im.floo.Daemon1.Account */
#include "base/names.h"
#include "bus/account-ways.h"
#include "dbus-info.h"

static const FlooOption login_options[] = {
  { .key = "app_id", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { .key = "dns_server", .type = 's', .max = FLOO_MAX_ARGUMENT },
  { .key = "remember", .type = 'b', .fallback = TRUE },
  { NULL }
};

static const FlooOption logout_options[] = {
  { .key = "erase", .type = 'b' },
  { .key = "discard", .type = 'b' },
  { .key = "everywhere", .type = 'b' },
  { NULL }
};

static const FlooBusBound bounds[] = {
  { .arg = "user_id", .min = 1, .max = G_MAXINT64 },
  { .arg = "device_sn", .min = 1, .max = G_MAXINT32 },
  { .arg = "auth_mode", .min = 0, .max = 3 },
  { NULL }
};

static void
handle_get_status (const FlooBusCall *call)
{
  floo_session_get_status (call->session, floo_bus_reply, call->invocation);
}

/* The three ways to log in have the same options. */
static void
login (const FlooBusCall *call, FlooLoginRequest *request, FlooReply reply)
{
  request->app_id = floo_options_get_string (call->options, "app_id");
  request->dns_server = floo_options_get_string (call->options, "dns_server");
  request->remember = floo_options_get_boolean (call->options, "remember");
  floo_session_login (call->session, request, reply, call->invocation);
}

static void
handle_login (const FlooBusCall *call)
{
  FlooLoginRequest request = { .kind = FLOO_LOGIN_BY_NAME };

  g_variant_get (call->args, "(&s&s@a{sv})", &request.name, &request.secret, NULL);
  login (call, &request, floo_bus_reply);
}

/* LoginById and LoginWithToken return nothing, since their callers know the id. */
static void
reply_without_id (GVariant *result, const GError *error, gpointer invocation)
{
  if (result != NULL)
    g_variant_unref (g_variant_ref_sink (result));
  floo_bus_reply (NULL, error, invocation);
}

static void
handle_login_by_id (const FlooBusCall *call)
{
  FlooLoginRequest request = { .kind = FLOO_LOGIN_BY_ID };

  g_variant_get (call->args, "(x&s@a{sv})", &request.user_id, &request.secret, NULL);
  login (call, &request, reply_without_id);
}

static void
handle_login_with_token (const FlooBusCall *call)
{
  FlooLoginRequest request = { .kind = FLOO_LOGIN_WITH_TOKEN };

  g_variant_get (call->args, "(x&s@a{sv})", &request.user_id, &request.secret, NULL);
  login (call, &request, reply_without_id);
}

static void
handle_logout (const FlooBusCall *call)
{
  static const struct {
    const char *option;
    FlooLogoutFlags flag;
  } rows[] = { { "erase", FLOO_LOGOUT_ERASE }, { "discard", FLOO_LOGOUT_DISCARD }, { "everywhere", FLOO_LOGOUT_EVERYWHERE } };
  FlooLogoutFlags flags = FLOO_LOGOUT_NONE;

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    if (floo_options_get_boolean (call->options, rows[i].option))
      flags |= rows[i].flag;
  floo_session_logout (call->session, flags, floo_bus_reply, call->invocation);
}

static void
handle_reconnect (const FlooBusCall *call)
{
  floo_session_reconnect (call->session, floo_bus_reply, call->invocation);
}

static void
handle_set_online (const FlooBusCall *call)
{
  gboolean online;

  g_variant_get (call->args, "(b)", &online);
  floo_session_set_online (call->session, online, floo_bus_reply, call->invocation);
}

static void
handle_register (const FlooBusCall *call)
{
  const char *username, *password;

  g_variant_get (call->args, "(&s&s@a{sv})", &username, &password, NULL);
  floo_session_register (call->session, username, password, FALSE, floo_options_get_string (call->options, "app_id"),
                         floo_options_get_string (call->options, "dns_server"), floo_bus_reply, call->invocation);
}

static void
handle_change_password (const FlooBusCall *call)
{
  const char *old, *password;

  g_variant_get (call->args, "(&s&s)", &old, &password);
  floo_session_change_password (call->session, old, password, floo_bus_reply, call->invocation);
}

static void
handle_delete_account (const FlooBusCall *call)
{
  const char *password;

  g_variant_get (call->args, "(&s)", &password);
  floo_session_delete_account (call->session, password, floo_bus_reply, call->invocation);
}

static void
handle_set_avatar (const FlooBusCall *call)
{
  const char *name;
  int fd = floo_bus_call_take_fd (call, 0);

  if (fd < 0)
    return;
  g_variant_get (call->args, "(h&s)", NULL, &name);
  floo_session_set_avatar (call->session, fd, name, floo_bus_reply, call->invocation);
}

static void
describe_properties (FlooSession *session, GVariantDict *properties)
{
  floo_session_describe_properties (session, properties);
  g_variant_dict_insert (properties, "DaemonVersion", "s", FLOO_VERSION);
}

static const FlooBusMethod methods[] = {
  { "GetStatus", handle_get_status },
  { "Login", handle_login, login_options },
  { "LoginById", handle_login_by_id, login_options },
  { "LoginWithToken", handle_login_with_token, login_options },
  { "Logout", handle_logout, logout_options },
  { "Reconnect", handle_reconnect },
  { "SetOnline", handle_set_online },
  { "Register", handle_register, floo_bus_service_options },
  { "ChangePassword", handle_change_password },
  { "DeleteAccount", handle_delete_account },
  { "SetAvatar", handle_set_avatar },
  { "RegisterAnonymous", floo_bus_register_anonymous, floo_bus_service_options },
  { "CheckUsername", floo_bus_check_username, floo_bus_service_options },
  { "BeginQrLogin", floo_bus_begin_qr_login, login_options },
  { "GetQrLogin", floo_bus_get_qr_login },
  { "CancelQrLogin", floo_bus_cancel_qr_login },
  { "ConfirmQrLogin", floo_bus_confirm_qr_login },
  { "GetCaptcha", floo_bus_get_captcha, floo_bus_service_options },
  { "SendSmsCode", floo_bus_send_sms_code, floo_bus_service_options },
  { "LoginByMobile", floo_bus_login_by_mobile, login_options },
  { "BindMobile", floo_bus_bind_mobile },
  { "ChangeMobile", floo_bus_change_mobile, floo_bus_change_mobile_options },
  { "ResetPassword", floo_bus_reset_password, floo_bus_service_options },
};

const FlooBusTable floo_bus_account = {
  .info = &im_floo_daemon1_account_interface,
  .version = 1,
  .methods = methods,
  .n_methods = G_N_ELEMENTS (methods),
  .bounds = bounds,
  .describe_properties = describe_properties,
};
