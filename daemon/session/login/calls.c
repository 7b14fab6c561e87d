/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls.c: the operations of the interface Account: login and logout.
 */
#include "session/login/parts.h"

#include "base/json.h"
#include "base/names.h"

#define PLATFORM_WEB 6

const char *
floo_login_choose_app_id (FlooLogin *self, const char *given, GError **error)
{
  const char *app_id = given != NULL && *given != '\0' ? given : floo_account_get_config (self->account)->app_id;

  if (floo_config_is_app_id (app_id))
    return app_id;
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS,
                       *app_id == '\0' ? "app_id is missing: neither the option app_id nor the configuration names the application"
                                       : "app_id may only have letters, digits, \"_\" and \"-\", at most 64");
  return NULL;
}

const char *
floo_login_choose_dns_server (FlooLogin *self, const char *given, GError **error)
{
  const char *dns_server = given != NULL && *given != '\0' ? given : floo_account_get_config (self->account)->dns_server;

  if (*dns_server == '\0' || floo_config_is_url (dns_server))
    return dns_server;
  g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "dns_server is no http or https URL");
  return NULL;
}

gboolean
floo_login_check_free (FlooLogin *self, FlooReply reply, gpointer user_data)
{
  const char *name = floo_account_get_username (self->account);

  if (!floo_login_is_taken (self) && self->next_login == NULL)
    return TRUE;
  floo_reply_error (reply, user_data, FLOO_ERROR_ALREADY_LOGGED_IN, "%s is logged in, or on the way: log out first",
                    *name != '\0' ? name : "A user");
  return FALSE;
}

static FlooLoginRecord *
record_from_request (FlooLogin *self, const FlooLoginRequest *request, GError **error)
{
  g_autoptr (FlooLoginRecord) record = g_new0 (FlooLoginRecord, 1);

  record->app_id = g_strdup (floo_login_choose_app_id (self, request->app_id, error));
  record->dns_server = record->app_id != NULL ? g_strdup (floo_login_choose_dns_server (self, request->dns_server, error)) : NULL;
  if (record->dns_server == NULL)
    return NULL;
  record->user_id = request->kind == FLOO_LOGIN_BY_NAME ? 0 : request->user_id;
  record->username = g_strdup (request->kind == FLOO_LOGIN_BY_NAME ? request->name : "");
  record->token = g_strdup (request->kind == FLOO_LOGIN_WITH_TOKEN ? request->secret : "");
  record->password = g_strdup (request->kind == FLOO_LOGIN_WITH_TOKEN ? "" : request->secret);
  if (request->kind == FLOO_LOGIN_BY_NAME && *record->username == '\0')
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The name is empty");
  else if (request->kind != FLOO_LOGIN_BY_NAME && request->user_id <= 0)
    g_set_error_literal (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "user_id must be greater than 0");
  else if (*request->secret == '\0')
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "The %s is empty",
                 request->kind == FLOO_LOGIN_WITH_TOKEN ? "token" : "password");
  else
    return g_steal_pointer (&record);
  return NULL;
}

/* ---- login ---- */

typedef struct {
  FlooLogin *login;
  FlooLoginRecord *record;
  gboolean remember;
  FlooReply reply;
  gpointer user_data;
} StartJob;

static void
start_job_free (StartJob *job)
{
  g_clear_pointer (&job->record, floo_login_record_free);
  floo_account_unref (job->login->account);
  g_free (job);
}

/* Cancels a login that still waits. */
static void
cancel_next_login (FlooLogin *self)
{
  StartJob *job = g_steal_pointer (&self->next_login);

  if (job == NULL)
    return;
  floo_reply_error (job->reply, job->user_data, FLOO_ERROR_CANCELLED, "The login was cancelled");
  start_job_free (job);
}

void
floo_login_start_next (FlooLogin *self)
{
  StartJob *job;

  if (floo_account_is_stopping (self->account))
    {
      cancel_next_login (self);
      return;
    }
  job = g_steal_pointer (&self->next_login);
  if (job == NULL)
    return;
  floo_login_start (self, g_steal_pointer (&job->record), job->remember, job->reply, job->user_data);
  start_job_free (job);
}

