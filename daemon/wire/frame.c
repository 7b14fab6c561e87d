/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/frame.h"

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/error.h"
#include "base/names.h"
#include "wire/arena.h"

/* What stands for a text whose repair goes beyond the budget. */
#define REPLACEMENT "\357\277\275"

typedef struct {
  FlooFrame frame;      /* first: what callers see */
  gatomicrefcount refs;
  FlooArena arena;
} Frame;

G_GNUC_PRINTF (2, 3)
static void
set_error (GError **error, const char *format, ...)
{
  va_list args;
  g_autofree char *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, text);
}

/* --- the bare wire format: only to look ahead; protobuf-c does the unpacking --- */

/* The reader stops at the first thing that is malformed, for which protobuf-c then has the error. */
typedef struct {
  const guint8 *at;
  gsize left;
  guint64 field;
  guint wire_type;
} Reader;

static gboolean
read_varint (Reader *reader, guint64 *out)
{
  guint64 value = 0;

  for (guint shift = 0; shift < 64 && reader->left > 0; shift += 7)
    {
      guint8 byte = *reader->at++;

      reader->left--;
      value |= (guint64) (byte & 0x7f) << shift;
      if (byte < 0x80)
        {
          *out = value;
          return TRUE;
        }
    }
  return FALSE;
}

/* Steps over one field. */
static gboolean
read_field (Reader *reader)
{
  guint64 tag;
  guint64 skip = 0;

  if (!read_varint (reader, &tag))
    return FALSE;
  reader->field = tag >> 3;
  reader->wire_type = tag & 7;

  switch (reader->wire_type)
    {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
      return read_varint (reader, &tag);
    case PROTOBUF_C_WIRE_TYPE_64BIT:
      skip = 8;
      break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
      if (!read_varint (reader, &skip))
        return FALSE;
      break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
      skip = 4;
      break;
    default:
      return FALSE;
    }

  if (skip > reader->left)
    return FALSE;
  reader->at += skip;
  reader->left -= skip;
  return TRUE;
}

/* How often @field occurs. */
static gsize
count_field (const ProtobufCBinaryData *data, guint field)
{
  Reader reader = { .at = data->data, .left = data->len };
  gsize n = 0;

  while (read_field (&reader))
    n += reader.field == field;
  return n;
}

/* The wire type of @field's first occurrence, -1 where it does not occur. */
static int
wire_type_of_field (const ProtobufCBinaryData *data, guint field)
{
  Reader reader = { .at = data->data, .left = data->len };

  while (read_field (&reader))
    if (reader.field == field)
      return (int) reader.wire_type;
  return -1;
}

/* --- unpacking --- */

/* Every uint64 of the protocol is an id, a key or a time, and int64 to us. */
static gboolean
check_integers (const ProtobufCMessage *message, GError **error)
{
  const ProtobufCMessageDescriptor *descriptor = message->descriptor;

  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
      gconstpointer values = G_STRUCT_MEMBER_P (message, field->offset);
      gsize n = 1;

      if (field->label == PROTOBUF_C_LABEL_REPEATED)
        {
          n = G_STRUCT_MEMBER (gsize, message, field->quantifier_offset);
          values = *(gconstpointer const *) values;
        }

      for (gsize j = 0; field->type == PROTOBUF_C_TYPE_UINT64 && j < n; j++)
        if (((const guint64 *) values)[j] > G_MAXINT64)
          {
            set_error (error, "%s.%s is beyond int64", descriptor->short_name, field->name);
            return FALSE;
          }

      for (gsize j = 0; field->type == PROTOBUF_C_TYPE_MESSAGE && j < n; j++)
        {
          const ProtobufCMessage *child = ((const ProtobufCMessage *const *) values)[j];

          if (child != NULL && !check_integers (child, error))
            return FALSE;
        }
    }
  return TRUE;
}

static gpointer
unpack (Frame *self, const ProtobufCMessageDescriptor *descriptor, const ProtobufCBinaryData *data, GError **error)
{
  ProtobufCMessage *message;

  self->arena.exhausted = FALSE;
  message = protobuf_c_message_unpack (descriptor, &self->arena.allocator, data->len, data->data);
  self->frame.memory = self->arena.held;
  if (message == NULL)
    {
      if (self->arena.exhausted)
        set_error (error, "%s needs more than %u bytes", descriptor->short_name, FLOO_MAX_FRAME_MEMORY);
      else
        set_error (error, "%s is malformed", descriptor->short_name);
      return NULL;
    }
  return check_integers (message, error) ? message : NULL;
}

