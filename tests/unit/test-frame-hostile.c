/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire/frame: what hostile bytes can do. */
#include "amount.h"
#include "frame-fixtures.h"

/* More bytes than any limit allows. */
#define MUCH amount (FLOO_MAX_INFLATED, 8u << 20)

static void
test_outer (void)
{
  /* AES; a check sum and a tag are ignored; unknown commands and methods. */
  g_autoptr (FlooFrame) sum = decode (from_hex ("18 00 38 ff 01 42 01 78"), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) plain = decode (from_hex ("18 00 28 00"), FLOO_FROM_SERVICE);

  g_assert_nonnull (sum->unread_dl);
  g_assert_nonnull (plain->unread_dl);
  assert_refused (from_hex ("18 00 28 01"), FLOO_FROM_SERVICE, "encrypted");
  assert_refused (from_hex ("18 04"), FLOO_FROM_SERVICE, "command 4");
  assert_refused (from_hex ("18 ff ff ff ff ff ff ff ff ff 01"), FLOO_FROM_SERVICE, "command -1");
  assert_refused (from_hex ("10 02 18 00"), FLOO_FROM_SERVICE, "compress method 2");
  assert_refused (from_hex ("10 ff ff ff ff ff ff ff ff ff 01"), FLOO_FROM_SERVICE, "compress method -1");
}

static void
test_wire_types (void)
{
  static const char *const malformed[] = {
    "1a 01 00",                         /* command, length-delimited */
    "1d 00 00 00 00",                   /* command, 32 bits */
    "20 00",                            /* payload, a varint */
    "1b", "1c",                         /* groups */
    "1e", "1f",                         /* no wire type */
    "00 00",                            /* field 0 */
    "18 03 22 01", "18 02 22 01",
    "18 80 80 80 80 80 80 80 80 80 80 80", "98 80 80 80 80 80 80 00 01",
  };

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    assert_refused (from_hex (malformed[i]), FLOO_FROM_SERVICE, "Frame is malformed");
  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__SYNC, "10"), FLOO_FROM_SERVICE, "SyncDL is malformed");
  assert_refused (from_hex ("22 ff ff ff ff 0f"), FLOO_FROM_SERVICE, "UnreadDL is too large");
  assert_refused (from_hex ("22 01"), FLOO_FROM_SERVICE, "UnreadDL is too large");
  assert_refused (from_hex ("22 ff ff ff ff 0f"), FLOO_FROM_CLIENT, "Frame is malformed");
}

/* The result of a frame with a number beyond int64. */
typedef enum {
  REFUSED,
  LEFT_OUT,     /* the entry that has it is left out */
  CLEARED,      /* the number is 0, or its struct absent */
  KEPT          /* it is only sent back */
} Outcome;

static guint64
number_of (const FlooFrame *frame, const char *what)
{
  const Floo__SyncDL *dl = frame->sync_dl;

  if (g_str_equal (what, "Meta.timestamp"))
    return dl->metas[0]->timestamp;
  if (g_str_equal (what, "SyncDL.next_key"))
    return dl->next_key;
  if (g_str_equal (what, "SyncDL.xid"))
    return dl->xid != NULL ? dl->xid->uid : 0;
  if (g_str_equal (what, "SyncDL.server_mid"))
    return dl->server_mid;
  if (g_str_equal (what, "SyncDL.server_time"))
    return dl->server_time;
  if (g_str_equal (what, "SyncDL.prev_mid"))
    return dl->prev_mid;
  g_assert_cmpstr (what, ==, "SyncDL.edit_timestamp");
  return dl->edit_timestamp;
}

static void
check_over (GBytes *bytes, FlooDirection direction, Outcome outcome, const char *what)
{
  g_autoptr (FlooFrame) frame = NULL;

  if (outcome == REFUSED)
    {
      assert_refused (bytes, direction, what);
      return;
    }
  frame = decode (bytes, direction);
  if (outcome == LEFT_OUT)
    {
      g_assert_cmpuint (frame->left_out, ==, 1);
      g_assert_nonnull (strstr (frame->why, what));
      g_assert_cmpuint (frame->unread_dl != NULL ? frame->unread_dl->n_unread : frame->sync_dl->n_metas, ==, 0);
    }
  else if (outcome == CLEARED)
    g_assert_cmpuint (number_of (frame, what), ==, 0);
  else
    g_assert_cmpuint (number_of (frame, what), >, G_MAXINT64);
}

