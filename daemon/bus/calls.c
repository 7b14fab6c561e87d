/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls.c: limits the calls under way. Each is answered in time, even if it needs several requests to the service, or a user who unlocks a
 * keyring; and the number of calls, per client and in all, is bounded.
 */
#include "base/error.h"
#include "base/memory.h"
#include "base/names.h"
#include "bus/interface.h"

#define CALL_KEY "flooimd-call"

/* The calls of one client. */
typedef struct {
  char *name;
  guint calls;
  gsize bytes;          /* of arguments */
} Client;

typedef struct {
  Client *client;       /* (nullable): it was refused */
  gsize bytes;
  guint timer;
  gboolean is_over;
} Call;

static GHashTable *clients;     /* name -> Client; NULL: there is none */
static Client all;

static void
client_free (gpointer data)
{
  Client *client = data;

  g_free (client->name);
  g_free (client);
}

static Client *
get_client (const char *name)
{
  Client *client;

  if (clients == NULL)
    clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, client_free);
  client = g_hash_table_lookup (clients, name);
  if (client == NULL)
    {
      client = g_new0 (Client, 1);
      client->name = g_strdup (name);
      g_hash_table_insert (clients, client->name, client);
    }
  return client;
}

static void
count (Client *client, gint sign, gsize bytes)
{
  client->calls += (guint) sign;
  client->bytes += sign > 0 ? bytes : -bytes;
}

static void
leave (Call *call)
{
  Client *client = g_steal_pointer (&call->client);

  if (client == NULL)
    return;
  count (&all, -1, call->bytes);
  count (client, -1, call->bytes);
  if (client->calls == 0)
    g_hash_table_remove (clients, client->name);
  if (g_hash_table_size (clients) == 0)
    g_clear_pointer (&clients, g_hash_table_unref);
}

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_handle_id (&call->timer, g_source_remove);
  leave (call);
  g_free (call);
}

static gboolean
on_over (gpointer invocation)
{
  Call *call = g_object_get_data (invocation, CALL_KEY);

  call->timer = 0;
  call->is_over = TRUE;
  g_dbus_method_invocation_return_error (g_object_ref (invocation), FLOO_ERROR, FLOO_ERROR_TIMEOUT,
                                         "No result within %d s; the operation may still complete", FLOO_CALL_TIMEOUT_MS / 1000);
  return G_SOURCE_REMOVE;
}

/* A client without calls under way is always accepted, since the arguments of one call are bounded. */
static gboolean
has_room (const Client *client, gsize bytes, GError **error)
{
  if (client->calls < FLOO_BUS_CLIENT_CALLS && (client->calls == 0 || client->bytes + bytes <= FLOO_BUS_CLIENT_BYTES)
      && all.calls < FLOO_BUS_CALLS && (client->calls == 0 || all.bytes + bytes <= FLOO_BUS_BYTES))
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_LIMITS_EXCEEDED, "There are %u calls with %zu bytes of arguments under way already, %u of them by you",
               all.calls, all.bytes, client->calls);
  return FALSE;
}

gboolean
floo_bus_begin_call (GDBusMethodInvocation *invocation, GError **error)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  Call *call = g_new0 (Call, 1);

  call->bytes = g_variant_get_size (g_dbus_method_invocation_get_parameters (invocation));
  floo_memory_note (call->bytes);
  call->client = get_client (sender != NULL ? sender : "");
  g_object_set_data_full (G_OBJECT (invocation), CALL_KEY, call, call_free);
  if (!has_room (call->client, call->bytes, error))
    {
      Client *client = g_steal_pointer (&call->client);

      if (client->calls == 0)
        g_hash_table_remove (clients, client->name);
      return FALSE;
    }
  count (call->client, 1, call->bytes);
  count (&all, 1, call->bytes);
  call->timer = g_timeout_add (FLOO_CALL_TIMEOUT_MS, on_over, invocation);
  return TRUE;
}

gboolean
floo_bus_end_call (GDBusMethodInvocation *invocation)
{
  Call *call = g_object_get_data (G_OBJECT (invocation), CALL_KEY);

  if (call == NULL)
    return TRUE;
  leave (call);
  if (call->is_over)
    {
      g_object_unref (invocation);
      return FALSE;
    }
  g_clear_handle_id (&call->timer, g_source_remove);
  return TRUE;
}
