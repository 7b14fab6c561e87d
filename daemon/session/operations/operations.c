/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * operations.c: runs the operations of the table: packs the arguments, asks the service (or the store), decodes, updates the store, replies.
 */
#include "session/operations/operations.h"

#include <string.h>

#include "base/json.h"
#include "base/names.h"
#include "session/job/call.h"
#include "session/job/job.h"
#include "session/operations/request.h"
#include "session/operations/table.h"
#include "store/tables/contacts.h"

const FlooRestOperation *
floo_operation_find (const char *interface, const char *method)
{
  const char *dot = strrchr (interface, '.');
  g_autofree char *name = g_strconcat (dot != NULL ? dot + 1 : interface, ".", method, NULL);

  for (const FlooRestOperation *row = floo_operations; row->name != NULL; row++)
    if (strcmp (row->name, name) == 0)
      return row;
  return NULL;
}

const char *
floo_operation_get_reply_type (const FlooRestOperation *row)
{
  static const char *const types[] = { "()", "(a{sv})", "(aa{sv})", "(aa{sv}s)", "(ax)", "(x)", "(s)" };

  return types[row->result];
}

/* ---- one call ---- */

/* How often something is requested that changes meanwhile. */
#define MAX_ASKED 3

struct _FlooOperations {
  FlooAccount *account;
  const FlooOperationsListener *listener;
  gpointer data;
  GArray *removing;             /* gint64 */
  GArray *keeping;              /* gint64 */
};

FlooOperations *
floo_operations_new (FlooAccount *account, const FlooOperationsListener *listener, gpointer data)
{
  FlooOperations *self = g_new0 (FlooOperations, 1);

  self->account = account;
  self->listener = listener;
  self->data = data;
  self->removing = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->keeping = g_array_new (FALSE, FALSE, sizeof (gint64));
  return self;
}

void
floo_operations_free (FlooOperations *self)
{
  g_array_unref (self->removing);
  g_array_unref (self->keeping);
  g_free (self);
}

const GArray *
floo_operations_get_removing (const FlooOperations *self)
{
  return self->removing;
}

const GArray *
floo_operations_get_keeping (const FlooOperations *self)
{
  return self->keeping;
}

typedef struct {
  FlooCall call;
  FlooOperations *owner;
  FlooOperationCall op;
  guint n_asked;                /* how often */
  FlooStore *store;             /* of the account that asked */
  gint64 removing;              /* in the owner's array of conversations that are being removed; 0: none */
} Job;

static void
remove_id (GArray *ids, gint64 id)
{
  for (guint i = 0; i < ids->len; i++)
    if (g_array_index (ids, gint64, i) == id)
      {
        g_array_remove_index_fast (ids, i);
        return;
      }
}

static void
job_free (gpointer data)
{
  Job *job = data;

  if (job->removing != 0)
    remove_id (job->op.keep ? job->owner->keeping : job->owner->removing, job->removing);
  g_variant_unref (job->op.args);
  g_clear_pointer (&job->op.result, g_variant_unref);
  g_object_unref (job->store);
  floo_call_free (job);
}

static void
job_reply (Job *job, const GError *error)
{
  job->call.reply (error == NULL ? job->op.result : NULL, error, job->call.user_data);
}

static void
job_fail (Job *job, const GError *error)
{
  job_reply (job, error);
  job_free (job);
}

/* ---- unpacking ---- */

/* Returns: (transfer full) */
static GVariant *
decode_field (const FlooRecord *record, JsonNode *data, GError **error)
{
  GVariant *values = floo_record_from_json (record, data, error);
  g_autoptr (GVariant) sunk = values != NULL ? g_variant_ref_sink (values) : NULL;

  return sunk != NULL ? g_variant_lookup_value (sunk, record->key, NULL) : NULL;
}

/* Most operations without a record return whether they succeeded. */
static gboolean
check_done (JsonNode *data, GError **error)
{
  if (!JSON_NODE_HOLDS_VALUE (data) || json_node_get_value_type (data) != G_TYPE_BOOLEAN || json_node_get_boolean (data))
    return TRUE;
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_REJECTED, "200: the service did not do it, and gives no reason");
  return FALSE;
}

/* A page whose cursor is the one of its request is the last one. */
static void
end_at_same_cursor (const FlooOperationCall *op, FlooRestAnswer *answer)
{
  const char *cursor;

  if (op->row->result != FLOO_RESULT_PAGE)
    return;
  g_variant_get_child (op->args, g_variant_n_children (op->args) - 2, "&s", &cursor);
  if (strcmp (cursor, answer->cursor) == 0)
    *answer->cursor = '\0';
}

/* How many records were requested; 0: all. */
static guint
asked_for (const FlooOperationCall *call)
{
  guint limit = 0;

  if (call->row->result == FLOO_RESULT_PAGE)
    g_variant_get_child (call->args, g_variant_n_children (call->args) - 1, "u", &limit);
  return limit;
}

