/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * soup-support.h: a small HTTP service on loopback for the tests: it logs the requests and answers them by a function.
 */
#pragma once

#include <libsoup/soup.h>

#include "net-support.h"

typedef struct _Service Service;
struct _Service {
  SoupServer *server;
  guint16 port;
  char *base; /* "http://127.0.0.1:PORT" */
  void (*answer) (Service *service, SoupServerMessage *message, const char *path);
  gpointer data; /* the test's own */
  guint n_requests;
  GString *log;  /* "METHOD path?query" a line each */
  GPtrArray *held; /* of SoupServerMessage: not answered */
};

static inline void
service_handler (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer user_data)
{
  Service *service = user_data;
  GUri *uri = soup_server_message_get_uri (message);

  service->n_requests++;
  g_string_append_printf (service->log, "%s %s%s%s\n", soup_server_message_get_method (message), path,
                          g_uri_get_query (uri) != NULL ? "?" : "", g_uri_get_query (uri) != NULL ? g_uri_get_query (uri) : "");
  service->answer (service, message, path);
}

static inline Service *
service_new (void (*answer) (Service *service, SoupServerMessage *message, const char *path), gpointer data)
{
  Service *service = g_new0 (Service, 1);
  g_autoptr (GError) error = NULL;
  GSList *uris;

  service->answer = answer;
  service->data = data;
  service->log = g_string_new (NULL);
  service->held = g_ptr_array_new_with_free_func (g_object_unref);
  service->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (service->server, NULL, service_handler, service, NULL);
  soup_server_listen_local (service->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (service->server);
  service->port = (guint16) g_uri_get_port (uris->data);
  service->base = g_strdup_printf ("http://127.0.0.1:%u", service->port);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  return service;
}

/* From now on the port refuses connections. */
static inline void
service_stop (Service *service)
{
  if (service->server == NULL)
    return;
  soup_server_disconnect (service->server);
  g_ptr_array_set_size (service->held, 0);
  g_clear_object (&service->server);
}

static inline void
service_free (Service *service)
{
  service_stop (service);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_ptr_array_unref (service->held);
  g_string_free (service->log, TRUE);
  g_free (service->base);
  g_free (service);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Service, service_free)

static inline void
service_say (SoupServerMessage *message, guint status, const char *type, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, body, strlen (body));
}

static inline void
service_say_json (SoupServerMessage *message, const char *body)
{
  service_say (message, SOUP_STATUS_OK, "application/json", body);
}

/* Does not answer this one, except by soup_server_message_unpause() later. */
static inline void
service_hold (Service *service, SoupServerMessage *message)
{
  soup_server_message_pause (message);
  g_ptr_array_add (service->held, g_object_ref (message));
}
