/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery/discovery.h"

#include <string.h>

#include "base/error.h"
#include "base/refusal.h"
#include "net/http/deadline.h"
#include "net/http/envelope.h"
#include "net/http/http.h"
#include "net/http/proxy.h"

#define HEALTH_PATH "/api/health"
#define HEALTH_LIMIT_MS 10000u
#define DNS_PATH "/v2/app_dns"
/* Bytes; no real answer comes near it. */
#define MAX_ANSWER (1u << 20)

typedef struct {
  SoupSession *session;
  char **servers;
  gboolean whole;
  char *app_id;
  char *source;
  guint limit_ms;
  guint step_ms;
  FlooDeadline *deadline;

  guint started;   /* health checks begun, or whole URLs used without one */
  guint pending;   /* health checks under way */
  GSource *step;
  GQueue healthy;  /* of char *: borrowed from servers */
  gboolean proxy_asked; /* the proxy wanted authentication, and credentials for it were looked up */
  gboolean asking; /* a request for the app's endpoints is under way */
  gboolean done;
  GError *error;   /* the best reason so far */
} Ask;

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
ask_free (Ask *ask)
{
  g_clear_pointer (&ask->step, destroy_source);
  g_clear_object (&ask->session);
  g_strfreev (ask->servers);
  g_free (ask->app_id);
  g_free (ask->source);
  floo_deadline_free (ask->deadline);
  g_queue_clear (&ask->healthy);
  g_clear_error (&ask->error);
  g_free (ask);
}

static void go_on (GTask *task);

/* Ends the task with either; both (transfer full). Calls that are still under way are cancelled; each holds its own reference. */
static void
finish (GTask *task, FlooServiceMap *map, GError *error)
{
  Ask *ask = g_task_get_task_data (task);

  ask->done = TRUE;
  g_clear_pointer (&ask->step, destroy_source);
  if (map != NULL)
    g_task_return_pointer (task, map, (GDestroyNotify) floo_service_map_free);
  else
    {
      g_autoptr (GError) cause = error;

      g_task_return_error (task, floo_deadline_error (ask->deadline, cause, "discovery"));
    }
  floo_deadline_abort (ask->deadline);
}

/* Keeps the most useful error: that of an unusable answer rather than that of none. Takes @error. */
static void
keep_reason (Ask *ask, GError *error)
{
  if (ask->error != NULL && ask->error->code == FLOO_ERROR_PROTOCOL)
    {
      g_error_free (error);
      return;
    }
  g_clear_error (&ask->error);
  ask->error = error;
}

/* Whether asking another server cannot change anything. */
static gboolean
is_final (const GError *error)
{
  switch ((FlooError) error->code)
    {
    case FLOO_ERROR_BANNED:
    case FLOO_ERROR_FROZEN:
    case FLOO_ERROR_APP_UNAVAILABLE:
    case FLOO_ERROR_NOT_FOUND:
    case FLOO_ERROR_CANCELLED:
      return TRUE;
    default:
      return FALSE;
    }
}

/* The URL to ask, or NULL where @server is not a URL. */
static GUri *
dns_uri (const Ask *ask, const char *server)
{
  g_autofree char *base = ask->whole ? g_strdup (server) : g_strconcat (server, DNS_PATH, NULL);
  g_autofree char *app_id = g_uri_escape_string (ask->app_id, NULL, FALSE);
  g_autoptr (GUri) uri = g_uri_parse (base, SOUP_HTTP_URI_FLAGS, NULL);
  g_autofree char *query = NULL;

  if (uri == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0'
      || (strcmp (g_uri_get_scheme (uri), "http") != 0 && strcmp (g_uri_get_scheme (uri), "https") != 0))
    return NULL;
  query = g_strdup_printf ("%s%sapp_id=%s&source=%s", g_uri_get_query (uri) != NULL ? g_uri_get_query (uri) : "",
                           g_uri_get_query (uri) != NULL ? "&" : "", app_id, ask->source);
  return soup_uri_copy (uri, SOUP_URI_QUERY, query, SOUP_URI_FRAGMENT, NULL, SOUP_URI_NONE);
}

#define CODE_NO_SUCH_USER 10000
#define CODE_ACCOUNT_DELETED 10021

/* Discovery knows only applications: codes that elsewhere concern users, tokens and passwords do not have that meaning here. */
static void
restrict_meaning (GError *error)
{
  if (error->code == FLOO_ERROR_LOGIN_FAILED || error->code == FLOO_ERROR_NOT_LOGGED_IN
      || (floo_refusal_is_of_request ((FlooError) error->code) && error->code != FLOO_ERROR_INVALID_ARGUMENTS)
      || floo_error_get_service_code (error) == CODE_NO_SUCH_USER || floo_error_get_service_code (error) == CODE_ACCOUNT_DELETED)
    error->code = FLOO_ERROR_REJECTED;
}

