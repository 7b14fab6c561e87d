/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * directory.c: the roster and the joined groups: lists at login, details in batches behind it, and the operations that read them.
 */
#include "session/members.h"

#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "base/record.h"
#include "store/contacts.h"
#include "store/journal.h"

#define FETCH_INTERVAL_MS 1000  /* one request a second and kind */

/* What differs between users and groups. */
typedef struct {
  FlooContactKind kind;
  const char *list_path;        /* ids */
  const char *batch_path;       /* details */
  const char *batch_member;
  guint batch_size;
  const FlooRecord *record;
  const char *key;
} Kind;

static const Kind kinds[] = {
  [FLOO_CONTACT_USER] = { FLOO_CONTACT_USER, "/roster/list", "/roster/list", "list", 100, &floo_record_roster_item, "user_id" },
  [FLOO_CONTACT_GROUP] = { FLOO_CONTACT_GROUP, "/group/user_joined", "/group/info/batch", "group_list", 20, &floo_record_brief_group_info, "group_id" },
};

typedef struct {
  FlooDirectory *directory;
  const Kind *kind;
  gboolean busy;
  gboolean again;
  guint timer;
} Fetcher;

struct _FlooDirectory {
  FlooSession *session;         /* our owner */
  Fetcher fetchers[2];
  FlooMembers *members;
};

FlooDirectory *
floo_directory_new (FlooSession *session)
{
  FlooDirectory *self = g_new0 (FlooDirectory, 1);

  self->session = session;
  self->members = floo_members_new (session);
  for (guint i = 0; i < 2; i++)
    {
      self->fetchers[i].directory = self;
      self->fetchers[i].kind = &kinds[i];
    }
  return self;
}

void
floo_directory_offline (FlooDirectory *self)
{
  for (guint i = 0; i < 2; i++)
    g_clear_handle_id (&self->fetchers[i].timer, g_source_remove);
  floo_members_offline (self->members);
  if (self->session->read_ack != NULL)
    floo_read_ack_offline (self->session->read_ack);
}

void
floo_directory_free (FlooDirectory *self)
{
  floo_directory_offline (self);
  floo_members_free (self->members);
  g_free (self);
}

/* ---- details into the store ---- */

/* Details that came, and the ids that were asked for. */
typedef struct {
  FlooSession *session;
  const Kind *kind;
  GArray *ids;
  GVariant *details;            /* aa{sv} */
  gpointer owner;               /* for done */
} PutJob;

static PutJob *
put_job_new (FlooSession *session, const Kind *kind, const gint64 *ids, guint n)
{
  PutJob *job = g_new0 (PutJob, 1);

  job->session = g_object_ref (session);
  job->kind = kind;
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (n > 0)
    g_array_append_vals (job->ids, ids, n);
  return job;
}

static void
put_job_free (gpointer data)
{
  PutJob *job = data;

  g_clear_pointer (&job->details, g_variant_unref);
  g_array_unref (job->ids);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
details_event (FlooDb *db, const Kind *kind, const gint64 *ids, guint n, GError **error)
{
  GVariantDict empty;

  if (n == 0)
    return TRUE;
  if (kind->kind == FLOO_CONTACT_USER)
    return floo_journal_append (db, FLOO_SIGNAL_ROSTER_INFO_UPDATE,
                                g_variant_new ("(@ax)", g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ids, n, sizeof *ids)), NULL, 0, error);
  g_variant_dict_init (&empty, NULL);
  return floo_journal_append (db, FLOO_SIGNAL_GROUP_LIST_UPDATE, g_variant_new ("(@a{sv})", g_variant_dict_end (&empty)), NULL, 0, error);
}

/* An id that the service has no details of gets a record of the id alone, so that it is not asked for for ever. */
static gboolean
put_nothing (FlooDb *db, const PutJob *job, gint64 id, GError **error)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, job->kind->key, "x", id);
  return floo_contacts_put (db, job->kind->kind, id, g_variant_dict_end (&dict), NULL, error);
}

