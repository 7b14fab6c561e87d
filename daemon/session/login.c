/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.c: who we are and whether we are online: discovery, token, lists, socket, PROVISION (wire.md, sections 1 to 3), and what
 * brings a lost session back.
 */
#include "session/internal.h"

#include <string.h>

#include "base/backoff.h"
#include "base/json.h"
#include "base/names.h"
#include "store/contacts.h"
#include "store/outbox.h"

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000
#define RELOGIN_DELAY_MS 2000
#define OLD_NOTICE_MS (10 * 60 * 1000)  /* the clocks may differ by that */
#define DEVICE_SN_BASE 999999999u
#define DEVICE_SN_RANGE 2140000u

struct _FlooLogin {
  FlooSession *session;         /* our owner */
  FlooLoginRecord *record;      /* (nullable): none while signed out */
  char *device_guid;
  gboolean by_id;               /* the password goes with the id, not with a name */
  gboolean remember;
  gboolean accepted;            /* the service took this login once: from then on we try again for ever */
  gint64 accepted_at;           /* ms: when it last was */
  gboolean loading;             /* the stored login is on its way */
  gboolean dismissed;           /* it is not wanted any more */
  gboolean changing_password;
  gboolean void_meanwhile;      /* the token, by that change or not */
  GCancellable *cancellable;    /* of the present attempt */
  guint retry_timer;
  guint provision_timer;
  FlooBackoff backoff;

  /* The Login call that waits. */
  FlooReply reply;
  gpointer reply_data;
  guint reply_timer;
};

static void begin (FlooLogin *self);
static void begin_attempt (FlooLogin *self);
static void authenticate (FlooLogin *self);
static void load_lists (FlooLogin *self);
static void prepare (FlooLogin *self);

FlooLogin *
floo_login_new (FlooSession *session)
{
  FlooLogin *self = g_new0 (FlooLogin, 1);

  self->session = session;
  self->backoff = (FlooBackoff) { .min_ms = RETRY_MIN_MS, .max_ms = RETRY_MAX_MS, .factor_percent = 200 };
  return self;
}

static void
cancel_attempt (FlooLogin *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_handle_id (&self->provision_timer, g_source_remove);
}

void
floo_login_free (FlooLogin *self)
{
  cancel_attempt (self);
  g_clear_handle_id (&self->reply_timer, g_source_remove);
  g_clear_pointer (&self->record, floo_login_record_free);
  g_free (self->device_guid);
  g_free (self);
}

/* ---- the waiting call ---- */

static void
answer_caller (FlooLogin *self, const GError *error)
{
  FlooReply reply = g_steal_pointer (&self->reply);

  g_clear_handle_id (&self->reply_timer, g_source_remove);
  floo_session_tell_status (self->session);
  if (reply != NULL)
    reply (error == NULL ? g_variant_new ("(x)", self->session->user_id) : NULL, error, self->reply_data);
}

static gboolean
on_reply_timeout (gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (GError) error = NULL;

  self->reply_timer = 0;
  error = g_error_new (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "Not logged in within %d s%s%s; the attempt goes on", FLOO_LOGIN_TIMEOUT_MS / 1000,
                       self->session->last_error != NULL ? ": " : "",
                       self->session->last_error != NULL ? self->session->last_error->message : "");
  answer_caller (self, error);
  return G_SOURCE_REMOVE;
}

/* ---- how an attempt ends ---- */

static void
link_down (FlooLogin *self)
{
  FlooSession *session = self->session;

  g_clear_handle_id (&self->provision_timer, g_source_remove);
  if (session->link != NULL)
    floo_link_stop (session->link);
  floo_sync_offline (session->sync);
  floo_sender_offline (session->sender);
  floo_settler_offline (session->settler);
  floo_directory_offline (session->directory);
}

/* Nobody is logged in: what the properties say then. */
static void
forget_account (FlooLogin *self)
{
  FlooSession *session = self->session;

  g_clear_pointer (&self->record, floo_login_record_free);
  g_clear_pointer (&self->device_guid, g_free);
  session->user_id = 0;
  session->device_sn = 0;
  session->unread_total = session->queued = 0;
  g_free (session->username);
  session->username = g_strdup ("");
  g_free (session->app_id);
  session->app_id = g_strdup (session->config->app_id);
}