/* zlib's format (RFC 1950) and nothing behind it. */
static GByteArray *
inflate_payload (const ProtobufCBinaryData *data, GError **error)
{
  /* One byte over the bound tells too much from just as much. */
  const gsize limit = FLOO_MAX_INFLATED + 1;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  z_stream stream = { .next_in = data->data, .avail_in = (uInt) data->len };
  int status = inflateInit (&stream);

  if (status != Z_OK)
    {
      set_error (error, "cannot inflate a payload");
      return NULL;
    }
  while (status == Z_OK && out->len < limit)
    {
      guint used = out->len;

      g_byte_array_set_size (out, (guint) MIN (limit, MAX (4 * data->len, 2 * (gsize) used) + 256));
      stream.next_out = out->data + used;
      stream.avail_out = out->len - used;
      status = inflate (&stream, Z_NO_FLUSH);
      g_byte_array_set_size (out, out->len - stream.avail_out);
    }
  inflateEnd (&stream);

  if (out->len == limit)
    set_error (error, "a payload inflates to more than %u bytes", FLOO_MAX_INFLATED);
  else if (status != Z_STREAM_END || stream.avail_in > 0)
    set_error (error, "a compressed payload is malformed");
  else
    return g_steal_pointer (&out);
  return NULL;
}

/* --- the payload by command and direction --- */

static gboolean
decode_unread (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, GError **error)
{
  /* UnreadUL has no fields. */
  if (direction == FLOO_FROM_CLIENT)
    return TRUE;
  self->frame.unread_dl = unpack (self, &floo__unread_dl__descriptor, payload, error);
  return self->frame.unread_dl != NULL;
}

static gboolean
decode_sync (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, GError **error)
{
  if (direction == FLOO_FROM_CLIENT)
    {
      self->frame.sync_ul = unpack (self, &floo__sync_ul__descriptor, payload, error);
      return self->frame.sync_ul != NULL;
    }

  /* An empty Meta is two bytes on the wire and a hundred in memory. */
  if (count_field (payload, 2) > FLOO_MAX_PAGE_METAS)
    {
      set_error (error, "SyncDL has more than %u metas", FLOO_MAX_PAGE_METAS);
      return FALSE;
    }
  self->frame.sync_dl = unpack (self, &floo__sync_dl__descriptor, payload, error);
  return self->frame.sync_dl != NULL;
}

