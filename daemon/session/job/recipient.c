/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/job/recipient.h"

#include "session/job/job.h"
#include "store/tables/recipient.h"

gboolean
floo_recipient_check (const char *to_type, FlooToType *out, FlooReply reply, gpointer user_data)
{
  if (*to_type == '\0')
    *out = FLOO_TO_ANY;
  else if (!floo_to_type_from_string (to_type, out))
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "to_type is roster, group or empty, not \"%s\"", to_type);
      return FALSE;
    }
  return TRUE;
}

typedef struct {
  FlooAccount *account;
  gint64 id;
  FlooToType to_type;
  FlooRecipientFunc func;
  gpointer user_data;
} Find;

static void
find_free (gpointer data)
{
  Find *find = data;

  floo_account_unref (find->account);
  g_free (find);
}

static gboolean
run_find (FlooDb *db, gpointer data, GError **error)
{
  Find *find = data;

  return floo_recipient_resolve (db, find->id, &find->to_type, error);
}

static void
on_found (FlooStore *store, gpointer data, const GError *error)
{
  Find *find = data;
  g_autoptr (GError) closed = NULL;

  if (error == NULL && !floo_account_is_current (find->account, store))
    error = closed = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was logged out meanwhile");
  find->func (find->to_type, error, find->user_data);
}

void
floo_recipient_find (FlooAccount *account, gint64 id, FlooToType to_type, FlooRecipientFunc func, gpointer user_data)
{
  Find *find = g_new (Find, 1);

  *find = (Find){ floo_account_ref (account), id, to_type, func, user_data };
  floo_job_read (account, run_find, on_found, find, find_free);
}
