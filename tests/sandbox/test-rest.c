/* SPDX-License-Identifier: GPL-3.0-or-later */
/* REST of the sandbox: rights, relations, groups, files, and who gets which notices. */
#include "test-client.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"

#define ROSTER(name) FLOO__META__NAME_SPACE__ROSTER_NOTICE, FLOO__ROSTER_NOTICE__TYPE__##name
#define GROUP(name) FLOO__META__NAME_SPACE__GROUP_NOTICE, FLOO__GROUP_NOTICE__TYPE__##name

static void
start (Client *client, const char *name)
{
  g_autofree char *password = g_strconcat (name, "-secret", NULL);
  g_autofree char *guid = g_strconcat (name, "_1", NULL);

  client_start (client, name, password, guid);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  fixture_set_up (f, data);
  start (f->alice, "alice");
  start (f->bob, "bob");
  start (f->carol, "carol");
  start (f->dave, "dave");
  start (f->erin, "erin");
}

static void
post (Client *client, int code, const char *path, const char *body)
{
  json_object_unref (client_expect (client, code, "POST", path, body));
}

typedef struct {
  Floo__Meta__NameSpace ns;
  int type;
  guint n;
} Count;

static void
count_meta (FlooFrame *frame, const Floo__Meta *meta, gpointer user_data)
{
  Count *count = user_data;
  gconstpointer notice;

  if (meta->ns != count->ns)
    return;
  if (meta->ns == FLOO__META__NAME_SPACE__GROUP_NOTICE)
    {
      notice = floo_frame_unpack (frame, &floo__group_notice__descriptor, &meta->payload, NULL);
      count->n += (int) ((const Floo__GroupNotice *) notice)->type == count->type;
    }
  else
    {
      notice = floo_frame_unpack (frame, &floo__roster_notice__descriptor, &meta->payload, NULL);
      count->n += (int) ((const Floo__RosterNotice *) notice)->type == count->type;
    }
}

/* How many such notices are new to the client in a conversation; everything in it is fetched. */
static guint
count_notices (Client *client, gint64 conversation, Floo__Meta__NameSpace ns, int type)
{
  Count count = { ns, type, 0 };

  client_fetch_all (client, conversation, count_meta, &count);
  return count.n;
}
#define expect_notice(client, conversation, ...) g_assert_cmpuint (count_notices (client, conversation, __VA_ARGS__), ==, 1)
#define expect_none(client, conversation, ...) g_assert_cmpuint (count_notices (client, conversation, __VA_ARGS__), ==, 0)

/* A member of the data of an answer. */
static gint64
number_of (Client *client, const char *path, const char *member)
{
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "GET", path, NULL);

  return json_object_get_int_member (json_object_get_object_member (envelope, "data"), member);
}

static guint
length_of (Client *client, const char *path)
{
  g_autoptr (JsonObject) envelope = client_expect (client, 200, "GET", path, NULL);

  return json_array_get_length (json_object_get_array_member (envelope, "data"));
}

/* ---- login ---- */

static void
test_accounts (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) frank = client_new (f->sandbox);

  post (frank, 11001, "/token/user", "{\"name\":\"alice\",\"password\":\"wrong\"}");
  post (frank, 10000, "/token/user", "{\"name\":\"nobody\",\"password\":\"wrong\"}");
  post (frank, 10004, "/user/register/v2", "{\"username\":\"alice\",\"password\":\"secret\"}");
  post (frank, 10002, "/user/register/v2", "{\"username\":\"a b\",\"password\":\"secret\"}");
  post (frank, 200, "/user/register/v2", "{\"username\":\"frank\",\"password\":\"frank-secret\"}");
  client_start (frank, "frank", "frank-secret", "frank_1");
  g_assert_cmpint (number_of (frank, "/roster/name?username=echo", "relation"), ==, SB_FRIEND);
  client_send_text (frank, 1099, FALSE, "hello");
  post (frank, 11001, "/user/change_password", "{\"old_password\":\"x\",\"new_password\":\"frank-secret-2\"}");
  post (frank, 200, "/user/change_password", "{\"old_password\":\"frank-secret\",\"new_password\":\"frank-secret-2\"}");
  client_wait (frank->closed);
  post (frank, 402, "/user/nickname?nick_name=F", "{}");
  client_start (frank, "frank", "frank-secret-2", "frank_1");
  post (frank, 200, "/user/delete", "{\"password\":\"frank-secret-2\"}");
  client_wait (frank->closed);
  post (frank, 10000, "/token/user", "{\"name\":\"frank\",\"password\":\"frank-secret-2\"}");
}

