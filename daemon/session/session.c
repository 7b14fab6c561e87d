/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/internal.h"

#include "base/names.h"
#include "base/backoff.h"
#include "base/log.h"
#include "store/tables/conversations.h"
#include "store/tables/journal.h"
#include "store/tables/outbox.h"

/* How long a start waits for the stored login. */
#define READY_TIMEOUT_MS 500
/* Until changed counts are told. */
#define COUNTS_MS 50

G_DEFINE_FINAL_TYPE (FlooSession, floo_session, G_TYPE_OBJECT)

enum { SIGNAL_EVENT, SIGNAL_TRANSFER_CHANGED, SIGNAL_STATUS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static const char *const state_names[]
    = { "signed-out", "discovering", "authenticating", "connecting", "online", "waiting", "blocked" };

static void
floo_session_finalize (GObject *object)
{
  FlooSession *self = FLOO_SESSION (object);

  g_clear_handle_id (&self->status_idle, g_source_remove);
  g_clear_handle_id (&self->counts_timer, g_source_remove);
  g_clear_handle_id (&self->ready_timer, g_source_remove);
  g_clear_pointer (&self->files, floo_files_free);
  g_clear_pointer (&self->removing, g_array_unref);
  g_clear_pointer (&self->login, floo_login_free);
  g_clear_pointer (&self->sync, floo_sync_free);
  g_clear_pointer (&self->sender, floo_sender_free);
  g_clear_pointer (&self->settler, floo_settler_free);
  g_clear_pointer (&self->directory, floo_directory_free);
  g_clear_pointer (&self->read_ack, floo_read_ack_free);
  g_clear_object (&self->link);
  g_clear_object (&self->rest);
  g_clear_object (&self->endpoints);
  g_clear_object (&self->store);
  g_clear_object (&self->secrets);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->last_error);
  g_free (self->username);
  g_free (self->app_id);
  G_OBJECT_CLASS (floo_session_parent_class)->finalize (object);
}

static void
floo_session_class_init (FlooSessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = floo_session_finalize;
  signals[SIGNAL_EVENT] = g_signal_new ("event", FLOO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        g_cclosure_marshal_VOID__POINTER, G_TYPE_NONE, 1, G_TYPE_POINTER);
  signals[SIGNAL_TRANSFER_CHANGED] = g_signal_new ("transfer-changed", FLOO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                                   G_TYPE_NONE, 1, G_TYPE_UINT64);
  signals[SIGNAL_STATUS_CHANGED] = g_signal_new ("status-changed", FLOO_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                                 g_cclosure_marshal_VOID__VOID, G_TYPE_NONE, 0);
}

static void
floo_session_init (FlooSession *self)
{
  self->username = g_strdup ("");
  self->removing = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->app_id = g_strdup ("");
  self->cancellable = g_cancellable_new ();
}

FlooSession *
floo_session_new (const FlooConfig *config, FlooSecrets *secrets)
{
  FlooSession *self = g_object_new (FLOO_TYPE_SESSION, NULL);

  self->config = config;
  g_free (self->app_id);
  self->app_id = g_strdup (config->app_id);
  self->secrets = g_object_ref (secrets);
  self->login = floo_login_new (self);
  self->sync = floo_sync_new (self);
  self->sender = floo_sender_new (self);
  self->settler = floo_settler_new (self);
  self->directory = floo_directory_new (self);
  self->read_ack = floo_read_ack_new (self);
  self->files = floo_files_new (self);
  return self;
}

void
floo_session_ready (FlooSession *self)
{
  GSourceOnceFunc ready = g_steal_pointer (&self->ready);

  g_clear_handle_id (&self->ready_timer, g_source_remove);
  if (ready != NULL)
    ready (self->ready_data);
}

static gboolean
on_ready_timeout (gpointer user_data)
{
  FlooSession *self = user_data;

  self->ready_timer = 0;
  g_message ("the stored login is not at hand yet: going on without it");
  floo_login_load_is_late (self->login);
  floo_session_ready (self);
  return G_SOURCE_REMOVE;
}

void
floo_session_start (FlooSession *self, GSourceOnceFunc ready, gpointer user_data)
{
  self->ready = ready;
  self->ready_data = user_data;
  self->ready_timer = g_timeout_add (READY_TIMEOUT_MS, on_ready_timeout, self);
  floo_login_auto (self->login);
}

static void
on_store_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooSession *self = g_task_get_source_object (task);

  floo_store_close_finish (FLOO_STORE (source), result);
  g_clear_object (&self->store);
  g_task_return_boolean (task, TRUE);
}

static gboolean on_calls_answered (gpointer user_data);

static void
go_on_stopping (FlooSession *self)
{
  if (self->stop_task != NULL)
    (void) on_calls_answered (g_steal_pointer (&self->stop_task));
}

