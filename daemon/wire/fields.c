/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/fields.h"

#include "base/error.h"

static gboolean
read_varint (FlooFieldReader *reader, guint64 *out)
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

FlooFieldState
floo_field_next (FlooFieldReader *reader)
{
  guint64 tag, skip = 0;

  if (reader->left == 0)
    return FLOO_FIELD_END;
  reader->start = reader->at;
  if (!read_varint (reader, &tag))
    return FLOO_FIELD_MALFORMED;
  reader->field = tag >> 3;
  reader->wire_type = tag & 7;
  switch (reader->wire_type)
    {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
      return read_varint (reader, &reader->number) ? FLOO_FIELD_WHOLE : FLOO_FIELD_MALFORMED;
    case PROTOBUF_C_WIRE_TYPE_64BIT:
      skip = 8;
      break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
      if (!read_varint (reader, &skip))
        return FLOO_FIELD_MALFORMED;
      break;
    case PROTOBUF_C_WIRE_TYPE_32BIT:
      skip = 4;
      break;
    default:
      return FLOO_FIELD_MALFORMED;
    }

  reader->value = reader->at;
  reader->value_len = (gsize) MIN (skip, reader->left);
  reader->at += reader->value_len;
  reader->left -= reader->value_len;
  if (reader->value_len == skip)
    return FLOO_FIELD_WHOLE;
  return reader->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED ? FLOO_FIELD_CUT : FLOO_FIELD_MALFORMED;
}

guint64
floo_field_peek (const guint8 *data, gsize len, guint field)
{
  FlooFieldReader reader = { .at = data, .left = len };

  while (floo_field_next (&reader) == FLOO_FIELD_WHOLE)
    if (reader.field == field && reader.wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
      return reader.number;
  return 0;
}

int
floo_field_wire_type (const ProtobufCBinaryData *data, guint field)
{
  FlooFieldReader reader = { .at = data->data, .left = data->len };

  while (floo_field_next (&reader) == FLOO_FIELD_WHOLE)
    if (reader.field == field)
      return (int) reader.wire_type;
  return -1;
}

/* ---- unpacking ---- */

gpointer
floo_fields_unpack (FlooArena *arena, const ProtobufCMessageDescriptor *descriptor, const ProtobufCBinaryData *data, GError **error)
{
  ProtobufCMessage *message;

  arena->exhausted = FALSE;
  message = protobuf_c_message_unpack (descriptor, &arena->allocator, data->len, data->data);
  if (message != NULL)
    return message;
  if (arena->exhausted)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s needs more than %" G_GSIZE_FORMAT " bytes", descriptor->short_name, arena->budget);
  else
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s is malformed", descriptor->short_name);
  return NULL;
}

/* Whether a message can be used without the value of this field. */
static gboolean
is_dispensable (const char *name)
{
  static const char *const names[] = { "timestamp", "edit_timestamp", "server_time", "last_login_time", "server_mid", "prev_mid", NULL };

  return g_strv_contains (names, name);
}

gboolean
floo_fields_check_integers (ProtobufCMessage *message, gboolean strict, GError **error)
{
  const ProtobufCMessageDescriptor *descriptor = message->descriptor;

  for (guint i = 0; i < descriptor->n_fields; i++)
    {
      const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
      gpointer values = G_STRUCT_MEMBER_P (message, field->offset);
      gsize n = 1;

      if (field->label == PROTOBUF_C_LABEL_REPEATED)
        {
          n = G_STRUCT_MEMBER (gsize, message, field->quantifier_offset);
          values = *(gpointer *) values;
        }

      for (gsize j = 0; field->type == PROTOBUF_C_TYPE_UINT64 && j < n; j++)
        {
          guint64 *value = (guint64 *) values + j;

          if (*value <= G_MAXINT64)
            continue;
          if (strict || !is_dispensable (field->name))
            {
              g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s.%s is beyond int64", descriptor->short_name, field->name);
              return FALSE;
            }
          *value = 0;
        }

      for (gsize j = 0; field->type == PROTOBUF_C_TYPE_MESSAGE && j < n; j++)
        {
          ProtobufCMessage *child = ((ProtobufCMessage **) values)[j];

          if (child != NULL && !floo_fields_check_integers (child, strict, error))
            return FALSE;
        }
    }
  return TRUE;
}
