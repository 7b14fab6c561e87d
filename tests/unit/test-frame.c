/* SPDX-License-Identifier: GPL-3.0-or-later */
/* wire/frame: the bytes that the service is known to accept, and the decoding of its own. */
#include "frame-fixtures.h"

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

/* --- decoding each command's payload --- */

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
  g_test_add_func ("/frame/small-frame-is-small", test_small_frame_is_small);
  g_test_add_func ("/frame/text", test_text);
  g_test_add_func ("/frame/references", test_references);
  g_test_add_func ("/frame/enum-names", test_enum_names);

  return g_test_run ();
}