void
floo_session_saved (FlooSession *self)
{
  self->saving--;
  go_on_stopping (self);
}

void
floo_session_left (FlooSession *self)
{
  if (--self->leaving > 0)
    return;
  floo_session_start_next_login (self);
  go_on_stopping (self);
}

/* The calls that were cancelled have been answered. */
static gboolean
on_calls_answered (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooSession *self = g_task_get_source_object (task);

  if (self->leaving > 0 || self->saving > 0)
    {
      self->stop_task = g_steal_pointer (&task);
      return G_SOURCE_REMOVE;
    }
  if (self->store != NULL)
    floo_store_close_async (self->store, on_store_closed, g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

void
floo_session_stop_async (FlooSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, floo_session_stop_async);
  self->ready = NULL;
  self->stopping = TRUE;
  floo_login_stop (self->login);
  floo_files_close (self->files);
  g_idle_add_full (G_PRIORITY_LOW, on_calls_answered, task, NULL);
}

void
floo_session_cancel_calls (FlooSession *self)
{
  g_autoptr (GCancellable) cancellable = g_steal_pointer (&self->cancellable);

  self->cancellable = g_cancellable_new ();
  g_cancellable_cancel (cancellable);
}

void
floo_session_stop_finish (FlooSession *self, GAsyncResult *result)
{
  g_return_if_fail (g_task_is_valid (result, self));
  (void) g_task_propagate_boolean (G_TASK (result), NULL);
}

void
floo_session_set_caller (FlooSession *self, guint caller)
{
  self->caller = caller;
}

void
floo_session_set_congested (FlooSession *self, gboolean congested)
{
  if (self->congested == congested)
    return;
  self->congested = congested;
  if (self->store != NULL)
    floo_store_pause_reads (self->store, congested);
  if (!congested)
    floo_sync_resume (self->sync);
}

/* ---- status ---- */

static void
tell_status (FlooSession *self)
{
  g_clear_handle_id (&self->status_idle, g_source_remove);
  g_clear_handle_id (&self->counts_timer, g_source_remove);
  g_signal_emit (self, signals[SIGNAL_STATUS_CHANGED], 0);
}

static gboolean
on_status_due (gpointer user_data)
{
  tell_status (user_data);
  return G_SOURCE_REMOVE;
}

void
floo_session_status_changed (FlooSession *self)
{
  if (self->status_idle == 0)
    self->status_idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_status_due, self, NULL);
}

/* Nearly every message changes them, and a badge need not be as quick as it is: they are told a little later, together. */
static void
counts_changed (FlooSession *self)
{
  if (self->counts_timer == 0)
    self->counts_timer = g_timeout_add (COUNTS_MS, on_status_due, self);
}

void
floo_session_tell_status (FlooSession *self)
{
  if (self->status_idle != 0 || self->counts_timer != 0)
    tell_status (self);
}

void
floo_session_set_state (FlooSession *self, FlooState state)
{
  if (self->state == state)
    return;
  g_message ("state: %s -> %s", state_names[self->state], state_names[state]);
  self->state = state;
  floo_files_set_online (self->files, state == FLOO_STATE_ONLINE);
  self->connected_since = state == FLOO_STATE_ONLINE ? floo_now_ms () : 0;
  if (state != FLOO_STATE_WAITING)
    self->next_retry = 0;
  floo_session_status_changed (self);
}

void
floo_session_set_error (FlooSession *self, const GError *error)
{
  g_clear_error (&self->last_error);
  if (error != NULL)
    self->last_error = floo_error_normalise (error);
  floo_session_status_changed (self);
}

GVariant *
floo_session_get_properties (FlooSession *self)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  g_variant_dict_insert (&dict, "State", "s", state_names[self->state]);
  g_variant_dict_insert (&dict, "UserId", "x", self->user_id);
  g_variant_dict_insert (&dict, "Username", "s", self->username);
  g_variant_dict_insert (&dict, "AppId", "s", self->app_id);
  g_variant_dict_insert (&dict, "DeviceSn", "u", self->device_sn);
  g_variant_dict_insert (&dict, "Server", "s",
                         self->endpoints != NULL && floo_endpoints_get_rest (self->endpoints) != NULL
                             ? floo_endpoints_get_rest (self->endpoints)
                             : "");
  g_variant_dict_insert (&dict, "LastError", "(ss)",
                         self->last_error != NULL ? floo_error_get_dbus_name (self->last_error->code) : "",
                         self->last_error != NULL ? self->last_error->message : "");
  g_variant_dict_insert (&dict, "NextRetry", "x", self->next_retry);
  g_variant_dict_insert (&dict, "UnreadTotal", "u", self->unread_total);
  g_variant_dict_insert (&dict, "Queued", "u", self->queued);
  g_variant_dict_insert (&dict, "Failed", "u", self->failed);
  return g_variant_dict_end (&dict);
}