static void
on_store_given_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSession) session = user_data;

  floo_store_close_finish (FLOO_STORE (source), result);
  floo_session_left (session);
}

/* Needs the user: a first login that failed is over, a session that had been accepted is blocked. */
static void
give_up (FlooLogin *self, const GError *error)
{
  FlooSession *session = self->session;

  cancel_attempt (self);
  link_down (self);
  floo_session_set_error (session, error);
  if (self->accepted)
    floo_session_set_state (session, FLOO_STATE_BLOCKED);
  else
    {
      g_autoptr (FlooStore) store = g_steal_pointer (&session->store);

      if (store != NULL)
        {
          session->leaving++;
          floo_store_close_async (store, on_store_given_up, g_object_ref (session));
        }
      forget_account (self);
      floo_session_set_state (session, FLOO_STATE_SIGNED_OUT);
    }
  answer_caller (self, error);
}

static gboolean
on_retry (gpointer user_data)
{
  FlooLogin *self = user_data;

  self->retry_timer = 0;
  begin (self);
  return G_SOURCE_REMOVE;
}

static void
retry_in (FlooLogin *self, guint delay_ms)
{
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  self->retry_timer = g_timeout_add (delay_ms, on_retry, self);
  floo_session_set_state (self->session, FLOO_STATE_WAITING);
  self->session->next_retry = floo_now_ms () + delay_ms;
  floo_session_status_changed (self->session);
}

static void
retry_later (FlooLogin *self, const GError *error)
{
  cancel_attempt (self);
  link_down (self);
  floo_session_set_error (self->session, error);
  retry_in (self, floo_backoff_next (&self->backoff));
}

/* Errors that a further try of ours will not mend. A session that the service had accepted gives up for fewer reasons: it has nobody who waits for an answer. */
static gboolean
is_final (const FlooLogin *self, const GError *error)
{
  if (error->domain != FLOO_ERROR)
    return FALSE;
  switch ((FlooError) error->code)
    {
    case FLOO_ERROR_OFFLINE:
    case FLOO_ERROR_TIMEOUT:
    case FLOO_ERROR_PROTOCOL:
    case FLOO_ERROR_STORAGE_FULL:
      return FALSE;
    case FLOO_ERROR_REJECTED:
    case FLOO_ERROR_RATE_LIMITED:
    case FLOO_ERROR_PERMISSION_DENIED:
    case FLOO_ERROR_INVALID_ARGUMENTS:
      return !self->accepted;
    default:
      return TRUE;
    }
}

/* ---- discovery ---- */

static void
on_discovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self;
  FlooSession *session;
  g_autoptr (GError) error = NULL;
  gboolean from_cache = FALSE;
  static const struct {
    FlooError code;
    const char *category;
  } app_states[] = { { FLOO_ERROR_BANNED, "APP_BANNED" }, { FLOO_ERROR_FROZEN, "APP_FROZEN" }, { FLOO_ERROR_APP_UNAVAILABLE, "APP_REVOKED" } };
  const char *category = "DNS_FAILED";

  if (floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, &from_cache, &error))
    {
      self = user_data;
      session = self->session;
      floo_session_status_changed (session);
      if (*self->record->token == '\0')
        authenticate (self);
      else
        prepare (self);
      return;
    }
  if (floo_error_is_cancelled (error))
    return;
  self = user_data;
  session = self->session;
  for (gsize i = 0; i < G_N_ELEMENTS (app_states); i++)
    if (g_error_matches (error, FLOO_ERROR, (int) app_states[i].code))
      category = app_states[i].category;
  floo_session_error (session, category, error->message);
  if (is_final (self, error))
    give_up (self, error);
  else
    retry_later (self, error);
}

static void
begin (FlooLogin *self)
{
  begin_attempt (self);
  floo_session_ready (self->session);
}

