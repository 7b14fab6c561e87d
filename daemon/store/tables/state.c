/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/state.h"

#include "store/tables/touched.h"

static void
free_state (gpointer data)
{
  FlooState *state = data;

  g_clear_pointer (&state->touched, floo_touched_free);
  g_clear_pointer (&state->changes, g_hash_table_unref);
  g_free (state);
}

FlooState *
floo_state_get (FlooDb *db)
{
  if (db->tables == NULL)
    {
      db->tables = g_new0 (FlooState, 1);
      db->free_tables = free_state;
    }
  return db->tables;
}
