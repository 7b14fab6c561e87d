/* SPDX-License-Identifier: GPL-3.0-or-later */
/* When messages are sent, and the effect of answers. */
#include "amount.h"
#include "sending-fixture.h"

#define OK FLOO__STATUS__ERROR_CODE__OK
#define RATE_LIMIT FLOO__STATUS__ERROR_CODE__RATE_LIMIT_EXCEEDED
#define FAIL FLOO__STATUS__ERROR_CODE__FAIL

static void
add_texts (Sending *s, gint64 from, guint n, gint64 conversation)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("t%" G_GINT64_FORMAT, from + i);

      sending_add (s, from + i, conversation, 0, 0, text);
    }
}

/* Without waiting for answers, up to the window's size, in order. */
static void
test_window (Sending *s, gconstpointer data)
{
  g_autofree char *first = NULL;

  add_texts (s, 100, 40, 7);
  sending_add (s, 150, 8, 0, 0, "another");
  first = sending_take (s);
  g_assert_cmpuint (s->frames->len, ==, 33);
  g_assert_true (g_str_has_prefix (first, "100:t100 101:t101 "));
  g_assert_true (g_str_has_suffix (first, "131:t131 150:another "));
  sending_assert_take (s, "");
  sending_accept (s, 103, 1103);
  sending_accept (s, 100, 1100);
  sending_assert_take (s, "132:t132 133:t133 ");
  sending_assert_message (s, 103, 1103, "t103");
}

/* After a lost connection all messages without an answer are sent again, in order, with the same numbers. */
static void
test_again (Sending *s, gconstpointer data)
{
  add_texts (s, 100, 4, 7);
  sending_assert_take (s, "100:t100 101:t101 102:t102 103:t103 ");
  sending_accept (s, 101, 1101);
  add_texts (s, 104, 1, 7);
  sending_reconnect (s, DEVICE);
  sending_assert_take (s, "100:t100 102:t102 103:t103 104:t104 ");
  /* The answers of both connections, and twice. */
  g_assert_false (sending_answer_as (s, 100, OK, "client message id is duplicated", 1100, 0));
  sending_accept (s, 100, 1100);
  sending_accept (s, 104, 1104);
  sending_accept (s, 103, 1103);
  sending_accept (s, 102, 1102);
  sending_assert_take (s, "");
  g_assert_true (floo_window_is_empty (s->window));
  sending_assert_message (s, 104, 1104, "t104");
}

/* A frame that was taken on a connection that is lost before it is sent goes out on the next one, in its order. */
static void
test_taken_before_reconnect (Sending *s, gconstpointer data)
{
  g_autoptr (GPtrArray) late = NULL;
  g_autofree char *sent = NULL, *again = NULL;

  add_texts (s, 100, 2, 7);
  sending_assert_take (s, "100:t100 101:t101 ");
  add_texts (s, 102, 2, 7);
  sending_only_take (s);
  g_assert_cmpuint (s->frames->len, ==, 2);
  late = g_steal_pointer (&s->frames);
  s->frames = floo_sender_taken_new ();
  sending_reconnect (s, DEVICE);
  sent = sending_send (s, late);
  g_assert_cmpstr (sent, ==, "");
  sending_only_take (s);
  again = sending_send (s, late);
  g_assert_cmpstr (again, ==, "");
  g_free (again);
  again = sending_send (s, s->frames);
  g_assert_cmpstr (again, ==, "100:t100 101:t101 102:t102 103:t103 ");
}

/* A temporarily refused message is sent first once the other answers have arrived; nothing overtakes it meanwhile. */
static void
test_refused_for_now (Sending *s, gconstpointer data)
{
  add_texts (s, 100, 40, 7);
  g_free (sending_take (s));
  g_free (sending_statuses (s));
  sending_refuse (s, 101, RATE_LIMIT);
  sending_assert_statuses (s, "101:queued:20 ");
  sending_accept (s, 100, 1100);
  sending_assert_take (s, "");
  sending_pass (s, 10000);
  sending_assert_take (s, "");
  for (gint64 id = 102; id < 131; id++)
    sending_accept (s, id, 1000 + id);
  sending_assert_take (s, "");
  sending_accept (s, 131, 1131);
  sending_assert_take (s, "101:t101 ");
  sending_accept (s, 101, 1201);
  sending_assert_take (s, "132:t132 133:t133 ");
  sending_accept (s, 132, 1132);
  sending_assert_take (s, "134:t134 135:t135 136:t136 ");
}

