/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sender and the settler as a whole: what is sent over a double of the link, and the result of rows without an acknowledgement. */
#include "account-fixture.h"
#include "base/backoff.h"
#include "base/names.h"
#include "fake-net.h"
#include "sync-pages.h"
#include "session/outbox/sender.h"
#include "store/tables/tokens.h"

#define DEVICE 77

typedef struct {
  AccountFixture base;
  FlooOperations *operations;
  FlooSync *sync;
  FlooSender *sender;
  GString *log;                 /* callbacks of the sender, and replies */
  gint64 client_id;             /* of the last reply that has one */
} Scene;

static void
on_stale (gpointer data)
{
}

static void
on_applied (const FlooInboundResult *result, gpointer data)
{
}

static gboolean
on_status (int code, const char *reason, gpointer data)
{
  return FALSE;
}

static void
on_store_failed (const GError *error, gpointer data)
{
}

static void
on_resent (gint64 client_id, gpointer data)
{
  g_string_append (((Scene *) data)->log, "resent ");
}

static void
on_needs_members (gint64 group, gpointer data)
{
  g_string_append_printf (((Scene *) data)->log, "needs %" G_GINT64_FORMAT " ", group);
}

static void
on_cancelled (gint64 client_id, gpointer data)
{
  g_string_append (((Scene *) data)->log, "cancelled ");
}

static const FlooOperationsListener operations_listener = { on_stale };
static const FlooSyncListener sync_listener = { on_applied, on_status, on_store_failed };
static const FlooSenderListener sender_listener = { .resent = on_resent, .needs_members = on_needs_members, .cancelled = on_cancelled };

static char *
no_url (FlooLink *link, guint attempts, gpointer user_data)
{
  return NULL;
}

static void
set_up (Scene *s, gconstpointer data)
{
  account_fixture_set_up (&s->base);
  floo_account_set_service (s->base.account, NULL, NULL, floo_link_new (no_url, NULL));
  floo_account_set_device_sn (s->base.account, DEVICE);
  s->log = g_string_new (NULL);
  s->operations = floo_operations_new (s->base.account, &operations_listener, s);
  s->sync = floo_sync_new (s->base.account, s->operations, &sync_listener, s);
  s->sender = floo_sender_new (s->base.account, s->sync, &sender_listener, s);
}

static void
tear_down (Scene *s, gconstpointer data)
{
  floo_account_set_state (s->base.account, FLOO_STATE_WAITING);
  floo_sync_offline (s->sync);
  floo_sender_offline (s->sender);
  account_fixture_drain (&s->base);
  floo_sender_free (s->sender);
  floo_sync_free (s->sync);
  floo_operations_free (s->operations);
  fake_net_reset ();
  g_string_free (s->log, TRUE);
  account_fixture_tear_down (&s->base);
}

static void
go_online (Scene *s)
{
  floo_account_set_state (s->base.account, FLOO_STATE_ONLINE);
  floo_sync_online (s->sync);
  floo_sender_online (s->sender);
}

static void
on_reply (GVariant *result, const GError *error, gpointer data)
{
  Scene *s = data;
  g_autofree char *text = NULL;
  g_autoptr (GVariant) owned = result != NULL ? g_variant_ref_sink (result) : NULL;

  if (owned != NULL && g_variant_is_of_type (owned, G_VARIANT_TYPE ("(b)")))
    text = g_variant_print (owned, FALSE);
  if (owned != NULL && g_variant_is_of_type (owned, G_VARIANT_TYPE ("(x)")))
    g_variant_get (owned, "(x)", &s->client_id);
  g_string_append_printf (s->log, "reply%s ", error != NULL ? floo_error_get_dbus_name (error->code) : text != NULL ? text : "");
}

static void
send_text (Scene *s, const char *to_type, gint64 to, const char *text)
{
  const FlooSendRequest request = { .to_type = to_type, .to = to, .type = "text", .content = text };

  floo_sender_send (s->sender, &request, on_reply, s);
}

#define WAIT_LOG(s, expected) run_until (strstr ((s)->log->str, expected) != NULL)

/* The next SYNC on the link, decoded. */
static FlooFrame *
next_sync (void)
{
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (FlooFrame) frame = NULL;
      g_autoptr (GBytes) sent = NULL;

      run_until ((sent = fake_link_take_sent ()) != NULL);
      frame = floo_frame_decode (sent, FLOO_FROM_CLIENT, &error);
      g_assert_no_error (error);
      if (frame->command == FLOO__FRAME__COMMAND__SYNC)
        return g_steal_pointer (&frame);
    }
}

