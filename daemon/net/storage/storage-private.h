/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * storage-private.h: what upload and download share. Private to the storage.
 */
#pragma once

#include <libsoup/soup.h>

#include "net/http/deadline.h"
#include "net/storage/storage.h"

G_BEGIN_DECLS

struct _FlooStorage {
  GObject parent_instance;

  FlooRest *rest;
  FlooEndpoints *endpoints;
  char *app_id;
  char **private_hosts; /* (nullable) */
};

/**
 * floo_storage_session_new:
 *
 * For the requests of one transfer, one after the other, on its threads; a thread ends with soup_session_abort(), which closes the
 * connection that it used. A connection kept for the next one would be closed by libsoup's timer on the main loop, also in the moment in
 * which a thread takes it.
 *
 * Returns: (transfer full)
 */
SoupSession *floo_storage_session_new (void);

/* Whose host an address names. */
typedef enum {
  FLOO_HOST_FOREIGN,  /* any other host */
  FLOO_HOST_KNOWN,    /* one of the service, or of the configuration: it may be in a private network */
  FLOO_HOST_SERVICE   /* the service where it is now: it gets the token */
} FlooHost;

/* Returns: (transfer none): base of the service, or NULL with FLOO_ERROR_OFFLINE */
const char *floo_storage_get_service (FlooStorage *self, GError **error);
/* Whether a token (or the app id) may be put into a header or query. */
gboolean floo_storage_text_is_safe (const char *text);
/**
 * floo_storage_resolve:
 *
 * floo_file_url_resolve(), and whose host that is; a foreign one in a private network is refused.
 *
 * Returns: (transfer full): NULL with FLOO_ERROR_PROTOCOL or FLOO_ERROR_OFFLINE
 */
GUri *floo_storage_resolve (FlooStorage *self, const char *text, GUri *from, FlooHost *host, GError **error);
/* Prepares the connection of @message. A foreign @host whose name turns out to be in a private network ends @deadline before it is connected to, and @refused says so. */
void floo_storage_guard (SoupMessage *message, FlooHost host, FlooDeadline *deadline, gboolean *refused);
/* The error then. */
GError *floo_storage_refusal (void);
/* The error for an HTTP status other than success. */
GError *floo_storage_status_error (guint status);

G_END_DECLS