static void
test_devices (Fixture *f, gconstpointer data)
{
  g_autoptr (Client) second = client_new (f->sandbox);
  g_autofree char *path = NULL, *body = NULL;

  client_start (second, "alice", "alice-secret", "alice_2");
  g_assert_cmpuint (length_of (f->alice, "/user/device/list"), ==, 2);
  path = g_strdup_printf ("/user/kick?device_sn=%u", second->sn);
  body = g_strdup_printf ("{\"device_sn\":%u}", second->sn);
  post (f->alice, 200, path, body);
  client_wait (second->closed);
  post (second, 402, "/user/nickname?nick_name=A", "{}");
  g_assert_cmpuint (length_of (f->alice, "/user/device/list"), ==, 1);
}

/* ---- roster ---- */

static void
test_consent (Fixture *f, gconstpointer data)
{
  post (f->alice, 200, "/roster/accept?user_id=1004", "{}");
  expect_notice (f->dave, 0, ROSTER (ACCEPTED));
  expect_notice (f->alice, 0, ROSTER (ACCEPTED));
  client_send_text (f->dave, ALICE, FALSE, "thanks");
  post (f->alice, 10007, "/roster/accept?user_id=1004", "{}");
  post (f->erin, 200, "/roster/apply", "{\"user_id\":1001,\"reason\":\"hi\",\"alias\":\"A\"}");
  expect_notice (f->alice, 0, ROSTER (APPLIED));
  post (f->alice, 200, "/roster/decline", "{\"user_id\":1005,\"reason\":\"no\"}");
  expect_notice (f->erin, 0, ROSTER (DECLINED));
}

static void
test_auth_modes (Fixture *f, gconstpointer data)
{
  /* Three policies: anyone, the right answer, nobody. */
  post (f->dave, 200, "/roster/apply", "{\"user_id\":1003}");
  expect_notice (f->carol, 0, ROSTER (ADDED));
  expect_notice (f->dave, 0, ROSTER (ADDED));
  post (f->carol, 10005, "/roster/apply", "{\"user_id\":1004}");
  post (f->erin, 10010, "/roster/apply", "{\"user_id\":1004,\"auth_answer\":\"red\"}");
  post (f->erin, 200, "/roster/apply", "{\"user_id\":1004,\"auth_answer\":\"blue\"}");
  post (f->alice, 10012, "/roster/apply", "{\"user_id\":1005}");
}

static void
test_removal (Fixture *f, gconstpointer data)
{
  post (f->alice, 200, "/roster/delete?user_id=1002", "{}");
  expect_notice (f->bob, 0, ROSTER (REMOVED));
  g_assert_cmpint (number_of (f->bob, "/roster/id?user_id=1001", "relation"), ==, SB_DELETED);
  g_assert_cmpuint (length_of (f->alice, "/roster/list"), ==, 3);
  post (f->alice, 404, "/roster/delete?user_id=1002", "{}");
  post (f->alice, 200, "/roster/block?user_id=1003", "{}");
  expect_notice (f->alice, 0, ROSTER (BLOCKED));
  expect_none (f->carol, 0, ROSTER (BLOCKED));
  g_assert_cmpuint (length_of (f->alice, "/roster/blocked_list"), ==, 1);
  post (f->alice, 200, "/roster/ext", "{\"user_id\":1003,\"alias\":\"C\",\"mute_notification\":false}");
  post (f->alice, 404, "/roster/ext", "{\"user_id\":1004,\"alias\":\"D\"}");
}

static void
test_profile (Fixture *f, gconstpointer data)
{
  post (f->alice, 200, "/user/nickname?nick_name=%E7%88%B1%E4%B8%BD%E4%B8%9D", "{}");
  expect_notice (f->bob, 0, ROSTER (INFO_UPDATED));
  post (f->alice, 200, "/user/settings", "{\"user_id\":1001,\"group_confirm\":true,\"auth_mode\":3}");
  g_assert_cmpint (number_of (f->alice, "/user/settings", "auth_mode"), ==, 3);
  post (f->alice, 10002, "/user/settings", "{\"user_id\":1001,\"auth_mode\":4}");
  post (f->alice, 10010, "/user/settings", "{\"user_id\":1002,\"auth_mode\":1}");
  post (f->alice, 11012, "/user/mobile?mobile=13800001002", "{}");
  post (f->alice, 200, "/user/conversation/pin", "{\"conversation_id\":1002}");
  post (f->alice, 200, "/user/conversation/unpin", "{\"conversation_id\":1002}");
}

