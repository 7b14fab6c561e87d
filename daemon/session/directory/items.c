/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * items.c: details of users and groups for a client: from the store, and from the service where they are missing or must be fresh.
 */
#include "session/directory/details.h"

#include "base/names.h"
#include "session/job/call.h"
#include "store/tables/standing.h"

typedef struct {
  FlooCall call;
  const FlooDirectoryKind *kind;
  const FlooRecord *record;
  GArray *ids;
  GArray *wanted;               /* to be fetched from the service */
  guint asked;
  guint first_round;            /* how many of those wanted are fetched first; the rest changed meanwhile */
  gboolean full;                /* one group with all its details */
  gint64 until;                 /* monotonic us: when the call times out */
  GCancellable *cancellable;    /* (nullable): of the account that asks the service */
} ItemsQuery;

static void ask_items (ItemsQuery *query);

static void
items_query_free (gpointer data)
{
  ItemsQuery *query = data;

  g_array_unref (query->ids);
  g_array_unref (query->wanted);
  g_clear_object (&query->cancellable);
  floo_call_free (query);
}

static void
items_fail (ItemsQuery *query, const GError *error)
{
  floo_call_done (NULL, query, error);
  items_query_free (query);
}

/* Records with only an id mean that the service has no details: clients do not get them. */
static GVariant *
known_items (GVariant *items)
{
  GVariantBuilder known;

  g_variant_builder_init (&known, G_VARIANT_TYPE ("aa{sv}"));
  for (gsize i = 0; i < g_variant_n_children (items); i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, i);

      if (g_variant_n_children (item) > 1)
        g_variant_builder_add_value (&known, item);
    }
  return g_variant_builder_end (&known);
}

/* The details of a group, and our role in it. */
static gboolean
set_info (FlooDb *db, ItemsQuery *query, GVariant *item, GError **error)
{
  GVariantDict info;

  g_variant_dict_init (&info, item);
  if (!floo_standing_describe (db, g_array_index (query->ids, gint64, 0), &info, error))
    {
      g_variant_dict_clear (&info);
      return FALSE;
    }
  query->call.result = g_variant_ref_sink (g_variant_new ("(@a{sv})", g_variant_dict_end (&info)));
  return TRUE;
}

static gboolean
run_items_query (FlooDb *db, gpointer data, GError **error)
{
  ItemsQuery *query = data;
  g_autoptr (GVariant) items = NULL;

  g_array_set_size (query->wanted, 0);
  items = floo_contacts_get (db, query->kind->kind, query->record, (const gint64 *) (void *) query->ids->data, query->ids->len,
                             query->wanted, error);
  if (items == NULL)
    return FALSE;
  g_variant_ref_sink (items);
  g_clear_pointer (&query->call.result, g_variant_unref);
  if (!query->full)
    query->call.result = g_variant_ref_sink (g_variant_new ("(@aa{sv})", known_items (items)));
  else if (g_variant_n_children (items) > 0)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, 0);
      g_autoptr (GVariant) owner = g_variant_lookup_value (item, "owner_id", NULL);

      /* A brief record of the list has no owner_id: then it is not the answer. */
      if (owner != NULL)
        return set_info (db, query, item, error);
      g_array_append_vals (query->wanted, query->ids->data, 1);
    }
  return TRUE;
}

static void
on_items_read_again (FlooStore *store, gpointer data, const GError *error)
{
  ItemsQuery *query = data;
  g_autoptr (GError) missing = NULL;

  if (error == NULL && query->call.result == NULL)
    error = missing = g_error_new (FLOO_ERROR, FLOO_ERROR_NOT_FOUND, "The service has no details of %" G_GINT64_FORMAT,
                                   g_array_index (query->ids, gint64, 0));
  floo_call_done (store, query, error);
}

static void
on_items_stored (FlooStore *store, gpointer data, const GError *error)
{
  FlooDetailsJob *job = data;
  ItemsQuery *query = job->owner;
  g_autoptr (GError) cancelled = NULL;

  if (error == NULL && g_cancellable_set_error_if_cancelled (query->cancellable, &cancelled))
    error = cancelled;
  if (error == NULL && query->asked < query->wanted->len && g_get_monotonic_time () >= query->until)
    error = cancelled = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not answer all requests of this call in time");
  if (error != NULL)
    {
      items_fail (query, error);
      return;
    }
  /* Fetched again only once: for details that change all the time the store has the best answer. */
  if (job->outdated->len > 0 && query->asked <= query->first_round)
    g_array_append_vals (query->wanted, job->outdated->data, job->outdated->len);
  if (query->asked < query->wanted->len)
    ask_items (query);
  else
    floo_job_read (query->call.account, run_items_query, on_items_read_again, query, items_query_free);
}

/* The answer for one group has one record, that for many an array. */
static GVariant *
decode_items (ItemsQuery *query, guint n, JsonNode *data, GError **error)
{
  GVariant *item;

  if (!query->full)
    return floo_records_from_json (query->kind->record, data, n, error);
  item = floo_record_from_json (query->record, data, error);
  return item != NULL ? g_variant_new_array (G_VARIANT_TYPE_VARDICT, &item, 1) : NULL;
}

