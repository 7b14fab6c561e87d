/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.c: the socket as the login sees it, and PROVISION.
 */
#include "session/login/login.h"

#include "base/names.h"
#include "store/tables/contacts.h"
#include "store/tables/outbox.h"

static char *
on_link_url (FlooLink *link, guint attempts, gpointer user_data)
{
  FlooLogin *self = user_data;

  if (self->rediscover)
    {
      floo_login_begin (self);
      return NULL;
    }
  return floo_endpoints_dup_socket_url (self->session->endpoints);
}

static gboolean
on_link_failed (FlooLink *link, gboolean unreachable, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooFailover failover = floo_endpoints_socket_failed (self->session->endpoints, unreachable);

  self->rediscover |= failover == FLOO_FAILOVER_EXHAUSTED;
  if (failover == FLOO_FAILOVER_NEXT && ++self->hosts_tried < floo_endpoints_count_sockets (self->session->endpoints))
    return TRUE;
  self->hosts_tried = 0;
  return FALSE;
}

static gboolean
on_provision_timeout (gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The service did not answer the login");

  self->provision_timer = 0;
  floo_link_drop (self->session->link, error);
  return G_SOURCE_REMOVE;
}

static int
os_type (const char *name)
{
  static const char *const names[] = { "unknown", "ios", "andr", "win", "osx", "linux", "web" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (names[i], name) == 0)
      return (int) i;
  return FLOO__PROVISION__OS_TYPE__WEB;
}

static void
send_provision (FlooLogin *self)
{
  FlooSession *session = self->session;
  Floo__Provision provision = FLOO__PROVISION__INIT;
  Floo__XID xid = FLOO__XID__INIT;

  xid.has_uid = xid.has_devicesn = TRUE;
  xid.uid = (guint64) session->user_id;
  xid.devicesn = session->device_sn;
  provision.xid = &xid;
  provision.has_token = provision.has_os_type = provision.has_sdk_vsn = provision.has_device_guid = provision.has_device_info = TRUE;
  provision.token = floo_wire_text (self->record->token);
  provision.os_type = os_type (session->config->os_type);
  provision.sdk_vsn = floo_wire_text ("2.0.0");
  provision.device_guid = floo_wire_text (self->device_guid);
  provision.device_info = floo_wire_text (session->config->device_info);
  floo_session_notice (session, "loginMessage", "logining socket service...");
  g_clear_handle_id (&self->provision_timer, g_source_remove);
  self->provision_timer = g_timeout_add (FLOO_LOGIN_TIMEOUT_MS, on_provision_timeout, self);
  floo_session_send_frame (session, FLOO__FRAME__COMMAND__PROVISION, &provision.base);
}

/* A full disk or a store that was set aside is worse news than a connection's. */
static gboolean
is_about_storage (const FlooSession *session)
{
  return session->last_error != NULL
         && (session->last_error->code == FLOO_ERROR_STORAGE
             || (session->last_error->code == FLOO_ERROR_STORAGE_FULL && session->store != NULL
                 && floo_store_is_full (session->store)));
}

static void
on_link_state (FlooLink *link, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooSession *session = self->session;

  switch (floo_link_get_state (link))
    {
    case FLOO_LINK_CONNECTING:
      floo_session_set_state (session, FLOO_STATE_CONNECTING);
      floo_session_notice (session, "loginMessage", "socket connecting...");
      break;
    case FLOO_LINK_UP:
      floo_session_notice (session, "loginMessage", "socket connect success...");
      send_provision (self);
      break;
    case FLOO_LINK_WAITING:
      g_clear_handle_id (&self->provision_timer, g_source_remove);
      floo_sync_offline (session->sync);
      floo_sender_offline (session->sender);
      floo_settler_offline (session->settler);
      floo_directory_offline (session->directory);
      floo_session_set_state (session, FLOO_STATE_WAITING);
      session->next_retry = floo_link_get_next_retry (link);
      if (floo_link_get_error (link) != NULL && !is_about_storage (session))
        floo_session_set_error (session, floo_link_get_error (link));
      break;
    case FLOO_LINK_DOWN:
    default:
      break;
    }
}

