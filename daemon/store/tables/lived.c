/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/lived.h"

#include <stdio.h>

#include "base/backoff.h"
#include "store/tables/meta.h"
#include "store/tables/state.h"

#define KEY "lived"
#define DAY_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)
#define SAVE_MS (3600 * 1000)
/* The highest valid value, ms: year 200,000. */
#define MAX_MS (G_GINT64_CONSTANT (1) << 52)

/* Parses "LIVED WALL", the two clocks when they were saved. */
static gboolean
parse (const char *text, gint64 *lived, gint64 *wall)
{
  int end = 0;

  return text != NULL && sscanf (text, "%18" G_GINT64_MODIFIER "d %18" G_GINT64_MODIFIER "d%n", lived, wall, &end) == 2 && text[end] == '\0'
         && *lived > 0 && *lived < MAX_MS;
}

gint64
floo_lived_now (FlooDb *db)
{
  FlooTablesState *state = floo_state_get (db);

  return state->lived_offset + floo_uptime_ms ();
}

gboolean
floo_lived_save (FlooDb *db, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  const gint64 lived = floo_lived_now (db);
  g_autofree char *text = NULL;

  if (state->lived_saved != 0 && lived - state->lived_saved < SAVE_MS)
    return TRUE;
  text = g_strdup_printf ("%" G_GINT64_FORMAT " %" G_GINT64_FORMAT, lived, floo_now_ms ());
  if (!floo_meta_set_text (db, KEY, text, error))
    return FALSE;
  state->lived_saved = lived;
  return TRUE;
}

gboolean
floo_lived_load (FlooDb *db, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  const gint64 now = floo_now_ms ();
  g_autofree char *text = NULL;
  gint64 lived, wall;

  if (!floo_meta_get_text (db, KEY, &text, error))
    return FALSE;
  if (parse (text, &lived, &wall))
    lived += now > wall ? MIN (now - wall, DAY_MS) : 0;
  else
    lived = CLAMP (now, 1, MAX_MS - 1);
  state->lived_offset = lived - floo_uptime_ms ();
  state->lived_saved = 0;
  /* From now on it is independent of the machine's clock. */
  return text != NULL || floo_lived_save (db, error);
}
