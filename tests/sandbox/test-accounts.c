/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logging in by QR code and by mobile number, binding, verification, a new password, registration. */
#include "test-client.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"

#define CODE(name) FLOO__STATUS__ERROR_CODE__##name
#define NUMBER "13900007777"

static void
expect (Client *client, int code, const char *method, const char *path, const char *body)
{
  json_object_unref (client_expect (client, code, method, path, body));
}

/* Returns: (transfer full): a text member of data */
static char *
text_of (JsonObject *envelope, const char *member)
{
  return g_strdup (json_object_get_string_member (json_object_get_object_member (envelope, "data"), member));
}

static char *
get_text (Client *client, const char *path, const char *member)
{
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "GET", path, NULL);

  return text_of (envelope, member);
}

static char *
post_text (Client *client, const char *path, const char *body, const char *member)
{
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "POST", path, body);

  return text_of (envelope, member);
}

static void
expect_control_error (Client *client, const char *name, const char *body, const char *words)
{
  g_autofree char *path = g_strconcat ("/control/", name, NULL);
  g_autoptr (JsonObject) answer = client_call (client, "POST", path, body);

  g_assert_false (json_object_get_boolean_member (answer, "ok"));
  g_assert_nonnull (strstr (json_object_get_string_member (answer, "error"), words));
}

/* ---- QR ---- */

static char *
scan_body (const char *code, const char *user, const char *more)
{
  return g_strdup_printf ("{\"user\":\"%s\",\"text\":\"{\\\"info\\\":{\\\"qrcode\\\":\\\"%s\\\",\\\"qrcode_app_id\\\":\\\"sandbox\\\","
                          "\\\"app_id\\\":\\\"sandbox\\\"},\\\"action\\\":\\\"login\\\",\\\"source\\\":\\\"web\\\"}\"%s}", user, code, more);
}

static void
scan (Client *client, const char *code, const char *user, const char *more)
{
  g_autofree char *body = scan_body (code, user, more);

  client_order (client, "scan", body);
}

/* Asserts the answer to a code: its envelope's code, and whether there is a login in it. */
static void
expect_qr (Client *client, const char *code, int expected, gboolean login)
{
  g_autofree char *path = g_strconcat ("/app/qr_login?qr_code=", code, NULL);
  g_autoptr (JsonObject) envelope = client_expect (client, expected, "GET", path, NULL);

  if (expected == 200)
    g_assert_cmpint (json_object_has_member (json_object_get_object_member (envelope, "data"), "password"), ==, login);
}

/* Logs in with the name and password from a code or number. */
static void
log_in_with (Client *client, JsonObject *envelope, gint64 id)
{
  g_autofree char *name = text_of (envelope, "username"), *password = text_of (envelope, "password");

  client_login (client, name, password);
  g_assert_cmpint (client->user_id, ==, id);
}

static void
test_qr (Fixture *f, gconstpointer data)
{
  g_autofree char *code = get_text (f->alice, "/app/qr_code", "qr_code");
  g_autofree char *path = g_strconcat ("/app/qr_login?qr_code=", code, NULL);
  g_autofree char *stolen = scan_body (code, "carol", ",\"confirm\":true");
  g_autoptr (JsonObject) login = NULL;

  expect_qr (f->alice, code, 200, FALSE);
  scan (f->alice, code, "bob", "");
  expect_control_error (f->alice, "scan", stolen, "another one's");
  expect_qr (f->alice, code, 200, FALSE);
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 1); /* it should have waited a second */
  sb_trace_clear_violations (f->sandbox);
  scan (f->alice, code, "bob", ",\"confirm\":true");
  login = client_expect (f->alice, 200, "GET", path, NULL);
  sb_trace_clear_violations (f->sandbox);
  log_in_with (f->alice, login, BOB);
  log_in_with (f->carol, login, BOB);
  expect_qr (f->alice, code, 20024, FALSE);
}

