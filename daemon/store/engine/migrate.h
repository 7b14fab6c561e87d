/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * migrate.h: brings a file forward to the present schema. Private to the store.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/**
 * floo_migrate_check:
 * @known: the newest schema that this program knows
 * @version: (out): the file's schema, 0 for an empty file
 *
 * Whether the file is ours: an unknown application id and a newer schema than @known are FLOO_ERROR_STORAGE. Changes nothing.
 */
gboolean floo_migrate_check (FlooDb *db, int known, int *version, GError **error);

/* @prefix: the folder of NNN.sql among the resources. Runs @prefix/NNN.sql of every version after @from up to @to, each in a transaction of its own. */
gboolean floo_migrate_run (FlooDb *db, const char *prefix, int from, int to, GError **error);

G_END_DECLS
