/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pulls.c: fetches conversations page by page, in order and at a limited rate.
 *
 * A notice of a conversation that is being fetched is remembered and followed by another pull, so that none is lost.
 */
#include "session/sync/parts.h"

#define PULLS_PER_SECOND 20     /* conversations begun a second, as the SDK does at most */
#define ANSWER_TIMEOUT_MS 30000 /* for a page */
#define UNREADABLE_TIMEOUT_MS 2000      /* after a frame that cannot be read */
#define WATCH_SECONDS 2
#define MAX_EMPTY 3u            /* empty pages in a row that are followed */
#define MAX_OLD 1000u           /* pages in a row without anything new that are followed */
#define PAUSE_MIN_SECONDS 60u   /* of a conversation whose page is too large */
#define PAUSE_MAX_SECONDS 3600u

/* A pull of the backlog has ended. */
static void
leave_backlog (FlooSync *self, FlooPull *pull)
{
  if (!pull->catch_up)
    return;
  pull->catch_up = FALSE;
  self->backlog--;
  floo_sync_check_synced (self);
}

void
floo_pull_end (FlooSync *self, FlooPull *pull)
{
  leave_backlog (self, pull);
  if (pull->state == FLOO_PULL_QUEUED)
    g_queue_remove (self->queued, pull);
  g_hash_table_remove (self->pulls, &pull->uid);
}

void
floo_pull_queue (FlooSync *self, FlooPull *pull, guint64 key)
{
  pull->state = FLOO_PULL_QUEUED;
  pull->key = key;
  pull->unreadable = FALSE;
  /* A repeated pull does not belong to the backlog. */
  if (pull->again && key == 0)
    leave_backlog (self, pull);
  if (key == 0)
    pull->again = FALSE;
  /* Next pages of pulls under way, and conversations with a new message, precede those of the list. */
  if (key != 0 || !pull->listed)
    g_queue_push_head (self->queued, pull);
  else
    g_queue_push_tail (self->queued, pull);
}

void
floo_pull_want (FlooSync *self, const FlooXid *xid, gboolean listed)
{
  const gint64 uid = (gint64) xid->uid;
  FlooPull *pull = g_hash_table_lookup (self->pulls, &uid);
  const FlooPause *pause = g_hash_table_lookup (self->pauses, &uid);

  if (pull == NULL && pause != NULL && pause->until > floo_sync_now_ms ())
    {
      floo_fill_look_again (self, uid);
      return;
    }
  if (pull != NULL)
    pull->xid = *xid;
  if (pull == NULL)
    {
      pull = g_new0 (FlooPull, 1);
      pull->uid = uid;
      pull->xid = pull->page_xid = *xid;
      pull->listed = listed;
      pull->catch_up = listed && !self->caught_up;
      self->backlog += pull->catch_up;
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

/* An unsolicited page that is followed by others. */
static void
follow_push (FlooSync *self, const FlooInboundItem *item)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  const FlooXid xid = floo_sync_xid (NULL, item->conversation);
  FlooPull *pull;

  if (page->next_key == 0 || item->conversation == FLOO_UNKNOWN_CONVERSATION || !self->online)
    return;
  floo_pull_want (self, &xid, FALSE);
  pull = g_hash_table_lookup (self->pulls, &item->conversation);
  if (pull == NULL)
    return;
  pull->page_xid = floo_sync_xid (page->xid, item->conversation);
  pull->key = page->next_key;
  pull->cut = item->frame->cut;
}

/*
 * Whether the next page is to be fetched. A page without anything new is followed as long as its key does not repeat (the 2nd, 4th, 8th, ... key
 * is remembered), up to a limit.
 */
static gboolean
goes_on (FlooPull *pull, const FlooInboundItem *item)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gboolean moves = page->next_key != pull->key && page->next_key != pull->mark;

  if (page->next_key == 0)
    return FALSE;
  if (item->news)
    {
      pull->pages = pull->empty = 0;
      pull->mark = 0;
      return TRUE;
    }
  pull->pages++;
  pull->empty = page->n_metas == 0 ? pull->empty + 1 : 0;
  if ((pull->pages & (pull->pages - 1)) == 0)
    pull->mark = page->next_key;
  /* The first request may still be needed to acknowledge a page that was stored before. */
  return (moves || pull->pages == 1) && pull->empty <= MAX_EMPTY && pull->pages <= MAX_OLD;
}

/* The service keeps sending a page that is too large: it is fetched less and less often, and the history is fetched instead. */
static void
pause_pull (FlooSync *self, gint64 uid)
{
  FlooPause *pause = g_hash_table_lookup (self->pauses, &uid);

  if (pause == NULL)
    {
      pause = g_new0 (FlooPause, 1);
      g_hash_table_insert (self->pauses, g_memdup2 (&uid, sizeof uid), pause);
    }
  pause->seconds = CLAMP (2 * pause->seconds, PAUSE_MIN_SECONDS, PAUSE_MAX_SECONDS);
  pause->until = floo_sync_now_ms () + 1000 * (gint64) pause->seconds;
}

