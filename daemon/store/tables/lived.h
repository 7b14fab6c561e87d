/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lived.h: the clock by which the store measures ages. Private to the store.
 *
 * The machine's clock may jump: forty days ahead for a minute, back, to 1970. So ages are measured in elapsed time: while the daemon runs by
 * the machine's uptime (including suspend); between two runs by the machine's clock, but at most a day for each start. So data is kept longer
 * than configured if the daemon is seldom started, and never shorter.
 *
 * It begins with the machine's clock, in ms; later the two may differ.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Continues the clock from its saved value. On opening, by the writer. */
gboolean floo_lived_load (FlooDb *db, GError **error);
/* In a write job; writes nothing if it was saved recently. */
gboolean floo_lived_save (FlooDb *db, GError **error);
/* ms; writer only */
gint64 floo_lived_now (FlooDb *db);

G_END_DECLS