/* No id or time beyond int64 is in a decoded frame; such a number invalidates only the part that it belongs to. */
static void
test_integers (void)
{
  static const struct {
    Floo__Frame__Command command;
    FlooDirection direction;
    const char *before;         /* up to the varint */
    Outcome outcome;
    const char *what;
  } cases[] = {
    { FLOO__FRAME__COMMAND__UNREAD, FLOO_FROM_SERVICE, "12 %02x 0a %02x 08", LEFT_OUT, "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 08", LEFT_OUT, "Meta.id" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 20", CLEARED, "Meta.timestamp" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 12 %02x 08", LEFT_OUT, "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 1a %02x 08", LEFT_OUT, "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "18", KEPT, "SyncDL.next_key" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "40 01 18", CLEARED, "SyncDL.next_key" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "22 %02x 08", CLEARED, "SyncDL.xid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "28", REFUSED, "SyncDL.client_mid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "30", CLEARED, "SyncDL.server_mid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "38", CLEARED, "SyncDL.server_time" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "48", CLEARED, "SyncDL.prev_mid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "58", CLEARED, "SyncDL.edit_timestamp" },
    { FLOO__FRAME__COMMAND__NOTICE, FLOO_FROM_SERVICE, "08", REFUSED, "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_CLIENT, "10", REFUSED, "SyncUL.key" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_CLIENT, "1a %02x 08", REFUSED, "Meta.id" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_CLIENT, "1a %02x 20", REFUSED, "Meta.timestamp" },
    { FLOO__FRAME__COMMAND__PROVISION, FLOO_FROM_SERVICE, "12 %02x 08", REFUSED, "XID.uid" },
    { FLOO__FRAME__COMMAND__PROVISION, FLOO_FROM_CLIENT, "70", REFUSED, "Provision.last_login_time" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gboolean nested_twice = strstr (cases[i].before, "%02x") != g_strrstr (cases[i].before, "%02x");

      for (guint over = 0; over < 2; over++)
        {
          const char *varint = over ? INT64_OVER_VARINT : INT64_MAX_VARINT;
          guint inner = (over ? 10 : 9) + 1;
          g_auto (GStrv) parts = g_strsplit (cases[i].before, "%02x", -1);
          g_autoptr (GString) hex = g_string_new (parts[0]);

          for (guint part = 1; parts[part] != NULL; part++)
            g_string_append_printf (hex, "%02x%s", part == 1 && nested_twice ? inner + 2 : inner, parts[part]);
          g_string_append (hex, varint);

          if (over)
            check_over (wrap_hex (cases[i].command, hex->str), cases[i].direction, cases[i].outcome, cases[i].what);
          else
            floo_frame_unref (decode (wrap_hex (cases[i].command, hex->str), cases[i].direction));
        }
    }
}

/* Metas that are malformed, of a wrong wire type or have no end: those around them are decoded. */
static void
test_entries (void)
{
  static const struct {
    const char *payload;
    gsize n_metas;
    guint left_out;
    guint64 last;               /* id */
    guint64 next_key;
  } cases[] = {
    { "12 02 08 01 12 02 08 02 18 09", 2, 0, 2, 9 },
    { "12 02 08 01 12 02 0a 05 12 02 08 02 18 09", 2, 1, 2, 9 },        /* an id that is a text without an end */
    { "12 01 08 12 02 08 02 18 09", 1, 1, 2, 9 },
    { "12 05 0d 00 00 00 00 12 02 08 02", 1, 1, 2, 0 },                 /* an id of 32 bits */
    { "12 02 08 01 10 05 12 02 08 03 18 09", 2, 1, 3, 9 },              /* a meta that is a varint */
    { "12 02 08 01 18 09 1a 00 20 07", 1, 0, 1, 9 },                    /* fields of wrong types beside them */
    { "12 02 08 01 18 09 12 05 08", 1, 1, 1, 9 },
    { "12 02 08 01 18 09 ff", 1, 1, 1, 9 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FlooFrame) frame = decode (wrap_hex (FLOO__FRAME__COMMAND__SYNC, cases[i].payload), FLOO_FROM_SERVICE);
      const Floo__SyncDL *dl = frame->sync_dl;

      g_assert_cmpuint (dl->n_metas, ==, cases[i].n_metas);
      g_assert_cmpuint (frame->left_out, ==, cases[i].left_out);
      g_assert_cmpuint (dl->metas[dl->n_metas - 1]->id, ==, cases[i].last);
      g_assert_cmpuint (dl->next_key, ==, cases[i].next_key);
      g_assert_false (frame->cut);
    }
}

static void
test_nested_payload (void)
{
  g_autoptr (FlooFrame) frame = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);
  static const struct {
    const ProtobufCMessageDescriptor *descriptor;
    const char *payload;
    const char *message;        /* NULL: accepted */
  } cases[] = {
    { &floo__message_body__descriptor, "", NULL },
    { &floo__message_body__descriptor, "32 0c 08 05 10 " INT64_MAX_VARINT, NULL },
    { &floo__message_body__descriptor, "08 63 28 63 50 63 70 63", NULL },       /* unknown enum values */
    { &floo__message_body__descriptor, "32 0d 08 05 10 " INT64_OVER_VARINT, "MessageOperation.mid" },
    { &floo__message_body__descriptor, "78 " INT64_OVER_VARINT, NULL },
    { &floo__message_body__descriptor, "20 00", "MessageBody is malformed" },
    { &floo__group_notice__descriptor, "12 0b 08 " INT64_OVER_VARINT, "XID.uid" },
    { &floo__group_notice__descriptor, "22 00 22 0b 08 " INT64_OVER_VARINT, "XID.uid" },
    { &floo__conversation__descriptor, "12 0f 08 01 12 0b 08 " INT64_OVER_VARINT, "XID.uid" },
    { &floo__user_notice__descriptor, "08", "UserNotice is malformed" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = from_hex (cases[i].payload);
      g_autoptr (GError) error = NULL;
      ProtobufCBinaryData payload;

      payload.data = (uint8_t *) g_bytes_get_data (bytes, &payload.len);
      if (cases[i].message == NULL)
        {
          g_assert_nonnull (floo_frame_unpack (frame, cases[i].descriptor, &payload, &error));
          g_assert_no_error (error);
        }
      else
        {
          g_assert_null (floo_frame_unpack (frame, cases[i].descriptor, &payload, &error));
          g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
          g_assert_nonnull (strstr (error->message, cases[i].message));
        }
    }
}

/* Cut at any byte, a frame gives complete fields, a page that is marked as cut, or an error; nothing is read beyond the end. */
static void
test_truncated (void)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);
  Floo__SyncDL *sync = new_page (3, 20, keep);
  g_autoptr (GPtrArray) frames = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);

  g_ptr_array_add (frames, floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync->base));
  g_ptr_array_add (frames, floo_frame_encode_deflated (FLOO__FRAME__COMMAND__SYNC, &sync->base));
  g_ptr_array_add (frames, encode_text_message ("text"));
  for (guint i = 0; i < frames->len; i++)
    for (gsize len = 0; len < g_bytes_get_size (frames->pdata[i]); len++)
      {
        /* A copy of its own, so that a sanitizer sees the end. */
        g_autoptr (GBytes) cut = g_bytes_new (g_bytes_get_data (frames->pdata[i], NULL), len);
        g_autoptr (GError) error = NULL;
        FlooDirection direction = i == 2 ? FLOO_FROM_CLIENT : FLOO_FROM_SERVICE;
        g_autoptr (FlooFrame) frame = floo_frame_decode (cut, direction, &error);
        gboolean whole_fields = len == 0 || len == 2 || len == 4 || len == 6;

        if (frame == NULL)
          g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
        else if (frame->cut)
          {
            const Floo__SyncDL *dl = frame->sync_dl;

            g_assert_cmpuint (dl->n_metas, <=, 3);
            g_assert_cmpuint (dl->next_key, !=, 0);
            if (dl->n_metas > 0)
              g_assert_cmpuint (dl->next_key, ==, dl->metas[dl->n_metas - 1]->id);
          }
        g_assert_cmpint (frame != NULL && !frame->cut, ==, whole_fields);
        g_assert_false (frame != NULL && frame->cut && direction == FLOO_FROM_CLIENT);
      }
}

