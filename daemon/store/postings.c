/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/postings.h"

/*
 * A list is its key, a header, and data: both numbers are varints, the header's two lowest bits say what its others are.
 */
typedef enum {
  LIST_ONE,       /* the only place */
  LIST_DISTANCES, /* bytes of data: the first place, then distances less one, as varints */
  LIST_BITMAP     /* nothing: data is a bitmap of all places */
} ListKind;

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

static guint
varint_size (guint32 value)
{
  guint n = 1;

  while ((value >>= 7) > 0)
    n++;
  return n;
}

/* Bytes of the list as distances, or more than @most. */
static gsize
distances_size (const guint32 *places, guint n, gsize most)
{
  gsize size = varint_size (places[0]);

  for (guint i = 1; i < n && size <= most; i++)
    size += varint_size (places[i] - places[i - 1] - 1);
  return size;
}

static void
put_bitmap (GByteArray *page, const guint32 *places, guint n, guint n_docs)
{
  guint start = page->len;
  guint size = FLOO_BITMAP_BYTES (n_docs);

  g_byte_array_set_size (page, start + size);
  for (guint i = 0; i < size; i++)
    page->data[start + i] = 0;
  for (guint i = 0; i < n; i++)
    floo_bitmap_add (page->data + start, places[i]);
}

void
floo_postings_put (GByteArray *page, guint32 key, const guint32 *places, guint n, guint n_docs)
{
  gsize most = FLOO_BITMAP_BYTES (n_docs);
  gsize size;

  floo_varint_put (page, key);
  if (n == 1)
    {
      floo_varint_put (page, (guint64) places[0] << 2 | LIST_ONE);
      return;
    }
  size = distances_size (places, n, most);
  if (size > most)
    {
      floo_varint_put (page, LIST_BITMAP);
      put_bitmap (page, places, n, n_docs);
      return;
    }
  floo_varint_put (page, (guint64) size << 2 | LIST_DISTANCES);
  floo_varint_put (page, places[0]);
  for (guint i = 1; i < n; i++)
    floo_varint_put (page, places[i] - places[i - 1] - 1);
}

gboolean
floo_postings_get (const guint8 **at, const guint8 *end, FlooPostings *postings, guint n_docs)
{
  guint64 key;

  if (!floo_varint_get (at, end, &key) || !floo_varint_get (at, end, &postings->header))
    return FALSE;
  postings->key = (guint32) key;
  postings->data = *at;
  switch (postings->header & 3)
    {
    case LIST_ONE:
      postings->size = 0;
      break;
    case LIST_DISTANCES:
      postings->size = postings->header >> 2;
      break;
    case LIST_BITMAP:
      postings->size = FLOO_BITMAP_BYTES (n_docs);
      break;
    default:
      return FALSE;
    }
  if (postings->size > (gsize) (end - *at))
    return FALSE;
  *at += postings->size;
  return TRUE;
}

/* Reads the next place of a list of distances. @next: (inout): the lowest that it can be */
static gboolean
next_place (const guint8 **at, const guint8 *end, guint n_docs, guint64 *next, guint32 *place)
{
  guint64 distance;

  if (!floo_varint_get (at, end, &distance) || distance >= n_docs || *next + distance >= n_docs)
    return FALSE;
  *place = (guint32) (*next + distance);
  *next = (guint64) *place + 1;
  return TRUE;
}

static gboolean
distances_to_bitmap (const FlooPostings *postings, guint8 *bitmap, guint n_docs)
{
  const guint8 *at = postings->data, *end = at + postings->size;
  guint64 next = 0;
  guint32 place;

  while (at < end)
    {
      if (!next_place (&at, end, n_docs, &next, &place))
        return FALSE;
      floo_bitmap_add (bitmap, place);
    }
  return TRUE;
}

static gboolean
distances_to_places (const FlooPostings *postings, GArray *places, guint n_docs)
{
  const guint8 *at = postings->data, *end = at + postings->size;
  guint64 next = 0;
  guint32 place;

  while (at < end)
    {
      if (!next_place (&at, end, n_docs, &next, &place))
        return FALSE;
      g_array_append_val (places, place);
    }
  return TRUE;
}

gboolean
floo_postings_to_bitmap (const FlooPostings *postings, guint8 *bitmap, guint n_docs)
{
  guint64 value = postings->header >> 2;

  switch (postings->header & 3)
    {
    case LIST_ONE:
      if (value >= n_docs)
        return FALSE;
      floo_bitmap_add (bitmap, (guint) value);
      return TRUE;
    case LIST_DISTANCES:
      return distances_to_bitmap (postings, bitmap, n_docs);
    default:
      for (gsize i = 0; i < postings->size; i++)
        bitmap[i] |= postings->data[i];
      return TRUE;
    }
}

gboolean
floo_postings_to_places (const FlooPostings *postings, GArray *places, guint n_docs)
{
  guint64 value = postings->header >> 2;
  guint32 place = (guint32) value;

  switch (postings->header & 3)
    {
    case LIST_ONE:
      if (value >= n_docs)
        return FALSE;
      g_array_append_val (places, place);
      return TRUE;
    case LIST_DISTANCES:
      return distances_to_places (postings, places, n_docs);
    default:
      for (place = 0; place < n_docs; place++)
        if (floo_bitmap_has (postings->data, place))
          g_array_append_val (places, place);
      return TRUE;
    }
}
