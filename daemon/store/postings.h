/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * postings.h: where keys are in a chunk of the search index, as few bits. Private to the store.
 *
 * A chunk has at most FLOO_CHUNK_DOCS messages; a place is 0 for the newest one. A page is a row of lists, by ascending keys. Most keys
 * are rare, so that a key of its own for each would be the most of it: keys that follow each other share a list.
 */
#pragma once

#include "store/bits.h"

G_BEGIN_DECLS

#define FLOO_PLACE_BITS 14
#define FLOO_CHUNK_DOCS (1u << FLOO_PLACE_BITS)
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

typedef enum {
  FLOO_LIST_SHARED,     /* where any of the keys is from this one on, up to the next list's */
  FLOO_LIST_OWN,        /* where this key is */
  FLOO_LIST_BEGINNING   /* where any key is that begins with this one; they have their own lists, too */
} FlooListType;

/*
 * Keys share a list until it has so many places: about one in 3072, and that is how many messages are looked at in vain when a rare term
 * is searched for.
 */
static inline guint
floo_shared_least (guint n_docs)
{
  return MAX ((n_docs + 1536) / 3072, 1);
}

/* A page being written. */
typedef struct {
  FlooBitWriter bits;
  guint n_docs;
  guint64 last;         /* key */
  guint zeros;          /* that it ends with */
} FlooPage;

/* @bytes: empty; @first: the page's first key; @n_docs: messages of the chunk */
void floo_page_begin (FlooPage *self, GByteArray *bytes, guint64 first, guint n_docs);
/* @key: no lower than the one before; @places: ascending, each once, at least one */
void floo_page_add (FlooPage *self, FlooListType type, guint64 key, const guint32 *places, guint n);
void floo_page_end (FlooPage *self);

/* A page being read. A copy of it stands where it stood. */
typedef struct {
  FlooBitReader bits;
  guint n_docs;
  guint zeros;          /* that the key ends with */
  gboolean is_unread;   /* the places of the present list */
  gboolean damaged;
  FlooListType type;    /* of the present list, as are: */
  guint64 key;
  guint n;              /* its places */
} FlooPostings;

void floo_postings_init (FlooPostings *self, gconstpointer data, gsize size, guint64 first, guint n_docs);
/* Goes to the next list; FALSE at the end, or where the page is damaged. */
gboolean floo_postings_next (FlooPostings *self);
/* Sets the places of the present list in @bitmap, once a list. FALSE where it is damaged. */
gboolean floo_postings_read (FlooPostings *self, guint8 *bitmap);

G_END_DECLS
