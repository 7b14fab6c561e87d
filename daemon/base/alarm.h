/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * alarm.h: a timer that keeps counting while the machine is suspended, unlike that of g_timeout_add().
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Calls @func once, on the default main context, @ms from now; right after resume where that time passed during suspend.
 * Returns: a source id. What @func returns is ignored. */
guint floo_alarm_add (gint64 ms, GSourceFunc func, gpointer data);

G_END_DECLS
