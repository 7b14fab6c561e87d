/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-inbound.c: whatever the order in which the service delivers, the store ends in the same state.
 *
 * A simulated service makes a history of messages, operations and notices. One store gets each at once, in order: the plain order.
 * Another gets them as over a bad connection: each conversation's queue at its own pace, pages twice, positions that the service
 * forgot, pages of the history in between, messages pushed ahead of their queue, pages lost with the connection, acknowledgements late and
 * twice. What a user sees must be the same.
 *
 * FLOOIM_DISORDER_SEEDS: how many histories (12).
 */
#include <string.h>

#include "amount.h"
#include "inbound-frames.h"
#include "store/engine/db.h"
#include "store/tables/early.h"
#include "store/tables/gaps.h"

/* ---- the daemon's side ---- */

typedef struct {
  Fixture *f;
  Service *service;
  GRand *rand;                /* of the order */
  guint positions[G_N_ELEMENTS (queues)];
  gboolean met[G_N_ELEMENTS (queues)];    /* a page of the queue arrived on this connection */
  GArray *unacknowledged;     /* const Thing * */
  GArray *batch;              /* FlooInboundItem */
} Run;

static gboolean
apply_job (FlooDb *db, gpointer data, GError **error)
{
  FlooInboundResult *result = floo_inbound_result_new ();
  gboolean ok = floo_inbound_apply (db, data, FALSE, result, error);

  floo_inbound_result_free (result);
  return ok;
}

static void
run_flush (Run *run)
{
  if (run->batch->len > 0)
    fixture_write (run->f, apply_job, run->batch);
  for (guint i = 0; i < run->batch->len; i++)
    floo_frame_unref (g_array_index (run->batch, FlooInboundItem, i).frame);
  g_array_set_size (run->batch, 0);
}

static void
run_take (Run *run, FlooFrame *frame, gint64 conversation, gint64 from)
{
  FlooInboundItem item = { frame, conversation, from };

  g_array_append_val (run->batch, item);
}

static gboolean
outbox_job (FlooDb *db, gpointer data, GError **error)
{
  const Thing *thing = data;
  FlooOutboxRow row = { .client_id = thing->client_id,
                        .conversation = thing->conversation,
                        .to_type = thing->conversation == GROUP ? FLOO_TO_GROUP : FLOO_TO_ROSTER,
                        .to = thing->conversation,
                        .type = FLOO_TYPE_TEXT,
                        .content = thing->content,
                        .config = thing->config,
                        .timestamp = 1600000000000 + thing->id,
                        .state = FLOO_SEND_SENDING,
                        .device_sn = 1 };

  return floo_outbox_insert (db, &row, error);
}

/* The service gets the next one; a message of this device is put into the outbox, too. */
static const Thing *
run_happen (Run *run)
{
  const Thing *thing = happen (run->service);

  if (thing->client_id != 0)
    {
      run_flush (run);
      fixture_write (run->f, outbox_job, (gpointer) thing);
      g_array_append_val (run->unacknowledged, thing);
    }
  return thing;
}

static void
run_acknowledge (Run *run, const Thing *thing)
{
  Floo__SyncDL dl = FLOO__SYNC_DL__INIT;

  dl.has_client_mid = dl.has_server_mid = dl.has_server_time = TRUE;
  dl.client_mid = (guint64) thing->client_id;
  dl.server_mid = (guint64) thing->id;
  dl.server_time = TIME_BASE + (guint64) thing->id;
  run_take (run, decode (&dl.base, FLOO__FRAME__COMMAND__SYNC), -1, -1);
}

/* Whether it is delivered by its queue: messages of this device are not, recalled ones are not any more. */
static gboolean
is_queued (Service *service, const Thing *thing, gint64 queue)
{
  const Present *present = g_hash_table_lookup (service->present, &thing->id);

  return thing->queue == queue && thing->client_id == 0 && (present == NULL || !present->recalled);
}