/* Asserts that the next message sent is @text; returns its client_mid. */
static gint64
expect_message (const char *text)
{
  g_autoptr (FlooFrame) frame = next_sync ();
  const Floo__Meta *meta = frame->sync_ul->meta;
  Floo__MessageBody *body;

  g_assert_nonnull (meta);
  body = floo__message_body__unpack (NULL, meta->payload.len, meta->payload.data);
  g_assert_nonnull (body);
  g_assert_cmpmem (body->content.data, body->content.len, text, strlen (text));
  floo__message_body__free_unpacked (body, NULL);
  return (gint64) meta->id;
}

/* Asserts that the next SYNC requests the history of @conversation. */
static void
expect_history (gint64 conversation)
{
  g_autoptr (FlooFrame) frame = next_sync ();

  g_assert_null (frame->sync_ul->meta);
  g_assert_true (frame->sync_ul->is_full_sync);
  g_assert_cmpint ((gint64) frame->sync_ul->xid->uid, ==, conversation);
}

/* ---- the sender ---- */

/* The reply comes after the commit, the frame after the reply. */
static void
test_online (Scene *s, gconstpointer data)
{
  go_online (s);
  send_text (s, "roster", 7, "hello");
  g_assert_cmpstr (s->log->str, ==, "");
  WAIT_LOG (s, "reply ");
  g_assert_cmpint (expect_message ("hello"), >, 0);
}

static void
test_offline (Scene *s, gconstpointer data)
{
  send_text (s, "roster", 7, "one");
  send_text (s, "roster", 7, "two");
  WAIT_LOG (s, "reply reply ");
  g_assert_null (fake_link_take_sent ());
  go_online (s);
  g_assert_cmpint (expect_message ("one"), <, expect_message ("two"));
}

static gboolean
run_find_token (FlooDb *db, gpointer data, GError **error)
{
  return floo_tokens_find (db, "a token", "2b09ca27730291633f4b2e4e6831701fced4613e5ff1b10c80be944fe63f0350", data, error);
}

/* The digest that is kept for a token is the same on every machine: the store may have been copied. */
static void
test_token (Scene *s, gconstpointer data)
{
  const FlooSendRequest request = { .to_type = "roster", .to = 7, .type = "text", .content = "hello", .options = { .token = "a token" } };
  gint64 client_id;

  floo_sender_send (s->sender, &request, on_reply, s);
  WAIT_LOG (s, "reply ");
  fixture_read (&s->base.fixture, run_find_token, &client_id);
  g_assert_cmpint (client_id, ==, s->client_id);
}

/* A message without an answer is sent again with the same number on the next connection. */
static void
test_again (Scene *s, gconstpointer data)
{
  gint64 first;

  go_online (s);
  send_text (s, "roster", 7, "hello");
  first = expect_message ("hello");
  floo_sender_offline (s->sender);
  floo_sender_online (s->sender);
  g_assert_cmpint (expect_message ("hello"), ==, first);
}

static gint64 wall;

static gint64
fake_now (void)
{
  return __atomic_load_n (&wall, __ATOMIC_SEQ_CST);
}

/* A scheduled message does not block others, and is sent when it is due and there is a connection: after a suspend, for example. */
static void
test_later (Scene *s, gconstpointer data)
{
  const gint64 hour = 3600 * 1000;
  FlooSendRequest request = { .to_type = "roster", .to = 7, .type = "text", .content = "later" };
  gint64 client_id;

  wall = floo_now_ms ();
  request.options.not_before = wall + hour;
  floo_clock_set (fake_now);
  go_online (s);
  floo_sender_send (s->sender, &request, on_reply, s);
  WAIT_LOG (s, "reply ");
  client_id = s->client_id;
  send_text (s, "roster", 7, "now");
  expect_message ("now");
  floo_sender_offline (s->sender);
  __atomic_add_fetch (&wall, hour, __ATOMIC_SEQ_CST);
  send_text (s, "roster", 7, "after that");
  WAIT_LOG (s, "reply reply reply ");
  floo_sender_online (s->sender);
  expect_message ("later");
  g_assert_cmpint (expect_message ("now"), >, client_id);
  expect_message ("after that");
  floo_clock_set (NULL);
}