void
floo_login_log_in (FlooLogin *self, const FlooLoginRequest *request, FlooReply reply, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooLoginRecord) record = record_from_request (self, request, &error);
  StartJob *job;

  if (record == NULL)
    {
      reply (NULL, error, user_data);
      return;
    }
  if (!floo_login_check_free (self, reply, user_data))
    return;
  floo_qr_login_end (self->qr);
  floo_login_stop (self);
  job = g_new0 (StartJob, 1);
  floo_account_ref (self->account);
  job->login = self;
  job->record = g_steal_pointer (&record);
  job->remember = request->remember;
  job->reply = reply;
  job->user_data = user_data;
  self->next_login = job;
  floo_login_close_store (self);
  /* Two stores must not be open in one folder: waits for those that are closing. */
  if (self->leaving == 0)
    floo_login_start_next (self);
}

void
floo_login_reconnect (FlooLogin *self, FlooReply reply, gpointer user_data)
{
  if (floo_account_get_state (self->account) == FLOO_STATE_SIGNED_OUT)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");
      return;
    }
  floo_login_retry_now (self);
  reply (NULL, NULL, user_data);
}

void
floo_login_set_online (FlooLogin *self, gboolean online, FlooReply reply, gpointer user_data)
{
  FlooState state = floo_account_get_state (self->account);

  if (self->record == NULL || !self->accepted)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_NOT_LOGGED_IN, "No account is logged in");
      return;
    }
  if (online && state == FLOO_STATE_OFFLINE)
    floo_login_retry_now (self);
  else if (!online && state != FLOO_STATE_BLOCKED && state != FLOO_STATE_OFFLINE)
    {
      floo_login_cancel_attempt (self);
      floo_login_link_down (self);
      floo_account_set_error (self->account, NULL);
      floo_account_set_state (self->account, FLOO_STATE_OFFLINE);
    }
  reply (NULL, NULL, user_data);
}

/* ---- logout ---- */

typedef struct {
  FlooLogin *login;
  FlooRest *rest;               /* (nullable): of the session that ends */
  FlooStore *store;             /* (nullable): of that session */
  gboolean erase;
  guint kicks;                  /* answers that are awaited */
  guint parts;                  /* how many parts of the logout are not done */
  GError *error;
  FlooReply reply;
  gpointer user_data;
} LogoutJob;

/* One part is done; the last one answers. @error: (transfer full) (nullable) */
static void
logout_part_done (LogoutJob *job, GError *error)
{
  if (job->error == NULL)
    job->error = error;
  else
    g_clear_error (&error);
  if (--job->parts > 0)
    return;
  job->reply (NULL, job->error, job->user_data);
  g_clear_error (&job->error);
  g_clear_object (&job->rest);
  g_clear_object (&job->store);
  floo_account_unref (job->login->account);
  g_free (job);
}

static void
on_logged_out_store_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogoutJob *job = user_data;
  GError *error = NULL;

  if (!job->erase)
    floo_store_close_finish (FLOO_STORE (source), result);
  else
    floo_store_erase_finish (FLOO_STORE (source), result, &error);
  floo_login_left (job->login);
  logout_part_done (job, error);
}

static void
on_login_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogoutJob *job = user_data;
  GError *error = NULL;

  floo_secrets_clear_finish (FLOO_SECRETS (source), result, &error);
  floo_login_saved (job->login);
  logout_part_done (job, error);
}

static void
on_cache_erased (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogoutJob *job = user_data;

  floo_login_left (job->login);
  logout_part_done (job, NULL);
}

/* Store, cache and secrets are handled in parallel: a locked keyring waits for the user, and the next login does not wait for it. */
static void
leave (LogoutJob *job)
{
  FlooLogin *self = job->login;

  if (job->error != NULL)
    {
      floo_login_left (self);
      logout_part_done (job, NULL);
      return;
    }
  floo_login_stop (self);
  floo_account_set_error (self->account, NULL);
  job->parts++;
  self->saving++;
  floo_secrets_clear_async (self->secrets, NULL, on_login_cleared, job);
  if (job->erase && floo_account_get_store (self->account) != NULL)
    {
      job->parts++;
      self->leaving++;
      self->listener->erase_files (on_cache_erased, job, self->data);
    }
  /* At once: a later login gets a store of its own. */
  job->store = floo_login_steal_store (self);
  if (job->store == NULL)
    {
      floo_login_left (self);
      logout_part_done (job, NULL);
    }
  else if (job->erase)
    floo_store_erase_async (job->store, on_logged_out_store_closed, job);
  else
    floo_store_close_async (job->store, on_logged_out_store_closed, job);
}

