/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * byte-order.h: what is stored is little-endian on every machine, so that a store can move to another one.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @value: (transfer full): with the bytes of this machine, or little-endian. Returns: (transfer full): with those of the other kind */
GVariant *floo_variant_little_endian (GVariant *value);

/* @value: taken if it is floating. Returns: (transfer full): the SHA-256 of its little-endian bytes, in hexadecimal digits */
char *floo_variant_digest (GVariant *value);

G_END_DECLS
