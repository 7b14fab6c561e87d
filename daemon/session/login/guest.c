/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/login/guest.h"

#include <stdarg.h>
#include <string.h>

struct _FlooGuest {
  gint refs;
  char *app_id;
  char *dns_server;     /* "" the service's own */
  FlooEndpoints *endpoints;
  FlooRest *rest;
  gboolean known;       /* discovery is done */
};

static FlooGuest *
guest_ref (FlooGuest *guest)
{
  guest->refs++;
  return guest;
}

void
floo_guest_unref (FlooGuest *guest)
{
  if (--guest->refs > 0)
    return;
  g_object_unref (guest->rest);
  g_object_unref (guest->endpoints);
  g_free (guest->app_id);
  g_free (guest->dns_server);
  g_free (guest);
}

FlooGuest *
floo_guest_get (FlooLogin *login, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  FlooGuest *guest = login->guest;

  app_id = floo_login_choose_app_id (login, app_id, &error);
  dns_server = app_id != NULL ? floo_login_choose_dns_server (login, dns_server, &error) : NULL;
  if (dns_server == NULL)
    {
      reply (NULL, error, user_data);
      return NULL;
    }
  if (guest != NULL && strcmp (guest->app_id, app_id) == 0 && strcmp (guest->dns_server, dns_server) == 0)
    return guest_ref (guest);
  g_clear_pointer (&login->guest, floo_guest_unref);
  guest = g_new0 (FlooGuest, 1);
  guest->refs = 1;
  guest->app_id = g_strdup (app_id);
  guest->dns_server = g_strdup (dns_server);
  guest->endpoints = floo_login_make_endpoints (login, app_id, dns_server);
  guest->rest = floo_rest_new (guest->endpoints, app_id);
  login->guest = guest_ref (guest);
  return guest;
}

const char *
floo_guest_get_app_id (FlooGuest *guest)
{
  return guest->app_id;
}

const char *
floo_guest_get_dns_server (FlooGuest *guest)
{
  return guest->dns_server;
}

/* ---- one request ---- */

typedef struct {
  FlooGuest *guest;
  const char *method;
  char *path;
  char **query;
  JsonNode *body;
  GCancellable *cancellable;
  FlooGuestDone done;
  gpointer user_data;
} Call;

static void
call_end (Call *call, const FlooRestAnswer *answer, const GError *error)
{
  if (call->cancellable == NULL || !g_cancellable_is_cancelled (call->cancellable))
    call->done (answer, error, call->user_data);
  g_clear_pointer (&call->body, json_node_unref);
  g_clear_object (&call->cancellable);
  g_strfreev (call->query);
  g_free (call->path);
  floo_guest_unref (call->guest);
  g_free (call);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);

  /* The next request runs a new discovery. */
  if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_OFFLINE))
    call->guest->known = FALSE;
  call_end (call, answer, error);
}

static void
ask (Call *call)
{
  floo_rest_call_async (call->guest->rest, call->method, call->path, (const char *const *) call->query, call->body, FLOO_REST_NO_TOKEN,
                        call->cancellable, on_answer, call);
}

static void
on_discovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GError) error = NULL;

  if (!floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, NULL, &error))
    {
      call_end (call, NULL, error);
      return;
    }
  call->guest->known = TRUE;
  ask (call);
}

void
floo_guest_call (FlooGuest *guest, const char *method, const char *path, const char *const *query, JsonNode *body,
                 GCancellable *cancellable, FlooGuestDone done, gpointer user_data)
{
  Call *call = g_new0 (Call, 1);

  call->guest = guest_ref (guest);
  call->method = method;
  call->path = g_strdup (path);
  call->query = g_strdupv ((char **) query);
  call->body = body;
  call->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  call->done = done;
  call->user_data = user_data;
  if (guest->known)
    ask (call);
  else
    floo_endpoints_discover_async (guest->endpoints, cancellable, on_discovered, call);
}

typedef struct {
  FlooGuest *guest;
  FlooGuestFetched done;
  gpointer user_data;
} Fetch;

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = floo_rest_fetch_finish (FLOO_REST (source), result, &error);

  fetch->done (bytes, error, fetch->user_data);
  floo_guest_unref (fetch->guest);
  g_free (fetch);
}

void
floo_guest_fetch (FlooGuest *guest, const char *path, const char *const *query, gsize max, FlooGuestFetched done, gpointer user_data)
{
  Fetch *fetch = g_new0 (Fetch, 1);

  fetch->guest = guest_ref (guest);
  fetch->done = done;
  fetch->user_data = user_data;
  floo_rest_fetch_async (guest->rest, path, query, max, NULL, on_fetched, fetch);
}

JsonNode *
floo_guest_body (const char *key, ...)
{
  g_autoptr (JsonObject) object = json_object_new ();
  va_list list;

  va_start (list, key);
  for (const char *name = key; name != NULL; name = va_arg (list, const char *))
    json_object_set_string_member (object, name, va_arg (list, const char *));
  va_end (list);
  return json_node_init_object (json_node_alloc (), object);
}
