/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * message-details.h: decodes what the vendor's own clients put into ext and config of a message: calls, streamed answers, styles.
 */
#pragma once

#include "base/message.h"

G_BEGIN_DECLS

/* Adds `call`, `stream` and `style` to a message's `more`, where they apply. */
void floo_message_add_details (GVariantBuilder *more, const FlooMessage *message);

/**
 * floo_message_direct_call:
 *
 * A record of a call may be sent by either side: it is shown as sent by who called. Changes from, to and the flag OUTGOING of such a record
 * where the other one sent it.
 */
void floo_message_direct_call (FlooMessage *message, gint64 self_id);

G_END_DECLS
