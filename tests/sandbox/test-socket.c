/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The socket of the sandbox: login, fetching, sending, operations, and misbehaviour. */
#include "test-client.h"

#include <string.h>

#include "trace.h"

#define OP(name) FLOO__MESSAGE_OPERATION__OP_TYPE__##name
#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

static void
start_alice (Fixture *f)
{
  client_start (f->alice, "alice", "alice-secret", "1001_a");
}

static void
start_bob (Fixture *f)
{
  client_start (f->bob, "bob", "bob-secret", "1002_b");
}

/* ---- login ---- */

static void
test_login (Fixture *f, gconstpointer data)
{
  guint32 sn;

  client_login (f->alice, "alice", "alice-secret");
  client_connect (f->alice);
  client_send_frame (f->alice, FLOO__FRAME__COMMAND__UNREAD, NULL);
  {
    g_autoptr (FlooFrame) frame = client_next (f->alice, FLOO__FRAME__COMMAND__UNREAD);
    g_autofree char *reason = client_text (&frame->unread_dl->status->reason);

    g_assert_cmpint (frame->unread_dl->status->code, ==, CODE (UNAUTHORIZED));
    g_assert_cmpstr (reason, ==, "you must login first");
  }
  g_assert_cmpint (client_provision (f->alice, "1001_a"), ==, CODE (OK));
  sn = f->alice->sn;
  /* The same guid is the same device, another one is not. */
  client_connect (f->alice);
  g_assert_cmpint (client_provision (f->alice, "1001_a"), ==, CODE (OK));
  g_assert_cmpuint (f->alice->sn, ==, sn);
  client_connect (f->alice);
  g_assert_cmpint (client_provision (f->alice, "1001_other"), ==, CODE (OK));
  g_assert_cmpuint (f->alice->sn, !=, sn);
  /* A void token. */
  client_order (f->alice, "user", "{\"user\":1001,\"void_tokens\":true}");
  client_connect (f->alice);
  g_assert_cmpint (client_provision (f->alice, "1001_a"), ==, CODE (INVALID_TOKEN));
  json_object_unref (client_expect (f->alice, 402, "GET", "/user/profile", NULL));
}

static void
test_ordered_status (Fixture *f, gconstpointer data)
{
  client_login (f->alice, "alice", "alice-secret");
  client_order (f->alice, "provision", "{\"status\":\"LICENSE_LIMIT\",\"reason\":\"full\"}");
  client_connect (f->alice);
  g_assert_cmpint (client_provision (f->alice, "1001_a"), ==, CODE (LICENSE_LIMIT));
  g_assert_cmpint (client_provision (f->alice, "1001_a"), ==, CODE (OK));
}

/* ---- fetching ---- */

static void
test_unread (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);

  start_alice (f);
  g_assert_cmpint (client_unread (f->alice, BOB), ==, 2);
  g_assert_cmpint (client_unread (f->alice, CAROL), ==, 0);
  g_assert_cmpint (client_unread (f->alice, TEAM), ==, 1);
  g_assert_cmpuint (client_drain (f->alice, BOB, contents), ==, 2);
  g_assert_cmpstr (contents->pdata[0], ==, "Are you there?");
  g_assert_cmpstr (contents->pdata[1], ==, "Lunch at noon?");
  g_assert_cmpint (client_unread (f->alice, BOB), ==, 0);
  g_assert_cmpuint (client_drain (f->alice, BOB, NULL), ==, 0);
}

