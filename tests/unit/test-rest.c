/* SPDX-License-Identifier: GPL-3.0-or-later */
/* REST calls over real HTTP: the requests, and the result of every kind of answer. */
#include "base/error.h"
#include "base/json.h"
#include "rest-support.h"

typedef struct {
  Service *service; /* discovery and REST in one */
  FlooEndpoints *endpoints;
  FlooRest *rest;
  guint n_void;
  guint n_exhausted;
  gboolean retoken; /* a new token as soon as the old one is void */
  /* How the service answers a call; NULL: status and body. */
  void (*answer) (Service *service, SoupServerMessage *message, const char *path);
  guint status;
  const char *type;
  const char *body;
  /* Of the latest request. */
  char *app_id;
  char *token;
  char *user_agent;
  char *cookie;
  char *sent;
} Fixture;

static void
note (char **where, SoupServerMessage *message, const char *header)
{
  g_free (*where);
  *where = g_strdup (soup_message_headers_get_one (soup_server_message_get_request_headers (message), header));
}

static void
answer_call (Service *service, SoupServerMessage *message, const char *path)
{
  Fixture *fixture = service->data;
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  if (g_str_equal (path, "/dns"))
    {
      g_autofree char *answer = g_strdup_printf (
          "{\"code\":200,\"data\":{\"dns_list\":[{\"group_level\":0,\"clusters\":[{"
          "\"ratel\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:%u\"},"
          "{\"protocol\":\"http\",\"host\":\"localhost:%u\"}],\"webim\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:1\"}]}]}]}}",
          service->port, service->port);

      service_say_json (message, answer);
      return;
    }
  note (&fixture->app_id, message, "app_id");
  note (&fixture->token, message, "access-token");
  note (&fixture->user_agent, message, "User-Agent");
  note (&fixture->cookie, message, "Cookie");
  g_free (fixture->sent);
  fixture->sent = g_strndup (body->data, (gsize) body->length);
  if (fixture->answer != NULL)
    fixture->answer (service, message, path);
  else
    service_say (message, fixture->status, fixture->type, fixture->body);
}

static void
on_void (FlooRest *rest, Fixture *fixture)
{
  fixture->n_void++;
  if (fixture->retoken)
    floo_rest_set_token (rest, "fresh");
}

static void
on_exhausted (FlooEndpoints *endpoints, Fixture *fixture)
{
  fixture->n_exhausted++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *dns = NULL;
  gboolean done = FALSE;

  fixture->service = service_new (answer_call, fixture);
  dns = g_strconcat (fixture->service->base, "/dns", NULL);
  fixture->endpoints = floo_endpoints_new (NO_CACHE, "app", dns);
  g_signal_connect (fixture->endpoints, "exhausted", G_CALLBACK (on_exhausted), fixture);
  fixture->rest = floo_rest_new (fixture->endpoints, "app");
  g_signal_connect (fixture->rest, "token-void", G_CALLBACK (on_void), fixture);
  floo_endpoints_discover_async (fixture->endpoints, NULL, discovered_cb, &done);
  run_until (done);
  g_string_truncate (fixture->service->log, 0);
  fixture->status = 200;
  fixture->type = "application/json";
  fixture->body = "{\"code\":200}";
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  drop_last (fixture->rest);
  drop_last (fixture->endpoints);
  service_free (fixture->service);
  g_free (fixture->app_id);
  g_free (fixture->token);
  g_free (fixture->user_agent);
  g_free (fixture->cookie);
  g_free (fixture->sent);
}

static void
call (Fixture *fixture, const char *method, const char *path, const char *const *query, JsonNode *body, FlooRestFlags flags,
      Result *result)
{
  result_clear (result);
  floo_rest_call_async (fixture->rest, method, path, query, body, flags, NULL, called_cb, result);
  run_until (result->done);
}

/* -- requests -- */

