/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * postings.h: lists of places in a chunk of the search index, as bytes. Private to the store.
 *
 * A chunk has at most FLOO_CHUNK_DOCS messages; a place is 0 for the newest one. A page is a row of lists, one a key, keys ascending.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_CHUNK_DOCS 65536u
/* Bytes of a chunk's bitmap. */
#define FLOO_BITMAP_BYTES(n_docs) (((n_docs) + 7) / 8)

void floo_varint_put (GByteArray *bytes, guint64 value);
/* FALSE where the bytes end before; *at moves on. */
gboolean floo_varint_get (const guint8 **at, const guint8 *end, guint64 *value);

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

/**
 * floo_postings_put:
 * @key: as the distance to the one before it in the page
 * @places: ascending, each once, at least one
 */
void floo_postings_put (GByteArray *page, guint32 key, const guint32 *places, guint n, guint n_docs);

/* One list within a page. */
typedef struct {
  guint32 key;
  guint64 header;
  const guint8 *data;
  gsize size;
} FlooPostings;

/* Reads the list at *at; FALSE at the end of the page, or where it is damaged. @postings->key is the distance again. */
gboolean floo_postings_get (const guint8 **at, const guint8 *end, FlooPostings *postings, guint n_docs);
/* Sets the places of the list in @bitmap; FALSE where it is damaged. */
gboolean floo_postings_to_bitmap (const FlooPostings *postings, guint8 *bitmap, guint n_docs);
/* Appends them (guint32). */
gboolean floo_postings_to_places (const FlooPostings *postings, GArray *places, guint n_docs);

G_END_DECLS
