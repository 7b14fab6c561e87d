/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-net.h"

#include "base/error.h"
#include "base/json.h"

/* ---- REST ---- */

struct _FlooRest {
  GObject parent_instance;
  char *token;
};

G_DEFINE_FINAL_TYPE (FlooRest, floo_rest, G_TYPE_OBJECT)

typedef struct {
  GTask *task;
  char *text;
} Request;

static GQueue requests = G_QUEUE_INIT;
static guint token_void;

static void
request_free (gpointer data)
{
  Request *request = data;

  g_object_unref (request->task);
  g_free (request->text);
  g_free (request);
}

static void
floo_rest_finalize (GObject *object)
{
  g_free (FLOO_REST (object)->token);
  G_OBJECT_CLASS (floo_rest_parent_class)->finalize (object);
}

static void
floo_rest_class_init (FlooRestClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = floo_rest_finalize;
  token_void = g_signal_new ("token-void", FLOO_TYPE_REST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("date", FLOO_TYPE_REST, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_INT64);
}

static void
floo_rest_init (FlooRest *self)
{
}

FlooRest *
floo_rest_new (FlooEndpoints *endpoints, const char *app_id)
{
  return g_object_new (FLOO_TYPE_REST, NULL);
}

void
floo_rest_set_token (FlooRest *self, const char *token)
{
  g_free (self->token);
  self->token = g_strdup (token);
}

const char *
floo_rest_get_token (FlooRest *self)
{
  return self->token;
}

/* Ends the cancelled requests, as the real one does: later, on the main loop. */
static void
sweep (void)
{
  for (GList *l = requests.head, *next; l != NULL; l = next)
    {
      Request *request = l->data;

      next = l->next;
      if (!g_task_return_error_if_cancelled (request->task))
        continue;
      request_free (request);
      g_queue_delete_link (&requests, l);
    }
}

void
floo_rest_call_async (FlooRest *self, const char *method, const char *path, const char *const *query, JsonNode *body, FlooRestFlags flags,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Request *request = g_new0 (Request, 1);
  GString *text = g_string_new (method);
  g_autofree char *json = body != NULL ? floo_json_to_text (body) : NULL;

  g_string_append_printf (text, " %s", path);
  for (gsize i = 0; query != NULL && query[i] != NULL; i += 2)
    g_string_append_printf (text, " %s=%s", query[i], query[i + 1]);
  if (json != NULL)
    g_string_append_printf (text, " %s", json);
  request->text = g_string_free (text, FALSE);
  request->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_return_on_cancel (request->task, FALSE);
  g_queue_push_tail (&requests, request);
}

FlooRestAnswer *
floo_rest_call_finish (FlooRest *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
floo_rest_fetch_async (FlooRest *self, const char *path, const char *const *query, gsize max_body, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data)
{
  floo_rest_call_async (self, "GET", path, query, NULL, FLOO_REST_NO_TOKEN, cancellable, callback, user_data);
}

GBytes *
floo_rest_fetch_finish (FlooRest *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

const char *
fake_rest_peek (void)
{
  const Request *request;

  sweep ();
  request = g_queue_peek_head (&requests);
  return request != NULL ? request->text : NULL;
}

void
fake_rest_answer (const char *data, const char *cursor)
{
  Request *request = g_queue_pop_head (&requests);
  FlooRestAnswer *answer = g_new0 (FlooRestAnswer, 1);
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (request);
  answer->data = floo_json_parse (data, strlen (data), &error);
  g_assert_no_error (error);
  answer->cursor = g_strdup (cursor != NULL ? cursor : "");
  answer->total = -1;
  g_task_return_pointer (request->task, answer, (GDestroyNotify) floo_rest_answer_free);
  request_free (request);
}

void
fake_rest_fail (gint64 code, const char *message)
{
  Request *request = g_queue_pop_head (&requests);

  g_assert_nonnull (request);
  if (code != 0)
    g_task_return_error (request->task, floo_rest_error (code, message));
  else
    g_task_return_new_error (request->task, FLOO_ERROR, FLOO_ERROR_OFFLINE, "%s", message);
  request_free (request);
}

void
fake_rest_void_token (FlooRest *rest)
{
  g_signal_emit (rest, token_void, 0);
}

/* ---- discovery ---- */

struct _FlooEndpoints {
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (FlooEndpoints, floo_endpoints, G_TYPE_OBJECT)

static GError *next_failure;

static void
floo_endpoints_class_init (FlooEndpointsClass *klass)
{
  g_signal_new ("exhausted", FLOO_TYPE_ENDPOINTS, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
floo_endpoints_init (FlooEndpoints *self)
{
}

FlooEndpoints *
floo_endpoints_new (const char *cache_dir, const char *app_id, const char *dns_server)
{
  return g_object_new (FLOO_TYPE_ENDPOINTS, NULL);
}

void
floo_endpoints_set_fixed (FlooEndpoints *self, const char *rest_url, const char *socket_url)
{
}

void
floo_endpoints_set_source (FlooEndpoints *self, const char *source)
{
}

void
floo_endpoints_discover_async (FlooEndpoints *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  if (next_failure != NULL)
    g_task_return_error (task, g_steal_pointer (&next_failure));
  else
    g_task_return_boolean (task, TRUE);
}

void
floo_endpoints_recall_async (FlooEndpoints *self, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  floo_endpoints_discover_async (self, cancellable, callback, user_data);
}

gboolean
floo_endpoints_discover_finish (FlooEndpoints *self, GAsyncResult *result, gboolean *from_cache, GError **error)
{
  if (from_cache != NULL)
    *from_cache = FALSE;
  return g_task_propagate_boolean (G_TASK (result), error);
}

const char *
floo_endpoints_get_rest (FlooEndpoints *self)
{
  return "https://service.example";
}

char *
floo_endpoints_dup_socket_url (FlooEndpoints *self)
{
  return g_strdup ("wss://service.example/");
}

FlooFailover
floo_endpoints_socket_failed (FlooEndpoints *self, gboolean unreachable)
{
  return FLOO_FAILOVER_STAY;
}

void
floo_endpoints_socket_answered (FlooEndpoints *self)
{
}

guint
floo_endpoints_count_sockets (FlooEndpoints *self)
{
  return 1;
}

void
floo_endpoints_forget (FlooEndpoints *self)
{
}

void
fake_endpoints_fail (GError *error)
{
  g_clear_error (&next_failure);
  next_failure = error;
}

/* ---- the network ---- */

struct _FlooNetwatch {
  GObject parent_instance;
};

G_DEFINE_FINAL_TYPE (FlooNetwatch, floo_netwatch, G_TYPE_OBJECT)

static void
floo_netwatch_class_init (FlooNetwatchClass *klass)
{
  static const char *const names[] = { "came", "changed", "woke" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_signal_new (names[i], FLOO_TYPE_NETWATCH, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
floo_netwatch_init (FlooNetwatch *self)
{
}

FlooNetwatch *
floo_netwatch_new (void)
{
  return g_object_new (FLOO_TYPE_NETWATCH, NULL);
}

/* ---- the link ---- */

struct _FlooLink {
  GObject parent_instance;
  FlooLinkState state;
  FlooLinkUrlFunc url_func;
  gpointer user_data;
};

G_DEFINE_FINAL_TYPE (FlooLink, floo_link, G_TYPE_OBJECT)

static GQueue sent = G_QUEUE_INIT;
static GError *drop;

static void
floo_link_class_init (FlooLinkClass *klass)
{
  g_signal_new ("state-changed", FLOO_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("heard", FLOO_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  g_signal_new ("frame", FLOO_TYPE_LINK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_BYTES);
}

static void
floo_link_init (FlooLink *self)
{
}

FlooLink *
floo_link_new (FlooLinkUrlFunc url_func, gpointer user_data)
{
  FlooLink *self = g_object_new (FLOO_TYPE_LINK, NULL);

  self->url_func = url_func;
  self->user_data = user_data;
  return self;
}

void
floo_link_set_failed_func (FlooLink *self, FlooLinkFailedFunc func)
{
}

void
floo_link_set_netwatch (FlooLink *self, FlooNetwatch *netwatch)
{
}

void
fake_link_set_state (FlooLink *self, FlooLinkState state)
{
  self->state = state;
  g_signal_emit_by_name (self, "state-changed");
}

void
floo_link_start (FlooLink *self)
{
  g_autofree char *url = self->url_func (self, 0, self->user_data);

  if (url != NULL)
    fake_link_set_state (self, FLOO_LINK_CONNECTING);
}

void
floo_link_stop (FlooLink *self)
{
  self->state = FLOO_LINK_DOWN;
}

void
floo_link_drop (FlooLink *self, const GError *error)
{
  g_clear_error (&drop);
  drop = g_error_copy (error);
  fake_link_set_state (self, FLOO_LINK_WAITING);
}

void
floo_link_send (FlooLink *self, GBytes *frame)
{
  g_queue_push_tail (&sent, g_bytes_ref (frame));
}

FlooLinkState
floo_link_get_state (FlooLink *self)
{
  return self->state;
}

guint
floo_link_get_attempts (FlooLink *self)
{
  return 0;
}

void
floo_link_reset_attempts (FlooLink *self)
{
}

gint64
floo_link_get_next_retry (FlooLink *self)
{
  return 0;
}

const GError *
floo_link_get_error (FlooLink *self)
{
  return drop;
}

void
fake_link_receive (FlooLink *self, GBytes *frame)
{
  g_signal_emit_by_name (self, "frame", frame);
}

GBytes *
fake_link_take_sent (void)
{
  return g_queue_pop_head (&sent);
}

GError *
fake_link_take_drop (void)
{
  return g_steal_pointer (&drop);
}

void
fake_net_reset (void)
{
  Request *request;

  while ((request = g_queue_pop_head (&requests)) != NULL)
    {
      g_task_return_new_error (request->task, FLOO_ERROR, FLOO_ERROR_CANCELLED, "The test is over");
      request_free (request);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_queue_clear_full (&sent, (GDestroyNotify) g_bytes_unref);
  g_clear_error (&drop);
  g_clear_error (&next_failure);
}