static void
on_link_frame (FlooLink *link, GBytes *bytes, gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooFrame) frame = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);

  if (frame == NULL)
    floo_sync_unreadable (self->session->sync, error);
  else if (frame->command == FLOO__FRAME__COMMAND__PROVISION)
    floo_login_provisioned (self, frame);
  else
    floo_sync_frame (self->session->sync, frame);
}

static void
on_link_heard (FlooLink *link, gpointer user_data)
{
  FlooLogin *self = user_data;

  self->session->last_contact = floo_now_ms ();
}

/* What connections before this one left behind: rows on their way under another device number than ours now, and cancelled ones. */
typedef struct {
  FlooSession *session;
  gint64 device_sn;
  GArray *uncertain;            /* client ids */
  GArray *cancelled;            /* client ids: they waited for an answer on a connection that is gone */
} DeviceJob;

static void
device_job_free (gpointer data)
{
  DeviceJob *job = data;

  g_array_unref (job->uncertain);
  g_array_unref (job->cancelled);
  g_object_unref (job->session);
  g_free (job);
}

static gboolean
look_at_row (const FlooOutboxRow *row, gpointer user_data)
{
  DeviceJob *job = user_data;

  if (row->state == FLOO_SEND_CANCELLED)
    g_array_append_val (job->cancelled, row->client_id);
  else if (row->state == FLOO_SEND_SENDING && row->accepted == 0 && row->device_sn != job->device_sn)
    g_array_append_val (job->uncertain, row->client_id);
  return TRUE;
}

static gboolean
keep_uncertain_row (const FlooOutboxRow *row, gpointer user_data)
{
  *(FlooOutboxRow *) user_data = *row;
  return FALSE;
}

static gboolean
run_device_job (FlooDb *db, gpointer data, GError **error)
{
  DeviceJob *job = data;
  char number[24];
  guint n;

  g_snprintf (number, sizeof number, "%" G_GINT64_FORMAT, job->device_sn);
  if (!floo_values_set (db, "device_sn", number, error) || !floo_outbox_foreach (db, look_at_row, job, error)
      || !floo_outbox_mark_uncertain (db, job->device_sn, &n, error))
    return FALSE;
  for (guint i = 0; i < job->cancelled->len; i++)
    {
      gint64 client_id = g_array_index (job->cancelled, gint64, i);
      gboolean must_stay;

      if (!floo_outbox_must_stay (db, client_id, &must_stay, error) || (!must_stay && !floo_outbox_delete (db, client_id, error)))
        return FALSE;
    }
  for (guint i = 0; i < job->uncertain->len; i++)
    {
      FlooOutboxRow row;

      if (!floo_outbox_get (db, g_array_index (job->uncertain, gint64, i), keep_uncertain_row, &row, error)
          || !floo_sender_journal_status (db, row.client_id, row.conversation, row.operation == FLOO_OUTBOX_MESSAGE, "uncertain", 0, 0,
                                          NULL, error))
        return FALSE;
    }
  return TRUE;
}

/* Only now may anything go out: before it, rows under a void number would go out blindly. */
static void
on_device_known (FlooStore *store, gpointer data, const GError *error)
{
  DeviceJob *job = data;
  FlooSession *session = job->session;

  if (session->state != FLOO_STATE_ONLINE || session->store != store)
    return;
  if (error != NULL)
    {
      floo_session_set_error (session, error);
      floo_link_drop (session->link, error);
      return;
    }
  floo_sender_online (session->sender);
  floo_settler_online (session->settler);
}

/* A login on its way to the keyring or the disk. */
typedef struct {
  FlooSession *session;
  FlooLoginRecord *record;
} SaveJob;

static void
on_login_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SaveJob *job = user_data;
  FlooLogin *self = job->session->login;
  g_autoptr (GError) error = NULL;

  if (!floo_secrets_save_finish (FLOO_SECRETS (source), result, &error))
    {
      g_warning ("the login could not be stored, the next start will ask for it: %s", error->message);
      /* The next time it is worth a try. */
      if (floo_login_record_equal (self->kept, job->record))
        g_clear_pointer (&self->kept, floo_login_record_free);
    }
  floo_session_saved (job->session);
  floo_login_record_free (job->record);
  g_object_unref (job->session);
  g_free (job);
}