static gboolean
decode_notice (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, GError **error)
{
  const Floo__XID *xid;

  if (direction == FLOO_FROM_CLIENT)
    {
      set_error (error, "a client sent NOTICE");
      return FALSE;
    }

  /* Either Notice{xid}, or that XID alone, whose field 1 is the integer uid. */
  if (wire_type_of_field (payload, 1) == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
    {
      const Floo__Notice *notice = unpack (self, &floo__notice__descriptor, payload, error);

      if (notice == NULL)
        return FALSE;
      xid = notice->xid;
    }
  else
    {
      xid = unpack (self, &floo__xid__descriptor, payload, error);
    }
  if (xid == NULL)
    return FALSE;

  self->frame.notice_uid = (gint64) xid->uid;
  return TRUE;
}

static gboolean
decode_provision (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, GError **error)
{
  self->frame.provision = unpack (self, &floo__provision__descriptor, payload, error);
  return self->frame.provision != NULL;
}

typedef gboolean (*DecodePayload) (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, GError **error);

static const DecodePayload decode_payload[] = {
  [FLOO__FRAME__COMMAND__UNREAD] = decode_unread,
  [FLOO__FRAME__COMMAND__SYNC] = decode_sync,
  [FLOO__FRAME__COMMAND__NOTICE] = decode_notice,
  [FLOO__FRAME__COMMAND__PROVISION] = decode_provision,
};

static gboolean
decode (Frame *self, GBytes *bytes, FlooDirection direction, GError **error)
{
  ProtobufCBinaryData data;
  const Floo__Frame *outer;
  g_autoptr (GByteArray) inflated = NULL;

  data.data = (uint8_t *) g_bytes_get_data (bytes, &data.len);
  if (data.len > FLOO_MAX_FRAME)
    {
      set_error (error, "a frame of %" G_GSIZE_FORMAT " bytes is too large", data.len);
      return FALSE;
    }

  outer = unpack (self, &floo__frame__descriptor, &data, error);
  if (outer == NULL)
    return FALSE;
  if (outer->encrypt_method != FLOO__FRAME__ENCRYPT_METHOD__ENCRYPT_NONE)
    {
      set_error (error, "a frame is encrypted (method %d)", (int) outer->encrypt_method);
      return FALSE;
    }
  if ((guint) outer->command >= G_N_ELEMENTS (decode_payload))
    {
      set_error (error, "a frame has the unknown command %d", (int) outer->command);
      return FALSE;
    }

  if ((guint) outer->compress_method > FLOO__FRAME__COMPRESS_METHOD__ZLIB)
    {
      set_error (error, "a frame has the unknown compress method %d", (int) outer->compress_method);
      return FALSE;
    }

  data = outer->payload;
  if (outer->compress_method == FLOO__FRAME__COMPRESS_METHOD__ZLIB && data.len > 0)
    {
      inflated = inflate_payload (&data, error);
      if (inflated == NULL)
        return FALSE;
      data = (ProtobufCBinaryData) { .len = inflated->len, .data = inflated->data };
    }

  self->frame.command = outer->command;
  return decode_payload[outer->command](self, direction, &data, error);
}

FlooFrame *
floo_frame_decode (GBytes *bytes, FlooDirection direction, GError **error)
{
  Frame *self;

  g_return_val_if_fail (bytes != NULL, NULL);

  self = g_new0 (Frame, 1);
  g_atomic_ref_count_init (&self->refs);
  floo_arena_init (&self->arena, FLOO_MAX_FRAME_MEMORY);
  if (!decode (self, bytes, direction, error))
    {
      floo_frame_unref (&self->frame);
      return NULL;
    }
  return &self->frame;
}

FlooFrame *
floo_frame_ref (FlooFrame *frame)
{
  g_return_val_if_fail (frame != NULL, NULL);

  g_atomic_ref_count_inc (&((Frame *) frame)->refs);
  return frame;
}

void
floo_frame_unref (FlooFrame *frame)
{
  Frame *self = (Frame *) frame;

  g_return_if_fail (frame != NULL);

  if (g_atomic_ref_count_dec (&self->refs))
    {
      floo_arena_clear (&self->arena);
      g_free (self);
    }
}

gconstpointer
floo_frame_unpack (FlooFrame *frame, const ProtobufCMessageDescriptor *descriptor, const ProtobufCBinaryData *payload, GError **error)
{
  g_return_val_if_fail (frame != NULL && descriptor != NULL && payload != NULL, NULL);

  return unpack ((Frame *) frame, descriptor, payload, error);
}

const char *
floo_frame_text (FlooFrame *frame, gboolean has, const ProtobufCBinaryData *data)
{
  Frame *self = (Frame *) frame;
  g_autofree char *repaired = NULL;
  gsize len;
  char *text;

  g_return_val_if_fail (frame != NULL && data != NULL, "");

  if (!has || data->len == 0)
    return "";
  /* The arena has put a NUL behind it. */
  if (g_utf8_validate_len ((const char *) data->data, data->len, NULL))
    return (const char *) data->data;

  repaired = g_utf8_make_valid ((const char *) data->data, (gssize) data->len);
  len = strlen (repaired);
  text = floo_arena_alloc (&self->arena, len);
  self->frame.memory = self->arena.held;
  if (text == NULL)
    return REPLACEMENT;
  return memcpy (text, repaired, len);
}

/* --- encoding --- */

static GByteArray *
pack (const ProtobufCMessage *message)
{
  GByteArray *out = g_byte_array_new ();

  g_byte_array_set_size (out, (guint) protobuf_c_message_get_packed_size (message));
  protobuf_c_message_pack (message, out->data);
  return out;
}

/* @payload: (transfer full) (nullable) */
static GBytes *
encode (Floo__Frame__Command command, Floo__Frame__CompressMethod method, GByteArray *payload)
{
  Floo__Frame frame = FLOO__FRAME__INIT;
  GBytes *bytes;

  frame.has_vsn = frame.has_compress_method = frame.has_command = TRUE;
  frame.compress_method = method;
  frame.command = command;
  if (payload != NULL)
    {
      frame.has_payload = TRUE;
      frame.payload = (ProtobufCBinaryData) { .len = payload->len, .data = payload->data };
    }
  bytes = g_byte_array_free_to_bytes (pack (&frame.base));
  g_clear_pointer (&payload, g_byte_array_unref);
  return bytes;
}

GBytes *
floo_frame_encode (Floo__Frame__Command command, const ProtobufCMessage *payload)
{
  return encode (command, FLOO__FRAME__COMPRESS_METHOD__NONE, payload != NULL ? pack (payload) : NULL);
}

GBytes *
floo_frame_encode_deflated (Floo__Frame__Command command, const ProtobufCMessage *payload)
{
  g_autoptr (GByteArray) plain = NULL;
  GByteArray *deflated;
  uLongf len;

  g_return_val_if_fail (payload != NULL, NULL);

  plain = pack (payload);
  len = compressBound (plain->len);
  deflated = g_byte_array_new ();
  g_byte_array_set_size (deflated, (guint) len);
  /* Fails only for want of memory or room. */
  g_assert_cmpint (compress (deflated->data, &len, plain->data, plain->len), ==, Z_OK);
  g_byte_array_set_size (deflated, (guint) len);
  return encode (command, FLOO__FRAME__COMPRESS_METHOD__ZLIB, deflated);
}

const char *
floo_wire_enum_name (const ProtobufCEnumDescriptor *descriptor, int value)
{
  const ProtobufCEnumValue *entry;

  g_return_val_if_fail (descriptor != NULL, "UNKNOWN");

  entry = protobuf_c_enum_descriptor_get_value (descriptor, value);
  return entry != NULL ? entry->name : "UNKNOWN";
}
