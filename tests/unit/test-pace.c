/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When background requests are made: a request that is wanted while the last retry is under way is made as well. */
#include "account-fixture.h"
#include "session/job/pace.h"

static guint asked;

static void
count (gpointer owner)
{
  asked++;
}

static guint32
no_jitter (guint32 bound)
{
  return 0;
}

/* A pace whose requests have all failed, up to the last retry, which is under way. */
static void
fail_until_last (FlooPace *pace, AccountFixture *world)
{
  asked = 0;
  account_fixture_set_up (world);
  floo_account_set_state (world->account, FLOO_STATE_ONLINE);
  floo_pace_init (pace, world->account, count, NULL);
  pace->backoff.min_ms = pace->backoff.max_ms = 1;
  floo_pace_want (pace);
  for (guint tries = 1; pace->busy; tries++)
    {
      g_assert_cmpuint (asked, ==, tries);
      if (tries == 9)
        return;
      floo_pace_failed (pace);
      run_until (pace->busy);
    }
  g_assert_not_reached ();
}

static void
test_given_up (void)
{
  AccountFixture world = { 0 };
  FlooPace pace;

  fail_until_last (&pace, &world);
  floo_pace_failed (&pace);
  g_assert_cmpuint (pace.timer, ==, 0);
  g_assert_false (pace.busy);
  account_fixture_drain (&world);
  account_fixture_tear_down (&world);
}

static void
test_wanted_in_the_last_try (void)
{
  AccountFixture world = { 0 };
  FlooPace pace;

  fail_until_last (&pace, &world);
  floo_pace_want (&pace);
  g_assert_cmpuint (asked, ==, 9);
  floo_pace_failed (&pace);
  g_assert_cmpuint (pace.timer, !=, 0);
  run_until (asked == 10);
  floo_pace_idle (&pace);
  floo_pace_stop (&pace);
  account_fixture_drain (&world);
  account_fixture_tear_down (&world);
}

/* What is wanted at once waits neither for the interval nor for the next retry. */
static void
test_at_once (void)
{
  AccountFixture world = { 0 };
  FlooPace pace;

  asked = 0;
  account_fixture_set_up (&world);
  floo_account_set_state (world.account, FLOO_STATE_ONLINE);
  floo_pace_init (&pace, world.account, count, NULL);
  pace.interval_ms = pace.backoff.min_ms = 3600000;
  pace.backoff.max_ms = 7200000;

  /* In the interval after a request an ordinary one waits, and one that is wanted at once does not. */
  floo_pace_want (&pace);
  floo_pace_done (&pace);
  floo_pace_want (&pace);
  g_assert_cmpuint (asked, ==, 1);
  floo_pace_want_now (&pace);
  g_assert_cmpuint (asked, ==, 2);

  /* While one is under way: after it. */
  floo_pace_want_now (&pace);
  g_assert_cmpuint (asked, ==, 2);
  floo_pace_done (&pace);
  g_assert_cmpuint (asked, ==, 3);
  floo_pace_want_now (&pace);
  floo_pace_idle_for (&pace, 3600000);
  g_assert_cmpuint (asked, ==, 4);
  floo_pace_failed (&pace);
  floo_pace_want_now (&pace);
  g_assert_cmpuint (asked, ==, 5);

  /* Nothing to request, until a given time. */
  floo_pace_idle (&pace);
  g_assert_cmpuint (pace.timer, ==, 0);
  floo_pace_want (&pace);
  floo_pace_idle_for (&pace, 1);
  run_until (asked == 7);
  floo_pace_idle (&pace);
  floo_pace_stop (&pace);
  account_fixture_drain (&world);
  account_fixture_tear_down (&world);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  floo_backoff_set_jitter (no_jitter);
  g_test_add_func ("/pace/given-up", test_given_up);
  g_test_add_func ("/pace/wanted-in-the-last-try", test_wanted_in_the_last_try);
  g_test_add_func ("/pace/at-once", test_at_once);
  return g_test_run ();
}
