/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/directory/standings.h"

#include "base/record.h"
#include "session/directory/details.h"
#include "session/directory/members.h"
#include "session/job/pace.h"
#include "store/tables/journal.h"
#include "store/tables/lists.h"
#include "store/tables/standing.h"

/* How many groups are requested without a pause. */
#define GROUPS_AT_ONCE 10

struct _FlooStandings {
  FlooAccount *account;         /* our owner */
  FlooPace pace;
  guint asked;                  /* since the last pause */
};

/* One group. */
typedef struct {
  FlooAccount *account;
  FlooStandings *standings;
  gint64 group;                 /* 0: nothing is missing */
  gint64 asked;                 /* floo_contacts_get_moment() */
  GVariant *own;                /* (nullable): aa{sv}: we as a member; NULL: the service would not tell */
  GVariant *admins;             /* (nullable): aa{sv}, the same */
} Job;

static void find_missing (gpointer owner);

FlooStandings *
floo_standings_new (FlooAccount *account)
{
  FlooStandings *self = g_new0 (FlooStandings, 1);

  self->account = account;
  floo_pace_init (&self->pace, account, find_missing, self);
  return self;
}

void
floo_standings_offline (FlooStandings *self)
{
  floo_pace_stop (&self->pace);
}

void
floo_standings_free (FlooStandings *self)
{
  floo_standings_offline (self);
  g_free (self);
}

static Job *
job_new (FlooStandings *self, gint64 group)
{
  Job *job = g_new0 (Job, 1);

  job->account = floo_account_ref (self->account);
  job->standings = self;
  job->group = group;
  return job;
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_pointer (&job->own, g_variant_unref);
  g_clear_pointer (&job->admins, g_variant_unref);
  floo_account_unref (job->account);
  g_free (job);
}

/* ---- into the store ---- */

static gboolean
take_own (FlooDb *db, Job *job, GError **error)
{
  for (gsize i = 0; job->own != NULL && i < g_variant_n_children (job->own); i++)
    {
      g_autoptr (GVariant) member = g_variant_get_child_value (job->own, i);
      gint64 user;

      if (g_variant_lookup (member, "user_id", "x", &user) && user == floo_db_get_user_id (db)
          && !floo_standing_take_member (db, job->group, member, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
take_admins (FlooDb *db, Job *job, GError **error)
{
  gboolean changed;

  return job->admins == NULL || floo_lists_take_page (db, FLOO_LIST_ADMINS, job->group, "", "", job->admins, &changed, error);
}

/* Returns: (nullable): as GetInfo tells it */
static GVariant *
describe (FlooDb *db, gint64 group, GError **error)
{
  GVariantDict standing;

  g_variant_dict_init (&standing, NULL);
  if (floo_standing_describe (db, group, &standing, error))
    return g_variant_ref_sink (g_variant_dict_end (&standing));
  g_variant_dict_clear (&standing);
  return NULL;
}

static gboolean
put (FlooDb *db, Job *job, GError **error)
{
  g_autoptr (GVariant) before = describe (db, job->group, error);
  g_autoptr (GVariant) after = NULL;
  const gint64 us = floo_db_get_user_id (db);

  if (before == NULL || !take_own (db, job, error) || !take_admins (db, job, error) || !floo_standing_mark_known (db, job->group, error))
    return FALSE;
  after = describe (db, job->group, error);
  return after != NULL
         && (g_variant_equal (before, after)
             || floo_journal_members_changed (db, job->group, &us, 1, error));
}

static gboolean
run_put (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;

  /* Older than what we know: it is asked for again. */
  if (floo_standing_changed_since (db, job->group, job->asked)
      || floo_lists_changed_since (db, FLOO_LIST_ADMINS, job->group, job->asked))
    return TRUE;
  return put (db, job, error);
}

static void
on_put (FlooStore *store, gpointer data, const GError *error)
{
  FlooStandings *self = ((Job *) data)->standings;

  if (error != NULL)
    floo_pace_failed (&self->pace);
  else if (++self->asked % GROUPS_AT_ONCE == 0 || !floo_account_is_online (self->account))
    floo_pace_done (&self->pace);
  else
    find_missing (self);
}

/* ---- asking ---- */

/* @records: (out) (transfer full) (nullable): NULL where the service would not tell. Returns: FALSE: the job is over */
static gboolean
finish (Job *job, GObject *source, GAsyncResult *result, guint max, GVariant **records)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  GVariant *found = answer != NULL ? floo_records_from_json (&floo_record_group_member, answer->data, max, &error) : NULL;

  if (found != NULL)
    *records = g_variant_ref_sink (found);
  else if (!floo_error_is_cancelled (error))
    g_message ("what we are in the group %" G_GINT64_FORMAT " could not be fetched: %s", job->group, error->message);
  if (found == NULL && floo_error_is_transient (error))
    {
      floo_pace_failed (&job->standings->pace);
      job_free (job);
      return FALSE;
    }
  return TRUE;
}

static void
on_admins (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;

  if (finish (job, source, result, 0, &job->admins))
    floo_job_write (job->account, run_put, on_put, job, job_free);
}

static void
on_own (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, job->group);
  const char *params[] = { "group_id", id, NULL };

  if (!finish (job, source, result, 1, &job->own))
    return;
  if (!floo_account_is_online (job->account))
    {
      floo_pace_idle (&job->standings->pace);
      job_free (job);
      return;
    }
  floo_rest_call_async (floo_account_get_rest (job->account), "GET", "/group/admin_list", params, NULL, FLOO_REST_NONE,
                        floo_account_get_cancellable (job->account), on_admins, job);
}

static gboolean
run_find (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;

  return floo_standing_next (db, &job->group, error);
}

static void
on_found (FlooStore *store, gpointer data, const GError *error)
{
  Job *found = data, *job;
  FlooStandings *self = found->standings;
  g_autoptr (JsonNode) body = NULL;
  gint64 us;

  if (error != NULL || found->group == 0 || !floo_account_is_online (self->account))
    {
      floo_pace_idle (&self->pace);
      return;
    }
  job = job_new (self, found->group);
  job->asked = floo_contacts_get_moment ();
  us = floo_account_get_user_id (self->account);
  body = floo_members_body (job->group, &us, 1);
  floo_rest_call_async (floo_account_get_rest (self->account), "POST", FLOO_MEMBERS_PATH, NULL, body, FLOO_REST_NONE,
                        floo_account_get_cancellable (self->account), on_own, job);
}

static void
find_missing (gpointer owner)
{
  FlooStandings *self = owner;

  floo_job_read (self->account, run_find, on_found, job_new (self, 0), job_free);
}

void
floo_standings_fetch (FlooStandings *self)
{
  floo_pace_want (&self->pace);
}
