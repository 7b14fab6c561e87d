/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of transfers: the order, what follows a failure, cancellation at each stage, and how long the result is kept. */
#include "base/error.h"
#include "run-until.h"
#include "session/files/transfer.h"

#define PLACES 6 /* for each direction */

typedef struct {
  FlooTransfers *transfers;
  GString *log;           /* what happened: a letter and the number of the transfer each */
  GArray *gone;           /* guint64: in the order of their removal */
} Fixture;

typedef struct {
  Fixture *fixture;
  guint64 id;
  guint runs, ends, failures;
  gboolean abandoned;
} Item;

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
on_changed (guint64 id, gpointer user_data)
{
  Fixture *f = user_data;

  if (f->transfers != NULL && floo_transfers_get (f->transfers, id) == NULL)
    g_array_append_val (f->gone, id);
}

static void
set_up (Fixture *f, gconstpointer data)
{
  f->log = g_string_new (NULL);
  f->gone = g_array_new (FALSE, FALSE, sizeof (guint64));
  f->transfers = floo_transfers_new (on_changed, f);
  floo_transfers_set_running (f->transfers, TRUE);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  floo_transfers_free (g_steal_pointer (&f->transfers));
  g_array_unref (f->gone);
  g_string_free (f->log, TRUE);
}

static void
on_run (FlooTransfer *transfer, gpointer data)
{
  Item *item = data;

  item->runs++;
  g_string_append_printf (item->fixture->log, "%" G_GUINT64_FORMAT " ", item->id);
}

static void
on_failed (FlooTransfer *transfer, const GError *error, guint delay_ms, gpointer data)
{
  ((Item *) data)->failures++;
}

static void
on_ended (FlooTransfer *transfer, gpointer data)
{
  ((Item *) data)->ends++;
  ((Item *) data)->abandoned = floo_transfer_is_abandoned (transfer);
}

static FlooTransfer *
add (Fixture *f, guint64 id, gboolean upload, gboolean held, guint tries)
{
  g_autofree char *key = g_strdup_printf ("key-%" G_GUINT64_FORMAT, id);
  Item *item = g_new0 (Item, 1);
  const FlooTransferSpec spec = { .key = key, .upload = upload, .name = "x", .held = held, .tries = tries, .run = on_run,
                                  .failed = on_failed, .ended = on_ended, .data = item, .destroy = g_free };

  item->fixture = f;
  item->id = id;
  return floo_transfers_add (f->transfers, id, &spec);
}

static Item *
item_of (FlooTransfer *transfer)
{
  return floo_transfer_get_data (transfer);
}

static void
fail (FlooTransfer *transfer, FlooError code)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, code, "no luck");

  floo_transfer_done (transfer, error);
}

static void
assert_ended (FlooTransfer *transfer, FlooTransferStatus status)
{
  g_assert_cmpint (floo_transfer_get_status (transfer), ==, status);
  g_assert_cmpuint (item_of (transfer)->ends, ==, 1);
}

/* In the order of arrival; each direction has a limit of its own. */
static void
test_turns (Fixture *f, gconstpointer data)
{
  FlooTransfer *first = add (f, 1, FALSE, FALSE, 5);

  for (guint64 id = 2; id <= PLACES + 2; id++)
    add (f, id, FALSE, FALSE, 5);
  add (f, 10, TRUE, FALSE, 5);
  settle ();
  g_assert_cmpstr (f->log->str, ==, "1 2 3 4 5 6 10 ");
  floo_transfer_done (first, NULL);
  settle ();
  g_assert_cmpstr (f->log->str, ==, "1 2 3 4 5 6 10 7 ");
  floo_transfers_set_running (f->transfers, FALSE);
  floo_transfer_cancel (floo_transfers_get (f->transfers, 2));
  floo_transfer_done (floo_transfers_get (f->transfers, 2), NULL);
  settle ();
  g_assert_cmpstr (f->log->str, ==, "1 2 3 4 5 6 10 7 ");
  floo_transfers_set_running (f->transfers, TRUE);
  settle ();
  g_assert_cmpstr (f->log->str, ==, "1 2 3 4 5 6 10 7 8 ");
  for (guint64 id = 3; id <= PLACES + 2; id++)
    floo_transfer_done (floo_transfers_get (f->transfers, id), NULL);
  floo_transfer_done (floo_transfers_get (f->transfers, 10), NULL);
  g_assert_cmpuint (floo_transfers_count (f->transfers), ==, 0);
}

