/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.c: the record of a login, its beginning and its end. What happens in between is in attempt.c, connection.c and
 * refusals.c; the login of an earlier run is read in stored.c.
 */
#include "session/login/parts.h"

#include "base/names.h"

/* The time limit of a step that waits for the network, or for a library that does. */
#define STEP_LIMIT_MS 60000

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000

FlooLogin *
floo_login_new (FlooAccount *account, FlooSecrets *secrets, const FlooLoginListener *listener, gpointer data)
{
  FlooLogin *self = g_new0 (FlooLogin, 1);

  self->account = account;
  self->secrets = g_object_ref (secrets);
  self->listener = listener;
  self->data = data;
  self->qr = floo_qr_login_new (self);
  self->mobile = floo_mobile_new ();
  self->backoff = (FlooBackoff) { .min_ms = RETRY_MIN_MS, .max_ms = RETRY_MAX_MS, .factor_percent = 200 };
  self->step_limit_ms = STEP_LIMIT_MS;
  return self;
}

void
floo_login_set_step_limit (FlooLogin *self, guint limit_ms)
{
  self->step_limit_ms = limit_ms;
}

void
floo_login_cancel_attempt (FlooLogin *self)
{
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  self->opening = FALSE;
  g_clear_handle_id (&self->retry_timer, g_source_remove);
  g_clear_handle_id (&self->provision_timer, g_source_remove);
  g_clear_handle_id (&self->step_timer, g_source_remove);
}

void
floo_login_free (FlooLogin *self)
{
  floo_login_cancel_attempt (self);
  floo_login_dismiss_stored (self);
  g_clear_handle_id (&self->reply_timer, g_source_remove);
  if (self->netwatch != NULL)
    g_signal_handlers_disconnect_by_data (self->netwatch, self);
  g_clear_object (&self->netwatch);
  g_clear_pointer (&self->record, floo_login_record_free);
  g_clear_pointer (&self->kept, floo_login_record_free);
  g_free (self->device_guid);
  floo_qr_login_free (self->qr);
  floo_mobile_free (self->mobile);
  g_clear_pointer (&self->guest, floo_guest_unref);
  g_object_unref (self->secrets);
  g_free (self);
}

void
floo_login_left (FlooLogin *self)
{
  if (--self->leaving > 0)
    return;
  floo_login_start_next (self);
  self->listener->settled (self->data);
}

void
floo_login_saved (FlooLogin *self)
{
  self->saving--;
  self->listener->settled (self->data);
}

gboolean
floo_login_is_busy (FlooLogin *self)
{
  return self->leaving > 0 || self->saving > 0;
}

FlooStore *
floo_login_steal_store (FlooLogin *self)
{
  self->listener->closing (self->data);
  return floo_account_steal_store (self->account);
}

static void
on_store_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (FlooAccount) account G_GNUC_UNUSED = self->account;

  floo_store_close_finish (FLOO_STORE (source), result);
  floo_login_left (self);
}

void
floo_login_close_store (FlooLogin *self)
{
  g_autoptr (FlooStore) store = floo_login_steal_store (self);

  if (store == NULL)
    return;
  self->leaving++;
  floo_account_ref (self->account);
  floo_store_close_async (store, on_store_closed, self);
}

/* ---- the waiting call ---- */

void
floo_login_answer (FlooLogin *self, const GError *error)
{
  FlooReply reply = g_steal_pointer (&self->reply);

  g_clear_handle_id (&self->reply_timer, g_source_remove);
  self->listener->tell (self->data);
  if (reply != NULL)
    reply (error == NULL ? g_variant_new ("(x)", floo_account_get_user_id (self->account)) : NULL, error, self->reply_data);
}

