/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the control endpoint changes: forms, sizes, keys and cursors of the service, dead hosts, its clock, refusals. */
#include "test-client.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"

#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

static void
set_up (Fixture *f, gconstpointer data)
{
  fixture_set_up (f, data);
  client_start (f->alice, "alice", "alice-secret", "1001_a");
  client_drain (f->alice, BOB, NULL);
  client_drain (f->alice, CAROL, NULL);
  client_drain (f->alice, TEAM, NULL);
  client_drain (f->alice, 0, NULL);
  client_clear (f->alice);
}

static void
expect_refusal (Client *client, const char *name, const char *body, const char *words)
{
  g_autofree char *path = g_strconcat ("/control/", name, NULL);
  g_autoptr (JsonObject) answer = client_call (client, "POST", path, body);

  g_assert_false (json_object_get_boolean_member (answer, "ok"));
  g_test_message ("%s", json_object_get_string_member (answer, "error"));
  g_assert_nonnull (strstr (json_object_get_string_member (answer, "error"), words));
}

/* A typing error in a test must not be accepted as an argument. */
static void
test_unknown_arguments (Fixture *f, gconstpointer data)
{
  expect_refusal (f->alice, "socket", "{\"acks\":\"drop\"}", "no argument acks; it has: refuse:i");
  expect_refusal (f->alice, "socket", "{\"count\":\"1\"}", "argument count must be an integer");
  expect_refusal (f->alice, "send", "{\"from\":[1],\"to\":\"alice\"}", "argument from must be an id or a name");
  expect_refusal (f->alice, "state", "{\"user\":\"alice\"}", "no argument user");
  expect_refusal (f->alice, "settings", "{\"page_sizes\":1}", "no setting page_sizes");
  expect_refusal (f->alice, "settings", "{\"compress\":\"yes\"}", "compress: true or false");
  expect_refusal (f->alice, "wait", "{\"for\":\"connected\",\"usr\":\"alice\"}", "no argument usr");
  expect_refusal (f->alice, "waits", "{}", "no control call waits");
}

/* ---- pages ---- */

static const char big_burst[] = "{\"from\":\"carol\",\"to\":\"alice\",\"count\":4,\"content\":\"%s\"}";

static void
test_page_bytes (Fixture *f, gconstpointer data)
{
  g_autofree char *text = g_strnfill (200000, 'x');
  g_autofree char *order = g_strdup_printf (big_burst, text);
  static const struct {
    const char *setting;
    gsize metas;
  } cases[] = { { "{}", 3 }, { "{\"page_bytes\":0}", 4 }, { "{\"page_bytes\":1}", 1 }, { "{\"page_bytes\":200001}", 1 } };

  client_order (f->alice, "burst", order);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FlooFrame) page = NULL, history = NULL;

      client_order (f->alice, "settings", cases[i].setting);
      client_fetch (f->alice, CAROL, 0);
      page = client_next_page (f->alice);
      g_assert_cmpuint (page->sync_dl->n_metas, ==, cases[i].metas);
      history = client_history (f->alice, CAROL, 0, 4);
      g_assert_cmpuint (history->sync_dl->n_metas, ==, cases[i].metas);
    }
}

static gboolean
has_ok (const Floo__Status *status)
{
  return status != NULL && status->has_code && status->code == CODE (OK);
}

/* The SDK throws if a page has no status. */
static void
test_status (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *setting;
    gboolean page, ack;
  } cases[] = { { "{}", TRUE, TRUE },
                { "{\"status_form\":\"not-on-pages\"}", FALSE, TRUE },
                { "{\"status_form\":\"errors-only\"}", FALSE, FALSE } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FlooFrame) page = NULL, history = NULL, unread = NULL, pushed = NULL, ack = NULL, refused = NULL;

      client_order (f->alice, "settings", cases[i].setting);
      client_fetch (f->alice, CAROL, 0);
      page = client_next_page (f->alice);
      history = client_history (f->alice, CAROL, 0, 1);
      client_send_frame (f->alice, FLOO__FRAME__COMMAND__UNREAD, NULL);
      unread = client_next (f->alice, FLOO__FRAME__COMMAND__UNREAD);
      client_send (f->alice, &(Outgoing) { .to = BOB, .content = "x" });
      ack = client_next_ack (f->alice);
      client_send (f->alice, &(Outgoing) { .to = BOB, .content = "forbidden-word" });
      refused = client_next_ack (f->alice);
      client_clear (f->alice);
      client_order (f->alice, "burst", "{\"from\":\"carol\",\"to\":\"alice\",\"mode\":\"push\"}");
      pushed = client_next_page (f->alice);
      g_assert_cmpint (has_ok (page->sync_dl->status), ==, cases[i].page);
      g_assert_cmpint (has_ok (history->sync_dl->status), ==, cases[i].page);
      g_assert_cmpint (has_ok (unread->unread_dl->status), ==, cases[i].page);
      g_assert_cmpint (has_ok (pushed->sync_dl->status), ==, cases[i].page);
      g_assert_cmpint (has_ok (ack->sync_dl->status), ==, cases[i].ack);
      g_assert_cmpint (refused->sync_dl->status->code, ==, CODE (WORD_CENSORED));
    }
}

