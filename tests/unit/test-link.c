/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link over a channel in memory: what it sends and receives, and how it reconnects after each kind of loss. */
#include "net/socket/link.h"

#include "base/backoff.h"
#include "base/error.h"
#include "net-support.h"
#include "wire/socketio.h"

#define LOCAL "ws://127.0.0.1:1/socket.io/?EIO=3&transport=websocket"
#define REMOTE "wss://im.example.org/socket.io/?EIO=3&transport=websocket"

/* -- a channel whose other end is the test -- */

#define TEST_TYPE_CHANNEL (test_channel_get_type ())
G_DECLARE_FINAL_TYPE (TestChannel, test_channel, TEST, CHANNEL, FlooChannel)

struct _TestChannel {
  FlooChannel parent_instance;
  GString *sent; /* a line per message; binary ones as "b:" and their bytes after the 0x04 */
  gboolean closed;
};

G_DEFINE_FINAL_TYPE (TestChannel, test_channel, FLOO_TYPE_CHANNEL)

static void
test_channel_send_text (FlooChannel *channel, const char *text)
{
  g_string_append_printf (TEST_CHANNEL (channel)->sent, "%s\n", text);
}

static void
test_channel_send_binary (FlooChannel *channel, GBytes *message)
{
  gsize len;
  const char *data = g_bytes_get_data (message, &len);

  g_assert_cmpuint (data[0], ==, 4);
  g_string_append_printf (TEST_CHANNEL (channel)->sent, "b:%.*s\n", (int) len - 1, data + 1);
}

static void
test_channel_close (FlooChannel *channel)
{
  TEST_CHANNEL (channel)->closed = TRUE;
  floo_channel_emit_closed (channel, NULL);
}

static void
test_channel_finalize (GObject *object)
{
  g_string_free (TEST_CHANNEL (object)->sent, TRUE);
  G_OBJECT_CLASS (test_channel_parent_class)->finalize (object);
}

static void
test_channel_class_init (TestChannelClass *class)
{
  FLOO_CHANNEL_CLASS (class)->send_text = test_channel_send_text;
  FLOO_CHANNEL_CLASS (class)->send_binary = test_channel_send_binary;
  FLOO_CHANNEL_CLASS (class)->close = test_channel_close;
  G_OBJECT_CLASS (class)->finalize = test_channel_finalize;
}

static void
test_channel_init (TestChannel *self)
{
  self->sent = g_string_new (NULL);
}

/* -- the fixture -- */

typedef struct {
  FlooLink *link;
  FlooNetwatch *watch;
  const char *url; /* NULL: the owner is still looking for the address */
  guint n_asked;
  guint asked_attempts;
  guint n_opened;
  guint timeout_ms; /* of the latest open */
  GTask *opening;
  TestChannel *channel; /* the latest */
  guint n_frames;
  GBytes *frame;
  guint n_heard;
  GString *states; /* a letter each: D W C U */
  gboolean stop_on_frame;
} Fixture;

static Fixture *present; /* of the opener, which has no user data */

static char *
give_url (FlooLink *link, guint attempts, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->n_asked++;
  fixture->asked_attempts = attempts;
  return g_strdup (fixture->url);
}

static void
open_async (const char *url, guint timeout_ms, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);

  g_assert_cmpstr (url, ==, present->url);
  g_clear_object (&present->opening);
  present->opening = task;
  present->n_opened++;
  present->timeout_ms = timeout_ms;
}

static FlooChannel *
open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_state_changed (FlooLink *link, Fixture *fixture)
{
  g_string_append_c (fixture->states, "DWCU"[floo_link_get_state (link)]);
}

static void
on_frame (FlooLink *link, GBytes *frame, Fixture *fixture)
{
  fixture->n_frames++;
  g_clear_pointer (&fixture->frame, g_bytes_unref);
  fixture->frame = g_bytes_ref (frame);
  if (fixture->stop_on_frame)
    floo_link_stop (link);
}

