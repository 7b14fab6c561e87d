/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync.c: receiving: UNREAD, and how each frame is handled. The rest is in its parts (session/sync/parts.h).
 */
#include "session/sync/parts.h"

#include <string.h>

#include "base/crash.h"
#include "base/names.h"

FlooSync *
floo_sync_new (FlooAccount *account, FlooOperations *operations, const FlooSyncListener *listener, gpointer data)
{
  FlooSync *self = g_new0 (FlooSync, 1);

  self->account = account;
  self->operations = operations;
  self->listener = listener;
  self->data = data;
  self->pulls = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->pauses = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
  self->queued = g_queue_new ();
  self->histories = g_ptr_array_new ();
  self->late = g_array_new (FALSE, FALSE, sizeof (FlooLateHistory));
  self->items = floo_sync_items_new ();
  self->met = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  self->to_look_at = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->unstored = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return self;
}

void
floo_sync_free (FlooSync *self)
{
  g_array_set_size (self->items, 0);
  floo_sync_offline (self);
  g_clear_handle_id (&self->flush_source, g_source_remove);
  g_ptr_array_unref (self->histories);
  g_array_unref (self->late);
  g_queue_free (self->queued);
  g_hash_table_unref (self->pulls);
  g_hash_table_unref (self->pauses);
  g_hash_table_unref (self->unstored);
  g_hash_table_unref (self->met);
  g_array_unref (self->to_look_at);
  g_array_unref (self->items);
  g_free (self);
}

gint64
floo_sync_now_ms (void)
{
  return g_get_monotonic_time () / 1000;
}

FlooXid
floo_sync_xid (const Floo__XID *xid, gint64 uid)
{
  if (xid == NULL)
    return (FlooXid) { .has_uid = TRUE, .uid = (guint64) uid };
  return (FlooXid) { .has_uid = xid->has_uid, .has_device_sn = xid->has_devicesn, .uid = xid->uid, .device_sn = xid->devicesn };
}

void
floo_sync_send (FlooSync *self, Floo__SyncUL *sync, const FlooXid *xid)
{
  Floo__XID wire = FLOO__XID__INIT;

  wire.has_uid = xid->has_uid;
  wire.has_devicesn = xid->has_device_sn;
  wire.uid = xid->uid;
  wire.devicesn = xid->device_sn;
  sync->xid = &wire;
  floo_account_send_frame (self->account, FLOO__FRAME__COMMAND__SYNC, &sync->base);
}

/* ---- UNREAD ---- */

void
floo_sync_ask_unread (FlooSync *self)
{
  self->unread_due = TRUE;
  floo_sync_pump (self);
}

/*
 * To the service it acknowledges all last pages, which have no key. So it waits until all of these are committed, and no answer is awaited that
 * may be one.
 */
gboolean
floo_sync_send_unread (FlooSync *self)
{
  if (!self->unread_due || !self->online)
    return TRUE;
  if (self->ack_blocked || g_hash_table_size (self->unstored) > 0 || floo_pull_oldest (self) != NULL)
    return FALSE;
  self->unread_due = FALSE;
  floo_account_send_frame (self->account, FLOO__FRAME__COMMAND__UNREAD, NULL);
  return TRUE;
}

void
floo_sync_resume (FlooSync *self)
{
  g_autoptr (GError) error = NULL;

  if (floo_sync_is_paused (self))
    return;
  if (self->ack_blocked)
    {
      error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE, "Reconnecting to fetch the messages that could not be stored");
      floo_account_drop_link (self->account, error);
    }
  else if (g_hash_table_size (self->pulls) == 0)
    floo_sync_ask_unread (self);
  else
    floo_sync_pump (self);
  floo_fill_run (self, TRUE);
}

/* ---- frames ---- */

gboolean
floo_sync_is_history (const FlooFrame *frame)
{
  return frame->sync_dl != NULL && frame->sync_dl->has_is_full_sync && frame->sync_dl->is_full_sync;
}

gboolean
floo_sync_is_page (const FlooFrame *frame)
{
  return frame->sync_dl != NULL && !floo_sync_is_history (frame) && frame->sync_dl->client_mid == 0;
}

static void
want_listed (FlooSync *self, const Floo__UnreadDL *unread, gboolean with_news)
{
  for (gsize i = 0; i < unread->n_unread; i++)
    if ((unread->unread[i]->n > 0) == with_news && unread->unread[i]->xid != NULL)
      {
        FlooXid xid = floo_sync_xid (unread->unread[i]->xid, 0);

        floo_pull_want (self, &xid, TRUE);
      }
}

