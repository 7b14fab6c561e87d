/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire/frame: the bytes that the service is known to take, and what hostile bytes can do. */
#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/names.h"
#include "wire/frame.h"

#define INT64_MAX_VARINT "ff ff ff ff ff ff ff ff 7f"
#define INT64_OVER_VARINT "80 80 80 80 80 80 80 80 80 01"

/* "08 00 ..." -> bytes */
static GBytes *
from_hex (const char *hex)
{
  GByteArray *out = g_byte_array_new ();

  for (const char *at = hex; *at != '\0'; at++)
    if (g_ascii_isxdigit (*at))
      {
        guint8 byte = (guint8) (g_ascii_xdigit_value (at[0]) << 4 | g_ascii_xdigit_value (at[1]));

        g_byte_array_append (out, &byte, 1);
        at++;
      }
  return g_byte_array_free_to_bytes (out);
}

static char *
to_hex (GBytes *bytes)
{
  gsize len;
  const guint8 *data = g_bytes_get_data (bytes, &len);
  GString *out = g_string_new (NULL);

  for (gsize i = 0; i < len; i++)
    g_string_append_printf (out, "%s%02x", i > 0 ? " " : "", data[i]);
  return g_string_free (out, FALSE);
}

static void
assert_bytes (GBytes *bytes, const char *expected)
{
  g_autofree char *hex = to_hex (bytes);

  g_assert_cmpstr (hex, ==, expected);
}

/* (transfer full) @bytes */
static FlooFrame *
decode (GBytes *bytes, FlooDirection direction)
{
  g_autoptr (GBytes) owned = bytes;
  g_autoptr (GError) error = NULL;
  FlooFrame *frame = floo_frame_decode (owned, direction, &error);

  g_assert_no_error (error);
  g_assert_nonnull (frame);
  return frame;
}

/* (transfer full) @bytes */
static void
assert_refused (GBytes *bytes, FlooDirection direction, const char *message)
{
  g_autoptr (GBytes) owned = bytes;
  g_autoptr (GError) error = NULL;

  g_assert_null (floo_frame_decode (owned, direction, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  if (strstr (error->message, message) == NULL)
    g_error ("\"%s\" is not in \"%s\"", message, error->message);
}

/* A Frame around any payload bytes. */
static GBytes *
wrap (Floo__Frame__Command command, Floo__Frame__CompressMethod method, gconstpointer payload, gsize len)
{
  Floo__Frame frame = FLOO__FRAME__INIT;
  guint8 *out;
  gsize size;

  frame.has_command = frame.has_payload = frame.has_compress_method = TRUE;
  frame.command = command;
  frame.compress_method = method;
  frame.payload = (ProtobufCBinaryData) { .len = len, .data = (uint8_t *) payload };
  size = floo__frame__get_packed_size (&frame);
  out = g_malloc (size);
  floo__frame__pack (&frame, out);
  return g_bytes_new_take (out, size);
}

static GBytes *
wrap_hex (Floo__Frame__Command command, const char *hex)
{
  g_autoptr (GBytes) payload = from_hex (hex);

  return wrap (command, FLOO__FRAME__COMPRESS_METHOD__NONE, g_bytes_get_data (payload, NULL), g_bytes_get_size (payload));
}

/* @piece repeated to @len bytes, compressed by zlib. */
static GBytes *
wrap_deflated (Floo__Frame__Command command, const char *piece, gsize piece_len, gsize len)
{
  g_autofree guint8 *plain = g_malloc (len);
  uLongf deflated_len = compressBound (len);
  g_autofree guint8 *deflated = g_malloc (deflated_len);

  for (gsize i = 0; i < len; i++)
    plain[i] = (guint8) piece[i % piece_len];
  g_assert_cmpint (compress (deflated, &deflated_len, plain, len), ==, Z_OK);
  return wrap (command, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len);
}

/* --- encoding --- */

static void
test_golden_unread (void)
{
  g_autoptr (GBytes) bytes = floo_frame_encode (FLOO__FRAME__COMMAND__UNREAD, NULL);

  assert_bytes (bytes, "08 00 10 00 18 00");
}

static void
test_golden_sync (void)
{
  Floo__XID xid = FLOO__XID__INIT;
  Floo__SyncUL sync = FLOO__SYNC_UL__INIT;
  g_autoptr (GBytes) system = NULL;
  g_autoptr (GBytes) history = NULL;

  xid.has_uid = TRUE;
  sync.xid = &xid;
  system = floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync.base);
  assert_bytes (system, "08 00 10 00 18 01 22 04 0a 02 08 00");

  xid.uid = 6597;
  sync.has_key = sync.has_is_full_sync = sync.has_full_sync_num = TRUE;
  sync.is_full_sync = TRUE;
  sync.full_sync_num = 20;
  history = floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync.base);
  assert_bytes (history, "08 00 10 00 18 01 22 0b 0a 03 08 c5 33 10 00 20 01 28 28");
}

