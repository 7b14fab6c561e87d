/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postings.h"

#include "store/keys.h"

/*
 * A page is a string of bits (bits.h). A list in it is
 *
 *   its type:   shared 0, own 10, beginning 11
 *   its key:    how many zeros it ends with, less than the one before, folded, and 1, in gamma; what it is more than the one before, both
 *               without so many bits, in delta: 1 for 1, which is the usual case, 2 for 0, 3 for 3, 4 for 2, and so on
 *   the number of its places: what it is more than the least of a shared list, folded, and 1, in gamma
 *   one place:  the number, in as many bits as the chunk's highest place has
 *   few places: the first place, then what lies between each two, in Rice's code with k by the average
 *   many:       from the next byte on a bitmap of the chunk
 *   all:        nothing
 *
 * Ones fill up the last byte: they are no key.
 */

/* A bitmap from one place in so many on. */
#define BITMAP_FROM 5
/* Zeros of the key before a page's first one, as it were. */
#define FIRST_ZEROS 24

typedef enum { FORM_ALL, FORM_ONE, FORM_FEW, FORM_BITMAP } Form;

static Form
form_of (guint n, guint n_docs)
{
  if (n == n_docs)
    return FORM_ALL;
  return n == 1 ? FORM_ONE : n > n_docs / BITMAP_FROM ? FORM_BITMAP : FORM_FEW;
}

/* Somewhat less than the mean of what lies between two is best. */
static guint
parameter_of (guint n, guint n_docs)
{
  return floo_rice_parameter (n_docs * 11 / 16 / n);
}

/* ---- writing ---- */

static guint
zeros_of (guint64 key)
{
  return key == 0 ? FLOO_KEY_BITS : (guint) __builtin_ctzll (key);
}

static void
put_bitmap (FlooPage *self, const guint32 *places, guint n)
{
  GByteArray *bytes = self->bits.bytes;
  guint size = FLOO_BITMAP_BYTES (self->n_docs);
  guint start;

  floo_bits_end_byte (&self->bits);
  start = bytes->len;
  g_byte_array_set_size (bytes, start + size);
  memset (bytes->data + start, 0, size);
  for (guint i = 0; i < n; i++)
    floo_bitmap_add (bytes->data + start, places[i]);
}

static void
put_few (FlooPage *self, const guint32 *places, guint n)
{
  guint k = parameter_of (n, self->n_docs);
  guint32 next = 0;

  for (guint i = 0; i < n; i++)
    {
      floo_bits_put_rice (&self->bits, places[i] - next, k);
      next = places[i] + 1;
    }
}

void
floo_page_begin (FlooPage *self, GByteArray *bytes, guint64 first, guint n_docs)
{
  *self = (FlooPage){ .bits = { .bytes = bytes }, .last = first, .zeros = FIRST_ZEROS, .n_docs = n_docs };
}

void
floo_page_add (FlooPage *self, FlooListType type, guint64 key, const guint32 *places, guint n)
{
  guint zeros = zeros_of (key);

  floo_bits_put (&self->bits, type == FLOO_LIST_SHARED ? 0 : type == FLOO_LIST_OWN ? 2 : 3, type == FLOO_LIST_SHARED ? 1 : 2);
  floo_bits_put_gamma (&self->bits, floo_fold ((gint64) zeros - self->zeros) + 1);
  floo_bits_put_delta (&self->bits, (((key >> zeros) - (self->last >> zeros)) ^ 1) + 1);
  self->last = key;
  self->zeros = zeros;
  floo_bits_put_gamma (&self->bits, floo_fold ((gint64) n - floo_shared_least (self->n_docs)) + 1);
  switch (form_of (n, self->n_docs))
    {
    case FORM_ONE:
      floo_bits_put (&self->bits, places[0], floo_bit_width (self->n_docs - 1));
      break;
    case FORM_FEW:
      put_few (self, places, n);
      break;
    case FORM_BITMAP:
      put_bitmap (self, places, n);
      break;
    default:
      break;
    }
}

void
floo_page_end (FlooPage *self)
{
  floo_bits_end_byte (&self->bits);
}

