/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of a service into a real store: whatever they are, the transaction does not fail, the counts are right, and the same frames applied
 * again change no message.
 *
 * An input is a row of frames: a byte that tells the kind of each (KIND, CONVERSATION and the flags below), two bytes of its length, its payload.
 * Changes of the store are rolled back after each input.
 */
#include <glib/gstdio.h>
#include <sqlite3.h>

#include "base/error.h"
#include "fuzz.h"
#include "session/apply/inbound.h"
#include "store/tables/conversations.h"
#include "store/engine/db.h"
#include "store/tables/messages.h"
#include "store/engine/opening.h"
#include "store/tables/tables.h"
#include "store/tables/outbox.h"

#define SELF 1000
#define MAX_FRAMES 32

#define KIND_UNREAD 0x01        /* else SyncDL */
#define HISTORY 0x02            /* requested, from the newest; else by the frame's own field */
#define PUSHED 0x04
#define FIRST 0x08
#define CAREFULLY 0x10
#define CONVERSATION(kind) ((kind) >> 6)

static const gint64 conversations[] = { 7, 50, 0, -1 };

static char *folder;
static FlooDb *db;

static void
remove_folder (void)
{
  static const char *const names[] = { "store.db", "store.db-wal", "store.db-shm" };

  floo_db_close (db);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_remove (path);
    }
  g_rmdir (folder);
  g_free (folder);
}

/* Messages, and rows of the outbox in every state that an answer may meet. */
static gboolean
fill_store (GError **error)
{
  static const FlooSendState states[] = { FLOO_SEND_QUEUED, FLOO_SEND_SENDING, FLOO_SEND_FAILED, FLOO_SEND_UNCERTAIN, FLOO_SEND_CANCELLED };

  for (gint64 i = 1; i <= 6; i++)
    {
      FlooMessage message = { .id = i * 10, .conversation = i % 2 ? 7 : 50, .from = i == 3 ? SELF : 7, .to_type = i % 2 ? FLOO_TO_ROSTER : FLOO_TO_GROUP,
                              .type = FLOO_TYPE_TEXT, .content = "text", .timestamp = 1700000000000 + i,
                              .flags = i == 3 ? FLOO_MESSAGE_OUTGOING : 0 };
      gboolean is_new, counts = i != 3;

      if (!floo_messages_insert (db, &message, counts, &is_new, error)
          || !floo_conversations_touch (db, message.conversation, i % 2 ? FLOO_CONVERSATION_ROSTER : FLOO_CONVERSATION_GROUP, TRUE, counts, FALSE,
                                        message.id, message.timestamp, error))
        return FALSE;
    }
  for (guint i = 0; i < 2 * G_N_ELEMENTS (states); i++)
    {
      FlooOutboxRow row = { .client_id = 500 + i, .conversation = 7, .to = 7, .type = i == 9 ? FLOO_TYPE_COMMAND : FLOO_TYPE_TEXT, .content = "ours",
                            .timestamp = 1700000000000, .state = states[i % G_N_ELEMENTS (states)], .device_sn = 1,
                            .operation = i < G_N_ELEMENTS (states) ? FLOO_OPERATION_MESSAGE : (int) i,
                            .target = i < G_N_ELEMENTS (states) ? 0 : 30 };

      if (!floo_outbox_insert (db, &row, error))
        return FALSE;
    }
  return TRUE;
}

