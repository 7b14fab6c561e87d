/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/tables/client-ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/engine/files.h"
#include "store/engine/query.h"
#include "store/tables/state.h"

#define STEP_MS 10000
#define SKIP_MS 60000
#define MAX_SKIP_MS (G_GINT64_CONSTANT (400) * 24 * 3600 * 1000)
/* The largest client id that the service accepts. */
#define MAX_CLIENT_ID ((G_GINT64_CONSTANT (1) << 53) - 1)

/* FOLDER.client-id, beside the account's folder. */
static char *
ceiling_path (FlooDb *db)
{
  return g_strconcat (db->folder, ".client-id", NULL);
}

gboolean
floo_client_ids_load (FlooDb *db, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  g_autofree char *path = ceiling_path (db);
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  gint64 used, ceiling = 0;

  if (!floo_query_get_int (db, "highest-client-id", FLOO_INTS (MAX_CLIENT_ID - STEP_MS), &used, NULL, error))
    return FALSE;
  if (g_file_get_contents (path, &text, NULL, &local))
    {
      g_strchomp (text);
      if (!g_ascii_string_to_signed (text, 10, 0, MAX_CLIENT_ID - STEP_MS, &ceiling, &local))
        g_message ("%s is ignored: %s", path, local->message);
    }
  else if (!g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    {
      /* Without it client ids could be used again that the service has seen. */
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_STORAGE, "The file with the highest client id cannot be read: %s", local->message);
      return FALSE;
    }
  state->client_id_ceiling = ceiling;
  state->last_client_id = MAX (used, ceiling);
  return TRUE;
}

static gboolean
set_ceiling (FlooDb *db, gint64 ceiling, GError **error)
{
  FlooTablesState *state = floo_state_get (db);
  g_autofree char *path = ceiling_path (db);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT "\n", ceiling);

  if (!floo_file_write_durably (path, text, error))
    return FALSE;
  state->client_id_ceiling = ceiling;
  return TRUE;
}

gboolean
floo_client_ids_raise (FlooDb *db, gint64 client_id, GError **error)
{
  return set_ceiling (db, client_id + STEP_MS, error);
}

void
floo_client_ids_skip (FlooDb *db, gint64 seen)
{
  FlooTablesState *state = floo_state_get (db);

  if (state->client_id_skip > 0 && state->last_client_id - seen >= state->client_id_skip)
    return;
  state->client_id_skip = CLAMP (2 * state->client_id_skip, SKIP_MS, MAX_SKIP_MS);
  if (state->last_client_id < MAX_CLIENT_ID - 2 * MAX_SKIP_MS)
    state->last_client_id += state->client_id_skip;
}

void
floo_client_ids_settle (FlooDb *db)
{
  FlooTablesState *state = floo_state_get (db);
  g_autoptr (GError) error = NULL;

  if (state->last_client_id < state->client_id_ceiling && !set_ceiling (db, state->last_client_id, &error))
    g_message ("the last client id could not be stored, the next ones will be a little ahead of the clock: %s", error->message);
}
