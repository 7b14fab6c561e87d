/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients other than the daemon expect from the service: the vendor's SDK in a browser, several devices of one user. */
#include "test-client.h"

#include <string.h>
#ifdef HAVE_GDK_PIXBUF
#include <gdk-pixbuf/gdk-pixbuf.h>
#endif

#include "base/json.h"
#include "trace.h"

#define CODE(name) FLOO__STATUS__ERROR_CODE__##name

static void
start_alice (Fixture *f)
{
  client_start (f->alice, "alice", "alice-secret", "1001_a");
}

/* ---- browsers ---- */

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

static GBytes *
fetch (Client *client, SoupMessage *msg)
{
  Reply reply = { 0 };

  soup_session_send_and_read_async (client->session, msg, G_PRIORITY_DEFAULT, NULL, on_reply, &reply);
  client_wait (reply.done);
  return reply.body;
}

/* The answer to a browser's request for a page of @origin. */
static SoupMessage *
ask_from (Client *client, const char *method, const char *path, const char *origin)
{
  g_autofree char *url = g_strconcat (client->sandbox->origin, path, NULL);
  SoupMessage *msg = soup_message_new (method, url);
  SoupMessageHeaders *headers = soup_message_get_request_headers (msg);
  g_autoptr (GBytes) body = NULL;

  soup_message_headers_append (headers, "Origin", origin);
  if (strcmp (method, "OPTIONS") == 0)
    {
      soup_message_headers_append (headers, "Access-Control-Request-Method", "POST");
      soup_message_headers_append (headers, "Access-Control-Request-Headers", "access-token,app_id,content-type");
    }
  body = fetch (client, msg);
  g_assert_nonnull (body);
  return msg;
}

static const char *
header (SoupMessage *msg, const char *name)
{
  return soup_message_headers_get_one (soup_message_get_response_headers (msg), name);
}

static void
test_cors (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *origin;
    gboolean allowed;
  } origins[] = { { "http://localhost:3000", TRUE },        { "http://127.0.0.1:8080", TRUE }, { "http://[::1]:5173", TRUE },
                  { "https://app.localhost", TRUE },        { "http://127.8.9.10", TRUE },     { "https://example.com", FALSE },
                  { "http://localhost.example.com", FALSE }, { "null", FALSE } };
  g_autofree char *download = NULL;

  client_login (f->alice, "alice", "alice-secret");
  download = g_strdup_printf ("/file/download/chat?file_sign=seed-file&access-token=%s&app_id=sandbox", f->alice->token);
  for (gsize i = 0; i < G_N_ELEMENTS (origins); i++)
    {
      const char *origin = origins[i].origin, *expected = origins[i].allowed ? origin : NULL;
      g_autoptr (SoupMessage) before = ask_from (f->alice, "OPTIONS", "/token/user", origin);
      g_autoptr (SoupMessage) get = ask_from (f->alice, "GET", "/v2/app_dns?app_id=sandbox&source=sdk", origin);
      g_autoptr (SoupMessage) file = ask_from (f->alice, "GET", download, origin);

      g_assert_cmpuint (soup_message_get_status (before), ==, 204);
      g_assert_cmpstr (header (before, "Access-Control-Allow-Origin"), ==, expected);
      g_assert_cmpstr (header (before, "Access-Control-Allow-Headers"), ==, expected != NULL ? "access-token,app_id,content-type" : NULL);
      g_assert_cmpstr (header (get, "Access-Control-Allow-Origin"), ==, expected);
      g_assert_cmpstr (header (get, "Vary"), ==, "Origin");
      g_assert_cmpuint (soup_message_get_status (file), ==, 200);
      g_assert_cmpstr (header (file, "Access-Control-Allow-Origin"), ==, expected);
    }
}

/* ---- what the SDK sends ---- */

static JsonObject *
call_with_token (Client *client, const char *method, const char *path, const char *body)
{
  g_autofree char *url = g_strconcat (client->sandbox->origin, path, NULL);
  g_autoptr (SoupMessage) msg = soup_message_new (method, url);
  SoupMessageHeaders *headers = soup_message_get_request_headers (msg);
  g_autoptr (GBytes) bytes = body == NULL ? NULL : g_bytes_new (body, strlen (body));
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (JsonNode) root = NULL;

  soup_message_headers_append (headers, "app_id", SB_APP_ID);
  soup_message_headers_append (headers, "access-token", client->token);
  soup_message_headers_append (headers, "X-Unknown", "1");
  if (bytes != NULL)
    soup_message_set_request_body_from_bytes (msg, "application/json", bytes);
  reply = fetch (client, msg);
  root = floo_json_parse (g_bytes_get_data (reply, NULL), g_bytes_get_size (reply), NULL);
  g_assert_nonnull (root);
  return json_node_dup_object (root);
}

