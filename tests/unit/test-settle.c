/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of uncertain rows, by the content of the history. */
#include "sending-fixture.h"

#include "session/outbox/uncertain.h"

#define DUPLICATE "client message id is duplicated"
#define OTHER_DEVICE 78

static const FlooCoverage whole = { .whole = TRUE };

static void
add_texts (Sending *s, gint64 from, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("t%" G_GINT64_FORMAT, from + i);

      sending_add (s, from + i, 7, 0, 0, text);
    }
}

static gboolean
run_take_in (FlooDb *db, gpointer data, GError **error)
{
  return fixture_take_in (db, data, FALSE, error);
}

/* Adds a message of the history. */
static void
take_in (Sending *s, gint64 id, gint64 from, const char *content)
{
  FlooMessage message = fixture_message (id, 7, from, content);

  fixture_write (&s->fixture, run_take_in, &message);
}

typedef struct {
  const FlooCoverage *coverage;
  const char *lost;
  gint64 found;
} SettleCall;

static gboolean
run_settle (FlooDb *db, gpointer data, GError **error)
{
  SettleCall *call = data;
  FlooUncertain row = { 0 };
  gboolean ok;

  if (!floo_uncertain_find (db, &row, error))
    return FALSE;
  call->found = row.client_id;
  ok = row.client_id == 0 || floo_settle (db, &row, call->coverage, call->lost, error);
  floo_uncertain_clear (&row);
  return ok;
}

/* Settles the oldest uncertain row and others of its conversation; returns its client_id, 0: there was none */
static gint64
settle (Sending *s, const FlooCoverage *coverage, const char *lost)
{
  SettleCall call = { coverage, lost, 0 };

  g_free (sending_statuses (s));
  fixture_write (&s->fixture, run_settle, &call);
  return call.found;
}

/* Another device number: what is in the history was sent, the others are sent again, in order. */
static void
test_device (Sending *s, gconstpointer data)
{
  add_texts (s, 100, 4);
  g_free (sending_take (s));
  sending_reconnect (s, OTHER_DEVICE);
  sending_assert_take (s, "");
  take_in (s, 1100, FIXTURE_SELF, "t100");
  take_in (s, 1102, FIXTURE_SELF, "t102");
  take_in (s, 1103, 7, "t103");
  g_assert_cmpint (settle (s, &whole, NULL), ==, 100);
  sending_assert_statuses (s, "100:sent 101:queued 102:sent 103:queued ");
  sending_assert_take (s, "101:t101 103:t103 ");
  sending_assert_message (s, 102, 1102, "t102");
  g_assert_cmpint (settle (s, &whole, NULL), ==, 0);
}

/* Rows are only settled as far as the history is known. */
static void
test_coverage (Sending *s, gconstpointer data)
{
  const FlooCoverage part = { .lowest_id = 900, .oldest = 1700000000000 - 11 * 60000 + 1000000 };

  add_texts (s, 100, 1);
  add_texts (s, 1000100, 1);
  g_free (sending_take (s));
  sending_reconnect (s, OTHER_DEVICE);
  g_assert_cmpint (settle (s, &part, "it is not told"), ==, 100);
  sending_assert_statuses (s, "100:failed:0 1000100:queued ");
}

/* The same text several times: each row matches one message. */
static void
test_same_text (Sending *s, gconstpointer data)
{
  for (gint64 id = 100; id < 103; id++)
    sending_add (s, id, 7, 0, 0, "ok");
  g_free (sending_take (s));
  sending_reconnect (s, OTHER_DEVICE);
  take_in (s, 1100, FIXTURE_SELF, "ok");
  take_in (s, 1101, FIXTURE_SELF, "ok");
  settle (s, &whole, NULL);
  sending_assert_statuses (s, "100:sent 101:sent 102:queued ");
}

/* The service accepted it, but gave no id: it counts as sent, whether it is in the history or not. */
static void
test_no_id (Sending *s, gconstpointer data)
{
  add_texts (s, 100, 2);
  g_free (sending_take (s));
  g_assert_true (sending_answer_as (s, 100, FLOO__STATUS__ERROR_CODE__OK, "", 0, 0));
  g_assert_true (sending_answer_as (s, 101, FLOO__STATUS__ERROR_CODE__OK, "", 0, 0));
  take_in (s, 1101, FIXTURE_SELF, "t101");
  settle (s, &whole, NULL);
  sending_assert_statuses (s, "100:sent 101:sent ");
  sending_assert_message (s, 101, 1101, "t101");
}

/* A number that was used before the folder was restored. */
static void
test_duplicate (Sending *s, gconstpointer data)
{
  g_autofree char *again = NULL;
  gint64 number;

  add_texts (s, 100, 4);
  g_free (sending_take (s));
  take_in (s, 1100, FIXTURE_SELF, "t100");
  take_in (s, 1101, FIXTURE_SELF, "another text");
  take_in (s, 1103, FIXTURE_SELF, "t103");
  g_assert_true (sending_answer_as (s, 100, FLOO__STATUS__ERROR_CODE__OK, DUPLICATE, 1100, 0)); /* the same */
  g_assert_true (sending_answer_as (s, 101, FLOO__STATUS__ERROR_CODE__OK, DUPLICATE, 1101, 0)); /* another one */
  g_assert_true (sending_answer_as (s, 102, FLOO__STATUS__ERROR_CODE__OK, DUPLICATE, 1102, 0)); /* one that is gone */
  g_assert_true (sending_answer_as (s, 103, FLOO__STATUS__ERROR_CODE__OK, DUPLICATE, 0, 0));    /* the answer does not tell which */
  g_assert_cmpint (settle (s, &whole, NULL), ==, 100);
  sending_assert_statuses (s, "100:sent 101:queued 102:queued 103:sent ");
  again = sending_take (s);
  g_assert_cmpuint (s->frames->len, ==, 2);
  g_assert_true (g_str_has_suffix (again, ":t102 "));
  number = ((FlooTaken *) s->frames->pdata[0])->client_mid;
  g_assert_cmpint (number, >, 103 + 60000);
  /* An answer to the former number is ignored. */
  g_assert_false (sending_answer_as (s, 101, FLOO__STATUS__ERROR_CODE__OK, "", 1500, 0));
  sending_accept (s, number, 1200);
  sending_assert_message (s, 101, 1200, "t101");
}

/* Appends may not be made twice, other operations may. */
static void
test_operations (Sending *s, gconstpointer data)
{
  sending_add (s, 100, 7, APPEND, 5000, "a");
  sending_add (s, 101, 7, APPEND, 5000, "b");
  sending_add (s, 102, 7, RECALL, 5000, "");
  sending_assert_take (s, "100:ab 102: ");
  sending_reconnect (s, OTHER_DEVICE);
  g_assert_cmpint (settle (s, &(FlooCoverage){ 0 }, NULL), ==, 100);
  sending_assert_statuses (s, "100:failed:0 101:failed:0 102:queued ");
  sending_assert_take (s, "102: ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Sending, NULL, sending_set_up, func, sending_tear_down)
  ADD ("/settle/device", test_device);
  ADD ("/settle/coverage", test_coverage);
  ADD ("/settle/same-text", test_same_text);
  ADD ("/settle/no-id", test_no_id);
  ADD ("/settle/duplicate", test_duplicate);
  ADD ("/settle/operations", test_operations);
  return g_test_run ();
}
