/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fill.c: fetches missed messages from the history: in the background, one gap at a time, while we are online.
 *
 * An unsolicited page counts as received for the service when it was sent, or little later, without an acknowledgement. So one that is lost is
 * not sent again. The page after it shows the loss, since it names the message before it (floo_apply_page()): a gap with missed messages is
 * noted. The pages of the history down to a message that the store has are collected and committed together, oldest first.
 *
 * If the newest page is lost, nothing shows it. So for a service that is known to send unsolicited pages, the newest messages of the conversations
 * that were active last, and of new ones, are checked after each reconnect.
 */
#include "session/sync/parts.h"

#include "base/crash.h"
#include "store/tables/gaps.h"

#define PAGE 50u
#define MAX_PAGES 20u                   /* of one gap; the rest is fetched when a client reads there */
#define MAX_BYTES (8u << 20)            /* of their frames in memory */
#define RETRY_MS 30000
#define LOOK_AT 20u                     /* conversations that are checked after a reconnect, and as many new ones */
#define ABOVE_NEWEST G_MAXINT64

/* A gap that is being filled. */
struct _FlooFill {
  FlooSync *sync;
  guint connection;
  gint64 after;                 /* the search continues after this gap */
  gint64 look_at;               /* or this conversation is checked; 0: none */
  gint64 conversation;          /* 0: there is nothing to fill */
  gint64 gap;                   /* ABOVE_NEWEST, or its id */
  gint64 below;                 /* the message down to which it is filled; 0: none was received */
  gint64 last;                  /* the message before it, possibly ours; 0: the store has none */
  gint64 created;               /* ms, of the store */
  gint64 from;                  /* of the requested page */
  guint limit;                  /* messages of the next page */
  GPtrArray *frames;            /* the pages, newest first */
  gsize bytes;
};

static void
fill_free (gpointer data)
{
  FlooFill *fill = data;

  g_ptr_array_unref (fill->frames);
  floo_account_unref (fill->sync->account);
  g_free (fill);
}

static gboolean
on_timer (gpointer user_data)
{
  FlooSync *self = user_data;

  self->gap_timer = 0;
  floo_fill_run (self, TRUE);
  return G_SOURCE_REMOVE;
}

static void
run_later (FlooSync *self)
{
  if (self->online && self->gap_timer == 0)
    self->gap_timer = g_timeout_add (RETRY_MS, on_timer, self);
}

/* It has ended, temporarily or finally: begins the next one. */
static void
end (FlooFill *fill, const GError *error)
{
  FlooSync *self = fill->sync;
  gboolean is_present = fill->connection == self->connection, wait = FALSE;

  self->fill = NULL;
  if (error != NULL)
    run_later (self);
  if (is_present && fill->gap != ABOVE_NEWEST)
    self->gap_after = fill->gap;
  else if (is_present && error != NULL)
    {
      /* Still to be checked, but not at once. */
      g_array_append_val (self->to_look_at, fill->conversation);
      wait = !self->gaps_again;
    }
  fill_free (fill);
  if (!wait)
    floo_fill_run (self, FALSE);
}

static void
on_given_up (FlooStore *store, gpointer data, const GError *error)
{
  end (data, error);
}

static gboolean
run_give_up (FlooDb *db, gpointer data, GError **error)
{
  const FlooFill *fill = data;

  return floo_gaps_give_up (db, fill->conversation, fill->gap, error);
}

/* The service has no history for us there. */
static void
give_up (FlooFill *fill)
{
  if (fill->gap == ABOVE_NEWEST)
    end (fill, NULL);
  else
    floo_job_write (fill->sync->account, run_give_up, on_given_up, fill, NULL);
}

/* Writes all pages in one transaction, the oldest first; that one covers the whole gap. */
static void
store (FlooFill *fill)
{
  FlooSync *self = fill->sync;
  GArray *items = floo_sync_items_new ();

  for (guint i = fill->frames->len; i-- > 0;)
    {
      FlooInboundItem item = { .frame = floo_frame_ref (fill->frames->pdata[i]), .conversation = fill->conversation, .from = FLOO_NOBODY_ASKED,
                               .gap = fill->gap, .below = fill->below, .connection = self->connection };

      if (i + 1 == fill->frames->len)
        item.from = fill->gap == ABOVE_NEWEST ? 0 : fill->gap;
      g_array_append_val (items, item);
    }
  g_ptr_array_set_size (fill->frames, 0);
  floo_sync_write (self, items);
}

void
floo_fill_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error)
{
  if (item->from < 0 || self->fill == NULL)
    return;
  if (error != NULL && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL))
    give_up (self->fill);
  else
    end (self->fill, error);
}

void
floo_fill_take (FlooFill *fill, FlooFrame *frame)
{
  g_ptr_array_add (fill->frames, floo_frame_ref (frame));
  fill->bytes += frame->memory;
}

static void ask (FlooFill *fill, gint64 from);

static void
on_page (const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  FlooFill *fill = user_data;
  guint max = fill->last != 0 ? MAX_PAGES : 1;

  /* It did not fit, or contains something that cannot be read: requests a smaller one. */
  if ((g_error_matches (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL) || (page != NULL && page->cut)) && fill->limit > 1)
    {
      fill->limit /= 4;
      ask (fill, page != NULL ? page->next : fill->from);
    }
  else if (g_error_matches (error, FLOO_ERROR, FLOO_ERROR_REJECTED) || g_error_matches (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL)
           || (page != NULL && page->n == 0 && page->next != 0 && !page->cut))
    give_up (fill);
  else if (error != NULL)
    end (fill, error);
  else if (page->next == 0 || page->lowest_id <= fill->below || page->oldest < fill->created || fill->frames->len >= max || fill->bytes > MAX_BYTES)
    store (fill);
  else
    ask (fill, page->next);
}

