/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http/mover.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/error.h"

/* How often the main loop checks the progress of a transfer. */
#define LOOK_MS 100
/* Bytes/s: less counts as no progress. */
#define LEAST_RATE 128
/* The longest time for which transfers are held back. */
#define MAX_HOLD (20 * G_TIME_SPAN_SECOND)
/* For how long a connection is considered slow, and how many bytes of a transfer may be in flight then: 4 s of 16 kbit/s. */
#define THIN (10 * G_TIME_SPAN_MINUTE)
#define THIN_WINDOW 8192
/* How many unsent bytes of an upload the kernel may buffer: these cannot be held back any more. */
#define MAX_UNSENT (64 << 10)
/* How much higher the thread's nice value is than the daemon's. */
#define NICER 10

struct _FlooMover {
  FlooMoverFunc func;
  gpointer data;
  FlooDeadline *stall;
  FlooProgress progress;
  gpointer progress_data;
  guint timer;
  gint64 mark_at; /* monotonic us: when bytes last counted as a sign of life, and how many had moved then */
  goffset mark;

  GMutex lock; /* for what follows */
  goffset transferred;
  goffset total;
  gboolean moved;
};

/* ---- all of them ---- */

static GMutex all_lock; /* for what follows */
static GCond all_cond;
static gint64 held_until; /* monotonic us, like the others; 0: not held */
static gint64 thin_until;
static gint64 moved_at;

void
floo_movers_hold (gboolean hold)
{
  gint64 now = g_get_monotonic_time ();

  g_mutex_lock (&all_lock);
  held_until = hold ? now + MAX_HOLD : 0;
  if (hold)
    thin_until = now + THIN;
  g_cond_broadcast (&all_cond);
  g_mutex_unlock (&all_lock);
}

gint64
floo_movers_get_moved (void)
{
  gint64 moved;

  g_mutex_lock (&all_lock);
  moved = moved_at;
  g_mutex_unlock (&all_lock);
  return moved;
}

void
floo_movers_prepare (GSocket *socket)
{
  gboolean thin;

  g_mutex_lock (&all_lock);
  thin = g_get_monotonic_time () < thin_until;
  g_mutex_unlock (&all_lock);
  if (!g_socket_set_option (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, MAX_UNSENT, NULL)
      || (thin && !g_socket_set_option (socket, IPPROTO_TCP, TCP_WINDOW_CLAMP, THIN_WINDOW, NULL)))
    g_debug ("The socket options of a transfer's connection could not be set");
}

/* On a thread. */
static void
note_moved (void)
{
  g_mutex_lock (&all_lock);
  moved_at = g_get_monotonic_time ();
  while (held_until != 0 && g_cond_wait_until (&all_cond, &all_lock, held_until))
    ;
  g_mutex_unlock (&all_lock);
}

/* ---- one ---- */

static void
mover_free (gpointer data)
{
  FlooMover *mover = data;

  g_clear_handle_id (&mover->timer, g_source_remove);
  g_mutex_clear (&mover->lock);
  g_free (mover);
}

void
floo_mover_tell (FlooMover *mover, goffset transferred, goffset total)
{
  g_mutex_lock (&mover->lock);
  mover->transferred = transferred;
  mover->total = total;
  mover->moved = TRUE;
  g_mutex_unlock (&mover->lock);
  note_moved ();
}

/* Whether enough has moved to count as progress: a server that takes a byte now and then must not keep the transfer going for ever. */
static gboolean
is_alive (FlooMover *mover, goffset transferred)
{
  gint64 now = g_get_monotonic_time ();

  if (mover->mark_at != 0 && (transferred - mover->mark) * G_USEC_PER_SEC < LEAST_RATE * (now - mover->mark_at))
    return FALSE;
  mover->mark_at = now;
  mover->mark = transferred;
  return TRUE;
}

static gboolean
on_look (gpointer user_data)
{
  FlooMover *mover = user_data;
  goffset transferred, total;
  gboolean moved;

  g_mutex_lock (&mover->lock);
  transferred = mover->transferred;
  total = mover->total;
  moved = mover->moved;
  mover->moved = FALSE;
  g_mutex_unlock (&mover->lock);
  if (!moved)
    return G_SOURCE_CONTINUE;
  if (is_alive (mover, transferred))
    floo_deadline_touch (mover->stall);
  if (mover->progress != NULL)
    mover->progress (transferred, total, mover->progress_data);
  return G_SOURCE_CONTINUE;
}

static gpointer
run (gpointer data)
{
  g_autoptr (GTask) task = data;
  FlooMover *mover = g_task_get_task_data (task);
  GError *error = NULL;

  /* On Linux this affects only the thread. A container may forbid it; then the thread has the priority of the others. */
  errno = 0;
  if (nice (NICER) == -1 && errno != 0)
    g_debug ("The priority of a transfer's thread could not be lowered: %s", g_strerror (errno));
  if (mover->func (mover, g_task_get_cancellable (task), mover->data, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
  return NULL;
}

void
floo_mover_run_async (FlooMoverFunc func, gpointer data, FlooDeadline *stall, FlooProgress progress, gpointer progress_data,
                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, floo_deadline_get_cancellable (stall), callback, user_data);
  g_autoptr (GError) error = NULL;
  FlooMover *mover = g_new0 (FlooMover, 1);
  GThread *thread;

  g_task_set_source_tag (task, floo_mover_run_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, mover, mover_free);
  g_mutex_init (&mover->lock);
  mover->func = func;
  mover->data = data;
  mover->stall = stall;
  mover->progress = progress;
  mover->progress_data = progress_data;
  mover->timer = g_timeout_add (LOOK_MS, on_look, mover);
  thread = g_thread_try_new ("flooimd-file", run, g_object_ref (task), &error);
  if (thread != NULL)
    {
      g_thread_unref (thread);
      return;
    }
  g_object_unref (task);
  g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_OFFLINE, "no thread for the transfer: %s", error->message);
}

gboolean
floo_mover_run_finish (GAsyncResult *result, GError **error)
{
  FlooMover *mover;

  g_return_val_if_fail (g_async_result_is_tagged (result, floo_mover_run_async), FALSE);

  mover = g_task_get_task_data (G_TASK (result));
  g_clear_handle_id (&mover->timer, g_source_remove);
  on_look (mover);
  return g_task_propagate_boolean (G_TASK (result), error);
}
