/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sandbox with faults, under load, and after a restart. */
#include "test-client.h"

#include <glib/gstdio.h>
#include <string.h>

#include "trace.h"

#define OP(name) FLOO__MESSAGE_OPERATION__OP_TYPE__##name
#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

static void
start_alice (Fixture *f)
{
  client_start (f->alice, "alice", "alice-secret", "1001_a");
}

/* ---- misbehaviour ---- */

static void
test_acks (Fixture *f, gconstpointer data)
{
  Outgoing out = { .to = BOB, .content = "x" };
  gint64 mid;

  start_alice (f);
  client_order (f->alice, "socket", "{\"ack\":\"drop\",\"count\":1}");
  client_send (f->alice, &out);
  mid = client_send (f->alice, &out);
  {
    g_autoptr (FlooFrame) frame = client_next_ack (f->alice);

    g_assert_cmpint ((gint64) frame->sync_dl->client_mid, ==, mid);
  }
  client_order (f->alice, "socket", "{\"ack\":\"twice\",\"count\":1}");
  mid = client_send (f->alice, &out);
  for (int i = 0; i < 2; i++)
    {
      g_autoptr (FlooFrame) frame = client_next_ack (f->alice);

      g_assert_cmpint ((gint64) frame->sync_dl->client_mid, ==, mid);
    }
  client_order (f->alice, "socket", "{\"ack\":\"late\",\"count\":1,\"ack_delay_ms\":600000}");
  mid = client_send (f->alice, &out);
  client_order (f->alice, "wait", "{\"for\":\"accepted\",\"user\":\"alice\",\"count\":4}");
  g_assert_false (client_has (f->alice, FLOO__FRAME__COMMAND__SYNC));
  client_order (f->alice, "socket", "{\"release\":true}");
  {
    g_autoptr (FlooFrame) frame = client_next_ack (f->alice);

    g_assert_cmpint ((gint64) frame->sync_dl->client_mid, ==, mid);
  }
}

static void
test_ends (Fixture *f, gconstpointer data)
{
  static const char *const bodies[] = { "{\"how\":\"close\",\"user\":\"alice\"}", "{\"how\":\"drop\",\"user\":\"alice\"}",
                                        "{\"how\":\"half-close\",\"user\":\"alice\"}" };

  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      start_alice (f);
      client_order (f->alice, "disconnect", bodies[i]);
      client_wait (f->alice->closed);
    }
}

/* What arrives during a stall is handled afterwards, in order; what is sent meanwhile is lost. */
static void
test_stall (Fixture *f, gconstpointer data)
{
  gint64 mids[3];

  start_alice (f);
  client_clear (f->alice);
  client_order (f->alice, "stall", "{\"user\":\"alice\",\"on\":true}");
  for (guint i = 0; i < 2; i++)
    mids[i] = client_send (f->alice, &(Outgoing) { .to = BOB, .content = "while it is stalled" });
  client_order (f->alice, "send", "{\"from\":\"bob\",\"to\":\"alice\",\"content\":\"unheard\"}");
  client_order (f->alice, "stall", "{\"user\":\"alice\",\"on\":false}");
  mids[2] = client_send (f->alice, &(Outgoing) { .to = BOB, .content = "afterwards" });
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (FlooFrame) ack = client_next_ack (f->alice);

      g_assert_cmpint ((gint64) ack->sync_dl->client_mid, ==, mids[i]);
    }
  g_assert_cmpint (client_unread (f->alice, BOB), ==, 3);
  g_assert_false (client_has (f->alice, FLOO__FRAME__COMMAND__NOTICE));
}

/* A client that does not ping is disconnected. */
static void
test_heart (Fixture *f, gconstpointer data)
{
  client_order (f->alice, "settings", "{\"ping_interval\":20,\"ping_timeout\":10}");
  start_alice (f);
  client_wait (f->alice->closed);
}