static void
test_qr_ends (Fixture *f, gconstpointer data)
{
  g_autofree char *expired = get_text (f->alice, "/app/qr_code", "qr_code");
  g_autofree char *declined = get_text (f->alice, "/app/qr_code", "qr_code");
  g_autofree char *waiting = NULL, *allow = NULL;

  scan (f->alice, declined, "bob", ",\"confirm\":false");
  expect_qr (f->alice, declined, 10010, FALSE);
  client_order (f->alice, "settings", "{\"clock_skew\":180001,\"qr_waiting\":\"error\"}");
  expect_qr (f->alice, expired, 20025, FALSE);
  waiting = get_text (f->alice, "/app/qr_code", "qr_code");
  expect_qr (f->alice, waiting, 400, FALSE);
  /* Another client of the test is the phone. */
  client_login (f->bob, "bob", "bob-secret");
  allow = g_strdup_printf ("/app/allow?allow=1&qr_code=%s", waiting);
  expect (f->bob, 200, "GET", allow, NULL);
  expect (f->bob, 20024, "GET", allow, NULL);
  expect_qr (f->alice, waiting, 200, TRUE);
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 1); /* 2.5 seconds after an error */
  sb_trace_clear_violations (f->sandbox);
}

static void
test_scan (Fixture *f, gconstpointer data)
{
  g_autofree char *info = NULL, *join = NULL;

  expect_control_error (f->alice, "scan", "{\"user\":\"bob\",\"text\":\"hello\"}", "a JSON object");
  expect_control_error (f->alice, "scan",
                        "{\"user\":\"bob\",\"text\":\"{\\\"info\\\":{},\\\"action\\\":\\\"login\\\",\\\"source\\\":\\\"app\\\"}\"}",
                        "source should be web");
  expect_control_error (f->alice, "scan",
                        "{\"user\":\"bob\",\"text\":\"{\\\"info\\\":{\\\"qrcode\\\":\\\"x\\\",\\\"app_id\\\":\\\"sandbox\\\"},"
                        "\\\"action\\\":\\\"login\\\",\\\"source\\\":\\\"web\\\"}\"}",
                        "qrcode_app_id");
  client_order (f->alice, "scan",
                "{\"user\":\"bob\",\"text\":\"{\\\"info\\\":{\\\"uid\\\":1003},\\\"action\\\":\\\"profile\\\",\\\"source\\\":\\\"app\\\"}\"}");
  client_login (f->erin, "erin", "erin-secret");
  info = get_text (f->erin, "/app/qrcode/group_sign?group_id=2003", "qr_info");
  join = g_strdup_printf ("{\"user\":\"dave\",\"text\":\"{\\\"info\\\":{\\\"info\\\":\\\"%s\\\",\\\"group_id\\\":2003},"
                          "\\\"action\\\":\\\"group\\\",\\\"source\\\":\\\"web\\\"}\"}", info);
  client_order (f->alice, "scan", join);
  client_login (f->dave, "dave", "dave-secret");
  expect (f->dave, 200, "GET", "/group/member_list?group_id=2003", NULL);
}

static void
test_passwords (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *setting;
    gboolean again;
    gboolean own;
  } cases[] = { { "{\"login_password\":\"made\"}", TRUE, FALSE },
                { "{\"login_password\":\"own\"}", TRUE, TRUE },
                { "{\"login_password\":\"once\"}", FALSE, FALSE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *code = get_text (f->alice, "/app/qr_code", "qr_code");
      g_autofree char *path = g_strconcat ("/app/qr_login?qr_code=", code, NULL);
      g_autofree char *password = NULL, *body = NULL;

      client_order (f->alice, "settings", cases[i].setting);
      scan (f->alice, code, "bob", ",\"confirm\":true");
      password = get_text (f->alice, path, "password");
      g_assert_cmpint (strcmp (password, "bob-secret") == 0, ==, cases[i].own);
      body = g_strdup_printf ("{\"name\":\"bob\",\"password\":\"%s\"}", password);
      expect (f->alice, 200, "POST", "/token/user", body);
      expect (f->alice, cases[i].again ? 200 : 11001, "POST", "/token/user", body);
    }
}

/* ---- SMS ---- */

/* Requests a picture and sends its text, or a wrong one. */
static void
ask_sms (Client *client, const char *mobile, gboolean right, int expected)
{
  g_autoptr (JsonObject) picture = client_expect (client, 200, "POST", "/app/captcha/image", "{}");
  const char *id = json_object_get_string_member (picture, "data");
  g_autofree char *order = g_strdup_printf ("{\"image_id\":\"%s\"}", id);
  g_autoptr (JsonObject) known = client_control (client, "captcha", order);
  g_autofree char *path = g_strdup_printf ("/app/captcha/sms_web?captcha=%s&image_id=%s&mobile=%s",
                                           right ? json_object_get_string_member (known, "text") : "wrong", id, mobile);

  expect (client, expected, "GET", path, NULL);
  /* A picture can be used once. */
  expect_control_error (client, "captcha", order, "no picture");
}