/* The delay of a refused row does not depend on changes of the clock. */
static void
test_clock_set_back (Sending *s, gconstpointer data)
{
  const gint64 year = 365 * 24 * 3600 * G_GINT64_CONSTANT (1000);

  add_texts (s, 100, 1, 7);
  g_free (sending_take (s));
  sending_refuse (s, 100, RATE_LIMIT);
  sending_assert_take (s, "");
  g_assert_cmpint (s->wait, ==, 2000);
  sending_clock -= year;
  sending_pass (s, 1999);
  sending_assert_take (s, "");
  sending_pass (s, 1);
  sending_assert_take (s, "100:t100 ");
  /* The clock is set back right after the refusal. */
  sending_refuse (s, 100, RATE_LIMIT);
  sending_clock -= year;
  sending_assert_take (s, "100:t100 ");
  sending_refuse (s, 100, RATE_LIMIT);
  sending_clock += 3 * year;
  sending_assert_take (s, "100:t100 ");
}

static void
add_appends (Sending *s, gint64 from, guint n, gint64 target)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("+%" G_GINT64_FORMAT, from + i);

      sending_add (s, from + i, 7, APPEND, target, text);
    }
}

static void
begin_message (Sending *s, gint64 client_id, gint64 server_id)
{
  sending_add (s, client_id, 7, 0, 0, "begin");
  g_free (sending_take (s));
  sending_accept (s, client_id, (guint64) server_id);
  g_free (sending_statuses (s));
}

/* Appends to one message are one frame, and the status of each is signalled. */
static void
test_appends (Sending *s, gconstpointer data)
{
  begin_message (s, 90, 1090);
  add_appends (s, 100, 3, 1090);
  sending_add (s, 103, 7, 0, 0, "between");
  add_appends (s, 104, 2, 1090);
  sending_assert_take (s, "100:+100+101+102 103:between 104:+104+105 ");
  g_free (sending_statuses (s));
  sending_accept (s, 100, 1100);
  sending_assert_statuses (s, "100:sent 101:sent 102:sent ");
  sending_accept (s, 103, 1103);
  g_free (sending_statuses (s));
  sending_refuse (s, 104, FAIL);
  sending_assert_statuses (s, "104:failed:2 105:failed:2 ");
  sending_assert_message (s, 90, 1090, "begin+100+101+102");
  sending_assert_take (s, "");
}

/* An append waits for the acknowledgement of its message, and uses its id then. */
static void
test_append_before_message (Sending *s, gconstpointer data)
{
  sending_add (s, 90, 7, 0, 0, "begin");
  add_appends (s, 100, 3, 90);
  sending_assert_take (s, "90:begin ");
  sending_accept (s, 90, 1090);
  sending_assert_take (s, "100:+100+101+102 ");
  g_assert_cmpint (((FlooTaken *) s->frames->pdata[0])->row->target, ==, 1090);
}

static gboolean
run_cancel (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_set_state (db, *(gint64 *) data, FLOO_SEND_CANCELLED, FALSE, 0, 0, NULL, error);
}

/* Answers arrive in another order than that in which the service accepted the edits: the edits are applied in the service's order. */
static void
test_edits_in_turn (Sending *s, gconstpointer data)
{
  begin_message (s, 90, 1090);
  add_appends (s, 100, 1, 1090);
  sending_assert_take (s, "100:+100 ");
  add_appends (s, 101, 1, 1090);
  sending_assert_take (s, "101:+101 ");
  sending_add (s, 102, 7, REPLACE, 1090, "anew");
  add_appends (s, 103, 1, 1090);
  sending_assert_take (s, "102:anew 103:+103 ");
  g_free (sending_statuses (s));
  sending_accept (s, 103, 1103);
  sending_accept (s, 101, 1101);
  sending_assert_statuses (s, "");
  sending_assert_message (s, 90, 1090, "begin");
  /* The acknowledged edits are not sent again. */
  sending_reconnect (s, DEVICE);
  sending_assert_take (s, "100:+100 102:anew ");
  g_free (sending_statuses (s));
  g_assert_false (sending_answer_as (s, 102, OK, "client message id is duplicated", 1102, 1700000001102));
  sending_assert_statuses (s, "");
  g_assert_false (sending_answer_as (s, 100, OK, "client message id is duplicated", 1100, 1700000001100));
  sending_assert_statuses (s, "100:sent 101:sent 102:sent 103:sent ");
  sending_assert_message (s, 90, 1090, "anew+103");
}

