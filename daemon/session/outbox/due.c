/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * due.c: which rows of the outbox may be sent now. Store thread.
 *
 * A conversation's rows are visited in order up to the first one that may not be sent: it is uncertain, waits for a time or for its
 * message, or would overtake another one. Consecutive appends to one message become one frame, under the first one's number; which ones is
 * stored with them, so that a repeated frame is identical.
 */
#include "session/outbox/parts.h"
#include "session/apply/status.h"

#include "session/apply/audience.h"

#include <string.h>

#define MAX_JOINED 1000
#define MAX_JOINED_BYTES FLOO_WINDOW_BYTES

static void
taken_free (gpointer data)
{
  FlooTaken *taken = data;

  g_clear_pointer (&taken->row, floo_outbox_row_free);
  g_free (taken);
}

GPtrArray *
floo_sender_taken_new (void)
{
  return g_ptr_array_new_with_free_func (taken_free);
}

/* ---- choosing ---- */

/* A frame that is to be sent. */
typedef struct {
  gint64 client_mid;
  gint64 first;                 /* client_id of its first row */
  char *config;                 /* (nullable): replaces the row's: with the members who are to acknowledge reading */
  GArray *joined;               /* (nullable): client_ids of the appends that are joined into it now, including the first one */
} Chosen;

typedef struct {
  FlooWindow *window;
  FlooDb *db;
  GError *error;                /* of reading a row */
  guint64 generation;           /* of the window */
  gint64 now;                   /* ms, monotonic */
  gint64 wait;                  /* ms, until the earliest row is due that waits for a time; 0: none */
  GPtrArray *chosen;
  GArray *starts;               /* FlooOutboxHead: where to look */
  guint room;

  /* The frame that appends may still join; (nullable) */
  Chosen *open;
  gint64 open_target, open_to;
  char *open_config, *open_ext;
  gsize open_bytes;
} Take;

static void
chosen_free (gpointer data)
{
  Chosen *chosen = data;

  g_clear_pointer (&chosen->joined, g_array_unref);
  g_free (chosen->config);
  g_free (chosen);
}

static gboolean
must_wait (Take *take, gint64 client_id, gint64 next_retry, guint attempts)
{
  gint64 wait = floo_window_get_wait (take->window, client_id, next_retry, floo_outbox_retry_delay (attempts), take->now);

  if (wait > 0 && (take->wait == 0 || wait < take->wait))
    take->wait = wait;
  return wait > 0;
}

static gsize
row_bytes (const FlooOutboxRow *row)
{
  const char *const texts[] = { row->content, row->ext, row->config, row->attachment };
  gsize bytes = 64;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    bytes += texts[i] != NULL ? strlen (texts[i]) : 0;
  return bytes;
}

static void
close_frame (Take *take)
{
  take->open = NULL;
  g_clear_pointer (&take->open_config, g_free);
  g_clear_pointer (&take->open_ext, g_free);
}

/* Whether the service has certainly not accepted it, so that the content sent under its number may still change. */
static gboolean
is_joinable (const FlooOutboxRow *row)
{
  return row->operation == FLOO_OPERATION_APPEND && row->state == FLOO_SEND_QUEUED && row->frame == 0
         && row->attempts <= 1;
}

static gboolean
join (Take *take, const FlooOutboxRow *row)
{
  gsize bytes = row->content != NULL ? strlen (row->content) : 0;
  GArray *joined;

  if (take->open == NULL || !is_joinable (row) || row->target != take->open_target || row->to != take->open_to
      || take->open_bytes + bytes > MAX_JOINED_BYTES || (take->open->joined != NULL && take->open->joined->len >= MAX_JOINED)
      || g_strcmp0 (row->config, take->open_config) != 0 || g_strcmp0 (row->ext, take->open_ext) != 0)
    return FALSE;
  joined = take->open->joined;
  if (joined == NULL)
    {
      joined = take->open->joined = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_array_append_val (joined, take->open->first);
    }
  g_array_append_val (joined, row->client_id);
  take->open_bytes += bytes;
  return TRUE;
}

