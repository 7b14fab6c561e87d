/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/rest/rest.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/names.h"
#include "net/http/deadline.h"
#include "net/http/envelope.h"
#include "net/http/http.h"
#include "net/http/proxy.h"

/* A host that accepts no connection for this long is replaced by another one, if there is one. */
#define CONNECT_LIMIT_MS 4000
#define MAX_TRIES 8u
/* Bodies of this size or more are parsed on a worker thread: that takes more than a millisecond. */
#define LARGE_BODY (32u << 10)

enum { SIGNAL_TOKEN_VOID, SIGNAL_DATE, N_SIGNALS };

static guint signals[N_SIGNALS];

struct _FlooRest {
  GObject parent_instance;

  FlooEndpoints *endpoints;
  char *app_id;
  char *token;
  gboolean void_told; /* of the present token */
  guint limit_ms;
  SoupSession *session;
};

G_DEFINE_FINAL_TYPE (FlooRest, floo_rest, G_TYPE_OBJECT)

typedef struct {
  char *method;
  char *path;
  char **query;
  JsonNode *content; /* (nullable): of the request */
  FlooRestFlags flags;
  GCancellable *cancellable; /* (nullable): the caller's */
  gint64 until; /* monotonic us */
  guint tries;
  gboolean proxy_asked; /* the proxy wanted authentication, and credentials for it were looked up */

  /* The present attempt. */
  SoupMessage *message;
  char *base;  /* where it went */
  char *token; /* that it carries; NULL: none */
  FlooDeadline *deadline;
  GSource *timer; /* (nullable): until there is a connection */
  gboolean connecting;
  gboolean started; /* there is a connection, and the request goes out on it */
  gboolean silent;  /* it was cancelled because no connection was made in time */
  GBytes *body;
} Call;

static void
secret_free (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
call_end_try (Call *call)
{
  g_clear_pointer (&call->timer, destroy_source);
  if (call->message != NULL)
    g_signal_handlers_disconnect_by_data (call->message, call);
  g_clear_object (&call->message);
  g_clear_pointer (&call->base, g_free);
  g_clear_pointer (&call->token, secret_free);
  g_clear_pointer (&call->deadline, floo_deadline_free);
  g_clear_pointer (&call->body, g_bytes_unref);
  call->connecting = call->started = call->silent = FALSE;
}

static void
call_free (Call *call)
{
  call_end_try (call);
  g_free (call->method);
  g_free (call->path);
  g_strfreev (call->query);
  g_clear_pointer (&call->content, json_node_unref);
  g_clear_object (&call->cancellable);
  g_free (call);
}

/* -- the request -- */

static int
compare_keys (gconstpointer a, gconstpointer b)
{
  const char *const *first = *(const char *const *const *) a;
  const char *const *second = *(const char *const *const *) b;

  return strcmp (first[0], second[0]);
}

/* Returns: (transfer full): "?a=1&b=2" in the order of the keys, or "". */
static char *
build_query (const char *const *query)
{
  g_autoptr (GPtrArray) pairs = g_ptr_array_new (); /* of const char *const *: key, value */
  GString *text = g_string_new (NULL);

  for (guint i = 0; query != NULL && query[i] != NULL; i += 2)
    g_ptr_array_add (pairs, (gpointer) (query + i));
  g_ptr_array_sort (pairs, compare_keys);
  for (guint i = 0; i < pairs->len; i++)
    {
      const char *const *pair = pairs->pdata[i];
      g_autofree char *key = g_uri_escape_string (pair[0], NULL, FALSE);
      g_autofree char *value = g_uri_escape_string (pair[1], NULL, FALSE);

      g_string_append_printf (text, "%c%s=%s", i == 0 ? '?' : '&', key, value);
    }
  return g_string_free (text, FALSE);
}

/* Whether @value, which may come from a service or a client, can be put into a header. */
static gboolean
fits_header (const char *value)
{
  for (const char *p = value; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return FALSE;
  return *value != '\0';
}

static void
set_body (SoupMessage *message, JsonNode *body)
{
  g_autofree char *text = body != NULL ? floo_json_to_text (body) : g_strdup ("{}");
  gsize len = strlen (text);
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_steal_pointer (&text), len);

  soup_message_set_request_body_from_bytes (message, "application/json", bytes);
}

/* The whole request, or NULL. */
static SoupMessage *
build_message (FlooRest *self, const char *method, const char *path, const char *const *query, JsonNode *body, const char *token,
               GError **error)
{
  const char *base = floo_endpoints_get_rest (self->endpoints);
  g_autofree char *suffix = build_query (query);
  g_autofree char *url = g_strconcat (base != NULL ? base : "", path, suffix, NULL);
  SoupMessage *message;
  SoupMessageHeaders *headers;

  if (base == NULL)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_OFFLINE, "the address of the service is not known yet");
      return NULL;
    }
  if (!fits_header (self->app_id) || (token != NULL && !fits_header (token)))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "the %s contains characters that are not allowed",
                   fits_header (self->app_id) ? "token" : "app id");
      return NULL;
    }
  message = soup_message_new (method, url);
  if (message == NULL)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "the request's URL is not valid");
      return NULL;
    }
  headers = soup_message_get_request_headers (message);
  soup_message_headers_append (headers, "app_id", self->app_id);
  if (token != NULL)
    soup_message_headers_append (headers, "access-token", token);
  if (strcmp (method, "POST") == 0)
    set_body (message, body);
  return message;
}

