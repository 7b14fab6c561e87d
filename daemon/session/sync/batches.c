/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batches.c: writes received frames to the store.
 *
 * Frames that one turn of the main loop received become one write job; only what is committed is acknowledged, by asking for the next page.
 */
#include "session/sync/parts.h"

#include "base/names.h"
#include "store/tables/account.h"

#define BATCHES_UNDER_WAY 2
#define BATCH_BYTES (8u << 20)          /* in memory; no page is added to a batch of this many bytes */
#define MAX_WAITING_BYTES (64u << 20)   /* of more than one frame */
#define MEND_SECONDS 5          /* how often a failing store is tried */

/* A batch that is being written. */
typedef struct {
  FlooSync *sync;
  GArray *items;
  GArray *removing, *keeping;   /* for each of the results */
  GPtrArray *results;           /* FlooInboundResult: of the batch, or of each of its items */
} Batch;

static void
item_clear (gpointer data)
{
  FlooInboundItem *item = data;

  g_clear_pointer (&item->frame, floo_frame_unref);
  g_clear_error (&item->refused);
}

GArray *
floo_sync_items_new (void)
{
  GArray *items = g_array_new (FALSE, FALSE, sizeof (FlooInboundItem));

  g_array_set_clear_func (items, item_clear);
  return items;
}

static void
batch_free (gpointer data)
{
  Batch *batch = data;

  g_array_unref (batch->items);
  g_array_unref (batch->removing);
  g_array_unref (batch->keeping);
  g_ptr_array_unref (batch->results);
  floo_account_unref (batch->sync->account);
  g_free (batch);
}

/* One attempt to write some items. */
typedef struct {
  GArray *items;
  gboolean carefully;
  FlooInboundResult *result;
} Try;

static gboolean
run_try (FlooDb *db, gpointer data, GError **error)
{
  const Try *try = data;

  return floo_inbound_apply (db, try->items, try->carefully, try->result, error);
}

/* Returns: FALSE where the store fails. @refused: (out): the rows were refused and all was rolled back */
static gboolean
try_items (Batch *batch, FlooDb *db, GArray *items, gboolean carefully, GError **refused, GError **error)
{
  Try try = { items, carefully, floo_inbound_result_new () };

  try.result->ack_delivery = floo_account_get_config (batch->sync->account)->acknowledge_delivery;
  g_array_append_vals (try.result->removing, batch->removing->data, batch->removing->len);
  g_array_append_vals (try.result->keeping, batch->keeping->data, batch->keeping->len);
  try.result->keep_left_groups = floo_account_get_config (batch->sync->account)->keep_left_groups;
  if (floo_db_try (db, run_try, &try, refused, error) && *refused == NULL)
    {
      g_ptr_array_add (batch->results, try.result);
      return TRUE;
    }
  floo_inbound_result_free (try.result);
  return *refused != NULL;
}

/* Changes something, so that the commit really writes. */
static gboolean
run_probe (FlooDb *db, gpointer data, GError **error)
{
  return floo_values_set (db, "probe", "1", error) && floo_values_set (db, "probe", NULL, error);
}

/*
 * An item that cannot be stored is stored without its faulty entries. If that fails, too, it is tested whether the item or the store is at fault:
 * a store that works commits something else.
 */
static gboolean
run_item (Batch *batch, FlooDb *db, FlooInboundItem *item, GError **error)
{
  g_autoptr (GArray) one = g_array_new (FALSE, FALSE, sizeof (FlooInboundItem));
  g_autoptr (GError) first = NULL;
  FlooInboundResult *result;

  g_array_append_val (one, *item);
  if (!try_items (batch, db, one, FALSE, &first, error)
      || (first != NULL && !try_items (batch, db, one, TRUE, &g_array_index (one, FlooInboundItem, 0).refused, error)))
    return FALSE;
  *item = g_array_index (one, FlooInboundItem, 0);
  if (item->refused == NULL)
    return TRUE;
  result = floo_inbound_result_new ();
  result->left_out[FLOO_LEFT_OUT_REFUSED] = item->frame->sync_dl != NULL ? MAX ((guint) item->frame->sync_dl->n_metas, 1) : 1;
  g_ptr_array_add (batch->results, result);
  return run_probe (db, NULL, error);
}