static void
test_truncated_payload (void)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);
  Floo__SyncDL *sync = new_page (2, 5, keep);
  gsize size = floo__sync_dl__get_packed_size (sync);
  g_autofree guint8 *payload = g_malloc (size);

  floo__sync_dl__pack (sync, payload);
  for (gsize len = 0; len < size; len++)
    {
      g_autoptr (GBytes) cut = wrap (FLOO__FRAME__COMMAND__SYNC, FLOO__FRAME__COMPRESS_METHOD__NONE, payload, len);
      g_autoptr (GError) error = NULL;
      g_autoptr (FlooFrame) frame = floo_frame_decode (cut, FLOO_FROM_SERVICE, &error);

      if (frame != NULL)
        g_assert_cmpuint (frame->sync_dl->n_metas, <=, 2);
      else
        g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
    }
}

static void
test_deflated (void)
{
  g_autoptr (FlooFrame) absent = decode (from_hex ("10 01 18 01"), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) empty = decode (from_hex ("10 01 18 01 22 00"), FLOO_FROM_SERVICE);
  /* 18 05, deflated */
  g_autoptr (FlooFrame) small = decode (from_hex ("10 01 18 01 22 0a 78 9c 93 60 05 00 00 37 00 1e"), FLOO_FROM_SERVICE);

  g_assert_cmpuint (absent->sync_dl->n_metas, ==, 0);
  g_assert_cmpuint (empty->sync_dl->n_metas, ==, 0);
  g_assert_cmpuint (small->sync_dl->next_key, ==, 5);

  assert_refused (from_hex ("10 01 18 01 22 02 18 05"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  /* a byte after the end; a wrong check sum; raw deflate; gzip */
  assert_refused (from_hex ("10 01 18 01 22 0b 78 9c 93 60 05 00 00 37 00 1e 00"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  assert_refused (from_hex ("10 01 18 01 22 0a 78 9c 93 60 05 00 00 37 00 1f"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  assert_refused (from_hex ("10 01 18 01 22 04 93 60 05 00"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  assert_refused (from_hex ("10 01 18 01 22 0a 1f 8b 08 00 00 00 00 00 00 00"), FLOO_FROM_SERVICE, "compressed payload is malformed");
}

static void
test_inflated_bound (void)
{
  /* An unknown field of exactly the allowed size: tag and length take five bytes. */
  gsize len = FLOO_MAX_INFLATED;
  g_autofree guint8 *plain = g_malloc0 (len + 1);
  uLongf deflated_len = compressBound (len + 1);
  g_autofree guint8 *deflated = g_malloc (deflated_len);
  gsize rest = len - 5;

  plain[0] = 0x7a;
  for (guint i = 0; i < 4; i++)
    plain[1 + i] = (guint8) ((rest >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
  g_assert_cmpint (compress2 (deflated, &deflated_len, plain, len, Z_BEST_SPEED), ==, Z_OK);
  floo_frame_unref (
      decode (wrap (FLOO__FRAME__COMMAND__SYNC, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len), FLOO_FROM_SERVICE));

  deflated_len = compressBound (len + 1);
  g_assert_cmpint (compress2 (deflated, &deflated_len, plain, len + 1, Z_BEST_SPEED), ==, Z_OK);
  assert_refused (wrap (FLOO__FRAME__COMMAND__SYNC, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len), FLOO_FROM_SERVICE,
                  "is too large");
  assert_refused (wrap (FLOO__FRAME__COMMAND__SYNC, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len), FLOO_FROM_CLIENT,
                  "inflates to more");
}

static void
test_frame_bound (void)
{
  /* An unknown field, with and without one byte too many. */
  g_autofree guint8 *plain = g_malloc0 (FLOO_MAX_FRAME + 1);
  gsize rest = FLOO_MAX_FRAME - 5;

  plain[0] = 0x7a;
  for (guint i = 0; i < 4; i++)
    plain[1 + i] = (guint8) ((rest >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
  floo_frame_unref (decode (g_bytes_new (plain, FLOO_MAX_FRAME), FLOO_FROM_SERVICE));
  assert_refused (g_bytes_new (plain, FLOO_MAX_FRAME + 1), FLOO_FROM_SERVICE, "too large");
}

/* A page with more metas, or more bytes, than the limit is cut there; the next request continues after its last meta. */
static void
test_meta_bound (void)
{
  g_autoptr (FlooFrame) most
      = decode (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x12\x02\x08\x07", 4, 4 * FLOO_MAX_PAGE_METAS), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) over
      = decode (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x12\x02\x08\x07", 4, MUCH), FLOO_FROM_SERVICE);

  g_assert_cmpuint (most->sync_dl->n_metas, ==, FLOO_MAX_PAGE_METAS);
  g_assert_cmpuint (most->memory, <, 4u << 20);
  g_assert_false (most->cut);
  g_assert_cmpuint (over->sync_dl->n_metas, ==, FLOO_MAX_PAGE_METAS);
  g_assert_true (over->cut);
  g_assert_cmpuint (over->sync_dl->next_key, ==, 7);
  /* Such metas have no id from which to continue. */
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x12\x00", 2, 2 * FLOO_MAX_PAGE_METAS + 2), FLOO_FROM_SERVICE, "entries");
}

/* A frame that the connection cut at its limit: what is complete is used. */
static void
test_cut_page (void)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);
  const gboolean compressed[] = { FALSE, TRUE };

  for (guint i = 0; i < G_N_ELEMENTS (compressed); i++)
    {
      Floo__SyncDL *sync = new_page (200, 1000, keep);
      g_autoptr (GBytes) bytes = compressed[i] ? floo_frame_encode_deflated (FLOO__FRAME__COMMAND__SYNC, &sync->base)
                                               : floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync->base);
      g_autoptr (FlooFrame) frame = decode (g_bytes_new_from_bytes (bytes, 0, g_bytes_get_size (bytes) / 2), FLOO_FROM_SERVICE);
      const Floo__SyncDL *dl = frame->sync_dl;

      g_assert_true (frame->cut);
      g_assert_cmpuint (dl->n_metas, >, 20);
      g_assert_cmpuint (dl->n_metas, <, 200);
      g_assert_cmpuint (dl->next_key, ==, sync->metas[dl->n_metas - 1]->id);
      g_assert_false (dl->has_is_full_sync);
      floo_frame_set_history (frame);
      g_assert_true (dl->has_is_full_sync && dl->is_full_sync);
    }
}

static void
test_memory_bound (void)
{
  g_autoptr (FlooFrame) frame = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);
  g_autofree guint8 *ids = g_malloc (4u << 20);
  ProtobufCBinaryData payload = { .len = 4u << 20, .data = ids };
  g_autoptr (GError) error = NULL;
  /* Two bytes an entry on the wire: empty conversations. */
  g_autoptr (FlooFrame) unread = decode (wrap_deflated (FLOO__FRAME__COMMAND__UNREAD, "\x12\x00", 2, MUCH), FLOO_FROM_SERVICE);

  g_assert_true (unread->cut);
  g_assert_cmpuint (unread->unread_dl->n_unread, >, 100000);
  g_assert_cmpuint (unread->memory, <=, FLOO_MAX_FRAME_MEMORY);
  /* One XID again and again, unknown fields. */
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x22\x00", 2, MUCH), FLOO_FROM_SERVICE, "needs more than");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__PROVISION, "\x78\x00", 2, MUCH), FLOO_FROM_SERVICE, "needs more than");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__NOTICE, "\x0a\x00", 2, MUCH), FLOO_FROM_SERVICE, "needs more than");

  /* An entry's payload has a budget of its own, and floo_frame_release_items() frees what it took. */
  for (gsize i = 0; i < payload.len; i += 2)
    {
      ids[i] = 0x22;
      ids[i + 1] = 0;
    }
  g_assert_null (floo_frame_unpack (frame, &floo__group_notice__descriptor, &payload, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_cmpuint (frame->memory, >, 1u << 20);
  g_assert_cmpuint (frame->memory, <=, FLOO_MAX_ITEM_MEMORY + 4096);
  floo_frame_release_items (frame);
  g_assert_cmpuint (frame->memory, <=, 4096);
}

/* Repairing can make a text three times as long: that, too, counts against the budget. */
static void
test_text_beyond_budget (void)
{
  g_autoptr (FlooFrame) frame = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);
  gsize len = 16u << 20; /* half of the budget */
  g_autofree guint8 *data = g_malloc (len + 6);
  ProtobufCBinaryData payload = { .len = len + 5, .data = data };
  const Floo__UserNotice *notice;

  memset (data, 0xff, len + 5);
  memcpy (data, "\x12\x80\x80\x80\x08", 5);
  notice = floo_frame_unpack (frame, &floo__user_notice__descriptor, &payload, NULL);
  g_assert_nonnull (notice);
  g_assert_cmpuint (notice->content.len, ==, len);
  g_assert_cmpstr (floo_frame_text (frame, TRUE, &notice->content), ==, "\357\277\275");
  g_assert_cmpuint (frame->memory, <=, FLOO_MAX_ITEM_MEMORY + 4096);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame-hostile/outer", test_outer);
  g_test_add_func ("/frame-hostile/wire-types", test_wire_types);
  g_test_add_func ("/frame-hostile/integers", test_integers);
  g_test_add_func ("/frame-hostile/entries", test_entries);
  g_test_add_func ("/frame-hostile/nested-payload", test_nested_payload);
  g_test_add_func ("/frame-hostile/truncated", test_truncated);
  g_test_add_func ("/frame-hostile/truncated-payload", test_truncated_payload);
  g_test_add_func ("/frame-hostile/deflated", test_deflated);
  g_test_add_func ("/frame-hostile/bounds/inflated", test_inflated_bound);
  g_test_add_func ("/frame-hostile/bounds/frame", test_frame_bound);
  g_test_add_func ("/frame-hostile/bounds/metas", test_meta_bound);
  g_test_add_func ("/frame-hostile/bounds/cut-page", test_cut_page);
  g_test_add_func ("/frame-hostile/bounds/memory", test_memory_bound);
  g_test_add_func ("/frame-hostile/text-beyond-budget", test_text_beyond_budget);

  return g_test_run ();
}
