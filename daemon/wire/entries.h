/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * entries.h: payloads of a service that have entries (SyncDL's metas, UnreadDL's conversations), each of which is unpacked separately.
 *
 * Only for wire/.
 */
#pragma once

#include "wire/arena.h"
#include "wire/fields.h"
#include "wire/frame.h"

G_BEGIN_DECLS

/**
 * floo_entries_decode:
 * @frame: gets left_out, why and cut
 * @max: entries; further ones are beyond the bound
 * @cut: the payload is incomplete
 * @beyond: (out) (optional): field 1 of the first entry beyond a bound; 0: not known, or there is none
 *
 * Entries that are malformed, or have ids beyond int64, are ignored. The integers of the other fields must still be checked.
 *
 * Returns: (transfer none): the message, in @arena, or NULL with FLOO_ERROR_PROTOCOL
 */
gpointer floo_entries_decode (FlooArena *arena, FlooFrame *frame, const ProtobufCMessageDescriptor *descriptor, gsize max,
                              const ProtobufCBinaryData *payload, gboolean cut, guint64 *beyond, GError **error);

G_END_DECLS
