/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/storage/storage-private.h"

#include "base/error.h"
#include "net/storage/file-url.h"
#include "net/http/http.h"
#include "net/http/mover.h"
#include "net/http/proxy.h"
#include "net/http/tls.h"

G_DEFINE_FINAL_TYPE (FlooStorage, floo_storage, G_TYPE_OBJECT)

static void
floo_storage_finalize (GObject *object)
{
  FlooStorage *self = FLOO_STORAGE (object);

  g_clear_object (&self->rest);
  g_clear_object (&self->endpoints);
  g_free (self->app_id);
  g_strfreev (self->private_hosts);
  G_OBJECT_CLASS (floo_storage_parent_class)->finalize (object);
}

static void
floo_storage_class_init (FlooStorageClass *class)
{
  G_OBJECT_CLASS (class)->finalize = floo_storage_finalize;
}

static void
floo_storage_init (FlooStorage *self)
{
}

SoupSession *
floo_storage_session_new (void)
{
  SoupSession *session = floo_http_session_new ();

  g_object_set (session, "idle-timeout", 0, NULL);
  return session;
}

FlooStorage *
floo_storage_new (FlooRest *rest, FlooEndpoints *endpoints, const char *app_id)
{
  FlooStorage *self;

  g_return_val_if_fail (FLOO_IS_REST (rest) && FLOO_IS_ENDPOINTS (endpoints) && app_id != NULL, NULL);

  self = g_object_new (FLOO_TYPE_STORAGE, NULL);
  self->rest = g_object_ref (rest);
  self->endpoints = g_object_ref (endpoints);
  self->app_id = g_strdup (app_id);
  return self;
}

void
floo_storage_set_private_hosts (FlooStorage *self, const char *hosts)
{
  g_return_if_fail (FLOO_IS_STORAGE (self) && hosts != NULL);

  g_strfreev (self->private_hosts);
  self->private_hosts = g_strsplit (hosts, " ", -1);
}

const char *
floo_storage_get_service (FlooStorage *self, GError **error)
{
  const char *service = floo_endpoints_get_rest (self->endpoints);

  if (service == NULL)
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_OFFLINE, "the address of the service is not known yet");
  return service;
}

gboolean
floo_storage_text_is_safe (const char *text)
{
  if (text == NULL || *text == '\0')
    return FALSE;
  for (const char *p = text; *p != '\0'; p++)
    if (!g_ascii_isgraph (*p))
      return FALSE;
  return TRUE;
}

/* ---- hosts ---- */

GError *
floo_storage_refusal (void)
{
  return g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL,
                              "the file's address cannot be used: it is on this machine or in a private network");
}

static gboolean
is_known (FlooStorage *self, const char *host)
{
  for (guint i = 0; self->private_hosts != NULL && self->private_hosts[i] != NULL; i++)
    if (g_ascii_strcasecmp (self->private_hosts[i], host) == 0)
      return TRUE;
  return floo_endpoints_has_host (self->endpoints, host);
}

GUri *
floo_storage_resolve (FlooStorage *self, const char *text, GUri *from, FlooHost *host, GError **error)
{
  const char *service = floo_storage_get_service (self, error);
  gboolean ours = FALSE;
  g_autoptr (GUri) uri = service != NULL ? floo_file_url_resolve (text, from, service, &ours, error) : NULL;

  if (uri == NULL)
    return NULL;
  *host = ours ? FLOO_HOST_SERVICE : is_known (self, g_uri_get_host (uri)) ? FLOO_HOST_KNOWN : FLOO_HOST_FOREIGN;
  if (*host != FLOO_HOST_FOREIGN || floo_file_host_is_public (g_uri_get_host (uri)))
    return g_steal_pointer (&uri);
  g_propagate_error (error, floo_storage_refusal ());
  return NULL;
}

