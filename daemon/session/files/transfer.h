/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * transfer.h: transfers and their queue. Only for daemon/session; on the main loop.
 *
 * A transfer is retried until it succeeds, fails permanently or is cancelled; between attempts, and while the queue is paused, it does not
 * occupy a place. Uploads and downloads have separate places, so that a slow file server does not delay uploads. After its end a transfer
 * stays readable for some time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  FLOO_TRANSFER_QUEUED,
  FLOO_TRANSFER_ACTIVE,
  FLOO_TRANSFER_COMPLETE,
  FLOO_TRANSFER_ERROR,
  FLOO_TRANSFER_CANCELLED
} FlooTransferStatus;

typedef struct _FlooTransfers FlooTransfers;

#define FLOO_TYPE_TRANSFER (floo_transfer_get_type ())
G_DECLARE_FINAL_TYPE (FlooTransfer, floo_transfer, FLOO, TRANSFER, GObject)

/**
 * FlooTransferSpec:
 * @key: (nullable): identifies the transfer for floo_transfers_find()
 * @message: a message's id or client_id, 0 none
 * @total: bytes; 0: not known
 * @held: it also waits for floo_transfer_release()
 * @tries: how often in a row it may fail without progress; 0: no limit
 * @run: begins an attempt, which ends with floo_transfer_done()
 * @failed: (nullable): an attempt failed, and a retry will follow
 * @ended: (nullable): called once; see the status
 * @data: for the functions, freed with @destroy
 */
typedef struct {
  const char *key;
  gboolean upload;
  const char *name;
  gint64 message;
  goffset total;
  gboolean held;
  guint tries;
  void (*run) (FlooTransfer *transfer, gpointer data);
  void (*failed) (FlooTransfer *transfer, const GError *error, guint delay_ms, gpointer data);
  void (*ended) (FlooTransfer *transfer, gpointer data);
  gpointer data;
  GDestroyNotify destroy;
} FlooTransferSpec;

/* A transfer has changed, is new, or was removed. */
typedef void (*FlooTransfersFunc) (guint64 id, gpointer user_data);

FlooTransfers *floo_transfers_new (FlooTransfersFunc func, gpointer user_data);
/* Cancels all. */
void floo_transfers_free (FlooTransfers *self);

/* Returns: (transfer none): the new one, @id's */
FlooTransfer *floo_transfers_add (FlooTransfers *self, guint64 id, const FlooTransferSpec *spec);
/* Returns: (transfer none) (nullable) */
FlooTransfer *floo_transfers_get (FlooTransfers *self, guint64 id);
/* Returns: (transfer none) (nullable): under way or complete */
FlooTransfer *floo_transfers_find (FlooTransfers *self, const char *key);
/* The file of this complete transfer is gone: floo_transfers_find() does not find it any more. */
void floo_transfer_outdate (FlooTransfer *self);
/* Returns: (transfer floating): (ao) */
GVariant *floo_transfers_list (FlooTransfers *self);
/* How many have not ended. */
guint floo_transfers_count (FlooTransfers *self);
/* Whether attempts are begun. When it becomes TRUE all that wait for a retry are tried at once. */
void floo_transfers_set_running (FlooTransfers *self, gboolean running);
/* Cancels and removes all; floo_transfer_is_abandoned() is TRUE for them from now on. */
void floo_transfers_clear (FlooTransfers *self);
/* For tests: how long an ended one is kept, by default a minute. */
void floo_transfers_set_keep (FlooTransfers *self, guint keep_ms);

guint64 floo_transfer_get_id (FlooTransfer *transfer);
FlooTransferStatus floo_transfer_get_status (FlooTransfer *transfer);
const GError *floo_transfer_get_error (FlooTransfer *transfer);
GCancellable *floo_transfer_get_cancellable (FlooTransfer *transfer);
/* Whether it ended with its login, to be resumed by the next one, and not by a request. */
gboolean floo_transfer_is_abandoned (FlooTransfer *transfer);
/* Returns: (transfer none): the specification's */
gpointer floo_transfer_get_data (FlooTransfer *transfer);
/* Returns: (transfer floating): a{sv} of the interface's properties but Version */
GVariant *floo_transfer_get_properties (FlooTransfer *transfer);
/* Returns: (transfer floating): its object path */
GVariant *floo_transfer_get_object_path (FlooTransfer *transfer);
/* A client knows its path: from now on its end stays readable for some time. */
void floo_transfer_touch (FlooTransfer *transfer);

/* Takes it out of the queue: its caller runs it now, and ends with floo_transfer_done(). FALSE: it is not in the queue. */
gboolean floo_transfer_begin (FlooTransfer *transfer);
void floo_transfer_release (FlooTransfer *transfer);
/* Ends a held transfer, which cannot be tried, with @error. */
void floo_transfer_fail (FlooTransfer *transfer, const GError *error);
/* Cuts the wait for a retry short. */
void floo_transfer_hurry (FlooTransfer *transfer);
/* Does nothing after its end. */
void floo_transfer_cancel (FlooTransfer *transfer);

/* @transferred: bytes; ignored if fewer than before. @total: 0 or less: not known */
void floo_transfer_progress (FlooTransfer *transfer, goffset transferred, goffset total);
void floo_transfer_set_url (FlooTransfer *transfer, const char *url);
/* @fd: (transfer full): the complete file under @path, locked against the cache's cleaning */
void floo_transfer_set_file (FlooTransfer *transfer, const char *path, int fd);
const char *floo_transfer_get_path (FlooTransfer *transfer);
/* An attempt has ended. @error: (nullable): NULL: it is complete */
void floo_transfer_done (FlooTransfer *transfer, const GError *error);

G_END_DECLS