/* The id of the last one of the queue before number @i; 0: none */
static gint64
id_before (Service *service, guint i, gint64 queue)
{
  while (i-- > 0)
    if (((const Thing *) service->things->pdata[i])->queue == queue)
      return ((const Thing *) service->things->pdata[i])->id;
  return 0;
}

/* Pushes the next page of a queue. Returns FALSE where there is nothing new. */
static gboolean
run_page (Run *run, guint queue, guint max)
{
  FlooInboundItem item = { .conversation = queues[queue], .from = -1, .pushed = TRUE };
  Page page;
  guint i;

  page_init (&page, queues[queue]);
  for (i = run->positions[queue]; i < run->service->happened && page.metas->len < max; i++)
    if (is_queued (run->service, run->service->things->pdata[i], queues[queue]))
      {
        if (page.metas->len == 0)
          page.dl.prev_mid = (guint64) id_before (run->service, i, queues[queue]);
        page_add (&page, run->service, run->service->things->pdata[i], FALSE);
      }
  page.dl.has_prev_mid = page.dl.prev_mid != 0;
  run->positions[queue] = i;
  if (page.metas->len == 0)
    {
      g_ptr_array_unref (page.metas);
      g_ptr_array_unref (page.memory);
      return FALSE;
    }
  item.frame = page_end (&page);
  item.first = item.frame->sync_dl->prev_mid != 0 && !run->met[queue];
  run->met[queue] |= item.first;
  g_array_append_val (run->batch, item);
  return TRUE;
}

/* The service takes some messages of a queue for received, but the connection ends before they arrive. */
static void
run_lose (Run *run, guint queue)
{
  guint max = (guint) g_rand_int_range (run->rand, 1, 6);

  for (guint i = run->positions[queue]; i < run->service->happened && max > 0; i++, max--)
    {
      const Thing *thing = run->service->things->pdata[i];

      /* The history has nothing else. */
      if (thing->queue == queues[queue] && thing->kind != MESSAGE)
        break;
      run->positions[queue] = i + 1;
    }
  memset (run->met, 0, sizeof run->met);
}

/* Whether a message is still in the service's history. */
static gboolean
in_history (Service *service, const Thing *thing)
{
  const Present *present = g_hash_table_lookup (service->present, &thing->id);

  if (thing->kind != MESSAGE || present->recalled || present->deleted)
    return FALSE;
  for (guint i = 0; i < service->happened; i++)
    {
      const Thing *other = service->things->pdata[i];
      gboolean removes = other->kind == DELETION
                         || (other->kind == ROSTER && other->type == FLOO__ROSTER_NOTICE__TYPE__REMOVED && other->from == FIXTURE_SELF)
                         || (other->kind == GROUPS && other->type == FLOO__GROUP_NOTICE__TYPE__KICKED && other->to == FIXTURE_SELF);

      if (removes && other->conversation == thing->conversation && other->id > thing->id)
        return FALSE;
    }
  return TRUE;
}

static void
run_history (Run *run, gint64 conversation)
{
  guint start = run->service->happened > 0 ? (guint) g_rand_int_range (run->rand, 0, (gint32) run->service->happened) : 0;
  guint max = (guint) g_rand_int_range (run->rand, 1, 8);
  gint64 lowest = 0;
  Page page;

  page_init (&page, conversation);
  page.dl.has_is_full_sync = page.dl.is_full_sync = TRUE;
  for (guint i = start + 1; i-- > 0 && page.metas->len < max;)
    {
      const Thing *thing = i < run->service->happened ? run->service->things->pdata[i] : NULL;

      if (thing != NULL && thing->kind == MESSAGE && thing->conversation == conversation && in_history (run->service, thing))
        {
          page_add (&page, run->service, thing, TRUE);
          lowest = thing->id;
        }
    }
  page.dl.has_next_key = TRUE;
  page.dl.next_key = (guint64) lowest;
  run_take (run, page_end (&page), conversation, FIRST_ID + start + 1);
}

