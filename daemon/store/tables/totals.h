/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * totals.h: total counts of unread, queued and failed messages. Counted when something changed them, not at each request.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

typedef struct {
  guint unread;           /* messages of conversations that are not muted */
  guint queued, failed;   /* messages in the outbox */
} FlooTotals;

/* In a write job. */
gboolean floo_totals_get (FlooDb *db, FlooTotals *totals, GError **error);
/* Counted changes may have been rolled back. */
void floo_totals_forget (FlooDb *db);

G_END_DECLS