static void
begin_attempt (FlooLogin *self)
{
  cancel_attempt (self);
  /* What connects by itself meanwhile would be a second attempt beside this one. */
  link_down (self);
  if (*self->record->token == '\0' && *self->record->password == '\0')
    {
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN, "The session was ended: log in again");
      give_up (self, error);
      return;
    }
  self->cancellable = g_cancellable_new ();
  floo_session_set_state (self->session, FLOO_STATE_DISCOVERING);
  floo_endpoints_discover_async (self->session->endpoints, self->cancellable, on_discovered, self);
}

/* ---- token ---- */

/* The service's message alone, as the SDK passes it on. */
static const char *
service_words (const GError *error)
{
  const char *words = floo_rest_error_get_code (error) != 0 ? strstr (error->message, ": ") : NULL;

  return words != NULL ? words + 2 : error->message;
}

static void
token_failed (FlooLogin *self, const GError *error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree char *text = g_strconcat ("token failure:", service_words (error), NULL);

  floo_session_journal (self->session, FLOO_SIGNAL_LOGIN_FAIL, g_variant_new ("(s)", text));
  if (!is_final (self, error))
    {
      retry_later (self, error);
      return;
    }
  /* What the service said of name and password is a failed login, whatever its code; its own names for the rest. */
  if (error->code == FLOO_ERROR_REJECTED || error->code == FLOO_ERROR_NOT_FOUND || error->code == FLOO_ERROR_NOT_LOGGED_IN
      || error->code == FLOO_ERROR_INVALID_ARGUMENTS || error->code == FLOO_ERROR_PERMISSION_DENIED)
    failure = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_LOGIN_FAILED, error->message);
  else
    failure = g_error_copy (error);
  give_up (self, failure);
}

static void
on_token (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooSession *session;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  JsonObject *token;
  const char *text = NULL;
  gint64 user_id = 0;

  /* The answer may have been there when the attempt was given up. */
  if (floo_error_is_cancelled (error) || self->session->state != FLOO_STATE_AUTHENTICATING)
    return;
  session = self->session;
  if (answer != NULL)
    {
      token = floo_json_node_object (answer->data);
      text = token != NULL ? floo_json_get_string (token, "token") : NULL;
      if (text == NULL || *text == '\0' || !floo_json_get_int (token, "user_id", &user_id) || user_id <= 0)
        error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's answer has no token or no user_id");
      else if (session->store != NULL && user_id != session->user_id)
        error = g_error_new (FLOO_ERROR, FLOO_ERROR_LOGIN_FAILED, "The service knows this login as another user (%" G_GINT64_FORMAT ")", user_id);
    }
  if (error != NULL)
    {
      token_failed (self, error);
      return;
    }
  g_free (self->record->token);
  self->record->token = g_strdup (text);
  self->record->user_id = user_id;
  prepare (self);
}

static void
authenticate (FlooLogin *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) body = NULL;

  floo_session_set_state (self->session, FLOO_STATE_AUTHENTICATING);
  floo_session_notice (self->session, "loginMessage", "getting token...");
  json_builder_begin_object (builder);
  if (self->by_id)
    {
      json_builder_set_member_name (builder, "user_id");
      json_builder_add_int_value (builder, self->record->user_id);
    }
  else
    {
      json_builder_set_member_name (builder, "name");
      json_builder_add_string_value (builder, self->record->username);
    }
  json_builder_set_member_name (builder, "password");
  json_builder_add_string_value (builder, self->record->password);
  json_builder_end_object (builder);
  body = json_builder_get_root (builder);
  floo_rest_call_async (self->session->rest, "POST", self->by_id ? "/token/id" : "/token/user", NULL, body, FLOO_REST_NO_TOKEN,
                        self->cancellable, on_token, self);
}

/* ---- the store ---- */

typedef struct {
  FlooLogin *login;
  GCancellable *cancellable;
  char *guid;
  gint64 device_sn;
} IdentityJob;

static void
identity_job_free (gpointer data)
{
  IdentityJob *job = data;

  g_object_unref (job->cancellable);
  g_free (job->guid);
  g_free (job);
}