/* Writes all items at once or, if that fails, one by one, so that one does not block the others. */
static gboolean
run_batch (FlooDb *db, gpointer data, GError **error)
{
  Batch *batch = data;
  g_autoptr (GError) refused = NULL;

  if (!try_items (batch, db, batch->items, FALSE, &refused, error))
    return FALSE;
  for (guint i = 0; refused != NULL && i < batch->items->len; i++)
    if (!run_item (batch, db, &g_array_index (batch->items, FlooInboundItem, i), error))
      return FALSE;
  return TRUE;
}

static void submit (FlooSync *self);

static void
act_on_result (FlooSync *self, const FlooInboundResult *result)
{
  for (guint i = 0; i < result->typing->len; i++)
    floo_account_emit (self->account, FLOO_SIGNAL_INPUT_STATUS_MESSAGE, g_ptr_array_index (result->typing, i));
  floo_fill_look_at (self, result->conversations);
  self->pushes |= result->pushes;
  floo_sync_tell_left_out (self, result->left_out);
  if (result->missed)
    floo_fill_run (self, TRUE);
  self->listener->applied (result, self->data);
}

/* ---- pages that must not be acknowledged yet ---- */

/* Whether it is a last page, which has no key for a next request: any later request without a key acknowledges it. */
static gboolean
is_last_page (const FlooFrame *frame)
{
  return floo_sync_is_page (frame) && frame->sync_dl->next_key == 0 && frame->sync_dl->n_metas > 0;
}

gboolean
floo_sync_is_unstored (FlooSync *self, gint64 conversation)
{
  gint64 unknown = FLOO_UNKNOWN_CONVERSATION;

  return self->ack_blocked || g_hash_table_contains (self->unstored, &conversation) || g_hash_table_contains (self->unstored, &unknown);
}

static void
count_unstored (FlooSync *self, gint64 conversation, int delta)
{
  int n = GPOINTER_TO_INT (g_hash_table_lookup (self->unstored, &conversation)) + delta;

  if (n > 0)
    g_hash_table_insert (self->unstored, g_memdup2 (&conversation, sizeof conversation), GINT_TO_POINTER (n));
  else
    g_hash_table_remove (self->unstored, &conversation);
}

static void
on_probed (FlooStore *store, gpointer data, const GError *error)
{
  FlooSync *self = data;

  if (error == NULL && self->ack_blocked)
    floo_sync_resume (self);
}

static void
probe_free (gpointer data)
{
  floo_account_unref (((FlooSync *) data)->account);
}

/* After a full disk the store reports when there is room again; the end of any other fault is found only by a retry. */
static gboolean
on_mend (gpointer user_data)
{
  FlooSync *self = user_data;

  if (floo_account_can_store (self->account))
    {
      floo_account_ref (self->account);
      floo_job_write (self->account, run_probe, on_probed, self, probe_free);
    }
  return G_SOURCE_CONTINUE;
}

/* @error: (nullable): an error of the store, not of the page */
static void
last_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error)
{
  if (!is_last_page (item->frame) || item->connection != self->connection)
    return;
  count_unstored (self, item->conversation, -1);
  if (error == NULL)
    return;
  self->ack_blocked = TRUE;
  if (self->mend_timer == 0)
    self->mend_timer = g_timeout_add_seconds (MEND_SECONDS, on_mend, self);
}

/* ---- batches ---- */

/* Whether a single entry can cause the error; a full disk and closing concern all. */
static gboolean
may_be_one (const GError *error)
{
  return !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL) && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_CANCELLED)
         && !g_error_matches (error, FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN);
}

/* Sets LastError, until something can be stored again. */
static void
tell_failure (FlooSync *self, const GError *error)
{
  gboolean failed = error != NULL;

  if (failed ? !may_be_one (error) || floo_account_get_store (self->account) == NULL : !self->told_failure)
    return;
  self->told_failure = failed;
  self->listener->store_failed (error, self->data);
}