/* Requests the next page of the system's conversation with this form of the xid. */
static FlooFrame *
fetch_named (Client *client, gboolean uid, gboolean device, gint64 key)
{
  Floo__SyncUL ul = FLOO__SYNC_UL__INIT;
  Floo__XID xid = FLOO__XID__INIT;

  xid.has_uid = uid;
  xid.has_devicesn = device;
  ul.xid = &xid;
  ul.has_key = key != 0;
  ul.key = (guint64) key;
  client_send_frame (client, FLOO__FRAME__COMMAND__SYNC, &ul.base);
  return client_next_page (client);
}

/* The xid of a conversation has one of three forms, and a client uses the form of the service. */
static void
test_xid_forms (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *setting;
    gboolean uid, device;
  } cases[] = { { "{\"xid_form\":\"full\"}", TRUE, TRUE },
                { "{\"xid_form\":\"bare\"}", TRUE, FALSE },
                { "{\"xid_form\":\"sparse\"}", FALSE, FALSE } };

  client_order (f->alice, "notice", "{\"ns\":\"user\",\"to\":\"alice\",\"type\":\"INFO_UPDATED\"}");
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FlooFrame) page = NULL, second = NULL, third = NULL;
      const Floo__XID *xid;

      client_order (f->alice, "settings", cases[i].setting);
      page = fetch_named (f->alice, TRUE, FALSE, 0);
      xid = page->sync_dl->xid;
      g_assert_cmpint (xid->has_uid, ==, cases[i].uid);
      g_assert_cmpint (xid->has_devicesn, ==, cases[i].device);
      if (i == 0)
        {
          second = fetch_named (f->alice, xid->has_uid, xid->has_devicesn, (gint64) page->sync_dl->next_key);
          g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 0);
        }
      client_order (f->alice, "again", "{\"user\":\"alice\"}");
      third = fetch_named (f->alice, xid->has_uid, !xid->has_devicesn, (gint64) page->sync_dl->next_key);
      g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 1);
      sb_trace_clear_violations (f->sandbox);
      client_order (f->alice, "again", "{\"user\":\"alice\"}");
    }
}

static gint64
fetched_key (Client *client, gint64 key, guint metas)
{
  g_autoptr (FlooFrame) page = NULL;

  client_fetch (client, CAROL, key);
  page = client_next_page (client);
  g_assert_cmpuint (page->sync_dl->n_metas, ==, metas);
  return (gint64) page->sync_dl->next_key;
}

static gint64
history_key (Client *client, gint64 key, guint metas)
{
  g_autoptr (FlooFrame) page = client_history (client, CAROL, key, 100);

  g_assert_cmpuint (page->sync_dl->n_metas, ==, metas);
  return (gint64) page->sync_dl->next_key;
}

static void
test_next_keys (Fixture *f, gconstpointer data)
{
  gint64 first, key;

  client_order (f->alice, "burst", "{\"from\":\"carol\",\"to\":\"alice\",\"count\":2}");
  client_order (f->alice, "settings", "{\"next_key\":\"repeat\",\"history_key\":\"repeat\"}");
  first = fetched_key (f->alice, 0, 2);
  g_assert_cmpint (fetched_key (f->alice, first, 2), ==, first);
  key = history_key (f->alice, 0, 4);
  g_assert_cmpint (key, !=, 0);
  g_assert_cmpint (history_key (f->alice, key, 4), ==, key);

  client_order (f->alice, "settings", "{\"next_key\":\"stuck\",\"history_key\":\"stuck\"}");
  g_assert_cmpint (fetched_key (f->alice, first, 0), ==, first);
  g_assert_cmpint (fetched_key (f->alice, first, 0), ==, first);
  g_assert_cmpint (history_key (f->alice, key, 0), ==, key);

  client_order (f->alice, "settings", "{\"next_key\":\"endless\",\"history_key\":\"endless\"}");
  g_assert_cmpint (fetched_key (f->alice, first + 1000, 0), ==, first + 1001);
  g_assert_cmpint (history_key (f->alice, key, 0), ==, key - 1);

  client_order (f->alice, "settings", "{\"next_key\":\"normal\",\"history_key\":\"normal\"}");
  g_assert_cmpint (fetched_key (f->alice, 0, 0), ==, 0);
  g_assert_cmpint (history_key (f->alice, 0, 4), ==, 0);
}

