/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retention.h: deletes messages beyond the configured age or number. Private to the store.
 *
 * A pass visits the messages from the oldest on, a few hundred per step, once an hour. Unread messages are kept, and the last message of each
 * conversation, which the list shows. Deleted messages are not fetched again: as after a conversation was cleared, nothing counts as missing up
 * to there, and messages that arrive again are dropped.
 *
 * Ages are measured in the service's time, back from the newest message. The store's own clock (lived.h) bounds that one, so that neither a
 * wrong clock nor a message from the future deletes anything.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* A step. @more: (out): there is more to do now. In a write job */
gboolean floo_retention_step (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error);

G_END_DECLS
