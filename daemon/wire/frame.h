/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * frame.h: the Frame of the xsync protocol, bytes <-> structs.
 *
 * Pure: no I/O, no clock, no state between calls. Every input is hostile; what
 * one frame may cost is bounded by FLOO_MAX_FRAME, FLOO_MAX_INFLATED,
 * FLOO_MAX_FRAME_MEMORY, FLOO_MAX_ITEM_MEMORY and FLOO_MAX_PAGE_METAS.
 *
 * A service's frame is decoded entry by entry: a malformed one is ignored, and a page that exceeds a bound is cut there. A client's frame is
 * accepted as a whole or refused.
 *
 * In daemon/wire/floo.proto every text field is declared `bytes`: the bytes on
 * the wire are the same, but a text keeps its length, so that a NUL or invalid
 * UTF-8 inside is seen and repaired instead of silently cut.
 */
#pragma once

#include <gio/gio.h>

#include "floo.pb-c.h"

G_BEGIN_DECLS

/* Who the bytes came from: decides what a command's payload is. */
typedef enum {
  FLOO_FROM_SERVICE,    /* UnreadDL, SyncDL, Notice or a bare XID, Provision */
  FLOO_FROM_CLIENT      /* nothing, SyncUL, -, Provision */
} FlooDirection;

/**
 * FlooFrame:
 *
 * A decoded frame. All it points to is in one arena that is freed with the last
 * reference; only one thread may use a frame at a time (unpacking a payload
 * allocates in the arena).
 */
typedef struct {
  Floo__Frame__Command command;
  /* The one that the command and direction name is set, the others are NULL. A payload that is
   * absent where one is due (UnreadDL, SyncDL, SyncUL) is an empty struct. */
  const Floo__UnreadDL *unread_dl;
  const Floo__SyncDL *sync_dl;
  const Floo__SyncUL *sync_ul;
  const Floo__Provision *provision;
  gint64 notice_uid;    /* NOTICE: the conversation, 0 the system's */
  const Floo__XID *notice_xid; /* NOTICE: likewise, as it was written */
  gsize memory;         /* bytes that the frame holds now */
  guint left_out;       /* metas, or conversations of UnreadDL, that are malformed and were ignored */
  gsize left_out_from, left_out_to; /* indices of the remaining entries after the first and the last ignored one */
  const char *why;      /* the error of the first ignored one, or the bound that cut the page; NULL: none */
  gboolean cut;         /* SyncDL: the page exceeds a bound and ends early. Its next_key is the id of its last meta, or of the first
                         * one beyond the bound where that is the only one */
} FlooFrame;

/**
 * floo_frame_decode:
 * @bytes: the encoded Frame, without Engine.IO's leading byte
 *
 * Inflates and unpacks a frame. In a service's frame a meta whose ids are beyond int64 is ignored, such a time is 0, and a page that exceeds a
 * bound is cut. A frame that cannot be used at all is an error; in a client's frame each of these is.
 *
 * Returns: (transfer full): a frame, or NULL with FLOO_ERROR_PROTOCOL (names what is wrong)
 */
FlooFrame *floo_frame_decode (GBytes *bytes, FlooDirection direction, GError **error);
FlooFrame *floo_frame_ref (FlooFrame *frame);
void floo_frame_unref (FlooFrame *frame);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooFrame, floo_frame_unref)

/**
 * floo_frame_unpack:
 * @descriptor: of the payload's message, floo__message_body__descriptor, say
 * @payload: bytes inside @frame (Meta.payload)
 *
 * Unpacks a nested payload, on a budget of its own (FLOO_MAX_ITEM_MEMORY). A time beyond int64 is 0.
 *
 * Returns: (transfer none): the struct (lives until floo_frame_release_items()), or NULL with FLOO_ERROR_PROTOCOL
 */
gconstpointer floo_frame_unpack (FlooFrame *frame, const ProtobufCMessageDescriptor *descriptor,
                                 const ProtobufCBinaryData *payload, GError **error);

/* Frees the results of floo_frame_unpack() and floo_frame_text(). */
void floo_frame_release_items (FlooFrame *frame);

/* Marks a page as history that is not marked so itself (a cut one, or a refusal). */
void floo_frame_set_history (FlooFrame *frame);

/**
 * floo_frame_text:
 * @has: whether the field is there
 * @data: a text field
 *
 * Returns: (transfer none): the text as valid UTF-8 without NUL (what is invalid becomes U+FFFD, as
 * does a NUL), which lives until floo_frame_release_items(); "" where @has is FALSE.
 */
const char *floo_frame_text (FlooFrame *frame, gboolean has, const ProtobufCBinaryData *data);

/**
 * floo_frame_status:
 * @status: (nullable): of an answer in @frame; NULL is OK
 * @reason: (out): as of floo_frame_text()
 *
 * Returns: Status.ErrorCode, also one that is not known
 */
int floo_frame_status (FlooFrame *frame, const Floo__Status *status, const char **reason);

/* A text for encoding: points into @text, which must outlive the struct. */
static inline ProtobufCBinaryData
floo_wire_text (const char *text)
{
  return (ProtobufCBinaryData) { .len = strlen (text), .data = (uint8_t *) text };
}

/**
 * floo_frame_encode:
 * @payload: (nullable): the command's payload; NULL leaves the field out (UNREAD)
 *
 * Encodes as the SDK does: vsn 0, compress_method NONE, both written, then command and payload; no encryption, no check sum.
 * UNREAD is exactly 08 00 10 00 18 00.
 *
 * Returns: (transfer full): the bytes of the Frame
 */
GBytes *floo_frame_encode (Floo__Frame__Command command, const ProtobufCMessage *payload);

/* As floo_frame_encode(), with the payload compressed (compress_method ZLIB). Only a service does this. */
GBytes *floo_frame_encode_deflated (Floo__Frame__Command command, const ProtobufCMessage *payload);

/* Names as in the proto ("USER_BANNED", "ROSTER_NOTICE"); "UNKNOWN" where the value has none.
 * @descriptor: floo__status__error_code__descriptor, ... */
const char *floo_wire_enum_name (const ProtobufCEnumDescriptor *descriptor, int value);

G_END_DECLS