/* SyncUL{meta} with one text, all zeros written. */
static GBytes *
encode_text_message (const char *content)
{
  Floo__MessageOperation operation = FLOO__MESSAGE_OPERATION__INIT;
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;
  Floo__XID from = FLOO__XID__INIT, to = FLOO__XID__INIT;
  Floo__Meta meta = FLOO__META__INIT;
  Floo__SyncUL sync = FLOO__SYNC_UL__INIT;
  g_autofree guint8 *payload = NULL;

  operation.has_type = operation.has_mid = TRUE;
  body.has_type = body.has_content = body.has_ctype = TRUE;
  body.type = FLOO__MESSAGE_BODY__TYPE__CHAT;
  body.content = floo_wire_text (content);
  body.operation = &operation;
  payload = g_malloc (floo__message_body__get_packed_size (&body));

  from.has_uid = from.has_devicesn = to.has_uid = to.has_devicesn = TRUE;
  from.uid = 6597;
  from.devicesn = 42;
  to.uid = 6598;
  meta.has_id = meta.has_timestamp = meta.has_ns = meta.has_payload = TRUE;
  meta.id = meta.timestamp = 1700000000001;
  meta.from = &from;
  meta.to = &to;
  meta.ns = FLOO__META__NAME_SPACE__MESSAGE;
  meta.payload = (ProtobufCBinaryData) { .len = floo__message_body__pack (&body, payload), .data = payload };
  sync.meta = &meta;
  return floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync.base);
}

static void
test_golden_message (void)
{
  g_autoptr (GBytes) bytes = encode_text_message ("hi");

  assert_bytes (bytes,
                "08 00 10 00 18 01 22 30 1a 2e "
                "08 81 d0 95 ff bc 31 12 05 08 c5 33 10 2a 1a 05 08 c6 33 10 00 20 81 d0 95 ff bc 31 28 01 "
                "32 0e 08 02 22 02 68 69 28 00 32 04 08 00 10 00");
}

static void
test_golden_provision (void)
{
  Floo__XID xid = FLOO__XID__INIT;
  Floo__Provision provision = FLOO__PROVISION__INIT;
  g_autoptr (GBytes) bytes = NULL;

  xid.has_uid = xid.has_devicesn = TRUE;
  xid.uid = 6597;
  xid.devicesn = 1000000001;
  provision.xid = &xid;
  provision.has_token = provision.has_os_type = provision.has_sdk_vsn = provision.has_device_guid = provision.has_device_info = TRUE;
  provision.token = floo_wire_text ("tok");
  provision.os_type = FLOO__PROVISION__OS_TYPE__WEB;
  provision.sdk_vsn = floo_wire_text ("2.0.0");
  provision.device_guid = floo_wire_text ("6597_a");
  provision.device_info = floo_wire_text ("Web");
  bytes = floo_frame_encode (FLOO__FRAME__COMMAND__PROVISION, &provision.base);
  assert_bytes (bytes,
                "08 00 10 00 18 03 22 26 12 09 08 c5 33 10 81 94 eb dc 03 32 03 74 6f 6b 38 06 42 05 32 2e 30 2e 30 "
                "52 06 36 35 39 37 5f 61 6a 03 57 65 62");
}

static void
test_empty_payload_is_written (void)
{
  Floo__SyncUL sync = FLOO__SYNC_UL__INIT;
  g_autoptr (GBytes) bytes = floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync.base);

  assert_bytes (bytes, "08 00 10 00 18 01 22 00");
}

