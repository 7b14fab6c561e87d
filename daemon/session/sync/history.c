/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * history.c: GetMessages, which fills the store's gaps on the way, and FetchHistory.
 *
 * A page is read from the store. If it spans a gap (store/gaps.h) or ends before the known beginning, a page of the service's history is stored
 * there and the page is read again, until it is complete, or the limit of time or requests is reached: then it ends at the gap, and `more_before`
 * or `more_after` says so.
 */
#include "session/sync/parts.h"

#include "session/job/call.h"
#include "store/tables/conversations.h"
#include "store/tables/gaps.h"
#include "store/tables/journal.h"
#include "store/tables/messages.h"

#define MAX_FETCHES 20
#define FETCH_TIME_MS 12000     /* no further fetch after it: the caller's limit is 20 s */
#define MIN_FETCH 50

typedef struct {
  FlooSync *sync;
  FlooReply reply;
  gpointer user_data;

  gint64 conversation;
  FlooPageKind kind;
  gint64 anchor;
  guint limit;
  gboolean local;

  guint fetches;
  gint64 began;                 /* ms, monotonic */

  /* The result of the last read. */
  GVariant *messages;           /* (nullable): aM */
  gboolean more_before, more_after;
  guint64 serial;
  gboolean has_hole;
  gint64 hole;                  /* to go back from; 0: the newest */
} PageCall;

static void
page_call_free (PageCall *call)
{
  g_clear_pointer (&call->messages, g_variant_unref);
  floo_account_unref (call->sync->account);
  g_free (call);
}

/* The id of the message @i; 0: it is one of ours that is not acknowledged. */
static gint64
acknowledged_id (GVariant *messages, gsize i)
{
  g_autoptr (GVariant) message = g_variant_get_child_value (messages, i);
  g_autoptr (GVariant) more = g_variant_get_child_value (message, 8);
  const char *state = NULL;
  gint64 id;

  if (g_variant_lookup (more, "send_state", "&s", &state) && !g_str_equal (state, "sent"))
    return 0;
  g_variant_get_child (message, 0, "x", &id);
  return id;
}

void
floo_history_get_bounds (GVariant *messages, gint64 *lowest, gint64 *highest)
{
  gsize n = g_variant_n_children (messages);

  *lowest = n > 0 ? acknowledged_id (messages, 0) : 0;
  *highest = 0;
  while (*lowest != 0 && *highest == 0)
    *highest = acknowledged_id (messages, --n);
}

/* Whether the service may have messages before the oldest one in the store. */
static gboolean
is_open_below (FlooDb *db, gint64 conversation, gint64 lowest, gboolean *open, GError **error)
{
  gboolean complete;
  gint64 gap;

  if (!floo_gaps_is_complete (db, conversation, &complete, error) || !floo_gaps_find (db, conversation, lowest - 1, lowest, &gap, error))
    return FALSE;
  *open = !complete || gap != 0;
  return TRUE;
}

/* Finds a hole in this page. */
static gboolean
find_hole (FlooDb *db, PageCall *call, GError **error)
{
  gint64 lowest, highest, from, to;
  gboolean is_short = !call->more_before && call->kind != FLOO_PAGE_AFTER;

  /* The service has no history of the system's conversation: the store has everything. */
  if (call->conversation == 0)
    return TRUE;
  floo_history_get_bounds (call->messages, &lowest, &highest);
  switch (call->kind)
    {
    case FLOO_PAGE_AFTER:
      from = call->anchor;
      to = call->more_after ? highest : G_MAXINT64;
      break;
    case FLOO_PAGE_AROUND:
      from = lowest;
      to = highest;
      break;
    case FLOO_PAGE_BEFORE:
      from = lowest;
      to = call->anchor;
      break;
    case FLOO_PAGE_NEWEST:
    default:
      from = lowest;
      to = G_MAXINT64;
      break;
    }
  /* The first one in the direction of the page. */
  if (!(call->kind == FLOO_PAGE_AFTER ? floo_gaps_find_lowest (db, call->conversation, from, to, &call->hole, error)
                                      : floo_gaps_find (db, call->conversation, from, to, &call->hole, error))
      || (is_short && !is_open_below (db, call->conversation, lowest, &call->more_before, error)))
    return FALSE;
  call->has_hole = call->hole != 0 || (is_short && call->more_before);
  if (call->hole == FLOO_GAP_AT_END)
    call->hole = 0;
  else if (call->hole == 0 && lowest != 0)
    call->hole = lowest;
  else if (call->hole == 0)
    call->hole = call->kind == FLOO_PAGE_BEFORE ? call->anchor : 0;
  return TRUE;
}

static void
ignore_message (const FlooMessage *message, gpointer user_data)
{
}

static gboolean
run_page (FlooDb *db, gpointer data, GError **error)
{
  PageCall *call = data;
  FlooConversationType type;
  guint64 first;
  GVariant *messages;

  if (!floo_conversations_get_type (db, call->conversation, &type, error) || !floo_journal_get_position (db, &first, &call->serial, error))
    return FALSE;
  /* If the anchor was deleted meanwhile, pages before and after it are still valid; one around it is empty. */
  if (call->kind == FLOO_PAGE_AROUND && !floo_messages_get (db, call->anchor, ignore_message, NULL, error))
    return FALSE;
  messages = floo_messages_page (db, call->conversation, call->kind, call->anchor, call->limit, &call->more_before, &call->more_after, error);
  if (messages == NULL)
    return FALSE;
  g_clear_pointer (&call->messages, g_variant_unref);
  call->messages = g_variant_ref_sink (messages);
  return find_hole (db, call, error);
}

static void read_page (PageCall *call);

