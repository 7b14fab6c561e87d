/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * bits.h: numbers in as few bits as they need, the highest of a byte first. Private to the store.
 *
 * Unary: as many ones as the number says, and a zero. Gamma (1 and above): how many bits follow the highest one in unary, then these. Delta
 * (1 and above): the number of bits in gamma, then those below the highest. Rice with k: what is above k bits in unary, then k bits.
 */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* Bits of @value without leading zeros. */
static inline guint
floo_bit_width (guint64 value)
{
  return value == 0 ? 0 : 64 - (guint) __builtin_clzll (value);
}

/* k for numbers that are about @average. */
static inline guint
floo_rice_parameter (guint64 average)
{
  return average == 0 ? 0 : floo_bit_width (average) - 1;
}

/* Small differences of either sign as small numbers. */
static inline guint64
floo_fold (gint64 value)
{
  return ((guint64) value << 1) ^ (guint64) (value >> 63);
}

static inline gint64
floo_unfold (guint64 value)
{
  return (gint64) (value >> 1) ^ -(gint64) (value & 1);
}

typedef struct {
  GByteArray *bytes;  /* borrowed */
  guint64 bits;       /* not in bytes yet: the lowest n of it */
  guint n;
} FlooBitWriter;

/* @n: at most 64; the lowest bits of @value */
void floo_bits_put (FlooBitWriter *self, guint64 value, guint n);
void floo_bits_put_unary (FlooBitWriter *self, guint64 value);
void floo_bits_put_gamma (FlooBitWriter *self, guint64 value);
void floo_bits_put_delta (FlooBitWriter *self, guint64 value);
void floo_bits_put_rice (FlooBitWriter *self, guint64 value, guint k);
/* Fills the last byte with ones. */
void floo_bits_end_byte (FlooBitWriter *self);

/* What is read behind the end is ones; from then on at is above end. */
typedef struct {
  const guint8 *data;
  gsize at, end;      /* bits */
} FlooBitReader;

static inline gboolean
floo_bits_is_over (const FlooBitReader *self)
{
  return self->at > self->end;
}

/* At least the next 57 bits, in the highest ones. */
static inline guint64
floo_bits_peek (const FlooBitReader *self)
{
  gsize byte = self->at >> 3, size = self->end >> 3;
  guint64 bits = G_MAXUINT64;

  if (byte + sizeof bits <= size)
    memcpy (&bits, self->data + byte, sizeof bits);
  else if (byte < size)
    memcpy (&bits, self->data + byte, size - byte);
  return GUINT64_FROM_BE (bits) << (self->at & 7);
}

/* Ones that @bits begins with. */
static inline guint
floo_bits_count_ones (guint64 bits)
{
  return bits == G_MAXUINT64 ? 64 : (guint) __builtin_clzll (~bits);
}

/* @n of the bits behind those that @from counts, of @bits. */
static inline guint64
floo_bits_extract (guint64 bits, guint from, guint n)
{
  return n == 0 ? 0 : bits << from >> (64 - n);
}

guint64 floo_bits_get (FlooBitReader *self, guint n);
/* At the end the number is no more than there were bits. */
guint64 floo_bits_get_unary (FlooBitReader *self);
/* For those that floo_bits_peek() has not whole. */
guint64 floo_bits_get_long_gamma (FlooBitReader *self);
guint64 floo_bits_get_long_rice (FlooBitReader *self, guint k);

static inline guint64
floo_bits_get_gamma (FlooBitReader *self)
{
  guint64 bits = floo_bits_peek (self);
  guint n = floo_bits_count_ones (bits);

  if (2 * n + 1 > 57)
    return floo_bits_get_long_gamma (self);
  self->at += 2 * n + 1;
  return G_GUINT64_CONSTANT (1) << n | floo_bits_extract (bits, n + 1, n);
}

static inline guint64
floo_bits_get_delta (FlooBitReader *self)
{
  guint64 width = floo_bits_get_gamma (self);
  guint n = (guint) MIN (width, 64) - 1;

  return n == 0 ? 1 : G_GUINT64_CONSTANT (1) << n | floo_bits_get (self, n);
}

static inline guint64
floo_bits_get_rice (FlooBitReader *self, guint k)
{
  guint64 bits = floo_bits_peek (self);
  guint n = floo_bits_count_ones (bits);

  if (n + 1 + k > 57)
    return floo_bits_get_long_rice (self, k);
  self->at += n + 1 + k;
  return (guint64) n << k | floo_bits_extract (bits, n + 1, k);
}

G_END_DECLS