static FlooServiceMap *
read_answer (GBytes *body, guint status, GError **error)
{
  GError *refusal = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_envelope_open (body, status, &refusal);

  if (answer != NULL)
    return floo_service_map_parse (answer->data, error);
  restrict_meaning (refusal);
  g_propagate_error (error, refusal);
  return NULL;
}

typedef struct {
  GTask *task;
  SoupMessage *message;
  char *server; /* borrowed */
} Call;

static Call *
call_new (GTask *task, SoupMessage *message, char *server)
{
  Call *call = g_new0 (Call, 1);

  call->task = g_object_ref (task);
  call->message = message;
  call->server = server;
  return call;
}

static void
call_free (Call *call)
{
  g_object_unref (call->task);
  g_object_unref (call->message);
  g_free (call);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Call, call_free)

static void ask_server (GTask *task, char *server);

/* The same server once more, with what is known of the proxy now. */
static void
learned_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  Ask *ask = g_task_get_task_data (call->task);
  gboolean learned = floo_proxy_learn_finish (result);

  ask->asking = FALSE;
  if (ask->done)
    return;
  if (learned)
    {
      ask_server (call->task, call->server);
      return;
    }
  keep_reason (ask, floo_proxy_error ());
  go_on (call->task);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  Ask *ask = g_task_get_task_data (call->task);
  GError *error = NULL;
  g_autoptr (GBytes) body = floo_http_send_finish (SOUP_SESSION (source), result, &error);
  FlooServiceMap *map;

  if (body != NULL && soup_message_get_status (call->message) == FLOO_PROXY_STATUS && !ask->proxy_asked)
    {
      GUri *uri = soup_message_get_uri (call->message);

      ask->proxy_asked = TRUE;
      floo_proxy_learn_async (uri, floo_deadline_get_cancellable (ask->deadline), learned_cb, g_steal_pointer (&call));
      return;
    }
  map = body != NULL ? read_answer (body, soup_message_get_status (call->message), &error) : NULL;

  ask->asking = FALSE;
  if (ask->done)
    {
      floo_service_map_free (map);
      g_clear_error (&error);
    }
  else if (map != NULL || is_final (error))
    finish (call->task, map, error);
  else
    {
      g_message ("A discovery server gave no usable answer: %s", error->message);
      keep_reason (ask, error);
      go_on (call->task);
    }
}

static void
ask_server (GTask *task, char *server)
{
  Ask *ask = g_task_get_task_data (task);
  g_autoptr (GUri) uri = dns_uri (ask, server);
  SoupMessage *message;

  if (uri == NULL)
    {
      keep_reason (ask, g_error_new_literal (FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "the discovery server is not an http or https URL"));
      go_on (task);
      return;
    }
  ask->asking = TRUE;
  message = soup_message_new_from_uri (SOUP_METHOD_GET, uri);
  floo_http_send_async (ask->session, message, ask->limit_ms, MAX_ANSWER, floo_deadline_get_cancellable (ask->deadline), answered_cb,
                        call_new (task, message, server));
}

static void
health_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Call) call = user_data;
  Ask *ask = g_task_get_task_data (call->task);
  GError *error = NULL;
  g_autoptr (GBytes) body = floo_http_send_finish (SOUP_SESSION (source), result, &error);

  ask->pending--;
  /* A proxy that requires authentication says nothing about the server; that is settled on the way to the endpoints. */
  if (body != NULL
      && (soup_message_get_status (call->message) == SOUP_STATUS_OK || soup_message_get_status (call->message) == FLOO_PROXY_STATUS))
    g_queue_push_tail (&ask->healthy, call->server);
  else if (!ask->done)
    keep_reason (ask, error != NULL ? g_steal_pointer (&error)
                                    : g_error_new (FLOO_ERROR, FLOO_ERROR_OFFLINE, "a discovery server failed its health check (HTTP %u)",
                                                   soup_message_get_status (call->message)));
  g_clear_error (&error);
  if (!ask->done)
    go_on (call->task);
}

static void
check_health (GTask *task, char *server)
{
  Ask *ask = g_task_get_task_data (task);
  g_autofree char *url = g_strconcat (server, HEALTH_PATH, NULL);
  SoupMessage *message = soup_message_new (SOUP_METHOD_GET, url);

  if (message == NULL)
    {
      keep_reason (ask, g_error_new_literal (FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "a discovery server is not a URL"));
      return;
    }
  ask->pending++;
  floo_http_send_async (ask->session, message, HEALTH_LIMIT_MS, MAX_ANSWER, floo_deadline_get_cancellable (ask->deadline), health_cb,
                        call_new (task, message, server));
}

/* Begins with the next server. */
static void
start_next (GTask *task)
{
  Ask *ask = g_task_get_task_data (task);
  char *server = ask->servers[ask->started++];

  if (ask->whole)
    g_queue_push_tail (&ask->healthy, server);
  else
    check_health (task, server);
}

