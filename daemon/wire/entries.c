/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire/entries.h"

#include <string.h>

#include "base/error.h"
#include "base/names.h"

/* The field that has the entries, in SyncDL as in UnreadDL. */
#define ENTRIES 2

typedef struct {
  FlooArena *arena;
  FlooFrame *frame;
  const ProtobufCMessageDescriptor *descriptor;
  const ProtobufCFieldDescriptor *field;
  gsize max;
  GPtrArray *entries;
  GByteArray *rest;             /* the bytes of all other fields */
  guint64 beyond;               /* field 1 of the first entry beyond a bound */
} Entries;

/* The first cause is kept. @error: (transfer full) */
static void
note_why (Entries *self, GError *error)
{
  gsize len = strlen (error->message);
  char *text = self->frame->why == NULL ? floo_arena_alloc (self->arena, len) : NULL;

  if (text != NULL)
    self->frame->why = memcpy (text, error->message, len);
  else if (self->frame->why == NULL)
    self->frame->why = "it is too large";
  g_error_free (error);
}

/* @error: (transfer full) */
static void
leave_out (Entries *self, GError *error)
{
  if (self->frame->left_out++ == 0)
    self->frame->left_out_from = self->entries->len;
  self->frame->left_out_to = self->entries->len;
  note_why (self, error);
}

static void
cut_at (Entries *self, const FlooFieldReader *reader, const char *what)
{
  if (self->frame->cut)
    return;
  self->frame->cut = TRUE;
  note_why (self, g_error_new (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s %s", self->descriptor->short_name, what));
  self->beyond = floo_field_peek (reader->value, reader->value_len, 1);
}

static void
take_entry (Entries *self, const FlooFieldReader *reader)
{
  const ProtobufCMessageDescriptor *descriptor = self->field->descriptor;
  ProtobufCBinaryData data = { .len = reader->value_len, .data = (uint8_t *) reader->value };
  GError *error = NULL;
  gpointer entry = NULL;

  if (self->frame->cut)
    return;
  /* An empty Meta is two bytes on the wire and a hundred in memory. */
  if (self->entries->len >= self->max)
    {
      cut_at (self, reader, "has too many entries");
      return;
    }
  if (reader->wire_type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
    g_set_error (&error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s is malformed", descriptor->short_name);
  else
    entry = floo_fields_unpack (self->arena, descriptor, &data, &error);
  if (entry != NULL && floo_fields_check_integers (entry, FALSE, &error))
    g_ptr_array_add (self->entries, entry);
  else if (entry == NULL && reader->wire_type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED && self->arena->exhausted)
    {
      g_clear_error (&error);
      cut_at (self, reader, "needs too much memory");
    }
  else
    leave_out (self, error);
}

/* If the other fields cannot be unpacked together, those are used that can be unpacked separately. */
static gpointer
unpack_rest (Entries *self, GError **error)
{
  ProtobufCBinaryData data = { .len = self->rest->len, .data = self->rest->data };
  FlooFieldReader reader = { .at = data.data, .left = data.len };
  g_autoptr (GByteArray) good = NULL;
  GError *first = NULL;
  gpointer message = floo_fields_unpack (self->arena, self->descriptor, &data, &first);

  if (message != NULL)
    return message;
  if (self->arena->exhausted)
    {
      g_propagate_error (error, first);
      return NULL;
    }
  note_why (self, first);
  good = g_byte_array_new ();
  while (floo_field_next (&reader) == FLOO_FIELD_WHOLE)
    {
      ProtobufCBinaryData one = { .len = (gsize) (reader.at - reader.start), .data = (uint8_t *) reader.start };
      FlooArena arena;

      floo_arena_init (&arena, FLOO_MAX_FRAME_MEMORY);
      if (floo_fields_unpack (&arena, self->descriptor, &one, NULL) != NULL)
        g_byte_array_append (good, one.data, (guint) one.len);
      floo_arena_clear (&arena);
    }
  data = (ProtobufCBinaryData) { .len = good->len, .data = good->data };
  return floo_fields_unpack (self->arena, self->descriptor, &data, error);
}

static gboolean
read_entries (Entries *self, const ProtobufCBinaryData *payload, gboolean cut, GError **error)
{
  FlooFieldReader reader = { .at = payload->data, .left = payload->len };
  FlooFieldState state;

  while ((state = floo_field_next (&reader)) == FLOO_FIELD_WHOLE)
    if (reader.field == ENTRIES)
      take_entry (self, &reader);
    else
      g_byte_array_append (self->rest, reader.start, (guint) (reader.at - reader.start));
  if (cut)
    {
      if (state != FLOO_FIELD_CUT || reader.field != ENTRIES)
        reader.value_len = 0;
      cut_at (self, &reader, "is too large");
      if (self->entries->len > 0 || self->beyond != 0)
        return TRUE;
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s is too large, or malformed", self->descriptor->short_name);
      return FALSE;
    }
  if (state == FLOO_FIELD_END)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s is malformed", self->descriptor->short_name);
  /* Nothing of it can be used. */
  if (self->entries->len == 0 && self->rest->len == 0 && self->frame->left_out == 0)
    return FALSE;
  leave_out (self, g_steal_pointer (error));
  return TRUE;
}

static gpointer
unpack_entries (Entries *self, const ProtobufCBinaryData *payload, gboolean cut, GError **error)
{
  g_autoptr (GError) malformed = NULL;
  const gsize budget = self->arena->budget;
  ProtobufCMessage *message;
  gpointer *array;
  gboolean ok;

  /* Reserves memory for the message that has the entries. */
  self->arena->budget = budget / 4 * 3;
  ok = read_entries (self, payload, cut, &malformed);
  self->arena->budget = budget;
  if (!ok)
    {
      g_propagate_error (error, g_steal_pointer (&malformed));
      return NULL;
    }
  message = unpack_rest (self, error);
  if (message == NULL)
    return NULL;
  array = floo_arena_alloc (self->arena, self->entries->len * sizeof (gpointer));
  if (array == NULL)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s needs too much memory", self->descriptor->short_name);
      return NULL;
    }
  if (self->entries->len > 0)
    memcpy (array, self->entries->pdata, self->entries->len * sizeof (gpointer));
  G_STRUCT_MEMBER (gsize, message, self->field->quantifier_offset) = self->entries->len;
  G_STRUCT_MEMBER (gpointer *, message, self->field->offset) = array;
  return message;
}

gpointer
floo_entries_decode (FlooArena *arena, FlooFrame *frame, const ProtobufCMessageDescriptor *descriptor, gsize max,
                     const ProtobufCBinaryData *payload, gboolean cut, guint64 *beyond, GError **error)
{
  Entries self = { .arena = arena, .frame = frame, .descriptor = descriptor, .max = max };
  gpointer message;

  self.field = protobuf_c_message_descriptor_get_field (descriptor, ENTRIES);
  self.entries = g_ptr_array_new ();
  self.rest = g_byte_array_new ();
  message = unpack_entries (&self, payload, cut, error);
  if (beyond != NULL)
    *beyond = self.beyond;
  g_ptr_array_unref (self.entries);
  g_byte_array_unref (self.rest);
  return message;
}
