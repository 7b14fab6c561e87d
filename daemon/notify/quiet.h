/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * quiet.h: what the user's settings say about notifications: quiet hours, sound, texts.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct FlooQuiet FlooQuiet;

/* @changed: called when settings that were asked for came, or could not be had */
FlooQuiet *floo_quiet_new (GDBusConnection *connection, const char *bus_name, void (*changed) (gpointer user_data), gpointer user_data);
void floo_quiet_free (FlooQuiet *quiet);

/* TRUE: the settings are known, or cannot be had now. FALSE: they are asked for. */
gboolean floo_quiet_refresh (FlooQuiet *quiet);
/* They may have changed. */
void floo_quiet_expire (FlooQuiet *quiet);

/* Nothing is shown now. */
gboolean floo_quiet_is_quiet (FlooQuiet *quiet);
/* What is shown makes no sound now. */
gboolean floo_quiet_is_silent (FlooQuiet *quiet);
gboolean floo_quiet_hides_text (FlooQuiet *quiet);

G_END_DECLS
