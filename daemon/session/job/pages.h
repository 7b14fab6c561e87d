/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pages.h: bounds a loop over the pages of one of the service's lists: it ends at a repeated cursor or page, and after too many pages, too
 * many entries or too long a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum {
  FLOO_PAGES_MORE,              /* there is another page */
  FLOO_PAGES_END,               /* the list is complete */
  FLOO_PAGES_STOP               /* a bound is reached: the list is not complete */
} FlooPagesStep;

/* One loop. Zero before floo_pages_init(). */
typedef struct {
  GHashTable *seen;             /* hashes of cursors and pages */
  guint n_pages;
  guint64 n_entries;
  gint64 until;                 /* monotonic us */
} FlooPages;

/* @limit_ms: how long the loop may take; a request under way when it is over is still waited for */
void floo_pages_init (FlooPages *pages, guint limit_ms);
void floo_pages_clear (FlooPages *pages);

/**
 * floo_pages_next:
 * @cursor: of the received page; "": it is the last one
 * @page: (nullable): its entries in any form that differs where they do
 * @size: of @page, bytes
 * @n_entries: how many there are; a page without any is the last one, whatever its cursor
 */
FlooPagesStep floo_pages_next (FlooPages *pages, const char *cursor, gconstpointer page, gsize size, guint64 n_entries);
/* Whether the time of the loop is over. */
gboolean floo_pages_is_late (const FlooPages *pages);

/* Calls @func for the next page: the first few follow each other at once, later ones are paced. */
void floo_pages_continue (const FlooPages *pages, GSourceOnceFunc func, gpointer user_data);

G_END_DECLS
