/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sending-fixture.h: the outbox with its window, and answers to the frames that it sends: without a connection, without a session.
 */
#pragma once

#include <string.h>

#include "base/backoff.h"
#include "session/outbox/parts.h"
#include "store-fixture.h"
#include "wire/frame.h"

#define APPEND FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND
#define REPLACE FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE
#define RECALL FLOO__MESSAGE_OPERATION__OP_TYPE__RECALL
#define DEVICE 77

typedef struct {
  Fixture fixture;
  FlooWindow *window;
  gint64 now;                   /* ms, monotonic */
  GPtrArray *frames;            /* FlooTaken: sent last */
  gint64 wait;
} Sending;

/* The wall clock advances with it, and can be set. */
static gint64 sending_now = 1000, sending_clock = 1800000000000;

static inline gint64
sending_get_clock (void)
{
  return sending_clock + sending_now;
}

static inline void
sending_pass (Sending *s, gint64 ms)
{
  s->now += ms;
  sending_now = s->now;
}

static inline void
sending_set_up (Sending *s, gconstpointer data)
{
  fixture_set_up (&s->fixture, NULL);
  s->window = floo_window_new ();
  s->frames = floo_sender_taken_new ();
  floo_window_open (s->window, DEVICE);
  s->now = sending_now = 1000;
  sending_clock = 1800000000000;
  floo_clock_set (sending_get_clock);
}

static inline void
sending_tear_down (Sending *s, gconstpointer data)
{
  floo_clock_set (NULL);
  g_ptr_array_unref (s->frames);
  floo_window_free (s->window);
  fixture_tear_down (&s->fixture, NULL);
}

static inline gboolean
sending_insert_row (FlooDb *db, gpointer data, GError **error)
{
  return floo_outbox_insert (db, data, error);
}

/* Adds a row; of an operation: @target is what it operates on. */
static inline void
sending_add (Sending *s, gint64 client_id, gint64 conversation, int operation, gint64 target, const char *content)
{
  FlooOutboxRow row = { .client_id = client_id, .conversation = conversation, .to = conversation, .operation = operation, .target = target,
                        .content = content, .timestamp = 1700000000000 + client_id, .state = FLOO_SEND_QUEUED };

  fixture_write (&s->fixture, sending_insert_row, &row);
}

static inline gboolean
sending_run_take (FlooDb *db, gpointer data, GError **error)
{
  Sending *s = data;

  return floo_sender_take (s->window, db, s->now, s->frames, &s->wait, error);
}

/* Sends those of @frames that may still be sent; returns (transfer full) "NUMBER:CONTENT " of each frame. */
static inline char *
sending_send (Sending *s, const GPtrArray *frames)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < frames->len; i++)
    {
      const FlooTaken *taken = g_ptr_array_index (frames, i);

      if (floo_window_send (s->window, taken->generation, taken->client_mid, s->now))
        g_string_append_printf (text, "%" G_GINT64_FORMAT ":%s ", taken->client_mid, taken->row->content);
    }
  return g_string_free (text, FALSE);
}

/* Takes the frames that are due, without sending them yet. */
static inline void
sending_only_take (Sending *s)
{
  g_ptr_array_set_size (s->frames, 0);
  fixture_write (&s->fixture, sending_run_take, s);
}

/* Takes the frames that are due and sends them; returns as sending_send(). */
static inline char *
sending_take (Sending *s)
{
  sending_only_take (s);
  return sending_send (s, s->frames);
}

static inline void
sending_assert_take (Sending *s, const char *expected)
{
  g_autofree char *got = sending_take (s);

  g_assert_cmpstr (got, ==, expected);
}

typedef struct {
  GArray *items;
  FlooInboundResult *result;
} SendingAnswer;

static inline gboolean
sending_run_answer (FlooDb *db, gpointer data, GError **error)
{
  SendingAnswer *answer = data;

  return floo_inbound_apply (db, answer->items, FALSE, answer->result, error);
}