/* The device's guid is made once per user and installation, its number is the service's; until that gave one: a random one. */
static gboolean
run_identity_job (FlooDb *db, gpointer data, GError **error)
{
  IdentityJob *job = data;
  g_autofree char *sn = NULL;
  char number[24];

  if (!floo_values_get (db, "device_guid", &job->guid, error) || !floo_values_get (db, "device_sn", &sn, error))
    return FALSE;
  job->device_sn = sn != NULL ? g_ascii_strtoll (sn, NULL, 10) : 0;
  if (job->guid != NULL && job->device_sn > 0)
    return TRUE;
  if (job->guid == NULL)
    {
      g_autofree char *random = g_uuid_string_random ();
      job->guid = g_strdup_printf ("%" G_GINT64_FORMAT "_%s", floo_db_get_user_id (db), random);
    }
  if (job->device_sn <= 0)
    job->device_sn = DEVICE_SN_BASE + (gint64) g_random_int_range (0, DEVICE_SN_RANGE);
  g_snprintf (number, sizeof number, "%" G_GINT64_FORMAT, job->device_sn);
  return floo_values_set (db, "device_guid", job->guid, error) && floo_values_set (db, "device_sn", number, error);
}

static void
on_identity (FlooStore *store, gpointer data, const GError *error)
{
  IdentityJob *job = data;
  FlooLogin *self = job->login;

  if (g_cancellable_is_cancelled (job->cancellable))
    return;
  if (error != NULL)
    {
      retry_later (self, error);
      return;
    }
  g_free (self->device_guid);
  self->device_guid = g_steal_pointer (&job->guid);
  self->session->device_sn = (guint32) job->device_sn;
  floo_session_status_changed (self->session);
  /* A stored login opens the store before it knows where the service is. */
  if (self->session->state == FLOO_STATE_SIGNED_OUT)
    begin (self);
  else
    load_lists (self);
}

static void
on_store_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooSession *session;
  g_autoptr (GError) error = NULL;
  FlooStoreOutcome outcome = FLOO_STORE_OPENED;
  g_autoptr (FlooStore) store = floo_store_open_finish (result, &outcome, &error);

  if (floo_error_is_cancelled (error))
    return;
  session = self->session;
  if (store == NULL)
    {
      floo_session_ready (session);
      /* Who waits for a first login is told at once; a session that was there goes on when there is room. */
      if (self->accepted && g_error_matches (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL))
        retry_later (self, error);
      else
        give_up (self, error);
      return;
    }
  floo_session_take_store (session, store);
  session->user_id = floo_store_get_user_id (store);
  if (outcome == FLOO_STORE_REPLACED)
    {
      g_autoptr (GError) corrupt = g_error_new_literal (
          FLOO_ERROR, FLOO_ERROR_STORAGE, "The store was corrupt: it was set aside beside the new one, which begins empty");
      floo_session_set_error (session, corrupt);
    }
  prepare (self);
}

static void
open_store (FlooLogin *self)
{
  g_autofree char *user = g_strdup_printf ("%" G_GINT64_FORMAT, self->record->user_id);
  g_autofree char *folder = g_build_filename (self->session->config->data_dir, self->record->app_id, user, NULL);

  floo_store_open_async (folder, self->record->user_id, self->cancellable, on_store_opened, self);
}

/* Store and identity of the device are there, then the lists. */
static void
prepare (FlooLogin *self)
{
  IdentityJob *job;

  if (self->session->store == NULL)
    {
      open_store (self);
      return;
    }
  if (self->device_guid != NULL)
    {
      load_lists (self);
      return;
    }
  job = g_new0 (IdentityJob, 1);
  job->login = self;
  job->cancellable = g_object_ref (self->cancellable);
  floo_session_write (self->session, run_identity_job, on_identity, job, identity_job_free);
}

/* ---- the lists ---- */

static void
on_lists (FlooSession *session, const GError *error)
{
  FlooLogin *self = session->login;
  g_autofree char *text = NULL;

  if (error == NULL)
    {
      floo_link_start (session->link);
      return;
    }
  /* A void token has taken its own way. */
  if (floo_error_is_cancelled (error) || floo_rest_error_get_code (error) == 402)
    return;
  text = g_strconcat ("get roster list failure:", service_words (error), NULL);
  floo_session_notice (session, "loginMessage", text);
  floo_session_journal (session, FLOO_SIGNAL_LOGIN_FAIL, g_variant_new ("(s)", text));
  retry_later (self, error);
}

