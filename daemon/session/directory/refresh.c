/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * refresh.c: fetches details of the roster and of the joined groups in batches after the login, and stale ones again.
 */
#include "session/directory/details.h"

#include "session/directory/members.h"
#include "session/directory/read-ack.h"
#include "session/directory/standings.h"
#include "session/job/pace.h"

typedef struct {
  FlooDirectory *directory;
  const FlooDirectoryKind *kind;
  FlooPace pace;
} Fetcher;

struct _FlooDirectory {
  FlooAccount *account;
  FlooReadAck *read_ack;
  Fetcher fetchers[FLOO_N_DIRECTORY_KINDS];
  FlooMembers *members;
  FlooStandings *standings;
};

static void find_missing (gpointer owner);

FlooDirectory *
floo_directory_new (FlooAccount *account, FlooOperations *operations, const FlooDirectoryListener *listener, gpointer data)
{
  FlooDirectory *self = g_new0 (FlooDirectory, 1);

  self->account = account;
  self->members = floo_members_new (account);
  self->standings = floo_standings_new (account);
  self->read_ack = floo_read_ack_new (account, self, operations, listener, data);
  for (guint i = 0; i < FLOO_N_DIRECTORY_KINDS; i++)
    {
      self->fetchers[i].directory = self;
      self->fetchers[i].kind = &floo_directory_kinds[i];
      floo_pace_init (&self->fetchers[i].pace, account, find_missing, &self->fetchers[i]);
    }
  return self;
}

void
floo_directory_offline (FlooDirectory *self)
{
  for (guint i = 0; i < FLOO_N_DIRECTORY_KINDS; i++)
    floo_pace_stop (&self->fetchers[i].pace);
  floo_members_offline (self->members);
  floo_standings_offline (self->standings);
  floo_read_ack_offline (self->read_ack);
}

void
floo_directory_free (FlooDirectory *self)
{
  floo_directory_offline (self);
  floo_members_free (self->members);
  floo_standings_free (self->standings);
  floo_read_ack_free (self->read_ack);
  g_free (self);
}

FlooAccount *
floo_directory_get_account (const FlooDirectory *self)
{
  return self->account;
}

void
floo_directory_await_members (FlooDirectory *self, gint64 group)
{
  floo_read_ack_await (self->read_ack, group);
}

void
floo_directory_groups_changed (FlooDirectory *self)
{
  floo_read_ack_run (self->read_ack);
}

/* ---- missing details ---- */

static void
on_fetch_stored (FlooStore *store, gpointer data, const GError *error)
{
  FlooDetailsJob *job = data;
  Fetcher *fetcher = job->owner;

  if (error != NULL)
    floo_pace_failed (&fetcher->pace);
  else
    floo_pace_done (&fetcher->pace);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooDetailsJob *job = user_data;
  Fetcher *fetcher = job->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  GVariant *details = answer != NULL ? floo_records_from_json (job->kind->record, answer->data, job->ids->len, &error) : NULL;

  if (details == NULL)
    {
      if (!floo_error_is_cancelled (error))
        g_warning ("details of %s could not be fetched: %s", job->kind->key, error->message);
      floo_pace_failed (&fetcher->pace);
      floo_details_job_free (job);
      return;
    }
  job->details = g_variant_ref_sink (details);
  floo_job_write (job->account, floo_details_job_run, on_fetch_stored, job, floo_details_job_free);
}

static gboolean
run_missing_job (FlooDb *db, gpointer data, GError **error)
{
  FlooDetailsJob *job = data;
  gint64 self_id = floo_db_get_user_id (db);
  gboolean own = FALSE;

  if (job->kind->kind == FLOO_CONTACT_USER && !floo_contacts_is_missing (db, FLOO_CONTACT_USER, self_id, &own, error))
    return FALSE;
  if (own)
    g_array_append_val (job->ids, self_id);
  return floo_contacts_missing (db, job->kind->kind, job->kind->batch_size - job->ids->len, job->ids, error);
}

static void
on_missing_known (FlooStore *store, gpointer data, const GError *error)
{
  FlooDetailsJob *found = data, *job;
  Fetcher *fetcher = found->owner;
  FlooAccount *account = found->account;
  g_autoptr (JsonNode) body = NULL;

  if (error != NULL || found->ids->len == 0 || !floo_account_is_online (account))
    {
      floo_pace_idle (&fetcher->pace);
      return;
    }
  job = floo_details_job_new (account, found->kind, (const gint64 *) (void *) found->ids->data, found->ids->len);
  job->owner = fetcher;
  body = floo_directory_batch_body (job->kind, (const gint64 *) (void *) job->ids->data, job->ids->len);
  floo_rest_call_async (floo_account_get_rest (account), "POST", job->kind->batch_path, NULL, body, FLOO_REST_NONE,
                        floo_account_get_cancellable (account), on_fetched, job);
}

static void
find_missing (gpointer owner)
{
  Fetcher *fetcher = owner;
  FlooDetailsJob *job = floo_details_job_new (fetcher->directory->account, fetcher->kind, NULL, 0);

  job->owner = fetcher;
  floo_job_read (fetcher->directory->account, run_missing_job, on_missing_known, job, floo_details_job_free);
}

void
floo_directory_fetch_missing (FlooDirectory *self)
{
  for (guint i = 0; i < FLOO_N_DIRECTORY_KINDS; i++)
    floo_pace_want (&self->fetchers[i].pace);
  floo_members_fetch (self->members);
  floo_standings_fetch (self->standings);
  floo_read_ack_run (self->read_ack);
}