static void
on_heard (FlooLink *link, Fixture *fixture)
{
  fixture->n_heard++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  present = fixture;
  fixture->url = data != NULL ? data : LOCAL;
  fixture->states = g_string_new (NULL);
  fixture->watch = floo_netwatch_new_idle ();
  fixture->link = floo_link_new (give_url, fixture);
  floo_link_set_opener (fixture->link, open_async, open_finish);
  floo_link_set_delays (fixture->link, 0, 1);
  floo_link_set_netwatch (fixture->link, fixture->watch);
  g_signal_connect (fixture->link, "state-changed", G_CALLBACK (on_state_changed), fixture);
  g_signal_connect (fixture->link, "frame", G_CALLBACK (on_frame), fixture);
  g_signal_connect (fixture->link, "heard", G_CALLBACK (on_heard), fixture);
}

/* The opener under way ends without a channel. */
static void
give_up_opening (Fixture *fixture)
{
  if (fixture->opening != NULL)
    g_task_return_new_error (fixture->opening, FLOO_ERROR, FLOO_ERROR_CANCELLED, "given up");
  g_clear_object (&fixture->opening);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  floo_link_stop (fixture->link);
  give_up_opening (fixture);
  drop_last (fixture->link);
  g_clear_object (&fixture->channel);
  drop_last (fixture->watch);
  g_clear_pointer (&fixture->frame, g_bytes_unref);
  g_string_free (fixture->states, TRUE);
}

/* The opener succeeds: the link has a channel, but nothing has arrived over it yet. */
static void
open_channel (Fixture *fixture)
{
  run_until (fixture->opening != NULL);
  g_set_object (&fixture->channel, g_object_new (TEST_TYPE_CHANNEL, NULL));
  g_task_return_pointer (fixture->opening, fixture->channel, g_object_unref);
  g_clear_object (&fixture->opening);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
say (Fixture *fixture, const char *text)
{
  floo_channel_emit_text (FLOO_CHANNEL (fixture->channel), text, strlen (text));
}

/* pingTimeout and pingInterval are at least 1 s. */
static void
say_open (Fixture *fixture)
{
  g_autofree char *open = floo_sio_encode_open ("sid", 1000, 1000);

  say (fixture, open);
}

static void
bring_up (Fixture *fixture)
{
  floo_link_start (fixture->link);
  open_channel (fixture);
  say_open (fixture);
  say (fixture, FLOO_SIO_TEXT_CONNECT);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_UP);
}

static void
say_frame (Fixture *fixture, const char *bytes)
{
  g_autoptr (GBytes) frame = g_bytes_new_static (bytes, strlen (bytes));
  g_autoptr (GBytes) message = floo_sio_encode_binary (frame);

  say (fixture, FLOO_SIO_TEXT_FRAME);
  floo_channel_emit_binary (FLOO_CHANNEL (fixture->channel), message);
}

/* -- the tests -- */

static void
test_up_and_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) frame = g_bytes_new_static ("out", 3);

  floo_link_send (fixture->link, frame); /* too early: dropped */
  bring_up (fixture);
  g_assert_cmpstr (fixture->states->str, ==, "CU");
  g_assert_cmpstr (fixture->channel->sent->str, ==, "");

  say_frame (fixture, "in");
  g_assert_cmpuint (fixture->n_frames, ==, 1);
  g_assert_cmpmem (g_bytes_get_data (fixture->frame, NULL), g_bytes_get_size (fixture->frame), "in", 2);
  floo_link_send (fixture->link, frame);
  g_assert_cmpstr (fixture->channel->sent->str, ==, FLOO_SIO_TEXT_FRAME "\nb:out\n");
  g_assert_cmpuint (fixture->n_heard, ==, 4);

  floo_link_stop (fixture->link);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_DOWN);
  g_assert_true (g_str_has_suffix (fixture->channel->sent->str, "\n41\n"));
  g_assert_true (fixture->channel->closed);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 0);
  g_assert_cmpstr (fixture->states->str, ==, "CUD");
}

/* The client pings at each interval, the service answers. */
static void
test_heart (Fixture *fixture, gconstpointer data)
{
  bring_up (fixture);
  run_until (g_str_equal (fixture->channel->sent->str, "2\n"));
  say (fixture, "3");
  run_until (g_str_equal (fixture->channel->sent->str, "2\n2\n"));
  say (fixture, "3");
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_UP);
}

static void
test_missing_pong (Fixture *fixture, gconstpointer data)
{
  bring_up (fixture);
  run_until (floo_link_get_state (fixture->link) != FLOO_LINK_UP);
  g_assert_cmpstr (fixture->channel->sent->str, ==, "2\n");
  g_assert_true (fixture->channel->closed);
  g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  run_until (fixture->n_opened == 2);
}

