/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/changes.h"

/* So many changes are remembered; then all are forgotten, and questions from before are asked anew. */
#define MAX_CHANGES 4096

typedef struct {
  gint64 id;                    /* the first member: it is what the hash is of */
  guint what;
} Key;

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  const Key *one = a, *other = b;

  return one->id == other->id && one->what == other->what;
}

gint64
floo_changes_get_moment (void)
{
  return g_get_monotonic_time ();
}

void
floo_changes_note (FlooDb *db, guint what, gint64 id)
{
  const Key key = { id, what };
  const gint64 now = floo_changes_get_moment ();

  if (db->changes == NULL)
    db->changes = g_hash_table_new_full (g_int64_hash, key_equal, g_free, g_free);
  if (g_hash_table_size (db->changes) >= MAX_CHANGES)
    {
      g_hash_table_remove_all (db->changes);
      db->changes_from = now;
    }
  g_hash_table_insert (db->changes, g_memdup2 (&key, sizeof key), g_memdup2 (&now, sizeof now));
}

gboolean
floo_changes_since (FlooDb *db, guint what, gint64 id, gint64 moment)
{
  const Key key = { id, what };
  const gint64 *changed = db->changes != NULL ? g_hash_table_lookup (db->changes, &key) : NULL;

  /* In the same microsecond: nobody knows, so it is asked again. */
  return moment <= db->changes_from || (changed != NULL && moment <= *changed);
}