/* --- what each command's payload becomes --- */

static void
test_unread (void)
{
  g_autoptr (FlooFrame) empty = decode (from_hex ("08 00 10 00 18 00"), FLOO_FROM_CLIENT);
  g_autoptr (FlooFrame) list = decode (wrap_hex (FLOO__FRAME__COMMAND__UNREAD, "0a 02 08 01  12 07 0a 03 08 c5 33 10 03  12 02 18 02"),
                                       FLOO_FROM_SERVICE);

  g_assert_cmpint (empty->command, ==, FLOO__FRAME__COMMAND__UNREAD);
  g_assert_null (empty->unread_dl);
  g_assert_null (empty->sync_ul);

  g_assert_nonnull (list->unread_dl);
  g_assert_cmpint (list->unread_dl->status->code, ==, FLOO__STATUS__ERROR_CODE__OK);
  g_assert_cmpuint (list->unread_dl->n_unread, ==, 2);
  g_assert_cmpuint (list->unread_dl->unread[0]->xid->uid, ==, 6597);
  g_assert_cmpuint (list->unread_dl->unread[0]->n, ==, 3);
  g_assert_null (list->unread_dl->unread[1]->xid);
  g_assert_cmpint (list->unread_dl->unread[1]->type, ==, FLOO__CONVERSATION_UNREAD__CONV_TYPE__GROUPCHAT);
}

static void
test_message_up (void)
{
  g_autoptr (FlooFrame) frame = decode (encode_text_message ("你好"), FLOO_FROM_CLIENT);
  g_autoptr (GError) error = NULL;
  const Floo__Meta *meta;
  const Floo__MessageBody *body;

  g_assert_cmpint (frame->command, ==, FLOO__FRAME__COMMAND__SYNC);
  g_assert_null (frame->sync_dl);
  meta = frame->sync_ul->meta;
  g_assert_cmpuint (meta->id, ==, 1700000000001);
  g_assert_cmpuint (meta->from->devicesn, ==, 42);
  g_assert_true (meta->to->has_devicesn);

  body = floo_frame_unpack (frame, &floo__message_body__descriptor, &meta->payload, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (floo_frame_text (frame, body->has_content, &body->content), ==, "你好");
  g_assert_cmpstr (floo_frame_text (frame, body->has_ext, &body->ext), ==, "");
  g_assert_true (body->operation->has_mid);
}

/* SyncDL with @n messages whose contents have @content_len bytes each. */
static Floo__SyncDL *
new_page (guint n, gsize content_len, GPtrArray *keep)
{
  Floo__SyncDL *sync = g_new (Floo__SyncDL, 1);
  Floo__Meta **metas = g_new (Floo__Meta *, n + 1);
  Floo__MessageBody body = FLOO__MESSAGE_BODY__INIT;
  g_autofree char *content = g_strnfill (content_len, 'x');
  guint8 *payload;
  gsize payload_len;

  floo__sync_dl__init (sync);
  g_ptr_array_add (keep, sync);
  g_ptr_array_add (keep, metas);
  body.has_content = TRUE;
  body.content = floo_wire_text (content);
  payload_len = floo__message_body__get_packed_size (&body);
  payload = g_malloc (payload_len);
  floo__message_body__pack (&body, payload);
  g_ptr_array_add (keep, payload);

  for (guint i = 0; i < n; i++)
    {
      metas[i] = g_new (Floo__Meta, 1);
      floo__meta__init (metas[i]);
      g_ptr_array_add (keep, metas[i]);
      metas[i]->has_id = metas[i]->has_payload = TRUE;
      metas[i]->id = i + 1;
      metas[i]->payload = (ProtobufCBinaryData) { .len = payload_len, .data = payload };
    }
  sync->n_metas = n;
  sync->metas = metas;
  sync->has_next_key = TRUE;
  sync->next_key = G_MAXINT64;
  return sync;
}

static void
assert_page (FlooFrame *frame, guint n, gsize content_len)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (frame->sync_dl->n_metas, ==, n);
  g_assert_cmpuint (frame->sync_dl->next_key, ==, G_MAXINT64);
  for (guint i = 0; i < n; i++)
    {
      const Floo__MessageBody *body;

      g_assert_cmpuint (frame->sync_dl->metas[i]->id, ==, i + 1);
      body = floo_frame_unpack (frame, &floo__message_body__descriptor, &frame->sync_dl->metas[i]->payload, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (strlen (floo_frame_text (frame, body->has_content, &body->content)), ==, content_len);
    }
}

static void
test_page (void)
{
  g_autoptr (GPtrArray) keep = g_ptr_array_new_with_free_func (g_free);
  Floo__SyncDL *sync = new_page (200, 300, keep);
  g_autoptr (FlooFrame) plain = decode (floo_frame_encode (FLOO__FRAME__COMMAND__SYNC, &sync->base), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) deflated = decode (floo_frame_encode_deflated (FLOO__FRAME__COMMAND__SYNC, &sync->base), FLOO_FROM_SERVICE);

  assert_page (plain, 200, 300);
  assert_page (deflated, 200, 300);
}

static void
test_notice (void)
{
  static const struct {
    const char *payload;
    gint64 uid;
  } cases[] = {
    { "08 c5 33 10 00", 6597 },         /* a bare XID */
    { "0a 03 08 c5 33", 6597 },         /* Notice{xid} */
    { "0a 00", 0 },                     /* Notice{xid{}} */
    { "10 07", 0 },                     /* a bare XID without uid */
    { "", 0 },
    { "08 " INT64_MAX_VARINT, G_MAXINT64 },
  };
  g_autoptr (FlooFrame) absent = decode (from_hex ("18 02"), FLOO_FROM_SERVICE);

  g_assert_cmpint (absent->command, ==, FLOO__FRAME__COMMAND__NOTICE);
  g_assert_cmpint (absent->notice_uid, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (FlooFrame) frame = decode (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, cases[i].payload), FLOO_FROM_SERVICE);

      g_assert_cmpint (frame->notice_uid, ==, cases[i].uid);
    }

  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, "08 " INT64_OVER_VARINT), FLOO_FROM_SERVICE, "XID.uid");
  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, "0a 03 08 c5"), FLOO_FROM_SERVICE, "XID");
  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, "0d 01 00 00 00"), FLOO_FROM_SERVICE, "XID");
  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, "0a 02 08 01 08 01"), FLOO_FROM_SERVICE, "Notice");
  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, "08 01"), FLOO_FROM_CLIENT, "NOTICE");
}