/* @code: OK: accepted. Returns: whether something is to be settled */
static inline gboolean
sending_answer_as (Sending *s, gint64 client_mid, int code, const char *reason, guint64 server_mid, guint64 server_time)
{
  SendingAnswer answer = { g_array_new (FALSE, FALSE, sizeof (FlooInboundItem)), floo_inbound_result_new () };
  FlooInboundItem item = { .from = -1 };
  Floo__SyncDL dl = FLOO__SYNC_DL__INIT;
  Floo__Status status = FLOO__STATUS__INIT;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gboolean settle;

  status.has_code = status.has_reason = TRUE;
  status.code = (Floo__Status__ErrorCode) code;
  status.reason = floo_wire_text (reason);
  dl.status = &status;
  dl.has_client_mid = dl.has_server_mid = dl.has_server_time = TRUE;
  dl.client_mid = (guint64) client_mid;
  dl.server_mid = server_mid;
  dl.server_time = server_time;
  bytes = floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &dl.base);
  item.frame = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);
  g_assert_no_error (error);
  g_array_append_val (answer.items, item);
  fixture_write (&s->fixture, sending_run_answer, &answer);
  for (guint i = 0; i < answer.result->answered->len; i++)
    {
      const FlooAnswer *one = &g_array_index (answer.result->answered, FlooAnswer, i);

      floo_window_answered (s->window, one->client_mid, one->refused, s->now);
    }
  settle = answer.result->settle;
  g_array_unref (answer.items);
  floo_frame_unref (item.frame);
  floo_inbound_result_free (answer.result);
  return settle;
}

static inline void
sending_accept (Sending *s, gint64 client_mid, guint64 server_mid)
{
  g_assert_false (sending_answer_as (s, client_mid, FLOO__STATUS__ERROR_CODE__OK, "", server_mid, 1700000000000 + server_mid));
}

static inline void
sending_refuse (Sending *s, gint64 client_mid, int code)
{
  g_assert_false (sending_answer_as (s, client_mid, code, "no", 0, 0));
}

static inline gboolean
sending_run_mark_uncertain (FlooDb *db, gpointer data, GError **error)
{
  guint n;

  return floo_outbox_mark_uncertain (db, *(gint64 *) data, &n, error);
}

/* Another connection; the frames on the way on the last one were not answered. */
static inline void
sending_reconnect (Sending *s, gint64 device_sn)
{
  fixture_write (&s->fixture, sending_run_mark_uncertain, &device_sn);
  floo_window_close (s->window);
  floo_window_open (s->window, device_sn);
}

/* Returns: (transfer full): "ID:STATUS[:CODE] " of SendingMessageStatusChanged since the last call */
static inline char *
sending_statuses (Sending *s)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < s->fixture.events->len; i++)
    {
      GVariant *args = g_ptr_array_index (s->fixture.events, i);
      g_autoptr (GVariant) details = NULL;
      const char *status;
      gint64 id;
      int code;

      if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(txsa{sv})")))
        continue;
      g_variant_get (args, "(tx&s@a{sv})", NULL, &id, &status, &details);
      g_string_append_printf (text, "%" G_GINT64_FORMAT ":%s", id, status);
      if (g_variant_lookup (details, "error_code", "i", &code))
        g_string_append_printf (text, ":%d", code);
      g_string_append_c (text, ' ');
    }
  g_ptr_array_set_size (s->fixture.events, 0);
  return g_string_free (text, FALSE);
}

static inline void
sending_assert_statuses (Sending *s, const char *expected)
{
  g_autofree char *got = sending_statuses (s);

  g_assert_cmpstr (got, ==, expected);
}

typedef struct {
  gint64 id;
  char *content;
  gint64 real_id;
} SendingLook;

static inline void
sending_keep_message (const FlooMessage *message, gpointer user_data)
{
  SendingLook *look = user_data;

  look->content = g_strdup (message->content);
  look->real_id = message->id;
}

static inline gboolean
sending_run_look (FlooDb *db, gpointer data, GError **error)
{
  SendingLook *look = data;

  return floo_messages_get (db, look->id, sending_keep_message, look, error);
}

/* The message that is called @id has the id @real_id and this @content. */
static inline void
sending_assert_message (Sending *s, gint64 id, gint64 real_id, const char *content)
{
  SendingLook look = { .id = id };

  fixture_read (&s->fixture, sending_run_look, &look);
  g_assert_cmpint (look.real_id, ==, real_id);
  g_assert_cmpstr (look.content, ==, content);
  g_free (look.content);
}