/* An edit that was refused meanwhile is applied after them. */
static void
test_edit_refused_in_turn (Sending *s, gconstpointer data)
{
  begin_message (s, 90, 1090);
  add_appends (s, 100, 1, 1090);
  g_free (sending_take (s));
  add_appends (s, 101, 1, 1090);
  sending_assert_take (s, "101:+101 ");
  sending_accept (s, 101, 1101);
  g_free (sending_statuses (s));
  sending_refuse (s, 100, RATE_LIMIT);
  sending_assert_statuses (s, "100:queued:20 101:sent ");
  sending_assert_message (s, 90, 1090, "begin+101");
  sending_pass (s, 2000);
  sending_assert_take (s, "100:+100 ");
  sending_accept (s, 100, 1200);
  sending_assert_message (s, 90, 1090, "begin+101+100");
}

/* One of its two copies was refused, the other one perhaps not: edits that were accepted after it wait for its answer. */
static void
test_edit_refused_once (Sending *s, gconstpointer data)
{
  begin_message (s, 90, 1090);
  add_appends (s, 100, 1, 1090);
  sending_assert_take (s, "100:+100 ");
  sending_reconnect (s, DEVICE);
  sending_assert_take (s, "100:+100 ");
  add_appends (s, 101, 1, 1090);
  sending_assert_take (s, "101:+101 ");
  sending_refuse (s, 100, RATE_LIMIT);
  sending_accept (s, 101, 1102);
  sending_assert_message (s, 90, 1090, "begin");
  sending_pass (s, 4000);
  sending_assert_take (s, "100:+100 ");
  g_assert_false (sending_answer_as (s, 100, OK, "client message id is duplicated", 1101, 1700000001101));
  sending_assert_message (s, 90, 1090, "begin+100+101");
}

/* A frame that is sent again is unchanged, whatever was cancelled or added meanwhile: the service may have accepted it. */
static void
test_same_frame_again (Sending *s, gconstpointer data)
{
  gint64 first = 100;

  begin_message (s, 90, 1090);
  add_appends (s, 100, 3, 1090);
  sending_assert_take (s, "100:+100+101+102 ");
  fixture_write (&s->fixture, run_cancel, &first);
  add_appends (s, 103, 1, 1090);
  sending_reconnect (s, DEVICE);
  sending_assert_take (s, "100:+100+101+102 103:+103 ");
  g_free (sending_statuses (s));
  g_assert_false (sending_answer_as (s, 100, OK, "client message id is duplicated", 1100, 0));
  sending_assert_statuses (s, "100:sent 101:sent 102:sent ");
  sending_accept (s, 103, 1103);
  sending_assert_message (s, 90, 1090, "begin+100+101+102+103");
}

/* A frame that was certainly not accepted is composed again. */
static void
test_refused_frame (Sending *s, gconstpointer data)
{
  gint64 second = 101;

  begin_message (s, 90, 1090);
  add_appends (s, 100, 3, 1090);
  sending_assert_take (s, "100:+100+101+102 ");
  fixture_write (&s->fixture, run_cancel, &second);
  add_appends (s, 103, 1, 1090);
  g_free (sending_statuses (s));
  sending_refuse (s, 100, RATE_LIMIT);
  sending_assert_statuses (s, "100:queued:20 102:queued:20 ");
  sending_assert_take (s, "");
  sending_pass (s, 2000);
  sending_assert_take (s, "100:+100+102+103 ");
  /* Now the refused frame may be a repetition: the same frame is sent again. */
  add_appends (s, 104, 1, 1090);
  sending_refuse (s, 100, RATE_LIMIT);
  sending_pass (s, 4000);
  sending_assert_take (s, "100:+100+102+103 ");
  sending_accept (s, 100, 1100);
  sending_assert_take (s, "104:+104 ");
}

