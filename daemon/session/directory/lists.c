/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * lists.c: the roster and the joined groups: the lists fetched at login, and the operations that read them.
 */
#include "session/directory/details.h"

#include "base/json.h"
#include "base/names.h"
#include "session/job/call.h"
#include "session/job/pages.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"

/* How often a list is requested that changes meanwhile. */
#define MAX_ASKED 3
#define PAGE_LIMIT "500"

/* ---- from the service ---- */

/* A list that is being fetched and stored. */
typedef struct {
  FlooDirectory *directory;
  FlooAccount *account;
  const FlooDirectoryKind *kind;
  GArray *ids;
  FlooPages pages;
  char *cursor;                 /* (nullable): of the next page */
  gboolean partial;             /* not the whole list: further stored entries are kept */
  gint64 asked;                 /* floo_contacts_get_moment() */
  guint n_asked;                /* how often */
  gboolean outdated;            /* it changed since the request */
  GCancellable *cancellable;
  FlooReply reply;              /* gets NULL or the error */
  gpointer user_data;
} ListJob;

static void
list_job_free (gpointer data)
{
  ListJob *job = data;

  floo_pages_clear (&job->pages);
  g_free (job->cursor);
  g_array_unref (job->ids);
  g_object_unref (job->cancellable);
  floo_account_unref (job->account);
  g_free (job);
}

/* Adds stored entries to a list that is not complete. */
static gboolean
add_stored (FlooDb *db, ListJob *job, GError **error)
{
  g_autoptr (GVariant) stored = floo_contacts_list (db, job->kind->kind, error);
  const gint64 *ids;
  gsize n;

  if (stored == NULL)
    return FALSE;
  g_variant_ref_sink (stored);
  ids = g_variant_get_fixed_array (stored, &n, sizeof *ids);
  if (n > 0)
    g_array_append_vals (job->ids, ids, (guint) n);
  return TRUE;
}

static gboolean
run_list_job (FlooDb *db, gpointer data, GError **error)
{
  ListJob *job = data;
  FlooSignal signal = job->kind->kind == FLOO_CONTACT_USER ? FLOO_SIGNAL_ROSTER_LIST_UPDATE : FLOO_SIGNAL_GROUP_LIST_UPDATE;
  GVariantDict empty;
  gboolean changed;

  job->outdated = floo_contacts_list_changed_since (db, job->kind->kind, job->asked);
  if (job->outdated)
    return TRUE;
  if (job->partial && !add_stored (db, job, error))
    return FALSE;
  if (!floo_contacts_set_list (db, job->kind->kind, (const gint64 *) (void *) job->ids->data, job->ids->len, &changed, error))
    return FALSE;
  if (!changed)
    return TRUE;
  if (job->kind->kind == FLOO_CONTACT_GROUP && !floo_conversations_drop_empty_groups (db, error))
    return FALSE;
  g_variant_dict_init (&empty, NULL);
  return floo_journal_append (db, signal, g_variant_new ("(@a{sv})", g_variant_dict_end (&empty)), NULL, 0, error);
}

static void load_list (FlooDirectory *directory, const FlooDirectoryKind *kind, guint n_asked, GCancellable *cancellable, FlooReply reply,
                       gpointer user_data);

static void
on_list_stored (FlooStore *store, gpointer data, const GError *error)
{
  ListJob *job = data;

  /* For a list that changes all the time the store has the best answer. */
  if (error == NULL && job->outdated && job->n_asked < MAX_ASKED && !floo_pages_is_late (&job->pages)
      && !g_cancellable_is_cancelled (job->cancellable))
    {
      load_list (job->directory, job->kind, job->n_asked, job->cancellable, job->reply, job->user_data);
      return;
    }
  job->reply (NULL, error, job->user_data);
  if (error == NULL)
    floo_directory_fetch_missing (job->directory);
}

static void ask_list (gpointer user_data);

/* The page @ids arrived: requests the next one, or stores the list. */
static void
take_page (ListJob *job, GVariant *ids, const char *cursor)
{
  gsize n;
  const gint64 *values = g_variant_get_fixed_array (ids, &n, sizeof *values);
  FlooPagesStep step = floo_pages_next (&job->pages, cursor, values, n * sizeof *values, n);

  if (n > 0)
    g_array_append_vals (job->ids, values, (guint) n);
  g_free (job->cursor);
  job->cursor = g_strdup (cursor);
  if (step == FLOO_PAGES_MORE)
    {
      floo_pages_continue (&job->pages, ask_list, job);
      return;
    }
  job->partial = step == FLOO_PAGES_STOP;
  if (job->partial)
    g_warning ("GET %s does not end: %u ids in %u pages are taken", job->kind->list_path, job->ids->len, job->pages.n_pages);
  floo_job_write (job->account, run_list_job, on_list_stored, job, list_job_free);
}

static void
on_list (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ListJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  g_autoptr (GVariant) ids = NULL;

  if (answer != NULL)
    ids = floo_ids_from_json (answer->data, &error);
  if (ids == NULL)
    {
      job->reply (NULL, error, job->user_data);
      list_job_free (job);
      return;
    }
  take_page (job, g_variant_ref_sink (ids), answer->cursor);
}

