/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * session.c: builds the parts and connects them by their listeners. Which part answers a call is in calls.c.
 */
#include "session/parts.h"

#include "base/signals.h"

/* How long a start waits for the stored login. */
#define READY_TIMEOUT_MS 500
/* The delay until changed counts are emitted. */
#define COUNTS_MS 50

G_DEFINE_FINAL_TYPE (FlooSession, floo_session, G_TYPE_OBJECT)

enum { SIGNAL_EVENT, SIGNAL_TRANSFER_CHANGED, SIGNAL_STATUS_CHANGED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
floo_session_finalize (GObject *object)
{
  FlooSession *self = FLOO_SESSION (object);

  g_clear_handle_id (&self->status_idle, g_source_remove);
  g_clear_handle_id (&self->counts_timer, g_source_remove);
  g_clear_handle_id (&self->ready_timer, g_source_remove);
  g_clear_pointer (&self->files, floo_files_free);
  g_clear_pointer (&self->login, floo_login_free);
  g_clear_pointer (&self->sender, floo_sender_free);
  g_clear_pointer (&self->sync, floo_sync_free);
  g_clear_pointer (&self->directory, floo_directory_free);
  g_clear_pointer (&self->operations, floo_operations_free);
  g_clear_pointer (&self->account, floo_account_free);
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
}

/* ---- events of the account ---- */

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

static void
on_account_changed (gpointer data)
{
  FlooSession *self = data;

  if (self->status_idle == 0)
    self->status_idle = g_idle_add_full (G_PRIORITY_DEFAULT, on_status_due, self, NULL);
}

/* Nearly every message changes the counts, so changes are emitted together after a short delay. */
static void
on_counts_changed (gpointer data)
{
  FlooSession *self = data;

  if (self->counts_timer == 0)
    self->counts_timer = g_timeout_add (COUNTS_MS, on_status_due, self);
}

static void
on_state_changed (FlooState state, gpointer data)
{
  floo_files_set_online (((FlooSession *) data)->files, state == FLOO_STATE_ONLINE);
}

static gboolean
is_event (const FlooEvent *event, FlooSignal signal)
{
  return g_str_equal (event->name, floo_signal_get_info (signal)->name);
}

static void
on_event (const FlooEvent *event, gpointer data)
{
  FlooSession *self = data;

  /* Settings and members change by calls of clients and by notices of the service; either way there is an event. */
  if (is_event (event, FLOO_SIGNAL_GROUP_LIST_UPDATE) || is_event (event, FLOO_SIGNAL_GROUP_MEMBER_CHANGED))
    floo_directory_groups_changed (self->directory);
  g_signal_emit (self, signals[SIGNAL_EVENT], 0, event);
}

static void
on_time_changed (gpointer data)
{
  FlooSession *self = data;

  floo_sender_look_at_schedule (self->sender);
  floo_files_clean (self->files);
}

static const FlooAccountListener account_listener
    = { on_event, on_state_changed, on_account_changed, on_counts_changed, on_time_changed };

/* ---- events of the parts ---- */

static void
on_contacts_stale (gpointer data)
{
  floo_directory_fetch_missing (((FlooSession *) data)->directory);
}

static const FlooOperationsListener operations_listener = { on_contacts_stale };

/* A batch of the service's frames is committed. */
static void
on_applied (const FlooInboundResult *result, gpointer data)
{
  FlooSession *self = data;

  /* Before rows could be sent again that were refused because of the session. */
  for (guint i = 0; i < result->statuses->len; i++)
    {
      const FlooInboundStatus *status = &g_array_index (result->statuses, FlooInboundStatus, i);
      floo_login_status (self->login, status->code, status->reason);
    }
  floo_files_images_came (self->files, result->images);
  floo_sender_answered (self->sender, (const FlooAnswer *) (void *) result->answered->data, result->answered->len);
  if (result->pump)
    floo_sender_pump (self->sender);
  if (result->settle)
    floo_sender_settle (self->sender);
  if (result->fetch_contacts)
    floo_directory_fetch_missing (self->directory);
  for (guint i = 0; i < result->user_notices->len; i++)
    floo_login_user_notice (self->login, &g_array_index (result->user_notices, FlooUserNotice, i));
}

static gboolean
on_status (int code, const char *reason, gpointer data)
{
  return floo_login_status (((FlooSession *) data)->login, code, reason);
}

static void
on_store_failed (const GError *error, gpointer data)
{
  floo_login_store_failed (((FlooSession *) data)->login, error);
}

static const FlooSyncListener sync_listener = { on_applied, on_status, on_store_failed, on_account_changed };

static void
on_resent (gint64 client_id, gpointer data)
{
  floo_files_resend (((FlooSession *) data)->files, client_id);
}

static void
on_needs_members (gint64 group, gpointer data)
{
  floo_directory_await_members (((FlooSession *) data)->directory, group);
}

static void
on_cancelled (gint64 client_id, gpointer data)
{
  floo_files_cancelled (((FlooSession *) data)->files, client_id);
}

static const FlooSenderListener sender_listener = { on_resent, on_needs_members, on_cancelled };

static void
on_members_settled (gint64 group, gboolean known, gpointer data)
{
  floo_sender_release (((FlooSession *) data)->sender, group, known);
}

static const FlooDirectoryListener directory_listener = { on_members_settled };

static void
on_transfer_changed (guint64 id, gpointer data)
{
  g_signal_emit (data, signals[SIGNAL_TRANSFER_CHANGED], 0, id);
}

static const FlooFilesListener files_listener = { on_transfer_changed };

/* ---- events of the login ---- */

static void
on_ready (gpointer data)
{
  FlooSession *self = data;
  GSourceOnceFunc ready = g_steal_pointer (&self->ready);

  g_clear_handle_id (&self->ready_timer, g_source_remove);
  if (ready != NULL)
    ready (self->ready_data);
}

static void
on_tell (gpointer data)
{
  FlooSession *self = data;

  if (self->status_idle != 0 || self->counts_timer != 0)
    tell_status (self);
}

static void
on_store_full_changed (FlooStore *store, gboolean full, gpointer user_data)
{
  FlooSession *self = user_data;

  if (!floo_account_is_current (self->account, store))
    return;
  floo_login_store_full (self->login, full);
  if (full)
    return;
  floo_sync_resume (self->sync);
  floo_sender_pump (self->sender);
}

static void
on_opened (FlooStore *store, gpointer data)
{
  FlooSession *self = data;

  g_signal_connect_object (store, "full-changed", G_CALLBACK (on_store_full_changed), self, 0);
  floo_files_open (self->files);
}

static void
on_closing (gpointer data)
{
  floo_files_close (((FlooSession *) data)->files);
}

static void
on_erase_files (GAsyncReadyCallback callback, gpointer user_data, gpointer data)
{
  floo_files_erase_cache_async (((FlooSession *) data)->files, callback, user_data);
}

static gboolean on_calls_answered (gpointer user_data);

static void
on_settled (gpointer data)
{
  FlooSession *self = data;

  if (self->stop_task != NULL)
    (void) on_calls_answered (g_steal_pointer (&self->stop_task));
}

static void
on_load (GCancellable *cancellable, FlooLoginLoaded loaded, gpointer login, gpointer data)
{
  floo_directory_load_lists (((FlooSession *) data)->directory, cancellable, loaded, login);
}

static void
on_online (gpointer data)
{
  FlooSession *self = data;

  floo_sync_online (self->sync);
  floo_directory_fetch_missing (self->directory);
  floo_directory_load_pins (self->directory);
}

static void
on_device_known (gpointer data)
{
  floo_sender_online (((FlooSession *) data)->sender);
}

static void
on_offline (gpointer data)
{
  FlooSession *self = data;

  floo_sync_offline (self->sync);
  floo_sender_offline (self->sender);
  floo_directory_offline (self->directory);
}

static void
on_frame (FlooFrame *frame, gpointer data)
{
  floo_sync_frame (((FlooSession *) data)->sync, frame);
}

static void
on_unreadable (const GError *error, gpointer data)
{
  floo_sync_unreadable (((FlooSession *) data)->sync, error);
}

static void
on_write_waiting (gpointer data)
{
  floo_sync_write_waiting (((FlooSession *) data)->sync);
}

static const FlooLoginListener login_listener = {
  .ready = on_ready,
  .tell = on_tell,
  .opened = on_opened,
  .closing = on_closing,
  .erase_files = on_erase_files,
  .settled = on_settled,
  .load = on_load,
  .online = on_online,
  .device_known = on_device_known,
  .offline = on_offline,
  .frame = on_frame,
  .unreadable = on_unreadable,
  .write_waiting = on_write_waiting,
};

/* ---- beginning and end ---- */

FlooSession *
floo_session_new (const FlooConfig *config, FlooSecrets *secrets)
{
  FlooSession *self = g_object_new (FLOO_TYPE_SESSION, NULL);

  self->account = floo_account_new (G_OBJECT (self), config, &account_listener, self);
  self->operations = floo_operations_new (self->account, &operations_listener, self);
  self->sync = floo_sync_new (self->account, self->operations, &sync_listener, self);
  self->directory = floo_directory_new (self->account, self->operations, &directory_listener, self);
  self->sender = floo_sender_new (self->account, self->sync, &sender_listener, self);
  self->files = floo_files_new (self->account, self->sender, self->directory, &files_listener, self);
  self->login = floo_login_new (self->account, secrets, &login_listener, self);
  return self;
}

static gboolean
on_ready_timeout (gpointer user_data)
{
  FlooSession *self = user_data;

  self->ready_timer = 0;
  g_message ("the stored login was not loaded in time; continuing without it");
  floo_login_load_is_late (self->login);
  on_ready (self);
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
  g_autoptr (FlooStore) store G_GNUC_UNUSED = floo_account_steal_store (self->account);

  floo_store_close_finish (FLOO_STORE (source), result);
  g_task_return_boolean (task, TRUE);
}

/* The calls that were cancelled have been answered. */
static gboolean
on_calls_answered (gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  FlooSession *self = g_task_get_source_object (task);
  FlooStore *store = floo_account_get_store (self->account);

  if (floo_login_is_busy (self->login))
    self->stop_task = g_steal_pointer (&task);
  else if (store != NULL)
    floo_store_close_async (store, on_store_closed, g_steal_pointer (&task));
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
  floo_account_stop (self->account);
  floo_login_cancel_qr (self->login, 0);
  floo_login_stop (self->login);
  floo_files_close (self->files);
  g_idle_add_full (G_PRIORITY_LOW, on_calls_answered, task, NULL);
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
  floo_account_set_caller (self->account, caller);
}

guint
floo_session_get_caller (FlooSession *self)
{
  return floo_account_get_caller (self->account);
}

void
floo_session_set_congested (FlooSession *self, gboolean congested)
{
  if (floo_account_is_congested (self->account) == congested)
    return;
  floo_account_set_congested (self->account, congested);
  if (!congested)
    floo_sync_resume (self->sync);
}

/* ---- status ---- */

void
floo_session_describe_properties (FlooSession *self, GVariantDict *properties)
{
  floo_account_describe_properties (self->account, properties);
  g_variant_dict_insert (properties, "Synced", "b", floo_sync_is_synced (self->sync));
  floo_login_describe_qr (self->login, properties);
}

void
floo_session_get_status (FlooSession *self, FlooReply reply, gpointer user_data)
{
  GVariantDict dict;

  g_variant_dict_init (&dict, NULL);
  floo_session_describe_properties (self, &dict);
  g_variant_dict_insert (&dict, "DaemonVersion", "s", FLOO_VERSION);
  floo_account_describe (self->account, &dict);
  floo_login_describe (self->login, &dict);
  floo_sync_describe (self->sync, &dict);
  reply (g_variant_new ("(@a{sv})", g_variant_dict_end (&dict)), NULL, user_data);
}
