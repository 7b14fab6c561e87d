/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * account.h: the account's own values. All functions run inside a job.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

/* Small values of the account, text under a name: "device_guid", "device_sn", "profile", ... */
gboolean floo_values_set (FlooDb *db, const char *key, const char *value, GError **error);   /* NULL value deletes */
/* @value: (out) (transfer full) (nullable) */
gboolean floo_values_get (FlooDb *db, const char *key, char **value, GError **error);

G_END_DECLS
