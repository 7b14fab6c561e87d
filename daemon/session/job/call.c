/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/job/call.h"

#include "base/names.h"
#include "session/job/job.h"

gboolean
floo_call_check_account (FlooAccount *account, FlooReply reply, gpointer user_data)
{
  if (floo_account_is_stopping (account))
    floo_reply_error (reply, user_data, FLOO_ERROR_CANCELLED, "The daemon is ending");
  else if (floo_account_get_store (account) == NULL)
    floo_reply_error (reply, user_data, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");
  else
    return TRUE;
  return FALSE;
}

gboolean
floo_call_check_online (FlooAccount *account, FlooReply reply, gpointer user_data)
{
  if (!floo_call_check_account (account, reply, user_data))
    return FALSE;
  if (floo_account_is_online (account))
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_OFFLINE, "Not connected to the service (%s)", floo_account_get_state_name (account));
  return FALSE;
}

gpointer
floo_call_new (gsize size, FlooAccount *account, FlooReply reply, gpointer user_data)
{
  FlooCall *call = g_malloc0 (size);

  call->account = floo_account_ref (account);
  call->reply = reply;
  call->user_data = user_data;
  call->caller = floo_account_get_caller (account);
  call->until = g_get_monotonic_time () + FLOO_CALL_TIMEOUT_MS * G_GINT64_CONSTANT (1000);
  return call;
}

void
floo_call_free (gpointer data)
{
  FlooCall *call = data;

  g_clear_pointer (&call->result, g_variant_unref);
  floo_account_unref (call->account);
  g_free (call->text);
  g_free (call);
}

void
floo_call_done (FlooStore *store, gpointer data, const GError *error)
{
  FlooCall *call = data;

  call->reply (error == NULL ? call->result : NULL, error, call->user_data);
}

/* Serialised, a result takes a tenth of the memory. */
#define LARGE_BYTES (64u << 10)

void
floo_call_pack (GVariant *result)
{
  if (g_variant_get_size (result) > LARGE_BYTES)
    g_variant_get_data (result);
}

static gboolean
run_call_read (FlooDb *db, gpointer data, GError **error)
{
  FlooCall *call = data;

  if (g_get_monotonic_time () >= call->until)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The store was too busy to read it in time");
      return FALSE;
    }
  if (!call->func (db, call, error))
    return FALSE;
  if (call->result != NULL)
    floo_call_pack (call->result);
  return TRUE;
}

void
floo_call_read (gpointer data, FlooReadFlags flags, FlooStoreFunc func, GDestroyNotify destroy)
{
  FlooCall *call = data;

  call->func = func;
  floo_job_read_for (call->account, call->caller, flags, run_call_read, floo_call_done, call, destroy);
}
