/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bus.h: the daemon's object on the bus: its interfaces, its signals, its changed properties.
 */
#pragma once

#include "session/session.h"

G_BEGIN_DECLS

#define FLOO_TYPE_BUS (floo_bus_get_type ())
G_DECLARE_FINAL_TYPE (FlooBus, floo_bus, FLOO, BUS, GObject)

FlooBus *floo_bus_new (FlooSession *session);

/**
 * floo_bus_export:
 *
 * Exports all interfaces at FLOO_OBJECT_PATH; from now on the session's events go out as signals. Own the name after that. Fails where
 * another object is exported there.
 *
 * Signals are queued on the connection in the order of the events, behind replies that were given before them. They are not flushed one
 * by one: only when FLOO_BUS_FLUSH_BYTES of signals and replies have gathered it is found out, asynchronously, whether they are out; and
 * from FLOO_BUS_CONGESTED_BYTES that are not, the session is told so (floo_session_set_congested()), until the half of it is left.
 */
gboolean floo_bus_export (FlooBus *self, GDBusConnection *connection, GError **error);

/* Takes the object away: no more calls, no more signals. */
void floo_bus_unexport (FlooBus *self);

G_END_DECLS