/* ---- groups ---- */

static gint64
create_group (Client *owner, const char *users)
{
  g_autofree char *body = g_strdup_printf ("{\"name\":\"New\",\"type\":0,\"user_list\":[%s]}", users);
  g_autoptr (JsonObject) envelope = client_expect (owner, 200, "POST", "/group/create", body);

  return json_object_get_int_member (json_object_get_object_member (envelope, "data"), "group_id");
}

static void
test_group_life (Fixture *f, gconstpointer data)
{
  gint64 id = create_group (f->alice, "1002,1005");
  g_autofree char *info = g_strdup_printf ("/group/info?group_id=%" G_GINT64_FORMAT, id);
  g_autofree char *handle = g_strdup_printf ("{\"group_id\":%" G_GINT64_FORMAT ",\"user_id\":1001,\"approval\":true}", id);
  g_autofree char *leave = g_strdup_printf ("/group/leave?group_id=%" G_GINT64_FORMAT, id);
  g_autofree char *destroy = g_strdup_printf ("/group/destroy?group_id=%" G_GINT64_FORMAT, id);
  g_autofree char *transfer = g_strdup_printf ("{\"group_id\":%" G_GINT64_FORMAT ",\"new_owner\":1002}", id);

  /* Bob joins at once, erin wants to be asked. */
  expect_notice (f->alice, id, GROUP (CREATED));
  expect_notice (f->bob, id, GROUP (JOINED));
  expect_notice (f->erin, id, GROUP (INVITED));
  g_assert_cmpint (number_of (f->alice, info, "count"), ==, 2);
  g_assert_cmpuint (length_of (f->erin, "/group/invitation_list"), ==, 1);
  post (f->erin, 200, "/group/invite/handle", handle);
  expect_notice (f->bob, id, GROUP (INVITE_ACCEPTED));
  client_send_text (f->erin, id, TRUE, "hello all");
  post (f->alice, 20004, leave, "{}");
  post (f->bob, 20013, destroy, "{}");
  post (f->alice, 200, "/group/transfer", transfer);
  expect_notice (f->erin, id, GROUP (OWNER_ASSIGNED));
  post (f->alice, 200, leave, "{}");
  expect_notice (f->bob, id, GROUP (LEAVED));
  post (f->bob, 200, destroy, "{}");
  expect_notice (f->erin, id, GROUP (DESTROYED));
  post (f->erin, 20001, "/group/display_name", "{\"group_id\":2999,\"value\":\"E\"}");
}

static void
test_applications (Fixture *f, gconstpointer data)
{
  post (f->erin, 200, "/group/apply", "{\"group_id\":2001,\"reason\":\"let me in\"}");
  expect_notice (f->alice, TEAM, GROUP (APPLYED));
  expect_notice (f->bob, TEAM, GROUP (APPLYED));
  expect_none (f->carol, TEAM, GROUP (APPLYED));
  post (f->carol, 20012, "/group/apply/handle", "{\"group_id\":2001,\"user_id\":1005,\"approval\":true}");
  post (f->bob, 200, "/group/apply/handle", "{\"group_id\":2001,\"user_id\":1005,\"approval\":true}");
  expect_notice (f->erin, TEAM, GROUP (APPLY_ACCEPTED));
  expect_notice (f->carol, TEAM, GROUP (APPLY_ACCEPTED));
  /* The history is visible to new members. */
  {
    g_autoptr (FlooFrame) frame = client_history (f->erin, TEAM, 0, 100);

    g_assert_cmpuint (frame->sync_dl->n_metas, >=, 4);
  }
  post (f->bob, 200, "/group/apply", "{\"group_id\":2003}");
  expect_notice (f->erin, 2003, GROUP (JOINED));
}

/* Asserts the number of members on a page, whether there is another page, and the total. */
static void
expect_page (Fixture *f, const char *more, guint length, gboolean cursor)
{
  g_autofree char *path = g_strdup_printf ("/group/member_list?group_id=2001%s", more);
  g_autoptr (JsonObject) envelope = client_expect (f->bob, 200, "GET", path, NULL);

  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (envelope, "data")), ==, length);
  g_assert_cmpint (json_object_has_member (envelope, "cursor"), ==, cursor);
  g_assert_cmpint (json_object_get_int_member (envelope, "total"), ==, 1206);
}

