/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/byte-order.h"

GVariant *
floo_variant_little_endian (GVariant *value)
{
#if G_BYTE_ORDER == G_BIG_ENDIAN
  GVariant *swapped = g_variant_byteswap (value);

  g_variant_unref (value);
  return swapped;
#else
  return value;
#endif
}

char *
floo_variant_digest (GVariant *value)
{
  g_autoptr (GVariant) little = floo_variant_little_endian (g_variant_ref_sink (value));
  g_autoptr (GBytes) bytes = g_variant_get_data_as_bytes (little);

  return g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, bytes);
}