static void
test_absent (void)
{
  g_autoptr (FlooFrame) nothing = decode (g_bytes_new (NULL, 0), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) sync_dl = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) sync_ul = decode (from_hex ("18 01"), FLOO_FROM_CLIENT);
  g_autoptr (FlooFrame) provision = decode (from_hex ("18 03"), FLOO_FROM_SERVICE);

  g_assert_cmpint (nothing->command, ==, FLOO__FRAME__COMMAND__UNREAD);
  g_assert_cmpuint (nothing->unread_dl->n_unread, ==, 0);
  g_assert_null (nothing->unread_dl->status);
  g_assert_cmpuint (sync_dl->sync_dl->n_metas, ==, 0);
  g_assert_null (sync_dl->sync_dl->xid);
  g_assert_null (sync_ul->sync_ul->meta);
  g_assert_null (provision->provision->status);
}

/* --- what is refused --- */

static void
test_outer (void)
{
  /* AES; a check sum and a tag are read over; commands and methods that there are not. */
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
    "22 ff ff ff ff 0f", "22 ff ff ff ff ff ff ff ff ff 01", "22 01",
    "18 80 80 80 80 80 80 80 80 80 80 80", "98 80 80 80 80 80 80 00 01",
  };

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    assert_refused (from_hex (malformed[i]), FLOO_FROM_SERVICE, "Frame is malformed");
  assert_refused (wrap_hex (FLOO__FRAME__COMMAND__SYNC, "10 01"), FLOO_FROM_SERVICE, "SyncDL is malformed");
}

