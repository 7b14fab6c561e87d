/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history-pages.c: pages of the service's history, one request of a conversation at a time.
 */
#include "session/sync/parts.h"

#include <string.h>

#define HISTORY_TIMEOUT_MS 10000
#define UNREADABLE_TIMEOUT_MS 2000      /* after a frame that cannot be read */
#define MAX_LATE 64u

void
floo_history_end (FlooSync *self, FlooHistory *history, const FlooHistoryPage *page, const GError *error)
{
  g_ptr_array_remove (self->histories, history);
  history->done (page, error, history->user_data);
  g_free (history);
}

FlooHistory *
floo_history_find (FlooSync *self, gint64 conversation)
{
  for (guint i = 0; i < self->histories->len; i++)
    {
      FlooHistory *history = g_ptr_array_index (self->histories, i);
      if (history->sent && !history->answered && (conversation == FLOO_UNKNOWN_CONVERSATION || history->conversation == conversation))
        return history;
    }
  return NULL;
}

void
floo_history_pump (FlooSync *self)
{
  for (guint i = 0; i < self->histories->len; i++)
    {
      FlooHistory *history = g_ptr_array_index (self->histories, i);
      Floo__SyncUL sync = FLOO__SYNC_UL__INIT;
      FlooXid xid = { .has_uid = TRUE, .has_device_sn = TRUE, .uid = (guint64) history->conversation };

      if (history->sent || floo_history_find (self, history->conversation) != NULL)
        continue;
      history->sent = TRUE;
      sync.has_key = sync.has_is_full_sync = sync.has_full_sync_num = TRUE;
      sync.key = (guint64) history->from;
      sync.is_full_sync = TRUE;
      sync.full_sync_num = (gint32) history->limit;
      floo_sync_send (self, &sync, &xid);
    }
}

void
floo_history_ask (FlooSync *self, gint64 conversation, gint64 from, guint limit, FlooFill *fill, FlooHistoryDone done, gpointer user_data)
{
  FlooHistory *history;

  if (!self->online || !floo_account_can_store (self->account))
    {
      g_autoptr (GError) error = !self->online ? g_error_new_literal (FLOO_ERROR, FLOO_ERROR_OFFLINE, "Not connected to the service")
                                               : g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "The disk is full");
      done (NULL, error, user_data);
      return;
    }
  history = g_new0 (FlooHistory, 1);
  history->fill = fill;
  history->conversation = conversation;
  history->from = from;
  history->limit = limit;
  history->done = done;
  history->user_data = user_data;
  history->asked_at = floo_sync_now_ms ();
  g_ptr_array_add (self->histories, history);
  floo_sync_pump (self);
}

void
floo_sync_history (FlooSync *self, gint64 conversation, gint64 from, guint limit, FlooHistoryDone done, gpointer user_data)
{
  floo_history_ask (self, conversation, from, limit, NULL, done, user_data);
}

/* ---- late answers ---- */

static void
note_late (FlooSync *self, const FlooHistory *history)
{
  const FlooLateHistory late = { history->conversation, history->from };

  for (guint i = 0; i < self->late->len; i++)
    if (memcmp (&g_array_index (self->late, FlooLateHistory, i), &late, sizeof late) == 0)
      return;
  if (self->late->len >= MAX_LATE)
    g_array_remove_index (self->late, 0);
  g_array_append_val (self->late, late);
}

/*
 * A request goes back from a message that is in the conversation. So a page that begins above the message of @history does not answer it, nor
 * does one that begins below another such message that is older.
 */
gboolean
floo_history_is_late (FlooSync *self, const FlooHistory *history, const Floo__SyncDL *page)
{
  gint64 newest = 0;
  gboolean above;

  for (gsize i = 0; i < page->n_metas; i++)
    newest = MAX (newest, (gint64) page->metas[i]->id);
  above = history->from != 0 && newest > history->from;
  for (guint i = 0; i < self->late->len; i++)
    {
      const FlooLateHistory *late = &g_array_index (self->late, FlooLateHistory, i);

      if (late->conversation != history->conversation || late->from == history->from
          || (above ? late->from != 0 && late->from < newest
                    : late->from == 0 || (history->from != 0 && late->from > history->from) || newest >= late->from))
        continue;
      g_array_remove_index (self->late, i);
      return TRUE;
    }
  return FALSE;
}

/* A missing history page fails the call that waits for it; it does not mean that the connection is lost. */
void
floo_history_end_late (FlooSync *self)
{
  for (guint i = self->histories->len; i-- > 0;)
    {
      FlooHistory *history = g_ptr_array_index (self->histories, i);
      g_autoptr (GError) error = NULL;

      if (history->answered
          || floo_sync_now_ms () - history->asked_at <= (history->unreadable ? UNREADABLE_TIMEOUT_MS : HISTORY_TIMEOUT_MS))
        continue;
      if (history->sent)
        note_late (self, history);
      error = history->unreadable ? g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's page of history cannot be read")
                                  : g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not answer with its history in time");
      floo_history_end (self, history, NULL, error);
      /* Its callback may have begun or ended other requests. */
      i = MIN (i, self->histories->len);
    }
}

/* Timestamps of 0 are not known. */
static FlooHistoryPage
history_page (const FlooFrame *frame)
{
  const Floo__SyncDL *dl = frame->sync_dl;
  FlooHistoryPage page = { .next = (gint64) dl->next_key, .n = (guint) dl->n_metas, .cut = frame->cut };

  for (gsize i = 0; i < dl->n_metas; i++)
    {
      gint64 id = (gint64) dl->metas[i]->id, timestamp = (gint64) dl->metas[i]->timestamp;

      if (i == 0 || id < page.lowest_id)
        page.lowest_id = id;
      if (timestamp != 0 && (page.oldest == 0 || timestamp < page.oldest))
        page.oldest = timestamp;
    }
  return page;
}

gboolean
floo_history_answered (FlooSync *self, FlooHistory *history, FlooFrame *frame)
{
  FlooHistoryPage page;

  history->answered = TRUE;
  if (history->fill == NULL)
    return TRUE;
  page = history_page (frame);
  floo_fill_take (history->fill, frame);
  floo_history_end (self, history, &page, NULL);
  return FALSE;
}

void
floo_history_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error)
{
  /* The request was of an earlier connection. */
  if (item->connection != self->connection)
    return;
  for (guint i = 0; i < self->histories->len; i++)
    {
      FlooHistory *history = g_ptr_array_index (self->histories, i);
      FlooHistoryPage page;

      if (!history->answered || history->conversation != item->conversation)
        continue;
      page = history_page (item->frame);
      floo_history_end (self, history, error == NULL ? &page : NULL, error);
      break;
    }
}