static void
set_up (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = NULL;
  gboolean created;

  folder = g_dir_make_tmp ("floo-fuzz-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (folder, "store.db", NULL);
  db = floo_opening_open_file (&floo_tables, path, SELF, &created, &error);
  g_assert_no_error (error);
  db->events = g_ptr_array_new_with_free_func ((GDestroyNotify) floo_event_free);
  g_assert_true (floo_db_begin_write (db, &error) && fill_store (&error) && floo_db_commit (db, &error));
  atexit (remove_folder);
}

static gint64
count (const char *sql)
{
  sqlite3_stmt *statement;
  gint64 n;

  g_assert_cmpint (sqlite3_prepare_v2 (db->handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_step (statement), ==, SQLITE_ROW);
  n = sqlite3_column_int64 (statement, 0);
  sqlite3_finalize (statement);
  return n;
}

static void
check_store (void)
{
  g_assert_cmpint (count ("SELECT count(*) FROM conversations WHERE unread <> "
                          "(SELECT count(*) FROM messages WHERE conversation = conversations.id AND messages.unread = 1)"),
                   ==, 0);
  g_assert_cmpint (count ("SELECT count(*) FROM messages WHERE unread = 1 AND conversation NOT IN (SELECT id FROM conversations)"), ==, 0);
  g_assert_cmpint (count ("SELECT count(*) FROM messages WHERE id <= 0 OR id = 9223372036854775807 OR timestamp < 0 OR status NOT BETWEEN 0 AND 2"), ==,
                   0);
  g_assert_cmpint (count ("SELECT count(*) FROM messages WHERE id IN (SELECT id FROM tombstones)"), ==, 0);
}

static void
apply (GArray *items, gboolean carefully)
{
  FlooInboundResult *result = floo_inbound_result_new ();
  g_autoptr (GError) error = NULL;

  floo_inbound_apply (db, items, carefully, result, &error);
  g_assert_no_error (error);
  floo_inbound_result_free (result);
}

/* Returns: (transfer full) (nullable): the frame around @payload */
static FlooFrame *
decode (guint8 kind, const uint8_t *payload, gsize len)
{
  Floo__Frame frame = FLOO__FRAME__INIT;
  g_autoptr (GByteArray) packed = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  frame.has_command = frame.has_payload = TRUE;
  frame.command = (kind & KIND_UNREAD) != 0 ? FLOO__FRAME__COMMAND__UNREAD : FLOO__FRAME__COMMAND__SYNC;
  frame.payload = (ProtobufCBinaryData) { .len = len, .data = (uint8_t *) payload };
  g_byte_array_set_size (packed, (guint) floo__frame__get_packed_size (&frame));
  floo__frame__pack (&frame, packed->data);
  bytes = g_bytes_new (packed->data, packed->len);
  return floo_frame_decode (bytes, FLOO_FROM_SERVICE, NULL);
}

static gboolean
read_items (GArray *items, const uint8_t *data, gsize size)
{
  gboolean carefully = FALSE;

  while (size >= 3 && items->len < MAX_FRAMES)
    {
      guint8 kind = data[0];
      gsize len = MIN ((gsize) data[1] | (gsize) data[2] << 8, size - 3);
      FlooInboundItem item = { .frame = decode (kind, data + 3, len), .conversation = conversations[CONVERSATION (kind)], .from = -1,
                               .first = (kind & FIRST) != 0, .pushed = (kind & PUSHED) != 0 };

      if (item.frame != NULL)
        {
          if ((kind & HISTORY) != 0 && item.frame->sync_dl != NULL && item.frame->sync_dl->is_full_sync)
            item.from = 0;
          g_array_append_val (items, item);
        }
      carefully |= (kind & CAREFULLY) != 0;
      data += 3 + len;
      size -= 3 + len;
    }
  return carefully;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GArray) items = g_array_new (FALSE, FALSE, sizeof (FlooInboundItem));
  g_autoptr (GError) error = NULL;
  gboolean carefully = read_items (items, data, size);
  guint64 serial;
  gint64 n;

  if (db == NULL)
    set_up ();
  serial = db->last_serial;
  g_assert_true (floo_db_begin_write (db, &error));
  apply (items, carefully);
  check_store ();
  n = count ("SELECT count(*) FROM messages");
  apply (items, TRUE);
  check_store ();
  g_assert_cmpint (count ("SELECT count(*) FROM messages"), ==, n);
  floo_db_rollback (db);
  db->last_serial = serial;
  g_ptr_array_set_size (db->events, 0);
  for (guint i = 0; i < items->len; i++)
    floo_frame_unref (g_array_index (items, FlooInboundItem, i).frame);
  return 0;
}
