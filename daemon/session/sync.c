/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync.c: what the service has for us: UNREAD, pulls page by page, history, and the batches in which it is committed.
 *
 * Frames that one turn of the main loop received become one write job; only what is committed is acknowledged, by asking
 * for the next page. While a pull is under way a notice of the same conversation is remembered and followed by one more pull, so none is lost.
 */
#include "session/apply.h"

#include <string.h>

#include "base/crash.h"
#include "base/names.h"

#define PULLS_PER_SECOND 20     /* conversations begun a second, as the SDK does at most */
#define ANSWER_TIMEOUT_MS 30000 /* for a page */
#define HISTORY_TIMEOUT_MS 10000
#define WATCH_SECONDS 2
#define BATCHES_UNDER_WAY 2
#define MAX_WAITING_BYTES (32u << 20)
#define UNKNOWN_CONVERSATION (-1)
#define NOBODY_ASKED (-1)

typedef enum { PULL_QUEUED, PULL_ASKED, PULL_COMMITTING } PullState;

/* A conversation that is being fetched. */
typedef struct {
  gint64 uid;
  PullState state;
  guint64 key;                  /* 0: from where the service has us */
  gint64 asked_at;              /* ms, monotonic */
  guint64 sequence;             /* in the order of asking */
  gboolean listed;              /* of the list of UNREAD, which is asked for at a rate */
  gboolean again;               /* a notice came meanwhile */
} Pull;

typedef struct {
  gint64 conversation;
  gint64 from;
  guint limit;
  gboolean sent;
  gboolean answered;
  gint64 asked_at;
  FlooHistoryDone done;
  gpointer user_data;
} History;

struct _FlooSync {
  FlooSession *session;         /* our owner */
  gboolean online;
  gboolean caught_up;           /* every conversation was asked for once since we are online */
  GHashTable *pulls;            /* uid -> Pull */
  GQueue *queued;               /* Pull, not owned, in state QUEUED */
  GPtrArray *histories;         /* History, oldest first; one a conversation is sent */
  guint unread_timer;
  guint watch_timer;            /* runs while answers are awaited */
  guint rate_timer;
  guint64 last_sequence;        /* of a pull */
  gint64 rate_began;            /* ms, monotonic: of the present second */
  guint rate_count;

  GArray *items;                /* FlooInboundItem: the next batch */
  guint metas;
  gsize bytes;
  guint flush_source;
  guint under_way;
};

/* One batch on its way through the store. */
typedef struct {
  FlooSession *session;
  GArray *items;
  FlooInboundResult *result;
} Batch;

static void pump (FlooSync *self);

static gint64
monotonic_ms (void)
{
  return g_get_monotonic_time () / 1000;
}

static void
item_clear (gpointer data)
{
  g_clear_pointer (&((FlooInboundItem *) data)->frame, floo_frame_unref);
}

static GArray *
items_new (void)
{
  GArray *items = g_array_new (FALSE, FALSE, sizeof (FlooInboundItem));

  g_array_set_clear_func (items, item_clear);
  return items;
}

FlooSync *
floo_sync_new (FlooSession *session)
{
  FlooSync *self = g_new0 (FlooSync, 1);

  self->session = session;
  self->pulls = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->queued = g_queue_new ();
  self->histories = g_ptr_array_new ();
  self->items = items_new ();
  return self;
}

void
floo_sync_free (FlooSync *self)
{
  g_array_set_size (self->items, 0);
  floo_sync_offline (self);
  g_clear_handle_id (&self->flush_source, g_source_remove);
  g_ptr_array_unref (self->histories);
  g_queue_free (self->queued);
  g_hash_table_unref (self->pulls);
  g_array_unref (self->items);
  g_free (self);
}

/* ---- history ---- */

static void
history_end (FlooSync *self, History *history, const FlooHistoryPage *page, const GError *error)
{
  g_ptr_array_remove (self->histories, history);
  history->done (self->session, page, error, history->user_data);
  g_free (history);
}