static void
on_batch_done (FlooStore *store, gpointer data, const GError *error)
{
  Batch *batch = data;
  FlooSync *self = batch->sync;

  self->under_way--;
  if (error != NULL)
    g_warning ("what the service sent could not be stored: %s", error->message);
  for (guint i = 0; i < batch->items->len; i++)
    {
      const FlooInboundItem *item = &g_array_index (batch->items, FlooInboundItem, i);
      const GError *failure = error != NULL ? error : item->refused;

      if (item->refused != NULL)
        g_warning ("what the service sent cannot be stored and was ignored: %s", item->refused->message);
      last_page_done (self, item, error);
      if (item->frame->unread_dl != NULL && failure == NULL)
        floo_fill_online (self);
      else if (item->gap != 0)
        floo_fill_page_done (self, item, failure);
      else if (floo_sync_is_page (item->frame))
        /* The store works but refuses this item: it is ignored, and the next page is requested. */
        floo_pull_page_done (self, item, error);
      else if (floo_sync_is_history (item->frame))
        floo_history_page_done (self, item, failure);
    }
  /* Commits to the store of an earlier account do not concern this one. */
  for (guint i = 0; error == NULL && i < batch->results->len && floo_account_is_current (self->account, store); i++)
    act_on_result (self, g_ptr_array_index (batch->results, i));
  /* Lost acknowledgements are repeated when the sender retries after its timeout. */
  if (error != NULL)
    {
      self->caught_up = FALSE;
      floo_sync_check_synced (self);
    }
  tell_failure (self, error);
  submit (self);
  floo_sync_pump (self);
}

void
floo_sync_write (FlooSync *self, GArray *items)
{
  Batch *batch = g_new0 (Batch, 1);
  const GArray *removing = floo_operations_get_removing (self->operations);
  const GArray *keeping = floo_operations_get_keeping (self->operations);

  floo_account_ref (self->account);
  batch->sync = self;
  batch->items = items;
  batch->results = g_ptr_array_new_with_free_func ((GDestroyNotify) floo_inbound_result_free);
  batch->removing = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_vals (batch->removing, removing->data, removing->len);
  batch->keeping = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_vals (batch->keeping, keeping->data, keeping->len);
  self->under_way++;
  floo_job_write (self->account, run_batch, on_batch_done, batch, batch_free);
}

void
floo_sync_write_waiting (FlooSync *self)
{
  if (self->items->len == 0 || floo_account_get_store (self->account) == NULL)
    return;
  floo_sync_write (self, g_steal_pointer (&self->items));
  self->items = floo_sync_items_new ();
  self->metas = 0;
  self->bytes = 0;
}

static void
submit (FlooSync *self)
{
  if (self->under_way < BATCHES_UNDER_WAY)
    floo_sync_write_waiting (self);
}

static gboolean
on_flush (gpointer user_data)
{
  FlooSync *self = user_data;

  self->flush_source = 0;
  submit (self);
  return G_SOURCE_REMOVE;
}

void
floo_sync_add (FlooSync *self, const FlooInboundItem *item)
{
  const FlooFrame *frame = item->frame;

  floo_frame_ref (item->frame);
  g_array_append_val (self->items, *item);
  g_array_index (self->items, FlooInboundItem, self->items->len - 1).connection = self->connection;
  self->bytes += frame->memory;
  if (frame->sync_dl != NULL)
    self->metas += (guint) frame->sync_dl->n_metas;
  if (is_last_page (frame))
    count_unstored (self, item->conversation, 1);
  if (self->metas >= FLOO_INTAKE_BATCH || self->bytes >= BATCH_BYTES)
    submit (self);
  else if (self->flush_source == 0)
    /* After all other frames of this iteration of the main loop. */
    self->flush_source = g_idle_add_full (G_PRIORITY_DEFAULT + 10, on_flush, self, NULL);
  if (self->items->len > 1 && self->bytes > MAX_WAITING_BYTES)
    {
      g_autoptr (GError) error
          = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service sends faster than can be stored: reconnecting");
      floo_account_drop_link (self->account, error);
    }
}
