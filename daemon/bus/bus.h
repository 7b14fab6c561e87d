/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bus.h: the daemon's object on the bus: its interfaces, signals and properties.
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
 * Exports all interfaces at FLOO_OBJECT_PATH; from now on the session's events are emitted as signals. Own the name after that. Fails where
 * another object is exported there.
 *
 * Signals are queued on the connection in the order of the events, after earlier replies. They are not flushed one by one: after
 * FLOO_BUS_FLUSH_BYTES of signals and replies the connection is flushed asynchronously; while more than FLOO_BUS_CONGESTED_BYTES are not
 * flushed, and until half of that is left, the session is congested (floo_session_set_congested()).
 */
gboolean floo_bus_export (FlooBus *self, GDBusConnection *connection, GError **error);

/* Unexports the object: no more calls, no more signals. */
void floo_bus_unexport (FlooBus *self);

G_END_DECLS