/* The wait for all of a user's connected devices to have acknowledged everything. */
static void
test_delivered (Fixture *f, gconstpointer data)
{
  static const char order[] = "{\"for\":\"delivered\",\"user\":\"alice\",\"timeout_ms\":1}";
  g_autoptr (JsonObject) before = NULL;

  start_alice (f);
  before = client_call (f->alice, "POST", "/control/wait", order);
  g_assert_false (json_object_get_boolean_member (before, "ok"));
  client_drain (f->alice, BOB, NULL);
  client_drain (f->alice, TEAM, NULL);
  client_drain (f->alice, 1006, NULL);
  client_order (f->alice, "wait", order);
}

static void
test_kick (Fixture *f, gconstpointer data)
{
  g_autoptr (FlooFrame) frame = NULL;
  const Floo__UserNotice *notice;

  start_alice (f);
  client_order (f->alice, "kick", "{\"user\":\"alice\",\"type\":\"PASSWORD_CHANGED\"}");
  frame = client_next_page (f->alice);
  g_assert_cmpint (frame->sync_dl->metas[0]->ns, ==, FLOO__META__NAME_SPACE__USER_NOTICE);
  notice = floo_frame_unpack (frame, &floo__user_notice__descriptor, &frame->sync_dl->metas[0]->payload, NULL);
  g_assert_cmpint (notice->type, ==, FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED);
  client_wait (f->alice->closed);
  json_object_unref (client_expect (f->alice, 402, "GET", "/user/profile", NULL));
}

static void
test_malformed (Fixture *f, gconstpointer data)
{
  static const char *const bodies[] = { "{\"malformed\":\"frame\"}", "{\"malformed\":\"text\"}", "{\"malformed\":\"huge\"}" };

  start_alice (f);
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    client_order (f->alice, "socket", bodies[i]);
  g_assert_cmpint (client_unread (f->alice, BOB), ==, 2);
  client_order (f->alice, "socket", "{\"malformed\":\"garbage\"}");
  client_wait (f->alice->closed);
}

/* The forms of the service's frames differ, their content does not. */
static void
test_forms (Fixture *f, gconstpointer data)
{
  static const char *const forms[] = { "{\"frame_form\":\"base64\"}", "{\"frame_form\":\"fragments\"}", "{\"compress\":true}",
                                       "{\"frame_form\":\"binary\",\"notice_form\":\"notice\",\"omit_xid\":true}" };

  start_alice (f);
  for (gsize i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (FlooFrame) notice = NULL;

      client_order (f->alice, "settings", forms[i]);
      client_clear (f->alice);
      client_order (f->alice, "send", "{\"from\":\"carol\",\"to\":\"alice\",\"content\":\"hi\"}");
      notice = client_next (f->alice, FLOO__FRAME__COMMAND__NOTICE);
      g_assert_cmpint (notice->notice_uid, ==, CAROL);
      g_assert_cmpuint (client_drain (f->alice, CAROL, NULL), ==, 1);
    }
  client_order (f->alice, "settings", "{\"delivery\":\"push\"}");
  client_order (f->alice, "send", "{\"from\":\"carol\",\"to\":\"alice\",\"content\":\"pushed\"}");
  {
    g_autoptr (FlooFrame) page = client_next_page (f->alice);

    g_assert_cmpuint (page->sync_dl->n_metas, ==, 1);
  }
}

/* A pushed page counts as received at the next UNREAD, or when its key is used in a request. */
static void
test_pushed_page (Fixture *f, gconstpointer data)
{
  gboolean key = g_strcmp0 (data, "key") == 0;
  g_autoptr (FlooFrame) page = NULL;

  start_alice (f);
  client_drain (f->alice, CAROL, NULL);
  client_clear (f->alice);
  client_order (f->alice, "settings", "{\"delivery\":\"push\"}");
  client_order (f->alice, "settings", key ? "{\"pushed_page\":\"key\"}" : "{\"pushed_page\":\"zero\"}");
  client_order (f->alice, "send", "{\"from\":\"carol\",\"to\":\"alice\",\"content\":\"pushed\"}");
  page = client_next_page (f->alice);
  g_assert_cmpint (page->sync_dl->next_key != 0, ==, key);
  g_assert_cmpint (client_unread (f->alice, CAROL), ==, key ? 1 : 0);
  g_assert_cmpuint (client_drain (f->alice, CAROL, NULL), ==, key ? 1 : 0);
  g_assert_cmpint (client_unread (f->alice, CAROL), ==, 0);
}

