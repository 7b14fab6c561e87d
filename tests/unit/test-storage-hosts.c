/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files from and to hosts of private networks: nothing is sent there because of a stranger's address, whatever its name and redirects. */
#include <unistd.h>

#include "base/error.h"
#include "net/storage/storage.h"
#include "rest-support.h"

/* ---- names ---- */

/* Every name that begins with "inside" resolves to the neighbour; no other name resolves. */
typedef GResolver Names;
typedef GResolverClass NamesClass;

static GType names_get_type (void);
G_DEFINE_TYPE (Names, names, G_TYPE_RESOLVER)

static GList *
look_up (GResolver *self, const char *name, GResolverNameLookupFlags flags, GCancellable *cancellable, GError **error)
{
  if (!(flags & G_RESOLVER_NAME_LOOKUP_FLAGS_IPV6_ONLY) && g_ascii_strncasecmp (name, "inside", 6) == 0)
    return g_list_append (NULL, g_inet_address_new_from_string ("127.0.0.2"));
  g_set_error_literal (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such name");
  return NULL;
}

static GList *
look_up_any (GResolver *self, const char *name, GCancellable *cancellable, GError **error)
{
  return look_up (self, name, 0, cancellable, error);
}

static void
names_class_init (NamesClass *class)
{
  class->lookup_by_name = look_up_any;
  class->lookup_by_name_with_flags = look_up;
}

static void
names_init (Names *self)
{
}

/* ---- the scene ---- */

typedef struct {
  Service *service;         /* discovery, REST and storage, on 127.0.0.1 */
  GSocketService *neighbour;    /* on 127.0.0.2, which nobody may ask */
  guint16 port;
  guint n_connections;
  guint n_expected;
  FlooEndpoints *endpoints;
  FlooRest *rest;
  FlooStorage *storage;
  char *redirect;           /* where the service redirects downloads */
  GError *error;
  gboolean done;
} Fixture;

static void
answer (Service *service, SoupServerMessage *message, const char *path)
{
  Fixture *f = service->data;

  if (g_str_equal (path, "/dns"))
    {
      g_autofree char *text = g_strdup_printf ("{\"code\":200,\"data\":{\"dns_list\":[{\"group_level\":0,\"clusters\":[{"
                                               "\"ratel\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:%u\"}],"
                                               "\"webim\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:1\"}]}]}]}}",
                                               service->port);

      service_say_json (message, text);
    }
  else if (f->redirect != NULL)
    {
      soup_message_headers_replace (soup_server_message_get_response_headers (message), "Location", f->redirect);
      service_say (message, SOUP_STATUS_FOUND, "text/plain", "");
    }
  else
    service_say (message, SOUP_STATUS_OK, "text/plain", "abc");
}

static gboolean
on_neighbour (GSocketService *neighbour, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  Fixture *f = user_data;
  static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsecret";

  f->n_connections++;
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (connection)), text, strlen (text), NULL, NULL, NULL);
  return TRUE;
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.2", 0);
  g_autoptr (GSocketAddress) effective = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *dns = NULL;
  gboolean done = FALSE;

  f->neighbour = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (f->neighbour), address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &effective,
                                 &error);
  g_assert_no_error (error);
  f->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  g_signal_connect (f->neighbour, "incoming", G_CALLBACK (on_neighbour), f);
  f->service = service_new (answer, f);
  dns = g_strconcat (f->service->base, "/dns", NULL);
  f->endpoints = floo_endpoints_new (NO_CACHE, "app", dns);
  f->rest = floo_rest_new (f->endpoints, "app");
  floo_rest_set_token (f->rest, "token");
  floo_endpoints_discover_async (f->endpoints, NULL, discovered_cb, &done);
  run_until (done);
  f->storage = floo_storage_new (f->rest, f->endpoints, "app");
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  drop_last (f->storage);
  drop_last (f->rest);
  drop_last (f->endpoints);
  service_free (f->service);
  g_socket_service_stop (f->neighbour);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_socket_listener_close (G_SOCKET_LISTENER (f->neighbour));
  g_object_unref (f->neighbour);
  g_free (f->redirect);
  g_clear_error (&f->error);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  floo_storage_fetch_finish (FLOO_STORAGE (source), result, &f->error);
  f->done = TRUE;
}

