/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/state.h"

static void
free_state (gpointer data)
{
  FlooTablesState *state = data;

  g_clear_pointer (&state->touched, state->free_touched);
  g_clear_pointer (&state->changes, g_hash_table_unref);
  g_free (state);
}

FlooTablesState *
floo_state_get (FlooDb *db)
{
  if (db->tables == NULL)
    {
      db->tables = g_new0 (FlooTablesState, 1);
      db->free_tables = free_state;
    }
  return db->tables;
}
