/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/backoff.h"

#include <time.h>

static guint32 (*test_jitter) (guint32 bound);
static gint64 (*test_clock) (void);
static gint64 (*test_uptime) (void);

/* The ceiling after @attempts failures, grown step by step so that nothing overflows. */
static guint64
ceiling_ms (const FlooBackoff *backoff)
{
  guint64 ceiling = backoff->min_ms;

  if (backoff->factor_percent <= 100)
    return backoff->max_ms;
  for (guint i = 0; i <= backoff->attempts; i++)
    {
      guint64 next = ceiling * backoff->factor_percent / 100;

      if (next >= backoff->max_ms)
        return backoff->max_ms;
      if (next == ceiling) /* too small to grow in whole ms */
        break;
      ceiling = next;
    }
  return ceiling;
}

static guint32
jitter (guint32 bound)
{
  guint32 (*injected) (guint32) = g_atomic_pointer_get (&test_jitter);

  if (injected != NULL)
    return injected (bound);
  return (guint32) (g_random_double () * bound);
}

guint
floo_backoff_next (FlooBackoff *backoff)
{
  guint64 ceiling;
  guint64 bound;

  g_return_val_if_fail (backoff != NULL, 0);

  ceiling = ceiling_ms (backoff);
  if (backoff->attempts < G_MAXUINT)
    backoff->attempts++;
  if (ceiling <= backoff->min_ms)
    return (guint) ceiling;
  bound = MIN (ceiling - backoff->min_ms + 1, G_MAXUINT32);
  return backoff->min_ms + MIN (jitter ((guint32) bound), (guint32) bound - 1);
}

void
floo_backoff_reset (FlooBackoff *backoff)
{
  g_return_if_fail (backoff != NULL);
  backoff->attempts = 0;
}

gint64
floo_now_ms (void)
{
  gint64 (*injected) (void) = g_atomic_pointer_get (&test_clock);

  return injected != NULL ? injected () : g_get_real_time () / 1000;
}

gint64
floo_uptime_ms (void)
{
  gint64 (*injected) (void) = g_atomic_pointer_get (&test_uptime);
  struct timespec now;

  if (injected != NULL)
    return injected ();
  clock_gettime (CLOCK_BOOTTIME, &now);
  return (gint64) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void
floo_uptime_set (gint64 (*uptime_ms) (void))
{
  g_atomic_pointer_set (&test_uptime, uptime_ms);
}

void
floo_backoff_set_jitter (guint32 (*jitter_func) (guint32 bound))
{
  g_atomic_pointer_set (&test_jitter, jitter_func);
}

void
floo_clock_set (gint64 (*now_ms) (void))
{
  g_atomic_pointer_set (&test_clock, now_ms);
}