gboolean
floo_storage_is_service (FlooStorage *self, const char *url)
{
  FlooHost host = FLOO_HOST_FOREIGN;
  g_autoptr (GUri) uri = NULL;

  g_return_val_if_fail (FLOO_IS_STORAGE (self) && url != NULL, FALSE);

  uri = floo_storage_resolve (self, url, NULL, &host, NULL);
  return uri != NULL && host == FLOO_HOST_SERVICE;
}

typedef struct {
  FlooDeadline *deadline;
  gboolean *refused;
} Guard;

static void
guard_free (gpointer data, GClosure *closure)
{
  g_free (data);
}

/*
 * Checks each address of a name right before the connection, so that the name cannot resolve to another one after the check. Through a
 * proxy the name is resolved by the proxy, and the address here is the proxy's.
 */
static void
on_network_event (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  Guard *guard = user_data;
  g_autoptr (GSocketAddress) address = NULL;

  if (event != G_SOCKET_CLIENT_CONNECTING || !G_IS_SOCKET_CONNECTION (connection))
    return;
  address = g_socket_connection_get_remote_address (G_SOCKET_CONNECTION (connection), NULL);
  if (address == NULL || G_IS_PROXY_ADDRESS (address) || !G_IS_INET_SOCKET_ADDRESS (address)
      || floo_file_address_is_public (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address))))
    return;
  *guard->refused = TRUE;
  /* A cancellation alone would come too late for the first packet. */
  g_socket_close (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)), NULL);
  floo_deadline_abort (guard->deadline);
}

/*
 * Offers only HTTP/1.1 in the handshake: with HTTP/2 libsoup 3.2 waits forever for the rest of a body whose stream the server has reset,
 * and a transfer has a connection of its own anyway.
 */
static void
on_handshake (SoupMessage *message, GSocketClientEvent event, GIOStream *connection, gpointer user_data)
{
  static const char *const protocols[] = { "http/1.1", NULL };

  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    floo_movers_prepare (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)));
  if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && G_IS_TLS_CONNECTION (connection))
    g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection), protocols);
}

void
floo_storage_guard (SoupMessage *message, FlooHost host, FlooDeadline *deadline, gboolean *refused)
{
  Guard *guard;

  g_signal_connect (message, "network-event", G_CALLBACK (on_handshake), NULL);
  if (host != FLOO_HOST_FOREIGN)
    return;
  guard = g_new (Guard, 1);
  *guard = (Guard){ deadline, refused };
  g_signal_connect_data (message, "network-event", G_CALLBACK (on_network_event), guard, guard_free, 0);
}

/* ---- errors ---- */

GError *
floo_storage_status_error (guint status)
{
  static const struct {
    guint first, last;
    FlooError code;
  } known[] = {
    { 401, 401, FLOO_ERROR_PERMISSION_DENIED }, { 403, 403, FLOO_ERROR_PERMISSION_DENIED }, { 404, 404, FLOO_ERROR_NOT_FOUND },
    { 408, 408, FLOO_ERROR_TIMEOUT },           { 410, 410, FLOO_ERROR_NOT_FOUND },         { 413, 413, FLOO_ERROR_TOO_LARGE },
    { 429, 429, FLOO_ERROR_RATE_LIMITED },      { 400, 499, FLOO_ERROR_REJECTED },          { 504, 504, FLOO_ERROR_TIMEOUT },
    { 500, 599, FLOO_ERROR_OFFLINE },
  };

  if (status == FLOO_PROXY_STATUS)
    return floo_proxy_error ();
  for (guint i = 0; i < G_N_ELEMENTS (known); i++)
    if (status >= known[i].first && status <= known[i].last)
      return g_error_new (FLOO_ERROR, known[i].code, "the storage answered with HTTP %u", status);
  return g_error_new (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "the storage answered with HTTP %u", status);
}

gboolean
floo_storage_error_is_transient (const GError *error)
{
  return g_error_matches (error, FLOO_ERROR, FLOO_ERROR_OFFLINE) || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT)
         || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_RATE_LIMITED);
}
