/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * test-poison.c: pages of good messages with bad items between them, in any order: every good one arrives, once and in order, and is counted.
 *
 * Bad are items that cannot be decoded, that have impossible ids, or that the store refuses; in pages of any size, any number of them in a batch.
 *
 * FLOOIM_POISON_SEEDS: how many histories (12).
 */
#include <sqlite3.h>
#include <string.h>

#include "amount.h"
#include "sync-fixture.h"

#define ENTRIES 120u
#define MAX_PAGE 20
#define REFUSED "refused by the store"

typedef struct {
  GRand *rand;
  gint64 id;                    /* of the next good one */
  GArray *good;                 /* gint64 */
  guint bad;
  gboolean hole;                /* a message was left out since the last good one */
  GArray *holes;                /* gint64: good ones with such a one before them */
} World;

static void
add_varint (GByteArray *out, guint64 value)
{
  do
    {
      guint8 byte = (guint8) ((value & 0x7f) | (value >= 0x80 ? 0x80 : 0));

      g_byte_array_append (out, &byte, 1);
      value >>= 7;
    }
  while (value != 0);
}

static void
add_entry (GByteArray *page, gconstpointer data, gsize len)
{
  add_varint (page, 2 << 3 | 2);
  add_varint (page, len);
  g_byte_array_append (page, data, (guint) len);
}

static void
add_meta (GByteArray *page, const Floo__Meta *meta)
{
  gsize len = floo__meta__get_packed_size (meta);
  g_autofree guint8 *packed = g_malloc (len);

  floo__meta__pack (meta, packed);
  add_entry (page, packed, len);
}

/* What one message needs. */
typedef struct {
  Floo__Meta meta;
  Floo__XID from, to;
  Floo__MessageBody body;
  Floo__MessageOperation operation;
  guint8 packed[200];
} Text;

static void
text_init (Text *text, gint64 id, const char *content)
{
  floo__meta__init (&text->meta);
  floo__xid__init (&text->from);
  floo__xid__init (&text->to);
  floo__message_body__init (&text->body);
  floo__message_operation__init (&text->operation);
  text->meta.has_id = text->meta.has_timestamp = text->meta.has_ns = text->from.has_uid = text->to.has_uid = TRUE;
  text->meta.id = (guint64) id;
  text->meta.timestamp = 4000000000000 + (guint64) id;
  text->meta.ns = FLOO__META__NAME_SPACE__MESSAGE;
  text->meta.from = &text->from;
  text->meta.to = &text->to;
  text->from.uid = 7;
  text->to.uid = FIXTURE_SELF;
  text->body.has_type = text->body.has_content = TRUE;
  text->body.type = FLOO__MESSAGE_BODY__TYPE__CHAT;
  text->body.content = floo_wire_text (content);
}

static void
text_add (Text *text, GByteArray *page)
{
  text->meta.has_payload = TRUE;
  text->meta.payload.len = floo__message_body__pack (&text->body, text->packed);
  text->meta.payload.data = text->packed;
  add_meta (page, &text->meta);
}

static void
add_good (World *world, GByteArray *page)
{
  Text text;

  text_init (&text, world->id, "good");
  /* An impossible time does not invalidate the message. */
  if (g_rand_int_range (world->rand, 0, 5) == 0)
    text.meta.timestamp = text.body.edit_timestamp = G_MAXUINT64 - 4;
  text.body.has_edit_timestamp = text.body.edit_timestamp != 0;
  text_add (&text, page);
  g_array_append_val (world->good, world->id);
  if (world->hole)
    g_array_append_val (world->holes, world->id);
  world->hole = FALSE;
  world->id += 2;
}

static void
add_bad (World *world, GByteArray *page)
{
  Text text;

  const int kind = g_rand_int_range (world->rand, 0, 12);

  world->bad++;
  world->hole = world->hole || kind == 5 || (kind >= 7 && kind <= 9);
  text_init (&text, world->id - 1, "bad");
  switch (kind)
    {
    case 0:
      text.meta.id = G_MAXUINT64;
      break;
    case 1:
      text.meta.id = 0;
      break;
    case 2:
      text.meta.id = G_MAXINT64;
      break;
    case 3:
      text.from.uid = (guint64) 1 << 63;
      break;
    case 4:
      text.to.uid = G_MAXUINT64;
      break;
    case 5:
      text.body.content = floo_wire_text (REFUSED);
      break;
    case 6:
      text.body.type = FLOO__MESSAGE_BODY__TYPE__OPER;
      text.operation.has_mid = TRUE;
      text.operation.mid = G_MAXUINT64;
      text.body.operation = &text.operation;
      break;
    case 7:
      add_entry (page, "\xff", 1);
      return;
    case 8:
      add_entry (page, "\x0d\0\0\0\0", 5); /* an id of 32 bits */
      return;
    case 9:
      text.meta.has_payload = TRUE;
      text.meta.payload = floo_wire_text ("\x08\x02\x22\x7f");
      add_meta (page, &text.meta);
      return;
    case 10:
      text.meta.ns = FLOO__META__NAME_SPACE__ROSTER_NOTICE;
      text.meta.has_payload = TRUE;
      text.meta.payload = floo_wire_text ("\x12\x7f");
      add_meta (page, &text.meta);
      return;
    default:
      text.from.uid = 0;
      break;
    }
  text_add (&text, page);
}

