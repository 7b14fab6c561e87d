/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attempt.c: from discovery to the lists, and how an attempt ends before it is online.
 */
#include "session/login/parts.h"

#include <string.h>

#include "base/json.h"
#include "base/refusal.h"
#include "store/open.h"
#include "store/tables/account.h"

/* More than the limits of all requests of a step: a step that reaches it would not end otherwise. */
#define DEVICE_SN_BASE 999999999u
#define DEVICE_SN_RANGE 2140000u

static void begin_attempt (FlooLogin *self);
static void authenticate (FlooLogin *self);
static void load_lists (FlooLogin *self);

/* ---- the end of an attempt ---- */

void
floo_login_link_down (FlooLogin *self)
{
  FlooAccount *account = self->account;

  g_clear_handle_id (&self->provision_timer, g_source_remove);
  if (floo_account_get_link (account) != NULL)
    floo_link_stop (floo_account_get_link (account));
  self->listener->offline (self->data);
}

/* Needs the user: a first login that failed is over, a session that had been accepted is blocked. */
void
floo_login_give_up (FlooLogin *self, const GError *error)
{
  FlooAccount *account = self->account;

  floo_login_cancel_attempt (self);
  floo_login_link_down (self);
  floo_account_set_error (account, error);
  if (self->accepted)
    floo_account_set_state (account, FLOO_STATE_BLOCKED);
  else
    {
      floo_login_close_store (self);
      floo_login_forget_account (self);
      floo_account_set_state (account, FLOO_STATE_SIGNED_OUT);
    }
  floo_login_answer (self, error);
}

static gboolean
on_retry (gpointer user_data)
{
  FlooLogin *self = user_data;

  self->retry_timer = 0;
  floo_login_begin (self);
  return G_SOURCE_REMOVE;
}

void
floo_login_retry_in (FlooLogin *self, guint delay_ms)
{
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  self->retry_timer = g_timeout_add (delay_ms, on_retry, self);
  floo_account_set_state (self->account, FLOO_STATE_WAITING);
  floo_account_set_next_retry (self->account, floo_now_ms () + delay_ms);
  floo_account_changed (self->account);
}

static void
retry_later (FlooLogin *self, const GError *error)
{
  floo_login_cancel_attempt (self);
  floo_login_link_down (self);
  floo_account_set_error (self->account, error);
  floo_login_retry_in (self, floo_backoff_next (&self->backoff));
}

/* Errors that a retry will not fix. A session that the service had accepted gives up for fewer reasons, since no caller waits
 * for an answer. */
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
    case FLOO_ERROR_RATE_LIMITED:
      return !self->accepted;
    default:
      return !self->accepted || !floo_refusal_is_of_request ((FlooError) error->code);
    }
}

/* ---- time limit ---- */

static gboolean
on_step_limit (gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (GError) error = NULL;

  self->step_timer = 0;
  error = g_error_new (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "The login made no progress within %u s", self->step_limit_ms / 1000);
  g_warning ("%s", error->message);
  retry_later (self, error);
  return G_SOURCE_REMOVE;
}

/* Begins a step that waits for the network, or for a library that does. The socket has limits of its own. */
static void
begin_step (FlooLogin *self)
{
  g_clear_handle_id (&self->step_timer, g_source_remove);
  self->step_timer = g_timeout_add (self->step_limit_ms, on_step_limit, self);
}

/* ---- discovery ---- */

/* Reports an error of discovery. */
static void
discovery_error (FlooLogin *self, const GError *error)
{
  static const struct {
    FlooError code;
    const char *category;
  } app_states[] = { { FLOO_ERROR_BANNED, "APP_BANNED" }, { FLOO_ERROR_FROZEN, "APP_FROZEN" },
                     { FLOO_ERROR_APP_UNAVAILABLE, "APP_REVOKED" } };
  const char *category = "DNS_FAILED";

  for (gsize i = 0; i < G_N_ELEMENTS (app_states); i++)
    if (g_error_matches (error, FLOO_ERROR, (int) app_states[i].code))
      category = app_states[i].category;
  floo_job_error (self->account, category, error->message);
}

/* Whether the attempt cannot continue after @error of discovery. If a known application is not found, that is more often
 * a temporary fault of the service; its reported state is respected. */
static gboolean
ends_session (FlooLogin *self, const GError *error)
{
  return is_final (self, error) && !(self->accepted && error->code == FLOO_ERROR_NOT_FOUND);
}

/* While the login continues with the known answer. */
static void
on_discovered_behind (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self;
  g_autoptr (GError) error = NULL;

  if (!floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, NULL, &error) && floo_error_is_cancelled (error))
    return;
  self = user_data;
  if (error == NULL)
    floo_account_changed (self->account);
  else if (ends_session (self, error))
    {
      discovery_error (self, error);
      floo_login_give_up (self, error);
    }
  else
    g_message ("discovery failed: %s; continuing with the last answer", error->message);
}