static void
test_paging (Fixture *f, gconstpointer data)
{
  client_order (f->alice, "crowd", "{\"count\":1200,\"group\":2001}");
  expect_page (f, "", 1000, TRUE);
  expect_page (f, "&limit=200", 200, TRUE);
  expect_page (f, "&limit=1000", 500, TRUE);
}

static void
test_bans (Fixture *f, gconstpointer data)
{
  post (f->bob, 200, "/group/ban", "{\"group_id\":2001,\"user_list\":[1003],\"duration\":5}");
  expect_notice (f->carol, TEAM, GROUP (BANNED));
  g_assert_cmpint (client_submit (f->carol, &(Outgoing) { .to = TEAM, .group = TRUE, .content = "x" }, NULL), ==,
                   FLOO__STATUS__ERROR_CODE__USER_BANNED);
  g_assert_cmpuint (length_of (f->bob, "/group/banned_list?group_id=2001"), ==, 1);
  post (f->bob, 200, "/group/unban", "{\"group_id\":2001,\"user_list\":[1003]}");
  client_send_text (f->carol, TEAM, TRUE, "back");
  /* All but the admins. */
  post (f->alice, 200, "/group/settings/ban_all", "{\"group_id\":2001,\"duration\":-1}");
  expect_notice (f->carol, TEAM, GROUP (INFO_UPDATED));
  g_assert_cmpint (client_submit (f->carol, &(Outgoing) { .to = TEAM, .group = TRUE, .content = "x" }, NULL), ==,
                   FLOO__STATUS__ERROR_CODE__USER_BANNED);
  client_send_text (f->bob, TEAM, TRUE, "admins may");
  post (f->alice, 200, "/group/settings/unban_all", "{\"group_id\":2001}");
  client_send_text (f->carol, TEAM, TRUE, "again");
  post (f->alice, 10002, "/group/ban", "{\"group_id\":2001,\"user_list\":[1003],\"duration\":0}");
}

/* Nobody can act above his rank; there is a result for each user. */
static void
test_rights (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) kicked = NULL;
  JsonArray *results;

  post (f->carol, 20012, "/group/kick", "{\"group_id\":2001,\"user_list\":[1004]}");
  kicked = client_expect (f->bob, 200, "POST", "/group/kick", "{\"group_id\":2001,\"user_list\":[1001,1004,4711]}");
  results = json_object_get_array_member (kicked, "data");
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (results, 0), "result"), ==, "fail");
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (results, 1), "result"), ==, "success");
  g_assert_cmpstr (json_object_get_string_member (json_array_get_object_element (results, 2), "result"), ==, "fail");
  expect_notice (f->dave, TEAM, GROUP (KICKED));
  g_assert_cmpint (client_submit (f->dave, &(Outgoing) { .to = TEAM, .group = TRUE, .content = "x" }, NULL), ==,
                   FLOO__STATUS__ERROR_CODE__FAIL);
  post (f->bob, 200, "/group/block", "{\"group_id\":2001,\"user_list\":[1004]}");
  post (f->dave, 20018, "/group/apply", "{\"group_id\":2001}");
  post (f->bob, 20013, "/group/admin/add", "{\"group_id\":2001,\"user_list\":[1003]}");
  post (f->alice, 200, "/group/admin/add", "{\"group_id\":2001,\"user_list\":[1003]}");
  expect_notice (f->carol, TEAM, GROUP (ADMIN_GRANTED));
  g_assert_cmpuint (length_of (f->alice, "/group/admin_list?group_id=2001"), ==, 2);
  post (f->alice, 200, "/group/admin/remove", "{\"group_id\":2001,\"user_list\":[1003]}");
  post (f->carol, 20012, "/group/info/name", "{\"group_id\":2001,\"value\":\"Mine\"}");
  post (f->alice, 200, "/group/settings/allow_member_modify", "{\"group_id\":2001,\"value\":true}");
  post (f->carol, 200, "/group/info/name", "{\"group_id\":2001,\"value\":\"Ours\"}");
  post (f->carol, 20012, "/group/settings/allow_member_modify", "{\"group_id\":2001,\"value\":false}");
}

