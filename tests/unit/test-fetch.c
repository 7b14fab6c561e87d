/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Files from a server, over several tries: the request, the result of each kind of answer, and what is kept for the next try. */
#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "net/storage/storage.h"
#include "rest-support.h"

#define MAX_SIZE 100

typedef struct {
  Service *service;     /* only to make this machine the service's host, so that the peer may be asked */
  FlooEndpoints *endpoints;
  FlooRest *rest;
  FlooStorage *storage;
  RawPeer *peer;
  char *url;            /* at the peer */
  char *answer;         /* (nullable): the peer's answer */
  gboolean stays;       /* it does not hang up after the answer */
  int fd;
  FlooFetchState state;
  goffset progress;
  GError *error;
  gboolean done;
} Fixture;

static void
answer_service (Service *service, SoupServerMessage *message, const char *path)
{
  g_autofree char *text = g_strdup_printf ("{\"code\":200,\"data\":{\"dns_list\":[{\"group_level\":0,\"clusters\":[{"
                                           "\"ratel\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:%u\"}],"
                                           "\"webim\":[{\"protocol\":\"http\",\"host\":\"127.0.0.1:1\"}]}]}]}}",
                                           service->port);

  service_say_json (message, text);
}

static void
on_request (RawPeer *peer)
{
  const Fixture *f = peer->data;

  if (f->answer != NULL)
    g_output_stream_write_all (g_io_stream_get_output_stream (G_IO_STREAM (peer->connection)), f->answer, strlen (f->answer), NULL, NULL,
                               NULL);
  if (!f->stays)
    g_socket_shutdown (g_socket_connection_get_socket (peer->connection), FALSE, TRUE, NULL);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  g_autofree char *dns = NULL;
  g_autofree char *path = NULL;
  gboolean done = FALSE;

  f->service = service_new (answer_service, f);
  dns = g_strconcat (f->service->base, "/dns", NULL);
  f->endpoints = floo_endpoints_new (NO_CACHE, "app", dns);
  f->rest = floo_rest_new (f->endpoints, "app");
  floo_endpoints_discover_async (f->endpoints, NULL, discovered_cb, &done);
  run_until (done);
  f->storage = floo_storage_new (f->rest, f->endpoints, "app");
  f->peer = raw_peer_new (on_request, f);
  f->url = g_strdup_printf ("http://127.0.0.1:%u/file", f->peer->port);
  f->fd = g_file_open_tmp ("flooim-fetch-XXXXXX", &path, NULL);
  g_assert_cmpint (f->fd, >=, 0);
  unlink (path);
  f->state.total = -1;
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  drop_last (f->storage);
  drop_last (f->rest);
  drop_last (f->endpoints);
  raw_peer_free (f->peer);
  service_free (f->service);
  floo_fetch_state_clear (&f->state);
  close (f->fd);
  g_free (f->url);
  g_free (f->answer);
  g_clear_error (&f->error);
}

static void
on_progress (goffset transferred, goffset total, gpointer user_data)
{
  ((Fixture *) user_data)->progress = transferred;
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *f = user_data;
  gboolean ok = floo_storage_fetch_finish (FLOO_STORAGE (source), result, &f->error);

  g_assert_true (ok == (f->error == NULL));
  f->done = TRUE;
}

/* A try that is answered with @answer. */
static void
fetch (Fixture *f, const char *answer, guint stall_ms)
{
  const FlooFetchRequest request = { .url = f->url, .fd = f->fd, .max_size = MAX_SIZE };

  g_free (f->answer);
  f->answer = g_strdup (answer);
  g_clear_error (&f->error);
  f->done = FALSE;
  f->progress = 0;
  floo_storage_fetch_async (f->storage, &request, &f->state, stall_ms, on_progress, f, NULL, on_fetched, f);
  run_until (f->done);
}

/* The result of an earlier try: a part of a file of ten bytes. */
static void
have (Fixture *f, const char *part, const char *validator)
{
  floo_fetch_state_clear (&f->state);
  f->state.have = (goffset) strlen (part);
  f->state.total = 10;
  f->state.validator = g_strdup (validator);
  g_assert_cmpint (ftruncate (f->fd, 0), ==, 0);
  g_assert_cmpint (pwrite (f->fd, part, strlen (part), 0), ==, (ssize_t) strlen (part));
}

static void
assert_file (Fixture *f, const char *content)
{
  char buffer[MAX_SIZE + 1] = "";
  ssize_t n = pread (f->fd, buffer, MAX_SIZE, 0);

  g_assert_cmpint (n, >=, 0);
  g_assert_cmpstr (buffer, ==, content);
  g_assert_cmpint (n, ==, (ssize_t) strlen (content));
}

