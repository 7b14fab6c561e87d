/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waits between tries: within their minimum and maximum, growing, and from the minimum again after a reset. */
#include "base/alarm.h"
#include "base/backoff.h"
#include "base/service-clock.h"

static guint32
lowest (guint32 bound)
{
  return 0;
}

static guint32
highest (guint32 bound)
{
  return bound - 1;
}

static gint64
at_the_epoch (void)
{
  return 0;
}

static void
test_constant (void)
{
  FlooBackoff backoff = { .min_ms = 1000, .max_ms = 10000, .factor_percent = 100 };

  for (guint i = 0; i < 20; i++)
    {
      floo_backoff_set_jitter (lowest);
      g_assert_cmpuint (floo_backoff_next (&backoff), ==, 1000);
      floo_backoff_set_jitter (highest);
      g_assert_cmpuint (floo_backoff_next (&backoff), ==, 10000);
    }
  floo_backoff_set_jitter (NULL);
  for (guint i = 0; i < 1000; i++)
    {
      guint wait = floo_backoff_next (&backoff);

      g_assert_cmpuint (wait, >=, 1000);
      g_assert_cmpuint (wait, <=, 10000);
    }
}

static void
test_growing (void)
{
  static const guint ceilings[] = { 2000, 4000, 8000, 16000, 30000, 30000 };
  FlooBackoff backoff = { .min_ms = 1000, .max_ms = 30000, .factor_percent = 200 };

  floo_backoff_set_jitter (highest);
  for (guint round = 0; round < 2; round++)
    {
      for (guint i = 0; i < G_N_ELEMENTS (ceilings); i++)
        g_assert_cmpuint (floo_backoff_next (&backoff), ==, ceilings[i]);
      g_assert_cmpuint (backoff.attempts, ==, G_N_ELEMENTS (ceilings));
      floo_backoff_reset (&backoff);
    }
  /* A year of failures neither overflows nor makes the computation slower. */
  backoff.attempts = G_MAXUINT;
  g_assert_cmpuint (floo_backoff_next (&backoff), ==, 30000);
  backoff = (FlooBackoff) { .min_ms = 0, .max_ms = G_MAXUINT, .factor_percent = 101, .attempts = G_MAXUINT };
  g_assert_cmpuint (floo_backoff_next (&backoff), ==, 0);
  backoff = (FlooBackoff) { .min_ms = 5000, .max_ms = 5000, .factor_percent = 200 };
  g_assert_cmpuint (floo_backoff_next (&backoff), ==, 5000);
  floo_backoff_set_jitter (NULL);
}

static void
test_clock (void)
{
  gint64 before = g_get_real_time () / 1000;

  g_assert_cmpint (floo_now_ms (), >=, before);
  floo_clock_set (at_the_epoch);
  g_assert_cmpint (floo_now_ms (), ==, 0);
  floo_clock_set (NULL);
  g_assert_cmpint (floo_now_ms (), >=, before);
}

static gint64 wall = 1700000000000, uptime = 5000;

static gint64
fake_wall (void)
{
  return wall;
}

static gint64
fake_uptime (void)
{
  return uptime;
}

/* The machine's clock jumps forty days ahead, and the machine is suspended for eight hours. */
static void
test_service_clock (void)
{
  const gint64 hours = 8 * 3600 * 1000, said = 1800000000000;
  FlooServiceClock clock = { 0 };

  floo_clock_set (fake_wall);
  floo_uptime_set (fake_uptime);
  g_assert_cmpint (floo_service_clock_now (&clock), ==, wall);
  g_assert_cmpint (floo_service_time (), ==, wall);
  g_assert_true (floo_service_clock_note (&clock, said));
  wall += G_GINT64_CONSTANT (40) * 24 * 3600 * 1000;
  g_assert_cmpint (floo_service_clock_now (&clock), ==, said);
  uptime += hours;
  g_assert_cmpint (floo_service_clock_now (&clock), ==, said + hours);
  g_assert_cmpint (floo_service_time (), ==, said + hours);
  /* Differences of a second come from the delay of answers. */
  g_assert_false (floo_service_clock_note (&clock, said + hours - 1000));
  g_assert_cmpint (floo_service_clock_now (&clock), ==, said + hours);
  g_assert_false (floo_service_clock_note (&clock, said + hours + 1000));
  g_assert_cmpint (floo_service_clock_now (&clock), ==, said + hours + 1000);
  /* The service's clock was set. */
  g_assert_true (floo_service_clock_note (&clock, said));
  g_assert_cmpint (floo_service_clock_now (&clock), ==, said);
  floo_clock_set (NULL);
  floo_uptime_set (NULL);
}

static gboolean
count_up (gpointer data)
{
  (*(guint *) data)++;
  return G_SOURCE_CONTINUE;
}

/* An alarm fires once, whatever the function returns; and not at all if it was removed. */
static void
test_alarm (void)
{
  guint first = 0, removed = 0, last = 0;

  g_source_remove (floo_alarm_add (1, count_up, &removed));
  floo_alarm_add (1, count_up, &first);
  floo_alarm_add (20, count_up, &last);
  while (last == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (first, ==, 1);
  g_assert_cmpuint (removed, ==, 0);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backoff/constant", test_constant);
  g_test_add_func ("/backoff/growing", test_growing);
  g_test_add_func ("/backoff/clock", test_clock);
  g_test_add_func ("/clock/service", test_service_clock);
  g_test_add_func ("/clock/alarm", test_alarm);
  return g_test_run ();
}
