/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * storage.h: uploads to the service's storage and downloads from it.
 *
 * A transfer has no time limit as a whole; it fails when it makes no progress.
 */
#pragma once

#include <gio/gio.h>

#include "net/http/mover.h"
#include "net/rest/rest.h"

G_BEGIN_DECLS

#define FLOO_TYPE_STORAGE (floo_storage_get_type ())
G_DECLARE_FINAL_TYPE (FlooStorage, floo_storage, FLOO, STORAGE, GObject)

/* The token is @rest's, the service where @endpoints say that it is. */
FlooStorage *floo_storage_new (FlooRest *rest, FlooEndpoints *endpoints, const char *app_id);

/**
 * floo_storage_set_private_hosts:
 * @hosts: names or addresses, a space between two
 *
 * Hosts that may be on this machine or in a private network, besides those of @endpoints; addresses of other private hosts are refused.
 */
void floo_storage_set_private_hosts (FlooStorage *self, const char *hosts);

/* Whether an address is at the service itself, which makes thumbnails, and which a request tells nothing new. */
gboolean floo_storage_is_service (FlooStorage *self, const char *url);


/**
 * FlooUploadRequest:
 * @url: where to; from the service
 * @fields: (nullable): form fields before the file, name, value, ..., NULL; NULL: it is the service's own storage
 * @put: the file alone is the body of a PUT; else it is the last part of a form that is POSTed
 * @file: read from where it is, on worker threads
 * @size: bytes; -1: not known
 * @name: the file's
 * @type: its media type
 */
typedef struct {
  const char *url;
  const char *const *fields;
  gboolean put;
  GInputStream *file;
  goffset size;
  const char *name;
  const char *type;
} FlooUploadRequest;

/**
 * floo_storage_upload_async:
 * @stall_ms: the longest time without progress; less than 128 bytes/s is no progress
 * @progress: (nullable)
 *
 * Sends a file. Redirects are not followed. Errors: FLOO_ERROR_TIMEOUT (also for HTTP 408 and 504), FLOO_ERROR_OFFLINE (also for other
 * HTTP 5xx: a retry may succeed), FLOO_ERROR_CANCELLED, FLOO_ERROR_PERMISSION_DENIED, FLOO_ERROR_NOT_FOUND, FLOO_ERROR_TOO_LARGE, FLOO_ERROR_REJECTED by the HTTP
 * status or the storage's own words, FLOO_ERROR_FILE where the file cannot be read to its end, FLOO_ERROR_PROTOCOL.
 */
void floo_storage_upload_async (FlooStorage *self, const FlooUploadRequest *request, guint stall_ms, FlooProgress progress,
                                gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gboolean floo_storage_upload_finish (FlooStorage *self, GAsyncResult *result, GError **error);

/**
 * FlooFetchState:
 *
 * How much of a file has been fetched, over several attempts; owned by the caller, and kept until the last attempt has ended. Before the
 * first one @total is -1, the rest zero.
 */
typedef struct {
  goffset have;      /* bytes written */
  goffset total;     /* -1: not known */
  char *validator;   /* (nullable): the server's ETag or date of this version */
} FlooFetchState;

void floo_fetch_state_clear (FlooFetchState *state);

/**
 * FlooFetchRequest:
 * @url: from the service or a message
 * @query: (nullable): further parameters for the service's own file server
 * @fd: a regular file of the caller's, to be written; open until the end
 * @max_size: bytes
 */
typedef struct {
  const char *url;
  const char *const *query;
  int fd;
  goffset max_size;
} FlooFetchRequest;

/**
 * floo_storage_fetch_async:
 * @state: (inout): an attempt resumes where the one before ended if the server supports that and the file is unchanged; else it begins at the start
 *
 * Fetches a file into a descriptor, without fsync. The token goes to the service itself only. Up to five redirects are followed, each
 * checked as the address itself was. A body that is compressed is refused. Errors as of floo_storage_upload_async();
 * FLOO_ERROR_TOO_LARGE beyond @max_size; FLOO_ERROR_STORAGE_FULL.
 */
void floo_storage_fetch_async (FlooStorage *self, const FlooFetchRequest *request, FlooFetchState *state, guint stall_ms,
                               FlooProgress progress, gpointer progress_data, GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean floo_storage_fetch_finish (FlooStorage *self, GAsyncResult *result, GError **error);

/* Whether a retry may succeed after @error. */
gboolean floo_storage_error_is_transient (const GError *error);

G_END_DECLS
