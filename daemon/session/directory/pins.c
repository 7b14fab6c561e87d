/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pins.c: pinned conversations, which the service stores for all of a user's devices.
 */
#include "session/directory/details.h"

#include "base/json.h"
#include "store/tables/contacts.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"

static gboolean
list_event (FlooDb *db, gboolean changed, GError **error)
{
  return !changed || floo_conversations_list_changed (db);
}

/* How often a list is requested that changes meanwhile. */
#define MAX_ASKED 3

/* The list that is being fetched and stored. */
typedef struct {
  FlooAccount *account;
  GArray *ids;                  /* gint64 */
  gint64 asked;                 /* floo_contacts_get_moment() */
  guint n_asked;                /* how often */
  gboolean outdated;            /* it changed since the request */
} PinsJob;

static void load (FlooAccount *account, guint n_asked);

static void
pins_job_free (gpointer data)
{
  PinsJob *job = data;

  g_array_unref (job->ids);
  floo_account_unref (job->account);
  g_free (job);
}

static gboolean
run_take_pins (FlooDb *db, gpointer data, GError **error)
{
  PinsJob *job = data;
  gboolean changed;

  job->outdated = floo_conversations_pins_changed_since (db, job->asked);
  return job->outdated
         || (floo_conversations_set_pinned (db, (const gint64 *) (void *) job->ids->data, job->ids->len, &changed, error)
             && list_event (db, changed, error));
}

static void
on_pins_stored (FlooStore *store, gpointer data, const GError *error)
{
  const PinsJob *job = data;

  if (error != NULL)
    g_warning ("the pinned conversations could not be stored: %s", error->message);
  else if (job->outdated && job->n_asked < MAX_ASKED && floo_account_is_online (job->account))
    load (job->account, job->n_asked);
}

static void
on_pins (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PinsJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  JsonArray *list = answer != NULL ? floo_json_get_array (floo_json_node_object (answer->data), "conversation_ids") : NULL;

  if (answer == NULL)
    {
      if (!floo_error_is_cancelled (error))
        g_message ("the pinned conversations could not be fetched: %s", error->message);
      pins_job_free (job);
      return;
    }
  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      gint64 id;

      if (floo_json_node_int (json_array_get_element (list, i), &id) && id >= 0)
        g_array_append_val (job->ids, id);
    }
  floo_job_write (job->account, run_take_pins, on_pins_stored, job, pins_job_free);
}

/* @n_asked: how often it was requested before */
static void
load (FlooAccount *account, guint n_asked)
{
  PinsJob *job = g_new0 (PinsJob, 1);

  job->account = floo_account_ref (account);
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  job->asked = floo_contacts_get_moment ();
  job->n_asked = n_asked + 1;
  floo_rest_call_async (floo_account_get_rest (account), "GET", "/user/conversation/pin_list", NULL, NULL, FLOO_REST_NONE, floo_account_get_cancellable (account), on_pins, job);
}

void
floo_directory_load_pins (FlooDirectory *self)
{
  load (floo_directory_get_account (self), 0);
}