/* A frame of no conversation. */
static void
add (FlooSync *self, FlooFrame *frame)
{
  FlooInboundItem item = { .frame = frame, .conversation = FLOO_UNKNOWN_CONVERSATION, .from = FLOO_NOBODY_ASKED };

  floo_sync_add (self, &item);
}

static void
on_unread (FlooSync *self, FlooFrame *frame)
{
  const Floo__UnreadDL *unread = frame->unread_dl;
  const char *reason;
  int code = floo_frame_status (frame, unread->status, &reason);

  /* A session that the service does not know any more is reported in the answer to the heartbeat. */
  if (code != FLOO__STATUS__ERROR_CODE__OK && self->listener->status (code, reason, self->data))
    return;
  add (self, frame);
  want_listed (self, unread, TRUE);
  /* Messages that were read on another of our devices are not unread any more, but are new here: after a time offline the other conversations are
   * fetched, too. */
  if (!self->caught_up)
    want_listed (self, unread, FALSE);
  self->caught_up = TRUE;
  floo_sync_check_synced (self);
  floo_sync_pump (self);
}

/* The conversation of a message: the other user or the group. FLOO_UNKNOWN_CONVERSATION: neither */
static gint64
meta_conversation (FlooSync *self, const Floo__Meta *meta)
{
  gint64 to;

  if (meta == NULL || meta->ns != FLOO__META__NAME_SPACE__MESSAGE)
    return FLOO_UNKNOWN_CONVERSATION;
  to = floo_inbound_uid (meta->to);
  return to == floo_account_get_user_id (self->account) ? floo_inbound_uid (meta->from) : to;
}

/* A page without a name belongs to the conversation of its messages, or to the pull that requested them; an empty one to the oldest pull that
 * waits. */
static gint64
page_conversation (FlooSync *self, const Floo__SyncDL *page)
{
  const Floo__Meta *meta = page->n_metas > 0 ? page->metas[0] : NULL;
  const FlooPull *oldest = NULL;
  GHashTableIter iter;
  gpointer value;

  if (page->xid != NULL)
    return (gint64) page->xid->uid;
  if (meta_conversation (self, meta) != FLOO_UNKNOWN_CONVERSATION)
    return meta_conversation (self, meta);
  g_hash_table_iter_init (&iter, self->pulls);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const FlooPull *pull = value;

      if (pull->state != FLOO_PULL_ASKED)
        continue;
      if (meta != NULL && (pull->uid == floo_inbound_uid (meta->to) || pull->uid == floo_inbound_uid (meta->from)))
        return pull->uid;
      if (oldest == NULL || pull->sequence < oldest->sequence)
        oldest = pull;
    }
  return oldest != NULL ? oldest->uid : FLOO_UNKNOWN_CONVERSATION;
}

/* Recognises history in a cut page, which does not say so (history is newest first), and in a refusal, which need not. */
static void
tell_history (FlooSync *self, FlooFrame *frame)
{
  const Floo__SyncDL *page = frame->sync_dl;
  const char *reason;
  gboolean refused = floo_frame_status (frame, page->status, &reason) != FLOO__STATUS__ERROR_CODE__OK;
  gint64 conversation;
  const FlooPull *pull;

  if ((!frame->cut && !refused) || floo_sync_is_history (frame))
    return;
  conversation = page_conversation (self, page);
  if (floo_history_find (self, conversation) == NULL)
    return;
  pull = g_hash_table_lookup (self->pulls, &conversation);
  if (page->n_metas > 1 ? page->metas[0]->id > page->metas[1]->id : pull == NULL || pull->state != FLOO_PULL_ASKED)
    floo_frame_set_history (frame);
}

/* Handles an answer other than OK to a requested page. TRUE: it was one. */
static gboolean
page_refused (FlooSync *self, FlooFrame *frame, gint64 conversation, FlooHistory *history)
{
  const char *name, *reason;
  int code = floo_frame_status (frame, frame->sync_dl->status, &reason);
  FlooPull *pull;

  if (code == FLOO__STATUS__ERROR_CODE__OK)
    return FALSE;
  name = floo_wire_enum_name (&floo__status__error_code__descriptor, code);
  if (history != NULL)
    {
      g_autofree char *text = g_strdup_printf ("%s: %s", name, reason);
      g_autoptr (GError) error = floo_error_new_refusal (FLOO_ERROR_REJECTED, code, text);
      floo_history_end (self, history, NULL, error);
    }
  pull = g_hash_table_lookup (self->pulls, &conversation);
  /* A pull that was not requested yet cannot have been refused. */
  if (history == NULL && pull != NULL && pull->state != FLOO_PULL_QUEUED)
    {
      if (pull->again)
        floo_pull_queue (self, pull, 0);
      else
        floo_pull_end (self, pull);
    }
  floo_sync_pump (self);
  if (!self->listener->status (code, reason, self->data))
    floo_job_error (self->account, name, reason);
  return TRUE;
}