/* Returns: (transfer full): the code that the phone got */
static char *
code_of (Client *client, const char *mobile)
{
  g_autofree char *order = g_strdup_printf ("{\"mobile\":\"%s\"}", mobile);
  g_autoptr (JsonObject) answer = client_control (client, "sms", order);

  return g_strdup (json_object_get_string_member (answer, "code"));
}

/* A native client's way: no picture. Returns: (transfer full): the code */
static char *
new_code (Client *client, const char *mobile)
{
  g_autofree char *path = g_strconcat ("/app/captcha/sms?mobile=", mobile, NULL);

  expect (client, 200, "GET", path, NULL);
  return code_of (client, mobile);
}

static void
test_mobile_login (Fixture *f, gconstpointer data)
{
  g_autofree char *code = NULL, *right = NULL;
  g_autoptr (JsonObject) login = NULL;

  ask_sms (f->alice, "13800001002", FALSE, 11014);
  ask_sms (f->alice, "not-a-number", TRUE, 10002);
  ask_sms (f->alice, "13800001002", TRUE, 200);
  ask_sms (f->alice, "13800001002", TRUE, 10028);
  code = code_of (f->alice, "13800001002");
  for (int i = 0; i < 4; i++)
    expect (f->alice, 10001, "GET", "/app/user/info_pwd?captcha=none&mobile=13800001002", NULL);
  right = g_strdup_printf ("/app/user/info_pwd?captcha=%s&mobile=13800001002", code);
  login = client_expect (f->alice, 200, "GET", right, NULL);
  log_in_with (f->alice, login, BOB);
  expect (f->alice, 10001, "GET", right, NULL);
  /* Too many tries. */
  client_order (f->alice, "settings", "{\"sms_interval\":0}");
  g_free (g_steal_pointer (&code));
  code = new_code (f->alice, "13800001002");
  for (int i = 0; i < 5; i++)
    expect (f->alice, 10001, "GET", "/app/user/info_pwd?captcha=none&mobile=13800001002", NULL);
  expect (f->alice, 10028, "GET", "/app/user/info_pwd?captcha=none&mobile=13800001002", NULL);
}

typedef struct {
  GBytes *body;
  gboolean done;
} Reply;

static void
on_reply (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reply *reply = user_data;

  reply->body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, NULL);
  reply->done = TRUE;
}

static void
test_picture (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) picture = client_expect (f->alice, 200, "POST", "/app/captcha/image", "{}");
  const char *id = json_object_get_string_member (picture, "data");

  for (int late = 0; late < 2; late++)
    {
      g_autofree char *url = g_strdup_printf ("%s/app/captcha/image?image_id=%s&app_id=sandbox", f->sandbox->origin, id);
      g_autoptr (SoupMessage) msg = soup_message_new ("GET", url);
      Reply reply = { 0 };

      soup_session_send_and_read_async (f->alice->session, msg, G_PRIORITY_DEFAULT, NULL, on_reply, &reply);
      client_wait (reply.done);
      g_assert_cmpuint (soup_message_get_status (msg), ==, late ? 404 : 200);
      if (!late)
        g_assert_cmpmem (g_bytes_get_data (reply.body, NULL), 4, "\x89PNG", 4);
      g_bytes_unref (reply.body);
      client_order (f->alice, "settings", "{\"clock_skew\":180001}");
    }
}

/* ---- binding ---- */

