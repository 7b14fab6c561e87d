/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * changes.h: when the store's copies of the service's records changed: an answer to a request from before a change must not undo it.
 * Kept with the writer's connection, for this process only. All functions run inside a write job.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* What changed: a FlooContactKind, or a FlooList behind them. */
#define FLOO_CHANGES_OF_LIST(list) (2u + (guint) (list))
/* With the id 0: what is pinned. */
#define FLOO_CHANGES_OF_PINS G_MAXUINT
/* With a group's id: our standing there (standing.h). */
#define FLOO_CHANGES_OF_STANDING (G_MAXUINT - 1)

/* A point in time, for floo_changes_since(); on any thread. */
gint64 floo_changes_get_moment (void);
void floo_changes_note (FlooDb *db, guint what, gint64 id);
/* Whether that changed since @moment; TRUE if that is not remembered. */
gboolean floo_changes_since (FlooDb *db, guint what, gint64 id, gint64 moment);

G_END_DECLS
