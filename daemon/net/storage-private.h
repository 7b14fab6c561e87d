/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * storage-private.h: what upload and download share. Private to the storage.
 */
#pragma once

#include <libsoup/soup.h>

#include "net/deadline.h"
#include "net/storage.h"

G_BEGIN_DECLS

struct _FlooStorage {
  GObject parent_instance;

  FlooRest *rest;
  FlooEndpoints *endpoints;
  char *app_id;
  SoupSession *session;
};

/* Returns: (transfer none): base of the service, or NULL with FLOO_ERROR_OFFLINE */
const char *floo_storage_get_service (FlooStorage *self, GError **error);
/* Whether a token (and the app id) may stand in a header or query. */
gboolean floo_storage_text_is_safe (const char *text);
/* @ours: at the service itself; else an address on this machine ends @deadline before anything is sent, and @refused says so */
void floo_storage_guard (FlooStorage *self, SoupMessage *message, gboolean ours, FlooDeadline *deadline, gboolean *refused);
/* The error for an HTTP status that is no success. */
GError *floo_storage_status_error (guint status);

G_END_DECLS
