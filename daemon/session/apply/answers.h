/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * answers.h: the outbox rows that an answer concerns. Store thread. Private to answers.c and edit-order.c.
 */
#pragma once

#include "session/apply/batch.h"
#include "store/tables/outbox.h"

G_BEGIN_DECLS

/* Returns: (transfer full): FlooOutboxRow of all rows that went out with the frame; NULL with @error */
GPtrArray *floo_answers_get_rows (FlooDb *db, gint64 client_mid, GError **error);

/* @rows: of an accepted frame: one operation, or appends to one message. It takes effect now. @id: 0: not known */
gboolean floo_apply_accepted_operation (FlooApply *apply, GPtrArray *rows, gint64 id, gint64 edit_timestamp, GError **error);

/* ---- edit-order.c ---- */

/* The same for an edit: it takes effect now, or after edits that the service accepted before it. */
gboolean floo_apply_accepted_edit (FlooApply *apply, GPtrArray *rows, gint64 id, gint64 edit_timestamp, GError **error);

G_END_DECLS