static void
test_fetch_faults (Fixture *f, gconstpointer data)
{
  g_autoptr (FlooFrame) history = NULL, page = NULL, unread = NULL;

  client_order (f->alice, "fetch", "{\"what\":\"history\",\"status\":\"FAIL\",\"reason\":\"closed\"}");
  client_order (f->alice, "fetch", "{\"what\":\"unread\",\"status\":\"UNAUTHORIZED\",\"reason\":\"you must login first\",\"count\":-1}");
  history = client_history (f->alice, CAROL, 0, 10);
  g_assert_cmpint (history->sync_dl->status->code, ==, CODE (FAIL));
  g_assert_true (history->sync_dl->is_full_sync);
  client_fetch (f->alice, CAROL, 0);
  page = client_next_page (f->alice);
  g_assert_cmpint (page->sync_dl->status->code, ==, CODE (OK));
  client_send_frame (f->alice, FLOO__FRAME__COMMAND__UNREAD, NULL);
  unread = client_next (f->alice, FLOO__FRAME__COMMAND__UNREAD);
  g_assert_cmpint (unread->unread_dl->status->code, ==, CODE (UNAUTHORIZED));
}

/* ---- lists ---- */

/* The first id and the cursor of a page of friends. */
static gint64
friends (Client *client, const char *cursor, char **next)
{
  g_autofree char *path = cursor == NULL ? g_strdup ("/roster/list?limit=2") : g_strdup_printf ("/roster/list?cursor=%s&limit=2", cursor);
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "GET", path, NULL);
  JsonArray *data = json_object_get_array_member (envelope, "data");

  *next = g_strdup (json_object_get_string_member_with_default (envelope, "cursor", NULL));
  return json_array_get_length (data) == 0 ? 0 : json_array_get_int_element (data, 0);
}

static void
test_cursors (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *setting;
    const char *ask;
    const char *next;
    gint64 first;     /* -1: of nobody */
  } cases[] = { { "{\"cursors\":\"same\"}", "same", "same", BOB },
                { "{\"cursors\":\"loop\"}", "4", "2", BOB },
                { "{\"cursors\":\"empty\"}", "4", "5", 0 },
                { "{\"cursors\":\"empty\"}", "77", "78", 0 },
                { "{\"cursors\":\"invented\"}", "9", "10", -1 },
                { "{\"cursors\":\"normal\"}", "4", NULL, 0 } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *next = NULL;
      gint64 first;

      client_order (f->alice, "settings", cases[i].setting);
      first = friends (f->alice, cases[i].ask, &next);
      g_assert_cmpstr (next, ==, cases[i].next);
      if (cases[i].first < 0)
        g_assert_cmpint (first, >=, 5000000000);
      else
        g_assert_cmpint (first, ==, cases[i].first);
    }
}

/* ---- the clock ---- */

static void
test_clock (Fixture *f, gconstpointer data)
{
  const gint64 day = 24 * 3600 * 1000;
  g_autoptr (FlooFrame) ack = NULL, history = NULL;
  gint64 now = g_get_real_time () / 1000;

  client_order (f->alice, "settings", "{\"clock_skew\":-86400000}");
  client_send (f->alice, &(Outgoing) { .to = BOB, .content = "yesterday" });
  ack = client_next_ack (f->alice);
  g_assert_cmpint (ABS ((gint64) ack->sync_dl->server_time - (now - day)), <, day / 24);
  history = client_history (f->alice, BOB, 0, 1);
  g_assert_cmpint (ABS ((gint64) history->sync_dl->metas[0]->timestamp - (now - day)), <, day / 24);
  expect_refusal (f->alice, "settings", "{\"clock_skew\":99999999999999}", "a thousand years");
}

/* ---- sending ---- */

static gint64
acked (Client *client, Floo__Status__ErrorCode *code)
{
  g_autoptr (FlooFrame) ack = client_next_ack (client);

  *code = ack->sync_dl->status->code;
  return (gint64) ack->sync_dl->client_mid;
}

