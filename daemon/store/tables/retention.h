/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * retention.h: messages that are too old or too many go, where the configuration wants it. Private to the store.
 *
 * It goes through the messages from the oldest on, a few hundred a step, once an hour. What is unread stays, and the last message of each
 * conversation, so that the list keeps what it shows. What has gone does not come back: as after a conversation was cleared, up to there
 * nothing is missing, and what comes again is dropped.
 *
 * Ages are told by the service's time: from the newest message on back. The store's own clock (lived.h) bounds that one, so that neither a
 * wrong clock nor one message from the future takes anything away.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* A step. @more: (out): another one has work now. In a write job */
gboolean floo_retention_step (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error);

G_END_DECLS