static void
on_kicked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogoutJob *job = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);

  if (answer == NULL && job->error == NULL)
    job->error = g_steal_pointer (&error);
  if (--job->kicks == 0)
    leave (job);
}

/* All web devices but this one; the endpoint wants the number in the query and in the body. */
static void
on_devices (GObject *source, GAsyncResult *result, gpointer user_data)
{
  LogoutJob *job = user_data;
  FlooAccount *account = job->login->account;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &job->error);
  JsonArray *devices = answer != NULL && JSON_NODE_HOLDS_ARRAY (answer->data) ? json_node_get_array (answer->data) : NULL;

  job->kicks = 1;
  for (guint i = 0; devices != NULL && i < json_array_get_length (devices); i++)
    {
      JsonObject *device = floo_json_node_object (json_array_get_element (devices, i));
      gint64 platform = 0, sn = 0;
      g_autofree char *text = NULL;
      g_autoptr (JsonNode) body = NULL;
      g_autoptr (JsonObject) object = NULL;
      const char *query[] = { "device_sn", NULL, NULL };

      if (device == NULL || !floo_json_get_int (device, "platform", &platform) || platform != PLATFORM_WEB
          || !floo_json_get_int (device, "device_sn", &sn) || sn == 0 || sn == floo_account_get_device_sn (account))
        continue;
      query[1] = text = g_strdup_printf ("%" G_GINT64_FORMAT, sn);
      object = json_object_new ();
      json_object_set_int_member (object, "device_sn", sn);
      body = json_node_init_object (json_node_alloc (), object);
      job->kicks++;
      floo_rest_call_async (job->rest, "POST", "/user/kick", query, body, FLOO_REST_NONE, NULL, on_kicked, job);
    }
  if (--job->kicks == 0)
    leave (job);
}

void
floo_login_log_out (FlooLogin *self, FlooLogoutFlags flags, FlooReply reply, gpointer user_data)
{
  guint queued = floo_account_get_counts (self->account)->queued;
  FlooRest *rest = floo_account_get_rest (self->account);
  LogoutJob *job;

  cancel_next_login (self);
  floo_qr_login_end (self->qr);
  floo_mobile_forget (self->mobile);
  if (floo_account_get_state (self->account) == FLOO_STATE_SIGNED_OUT && floo_account_get_store (self->account) == NULL
      && !floo_login_is_taken (self)
      && !floo_login_is_loading (self))
    {
      /* Already logged out, but it is not known whose store and sessions should be removed. */
      if ((flags & (FLOO_LOGOUT_ERASE | FLOO_LOGOUT_EVERYWHERE)) != 0)
        floo_reply_error (reply, user_data, FLOO_ERROR_NOT_LOGGED_IN, "Nobody is logged in: there is no account to %s",
                          (flags & FLOO_LOGOUT_ERASE) != 0 ? "erase" : "end elsewhere");
      else
        reply (NULL, NULL, user_data);
      return;
    }
  if ((flags & FLOO_LOGOUT_ERASE) != 0 && queued > 0 && (flags & FLOO_LOGOUT_DISCARD) == 0)
    {
      floo_reply_error (reply, user_data, FLOO_ERROR_INVALID_ARGUMENTS,
                        "%u messages are not sent yet: the option discard must be true to erase them", queued);
      return;
    }
  if ((flags & FLOO_LOGOUT_EVERYWHERE) != 0 && !floo_call_check_online (self->account, reply, user_data))
    return;
  job = g_new0 (LogoutJob, 1);
  floo_account_ref (self->account);
  job->login = self;
  job->erase = (flags & FLOO_LOGOUT_ERASE) != 0;
  job->reply = reply;
  job->user_data = user_data;
  job->rest = rest != NULL ? g_object_ref (rest) : NULL;
  job->parts = 1;
  self->leaving++;
  if ((flags & FLOO_LOGOUT_EVERYWHERE) != 0)
    floo_rest_call_async (job->rest, "GET", "/user/device/list", NULL, NULL, FLOO_REST_NONE, NULL, on_devices, job);
  else
    leave (job);
}