/* All messages are answered, once each, in another order than that in which they were sent. */
static void
test_random_acks (Fixture *f, gconstpointer data)
{
  enum { N = 40 };
  gint64 sent[N], answered[N];
  Floo__Status__ErrorCode code;
  guint moved = 0;

  client_order (f->alice, "socket", "{\"ack\":\"random\",\"ack_seed\":7,\"ack_delay_ms\":300}");
  for (int i = 0; i < N; i++)
    sent[i] = client_send (f->alice, &(Outgoing) { .to = BOB, .content = "x" });
  for (int i = 0; i < N; i++)
    {
      answered[i] = acked (f->alice, &code);
      g_assert_cmpint (code, ==, CODE (OK));
      moved += answered[i] != sent[i];
      for (int k = 0; k < i; k++)
        g_assert_cmpint (answered[i], !=, answered[k]);
    }
  g_assert_cmpuint (moved, >, N / 2);
  client_order (f->alice, "socket", "{\"ack\":\"random\",\"ack_lost\":100,\"count\":1}");
  client_send (f->alice, &(Outgoing) { .to = BOB, .content = "unanswered" });
  client_send_text (f->alice, BOB, FALSE, "answered");
  g_assert_false (client_has (f->alice, FLOO__FRAME__COMMAND__SYNC));
}

static void
test_refusals (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *order;
    const char *refused;
  } cases[] = { { "{\"status\":\"RATE_LIMIT_EXCEEDED\",\"user\":\"alice\",\"after\":2}", "..x..." },
                { "{\"status\":\"RATE_LIMIT_EXCEEDED\",\"user\":1001,\"every\":3,\"count\":-1}", "..x..x" },
                { "{\"status\":\"RATE_LIMIT_EXCEEDED\",\"after\":1,\"every\":2,\"count\":2}", "..x.x." },
                { "{\"status\":\"RATE_LIMIT_EXCEEDED\",\"user\":\"bob\",\"count\":-1}", "......" } };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      client_order (f->alice, "message", cases[i].order);
      for (const char *c = cases[i].refused; *c != '\0'; c++)
        g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = BOB, .content = "x" }, NULL), ==,
                         *c == 'x' ? CODE (RATE_LIMIT_EXCEEDED) : CODE (OK));
    }
}

/* ---- calls from another device ---- */

static void
test_call (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) info = NULL;
  g_autoptr (FlooFrame) notice = NULL;

  client_order (f->alice, "call",
                "{\"user\":\"bob\",\"path\":\"/group/settings/enable_read_ack\",\"arguments\":{\"group_id\":2001,\"value\":true}}");
  notice = client_next (f->alice, FLOO__FRAME__COMMAND__NOTICE);
  g_assert_cmpint (notice->notice_uid, ==, TEAM);
  info = client_control (f->alice, "call",
                         "{\"user\":\"alice\",\"method\":\"GET\",\"path\":\"/group/info\",\"arguments\":{\"group_id\":2001}}");
  g_assert_true (json_object_get_boolean_member (json_object_get_object_member (info, "data"), "read_ack"));
  expect_refusal (f->alice, "call",
                  "{\"user\":\"carol\",\"path\":\"/group/settings/enable_read_ack\",\"arguments\":{\"group_id\":2001,\"value\":true}}",
                  "20012: you have not the right");
  expect_refusal (f->alice, "call", "{\"user\":\"carol\",\"path\":\"/group/leave\",\"arguments\":{\"group\":2001}}", "no parameter group");
  expect_refusal (f->alice, "call", "{\"user\":\"carol\",\"path\":\"/group/leave\"}", "group_id is missing");
  expect_refusal (f->alice, "call", "{\"user\":\"carol\",\"path\":\"/nothing\"}", "no operation POST /nothing");
}

/* ---- discovery ---- */

static JsonObject *
discover (Client *client)
{
  return client_call (client, "GET", "/v2/app_dns?app_id=sandbox&source=sdk", NULL);
}

/* The hosts of a list of all clusters in the answer of discovery. */
static GStrv
hosts_of (JsonObject *envelope, const char *name)
{
  JsonObject *group = json_array_get_object_element (
      json_object_get_array_member (json_object_get_object_member (envelope, "data"), "dns_list"), 0);
  JsonArray *clusters = json_object_get_array_member (group, "clusters");
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  for (guint i = 0; i < json_array_get_length (clusters); i++)
    {
      JsonArray *list = json_object_get_array_member (json_array_get_object_element (clusters, i), name);

      for (guint k = 0; k < json_array_get_length (list); k++)
        g_strv_builder_add (builder, json_object_get_string_member (json_array_get_object_element (list, k), "host"));
    }
  return g_strv_builder_end (builder);
}

