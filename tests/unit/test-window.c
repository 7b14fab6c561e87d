/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames on their way: how many, in which order, how long. */
#include "session/outbox/window.h"

#include "base/backoff.h"

static gboolean
add (FlooWindow *window, gint64 client_mid, gint64 conversation, gint64 place, gsize bytes)
{
  return floo_window_add (window, floo_window_get_generation (window, NULL), client_mid, conversation, place, bytes);
}

static void
send (FlooWindow *window, gint64 client_mid, gint64 now)
{
  g_assert_true (floo_window_send (window, floo_window_get_generation (window, NULL), client_mid, now));
}

static void
assert_overdue (FlooWindow *window, gint64 now, guint n)
{
  g_autoptr (GArray) overdue = g_array_new (FALSE, FALSE, sizeof (gint64));

  floo_window_get_overdue (window, now, overdue);
  g_assert_cmpuint (overdue->len, ==, n);
}

/* Thirty-two of a conversation; none that comes before one under way. */
static void
test_size (void)
{
  FlooWindow *window = floo_window_new ();

  g_assert_false (add (window, 1, 7, 1, 10));
  floo_window_open (window, 5);
  for (gint64 i = 1; i <= FLOO_WINDOW_FRAMES; i++)
    {
      g_assert_true (floo_window_has_room (window, 7));
      g_assert_true (add (window, 100 + i, 7, 100 + i, 10));
    }
  g_assert_false (floo_window_has_room (window, 7));
  g_assert_false (add (window, 200, 7, 200, 10));
  g_assert_true (add (window, 201, 8, 201, 10));
  g_assert_false (add (window, 201, 8, 201, 10));
  floo_window_answered (window, 101, FALSE, 1);
  g_assert_false (add (window, 90, 7, 90, 10));
  g_assert_true (add (window, 200, 7, 200, 10));
  floo_window_close (window);
  g_assert_true (floo_window_is_empty (window));
  floo_window_free (window);
}

/* One large frame is sent, a second one waits for it. */
static void
test_bytes (void)
{
  FlooWindow *window = floo_window_new ();

  floo_window_open (window, 5);
  g_assert_true (add (window, 1, 7, 1, 300000));
  g_assert_false (add (window, 2, 7, 2, 1));
  for (gint64 i = 0; i < 13; i++)
    g_assert_true (add (window, 10 + i, 10 + i, 1, 300000));
  g_assert_cmpuint (floo_window_room (window), ==, 0);
  g_assert_false (add (window, 30, 30, 1, 1));
  floo_window_remove (window, floo_window_get_generation (window, NULL), 10);
  g_assert_true (add (window, 30, 30, 1, 1));
  floo_window_free (window);
}

static guint
fill (FlooWindow *window, gint64 from)
{
  guint n = 0;

  while (add (window, from + n, 7, from + n, 1))
    n++;
  return n;
}

/* A refused frame is sent first, once the others are answered, and alone; then the window grows with each answer. */
static void
test_refused (void)
{
  FlooWindow *window = floo_window_new ();

  floo_window_open (window, 5);
  g_assert_true (add (window, 1, 7, 1, 1) && add (window, 2, 7, 2, 1));
  floo_window_answered (window, 1, TRUE, 1);
  g_assert_false (add (window, 1, 7, 1, 1));
  g_assert_false (add (window, 3, 7, 3, 1));
  floo_window_answered (window, 2, FALSE, 1);
  g_assert_cmpuint (fill (window, 1), ==, 1);
  floo_window_answered (window, 1, FALSE, 2);
  g_assert_cmpuint (fill (window, 10), ==, 2);
  floo_window_answered (window, 10, FALSE, 3);
  g_assert_cmpuint (fill (window, 20), ==, 3);
  floo_window_free (window);
}

/* Frames without an order have a limit of their own. */
static void
test_no_order (void)
{
  FlooWindow *window = floo_window_new ();
  guint n = 0;

  floo_window_open (window, 5);
  while (add (window, 1000 - n, FLOO_WINDOW_NO_ORDER, 1000 - n, 1))
    n++;
  g_assert_cmpuint (n, ==, FLOO_WINDOW_UNORDERED);
  g_assert_true (add (window, 1, 7, 1, 1));
  floo_window_free (window);
}

