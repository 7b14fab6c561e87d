/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state machine of a login: its requests and its signals, with doubles of REST, discovery and the link. */
#include "account-fixture.h"
#include "base/names.h"
#include "fake-net.h"
#include "session/login/parts.h"

typedef struct {
  AccountFixture base;
  FlooSecrets *secrets;
  FlooLogin *login;
  FlooLoginLoaded loaded;       /* (nullable): of the lists that are being loaded */
  char *reply;                  /* (nullable): "(1000,)" or the error's name */
  guint replies;
  guint load_limit_ms;          /* how long the lists may take; 0: the default */
} Scene;

/* ---- callbacks of the login ---- */

static void
say (gpointer data, const char *what)
{
  g_string_append_printf (((Scene *) data)->base.news, "%s ", what);
}

static void
on_ready (gpointer data)
{
}

static void
on_tell (gpointer data)
{
}

static void
on_opened (FlooStore *store, gpointer data)
{
  Scene *s = data;

  say (s, "opened");
  if (s->load_limit_ms != 0)
    floo_login_set_step_limit (s->login, s->load_limit_ms);
}

static void
on_closing (gpointer data)
{
}

static void
on_erase_files (GAsyncReadyCallback callback, gpointer user_data, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_return_boolean (task, TRUE);
}

static void
on_load (GCancellable *cancellable, FlooLoginLoaded loaded, gpointer login, gpointer data)
{
  ((Scene *) data)->loaded = loaded;
}

static void
on_online (gpointer data)
{
  say (data, "ONLINE");
}

static void
on_device_known (gpointer data)
{
  say (data, "device");
}

static void
on_offline (gpointer data)
{
}

static void
on_frame (FlooFrame *frame, gpointer data)
{
  say (data, "frame");
}

static void
on_unreadable (const GError *error, gpointer data)
{
  say (data, "unreadable");
}

static const FlooLoginListener listener = {
  .ready = on_ready,
  .tell = on_tell,
  .opened = on_opened,
  .closing = on_closing,
  .erase_files = on_erase_files,
  .settled = on_tell,
  .load = on_load,
  .online = on_online,
  .device_known = on_device_known,
  .offline = on_offline,
  .frame = on_frame,
  .unreadable = on_unreadable,
  .write_waiting = on_tell,
};

static void
set_up (Scene *s, gconstpointer data)
{
  account_fixture_set_up_without_store (&s->base);
  s->base.config.app_id = (char *) "app";
  s->secrets = floo_secrets_new ("file", NULL, s->base.fixture.root);
  s->login = floo_login_new (s->base.account, s->secrets, &listener, s);
}

/* ---- calls to it ---- */

static void
on_reply (GVariant *result, const GError *error, gpointer data)
{
  Scene *s = data;

  g_free (s->reply);
  if (error != NULL)
    s->reply = g_strdup (floo_error_get_dbus_name (error->code) + strlen (FLOO_ERROR_PREFIX));
  else
    s->reply = result != NULL ? g_variant_print (result, FALSE) : g_strdup ("()");
  if (result != NULL)
    g_variant_unref (g_variant_ref_sink (result));
  s->replies++;
}

static void
wait_reply (Scene *s)
{
  guint replies = s->replies;

  run_until (s->replies > replies);
}

static void
log_in (Scene *s)
{
  const FlooLoginRequest request = { .kind = FLOO_LOGIN_BY_NAME, .name = "alice", .secret = "secret", .remember = TRUE };

  g_clear_pointer (&s->reply, g_free);
  s->replies = 0;
  floo_login_log_in (s->login, &request, on_reply, s);
}

#define ASSERT_ASKED(expected) \
  G_STMT_START \
  { \
    run_until (fake_rest_peek () != NULL); \
    g_assert_cmpstr (fake_rest_peek (), ==, expected); \
  } \
  G_STMT_END

/* The signals since the last call. */
#define ASSERT_NEWS(s, expected) \
  G_STMT_START \
  { \
    g_assert_cmpstr ((s)->base.news->str, ==, expected); \
    g_string_truncate ((s)->base.news, 0); \
  } \
  G_STMT_END

