/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * values.h: the user's own profile, settings and blocked users in the store. Store thread.
 */
#pragma once

#include "base/record.h"
#include "store/engine/store.h"

G_BEGIN_DECLS

#define FLOO_VALUE_PROFILE "profile"
#define FLOO_VALUE_SETTINGS "settings"

/* @values: an a{sv}, whole as the service sent it */
gboolean floo_values_put_record (FlooDb *db, const char *key, GVariant *values, GError **error);
/* Merges fields into the stored record; if there is none, nothing is stored. */
gboolean floo_values_merge_record (FlooDb *db, const char *key, JsonObject *fields, GError **error);
/* The record changed in an unknown way. */
gboolean floo_values_mark_stale (FlooDb *db, const char *key, GError **error);
/* @stale: (out). Returns: (transfer floating): an a{sv}; NULL without an error: there is none */
GVariant *floo_values_get_record (FlooDb *db, const char *key, const FlooRecord *record, gboolean *stale, GError **error);

/**
 * floo_values_expect_password_change:
 *
 * We are about to change the password: its notice, if it arrives within a minute, is ignored and does not end the session.
 */
gboolean floo_values_expect_password_change (FlooDb *db, gboolean expect, GError **error);
/* Whether a notice of a changed password was expected; then no further one is. */
gboolean floo_values_take_password_change (FlooDb *db, gboolean *expected, GError **error);

/* We block somebody, or no longer do: the list and the relation. */
gboolean floo_own_block_user (FlooDb *db, gint64 user, gboolean block, GError **error);

G_END_DECLS