static void
load_lists (FlooLogin *self)
{
  floo_session_set_state (self->session, FLOO_STATE_AUTHENTICATING);
  floo_rest_set_token (self->session->rest, self->record->token);
  floo_session_notice (self->session, "loginMessage", "token sucecc, getting roster lists..");
  floo_directory_load_lists (self->session->directory, self->cancellable, on_lists);
}

/* ---- the socket ---- */

static char *
on_link_url (FlooLink *link, guint attempts, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooEndpoints *endpoints = self->session->endpoints;

  if (attempts > 0 && floo_endpoints_socket_failed (endpoints))
    {
      /* Every endpoint has failed: find out anew where the service is. */
      begin (self);
      return NULL;
    }
  return floo_endpoints_dup_socket_url (endpoints);
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
         && (session->last_error->code == FLOO_ERROR_STORAGE || (session->last_error->code == FLOO_ERROR_STORAGE_FULL && session->store != NULL
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
    g_warning ("a frame of the service was dropped: %s", error->message);
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

/* What is on its way under another device number than ours now. */
typedef struct {
  FlooSession *session;
  gint64 device_sn;
  GArray *uncertain;            /* client ids */
  GArray *cancelled;            /* client ids of rows that will not be answered any more */
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

  if (row->device_sn == job->device_sn)
    return TRUE;
  if (row->state == FLOO_SEND_SENDING)
    g_array_append_val (job->uncertain, row->client_id);
  else if (row->state == FLOO_SEND_CANCELLED)
    g_array_append_val (job->cancelled, row->client_id);
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
    if (!floo_outbox_delete (db, g_array_index (job->cancelled, gint64, i), error))
      return FALSE;
  for (guint i = 0; i < job->uncertain->len; i++)
    {
      FlooOutboxRow row;

      if (!floo_outbox_get (db, g_array_index (job->uncertain, gint64, i), keep_uncertain_row, &row, error)
          || !floo_sender_journal_status (db, row.client_id, row.conversation, row.operation == FLOO_OUTBOX_MESSAGE, "uncertain", 0, 0, NULL,
                                          error))
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

static void
on_login_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!floo_secrets_save_finish (FLOO_SECRETS (source), result, &error))
    g_warning ("the login could not be stored, the next start will ask for it: %s", error->message);
}

static void
save_login (FlooLogin *self)
{
  g_autoptr (FlooLoginRecord) record = floo_login_record_copy (self->record);

  if (!self->remember)
    {
      g_free (record->password);
      record->password = g_strdup ("");
    }
  floo_secrets_save_async (self->session->secrets, record, NULL, on_login_saved, NULL);
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

  if (answer->xid != NULL && answer->xid->has_devicesn && answer->xid->devicesn != 0)
    session->device_sn = answer->xid->devicesn;
  self->accepted = TRUE;
  floo_backoff_reset (&self->backoff);
  floo_link_reset_attempts (session->link);
  floo_endpoints_socket_answered (session->endpoints);
  self->accepted_at = floo_now_ms ();
  floo_session_notice (session, "loginMessage", "login socket success.....");
  if (!is_about_storage (session))
    floo_session_set_error (session, NULL);
  floo_session_set_state (session, FLOO_STATE_ONLINE);
  answer_caller (self, NULL);
  g_variant_dict_init (&details, NULL);
  g_variant_dict_insert (&details, "user_id", "x", session->user_id);
  g_variant_dict_insert (&details, "device_sn", "u", session->device_sn);
  floo_session_journal (session, FLOO_SIGNAL_LOGIN_SUCCESS, g_variant_new ("(@a{sv})", g_variant_dict_end (&details)));
  save_login (self);
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

/* ---- refusals and notices ---- */

/* The number and, for @new_guid, the guid of this device are void: rows under way become uncertain at the next login. */
typedef struct {
  gboolean new_guid;
} VoidDeviceJob;

static gboolean
run_void_device_job (FlooDb *db, gpointer data, GError **error)
{
  const VoidDeviceJob *job = data;

  return floo_values_set (db, "device_sn", NULL, error) && (!job->new_guid || floo_values_set (db, "device_guid", NULL, error));
}

static void
void_device (FlooLogin *self, gboolean new_guid)
{
  VoidDeviceJob *job = g_new0 (VoidDeviceJob, 1);

  job->new_guid = new_guid;
  g_clear_pointer (&self->device_guid, g_free);
  self->session->device_sn = 0;
  floo_session_write (self->session, run_void_device_job, NULL, job, g_free);
}

/* Nor may a later start log in by itself where somebody else ended the session: two devices would put each other out for ever. */
static void
forget_password (FlooLogin *self)
{
  if (self->record == NULL)
    return;
  g_free (self->record->password);
  self->record->password = g_strdup ("");
}

static void
forget_token (FlooLogin *self)
{
  if (self->record == NULL)
    return;
  g_free (self->record->token);
  self->record->token = g_strdup ("");
  floo_rest_set_token (self->session->rest, NULL);
  save_login (self);
}

/* The token is void: a new one by the password where we know it, else the user. */
static void
token_void (FlooLogin *self)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN, "The service does not accept the token any more: log in again");

  if (self->record == NULL || *self->record->token == '\0')
    return;
  if (self->changing_password)
    {
      self->void_meanwhile = TRUE;
      return;
    }
  g_message ("the token is void");
  floo_session_notice (self->session, "action", "relogin");
  forget_token (self);
  if (*self->record->password == '\0')
    {
      if (!self->accepted)
        error->code = FLOO_ERROR_LOGIN_FAILED;
      give_up (self, error);
      return;
    }
  cancel_attempt (self);
  link_down (self);
  floo_session_set_error (self->session, error);
  retry_in (self, floo_backoff_next (&self->backoff));
}

static void
on_token_void (FlooRest *rest, gpointer user_data)
{
  token_void (user_data);
}

void
floo_login_begin_password_change (FlooLogin *self)
{
  self->changing_password = TRUE;
  self->void_meanwhile = FALSE;
}

void
floo_login_end_password_change (FlooLogin *self, const char *password)
{
  gboolean is_void = self->void_meanwhile;

  self->changing_password = self->void_meanwhile = FALSE;
  if (self->record == NULL)
    return;
  if (password == NULL)
    {
      if (is_void)
        token_void (self);
      return;
    }
  /* Token and device number went with the old password. */
  void_device (self, FALSE);
  g_free (self->record->password);
  self->record->password = g_strdup (password);
  forget_token (self);
  link_down (self);
  begin (self);
}

static void
block (FlooLogin *self, FlooError code, const char *text)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, code, text);

  give_up (self, error);
}

