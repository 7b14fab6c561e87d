/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/frame.h"

#include <string.h>

#define ZLIB_CONST
#include <zlib.h>

#include "base/error.h"
#include "base/names.h"
#include "wire/entries.h"

/* The field of Frame that has the payload. */
#define PAYLOAD 4
/* Replaces a text whose repair would exceed the budget. */
#define REPLACEMENT "\357\277\275"

typedef struct {
  FlooFrame frame;      /* first: what callers see */
  gatomicrefcount refs;
  FlooDirection direction;
  FlooArena arena;
  FlooArena items;      /* of floo_frame_unpack() and floo_frame_text() */
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

/* --- unpacking --- */

static gpointer
unpack (Frame *self, FlooDirection direction, const ProtobufCMessageDescriptor *descriptor, const ProtobufCBinaryData *data, GError **error)
{
  ProtobufCMessage *message = floo_fields_unpack (&self->arena, descriptor, data, error);

  return message != NULL && floo_fields_check_integers (message, direction == FLOO_FROM_CLIENT, error) ? message : NULL;
}

/* --- compressed payloads --- */

/* Inflates zlib's format (RFC 1950), without trailing bytes. @cut: (inout): the input is incomplete; the result is */
static GByteArray *
inflate_payload (const ProtobufCBinaryData *data, gboolean *cut, GError **error)
{
  /* One byte more than the bound, to detect that it is exceeded. */
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
    {
      g_byte_array_set_size (out, FLOO_MAX_INFLATED);
      *cut = TRUE;
    }
  else if (*cut && status == Z_BUF_ERROR && stream.avail_in == 0)
    ; /* until all input is used */
  else if (status != Z_STREAM_END || stream.avail_in > 0)
    {
      set_error (error, "a compressed payload is malformed");
      return NULL;
    }
  else
    *cut = FALSE;
  return g_steal_pointer (&out);
}

/* --- the payload by command and direction --- */

static gboolean
decode_unread (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, gboolean cut, GError **error)
{
  /* UnreadUL has no fields. */
  if (direction == FLOO_FROM_CLIENT)
    return TRUE;
  self->frame.unread_dl = floo_entries_decode (&self->arena, &self->frame, &floo__unread_dl__descriptor, G_MAXUINT32, payload, cut, NULL, error);
  return self->frame.unread_dl != NULL;
}

/* A cut page is continued after its last meta, in either direction. */
static gboolean
find_next_key (Frame *self, Floo__SyncDL *dl, guint64 beyond, GError **error)
{
  guint64 last = dl->n_metas > 0 ? dl->metas[dl->n_metas - 1]->id : beyond;
  gboolean history = dl->has_is_full_sync && dl->is_full_sync;

  /* There it is a message's id; that of other pages is only sent back. */
  if (!self->frame.cut && !(history && dl->next_key > G_MAXINT64))
    return TRUE;
  if (self->frame.cut && (last == 0 || last > G_MAXINT64))
    {
      set_error (error, "%s", self->frame.why);
      return FALSE;
    }
  dl->has_next_key = TRUE;
  dl->next_key = last <= G_MAXINT64 ? last : 0;
  return TRUE;
}

static gboolean
decode_sync (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, gboolean cut, GError **error)
{
  Floo__SyncDL *dl;
  guint64 beyond, key;

  if (direction == FLOO_FROM_CLIENT)
    {
      self->frame.sync_ul = unpack (self, direction, &floo__sync_ul__descriptor, payload, error);
      return self->frame.sync_ul != NULL;
    }
  dl = floo_entries_decode (&self->arena, &self->frame, &floo__sync_dl__descriptor, FLOO_MAX_PAGE_METAS, payload, cut, &beyond, error);
  if (dl == NULL || !find_next_key (self, dl, beyond, error))
    return FALSE;
  if (dl->xid != NULL && dl->xid->uid > G_MAXINT64)
    dl->xid = NULL;
  key = dl->next_key;
  dl->next_key = 0;
  if (!floo_fields_check_integers (&dl->base, FALSE, error))
    return FALSE;
  dl->next_key = key;
  self->frame.sync_dl = dl;
  return TRUE;
}

static gboolean
decode_notice (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, gboolean cut, GError **error)
{
  const Floo__XID *xid;

  if (direction == FLOO_FROM_CLIENT)
    {
      set_error (error, "a client sent NOTICE");
      return FALSE;
    }

  /* Either Notice{xid}, or that XID alone, whose field 1 is the integer uid. */
  if (floo_field_wire_type (payload, 1) == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
    {
      const Floo__Notice *notice = unpack (self, direction, &floo__notice__descriptor, payload, error);

      if (notice == NULL)
        return FALSE;
      xid = notice->xid;
    }
  else
    {
      xid = unpack (self, direction, &floo__xid__descriptor, payload, error);
    }
  if (xid == NULL)
    return FALSE;

  self->frame.notice_xid = xid;
  self->frame.notice_uid = (gint64) xid->uid;
  return TRUE;
}

static gboolean
decode_provision (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, gboolean cut, GError **error)
{
  self->frame.provision = unpack (self, direction, &floo__provision__descriptor, payload, error);
  return self->frame.provision != NULL;
}

/* @cut: only SyncDL and UnreadDL: the payload is incomplete */
typedef gboolean (*DecodePayload) (Frame *self, FlooDirection direction, const ProtobufCBinaryData *payload, gboolean cut, GError **error);

static const DecodePayload decode_payload[] = {
  [FLOO__FRAME__COMMAND__UNREAD] = decode_unread,
  [FLOO__FRAME__COMMAND__SYNC] = decode_sync,
  [FLOO__FRAME__COMMAND__NOTICE] = decode_notice,
  [FLOO__FRAME__COMMAND__PROVISION] = decode_provision,
};

/* Whether a command has entries, so that a part of its payload can be used. */
static gboolean
may_be_cut (const Floo__Frame *outer, FlooDirection direction)
{
  return direction == FLOO_FROM_SERVICE
         && (outer->command == FLOO__FRAME__COMMAND__SYNC || outer->command == FLOO__FRAME__COMMAND__UNREAD);
}

/* Unpacks the Frame itself. @payload: (out): points into @data, since a page may be large. @cut: (out): the payload ends early. */
static const Floo__Frame *
decode_outer (Frame *self, const ProtobufCBinaryData *data, ProtobufCBinaryData *payload, gboolean *cut, GError **error)
{
  FlooFieldReader reader = { .at = data->data, .left = data->len };
  g_autoptr (GByteArray) rest = g_byte_array_new ();
  ProtobufCBinaryData others;
  FlooFieldState state;

  *payload = (ProtobufCBinaryData) { 0 };
  do
    {
      state = floo_field_next (&reader);
      if (state != FLOO_FIELD_WHOLE && state != FLOO_FIELD_CUT)
        break;
      if (reader.field == PAYLOAD && reader.wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
        *payload = (ProtobufCBinaryData) { .len = reader.value_len, .data = (uint8_t *) reader.value };
      else
        g_byte_array_append (rest, reader.start, (guint) (reader.at - reader.start));
    }
  while (state == FLOO_FIELD_WHOLE);
  *cut = state == FLOO_FIELD_CUT;
  if (state == FLOO_FIELD_MALFORMED || (*cut && reader.field != PAYLOAD))
    {
      set_error (error, "Frame is malformed");
      return NULL;
    }
  others = (ProtobufCBinaryData) { .len = rest->len, .data = rest->data };
  return floo_fields_unpack (&self->arena, &floo__frame__descriptor, &others, error);
}

static gboolean
check_outer (const Floo__Frame *outer, GError **error)
{
  if (outer->encrypt_method != FLOO__FRAME__ENCRYPT_METHOD__ENCRYPT_NONE)
    set_error (error, "a frame is encrypted (method %d)", (int) outer->encrypt_method);
  else if ((guint) outer->command >= G_N_ELEMENTS (decode_payload))
    set_error (error, "a frame has the unknown command %d", (int) outer->command);
  else if ((guint) outer->compress_method > FLOO__FRAME__COMPRESS_METHOD__ZLIB)
    set_error (error, "a frame has the unknown compress method %d", (int) outer->compress_method);
  else
    return TRUE;
  return FALSE;
}

static gboolean
decode (Frame *self, GBytes *bytes, FlooDirection direction, GError **error)
{
  ProtobufCBinaryData data, payload;
  const Floo__Frame *outer;
  g_autoptr (GByteArray) inflated = NULL;
  gboolean cut;

  data.data = (uint8_t *) g_bytes_get_data (bytes, &data.len);
  if (data.len > FLOO_MAX_FRAME)
    {
      set_error (error, "a frame of %" G_GSIZE_FORMAT " bytes is too large", data.len);
      return FALSE;
    }
  outer = decode_outer (self, &data, &payload, &cut, error);
  if (outer == NULL || !check_outer (outer, error))
    return FALSE;
  if (cut && !may_be_cut (outer, direction))
    {
      set_error (error, "Frame is malformed");
      return FALSE;
    }
  if (outer->compress_method == FLOO__FRAME__COMPRESS_METHOD__ZLIB && payload.len > 0)
    {
      inflated = inflate_payload (&payload, &cut, error);
      if (inflated == NULL)
        return FALSE;
      if (cut && !may_be_cut (outer, direction))
        {
          set_error (error, "a payload inflates to more than %u bytes", FLOO_MAX_INFLATED);
          return FALSE;
        }
      payload = (ProtobufCBinaryData) { .len = inflated->len, .data = inflated->data };
    }

  self->frame.command = outer->command;
  return decode_payload[outer->command](self, direction, &payload, cut, error);
}

FlooFrame *
floo_frame_decode (GBytes *bytes, FlooDirection direction, GError **error)
{
  Frame *self;

  g_return_val_if_fail (bytes != NULL, NULL);

  self = g_new0 (Frame, 1);
  g_atomic_ref_count_init (&self->refs);
  self->direction = direction;
  floo_arena_init (&self->arena, FLOO_MAX_FRAME_MEMORY);
  floo_arena_init (&self->items, FLOO_MAX_ITEM_MEMORY);
  if (!decode (self, bytes, direction, error))
    {
      floo_frame_unref (&self->frame);
      return NULL;
    }
  self->frame.memory = self->arena.held;
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
      floo_arena_clear (&self->items);
      g_free (self);
    }
}

static void
measure (Frame *self)
{
  self->frame.memory = self->arena.held + self->items.held;
}

gconstpointer
floo_frame_unpack (FlooFrame *frame, const ProtobufCMessageDescriptor *descriptor, const ProtobufCBinaryData *payload, GError **error)
{
  Frame *self = (Frame *) frame;
  ProtobufCMessage *message;

  g_return_val_if_fail (frame != NULL && descriptor != NULL && payload != NULL, NULL);

  message = floo_fields_unpack (&self->items, descriptor, payload, error);
  measure (self);
  return message != NULL && floo_fields_check_integers (message, self->direction == FLOO_FROM_CLIENT, error) ? message : NULL;
}

void
floo_frame_release_items (FlooFrame *frame)
{
  Frame *self = (Frame *) frame;

  g_return_if_fail (frame != NULL);
  floo_arena_clear (&self->items);
  measure (self);
}

void
floo_frame_set_history (FlooFrame *frame)
{
  Floo__SyncDL *dl = (Floo__SyncDL *) frame->sync_dl;

  g_return_if_fail (dl != NULL);
  dl->has_is_full_sync = dl->is_full_sync = TRUE;
}

int
floo_frame_status (FlooFrame *frame, const Floo__Status *status, const char **reason)
{
  *reason = status != NULL ? floo_frame_text (frame, status->has_reason, &status->reason) : "";
  if (status == NULL)
    return FLOO__STATUS__ERROR_CODE__OK;
  return status->has_code ? (int) status->code : 0;
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
  /* The arena has put a NUL after it. */
  if (g_utf8_validate_len ((const char *) data->data, data->len, NULL))
    return (const char *) data->data;

  repaired = g_utf8_make_valid ((const char *) data->data, (gssize) data->len);
  len = strlen (repaired);
  text = floo_arena_alloc (&self->items, len);
  measure (self);
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