static void
provision (Scene *s, int code, const char *reason)
{
  Floo__Provision answer = FLOO__PROVISION__INIT;
  Floo__Status status = FLOO__STATUS__INIT;
  g_autoptr (GBytes) frame = NULL;

  status.has_code = status.has_reason = TRUE;
  status.code = (Floo__Status__ErrorCode) code;
  status.reason = floo_wire_text (reason);
  answer.status = &status;
  frame = floo_frame_encode (FLOO__FRAME__COMMAND__PROVISION, &answer.base);
  fake_link_receive (floo_account_get_link (s->base.account), frame);
}

/* From the token on: the store opens, the lists arrive, the link comes up and PROVISION is sent. */
static void
go_on_to_provision (Scene *s)
{
  FlooLoginLoaded loaded;
  g_autoptr (GBytes) sent = NULL;

  run_until (s->loaded != NULL);
  loaded = s->loaded;
  s->loaded = NULL;
  loaded (NULL, s->login);
  fake_link_set_state (floo_account_get_link (s->base.account), FLOO_LINK_UP);
  sent = fake_link_take_sent ();
  g_assert_nonnull (sent);
}

static void
come_online (Scene *s)
{
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  go_on_to_provision (s);
  provision (s, FLOO__STATUS__ERROR_CODE__OK, "");
  g_assert_cmpstr (s->reply, ==, "(1000,)");
  run_until (strstr (s->base.news->str, "device") != NULL);
  g_string_truncate (s->base.news, 0);
}

static void
tear_down (Scene *s, gconstpointer data)
{
  FlooLogin *login = s->login;

  g_clear_pointer (&s->reply, g_free);
  s->replies = 0;
  floo_login_log_out (login, FLOO_LOGOUT_NONE, on_reply, s);
  fake_net_reset ();
  run_until (s->replies > 0 && !floo_login_is_busy (login));
  account_fixture_drain (&s->base);
  floo_login_free (login);
  g_object_unref (s->secrets);
  g_free (s->reply);
  fake_net_reset ();
  account_fixture_tear_down (&s->base);
}

/* ---- cases ---- */

static void
test_by_name (Scene *s, gconstpointer data)
{
  come_online (s);
  g_assert_true (floo_account_is_online (s->base.account));
  g_assert_cmpint (floo_account_get_user_id (s->base.account), ==, 1000);
  g_assert_cmpstr (floo_rest_get_token (floo_account_get_rest (s->base.account)), ==, "t1");
  /* A second one is refused. */
  log_in (s);
  g_assert_cmpstr (s->reply, ==, "AlreadyLoggedIn");
}

static void
test_states (Scene *s, gconstpointer data)
{
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  ASSERT_NEWS (s, "discovering authenticating FlooNotice ");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  run_until (s->loaded != NULL);
  ASSERT_NEWS (s, "opened FlooNotice ");
  go_on_to_provision (s);
  ASSERT_NEWS (s, "connecting FlooNotice FlooNotice FlooNotice ");
  /* The second answer is ignored. */
  provision (s, FLOO__STATUS__ERROR_CODE__OK, "");
  provision (s, FLOO__STATUS__ERROR_CODE__OK, "");
  run_until (strstr (s->base.news->str, "device") != NULL);
  g_assert_cmpstr (strstr (s->base.news->str, "ONLINE"), ==, strrchr (s->base.news->str, 'O'));
  g_assert_cmpuint (s->replies, ==, 1);
}

/* The lists are being fetched while the socket connects. */
static FlooLink *
begin_lists (Scene *s)
{
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  run_until (s->loaded != NULL);
  g_string_truncate (s->base.news, 0);
  g_assert_cmpint (floo_link_get_state (floo_account_get_link (s->base.account)), ==, FLOO_LINK_CONNECTING);
  return floo_account_get_link (s->base.account);
}

/* The socket is up first: it waits for the lists. */
static void
test_socket_first (Scene *s, gconstpointer data)
{
  g_autoptr (GBytes) sent = NULL;

  fake_link_set_state (begin_lists (s), FLOO_LINK_UP);
  g_assert_null (fake_link_take_sent ());
  ASSERT_NEWS (s, "");
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_AUTHENTICATING);
  s->loaded (NULL, s->login);
  ASSERT_NEWS (s, "connecting FlooNotice FlooNotice FlooNotice ");
  sent = fake_link_take_sent ();
  g_assert_nonnull (sent);
  provision (s, FLOO__STATUS__ERROR_CODE__OK, "");
  g_assert_cmpstr (s->reply, ==, "(1000,)");
}