typedef struct {
  gint64 conversation, gap, below;
} Missed;

static gboolean
find_missed (FlooDb *db, gpointer data, GError **error)
{
  Missed *missed = data;

  if (missed->gap == 0 && !floo_gaps_next_missed (db, 0, &missed->conversation, &missed->gap, error))
    return FALSE;
  return floo_gaps_find_received (db, missed->conversation, missed->gap - 1, &missed->below, error);
}

/* Delivers a page of the history down to the messages that the store has. */
static void
run_fill (Run *run, const Missed *missed)
{
  gboolean newest = missed->gap == G_MAXINT64;
  FlooInboundItem item = { .conversation = missed->conversation, .from = newest ? 0 : missed->gap, .gap = missed->gap,
                           .below = missed->below };
  gint64 lowest = G_MAXINT64;
  Page page;

  page_init (&page, missed->conversation);
  page.dl.has_is_full_sync = page.dl.is_full_sync = page.dl.has_next_key = TRUE;
  for (guint i = run->service->happened; i-- > 0 && lowest > missed->below;)
    {
      const Thing *thing = run->service->things->pdata[i];

      if (thing->kind != MESSAGE || thing->conversation != missed->conversation || thing->id >= missed->gap
          || !in_history (run->service, thing))
        continue;
      lowest = thing->id;
      page_add (&page, run->service, thing, TRUE);
    }
  page.dl.next_key = lowest <= missed->below ? (guint64) lowest : 0;
  item.frame = page_end (&page);
  g_array_append_val (run->batch, item);
  run_flush (run);
}

/* Fills a gap in which something was missed. Returns FALSE where there is none. */
static gboolean
run_fill_next (Run *run)
{
  Missed missed = { 0 };

  run_flush (run);
  fixture_read (run->f, find_missed, &missed);
  if (missed.gap != 0)
    run_fill (run, &missed);
  return missed.gap != 0;
}

/* Looks for missed messages, as after each connection. */
static void
run_look (Run *run, gint64 conversation)
{
  Missed missed = { .conversation = conversation, .gap = G_MAXINT64 };

  run_flush (run);
  fixture_read (run->f, find_missed, &missed);
  run_fill (run, &missed);
}

/* Pushes the newest message, ahead of its queue. */
static void
run_push (Run *run)
{
  guint newest = run->service->happened - 1, queue = 0;
  const Thing *thing = run->service->happened > 0 ? run->service->things->pdata[newest] : NULL;
  FlooInboundItem item = { .from = -1 };
  Page page;

  if (thing == NULL || thing->kind != MESSAGE || !is_queued (run->service, thing, thing->queue))
    return;
  while (queues[queue] != thing->queue)
    queue++;
  page_init (&page, thing->queue);
  page_add (&page, run->service, thing, FALSE);
  page.dl.prev_mid = (guint64) id_before (run->service, newest, thing->queue);
  page.dl.has_prev_mid = page.dl.prev_mid != 0;
  item.conversation = thing->queue;
  item.first = page.dl.has_prev_mid && !run->met[queue];
  item.frame = page_end (&page);
  run->met[queue] |= item.first;
  g_array_append_val (run->batch, item);
}