static void
on_page_fetched (const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  PageCall *call = user_data;

  /* The service does not have it now: answers with the stored messages. */
  if (error != NULL)
    call->local = TRUE;
  read_page (call);
}

/* Messages on the other side of a hole that could not be filled are left out, so that the page does not seem complete. */
static GVariant *
trim (PageCall *call)
{
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  for (gsize i = 0; i < g_variant_n_children (call->messages); i++)
    {
      g_autoptr (GVariant) message = g_variant_get_child_value (call->messages, i);
      gint64 id;

      g_variant_get_child (message, 0, "x", &id);
      if (call->kind == FLOO_PAGE_AFTER ? id < call->hole : id >= call->hole)
        g_variant_builder_add_value (&builder, message);
    }
  if (call->kind == FLOO_PAGE_AFTER)
    call->more_after = TRUE;
  else
    call->more_before = TRUE;
  return g_variant_builder_end (&builder);
}

static void
on_page_read (FlooStore *store, gpointer data, const GError *error)
{
  PageCall *call = data;
  gboolean can_ask = !call->local && floo_account_is_online (call->sync->account);
  GVariant *messages;

  if (error != NULL)
    {
      call->reply (NULL, error, call->user_data);
      page_call_free (call);
      return;
    }
  if (call->has_hole && can_ask && call->fetches < MAX_FETCHES && g_get_monotonic_time () / 1000 - call->began < FETCH_TIME_MS)
    {
      call->fetches++;
      floo_sync_history (call->sync, call->conversation, call->hole, MAX (call->limit, MIN_FETCH), on_page_fetched, call);
      return;
    }
  messages = call->has_hole && can_ask && call->hole != 0 && call->kind != FLOO_PAGE_AROUND ? trim (call) : call->messages;
  call->reply (g_variant_new ("(@" FLOO_MESSAGES_TYPE "bbt)", messages, call->more_before, call->more_after, call->serial), NULL, call->user_data);
  page_call_free (call);
}

static void
read_page (PageCall *call)
{
  floo_job_read (call->sync->account, run_page, on_page_read, call, NULL);
}

void
floo_sync_get_messages (FlooSync *self, gint64 conversation, FlooMessagesKind kind, gint64 anchor, guint limit, gboolean local,
                        FlooReply reply, gpointer user_data)
{
  static const FlooPageKind kinds[] = { [FLOO_MESSAGES_NEWEST] = FLOO_PAGE_NEWEST, [FLOO_MESSAGES_BEFORE] = FLOO_PAGE_BEFORE,
                                        [FLOO_MESSAGES_AFTER] = FLOO_PAGE_AFTER, [FLOO_MESSAGES_AROUND] = FLOO_PAGE_AROUND };
  PageCall *call;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  call = g_new0 (PageCall, 1);
  floo_account_ref (self->account);
  call->sync = self;
  call->reply = reply;
  call->user_data = user_data;
  call->conversation = conversation;
  call->kind = kinds[kind];
  call->anchor = anchor;
  call->limit = limit;
  /* The system's conversation has notices, which are no messages. */
  call->local = local || conversation == 0;
  call->began = g_get_monotonic_time () / 1000;
  read_page (call);
}

/* ---- FetchHistory ---- */

typedef struct {
  FlooCall call;
  gint64 conversation;
  gint64 from;
  guint limit;
  FlooHistoryPage page;
} FetchCall;

/* The messages of the service's page as they are stored now. */
static gboolean
run_fetched (FlooDb *db, gpointer data, GError **error)
{
  FetchCall *call = data;
  g_autoptr (GVariant) stored = NULL;
  GVariantBuilder builder;
  gboolean more_before, more_after;

  g_variant_builder_init (&builder, G_VARIANT_TYPE (FLOO_MESSAGES_TYPE));
  if (call->page.n > 0)
    {
      stored = floo_messages_page (db, call->conversation, FLOO_PAGE_BEFORE, call->from != 0 ? call->from : G_MAXINT64, call->page.n,
                                   &more_before, &more_after, error);
      if (stored == NULL)
        {
          g_variant_builder_clear (&builder);
          return FALSE;
        }
      g_variant_ref_sink (stored);
      for (gsize i = 0; i < g_variant_n_children (stored); i++)
        {
          g_autoptr (GVariant) message = g_variant_get_child_value (stored, i);
          gint64 id;

          g_variant_get_child (message, 0, "x", &id);
          if (id >= call->page.lowest_id)
            g_variant_builder_add_value (&builder, message);
        }
    }
  call->call.result = g_variant_ref_sink (g_variant_new ("(" FLOO_MESSAGES_TYPE "x)", &builder, call->page.next));
  return TRUE;
}

static void
on_fetched (const FlooHistoryPage *page, const GError *error, gpointer user_data)
{
  FetchCall *call = user_data;

  if (error != NULL)
    {
      floo_call_done (NULL, call, error);
      floo_call_free (call);
      return;
    }
  call->page = *page;
  floo_call_read (call, FLOO_READ_DEFAULT, run_fetched, floo_call_free);
}

void
floo_sync_fetch_history (FlooSync *self, gint64 conversation, gint64 from, guint limit, FlooReply reply, gpointer user_data)
{
  FetchCall *call;

  if (!floo_call_check_online (self->account, reply, user_data))
    return;
  if (conversation <= 0)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS,
                        "conversation must be the id of a user or a group, not %" G_GINT64_FORMAT, conversation);
      return;
    }
  call = floo_call_new (sizeof *call, self->account, reply, user_data);
  call->conversation = conversation;
  call->from = from;
  call->limit = limit;
  floo_sync_history (self, conversation, from, limit, on_fetched, call);
}