static void
on_discovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self;
  FlooAccount *account;
  g_autoptr (GError) error = NULL;
  gboolean from_cache = FALSE, recalled;

  if (!floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, &from_cache, &error) && floo_error_is_cancelled (error))
    return;
  self = user_data;
  account = self->account;
  recalled = from_cache && !self->has_tried;
  self->has_tried = TRUE;
  if (error != NULL)
    {
      discovery_error (self, error);
      if (ends_session (self, error))
        floo_login_give_up (self, error);
      else
        retry_later (self, error);
      return;
    }
  floo_account_changed (account);
  if (recalled)
    floo_endpoints_discover_async (floo_account_get_endpoints (account), self->cancellable, on_discovered_behind, self);
  if (*self->record->token == '\0')
    authenticate (self);
  else
    floo_login_prepare (self);
}

void
floo_login_begin (FlooLogin *self)
{
  begin_attempt (self);
  self->listener->ready (self->data);
}

static void
begin_attempt (FlooLogin *self)
{
  floo_login_cancel_attempt (self);
  /* The link would otherwise reconnect on its own, as a second attempt beside this one. */
  floo_login_link_down (self);
  if (*self->record->token == '\0' && *self->record->password == '\0')
    {
      g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_NOT_LOGGED_IN, "The session was ended: log in again");
      floo_login_give_up (self, error);
      return;
    }
  self->rediscover = FALSE;
  self->hosts_tried = 0;
  self->cancellable = g_cancellable_new ();
  floo_account_set_state (self->account, FLOO_STATE_DISCOVERING);
  begin_step (self);
  /* A session that was accepted before connects to the last known address, and repeats discovery in the background. */
  if (self->accepted && !self->has_tried)
    floo_endpoints_recall_async (floo_account_get_endpoints (self->account), self->cancellable, on_discovered, self);
  else
    floo_endpoints_discover_async (floo_account_get_endpoints (self->account), self->cancellable, on_discovered, self);
}

/* ---- token ---- */

static void
token_failed (FlooLogin *self, const GError *error)
{
  g_autoptr (GError) failure = NULL;
  g_autofree char *text = g_strconcat ("token failure:", floo_error_get_reason (error), NULL);

  floo_job_journal (self->account, FLOO_SIGNAL_LOGIN_FAIL, g_variant_new ("(s)", text));
  if (!is_final (self, error))
    {
      retry_later (self, error);
      return;
    }
  /* A refusal of name or password is LoginFailed, whatever its code; other errors keep their names. */
  if (error->code == FLOO_ERROR_NOT_FOUND || error->code == FLOO_ERROR_NOT_LOGGED_IN
      || floo_refusal_is_of_request ((FlooError) error->code))
    failure = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_LOGIN_FAILED, error->message);
  else
    failure = g_error_copy (error);
  floo_login_give_up (self, failure);
}

static void
on_token (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self = user_data;
  FlooAccount *account;
  g_autoptr (GError) error = NULL;
  g_autoptr (FlooRestAnswer) answer = floo_rest_call_finish (FLOO_REST (source), result, &error);
  JsonObject *token;
  const char *text = NULL;
  gint64 user_id = 0;

  /* The answer may have arrived before the attempt was cancelled. */
  if (floo_error_is_cancelled (error) || floo_account_get_state (self->account) != FLOO_STATE_AUTHENTICATING)
    return;
  account = self->account;
  if (answer != NULL)
    {
      token = floo_json_node_object (answer->data);
      text = token != NULL ? floo_json_get_string (token, "token") : NULL;
      if (text == NULL || *text == '\0' || !floo_json_get_int (token, "user_id", &user_id) || user_id <= 0)
        error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The service's answer has no token or no user_id");
      else if (floo_account_get_store (account) != NULL && user_id != floo_account_get_user_id (account))
        error = g_error_new (FLOO_ERROR, FLOO_ERROR_LOGIN_FAILED, "The service knows this login as another user (%" G_GINT64_FORMAT ")",
                             user_id);
    }
  if (error != NULL)
    {
      token_failed (self, error);
      return;
    }
  floo_login_record_set (&self->record->token, text);
  self->record->user_id = user_id;
  floo_login_prepare (self);
}

static void
authenticate (FlooLogin *self)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) body = NULL;

  floo_account_set_state (self->account, FLOO_STATE_AUTHENTICATING);
  begin_step (self);
  floo_job_notice (self->account, "loginMessage", "getting token...");
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
  floo_rest_call_async (floo_account_get_rest (self->account), "POST", self->by_id ? "/token/id" : "/token/user", NULL, body,
                        FLOO_REST_NO_TOKEN | FLOO_REST_REPEATABLE, self->cancellable, on_token, self);
}

/* ---- the store ---- */