static gboolean
on_step (gpointer user_data)
{
  g_autoptr (GTask) task = g_object_ref (user_data);
  Ask *ask = g_task_get_task_data (task);

  g_clear_pointer (&ask->step, destroy_source);
  start_next (task);
  go_on (task);
  return G_SOURCE_REMOVE;
}

/* The next step: ask a healthy server, begin another check, wait, or give up. */
static void
go_on (GTask *task)
{
  Ask *ask = g_task_get_task_data (task);

  if (g_cancellable_is_cancelled (floo_deadline_get_cancellable (ask->deadline)))
    {
      finish (task, NULL, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
      return;
    }
  /* No check is under way: begin the next one at once. */
  while (!ask->asking && ask->pending == 0 && g_queue_is_empty (&ask->healthy) && ask->servers[ask->started] != NULL)
    start_next (task);

  if (!ask->asking && !g_queue_is_empty (&ask->healthy))
    ask_server (task, g_queue_pop_head (&ask->healthy));
  else if (!ask->asking && ask->pending == 0)
    finish (task, NULL, ask->error != NULL ? g_steal_pointer (&ask->error)
                                           : g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "no discovery server answered"));
  else if (ask->pending > 0 && !ask->asking && ask->step == NULL && ask->servers[ask->started] != NULL)
    {
      ask->step = g_timeout_source_new (ask->step_ms);
      g_source_set_static_name (ask->step, "flooimd discovery");
      g_source_set_callback (ask->step, on_step, g_object_ref (task), g_object_unref);
      g_source_attach (ask->step, g_main_context_get_thread_default ());
    }
}

void
floo_discovery_ask_async (SoupSession *session, const char *const *servers, gboolean whole, const char *app_id, const char *source, guint limit_ms,
                          guint step_ms, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Ask *ask = g_new0 (Ask, 1);

  g_return_if_fail (servers != NULL && servers[0] != NULL);

  g_task_set_source_tag (task, floo_discovery_ask_async);
  g_task_set_task_data (task, ask, (GDestroyNotify) ask_free);
  g_task_set_check_cancellable (task, FALSE);
  ask->session = g_object_ref (session);
  ask->servers = g_strdupv ((char **) servers);
  ask->whole = whole;
  ask->app_id = g_strdup (app_id);
  ask->source = g_strdup (source);
  ask->limit_ms = limit_ms;
  ask->step_ms = step_ms;
  ask->deadline = floo_deadline_new (limit_ms, cancellable);
  g_queue_init (&ask->healthy);
  go_on (task);
}

FlooServiceMap *
floo_discovery_ask_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_discovery_ask_async), NULL);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* -- the race -- */

typedef struct {
  FlooDeadline *deadline;
  guint pending;
  gboolean done;
} Race;

typedef struct {
  GTask *task;
  SoupMessage *message;
  gssize index;
} Runner;

static void
race_free (Race *race)
{
  floo_deadline_free (race->deadline);
  g_free (race);
}

static void
ran_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Runner *runner = user_data;
  g_autoptr (GTask) task = runner->task;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = floo_http_send_finish (SOUP_SESSION (source), result, &error);
  Race *race = g_task_get_task_data (task);
  /* A proxy that cannot reach the server answers fast with an error, which does not count. */
  gboolean answered = body != NULL && !SOUP_STATUS_IS_SERVER_ERROR (soup_message_get_status (runner->message));

  race->pending--;
  if (!race->done && (answered || race->pending == 0))
    {
      race->done = TRUE;
      if (body == NULL && g_cancellable_is_cancelled (g_task_get_cancellable (task)))
        g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_CANCELLED, "cancelled");
      else
        g_task_return_int (task, answered ? runner->index : -1);
      floo_deadline_abort (race->deadline);
    }
  g_object_unref (runner->message);
  g_free (runner);
}

void
floo_discovery_race_async (SoupSession *session, const char *const *bases, guint limit_ms, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  Race *race = g_new0 (Race, 1);

  g_task_set_source_tag (task, floo_discovery_race_async);
  g_task_set_task_data (task, race, (GDestroyNotify) race_free);
  g_task_set_check_cancellable (task, FALSE);
  race->deadline = floo_deadline_new (limit_ms, cancellable);
  for (guint i = 0; bases[i] != NULL; i++)
    {
      g_autofree char *url = g_strconcat (bases[i], "/", NULL);
      g_autoptr (SoupMessage) message = soup_message_new (SOUP_METHOD_GET, url);
      Runner *runner;

      if (message == NULL)
        continue;
      runner = g_new0 (Runner, 1);
      runner->task = g_object_ref (task);
      runner->message = g_object_ref (message);
      runner->index = i;
      race->pending++;
      floo_http_send_async (session, message, limit_ms, MAX_ANSWER, floo_deadline_get_cancellable (race->deadline), ran_cb, runner);
    }
  if (race->pending == 0)
    g_task_return_int (task, -1);
}

gssize
floo_discovery_race_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_discovery_race_async), -1);
  return g_task_propagate_int (G_TASK (result), error);
}