/* @limit: asked_for(). Returns: (transfer full): the reply, a tuple. */
static GVariant *
decode (const FlooRestOperation *row, FlooRestAnswer *answer, guint limit, GError **error)
{
  GVariant *values[2] = { NULL, NULL };
  gsize n = 1;

  switch (row->result)
    {
    case FLOO_RESULT_RECORD:
      values[0] = floo_record_from_json (row->record, answer->data, error);
      break;
    case FLOO_RESULT_RECORDS:
      values[0] = floo_records_from_json (row->record, answer->data, 0, error);
      break;
    case FLOO_RESULT_PAGE:
      values[0] = floo_records_from_json (row->record, answer->data, limit, error);
      values[1] = values[0] != NULL ? g_variant_new_string (answer->cursor) : NULL;
      n = 2;
      break;
    case FLOO_RESULT_IDS:
      values[0] = floo_ids_from_json (answer->data, error);
      break;
    case FLOO_RESULT_FIELD:
      {
        g_autoptr (GVariant) field = decode_field (row->record, answer->data, error);

        return field != NULL ? g_variant_ref_sink (g_variant_new_tuple (&field, 1)) : NULL;
      }
    case FLOO_RESULT_JSON:
      {
        g_autofree char *text = floo_json_to_text (answer->data);

        values[0] = g_variant_new_string (text);
        break;
      }
    case FLOO_RESULT_NONE:
    default:
      if (!check_done (answer->data, error))
        return NULL;
      n = 0;
      break;
    }
  return n > 0 && values[0] == NULL ? NULL : g_variant_ref_sink (g_variant_new_tuple (values, n));
}

/* ---- asking the service ---- */

static gboolean
run_effect (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;

  return job->op.row->effect (db, &job->op, error);
}

static Job *job_new (FlooOperations *self, const FlooRestOperation *row, GVariant *args, FlooReply reply, gpointer user_data);
static void ask_service (Job *job);

/* The service has done it: a failing store does not change that, and notices will follow. */
static void
on_effect_done (FlooStore *store, gpointer data, const GError *error)
{
  Job *job = data;
  FlooAccount *account = job->call.account;

  if (error == NULL && job->op.outdated && job->n_asked < MAX_ASKED && floo_account_is_current (account, job->store)
      && floo_account_is_online (account))
    {
      Job *again = job_new (job->owner, job->op.row, job->op.args, job->call.reply, job->call.user_data);

      again->n_asked = job->n_asked;
      ask_service (again);
      return;
    }
  if (error != NULL)
    g_warning ("%s: the service's change could not be stored: %s", job->op.row->name, error->message);
  job_reply (job, NULL);
  if (error == NULL && job->op.fetch)
    job->owner->listener->contacts_stale (job->owner->data);
}

/* @failure: (transfer full) (nullable): if NULL, job->op.result is set */
static void
act_on_result (Job *job, GError *failure)
{
  FlooAccount *account = job->call.account;
  g_autoptr (GError) error = failure;

  if (error == NULL && !floo_account_is_current (account, job->store))
    error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The account was logged out meanwhile");
  if (error != NULL)
    job_fail (job, error);
  else if (job->op.row->effect != NULL)
    floo_job_write (account, run_effect, on_effect_done, job, job_free);
  else
    {
      job_reply (job, NULL);
      job_free (job);
    }
}

/* A large answer that is decoded on a thread. */
typedef struct {
  const FlooOperationCall *call;        /* of the job that waits for it */
  FlooRestAnswer *answer;
} Decoding;

static void
decoding_free (gpointer data)
{
  Decoding *decoding = data;

  floo_rest_answer_free (decoding->answer);
  g_free (decoding);
}

static void
decode_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  const Decoding *decoding = task_data;
  GError *error = NULL;
  GVariant *reply = decode (decoding->call->row, decoding->answer, asked_for (decoding->call), &error);

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  floo_call_pack (reply);
  g_task_return_pointer (task, reply, (GDestroyNotify) g_variant_unref);
}

static void
on_decoded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  GError *error = NULL;

  job->op.result = g_task_propagate_pointer (G_TASK (result), &error);
  act_on_result (job, error);
}

/* @answer: (transfer full) */
static void
decode_large (Job *job, FlooRestAnswer *answer)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, on_decoded, job);
  Decoding *decoding = g_new (Decoding, 1);

  *decoding = (Decoding){ &job->op, answer };
  g_task_set_source_tag (task, decode_large);
  g_task_set_task_data (task, decoding, decoding_free);
  g_task_run_in_thread (task, decode_thread);
}

static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Job *job = user_data;
  GError *error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  guint limit = asked_for (&job->op);

  if (answer != NULL)
    {
      end_at_same_cursor (&job->op, answer);
      job->op.cut = limit > 0 && JSON_NODE_HOLDS_ARRAY (answer->data)
                    && json_array_get_length (json_node_get_array (answer->data)) > limit;
      if (answer->large)
        {
          decode_large (job, g_steal_pointer (&answer));
          return;
        }
      job->op.result = decode (job->op.row, answer, limit, &error);
    }
  act_on_result (job, error);
}