gboolean
floo_login_status (FlooLogin *self, int code, const char *reason)
{
  static const struct {
    int code;
    FlooError error;
    const char *category;       /* of FlooError, with the SDK's own words */
    const char *desc;
  } final[] = {
    { FLOO__STATUS__ERROR_CODE__USER_FROZEN, FLOO_ERROR_FROZEN, "USER_FROZEN", "用户被冻结,请联系App管理员。" },
    { FLOO__STATUS__ERROR_CODE__INVALID_LICENSE, FLOO_ERROR_APP_UNAVAILABLE, "LICENSE", "无效 LICENSE,请确认服务已按时付费。" },
    { FLOO__STATUS__ERROR_CODE__LICENSE_LIMIT, FLOO_ERROR_APP_UNAVAILABLE, "LICENSE", "超出 LICENSE 用户数限制,请购买更高规格服务。" },
    { FLOO__STATUS__ERROR_CODE__APP_FROZEN, FLOO_ERROR_APP_UNAVAILABLE, "APP_FROZEN", "APP 被冻结,请登陆美信拓扑控制台查看详情。" },
  };

  if (self->record == NULL)
    return FALSE;
  if (code == FLOO__STATUS__ERROR_CODE__INVALID_TOKEN
      || (code == FLOO__STATUS__ERROR_CODE__UNAUTHORIZED && g_str_equal (reason, "you must login first")))
    {
      token_void (self);
      return TRUE;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (final); i++)
    if (final[i].code == code)
      {
        g_autofree char *text = g_strdup_printf ("%s: %s", floo_wire_enum_name (&floo__status__error_code__descriptor, code),
                                                 *reason != '\0' ? reason : final[i].desc);
        floo_session_error (self->session, final[i].category, final[i].desc);
        floo_session_notice (self->session, "action", "relogin_manually");
        block (self, final[i].error, text);
        return TRUE;
      }
  return FALSE;
}

