/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Frames to test with, from hexadecimal digits or structs. */
#pragma once

#include <string.h>
#include <zlib.h>

#include "base/error.h"
#include "base/names.h"
#include "wire/frame.h"

#define INT64_MAX_VARINT "ff ff ff ff ff ff ff ff 7f"
#define INT64_OVER_VARINT "80 80 80 80 80 80 80 80 80 01"

/* "08 00 ..." -> bytes */
static inline GBytes *
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

/* (transfer full) @bytes */
static inline FlooFrame *
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
static inline void
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
static inline GBytes *
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

static inline GBytes *
wrap_hex (Floo__Frame__Command command, const char *hex)
{
  g_autoptr (GBytes) payload = from_hex (hex);

  return wrap (command, FLOO__FRAME__COMPRESS_METHOD__NONE, g_bytes_get_data (payload, NULL), g_bytes_get_size (payload));
}

/* @piece repeated to @len bytes, compressed by zlib. */
static inline GBytes *
wrap_deflated (Floo__Frame__Command command, const char *piece, gsize piece_len, gsize len)
{
  g_autofree guint8 *plain = g_malloc (len);
  uLongf deflated_len = compressBound (len);
  g_autofree guint8 *deflated = g_malloc (deflated_len);

  memcpy (plain, piece, MIN (piece_len, len));
  for (gsize filled = piece_len; filled < len; filled *= 2)
    memcpy (plain + filled, plain, MIN (filled, len - filled));
  g_assert_cmpint (compress2 (deflated, &deflated_len, plain, len, Z_BEST_SPEED), ==, Z_OK);
  return wrap (command, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated, deflated_len);
}

/* SyncUL{meta} with one text, fields that are 0 included. */
static inline GBytes *
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

/* SyncDL with @n messages whose contents have @content_len bytes each. */
static inline Floo__SyncDL *
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