/* The option or, without it, the configuration. */
static gboolean
keeps_history (const Job *job)
{
  g_autoptr (GVariant) options = g_variant_get_child_value (job->op.args, 1);
  gboolean keep = floo_account_get_config (job->call.account)->keep_left_groups;

  (void) g_variant_lookup (options, "keep_history", "b", &keep);
  return keep;
}

static void
ask_service (Job *job)
{
  const FlooRestOperation *row = job->op.row;
  FlooAccount *account = job->call.account;
  g_autoptr (GPtrArray) query = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (JsonNode) body = NULL;
  g_autoptr (GError) error = NULL;

  job->n_asked++;
  job->op.asked = floo_contacts_get_moment ();
  if (!floo_operation_pack (&job->op, query, &body, &error))
    {
      job_fail (job, error);
      return;
    }
  if (row->effect == floo_effect_exit_group || row->effect == floo_effect_remove_user)
    {
      g_variant_get_child (job->op.args, 0, "x", &job->removing);
      job->op.keep = row->effect == floo_effect_exit_group && keeps_history (job);
      g_array_append_vals (job->op.keep ? job->owner->keeping : job->owner->removing, &job->removing, 1);
    }
  floo_rest_call_async (floo_account_get_rest (account), row->method, row->path, (const char *const *) query->pdata, body, row->flags,
                        floo_account_get_cancellable (account), on_answer, job);
}

/* ---- asking the store ---- */

static gboolean
run_cache (FlooDb *db, gpointer data, GError **error)
{
  Job *job = data;

  return job->op.row->cache (db, &job->op, error);
}

static void
on_cache_read (FlooStore *store, gpointer data, const GError *error)
{
  Job *job = data;
  FlooAccount *account = job->call.account;

  if (error != NULL || job->op.result != NULL)
    job_reply (job, error);
  else if (floo_call_check_online (account, job->call.reply, job->call.user_data))
    ask_service (job_new (job->owner, job->op.row, job->op.args, job->call.reply, job->call.user_data));
}

/* ---- beginning ---- */

static Job *
job_new (FlooOperations *self, const FlooRestOperation *row, GVariant *args, FlooReply reply, gpointer user_data)
{
  Job *job = floo_call_new (sizeof *job, self->account, reply, user_data);

  job->owner = self;
  job->store = g_object_ref (floo_account_get_store (self->account));
  job->op.row = row;
  job->op.args = g_variant_ref (args);
  job->op.self_id = floo_account_get_user_id (self->account);
  job->op.online = floo_account_is_online (self->account);
  return job;
}

static gboolean
wants_refresh (const FlooRestOperation *row, GVariant *args)
{
  for (guint i = 0; i < G_N_ELEMENTS (row->args) && row->args[i].place != FLOO_ARG_NONE; i++)
    if (row->args[i].place == FLOO_ARG_REFRESH)
      {
        g_autoptr (GVariant) value = g_variant_get_child_value (args, i);
        return g_variant_get_boolean (value);
      }
  return FALSE;
}

/* Whether the store is asked first. It also answers the pages after one of its own. */
static gboolean
may_use_cache (FlooAccount *account, const FlooRestOperation *row, GVariant *args)
{
  if (row->use == FLOO_CACHE_NEVER || wants_refresh (row, args))
    return FALSE;
  if (row->result == FLOO_RESULT_PAGE)
    {
      g_autoptr (GVariant) cursor = g_variant_get_child_value (args, g_variant_n_children (args) - 2);
      const char *text = g_variant_get_string (cursor, NULL);

      if (floo_lists_is_own_cursor (text))
        return TRUE;
      if (*text != '\0')
        return FALSE;
    }
  return row->use == FLOO_CACHE_KNOWN || !floo_account_is_online (account);
}

static void
call_row (FlooOperations *self, const FlooRestOperation *row, GVariant *args, FlooReply reply, gpointer user_data)
{
  if (!floo_call_check_account (self->account, reply, user_data))
    return;
  if (may_use_cache (self->account, row, args))
    floo_job_read (self->account, run_cache, on_cache_read, job_new (self, row, args, reply, user_data), job_free);
  else if (floo_call_check_online (self->account, reply, user_data))
    ask_service (job_new (self, row, args, reply, user_data));
}

void
floo_operations_call (FlooOperations *self, const char *interface, const char *method, GVariant *args, FlooReply reply,
                      gpointer user_data)
{
  const FlooRestOperation *row = floo_operation_find (interface, method);

  g_return_if_fail (row != NULL); /* a unit test holds the table against the introspection files */

  call_row (self, row, args, reply, user_data);
}

void
floo_operations_list_members (FlooOperations *self, gint64 group, const char *cursor, guint limit, FlooReply reply, gpointer user_data)
{
  g_autoptr (GVariant) args = g_variant_ref_sink (g_variant_new ("(xsu)", group, cursor != NULL ? cursor : "", limit));

  call_row (self, floo_operation_find (FLOO_IFACE_GROUPS, "ListMembers"), args, reply, user_data);
}