/* A page that is not acknowledged comes again. */
static void
test_pages (Fixture *f, gconstpointer data)
{
  gboolean zero = g_strcmp0 (data, "zero") == 0;
  gint64 key;

  start_alice (f);
  client_drain (f->alice, CAROL, NULL);
  client_order (f->alice, "settings", zero ? "{\"page_size\":3,\"last_page\":\"zero\"}" : "{\"page_size\":3}");
  client_order (f->alice, "burst", "{\"from\":\"carol\",\"to\":\"alice\",\"content\":\"n\",\"count\":6}");
  for (int again = 0; again < 2; again++)
    {
      g_autoptr (FlooFrame) frame = NULL;

      client_fetch (f->alice, CAROL, 0);
      frame = client_next_page (f->alice);
      g_assert_cmpuint (frame->sync_dl->n_metas, ==, 3);
      key = (gint64) frame->sync_dl->next_key;
      g_assert_cmpint (key, ==, (gint64) frame->sync_dl->metas[2]->id);
    }
  client_fetch (f->alice, CAROL, key);
  {
    g_autoptr (FlooFrame) frame = client_next_page (f->alice);

    g_assert_cmpuint (frame->sync_dl->n_metas, ==, 3);
    g_assert_cmpint (frame->sync_dl->next_key != 0, ==, !zero);
    g_assert_cmpint (client_unread (f->alice, CAROL), ==, zero ? 0 : 3);
    client_fetch (f->alice, CAROL, (gint64) frame->sync_dl->next_key);
  }
  {
    g_autoptr (FlooFrame) frame = client_next_page (f->alice);

    g_assert_cmpuint (frame->sync_dl->n_metas, ==, 0);
    g_assert_cmpint ((gint64) frame->sync_dl->next_key, ==, 0);
  }
  g_assert_cmpint (client_unread (f->alice, CAROL), ==, 0);
}

static void
test_history (Fixture *f, gconstpointer data)
{
  gint64 key = 0, last = G_MAXINT64;
  guint n = 0;

  start_alice (f);
  do
    {
      g_autoptr (FlooFrame) frame = client_history (f->alice, BOB, key, 3);

      g_assert_true (frame->sync_dl->is_full_sync);
      for (gsize i = 0; i < frame->sync_dl->n_metas; i++, n++)
        {
          g_assert_cmpint ((gint64) frame->sync_dl->metas[i]->id, <, last);
          last = (gint64) frame->sync_dl->metas[i]->id;
        }
      key = (gint64) frame->sync_dl->next_key;
    }
  while (key != 0);
  g_assert_cmpuint (n, ==, 7);
}

/* ---- sending ---- */

static void
test_send (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (FlooFrame) notice = NULL;
  g_autoptr (Client) other = client_new (f->sandbox);

  start_alice (f);
  start_bob (f);
  client_start (other, "alice", "alice-secret", "1001_other");
  client_send_text (f->alice, BOB, FALSE, "你好 Bob");
  notice = client_next (f->bob, FLOO__FRAME__COMMAND__NOTICE);
  g_assert_cmpint (notice->notice_uid, ==, ALICE);
  g_assert_cmpuint (client_drain (f->bob, ALICE, contents), ==, 1);
  g_assert_cmpstr (contents->pdata[0], ==, "你好 Bob");
  /* The sender's other device gets it, the device that sent it does not. */
  client_drain (other, BOB, contents);
  g_assert_cmpstr (contents->pdata[contents->len - 1], ==, "你好 Bob");
  g_assert_cmpuint (client_drain (f->alice, BOB, NULL), ==, 2);
}

static void
test_duplicates (Fixture *f, gconstpointer data)
{
  Outgoing out = { .to = BOB, .content = "once", .client_mid = 4711 };
  gint64 first, second;
  g_autoptr (JsonObject) accepted = NULL;
  JsonObject *message;

  start_alice (f);
  start_bob (f);
  g_assert_cmpint (client_submit (f->alice, &out, &first), ==, CODE (OK));
  /* Also on a new connection of the device. */
  client_connect (f->alice);
  g_assert_cmpint (client_provision (f->alice, "1001_a"), ==, CODE (OK));
  g_assert_cmpint (client_submit (f->alice, &out, &second), ==, CODE (OK));
  g_assert_cmpint (first, ==, second);
  client_order (f->alice, "settings", "{\"duplicate_form\":\"bare\"}");
  g_assert_cmpint (client_submit (f->alice, &out, &second), ==, CODE (OK));
  g_assert_cmpint (second, ==, 0);
  g_assert_cmpuint (client_drain (f->bob, ALICE, NULL), ==, 1);
  accepted = client_control (f->alice, "accepted", "{\"user\":\"alice\"}");
  g_assert_cmpint (json_object_get_int_member (accepted, "count"), ==, 1);
  message = json_array_get_object_element (json_object_get_array_member (accepted, "messages"), 0);
  g_assert_cmpint (json_object_get_int_member (message, "client_mid"), ==, 4711);
  g_assert_cmpint (json_object_get_int_member (message, "server_mid"), ==, first);
  g_assert_cmpint (json_object_get_int_member (message, "duplicates"), ==, 2);
}