static void
take_page (Online *o, const GByteArray *page)
{
  Floo__Frame frame = FLOO__FRAME__INIT;
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (FlooFrame) decoded = NULL;
  g_autoptr (GError) error = NULL;

  frame.has_command = frame.has_payload = TRUE;
  frame.command = FLOO__FRAME__COMMAND__SYNC;
  frame.payload = (ProtobufCBinaryData) { .len = page->len, .data = page->data };
  g_byte_array_set_size (packed, (guint) floo__frame__get_packed_size (&frame));
  floo__frame__pack (&frame, packed->data);
  bytes = g_bytes_new (packed->data, packed->len);
  decoded = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);
  g_assert_no_error (error);
  floo_sync_frame (o->sync, decoded);
}

/* From now on the store refuses one kind of message. */
static void
make_refusing (Online *o)
{
  g_autofree char *path = fixture_path (&o->base.fixture, "store.db");
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db,
                                 "CREATE TRIGGER refuse BEFORE INSERT ON messages WHEN NEW.content = '" REFUSED "' "
                                 "BEGIN SELECT RAISE (ABORT, 'no'); END",
                                 NULL, NULL, NULL),
                   ==, SQLITE_OK);
  sqlite3_close (db);
}

static gint64
count (Online *o, const char *sql)
{
  g_autofree char *path = fixture_path (&o->base.fixture, "store.db");
  sqlite3_stmt *statement;
  sqlite3 *db;
  gint64 n;

  g_assert_cmpint (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (db, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  sqlite3_close (db);
  return n;
}

/* Ids of all messages that were signalled, in order. */
static GArray *
told (Online *o)
{
  GArray *ids = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < o->base.fixture.events->len; i++)
    {
      GVariant *args = o->base.fixture.events->pdata[i];
      g_autoptr (GVariant) messages = NULL;

      if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(t" FLOO_MESSAGES_TYPE ")")))
        continue;
      messages = g_variant_get_child_value (args, 1);
      for (gsize k = 0; k < g_variant_n_children (messages); k++)
        {
          g_autoptr (GVariant) message = g_variant_get_child_value (messages, k);
          gint64 id;

          g_variant_get_child (message, 0, "x", &id);
          g_array_append_val (ids, id);
        }
    }
  return ids;
}

static gint64
count_errors (Online *o)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM journal WHERE signal = %d", FLOO_SIGNAL_FLOO_ERROR);

  return count (o, sql);
}

static void
check (Online *o, const World *world)
{
  g_autoptr (GArray) ids = told (o);

  g_assert_cmpuint (ids->len, ==, world->good->len);
  g_assert_cmpint (memcmp (ids->data, world->good->data, ids->len * sizeof (gint64)), ==, 0);
  g_assert_cmpint (count (o, "SELECT count(*) FROM messages"), ==, world->good->len);
  g_assert_cmpint (count (o, "SELECT unread FROM conversations WHERE id = 7"), ==, world->good->len);
  g_assert_cmpint (count (o, "SELECT last_message FROM conversations WHERE id = 7"), ==, g_array_index (world->good, gint64, world->good->len - 1));
  g_assert_cmpuint (o->sync->left_out, ==, world->bad);
  /* There is a gap where something was left out, also where the page ended with it. */
  for (guint i = 0; i < world->holes->len; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT count(*) > 0 FROM gaps WHERE conversation = 7 AND id BETWEEN %" G_GINT64_FORMAT " - 1 AND %" G_GINT64_FORMAT,
                                              g_array_index (world->holes, gint64, i), g_array_index (world->holes, gint64, i));

      g_assert_cmpint (count (o, sql), ==, 1);
    }
  if (world->hole)
    g_assert_cmpint (count (o, "SELECT count(*) FROM gaps WHERE conversation = 7 AND id = 9223372036854775807"), ==, 1);
  /* Once for each cause. */
  g_assert_cmpint (count_errors (o), <=, FLOO_N_LEFT_OUT);
}

static void
run_seed (guint32 seed)
{
  World world = { .rand = g_rand_new_with_seed (seed), .id = 1001, .good = g_array_new (FALSE, FALSE, sizeof (gint64)),
                  .holes = g_array_new (FALSE, FALSE, sizeof (gint64)) };
  Online online = { 0 }, *o = &online;

  set_up (o, NULL);
  make_refusing (o);
  for (guint n = 0; n < ENTRIES;)
    {
      g_autoptr (GByteArray) page = g_byte_array_new ();
      const guint8 xid[] = { 4 << 3 | 2, 2, 1 << 3, 7 };
      guint size = (guint) g_rand_int_range (world.rand, 1, MAX_PAGE);

      g_byte_array_append (page, xid, sizeof xid);
      for (guint i = 0; i < size; i++, n++)
        if (g_rand_int_range (world.rand, 0, 3) == 0)
          add_bad (&world, page);
        else
          add_good (&world, page);
      take_page (o, page);
      while (g_rand_boolean (world.rand) && g_main_context_iteration (NULL, FALSE))
        ;
    }
  run_until (o->sync->items->len == 0 && o->sync->under_way == 0);
  run_until (count_errors (o) > 0);
  check (o, &world);
  tear_down (o, NULL);
  g_rand_free (world.rand);
  g_array_unref (world.good);
  g_array_unref (world.holes);
}

static void
test_mixed (void)
{
  guint n = amount_from ("FLOOIM_POISON_SEEDS", 12, 2);

  for (guint seed = 1; seed <= n; seed++)
    {
      g_test_message ("seed %u", seed);
      run_seed (seed);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* The store warns of what it refuses, which is expected. */
  g_log_set_always_fatal ((GLogLevelFlags) (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL));
  g_test_add_func ("/poison/mixed", test_mixed);
  return g_test_run ();
}