typedef struct {
  FlooLogin *login;
  GCancellable *cancellable;
  gboolean void_sn, void_guid;  /* the ones in the store are void */
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

/* Whether it has the form UID_UUID that the daemon makes: a store may be damaged. */
static gboolean
is_guid_of (gint64 user_id, const char *text)
{
  g_autofree char *prefix = g_strdup_printf ("%" G_GINT64_FORMAT "_", user_id);

  return text != NULL && g_str_has_prefix (text, prefix) && g_uuid_string_is_valid (text + strlen (prefix));
}

/* The device's guid is made once per user and installation; its number is assigned by the service, and random until then. */
static gboolean
run_identity_job (FlooDb *db, gpointer data, GError **error)
{
  IdentityJob *job = data;
  g_autofree char *sn = NULL;
  char number[24];

  if (!floo_values_get (db, "device_guid", &job->guid, error) || !floo_values_get (db, "device_sn", &sn, error))
    return FALSE;
  if (sn == NULL || !g_ascii_string_to_signed (sn, 10, 1, G_MAXUINT32, &job->device_sn, NULL))
    job->device_sn = 0;
  if (job->void_sn)
    job->device_sn = 0;
  if (job->void_guid || !is_guid_of (floo_db_get_user_id (db), job->guid))
    g_clear_pointer (&job->guid, g_free);
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
  self->void_sn = self->void_guid = FALSE;
  g_free (self->device_guid);
  self->device_guid = g_steal_pointer (&job->guid);
  floo_account_set_device_sn (self->account, (guint32) job->device_sn);
  floo_account_changed (self->account);
  /* A stored login opens the store before it knows where the service is. */
  if (floo_account_get_state (self->account) == FLOO_STATE_SIGNED_OUT)
    floo_login_begin (self);
  else
    load_lists (self);
}

static void
on_store_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (FlooAccount) account = self->account;
  g_autoptr (GError) error = NULL;
  FlooStoreOutcome outcome = FLOO_STORE_OPENED;
  g_autoptr (FlooStore) store = floo_store_open_finish (result, &outcome, &error);

  /* The login was cancelled: close it again, before another one may open the folder. */
  if (floo_error_is_cancelled (error))
    {
      floo_login_left (self);
      return;
    }
  self->leaving--;
  self->opening = FALSE;
  if (store == NULL)
    {
      self->listener->ready (self->data);
      /* A first login fails at once; an existing session continues when there is room. */
      if (self->accepted && g_error_matches (error, FLOO_ERROR, FLOO_ERROR_STORAGE_FULL))
        retry_later (self, error);
      else
        floo_login_give_up (self, error);
      return;
    }
  floo_account_take_store (account, store);
  self->listener->opened (store, self->data);
  if (outcome == FLOO_STORE_REPLACED)
    {
      g_autoptr (GError) corrupt = g_error_new_literal (
          FLOO_ERROR, FLOO_ERROR_STORAGE, "The store was corrupt: it was set aside, and a new one begun");
      floo_account_set_error (account, corrupt);
    }
  floo_login_prepare (self);
}

static void
open_store (FlooLogin *self)
{
  g_autofree char *user = g_strdup_printf ("%" G_GINT64_FORMAT, self->record->user_id);
  g_autofree char *folder = g_build_filename (floo_account_get_config (self->account)->data_dir, self->record->app_id, user, NULL);

  self->opening = TRUE;
  self->leaving++;
  floo_account_ref (self->account);
  floo_store_open_async (folder, self->record->user_id, self->cancellable, on_store_opened, self);
}

/* Store and identity of the device are known: loads the lists. */
void
floo_login_prepare (FlooLogin *self)
{
  IdentityJob *job;

  /* Opening may be slow, and must not be begun twice. */
  g_clear_handle_id (&self->step_timer, g_source_remove);
  if (floo_account_get_store (self->account) == NULL)
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
  job->void_sn = self->void_sn;
  job->void_guid = self->void_guid;
  floo_job_write (self->account, run_identity_job, on_identity, job, identity_job_free);
}

/* ---- the lists ---- */

static void
on_lists (const GError *error, gpointer login)
{
  FlooLogin *self = login;
  FlooAccount *account = self->account;
  g_autofree char *text = NULL;

  if (error == NULL)
    {
      g_clear_handle_id (&self->step_timer, g_source_remove);
      floo_login_listed (self);
      return;
    }
  /* A void token was handled already. */
  if (floo_error_is_cancelled (error) || floo_rest_error_is_token_void (error))
    return;
  text = g_strconcat ("get roster list failure:", floo_error_get_reason (error), NULL);
  floo_job_notice (account, "loginMessage", text);
  floo_job_journal (account, FLOO_SIGNAL_LOGIN_FAIL, g_variant_new ("(s)", text));
  retry_later (self, error);
}

static void
load_lists (FlooLogin *self)
{
  floo_account_set_state (self->account, FLOO_STATE_AUTHENTICATING);
  begin_step (self);
  floo_rest_set_token (floo_account_get_rest (self->account), self->record->token);
  floo_job_notice (self->account, "loginMessage", "token sucecc, getting roster lists..");
  self->listed = FALSE;
  self->listener->load (self->cancellable, on_lists, self, self->data);
  /* The socket connects at the same time, which saves two round trips. */
  floo_link_start (floo_account_get_link (self->account));
}
