/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * migrate.h: brings a file forward to the present schema. Private to the store.
 */
#pragma once

#include "store/db.h"

G_BEGIN_DECLS

#define FLOO_SCHEMA_VERSION 4

/**
 * floo_migrate_check:
 * @version: (out): the file's schema, 0 for an empty file
 *
 * Whether the file is ours: an unknown application id and a newer schema than FLOO_SCHEMA_VERSION are FLOO_ERROR_STORAGE. Changes nothing.
 */
gboolean floo_migrate_check (FlooDb *db, int *version, GError **error);

/* Runs NNN.sql of every version after @version, each in a transaction of its own. */
gboolean floo_migrate_run (FlooDb *db, int version, GError **error);

G_END_DECLS