void
floo_session_get_status (FlooSession *self, FlooReply reply, gpointer user_data)
{
  g_autoptr (GVariant) properties = g_variant_ref_sink (floo_session_get_properties (self));
  GVariantDict dict;

  g_variant_dict_init (&dict, properties);
  g_variant_dict_insert (&dict, "DaemonVersion", "s", FLOO_VERSION);
  g_variant_dict_insert (&dict, "last_contact", "x", self->last_contact);
  g_variant_dict_insert (&dict, "connected_since", "x", self->connected_since);
  g_variant_dict_insert (&dict, "store", "s", self->store != NULL ? floo_store_get_path (self->store) : "");
  floo_login_describe (self->login, &dict);
  floo_sync_describe (self->sync, &dict);
  reply (g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)), NULL, user_data);
}

gboolean
floo_session_check_account (FlooSession *self, FlooReply reply, gpointer user_data)
{
  if (self->stopping)
    floo_reply_error (reply, user_data, FLOO_ERROR_CANCELLED, "The daemon is ending");
  else if (self->store == NULL)
    floo_reply_error (reply, user_data, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");
  else
    return TRUE;
  return FALSE;
}

gboolean
floo_session_check_online (FlooSession *self, FlooReply reply, gpointer user_data)
{
  if (!floo_session_check_account (self, reply, user_data))
    return FALSE;
  if (self->state == FLOO_STATE_ONLINE)
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_OFFLINE, "Not connected to the service (%s)", state_names[self->state]);
  return FALSE;
}

/* ---- events ---- */

/* A store's events, as they were committed. */
static void
on_store_event (const FlooEvent *event, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_EVENT], 0, event);
}

static void
on_store_full_changed (FlooStore *store, gboolean full, gpointer user_data)
{
  FlooSession *self = user_data;

  if (store != self->store)
    return;
  if (full)
    {
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "The disk is full: receiving and sending pause");
      g_warning ("%s", error->message);
      floo_session_set_error (self, error);
      return;
    }
  g_message ("there is room on the disk again");
  if (self->last_error != NULL && self->last_error->code == FLOO_ERROR_STORAGE_FULL)
    floo_session_set_error (self, NULL);
  floo_sync_resume (self->sync);
  floo_sender_pump (self->sender);
}

void
floo_session_take_store (FlooSession *self, FlooStore *store)
{
  g_return_if_fail (self->store == NULL);

  self->store = g_object_ref (store);
  floo_store_set_event_func (store, on_store_event, self);
  floo_store_set_retention (store, self->config->journal_days, self->config->journal_events);
  floo_store_pause_reads (store, self->congested);
  g_signal_connect_object (store, "full-changed", G_CALLBACK (on_store_full_changed), self, 0);
  floo_files_open (self->files);
}

void
floo_session_emit (FlooSession *self, FlooSignal signal, GVariant *body)
{
  g_autoptr (FlooEvent) event = floo_event_new (0, floo_now_ms (), floo_signal_get_info (signal)->name, body);

  g_signal_emit (self, signals[SIGNAL_EVENT], 0, event);
}

typedef struct {
  FlooSession *session;
  FlooSignal signal;
  GVariant *body;
} JournalJob;

