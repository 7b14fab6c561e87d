/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * prune.h: what is too old to be kept. Private to the store.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/**
 * floo_prune_step:
 * @days, @events: the journal's bounds, whichever ends first
 * @more: (out): whether another step has work
 *
 * Takes a few hundred rows from the journal's front, of the ids of applied notices and of the tokens. In a write job.
 */
gboolean floo_prune_step (FlooDb *db, guint days, guint events, gboolean *more, GError **error);

G_END_DECLS
