/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hosts.h"

#include "base/json.h"
#include "control.h"

struct _SbHosts {
  GPtrArray *lists[SB_N_HOST_LISTS];  /* of char * */
  GPtrArray *held;                    /* GObject: sockets and servers that make the dead ports */
};

static const char *const list_names[] = { "ratel", "webim", "clusters" };

SbHosts *
sb_hosts_new (void)
{
  SbHosts *self = g_new0 (SbHosts, 1);

  for (gsize i = 0; i < SB_N_HOST_LISTS; i++)
    self->lists[i] = g_ptr_array_new_with_free_func (g_free);
  self->held = g_ptr_array_new_with_free_func (g_object_unref);
  return self;
}

void
sb_hosts_free (SbHosts *self)
{
  for (gsize i = 0; i < SB_N_HOST_LISTS; i++)
    g_ptr_array_unref (self->lists[i]);
  g_ptr_array_unref (self->held);
  g_free (self);
}

GPtrArray *
sb_hosts_list (SbHosts *self, SbHostList list)
{
  return self->lists[list];
}

/* ---- dead ports ---- */

static GSocket *
new_socket (SbHosts *self, GError **error)
{
  GSocket *socket = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, error);

  if (socket != NULL)
    g_ptr_array_add (self->held, socket);
  return socket;
}

/* A socket that keeps a port of its own, where nobody listens. */
static GSocket *
bound_socket (SbHosts *self, GError **error)
{
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  GSocket *socket = new_socket (self, error);

  return socket != NULL && g_socket_bind (socket, any, FALSE, error) ? socket : NULL;
}

static char *
address_of (GSocket *socket, GError **error)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, error);

  return address == NULL ? NULL
                         : g_strdup_printf ("127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}

static char *
make_refused (SbHosts *self, GError **error)
{
  GSocket *socket = bound_socket (self, error);

  return socket == NULL ? NULL : address_of (socket, error);
}

/* The kernel accepts connections, and nobody ever reads from them. */
static char *
make_mute (SbHosts *self, GError **error)
{
  GSocket *socket = bound_socket (self, error);

  if (socket == NULL)
    return NULL;
  g_socket_set_listen_backlog (socket, 1000);
  return g_socket_listen (socket, error) ? address_of (socket, error) : NULL;
}

/* Once the queue of connections that nobody accepts is full, Linux drops further SYNs. */
static char *
make_silent (SbHosts *self, GError **error)
{
  GSocket *socket = bound_socket (self, error);
  g_autoptr (GSocketAddress) address = NULL;

  if (socket == NULL)
    return NULL;
  g_socket_set_listen_backlog (socket, 0);
  if (!g_socket_listen (socket, error) || (address = g_socket_get_local_address (socket, error)) == NULL)
    return NULL;
  for (int i = 0; i < 2; i++)
    {
      GSocket *filler = new_socket (self, error);
      g_autoptr (GError) pending = NULL;

      if (filler == NULL)
        return NULL;
      g_socket_set_blocking (filler, FALSE);
      if (!g_socket_connect (filler, address, NULL, &pending) && !g_error_matches (pending, G_IO_ERROR, G_IO_ERROR_PENDING))
        {
          g_propagate_error (error, g_steal_pointer (&pending));
          return NULL;
        }
    }
  return address_of (socket, error);
}

static void
on_bad_gateway (SoupServer *server, SoupServerMessage *msg, const char *path, GHashTable *query, gpointer user_data)
{
  soup_server_message_set_status (msg, SOUP_STATUS_BAD_GATEWAY, NULL);
}

static char *
make_bad_gateway (SbHosts *self, GError **error)
{
  SoupServer *server = soup_server_new (NULL, NULL);
  GSList *uris;
  char *address;

  g_ptr_array_add (self->held, server);
  soup_server_add_early_handler (server, NULL, on_bad_gateway, NULL, NULL);
  if (!soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, error))
    return NULL;
  uris = soup_server_get_uris (server);
  address = g_strdup_printf ("127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return address;
}

/* "live" makes NULL without an error. */
static const struct {
  const char *name;
  char *(*make) (SbHosts *self, GError **error);
} kinds[] = {
  { "live", NULL }, { "refused", make_refused }, { "silent", make_silent }, { "mute", make_mute }, { "502", make_bad_gateway },
};

/* ---- the control call ---- */

static gboolean
fill_list (SbHosts *self, SbHostList list, JsonArray *names, GError **error)
{
  for (guint i = 0; i < json_array_get_length (names); i++)
    {
      JsonNode *node = json_array_get_element (names, i);
      const char *name = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_string (node) : NULL;
      gsize kind = 0;
      char *address;

      while (kind < G_N_ELEMENTS (kinds) && g_strcmp0 (kinds[kind].name, name) != 0)
        kind++;
      if (kind == G_N_ELEMENTS (kinds))
        return sb_control_fail (error, "%s: a list of live, refused, silent, mute, 502", list_names[list]);
      address = kinds[kind].make == NULL ? NULL : kinds[kind].make (self, error);
      if (address == NULL && kinds[kind].make != NULL)
        return FALSE;
      g_ptr_array_add (self->lists[list], address);
    }
  return TRUE;
}

gboolean
sb_control_discovery (SbControl *control, GError **error)
{
  SbHosts *self = control->sandbox->hosts;

  for (gsize i = 0; i < SB_N_HOST_LISTS; i++)
    g_ptr_array_set_size (self->lists[i], 0);
  g_ptr_array_set_size (self->held, 0);
  for (gsize i = 0; i < SB_N_HOST_LISTS; i++)
    {
      JsonArray *names = floo_json_get_array (control->body, list_names[i]);

      if (names != NULL && !fill_list (self, (SbHostList) i, names, error))
        return FALSE;
    }
  return TRUE;
}
