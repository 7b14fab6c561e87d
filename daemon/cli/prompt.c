/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_LINE 1024

/* Signals that may arrive while the terminal's echo is off. */
static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP };
static volatile sig_atomic_t caught;
/* A pipe that the handler writes to, since it may run in another thread than the one that reads, or before it reads. */
static int wakeup[2] = { -1, -1 };

static void
on_signal (int number)
{
  int before = errno;
  ssize_t n = write (wakeup[1], "", 1);

  (void) n;
  caught = number;
  errno = before;
}

static char *
failed (GError **error, int code, const char *what)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s: %s", what, g_strerror (code));
  return NULL;
}

/* Like read() of one byte, but EINTR also where a signal came before it. */
static ssize_t
read_byte (int fd, char *byte)
{
  struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = wakeup[0], .events = POLLIN } };

  if (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
    return -1;
  if (fds[1].revents != 0)
    {
      errno = EINTR;
      return -1;
    }
  return read (fd, byte, 1);
}

/* Returns: NULL with an error, or where a signal came in between. */
static char *
read_line (int fd, const char *what, GError **error)
{
  char line[MAX_LINE];
  gsize len = 0;
  ssize_t n = 0;
  char *result = NULL;

  while (len < sizeof line && (n = read_byte (fd, line + len)) == 1 && line[len] != '\n')
    len++;
  if (n < 0 && errno != EINTR)
    failed (error, errno, what);
  else if (n == 0 && len == 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, "%s: nothing was entered", what);
  else if (len == sizeof line)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE, "%s: the line is longer than %d bytes", what, MAX_LINE - 1);
  else if (n >= 0 && !g_utf8_validate (line, (gssize) len, NULL))
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s: this is not UTF-8", what);
  else if (n >= 0)
    result = g_strndup (line, len > 0 && line[len - 1] == '\r' ? len - 1 : len); /* a file from Windows */
  explicit_bzero (line, sizeof line);
  return result;
}

static char *
ask_silently (int tty, const char *question, GError **error)
{
  struct sigaction action = { .sa_handler = on_signal };
  struct sigaction before[G_N_ELEMENTS (signals)];
  struct termios normal, silent;
  char *answer = NULL;

  if (tcgetattr (tty, &normal) < 0)
    return failed (error, errno, "Terminal");
  silent = normal;
  silent.c_lflag &= ~(tcflag_t) ECHO;
  silent.c_lflag |= ECHONL;

  if (!g_unix_open_pipe (wakeup, FD_CLOEXEC, error))
    return NULL;
  caught = 0;
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, &before[i]);
  if (tcsetattr (tty, TCSAFLUSH, &silent) == 0 && write (tty, question, strlen (question)) >= 0)
    answer = read_line (tty, "Terminal", error);
  else if (caught == 0)
    failed (error, errno, "Terminal");
  tcsetattr (tty, TCSAFLUSH, &normal);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &before[i], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (wakeup); i++)
    {
      close (wakeup[i]);
      wakeup[i] = -1;
    }
  return answer;
}

char *
floo_prompt (const char *question, gboolean secret, GError **error)
{
  int tty = open ("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_autoptr (GError) local = NULL;
  char *answer = NULL;

  if (tty < 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "There is no terminal to ask on");
      return NULL;
    }
  /* After a signal that does not end the process (SIGTSTP, then continued) the question is asked again. */
  while (answer == NULL && local == NULL)
    if (secret)
      {
        answer = ask_silently (tty, question, &local);
        if (caught != 0)
          {
            int number = caught;

            caught = 0;
            raise (number);
          }
      }
    else if (write (tty, question, strlen (question)) < 0)
      failed (&local, errno, "Terminal");
    else
      answer = read_line (tty, "Terminal", &local);
  close (tty);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return answer;
}

char *
floo_prompt_read_stdin (GError **error)
{
  char *answer = read_line (STDIN_FILENO, "Standard input", error);

  if (answer == NULL && error != NULL && *error == NULL)
    failed (error, EINTR, "Standard input");
  return answer;
}

void
floo_prompt_free (char *answer)
{
  if (answer == NULL)
    return;
  explicit_bzero (answer, strlen (answer));
  g_free (answer);
}