static void
test_request (Fixture *fixture, gconstpointer data)
{
  static const char *const query[] = { "z", "a b&c=d", "group_id", "7", "cursor", "gr\303\274n/+?", NULL };
  g_autoptr (JsonNode) body = json_node_init_string (json_node_alloc (), "x\"y");
  g_auto (Result) result = { 0 };

  call (fixture, "GET", "/group/members", query, NULL, 0, &result);
  g_assert_no_error (result.error);
  g_assert_cmpstr (fixture->service->log->str, ==, "GET /group/members?cursor=gr%C3%BCn%2F%2B%3F&group_id=7&z=a%20b%26c%3Dd\n");
  g_assert_cmpstr (fixture->app_id, ==, "app");
  g_assert_null (fixture->token);
  g_assert_cmpstr (fixture->user_agent, ==, "flooimd/" FLOO_VERSION);
  g_assert_cmpstr (fixture->sent, ==, "");

  floo_rest_set_token (fixture->rest, "secret");
  g_assert_cmpstr (floo_rest_get_token (fixture->rest), ==, "secret");
  call (fixture, "POST", "/roster/apply", NULL, body, 0, &result);
  g_assert_cmpstr (fixture->token, ==, "secret");
  g_assert_cmpstr (fixture->sent, ==, "\"x\\\"y\"");
  call (fixture, "POST", "/token/user", NULL, NULL, FLOO_REST_NO_TOKEN, &result);
  g_assert_null (fixture->token);
  g_assert_cmpstr (fixture->sent, ==, "{}");
}

/* No cookie jar: cookies that a server sets are not sent back. */
static void
set_cookie (Service *service, SoupServerMessage *message, const char *path)
{
  soup_message_headers_append (soup_server_message_get_response_headers (message), "Set-Cookie", "a=b; Path=/");
  service_say_json (message, "{\"code\":200}");
}

static void
test_no_cookies (Fixture *fixture, gconstpointer data)
{
  g_auto (Result) result = { 0 };

  fixture->answer = set_cookie;
  call (fixture, "GET", "/one", NULL, NULL, 0, &result);
  call (fixture, "GET", "/two", NULL, NULL, 0, &result);
  g_assert_null (fixture->cookie);
}

/* A token that is not valid in a header is not sent. */
static void
test_bad_token (Fixture *fixture, gconstpointer data)
{
  g_auto (Result) result = { 0 };
  g_autoptr (FlooRest) other = floo_rest_new (fixture->endpoints, "app\r\nx: y");

  floo_rest_set_token (fixture->rest, "one\r\nX-Evil: two");
  call (fixture, "GET", "/user/profile", NULL, NULL, 0, &result);
  g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  g_assert_null (strstr (result.error->message, "Evil"));
  result_clear (&result);
  floo_rest_call_async (other, "GET", "/user/profile", NULL, NULL, 0, NULL, called_cb, &result);
  run_until (result.done);
  g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  g_assert_cmpstr (fixture->service->log->str, ==, "");
}

/* -- answers -- */

static void
test_answer (Fixture *fixture, gconstpointer data)
{
  g_auto (Result) result = { 0 };
  gint64 id;

  fixture->body = "{\"code\":200,\"data\":{\"id\":9007199254740993},\"cursor\":\"next\",\"version\":12,\"total\":30}";
  fixture->type = "text/plain";
  call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_no_error (result.error);
  g_assert_true (floo_json_get_int (floo_json_node_object (result.answer->data), "id", &id));
  g_assert_cmpint (id, ==, G_GINT64_CONSTANT (9007199254740993));
  g_assert_cmpstr (result.answer->cursor, ==, "next");
  g_assert_cmpint (result.answer->version, ==, 12);
  g_assert_cmpint (result.answer->total, ==, 30);

  fixture->body = "{\"code\":\"200\",\"cursor\":null}";
  fixture->status = 201;
  call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_no_error (result.error);
  g_assert_true (json_node_is_null (result.answer->data));
  g_assert_cmpstr (result.answer->cursor, ==, "");
  g_assert_cmpint (result.answer->total, ==, -1);
}