static void
on_sync (FlooSync *self, FlooFrame *frame)
{
  const Floo__SyncDL *page = frame->sync_dl;
  FlooInboundItem item = { .frame = frame, .from = FLOO_NOBODY_ASKED };
  FlooHistory *history = NULL;
  gint64 conversation;
  FlooPull *pull;

  if (page->client_mid != 0)
    {
      FLOO_CRASH_POINT ("ack-received");
      add (self, frame);
      return;
    }
  tell_history (self, frame);
  if (floo_sync_is_history (frame))
    {
      conversation = page->xid != NULL ? (gint64) page->xid->uid : meta_conversation (self, page->n_metas > 0 ? page->metas[0] : NULL);
      history = floo_history_find (self, conversation);
      if (history != NULL)
        conversation = history->conversation;
    }
  else
    conversation = page_conversation (self, page);
  if (page_refused (self, frame, conversation, history))
    return;
  if (floo_sync_is_history (frame) && (history == NULL || floo_history_is_late (self, history, page)))
    {
      g_debug ("an unrequested page of history was ignored");
      return;
    }
  if (history != NULL && !floo_history_answered (self, history, frame))
    return;
  item.conversation = conversation;
  if (history != NULL)
    item.from = history->from;
  if (!floo_sync_is_history (frame))
    {
      pull = g_hash_table_lookup (self->pulls, &conversation);
      item.first = page->prev_mid != 0 && g_hash_table_add (self->met, g_memdup2 (&conversation, sizeof conversation));
      item.pushed = !self->pushes && page->next_key == 0 && (pull == NULL || pull->state != FLOO_PULL_ASKED);
      item.catch_up = pull != NULL && pull->state == FLOO_PULL_ASKED && pull->catch_up;
      if (pull != NULL && pull->state == FLOO_PULL_ASKED)
        pull->state = FLOO_PULL_COMMITTING;
    }
  floo_sync_add (self, &item);
}

void
floo_sync_frame (FlooSync *self, FlooFrame *frame)
{
  FlooXid xid;

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
      xid = floo_sync_xid (frame->notice_xid, 0);
      floo_pull_want (self, &xid, FALSE);
      floo_sync_pump (self);
      break;
    case FLOO__FRAME__COMMAND__PROVISION:
    default:
      g_debug ("a frame with the unknown command %d was ignored", (int) frame->command);
      break;
    }
}

/* ---- online and offline ---- */

static gboolean
on_unread_timer (gpointer user_data)
{
  floo_sync_ask_unread (user_data);
  return G_SOURCE_CONTINUE;
}

gboolean
floo_sync_is_synced (FlooSync *self)
{
  return self->online && self->caught_up && self->backlog == 0;
}

void
floo_sync_check_synced (FlooSync *self)
{
  gboolean synced = floo_sync_is_synced (self);

  if (synced == self->synced)
    return;
  self->synced = synced;
  if (self->listener->synced_changed != NULL)
    self->listener->synced_changed (self->data);
}

void
floo_sync_online (FlooSync *self)
{
  self->online = TRUE;
  self->caught_up = FALSE;
  g_clear_handle_id (&self->unread_timer, g_source_remove);
  self->unread_timer = g_timeout_add (FLOO_UNREAD_INTERVAL_MS, on_unread_timer, self);
  floo_sync_ask_unread (self);
}

void
floo_sync_offline (FlooSync *self)
{
  g_autoptr (GError) error = NULL;

  self->online = FALSE;
  self->connection++;
  self->unread_due = self->ack_blocked = FALSE;
  g_hash_table_remove_all (self->unstored);
  g_clear_handle_id (&self->unread_timer, g_source_remove);
  g_clear_handle_id (&self->mend_timer, g_source_remove);
  g_clear_handle_id (&self->watch_timer, g_source_remove);
  g_clear_handle_id (&self->rate_timer, g_source_remove);
  g_queue_clear (self->queued);
  g_hash_table_remove_all (self->pulls);
  self->backlog = 0;
  floo_sync_check_synced (self);
  /* It may contain the notice with the reason, and must not be written to the store of the next account. */
  floo_sync_write_waiting (self);
  error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "The connection to the service was lost");
  while (self->histories->len > 0)
    floo_history_end (self, g_ptr_array_index (self->histories, 0), NULL, error);
  g_array_set_size (self->late, 0);
  floo_fill_offline (self);
}
