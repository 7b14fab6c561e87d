/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/changes.h"

#include "store/tables/state.h"

/* How many changes are remembered; with more all are forgotten, and requests from before are repeated. */
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
  FlooTablesState *state = floo_state_get (db);
  const Key key = { id, what };
  const gint64 now = floo_changes_get_moment ();

  if (state->changes == NULL)
    state->changes = g_hash_table_new_full (g_int64_hash, key_equal, g_free, g_free);
  if (g_hash_table_size (state->changes) >= MAX_CHANGES)
    {
      g_hash_table_remove_all (state->changes);
      state->changes_from = now;
    }
  g_hash_table_insert (state->changes, g_memdup2 (&key, sizeof key), g_memdup2 (&now, sizeof now));
}

gboolean
floo_changes_since (FlooDb *db, guint what, gint64 id, gint64 moment)
{
  FlooTablesState *state = floo_state_get (db);
  const Key key = { id, what };
  const gint64 *changed = state->changes != NULL ? g_hash_table_lookup (state->changes, &key) : NULL;

  /* In the same microsecond the order is unknown, so the request is repeated. */
  return moment <= state->changes_from || (changed != NULL && moment <= *changed);
}