static void
run_unread (Run *run)
{
  Floo__UnreadDL dl = FLOO__UNREAD_DL__INIT;
  Floo__ConversationUnread unread[G_N_ELEMENTS (conversations)];
  Floo__ConversationUnread *rows[G_N_ELEMENTS (conversations)];
  Floo__XID xids[G_N_ELEMENTS (conversations)];

  for (guint c = 0; c < G_N_ELEMENTS (conversations); c++)
    for (guint i = 0; i < run->service->happened; i++)
      {
        const Thing *thing = run->service->things->pdata[i];

        if (thing->kind != MESSAGE || thing->conversation != conversations[c] || !in_history (run->service, thing))
          continue;
        floo__conversation_unread__init (&unread[dl.n_unread]);
        floo__xid__init (&xids[dl.n_unread]);
        xids[dl.n_unread].has_uid = unread[dl.n_unread].has_type = TRUE;
        xids[dl.n_unread].uid = (guint64) conversations[c];
        unread[dl.n_unread].type = conversations[c] == GROUP ? FLOO__CONVERSATION_UNREAD__CONV_TYPE__GROUPCHAT
                                                             : FLOO__CONVERSATION_UNREAD__CONV_TYPE__CHAT;
        unread[dl.n_unread].xid = &xids[dl.n_unread];
        rows[dl.n_unread] = &unread[dl.n_unread];
        dl.n_unread++;
        break;
      }
  dl.unread = rows;
  run_take (run, decode (&dl.base, FLOO__FRAME__COMMAND__UNREAD), -1, -1);
}

static void
run_init (Run *run, Fixture *f, guint32 history, guint32 order)
{
  memset (run, 0, sizeof *run);
  memset (f, 0, sizeof *f);
  run->f = f;
  fixture_set_up (f, NULL);
  run->service = service_new (history);
  run->rand = g_rand_new_with_seed (order);
  run->unacknowledged = g_array_new (FALSE, FALSE, sizeof (const Thing *));
  run->batch = g_array_new (FALSE, FALSE, sizeof (FlooInboundItem));
}

static void
run_clear (Run *run)
{
  service_free (run->service);
  g_rand_free (run->rand);
  g_array_unref (run->unacknowledged);
  g_array_unref (run->batch);
  fixture_tear_down (run->f, NULL);
}

static void
run_plainly (Run *run)
{
  while (run->service->happened < EVENTS)
    {
      const Thing *thing = run_happen (run);

      if (thing->client_id != 0)
        run_acknowledge (run, thing);
      for (guint q = 0; q < G_N_ELEMENTS (queues); q++)
        run_page (run, q, 1);
      run_flush (run);
    }
  run_unread (run);
  run_flush (run);
}

static void
run_step (Run *run)
{
  guint queue = (guint) g_rand_int_range (run->rand, 0, G_N_ELEMENTS (queues));
  int what = g_rand_int_range (run->rand, 0, 100);
  guint i;

  if (what < 35 && run->service->happened < EVENTS)
    run_happen (run);
  else if (what < 60)
    run_page (run, queue, (guint) g_rand_int_range (run->rand, 1, 10));
  else if (what < 68)
    run->positions[queue] -= (guint) g_rand_int_range (run->rand, 0, (gint32) run->positions[queue] + 1);
  else if (what < 76)
    run_history (run, pick (run->rand, conversations, G_N_ELEMENTS (conversations)));
  else if (what < 79)
    run_push (run);
  else if (what < 81)
    run_lose (run, queue);
  else if (what < 82)
    run_fill_next (run);
  else if (what < 84)
    run_unread (run);
  else if (what < 94 && run->unacknowledged->len > 0)
    {
      i = (guint) g_rand_int_range (run->rand, 0, (gint32) run->unacknowledged->len);
      run_acknowledge (run, g_array_index (run->unacknowledged, const Thing *, i));
      if (chance (run->rand, 70))
        g_array_remove_index (run->unacknowledged, i);
    }
  else if (what < 96)
    {
      run_flush (run);
      fixture_reopen (run->f);
      memset (run->met, 0, sizeof run->met);
    }
  if (chance (run->rand, 40))
    run_flush (run);
}

static void
run_disorderly (Run *run)
{
  for (guint steps = 0; run->service->happened < EVENTS || steps < 3 * EVENTS; steps++)
    run_step (run);
  for (guint i = 0; i < run->unacknowledged->len; i++)
    run_acknowledge (run, g_array_index (run->unacknowledged, const Thing *, i));
  for (guint q = 0; q < G_N_ELEMENTS (queues); q++)
    while (run_page (run, q, 10))
      ;
  run_unread (run);
  run_flush (run);
  while (run_fill_next (run))
    ;
  for (guint c = 0; c < G_N_ELEMENTS (conversations); c++)
    run_look (run, conversations[c]);
}

