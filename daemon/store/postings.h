/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * postings.h: where keys are in a chunk of the search index, as few bits. Private to the store.
 *
 * A chunk has at most FLOO_CHUNK_DOCS messages; a place is 0 for the newest one. A page is a row of lists, one a key, keys ascending.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_CHUNK_DOCS 65536u
/* Bytes of a chunk's bitmap. */
#define FLOO_BITMAP_BYTES(n_docs) (((n_docs) + 7) / 8)

static inline gboolean
floo_bitmap_has (const guint8 *bitmap, guint place)
{
  return bitmap[place >> 3] >> (place & 7) & 1;
}

static inline void
floo_bitmap_add (guint8 *bitmap, guint place)
{
  bitmap[place >> 3] |= (guint8) (1 << (place & 7));
}

/* A page being written. */
typedef struct {
  GByteArray *bytes;
  guint64 bits;     /* not in bytes yet, the last n_bits of it */
  guint n_bits;
  guint n_docs;
  guint32 last;     /* key */
  guint32 average;  /* distance of keys, times 16 */
} FlooPage;

/* @bytes: empty; @first: the page's first key; @n_docs: messages of the chunk */
void floo_page_begin (FlooPage *self, GByteArray *bytes, guint32 first, guint n_docs);
/* @key: above all keys of the page; @places: ascending, each once, at least one */
void floo_page_add (FlooPage *self, guint32 key, const guint32 *places, guint n);
void floo_page_end (FlooPage *self);

/* A page being read. */
typedef struct {
  const guint8 *data;
  gsize at, end;      /* in bits */
  guint n_docs;
  gboolean is_unread; /* the places of the present list */
  gboolean damaged;
  guint32 average;    /* distance of keys, times 16 */
  guint32 key;        /* of the present list */
  guint n;            /* its places */
} FlooPostings;

void floo_postings_init (FlooPostings *self, gconstpointer data, gsize size, guint32 first, guint n_docs);
/* Goes to the next list; FALSE at the end, or where the page is damaged. */
gboolean floo_postings_next (FlooPostings *self);
/* Sets the places of the present list in @bitmap, or appends them (guint32); once a list. FALSE where it is damaged. */
gboolean floo_postings_to_bitmap (FlooPostings *self, guint8 *bitmap);
gboolean floo_postings_to_places (FlooPostings *self, GArray *places);

/* Other numbers. */
void floo_varint_put (GByteArray *bytes, guint64 value);
/* FALSE where the bytes end before; *at moves on. */
gboolean floo_varint_get (const guint8 **at, const guint8 *end, guint64 *value);

G_END_DECLS
