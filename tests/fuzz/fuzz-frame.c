/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of both directions, and the payload of each Meta by its namespace. The
 * input's first byte: bit 0 the direction; the rest is the frame.
 */
#include "base/names.h"
#include "fuzz.h"
#include "wire/frame.h"

static void
read_text (FlooFrame *frame, gboolean has, const ProtobufCBinaryData *data)
{
  const char *text = floo_frame_text (frame, has, data);

  g_assert_true (g_utf8_validate (text, -1, NULL));
}

static void
read_message (FlooFrame *frame, const Floo__MessageBody *body)
{
  read_text (frame, body->has_content, &body->content);
  read_text (frame, body->has_config, &body->config);
  read_text (frame, body->has_attachment, &body->attachment);
  read_text (frame, body->has_ext, &body->ext);
  read_text (frame, body->has_sender_name, &body->sender_name);
  if (body->operation != NULL)
    g_assert_cmpuint (body->operation->mid, <=, G_MAXINT64);
}

static void
read_meta (FlooFrame *frame, const Floo__Meta *meta)
{
  static const ProtobufCMessageDescriptor *const descriptors[] = {
    [FLOO__META__NAME_SPACE__UNKNOWN] = &floo__conversation__descriptor,
    [FLOO__META__NAME_SPACE__MESSAGE] = &floo__message_body__descriptor,
    [FLOO__META__NAME_SPACE__GROUP_NOTICE] = &floo__group_notice__descriptor,
    [FLOO__META__NAME_SPACE__ROSTER_NOTICE] = &floo__roster_notice__descriptor,
    [FLOO__META__NAME_SPACE__USER_NOTICE] = &floo__user_notice__descriptor,
    [FLOO__META__NAME_SPACE__INFO] = &floo__info__descriptor,
    [FLOO__META__NAME_SPACE__CONVERSATION] = &floo__conversation__descriptor,
    [FLOO__META__NAME_SPACE__PUSH] = &floo__message_body__descriptor,
    [FLOO__META__NAME_SPACE__RTC_SIGNAL] = &floo__rtc_signal__descriptor,
  };
  const ProtobufCMessageDescriptor *descriptor;
  gconstpointer payload;

  g_assert_cmpuint (meta->id, <=, G_MAXINT64);
  floo_wire_enum_name (&floo__meta__name_space__descriptor, meta->ns);
  if ((guint) meta->ns >= G_N_ELEMENTS (descriptors))
    return;
  descriptor = descriptors[meta->ns];
  payload = floo_frame_unpack (frame, descriptor, &meta->payload, NULL);
  if (payload != NULL && descriptor == &floo__message_body__descriptor)
    read_message (frame, payload);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (FlooFrame) frame = NULL;
  g_autoptr (GError) error = NULL;

  if (size == 0)
    return 0;
  bytes = g_bytes_new (data + 1, size - 1);
  frame = floo_frame_decode (bytes, (data[0] & 1) != 0 ? FLOO_FROM_CLIENT : FLOO_FROM_SERVICE, &error);
  g_assert_true ((frame == NULL) == (error != NULL));
  if (frame == NULL)
    return 0;

  g_assert_cmpint (frame->notice_uid, >=, 0);
  if (frame->sync_dl != NULL)
    {
      g_assert_cmpuint (frame->sync_dl->n_metas, <=, FLOO_MAX_PAGE_METAS);
      for (gsize i = 0; i < frame->sync_dl->n_metas; i++)
        read_meta (frame, frame->sync_dl->metas[i]);
      if (frame->sync_dl->status != NULL)
        read_text (frame, frame->sync_dl->status->has_reason, &frame->sync_dl->status->reason);
    }
  if (frame->sync_ul != NULL && frame->sync_ul->meta != NULL)
    read_meta (frame, frame->sync_ul->meta);
  if (frame->provision != NULL)
    {
      read_text (frame, frame->provision->has_token, &frame->provision->token);
      read_text (frame, frame->provision->has_device_guid, &frame->provision->device_guid);
    }
  g_assert_cmpuint (frame->memory, <=, FLOO_MAX_FRAME_MEMORY + FLOO_MAX_ITEM_MEMORY);
  return 0;
}