static History *
find_history (FlooSync *self, gint64 conversation)
{
  for (guint i = 0; i < self->histories->len; i++)
    {
      History *history = g_ptr_array_index (self->histories, i);
      if (history->sent && !history->answered && (conversation == UNKNOWN_CONVERSATION || history->conversation == conversation))
        return history;
    }
  return NULL;
}

static void
send_sync (FlooSync *self, Floo__SyncUL *sync, gint64 uid)
{
  Floo__XID xid = FLOO__XID__INIT;

  xid.has_uid = xid.has_devicesn = TRUE;
  xid.uid = (guint64) uid;
  sync->xid = &xid;
  floo_session_send_frame (self->session, FLOO__FRAME__COMMAND__SYNC, &sync->base);
}

static void
pump_histories (FlooSync *self)
{
  for (guint i = 0; i < self->histories->len; i++)
    {
      History *history = g_ptr_array_index (self->histories, i);
      Floo__SyncUL sync = FLOO__SYNC_UL__INIT;

      if (history->sent || find_history (self, history->conversation) != NULL)
        continue;
      history->sent = TRUE;
      sync.has_key = sync.has_is_full_sync = sync.has_full_sync_num = TRUE;
      sync.key = (guint64) history->from;
      sync.is_full_sync = TRUE;
      sync.full_sync_num = (gint32) history->limit;
      send_sync (self, &sync, history->conversation);
    }
}

void
floo_sync_history (FlooSync *self, gint64 conversation, gint64 from, guint limit, FlooHistoryDone done, gpointer user_data)
{
  History *history;

  if (!self->online || floo_store_is_full (self->session->store))
    {
      g_autoptr (GError) error = !self->online ? g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "Not connected to the service")
                                               : g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "The disk is full");
      done (self->session, NULL, error, user_data);
      return;
    }
  history = g_new0 (History, 1);
  history->conversation = conversation;
  history->from = from;
  history->limit = limit;
  history->done = done;
  history->user_data = user_data;
  history->asked_at = monotonic_ms ();
  g_ptr_array_add (self->histories, history);
  pump (self);
}

/* ---- pulls ---- */

static void
pull_end (FlooSync *self, Pull *pull)
{
  if (pull->state == PULL_QUEUED)
    g_queue_remove (self->queued, pull);
  g_hash_table_remove (self->pulls, &pull->uid);
}

static void
pull_queue (FlooSync *self, Pull *pull, guint64 key)
{
  pull->state = PULL_QUEUED;
  pull->key = key;
  if (key == 0)
    pull->again = FALSE;
  /* The next page of what is under way, and what somebody just wrote, goes before what a list has. */
  if (key != 0 || !pull->listed)
    g_queue_push_head (self->queued, pull);
  else
    g_queue_push_tail (self->queued, pull);
}

static void
want (FlooSync *self, gint64 uid, gboolean listed)
{
  Pull *pull = g_hash_table_lookup (self->pulls, &uid);

  if (pull == NULL)
    {
      pull = g_new0 (Pull, 1);
      pull->uid = uid;
      pull->listed = listed;
      g_hash_table_insert (self->pulls, &pull->uid, pull);
      pull_queue (self, pull, 0);
    }
  else if (pull->state == PULL_QUEUED && pull->listed && !listed)
    {
      g_queue_remove (self->queued, pull);
      pull->listed = FALSE;
      pull_queue (self, pull, pull->key);
    }
  else if (pull->state != PULL_QUEUED || pull->key != 0)
    pull->again = TRUE;
}

static gboolean
on_rate_timer (gpointer user_data)
{
  FlooSync *self = user_data;

  self->rate_timer = 0;
  pump (self);
  return G_SOURCE_REMOVE;
}

