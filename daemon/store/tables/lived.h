/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lived.h: the clock by which the store tells how old something is. Private to the store.
 *
 * The machine's clock may jump: forty days ahead for a minute, back, to 1970. What is kept "for N days" is measured by time that was
 * lived through: while the daemon runs by the machine's uptime (sleep included); for the time in between by the machine's clock, but no more
 * than a day for each start. So things are kept a little longer than promised where the daemon is seldom started, and never shorter.
 *
 * It begins with the machine's clock, and is ms like that one; later the two need not agree.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* Takes up the clock where the store was left. On opening, by the writer. */
gboolean floo_lived_load (FlooDb *db, GError **error);
/* In a write job; nothing is written where it was saved lately. */
gboolean floo_lived_save (FlooDb *db, GError **error);
/* ms; writer only */
gint64 floo_lived_now (FlooDb *db);

G_END_DECLS
