/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * account.h: the state of one login: the user, the store, the connection to the service, whether we are online. Main loop only.
 *
 * Everybody reads it here; it is changed by login and session.c alone (owner.h).
 */
#pragma once

#include "base/config.h"
#include "base/message.h"
#include "base/signals.h"
#include "net/discovery/endpoints.h"
#include "net/socket/link.h"
#include "net/rest/rest.h"
#include "store/engine/store.h"
#include "wire/frame.h"

G_BEGIN_DECLS

typedef struct _FlooAccount FlooAccount;

/* Account.State */
typedef enum {
  FLOO_STATE_SIGNED_OUT,
  FLOO_STATE_DISCOVERING,
  FLOO_STATE_AUTHENTICATING,
  FLOO_STATE_CONNECTING,
  FLOO_STATE_ONLINE,
  FLOO_STATE_WAITING,
  FLOO_STATE_BLOCKED,
  FLOO_STATE_OFFLINE            /* the user wants no connection for now */
} FlooState;

/* Counts of the store that are properties of the account. */
typedef struct {
  guint unread_total;
  guint queued, failed;
} FlooCounts;

/* Called on the main loop. */
typedef struct {
  void (*event) (const FlooEvent *event, gpointer data);   /* to be told to clients now */
  void (*state_changed) (FlooState state, gpointer data);
  void (*changed) (gpointer data);                         /* something else that is in the properties */
  void (*counts_changed) (gpointer data);
  void (*time_changed) (gpointer data);                    /* the service's, by some seconds from what was thought */
} FlooAccountListener;

/**
 * floo_account_new:
 * @keeper: the object that floo_account_ref() references: the owner of the account and of all parts that use it, so that a reference also
 *    keeps these parts
 * @config: (transfer none), outlives it
 * @listener: static
 */
FlooAccount *floo_account_new (GObject *keeper, const FlooConfig *config, const FlooAccountListener *listener, gpointer data);
/* For the keeper, when it is finalised. */
void floo_account_free (FlooAccount *self);
FlooAccount *floo_account_ref (FlooAccount *self);
void floo_account_unref (FlooAccount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooAccount, floo_account_unref)

const FlooConfig *floo_account_get_config (const FlooAccount *self);
/* NULL from logout until the next login knows the user. */
FlooStore *floo_account_get_store (const FlooAccount *self);
/* Whether the store can be written: it is open, and there is room on the disk. */
gboolean floo_account_can_store (const FlooAccount *self);
/* Whether work that was begun with @store (nullable) still belongs to the present login. */
gboolean floo_account_is_current (const FlooAccount *self, const FlooStore *store);
gint64 floo_account_get_user_id (const FlooAccount *self);
const char *floo_account_get_username (const FlooAccount *self);
const char *floo_account_get_app_id (const FlooAccount *self);
guint32 floo_account_get_device_sn (const FlooAccount *self);
/* The service; NULL while signed out. */
FlooEndpoints *floo_account_get_endpoints (const FlooAccount *self);
FlooRest *floo_account_get_rest (const FlooAccount *self);
/* ms since 1970, by the service's clock; by the machine's as long as the service has not told its time. */
gint64 floo_account_get_service_time (const FlooAccount *self);
/* Of calls that wait for the service's REST; another one after each logout. */
GCancellable *floo_account_get_cancellable (const FlooAccount *self);

gboolean floo_account_is_online (const FlooAccount *self);
FlooState floo_account_get_state (const FlooAccount *self);
const char *floo_account_get_state_name (const FlooAccount *self);
/* The daemon is ending. */
gboolean floo_account_is_stopping (const FlooAccount *self);
/* Clients do not read their signals and replies fast enough: no new requests are sent. */
gboolean floo_account_is_congested (const FlooAccount *self);
/* A number for the client whose call is just beginning; 0: none */
guint floo_account_get_caller (const FlooAccount *self);
const FlooCounts *floo_account_get_counts (const FlooAccount *self);
void floo_account_set_counts (FlooAccount *self, const FlooCounts *counts);

/* Sends one frame on the link. @payload: (nullable) */
void floo_account_send_frame (FlooAccount *self, Floo__Frame__Command command, const ProtobufCMessage *payload);
/* Ends the connection; the link makes another one. */
void floo_account_drop_link (FlooAccount *self, const GError *error);
/* Emits an event outside the journal (serial 0). @body: (transfer floating) */
void floo_account_emit (FlooAccount *self, FlooSignal signal, GVariant *body);

G_END_DECLS