/* No id, key or time beyond int64, wherever it stands. */
static void
test_integers (void)
{
  static const struct {
    Floo__Frame__Command command;
    FlooDirection direction;
    const char *before;         /* up to the varint */
    const char *what;
  } cases[] = {
    { FLOO__FRAME__COMMAND__UNREAD, FLOO_FROM_SERVICE, "12 %02x 0a %02x 08", "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 08", "Meta.id" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 20", "Meta.timestamp" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 12 %02x 08", "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "12 %02x 1a %02x 08", "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "18", "SyncDL.next_key" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "22 %02x 08", "XID.uid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "28", "SyncDL.client_mid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "30", "SyncDL.server_mid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "38", "SyncDL.server_time" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "48", "SyncDL.prev_mid" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_SERVICE, "58", "SyncDL.edit_timestamp" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_CLIENT, "10", "SyncUL.key" },
    { FLOO__FRAME__COMMAND__SYNC, FLOO_FROM_CLIENT, "1a %02x 08", "Meta.id" },
    { FLOO__FRAME__COMMAND__PROVISION, FLOO_FROM_SERVICE, "12 %02x 08", "XID.uid" },
    { FLOO__FRAME__COMMAND__PROVISION, FLOO_FROM_CLIENT, "70", "Provision.last_login_time" },
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
            assert_refused (wrap_hex (cases[i].command, hex->str), cases[i].direction, cases[i].what);
          else
            floo_frame_unref (decode (wrap_hex (cases[i].command, hex->str), cases[i].direction));
        }
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
    { &floo__message_body__descriptor, "08 63 28 63 50 63 70 63", NULL },       /* enum values that nobody knows */
    { &floo__message_body__descriptor, "32 0d 08 05 10 " INT64_OVER_VARINT, "MessageOperation.mid" },
    { &floo__message_body__descriptor, "78 " INT64_OVER_VARINT, "MessageBody.edit_timestamp" },
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

/* Cut anywhere it is either whole fields or an error, and nothing is read behind the end. */
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

        g_assert_true ((frame != NULL) == whole_fields);
        if (frame == NULL)
          g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
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

/* --- compression --- */

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
  /* a byte behind the end; a wrong check sum; raw deflate; gzip */
  assert_refused (from_hex ("10 01 18 01 22 0b 78 9c 93 60 05 00 00 37 00 1e 00"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  assert_refused (from_hex ("10 01 18 01 22 0a 78 9c 93 60 05 00 00 37 00 1f"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  assert_refused (from_hex ("10 01 18 01 22 04 93 60 05 00"), FLOO_FROM_SERVICE, "compressed payload is malformed");
  assert_refused (from_hex ("10 01 18 01 22 0a 1f 8b 08 00 00 00 00 00 00 00"), FLOO_FROM_SERVICE, "compressed payload is malformed");
}

static void
test_inflated_bound (void)
{
  /* An unknown field of just as much as is allowed: tag and length take five bytes. */
  gsize len = FLOO_MAX_INFLATED;
  g_autofree guint8 *plain = g_malloc0 (len + 1);
  uLongf deflated_len = compressBound (len + 1);
  g_autofree guint8 *deflated = g_malloc (deflated_len);
  gsize rest = len - 5;

  plain[0] = 0x7a;
  for (guint i = 0; i < 4; i++)
    plain[1 + i] = (guint8) ((rest >> (7 * i) & 0x7f) | (i < 3 ? 0x80 : 0));
  g_assert_cmpint (compress (deflated, &deflated_len, plain, len), ==, Z_OK);
  floo_frame_unref (
      decode (wrap (FLOO__FRAME__COMMAND__SYNC, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len), FLOO_FROM_SERVICE));

  deflated_len = compressBound (len + 1);
  g_assert_cmpint (compress (deflated, &deflated_len, plain, len + 1), ==, Z_OK);
  assert_refused (wrap (FLOO__FRAME__COMMAND__SYNC, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len), FLOO_FROM_SERVICE,
                  "inflates to more");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\0", 1, 512u << 20), FLOO_FROM_SERVICE, "inflates to more");
}

/* --- bounds --- */

static void
test_frame_bound (void)
{
  /* An unknown field of 1 MiB, with and without one byte too many. */
  g_autofree guint8 *plain = g_malloc0 (FLOO_MAX_FRAME + 1);
  gsize rest = FLOO_MAX_FRAME - 4;

  plain[0] = 0x7a;
  for (guint i = 0; i < 3; i++)
    plain[1 + i] = (guint8) ((rest >> (7 * i) & 0x7f) | (i < 2 ? 0x80 : 0));
  floo_frame_unref (decode (g_bytes_new (plain, FLOO_MAX_FRAME), FLOO_FROM_SERVICE));
  assert_refused (g_bytes_new (plain, FLOO_MAX_FRAME + 1), FLOO_FROM_SERVICE, "too large");
}

static void
test_meta_bound (void)
{
  g_autoptr (FlooFrame) most = decode (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x12\x00", 2, 2 * FLOO_MAX_PAGE_METAS), FLOO_FROM_SERVICE);

  g_assert_cmpuint (most->sync_dl->n_metas, ==, FLOO_MAX_PAGE_METAS);
  g_assert_cmpuint (most->memory, <, 4u << 20);
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x12\x00", 2, 2 * FLOO_MAX_PAGE_METAS + 2), FLOO_FROM_SERVICE, "metas");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x12\x00", 2, FLOO_MAX_INFLATED), FLOO_FROM_SERVICE, "metas");
}

static void
test_memory_bound (void)
{
  g_autoptr (FlooFrame) frame = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);
  g_autofree guint8 *ids = g_malloc (4u << 20);
  ProtobufCBinaryData payload = { .len = 4u << 20, .data = ids };
  g_autoptr (GError) error = NULL;

  /* Two bytes an entry on the wire: empty conversations, one XID again and again, unknown fields. */
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__UNREAD, "\x12\x00", 2, FLOO_MAX_INFLATED), FLOO_FROM_SERVICE, "needs more than");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__SYNC, "\x22\x00", 2, FLOO_MAX_INFLATED), FLOO_FROM_SERVICE, "needs more than");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__PROVISION, "\x78\x00", 2, FLOO_MAX_INFLATED), FLOO_FROM_SERVICE, "needs more than");
  assert_refused (wrap_deflated (FLOO__FRAME__COMMAND__NOTICE, "\x0a\x00", 2, FLOO_MAX_INFLATED), FLOO_FROM_SERVICE, "needs more than");

  /* Nested payloads are on the same budget. */
  for (gsize i = 0; i < payload.len; i += 2)
    {
      ids[i] = 0x22;
      ids[i + 1] = 0;
    }
  g_assert_null (floo_frame_unpack (frame, &floo__group_notice__descriptor, &payload, &error));
  g_assert_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL);
  g_assert_cmpuint (frame->memory, <=, FLOO_MAX_FRAME_MEMORY);
}