#define PART "HTTP/1.1 206 Partial Content\r\nConnection: close\r\n"
#define WHOLE "HTTP/1.1 200 OK\r\nConnection: close\r\n"

/* There are five bytes, and the rest is asked for. */
static void
test_rest (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *answer;
    int code;             /* -1: it is complete */
    const char *file;     /* the file, or the part that is kept; NULL: nothing is */
  } rows[] = {
    { PART "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nworld", -1, "helloworld" },
    { PART "Content-Range: bytes 5-9/*\r\nContent-Length: 5\r\n\r\nworld", -1, "helloworld" },
    /* another file, or a server without ranges: the whole file */
    { WHOLE "Content-Length: 10\r\n\r\nHELLOWORLD", -1, "HELLOWORLD" },
    { WHOLE "ETag: \"2\"\r\nContent-Length: 3\r\n\r\nabc", -1, "abc" },
    { WHOLE "Content-Length: 0\r\n\r\n", -1, "" },
    /* another part than was asked for: the part that is there may be wrong, too */
    { PART "Content-Range: bytes 0-9/10\r\nContent-Length: 10\r\n\r\nHELLOWORLD", FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Range: bytes 6-9/10\r\nContent-Length: 4\r\n\r\norld", FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Range: bytes 5-9/20\r\nContent-Length: 5\r\n\r\nworld", FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Range: bytes 5-19/20\r\nContent-Length: 15\r\n\r\nworldworldworld", FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Range: bytes 5-7/10\r\nContent-Length: 3\r\n\r\nwor", FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Range: bytes 9-5/10\r\nContent-Length: 5\r\n\r\nworld", FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Length: 5\r\n\r\nworld", FLOO_ERROR_OFFLINE, NULL },
    { "HTTP/1.1 416 Range Not Satisfiable\r\nConnection: close\r\nContent-Range: bytes */3\r\nContent-Length: 0\r\n\r\n",
      FLOO_ERROR_OFFLINE, NULL },
    { PART "Content-Range: bytes 5-9/10\r\nContent-Length: 8\r\n\r\nworldand", FLOO_ERROR_OFFLINE, NULL },
    /* the connection ends early once more */
    { PART "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nwo", FLOO_ERROR_OFFLINE, "hellowo" },
    { PART "Content-Range: bytes 5-9/10\r\n\r\nwo", FLOO_ERROR_OFFLINE, "hellowo" },
    { "HTTP/1.1 503 Busy\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", FLOO_ERROR_OFFLINE, "hello" },
    { "HTTP/1.1 403 No\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc", FLOO_ERROR_PERMISSION_DENIED, "hello" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].answer);
      have (f, "hello", "\"1\"");
      fetch (f, rows[i].answer, 30000);
      g_assert_nonnull (strstr (f->peer->received->str, "Range: bytes=5-\r\n"));
      g_assert_nonnull (strstr (f->peer->received->str, "If-Range: \"1\"\r\n"));
      if (rows[i].code < 0)
        g_assert_no_error (f->error);
      else
        g_assert_error (f->error, FLOO_ERROR, rows[i].code);
      if (rows[i].file != NULL)
        assert_file (f, rows[i].file);
      g_assert_cmpint (f->state.have, ==, rows[i].file != NULL ? (goffset) strlen (rows[i].file) : 0);
      g_assert_true (rows[i].file != NULL || f->state.validator == NULL);
    }
}