/* ---- comparing ---- */

static void
dump (GString *text, sqlite3 *db, const char *title, const char *sql)
{
  sqlite3_stmt *statement;

  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_string_append_printf (text, "%s\n", title);
  while (sqlite3_step (statement) == SQLITE_ROW)
    {
      for (int i = 0; i < sqlite3_column_count (statement); i++)
        g_string_append_printf (text, " %s=%s", sqlite3_column_name (statement, i), sqlite3_column_text (statement, i));
      g_string_append_c (text, '\n');
    }
  sqlite3_finalize (statement);
}

/* What a user sees; how a message arrived (is_history) is no part of it. */
static char *
run_dump (Run *run)
{
  g_autofree char *path = fixture_path (run->f, "store.db");
  g_autofree char *messages = g_strdup_printf (
      "SELECT id, conversation AS c, sender, to_type, timestamp %% 1000000 AS t, status, flags & ~%d AS flags, unread, client_id, "
      "edit_timestamp, "
      "content || coalesce((SELECT group_concat(content, '') FROM (SELECT content FROM appended WHERE message = id ORDER BY seq)), '') "
      "AS content, "
      "nullif(config, '') AS config FROM messages ORDER BY id",
      FLOO_MESSAGE_IS_HISTORY);
  GString *text = g_string_new (NULL);
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  dump (text, db, "messages", messages);
  dump (text, db, "conversations",
        "SELECT id, type, listed, activity, last_message, unread, mentioned FROM conversations WHERE last_message <> 0 ORDER BY id");
  dump (text, db, "contacts", "SELECT kind, id, listed, stale, details, muted FROM contacts ORDER BY kind, id");
  dump (text, db, "outbox", "SELECT client_id, state FROM outbox ORDER BY client_id");
  sqlite3_close (db);
  return g_string_free (text, FALSE);
}

/* Each message was signalled at most once, by RosterMessages or GroupMessages. */
static void
check_events (Run *run)
{
  g_autoptr (GHashTable) told = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (guint i = 0; i < run->f->events->len; i++)
    {
      GVariant *args = run->f->events->pdata[i];
      g_autoptr (GVariant) messages = NULL;

      if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(ta(xxxsssxia{sv}))")))
        continue;
      messages = g_variant_get_child_value (args, 1);
      for (gsize k = 0; k < g_variant_n_children (messages); k++)
        {
          g_autoptr (GVariant) message = g_variant_get_child_value (messages, k);
          gint64 *id = g_new (gint64, 1);

          g_variant_get_child (message, 0, "x", id);
          g_assert_true (g_hash_table_add (told, id));
        }
    }
}

/* Fails with the first line that differs and its neighbours. */
static void
compare (guint32 history, guint32 order, const char *plain, const char *disordered)
{
  g_auto (GStrv) a = g_strsplit (plain, "\n", -1);
  g_auto (GStrv) b = g_strsplit (disordered, "\n", -1);

  if (g_str_equal (plain, disordered))
    return;
  for (guint i = 0; a[i] != NULL && b[i] != NULL; i++)
    if (!g_str_equal (a[i], b[i]))
      {
        g_test_message ("history %u, order %u\nplain:     %s\ndisorder:  %s", history, order, a[i], b[i]);
        break;
      }
  g_test_fail ();
}

/*
 * An acknowledgement of our message does not show that those before it were received: a gap behind it reaches further down, also where nothing else
 * of the conversation is here, and a page of the history that ends with it leaves the rest of the gap.
 */