/* Whether one more conversation may be begun in this second. */
static gboolean
take_rate (FlooSync *self)
{
  gint64 now = monotonic_ms ();

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

static gboolean
is_overdue (gint64 asked_at)
{
  return monotonic_ms () - asked_at > ANSWER_TIMEOUT_MS;
}

/* Somebody waits for a history page; that one is late says nothing of the connection. */
static void
end_late_histories (FlooSync *self)
{
  for (guint i = self->histories->len; i-- > 0;)
    {
      History *history = g_ptr_array_index (self->histories, i);
      g_autoptr (GError) error = NULL;

      if (history->answered || monotonic_ms () - history->asked_at <= HISTORY_TIMEOUT_MS)
        continue;
      error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not answer with its history in time");
      history_end (self, history, NULL, error);
      /* It may have begun or ended others. */
      i = MIN (i, self->histories->len);
    }
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
      const Pull *pull = value;
      waiting |= pull->state == PULL_ASKED;
      overdue |= pull->state == PULL_ASKED && is_overdue (pull->asked_at);
    }
  end_late_histories (self);
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

static gboolean
is_paused (FlooSync *self)
{
  return !self->online || self->session->congested || self->session->store == NULL || floo_store_is_full (self->session->store);
}

static void
pump (FlooSync *self)
{
  if (self->online)
    pump_histories (self);
  if (self->watch_timer == 0 && (g_hash_table_size (self->pulls) > 0 || self->histories->len > 0))
    self->watch_timer = g_timeout_add_seconds (WATCH_SECONDS, on_watch, self);
  if (is_paused (self))
    return;
  while (!g_queue_is_empty (self->queued))
    {
      Pull *pull = g_queue_peek_head (self->queued);
      Floo__SyncUL sync = FLOO__SYNC_UL__INIT;

      if (pull->key == 0 && pull->listed && !take_rate (self))
        break;
      g_queue_pop_head (self->queued);
      pull->state = PULL_ASKED;
      pull->asked_at = monotonic_ms ();
      pull->sequence = ++self->last_sequence;
      sync.has_key = pull->key != 0;
      sync.key = pull->key;
      send_sync (self, &sync, pull->uid);
    }
}

void
floo_sync_resume (FlooSync *self)
{
  if (!is_paused (self) && g_hash_table_size (self->pulls) == 0)
    floo_session_send_frame (self->session, FLOO__FRAME__COMMAND__UNREAD, NULL);
  pump (self);
}

/* ---- batches ---- */

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  g_array_unref (batch->items);
  floo_inbound_result_free (batch->result);
  g_object_unref (batch->session);
  g_free (batch);
}

static gboolean
run_batch (FlooDb *db, gpointer data, GError **error)
{
  Batch *batch = data;

  return floo_inbound_apply (db, batch->items, batch->result, error);
}

static gboolean
is_history (const FlooFrame *frame)
{
  return frame->sync_dl != NULL && frame->sync_dl->has_is_full_sync && frame->sync_dl->is_full_sync;
}

static gboolean
is_page (const FlooFrame *frame)
{
  return frame->sync_dl != NULL && !is_history (frame) && frame->sync_dl->client_mid == 0;
}

static FlooHistoryPage
history_page (const Floo__SyncDL *dl)
{
  FlooHistoryPage page = { .next = (gint64) dl->next_key, .n = (guint) dl->n_metas };

  for (gsize i = 0; i < dl->n_metas; i++)
    {
      gint64 id = (gint64) dl->metas[i]->id, timestamp = (gint64) dl->metas[i]->timestamp;

      if (i == 0 || id < page.lowest_id)
        page.lowest_id = id;
      if (i == 0 || timestamp < page.oldest)
        page.oldest = timestamp;
    }
  return page;
}

