/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * name.h: owning a name on the bus. Unlike g_bus_unown_name() nothing here waits for the bus.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FlooBusName FlooBusName;

/**
 * FlooBusNameFunc:
 * @error: (nullable): NULL: the name is owned now. Else it is not, or not any more; G_IO_ERROR_EXISTS if another process owns it
 */
typedef void (*FlooBusNameFunc) (const GError *error, gpointer user_data);

/* Requests @name, without queueing for it. @func is called with the result, and again if the name is lost. */
FlooBusName *floo_bus_name_own (GDBusConnection *connection, const char *name, FlooBusNameFunc func, gpointer user_data);

/* Releases the name and frees @self; @func is not called any more. */
void floo_bus_name_release (FlooBusName *self);

G_END_DECLS
