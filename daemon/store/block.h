/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * block.h: ids and times of some messages that follow each other in a chunk of the search index. Private to the store.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FLOO_BLOCK_DOCS 256u

typedef struct {
  guint n;
  gint64 ids[FLOO_BLOCK_DOCS];     /* descending */
  gint64 times[FLOO_BLOCK_DOCS];   /* ms; as they are read, the earliest that they may be */
  gint64 slack;                    /* ms; as they are read, what they may be later */
} FlooBlock;

/* Appends at least one message to @bytes. Times are kept about as exactly as there are messages in them. */
void floo_block_put (GByteArray *bytes, const FlooBlock *block);
/* Reads @n of them. FALSE where it is damaged. */
gboolean floo_block_get (FlooBlock *block, guint n, gconstpointer data, gsize size);

G_END_DECLS
