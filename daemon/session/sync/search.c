/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search.c: full-text search. The index is updated behind the commits, so a search waits until it has caught up.
 */
#include "session/sync/parts.h"

#include "base/names.h"
#include "session/job/call.h"
#include "store/search/search.h"

typedef struct {
  FlooCall call;
  FlooSearch search;
} SearchQuery;

static gboolean
run_search (FlooDb *db, gpointer data, GError **error)
{
  SearchQuery *query = data;
  gboolean more;
  GVariant *messages = floo_search_run (db, &query->search, &more, error);

  if (messages == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@" FLOO_MESSAGES_TYPE "b)", messages, more));
  return TRUE;
}

static void
on_caught_up (FlooStore *store, gpointer data, const GError *error)
{
  SearchQuery *query = data;

  g_autoptr (GError) closed = NULL;

  if (error == NULL && !floo_account_is_current (query->call.account, store))
    error = closed = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was closed");
  if (error != NULL)
    {
      floo_call_done (store, query, error);
      floo_call_free (query);
      return;
    }
  floo_call_read (query, FLOO_READ_DEFAULT, run_search, floo_call_free);
}

void
floo_sync_search (FlooSync *self, const FlooSearchRequest *request, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  SearchQuery *query;

  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  query = floo_call_new (sizeof *query, self->account, reply, user_data);
  query->call.text = g_strdup (request->text);
  query->search = (FlooSearch){ query->call.text, request->conversation, request->from, -1, request->since, request->until, request->limit,
                                  request->before };
  if (request->type != NULL)
    (void) floo_message_type_from_string (request->type, &query->search.type);
  if (floo_search_is_by_type (&query->search))
    {
      floo_call_read (query, FLOO_READ_DEFAULT, run_search, floo_call_free);
      return;
    }
  if (!floo_search_check_text (query->call.text, &error))
    {
      floo_call_done (NULL, query, error);
      floo_call_free (query);
      return;
    }
  floo_store_catch_up (floo_account_get_store (self->account), FLOO_SEARCH_TIMEOUT_MS, on_caught_up, query);
}