static void
test_codes (Fixture *fixture, gconstpointer data)
{
  static const struct {
    gint64 code;
    FlooError error;
  } cases[] = {
    { 402, FLOO_ERROR_NOT_LOGGED_IN },    { 10000, FLOO_ERROR_NOT_FOUND },       { 10001, FLOO_ERROR_WRONG_CODE },
    { 11001, FLOO_ERROR_LOGIN_FAILED },   { 11014, FLOO_ERROR_WRONG_CODE },      { 10028, FLOO_ERROR_RATE_LIMITED },
    { 30020, FLOO_ERROR_REJECTED },       { 30021, FLOO_ERROR_APP_UNAVAILABLE }, { 30023, FLOO_ERROR_APP_UNAVAILABLE },
    { 10002, FLOO_ERROR_INVALID_ARGUMENTS }, { 10010, FLOO_ERROR_PERMISSION_DENIED }, { 10012, FLOO_ERROR_PERMISSION_DENIED },
    { 20001, FLOO_ERROR_NOT_FOUND },      { 20011, FLOO_ERROR_PERMISSION_DENIED }, { 20013, FLOO_ERROR_PERMISSION_DENIED },
    { 20010, FLOO_ERROR_LIMIT_REACHED },  { 20014, FLOO_ERROR_EXPIRED },         { 20025, FLOO_ERROR_EXPIRED },
    { 40000, FLOO_ERROR_NOT_FOUND },      { 40001, FLOO_ERROR_APP_UNAVAILABLE }, { 40003, FLOO_ERROR_APP_UNAVAILABLE },
    { 99997, FLOO_ERROR_NOT_FOUND },      { 99998, FLOO_ERROR_NOT_FOUND },       { 10004, FLOO_ERROR_TAKEN },
    { -3, FLOO_ERROR_REJECTED },          { 0, FLOO_ERROR_REJECTED },            { G_MAXINT64, FLOO_ERROR_REJECTED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Result) result = { 0 };
      g_autofree char *body = g_strdup_printf ("{\"code\":%" G_GINT64_FORMAT ",\"message\":\"in\\nwords \",\"data\":null}", cases[i].code);
      g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT ": in words", cases[i].code);

      fixture->body = body;
      call (fixture, "POST", "/x", NULL, NULL, 0, &result);
      g_assert_error (result.error, FLOO_ERROR, (int) cases[i].error);
      g_assert_cmpstr (result.error->message, ==, text);
      g_assert_cmpint (floo_error_get_service_code (result.error), ==, cases[i].code);
    }
}

static void
test_error_texts (void)
{
  g_autofree char *endless = g_strnfill (100000, 'x');
  g_autoptr (GError) silent = floo_rest_error (10028, NULL);
  g_autoptr (GError) long_one = floo_rest_error (1, endless);
  g_autoptr (GError) broken = floo_rest_error (2, "a\xff");
  g_autoptr (GError) ours = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "HTTP 500");
  g_autoptr (GError) digits = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "402: in a text alone");
  g_autoptr (GError) copy = floo_error_normalise (long_one);
  g_autoptr (GError) foreign = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "12: x");

  g_assert_cmpstr (silent->message, ==, "10028: no reason given");
  g_assert_cmpuint (strlen (long_one->message), <, 600);
  g_assert_true (g_utf8_validate (broken->message, -1, NULL));
  g_assert_cmpint (floo_error_get_service_code (long_one), ==, 1);
  g_assert_cmpstr (floo_error_get_reason (silent), ==, "no reason given");
  g_prefix_error (&long_one, "Upload: ");
  g_assert_cmpint (floo_error_get_service_code (long_one), ==, 1);
  g_assert_cmpint (floo_error_get_service_code (copy), ==, 1);
  g_assert_true (g_str_has_suffix (copy->message, floo_error_get_reason (copy)));
  g_assert_cmpint (floo_error_get_service_code (ours), ==, 0);
  g_assert_cmpstr (floo_error_get_reason (ours), ==, "HTTP 500");
  g_assert_cmpint (floo_error_get_service_code (digits), ==, 0);
  g_assert_cmpint (floo_error_get_service_code (foreign), ==, 0);
}

