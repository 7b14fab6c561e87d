/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The roster, the joined groups and who acknowledges reading: the requests to the service, which is a double of REST. */
#include "account-fixture.h"
#include "base/json.h"
#include "fake-net.h"
#include "session/directory/directory.h"

typedef struct {
  AccountFixture base;
  FlooOperations *operations;
  FlooDirectory *directory;
  GString *log;                 /* callbacks of the parts, and replies */
} Scene;

static void
on_stale (gpointer data)
{
}

static void
on_members_settled (gint64 group, gboolean known, gpointer data)
{
  g_string_append_printf (((Scene *) data)->log, "settled %" G_GINT64_FORMAT " %s ", group, known ? "known" : "unknown");
}

static const FlooOperationsListener operations_listener = { on_stale };
static const FlooDirectoryListener directory_listener = { on_members_settled };

static void
set_up (Scene *s, gconstpointer data)
{
  account_fixture_set_up (&s->base);
  floo_account_set_service (s->base.account, NULL, floo_rest_new (NULL, ""), NULL);
  floo_account_set_state (s->base.account, FLOO_STATE_ONLINE);
  s->log = g_string_new (NULL);
  s->operations = floo_operations_new (s->base.account, &operations_listener, s);
  s->directory = floo_directory_new (s->base.account, s->operations, &directory_listener, s);
}

static void
tear_down (Scene *s, gconstpointer data)
{
  floo_account_set_state (s->base.account, FLOO_STATE_WAITING);
  floo_directory_offline (s->directory);
  fake_net_reset ();
  account_fixture_drain (&s->base);
  floo_directory_free (s->directory);
  floo_operations_free (s->operations);
  fake_net_reset ();
  g_string_free (s->log, TRUE);
  account_fixture_tear_down (&s->base);
}

#define ASSERT_ASKED(expected) \
  G_STMT_START \
  { \
    run_until (fake_rest_peek () != NULL); \
    g_assert_cmpstr (fake_rest_peek (), ==, expected); \
  } \
  G_STMT_END

#define WAIT_LOG(s, expected) run_until (strstr ((s)->log->str, expected) != NULL)

static void
on_reply (GVariant *result, const GError *error, gpointer data)
{
  Scene *s = data;
  g_autofree char *text = NULL;

  if (result != NULL)
    {
      g_autoptr (GVariant) owned = g_variant_ref_sink (result);
      text = g_variant_print (owned, FALSE);
    }
  g_string_append_printf (s->log, "reply %s ", error != NULL ? floo_error_get_dbus_name (error->code) : text != NULL ? text : "()");
}

static void
on_loaded (const GError *error, gpointer data)
{
  g_string_append_printf (((Scene *) data)->log, "loaded %s ", error != NULL ? error->message : "");
}

static gboolean
run_list_groups (FlooDb *db, gpointer data, GError **error)
{
  gboolean changed;

  return floo_contacts_set_list (db, FLOO_CONTACT_GROUP, data, 1, &changed, error);
}

/* ---- lists ---- */

static void
test_lists (Scene *s, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  floo_directory_load_lists (s->directory, cancellable, on_loaded, s);
  ASSERT_ASKED ("GET /roster/list");
  fake_rest_answer ("[1001,1002]", NULL);
  ASSERT_ASKED ("GET /group/user_joined");
  g_assert_cmpstr (s->log->str, ==, "");
  fake_rest_answer ("[]", NULL);
  WAIT_LOG (s, "loaded  ");
  /* Then the details, one request for each kind. Our own are missing, too. */
  ASSERT_ASKED ("POST /roster/list {\"list\":[1000,1001,1002]}");
  fake_rest_answer ("[{\"user_id\":1001,\"username\":\"bob\"}]", NULL);
  run_until (strstr (s->base.fixture.log->str, "RosterInfoUpdate") != NULL);
  floo_directory_get_users (s->directory, (const gint64[]){ 1001 }, 1, FALSE, on_reply, s);
  WAIT_LOG (s, "bob");
}

/* One of the two lists fails: the login gets the error, once. */
static void
test_list_refused (Scene *s, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  floo_directory_load_lists (s->directory, cancellable, on_loaded, s);
  ASSERT_ASKED ("GET /roster/list");
  fake_rest_fail (500, "broken");
  ASSERT_ASKED ("GET /group/user_joined");
  fake_rest_answer ("[]", NULL);
  WAIT_LOG (s, "loaded 500: broken");
}

/* An error from before the attempt was cancelled is not reported; the attempt ends as cancelled. */
static void
test_lists_given_up (Scene *s, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  floo_directory_load_lists (s->directory, cancellable, on_loaded, s);
  ASSERT_ASKED ("GET /roster/list");
  fake_rest_fail (500, "broken");
  ASSERT_ASKED ("GET /group/user_joined");
  g_cancellable_cancel (cancellable);
  fake_rest_answer ("[]", NULL);
  WAIT_LOG (s, "loaded Operation was cancelled");
}