/* FALSE: it must wait */
static gboolean
choose (Take *take, const FlooOutboxRow *row, gint64 conversation)
{
  gint64 client_mid = row->frame != 0 ? row->frame : row->client_id;
  Chosen *chosen;

  if (take->chosen->len >= take->room || !floo_window_add (take->window, take->generation, client_mid, conversation, row->client_id, row_bytes (row)))
    return FALSE;
  chosen = g_new0 (Chosen, 1);
  chosen->client_mid = client_mid;
  chosen->first = row->client_id;
  g_ptr_array_add (take->chosen, chosen);
  close_frame (take);
  if (is_joinable (row))
    {
      take->open = chosen;
      take->open_target = row->target;
      take->open_to = row->to;
      take->open_config = g_strdup (row->config);
      take->open_ext = g_strdup (row->ext);
      take->open_bytes = row->content != NULL ? strlen (row->content) : 0;
    }
  return TRUE;
}

/* A message that is sent for the first time names the members who are to acknowledge reading. These may be thousands, so there must be room
 * for them. FALSE: it waits for them or for room, or it failed */
static gboolean
add_audience (Take *take, const FlooOutboxRow *row, char **config)
{
  gboolean missing;

  *config = NULL;
  if (row->operation != FLOO_OPERATION_MESSAGE || row->to_type != FLOO_TO_GROUP || row->attempts > 0)
    return TRUE;
  return take->chosen->len < take->room && floo_window_has_room (take->window, row->conversation)
         && floo_audience_merge (take->db, row->to, row->config, config, &missing, &take->error)
         && (!missing || !floo_window_hold (take->window, row->to, take->now));
}

/* Visits a row of a conversation. FALSE: no row after it may be sent. */
static gboolean
consider (const FlooOutboxRow *row, gboolean waits, gpointer user_data)
{
  Take *take = user_data;
  gint64 client_mid = row->frame != 0 ? row->frame : row->client_id;
  g_autofree char *with_members = NULL;
  FlooOutboxRow changed;
  const Chosen *last = take->chosen->len > 0 ? g_ptr_array_index (take->chosen, take->chosen->len - 1) : NULL;

  /* Part of a frame that was just chosen. */
  if (last != NULL && last->client_mid == client_mid)
    return TRUE;
  /* The service has accepted it; here it takes effect after others. */
  if (row->accepted != 0)
    {
      close_frame (take);
      return TRUE;
    }
  /* If it is not in sending any more its answer came, and the frame is about to be removed from the window. */
  if (floo_window_contains (take->window, client_mid))
    {
      close_frame (take);
      return row->state == FLOO_SEND_SENDING && row->next_retry == 0;
    }
  if (row->state == FLOO_SEND_UNCERTAIN || waits || must_wait (take, row->client_id, row->next_retry, row->attempts))
    return FALSE;
  if (!add_audience (take, row, &with_members))
    return FALSE;
  if (with_members == NULL)
    return join (take, row) || choose (take, row, row->conversation);
  changed = *row;
  changed.config = with_members;
  if (!choose (take, &changed, row->conversation))
    return FALSE;
  ((Chosen *) g_ptr_array_index (take->chosen, take->chosen->len - 1))->config = g_steal_pointer (&with_members);
  return TRUE;
}

static gboolean
note_start (const FlooOutboxHead *head, gpointer user_data)
{
  Take *take = user_data;

  if (must_wait (take, head->client_id, head->next_retry, head->attempts)
      || !floo_window_has_room (take->window, head->ordered ? head->conversation : FLOO_WINDOW_NO_ORDER)
      || (!head->ordered && floo_window_contains (take->window, head->client_id)))
    return TRUE;
  g_array_append_val (take->starts, *head);
  return take->starts->len < take->room;
}

static gboolean
consider_unordered (const FlooOutboxRow *row, gpointer user_data)
{
  choose (user_data, row, FLOO_WINDOW_NO_ORDER);
  return FALSE;
}

static gboolean
choose_all (Take *take, FlooDb *db, GError **error)
{
  gboolean ok = floo_outbox_heads (db, note_start, take, error);

  for (guint i = 0; ok && i < take->starts->len && take->chosen->len < take->room; i++)
    {
      const FlooOutboxHead *start = &g_array_index (take->starts, FlooOutboxHead, i);

      ok = start->ordered ? floo_outbox_foreach_in_order (db, start->conversation, consider, take, error)
                          : floo_outbox_get (db, start->client_id, consider_unordered, take, error);
      close_frame (take);
      if (take->error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&take->error));
          ok = FALSE;
        }
    }
  return ok;
}