/* The last page of the conversation was fetched. */
static void
end_pages (FlooSync *self, FlooPull *pull, const FlooInboundItem *item)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  gint64 uid = pull->uid;
  gboolean look = pull->cut || (page->next_key != 0 && page->n_metas > 0);

  if (page->next_key != 0)
    g_message ("a conversation has too many pages; fetching it later");
  if (item->frame->cut)
    pause_pull (self, uid);
  else
    g_hash_table_remove (self->pauses, &uid);
  pull->cut = FALSE;
  pull->pages = pull->empty = 0;
  pull->mark = 0;
  if (pull->again)
    floo_pull_queue (self, pull, 0);
  else
    floo_pull_end (self, pull);
  /* There may be more messages than in its pages. */
  if (look)
    floo_fill_look_again (self, uid);
}

void
floo_pull_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error)
{
  const Floo__SyncDL *page = item->frame->sync_dl;
  FlooPull *pull = g_hash_table_lookup (self->pulls, &item->conversation);

  /* A page of an earlier connection, whose pull was another one. */
  if (item->connection != self->connection)
    return;
  if (pull == NULL && error == NULL)
    follow_push (self, item);
  if (pull == NULL || pull->state != FLOO_PULL_COMMITTING)
    return;
  pull->cut |= item->frame->cut;
  if (page->xid != NULL)
    pull->page_xid = floo_sync_xid (page->xid, 0);
  if (error == NULL && goes_on (pull, item))
    floo_pull_queue (self, pull, page->next_key);
  else if (error == NULL)
    end_pages (self, pull, item);
  else if (pull->again)
    floo_pull_queue (self, pull, 0);
  else
    floo_pull_end (self, pull);
}

/* A frame that cannot be read arrived instead of its page. */
static void
give_up_unreadable (FlooSync *self, FlooPull *pull)
{
  gint64 uid = pull->uid;

  pause_pull (self, uid);
  floo_pull_end (self, pull);
  floo_fill_look_again (self, uid);
}

/* ---- requests ---- */

static gboolean
on_rate_timer (gpointer user_data)
{
  FlooSync *self = user_data;

  self->rate_timer = 0;
  floo_sync_pump (self);
  return G_SOURCE_REMOVE;
}

/* Whether the rate allows another conversation in this second. */
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

FlooPull *
floo_pull_oldest (FlooSync *self)
{
  FlooPull *oldest = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      FlooPull *pull = value;

      if (pull->state == FLOO_PULL_ASKED && (oldest == NULL || pull->sequence < oldest->sequence))
        oldest = pull;
    }
  return oldest;
}

static gboolean
is_overdue (gint64 asked_at)
{
  return floo_sync_now_ms () - asked_at > ANSWER_TIMEOUT_MS;
}

/* A page did not arrive: drops the connection, which does not work although it may look alive. Ends late history requests. */
static gboolean
on_watch (gpointer user_data)
{
  FlooSync *self = user_data;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer value;
  gboolean waiting = FALSE, overdue = FALSE;
  FlooPull *pull;

  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const FlooPull *one = value;
      waiting |= one->state == FLOO_PULL_ASKED;
      overdue |= one->state == FLOO_PULL_ASKED && is_overdue (one->asked_at);
    }
  pull = floo_pull_oldest (self);
  if (pull != NULL && pull->unreadable && floo_sync_now_ms () - pull->asked_at > UNREADABLE_TIMEOUT_MS)
    give_up_unreadable (self, pull);
  floo_history_end_late (self);
  waiting |= self->histories->len > 0;
  if (!overdue && waiting)
    return G_SOURCE_CONTINUE;
  self->watch_timer = 0;
  if (overdue)
    {
      error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not answer in time");
      floo_account_drop_link (self->account, error);
    }
  return G_SOURCE_REMOVE;
}

gboolean
floo_sync_is_paused (FlooSync *self)
{
  return !self->online || floo_account_is_congested (self->account) || !floo_account_can_store (self->account);
}

/* The request of a pull, which may be freed before it is sent. */
typedef struct {
  FlooXid xid;
  guint64 key;
} Request;

/* Takes the pulls from the queue that may be requested now. Returns: (transfer full): Request */
static GArray *
take_due (FlooSync *self)
{
  GArray *requests = g_array_new (FALSE, FALSE, sizeof (Request));

  for (GList *l = self->queued->head, *next; l != NULL; l = next)
    {
      FlooPull *pull = l->data;
      Request request = { pull->key != 0 ? pull->page_xid : pull->xid, pull->key };

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
      floo_sync_send (self, &sync, &request->xid);
    }
}