void
floo_login_user_notice (FlooLogin *self, int type, gint64 timestamp)
{
  /* What was said long before this login is not about it. */
  if (self->record == NULL || (timestamp > 0 && timestamp < self->accepted_at - OLD_NOTICE_MS))
    return;
  switch (type)
    {
    case FLOO__USER_NOTICE__TYPE__UNKNOWN:
    case FLOO__USER_NOTICE__TYPE__PASSWORD_CHANGED:
    case FLOO__USER_NOTICE__TYPE__FROZEN:
    case FLOO__USER_NOTICE__TYPE__REMOVED:
    case FLOO__USER_NOTICE__TYPE__KICKED_BY_OTHER_DEVICE:
    case FLOO__USER_NOTICE__TYPE__DEVICE_REMOVED:
      {
        g_autofree char *text = g_strdup_printf ("The service ended the session: %s",
                                                 floo_wire_enum_name (&floo__user_notice__type__descriptor, type));
        void_device (self, FALSE);
        forget_password (self);
        forget_token (self);
        block (self, type == FLOO__USER_NOTICE__TYPE__FROZEN ? FLOO_ERROR_FROZEN : FLOO_ERROR_NOT_LOGGED_IN, text);
        break;
      }
    case FLOO__USER_NOTICE__TYPE__KICK_BY_SAME_DEVICE:
      void_device (self, TRUE);
      forget_password (self);
      forget_token (self);
      block (self, FLOO_ERROR_NOT_LOGGED_IN, "The service ended the session: another program logged in as this device");
      break;
    case FLOO__USER_NOTICE__TYPE__CLUSTER_CHANGED:
    case FLOO__USER_NOTICE__TYPE__DNS_UPDATE:
      floo_endpoints_forget (self->session->endpoints);
      cancel_attempt (self);
      link_down (self);
      if (*self->record->password != '\0')
        forget_token (self);
      floo_session_notice (self->session, "action", "relogin");
      retry_in (self, RELOGIN_DELAY_MS);
      break;
    default:
      break;
    }
}

/* ---- beginning and end ---- */

static void
on_rediscovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, NULL, &error) && !floo_error_is_cancelled (error))
    g_message ("where the service is could not be found out anew: %s", error->message);
}

/* No host of a kind answers any more. While we are online the rest goes on meanwhile; else an attempt is under way that finds out by itself. */
static void
on_endpoints_exhausted (FlooEndpoints *endpoints, gpointer user_data)
{
  FlooLogin *self = user_data;

  if (self->session->state == FLOO_STATE_ONLINE)
    floo_endpoints_discover_async (endpoints, self->cancellable, on_rediscovered, NULL);
}

/* What still comes from the objects of a login before is not about the next one. */
static void
drop_service (FlooLogin *self)
{
  FlooSession *session = self->session;
  gpointer objects[] = { session->link, session->rest, session->endpoints };

  for (gsize i = 0; i < G_N_ELEMENTS (objects); i++)
    if (objects[i] != NULL)
      g_signal_handlers_disconnect_by_data (objects[i], self);
  g_clear_object (&session->link);
  g_clear_object (&session->rest);
  g_clear_object (&session->endpoints);
}

/* Makes what talks to the service, for a record that is complete. */
static void
set_up (FlooLogin *self)
{
  FlooSession *session = self->session;

  drop_service (self);
  session->endpoints = floo_endpoints_new (session->config->cache_dir, self->record->app_id,
                                           *self->record->dns_server != '\0' ? self->record->dns_server : NULL);
  g_signal_connect (session->endpoints, "exhausted", G_CALLBACK (on_endpoints_exhausted), self);
  session->rest = floo_rest_new (session->endpoints, self->record->app_id);
  g_signal_connect (session->rest, "token-void", G_CALLBACK (on_token_void), self);
  session->link = floo_link_new (on_link_url, self);
  g_signal_connect (session->link, "state-changed", G_CALLBACK (on_link_state), self);
  g_signal_connect (session->link, "frame", G_CALLBACK (on_link_frame), self);
  g_signal_connect (session->link, "heard", G_CALLBACK (on_link_heard), self);
  g_free (session->app_id);
  session->app_id = g_strdup (self->record->app_id);
  g_free (session->username);
  session->username = g_strdup (self->record->username);
  self->by_id = *self->record->username == '\0';
  self->changing_password = self->void_meanwhile = FALSE;
  self->accepted = FALSE;
  floo_backoff_reset (&self->backoff);
  floo_session_status_changed (session);
}