/* A page is committed (or could not be): on to the next one. */
static void
page_done (FlooSync *self, const FlooInboundItem *item, const GError *error)
{
  Pull *pull;

  if (is_history (item->frame))
    {
      for (guint i = 0; i < self->histories->len; i++)
        {
          History *history = g_ptr_array_index (self->histories, i);
          if (history->answered && history->conversation == item->conversation)
            {
              FlooHistoryPage page = history_page (item->frame->sync_dl);
              history_end (self, history, error == NULL ? &page : NULL, error);
              break;
            }
        }
      return;
    }
  pull = g_hash_table_lookup (self->pulls, &item->conversation);
  if (pull == NULL)
    {
      /* Pushed unasked. */
      if (error != NULL || item->frame->sync_dl->next_key == 0 || item->conversation == UNKNOWN_CONVERSATION || !self->online)
        return;
      want (self, item->conversation, FALSE);
      pull = g_hash_table_lookup (self->pulls, &item->conversation);
      pull->key = item->frame->sync_dl->next_key;
      return;
    }
  if (pull->state != PULL_COMMITTING)
    return;
  if (error != NULL)
    pull_end (self, pull);
  else if (item->frame->sync_dl->next_key != 0)
    pull_queue (self, pull, item->frame->sync_dl->next_key);
  else if (pull->again)
    pull_queue (self, pull, 0);
  else
    pull_end (self, pull);
}

static void submit (FlooSync *self);

static void
act_on_result (FlooSession *session, const FlooInboundResult *result)
{
  for (guint i = 0; i < result->typing->len; i++)
    floo_session_emit (session, FLOO_SIGNAL_INPUT_STATUS_MESSAGE, g_ptr_array_index (result->typing, i));
  floo_sender_answered (session->sender, (const gint64 *) (void *) result->answered->data, result->answered->len);
  if (result->pump)
    floo_sender_pump (session->sender);
  if (result->settle)
    floo_settler_run (session->settler);
  if (result->fetch_contacts)
    floo_directory_fetch_missing (session->directory);
  for (guint i = 0; i < result->statuses->len; i++)
    {
      const FlooInboundStatus *status = &g_array_index (result->statuses, FlooInboundStatus, i);
      floo_login_status (session->login, status->code, status->reason);
    }
  for (guint i = 0; i < result->user_notices->len; i++)
    {
      const FlooUserNotice *notice = &g_array_index (result->user_notices, FlooUserNotice, i);
      floo_login_user_notice (session->login, notice->type, notice->timestamp);
    }
}

static void write_batch (FlooSync *self, GArray *items);

/* An error that a single entry can cause; a full disk and an end concern all of them. */
static gboolean
may_be_one (const GError *error)
{
  return !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL) && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_CANCELLED)
         && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN);
}

/* Returns: (transfer full): an array of that item alone. */
static GArray *
take_item (const GArray *items, guint i)
{
  FlooInboundItem item = g_array_index (items, FlooInboundItem, i);
  GArray *one = items_new ();

  floo_frame_ref (item.frame);
  g_array_append_val (one, item);
  return one;
}

static void
on_batch_done (FlooStore *store, gpointer data, const GError *error)
{
  Batch *batch = data;
  FlooSession *session = batch->session;
  FlooSync *self = session->sync;

  self->under_way--;
  if (error != NULL && batch->items->len > 1 && may_be_one (error) && store == session->store)
    {
      /* One of them may be what the store does not take: it must not keep the others out. */
      for (guint i = 0; i < batch->items->len; i++)
        write_batch (self, take_item (batch->items, i));
      return;
    }
  if (error != NULL)
    g_warning ("what the service sent could not be stored: %s", error->message);
  for (guint i = 0; i < batch->items->len; i++)
    {
      const FlooInboundItem *item = &g_array_index (batch->items, FlooInboundItem, i);
      if (is_page (item->frame) || is_history (item->frame))
        page_done (self, item, error);
    }
  /* What a store that was taken away had still to commit says nothing of who is logged in now. */
  if (error == NULL && store != NULL && store == session->store)
    act_on_result (session, batch->result);
  /* Acknowledgements that were lost come again, when the sender has waited for them in vain. */
  if (error != NULL)
    self->caught_up = FALSE;
  if (error != NULL && may_be_one (error) && session->store != NULL)
    floo_session_set_error (session, error);
  submit (self);
  pump (self);
}

/* @items: (transfer full) */
static void
write_batch (FlooSync *self, GArray *items)
{
  Batch *batch = g_new0 (Batch, 1);

  batch->session = g_object_ref (self->session);
  batch->items = items;
  batch->result = floo_inbound_result_new ();
  self->under_way++;
  floo_session_write (self->session, run_batch, on_batch_done, batch, batch_free);
}