static void
test_retries (Fixture *f, gconstpointer data)
{
  FlooTransfer *passing = add (f, 1, FALSE, FALSE, 3), *lasting = add (f, 2, FALSE, FALSE, 3), *endless = add (f, 3, TRUE, FALSE, 0);

  settle ();
  fail (lasting, FLOO_ERROR_PERMISSION_DENIED);
  assert_ended (lasting, FLOO_TRANSFER_ERROR);
  g_assert_cmpuint (item_of (lasting)->failures, ==, 0);
  g_assert_error (floo_transfer_get_error (lasting), FLOO_ERROR, FLOO_ERROR_PERMISSION_DENIED);
  /* Three failures in a row without a byte are the limit, and one that moved something does not count. */
  for (guint i = 0; i < 5; i++)
    {
      if (i == 2)
        floo_transfer_progress (passing, 10, 100);
      fail (passing, FLOO_ERROR_OFFLINE);
      fail (endless, FLOO_ERROR_TIMEOUT);
      floo_transfer_hurry (passing);
      floo_transfer_hurry (endless);
      settle ();
      if (floo_transfer_get_status (passing) == FLOO_TRANSFER_ERROR)
        break;
    }
  assert_ended (passing, FLOO_TRANSFER_ERROR);
  g_assert_cmpuint (item_of (passing)->runs, ==, 5);
  g_assert_cmpint (floo_transfer_get_status (endless), ==, FLOO_TRANSFER_ACTIVE);
  g_assert_cmpuint (item_of (endless)->runs, ==, 6);
  floo_transfer_done (endless, NULL);
  assert_ended (endless, FLOO_TRANSFER_COMPLETE);
}

/* It waits between two tries. */
static void
test_waits (Fixture *f, gconstpointer data)
{
  FlooTransfer *transfer = add (f, 1, FALSE, FALSE, 3);

  settle ();
  fail (transfer, FLOO_ERROR_OFFLINE);
  g_assert_cmpint (floo_transfer_get_status (transfer), ==, FLOO_TRANSFER_QUEUED);
  settle ();
  g_assert_cmpuint (item_of (transfer)->runs, ==, 1);
  run_until (item_of (transfer)->runs == 2);
  floo_transfer_done (transfer, NULL);
}

/* Cancelled while it is held, in the queue, under way, and between two tries. */
static void
test_cancel (Fixture *f, gconstpointer data)
{
  FlooTransfer *held = add (f, 1, FALSE, TRUE, 5), *active = add (f, 2, FALSE, FALSE, 5), *waiting = add (f, 3, FALSE, FALSE, 5), *queued;

  settle ();
  fail (waiting, FLOO_ERROR_OFFLINE);
  floo_transfers_set_running (f->transfers, FALSE);
  queued = add (f, 4, FALSE, FALSE, 5);
  settle ();
  floo_transfer_cancel (held);
  assert_ended (held, FLOO_TRANSFER_CANCELLED);
  floo_transfer_cancel (queued);
  assert_ended (queued, FLOO_TRANSFER_CANCELLED);
  floo_transfer_cancel (waiting);
  assert_ended (waiting, FLOO_TRANSFER_CANCELLED);
  floo_transfer_cancel (active);
  g_assert_cmpint (floo_transfer_get_status (active), ==, FLOO_TRANSFER_ACTIVE);
  g_assert_true (g_cancellable_is_cancelled (floo_transfer_get_cancellable (active)));
  fail (active, FLOO_ERROR_CANCELLED);
  assert_ended (active, FLOO_TRANSFER_CANCELLED);
  /* Later calls change nothing. */
  floo_transfer_release (held);
  floo_transfers_set_running (f->transfers, TRUE);
  floo_transfer_hurry (waiting);
  floo_transfer_cancel (active);
  settle ();
  assert_ended (active, FLOO_TRANSFER_CANCELLED);
  g_assert_cmpstr (f->log->str, ==, "2 3 ");
  g_assert_null (floo_transfers_find (f->transfers, "key-2"));
}

