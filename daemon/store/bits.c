/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/bits.h"

/* ---- writing ---- */

/* @n: at most 32 */
static void
put_few (FlooBitWriter *self, guint64 value, guint n)
{
  self->bits = self->bits << n | (value & ((G_GUINT64_CONSTANT (1) << n) - 1));
  self->n += n;
  while (self->n >= 8)
    {
      guint8 byte = (guint8) (self->bits >> (self->n - 8));

      g_byte_array_append (self->bytes, &byte, 1);
      self->n -= 8;
    }
}

void
floo_bits_put (FlooBitWriter *self, guint64 value, guint n)
{
  if (n > 32)
    put_few (self, value >> 32, n - 32);
  put_few (self, value, MIN (n, 32));
}

void
floo_bits_put_unary (FlooBitWriter *self, guint64 value)
{
  for (; value >= 16; value -= 16)
    put_few (self, G_MAXUINT64, 16);
  put_few (self, G_MAXUINT64 << 1, (guint) value + 1);
}

void
floo_bits_put_gamma (FlooBitWriter *self, guint64 value)
{
  guint n = floo_bit_width (value) - 1;

  floo_bits_put_unary (self, n);
  floo_bits_put (self, value, n);
}

void
floo_bits_put_delta (FlooBitWriter *self, guint64 value)
{
  guint n = floo_bit_width (value);

  floo_bits_put_gamma (self, n);
  floo_bits_put (self, value, n - 1);
}

void
floo_bits_put_rice (FlooBitWriter *self, guint64 value, guint k)
{
  floo_bits_put_unary (self, value >> k);
  floo_bits_put (self, value, k);
}

void
floo_bits_end_byte (FlooBitWriter *self)
{
  if (self->n > 0)
    put_few (self, G_MAXUINT64, 8 - self->n);
}

/* ---- reading ---- */

guint64
floo_bits_get (FlooBitReader *self, guint n)
{
  guint64 value = 0;

  if (n > 32)
    {
      value = floo_bits_peek (self) >> 32;
      self->at += 32;
      n -= 32;
    }
  if (n > 0)
    value = value << n | floo_bits_peek (self) >> (64 - n);
  self->at += n;
  return value;
}

guint64
floo_bits_get_unary (FlooBitReader *self)
{
  guint64 value = 0;

  while (!floo_bits_is_over (self))
    {
      guint ones = floo_bits_count_ones (floo_bits_peek (self));

      if (ones < 57)
        {
          self->at += ones + 1;
          return value + ones;
        }
      self->at += 56;
      value += 56;
    }
  return value;
}

guint64
floo_bits_get_long_gamma (FlooBitReader *self)
{
  guint64 unary = floo_bits_get_unary (self);
  guint n = (guint) MIN (unary, 63);

  return G_GUINT64_CONSTANT (1) << n | floo_bits_get (self, n);
}

guint64
floo_bits_get_long_rice (FlooBitReader *self, guint k)
{
  guint64 high = floo_bits_get_unary (self);

  return high << k | floo_bits_get (self, k);
}
