/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http/proxy.h"

#include <string.h>

#include "base/error.h"
#include "net/http/tls.h"

/* How long credentials are sent, so that a network without the proxy does not get them for long. */
#define KEEP (10 * G_TIME_SPAN_MINUTE)
#define MAX_PLACES 64u

typedef struct {
  char *authorization;
  gint64 until; /* monotonic us */
} Known;

static GProxyResolver *configured; /* NULL: the system's */

static GMutex lock;
static GHashTable *places; /* "scheme://host:port" -> Known; under the lock */

static void
known_free (gpointer data)
{
  Known *known = data;

  explicit_bzero (known->authorization, strlen (known->authorization));
  g_free (known->authorization);
  g_free (known);
}

static char *
place_of (GUri *uri)
{
  return g_strdup_printf ("%s://%s:%d", g_uri_get_scheme (uri), g_uri_get_host (uri), g_uri_get_port (uri));
}

/* Returns: (transfer full) (nullable) */
static char *
find (const char *place)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  const Known *known = places != NULL ? g_hash_table_lookup (places, place) : NULL;

  return known != NULL && known->until > g_get_monotonic_time () ? g_strdup (known->authorization) : NULL;
}

/* @authorization: (transfer full) */
static void
keep (const char *place, char *authorization)
{
  g_autoptr (GMutexLocker) locker G_GNUC_UNUSED = g_mutex_locker_new (&lock);
  Known *known = g_new (Known, 1);

  *known = (Known){ authorization, g_get_monotonic_time () + KEEP };
  if (places == NULL)
    places = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, known_free);
  if (g_hash_table_size (places) >= MAX_PLACES)
    g_hash_table_remove_all (places);
  g_hash_table_replace (places, g_strdup (place), known);
}

/* The credentials go with the request for a tunnel; the request through it must not carry them to the service. */
static void
on_request_queued (SoupSession *session, SoupMessage *message, gpointer user_data)
{
  GUri *uri = soup_message_get_uri (message);
  g_autofree char *place = NULL;
  g_autofree char *authorization = NULL;

  if (floo_tls_is_scheme (g_uri_get_scheme (uri)) && strcmp (soup_message_get_method (message), SOUP_METHOD_CONNECT) != 0)
    return;
  place = place_of (uri);
  authorization = find (place);
  if (authorization == NULL)
    return;
  soup_message_headers_replace (soup_message_get_request_headers (message), "Proxy-Authorization", authorization);
  explicit_bzero (authorization, strlen (authorization));
}

void
floo_proxy_set (const char *url)
{
  g_clear_object (&configured);
  configured = g_simple_proxy_resolver_new (url, NULL);
}

GProxyResolver *
floo_proxy_get_resolver (void)
{
  return configured != NULL ? configured : g_proxy_resolver_get_default ();
}

void
floo_proxy_attach (SoupSession *session)
{
  if (configured != NULL)
    soup_session_set_proxy_resolver (session, configured);
  g_signal_connect (session, "request-queued", G_CALLBACK (on_request_queued), NULL);
}

/* Returns: (transfer full) (nullable): the header for the proxy of that URL, where it has a name */
static char *
read_proxy (const char *url)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_PARSE_RELAXED, NULL);
  const char *name = uri != NULL ? g_uri_get_user (uri) : NULL;
  g_autofree char *pair = NULL;
  g_autofree char *encoded = NULL;

  if (name == NULL || *name == '\0' || !g_str_has_prefix (g_uri_get_scheme (uri), "http"))
    return NULL;
  pair = g_strdup_printf ("%s:%s", name, g_uri_get_password (uri) != NULL ? g_uri_get_password (uri) : "");
  encoded = g_base64_encode ((const guchar *) pair, strlen (pair));
  explicit_bzero (pair, strlen (pair));
  return g_strconcat ("Basic ", encoded, NULL);
}

gboolean
floo_proxy_learn (GUri *uri, GCancellable *cancellable)
{
  g_autofree char *text = g_uri_to_string_partial (uri, G_URI_HIDE_USERINFO | G_URI_HIDE_QUERY | G_URI_HIDE_FRAGMENT);
  g_autofree char *place = place_of (uri);
  g_autofree char *before = find (place);
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) proxies = g_proxy_resolver_lookup (floo_proxy_get_resolver (), text, cancellable, &error);

  if (proxies == NULL)
    g_message ("The proxy could not be determined: %s", error->message);
  for (guint i = 0; proxies != NULL && proxies[i] != NULL; i++)
    {
      char *authorization = read_proxy (proxies[i]);
      gboolean is_new = g_strcmp0 (authorization, before) != 0;

      if (authorization == NULL)
        continue;
      keep (place, authorization);
      return is_new;
    }
  return FALSE;
}

static void
learn_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_boolean (task, floo_proxy_learn (task_data, cancellable));
}

void
floo_proxy_learn_async (GUri *uri, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, floo_proxy_learn_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_uri_ref (uri), (GDestroyNotify) g_uri_unref);
  g_task_run_in_thread (task, learn_thread);
}

gboolean
floo_proxy_learn_finish (GAsyncResult *result)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, floo_proxy_learn_async), FALSE);
  return g_task_propagate_boolean (G_TASK (result), NULL);
}

GError *
floo_proxy_error (void)
{
  return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE,
                              "the proxy requires a name and a password, or other ones than its URL has (HTTP 407)");
}