/* ---- reading ---- */

void
floo_postings_init (FlooPostings *self, gconstpointer data, gsize size, guint64 first, guint n_docs)
{
  *self = (FlooPostings){ .bits = { data, 0, size * 8 }, .n_docs = n_docs, .key = first, .zeros = FIRST_ZEROS };
}

/* @bitmap: (nullable): they are passed over */
static void
read_few (FlooPostings *self, guint8 *bitmap)
{
  guint k = parameter_of (self->n, self->n_docs);
  guint64 next = 0;

  for (guint i = 0; i < self->n; i++)
    {
      guint64 place = next + floo_bits_get_rice (&self->bits, k);

      if (place >= self->n_docs)
        {
          self->damaged = TRUE;
          return;
        }
      if (bitmap != NULL)
        floo_bitmap_add (bitmap, (guint) place);
      next = place + 1;
    }
}

static void
read_one (FlooPostings *self, guint8 *bitmap)
{
  guint64 place = floo_bits_get (&self->bits, floo_bit_width (self->n_docs - 1));

  self->damaged = place >= self->n_docs;
  if (bitmap != NULL && !self->damaged)
    floo_bitmap_add (bitmap, (guint) place);
}

static void
read_bitmap (FlooPostings *self, guint8 *bitmap)
{
  gsize start = (self->bits.at + 7) >> 3;

  self->bits.at = (start + FLOO_BITMAP_BYTES (self->n_docs)) << 3;
  for (guint i = 0; bitmap != NULL && !floo_bits_is_over (&self->bits) && i < FLOO_BITMAP_BYTES (self->n_docs); i++)
    bitmap[i] |= self->bits.data[start + i];
}

static void
read_all (FlooPostings *self, guint8 *bitmap)
{
  for (guint i = 0; bitmap != NULL && i < self->n_docs; i++)
    floo_bitmap_add (bitmap, i);
}

static gboolean
read_list (FlooPostings *self, guint8 *bitmap)
{
  static void (*const readers[]) (FlooPostings *self, guint8 *bitmap)
      = { [FORM_ALL] = read_all, [FORM_ONE] = read_one, [FORM_FEW] = read_few, [FORM_BITMAP] = read_bitmap };

  self->is_unread = FALSE;
  readers[form_of (self->n, self->n_docs)](self, bitmap);
  self->damaged = self->damaged || floo_bits_is_over (&self->bits);
  return !self->damaged;
}

static void
read_head (FlooPostings *self)
{
  guint64 distance = (floo_bits_get_delta (&self->bits) - 1) ^ 1;
  guint64 key = ((self->key >> self->zeros) + distance) << self->zeros;
  gint64 n = floo_unfold (floo_bits_get_gamma (&self->bits) - 1) + floo_shared_least (self->n_docs);

  self->damaged = distance >> (FLOO_KEY_BITS - self->zeros) != 0 || key < self->key || key >> FLOO_KEY_BITS != 0 || n < 1
                  || n > self->n_docs || floo_bits_is_over (&self->bits);
  self->is_unread = !self->damaged;
  self->key = key;
  self->n = (guint) n;
}

gboolean
floo_postings_next (FlooPostings *self)
{
  gint64 zeros;

  if (self->damaged || (self->is_unread && !read_list (self, NULL)))
    return FALSE;
  self->type = FLOO_LIST_SHARED;
  if (floo_bits_get (&self->bits, 1) != 0)
    self->type = floo_bits_get (&self->bits, 1) != 0 ? FLOO_LIST_BEGINNING : FLOO_LIST_OWN;
  if (floo_bits_is_over (&self->bits))
    return FALSE;
  zeros = self->zeros + floo_unfold (floo_bits_get_gamma (&self->bits) - 1);
  if (zeros < 0 || zeros > FLOO_KEY_BITS)
    return FALSE;
  self->zeros = (guint) zeros;
  read_head (self);
  return !self->damaged;
}

gboolean
floo_postings_read (FlooPostings *self, guint8 *bitmap)
{
  return read_list (self, bitmap);
}