/* Requests beyond the documented ones are no violation. */
static void
test_extras (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *method, *path, *body;
  } calls[] = { { "GET", "/app/user/name_check?username=frank", NULL },
                { "POST", "/user/register/v2", "{\"username\":\"frank\",\"password\":\"frank-secret\"}" },
                { "GET", "/app/config?platform=6", NULL },
                { "GET", "/app/support_staff", NULL },
                { "GET", "/file/upload/avatar/group?access-token=TOKEN&group_id=2001", NULL },
                { "GET", "/file/upload/forward?access-token=TOKEN&file_sign=seed-file&to_id=1002&to_type=1", NULL },
                { "POST", "/group/msg/not_disturb", "{\"group_id\":2001,\"value\":true}" } };

  client_login (f->alice, "alice", "alice-secret");
  for (gsize i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_auto (GStrv) parts = g_strsplit (calls[i].path, "TOKEN", -1);
      g_autofree char *path = g_strjoinv (f->alice->token, parts);
      g_autoptr (JsonObject) envelope = call_with_token (f->alice, calls[i].method, path, calls[i].body);

      g_test_message ("%s", path);
      g_assert_cmpint (json_object_get_int_member (envelope, "code"), ==, 200);
    }
  {
    g_autoptr (JsonObject) config = call_with_token (f->alice, "GET", "/app/config?platform=6", NULL);
    g_autoptr (JsonObject) dns = client_call (f->alice, "GET", "/v2/app_dns?app_id=sandbox&source=sdk", NULL);
    JsonObject *verification
        = json_object_get_object_member (json_object_get_object_member (dns, "data"), "account_verification");

    g_assert_cmpstr (json_object_get_string_member (verification, "status"), ==, "verified");
    g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (config, "data"), "account_verification_name"), ==,
                     json_object_get_string_member (verification, "name"));
  }
  /* But a misspelt parameter is one, though the call succeeds. */
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 0);
  json_object_unref (client_expect (f->alice, 200, "GET", "/roster/list?limitt=3", NULL));
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 1);
  sb_trace_clear_violations (f->sandbox);
}

static void
test_kick_by_body (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) second = client_new (f->sandbox);
  g_autofree char *body = NULL;

  start_alice (f);
  client_start (second, "alice", "alice-secret", "1001_second");
  body = g_strdup_printf ("{\"device_sn\":%u}", second->sn);
  json_object_unref (client_expect (f->alice, 200, "POST", "/user/kick", body));
  client_wait (second->closed);
  g_assert_false (f->alice->closed);
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 0);
  json_object_unref (client_expect (f->alice, 400, "POST", "/user/kick?device_sn=1", "{\"device_sn\":2}"));
  json_object_unref (client_expect (f->alice, 200, "POST", "/user/kick", "{}"));
  client_wait (f->alice->closed);
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 2);
  sb_trace_clear_violations (f->sandbox);
}

/* ---- who gets which notices ---- */

static void
find_added (FlooFrame *frame, const Floo__Meta *meta, gpointer user_data)
{
  const Floo__RosterNotice *notice;
  gint64 *found = user_data;

  if (meta->ns != FLOO__META__NAME_SPACE__ROSTER_NOTICE)
    return;
  notice = floo_frame_unpack (frame, &floo__roster_notice__descriptor, &meta->payload, NULL);
  if (notice->type != FLOO__ROSTER_NOTICE__TYPE__ADDED)
    return;
  found[0] = (gint64) notice->from->uid;
  found[1] = (gint64) notice->to[0]->uid;
}

/* Carol accepts everybody: each of the two gets a notice about the other one. */
static void
test_added (Fixture *f, gconstpointer data)
{
  gint64 dave[2] = { 0 }, carol[2] = { 0 };

  client_start (f->dave, "dave", "dave-secret", "1004_a");
  client_start (f->carol, "carol", "carol-secret", "1003_a");
  json_object_unref (client_expect (f->dave, 200, "POST", "/roster/apply", "{\"user_id\":1003}"));
  client_fetch_all (f->dave, 0, find_added, dave);
  client_fetch_all (f->carol, 0, find_added, carol);
  g_assert_cmpint (dave[0], ==, CAROL);
  g_assert_cmpint (dave[1], ==, DAVE);
  g_assert_cmpint (carol[0], ==, DAVE);
  g_assert_cmpint (carol[1], ==, CAROL);
}