/* Returns: the number of bytes; an error is in f->error. */
static goffset
fetch (Fixture *f, const char *url)
{
  FlooFetchState state = { .total = -1 };
  g_autofree char *path = NULL;
  FlooFetchRequest request = { .url = url, .max_size = 1000 };
  goffset have;

  request.fd = g_file_open_tmp ("flooim-hosts-XXXXXX", &path, NULL);
  g_assert_cmpint (request.fd, >=, 0);
  unlink (path);
  g_clear_error (&f->error);
  f->done = FALSE;
  floo_storage_fetch_async (f->storage, &request, &state, 30000, NULL, NULL, NULL, on_fetched, f);
  run_until (f->done);
  have = state.have;
  floo_fetch_state_clear (&state);
  close (request.fd);
  return have;
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;

  floo_storage_upload_finish (FLOO_STORAGE (source), result, &f->error);
  f->done = TRUE;
}

static void
upload (Fixture *f, const char *url)
{
  g_autoptr (GInputStream) file = g_memory_input_stream_new_from_data ("abc", 3, NULL);
  const FlooUploadRequest request = { .url = url, .file = file, .size = 3, .name = "x", .type = "text/plain" };

  g_clear_error (&f->error);
  f->done = FALSE;
  floo_storage_upload_async (f->storage, &request, 30000, NULL, NULL, NULL, on_sent, f);
  run_until (f->done);
}

/* Connections are accepted in order: no other one came before ours. */
static void
assert_untouched (Fixture *f)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_error (f->error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  connection = g_socket_client_connect_to_host (client, "127.0.0.2", f->port, NULL, &error);
  g_assert_no_error (error);
  run_until (f->n_connections > f->n_expected);
  g_assert_cmpuint (f->n_connections, ==, ++f->n_expected);
}

static char *
at (Fixture *f, const char *host)
{
  return g_strdup_printf ("http://%s:%u/x", host, f->port);
}

/* ---- tests ---- */

static void
test_refused (Fixture *f, gconstpointer data)
{
  static const char *const hosts[] = { "127.0.0.2", "inside.example.org", "[::ffff:127.0.0.2]", "localhost" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *url = at (f, hosts[i]);

      g_assert_cmpint (fetch (f, url), ==, 0);
      assert_untouched (f);
      upload (f, url);
      assert_untouched (f);
      /* from the service itself, as a redirect */
      f->redirect = g_steal_pointer (&url);
      url = g_strconcat (f->service->base, "/file", NULL);
      g_assert_cmpint (fetch (f, url), ==, 0);
      assert_untouched (f);
      g_clear_pointer (&f->redirect, g_free);
    }
}

/* The service's own hosts, and what the configuration names, may be private. */
static void
test_known (Fixture *f, gconstpointer data)
{
  g_autoptr (Service) other = service_new (answer, f);
  g_autofree char *by_name = at (f, "Inside.example.org");
  g_autofree char *by_address = at (f, "127.0.0.2");
  g_autofree char *sibling = at (f, "inside.example.net");

  g_assert_cmpint (fetch (f, other->base), ==, 3);
  g_assert_no_error (f->error);
  floo_storage_set_private_hosts (f->storage, "nas.example.org inside.example.org");
  g_assert_cmpint (fetch (f, by_name), ==, 6);
  g_assert_no_error (f->error);
  f->redirect = g_strdup (by_name);
  g_assert_cmpint (fetch (f, other->base), ==, 6);
  g_assert_no_error (f->error);
  f->n_expected = 2;
  fetch (f, sibling);
  assert_untouched (f);
  fetch (f, by_address);
  assert_untouched (f);
  floo_storage_set_private_hosts (f->storage, "127.0.0.2");
  g_assert_cmpint (fetch (f, by_address), ==, 6);
  g_assert_no_error (f->error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GResolver) names = NULL;

  support_init (&argc, &argv);
  names = g_object_new (names_get_type (), NULL);
  g_resolver_set_default (names);
  g_test_add ("/net/storage-hosts/refused", Fixture, NULL, set_up, test_refused, tear_down);
  g_test_add ("/net/storage-hosts/known", Fixture, NULL, set_up, test_known, tear_down);
  return g_test_run ();
}
