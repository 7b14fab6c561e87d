/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answer of a storage, from the status line on: to an upload, to a download, and to a download that is continued. The first byte selects
 * one of these, the rest are the bytes on the wire.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/rest-support.h"
#include "base/error.h"
#include "fuzz.h"
#include "net/storage/storage.h"

#define MAX_SIZE 4096
#define STALL_MS 2000

static RawPeer *peer;
static FlooEndpoints *endpoints;
static FlooRest *rest;
static FlooStorage *storage;
static char *address;
static GBytes *answer;

static void
say_answer (RawPeer *to)
{
  g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (to->connection)), g_bytes_get_data (answer, NULL),
                             g_bytes_get_size (answer), NULL, NULL, NULL);
  raw_peer_hang_up (to);
}

static void
answer_dns (Service *service, SoupServerMessage *message, const char *path)
{
  g_autofree char *text = g_strdup_printf ("{\"code\":200,\"data\":{\"dns_list\":[{\"group_level\":0,\"clusters\":[{"
                                           "\"ratel\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:%u\"}],"
                                           "\"webim\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:1\"}]}]}]}}",
                                           peer->port);

  service_say_json (message, text);
}

static void
be_quiet (const char *domain, GLogLevelFlags level, const char *text, gpointer user_data)
{
}

static void
set_up (void)
{
  g_autoptr (Service) dns = NULL;
  gboolean done = FALSE;

  g_log_set_handler (G_LOG_DOMAIN, G_LOG_LEVEL_MESSAGE, be_quiet, NULL);
  g_setenv ("GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  peer = raw_peer_new (say_answer, NULL);
  dns = service_new (answer_dns, NULL);
  endpoints = floo_endpoints_new (NO_CACHE, "app", dns->base);
  floo_endpoints_discover_async (endpoints, NULL, discovered_cb, &done);
  run_until (done);
  rest = floo_rest_new (endpoints, "app");
  floo_rest_set_token (rest, "token");
  storage = floo_storage_new (rest, endpoints, "app");
  address = g_strdup_printf ("http://127.0.0.1:%u/file", peer->port);
}

static void
result_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static void
check_error (gboolean done, const GError *error)
{
  g_assert_true (done == (error == NULL));
  g_assert_true (error == NULL || error->domain == FLOO_ERROR);
  g_assert_true (error == NULL || g_utf8_validate (error->message, -1, NULL));
}

static void
upload (void)
{
  g_autoptr (GInputStream) file = g_memory_input_stream_new_from_data ("a file", 6, NULL);
  FlooUploadRequest request = { .url = address, .file = file, .size = 6, .name = "name", .type = "text/plain" };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;

  floo_storage_upload_async (storage, &request, STALL_MS, NULL, NULL, NULL, result_cb, &result);
  run_until (result != NULL);
  done = floo_storage_upload_finish (storage, result, &error);
  check_error (done, error);
}

static void
fetch (gboolean goes_on)
{
  int fd = memfd_create ("fuzz", MFD_CLOEXEC);
  FlooFetchRequest request = { .url = address, .fd = fd, .max_size = MAX_SIZE };
  FlooFetchState state = { .total = -1 };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (goes_on)
    {
      g_assert_cmpint (pwrite (fd, "0123456789", 10, 0), ==, 10);
      state = (FlooFetchState){ .have = 10, .total = 20, .validator = g_strdup ("\"tag\"") };
    }
  floo_storage_fetch_async (storage, &request, &state, STALL_MS, NULL, NULL, NULL, result_cb, &result);
  run_until (result != NULL);
  done = floo_storage_fetch_finish (storage, result, &error);
  check_error (done, error);
  g_assert_cmpint (state.have, >=, 0);
  g_assert_cmpint (state.have, <=, MAX_SIZE);
  g_assert_true (!done || state.total < 0 || state.have == state.total);
  g_assert_true (!done || lseek (fd, 0, SEEK_END) == state.have);
  floo_fetch_state_clear (&state);
  close (fd);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (peer == NULL)
    set_up ();
  if (size < 1)
    return 0;
  /* No redirects: nothing here may connect to other hosts. The unit tests test redirects. */
  for (size_t i = 1; i + 8 <= size; i++)
    if (g_ascii_strncasecmp ((const char *) data + i, "location", 8) == 0)
      return 0;
  g_clear_pointer (&answer, g_bytes_unref);
  answer = g_bytes_new (data + 1, size - 1);
  if (data[0] % 3 == 0)
    upload ();
  else
    fetch (data[0] % 3 == 2);
  return 0;
}