/* There is nothing yet. */
static void
test_whole (Fixture *f, gconstpointer data)
{
  static const struct {
    const char *answer;
    int code;
    const char *file;
    const char *validator;    /* (nullable) */
  } rows[] = {
    { WHOLE "ETag: \"1\"\r\nContent-Length: 3\r\n\r\nabc", -1, "abc", "\"1\"" },
    { WHOLE "Content-Length: 3\r\n\r\nabcdefgh", -1, "abc", NULL },
    { WHOLE "\r\nabcdefgh", -1, "abcdefgh", NULL },
    { WHOLE "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", -1, "abcde", NULL },
    { WHOLE "ETag: \"1\"\r\nContent-Length: 10\r\n\r\nabc", FLOO_ERROR_OFFLINE, "abc", "\"1\"" },
    { WHOLE "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 10\r\n\r\nabc", FLOO_ERROR_OFFLINE, "abc",
      "Thu, 01 Jan 2026 00:00:00 GMT" },
    { WHOLE "ETag: W/\"1\"\r\nContent-Length: 10\r\n\r\nabc", FLOO_ERROR_OFFLINE, "abc", NULL },
    { WHOLE "ETag: W/\"1\"\r\nLast-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Length: 10\r\n\r\nabc", FLOO_ERROR_OFFLINE, "abc",
      "Thu, 01 Jan 2026 00:00:00 GMT" },
    { WHOLE "Content-Length: 101\r\n\r\nabc", FLOO_ERROR_TOO_LARGE, "", NULL },
    { WHOLE "Content-Length: 9223372036854775807\r\n\r\nabc", FLOO_ERROR_TOO_LARGE, "", NULL },
    { WHOLE "Content-Length: 3\r\nContent-Encoding: gzip\r\n\r\nabc", FLOO_ERROR_PROTOCOL, "", NULL },
    { "HTTP/1.1 416 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", FLOO_ERROR_REJECTED, "", NULL },
    { "HTTP/1.1 204 None\r\nConnection: close\r\n\r\n", FLOO_ERROR_PROTOCOL, "", NULL },
    { "HTTP/1.1 302 There\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", FLOO_ERROR_PROTOCOL, "", NULL },
    { "what?\r\n\r\n", FLOO_ERROR_PROTOCOL, "", NULL },
    { "", FLOO_ERROR_OFFLINE, "", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_test_message ("%s", rows[i].answer);
      have (f, "", NULL);
      f->state.total = -1;
      fetch (f, rows[i].answer, 30000);
      g_assert_null (strstr (f->peer->received->str, "Range"));
      if (rows[i].code < 0)
        g_assert_no_error (f->error);
      else
        g_assert_error (f->error, FLOO_ERROR, rows[i].code);
      assert_file (f, rows[i].file);
      g_assert_cmpint (f->state.have, ==, (goffset) strlen (rows[i].file));
      g_assert_cmpstr (f->state.validator, ==, rows[i].validator);
      g_assert_cmpint (f->progress, ==, f->state.have);
    }
}

/* Without a validator the part may be of another version: the whole file is asked for again. */
static void
test_no_validator (Fixture *f, gconstpointer data)
{
  have (f, "hello", NULL);
  fetch (f, WHOLE "Content-Length: 10\r\n\r\nHELLOWORLD", 30000);
  g_assert_no_error (f->error);
  g_assert_null (strstr (f->peer->received->str, "Range"));
  assert_file (f, "HELLOWORLD");
}

/* A body without an end, and without a length, is read up to the maximum size. */
static void
test_too_large (Fixture *f, gconstpointer data)
{
  g_autofree char *fill = g_strnfill (MAX_SIZE + 1, 'x');
  g_autofree char *answer = g_strconcat (WHOLE "\r\n", fill, NULL);

  fetch (f, answer, 30000);
  g_assert_error (f->error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE);
  g_assert_cmpint (f->state.have, <=, MAX_SIZE);
}

/* The peer sends nothing any more: before the head, and in the body, of which the beginning is kept. */
static void
test_stall (Fixture *f, gconstpointer data)
{
  f->stays = TRUE;
  fetch (f, NULL, 50);
  g_assert_error (f->error, FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  g_assert_cmpint (f->state.have, ==, 0);
  fetch (f, WHOLE "ETag: \"1\"\r\nContent-Length: 10\r\n\r\nhello", 1000);
  g_assert_error (f->error, FLOO_ERROR, FLOO_ERROR_TIMEOUT);
  assert_file (f, "hello");
  g_assert_cmpint (f->progress, ==, 5);
  f->stays = FALSE;
  fetch (f, PART "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\nworld", 30000);
  g_assert_no_error (f->error);
  assert_file (f, "helloworld");
}

/* The server would keep the connection, but we do not: idle connections belong to the main loop, and the next transfer runs on another thread. */
static void
test_own_connection (Fixture *f, gconstpointer data)
{
  f->stays = TRUE;
  for (guint i = 1; i <= 2; i++)
    {
      have (f, "", NULL);
      f->state.total = -1;
      fetch (f, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 30000);
      g_assert_no_error (f->error);
      assert_file (f, "abc");
      g_assert_cmpuint (f->peer->n_connections, ==, i);
    }
}

/* An error of the disk is reported as one. */
static void
test_unwritable (Fixture *f, gconstpointer data)
{
  close (f->fd);
  f->fd = open ("/dev/full", O_WRONLY | O_CLOEXEC);
  g_assert_cmpint (f->fd, >=, 0);
  f->state.have = 0;
  fetch (f, PART "Content-Range: bytes 0-2/3\r\nContent-Length: 3\r\n\r\nabc", 30000);
  g_assert_error (f->error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL);
}

#define ADD(name, func) g_test_add ("/net/fetch/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  support_init (&argc, &argv);
  ADD ("rest", test_rest);
  ADD ("whole", test_whole);
  ADD ("no-validator", test_no_validator);
  ADD ("too-large", test_too_large);
  ADD ("stall", test_stall);
  ADD ("own-connection", test_own_connection);
  ADD ("unwritable", test_unwritable);
  return g_test_run ();
}