static void
on_items (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooDetailsJob *job = user_data;
  ItemsQuery *query = job->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  GVariant *details = answer != NULL ? decode_items (query, job->ids->len, answer->data, &error) : NULL;

  if (details == NULL)
    {
      floo_details_job_free (job);
      items_fail (query, error);
      return;
    }
  job->details = g_variant_ref_sink (details);
  floo_job_write (job->account, floo_details_job_run, on_items_stored, job, floo_details_job_free);
}

static void
ask_items (ItemsQuery *query)
{
  FlooAccount *account = query->call.account;
  guint n = query->full ? 1 : MIN (query->kind->batch_size, query->wanted->len - query->asked);
  FlooDetailsJob *job = floo_details_job_new (account, query->kind, &g_array_index (query->wanted, gint64, query->asked), n);
  g_autoptr (JsonNode) body = NULL;

  job->owner = query;
  query->asked += n;
  if (query->full)
    {
      g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, g_array_index (job->ids, gint64, 0));
      const char *params[] = { "group_id", id, NULL };

      floo_rest_call_async (floo_account_get_rest (account), "GET", "/group/info", params, NULL, FLOO_REST_NONE, query->cancellable, on_items, job);
      return;
    }
  body = floo_directory_batch_body (query->kind, (const gint64 *) (void *) job->ids->data, job->ids->len);
  floo_rest_call_async (floo_account_get_rest (account), "POST", query->kind->batch_path, NULL, body, FLOO_REST_NONE, query->cancellable, on_items, job);
}

static void
on_items_read (FlooStore *store, gpointer data, const GError *error)
{
  ItemsQuery *found = data, *query;
  FlooAccount *account = found->call.account;

  if (error != NULL || found->wanted->len == 0)
    {
      floo_call_done (store, found, error);
      return;
    }
  if (!floo_account_is_online (account))
    {
      if (found->call.result != NULL && !found->full)
        floo_call_done (store, found, NULL);
      else
        floo_call_check_online (account, found->call.reply, found->call.user_data);
      return;
    }
  query = floo_call_new (sizeof *query, account, found->call.reply, found->call.user_data);
  query->kind = found->kind;
  query->record = found->record;
  query->full = found->full;
  query->until = found->until;
  query->ids = g_array_ref (found->ids);
  query->wanted = g_array_ref (found->wanted);
  query->first_round = query->wanted->len;
  query->cancellable = g_object_ref (floo_account_get_cancellable (account));
  ask_items (query);
}

static void
get_items (FlooAccount *account, const FlooDirectoryKind *kind, const FlooRecord *record, const gint64 *ids, guint n, gboolean refresh,
           gboolean full, FlooReply reply, gpointer user_data)
{
  ItemsQuery *query;

  for (guint i = 0; i < n; i++)
    if (ids[i] <= 0)
      {
        floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%" G_GINT64_FORMAT " is not an id: ids are greater than 0", ids[i]);
        return;
      }
  if (n > FLOO_MAX_IDS)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%u ids: at most %u at once", n, FLOO_MAX_IDS);
      return;
    }
  if (!(refresh ? floo_call_check_online (account, reply, user_data) : floo_call_check_account (account, reply, user_data)))
    return;
  query = floo_call_new (sizeof *query, account, reply, user_data);
  query->kind = kind;
  query->record = record;
  query->full = full;
  query->until = g_get_monotonic_time () + FLOO_CALL_TIMEOUT_MS * G_TIME_SPAN_MILLISECOND;
  query->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  query->wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (n > 0)
    g_array_append_vals (query->ids, ids, n);
  if (!refresh || n == 0)
    {
      floo_job_read (account, run_items_query, on_items_read, query, items_query_free);
      return;
    }
  g_array_append_vals (query->wanted, ids, n);
  query->first_round = n;
  query->cancellable = g_object_ref (floo_account_get_cancellable (account));
  ask_items (query);
}

void
floo_directory_get_users (FlooDirectory *self, const gint64 *ids, guint n, gboolean refresh, FlooReply reply, gpointer user_data)
{
  get_items (floo_directory_get_account (self), &floo_directory_kinds[FLOO_CONTACT_USER], &floo_record_roster_item, ids, n, refresh, FALSE, reply, user_data);
}

void
floo_directory_get_groups (FlooDirectory *self, const gint64 *ids, guint n, FlooReply reply, gpointer user_data)
{
  get_items (floo_directory_get_account (self), &floo_directory_kinds[FLOO_CONTACT_GROUP], &floo_record_brief_group_info, ids, n, FALSE, FALSE, reply, user_data);
}

void
floo_directory_get_group (FlooDirectory *self, gint64 id, gboolean refresh, FlooReply reply, gpointer user_data)
{
  get_items (floo_directory_get_account (self), &floo_directory_kinds[FLOO_CONTACT_GROUP], &floo_record_group_info, &id, 1, refresh, TRUE, reply, user_data);
}
