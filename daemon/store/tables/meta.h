/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * meta.h: the file's own values. Private to the store.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* @value: (out) (transfer full) (nullable): NULL where there is none */
gboolean floo_meta_get_text (FlooDb *db, const char *key, char **value, GError **error);
gboolean floo_meta_set_text (FlooDb *db, const char *key, const char *value, GError **error);
gboolean floo_meta_set_int (FlooDb *db, const char *key, gint64 value, GError **error);
gboolean floo_meta_has (FlooDb *db, const char *key, gboolean *has, GError **error);

/**
 * floo_meta_load_journal_id:
 * @journal_id: (out) (transfer full)
 *
 * Each file has its own id, so that clients never confuse the serials of two journals. Makes one if there is none.
 */
gboolean floo_meta_load_journal_id (FlooDb *db, char **journal_id, GError **error);

/* When the file was made, ms. */
gboolean floo_meta_get_created (FlooDb *db, gint64 *created, GError **error);

/* A FlooStoreFunc: tests whether there is room by writing @size (a guint) bytes; NULL: removes them again. */
gboolean floo_meta_probe (FlooDb *db, gpointer size, GError **error);

G_END_DECLS
