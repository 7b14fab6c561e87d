/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * fields.h: the bare wire format of protobuf, field by field, and the check of unpacked integers.
 *
 * Only for wire/. protobuf-c does the unpacking, but accepts only complete messages, so some fields are read here before.
 */
#pragma once

#include <gio/gio.h>
#include <protobuf-c/protobuf-c.h>

#include "wire/arena.h"

G_BEGIN_DECLS

typedef enum {
  FLOO_FIELD_WHOLE,     /* field, wire_type, start, value and value_len are set */
  FLOO_FIELD_CUT,       /* a length-delimited field is longer than what is left: value has as much as there is */
  FLOO_FIELD_END,
  FLOO_FIELD_MALFORMED
} FlooFieldState;

/* Set @at and @left; then call floo_field_next() while it returns WHOLE. */
typedef struct {
  const guint8 *at;
  gsize left;

  guint64 field;
  guint wire_type;
  const guint8 *start;  /* of the field, with its tag */
  const guint8 *value;  /* length-delimited fields: the content */
  gsize value_len;
  guint64 number;       /* varints */
} FlooFieldReader;

FlooFieldState floo_field_next (FlooFieldReader *reader);

/* The first varint @field among @data's fields; 0 where it does not occur. A malformed field ends the search. */
guint64 floo_field_peek (const guint8 *data, gsize len, guint field);
/* The wire type of @field's first occurrence, -1 where it does not occur. */
int floo_field_wire_type (const ProtobufCBinaryData *data, guint field);

/**
 * floo_fields_unpack:
 *
 * Returns: (transfer none): the struct, in the arena, or NULL with FLOO_ERROR_PROTOCOL; arena->exhausted tells whether it was too large
 */
gpointer floo_fields_unpack (FlooArena *arena, const ProtobufCMessageDescriptor *descriptor, const ProtobufCBinaryData *data, GError **error);

/**
 * floo_fields_check_integers:
 * @strict: FALSE: values that are not essential, such as times, become 0
 *
 * Every uint64 of the protocol is an id, a key or a time, and int64 to us.
 *
 * Returns: FALSE with FLOO_ERROR_PROTOCOL where one is beyond int64
 */
gboolean floo_fields_check_integers (ProtobufCMessage *message, gboolean strict, GError **error);

G_END_DECLS