static void
expect_refusal (Client *client, gint64 to, gboolean group, const char *content, Floo__Status__ErrorCode code, const char *reason)
{
  Outgoing out = { .to = to, .group = group, .content = content };
  g_autoptr (FlooFrame) frame = NULL;
  g_autofree char *text = NULL;

  client_send (client, &out);
  frame = client_next_ack (client);
  text = client_text (&frame->sync_dl->status->reason);
  g_assert_cmpint (frame->sync_dl->status->code, ==, code);
  if (reason != NULL)
    g_assert_cmpstr (text, ==, reason);
}

static void
test_refusals (Fixture *f, gconstpointer data)
{
  start_alice (f);
  client_login (f->bob, "bob", "bob-secret");
  expect_refusal (f->alice, DAVE, FALSE, "hi", CODE (FAIL), "your relation with target does not allow chat");
  expect_refusal (f->alice, BOB, FALSE, "a forbidden-word here", CODE (WORD_CENSORED), "antispam");
  expect_refusal (f->alice, 2003, TRUE, "hi", CODE (FAIL), NULL);
  expect_refusal (f->alice, 4242, FALSE, "hi", CODE (INVALID_PARAMETER), NULL);
  expect_refusal (f->alice, TEAM, FALSE, "hi", CODE (INVALID_PARAMETER), NULL);
  json_object_unref (client_expect (f->bob, 200, "POST", "/roster/block?user_id=1001", "{}"));
  expect_refusal (f->alice, BOB, FALSE, "hi", CODE (FAIL), "you have been blocked by the recipient");
  json_object_unref (client_expect (f->bob, 200, "POST", "/roster/unblock?user_id=1001", "{}"));
  client_send_text (f->alice, BOB, FALSE, "hi");
  client_order (f->alice, "user", "{\"user\":\"alice\",\"banned\":true}");
  expect_refusal (f->alice, BOB, FALSE, "hi", CODE (USER_BANNED), NULL);
}

/* What no correct client sends is a violation. */
static void
test_violations (Fixture *f, gconstpointer data)
{
  static const guint8 no_zeros[] = { 0x18, 0x00 };
  g_autoptr (GBytes) unread = g_bytes_new_static (no_zeros, sizeof no_zeros);
  Outgoing timestamped = { .to = BOB, .op = OP (RECALL), .mid = 1, .conversation = 0 };

  start_alice (f);
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 0);
  client_send_raw (f->alice, unread);
  client_wait (sb_trace_n_violations (f->sandbox) == 1);
  client_send (f->alice, &timestamped);
  client_wait (sb_trace_n_violations (f->sandbox) == 2);
  json_object_unref (client_expect (f->alice, 400, "POST", "/roster/block?user_id=x", "{}"));
  json_object_unref (client_expect (f->alice, 400, "POST", "/roster/block", "{\"user_id\":1002}"));
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 4);
}

/* ---- operations ---- */

static const Floo__MessageBody *
next_operation (Client *client, gint64 conversation, FlooFrame **frame)
{
  client_fetch (client, conversation, 0);
  *frame = client_next_page (client);
  g_assert_cmpuint ((*frame)->sync_dl->n_metas, >, 0);
  return client_body (*frame, (*frame)->sync_dl->metas[(*frame)->sync_dl->n_metas - 1]);
}

static void
test_read (Fixture *f, gconstpointer data)
{
  gint64 mid;
  g_autoptr (FlooFrame) frame = NULL;
  g_autoptr (FlooFrame) history = NULL;
  const Floo__MessageBody *body;

  start_alice (f);
  start_bob (f);
  client_drain (f->alice, BOB, NULL);
  mid = client_send_text (f->alice, BOB, FALSE, "read me");
  client_drain (f->bob, ALICE, NULL);
  g_assert_cmpint (client_submit (f->bob, &(Outgoing) { .to = ALICE, .op = OP (READ_ACK), .mid = mid }, NULL), ==, CODE (OK));
  g_assert_cmpint (client_submit (f->bob, &(Outgoing) { .to = BOB, .op = OP (READ_ALL), .mid = mid, .conversation = ALICE }, NULL),
                   ==, CODE (OK));
  body = next_operation (f->alice, BOB, &frame);
  g_assert_cmpint (body->operation->type, ==, OP (READ_ACK));
  g_assert_cmpint ((gint64) body->operation->mid, ==, mid);
  history = client_history (f->alice, BOB, 0, 1);
  g_assert_cmpint (client_body (history, history->sync_dl->metas[0])->status, ==, FLOO__MESSAGE_BODY__STATUS__READ);
}