static void
test_small_frame_is_small (void)
{
  g_autoptr (FlooFrame) notice = decode (wrap_hex (FLOO__FRAME__COMMAND__NOTICE, "08 c5 33"), FLOO_FROM_SERVICE);
  g_autoptr (FlooFrame) message = decode (encode_text_message ("hi"), FLOO_FROM_CLIENT);

  g_assert_cmpuint (notice->memory, <=, 1024);
  g_assert_nonnull (floo_frame_unpack (message, &floo__message_body__descriptor, &message->sync_ul->meta->payload, NULL));
  g_assert_cmpuint (message->memory, <=, 1024);
}

/* --- texts --- */

static void
test_text (void)
{
  static const struct {
    const char *payload;        /* of a UserNotice: content is field 2 */
    const char *text;
  } cases[] = {
    { "", "" },
    { "12 00", "" },
    { "12 02 68 69", "hi" },
    { "12 01 00", "\357\277\275" },
    { "12 03 61 00 62", "a\357\277\275b" },
    { "12 03 61 ff 62", "a\357\277\275b" },
    { "12 02 c0 80", "\357\277\275\357\277\275" },
    { "12 03 ed a0 80", "\357\277\275\357\277\275\357\277\275" },       /* a surrogate */
    { "12 02 61 e4", "a\357\277\275" },                                 /* cut within a character */
  };
  g_autoptr (FlooFrame) frame = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GBytes) bytes = from_hex (cases[i].payload);
      ProtobufCBinaryData payload;
      const Floo__UserNotice *notice;

      payload.data = (uint8_t *) g_bytes_get_data (bytes, &payload.len);
      notice = floo_frame_unpack (frame, &floo__user_notice__descriptor, &payload, NULL);
      g_assert_cmpstr (floo_frame_text (frame, notice->has_content, &notice->content), ==, cases[i].text);
    }
}