static void
write_items (FlooSync *self)
{
  if (self->items->len == 0 || self->session->store == NULL)
    return;
  write_batch (self, g_steal_pointer (&self->items));
  self->items = items_new ();
  self->metas = 0;
  self->bytes = 0;
}

static void
submit (FlooSync *self)
{
  if (self->under_way < BATCHES_UNDER_WAY)
    write_items (self);
}

static gboolean
on_flush (gpointer user_data)
{
  FlooSync *self = user_data;

  self->flush_source = 0;
  submit (self);
  return G_SOURCE_REMOVE;
}

static void
add_item (FlooSync *self, FlooFrame *frame, gint64 conversation, gint64 from)
{
  FlooInboundItem item = { .frame = floo_frame_ref (frame), .conversation = conversation, .from = from };

  g_array_append_val (self->items, item);
  self->bytes += frame->memory;
  if (frame->sync_dl != NULL)
    self->metas += (guint) frame->sync_dl->n_metas;
  if (self->metas >= FLOO_INTAKE_BATCH)
    submit (self);
  else if (self->flush_source == 0)
    /* After everything else of this turn. */
    self->flush_source = g_idle_add_full (G_PRIORITY_DEFAULT + 10, on_flush, self, NULL);
  if (self->bytes > MAX_WAITING_BYTES)
    {
      g_autoptr (GError) error
          = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service sends faster than can be stored: the connection is made anew");
      floo_link_drop (self->session->link, error);
    }
}

/* ---- frames ---- */

static void
want_listed (FlooSync *self, const Floo__UnreadDL *unread, gboolean with_news)
{
  for (gsize i = 0; i < unread->n_unread; i++)
    if ((unread->unread[i]->n > 0) == with_news && unread->unread[i]->xid != NULL)
      want (self, (gint64) unread->unread[i]->xid->uid, TRUE);
}

static void
on_unread (FlooSync *self, FlooFrame *frame)
{
  const Floo__UnreadDL *unread = frame->unread_dl;
  const Floo__Status *status = unread->status;

  /* The heartbeat is where a session that the service does not know any more shows. */
  if (status != NULL && status->code != FLOO__STATUS__ERROR_CODE__OK
      && floo_login_status (self->session->login, (int) status->code, floo_frame_text (frame, status->has_reason, &status->reason)))
    return;
  add_item (self, frame, UNKNOWN_CONVERSATION, NOBODY_ASKED);
  want_listed (self, unread, TRUE);
  /* What another of our devices has read is not unread any more, but we have not seen it yet: after a time offline the others are asked for, too. */
  if (!self->caught_up)
    want_listed (self, unread, FALSE);
  self->caught_up = TRUE;
  pump (self);
}

/* A page without a name belongs to the pull that asked for what is in it; an empty one to the oldest that waits. */
static gint64
page_conversation (FlooSync *self, const Floo__SyncDL *page)
{
  const Floo__Meta *meta = page->n_metas > 0 ? page->metas[0] : NULL;
  const Pull *oldest = NULL;
  GHashTableIter iter;
  gpointer value;

  if (page->xid != NULL)
    return (gint64) page->xid->uid;
  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const Pull *pull = value;

      if (pull->state != PULL_ASKED)
        continue;
      if (meta != NULL && (pull->uid == floo_apply_uid (meta->to) || pull->uid == floo_apply_uid (meta->from)))
        return pull->uid;
      if (oldest == NULL || pull->sequence < oldest->sequence)
        oldest = pull;
    }
  return oldest != NULL ? oldest->uid : UNKNOWN_CONVERSATION;
}