static void
test_bind_with_sign (Fixture *f, gconstpointer data)
{
  g_autofree char *code = new_code (f->alice, NUMBER);
  g_autofree char *path = g_strdup_printf ("/app/user/info_pwd?captcha=%s&mobile=" NUMBER, code);
  g_autofree char *sign = get_text (f->alice, path, "sign");
  g_autofree char *other = g_strdup_printf ("{\"sign\":\"%s\",\"mobile\":\"13900000000\"}", sign);
  g_autofree char *body = g_strdup_printf ("{\"sign\":\"%s\",\"mobile\":\"" NUMBER "\"}", sign);
  g_autofree char *mobile = NULL;

  expect (f->alice, 10003, "POST", "/app/user/mobile_bind_with_sign", body);
  expect (f->alice, 200, "POST", "/user/register/anonymous", "{\"username\":\"frank\",\"password\":\"frank-secret\"}");
  expect (f->alice, 10002, "POST", "/app/user/mobile_bind_with_sign", "{\"sign\":\"none\",\"mobile\":\"" NUMBER "\"}");
  expect (f->alice, 200, "POST", "/app/user/mobile_bind_with_sign", body);
  expect (f->alice, 10002, "POST", "/app/user/mobile_bind_with_sign", other);
  client_login (f->alice, "frank", "frank-secret");
  mobile = get_text (f->alice, "/user/profile", "mobile");
  g_assert_cmpstr (mobile, ==, NUMBER);
}

static char *
mobile_body (const char *code, const char *mobile, const char *sign)
{
  return sign == NULL ? g_strdup_printf ("{\"captcha\":\"%s\",\"mobile\":\"%s\"}", code, mobile)
                      : g_strdup_printf ("{\"captcha\":\"%s\",\"mobile\":\"%s\",\"sign\":\"%s\"}", code, mobile, sign);
}

/* Requests a code and posts it. */
static void
post_with_code (Client *client, int expected, const char *path, const char *mobile, const char *sign)
{
  g_autofree char *code = new_code (client, mobile);
  g_autofree char *body = mobile_body (code, mobile, sign);

  expect (client, expected, "POST", path, body);
}

static void
test_bind_and_change (Fixture *f, gconstpointer data)
{
  g_autofree char *sign = NULL, *code = NULL, *body = NULL, *second = NULL;

  client_order (f->alice, "settings", "{\"sms_interval\":0}");
  expect (f->alice, 200, "POST", "/user/register/v2", "{\"username\":\"frank\",\"password\":\"frank-secret\"}");
  client_login (f->alice, "frank", "frank-secret");
  expect (f->alice, 10001, "POST", "/app/user/mobile_bind", "{\"captcha\":\"000000\",\"mobile\":\"" NUMBER "\"}");
  post_with_code (f->alice, 11012, "/app/user/mobile_bind", "13800001002", NULL);
  post_with_code (f->alice, 200, "/app/user/mobile_bind", NUMBER, NULL);
  post_with_code (f->alice, 10002, "/app/user/mobile_bind", "13900008888", NULL);
  expect (f->alice, 11001, "POST", "/app/user/mobile_prechange_by_password", "{\"password\":\"wrong\"}");
  sign = post_text (f->alice, "/app/user/mobile_prechange_by_password", "{\"password\":\"frank-secret\"}", "sign");
  post_with_code (f->alice, 200, "/app/user/mobile_change", "13900008888", sign);
  post_with_code (f->alice, 10002, "/app/user/mobile_change", "13900009999", sign);
  post_with_code (f->alice, 10002, "/app/user/mobile_prechange_by_mobile", NUMBER, NULL);
  code = new_code (f->alice, "13900008888");
  body = mobile_body (code, "13900008888", NULL);
  second = post_text (f->alice, "/app/user/mobile_prechange_by_mobile", body, "sign");
  post_with_code (f->alice, 200, "/app/user/mobile_change", "13900009999", second);
}

/* ---- passwords, verification, registration ---- */