/* A try that fails before the lists are there is not signalled; the next one follows when they are. */
static void
test_socket_lost_first (Scene *s, gconstpointer data)
{
  FlooLink *link = begin_lists (s);

  fake_link_set_state (link, FLOO_LINK_WAITING);
  ASSERT_NEWS (s, "");
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_AUTHENTICATING);
  s->loaded (NULL, s->login);
  ASSERT_NEWS (s, "connecting FlooNotice ");
  g_assert_cmpint (floo_link_get_state (link), ==, FLOO_LINK_CONNECTING);
}

/* Name and password are refused: the login fails, and nobody is logged in. */
static void
test_wrong_password (Scene *s, gconstpointer data)
{
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_fail (404, "no such user");
  wait_reply (s);
  g_assert_cmpstr (s->reply, ==, "LoginFailed");
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_SIGNED_OUT);
  g_assert_false (floo_login_is_taken (s->login));
}

static void
test_answer_without_token (Scene *s, gconstpointer data)
{
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000}", NULL);
  /* An error of the service: retried later. */
  run_until (floo_account_get_state (s->base.account) == FLOO_STATE_WAITING);
  g_assert_cmpint (floo_account_get_error (s->base.account)->code, ==, FLOO_ERROR_PROTOCOL);
  g_assert_cmpint (floo_account_get_next_retry (s->base.account), >, 0);
  g_assert_null (s->reply);
}

/* No answer: it waits, and Reconnect cuts the wait short. */
static void
test_offline (Scene *s, gconstpointer data)
{
  fake_endpoints_fail (g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "no network"));
  log_in (s);
  run_until (floo_account_get_state (s->base.account) == FLOO_STATE_WAITING);
  g_string_truncate (s->base.news, 0);
  floo_login_reconnect (s->login, on_reply, s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  g_assert_cmpint (floo_account_get_next_retry (s->base.account), ==, 0);
}

/* A step that never ends times out: the next attempt begins from the start. */
static void
test_step_limit (Scene *s, gconstpointer data)
{
  s->load_limit_ms = 50;
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  /* The lists do not arrive. */
  run_until (s->loaded != NULL);
  g_test_expect_message ("flooimd", G_LOG_LEVEL_WARNING, "*made no progress*");
  g_test_expect_message ("flooimd", G_LOG_LEVEL_MESSAGE, "*-> waiting");
  run_until (floo_account_get_state (s->base.account) == FLOO_STATE_WAITING);
  g_test_assert_expected_messages ();
  g_assert_cmpint (floo_account_get_error (s->base.account)->code, ==, FLOO_ERROR_TIMEOUT);
  g_assert_cmpint (floo_account_get_next_retry (s->base.account), >, 0);
  s->load_limit_ms = 0;
  floo_login_set_step_limit (s->login, 60000);
  s->loaded = NULL;
  floo_login_reconnect (s->login, on_reply, s);
  run_until (s->loaded != NULL || fake_rest_peek () != NULL);
}

static void
test_app_banned (Scene *s, gconstpointer data)
{
  fake_endpoints_fail (g_error_new_literal (FLOO_ERROR, FLOO_ERROR_BANNED, "app_status"));
  log_in (s);
  wait_reply (s);
  g_assert_cmpstr (s->reply, ==, "Banned");
  g_assert_nonnull (strstr (s->base.news->str, "FlooError"));
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_SIGNED_OUT);
}

/* An answer to an attempt that was cancelled is ignored. */
static void
test_late_token (Scene *s, gconstpointer data)
{
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  floo_login_log_out (s->login, FLOO_LOGOUT_NONE, on_reply, s);
  run_until (s->replies == 2 && !floo_login_is_busy (s->login));
  g_assert_null (floo_account_get_store (s->base.account));
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_SIGNED_OUT);
}