static void
test_before_ours (void)
{
  Thing other = { .kind = MESSAGE, .id = FIRST_ID, .queue = 8, .conversation = 8, .from = 8, .to = FIXTURE_SELF,
                  .content = (char *) "other" };
  Thing ours = { .kind = MESSAGE, .id = FIRST_ID + 2, .queue = 7, .conversation = 7, .from = FIXTURE_SELF, .to = 7,
                 .content = (char *) "ours", .client_id = 500 };
  Thing shown = { .kind = MESSAGE, .id = FIRST_ID + 3, .queue = 7, .conversation = 7, .from = 7, .to = FIXTURE_SELF,
                  .content = (char *) "shown" };
  FlooInboundItem pushed = { .conversation = 8, .from = -1, .pushed = TRUE }, item = { .conversation = 7, .from = -1, .first = TRUE };
  Missed missed = { 0 };
  Fixture f;
  Run run;
  Page page;

  run_init (&run, &f, 1, 0);
  page_init (&page, 8);
  page_add (&page, run.service, &other, FALSE);
  pushed.frame = page_end (&page);
  g_array_append_val (run.batch, pushed);
  run_flush (&run);
  fixture_write (&f, outbox_job, &ours);
  run_acknowledge (&run, &ours);
  page_init (&page, 7);
  page.dl.has_prev_mid = TRUE;
  page.dl.prev_mid = (guint64) ours.id;
  page_add (&page, run.service, &shown, FALSE);
  item.frame = page_end (&page);
  g_array_append_val (run.batch, item);
  run_flush (&run);
  fixture_read (&f, find_missed, &missed);
  g_assert_cmpint (missed.gap, ==, shown.id);
  g_assert_cmpint (missed.below, ==, 0);

  page_init (&page, 7);
  page.dl.has_is_full_sync = page.dl.is_full_sync = page.dl.has_next_key = TRUE;
  page.dl.next_key = (guint64) ours.id;
  page_add (&page, run.service, &ours, FALSE);
  run_take (&run, page_end (&page), 7, shown.id);
  run_flush (&run);
  missed = (Missed) { 0 };
  fixture_read (&f, find_missed, &missed);
  g_assert_cmpint (missed.gap, ==, ours.id);
  run_clear (&run);
}

static void
test_any_order (void)
{
  guint n = amount_from ("FLOOIM_DISORDER_SEEDS", 12, 2);

  for (guint32 history = 1; history <= n; history++)
    {
      Fixture f;
      Run run;
      g_autofree char *plain = NULL;

      run_init (&run, &f, history, 0);
      run_plainly (&run);
      plain = run_dump (&run);
      check_events (&run);
      run_clear (&run);
      for (guint32 order = 1; order <= 2; order++)
        {
          g_autofree char *disordered = NULL;

          run_init (&run, &f, history, 1000 * order + history);
          run_disorderly (&run);
          disordered = run_dump (&run);
          check_events (&run);
          run_clear (&run);
          compare (history, 1000 * order + history, plain, disordered);
        }
    }
}

static gboolean
find_applied (FlooDb *db, gpointer data, GError **error)
{
  return floo_applied_add (db, G_GINT64_CONSTANT (-3458019242254968193), data, error);
}

/* A notice without an id is recognised by a number made from its content, which is the same on every machine: the store may have been copied. */
static void
test_without_id (void)
{
  const Thing notice = { .kind = ROSTER, .type = FLOO__ROSTER_NOTICE__TYPE__ADDED, .from = 7, .to = FIXTURE_SELF, .content = (char *) "" };
  gboolean is_new;
  Fixture f;
  Run run;
  Page page;

  run_init (&run, &f, 1, 0);
  page_init (&page, SYSTEM);
  page_add (&page, run.service, &notice, FALSE);
  run_take (&run, page_end (&page), SYSTEM, -1);
  run_flush (&run);
  fixture_write (&f, find_applied, &is_new);
  g_assert_false (is_new);
  run_clear (&run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/inbound/before-ours", test_before_ours);
  g_test_add_func ("/inbound/without-id", test_without_id);
  g_test_add_func ("/inbound/any-order", test_any_order);
  return g_test_run ();
}
