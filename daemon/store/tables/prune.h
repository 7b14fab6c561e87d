/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prune.h: deletes old events. Private to the store.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/**
 * floo_prune_step:
 * @retention: how much is kept
 * @more: (out): whether another step has work
 *
 * Deletes a few hundred rows from the journal's front, of the ids of applied notices, of the tokens and of the messages. In a write job.
 */
gboolean floo_prune_step (FlooDb *db, const FlooRetention *retention, gboolean *more, GError **error);

G_END_DECLS
