/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quarantine.h: a corrupt store is set aside under another name, never deleted. Private to the store.
 *
 * The new file is complete, with what was salvaged, before the old one is moved; its name, store.db.new, says so. A crash at any
 * point leaves a state from which the next start continues.
 */
#pragma once

#include "store/engine/hooks.h"

G_BEGIN_DECLS

/* Whether the store was found damaged while it was in use. */
gboolean floo_quarantine_is_due (const char *folder);
/* Makes a new file with what can be salvaged of the old one, and moves the old one aside. */
gboolean floo_quarantine_run (const FlooTables *tables, const char *folder, gint64 user_id, GError **error);
/* Finishes a replacement that a crash interrupted. @replaced: (out): there was one */
gboolean floo_quarantine_finish (const char *folder, gboolean *replaced, GError **error);

G_END_DECLS