static void
ask_list (gpointer user_data)
{
  ListJob *job = user_data;
  /* The first page is requested as the SDK does, which requests no other; further ones with the largest limit. */
  const char *query[] = { "cursor", job->cursor, "limit", PAGE_LIMIT, NULL };
  g_autoptr (GError) error = NULL;

  /* The account may have been logged out meanwhile. */
  if (g_cancellable_set_error_if_cancelled (job->cancellable, &error))
    {
      job->reply (NULL, error, job->user_data);
      list_job_free (job);
      return;
    }
  floo_rest_call_async (floo_account_get_rest (job->account), "GET", job->kind->list_path, job->cursor != NULL ? query : NULL, NULL, FLOO_REST_NONE,
                        job->cancellable, on_list, job);
}

/* @n_asked: how often it was requested for this call before */
static void
load_list (FlooDirectory *directory, const FlooDirectoryKind *kind, guint n_asked, GCancellable *cancellable, FlooReply reply,
           gpointer user_data)
{
  ListJob *job = g_new0 (ListJob, 1);

  job->directory = directory;
  job->account = floo_account_ref (floo_directory_get_account (directory));
  job->kind = kind;
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  floo_pages_init (&job->pages, FLOO_CALL_TIMEOUT_MS);
  job->asked = floo_contacts_get_moment ();
  job->n_asked = n_asked + 1;
  job->cancellable = g_object_ref (cancellable);
  job->reply = reply;
  job->user_data = user_data;
  ask_list (job);
}

typedef struct {
  FlooAccount *account;
  GCancellable *cancellable;
  guint waiting;
  GError *error;
  FlooListsDone done;
  gpointer data;
} BothLists;

static void
on_one_of_both (GVariant *result, const GError *error, gpointer user_data)
{
  BothLists *both = user_data;

  if (error != NULL && both->error == NULL)
    both->error = g_error_copy (error);
  if (--both->waiting > 0)
    return;
  /* A cancelled attempt is not continued, and its result does not concern the next one. */
  if (g_cancellable_is_cancelled (both->cancellable))
    {
      g_clear_error (&both->error);
      g_cancellable_set_error_if_cancelled (both->cancellable, &both->error);
    }
  both->done (both->error, both->data);
  g_clear_error (&both->error);
  g_object_unref (both->cancellable);
  floo_account_unref (both->account);
  g_free (both);
}

void
floo_directory_load_lists (FlooDirectory *self, GCancellable *cancellable, FlooListsDone done, gpointer data)
{
  BothLists *both = g_new0 (BothLists, 1);

  both->account = floo_account_ref (floo_directory_get_account (self));
  both->cancellable = g_object_ref (cancellable);
  both->done = done;
  both->data = data;
  both->waiting = FLOO_N_DIRECTORY_KINDS;
  for (guint i = 0; i < FLOO_N_DIRECTORY_KINDS; i++)
    load_list (self, &floo_directory_kinds[i], 0, cancellable, on_one_of_both, both);
}

/* ---- operations ---- */

typedef struct {
  FlooCall call;
  const FlooDirectoryKind *kind;
} ListQuery;

static gboolean
run_list_query (FlooDb *db, gpointer data, GError **error)
{
  ListQuery *query = data;
  guint64 first, last;
  GVariant *ids;

  if (!floo_journal_get_position (db, &first, &last, error))
    return FALSE;
  ids = floo_contacts_list (db, query->kind->kind, error);
  if (ids == NULL)
    return FALSE;
  query->call.result = g_variant_ref_sink (g_variant_new ("(@axt)", ids, last));
  return TRUE;
}

static void
on_list_refreshed (GVariant *result, const GError *error, gpointer user_data)
{
  ListQuery *query = user_data;

  if (error == NULL)
    {
      floo_call_read (query, FLOO_READ_DEFAULT, run_list_query, floo_call_free);
      return;
    }
  floo_call_done (NULL, query, error);
  floo_call_free (query);
}

static void
list_contacts (FlooDirectory *self, const FlooDirectoryKind *kind, gboolean refresh, FlooReply reply, gpointer user_data)
{
  FlooAccount *account = floo_directory_get_account (self);
  ListQuery *query;

  if (!(refresh ? floo_call_check_online (account, reply, user_data) : floo_call_check_account (account, reply, user_data)))
    return;
  query = floo_call_new (sizeof *query, account, reply, user_data);
  query->kind = kind;
  if (refresh)
    load_list (self, kind, 0, floo_account_get_cancellable (account), on_list_refreshed, query);
  else
    floo_call_read (query, FLOO_READ_DEFAULT, run_list_query, floo_call_free);
}

void
floo_directory_list_users (FlooDirectory *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  list_contacts (self, &floo_directory_kinds[FLOO_CONTACT_USER], refresh, reply, user_data);
}

void
floo_directory_list_groups (FlooDirectory *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  list_contacts (self, &floo_directory_kinds[FLOO_CONTACT_GROUP], refresh, reply, user_data);
}