/* Ids that are impossible or in use are ignored: the transaction succeeds, the message is looked for in the history. */
static void
test_impossible_ids (Sending *s, gconstpointer data)
{
  static const guint64 ids[] = { 0, 101, 100, 50, 1090, 90 };

  sending_add (s, 50, 8, 0, 0, "another conversation's");
  begin_message (s, 90, 1090);
  add_texts (s, 100, 2 + G_N_ELEMENTS (ids), 7);
  g_free (sending_take (s));
  for (guint i = 0; i < G_N_ELEMENTS (ids); i++)
    {
      g_free (sending_statuses (s));
      g_assert_true (sending_answer_as (s, 102 + i, OK, "", ids[i], 0));
    }
  sending_assert_statuses (s, "107:uncertain ");
  sending_accept (s, G_MAXINT64, 5);
  sending_accept (s, 100, 1100);
  sending_assert_message (s, 100, 1100, "t100");
}

/* The answer "duplicated" to a message that was never sent before is not trusted. */
static void
test_doubtful_duplicate (Sending *s, gconstpointer data)
{
  add_texts (s, 100, 1, 7);
  sending_add (s, 101, 7, RECALL, 5000, "");
  sending_add (s, 102, 7, APPEND, 5000, "more");
  sending_assert_take (s, "100:t100 101: 102:more ");
  g_free (sending_statuses (s));
  g_assert_true (sending_answer_as (s, 100, OK, "client message id is duplicated", 1100, 0));
  sending_assert_statuses (s, "100:uncertain ");
  /* All operations but an append may be repeated. */
  g_assert_false (sending_answer_as (s, 102, OK, "client message id is duplicated", 1102, 0));
  sending_assert_statuses (s, "102:failed:0 ");
  g_assert_false (sending_answer_as (s, 101, OK, "client message id is duplicated", 1101, 0));
  sending_assert_statuses (s, "101:queued ");
}

/* Refused because of the session: the status has the reason, and the message waits. */
static void
test_session_refused (Sending *s, gconstpointer data)
{
  add_texts (s, 100, 2, 7);
  g_free (sending_take (s));
  g_free (sending_statuses (s));
  sending_refuse (s, 100, FLOO__STATUS__ERROR_CODE__USER_FROZEN);
  sending_assert_statuses (s, "100:queued:10 ");
}

/* ---- any disorder ---- */

/* A simulated service. */
typedef struct {
  GRand *rand;
  GHashTable *known;            /* client_mid -> server id */
  GString *log;                 /* texts, in the order in which they were accepted */
  GString *message;             /* what is appended to */
  GString *refused, *refused_appends;
  GPtrArray *answers;           /* Answer, on their way */
  gint64 last_id;
} Service;

typedef struct {
  gint64 client_mid, server_id;
  gboolean refused, duplicate;
} Answer;

static void
service_take (Service *service, const FlooTaken *taken)
{
  Answer *answer = g_new0 (Answer, 1);
  gpointer known = g_hash_table_lookup (service->known, &taken->client_mid);

  answer->client_mid = taken->client_mid;
  g_ptr_array_add (service->answers, answer);
  if (known != NULL)
    {
      answer->duplicate = TRUE;
      answer->server_id = *(gint64 *) known;
      return;
    }
  answer->refused = g_rand_int_range (service->rand, 0, 100) < 3;
  if (answer->refused)
    {
      g_string_append (taken->row->operation == APPEND ? service->refused_appends : service->refused, taken->row->content);
      return;
    }
  answer->server_id = ++service->last_id;
  g_hash_table_insert (service->known, g_memdup2 (&taken->client_mid, sizeof (gint64)), g_memdup2 (&service->last_id, sizeof (gint64)));
  g_string_append (taken->row->operation == APPEND ? service->message : service->log, taken->row->content);
}

static void
service_answer (Service *service, Sending *s)
{
  guint i;
  Answer *answer;

  if (service->answers->len == 0)
    return;
  /* Late answers in any order; some are lost. */
  i = g_rand_boolean (service->rand) ? 0 : (guint) g_rand_int_range (service->rand, 0, (gint32) service->answers->len);
  answer = g_ptr_array_steal_index (service->answers, i);
  if (answer->refused)
    sending_refuse (s, answer->client_mid, RATE_LIMIT);
  else
    sending_answer_as (s, answer->client_mid, OK, answer->duplicate ? "client message id is duplicated" : "", (guint64) answer->server_id,
                       1700000000000 + (guint64) answer->server_id);
  g_free (answer);
}

