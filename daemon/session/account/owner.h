/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * owner.h: how the account changes. Only for session/login, which is the only one to write the state, and for session.c.
 */
#pragma once

#include "session/account/account.h"

G_BEGIN_DECLS

/* The user as shown in the properties. @username, @app_id: (nullable): "" and the configuration's */
void floo_account_set_names (FlooAccount *self, const char *username, const char *app_id);
void floo_account_set_device_sn (FlooAccount *self, guint32 device_sn);
/* Nobody is logged in. The store stays. */
void floo_account_forget (FlooAccount *self);

/* The store is open from now on, and its user is ours. Takes a reference. */
void floo_account_take_store (FlooAccount *self, FlooStore *store);
/* Returns: (transfer full) (nullable): to be closed */
FlooStore *floo_account_steal_store (FlooAccount *self);

/* All (transfer full) (nullable). */
void floo_account_set_service (FlooAccount *self, FlooEndpoints *endpoints, FlooRest *rest, FlooLink *link);
FlooLink *floo_account_get_link (const FlooAccount *self);
/* Ends the calls that wait for the service with Cancelled. */
void floo_account_cancel_calls (FlooAccount *self);

void floo_account_set_state (FlooAccount *self, FlooState state);
/* When the next attempt is, ms; until the state changes. */
void floo_account_set_next_retry (FlooAccount *self, gint64 next_retry);
gint64 floo_account_get_next_retry (const FlooAccount *self);
/* Sets Account.LastError. @error: (nullable) of any domain */
void floo_account_set_error (FlooAccount *self, const GError *error);
/* Returns: (nullable): domain FLOO_ERROR */
const GError *floo_account_get_error (const FlooAccount *self);
/* The connection showed that it is alive. */
void floo_account_set_contact (FlooAccount *self);
/* A property changed that does not belong to the account itself. */
void floo_account_changed (FlooAccount *self);

void floo_account_set_congested (FlooAccount *self, gboolean congested);
void floo_account_set_caller (FlooAccount *self, guint caller);
void floo_account_stop (FlooAccount *self);

/* Adds the properties of the interface Account that are the account's. */
void floo_account_describe_properties (const FlooAccount *self, GVariantDict *properties);
/* Adds contact and store to GetStatus. */
void floo_account_describe (const FlooAccount *self, GVariantDict *status);

G_END_DECLS
