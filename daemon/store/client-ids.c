/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/client-ids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "store/files.h"
#include "store/query.h"

#define STEP_MS 60000
/* What the service takes as a client id at most. */
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
        g_message ("%s is left out: %s", path, local->message);
    }
  else if (!g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_message ("%s cannot be read: %s", path, local->message);
  db->client_id_ceiling = ceiling;
  db->last_client_id = MAX (used, ceiling);
  return TRUE;
}

gboolean
floo_client_ids_raise (FlooDb *db, gint64 client_id, GError **error)
{
  g_autofree char *path = ceiling_path (db);
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT "\n", client_id + STEP_MS);

  if (!floo_file_write_durably (path, text, error))
    return FALSE;
  db->client_id_ceiling = client_id + STEP_MS;
  return TRUE;
}