/* A service that sends but never answers a ping is taken for dead in the end. */
static gboolean
chatter (gpointer user_data)
{
  Fixture *fixture = user_data;

  if (floo_link_get_state (fixture->link) != FLOO_LINK_UP)
    return G_SOURCE_REMOVE;
  say (fixture, "6");
  return G_SOURCE_CONTINUE;
}

static void
test_chatter_without_pong (Fixture *fixture, gconstpointer data)
{
  bring_up (fixture);
  g_timeout_add (100, chatter, fixture);
  run_until (floo_link_get_state (fixture->link) != FLOO_LINK_UP);
  g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  g_assert_cmpuint (fixture->n_heard, >, 10);
  run_until (g_main_context_find_source_by_user_data (NULL, fixture) == NULL);
}

static void
test_server_ping (Fixture *fixture, gconstpointer data)
{
  bring_up (fixture);
  say (fixture, "2");
  say (fixture, "2probe");
  say (fixture, "3"); /* an unsolicited pong */
  g_assert_cmpstr (fixture->channel->sent->str, ==, "3\n3probe\n");
}

/* Everything that ends a connection, a row each: does the link wait, with the right error, and does it reconnect? */
static void
test_losses (Fixture *fixture, gconstpointer data)
{
  static const struct {
    const char *text; /* NULL: the channel closes */
    FlooError code;
  } cases[] = {
    { NULL, FLOO_ERROR_OFFLINE },
    { "1", FLOO_ERROR_OFFLINE },
    { "41", FLOO_ERROR_OFFLINE },
    { "44\"no\"", FLOO_ERROR_PROTOCOL },
    { "0{\"sid\":\"again\",\"pingInterval\":1000,\"pingTimeout\":1000}", FLOO_ERROR_PROTOCOL },
    { "9", FLOO_ERROR_PROTOCOL },
    { "451-[\"frame\",", FLOO_ERROR_PROTOCOL },
    { "b4!!!", FLOO_ERROR_PROTOCOL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_string_truncate (fixture->states, 0);
      bring_up (fixture);
      if (cases[i].text != NULL)
        say (fixture, cases[i].text);
      else
        floo_channel_emit_closed (FLOO_CHANNEL (fixture->channel), NULL);
      g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_WAITING);
      g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, (int) cases[i].code);
      g_assert_cmpint (floo_link_get_next_retry (fixture->link), >, 0);
      g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 1);
      run_until (fixture->opening != NULL);
      g_assert_cmpstr (fixture->states->str, ==, "CUWC");
      g_assert_cmpint (floo_link_get_next_retry (fixture->link), ==, 0);
      floo_link_stop (fixture->link);
      floo_link_reset_attempts (fixture->link);
      give_up_opening (fixture);
    }
}

static void
test_closed_before_connect (Fixture *fixture, gconstpointer data)
{
  GError *error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "cut");

  floo_link_start (fixture->link);
  open_channel (fixture);
  say_open (fixture);
  floo_channel_emit_closed (FLOO_CHANNEL (fixture->channel), error);
  g_clear_error (&error);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_WAITING);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 1);

  /* "40" before "0", a frame before "40". */
  open_channel (fixture);
  say (fixture, FLOO_SIO_TEXT_CONNECT);
  g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  open_channel (fixture);
  say_open (fixture);
  say_frame (fixture, "early");
  g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_cmpuint (fixture->n_frames, ==, 0);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 3);
  run_until (fixture->n_asked == 4);
  g_assert_cmpuint (fixture->asked_attempts, ==, 3);
}

/* The time limit covers everything up to "40", and grows with each failed try, by at most five steps. */
static void
test_time_limit (Fixture *fixture, gconstpointer data)
{
  floo_link_set_connect_timeout (fixture->link, 20, 10);
  floo_link_start (fixture->link);
  for (guint i = 0; i < 8; i++)
    {
      guint n;

      run_until (fixture->opening != NULL);
      n = fixture->n_opened;
      g_assert_cmpuint (fixture->timeout_ms, >=, 20 + 10 * MIN (fixture->asked_attempts, 5));
      open_channel (fixture);
      if (!fixture->channel->closed)
        say_open (fixture);
      run_until (fixture->n_opened > n);
      g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_TIMEOUT);
    }
  g_assert_cmpuint (fixture->asked_attempts, >=, 8);
}

