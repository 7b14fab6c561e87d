/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/hash.h"

guint64
floo_hash (guint64 hash, gconstpointer data, gsize size)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < size; i++)
    hash = (hash ^ bytes[i]) * G_GUINT64_CONSTANT (0x100000001b3);
  return hash;
}