/* The schedule follows the service's clock, where it is known: the machine's may be forty days ahead. */
static void
test_wrong_clock (Scene *s, gconstpointer data)
{
  const gint64 hour = 3600 * 1000, said = floo_now_ms ();
  FlooSendRequest request = { .to_type = "roster", .to = 7, .type = "text", .content = "later", .options = { .not_before = said + hour } };
  FlooRest *rest = floo_rest_new (NULL, "app");

  floo_account_set_service (s->base.account, NULL, rest, floo_link_new (no_url, NULL));
  wall = said;
  floo_clock_set (fake_now);
  g_signal_emit_by_name (rest, "date", said);
  floo_sender_send (s->sender, &request, on_reply, s);
  WAIT_LOG (s, "reply ");
  __atomic_add_fetch (&wall, 40 * 24 * hour, __ATOMIC_SEQ_CST);
  go_online (s);
  send_text (s, "roster", 8, "now");
  expect_message ("now");
  g_signal_emit_by_name (rest, "date", said + hour);
  floo_sender_look_at_schedule (s->sender);
  expect_message ("later");
  floo_clock_set (NULL);
}

static void
test_cancel (Scene *s, gconstpointer data)
{
  send_text (s, "roster", 7, "hello");
  WAIT_LOG (s, "reply ");
  g_string_truncate (s->log, 0);
  floo_sender_cancel_send (s->sender, s->client_id, on_reply, s);
  WAIT_LOG (s, "reply");
  g_assert_cmpstr (s->log->str, ==, "cancelled reply(true,) ");
  go_online (s);
  send_text (s, "roster", 7, "next");
  expect_message ("next");
}

/* The messages of a group wait until it is known who acknowledges reading there; others do not wait. */
static void
test_group (Scene *s, gconstpointer data)
{
  go_online (s);
  send_text (s, "group", 50, "to all");
  WAIT_LOG (s, "needs 50");
  send_text (s, "roster", 7, "hello");
  expect_message ("hello");
  floo_sender_release (s->sender, 50, FALSE);
  expect_message ("to all");
}

static void
test_refused_calls (Scene *s, gconstpointer data)
{
  send_text (s, "roster", 7, "");
  send_text (s, "roster", 0, "hello");
  send_text (s, "nobody", 7, "hello");
  g_assert_cmpstr (s->log->str, ==,
                   "reply" FLOO_ERROR_PREFIX "InvalidArguments reply" FLOO_ERROR_PREFIX "InvalidArguments reply" FLOO_ERROR_PREFIX "InvalidArguments ");
  floo_sender_set_typing (s->sender, 7, TRUE, on_reply, s);
  WAIT_LOG (s, "Offline");
}

/* ---- the settler ---- */

static gboolean
run_add_uncertain (FlooDb *db, gpointer data, GError **error)
{
  FlooOutboxRow row = { .client_id = 90, .conversation = 7, .to = 7, .content = "maybe", .timestamp = floo_now_ms (), .state = FLOO_SEND_SENDING };

  return floo_outbox_insert (db, &row, error)
         && floo_outbox_set_state (db, row.client_id, FLOO_SEND_SENDING, TRUE, 0, DEVICE - 1, NULL, error)
         && floo_outbox_set_uncertain (db, row.client_id, FLOO_DOUBT_DEVICE, 0, NULL, error);
}

static void
answer_history (Scene *s, int code)
{
  SYNC_PAGE (s->sync, .conversation = 7, .is_history = TRUE, .code = code);
}

/* The message is not in the complete history: the service did not accept it, and it is sent again. */
static void
test_not_in_history (Scene *s, gconstpointer data)
{
  fixture_write (&s->base.fixture, run_add_uncertain, NULL);
  go_online (s);
  expect_history (7);
  answer_history (s, FLOO__STATUS__ERROR_CODE__OK);
  expect_message ("maybe");
}

/* The service refuses its history: the outcome stays unknown, and the message is not sent again without that. */
static void
test_history_refused (Scene *s, gconstpointer data)
{
  fixture_write (&s->base.fixture, run_add_uncertain, NULL);
  go_online (s);
  expect_history (7);
  answer_history (s, FLOO__STATUS__ERROR_CODE__INVALID_PARAMETER);
  run_until (floo_account_get_counts (s->base.account)->failed == 1);
  send_text (s, "roster", 7, "next");
  expect_message ("next");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/outbox/" name, Scene, NULL, set_up, func, tear_down)
  ADD ("sender/online", test_online);
  ADD ("sender/offline", test_offline);
  ADD ("sender/again", test_again);
  ADD ("sender/token", test_token);
  ADD ("sender/later", test_later);
  ADD ("sender/wrong-clock", test_wrong_clock);
  ADD ("sender/cancel", test_cancel);
  ADD ("sender/group", test_group);
  ADD ("sender/refused-calls", test_refused_calls);
  ADD ("settler/not-in-history", test_not_in_history);
  ADD ("settler/history-refused", test_history_refused);
  return g_test_run ();
}