static void
test_open_fails (Fixture *fixture, gconstpointer data)
{
  floo_link_start (fixture->link);
  for (guint i = 1; i <= 3; i++)
    {
      run_until (fixture->opening != NULL);
      g_task_return_new_error (fixture->opening, FLOO_ERROR, FLOO_ERROR_OFFLINE, "refused");
      g_clear_object (&fixture->opening);
      run_until (floo_link_get_attempts (fixture->link) == i);
      g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_OFFLINE);
    }
}

/* A session that was accepted and is lost later is no failed try. */
static void
test_accepted (Fixture *fixture, gconstpointer data)
{
  GError *error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the owner's reason");

  bring_up (fixture);
  floo_link_drop (fixture->link, error);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 1);
  g_assert_error (floo_link_get_error (fixture->link), FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  floo_link_drop (fixture->link, error); /* nothing to drop */
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 1);
  g_clear_error (&error);

  bring_up (fixture);
  floo_link_reset_attempts (fixture->link);
  floo_channel_emit_closed (FLOO_CHANNEL (fixture->channel), NULL);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 0);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_WAITING);
}

static void
test_stop_during_connect (Fixture *fixture, gconstpointer data)
{
  GTask *late;

  floo_link_start (fixture->link);
  late = g_object_ref (fixture->opening);
  g_clear_object (&fixture->opening);
  floo_link_stop (fixture->link);
  g_assert_true (g_cancellable_is_cancelled (g_task_get_cancellable (late)));
  g_assert_cmpstr (fixture->states->str, ==, "CD");

  /* Started again; the channel of the old try still arrives: it is closed, not used. */
  floo_link_start (fixture->link);
  g_task_set_check_cancellable (late, FALSE);
  fixture->channel = g_object_new (TEST_TYPE_CHANNEL, NULL);
  g_task_return_pointer (late, g_object_ref (fixture->channel), g_object_unref);
  g_object_unref (late);
  run_until (fixture->channel->closed);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_CONNECTING);

  /* Between the upgrade and "40": the channel is closed without "41". */
  open_channel (fixture);
  say_open (fixture);
  floo_link_stop (fixture->link);
  g_assert_true (fixture->channel->closed);
  g_assert_cmpstr (fixture->channel->sent->str, ==, "");
}

static void
test_stop_within_frame (Fixture *fixture, gconstpointer data)
{
  fixture->stop_on_frame = TRUE;
  bring_up (fixture);
  say_frame (fixture, "one");
  say_frame (fixture, "two");
  g_assert_cmpuint (fixture->n_frames, ==, 1);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_DOWN);
}

/* An owner that does not know the address yet stops the link and starts it again later. */
static void
test_owner_finds_out (Fixture *fixture, gconstpointer data)
{
  fixture->url = NULL;
  floo_link_start (fixture->link);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_WAITING);
  g_assert_cmpint (floo_link_get_next_retry (fixture->link), ==, 0);
  fixture->url = LOCAL;
  bring_up (fixture);
}

/* start() cuts the wait short. */
static void
test_start_cuts_wait (Fixture *fixture, gconstpointer data)
{
  gint64 before = floo_now_ms ();
  gint64 retry;

  floo_link_set_delays (fixture->link, 3600000, 3600000);
  bring_up (fixture);
  floo_channel_emit_closed (FLOO_CHANNEL (fixture->channel), NULL);
  retry = floo_link_get_next_retry (fixture->link);
  g_assert_cmpint (retry, >=, before + 3600000);
  floo_link_start (fixture->link);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_CONNECTING);
  floo_link_start (fixture->link); /* no wait to cut short */
  g_assert_cmpuint (fixture->n_opened, ==, 2);
}

