/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/job/pages.h"

#include <string.h>

#include "base/hash.h"

#define MAX_PAGES 200u
#define MAX_ENTRIES 200000u
/* How many pages follow each other at once; there is a pause before each further one. */
#define UNPACED_PAGES 10u
#define PAUSE_MS 50

/* @kind distinguishes a cursor from a page with the same bytes. */
static guint64
hash (char kind, gconstpointer data, gsize size)
{
  return floo_hash (floo_hash (FLOO_HASH_START, &kind, 1), data, size);
}

/* FALSE: it was there before. */
static gboolean
note (FlooPages *self, guint64 value)
{
  return g_hash_table_add (self->seen, g_memdup2 (&value, sizeof value));
}

void
floo_pages_init (FlooPages *self, guint limit_ms)
{
  *self = (FlooPages){ .seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL),
                       .until = g_get_monotonic_time () + (gint64) limit_ms * 1000 };
}

void
floo_pages_clear (FlooPages *self)
{
  g_clear_pointer (&self->seen, g_hash_table_unref);
}

gboolean
floo_pages_is_late (const FlooPages *self)
{
  return g_get_monotonic_time () >= self->until;
}

FlooPagesStep
floo_pages_next (FlooPages *self, const char *cursor, gconstpointer page, gsize size, guint64 n_entries)
{
  self->n_pages++;
  self->n_entries += n_entries;
  if (*cursor == '\0' || n_entries == 0 || !note (self, hash ('c', cursor, strlen (cursor))) || !note (self, hash ('p', page, size)))
    return FLOO_PAGES_END;
  return self->n_pages >= MAX_PAGES || self->n_entries >= MAX_ENTRIES || floo_pages_is_late (self) ? FLOO_PAGES_STOP : FLOO_PAGES_MORE;
}

void
floo_pages_continue (const FlooPages *self, GSourceOnceFunc func, gpointer user_data)
{
  if (self->n_pages <= UNPACED_PAGES)
    func (user_data);
  else
    g_timeout_add_once (PAUSE_MS, func, user_data);
}
