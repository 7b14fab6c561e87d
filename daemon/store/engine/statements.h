/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * statements.h: the SQL statements by name. Private to the store.
 *
 * They are in .sql files that are compiled in as resources, many in one file: a line "-- name: NAME" begins a statement, which goes on to the
 * next such line. What is before the first one is a comment. All functions may be called on any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * floo_statements_add:
 * @resource: (unowned): of the program; stays
 *
 * Adds the statements of its files. May be called more than once; a duplicate name ends the program.
 */
void floo_statements_add (GResource *resource);

/**
 * floo_statements_find:
 * @size: (out): bytes
 *
 * Returns: (transfer none) (nullable): its text, for the life of the program; it does not end with a 0
 */
const char *floo_statements_find (const char *name, gsize *size);

G_END_DECLS
