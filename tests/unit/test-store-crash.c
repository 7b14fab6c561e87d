/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store is killed, and opened again. This program is built with crash points, and runs itself as the one that is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "amount.h"
#include "store-fixture.h"

#include "store/tables/account.h"

#define BATCH 5

/* One transaction: a batch of messages, a value with its number, one event. */
static gboolean
write_batch (FlooDb *db, gpointer data, GError **error)
{
  gint64 n = GPOINTER_TO_INT (data);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, n);

  for (int i = 0; i < BATCH; i++)
    {
      FlooMessage message = fixture_message (n * BATCH + i, 7, 7, text);

      if (!fixture_take_in (db, &message, TRUE, error))
        return FALSE;
    }
  return floo_values_set (db, "batch", text, error)
         && floo_journal_append (db, FLOO_SIGNAL_UNREAD_CHANGE, g_variant_new ("(xu)", n, 0), NULL, 0, error);
}

/* The child's side: it prints what was signalled. */
static void
tell (const FlooEvent *event, gpointer data)
{
  gint64 batch;

  if (!g_str_equal (event->name, "UnreadChange"))
    return;
  g_variant_get_child (event->args, 1, "x", &batch);
  printf ("%" G_GINT64_FORMAT "\n", batch);
  fflush (stdout);
}

static int next_batch = 1;

static void
give_next (FlooStore *store, gpointer data, const GError *error)
{
  if (error != NULL)
    exit (2);
  floo_store_write (store, write_batch, give_next, GINT_TO_POINTER (next_batch++), NULL);
}

static int
run_child (const char *folder, int at_a_time)
{
  FlooStore *store = fixture_open_at (folder, NULL, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  if (store == NULL)
    return 1;
  floo_store_set_event_func (store, tell, NULL);
  for (int i = 0; i < at_a_time; i++)
    give_next (store, NULL, NULL);
  g_main_loop_run (loop);
  return 0;
}

/* The parent's side */

typedef struct {
  guint64 told;        /* events of batches in the journal */
  guint64 batch;       /* the last one */
  guint unread;
  gboolean last_known, next_known;
} State;

/* Counts the events of batches in the journal. */
static gboolean
count_told (FlooDb *db, guint64 *told, GError **error)
{
  guint64 next = 0, last;

  do
    {
      GVariant *events = floo_journal_replay (db, next, 0, &next, &last, error);
      GVariantIter iter;
      const char *name;

      if (events == NULL)
        return FALSE;
      g_variant_ref_sink (events);
      g_variant_iter_init (&iter, events);
      while (g_variant_iter_next (&iter, "(tx&sv)", NULL, NULL, &name, NULL))
        *told += g_str_equal (name, "UnreadChange");
      g_variant_unref (events);
    }
  while (next < last);
  return TRUE;
}

static gboolean
get_state (FlooDb *db, gpointer data, GError **error)
{
  State *state = data;
  g_autofree char *batch = NULL;
  gint64 n;

  if (!count_told (db, &state->told, error) || !floo_values_get (db, "batch", &batch, error)
      || !floo_conversations_get_unread (db, 7, &state->unread, error))
    return FALSE;
  state->batch = batch != NULL ? g_ascii_strtoull (batch, NULL, 10) : 0;
  n = (gint64) state->batch;
  return floo_messages_is_known (db, n * BATCH + BATCH - 1, &state->last_known, error)
         && floo_messages_is_known (db, (n + 1) * BATCH, &state->next_known, error);
}

/* Asserts that each transaction is complete or absent, and that what was signalled is there. Returns: the last batch */
static guint64
assert_sound (Fixture *f, guint64 told)
{
  State state = { 0 };

  fixture_open (f);
  g_assert_cmpint (f->outcome, !=, FLOO_STORE_REPLACED);
  fixture_read (f, get_state, &state);
  g_assert_cmpuint (state.batch, >=, told);
  g_assert_cmpuint (state.told, ==, state.batch);
  g_assert_true (state.batch == 0 || state.last_known);
  g_assert_false (state.next_known);
  g_assert_cmpuint (state.unread, ==, state.batch * BATCH);
  fixture_close (f);
  return state.batch;
}

/* Runs the child until it has reported @lines batches, or ended by itself at its crash point @at (nullable). Several batches at a time share
 * transactions. Returns the last batch reported. */
static guint64
run_and_kill (Fixture *f, const char *at, const char *at_a_time, guint lines)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL); /* under valgrind the file itself is another program */
  g_autoptr (GSubprocess) child = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autoptr (GError) error = NULL;
  guint64 told = 0;

  if (at != NULL)
    g_subprocess_launcher_setenv (launcher, "FLOOIM_CRASH_AT", at, TRUE);
  child = g_subprocess_launcher_spawn (launcher, &error, program, "--child", f->folder, at_a_time, NULL);
  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (child));
  for (guint i = 0;; i++)
    {
      g_autofree char *line = g_data_input_stream_read_line (output, NULL, NULL, NULL);

      if (line == NULL)
        break;
      told = g_ascii_strtoull (line, NULL, 10);
      if (i + 1 == lines)
        g_subprocess_force_exit (child);
    }
  g_assert_true (g_subprocess_wait (child, NULL, &error));
  g_assert_true (g_subprocess_get_if_signaled (child));
  g_assert_cmpint (g_subprocess_get_term_sig (child), ==, SIGKILL);
  return told;
}

static void
test_any_time (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < amount (15, 4); i++)
    {
      g_autofree char *folder = g_strdup (f->folder);

      assert_sound (f, run_and_kill (f, NULL, "4", 1 + i * 7));
      fixture_remove_tree (folder);
    }
}

/* Six transactions of one batch each: the last one is not there. */
static void
test_before_commit (Fixture *f, gconstpointer data)
{
  g_assert_cmpuint (assert_sound (f, run_and_kill (f, "before-commit:6", "1", 0)), ==, 5);
}

/* It is there, and was not signalled: the client gets it by Replay. */
static void
test_after_commit (Fixture *f, gconstpointer data)
{
  guint64 told = run_and_kill (f, "after-commit:6", "1", 0);

  g_assert_cmpuint (told, <, 6);
  g_assert_cmpuint (assert_sound (f, told), ==, 6);
}

int
main (int argc, char **argv)
{
  if (argc == 4 && strcmp (argv[1], "--child") == 0)
    return run_child (argv[2], atoi (argv[3]));
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_prepare, func, fixture_tear_down)
  ADD ("/store/crash/any-time", test_any_time);
  ADD ("/store/crash/before-commit", test_before_commit);
  ADD ("/store/crash/after-commit", test_after_commit);
  return g_test_run ();
}
