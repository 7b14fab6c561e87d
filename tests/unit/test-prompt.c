/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asking on a terminal: a child asks, and this program is its terminal. */
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "cli/prompt.h"

#define TIME_LIMIT_MS 60000

typedef struct {
  pid_t child;
  int terminal;       /* the user's side */
  int answer;         /* what the child got, from a pipe */
  GString *shown;
} Fixture;

/* The child: asks, and writes the answer or the error to the pipe. */
static void
run_child (int pipe_end, gboolean secret)
{
  g_autoptr (GError) error = NULL;
  char *answer = floo_prompt ("Word: ", secret, &error);
  const char *text = answer != NULL ? answer : error->message;

  _exit (write (pipe_end, text, strlen (text)) < 0 || answer == NULL);
}

static void
set_up (Fixture *f, gconstpointer secret)
{
  int fds[2];

  f->shown = g_string_new (NULL);
  g_assert_cmpint (pipe (fds), ==, 0);
  f->child = forkpty (&f->terminal, NULL, NULL, NULL);
  g_assert_cmpint (f->child, >=, 0);
  if (f->child == 0)
    run_child (fds[1], secret != NULL);
  close (fds[1]);
  f->answer = fds[0];
}

static void
tear_down (Fixture *f, gconstpointer secret)
{
  close (f->terminal);
  close (f->answer);
  g_string_free (f->shown, TRUE);
}

/* Reads what the terminal shows until @text is there. */
static void
wait_for (Fixture *f, const char *text)
{
  char buffer[256];

  while (strstr (f->shown->str, text) == NULL)
    {
      struct pollfd fd = { .fd = f->terminal, .events = POLLIN };
      ssize_t n;

      g_assert_cmpint (poll (&fd, 1, TIME_LIMIT_MS), ==, 1);
      n = read (f->terminal, buffer, sizeof buffer);
      g_assert_cmpint (n, >, 0);
      g_string_append_len (f->shown, buffer, n);
    }
}

static void
type (Fixture *f, const char *text)
{
  g_assert_cmpint (write (f->terminal, text, strlen (text)), ==, (int) strlen (text));
}

static gboolean
echoes (Fixture *f)
{
  struct termios settings;

  g_assert_cmpint (tcgetattr (f->terminal, &settings), ==, 0);
  return (settings.c_lflag & ECHO) != 0;
}

/* Returns: the child's wait status; @answer: what it got */
static int
finish (Fixture *f, char **answer)
{
  GString *text = g_string_new (NULL);
  char buffer[256];
  ssize_t n;
  int status;

  while ((n = read (f->answer, buffer, sizeof buffer)) > 0)
    g_string_append_len (text, buffer, n);
  g_assert_cmpint (waitpid (f->child, &status, 0), ==, f->child);
  *answer = g_string_free (text, FALSE);
  return status;
}

static void
test_open (Fixture *f, gconstpointer data)
{
  g_autofree char *answer = NULL;

  wait_for (f, "Word: ");
  g_assert_true (echoes (f));
  type (f, "ann b\n");
  g_assert_cmpint (finish (f, &answer), ==, 0);
  g_assert_cmpstr (answer, ==, "ann b");
}

static void
test_secret (Fixture *f, gconstpointer data)
{
  g_autofree char *answer = NULL;

  wait_for (f, "Word: ");
  g_assert_false (echoes (f));
  type (f, "geheim\n");
  wait_for (f, "\n");
  g_assert_cmpint (finish (f, &answer), ==, 0);
  g_assert_cmpstr (answer, ==, "geheim");
  g_assert_null (strstr (f->shown->str, "geheim"));
  g_assert_true (echoes (f));
}

/* A signal ends the program as usual, but the terminal's echo is restored before. */
static void
test_signal (Fixture *f, gconstpointer data)
{
  g_autofree char *answer = NULL;
  int status;

  wait_for (f, "Word: ");
  type (f, "gehei\x03");
  status = finish (f, &answer);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGINT);
  g_assert_cmpstr (answer, ==, "");
  g_assert_true (echoes (f));
}

static void
test_end (Fixture *f, gconstpointer data)
{
  g_autofree char *answer = NULL;

  wait_for (f, "Word: ");
  type (f, "\x04");
  g_assert_true (WEXITSTATUS (finish (f, &answer)) == 1);
  g_assert_cmpstr (answer, ==, "Terminal: nothing was entered");
}

static void
test_no_utf8 (Fixture *f, gconstpointer data)
{
  g_autofree char *answer = NULL;

  wait_for (f, "Word: ");
  type (f, "a\xff\n");
  g_assert_true (WEXITSTATUS (finish (f, &answer)) == 1);
  g_assert_cmpstr (answer, ==, "Terminal: this is not UTF-8");
}

/* In a session of its own there is no terminal. */
static void
test_no_terminal (void)
{
  int status;
  pid_t child = fork ();

  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      g_autoptr (GError) error = NULL;
      char *answer;

      setsid ();
      answer = floo_prompt ("Word: ", TRUE, &error);
      _exit (answer != NULL || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND));
    }
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_cmpint (status, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/prompt/open", Fixture, NULL, set_up, test_open, tear_down);
  g_test_add ("/prompt/secret", Fixture, "secret", set_up, test_secret, tear_down);
  g_test_add ("/prompt/signal", Fixture, "secret", set_up, test_signal, tear_down);
  g_test_add ("/prompt/end", Fixture, NULL, set_up, test_end, tear_down);
  g_test_add ("/prompt/no-utf8", Fixture, "secret", set_up, test_no_utf8, tear_down);
  g_test_add_func ("/prompt/no-terminal", test_no_terminal);
  return g_test_run ();
}