/* A list without end is used as far as it was fetched. */
static void
test_list_of_pages (Scene *s, gconstpointer data)
{
  floo_directory_list_users (s->directory, TRUE, on_reply, s);
  ASSERT_ASKED ("GET /roster/list");
  fake_rest_answer ("[1001]", "next");
  run_until (fake_rest_peek () != NULL);
  g_assert_true (g_str_has_prefix (fake_rest_peek (), "GET /roster/list cursor=next "));
  /* The same cursor again. */
  fake_rest_answer ("[1002]", "next");
  WAIT_LOG (s, "reply ([1001, 1002], ");
}

static void
test_offline (Scene *s, gconstpointer data)
{
  floo_account_set_state (s->base.account, FLOO_STATE_WAITING);
  floo_directory_list_users (s->directory, TRUE, on_reply, s);
  g_assert_nonnull (strstr (s->log->str, "Error.Offline"));
  floo_directory_get_group (s->directory, 50, TRUE, on_reply, s);
  g_assert_null (fake_rest_peek ());
}

/* Refreshed details replace those of the store; what the service does not know is NotFound. */
static void
test_group_details (Scene *s, gconstpointer data)
{
  floo_directory_get_group (s->directory, 50, TRUE, on_reply, s);
  ASSERT_ASKED ("GET /group/info group_id=50");
  fake_rest_answer ("{\"group_id\":50,\"owner_id\":1001,\"name\":\"tea\"}", NULL);
  WAIT_LOG (s, "'name': <'tea'>");
  g_string_truncate (s->log, 0);
  floo_directory_get_group (s->directory, 51, TRUE, on_reply, s);
  ASSERT_ASKED ("GET /group/info group_id=51");
  fake_rest_fail (20001, "no such group");
  WAIT_LOG (s, "Error.NotFound");
}

/* ---- who acknowledges reading ---- */

static void
answer_settings (gboolean read_ack)
{
  g_autofree char *data = g_strdup_printf ("{\"group_id\":50,\"owner_id\":1001,\"name\":\"tea\",\"read_ack\":%s}", read_ack ? "true" : "false");

  ASSERT_ASKED ("GET /group/info group_id=50");
  fake_rest_answer (data, NULL);
}

static void
test_no_read_ack (Scene *s, gconstpointer data)
{
  gint64 group = 50;

  fixture_write (&s->base.fixture, run_list_groups, &group);
  floo_directory_await_members (s->directory, group);
  answer_settings (FALSE);
  WAIT_LOG (s, "settled 50 known");
  g_assert_null (fake_rest_peek ());
}

static void
test_members (Scene *s, gconstpointer data)
{
  gint64 group = 50;

  fixture_write (&s->base.fixture, run_list_groups, &group);
  floo_directory_await_members (s->directory, group);
  answer_settings (TRUE);
  ASSERT_ASKED ("GET /group/member_list group_id=50 limit=500");
  fake_rest_answer ("[{\"user_id\":1001}]", "more");
  ASSERT_ASKED ("GET /group/member_list group_id=50 cursor=more limit=500");
  g_assert_cmpstr (s->log->str, ==, "");
  fake_rest_answer ("[{\"user_id\":1002}]", "");
  WAIT_LOG (s, "settled 50 known");
}

/* The service refuses: who acknowledges stays unknown, for the next call at once, until there is another connection. */
static void
test_members_refused (Scene *s, gconstpointer data)
{
  gint64 group = 50;

  fixture_write (&s->base.fixture, run_list_groups, &group);
  floo_directory_await_members (s->directory, group);
  ASSERT_ASKED ("GET /group/info group_id=50");
  fake_rest_fail (403, "no");
  WAIT_LOG (s, "settled 50 unknown");
  g_string_truncate (s->log, 0);
  floo_directory_await_members (s->directory, group);
  g_assert_cmpstr (s->log->str, ==, "settled 50 unknown ");
  floo_directory_offline (s->directory);
  floo_directory_await_members (s->directory, group);
  ASSERT_ASKED ("GET /group/info group_id=50");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/directory/" name, Scene, NULL, set_up, func, tear_down)
  ADD ("lists", test_lists);
  ADD ("list-refused", test_list_refused);
  ADD ("lists-given-up", test_lists_given_up);
  ADD ("list-of-pages", test_list_of_pages);
  ADD ("offline", test_offline);
  ADD ("group-details", test_group_details);
  ADD ("read-ack/none", test_no_read_ack);
  ADD ("read-ack/members", test_members);
  ADD ("read-ack/refused", test_members_refused);
  return g_test_run ();
}