static void
ask (FlooFill *fill, gint64 from)
{
  fill->from = from;
  floo_history_ask (fill->sync, fill->conversation, from, MAX (fill->limit, 1), fill, on_page, fill);
}

/* ---- finding a gap ---- */

static gboolean
run_find (FlooDb *db, gpointer data, GError **error)
{
  FlooFill *fill = data;
  gint64 deleted;

  if (!floo_gaps_next_missed (db, fill->after, &fill->conversation, &fill->gap, error))
    return FALSE;
  if (fill->conversation == 0)
    {
      fill->conversation = fill->look_at;
      fill->gap = ABOVE_NEWEST;
    }
  if (!floo_gaps_get_created (db, &fill->created, error)
      || !floo_gaps_find_received (db, fill->conversation, fill->gap - 1, &fill->below, error)
      || !floo_gaps_find_last (db, fill->conversation, fill->gap - 1, &fill->last, error)
      || !floo_gaps_find_deleted (db, fill->conversation, &deleted, error))
    return FALSE;
  /* After a deletion the conversation starts over. */
  fill->below = MAX (fill->below, deleted);
  fill->last = MAX (fill->last, deleted);
  return TRUE;
}

static void
on_found (FlooStore *store, gpointer data, const GError *error)
{
  FlooFill *fill = data;
  FlooSync *self = fill->sync;

  if (error != NULL || fill->conversation == 0 || fill->connection != self->connection)
    {
      self->fill = NULL;
      fill_free (fill);
      if (error != NULL)
        run_later (self);
      if (self->gaps_again)
        floo_fill_run (self, FALSE);
      return;
    }
  FLOO_CRASH_POINT ("fill-begins");
  if (fill->gap == ABOVE_NEWEST)
    g_array_remove_index (self->to_look_at, 0);
  else
    g_debug ("messages were missed before message %" G_GINT64_FORMAT, fill->gap);
  ask (fill, fill->gap == ABOVE_NEWEST ? 0 : fill->gap);
}

void
floo_fill_run (FlooSync *self, gboolean again)
{
  FlooFill *fill;

  self->gaps_again |= again;
  if (self->fill != NULL || !self->looked || floo_sync_is_paused (self))
    return;
  if (self->gaps_again)
    self->gap_after = 0;
  self->gaps_again = FALSE;
  fill = self->fill = g_new0 (FlooFill, 1);
  floo_account_ref (self->account);
  fill->sync = self;
  fill->connection = self->connection;
  fill->limit = PAGE;
  fill->after = self->gap_after;
  fill->look_at = self->to_look_at->len > 0 ? g_array_index (self->to_look_at, gint64, 0) : 0;
  fill->frames = g_ptr_array_new_with_free_func ((GDestroyNotify) floo_frame_unref);
  floo_job_read (self->account, run_find, on_found, fill, NULL);
}

/* ---- after a connection ---- */

typedef struct {
  FlooSync *sync;
  guint connection;
  gboolean pushes;
  GArray *conversations;
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_array_unref (look->conversations);
  floo_account_unref (look->sync->account);
  g_free (look);
}

static gboolean
run_look (FlooDb *db, gpointer data, GError **error)
{
  Look *look = data;

  return floo_gaps_has_pushes (db, &look->pushes, error)
         && (!look->pushes || floo_gaps_list_recent (db, LOOK_AT, look->conversations, error));
}

static void
on_looked (FlooStore *store, gpointer data, const GError *error)
{
  Look *look = data;
  FlooSync *self = look->sync;

  if (look->connection != self->connection || !self->online)
    return;
  self->looking = FALSE;
  if (error != NULL)
    return;
  self->pushes = look->pushes;
  self->looked = TRUE;
  if (!self->pushes)
    g_array_set_size (self->to_look_at, 0);
  g_array_append_vals (self->to_look_at, look->conversations->data, look->conversations->len);
  floo_fill_run (self, TRUE);
}

void
floo_fill_look_at (FlooSync *self, const GArray *conversations)
{
  if (conversations->len == 0 || (self->looked && !self->pushes))
    return;
  g_array_append_vals (self->to_look_at, conversations->data, MIN (conversations->len, LOOK_AT));
  floo_fill_run (self, TRUE);
}

void
floo_fill_look_again (FlooSync *self, gint64 conversation)
{
  if (conversation <= 0)
    return;
  for (guint i = 0; i < self->to_look_at->len; i++)
    if (g_array_index (self->to_look_at, gint64, i) == conversation)
      return;
  g_array_append_val (self->to_look_at, conversation);
  floo_fill_run (self, TRUE);
}

void
floo_fill_online (FlooSync *self)
{
  Look *look;

  if (self->looked || self->looking || !self->online)
    return;
  self->looking = TRUE;
  look = g_new0 (Look, 1);
  floo_account_ref (self->account);
  look->sync = self;
  look->connection = self->connection;
  look->conversations = g_array_new (FALSE, FALSE, sizeof (gint64));
  floo_job_read (self->account, run_look, on_looked, look, look_free);
}

void
floo_fill_offline (FlooSync *self)
{
  self->looking = self->looked = self->pushes = FALSE;
  g_hash_table_remove_all (self->met);
  g_array_set_size (self->to_look_at, 0);
  g_clear_handle_id (&self->gap_timer, g_source_remove);
}