/* -- the answer -- */

static void
finish (GTask *task, FlooRestAnswer *answer, GError *error)
{
  FlooRest *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);

  if (answer != NULL)
    {
      g_task_return_pointer (task, answer, (GDestroyNotify) floo_rest_answer_free);
      return;
    }
  if (floo_rest_error_is_token_void (error) && call->token != NULL && g_strcmp0 (call->token, self->token) == 0
      && !self->void_told)
    {
      self->void_told = TRUE;
      g_signal_emit (self, signals[SIGNAL_TOKEN_VOID], 0);
    }
  g_task_return_error (task, error);
}

static void
open_thread (GTask *inner, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  Call *call = task_data;
  GError *error = NULL;
  FlooRestAnswer *answer = floo_envelope_open (call->body, soup_message_get_status (call->message), &error);

  if (answer != NULL)
    {
      answer->large = TRUE;
      g_task_return_pointer (inner, answer, (GDestroyNotify) floo_rest_answer_free);
    }
  else
    g_task_return_error (inner, error);
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  FlooRestAnswer *answer = g_task_propagate_pointer (G_TASK (result), &error);

  finish (task, answer, error);
}

/* @task: (transfer none) */
static void
open_envelope (GTask *task)
{
  Call *call = g_task_get_task_data (task);
  GError *error = NULL;
  FlooRestAnswer *answer;

  if (g_bytes_get_size (call->body) > LARGE_BODY)
    {
      g_autoptr (GTask) inner = g_task_new (NULL, NULL, opened_cb, g_object_ref (task));

      g_task_set_source_tag (inner, open_envelope);
      g_task_set_task_data (inner, call, NULL); /* task has it */
      g_task_run_in_thread (inner, open_thread);
      return;
    }
  answer = floo_envelope_open (call->body, soup_message_get_status (call->message), &error);
  finish (task, answer, error);
}

/* -- failover -- */

static gboolean
is_repeatable (const Call *call)
{
  return strcmp (call->method, "GET") == 0 || (call->flags & FLOO_REST_REPEATABLE) != 0;
}

/* Whether the service was unreachable at the host: no connection, or a proxy that says so. */
static gboolean
is_unreachable (const Call *call)
{
  guint status = call->body != NULL ? soup_message_get_status (call->message) : 0;

  if (call->body == NULL)
    return !call->started;
  return status == SOUP_STATUS_BAD_GATEWAY || status == SOUP_STATUS_SERVICE_UNAVAILABLE || status == SOUP_STATUS_GATEWAY_TIMEOUT;
}

/*
 * Counts the result of the attempt, if the host in use is still the one that was asked: when many calls fail at once, five count.
 *
 * Returns: TRUE: the request is to be sent to the host that is in use now
 */
