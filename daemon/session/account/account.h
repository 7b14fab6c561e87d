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
 * @keeper: what floo_account_ref() holds: the owner of the account and of all that is built upon it, so that a job with a reference finds
 *    its part again, too
 * @config: (transfer none), outlives it
 * @listener: static
 */
FlooAccount *floo_account_new (GObject *keeper, const FlooConfig *config, const FlooAccountListener *listener, gpointer data);
/* For the keeper, in its end. */
void floo_account_free (FlooAccount *self);
FlooAccount *floo_account_ref (FlooAccount *self);
void floo_account_unref (FlooAccount *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooAccount, floo_account_unref)

const FlooConfig *floo_account_get_config (const FlooAccount *self);
/* NULL from logout until the next login knows who it is. */
FlooStore *floo_account_get_store (const FlooAccount *self);
/* Whether the store takes something: it is there, and there is room on the disk. */
gboolean floo_account_can_store (const FlooAccount *self);
/* Whether what was begun with @store (nullable) is still about who is logged in now. */
gboolean floo_account_is_current (const FlooAccount *self, const FlooStore *store);
gint64 floo_account_get_user_id (const FlooAccount *self);
const char *floo_account_get_username (const FlooAccount *self);
const char *floo_account_get_app_id (const FlooAccount *self);
guint32 floo_account_get_device_sn (const FlooAccount *self);
/* The service; NULL while signed out. */
FlooEndpoints *floo_account_get_endpoints (const FlooAccount *self);
FlooRest *floo_account_get_rest (const FlooAccount *self);
/* ms since 1970, by the service's clock; by the machine's as long as the service has not said it. */
gint64 floo_account_get_service_time (const FlooAccount *self);
/* Of calls that wait for the service's REST; another one after each logout. */
GCancellable *floo_account_get_cancellable (const FlooAccount *self);

gboolean floo_account_is_online (const FlooAccount *self);
FlooState floo_account_get_state (const FlooAccount *self);
const char *floo_account_get_state_name (const FlooAccount *self);
/* The daemon is ending. */
gboolean floo_account_is_stopping (const FlooAccount *self);
/* Clients are slower than what is told to them: nothing more is to be asked for. */
gboolean floo_account_is_congested (const FlooAccount *self);
/* Of the call that is beginning just now, a number for its client; 0: none */
guint floo_account_get_caller (const FlooAccount *self);
const FlooCounts *floo_account_get_counts (const FlooAccount *self);
void floo_account_set_counts (FlooAccount *self, const FlooCounts *counts);

/* Sends one frame on the link. @payload: (nullable) */
void floo_account_send_frame (FlooAccount *self, Floo__Frame__Command command, const ProtobufCMessage *payload);
/* Ends the connection; the link makes another one. */
void floo_account_drop_link (FlooAccount *self, const GError *error);
/* Tells an event outside the journal (serial 0). @body: (transfer floating) */
void floo_account_emit (FlooAccount *self, FlooSignal signal, GVariant *body);

G_END_DECLS
