/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * changes.h: when the store's copies of the service's records changed: an answer to a request from before a change must not undo it.
 * Of the writer's connection, and of this process. All functions run inside a write job.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* What changed: a FlooContactKind, or a FlooList behind them. */
#define FLOO_CHANGES_OF_LIST(list) (2u + (guint) (list))
/* With the id 0: what is pinned. */
#define FLOO_CHANGES_OF_PINS G_MAXUINT
/* With a group's id: what we are there (standing.h). */
#define FLOO_CHANGES_OF_STANDING (G_MAXUINT - 1)

/* A point in time, for floo_changes_since(); on any thread. */
gint64 floo_changes_get_moment (void);
void floo_changes_note (FlooDb *db, guint what, gint64 id);
/* Whether that changed since @moment, as far as is remembered: what is not, may have. */
gboolean floo_changes_since (FlooDb *db, guint what, gint64 id, gint64 moment);

G_END_DECLS
