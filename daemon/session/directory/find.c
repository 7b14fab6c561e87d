/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * find.c: users and groups by a part of a name.
 */
#include "session/directory/details.h"

#include "session/job/call.h"
#include "store/tables/names.h"

typedef struct {
  FlooCall call;
  guint limit;
} FindQuery;

static gboolean
run_find (FlooDb *db, gpointer data, GError **error)
{
  FindQuery *query = data;
  GVariant *items = floo_names_find (db, query->call.text, query->limit, error);

  if (items == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@aa{sv})", items));
  return TRUE;
}

void
floo_directory_find (FlooDirectory *self, const char *text, guint limit, FlooReply reply, gpointer user_data)
{
  FindQuery *query;

  if (*text == '\0')
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "text is empty");
      return;
    }
  if (!floo_call_check_account (floo_directory_get_account (self), reply, user_data))
    return;
  query = floo_call_new (sizeof *query, floo_directory_get_account (self), reply, user_data);
  query->call.text = g_strdup (text);
  query->limit = limit;
  floo_call_read (query, FLOO_READ_DEFAULT, run_find, floo_call_free);
}
