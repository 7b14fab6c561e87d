/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * login.c: who we are: the record of a login, its beginning and its end. What happens in between is in attempt.c, connection.c and
 * refusals.c; the login of an earlier run is read in stored.c.
 */
#include "session/login/login.h"

#include "base/names.h"

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000

FlooLogin *
floo_login_new (FlooSession *session)
{
  FlooLogin *self = g_new0 (FlooLogin, 1);

  self->session = session;
  self->backoff = (FlooBackoff) { .min_ms = RETRY_MIN_MS, .max_ms = RETRY_MAX_MS, .factor_percent = 200 };
  return self;
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
  g_free (self);
}

/* ---- the waiting call ---- */

void
floo_login_answer (FlooLogin *self, const GError *error)
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
  floo_login_answer (self, error);
  return G_SOURCE_REMOVE;
}

/* ---- the network and sleep, before there is a socket; then they are the link's ---- */

/* What the present attempt has asked of the service may never be answered. A store that is opening is let alone: it has nothing to do with
 * the network. */
static void
begin_anew (FlooNetwatch *netwatch, FlooLogin *self)
{
  gboolean is_asking = self->session->state == FLOO_STATE_DISCOVERING || self->session->state == FLOO_STATE_AUTHENTICATING;

  if (self->record == NULL || (self->retry_timer == 0 && (!is_asking || self->opening)))
    return;
  floo_backoff_reset (&self->backoff);
  floo_login_begin (self);
}

/* From another network the service may be in reach. Not at once: this news comes in showers. */
static void
on_network_changed (FlooNetwatch *netwatch, FlooLogin *self)
{
  if (self->retry_timer == 0 || self->session->next_retry <= floo_now_ms () + RETRY_MIN_MS)
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

/* Nobody is logged in: what the properties say then. */
void
floo_login_forget_account (FlooLogin *self)
{
  FlooSession *session = self->session;

  g_clear_pointer (&self->record, floo_login_record_free);
  g_clear_pointer (&self->kept, floo_login_record_free);
  g_clear_pointer (&self->device_guid, g_free);
  self->void_sn = self->void_guid = FALSE;
  session->user_id = 0;
  session->device_sn = 0;
  session->unread_total = session->queued = session->failed = 0;
  g_free (session->username);
  session->username = g_strdup ("");
  g_free (session->app_id);
  session->app_id = g_strdup (session->config->app_id);
}

static void
on_rediscovered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, NULL, &error) && !floo_error_is_cancelled (error))
    g_message ("where the service is could not be found out anew: %s", error->message);
}

/* No host of a kind answers any more. While we are online the rest goes on meanwhile; else an attempt is under way that finds out by
 * itself. */
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

static void
on_token_void (FlooRest *rest, gpointer user_data)
{
  floo_login_token_void (user_data);
}

/* Makes what talks to the service, for a record that is complete. */
static void
set_up (FlooLogin *self)
{
  FlooSession *session = self->session;

  drop_service (self);
  watch_network (self);
  session->endpoints = floo_endpoints_new (session->config->cache_dir, self->record->app_id,
                                           *self->record->dns_server != '\0' ? self->record->dns_server : NULL);
  g_signal_connect (session->endpoints, "exhausted", G_CALLBACK (on_endpoints_exhausted), self);
  session->rest = floo_rest_new (session->endpoints, self->record->app_id);
  g_signal_connect (session->rest, "token-void", G_CALLBACK (on_token_void), self);
  floo_login_make_link (self);
  g_free (session->app_id);
  session->app_id = g_strdup (self->record->app_id);
  g_free (session->username);
  session->username = g_strdup (self->record->username);
  self->by_id = *self->record->username == '\0';
  self->changing_password = self->void_meanwhile = FALSE;
  self->accepted = self->has_tried = FALSE;
  self->renewals = 0;
  floo_backoff_reset (&self->backoff);
  floo_session_status_changed (session);
}

static void
tear_down (FlooLogin *self)
{
  FlooSession *session = self->session;

  floo_login_cancel_attempt (self);
  floo_session_cancel_calls (session);
  floo_login_link_down (self);
  floo_login_forget_account (self);
  drop_service (self);
}

void
floo_login_stop (FlooLogin *self)
{
  g_autoptr (GError) error = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_CANCELLED, "The login was given up");

  floo_login_dismiss_stored (self);
  floo_login_answer (self, error);
  tear_down (self);
  floo_session_set_state (self->session, FLOO_STATE_SIGNED_OUT);
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
  return self->record != NULL && self->session->state != FLOO_STATE_BLOCKED;
}

void
floo_login_start (FlooLogin *self, FlooLoginRecord *record, gboolean remember, FlooReply reply, gpointer user_data)
{
  floo_login_take_record (self, record, remember);
  floo_session_set_error (self->session, NULL);
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
  if (self->record == NULL || self->session->state == FLOO_STATE_ONLINE)
    return;
  if (self->retry_timer != 0 || self->session->state == FLOO_STATE_BLOCKED)
    floo_login_begin (self);
  else if (floo_link_get_state (self->session->link) == FLOO_LINK_WAITING)
    floo_link_start (self->session->link);
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