static void
test_provision_refused (Scene *s, gconstpointer data)
{
  g_autoptr (GError) dropped = NULL;

  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  go_on_to_provision (s);
  provision (s, FLOO__STATUS__ERROR_CODE__RATE_LIMIT_EXCEEDED, "slowly");
  dropped = fake_link_take_drop ();
  g_assert_error (dropped, FLOO_ERROR, FLOO_ERROR_REJECTED);
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_WAITING);
}

/* A void token is replaced by a login with the password, after a pause. */
static void
test_void_token (Scene *s, gconstpointer data)
{
  come_online (s);
  g_assert_true (floo_login_status (s->login, FLOO__STATUS__ERROR_CODE__INVALID_TOKEN, ""));
  run_until (floo_account_get_state (s->base.account) == FLOO_STATE_WAITING);
  g_assert_cmpint (floo_account_get_error (s->base.account)->code, ==, FLOO_ERROR_NOT_LOGGED_IN);
  floo_login_reconnect (s->login, on_reply, s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
}

/* Ended by the service: only the user can log in again. */
static void
test_ended (Scene *s, gconstpointer data)
{
  const FlooUserNotice notice = { .type = FLOO__USER_NOTICE__TYPE__REMOVED, .fate = FLOO_SESSION_ENDED };

  come_online (s);
  floo_login_user_notice (s->login, &notice);
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_BLOCKED);
  g_assert_nonnull (floo_account_get_store (s->base.account));
  g_assert_false (floo_login_is_taken (s->login));
  g_assert_null (fake_rest_peek ());
  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
}

static void
test_frozen (Scene *s, gconstpointer data)
{
  come_online (s);
  g_assert_true (floo_login_status (s->login, FLOO__STATUS__ERROR_CODE__USER_FROZEN, ""));
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_BLOCKED);
  g_assert_cmpint (floo_account_get_error (s->base.account)->code, ==, FLOO_ERROR_FROZEN);
  /* Not about the session. */
  g_assert_false (floo_login_status (s->login, FLOO__STATUS__ERROR_CODE__INVALID_PARAMETER, ""));
}

/* The lists of an attempt fail: that is signalled, and retried. */
static void
test_no_lists (Scene *s, gconstpointer data)
{
  g_autoptr (GError) error = floo_rest_error (500, "broken");

  log_in (s);
  ASSERT_ASKED ("POST /token/user {\"name\":\"alice\",\"password\":\"secret\"}");
  fake_rest_answer ("{\"user_id\":1000,\"token\":\"t1\"}", NULL);
  run_until (s->loaded != NULL);
  s->loaded (error, s->login);
  g_assert_cmpint (floo_account_get_state (s->base.account), ==, FLOO_STATE_WAITING);
}

/* An error of the store is reported until something is stored again, and an error of the connection does not replace it. */
static void
test_storage_first (Scene *s, gconstpointer data)
{
  g_autoptr (GError) storage = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "constraint");
  g_autoptr (GError) lost = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "lost");

  come_online (s);
  floo_login_store_failed (s->login, storage);
  floo_account_drop_link (s->base.account, lost);
  g_assert_cmpint (floo_account_get_error (s->base.account)->code, ==, FLOO_ERROR_STORAGE);
  floo_login_store_failed (s->login, NULL);
  g_assert_null (floo_account_get_error (s->base.account));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/login/" name, Scene, NULL, set_up, func, tear_down)
  ADD ("by-name", test_by_name);
  ADD ("states", test_states);
  ADD ("socket-first", test_socket_first);
  ADD ("socket-lost-first", test_socket_lost_first);
  ADD ("wrong-password", test_wrong_password);
  ADD ("answer-without-token", test_answer_without_token);
  ADD ("offline", test_offline);
  ADD ("step-limit", test_step_limit);
  ADD ("app-banned", test_app_banned);
  ADD ("late-token", test_late_token);
  ADD ("provision-refused", test_provision_refused);
  ADD ("void-token", test_void_token);
  ADD ("ended", test_ended);
  ADD ("frozen", test_frozen);
  ADD ("no-lists", test_no_lists);
  ADD ("storage-first", test_storage_first);
  return g_test_run ();
}