static void
test_no_envelope (Fixture *fixture, gconstpointer data)
{
  g_autofree char *deep = g_strnfill (200000, '[');
  const struct {
    guint status;
    const char *body;
    const char *text;
  } cases[] = {
    { 500, "{\"code\":500}", "HTTP 500" },
    { 502, "<html>Bad Gateway</html>", "HTTP 502" },
    { 404, "", "HTTP 404" },
    { 401, "{\"code\":200}", "HTTP 401" },
    { 200, "<html>Log in to the hotel</html>", "HTTP 200" },
    { 200, "", "HTTP 200" },
    { 200, "[]", "HTTP 200" },
    { 200, "null", "HTTP 200" },
    { 200, "{}", "HTTP 200" },
    { 200, "{\"code\":true}", "HTTP 200" },
    { 200, "{\"code\":200", "HTTP 200" },
    { 200, "{\"code\":200}x", "HTTP 200" },
    { 200, "{\"code\":99999999999999999999}", "HTTP 200" },
    { 204, "", "HTTP 204" },
    { 200, deep, "HTTP 200" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_auto (Result) result = { 0 };

      fixture->status = cases[i].status;
      fixture->body = cases[i].body;
      fixture->type = "text/html";
      call (fixture, "GET", "/x", NULL, NULL, 0, &result);
      g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
      g_assert_nonnull (strstr (result.error->message, cases[i].text));
      g_assert_cmpint (floo_error_get_service_code (result.error), ==, 0);
    }
}

static void
redirect (Service *service, SoupServerMessage *message, const char *path)
{
  soup_server_message_set_redirect (message, SOUP_STATUS_FOUND, "/elsewhere");
}

static void
test_redirect (Fixture *fixture, gconstpointer data)
{
  g_auto (Result) result = { 0 };

  fixture->answer = redirect;
  floo_rest_set_token (fixture->rest, "secret");
  call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (result.error->message, "302"));
  g_assert_cmpstr (fixture->service->log->str, ==, "GET /x\n");
}

/* A page large enough to be parsed on another thread. */
static void
test_large (Fixture *fixture, gconstpointer data)
{
  g_auto (Result) result = { 0 };
  g_autoptr (GString) body = g_string_new ("{\"code\":200,\"data\":[0");

  for (guint i = 1; i < 100000; i++)
    g_string_append_printf (body, ",%u", i);
  g_string_append (body, "]}");
  fixture->body = body->str;
  call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_no_error (result.error);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (result.answer->data)), ==, 100000);

  /* And a parse error is reported from there. */
  g_string_append_c (body, '}');
  fixture->body = body->str;
  call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_error (result.error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
}

/* -- the token -- */

static void
hold (Service *service, SoupServerMessage *message, const char *path)
{
  service_hold (service, message);
}

static void
test_token_void (Fixture *fixture, gconstpointer data)
{
  Result results[3] = { 0 };
  g_auto (Result) late = { 0 };

  fixture->body = "{\"code\":402,\"message\":\"void\"}";
  call (fixture, "GET", "/x", NULL, NULL, 0, &late); /* without a token */
  g_assert_error (late.error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN);
  floo_rest_set_token (fixture->rest, "stale");
  call (fixture, "POST", "/token/user", NULL, NULL, FLOO_REST_NO_TOKEN, &late);
  g_assert_error (late.error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN);
  g_assert_cmpuint (fixture->n_void, ==, 0);

  /* Of many refused at a time only the first emits the signal. */
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    floo_rest_call_async (fixture->rest, "GET", "/x", NULL, NULL, 0, NULL, called_cb, &results[i]);
  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      run_until (results[i].done);
      result_clear (&results[i]);
    }
  g_assert_cmpuint (fixture->n_void, ==, 1);

  /* A refusal of the old token does not make the new one void. */
  fixture->answer = hold;
  result_clear (&late);
  floo_rest_call_async (fixture->rest, "GET", "/x", NULL, NULL, 0, NULL, called_cb, &late);
  run_until (fixture->service->held->len == 1);
  floo_rest_set_token (fixture->rest, "fresh");
  service_say_json (fixture->service->held->pdata[0], fixture->body);
  soup_server_message_unpause (fixture->service->held->pdata[0]);
  run_until (late.done);
  g_assert_error (late.error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN);
  g_assert_cmpuint (fixture->n_void, ==, 1);

  /* But the new one can become void in its turn, and be replaced from within the signal. */
  fixture->answer = NULL;
  fixture->retoken = TRUE;
  floo_rest_set_token (fixture->rest, "stale-again");
  call (fixture, "GET", "/x", NULL, NULL, 0, &late);
  g_assert_error (late.error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN);
  g_assert_cmpuint (fixture->n_void, ==, 2);
  g_assert_cmpstr (floo_rest_get_token (fixture->rest), ==, "fresh");
}