/* An answer other than OK to a page that we asked for. TRUE: it was one. */
static gboolean
page_refused (FlooSync *self, FlooFrame *frame, gint64 conversation, History *history)
{
  const Floo__Status *status = frame->sync_dl->status;
  int code = status == NULL ? FLOO__STATUS__ERROR_CODE__OK : status->has_code ? (int) status->code : 0;
  const char *name, *reason;
  Pull *pull;

  if (code == FLOO__STATUS__ERROR_CODE__OK)
    return FALSE;
  name = floo_wire_enum_name (&floo__status__error_code__descriptor, code);
  reason = floo_frame_text (frame, status->has_reason, &status->reason);
  if (history != NULL)
    {
      g_autoptr (GError) error = g_error_new (FLOO_ERROR, FLOO_ERROR_REJECTED, "%d: %s: %s", code, name, reason);
      history_end (self, history, NULL, error);
    }
  pull = g_hash_table_lookup (self->pulls, &conversation);
  if (history == NULL && pull != NULL && pull->again)
    pull_queue (self, pull, 0);
  else if (history == NULL && pull != NULL)
    pull_end (self, pull);
  pump (self);
  if (!floo_login_status (self->session->login, code, reason))
    floo_session_error (self->session, name, reason);
  return TRUE;
}

static void
on_sync (FlooSync *self, FlooFrame *frame)
{
  const Floo__SyncDL *page = frame->sync_dl;
  History *history = NULL;
  gint64 conversation;
  Pull *pull;

  if (page->client_mid != 0)
    {
      FLOO_CRASH_POINT ("ack-received");
      add_item (self, frame, UNKNOWN_CONVERSATION, NOBODY_ASKED);
      return;
    }
  if (is_history (frame))
    {
      conversation = page->xid != NULL ? (gint64) page->xid->uid : UNKNOWN_CONVERSATION;
      history = find_history (self, conversation);
      if (history != NULL)
        conversation = history->conversation;
    }
  else
    conversation = page_conversation (self, page);
  if (page_refused (self, frame, conversation, history))
    return;
  if (history != NULL)
    history->answered = TRUE;
  pull = g_hash_table_lookup (self->pulls, &conversation);
  if (!is_history (frame) && pull != NULL && pull->state == PULL_ASKED)
    pull->state = PULL_COMMITTING;
  add_item (self, frame, conversation, history != NULL ? history->from : NOBODY_ASKED);
}

void
floo_sync_frame (FlooSync *self, FlooFrame *frame)
{
  if (!self->online)
    return;
  switch (frame->command)
    {
    case FLOO__FRAME__COMMAND__UNREAD:
      on_unread (self, frame);
      break;
    case FLOO__FRAME__COMMAND__SYNC:
      on_sync (self, frame);
      break;
    case FLOO__FRAME__COMMAND__NOTICE:
      want (self, frame->notice_uid, FALSE);
      pump (self);
      break;
    case FLOO__FRAME__COMMAND__PROVISION:
    default:
      g_debug ("a frame with the unknown command %d was read over", (int) frame->command);
      break;
    }
}

/* ---- online and offline ---- */

static gboolean
on_unread_timer (gpointer user_data)
{
  FlooSync *self = user_data;

  floo_session_send_frame (self->session, FLOO__FRAME__COMMAND__UNREAD, NULL);
  return G_SOURCE_CONTINUE;
}

void
floo_sync_online (FlooSync *self)
{
  self->online = TRUE;
  self->caught_up = FALSE;
  g_clear_handle_id (&self->unread_timer, g_source_remove);
  self->unread_timer = g_timeout_add (FLOO_UNREAD_INTERVAL_MS, on_unread_timer, self);
  floo_session_send_frame (self->session, FLOO__FRAME__COMMAND__UNREAD, NULL);
}

void
floo_sync_offline (FlooSync *self)
{
  g_autoptr (GError) error = NULL;

  self->online = FALSE;
  g_clear_handle_id (&self->unread_timer, g_source_remove);
  g_clear_handle_id (&self->watch_timer, g_source_remove);
  g_clear_handle_id (&self->rate_timer, g_source_remove);
  g_queue_clear (self->queued);
  g_hash_table_remove_all (self->pulls);
  /* It may hold the notice that says why, and must not get into the store of whoever logs in next. */
  write_items (self);
  error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "The connection to the service was lost");
  while (self->histories->len > 0)
    history_end (self, g_ptr_array_index (self->histories, 0), NULL, error);
}