static void
test_reset (Fixture *f, gconstpointer data)
{
  g_autofree char *sign = NULL, *code = NULL, *body = NULL, *change = NULL, *differ = NULL;

  client_start (f->bob, "bob", "bob-secret", "1002_a");
  post_with_code (f->alice, 10000, "/app/pwd_change/verify_by_mobile", NUMBER, NULL);
  code = new_code (f->alice, "13800001002");
  body = mobile_body (code, "13800001002", NULL);
  sign = post_text (f->alice, "/app/pwd_change/verify_by_mobile", body, "sign");
  differ = g_strdup_printf ("{\"new_password\":\"bob-new-1\",\"new_password_check\":\"bob-new-2\",\"sign\":\"%s\"}", sign);
  change = g_strdup_printf ("{\"new_password\":\"bob-new-1\",\"new_password_check\":\"bob-new-1\",\"sign\":\"%s\"}", sign);
  expect (f->alice, 10002, "POST", "/app/pwd_change", differ);
  expect (f->alice, 200, "POST", "/app/pwd_change", change);
  expect (f->alice, 10002, "POST", "/app/pwd_change", change);
  client_wait (f->bob->closed);
  expect (f->bob, 402, "GET", "/user/profile", NULL);
  expect (f->alice, 11001, "POST", "/token/user", "{\"name\":\"bob\",\"password\":\"bob-secret\"}");
  client_login (f->bob, "bob", "bob-new-1");
  expect (f->bob, 11001, "POST", "/app/pwd_change/verify_by_password", "{\"password\":\"bob-secret\"}");
  g_free (post_text (f->bob, "/app/pwd_change/verify_by_password", "{\"password\":\"bob-new-1\"}", "sign"));
}

static gint64
verified (Client *client)
{
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "GET", "/app/user_verification", NULL);

  return json_object_get_int_member (json_object_get_object_member (envelope, "data"), "status");
}

static void
test_verification (Fixture *f, gconstpointer data)
{
  Client *clients[] = { f->bob, f->carol, f->dave, f->erin };
  static const char *const names[] = { "bob", "carol", "dave", "erin" };
  g_autoptr (FlooFrame) ack = NULL;
  g_autofree char *reason = NULL;

  client_order (f->alice, "settings", "{\"sms_interval\":0,\"verify_needed\":true}");
  client_start (f->alice, "alice", "alice-secret", "1001_a");
  client_send (f->alice, &(Outgoing) { .to = BOB, .content = "x" });
  ack = client_next_ack (f->alice);
  reason = client_text (&ack->sync_dl->status->reason);
  g_assert_cmpstr (reason, ==, "account_verify_needed");
  g_assert_cmpint (verified (f->alice), ==, 0);
  expect (f->alice, 10001, "POST", "/app/user_verification_by_mobile", "{\"captcha\":\"0\",\"mobile\":\"13800001001\"}");
  post_with_code (f->alice, 200, "/app/user_verification_by_mobile", "13800001001", NULL);
  g_assert_cmpint (verified (f->alice), ==, 1);
  client_send_text (f->alice, BOB, FALSE, "verified");
  for (gsize i = 0; i < G_N_ELEMENTS (clients); i++)
    {
      g_autofree char *password = g_strconcat (names[i], "-secret", NULL);

      client_login (clients[i], names[i], password);
      post_with_code (clients[i], i < 3 ? 200 : 11031, "/app/user_verification_by_mobile", NUMBER, NULL);
    }
}

static void
test_registration (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *name;
    int code;
  } names[] = { { "grace", 200 }, { "alice", 10004 }, { "12345", 10002 }, { "a-b", 10002 }, { "maximus", 10002 }, { "mta_1", 10002 },
                { "%E5%BC%A0%E4%BC%9F_1", 200 } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_strconcat ("/app/user/name_check?username=", names[i].name, NULL);

      expect (f->alice, names[i].code, "GET", path, NULL);
    }
  client_order (f->alice, "settings", "{\"anonymous\":\"forbidden\"}");
  expect (f->alice, 40001, "POST", "/user/register/anonymous", "{\"username\":\"grace\",\"password\":\"grace-secret\"}");
  client_order (f->alice, "settings", "{\"anonymous\":\"allowed\"}");
  expect (f->alice, 200, "POST", "/user/register/anonymous", "{\"username\":\"grace\",\"password\":\"grace-secret\"}");
  client_login (f->alice, "grace", "grace-secret");
}

#define ADD(path, func) g_test_add ("/sandbox/accounts/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  client_test_init (&argc, &argv);
  ADD ("qr", test_qr);
  ADD ("qr-ends", test_qr_ends);
  ADD ("scan", test_scan);
  ADD ("passwords", test_passwords);
  ADD ("mobile-login", test_mobile_login);
  ADD ("picture", test_picture);
  ADD ("bind-with-sign", test_bind_with_sign);
  ADD ("bind-and-change", test_bind_and_change);
  ADD ("reset", test_reset);
  ADD ("verification", test_verification);
  ADD ("registration", test_registration);
  return g_test_run ();
}