/* A message that one device has fetched is not read: it is unread for a second one, until it is read. */
static void
test_second_device (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) second = client_new (f->sandbox), third = client_new (f->sandbox);
  g_autoptr (GPtrArray) contents = g_ptr_array_new_with_free_func (g_free);
  gint64 mid;

  start_alice (f);
  client_start (f->bob, "bob", "bob-secret", "1002_a");
  client_drain (f->alice, BOB, NULL);
  g_assert_cmpint (client_unread (f->alice, BOB), ==, 0);
  client_start (second, "alice", "alice-secret", "1001_second");
  g_assert_cmpint (client_unread (second, BOB), ==, 2);
  g_assert_cmpint (client_unread (second, TEAM), ==, 1);
  client_drain (second, BOB, contents);
  g_assert_cmpstr (contents->pdata[1], ==, "Lunch at noon?");
  mid = client_send_text (f->bob, ALICE, FALSE, "and now?");
  client_clear (f->alice);
  g_assert_cmpint (client_submit (f->alice, &(Outgoing) { .to = ALICE, .op = FLOO__MESSAGE_OPERATION__OP_TYPE__READ_ALL, .mid = mid,
                                                          .conversation = BOB }, NULL), ==, CODE (OK));
  client_drain (f->alice, BOB, NULL);
  client_drain (second, BOB, NULL);
  client_start (third, "alice", "alice-secret", "1001_third");
  g_assert_cmpint (client_unread (third, BOB), <=, 0);
}

/* ---- echo ---- */

static gint64
timestamp_of (FlooFrame *page, const char *part)
{
  for (gsize i = 0; i < page->sync_dl->n_metas; i++)
    {
      const Floo__MessageBody *body = client_body (page, page->sync_dl->metas[i]);
      g_autofree char *content = client_text (&body->content), *ext = client_text (&body->ext);

      if (strstr (content, part) != NULL || strstr (ext, part) != NULL)
        return (gint64) page->sync_dl->metas[i]->timestamp;
    }
  return 0;
}

/* Typing begins and ends, then the answer arrives, with a later time than the question. */
static void
test_echo (Fixture *f, gconstpointer data)
{
  static const char *const expected[] = { "typing", "nothing", "echo: hello" };
  g_autoptr (FlooFrame) ack = NULL;
  gsize seen = 0;

  start_alice (f);
  client_order (f->alice, "settings", "{\"delivery\":\"push\"}");
  client_send (f->alice, &(Outgoing) { .to = ECHO, .content = "hello" });
  ack = client_next_ack (f->alice);
  while (seen < G_N_ELEMENTS (expected))
    {
      g_autoptr (FlooFrame) page = client_next_page (f->alice);
      gint64 time = timestamp_of (page, expected[seen]);

      if (time == 0)
        continue;
      seen++;
      g_assert_cmpint (time + (seen == 1), >, (gint64) ack->sync_dl->server_time);
    }
}

/* ---- pictures ---- */

static void
test_thumbnail (Fixture *f, gconstpointer data)
{
#ifdef HAVE_GDK_PIXBUF
  static const guchar blue[] = { 0x40, 0x80, 0xc0 };
  g_autofree char *url = NULL;
  g_autoptr (SoupMessage) msg = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GdkPixbufLoader) loader = gdk_pixbuf_loader_new ();
  g_autoptr (GError) error = NULL;
  GdkPixbuf *small;

  client_login (f->alice, "alice", "alice-secret");
  url = g_strdup_printf ("%s/file/download/chat?file_sign=seed-image&image_type=2&w=20&access-token=%s&app_id=sandbox",
                         f->sandbox->origin, f->alice->token);
  msg = soup_message_new ("GET", url);
  body = fetch (f->alice, msg);
  g_assert_cmpstr (header (msg, "Content-Type"), ==, "image/png");
  gdk_pixbuf_loader_write_bytes (loader, body, &error);
  g_assert_no_error (error);
  gdk_pixbuf_loader_close (loader, &error);
  g_assert_no_error (error);
  small = gdk_pixbuf_loader_get_pixbuf (loader);
  g_assert_cmpint (gdk_pixbuf_get_width (small), ==, 20);
  g_assert_cmpint (gdk_pixbuf_get_height (small), ==, 15);
  g_assert_cmpmem (gdk_pixbuf_read_pixels (small), 3, blue, 3);
#else
  g_test_skip ("built without gdk-pixbuf");
#endif
}

#define ADD(path, func) g_test_add ("/sandbox/clients/" path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  client_test_init (&argc, &argv);
  ADD ("cors", test_cors);
  ADD ("extras", test_extras);
  ADD ("kick-by-body", test_kick_by_body);
  ADD ("added", test_added);
  ADD ("second-device", test_second_device);
  ADD ("echo", test_echo);
  ADD ("thumbnail", test_thumbnail);
  return g_test_run ();
}