static gboolean
run_put_job (FlooDb *db, gpointer data, GError **error)
{
  PutJob *job = data;
  g_autoptr (GArray) changed_ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);

  for (gsize i = 0; i < g_variant_n_children (job->details); i++)
    {
      g_autoptr (GVariant) details = g_variant_get_child_value (job->details, i);
      gboolean changed;
      gint64 id;

      if (!g_variant_lookup (details, job->kind->key, "x", &id))
        continue;
      if (!floo_contacts_put (db, job->kind->kind, id, details, &changed, error))
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

static JsonNode *
batch_body (const Kind *kind, const gint64 *ids, guint n)
{
  g_autoptr (JsonObject) object = json_object_new ();
  JsonArray *array = json_array_sized_new (n);

  for (guint i = 0; i < n; i++)
    json_array_add_int_element (array, ids[i]);
  json_object_set_array_member (object, kind->batch_member, array);
  return json_node_init_object (json_node_alloc (), object);
}

/* ---- what is missing ---- */

static void fetch (Fetcher *fetcher);

static gboolean
on_fetch_timer (gpointer user_data)
{
  Fetcher *fetcher = user_data;

  fetcher->timer = 0;
  fetch (fetcher);
  return G_SOURCE_REMOVE;
}

static void
fetch_again_later (Fetcher *fetcher)
{
  fetcher->busy = FALSE;
  if (fetcher->timer == 0 && fetcher->directory->session->state == FLOO_STATE_ONLINE)
    fetcher->timer = g_timeout_add (FETCH_INTERVAL_MS, on_fetch_timer, fetcher);
}

static void
on_fetch_stored (FlooStore *store, gpointer data, const GError *error)
{
  PutJob *job = data;

  if (error != NULL)
    ((Fetcher *) job->owner)->busy = FALSE;
  else
    fetch_again_later (job->owner);
}

static void
on_fetched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PutJob *job = user_data;
  Fetcher *fetcher = job->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  GVariant *details = answer != NULL ? floo_records_from_json (job->kind->record, answer->data, &error) : NULL;

  if (details == NULL)
    {
      if (!floo_error_is_cancelled (error))
        g_warning ("details of %s could not be fetched: %s", job->kind->key, error->message);
      fetcher->busy = FALSE;
      put_job_free (job);
      return;
    }
  job->details = g_variant_ref_sink (details);
  floo_session_write (job->session, run_put_job, on_fetch_stored, job, put_job_free);
}

static gboolean
run_missing_job (FlooDb *db, gpointer data, GError **error)
{
  PutJob *job = data;
  gint64 self_id = floo_db_get_user_id (db);
  g_autoptr (GArray) own = NULL;
  GVariant *known;

  if (job->kind->kind == FLOO_CONTACT_USER)
    {
      own = g_array_new (FALSE, FALSE, sizeof (gint64));
      known = floo_contacts_get (db, FLOO_CONTACT_USER, job->kind->record, &self_id, 1, own, error);
      if (known == NULL)
        return FALSE;
      g_variant_unref (g_variant_ref_sink (known));
      if (own->len > 0)
        g_array_append_val (job->ids, self_id);
    }
  return floo_contacts_missing (db, job->kind->kind, job->kind->batch_size - job->ids->len, job->ids, error);
}

static void
on_missing_known (FlooStore *store, gpointer data, const GError *error)
{
  PutJob *found = data, *job;
  Fetcher *fetcher = found->owner;
  FlooSession *session = found->session;
  g_autoptr (JsonNode) body = NULL;

  if (error != NULL || found->ids->len == 0 || session->state != FLOO_STATE_ONLINE)
    {
      fetcher->busy = FALSE;
      if (fetcher->again)
        fetch_again_later (fetcher);
      return;
    }
  job = put_job_new (session, found->kind, (const gint64 *) (void *) found->ids->data, found->ids->len);
  job->owner = fetcher;
  body = batch_body (job->kind, (const gint64 *) (void *) job->ids->data, job->ids->len);
  floo_rest_call_async (session->rest, "POST", job->kind->batch_path, NULL, body, FLOO_REST_NONE, session->cancellable, on_fetched, job);
}

static void
fetch (Fetcher *fetcher)
{
  PutJob *job;

  fetcher->again = fetcher->busy;
  if (fetcher->busy || fetcher->timer != 0 || fetcher->directory->session->state != FLOO_STATE_ONLINE)
    return;
  fetcher->busy = TRUE;
  job = put_job_new (fetcher->directory->session, fetcher->kind, NULL, 0);
  job->owner = fetcher;
  floo_session_read (fetcher->directory->session, run_missing_job, on_missing_known, job, put_job_free);
}