static gboolean
on_reply_timeout (gpointer user_data)
{
  FlooLogin *self = user_data;
  g_autoptr (GError) error = NULL;

  self->reply_timer = 0;
  error = g_error_new (FLOO_ERROR, FLOO_ERROR_TIMEOUT, "Not logged in within %d s%s%s; the attempt continues", FLOO_LOGIN_TIMEOUT_MS / 1000,
                       floo_account_get_error (self->account) != NULL ? ": " : "",
                       floo_account_get_error (self->account) != NULL ? floo_account_get_error (self->account)->message : "");
  floo_login_answer (self, error);
  return G_SOURCE_REMOVE;
}

/* ---- the network and suspend before there is a socket; later the link watches them ---- */

/* Requests of the present attempt may never be answered, so it begins again. Opening the store continues: it does not depend on the
 * network. */
static void
begin_anew (FlooNetwatch *netwatch, FlooLogin *self)
{
  gboolean is_asking = floo_account_get_state (self->account) == FLOO_STATE_DISCOVERING || floo_account_get_state (self->account) == FLOO_STATE_AUTHENTICATING;

  if (self->record == NULL || (self->retry_timer == 0 && (!is_asking || self->opening)))
    return;
  floo_backoff_reset (&self->backoff);
  floo_login_begin (self);
}

/* The service may be reachable from the new network. Not at once: these signals arrive in bursts. */
static void
on_network_changed (FlooNetwatch *netwatch, FlooLogin *self)
{
  if (self->retry_timer == 0 || floo_account_get_next_retry (self->account) <= floo_now_ms () + RETRY_MIN_MS)
    return;
  floo_backoff_reset (&self->backoff);
  floo_login_retry_in (self, RETRY_MIN_MS);
}

static void
watch_network (FlooLogin *self)
{
  if (self->netwatch != NULL)
    return;
  self->netwatch = floo_netwatch_new ();
  g_signal_connect (self->netwatch, "came", G_CALLBACK (begin_anew), self);
  g_signal_connect (self->netwatch, "woke", G_CALLBACK (begin_anew), self);
  g_signal_connect (self->netwatch, "changed", G_CALLBACK (on_network_changed), self);
}

/* ---- beginning and end ---- */

/* Sets the properties to those of no login. */
void
floo_login_forget_account (FlooLogin *self)
{
  g_clear_pointer (&self->record, floo_login_record_free);
  g_clear_pointer (&self->kept, floo_login_record_free);
  g_clear_pointer (&self->device_guid, g_free);
  self->void_sn = self->void_guid = FALSE;
  floo_account_forget (self->account);
}

static void
on_rediscovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, NULL, &error) && !floo_error_is_cancelled (error))
    g_message ("rediscovery failed: %s", error->message);
}

/* No host of a kind answers any more. While we are online the rest continues; else the attempt under way notices it itself. */
static void
on_endpoints_exhausted (FlooEndpoints *endpoints, gpointer user_data)
{
  FlooLogin *self = user_data;

  if (floo_account_is_online (self->account))
    floo_endpoints_discover_async (endpoints, self->cancellable, on_rediscovered, NULL);
}

/* Late signals from the objects of an earlier login do not concern the next one. */
static void
drop_service (FlooLogin *self)
{
  gpointer objects[] = { floo_account_get_link (self->account), floo_account_get_rest (self->account),
                         floo_account_get_endpoints (self->account) };

  for (gsize i = 0; i < G_N_ELEMENTS (objects); i++)
    if (objects[i] != NULL)
      g_signal_handlers_disconnect_by_data (objects[i], self);
  floo_account_set_service (self->account, NULL, NULL, NULL);
}

static void
on_token_void (FlooRest *rest, gpointer user_data)
{
  floo_login_token_void (user_data);
}

FlooEndpoints *
floo_login_make_endpoints (FlooLogin *self, const char *app_id, const char *dns_server)
{
  const FlooConfig *config = floo_account_get_config (self->account);
  FlooEndpoints *endpoints = floo_endpoints_new (config->cache_dir, app_id, *dns_server != '\0' ? dns_server : NULL);

  floo_endpoints_set_source (endpoints, config->discovery_source);
  if (*config->rest_url != '\0' && *dns_server == '\0')
    floo_endpoints_set_fixed (endpoints, config->rest_url, config->socket_url);
  return endpoints;
}

