/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * interfaces.h: the interfaces of the daemon as they were described when this program was built.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* All of them, NULL-terminated. */
extern const GDBusInterfaceInfo *const floo_interfaces[];

/* Returns: (transfer none) (nullable): by its name, with or without "im.floo.Daemon1." */
const GDBusInterfaceInfo *floo_find_interface (const char *name);

/**
 * floo_find_method:
 * @name: "Roster.List" or "im.floo.Daemon1.Roster.List"
 * @interface: (out) (optional): where it is
 *
 * Returns: (transfer none) (nullable)
 */
const GDBusMethodInfo *floo_find_method (const char *name, const GDBusInterfaceInfo **interface);

/* Returns: (transfer none) (nullable): a signal of im.floo.Daemon1.Events */
const GDBusSignalInfo *floo_find_event (const char *name);

/* Returns: (transfer full): the types of these arguments as one tuple, "(sx)" */
GVariantType *floo_args_type (GDBusArgInfo **args);

/* How many arguments there are; NULL is none. */
guint floo_n_args (GDBusArgInfo **args);

G_END_DECLS