static void
test_group_content (Fixture *f, gconstpointer data)
{
  gint64 file;
  g_autoptr (JsonObject) uploaded = NULL;
  g_autofree char *body = NULL;

  post (f->carol, 20012, "/group/announcement/edit", "{\"group_id\":2001,\"title\":\"T\",\"content\":\"C\"}");
  post (f->alice, 200, "/group/announcement/edit", "{\"group_id\":2001,\"title\":\"T\",\"content\":\"C\"}");
  expect_notice (f->carol, TEAM, GROUP (ANNOUNCEMENT_UPDATED));
  g_assert_cmpuint (length_of (f->carol, "/group/announcement/list?group_id=2001"), ==, 2);
  uploaded = client_expect (f->carol, 200, "POST", "/group/file/upload",
                            "{\"group_id\":2001,\"name\":\"a.txt\",\"size\":3,\"type\":\"file\",\"url\":\"http://x/a\"}");
  file = json_object_get_int_member (json_object_get_object_member (uploaded, "data"), "file_id");
  expect_notice (f->alice, TEAM, GROUP (FILE_UPLOADED));
  body = g_strdup_printf ("{\"group_id\":2001,\"file_id\":%" G_GINT64_FORMAT ",\"name\":\"b.txt\"}", file);
  post (f->dave, 20023, "/group/file/update_name", body);
  post (f->carol, 200, "/group/file/update_name", body);
  expect_notice (f->alice, TEAM, GROUP (FILE_UPDATED));
  post (f->carol, 200, "/group/msg/mute_mode", "{\"group_id\":2001,\"msg_mute_mode\":2}");
  expect_notice (f->carol, TEAM, GROUP (MUTED));
  expect_none (f->alice, TEAM, GROUP (MUTED));
  client_send_text (f->alice, TEAM, TRUE, "carol does not hear this");
  g_assert_cmpint (client_unread (f->carol, TEAM), ==, 0);
}

/* ---- files ---- */

typedef struct {
  GBytes *body;
  gboolean done;
} Transfer;

static void
on_transfer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Transfer *transfer = user_data;

  transfer->body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, NULL);
  transfer->done = TRUE;
}

static GBytes *
send_message (Client *client, SoupMessage *msg)
{
  Transfer transfer = { 0 };

  soup_session_send_and_read_async (client->session, msg, G_PRIORITY_DEFAULT, NULL, on_transfer, &transfer);
  client_wait (transfer.done);
  return transfer.body;
}

static void
test_files (Fixture *f, gconstpointer data)
{
  g_autoptr (JsonObject) envelope = NULL;
  g_autoptr (SoupMultipart) parts = soup_multipart_new (SOUP_FORM_MIME_TYPE_MULTIPART);
  g_autoptr (GBytes) content = g_bytes_new_static ("abc", 3);
  g_autoptr (SoupMessage) upload = NULL, download = NULL;
  g_autoptr (GBytes) uploaded = NULL, downloaded = NULL;
  g_autoptr (GList) names = NULL;
  g_autofree char *url = NULL;
  JsonObject *record, *fields;

  client_order (f->alice, "settings", data != NULL ? "{\"oss_upload\":true}" : "{}");
  envelope = client_expect (f->alice, 200, "GET", "/file/upload/chat?file_type=100&to_id=1002&to_type=1", NULL);
  record = json_object_get_object_member (envelope, "data");
  fields = data != NULL ? json_object_get_object_member (record, "oss_body_param") : NULL;
  names = fields != NULL ? json_object_get_members (fields) : NULL;
  for (GList *l = names; l != NULL; l = l->next)
    soup_multipart_append_form_string (parts, l->data, json_object_get_string_member (fields, l->data));
  soup_multipart_append_form_file (parts, "file", "a.txt", "text/plain", content);
  upload = soup_message_new_from_multipart (json_object_get_string_member (record, "upload_url"), parts);
  uploaded = send_message (f->alice, upload);
  g_assert_nonnull (g_strstr_len (g_bytes_get_data (uploaded, NULL), (gssize) g_bytes_get_size (uploaded),
                                  data != NULL ? "\"Status\":\"OK\"" : "\"data\":true"));
  url = g_strdup_printf ("%s&access-token=%s&app_id=sandbox", json_object_get_string_member (record, "download_url"), f->bob->token);
  download = soup_message_new ("GET", url);
  downloaded = send_message (f->bob, download);
  g_assert_cmpmem (g_bytes_get_data (downloaded, NULL), g_bytes_get_size (downloaded), "abc", 3);
  g_assert_cmpuint (sb_trace_n_violations (f->sandbox), ==, 0);
}

/* ---- misbehaviour ---- */

