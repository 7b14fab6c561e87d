/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * netwatch.h: changes of the network, suspend and resume.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define FLOO_TYPE_NETWATCH (floo_netwatch_get_type ())
G_DECLARE_FINAL_TYPE (FlooNetwatch, floo_netwatch, FLOO, NETWATCH, GObject)

/*
 * Signals, on the main loop:
 *   "came" ()       there was no network, now there is
 *   "changed" ()    the network is another one; connections may be dead without notice
 *   "woke" ()       the machine has resumed from suspend
 */
/**
 * floo_netwatch_new:
 *
 * Begins to watch GNetworkMonitor and logind (PrepareForSleep on the system bus) without waiting for either; where one is missing
 * its signals are, too. Until the monitor is there the network counts as available.
 *
 * Returns: (transfer full)
 */
FlooNetwatch *floo_netwatch_new (void);

/* Only a hint: machines without a default route still reach themselves and the local network. */
gboolean floo_netwatch_is_available (FlooNetwatch *self);

/* For tests: a watch without sources, and functions that simulate changes. */
FlooNetwatch *floo_netwatch_new_idle (void);
void floo_netwatch_saw_network (FlooNetwatch *self, gboolean available);
void floo_netwatch_saw_sleep (FlooNetwatch *self, gboolean begins);

G_END_DECLS
