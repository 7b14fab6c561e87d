/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sandbox.h"

#include "base/json.h"
#include "accounts.h"
#include "control.h"
#include "cors.h"
#include "files.h"
#include "hosts.h"
#include "rest.h"
#include "socket.h"
#include "trace.h"
#include "waits.h"

static void
rest_fault_free (SbRestFault *fault)
{
  g_free (fault->path);
  g_free (fault->message);
  g_free (fault->body);
  g_free (fault);
}

Sandbox *
sandbox_new (guint32 seed)
{
  Sandbox *self = g_new0 (Sandbox, 1);

  sb_set_clock_skew (0);
  self->state = sb_state_new (seed);
  self->settings.page_size = 50;
  self->settings.page_bytes = SB_PAGE_BYTES;
  self->settings.ping_interval = 25000;
  self->settings.ping_timeout = 5000;
  self->settings.qr_lifetime = 3 * 60 * 1000;
  self->settings.sms_interval = 60 * 1000;
  self->settings.recall_window = 5 * 60 * 1000;
  self->settings.app_status = g_strdup ("normal");
  self->bot.on = TRUE;
  self->faults.refuse_status = SOUP_STATUS_SERVICE_UNAVAILABLE;
  self->faults.ack_rand = g_rand_new_with_seed (seed);
  self->faults.rest = g_ptr_array_new_with_free_func ((GDestroyNotify) rest_fault_free);
  self->trace = sb_trace_new ();
  self->waits = sb_waits_new (self);
  self->files = sb_files_new ();
  self->hosts = sb_hosts_new ();
  self->accounts = sb_accounts_new ();
  self->connections = g_ptr_array_new_with_free_func ((GDestroyNotify) sb_connection_free);
  self->timers = g_hash_table_new_full (NULL, NULL, (GDestroyNotify) g_source_unref, NULL);
  return self;
}

void
sandbox_free (Sandbox *self)
{
  GHashTableIter iter;
  gpointer source;

  sb_waits_free (self->waits);
  g_ptr_array_unref (self->connections);
  if (self->server != NULL)
    soup_server_disconnect (self->server);
  g_clear_object (&self->server);
  g_hash_table_iter_init (&iter, self->timers);
  while (g_hash_table_iter_next (&iter, &source, NULL))
    g_source_destroy (source);
  g_hash_table_unref (self->timers);
  sb_files_free (self->files);
  sb_hosts_free (self->hosts);
  sb_accounts_free (self->accounts);
  sb_trace_free (self->trace);
  g_ptr_array_unref (self->faults.rest);
  g_rand_free (self->faults.ack_rand);
  g_free (self->settings.app_status);
  sb_state_free (self->state);
  g_free (self->origin);
  g_free (self->host);
  g_free (self->elsewhere);
  g_free (self->persist);
  g_free (self);
}

/* ---- timers ---- */

typedef struct {
  Sandbox *sandbox;
  GSource *source;
  GSourceOnceFunc func;
  gpointer data;
  GDestroyNotify destroy;     /* NULL once @func has taken @data */
} Timer;

static void
timer_free (gpointer data)
{
  Timer *timer = data;

  if (timer->destroy != NULL)
    timer->destroy (timer->data);
  g_free (timer);
}

static gboolean
on_timer (gpointer user_data)
{
  Timer *timer = user_data;
  Sandbox *sandbox = timer->sandbox;
  GSource *source = timer->source;

  timer->destroy = NULL;
  timer->func (timer->data);
  g_hash_table_remove (sandbox->timers, source);
  return G_SOURCE_REMOVE;
}

void
sandbox_after (Sandbox *self, guint delay_ms, GSourceOnceFunc func, gpointer data, GDestroyNotify destroy)
{
  Timer *timer = g_new (Timer, 1);

  *timer = (Timer) { self, g_timeout_source_new (delay_ms), func, data, destroy };
  g_source_set_callback (timer->source, on_timer, timer, timer_free);
  g_source_attach (timer->source, NULL);
  g_hash_table_insert (self->timers, timer->source, timer);
}

