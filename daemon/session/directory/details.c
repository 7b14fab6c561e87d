/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * details.c: stores details of users and groups from the service.
 */
#include "session/directory/details.h"

#include "base/json.h"
#include "store/tables/journal.h"

const FlooDirectoryKind floo_directory_kinds[FLOO_N_DIRECTORY_KINDS] = {
  [FLOO_CONTACT_USER] = { FLOO_CONTACT_USER, "/roster/list", "/roster/list", "list", 100, &floo_record_roster_item, "user_id" },
  [FLOO_CONTACT_GROUP]
  = { FLOO_CONTACT_GROUP, "/group/user_joined", "/group/info/batch", "group_list", 20, &floo_record_brief_group_info, "group_id" },
};

FlooDetailsJob *
floo_details_job_new (FlooAccount *account, const FlooDirectoryKind *kind, const gint64 *ids, guint n)
{
  FlooDetailsJob *job = g_new0 (FlooDetailsJob, 1);

  job->account = floo_account_ref (account);
  job->kind = kind;
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  job->asked = floo_contacts_get_moment ();
  job->outdated = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (n > 0)
    g_array_append_vals (job->ids, ids, n);
  return job;
}

void
floo_details_job_free (gpointer data)
{
  FlooDetailsJob *job = data;

  g_clear_pointer (&job->details, g_variant_unref);
  g_array_unref (job->ids);
  g_array_unref (job->outdated);
  floo_account_unref (job->account);
  g_free (job);
}

static gboolean
details_event (FlooDb *db, const FlooDirectoryKind *kind, const gint64 *ids, guint n, GError **error)
{
  GVariantDict empty;

  if (n == 0)
    return TRUE;
  if (kind->kind == FLOO_CONTACT_USER)
    return floo_journal_append (db, FLOO_SIGNAL_ROSTER_INFO_UPDATE,
                                g_variant_new ("(@ax)", g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ids, n, sizeof *ids)), NULL, 0,
                                error);
  g_variant_dict_init (&empty, NULL);
  return floo_journal_append (db, FLOO_SIGNAL_GROUP_LIST_UPDATE, g_variant_new ("(@a{sv})", g_variant_dict_end (&empty)), NULL, 0, error);
}

static gboolean
put (FlooDb *db, FlooDetailsJob *job, gint64 id, GVariant *details, gboolean *changed, GError **error)
{
  gboolean outdated;

  if (!floo_contacts_put_answer (db, job->kind->kind, id, details, job->asked, changed, &outdated, error))
    return FALSE;
  if (outdated)
    g_array_append_val (job->outdated, id);
  return TRUE;
}

/* An id without details at the service gets a record with only the id, so that it is not requested repeatedly. */
static gboolean
put_nothing (FlooDb *db, FlooDetailsJob *job, gint64 id, GError **error)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, job->kind->key, "x", id);
  return put (db, job, id, g_variant_dict_end (&dict), NULL, error);
}

gboolean
floo_details_job_run (FlooDb *db, gpointer data, GError **error)
{
  FlooDetailsJob *job = data;
  g_autoptr (GArray) changed_ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (gsize i = 0; i < g_variant_n_children (job->details); i++)
    {
      g_autoptr (GVariant) details = g_variant_get_child_value (job->details, i);
      gboolean changed;
      gint64 id;

      if (!g_variant_lookup (details, job->kind->key, "x", &id))
        continue;
      if (!put (db, job, id, details, &changed, error))
        return FALSE;
      g_hash_table_add (seen, g_memdup2 (&id, sizeof id));
      if (changed)
        g_array_append_val (changed_ids, id);
    }
  for (guint i = 0; i < job->ids->len; i++)
    {
      gint64 id = g_array_index (job->ids, gint64, i);
      if (!g_hash_table_contains (seen, &id) && !put_nothing (db, job, id, error))
        return FALSE;
    }
  return details_event (db, job->kind, (const gint64 *) (void *) changed_ids->data, changed_ids->len, error);
}

JsonNode *
floo_directory_batch_body (const FlooDirectoryKind *kind, const gint64 *ids, guint n)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_array_member (object, kind->batch_member, floo_json_array_from_ints (ids, n));
  return json_node_init_object (json_node_alloc (), object);
}