static gboolean
count (FlooRest *self, const Call *call)
{
  gboolean ours = g_strcmp0 (call->base, floo_endpoints_get_rest (self->endpoints)) == 0;
  gboolean unreachable = is_unreachable (call);
  FlooFailover failover = ours ? FLOO_FAILOVER_STAY : FLOO_FAILOVER_NEXT;

  if (call->cancellable != NULL && g_cancellable_is_cancelled (call->cancellable))
    return FALSE;
  if (ours && call->body != NULL && floo_http_status_is_success (soup_message_get_status (call->message)))
    floo_endpoints_rest_answered (self->endpoints);
  else if (ours)
    failover = floo_endpoints_rest_failed (self->endpoints, unreachable);
  return unreachable && failover == FLOO_FAILOVER_NEXT && (call->body == NULL || is_repeatable (call))
         && call->tries < MIN (MAX_TRIES, floo_endpoints_count_rest (self->endpoints)) && g_get_monotonic_time () < call->until;
}

static gboolean
on_connect_limit (gpointer user_data)
{
  Call *call = user_data;

  /* It may be waiting for one of the present connections. */
  if (!call->connecting)
    return G_SOURCE_CONTINUE;
  call->silent = TRUE;
  g_clear_pointer (&call->timer, destroy_source);
  floo_deadline_abort (call->deadline);
  return G_SOURCE_REMOVE;
}

static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  Call *call = user_data;

  if (event == G_SOCKET_CLIENT_RESOLVING || event == G_SOCKET_CLIENT_CONNECTING)
    call->connecting = TRUE;
  else if (event == G_SOCKET_CLIENT_CONNECTED)
    call->connecting = FALSE;
}

static void
on_starting (SoupMessage *message, gpointer user_data)
{
  Call *call = user_data;

  call->started = TRUE;
  call->connecting = FALSE;
  g_clear_pointer (&call->timer, destroy_source);
}

/* Only of an answer of the service itself: a proxy has another clock. */
static void
tell_date (FlooRest *self, SoupMessage *message)
{
  const char *text = soup_message_headers_get_one (soup_message_get_response_headers (message), "Date");
  g_autoptr (GDateTime) date = text != NULL ? soup_date_time_new_from_http_string (text) : NULL;

  if (date != NULL && floo_http_status_is_success (soup_message_get_status (message)))
    g_signal_emit (self, signals[SIGNAL_DATE], 0, g_date_time_to_unix (date) * 1000);
}

static void send_request (GTask *task);

static void
learned_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  if (floo_proxy_learn_finish (result))
    send_request (task);
  else
    g_task_return_error (task, floo_proxy_error ());
}

static void
sent_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooRest *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  call->body = floo_http_send_finish (SOUP_SESSION (source), result, &error);
  g_clear_pointer (&call->timer, destroy_source);
  if (call->body != NULL)
    tell_date (self, call->message);
  if (call->body != NULL && soup_message_get_status (call->message) == FLOO_PROXY_STATUS && !call->proxy_asked)
    {
      call->proxy_asked = TRUE;
      floo_proxy_learn_async (soup_message_get_uri (call->message), call->cancellable, learned_cb, g_object_ref (task));
    }
  else if (count (self, call))
    send_request (task);
  else if (call->body != NULL)
    open_envelope (task);
  else if (call->silent)
    g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_OFFLINE, "the service: no connection within %d s", CONNECT_LIMIT_MS / 1000);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* An attempt at the host in use. @task: (transfer none) */
static void
send_request (GTask *task)
{
  FlooRest *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);
  const char *token = (call->flags & FLOO_REST_NO_TOKEN) != 0 ? NULL : self->token;
  guint left_ms = (guint) MAX ((call->until - g_get_monotonic_time ()) / 1000, 1);
  GError *error = NULL;

  call_end_try (call);
  call->tries++;
  call->base = g_strdup (floo_endpoints_get_rest (self->endpoints));
  call->token = g_strdup (token);
  call->message = build_message (self, call->method, call->path, (const char *const *) call->query, call->content, token, &error);
  if (call->message == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_signal_connect (call->message, "network-event", G_CALLBACK (on_network_event), call);
  g_signal_connect (call->message, "starting", G_CALLBACK (on_starting), call);
  /* Used to abort the attempt; the time limit is the whole request's. */
  call->deadline = floo_deadline_new (2 * self->limit_ms + 1000, call->cancellable);
  if (floo_endpoints_count_rest (self->endpoints) > 1)
    {
      call->timer = g_timeout_source_new (CONNECT_LIMIT_MS);
      g_source_set_static_name (call->timer, "flooimd connect limit");
      g_source_set_callback (call->timer, on_connect_limit, call, NULL);
      g_source_attach (call->timer, g_main_context_get_thread_default ());
    }
  floo_http_send_async (self->session, call->message, left_ms, FLOO_MAX_JSON, floo_deadline_get_cancellable (call->deadline), sent_cb,
                        g_object_ref (task));
}