void
sandbox_hasten (Sandbox *self, GSourceOnceFunc func)
{
  GHashTableIter iter;
  gpointer source, value;

  g_hash_table_iter_init (&iter, self->timers);
  while (g_hash_table_iter_next (&iter, &source, &value))
    if (((const Timer *) value)->func == func)
      g_source_set_ready_time (source, 0);
}

gboolean
sandbox_take (int *count)
{
  if (*count == 0)
    return FALSE;
  if (*count > 0)
    (*count)--;
  return TRUE;
}

/* ---- HTTP ---- */

void
sb_answer_json (SoupServerMessage *msg, guint status, JsonNode *root)
{
  char *text = floo_json_to_text (root);

  soup_server_message_set_status (msg, status, NULL);
  soup_server_message_set_response (msg, "application/json; charset=utf-8", SOUP_MEMORY_TAKE, text, strlen (text));
}

/* By the sandbox's clock, which may differ from the machine's. */
static void
set_date (SoupServerMessage *msg)
{
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_utc (sb_now () / 1000);
  g_autofree char *date = soup_date_time_to_string (now, SOUP_DATE_HTTP);

  soup_message_headers_replace (soup_server_message_get_response_headers (msg), "Date", date);
}

static void
on_request (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query, gpointer user_data)
{
  Sandbox *self = user_data;

  set_date (msg);
  if (g_str_has_prefix (path, "/control/"))
    sb_control_handle (self, msg, path + strlen ("/control/"));
  else if (!sb_discovery_handle (self, msg, path, query) && !sb_files_handle (self, msg, path, query)
           && !sb_captcha_handle (self, msg, path, query))
    sb_rest_handle (self, msg, path);
}

static void
on_request_head (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query, gpointer user_data)
{
  if (!sb_cors_begin (msg))
    sb_files_begin (user_data, msg, path);
}

/* The port of the listener that was added last. */
static int
listen_on (SoupServer *server, guint16 port, SoupServerListenOptions options, GError **error)
{
  g_autoptr (GHashTable) before = g_hash_table_new (NULL, NULL);
  GSList *uris = soup_server_get_uris (server);
  int found = 0;

  for (GSList *l = uris; l != NULL; l = l->next)
    g_hash_table_add (before, GINT_TO_POINTER (g_uri_get_port (l->data)));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  if (!soup_server_listen_local (server, port, SOUP_SERVER_LISTEN_IPV4_ONLY | options, error))
    return 0;
  uris = soup_server_get_uris (server);
  for (GSList *l = uris; l != NULL; l = l->next)
    if (!g_hash_table_contains (before, GINT_TO_POINTER (g_uri_get_port (l->data))))
      found = g_uri_get_port (l->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return found;
}

gboolean
sandbox_listen (Sandbox *self, guint16 port, GTlsCertificate *certificate, GError **error)
{
  SoupServerListenOptions options = certificate != NULL ? SOUP_SERVER_LISTEN_HTTPS : 0;
  const char *protocol = certificate != NULL ? "https" : "http";
  int first, second, secure;

  self->server = soup_server_new ("server-header", "flooim-sandbox ", NULL);
  soup_server_add_early_handler (self->server, NULL, on_request_head, self, NULL);
  soup_server_add_handler (self->server, NULL, on_request, self, NULL);
  sb_socket_attach (self);
  if (certificate != NULL)
    soup_server_set_tls_certificate (self->server, certificate);
  /* The first port is without TLS in any case, for the control interface. */
  first = listen_on (self->server, port, 0, error);
  secure = first != 0 && certificate != NULL ? listen_on (self->server, 0, options, error) : first;
  second = secure != 0 ? listen_on (self->server, 0, options, error) : 0;
  if (second == 0)
    return FALSE;
  self->port = (guint16) first;
  self->protocol = protocol;
  self->host = g_strdup_printf ("127.0.0.1:%d", secure);
  self->elsewhere = g_strdup_printf ("%s://127.0.0.1:%d", protocol, second);
  self->origin = g_strdup_printf ("%s://%s", protocol, self->host);
  return TRUE;
}