/* Creates the REST session, the endpoints and the link, for a complete record. */
static void
set_up (FlooLogin *self)
{
  FlooAccount *account = self->account;
  FlooEndpoints *endpoints;
  FlooRest *rest;

  drop_service (self);
  watch_network (self);
  endpoints = floo_login_make_endpoints (self, self->record->app_id, self->record->dns_server);
  g_signal_connect (endpoints, "exhausted", G_CALLBACK (on_endpoints_exhausted), self);
  rest = floo_rest_new (endpoints, self->record->app_id);
  g_signal_connect (rest, "token-void", G_CALLBACK (on_token_void), self);
  floo_account_set_service (account, endpoints, rest, floo_login_make_link (self));
  floo_account_set_names (account, self->record->username, self->record->app_id);
  self->by_id = *self->record->username == '\0';
  self->changing_password = self->void_meanwhile = FALSE;
  self->accepted = self->has_tried = FALSE;
  self->renewals = 0;
  floo_backoff_reset (&self->backoff);
  floo_account_changed (account);
}

static void
tear_down (FlooLogin *self)
{
  FlooAccount *account = self->account;

  floo_login_cancel_attempt (self);
  floo_account_cancel_calls (account);
  floo_login_link_down (self);
  floo_login_forget_account (self);
  drop_service (self);
}

void
floo_login_stop (FlooLogin *self)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The login was cancelled");

  floo_login_dismiss_stored (self);
  floo_login_answer (self, error);
  tear_down (self);
  floo_account_set_state (self->account, FLOO_STATE_SIGNED_OUT);
}

void
floo_login_take_record (FlooLogin *self, FlooLoginRecord *record, gboolean remember)
{
  self->record = record;
  self->remember = remember;
  set_up (self);
  self->cancellable = g_cancellable_new ();
}

gboolean
floo_login_is_taken (FlooLogin *self)
{
  return self->record != NULL && floo_account_get_state (self->account) != FLOO_STATE_BLOCKED;
}

void
floo_login_start (FlooLogin *self, FlooLoginRecord *record, gboolean remember, FlooReply reply, gpointer user_data)
{
  floo_login_take_record (self, record, remember);
  floo_account_set_error (self->account, NULL);
  self->reply = reply;
  self->reply_data = user_data;
  self->reply_timer = g_timeout_add (FLOO_LOGIN_TIMEOUT_MS, on_reply_timeout, self);
  floo_login_begin (self);
}

void
floo_login_retry_now (FlooLogin *self)
{
  if (self->record == NULL)
    floo_login_ask_for_stored (self);
  if (self->record == NULL || floo_account_is_online (self->account))
    return;
  if (self->retry_timer != 0 || floo_account_get_state (self->account) == FLOO_STATE_BLOCKED
      || floo_account_get_state (self->account) == FLOO_STATE_OFFLINE)
    floo_login_begin (self);
  else if (floo_link_get_state (floo_account_get_link (self->account)) == FLOO_LINK_WAITING)
    floo_link_start (floo_account_get_link (self->account));
}

void
floo_login_describe (FlooLogin *self, GVariantDict *status)
{
  FlooEndpoints *endpoints = floo_account_get_endpoints (self->account);
  FlooLink *link = floo_account_get_link (self->account);
  g_autofree char *endpoint = endpoints != NULL ? floo_endpoints_dup_socket_url (endpoints) : NULL;

  g_variant_dict_insert (status, "attempts", "u",
                         (link != NULL ? floo_link_get_attempts (link) : 0) + self->backoff.attempts);
  g_variant_dict_insert (status, "endpoint", "s", endpoint != NULL ? endpoint : "");
  g_variant_dict_insert (status, "keyring", "b", floo_secrets_is_keyring (self->secrets));
}