/* ---- taking ---- */

typedef struct {
  FlooTaken *taken;
  GString *content;             /* (nullable): of several rows */
  GArray *rows;                 /* FlooOutboxRow; texts are not valid */
} Load;

static gboolean
load_row (const FlooOutboxRow *row, gpointer user_data)
{
  Load *load = user_data;
  FlooTaken *taken = load->taken;

  g_array_append_vals (load->rows, row, 1);
  if (load->rows->len > 1)
    {
      if (load->content == NULL)
        load->content = g_string_new (taken->row->content);
      g_string_append (load->content, row->content);
      return TRUE;
    }
  taken->row = floo_outbox_row_copy (row);
  return TRUE;
}

/* Marks the rows of a frame as sending; cancelled ones only stay part of it. */
static gboolean
mark_rows (FlooDb *db, const GArray *rows, gint64 device_sn, GError **error)
{
  for (guint i = 0; i < rows->len; i++)
    {
      const FlooOutboxRow *row = &g_array_index (rows, FlooOutboxRow, i);

      if (row->state == FLOO_SEND_CANCELLED)
        continue;
      if (!floo_outbox_set_state (db, row->client_id, FLOO_SEND_SENDING, TRUE, 0, device_sn, NULL, error)
          || (row->state != FLOO_SEND_SENDING
              && !floo_status_journal (db, row->client_id, row->conversation, row->operation == FLOO_OPERATION_MESSAGE, "sending", 0, 0,
                                       NULL, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_frame (FlooDb *db, const Chosen *chosen, gint64 device_sn, FlooTaken *taken, GError **error)
{
  Load load = { .taken = taken, .rows = g_array_new (FALSE, FALSE, sizeof (FlooOutboxRow)) };
  gboolean ok = chosen->config == NULL || floo_outbox_set_config (db, chosen->first, chosen->config, error);

  for (guint i = 0; ok && chosen->joined != NULL && i < chosen->joined->len; i++)
    ok = floo_outbox_set_frame (db, g_array_index (chosen->joined, gint64, i), chosen->client_mid, error);
  ok = ok && floo_outbox_foreach_of_frame (db, chosen->client_mid, load_row, &load, error) && mark_rows (db, load.rows, device_sn, error);
  if (load.content != NULL)
    {
      g_free ((char *) taken->row->content);
      taken->row->content = g_string_free (load.content, FALSE);
    }
  taken->client_mid = chosen->client_mid;
  g_array_unref (load.rows);
  return ok;
}

gboolean
floo_sender_take (FlooWindow *window, FlooDb *db, gint64 now, GPtrArray *taken, gint64 *wait, GError **error)
{
  gint64 device_sn;
  guint64 generation = floo_window_get_generation (window, &device_sn);
  Take take = { .window = window, .db = db, .generation = generation, .now = now, .room = floo_window_room (window) };
  gboolean ok = TRUE;

  if (wait != NULL)
    *wait = 0;
  if (generation == 0 || take.room == 0)
    return TRUE;
  take.chosen = g_ptr_array_new_with_free_func (chosen_free);
  take.starts = g_array_new (FALSE, FALSE, sizeof (FlooOutboxHead));
  ok = choose_all (&take, db, error);
  for (guint i = 0; ok && i < take.chosen->len; i++)
    {
      FlooTaken *one = g_new0 (FlooTaken, 1);

      one->generation = generation;
      ok = take_frame (db, g_ptr_array_index (take.chosen, i), device_sn, one, error);
      g_ptr_array_add (taken, one);
    }
  for (guint i = 0; !ok && i < take.chosen->len; i++)
    floo_window_remove (window, generation, ((const Chosen *) g_ptr_array_index (take.chosen, i))->client_mid);
  close_frame (&take);
  g_ptr_array_unref (take.chosen);
  g_array_unref (take.starts);
  if (wait != NULL)
    *wait = take.wait;
  return ok;
}