void
floo_directory_fetch_missing (FlooDirectory *self)
{
  for (guint i = 0; i < 2; i++)
    fetch (&self->fetchers[i]);
  floo_members_fetch (self->members);
  floo_read_ack_run (self->session->read_ack);
}

/* ---- the lists ---- */

/* One list on its way from the service into the store. */
typedef struct {
  FlooSession *session;
  const Kind *kind;
  GArray *ids;
  GCancellable *cancellable;
  FlooReply reply;              /* gets NULL or the error */
  gpointer user_data;
} ListJob;

static void
list_job_free (gpointer data)
{
  ListJob *job = data;

  g_array_unref (job->ids);
  g_clear_object (&job->cancellable);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
run_list_job (FlooDb *db, gpointer data, GError **error)
{
  ListJob *job = data;
  FlooSignal signal = job->kind->kind == FLOO_CONTACT_USER ? FLOO_SIGNAL_ROSTER_LIST_UPDATE : FLOO_SIGNAL_GROUP_LIST_UPDATE;
  GVariantDict empty;
  gboolean changed;

  if (!floo_contacts_set_list (db, job->kind->kind, (const gint64 *) (void *) job->ids->data, job->ids->len, &changed, error))
    return FALSE;
  if (!changed)
    return TRUE;
  g_variant_dict_init (&empty, NULL);
  return floo_journal_append (db, signal, g_variant_new ("(@a{sv})", g_variant_dict_end (&empty)), NULL, 0, error);
}

static void
on_list_stored (FlooStore *store, gpointer data, const GError *error)
{
  ListJob *job = data;

  job->reply (NULL, error, job->user_data);
  if (error == NULL)
    floo_directory_fetch_missing (job->session->directory);
}

static void ask_list (ListJob *job, const char *cursor);

static void
on_list (GObject *source, GAsyncResult *result, gpointer user_data)
{
  ListJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  g_autoptr (GVariant) ids = NULL;
  const gint64 *values;
  gsize n;

  if (answer != NULL)
    ids = floo_ids_from_json (answer->data, &error);
  if (ids == NULL)
    {
      job->reply (NULL, error, job->user_data);
      list_job_free (job);
      return;
    }
  g_variant_ref_sink (ids);
  values = g_variant_get_fixed_array (ids, &n, sizeof (gint64));
  if (n > 0)
    g_array_append_vals (job->ids, values, (guint) n);
  if (*answer->cursor != '\0' && n > 0)
    ask_list (job, answer->cursor);
  else
    floo_session_write (job->session, run_list_job, on_list_stored, job, list_job_free);
}

static void
ask_list (ListJob *job, const char *cursor)
{
  const char *query[] = { "cursor", cursor, NULL };

  floo_rest_call_async (job->session->rest, "GET", job->kind->list_path, cursor != NULL ? query : NULL, NULL, FLOO_REST_NONE, job->cancellable,
                        on_list, job);
}

static void
load_list (FlooSession *session, const Kind *kind, GCancellable *cancellable, FlooReply reply, gpointer user_data)
{
  ListJob *job = g_new0 (ListJob, 1);

  job->session = g_object_ref (session);
  job->kind = kind;
  job->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  job->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  job->reply = reply;
  job->user_data = user_data;
  ask_list (job, NULL);
}

typedef struct {
  FlooSession *session;
  GCancellable *cancellable;
  guint waiting;
  GError *error;
  FlooListsDone done;
} BothLists;

static void
on_one_of_both (GVariant *result, const GError *error, gpointer user_data)
{
  BothLists *both = user_data;

  if (error != NULL && both->error == NULL)
    both->error = g_error_copy (error);
  if (--both->waiting > 0)
    return;
  /* What is stored already does not revive an attempt that was given up. */
  if (both->error == NULL)
    g_cancellable_set_error_if_cancelled (both->cancellable, &both->error);
  both->done (both->session, both->error);
  g_clear_error (&both->error);
  g_object_unref (both->cancellable);
  g_object_unref (both->session);
  g_free (both);
}

void
floo_directory_load_lists (FlooDirectory *self, GCancellable *cancellable, FlooListsDone done)
{
  BothLists *both = g_new0 (BothLists, 1);

  both->session = g_object_ref (self->session);
  both->cancellable = g_object_ref (cancellable);
  both->done = done;
  both->waiting = G_N_ELEMENTS (kinds);
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    load_list (self->session, &kinds[i], cancellable, on_one_of_both, both);
}

/* ---- operations: lists ---- */

typedef struct {
  FlooCall call;
  const Kind *kind;
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
      floo_call_read (query, run_list_query, floo_call_free);
      return;
    }
  floo_call_done (NULL, query, error);
  floo_call_free (query);
}