static void
journal_job_free (gpointer data)
{
  JournalJob *job = data;

  g_variant_unref (job->body);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
run_journal_job (FlooDb *db, gpointer data, GError **error)
{
  JournalJob *job = data;

  return floo_journal_append (db, job->signal, job->body, NULL, 0, error);
}

/* What cannot be journalled, since the disk is full, say, is told all the same. */
static void
on_journalled (FlooStore *store, gpointer data, const GError *error)
{
  JournalJob *job = data;

  if (error == NULL)
    return;
  g_message ("An event could not be journalled: %s", error->message);
  floo_session_emit (job->session, job->signal, job->body);
}

void
floo_session_journal (FlooSession *self, FlooSignal signal, GVariant *body)
{
  JournalJob *job;

  if (self->store == NULL)
    {
      floo_session_emit (self, signal, body);
      return;
    }
  job = g_new0 (JournalJob, 1);
  job->session = g_object_ref (self);
  job->signal = signal;
  job->body = g_variant_ref_sink (body);
  floo_session_write (self, run_journal_job, on_journalled, job, journal_job_free);
}

void
floo_session_notice (FlooSession *self, const char *category, const char *desc)
{
  GVariant *body = g_variant_new ("(sv)", category, g_variant_new_string (desc));

  if (g_str_equal (category, "loginMessage"))
    floo_session_emit (self, FLOO_SIGNAL_FLOO_NOTICE, body);
  else
    floo_session_journal (self, FLOO_SIGNAL_FLOO_NOTICE, body);
}

void
floo_session_error (FlooSession *self, const char *category, const char *desc)
{
  floo_session_journal (self, FLOO_SIGNAL_FLOO_ERROR, g_variant_new ("(ss)", category, desc));
}

/* ---- jobs ---- */

typedef struct {
  FlooSession *session;
  FlooStoreFunc func;
  FlooStoreDone done;
  gpointer data;
  GDestroyNotify destroy;
  guint unread_total;
  guint queued, failed;
} WriteJob;

static gboolean
run_write_job (FlooDb *db, gpointer data, GError **error)
{
  WriteJob *job = data;

  return job->func (db, job->data, error) && floo_conversations_get_unread_total (db, &job->unread_total, error)
         && floo_outbox_count (db, &job->queued, &job->failed, error);
}

static void
on_write_done (FlooStore *store, gpointer data, const GError *error)
{
  WriteJob *job = data;
  FlooSession *self = job->session;

  if (error == NULL && self->store == store && (self->unread_total != job->unread_total || self->queued != job->queued || self->failed != job->failed))
    {
      self->unread_total = job->unread_total;
      self->queued = job->queued;
      self->failed = job->failed;
      counts_changed (self);
    }
  if (job->done != NULL)
    job->done (store, job->data, error);
  else if (error != NULL)
    g_warning ("a change could not be stored: %s", error->message);
}

static void
write_job_free (gpointer data)
{
  WriteJob *job = data;

  if (job->destroy != NULL)
    job->destroy (job->data);
  g_object_unref (job->session);
  g_free (job);
}

static void
refuse_job (FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");

  if (done != NULL)
    done (NULL, data, error);
  if (destroy != NULL)
    destroy (data);
}

void
floo_session_write (FlooSession *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  WriteJob *job;

  if (self->store == NULL)
    {
      refuse_job (done, data, destroy);
      return;
    }
  job = g_new0 (WriteJob, 1);
  job->session = g_object_ref (self);
  job->func = func;
  job->done = done;
  job->data = data;
  job->destroy = destroy;
  floo_store_write (self->store, run_write_job, on_write_done, job, write_job_free);
}

void
floo_session_read (FlooSession *self, FlooStoreFunc func, FlooStoreDone done, gpointer data, GDestroyNotify destroy)
{
  if (self->store == NULL)
    refuse_job (done, data, destroy);
  else
    floo_store_read_for (self->store, self->caller, func, done, data, destroy);
}

gpointer
floo_call_new (gsize size, FlooSession *self, FlooReply reply, gpointer user_data)
{
  FlooCall *query = g_malloc0 (size);

  query->session = g_object_ref (self);
  query->reply = reply;
  query->user_data = user_data;
  query->caller = self->caller;
  query->until = g_get_monotonic_time () + FLOO_CALL_TIMEOUT_MS * G_GINT64_CONSTANT (1000);
  return query;
}

void
floo_call_free (gpointer data)
{
  FlooCall *query = data;

  g_clear_pointer (&query->result, g_variant_unref);
  g_object_unref (query->session);
  g_free (query);
}

void
floo_call_done (FlooStore *store, gpointer data, const GError *error)
{
  FlooCall *query = data;

  query->reply (error == NULL ? query->result : NULL, error, query->user_data);
}

/* What a client gets is put into one piece here, so that the main loop need not do it. */
static gboolean
run_call_read (FlooDb *db, gpointer data, GError **error)
{
  FlooCall *query = data;

  if (g_get_monotonic_time () >= query->until)
    {
      g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_TIMEOUT, "Too much was to be read before it");
      return FALSE;
    }
  if (!query->func (db, query, error))
    return FALSE;
  if (query->result != NULL)
    g_variant_get_data (query->result);
  return TRUE;
}

void
floo_call_read (gpointer data, FlooStoreFunc func, GDestroyNotify destroy)
{
  FlooCall *query = data;
  FlooSession *self = query->session;

  query->func = func;
  if (self->store == NULL)
    refuse_job (floo_call_done, query, destroy);
  else
    floo_store_read_for (self->store, query->caller, run_call_read, floo_call_done, query, destroy);
}

void
floo_call_write (gpointer query, FlooStoreFunc func, GDestroyNotify destroy)
{
  floo_session_write (((FlooCall *) query)->session, func, floo_call_done, query, destroy);
}

void
floo_session_send_frame (FlooSession *self, Floo__Frame__Command command, const ProtobufCMessage *payload)
{
  g_autoptr (GBytes) frame = floo_frame_encode (command, payload);

  floo_link_send (self->link, frame);
}
