/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * connection.c: the login's use of the socket, and PROVISION.
 */
#include "session/login/parts.h"

#include "base/names.h"
#include "store/tables/account.h"
#include "store/tables/outbox.h"
#include "session/apply/status.h"

static char *
on_link_url (FlooLink *link, guint attempts, gpointer user_data)
{
  FlooLogin *self = user_data;

  if (self->rediscover)
    {
      floo_login_begin (self);
      return NULL;
    }
  return floo_endpoints_dup_socket_url (floo_account_get_endpoints (self->account));
}

static gboolean
on_link_failed (FlooLink *link, gboolean unreachable, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooFailover failover = floo_endpoints_socket_failed (floo_account_get_endpoints (self->account), unreachable);

  self->rediscover |= failover == FLOO_FAILOVER_EXHAUSTED;
  if (failover == FLOO_FAILOVER_NEXT && ++self->hosts_tried < floo_endpoints_count_sockets (floo_account_get_endpoints (self->account)))
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
  floo_account_drop_link (self->account, error);
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
  FlooAccount *account = self->account;
  Floo__Provision provision = FLOO__PROVISION__INIT;
  Floo__XID xid = FLOO__XID__INIT;

  xid.has_uid = xid.has_devicesn = TRUE;
  xid.uid = (guint64) floo_account_get_user_id (account);
  xid.devicesn = floo_account_get_device_sn (account);
  provision.xid = &xid;
  provision.has_token = provision.has_os_type = provision.has_sdk_vsn = provision.has_device_guid = provision.has_device_info = TRUE;
  provision.token = floo_wire_text (self->record->token);
  provision.os_type = os_type (floo_account_get_config (account)->os_type);
  provision.sdk_vsn = floo_wire_text ("2.0.0");
  provision.device_guid = floo_wire_text (self->device_guid);
  provision.device_info = floo_wire_text (floo_account_get_config (account)->device_info);
  floo_job_notice (account, "loginMessage", "logining socket service...");
  g_clear_handle_id (&self->provision_timer, g_source_remove);
  self->provision_timer = g_timeout_add (FLOO_LOGIN_TIMEOUT_MS, on_provision_timeout, self);
  floo_account_send_frame (account, FLOO__FRAME__COMMAND__PROVISION, &provision.base);
}

/* Storage errors take precedence over errors of the connection. */
static gboolean
is_about_storage (const FlooAccount *account)
{
  const GError *error = floo_account_get_error (account);
  const FlooStore *store = floo_account_get_store (account);

  return error != NULL
         && (error->code == FLOO_ERROR_STORAGE
             || (error->code == FLOO_ERROR_STORAGE_FULL && store != NULL && !floo_account_can_store (account)));
}

void
floo_login_store_failed (FlooLogin *self, const GError *error)
{
  const GError *told = floo_account_get_error (self->account);

  if (error != NULL || (told != NULL && told->code == FLOO_ERROR_STORAGE))
    floo_account_set_error (self->account, error);
}

void
floo_login_store_full (FlooLogin *self, gboolean full)
{
  const GError *told = floo_account_get_error (self->account);

  if (full)
    {
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_STORAGE_FULL, "The disk is full: receiving and sending are paused");

      g_warning ("%s", error->message);
      floo_account_set_error (self->account, error);
      return;
    }
  g_message ("there is room on the disk again");
  if (told != NULL && told->code == FLOO_ERROR_STORAGE_FULL)
    floo_account_set_error (self->account, NULL);
}

static void
show_connecting (FlooLogin *self)
{
  floo_account_set_state (self->account, FLOO_STATE_CONNECTING);
  floo_job_notice (self->account, "loginMessage", "socket connecting...");
}

static void
on_up (FlooLogin *self)
{
  floo_job_notice (self->account, "loginMessage", "socket connect success...");
  send_provision (self);
}

void
floo_login_listed (FlooLogin *self)
{
  FlooLink *link = floo_account_get_link (self->account);
  FlooLinkState state = floo_link_get_state (link);

  self->listed = TRUE;
  if (state == FLOO_LINK_CONNECTING || state == FLOO_LINK_UP)
    show_connecting (self);
  else
    floo_link_start (link);
  if (state == FLOO_LINK_UP)
    on_up (self);
}

static void
on_link_state (FlooLink *link, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooAccount *account = self->account;

  /* Before the lists are loaded PROVISION is not sent yet; see floo_login_listed(). */
  if (!self->listed)
    return;
  switch (floo_link_get_state (link))
    {
    case FLOO_LINK_CONNECTING:
      show_connecting (self);
      break;
    case FLOO_LINK_UP:
      on_up (self);
      break;
    case FLOO_LINK_WAITING:
      g_clear_handle_id (&self->provision_timer, g_source_remove);
      self->listener->offline (self->data);
      floo_account_set_state (account, FLOO_STATE_WAITING);
      floo_account_set_next_retry (account, floo_link_get_next_retry (link));
      if (floo_link_get_error (link) != NULL && !is_about_storage (account))
        floo_account_set_error (account, floo_link_get_error (link));
      break;
    case FLOO_LINK_DOWN:
    default:
      break;
    }
}

static void provisioned (FlooLogin *self, FlooFrame *frame);

static void
on_link_frame (FlooLink *link, GBytes *bytes, gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooFrame) frame = floo_frame_decode (bytes, FLOO_FROM_SERVICE, &error);

  if (frame == NULL)
    self->listener->unreadable (error, self->data);
  else if (frame->command == FLOO__FRAME__COMMAND__PROVISION)
    provisioned (self, frame);
  else
    self->listener->frame (frame, self->data);
}

