/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http/deadline.h"

#include "base/error.h"

struct _FlooDeadline {
  GCancellable *inner;
  GCancellable *outer;
  GSource *timer;
  GSource *watch; /* of outer: on the main loop, so that nothing runs in the thread that cancels */
  guint timeout_ms;
  gint64 touched; /* monotonic us; 0: never */
  gboolean expired;
};

/*
 * Cancels only when no callback of G_PRIORITY_DEFAULT is pending: libsoup 3.6 unqueues a request twice, and uses it after that, if it was
 * cancelled before it began, or between the end of an operation and that operation's callback.
 */
#define CANCEL_PRIORITY (G_PRIORITY_DEFAULT + 10)

static void start_timer (FlooDeadline *deadline, guint timeout_ms);

static gboolean
on_expired (gpointer user_data)
{
  FlooDeadline *deadline = user_data;
  gint64 left = deadline->touched == 0 ? 0 : deadline->timeout_ms - (g_get_monotonic_time () - deadline->touched) / 1000;

  if (left > 0)
    {
      g_clear_pointer (&deadline->timer, g_source_unref);
      start_timer (deadline, (guint) left);
      return G_SOURCE_REMOVE;
    }
  deadline->expired = TRUE;
  g_cancellable_cancel (deadline->inner);
  return G_SOURCE_REMOVE;
}

static gboolean
on_outer_cancelled (GCancellable *outer, gpointer user_data)
{
  FlooDeadline *deadline = user_data;

  g_cancellable_cancel (deadline->inner);
  return G_SOURCE_REMOVE;
}

static void
start_timer (FlooDeadline *deadline, guint timeout_ms)
{
  deadline->timer = g_timeout_source_new (timeout_ms);
  g_source_set_static_name (deadline->timer, "flooimd deadline");
  g_source_set_priority (deadline->timer, CANCEL_PRIORITY);
  g_source_set_callback (deadline->timer, on_expired, deadline, NULL);
  g_source_attach (deadline->timer, g_main_context_get_thread_default ());
}

FlooDeadline *
floo_deadline_new (guint timeout_ms, GCancellable *cancellable)
{
  FlooDeadline *deadline = g_new0 (FlooDeadline, 1);

  deadline->inner = g_cancellable_new ();
  deadline->timeout_ms = timeout_ms;
  start_timer (deadline, timeout_ms);
  if (cancellable != NULL)
    {
      deadline->outer = g_object_ref (cancellable);
      deadline->watch = g_cancellable_source_new (cancellable);
      g_source_set_priority (deadline->watch, CANCEL_PRIORITY);
      g_source_set_callback (deadline->watch, G_SOURCE_FUNC (on_outer_cancelled), deadline, NULL);
      g_source_attach (deadline->watch, g_main_context_get_thread_default ());
      if (g_cancellable_is_cancelled (cancellable))
        g_cancellable_cancel (deadline->inner);
    }
  return deadline;
}

static void
destroy_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

void
floo_deadline_free (FlooDeadline *deadline)
{
  if (deadline == NULL)
    return;
  g_clear_pointer (&deadline->timer, destroy_source);
  g_clear_pointer (&deadline->watch, destroy_source);
  g_clear_object (&deadline->outer);
  g_clear_object (&deadline->inner);
  g_free (deadline);
}

void
floo_deadline_touch (FlooDeadline *deadline)
{
  g_return_if_fail (deadline != NULL);
  deadline->touched = g_get_monotonic_time ();
}

GCancellable *
floo_deadline_get_cancellable (FlooDeadline *deadline)
{
  g_return_val_if_fail (deadline != NULL, NULL);
  return deadline->inner;
}

void
floo_deadline_abort (FlooDeadline *deadline)
{
  g_return_if_fail (deadline != NULL);
  g_cancellable_cancel (deadline->inner);
}

GError *
floo_deadline_error (FlooDeadline *deadline, const GError *error, const char *what)
{
  GError *normal;

  g_return_val_if_fail (deadline != NULL && error != NULL, NULL);

  if (deadline->outer != NULL && g_cancellable_is_cancelled (deadline->outer))
    return g_error_new (FLOO_ERROR, FLOO_ERROR_CANCELLED, "%s: cancelled", what);
  if (deadline->expired)
    return g_error_new (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "%s: no answer in time", what);
  if (error->domain == FLOO_ERROR)
    return g_error_copy (error);
  normal = floo_error_normalise (error);
  /* floo_error_normalise() maps unknown I/O errors to FileError and a cut stream to bad data; here both come from the network. */
  if (normal->code == FLOO_ERROR_FILE || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
    normal->code = FLOO_ERROR_OFFLINE;
  g_prefix_error (&normal, "%s: ", what);
  return normal;
}