static void
list_contacts (FlooSession *self, const Kind *kind, gboolean refresh, FlooReply reply, gpointer user_data)
{
  ListQuery *query;

  if (!(refresh ? floo_session_check_online (self, reply, user_data) : floo_session_check_account (self, reply, user_data)))
    return;
  query = floo_call_new (sizeof *query, self, reply, user_data);
  query->kind = kind;
  if (refresh)
    load_list (self, kind, self->cancellable, on_list_refreshed, query);
  else
    floo_call_read (query, run_list_query, floo_call_free);
}

void
floo_session_roster_list (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  list_contacts (self, &kinds[FLOO_CONTACT_USER], refresh, reply, user_data);
}

void
floo_session_groups_list_joined (FlooSession *self, gboolean refresh, FlooReply reply, gpointer user_data)
{
  list_contacts (self, &kinds[FLOO_CONTACT_GROUP], refresh, reply, user_data);
}

/* ---- operations: details ---- */

typedef struct {
  FlooCall call;
  const Kind *kind;
  const FlooRecord *record;
  GArray *ids;
  GArray *wanted;               /* to be asked of the service */
  guint asked;
  gboolean full;                /* one group with all its details */
} ItemsQuery;

static void ask_items (ItemsQuery *query);

static void
items_query_free (gpointer data)
{
  ItemsQuery *query = data;

  g_array_unref (query->ids);
  g_array_unref (query->wanted);
  floo_call_free (query);
}

static void
items_fail (ItemsQuery *query, const GError *error)
{
  floo_call_done (NULL, query, error);
  items_query_free (query);
}

static gboolean
run_items_query (FlooDb *db, gpointer data, GError **error)
{
  ItemsQuery *query = data;
  g_autoptr (GVariant) items = NULL;

  g_array_set_size (query->wanted, 0);
  items = floo_contacts_get (db, query->kind->kind, query->record, (const gint64 *) (void *) query->ids->data, query->ids->len, query->wanted, error);
  if (items == NULL)
    return FALSE;
  g_variant_ref_sink (items);
  g_clear_pointer (&query->call.result, g_variant_unref);
  if (!query->full)
    query->call.result = g_variant_ref_sink (g_variant_new ("(@aa{sv})", items));
  else if (g_variant_n_children (items) > 0)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (items, 0);
      g_autoptr (GVariant) owner = g_variant_lookup_value (item, "owner_id", NULL);

      /* A brief record of the list has no owner_id: then it is not the answer. */
      if (owner != NULL)
        query->call.result = g_variant_ref_sink (g_variant_new ("(@a{sv})", item));
      else
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
  PutJob *job = data;
  ItemsQuery *query = job->owner;

  if (error != NULL)
    items_fail (query, error);
  else if (query->asked < query->wanted->len)
    ask_items (query);
  else
    floo_session_read (query->call.session, run_items_query, on_items_read_again, query, items_query_free);
}

/* One record where many were asked for is an array of one. */
static GVariant *
decode_items (ItemsQuery *query, JsonNode *data, GError **error)
{
  GVariant *item;

  if (!query->full)
    return floo_records_from_json (query->kind->record, data, error);
  item = floo_record_from_json (query->record, data, error);
  return item != NULL ? g_variant_new_array (G_VARIANT_TYPE_VARDICT, &item, 1) : NULL;
}

