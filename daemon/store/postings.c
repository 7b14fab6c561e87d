/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postings.h"

#include <string.h>

#include "store/terms.h"

/*
 * A page is a string of bits, the highest of a byte first. A list in it is
 *
 *   the distance to the key before it in Rice's code: the part above k bits as so many ones and a zero, then k bits; 2^k is about the
 *               average of those before
 *   the number of places in Elias' gamma code: as many ones as it has bits below its highest, a zero, these bits
 *   one place:  the number, in as many bits as the chunk's highest place has
 *   few places: the first place, then what lies between each two, in Rice's code with 2^k about the average
 *   many:       from the next byte on a bitmap of the chunk
 *
 * Ones fill up the last byte: no list begins like that.
 */

/* A bitmap from one place in so many on. */
#define BITMAP_FROM 5
#define MAX_KEY ((1u << FLOO_KEY_BITS) - 1)

static guint
width (guint32 value)
{
  return value == 0 ? 0 : 32 - (guint) __builtin_clz (value);
}

static guint
rice_parameter (guint n, guint n_docs)
{
  return width (n_docs / n) - 1;
}

static gboolean
is_bitmap (guint n, guint n_docs)
{
  return n > 1 && n > n_docs / BITMAP_FROM;
}

/* What the average distance of keys is taken for at first, times 16: a message has some ten keys that others of its chunk have not. */
static guint32
first_average (guint n_docs)
{
  return 16 * ((MAX_KEY + 1) / (8 * n_docs));
}

/* Both sides follow the distances of keys alike. */
static guint
key_parameter (guint32 average)
{
  return MIN (width (MAX (average / 16, 1)) - 1, 20);
}

static guint32
next_average (guint32 average, guint32 distance)
{
  return average - average / 16 + MIN (distance, 1u << 24);
}

/* ---- writing ---- */

/* At most 32 of them. */
static void
put_bits (FlooPage *self, guint32 value, guint n)
{
  self->bits = self->bits << n | value;
  self->n_bits += n;
  while (self->n_bits >= 8)
    {
      guint8 byte = (guint8) (self->bits >> (self->n_bits - 8));

      g_byte_array_append (self->bytes, &byte, 1);
      self->n_bits -= 8;
    }
}

static void
put_unary (FlooPage *self, guint32 value)
{
  for (; value >= 16; value -= 16)
    put_bits (self, 0xffff, 16);
  put_bits (self, (1u << (value + 1)) - 2, value + 1);
}

static void
put_low_bits (FlooPage *self, guint32 value, guint n)
{
  if (n > 0)
    put_bits (self, value & ((1u << n) - 1), n);
}

/* @value: 1 or more */
static void
put_gamma (FlooPage *self, guint32 value)
{
  guint n = width (value) - 1;

  put_unary (self, n);
  put_low_bits (self, value, n);
}

static void
fill_byte (FlooPage *self)
{
  if (self->n_bits > 0)
    put_low_bits (self, G_MAXUINT32, 8 - self->n_bits);
}

static void
put_bitmap (FlooPage *self, const guint32 *places, guint n)
{
  guint size = FLOO_BITMAP_BYTES (self->n_docs);
  guint start;

  fill_byte (self);
  start = self->bytes->len;
  g_byte_array_set_size (self->bytes, start + size);
  memset (self->bytes->data + start, 0, size);
  for (guint i = 0; i < n; i++)
    floo_bitmap_add (self->bytes->data + start, places[i]);
}

static void
put_distances (FlooPage *self, const guint32 *places, guint n)
{
  guint k = rice_parameter (n, self->n_docs);
  guint32 next = 0;

  for (guint i = 0; i < n; i++)
    {
      put_unary (self, (places[i] - next) >> k);
      put_low_bits (self, places[i] - next, k);
      next = places[i] + 1;
    }
}

void
floo_page_begin (FlooPage *self, GByteArray *bytes, guint32 first, guint n_docs)
{
  *self = (FlooPage){ .bytes = bytes, .last = first, .n_docs = n_docs, .average = first_average (n_docs) };
}

void
floo_page_add (FlooPage *self, guint32 key, const guint32 *places, guint n)
{
  guint k = key_parameter (self->average);
  guint32 distance = key - self->last;

  put_unary (self, distance >> k);
  put_low_bits (self, distance, k);
  self->average = next_average (self->average, distance);
  self->last = key;
  put_gamma (self, n);
  if (n == 1)
    put_low_bits (self, places[0], width (self->n_docs - 1));
  else if (is_bitmap (n, self->n_docs))
    put_bitmap (self, places, n);
  else
    put_distances (self, places, n);
}

void
floo_page_end (FlooPage *self)
{
  fill_byte (self);
}

/* ---- reading ---- */

/* At least the next 57 bits, highest first; ones behind the end. */
static guint64
peek (const FlooPostings *self)
{
  gsize byte = self->at >> 3, size = self->end >> 3;
  guint64 bits = G_MAXUINT64;

  if (byte >= size)
    return bits;
  memcpy (&bits, self->data + byte, MIN (sizeof bits, size - byte));
  bits = GUINT64_FROM_BE (bits);
  return bits << (self->at & 7);
}

static guint32
get_bits (FlooPostings *self, guint n)
{
  guint64 bits = peek (self);

  self->at += n;
  return n == 0 ? 0 : (guint32) (bits >> (64 - n));
}

