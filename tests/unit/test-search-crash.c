/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The indexer is killed, and continues after a restart. This program is built with crash points, and runs itself as the one that is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "amount.h"
#include "search-fixture.h"

#define BATCH 20
/* The maximum number of batches that the child writes, so that list_all() covers all ids. Then it waits to be killed. */
#define MOST 900

/* New messages above and below the others, one changed, one gone. */
static gboolean
write_batch (FlooDb *db, gpointer data, GError **error)
{
  int n = GPOINTER_TO_INT (data);
  gboolean done;
  gint64 conversation;
  FlooToType to_type;

  for (int i = 0; i < BATCH; i++)
    {
      int place = i % 4 == 3 ? 50000 - n * BATCH - i : 50000 + n * BATCH + i;
      FlooMessage message = fixture_message (place, 7, 7, "天地玄黄");
      gboolean is_new;

      if (!floo_messages_insert (db, &message, FALSE, &is_new, error))
        return FALSE;
    }
  return floo_messages_delete (db, 50000 + (n - 1) * BATCH, &done, &conversation, &to_type, error)
         && floo_messages_replace (db, 50000 + (n - 1) * BATCH + 1, "宇宙洪荒", NULL, NULL, 1, &done, NULL, NULL, error);
}

static int next_batch = 1;

static void give_next (FlooStore *store, gpointer data, const GError *error);

static void
on_written (FlooStore *store, gpointer data, const GError *error)
{
  if (error != NULL)
    exit (2);
  floo_store_catch_up (store, WAIT_LIMIT_S * 1000, give_next, NULL);
}

static void
give_next (FlooStore *store, gpointer data, const GError *error)
{
  if (error != NULL)
    exit (3);
  if (next_batch > MOST)
    return;
  printf ("%d\n", next_batch);
  fflush (stdout);
  floo_store_write (store, write_batch, on_written, GINT_TO_POINTER (next_batch++), NULL);
}

static int
run_child (const char *folder)
{
  FlooStore *store = fixture_open_at (folder, NULL, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  if (store == NULL)
    return 1;
  give_next (store, NULL, NULL);
  g_main_loop_run (loop);
  return 0;
}

/* Runs the child until it gave @lines batches, or ended by itself at its crash point @at (nullable). */
static void
run_and_kill (Fixture *f, const char *at, guint lines)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL); /* under valgrind the file itself is another program */
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GError) error = NULL;
  char *line;

  if (at != NULL)
    g_subprocess_launcher_setenv (launcher, "FLOOIM_CRASH_AT", at, TRUE);
  child = g_subprocess_launcher_spawn (launcher, &error, program, "--child", f->folder, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  for (guint i = 0; (line = g_data_input_stream_read_line (output, NULL, NULL, NULL)) != NULL; i++)
    {
      g_free (line);
      if (i + 1 == lines)
        g_subprocess_force_exit (child);
    }
  g_assert_true (g_subprocess_wait (child, NULL, &error));
  g_assert_true (g_subprocess_get_if_signaled (child));
  g_assert_cmpint (g_subprocess_get_term_sig (child), ==, SIGKILL);
}

typedef struct {
  GString *first, *second;   /* ids by text */
} Lists;

static void
list_message (const FlooMessage *message, gpointer data)
{
  Lists *lists = data;

  GString *list = g_str_equal (message->content, "天地玄黄") ? lists->first : lists->second;

  g_string_append_printf (list, "%" G_GINT64_FORMAT " ", message->id);
}

static gboolean
list_all (FlooDb *db, gpointer data, GError **error)
{
  for (gint64 id = 70000; id > 30000; id--)
    {
      gboolean known;
      gint64 conversation;
      FlooToType to_type;

      if (!floo_messages_find (db, id, &known, &conversation, &to_type, error)
          || (known && !floo_messages_get (db, id, list_message, data, error)))
        return FALSE;
    }
  return TRUE;
}

/* Asserts that what is in the store is found, and nothing else. */
static void
assert_sound (Fixture *f)
{
  FlooSearch first = SEARCH_ALL ("地玄"), second = SEARCH_ALL ("洪荒");
  Lists lists = { g_string_new (NULL), g_string_new (NULL) };
  g_autofree char *first_ids = NULL, *second_ids = NULL;

  first.limit = second.limit = 40000;
  fixture_open (f);
  first_ids = search_ids (f, first);
  second_ids = search_ids (f, second);
  fixture_read (f, list_all, &lists);
  fixture_close (f);
  g_assert_cmpstr (first_ids, ==, lists.first->str);
  g_assert_cmpstr (second_ids, ==, lists.second->str);
  g_string_free (lists.first, TRUE);
  g_string_free (lists.second, TRUE);
}

static void
test_any_time (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < amount (12, 3); i++)
    {
      run_and_kill (f, NULL, 2 + i * 5);
      assert_sound (f);
      fixture_remove_tree (f->folder);
    }
}

/* The store has changes that the index does not have. */
static void
test_before_commit (Fixture *f, gconstpointer data)
{
  run_and_kill (f, "before-index-commit:7", 0);
  assert_sound (f);
}

/* The index has changes whose notes have not been deleted yet. */
static void
test_after_commit (Fixture *f, gconstpointer data)
{
  run_and_kill (f, "after-index-commit:7", 0);
  assert_sound (f);
}

int
main (int argc, char **argv)
{
  if (argc == 3 && strcmp (argv[1], "--child") == 0)
    return run_child (argv[2]);
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_prepare, func, fixture_tear_down)
  ADD ("/search/crash/any-time", test_any_time);
  ADD ("/search/crash/before-commit", test_before_commit);
  ADD ("/search/crash/after-commit", test_after_commit);
  return g_test_run ();
}