static void
test_network (Fixture *fixture, gconstpointer data)
{
  floo_link_set_delays (fixture->link, 3600000, 3600000);
  bring_up (fixture);

  /* Another network: is the service still there? */
  floo_netwatch_saw_network (fixture->watch, TRUE);
  g_assert_cmpstr (fixture->channel->sent->str, ==, "2\n");
  floo_netwatch_saw_network (fixture->watch, TRUE);
  g_assert_cmpstr (fixture->channel->sent->str, ==, "2\n");
  say (fixture, "3");

  /* No network: after a loss the link waits for one without a timer, and tries at once when it comes. */
  floo_netwatch_saw_network (fixture->watch, FALSE);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_UP);
  floo_channel_emit_closed (FLOO_CHANNEL (fixture->channel), NULL);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_WAITING);
  g_assert_cmpint (floo_link_get_next_retry (fixture->link), ==, 0);
  floo_netwatch_saw_network (fixture->watch, TRUE);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_CONNECTING);
  floo_netwatch_saw_network (fixture->watch, FALSE);

  /* start() tries without one, too. */
  floo_link_stop (fixture->link);
  give_up_opening (fixture);
  bring_up (fixture);

  /* A link that was stopped stays down. */
  floo_link_stop (fixture->link);
  floo_netwatch_saw_network (fixture->watch, TRUE);
  floo_netwatch_saw_sleep (fixture->watch, FALSE);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_DOWN);
}

/* A try that began without a network is replaced when one comes, since it might hang until its time limit. */
static void
test_network_during_connect (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GTask) late = NULL;
  gboolean is_local = g_str_equal (fixture->url, LOCAL);

  floo_netwatch_saw_network (fixture->watch, FALSE);
  floo_link_start (fixture->link);
  late = g_steal_pointer (&fixture->opening);
  floo_netwatch_saw_network (fixture->watch, TRUE);
  g_assert_cmpuint (fixture->n_opened, ==, is_local ? 1 : 2);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_CONNECTING);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 0);
  g_assert_cmpint (g_cancellable_is_cancelled (g_task_get_cancellable (late)), ==, !is_local);
  g_task_return_new_error (late, FLOO_ERROR, FLOO_ERROR_CANCELLED, "given up");
  run_until (fixture->opening != NULL);
  bring_up (fixture);
}

/* For a service on this machine the network does not matter. */
static void
test_network_local (Fixture *fixture, gconstpointer data)
{
  floo_netwatch_saw_network (fixture->watch, FALSE);
  bring_up (fixture);
  floo_channel_emit_closed (FLOO_CHANNEL (fixture->channel), NULL);
  g_assert_cmpint (floo_link_get_next_retry (fixture->link), >, 0);
  run_until (fixture->n_opened == 2);
}

static void
test_sleep (Fixture *fixture, gconstpointer data)
{
  floo_link_set_delays (fixture->link, 3600000, 3600000);
  bring_up (fixture);
  floo_link_reset_attempts (fixture->link);
  floo_netwatch_saw_sleep (fixture->watch, TRUE);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_UP);
  floo_netwatch_saw_sleep (fixture->watch, FALSE);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_CONNECTING);
  g_assert_true (fixture->channel->closed);
  g_assert_cmpuint (floo_link_get_attempts (fixture->link), ==, 0);

  /* A suspend while connecting: a new try. */
  give_up_opening (fixture);
  floo_netwatch_saw_sleep (fixture->watch, FALSE);
  g_assert_cmpuint (fixture->n_opened, ==, 3);
  g_assert_cmpint (floo_link_get_state (fixture->link), ==, FLOO_LINK_CONNECTING);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    const char *url;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/link/up-and-down", NULL, test_up_and_down },
    { "/link/heart", NULL, test_heart },
    { "/link/missing-pong", NULL, test_missing_pong },
    { "/link/chatter-without-pong", NULL, test_chatter_without_pong },
    { "/link/server-ping", NULL, test_server_ping },
    { "/link/losses", NULL, test_losses },
    { "/link/closed-before-connect", NULL, test_closed_before_connect },
    { "/link/time-limit", NULL, test_time_limit },
    { "/link/open-fails", NULL, test_open_fails },
    { "/link/accepted", NULL, test_accepted },
    { "/link/stop-during-connect", NULL, test_stop_during_connect },
    { "/link/stop-within-frame", NULL, test_stop_within_frame },
    { "/link/owner-finds-out", NULL, test_owner_finds_out },
    { "/link/start-cuts-wait", NULL, test_start_cuts_wait },
    { "/link/network", REMOTE, test_network },
    { "/link/network-during-connect", REMOTE, test_network_during_connect },
    { "/link/network-during-connect-local", LOCAL, test_network_during_connect },
    { "/link/network-local", LOCAL, test_network_local },
    { "/link/sleep", REMOTE, test_sleep },
  };

  support_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, tests[i].url, set_up, tests[i].test, tear_down);
  return g_test_run ();
}
