/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * hash.h: a number to recognise bytes by, where there is no gain in forging a collision.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_HASH_START G_GUINT64_CONSTANT (0xcbf29ce484222325)

/* FNV-1a. @hash: FLOO_HASH_START, or of the bytes before these */
guint64 floo_hash (guint64 hash, gconstpointer data, gsize size);

G_END_DECLS
