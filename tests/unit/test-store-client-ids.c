/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The names of a message before it has the service's id: its client id, and the token of the caller. */
#include "base/backoff.h"
#include "store-fixture.h"
#include "store/tables/tokens.h"

#define OK(call) \
  if (!(call)) \
  return FALSE

static gboolean
tokens (FlooDb *db, gpointer data, GError **error)
{
  gint64 client_id;
  g_autoptr (GError) local = NULL;

  OK (floo_tokens_find (db, "t", "digest", &client_id, error));
  g_assert_cmpint (client_id, ==, 0);
  OK (floo_tokens_add (db, "t", "digest", 5, error) && floo_tokens_find (db, "t", "digest", &client_id, error));
  g_assert_cmpint (client_id, ==, 5);
  g_assert_false (floo_tokens_find (db, "t", "other", &client_id, &local));
  g_assert_error (local, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS);
  return TRUE;
}

static void
test_tokens (Fixture *f, gconstpointer data)
{
  fixture_write (f, tokens, NULL);
}

static gint64 now_ms;

static gint64
fake_now (void)
{
  return now_ms;
}

static gboolean
next_id (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_next_client_id (db, data, error);
}

static gint64
next (Fixture *f)
{
  gint64 id;

  fixture_write (f, next_id, &id);
  return id;
}

static gboolean
next_id_and_fail (FlooDb *db, gpointer data, GError **error)
{
  OK (floo_outbox_next_client_id (db, data, error));
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "on purpose");
  return FALSE;
}

static void
erase (Fixture *f)
{
  FixtureResult wait = { FALSE, NULL };

  floo_store_erase_async (f->store, fixture_on_result, &wait);
  fixture_wait (&wait.ended);
  g_assert_true (floo_store_erase_finish (f->store, wait.result, NULL));
  g_object_unref (wait.result);
}

/* Client ids only grow: with the clock set back, after a job that failed, after a restart, after erasing. */
static void
test_client_ids (Fixture *f, gconstpointer data)
{
  g_autofree char *ceiling = g_build_filename (f->root, "1000.client-id", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  gint64 id, last;

  now_ms = 1700000000000;
  floo_clock_set (fake_now);
  g_assert_cmpint (next (f), ==, 1700000000000);
  g_assert_cmpint (next (f), ==, 1700000000001);
  now_ms += 10;
  g_assert_cmpint (next (f), ==, 1700000000010);
  error = fixture_try_write (f, next_id_and_fail, &id);
  g_assert_cmpint (id, ==, 1700000000011);
  g_assert_cmpint (next (f), ==, 1700000000012);
  now_ms -= 1000000;
  g_assert_cmpint (next (f), ==, 1700000000013);
  last = 1700000000013;
  /* After a clean shutdown they continue after the last one: not ahead of the clock. */
  fixture_reopen (f);
  id = next (f);
  g_assert_cmpint (id, ==, last + 1);
  last = id;
  erase (f);
  fixture_close (f);
  fixture_open (f);
  g_assert_cmpint (f->outcome, ==, FLOO_STORE_CREATED);
  id = next (f);
  g_assert_cmpint (id, >, last);
  now_ms = 1800000000000;
  g_assert_cmpint (next (f), ==, now_ms);

  /* After a crash the number in the file is above the last id, but not by much. */
  g_assert_true (g_file_get_contents (ceiling, &text, NULL, NULL));
  g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), >, now_ms);
  g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), <=, now_ms + 10000);

  /* A file that makes no sense is ignored. */
  fixture_close (f);
  g_assert_true (g_file_set_contents (ceiling, "99999999999999999999\n", -1, NULL));
  fixture_open (f);
  now_ms++;
  g_assert_cmpint (next (f), ==, now_ms);
  floo_clock_set (NULL);
}

/* A file that cannot be read is an error: it may hold a higher number, and ids would be given twice. */
static void
test_unreadable (Fixture *f, gconstpointer data)
{
  g_autofree char *ceiling = g_build_filename (f->root, "1000.client-id", NULL);
  g_autoptr (GError) error = NULL;

  fixture_close (f);
  g_remove (ceiling);
  g_assert_cmpint (g_mkdir (ceiling, 0700), ==, 0);
  g_assert_null (fixture_open_at (f->folder, &f->outcome, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE);
  g_assert_nonnull (strstr (error->message, ceiling));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)
  ADD ("/store/client-ids/tokens", test_tokens);
  ADD ("/store/client-ids/grow", test_client_ids);
  ADD ("/store/client-ids/unreadable", test_unreadable);
  return g_test_run ();
}