static guint64
transferred (FlooTransfer *transfer)
{
  g_autoptr (GVariant) properties = g_variant_ref_sink (floo_transfer_get_properties (transfer));
  guint64 value;

  g_assert_true (g_variant_lookup (properties, "Transferred", "t", &value));
  return value;
}

/* A try that begins again reports no progress until it is beyond that of the last one. */
static void
test_progress (Fixture *f, gconstpointer data)
{
  FlooTransfer *transfer = add (f, 1, TRUE, FALSE, 5);

  settle ();
  floo_transfer_progress (transfer, 50, 100);
  g_assert_cmpuint (transferred (transfer), ==, 50);
  fail (transfer, FLOO_ERROR_OFFLINE);
  floo_transfer_hurry (transfer);
  settle ();
  floo_transfer_progress (transfer, 10, 100);
  g_assert_cmpuint (transferred (transfer), ==, 50);
  floo_transfer_progress (transfer, 60, 100);
  g_assert_cmpuint (transferred (transfer), ==, 60);
  floo_transfer_done (transfer, NULL);
}

/* Ended transfers are removed after a time; one that is used meanwhile is kept longer. */
static void
test_life (Fixture *f, gconstpointer data)
{
  FlooTransfer *asked;

  floo_transfers_set_keep (f->transfers, 50);
  asked = add (f, 1, FALSE, FALSE, 5);
  add (f, 2, FALSE, FALSE, 5);
  add (f, 3, FALSE, FALSE, 5);
  settle ();
  floo_transfer_done (asked, NULL);
  floo_transfer_done (floo_transfers_get (f->transfers, 2), NULL);
  g_assert_cmpuint (f->gone->len, ==, 0);
  g_assert_true (floo_transfers_find (f->transfers, "key-1") == asked);
  floo_transfer_touch (asked);
  run_until (f->gone->len == 2);
  g_assert_cmpuint (g_array_index (f->gone, guint64, 0), ==, 2);
  g_assert_cmpuint (g_array_index (f->gone, guint64, 1), ==, 1);
  g_assert_null (floo_transfers_get (f->transfers, 1));
  /* A transfer under way is not removed. */
  g_assert_nonnull (floo_transfers_get (f->transfers, 3));
  floo_transfer_done (floo_transfers_get (f->transfers, 3), NULL);
}

/* All are removed at once; the end of a try that is still under way is ignored. */
static void
test_clear (Fixture *f, gconstpointer data)
{
  FlooTransfer *active = g_object_ref (add (f, 1, FALSE, FALSE, 5));
  FlooTransfer *waiting = g_object_ref (add (f, 2, FALSE, TRUE, 5));

  settle ();
  floo_transfers_clear (f->transfers);
  g_assert_true (item_of (waiting)->abandoned);
  g_object_unref (waiting);
  g_assert_cmpuint (f->gone->len, ==, 2);
  g_assert_cmpuint (floo_transfers_count (f->transfers), ==, 0);
  fail (active, FLOO_ERROR_CANCELLED);
  assert_ended (active, FLOO_TRANSFER_CANCELLED);
  g_assert_true (item_of (active)->abandoned);
  g_object_unref (active);
  add (f, 3, FALSE, FALSE, 5);
  settle ();
  g_assert_cmpstr (f->log->str, ==, "1 3 ");
  floo_transfer_done (floo_transfers_get (f->transfers, 3), NULL);
}

#define ADD(name, func) g_test_add ("/session/transfer/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("turns", test_turns);
  ADD ("retries", test_retries);
  ADD ("waits", test_waits);
  ADD ("cancel", test_cancel);
  ADD ("progress", test_progress);
  ADD ("life", test_life);
  ADD ("clear", test_clear);
  return g_test_run ();
}