/* While answers arrive there is more time. */
static void
test_overdue (void)
{
  FlooWindow *window = floo_window_new ();

  floo_window_open (window, 5);
  g_assert_true (add (window, 1, 7, 1, 1) && add (window, 2, 7, 2, 1) && add (window, 3, 8, 3, 1));
  send (window, 1, 1000);
  send (window, 2, 1000);
  assert_overdue (window, 11000, 0);
  assert_overdue (window, 11001, 2);
  floo_window_answered (window, 1, FALSE, 6000);
  assert_overdue (window, 16000, 0);
  assert_overdue (window, 16001, 1);
  send (window, 3, 1000);
  floo_window_answered (window, 2, FALSE, 30000);
  assert_overdue (window, 31000, 0);
  assert_overdue (window, 31001, 1);
  floo_window_free (window);
}

/* A frame that was added on an earlier connection is neither sent on the next one nor removes anything from its window. */
static void
test_generations (void)
{
  FlooWindow *window = floo_window_new ();
  guint64 first, second;

  g_assert_cmpuint (floo_window_get_generation (window, NULL), ==, 0);
  floo_window_open (window, 5);
  first = floo_window_get_generation (window, NULL);
  g_assert_true (add (window, 1, 7, 1, 1) && add (window, 2, 7, 2, 1));
  floo_window_close (window);
  floo_window_open (window, 5);
  second = floo_window_get_generation (window, NULL);
  g_assert_false (floo_window_send (window, first, 2, 1000));
  g_assert_false (floo_window_add (window, first, 3, 7, 3, 1));
  g_assert_true (add (window, 1, 7, 1, 1) && add (window, 2, 7, 2, 1));
  g_assert_false (floo_window_send (window, first, 2, 1000));
  floo_window_remove (window, first, 2);
  g_assert_true (floo_window_contains (window, 2));
  send (window, 1, 1000);
  /* On the same connection: what is not sent yet is removed, what is sent stays. */
  floo_window_renew (window);
  g_assert_false (floo_window_send (window, second, 2, 1000));
  g_assert_false (floo_window_contains (window, 2));
  g_assert_true (floo_window_contains (window, 1));
  g_assert_true (add (window, 2, 7, 2, 1));
  floo_window_remove (window, floo_window_get_generation (window, NULL), 1);
  g_assert_false (floo_window_contains (window, 1));
  floo_window_free (window);
}

static gint64 wall;

static gint64
get_wall (void)
{
  return wall;
}

/* However and whenever the clock is set: no delay gets longer. */
static void
test_clock (void)
{
  const gint64 year = 365 * 24 * 3600 * G_GINT64_CONSTANT (1000);
  FlooWindow *window = floo_window_new ();

  floo_clock_set (get_wall);
  wall = 1800000000000;
  g_assert_cmpint (floo_window_get_wait (window, 1, 0, 4000, 100), ==, 0);
  g_assert_cmpint (floo_window_get_wait (window, 1, wall + 2000, 4000, 100), ==, 2000);
  wall -= year;
  g_assert_cmpint (floo_window_get_wait (window, 1, wall + year + 2000, 4000, 1100), ==, 1000);
  g_assert_cmpint (floo_window_get_wait (window, 1, wall + year + 2000, 4000, 2100), ==, 0);
  /* Set back between the refusal and the first look. */
  g_assert_cmpint (floo_window_get_wait (window, 2, wall + year + 2000, 4000, 0), ==, 0);
  /* Refused again. */
  g_assert_cmpint (floo_window_get_wait (window, 2, wall + 8000, 8000, 4000), ==, 8000);
  wall += 2 * year;
  g_assert_cmpint (floo_window_get_wait (window, 2, wall - 2 * year + 8000, 8000, 5000), ==, 7000);
  g_assert_cmpint (floo_window_get_wait (window, 3, G_MAXINT64, 300000, 0), ==, 0);
  g_assert_cmpint (floo_window_get_wait (window, 4, G_MININT64, 300000, 0), ==, 0);
  /* Thousands of expired ones are not kept. */
  for (gint64 i = 10; i < 5000; i++)
    g_assert_cmpint (floo_window_get_wait (window, i, wall + 10, 4000, 100 * i), ==, 10);
  floo_clock_set (NULL);
  floo_window_free (window);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/window/size", test_size);
  g_test_add_func ("/window/bytes", test_bytes);
  g_test_add_func ("/window/refused", test_refused);
  g_test_add_func ("/window/no-order", test_no_order);
  g_test_add_func ("/window/overdue", test_overdue);
  g_test_add_func ("/window/generations", test_generations);
  g_test_add_func ("/window/clock", test_clock);
  return g_test_run ();
}