void
floo_login_save (FlooLogin *self)
{
  g_autoptr (FlooLoginRecord) record = floo_login_record_copy (self->record);
  SaveJob *job;

  if (!self->remember)
    {
      floo_login_record_set (&record->password, "");
    }
  if (floo_login_record_equal (record, self->kept))
    return;
  g_clear_pointer (&self->kept, floo_login_record_free);
  self->kept = floo_login_record_copy (record);
  job = g_new0 (SaveJob, 1);
  job->session = g_object_ref (self->session);
  job->record = g_steal_pointer (&record);
  self->session->saving++;
  floo_secrets_save_async (self->session->secrets, job->record, NULL, on_login_saved, job);
}

void
floo_login_provisioned (FlooLogin *self, FlooFrame *frame)
{
  FlooSession *session = self->session;
  const Floo__Provision *answer = frame->provision;
  const Floo__Status *status = answer->status;
  GVariantDict details;
  DeviceJob *job;
  int code = status == NULL ? FLOO__STATUS__ERROR_CODE__OK : status->has_code ? (int) status->code : 0;

  g_clear_handle_id (&self->provision_timer, g_source_remove);
  if (code != FLOO__STATUS__ERROR_CODE__OK)
    {
      const char *reason = floo_frame_text (frame, status->has_reason, &status->reason);
      g_autofree char *text = g_strdup_printf ("%s: %s", floo_wire_enum_name (&floo__status__error_code__descriptor, code), reason);
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_REJECTED, text);

      floo_session_notice (session, "loginMessage", "login socket failure ......");
      if (floo_login_status (self, code, reason))
        return;
      floo_session_journal (session, FLOO_SIGNAL_LOGIN_FAIL, g_variant_new ("(s)", "socket_failure"));
      floo_session_set_error (session, error);
      floo_link_drop (session->link, error);
      return;
    }

  /* Said again, or unasked: nothing begins by it. */
  if (session->state != FLOO_STATE_CONNECTING)
    return;
  if (answer->xid != NULL && answer->xid->has_devicesn && answer->xid->devicesn != 0)
    session->device_sn = answer->xid->devicesn;
  self->accepted = TRUE;
  floo_backoff_reset (&self->backoff);
  floo_link_reset_attempts (session->link);
  floo_endpoints_socket_answered (session->endpoints);
  self->hosts_tried = 0;
  self->accepted_at = floo_now_ms ();
  self->accepted_since = g_get_monotonic_time ();
  floo_session_notice (session, "loginMessage", "login socket success.....");
  if (!is_about_storage (session))
    floo_session_set_error (session, NULL);
  floo_session_set_state (session, FLOO_STATE_ONLINE);
  floo_login_answer (self, NULL);
  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user_id", "x", session->user_id);
  g_variant_dict_insert (&details, "device_sn", "u", session->device_sn);
  floo_session_journal (session, FLOO_SIGNAL_LOGIN_SUCCESS, g_variant_new ("(@a{sv})", g_variant_dict_end (&details)));
  floo_login_save (self);
  floo_sync_online (session->sync);
  job = g_new0 (DeviceJob, 1);
  job->session = g_object_ref (session);
  job->device_sn = session->device_sn;
  job->uncertain = g_array_new (FALSE, FALSE, sizeof (gint64));
  job->cancelled = g_array_new (FALSE, FALSE, sizeof (gint64));
  floo_session_write (session, run_device_job, on_device_known, job, device_job_free);
  floo_directory_fetch_missing (session->directory);
  floo_pins_load (session);
}

void
floo_login_make_link (FlooLogin *self)
{
  FlooSession *session = self->session;

  session->link = floo_link_new (on_link_url, self);
  floo_link_set_failed_func (session->link, on_link_failed);
  floo_link_set_netwatch (session->link, self->netwatch);
  g_signal_connect (session->link, "state-changed", G_CALLBACK (on_link_state), self);
  g_signal_connect (session->link, "frame", G_CALLBACK (on_link_frame), self);
  g_signal_connect (session->link, "heard", G_CALLBACK (on_link_heard), self);
}