void
floo_rest_call_async (FlooRest *self, const char *method, const char *path, const char *const *query, JsonNode *body,
                      FlooRestFlags flags, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Call *call;

  g_return_if_fail (FLOO_IS_REST (self));
  g_return_if_fail (method != NULL && path != NULL && *path == '/');

  task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (task, floo_rest_call_async);
  g_task_set_check_cancellable (task, FALSE);
  call = g_new0 (Call, 1);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);
  call->method = g_strdup (method);
  call->path = g_strdup (path);
  call->query = g_strdupv ((char **) query);
  call->content = body != NULL ? json_node_copy (body) : NULL;
  call->flags = flags;
  call->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  call->until = g_get_monotonic_time () + (gint64) self->limit_ms * 1000;
  send_request (task);
}

FlooRestAnswer *
floo_rest_call_finish (FlooRest *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_rest_call_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* -- what is no envelope -- */

static void
fetched_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SoupMessage *message = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) body = floo_http_send_finish (SOUP_SESSION (source), result, &error);

  if (body == NULL)
    g_task_return_error (task, error);
  else if (soup_message_get_status (message) == SOUP_STATUS_NOT_FOUND)
    g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "the service does not have it (any more)");
  else if (!floo_http_status_is_success (soup_message_get_status (message)))
    g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the service answered with HTTP %u", soup_message_get_status (message));
  else
    g_task_return_pointer (task, g_steal_pointer (&body), (GDestroyNotify) g_bytes_unref);
}

void
floo_rest_fetch_async (FlooRest *self, const char *path, const char *const *query, gsize max_body, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  SoupMessage *message = build_message (self, "GET", path, query, NULL, NULL, &error);

  g_task_set_source_tag (task, floo_rest_fetch_async);
  if (message == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_task_set_task_data (task, message, g_object_unref);
  floo_http_send_async (self->session, message, self->limit_ms, max_body, cancellable, fetched_cb, g_steal_pointer (&task));
}

GBytes *
floo_rest_fetch_finish (FlooRest *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* -- the object -- */

static void
floo_rest_finalize (GObject *object)
{
  FlooRest *self = FLOO_REST (object);

  g_clear_object (&self->endpoints);
  g_clear_object (&self->session);
  g_free (self->app_id);
  secret_free (self->token);
  G_OBJECT_CLASS (floo_rest_parent_class)->finalize (object);
}

static void
floo_rest_class_init (FlooRestClass *class)
{
  G_OBJECT_CLASS (class)->finalize = floo_rest_finalize;
  signals[SIGNAL_TOKEN_VOID] = g_signal_new ("token-void", FLOO_TYPE_REST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[SIGNAL_DATE] = g_signal_new ("date", FLOO_TYPE_REST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT64);
}

static void
floo_rest_init (FlooRest *self)
{
  self->limit_ms = FLOO_REST_TIMEOUT_MS;
  self->session = floo_http_session_new ();
}

FlooRest *
floo_rest_new (FlooEndpoints *endpoints, const char *app_id)
{
  FlooRest *self;

  g_return_val_if_fail (FLOO_IS_ENDPOINTS (endpoints) && app_id != NULL, NULL);

  self = g_object_new (FLOO_TYPE_REST, NULL);
  self->endpoints = g_object_ref (endpoints);
  self->app_id = g_strdup (app_id);
  return self;
}

void
floo_rest_set_token (FlooRest *self, const char *token)
{
  char *old;

  g_return_if_fail (FLOO_IS_REST (self));

  if (g_strcmp0 (self->token, token) == 0)
    return;
  old = self->token;
  self->token = g_strdup (token != NULL && *token != '\0' ? token : NULL);
  self->void_told = FALSE;
  secret_free (old);
}

const char *
floo_rest_get_token (FlooRest *self)
{
  g_return_val_if_fail (FLOO_IS_REST (self), NULL);
  return self->token;
}

void
floo_rest_set_time_limit (FlooRest *self, guint limit_ms)
{
  g_return_if_fail (FLOO_IS_REST (self));
  self->limit_ms = limit_ms;
}
