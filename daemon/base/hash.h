/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.h: a non-cryptographic hash, for uses where a forged collision gains nothing.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_HASH_START G_GUINT64_CONSTANT (0xcbf29ce484222325)

/* FNV-1a. @hash: FLOO_HASH_START, or of the bytes before these */
guint64 floo_hash (guint64 hash, gconstpointer data, gsize size);

G_END_DECLS