static void
test_recall (Fixture *f, gconstpointer data)
{
  gint64 mid;
  g_autoptr (FlooFrame) frame = NULL;

  start_alice (f);
  start_bob (f);
  mid = client_send_text (f->alice, BOB, FALSE, "oops");
  client_drain (f->bob, ALICE, NULL);
  /* Not by another user, not too late; only once. */
  g_assert_cmpint (client_submit (f->bob, &(Outgoing) { .to = ALICE, .op = OP (RECALL), .mid = mid, .conversation = ALICE }, NULL), ==,
                   CODE (UNAUTHORIZED));
  client_order (f->alice, "settings", "{\"recall_window\":0}");
  client_wait (sb_now () > sb_state_message (f->sandbox->state, mid)->timestamp);
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = BOB, .op = OP (RECALL), .mid = mid, .conversation = BOB }, NULL), ==,
                   CODE (FAIL));
  client_order (f->alice, "settings", "{\"recall_window\":300000}");
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = BOB, .op = OP (RECALL), .mid = mid, .conversation = BOB }, NULL), ==,
                   CODE (OK));
  g_assert_cmpint (next_operation (f->bob, ALICE, &frame)->operation->type, ==, OP (RECALL));
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = BOB, .op = OP (RECALL), .mid = mid, .conversation = BOB }, NULL), ==,
                   CODE (INVALID_PARAMETER));
}

/* A device that is behind sees the message as it was sent, then the change; the history has the result. */
static void
test_append (Fixture *f, gconstpointer data)
{
  gint64 mid;
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (FlooFrame) history = NULL;
  g_autofree char *text = NULL;

  start_alice (f);
  start_bob (f);
  mid = client_send_text (f->alice, BOB, FALSE, "Hello");
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = BOB, .op = OP (APPEND), .mid = mid, .content = ", Bob" }, NULL), ==,
                   CODE (OK));
  g_assert_cmpint (client_submit (f->bob, &(Outgoing) { .to = ALICE, .op = OP (APPEND), .mid = mid, .content = "!" }, NULL), ==,
                   CODE (UNAUTHORIZED));
  g_assert_cmpuint (client_drain (f->bob, ALICE, contents), ==, 2);
  g_assert_cmpstr (contents->pdata[0], ==, "Hello");
  g_assert_cmpstr (contents->pdata[1], ==, ", Bob");
  history = client_history (f->bob, ALICE, 0, 1);
  text = client_text (&client_body (history, history->sync_dl->metas[0])->content);
  g_assert_cmpstr (text, ==, "Hello, Bob");
}

static void
test_delete (Fixture *f, gconstpointer data)
{
  gint64 mid;
  g_autoptr (FlooFrame) mine = NULL;
  g_autoptr (FlooFrame) theirs = NULL;

  start_alice (f);
  start_bob (f);
  mid = client_send_text (f->alice, BOB, FALSE, "delete me");
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = ALICE, .op = OP (DELETE), .mid = mid, .conversation = BOB }, NULL), ==,
                   CODE (OK));
  mine = client_history (f->alice, BOB, 0, 1);
  theirs = client_history (f->bob, ALICE, 0, 1);
  g_assert_cmpint ((gint64) mine->sync_dl->metas[0]->id, !=, mid);
  g_assert_cmpint ((gint64) theirs->sync_dl->metas[0]->id, ==, mid);
}