/* -- failover and many at once -- */

static void
test_failover (Fixture *fixture, gconstpointer data)
{
  g_auto (Result) result = { 0 };
  g_autofree char *first = g_strdup (floo_endpoints_get_rest (fixture->endpoints));

  /* Envelopes with an error are answers. */
  fixture->body = "{\"code\":10000}";
  for (guint i = 0; i < 6; i++)
    call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, first);

  fixture->status = 500;
  for (guint i = 0; i < 4; i++)
    call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), ==, first);
  call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), !=, first);
  g_assert_cmpuint (fixture->n_exhausted, ==, 0);
  for (guint i = 0; i < 5; i++)
    call (fixture, "GET", "/x", NULL, NULL, 0, &result);
  g_assert_cmpuint (fixture->n_exhausted, ==, 1);

  /* Many requests that fail at the same time count against the one host that they went to. */
  {
    Result results[8] = { 0 };

    for (guint i = 0; i < G_N_ELEMENTS (results); i++)
      floo_rest_call_async (fixture->rest, "GET", "/x", NULL, NULL, 0, NULL, called_cb, &results[i]);
    for (guint i = 0; i < G_N_ELEMENTS (results); i++)
      {
        run_until (results[i].done);
        result_clear (&results[i]);
      }
  }
  g_assert_cmpuint (fixture->n_exhausted, ==, 1);
  g_assert_cmpstr (floo_endpoints_get_rest (fixture->endpoints), !=, first);

  /* A proxy that cannot reach the host: a request that may be repeated goes to each host once. */
  fixture->status = 503;
  for (guint i = 0; i < 3; i++)
    {
      static const guint expected[] = { 2, 1, 2 };
      guint before = fixture->service->n_requests;

      call (fixture, i == 1 ? "POST" : "GET", "/x", NULL, NULL, 0, &result);
      g_assert_cmpuint (fixture->service->n_requests - before, ==, expected[i]);
    }
}

static void
test_many (Fixture *fixture, gconstpointer data)
{
  enum { N = 40 };
  Result *results = g_new0 (Result, N);

  fixture->answer = hold;
  for (guint i = 0; i < N; i++)
    floo_rest_call_async (fixture->rest, "GET", "/x", NULL, NULL, 0, NULL, called_cb, &results[i]);
  run_until (fixture->service->held->len == 6);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->service->held->len, ==, 6);

  /* The other requests follow as the first ones are answered. */
  fixture->answer = NULL;
  for (guint i = 0; i < fixture->service->held->len; i++)
    {
      service_say_json (fixture->service->held->pdata[i], fixture->body);
      soup_server_message_unpause (fixture->service->held->pdata[i]);
    }
  for (guint i = 0; i < N; i++)
    {
      run_until (results[i].done);
      g_assert_no_error (results[i].error);
      result_clear (&results[i]);
    }
  g_free (results);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "/rest/request", test_request },         { "/rest/no-cookies", test_no_cookies }, { "/rest/bad-token", test_bad_token },
    { "/rest/answer", test_answer },           { "/rest/codes", test_codes },           { "/rest/no-envelope", test_no_envelope },
    { "/rest/redirect", test_redirect },       { "/rest/large", test_large },           { "/rest/token-void", test_token_void },
    { "/rest/failover", test_failover },       { "/rest/many", test_many },
  };

  support_init (&argc, &argv);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].test, tear_down);
  g_test_add_func ("/rest/error-texts", test_error_texts);
  return g_test_run ();
}