static void
on_items (GObject *source, GAsyncResult *result, gpointer user_data)
{
  PutJob *job = user_data;
  ItemsQuery *query = job->owner;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  GVariant *details = answer != NULL ? decode_items (query, answer->data, &error) : NULL;

  if (details == NULL)
    {
      put_job_free (job);
      items_fail (query, error);
      return;
    }
  job->details = g_variant_ref_sink (details);
  floo_session_write (job->session, run_put_job, on_items_stored, job, put_job_free);
}

static void
ask_items (ItemsQuery *query)
{
  FlooSession *session = query->call.session;
  guint n = query->full ? 1 : MIN (query->kind->batch_size, query->wanted->len - query->asked);
  PutJob *job = put_job_new (session, query->kind, &g_array_index (query->wanted, gint64, query->asked), n);
  g_autoptr (JsonNode) body = NULL;

  job->owner = query;
  query->asked += n;
  if (query->full)
    {
      g_autofree char *id = g_strdup_printf ("%" G_GINT64_FORMAT, g_array_index (job->ids, gint64, 0));
      const char *params[] = { "group_id", id, NULL };

      floo_rest_call_async (session->rest, "GET", "/group/info", params, NULL, FLOO_REST_NONE, session->cancellable, on_items, job);
      return;
    }
  body = batch_body (query->kind, (const gint64 *) (void *) job->ids->data, job->ids->len);
  floo_rest_call_async (session->rest, "POST", query->kind->batch_path, NULL, body, FLOO_REST_NONE, session->cancellable, on_items, job);
}

static void
on_items_read (FlooStore *store, gpointer data, const GError *error)
{
  ItemsQuery *found = data, *query;
  FlooSession *session = found->call.session;

  if (error != NULL || found->wanted->len == 0)
    {
      floo_call_done (store, found, error);
      return;
    }
  if (session->state != FLOO_STATE_ONLINE)
    {
      if (found->call.result != NULL && !found->full)
        floo_call_done (store, found, NULL);
      else
        floo_session_check_online (session, found->call.reply, found->call.user_data);
      return;
    }
  query = floo_call_new (sizeof *query, session, found->call.reply, found->call.user_data);
  query->kind = found->kind;
  query->record = found->record;
  query->full = found->full;
  query->ids = g_array_ref (found->ids);
  query->wanted = g_array_ref (found->wanted);
  ask_items (query);
}

static void
get_items (FlooSession *self, const Kind *kind, const FlooRecord *record, const gint64 *ids, guint n, gboolean refresh, gboolean full,
           FlooReply reply, gpointer user_data)
{
  ItemsQuery *query;

  for (guint i = 0; i < n; i++)
    if (ids[i] <= 0)
      {
        floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%" G_GINT64_FORMAT " is no id: ids are greater than 0", ids[i]);
        return;
      }
  if (n > FLOO_MAX_IDS)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS, "%u ids: at most %u at once", n, FLOO_MAX_IDS);
      return;
    }
  if (!(refresh ? floo_session_check_online (self, reply, user_data) : floo_session_check_account (self, reply, user_data)))
    return;
  query = floo_call_new (sizeof *query, self, reply, user_data);
  query->kind = kind;
  query->record = record;
  query->full = full;
  query->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  query->wanted = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (n > 0)
    g_array_append_vals (query->ids, ids, n);
  if (!refresh || n == 0)
    {
      floo_session_read (self, run_items_query, on_items_read, query, items_query_free);
      return;
    }
  g_array_append_vals (query->wanted, ids, n);
  ask_items (query);
}

void
floo_session_roster_get_items (FlooSession *self, const gint64 *ids, guint n, gboolean refresh, FlooReply reply, gpointer user_data)
{
  get_items (self, &kinds[FLOO_CONTACT_USER], &floo_record_roster_item, ids, n, refresh, FALSE, reply, user_data);
}

void
floo_session_groups_get_brief (FlooSession *self, const gint64 *ids, guint n, FlooReply reply, gpointer user_data)
{
  get_items (self, &kinds[FLOO_CONTACT_GROUP], &floo_record_brief_group_info, ids, n, FALSE, FALSE, reply, user_data);
}

void
floo_session_groups_get_info (FlooSession *self, gint64 id, gboolean refresh, FlooReply reply, gpointer user_data)
{
  get_items (self, &kinds[FLOO_CONTACT_GROUP], &floo_record_group_info, &id, 1, refresh, TRUE, reply, user_data);
}