static void
test_burst (Fixture *f, gconstpointer data)
{
  gboolean push = g_strcmp0 (data, "push") == 0;
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  guint n = 0;
  gint64 began;

  start_alice (f);
  client_drain (f->alice, BOB, NULL);
  client_clear (f->alice);
  client_order (f->alice, "settings", "{\"page_size\":100}");
  began = g_get_monotonic_time ();
  client_order (f->alice, "burst",
                push ? "{\"from\":\"bob\",\"to\":\"alice\",\"content\":\"n\",\"count\":10000,\"mode\":\"push\"}"
                     : "{\"from\":\"bob\",\"to\":\"alice\",\"content\":\"n\",\"count\":10000}");
  if (!push)
    n = client_drain (f->alice, BOB, contents);
  while (push && n < 10000)
    {
      g_autoptr (FlooFrame) frame = client_next_page (f->alice);

      n += frame->sync_dl->n_metas;
    }
  g_assert_cmpuint (n, ==, 10000);
  g_test_message ("10,000 messages in %.0f ms", (double) (g_get_monotonic_time () - began) / 1000);
  g_assert_cmpint (client_unread (f->alice, BOB), ==, 0);
}

/* ---- saving the state ---- */

static void
test_persist (Fixture *f, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("flooim-XXXXXX", NULL);
  g_autofree char *file = g_build_filename (folder, "state.json", NULL);
  Outgoing out = { .to = BOB, .content = "kept", .client_mid = 77 };
  g_autoptr (GError) error = NULL;
  gint64 first, second;
  guint32 sn;

  start_alice (f);
  g_assert_cmpint (client_submit (f->alice, &out, &first), ==, CODE (OK));
  client_drain (f->alice, TEAM, NULL);
  sn = f->alice->sn;
  client_disconnect (f->alice);
  g_assert_true (sb_persist_save (f->sandbox, file, &error));
  {
    g_autoptr (Sandbox) again = sandbox_new (2);
    g_autoptr (Client) client = client_new (again);

    g_assert_true (sandbox_listen (again, 0, NULL, &error) && sb_persist_load (again, file, &error));
    client->token = g_strdup (f->alice->token);
    client->user_id = ALICE;
    client_connect (client);
    g_assert_cmpint (client_provision (client, "1001_a"), ==, CODE (OK));
    g_assert_cmpuint (client->sn, ==, sn);
    g_assert_cmpint (client_submit (client, &out, &second), ==, CODE (OK));
    g_assert_cmpint (first, ==, second);
    g_assert_cmpint (client_unread (client, TEAM), ==, 0);
    g_assert_cmpint (client_unread (client, BOB), ==, 2);
  }
  g_remove (file);
  g_rmdir (folder);
}

#define ADD(path, data, func) g_test_add ("/sandbox/faults/" path, Fixture, data, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  client_test_init (&argc, &argv);
  ADD ("acks", NULL, test_acks);
  ADD ("ends", NULL, test_ends);
  ADD ("stall", NULL, test_stall);
  ADD ("heart", NULL, test_heart);
  ADD ("delivered", NULL, test_delivered);
  ADD ("kick", NULL, test_kick);
  ADD ("malformed", "expected", test_malformed);
  ADD ("forms", NULL, test_forms);
  ADD ("pushed-page", "zero", test_pushed_page);
  ADD ("pushed-page-key", "key", test_pushed_page);
  ADD ("burst", NULL, test_burst);
  ADD ("burst-push", "push", test_burst);
  ADD ("persist", NULL, test_persist);
  return g_test_run ();
}