static void
test_faults (Fixture *f, gconstpointer data)
{
  g_autofree char *url = g_strconcat (f->sandbox->origin, "/user/profile", NULL);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", url);
  g_autoptr (GBytes) body = NULL;

  client_order (f->alice, "rest", "{\"path\":\"/user/profile\",\"status\":500,\"body\":\"oops\"}");
  body = send_message (f->alice, msg);
  g_assert_cmpuint (soup_message_get_status (msg), ==, 500);
  client_order (f->alice, "rest", "{\"path\":\"/user/profile\",\"code\":30021,\"delay_ms\":5}");
  json_object_unref (client_expect (f->alice, 30021, "GET", "/user/profile", NULL));
  json_object_unref (client_expect (f->alice, 200, "GET", "/user/profile", NULL));
}

/* An answer can be delayed until the test releases it, and has the state at the time of its request. */
static void
test_release (Fixture *f, gconstpointer data)
{
  static const char pinned[] = "{\"path\":\"/user/conversation/pin_list\",\"delay_ms\":600000}";
  g_autofree char *url = g_strconcat (f->sandbox->origin, "/user/conversation/pin_list", NULL);
  g_autoptr (SoupMessage) msg = soup_message_new ("GET", url);
  g_autoptr (JsonNode) root = NULL;
  Transfer transfer = { 0 };

  soup_message_headers_append (soup_message_get_request_headers (msg), "app_id", SB_APP_ID);
  soup_message_headers_append (soup_message_get_request_headers (msg), "access-token", f->alice->token);
  client_order (f->alice, "rest", pinned);
  soup_session_send_and_read_async (f->carol->session, msg, G_PRIORITY_DEFAULT, NULL, on_transfer, &transfer);
  client_order (f->alice, "wait", "{\"for\":\"request\",\"path\":\"/user/conversation/pin_list\"}");
  json_object_unref (client_expect (f->alice, 200, "POST", "/user/conversation/pin", "{\"conversation_id\":1002}"));
  g_assert_false (transfer.done);
  client_order (f->alice, "rest", "{\"release\":true}");
  client_wait (transfer.done);
  root = floo_json_parse (g_bytes_get_data (transfer.body, NULL), g_bytes_get_size (transfer.body), NULL);
  g_assert_cmpuint (json_array_get_length (floo_json_get_array (floo_json_get_object (floo_json_node_object (root), "data"),
                                                                "conversation_ids")),
                    ==, 0);
  g_bytes_unref (transfer.body);
}

static void
test_wait (Fixture *f, gconstpointer data)
{
  static const char order[] = "{\"for\":\"accepted\",\"user\":\"alice\",\"count\":2}";
  g_autofree char *url = g_strconcat (f->sandbox->origin, "/control/wait", NULL);
  g_autoptr (SoupMessage) msg = soup_message_new ("POST", url);
  g_autoptr (GBytes) bytes = g_bytes_new_static (order, strlen (order));
  Transfer transfer = { 0 };

  soup_message_set_request_body_from_bytes (msg, "application/json", bytes);
  soup_session_send_and_read_async (f->carol->session, msg, G_PRIORITY_DEFAULT, NULL, on_transfer, &transfer);
  client_send_text (f->alice, BOB, FALSE, "one");
  g_assert_false (transfer.done);
  client_send_text (f->alice, BOB, FALSE, "two");
  client_wait (transfer.done);
  g_assert_cmpuint (soup_message_get_status (msg), ==, 200);
  g_bytes_unref (transfer.body);
}

#define ADD(path, data, func) g_test_add ("/sandbox/rest/" path, Fixture, data, set_up, func, fixture_tear_down)

int
main (int argc, char **argv)
{
  client_test_init (&argc, &argv);
  ADD ("accounts", NULL, test_accounts);
  ADD ("devices", NULL, test_devices);
  ADD ("consent", NULL, test_consent);
  ADD ("auth-modes", NULL, test_auth_modes);
  ADD ("removal", NULL, test_removal);
  ADD ("profile", NULL, test_profile);
  ADD ("group-life", NULL, test_group_life);
  ADD ("applications", NULL, test_applications);
  ADD ("paging", NULL, test_paging);
  ADD ("bans", NULL, test_bans);
  ADD ("rights", NULL, test_rights);
  ADD ("group-content", NULL, test_group_content);
  ADD ("files", NULL, test_files);
  ADD ("files-oss", "oss", test_files);
  ADD ("faults", NULL, test_faults);
  ADD ("release", NULL, test_release);
  ADD ("wait", NULL, test_wait);
  return g_test_run ();
}