static void
on_link_heard (FlooLink *link, gpointer user_data)
{
  FlooLogin *self = user_data;

  floo_account_set_contact (self->account);
}

/* Rows left by earlier connections: in sending under another device number than the present one, and cancelled ones. */
typedef struct {
  FlooLogin *login;
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
  floo_account_unref (job->login->account);
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
          || !floo_status_journal (db, row.client_id, row.conversation, row.operation == FLOO_OPERATION_MESSAGE, "uncertain", 0, 0,
                                   NULL, error))
        return FALSE;
    }
  return TRUE;
}

/* Only now may anything be sent: earlier, rows under a void device number would be sent although they may have arrived. */
static void
on_device_known (FlooStore *store, gpointer data, const GError *error)
{
  DeviceJob *job = data;
  FlooAccount *account = job->login->account;

  if (!floo_account_is_online (account) || floo_account_get_store (account) != store)
    return;
  if (error != NULL)
    {
      floo_account_set_error (account, error);
      floo_account_drop_link (account, error);
      return;
    }
  job->login->listener->device_known (job->login->data);
}

/* A login being saved to the keyring or the disk. */
typedef struct {
  FlooLogin *login;
  FlooLoginRecord *record;
} SaveJob;

static void
on_login_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SaveJob *job = user_data;
  FlooLogin *self = job->login;
  g_autoptr (GError) error = NULL;

  if (!floo_secrets_save_finish (FLOO_SECRETS (source), result, &error))
    {
      g_warning ("the login could not be stored, the next start will ask for it: %s", error->message);
      /* So that it is tried again the next time. */
      if (floo_login_record_equal (self->kept, job->record))
        g_clear_pointer (&self->kept, floo_login_record_free);
    }
  floo_login_saved (self);
  floo_login_record_free (job->record);
  floo_account_unref (job->login->account);
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
  floo_account_ref (self->account);
  job->login = self;
  job->record = g_steal_pointer (&record);
  self->saving++;
  floo_secrets_save_async (self->secrets, job->record, NULL, on_login_saved, job);
}

static void
provisioned (FlooLogin *self, FlooFrame *frame)
{
  FlooAccount *account = self->account;
  const Floo__Provision *answer = frame->provision;
  const char *reason;
  GVariantDict details;
  DeviceJob *job;
  int code = floo_frame_status (frame, answer->status, &reason);

  g_clear_handle_id (&self->provision_timer, g_source_remove);
  if (code != FLOO__STATUS__ERROR_CODE__OK)
    {
      g_autofree char *text = g_strdup_printf ("%s: %s", floo_wire_enum_name (&floo__status__error_code__descriptor, code), reason);
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_REJECTED, text);

      floo_job_notice (account, "loginMessage", "login socket failure ......");
      if (floo_login_status (self, code, reason))
        return;
      floo_job_journal (account, FLOO_SIGNAL_LOGIN_FAIL, g_variant_new ("(s)", "socket_failure"));
      floo_account_set_error (account, error);
      floo_account_drop_link (account, error);
      return;
    }

  /* Repeated or unsolicited: it starts nothing. */
  if (floo_account_get_state (account) != FLOO_STATE_CONNECTING)
    return;
  if (answer->xid != NULL && answer->xid->has_devicesn && answer->xid->devicesn != 0)
    floo_account_set_device_sn (account, answer->xid->devicesn);
  self->accepted = TRUE;
  floo_backoff_reset (&self->backoff);
  floo_link_reset_attempts (floo_account_get_link (account));
  floo_endpoints_socket_answered (floo_account_get_endpoints (account));
  self->hosts_tried = 0;
  self->accepted_at = floo_account_get_service_time (account);
  self->accepted_since = g_get_monotonic_time ();
  floo_job_notice (account, "loginMessage", "login socket success.....");
  if (!is_about_storage (account))
    floo_account_set_error (account, NULL);
  floo_account_set_state (account, FLOO_STATE_ONLINE);
  floo_login_answer (self, NULL);
  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user_id", "x", floo_account_get_user_id (account));
  g_variant_dict_insert (&details, "device_sn", "u", floo_account_get_device_sn (account));
  floo_job_journal (account, FLOO_SIGNAL_LOGIN_SUCCESS, g_variant_new ("(@a{sv})", g_variant_dict_end (&details)));
  floo_login_save (self);
  self->listener->online (self->data);
  job = g_new0 (DeviceJob, 1);
  floo_account_ref (account);
  job->login = self;
  job->device_sn = floo_account_get_device_sn (account);
  job->uncertain = g_array_new (FALSE, FALSE, sizeof (gint64));
  job->cancelled = g_array_new (FALSE, FALSE, sizeof (gint64));
  floo_job_write (account, run_device_job, on_device_known, job, device_job_free);
}

FlooLink *
floo_login_make_link (FlooLogin *self)
{
  FlooLink *link = floo_link_new (on_link_url, self);

  floo_link_set_failed_func (link, on_link_failed);
  floo_link_set_netwatch (link, self->netwatch);
  g_signal_connect (link, "state-changed", G_CALLBACK (on_link_state), self);
  g_signal_connect (link, "frame", G_CALLBACK (on_link_frame), self);
  g_signal_connect (link, "heard", G_CALLBACK (on_link_heard), self);
  return link;
}