/* Repairing makes a text three times as long: that, too, is on the budget. */
static void
test_text_beyond_budget (void)
{
  g_autoptr (FlooFrame) frame = decode (from_hex ("18 01"), FLOO_FROM_SERVICE);
  gsize len = 16u << 20;
  g_autofree guint8 *data = g_malloc (len + 6);
  ProtobufCBinaryData payload = { .len = len + 5, .data = data };
  const Floo__UserNotice *notice;

  memset (data, 0xff, len + 5);
  memcpy (data, "\x12\x80\x80\x80\x08", 5);
  notice = floo_frame_unpack (frame, &floo__user_notice__descriptor, &payload, NULL);
  g_assert_nonnull (notice);
  g_assert_cmpuint (notice->content.len, ==, len);
  g_assert_cmpstr (floo_frame_text (frame, TRUE, &notice->content), ==, "\357\277\275");
  g_assert_cmpuint (frame->memory, <=, FLOO_MAX_FRAME_MEMORY);
}

static void
test_references (void)
{
  FlooFrame *frame = decode (encode_text_message ("kept"), FLOO_FROM_CLIENT);
  const Floo__MessageBody *body = floo_frame_unpack (frame, &floo__message_body__descriptor, &frame->sync_ul->meta->payload, NULL);
  const char *text = floo_frame_text (frame, body->has_content, &body->content);

  g_assert_true (floo_frame_ref (frame) == frame);
  floo_frame_unref (frame);
  g_assert_cmpstr (text, ==, "kept");
  floo_frame_unref (frame);
}

static void
test_enum_names (void)
{
  g_assert_cmpstr (floo_wire_enum_name (&floo__status__error_code__descriptor, 11), ==, "USER_BANNED");
  g_assert_cmpstr (floo_wire_enum_name (&floo__meta__name_space__descriptor, 3), ==, "ROSTER_NOTICE");
  g_assert_cmpstr (floo_wire_enum_name (&floo__user_notice__type__descriptor, 4), ==, "KICK_BY_SAME_DEVICE");
  g_assert_cmpstr (floo_wire_enum_name (&floo__status__error_code__descriptor, 999), ==, "UNKNOWN");
  g_assert_cmpstr (floo_wire_enum_name (&floo__status__error_code__descriptor, -1), ==, "UNKNOWN");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/frame/golden/unread", test_golden_unread);
  g_test_add_func ("/frame/golden/sync", test_golden_sync);
  g_test_add_func ("/frame/golden/message", test_golden_message);
  g_test_add_func ("/frame/golden/provision", test_golden_provision);
  g_test_add_func ("/frame/golden/empty-payload", test_empty_payload_is_written);
  g_test_add_func ("/frame/unread", test_unread);
  g_test_add_func ("/frame/message-up", test_message_up);
  g_test_add_func ("/frame/page", test_page);
  g_test_add_func ("/frame/notice", test_notice);
  g_test_add_func ("/frame/absent", test_absent);
  g_test_add_func ("/frame/outer", test_outer);
  g_test_add_func ("/frame/wire-types", test_wire_types);
  g_test_add_func ("/frame/integers", test_integers);
  g_test_add_func ("/frame/nested-payload", test_nested_payload);
  g_test_add_func ("/frame/truncated", test_truncated);
  g_test_add_func ("/frame/truncated-payload", test_truncated_payload);
  g_test_add_func ("/frame/deflated", test_deflated);
  g_test_add_func ("/frame/bounds/inflated", test_inflated_bound);
  g_test_add_func ("/frame/bounds/frame", test_frame_bound);
  g_test_add_func ("/frame/bounds/metas", test_meta_bound);
  g_test_add_func ("/frame/bounds/memory", test_memory_bound);
  g_test_add_func ("/frame/small-frame-is-small", test_small_frame_is_small);
  g_test_add_func ("/frame/text", test_text);
  g_test_add_func ("/frame/text-beyond-budget", test_text_beyond_budget);
  g_test_add_func ("/frame/references", test_references);
  g_test_add_func ("/frame/enum-names", test_enum_names);

  return g_test_run ();
}
