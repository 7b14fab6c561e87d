/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/account/owner.h"

#include "base/backoff.h"
#include "base/error.h"
#include "base/service-clock.h"

struct _FlooAccount {
  GObject *keeper;              /* unowned, see floo_account_new() */
  const FlooConfig *config;
  const FlooAccountListener *listener;
  gpointer data;

  FlooStore *store;             /* (nullable) */
  gint64 user_id;
  char *username;
  char *app_id;
  guint32 device_sn;

  FlooEndpoints *endpoints;     /* these three (nullable) */
  FlooRest *rest;
  FlooLink *link;
  GCancellable *cancellable;

  FlooState state;
  GError *last_error;           /* (nullable), domain FLOO_ERROR */
  gint64 next_retry;            /* ms, 0 none */
  gint64 last_contact;          /* ms */
  gint64 connected_since;       /* ms, 0: not online */
  FlooCounts counts;
  FlooServiceClock service_clock;
  guint caller;
  gboolean congested;
  gboolean stopping;
};

static const char *const state_names[]
    = { "signed-out", "discovering", "authenticating", "connecting", "online", "waiting", "blocked", "offline" };

FlooAccount *
floo_account_new (GObject *keeper, const FlooConfig *config, const FlooAccountListener *listener, gpointer data)
{
  FlooAccount *self = g_new0 (FlooAccount, 1);

  self->keeper = keeper;
  self->config = config;
  self->listener = listener;
  self->data = data;
  self->username = g_strdup ("");
  self->app_id = g_strdup (config->app_id);
  self->cancellable = g_cancellable_new ();
  return self;
}

void
floo_account_free (FlooAccount *self)
{
  floo_account_set_service (self, NULL, NULL, NULL);
  g_clear_object (&self->store);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->last_error);
  g_free (self->username);
  g_free (self->app_id);
  g_free (self);
}

FlooAccount *
floo_account_ref (FlooAccount *self)
{
  g_object_ref (self->keeper);
  return self;
}

void
floo_account_unref (FlooAccount *self)
{
  g_object_unref (self->keeper);
}

/* ---- getters ---- */

const FlooConfig *
floo_account_get_config (const FlooAccount *self)
{
  return self->config;
}

FlooStore *
floo_account_get_store (const FlooAccount *self)
{
  return self->store;
}

gboolean
floo_account_can_store (const FlooAccount *self)
{
  return self->store != NULL && !floo_store_is_full (self->store);
}

gboolean
floo_account_is_current (const FlooAccount *self, const FlooStore *store)
{
  return store != NULL && store == self->store;
}

gint64
floo_account_get_user_id (const FlooAccount *self)
{
  return self->user_id;
}

const char *
floo_account_get_username (const FlooAccount *self)
{
  return self->username;
}

const char *
floo_account_get_app_id (const FlooAccount *self)
{
  return self->app_id;
}

guint32
floo_account_get_device_sn (const FlooAccount *self)
{
  return self->device_sn;
}

FlooEndpoints *
floo_account_get_endpoints (const FlooAccount *self)
{
  return self->endpoints;
}

FlooRest *
floo_account_get_rest (const FlooAccount *self)
{
  return self->rest;
}

gint64
floo_account_get_service_time (const FlooAccount *self)
{
  return floo_service_clock_now (&self->service_clock);
}

FlooLink *
floo_account_get_link (const FlooAccount *self)
{
  return self->link;
}

GCancellable *
floo_account_get_cancellable (const FlooAccount *self)
{
  return self->cancellable;
}

gboolean
floo_account_is_online (const FlooAccount *self)
{
  return self->state == FLOO_STATE_ONLINE;
}

FlooState
floo_account_get_state (const FlooAccount *self)
{
  return self->state;
}

const char *
floo_account_get_state_name (const FlooAccount *self)
{
  return state_names[self->state];
}

gint64
floo_account_get_next_retry (const FlooAccount *self)
{
  return self->next_retry;
}

const GError *
floo_account_get_error (const FlooAccount *self)
{
  return self->last_error;
}

gboolean
floo_account_is_stopping (const FlooAccount *self)
{
  return self->stopping;
}

gboolean
floo_account_is_congested (const FlooAccount *self)
{
  return self->congested;
}

guint
floo_account_get_caller (const FlooAccount *self)
{
  return self->caller;
}

const FlooCounts *
floo_account_get_counts (const FlooAccount *self)
{
  return &self->counts;
}

void
floo_account_describe_properties (const FlooAccount *self, GVariantDict *properties)
{
  const char *server = self->endpoints != NULL ? floo_endpoints_get_rest (self->endpoints) : NULL;

  g_variant_dict_insert (properties, "State", "s", state_names[self->state]);
  g_variant_dict_insert (properties, "UserId", "x", self->user_id);
  g_variant_dict_insert (properties, "Username", "s", self->username);
  g_variant_dict_insert (properties, "AppId", "s", self->app_id);
  g_variant_dict_insert (properties, "DeviceSn", "u", self->device_sn);
  g_variant_dict_insert (properties, "Server", "s", server != NULL ? server : "");
  g_variant_dict_insert (properties, "LastError", "(ss)",
                         self->last_error != NULL ? floo_error_get_dbus_name (self->last_error->code) : "",
                         self->last_error != NULL ? self->last_error->message : "");
  g_variant_dict_insert (properties, "NextRetry", "x", self->next_retry);
  g_variant_dict_insert (properties, "UnreadTotal", "u", self->counts.unread_total);
  g_variant_dict_insert (properties, "Queued", "u", self->counts.queued);
  g_variant_dict_insert (properties, "Failed", "u", self->counts.failed);
}