/* Asserts that a log "1.3.2." has the numbers from 1 to @n, once, and in order except for those that were refused. */
static void
assert_log (const char *log, guint n, const char *refused_log)
{
  g_auto (GStrv) numbers = g_strsplit (log, ".", -1);
  g_auto (GStrv) refused = g_strsplit (refused_log, ".", -1);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  int highest = 0;

  for (guint i = 0; numbers[i] != NULL && *numbers[i] != '\0'; i++)
    {
      int number = atoi (numbers[i]);

      g_assert_true (g_hash_table_add (seen, GINT_TO_POINTER (number)));
      if (g_strv_contains ((const char *const *) refused, numbers[i]))
        continue;
      g_assert_cmpint (number, >, highest);
      highest = number;
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, n);
}

static void
play (Sending *s, guint32 seed)
{
  Service service = { .rand = g_rand_new_with_seed (seed), .log = g_string_new (NULL), .message = g_string_new (NULL), .last_id = 5000 };
  guint texts = 0, appends = 0;
  gint64 next = 100;

  service.known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  service.refused = g_string_new (NULL);
  service.refused_appends = g_string_new (NULL);
  service.answers = g_ptr_array_new_with_free_func (g_free);
  begin_message (s, 90, 1090);
  for (guint step = 0; step < 600 || service.answers->len > 0 || s->frames->len > 0 || s->wait > 0; step++)
    {
      int deed = g_rand_int_range (service.rand, 0, 100);

      if (step < 600 && deed < 45)
        {
          gboolean append = g_rand_boolean (service.rand);
          g_autofree char *text = g_strdup_printf ("%u.", append ? ++appends : ++texts);

          sending_add (s, next++, 7, append ? APPEND : 0, append ? 1090 : 0, text);
        }
      else if (step < 600 && deed < 48)
        {
          g_ptr_array_set_size (service.answers, 0);
          sending_reconnect (s, DEVICE);
        }
      else if (step >= 600 || deed < 80)
        service_answer (&service, s);
      sending_pass (s, 50);
      g_free (sending_take (s));
      for (guint i = 0; i < s->frames->len; i++)
        service_take (&service, g_ptr_array_index (s->frames, i));
    }
  /* Our content of the message is the service's. */
  g_string_prepend (service.message, "begin");
  sending_assert_message (s, 90, 1090, service.message->str);
  g_string_erase (service.message, 0, 5);
  assert_log (service.log->str, texts, service.refused->str);
  assert_log (service.message->str, appends, service.refused_appends->str);
  g_assert_true (floo_window_is_empty (s->window));
  g_rand_free (service.rand);
  g_string_free (service.log, TRUE);
  g_string_free (service.message, TRUE);
  g_string_free (service.refused, TRUE);
  g_string_free (service.refused_appends, TRUE);
  g_hash_table_unref (service.known);
  g_ptr_array_unref (service.answers);
}

/* Lost connections, late and lost answers in any order, temporary refusals: everything arrives, once. */
static void
test_disorder (Sending *s, gconstpointer data)
{
  play (s, GPOINTER_TO_UINT (data));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Sending, NULL, sending_set_up, func, sending_tear_down)
  ADD ("/sender/window", test_window);
  ADD ("/sender/again", test_again);
  ADD ("/sender/taken-before-reconnect", test_taken_before_reconnect);
  ADD ("/sender/refused-for-now", test_refused_for_now);
  ADD ("/sender/clock-set-back", test_clock_set_back);
  ADD ("/sender/appends", test_appends);
  ADD ("/sender/append-before-message", test_append_before_message);
  ADD ("/sender/edits-in-turn", test_edits_in_turn);
  ADD ("/sender/edit-refused-in-turn", test_edit_refused_in_turn);
  ADD ("/sender/edit-refused-once", test_edit_refused_once);
  ADD ("/sender/same-frame-again", test_same_frame_again);
  ADD ("/sender/refused-frame", test_refused_frame);
  ADD ("/sender/impossible-ids", test_impossible_ids);
  ADD ("/sender/doubtful-duplicate", test_doubtful_duplicate);
  ADD ("/sender/session-refused", test_session_refused);
  for (guint seed = 1; seed <= amount (4, 1); seed++)
    {
      g_autofree char *path = g_strdup_printf ("/sender/disorder/%u", seed);

      g_test_add (path, Sending, GUINT_TO_POINTER (seed), sending_set_up, test_disorder, sending_tear_down);
    }
  return g_test_run ();
}
