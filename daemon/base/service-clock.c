/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/service-clock.h"

#include "base/backoff.h"

/* The delay of an answer, and the fraction of a second that its time lacks, are less than this together. */
#define SLACK_MS 5000

static GMutex lock;
static FlooServiceClock latest;

gboolean
floo_service_clock_note (FlooServiceClock *clock, gint64 ms)
{
  const gint64 offset = ms - floo_uptime_ms ();
  const gint64 ahead = offset - clock->offset;
  const gboolean news = !clock->known || ahead > SLACK_MS || ahead < -SLACK_MS;

  /* The larger offset is the more exact one: its answer was delayed less, or came nearer to the beginning of its second. */
  if (news || ahead > 0)
    clock->offset = offset;
  clock->known = TRUE;
  g_mutex_lock (&lock);
  latest = *clock;
  g_mutex_unlock (&lock);
  return news;
}

gint64
floo_service_clock_now (const FlooServiceClock *clock)
{
  return clock->known ? clock->offset + floo_uptime_ms () : floo_now_ms ();
}

static FlooServiceClock
get_latest (void)
{
  FlooServiceClock clock;

  g_mutex_lock (&lock);
  clock = latest;
  g_mutex_unlock (&lock);
  return clock;
}

gint64
floo_service_time (void)
{
  const FlooServiceClock clock = get_latest ();

  return floo_service_clock_now (&clock);
}

gboolean
floo_service_time_is_known (void)
{
  return get_latest ().known;
}