void
floo_account_describe (const FlooAccount *self, GVariantDict *status)
{
  g_variant_dict_insert (status, "last_contact", "x", self->last_contact);
  g_variant_dict_insert (status, "connected_since", "x", self->connected_since);
  g_variant_dict_insert (status, "store", "s", self->store != NULL ? floo_store_get_path (self->store) : "");
}

/* ---- the user ---- */

void
floo_account_changed (FlooAccount *self)
{
  self->listener->changed (self->data);
}

void
floo_account_set_names (FlooAccount *self, const char *username, const char *app_id)
{
  g_free (self->username);
  self->username = g_strdup (username != NULL ? username : "");
  g_free (self->app_id);
  self->app_id = g_strdup (app_id != NULL ? app_id : self->config->app_id);
}

void
floo_account_set_device_sn (FlooAccount *self, guint32 device_sn)
{
  self->device_sn = device_sn;
}

void
floo_account_forget (FlooAccount *self)
{
  self->user_id = 0;
  self->device_sn = 0;
  self->counts = (FlooCounts){ 0 };
  floo_account_set_names (self, NULL, NULL);
}

void
floo_account_set_counts (FlooAccount *self, const FlooCounts *counts)
{
  if (counts->unread_total == self->counts.unread_total && counts->queued == self->counts.queued && counts->failed == self->counts.failed)
    return;
  self->counts = *counts;
  self->listener->counts_changed (self->data);
}

/* ---- the store and the service ---- */

/* A store's events, as they were committed. */
static void
on_store_event (const FlooEvent *event, gpointer user_data)
{
  FlooAccount *self = user_data;

  self->listener->event (event, self->data);
}

void
floo_account_take_store (FlooAccount *self, FlooStore *store)
{
  g_return_if_fail (self->store == NULL);

  self->store = g_object_ref (store);
  self->user_id = floo_store_get_user_id (store);
  floo_store_set_event_func (store, on_store_event, self);
  floo_store_set_retention (store, &(FlooRetention){ self->config->journal_days, self->config->journal_events,
                                                     self->config->keep_days, self->config->keep_messages });
  floo_store_pause_reads (store, self->congested);
}

FlooStore *
floo_account_steal_store (FlooAccount *self)
{
  return g_steal_pointer (&self->store);
}

static void
on_date (FlooRest *rest, gint64 date, gpointer user_data)
{
  FlooAccount *self = user_data;

  if (floo_service_clock_note (&self->service_clock, date))
    self->listener->time_changed (self->data);
}

void
floo_account_set_service (FlooAccount *self, FlooEndpoints *endpoints, FlooRest *rest, FlooLink *link)
{
  if (self->rest != NULL)
    g_signal_handlers_disconnect_by_data (self->rest, self);
  if (rest != NULL)
    g_signal_connect (rest, "date", G_CALLBACK (on_date), self);
  self->service_clock = (FlooServiceClock){ 0 };
  g_clear_object (&self->link);
  g_clear_object (&self->rest);
  g_clear_object (&self->endpoints);
  self->endpoints = endpoints;
  self->rest = rest;
  self->link = link;
}

void
floo_account_cancel_calls (FlooAccount *self)
{
  g_autoptr (GCancellable) cancellable = g_steal_pointer (&self->cancellable);

  self->cancellable = g_cancellable_new ();
  g_cancellable_cancel (cancellable);
}

void
floo_account_send_frame (FlooAccount *self, Floo__Frame__Command command, const ProtobufCMessage *payload)
{
  g_autoptr (GBytes) frame = floo_frame_encode (command, payload);

  floo_link_send (self->link, frame);
}

void
floo_account_drop_link (FlooAccount *self, const GError *error)
{
  floo_link_drop (self->link, error);
}

void
floo_account_emit (FlooAccount *self, FlooSignal signal, GVariant *body)
{
  g_autoptr (FlooEvent) event = floo_event_new (0, floo_now_ms (), floo_signal_get_info (signal)->name, body);

  self->listener->event (event, self->data);
}

/* ---- the state ---- */

void
floo_account_set_state (FlooAccount *self, FlooState state)
{
  if (self->state == state)
    return;
  g_message ("state: %s -> %s", state_names[self->state], state_names[state]);
  self->state = state;
  self->listener->state_changed (state, self->data);
  self->connected_since = state == FLOO_STATE_ONLINE ? floo_now_ms () : 0;
  if (state != FLOO_STATE_WAITING)
    self->next_retry = 0;
  floo_account_changed (self);
}

void
floo_account_set_next_retry (FlooAccount *self, gint64 next_retry)
{
  self->next_retry = next_retry;
}

void
floo_account_set_error (FlooAccount *self, const GError *error)
{
  GError *copy = error != NULL ? floo_error_normalise (error) : NULL;

  g_clear_error (&self->last_error);
  self->last_error = copy;
  floo_account_changed (self);
}

void
floo_account_set_contact (FlooAccount *self)
{
  self->last_contact = floo_now_ms ();
}

void
floo_account_set_congested (FlooAccount *self, gboolean congested)
{
  self->congested = congested;
  if (self->store != NULL)
    floo_store_pause_reads (self->store, congested);
}

void
floo_account_set_caller (FlooAccount *self, guint caller)
{
  self->caller = caller;
}

void
floo_account_stop (FlooAccount *self)
{
  self->stopping = TRUE;
}