/* Begins to connect; the error, or NULL where the connection is there at once. */
static GError *
try_connect (const char *host, GSocket **socket)
{
  g_autoptr (GSocketAddress) address
      = g_inet_socket_address_new_from_string ("127.0.0.1", (guint) g_ascii_strtoull (strchr (host, ':') + 1, NULL, 10));
  GError *error = NULL;

  *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL);
  g_socket_set_blocking (*socket, FALSE);
  if (!g_socket_connect (*socket, address, NULL, &error) && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PENDING)
      && g_socket_condition_timed_wait (*socket, G_IO_OUT, 200000, NULL, NULL))
    {
      g_clear_error (&error);
      g_socket_check_connect_result (*socket, &error);
    }
  return error;
}

typedef struct {
  guint status;
  gboolean done;
} Probe;

static void
on_probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Probe *probe = user_data;
  g_autoptr (GInputStream) stream G_GNUC_UNUSED = soup_session_send_finish (SOUP_SESSION (source), result, NULL);

  probe->status = soup_message_get_status (soup_session_get_async_result_message (SOUP_SESSION (source), result));
  probe->done = TRUE;
}

static void
test_hosts (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) envelope = NULL, normal = NULL;
  g_auto (GStrv) ratel = NULL, webim = NULL, first = NULL;
  g_autoptr (GSocket) refused = NULL, silent = NULL, mute = NULL;
  g_autoptr (GError) refusal = NULL, silence = NULL, muteness = NULL;
  g_autofree char *url = NULL;
  g_autoptr (SoupMessage) msg = NULL;
  Probe probe = { 0 };

  client_order (f->alice, "discovery", "{\"ratel\":[\"refused\",\"502\",\"live\"],\"webim\":[\"silent\",\"live\"],\"clusters\":[\"mute\",\"live\"]}");
  envelope = discover (f->alice);
  ratel = hosts_of (envelope, "ratel");
  webim = hosts_of (envelope, "webim");
  g_assert_cmpuint (g_strv_length (ratel), ==, 4);
  g_assert_cmpuint (g_strv_length (webim), ==, 3);
  g_assert_cmpstr (ratel[0], ==, webim[0]);
  g_assert_cmpstr (ratel[3], ==, f->sandbox->host);
  g_assert_cmpstr (webim[2], ==, f->sandbox->host);
  refusal = try_connect (ratel[1], &refused);
  g_assert_error (refusal, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  silence = try_connect (webim[1], &silent);
  g_assert_error (silence, G_IO_ERROR, G_IO_ERROR_PENDING);
  muteness = try_connect (ratel[0], &mute);
  g_assert_no_error (muteness);
  url = g_strdup_printf ("http://%s/token/user", ratel[2]);
  msg = soup_message_new ("GET", url);
  soup_session_send_async (f->alice->session, msg, G_PRIORITY_DEFAULT, NULL, on_probed, &probe);
  client_wait (probe.done);
  g_assert_cmpuint (probe.status, ==, 502);
  client_order (f->alice, "discovery", "{}");
  normal = discover (f->alice);
  first = hosts_of (normal, "ratel");
  g_assert_cmpuint (g_strv_length (first), ==, 1);
  expect_refusal (f->alice, "discovery", "{\"ratel\":[\"deaf\"]}", "ratel: a list of live, refused");
}

static void
test_discovery_codes (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) once = NULL, again = NULL, requests = NULL;

  client_order (f->alice, "rest", "{\"code\":500,\"count\":-1}");
  client_order (f->alice, "rest", "{\"path\":\"/v2/app_dns\",\"code\":99998}");
  once = discover (f->alice);
  again = discover (f->alice);
  g_assert_cmpint (json_object_get_int_member (once, "code"), ==, 99998);
  g_assert_cmpint (json_object_get_int_member (again, "code"), ==, 200);
  requests = client_control (f->alice, "requests", NULL);
  g_assert_cmpint (json_object_get_int_member (requests, "misbehaved"), ==, 1);
}

#define ADD(path, func) g_test_add ("/sandbox/settings/" path, Fixture, NULL, set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  client_test_init (&argc, &argv);
  ADD ("unknown-arguments", test_unknown_arguments);
  ADD ("page-bytes", test_page_bytes);
  ADD ("status", test_status);
  ADD ("xid-forms", test_xid_forms);
  ADD ("next-keys", test_next_keys);
  ADD ("fetch-faults", test_fetch_faults);
  ADD ("cursors", test_cursors);
  ADD ("clock", test_clock);
  ADD ("random-acks", test_random_acks);
  ADD ("refusals", test_refusals);
  ADD ("call", test_call);
  ADD ("hosts", test_hosts);
  ADD ("discovery-codes", test_discovery_codes);
  return g_test_run ();
}
