/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync-pulls.c: conversations that are fetched, page by page, in their order and at a rate.
 *
 * While a pull is under way a notice of the same conversation is remembered and followed by one more pull, so none is lost.
 */
#include "session/sync.h"

#define PULLS_PER_SECOND 20     /* conversations begun a second, as the SDK does at most */
#define ANSWER_TIMEOUT_MS 30000 /* for a page */
#define WATCH_SECONDS 2

void
floo_pull_end (FlooSync *self, FlooPull *pull)
{
  if (pull->state == FLOO_PULL_QUEUED)
    g_queue_remove (self->queued, pull);
  g_hash_table_remove (self->pulls, &pull->uid);
}

void
floo_pull_queue (FlooSync *self, FlooPull *pull, guint64 key)
{
  pull->state = FLOO_PULL_QUEUED;
  pull->key = key;
  if (key == 0)
    pull->again = FALSE;
  /* The next page of what is under way, and what somebody just wrote, goes before what a list has. */
  if (key != 0 || !pull->listed)
    g_queue_push_head (self->queued, pull);
  else
    g_queue_push_tail (self->queued, pull);
}

void
floo_pull_want (FlooSync *self, gint64 uid, gboolean listed)
{
  FlooPull *pull = g_hash_table_lookup (self->pulls, &uid);

  if (pull == NULL)
    {
      pull = g_new0 (FlooPull, 1);
      pull->uid = uid;
      pull->listed = listed;
      g_hash_table_insert (self->pulls, &pull->uid, pull);
      floo_pull_queue (self, pull, 0);
    }
  else if (pull->state == FLOO_PULL_QUEUED && pull->listed && !listed)
    {
      g_queue_remove (self->queued, pull);
      pull->listed = FALSE;
      floo_pull_queue (self, pull, pull->key);
    }
  else if (pull->state != FLOO_PULL_QUEUED || pull->key != 0)
    pull->again = TRUE;
}

/* A page that nobody asked for, with more behind it. */
static void
follow_push (FlooSync *self, const FlooInboundItem *item)
{
  FlooPull *pull;

  if (item->frame->sync_dl->next_key == 0 || item->conversation == FLOO_UNKNOWN_CONVERSATION || !self->online)
    return;
  floo_pull_want (self, item->conversation, FALSE);
  pull = g_hash_table_lookup (self->pulls, &item->conversation);
  pull->key = item->frame->sync_dl->next_key;
}

void
floo_pull_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error)
{
  FlooPull *pull = g_hash_table_lookup (self->pulls, &item->conversation);

  if (pull == NULL && error == NULL)
    follow_push (self, item);
  if (pull == NULL || pull->state != FLOO_PULL_COMMITTING)
    return;
  if (error == NULL && item->frame->sync_dl->next_key != 0)
    floo_pull_queue (self, pull, item->frame->sync_dl->next_key);
  else if (pull->again)
    floo_pull_queue (self, pull, 0);
  else
    floo_pull_end (self, pull);
}

/* ---- what is asked for now ---- */

static gboolean
on_rate_timer (gpointer user_data)
{
  FlooSync *self = user_data;

  self->rate_timer = 0;
  floo_sync_pump (self);
  return G_SOURCE_REMOVE;
}

/* Whether one more conversation may be begun in this second. */
static gboolean
take_rate (FlooSync *self)
{
  gint64 now = floo_sync_now_ms ();

  if (now - self->rate_began >= 1000)
    {
      self->rate_began = now;
      self->rate_count = 0;
    }
  if (self->rate_count < PULLS_PER_SECOND)
    {
      self->rate_count++;
      return TRUE;
    }
  if (self->rate_timer == 0)
    self->rate_timer = g_timeout_add ((guint) (self->rate_began + 1000 - now), on_rate_timer, self);
  return FALSE;
}

gboolean
floo_pull_any_asked (FlooSync *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (((const FlooPull *) value)->state == FLOO_PULL_ASKED)
      return TRUE;
  return FALSE;
}

static gboolean
is_overdue (gint64 asked_at)
{
  return floo_sync_now_ms () - asked_at > ANSWER_TIMEOUT_MS;
}

/* A page or a history page did not come: the connection may look alive, but it is not. */
static gboolean
on_watch (gpointer user_data)
{
  FlooSync *self = user_data;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer value;
  gboolean waiting = FALSE, overdue = FALSE;

  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const FlooPull *pull = value;
      waiting |= pull->state == FLOO_PULL_ASKED;
      overdue |= pull->state == FLOO_PULL_ASKED && is_overdue (pull->asked_at);
    }
  floo_history_end_late (self);
  waiting |= self->histories->len > 0;
  if (!overdue && waiting)
    return G_SOURCE_CONTINUE;
  self->watch_timer = 0;
  if (overdue)
    {
      error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not answer in time");
      floo_link_drop (self->session->link, error);
    }
  return G_SOURCE_REMOVE;
}

gboolean
floo_sync_is_paused (FlooSync *self)
{
  return !self->online || self->session->congested || self->session->store == NULL || floo_store_is_full (self->session->store);
}

/* What is to be sent for a pull; it may be gone when it is sent. */
typedef struct {
  gint64 uid;
  guint64 key;
} Request;

/* Takes from the queue what may be asked for now. Returns: (transfer full): Request */
static GArray *
take_due (FlooSync *self)
{
  GArray *requests = g_array_new (FALSE, FALSE, sizeof (Request));

  for (GList *l = self->queued->head, *next; l != NULL; l = next)
    {
      FlooPull *pull = l->data;
      Request request = { pull->uid, pull->key };

      next = l->next;
      if (pull->key == 0 && floo_sync_is_unstored (self, pull->uid))
        continue;
      if (pull->key == 0 && pull->listed && !take_rate (self))
        break;
      g_queue_delete_link (self->queued, l);
      pull->state = FLOO_PULL_ASKED;
      pull->asked_at = floo_sync_now_ms ();
      pull->sequence = ++self->last_sequence;
      g_array_append_val (requests, request);
    }
  return requests;
}

void
floo_sync_pump (FlooSync *self)
{
  g_autoptr (GArray) requests = NULL;

  if (self->online)
    floo_history_pump (self);
  if (self->watch_timer == 0 && (g_hash_table_size (self->pulls) > 0 || self->histories->len > 0))
    self->watch_timer = g_timeout_add_seconds (WATCH_SECONDS, on_watch, self);
  /* UNREAD waits for the answers under way, so nothing new is begun before it. */
  if (!floo_sync_send_unread (self) || floo_sync_is_paused (self))
    return;
  requests = take_due (self);
  for (guint i = 0; i < requests->len; i++)
    {
      const Request *request = &g_array_index (requests, Request, i);
      Floo__SyncUL sync = FLOO__SYNC_UL__INIT;

      sync.has_key = request->key != 0;
      sync.key = request->key;
      floo_sync_send (self, &sync, request->uid);
    }
}
