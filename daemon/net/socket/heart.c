/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/socket/heart.h"

#include "net/http/mover.h"

/* Runs after everything that came in meanwhile: after a stall of the machine the answer may have arrived and not be read yet. */
#define PRIORITY_DEAD (G_PRIORITY_DEFAULT + 50)
/* An answer is late after this time, which is more than any round trip on earth takes. */
#define LATE_MS 1500u

struct _FlooHeart {
  guint interval_ms;
  guint timeout_ms;
  FlooHeartFunc beat;
  FlooHeartFunc dead;
  FlooHeartLateFunc late; /* (nullable) */
  gpointer user_data;

  GSource *timer;   /* for the next beat, or for the missing answer */
  gboolean waiting; /* for an answer */
  gint64 beat_at;   /* monotonic, us, like heard_at */
  gint64 heard_at;
  gboolean is_late;
};

static void
clear_timer (FlooHeart *heart)
{
  if (heart->timer == NULL)
    return;
  g_source_destroy (heart->timer);
  g_clear_pointer (&heart->timer, g_source_unref);
}

static void
set_timer (FlooHeart *heart, guint ms, int priority, GSourceFunc func)
{
  clear_timer (heart);
  heart->timer = g_timeout_source_new (ms);
  g_source_set_static_name (heart->timer, "flooimd heart");
  g_source_set_priority (heart->timer, priority);
  g_source_set_callback (heart->timer, func, heart, NULL);
  g_source_attach (heart->timer, g_main_context_get_thread_default ());
}

static void
set_late (FlooHeart *heart, gboolean late)
{
  if (heart->is_late == late)
    return;
  heart->is_late = late;
  if (heart->late != NULL)
    heart->late (late, heart->user_data);
}

static gboolean
on_missing (gpointer user_data)
{
  FlooHeart *heart = user_data;
  gint64 waited_ms = (g_get_monotonic_time () - heart->beat_at) / 1000;

  if (waited_ms < heart->timeout_ms)
    {
      set_late (heart, TRUE);
      set_timer (heart, heart->timeout_ms - (guint) waited_ms, PRIORITY_DEAD, on_missing);
      return G_SOURCE_REMOVE;
    }
  if (MAX (heart->heard_at, floo_movers_get_moved ()) > heart->beat_at && waited_ms < (gint64) heart->interval_ms + heart->timeout_ms)
    {
      set_late (heart, TRUE);
      set_timer (heart, heart->timeout_ms, PRIORITY_DEAD, on_missing);
      return G_SOURCE_REMOVE;
    }
  clear_timer (heart);
  set_late (heart, FALSE);
  heart->dead (heart->user_data);
  return G_SOURCE_REMOVE;
}

static gboolean
on_interval (gpointer user_data)
{
  floo_heart_beat (user_data);
  return G_SOURCE_REMOVE;
}

FlooHeart *
floo_heart_new (guint interval_ms, guint timeout_ms, FlooHeartFunc beat, FlooHeartFunc dead, gpointer user_data)
{
  FlooHeart *heart;

  g_return_val_if_fail (beat != NULL && dead != NULL, NULL);

  heart = g_new0 (FlooHeart, 1);
  heart->interval_ms = interval_ms;
  heart->timeout_ms = timeout_ms;
  heart->beat = beat;
  heart->dead = dead;
  heart->user_data = user_data;
  set_timer (heart, interval_ms, G_PRIORITY_DEFAULT, on_interval);
  return heart;
}

void
floo_heart_free (FlooHeart *heart)
{
  if (heart == NULL)
    return;
  clear_timer (heart);
  set_late (heart, FALSE);
  g_free (heart);
}

void
floo_heart_set_late (FlooHeart *heart, FlooHeartLateFunc late)
{
  g_return_if_fail (heart != NULL);
  heart->late = late;
}

void
floo_heart_beat (FlooHeart *heart)
{
  g_return_if_fail (heart != NULL);

  if (heart->waiting)
    return;
  heart->waiting = TRUE;
  heart->beat_at = g_get_monotonic_time ();
  set_timer (heart, MIN (LATE_MS, heart->timeout_ms), PRIORITY_DEAD, on_missing);
  heart->beat (heart->user_data);
}

void
floo_heart_answered (FlooHeart *heart)
{
  gint64 since_ms;

  g_return_if_fail (heart != NULL);

  if (!heart->waiting)
    return; /* no beat waits for it */
  heart->waiting = FALSE;
  set_late (heart, FALSE);
  /* Counted from the beat, not from its answer, as the service does. */
  since_ms = (g_get_monotonic_time () - heart->beat_at) / 1000;
  set_timer (heart, (guint) MAX (heart->interval_ms - since_ms, heart->interval_ms / 4), G_PRIORITY_DEFAULT, on_interval);
}

void
floo_heart_heard (FlooHeart *heart)
{
  g_return_if_fail (heart != NULL);
  heart->heard_at = g_get_monotonic_time ();
}