static void
tear_down (FlooLogin *self)
{
  FlooSession *session = self->session;

  cancel_attempt (self);
  floo_session_cancel_calls (session);
  link_down (self);
  forget_account (self);
  drop_service (self);
}

gboolean
floo_login_is_loading (FlooLogin *self)
{
  return self->loading;
}

void
floo_login_stop (FlooLogin *self)
{
  self->dismissed = TRUE;
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The login was given up");

  answer_caller (self, error);
  tear_down (self);
  floo_session_set_state (self->session, FLOO_STATE_SIGNED_OUT);
}

/* Takes the record and begins; with an account known by its id its store opens first, so that its state can be read without the service. */
static void
take_record (FlooLogin *self, FlooLoginRecord *record, gboolean remember)
{
  self->record = record;
  self->remember = remember;
  set_up (self);
  self->cancellable = g_cancellable_new ();
}

gboolean
floo_login_is_taken (FlooLogin *self)
{
  return self->record != NULL && self->session->state != FLOO_STATE_BLOCKED;
}

void
floo_login_start (FlooLogin *self, FlooLoginRecord *record, gboolean remember, FlooReply reply, gpointer user_data)
{
  take_record (self, record, remember);
  floo_session_set_error (self->session, NULL);
  self->reply = reply;
  self->reply_data = user_data;
  self->reply_timer = g_timeout_add (FLOO_LOGIN_TIMEOUT_MS, on_reply_timeout, self);
  begin (self);
}

void
floo_login_retry_now (FlooLogin *self)
{
  if (self->record == NULL || self->session->state == FLOO_STATE_ONLINE)
    return;
  if (self->retry_timer != 0 || self->session->state == FLOO_STATE_BLOCKED)
    begin (self);
  else if (floo_link_get_state (self->session->link) == FLOO_LINK_WAITING)
    floo_link_start (self->session->link);
}

static void
on_login_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (FlooSession) session = user_data;
  FlooLogin *self = session->login;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooLoginRecord) record = floo_secrets_load_finish (FLOO_SECRETS (source), result, &error);
  gboolean has_password;

  if (error != NULL)
    {
      g_warning ("the stored login could not be read: %s", error->message);
      if (self->record == NULL)
        floo_session_set_error (session, error);
    }
  /* Somebody logged in while the keyring was still locked. */
  self->loading = FALSE;
  if (record == NULL || self->dismissed || (*record->token == '\0' && *record->password == '\0' && record->user_id <= 0))
    {
      floo_session_ready (session);
      return;
    }
  has_password = *record->password != '\0';
  take_record (self, g_steal_pointer (&record), has_password);
  self->accepted = TRUE;
  if (self->record->user_id > 0)
    {
      prepare (self);
      return;
    }
  begin (self);
}

void
floo_login_auto (FlooLogin *self)
{
  self->loading = self->session->config->auto_login;
  if (self->loading)
    floo_secrets_load_async (self->session->secrets, NULL, on_login_loaded, g_object_ref (self->session));
  else
    floo_session_ready (self->session);
}

void
floo_login_describe (FlooLogin *self, GVariantDict *status)
{
  g_autofree char *endpoint = self->session->endpoints != NULL ? floo_endpoints_dup_socket_url (self->session->endpoints) : NULL;

  g_variant_dict_insert (status, "attempts", "u",
                         (self->session->link != NULL ? floo_link_get_attempts (self->session->link) : 0) + self->backoff.attempts);
  g_variant_dict_insert (status, "endpoint", "s", endpoint != NULL ? endpoint : "");
  g_variant_dict_insert (status, "keyring", "b", floo_secrets_is_keyring (self->session->secrets));
}