/* Only here: nobody gets a notice; everywhere: the user's other devices do. */
static void
test_delete_conversation (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) other = client_new (f->sandbox);
  g_autoptr (FlooFrame) frame = NULL;
  g_autoptr (FlooFrame) history = NULL;

  start_alice (f);
  client_start (other, "alice", "alice-secret", "1001_other");
  client_drain (other, CAROL, NULL);
  g_assert_cmpint (client_delete_conversation (f->alice, CAROL, FALSE), ==, CODE (OK));
  g_assert_cmpuint (client_drain (other, CAROL, NULL), ==, 0);
  g_assert_cmpint (client_delete_conversation (f->alice, CAROL, TRUE), ==, CODE (OK));
  client_fetch (other, CAROL, 0);
  frame = client_next_page (other);
  g_assert_cmpuint (frame->sync_dl->n_metas, ==, 1);
  g_assert_cmpint (frame->sync_dl->metas[0]->ns, ==, FLOO__META__NAME_SPACE__CONVERSATION);
  history = client_history (other, CAROL, 0, 10);
  g_assert_cmpuint (history->sync_dl->n_metas, ==, 0);
}

/* In a group the bot only answers messages that mention it. */
static void
test_mention (Fixture *f, gconstpointer data)
{
  static const char config[] = "{\"mentionAll\":false,\"mentionList\":[1099]}";
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);

  start_alice (f);
  client_send_text (f->alice, TEAM, TRUE, "not for you");
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = TEAM, .group = TRUE, .content = "@echo hi", .config = config }, NULL),
                   ==, CODE (OK));
  while (contents->len == 0 || strcmp (contents->pdata[contents->len - 1], "echo: @echo hi") != 0)
    client_drain (f->alice, TEAM, contents);
  for (guint i = 0; i < contents->len; i++)
    g_assert_cmpstr (contents->pdata[i], !=, "echo: not for you");
}

static void
test_typing (Fixture *f, gconstpointer data)
{
  g_autoptr (FlooFrame) frame = NULL;

  start_alice (f);
  start_bob (f);
  client_send (f->alice, &(Outgoing) { .to = BOB, .typing = TRUE, .ext = "{\"input_status\":\"typing\"}" });
  frame = client_next_page (f->bob);
  g_assert_cmpuint (frame->sync_dl->n_metas, ==, 1);
  g_assert_cmpint (client_body (frame, frame->sync_dl->metas[0])->qos, ==, FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE);
  g_assert_cmpint (client_unread (f->bob, ALICE), ==, 0);
}

/* The bot marks the message as read, types and answers. */
static void
test_bot (Fixture *f, gconstpointer data)
{
  gboolean read = FALSE, typed = FALSE, answered = FALSE;

  start_alice (f);
  client_send_text (f->alice, ECHO, FALSE, "hello");
  while (!answered)
    {
      g_autoptr (FlooFrame) frame = NULL;

      client_fetch (f->alice, ECHO, 0);
      do
        {
          g_clear_pointer (&frame, floo_frame_unref);
          frame = client_next_page (f->alice);
          for (gsize i = 0; i < frame->sync_dl->n_metas; i++)
            {
              const Floo__MessageBody *body = client_body (frame, frame->sync_dl->metas[i]);
              g_autofree char *text = client_text (&body->content);

              read |= body->operation->type == OP (READ_ACK);
              typed |= body->qos == FLOO__MESSAGE_BODY__QO_S__AT_MOST_ONCE;
              answered |= strcmp (text, "echo: hello") == 0;
            }
        }
      while (frame->sync_dl->next_key == 0 && frame->sync_dl->n_metas > 0);
    }
  g_assert_true (read && typed);
}

#define ADD(path, data, func) g_test_add ("/sandbox/socket/" path, Fixture, data, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  client_test_init (&argc, &argv);
  ADD ("login", NULL, test_login);
  ADD ("ordered-status", NULL, test_ordered_status);
  ADD ("unread", NULL, test_unread);
  ADD ("pages", NULL, test_pages);
  ADD ("pages-zero", "zero", test_pages);
  ADD ("history", NULL, test_history);
  ADD ("send", NULL, test_send);
  ADD ("duplicates", NULL, test_duplicates);
  ADD ("refusals", NULL, test_refusals);
  ADD ("violations", "expected", test_violations);
  ADD ("read", NULL, test_read);
  ADD ("recall", NULL, test_recall);
  ADD ("append", NULL, test_append);
  ADD ("delete", NULL, test_delete);
  ADD ("delete-conversation", NULL, test_delete_conversation);
  ADD ("mention", NULL, test_mention);
  ADD ("typing", NULL, test_typing);
  ADD ("bot", NULL, test_bot);
  return g_test_run ();
}
