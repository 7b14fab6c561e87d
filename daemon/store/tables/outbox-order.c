/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outbox-order.c: which rows may be sent next, in which frame and under which number; and which id an answer may have.
 */
#include "store/tables/outbox.h"

#include "store/tables/client-ids.h"
#include "store/tables/rows.h"

#define RETRY_MIN_MS 1000
/* How far ahead of its client_id a row's number may be: it is reached after some twenty doubling steps of skipped numbers. */
#define MAX_AHEAD_MS (G_GINT64_CONSTANT (800) * 24 * 3600 * 1000)

gint64
floo_outbox_retry_delay (guint attempts)
{
  return MIN ((gint64) FLOO_OUTBOX_RETRY_MAX_MS, (gint64) RETRY_MIN_MS << MIN (attempts, 10u));
}

gboolean
floo_outbox_heads (FlooDb *db, gboolean (*func) (const FlooOutboxHead *head, gpointer user_data), gpointer user_data, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take (db, "outbox-heads", error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      FlooOutboxHead head;

      if (!row)
        return TRUE;
      head.client_id = floo_query_int (query, 0);
      head.conversation = floo_query_int (query, 1);
      head.ordered = floo_query_int (query, 2) != 0;
      head.attempts = (guint) floo_query_int (query, 3);
      head.next_retry = floo_query_int (query, 4);
      if (!func (&head, user_data))
        return TRUE;
    }
  return FALSE;
}

gboolean
floo_outbox_foreach_in_order (FlooDb *db, gint64 conversation,
                              gboolean (*func) (const FlooOutboxRow *row, gboolean waits, gpointer user_data), gpointer user_data,
                              GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "outbox-in-order", FLOO_INTS (conversation), error);
  gboolean row;

  while (floo_query_next (query, &row, error))
    {
      FlooOutboxRow outbox;

      if (!row)
        return TRUE;
      floo_outbox_row_read (&outbox, query);
      if (!func (&outbox, floo_query_int (query, FLOO_OUTBOX_ROW_COLUMNS) != 0, user_data))
        return TRUE;
    }
  return FALSE;
}

gboolean
floo_outbox_set_frame (FlooDb *db, gint64 client_id, gint64 frame, GError **error)
{
  return floo_query_run_ints (db, "outbox-set-frame", FLOO_INTS (client_id, frame), NULL, error);
}

gboolean
floo_outbox_set_config (FlooDb *db, gint64 client_id, const char *config, GError **error)
{
  g_autoptr (FlooQuery) query = floo_query_take_ints (db, "outbox-set-config", FLOO_INTS (client_id), error);

  floo_query_bind_text (query, 2, config);
  return floo_query_run (query, error);
}

typedef struct {
  gint64 client_id;
  gint64 frame;
  gboolean must_stay;
} Sharing;

static gboolean
keep_frame (const FlooOutboxRow *row, gpointer user_data)
{
  Sharing *sharing = user_data;

  sharing->frame = row->frame;
  sharing->must_stay = row->accepted != 0;
  return FALSE;
}

static gboolean
look_for_other (const FlooOutboxRow *row, gpointer user_data)
{
  Sharing *sharing = user_data;

  sharing->must_stay |= row->client_id != sharing->client_id && row->state != FLOO_SEND_CANCELLED;
  return !sharing->must_stay;
}

gboolean
floo_outbox_must_stay (FlooDb *db, gint64 client_id, gboolean *must_stay, GError **error)
{
  Sharing sharing = { .client_id = client_id };

  if (!floo_outbox_get (db, client_id, keep_frame, &sharing, error)
      || (sharing.frame != 0 && !floo_outbox_foreach_of_frame (db, sharing.frame, look_for_other, &sharing, error)))
    return FALSE;
  *must_stay = sharing.must_stay;
  return TRUE;
}

gboolean
floo_outbox_get_accepted_targets (FlooDb *db, GArray *messages, GError **error)
{
  return floo_query_collect (db, "outbox-accepted-targets", NULL, 0, messages, error);
}

gboolean
floo_outbox_set_accepted (FlooDb *db, gint64 client_id, gint64 id, gint64 edited, GError **error)
{
  return floo_query_run_ints (db, "outbox-set-accepted", FLOO_INTS (client_id, id, edited), NULL, error);
}

gboolean
floo_outbox_begin_anew (FlooDb *db, gint64 client_id, gboolean *begun, GError **error)
{
  Sharing row = { .client_id = client_id };
  gint64 frame;

  if (!floo_outbox_get (db, client_id, keep_frame, &row, error))
    return FALSE;
  *begun = row.frame - client_id < MAX_AHEAD_MS;
  if (!*begun)
    return TRUE;
  floo_client_ids_skip (db, row.frame != 0 ? row.frame : client_id);
  return floo_outbox_next_client_id (db, &frame, error)
         && floo_query_run_ints (db, "outbox-begin-anew", FLOO_INTS (client_id, frame), NULL, error)
         && floo_outbox_set_state (db, client_id, FLOO_SEND_QUEUED, FALSE, 0, 0, NULL, error);
}

gboolean
floo_outbox_set_uncertain (FlooDb *db, gint64 client_id, FlooDoubt doubt, gint64 named, const char *reason, GError **error)
{
  return floo_query_run_ints (db, "outbox-set-doubt", FLOO_INTS (client_id, doubt, named), NULL, error)
         && floo_outbox_set_state (db, client_id, FLOO_SEND_UNCERTAIN, FALSE, 0, 0, &(FlooOutboxError){ .text = reason }, error);
}

gboolean
floo_outbox_may_be_named (FlooDb *db, gint64 client_id, gint64 conversation, gint64 server_id, gboolean *may, GError **error)
{
  gboolean found;

  *may = FALSE;
  if (server_id <= 0)
    return TRUE;
  if (!floo_query_find (db, "outbox-find-namesake", FLOO_INTS (server_id, client_id, conversation, db->user_id), &found, error))
    return FALSE;
  *may = !found;
  return TRUE;
}
