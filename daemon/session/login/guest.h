/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * guest.h: requests to the service without a login: registration, codes by SMS, logging in by QR code.
 */
#pragma once

#include "session/login/parts.h"

G_BEGIN_DECLS

/**
 * floo_guest_get:
 * @app_id: (nullable): the configuration's
 * @dns_server: (nullable): the configuration's
 *
 * The last one is kept, so that the steps of one login need one discovery.
 *
 * Returns: (transfer full): or NULL, and the call is answered with InvalidArguments
 */
FlooGuest *floo_guest_get (FlooLogin *login, const char *app_id, const char *dns_server, FlooReply reply, gpointer user_data);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (FlooGuest, floo_guest_unref)

const char *floo_guest_get_app_id (FlooGuest *guest);
const char *floo_guest_get_dns_server (FlooGuest *guest);

/* @answer: NULL with @error; the callee's only during the call. Not called after @cancellable was cancelled. */
typedef void (*FlooGuestDone) (const FlooRestAnswer *answer, const GError *error, gpointer user_data);

/**
 * floo_guest_call:
 * @query: (nullable): key, value, ..., NULL
 * @body: (nullable) (transfer full)
 *
 * Discovers the service if that was not done yet, then sends a request without a token.
 */
void floo_guest_call (FlooGuest *guest, const char *method, const char *path, const char *const *query, JsonNode *body,
                      GCancellable *cancellable, FlooGuestDone done, gpointer user_data);

/* @bytes: NULL with @error; the callee's only during the call */
typedef void (*FlooGuestFetched) (GBytes *bytes, const GError *error, gpointer user_data);

/* Fetches a plain file of at most @max bytes; after a floo_guest_call(). */
void floo_guest_fetch (FlooGuest *guest, const char *path, const char *const *query, gsize max, FlooGuestFetched done, gpointer user_data);

/* Returns: (transfer full): {key: text, ...}; the keys and texts end with a NULL */
JsonNode *floo_guest_body (const char *key, ...) G_GNUC_NULL_TERMINATED;

G_END_DECLS