/* FALSE at the end, or where it is more than @most. */
static gboolean
get_unary (FlooPostings *self, guint32 most, guint32 *value)
{
  guint64 ones = 0;

  for (;;)
    {
      guint64 zeros = ~peek (self) >> 8 << 8; /* of 56 bits that are surely there */
      guint n = zeros == 0 ? 56 : (guint) __builtin_clzll (zeros);

      ones += n;
      self->at += n;
      if (ones > most || self->at >= self->end)
        return FALSE;
      if (n < 56)
        break;
    }
  self->at++;
  *value = (guint32) ones;
  return TRUE;
}

static gboolean
get_gamma (FlooPostings *self, guint32 *value)
{
  guint32 n;

  if (!get_unary (self, 31, &n))
    return FALSE;
  *value = 1u << n | get_bits (self, n);
  return TRUE;
}

/* Reads the next place of a list of distances. @next: (inout): the lowest that it can be */
static gboolean
get_place (FlooPostings *self, guint k, guint32 *next, guint32 *place)
{
  guint32 high;

  if (!get_unary (self, self->n_docs >> k, &high))
    return FALSE;
  *place = *next + (high << k | get_bits (self, k));
  *next = *place + 1;
  return *place < self->n_docs;
}

/* How far the places of a list have been read. */
typedef struct {
  guint i;
  guint32 next;
} PlaceIter;

static gboolean
iter_next (PlaceIter *iter, FlooPostings *self, guint k, guint32 *place)
{
  if (iter->i++ == self->n)
    return FALSE;
  if (self->n == 1)
    *place = get_bits (self, width (self->n_docs - 1));
  else if (!get_place (self, k, &iter->next, place))
    self->damaged = TRUE;
  self->damaged = self->damaged || *place >= self->n_docs || self->at > self->end;
  return !self->damaged;
}

/* Returns: (nullable): the bitmap that the present list is; it is passed over */
static const guint8 *
take_bitmap (FlooPostings *self)
{
  gsize start = (self->at + 7) & ~(gsize) 7;

  self->at = start + 8 * (gsize) FLOO_BITMAP_BYTES (self->n_docs);
  if (self->at <= self->end)
    return self->data + (start >> 3);
  self->damaged = TRUE;
  return NULL;
}

void
floo_postings_init (FlooPostings *self, gconstpointer data, gsize size, guint32 first, guint n_docs)
{
  *self = (FlooPostings){ .data = data, .end = size * 8, .n_docs = n_docs, .key = first, .average = first_average (n_docs) };
}

static gboolean
pass_over (FlooPostings *self)
{
  PlaceIter iter = { 0 };
  guint k = rice_parameter (self->n, self->n_docs);
  guint32 place = 0;

  self->is_unread = FALSE;
  if (is_bitmap (self->n, self->n_docs))
    return take_bitmap (self) != NULL;
  while (iter_next (&iter, self, k, &place))
    ;
  return !self->damaged;
}

gboolean
floo_postings_next (FlooPostings *self)
{
  guint32 distance;
  guint k;

  if (self->is_unread && !pass_over (self))
    return FALSE;
  k = key_parameter (self->average);
  if (!get_unary (self, MAX_KEY >> k, &distance))
    return FALSE;
  distance = distance << k | get_bits (self, k);
  self->average = next_average (self->average, distance);
  self->key += distance;
  self->is_unread = get_gamma (self, &self->n) && self->n <= self->n_docs && self->at <= self->end;
  self->damaged = !self->is_unread;
  return self->is_unread;
}

gboolean
floo_postings_to_bitmap (FlooPostings *self, guint8 *bitmap)
{
  PlaceIter iter = { 0 };
  guint k = rice_parameter (self->n, self->n_docs);
  guint32 place = 0;

  self->is_unread = FALSE;
  if (is_bitmap (self->n, self->n_docs))
    {
      const guint8 *from = take_bitmap (self);

      for (guint i = 0; from != NULL && i < FLOO_BITMAP_BYTES (self->n_docs); i++)
        bitmap[i] |= from[i];
    }
  else
    while (iter_next (&iter, self, k, &place))
      floo_bitmap_add (bitmap, place);
  return !self->damaged;
}

gboolean
floo_postings_to_places (FlooPostings *self, GArray *places)
{
  PlaceIter iter = { 0 };
  guint k = rice_parameter (self->n, self->n_docs);
  guint32 place = 0;

  self->is_unread = FALSE;
  if (is_bitmap (self->n, self->n_docs))
    {
      const guint8 *from = take_bitmap (self);

      for (; from != NULL && place < self->n_docs; place++)
        if (floo_bitmap_has (from, place))
          g_array_append_val (places, place);
    }
  else
    while (iter_next (&iter, self, k, &place))
      g_array_append_val (places, place);
  return !self->damaged;
}

/* ---- other numbers ---- */

void
floo_varint_put (GByteArray *bytes, guint64 value)
{
  guint8 buffer[10];
  guint n = 0;

  while (value >= 0x80)
    {
      buffer[n++] = (guint8) (value | 0x80);
      value >>= 7;
    }
  buffer[n++] = (guint8) value;
  g_byte_array_append (bytes, buffer, n);
}

gboolean
floo_varint_get (const guint8 **at, const guint8 *end, guint64 *value)
{
  guint64 result = 0;

  for (guint shift = 0; *at < end && shift < 64; shift += 7)
    {
      guint8 byte = *(*at)++;

      result |= (guint64) (byte & 0x7f) << shift;
      if (!(byte & 0x80))
        {
          *value = result;
          return TRUE;
        }
    }
  return FALSE;
}
