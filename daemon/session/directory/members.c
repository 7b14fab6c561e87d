/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/directory/members.h"

#include "base/json.h"
#include "base/record.h"
#include "session/directory/details.h"
#include "session/job/pace.h"
#include "store/tables/journal.h"
#include "store/tables/lists.h"

#define BATCH 100

struct _FlooMembers {
  FlooAccount *account;         /* our owner */
  FlooPace pace;
};

/* One batch, of one group. */
typedef struct {
  FlooAccount *account;
  FlooMembers *members;
  gint64 group;
  GArray *ids;
  gint64 asked;                 /* floo_contacts_get_moment() */
  GVariant *details;            /* (nullable): aa{sv}; NULL: the service refused */
} Job;

static void find_stale (gpointer owner);

FlooMembers *
floo_members_new (FlooAccount *account)
{
  FlooMembers *self = g_new0 (FlooMembers, 1);

  self->account = account;
  floo_pace_init (&self->pace, account, find_stale, self);
  return self;
}

void
floo_members_offline (FlooMembers *self)
{
  floo_pace_stop (&self->pace);
}

void
floo_members_free (FlooMembers *self)
{
  floo_members_offline (self);
  g_free (self);
}

static Job *
job_new (FlooMembers *self)
{
  Job *job = g_new0 (Job, 1);

  job->account = floo_account_ref (self->account);
  job->members = self;
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->details, g_variant_unref);
  g_array_unref (job->ids);
  floo_account_unref (job->account);
  g_free (job);
}

/* ---- into the store ---- */

static gboolean
has_id (GVariant *details, gint64 id)
{
  for (gsize i = 0; i < g_variant_n_children (details); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (details, i);
      gint64 user;

      if (g_variant_lookup (member, "user_id", "x", &user) && user == id)
        return TRUE;
    }
  return FALSE;
}

/* Users missing in the answer are not members any more. */
static gboolean
put_members (FlooDb *db, Job *job, gboolean *any, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (job->details); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (job->details, i);
      gboolean changed;

      if (!floo_lists_take (db, FLOO_LIST_MEMBERS, job->group, member, &changed, error))
        return FALSE;
      *any |= changed;
    }
  for (guint i = 0; i < job->ids->len; i++)
    {
      gint64 id = g_array_index (job->ids, gint64, i);
      gboolean changed = FALSE;

      if (!has_id (job->details, id) && !floo_lists_remove (db, FLOO_LIST_MEMBERS, job->group, id, &changed, error))
        return FALSE;
      *any |= changed;
    }
  return TRUE;
}

static gboolean
run_put (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;
  gboolean any = FALSE;

  /* Older than the stored details: they stay stale, and are fetched again. */
  if (floo_lists_changed_since (db, FLOO_LIST_MEMBERS, job->group, job->asked))
    return TRUE;
  if (job->details == NULL)
    return floo_lists_clear (db, FLOO_LIST_MEMBERS, job->group, error);
  return put_members (db, job, &any, error)
         && (!any || floo_journal_members_changed (db, job->group, (const gint64 *) (void *) job->ids->data, job->ids->len, error));
}

static void
on_put (FlooStore *store, gpointer data, const GError *error)
{
  Job *job = data;

  if (error != NULL)
    floo_pace_failed (&job->members->pace);
  else
    floo_pace_done (&job->members->pace);
}

/* ---- asking ---- */

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  GVariant *details = answer != NULL ? floo_records_from_json (&floo_record_group_member, answer->data, job->ids->len, &error) : NULL;

  if (details != NULL)
    job->details = g_variant_ref_sink (details);
  else if (!floo_error_is_cancelled (error))
    g_message ("Details of members of the group %" G_GINT64_FORMAT " could not be fetched: %s", job->group, error->message);
  if (details == NULL && floo_error_is_transient (error))
    {
      floo_pace_failed (&job->members->pace);
      job_free (job);
      return;
    }
  floo_job_write (job->account, run_put, on_put, job, job_free);
}

JsonNode *
floo_members_body (gint64 group, const gint64 *ids, guint n)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_int_member (object, "group_id", group);
  json_object_set_array_member (object, "user_list", floo_json_array_from_ints (ids, n));
  return json_node_init_object (json_node_alloc (), object);
}

static void
ask (Job *job)
{
  g_autoptr (JsonNode) body = floo_members_body (job->group, (const gint64 *) (void *) job->ids->data, job->ids->len);

  job->asked = floo_contacts_get_moment ();
  floo_rest_call_async (floo_account_get_rest (job->account), "POST", FLOO_MEMBERS_PATH, NULL, body, FLOO_REST_NONE,
                        floo_account_get_cancellable (job->account), on_answer, job);
}

static gboolean
run_find (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;

  return floo_lists_get_stale (db, FLOO_LIST_MEMBERS, BATCH, &job->group, job->ids, error);
}

static void
on_found (FlooStore *store, gpointer data, const GError *error)
{
  Job *found = data, *job;
  FlooMembers *self = found->members;

  if (error != NULL || found->ids->len == 0 || !floo_account_is_online (self->account))
    {
      floo_pace_idle (&self->pace);
      return;
    }
  job = job_new (self);
  job->group = found->group;
  g_array_append_vals (job->ids, found->ids->data, found->ids->len);
  ask (job);
}

static void
find_stale (gpointer owner)
{
  FlooMembers *self = owner;

  floo_job_read (self->account, run_find, on_found, job_new (self), job_free);
}

void
floo_members_fetch (FlooMembers *self)
{
  floo_pace_want (&self->pace);
}
