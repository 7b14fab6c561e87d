/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: transfers, their folders and storages. Only for this folder.
 *
 *   files      common parts: folders, numbers, the queue, calls about transfers
 *   upload     uploads of a client's file, and the requests after them
 *   download   downloads to the cache, of which files: sources.c
 *   accept     messages that carry a file: accepting them,
 *   outgoing   uploading their files
 *   forward    messages that carry the file of another one
 */
#pragma once

#include "net/storage/storage.h"
#include "session/files/input.h"
#include "session/files/files.h"
#include "session/job/call.h"
#include "session/job/job.h"
#include "session/files/transfer.h"
#include "session/files/transfer-ids.h"

G_BEGIN_DECLS

/* Attempts of a transfer in a row without progress. */
#define FLOO_TRANSFER_TRIES 5

typedef struct _FlooFates FlooFates;

struct _FlooFiles {
  FlooAccount *account;
  FlooSender *sender;
  FlooDirectory *directory;
  const FlooFilesListener *listener;
  gpointer data;
  FlooFates *fates;
  FlooTransfers *transfers;
  FlooTransferIds *ids;
  FlooStorage *storage;         /* (nullable) */
  FlooRest *storage_rest;       /* the one that it was made with */
  char *cache;                  /* (nullable): folder of the account's downloaded files, while an account is open */
  char *outgoing;               /* (nullable): folder of the account's files that wait to be sent */
  guint logins;                 /* how often it was opened, to tell work of an earlier login from that of this one */
  gboolean going;               /* being freed: listeners are not called any more */
  gboolean cleaning;
  GHashTable *accepting;        /* gint64: client_ids of rows whose transfer is not made yet */
  gboolean backlog;             /* there are rows that had no room for a transfer */
};

/* Between the steps of an attempt. FALSE: it was cancelled, perhaps with the whole login, and has ended. */
gboolean floo_files_may_go_on (FlooTransfer *transfer);
/* Returns: (transfer none): the storage of the present login */
FlooStorage *floo_files_get_storage (FlooFiles *self);
guint floo_files_get_stall_ms (FlooFiles *self);
goffset floo_files_get_max_size (FlooFiles *self);
/* Whether there is room for another transfer. */
gboolean floo_files_has_room (FlooFiles *self);

/**
 * floo_files_add:
 * @spec: its data is freed in any case
 * @func: (nullable): gets the new transfer, or the error
 *
 * Gives a transfer its number and its place in the queue.
 */
typedef void (*FlooFilesAdded) (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer user_data);
void floo_files_add (FlooFiles *self, const FlooTransferSpec *spec, FlooFilesAdded func, gpointer user_data);

/* A call that is answered with (o), the path of a transfer, once that is made. */
typedef struct {
  FlooReply reply;
  gpointer user_data;
} FlooTransferCall;

FlooTransferCall *floo_transfer_call_new (FlooReply reply, gpointer user_data);
/* A FlooFilesAdded; frees the call. */
void floo_transfer_call_added (FlooFiles *self, FlooTransfer *transfer, const GError *error, gpointer call);

/* ---- fate.c ---- */

FlooFates *floo_fates_new (FlooFiles *files);
void floo_fates_free (FlooFates *self);
/* The account is being closed: fates that are not written are decided again at its next login. */
void floo_fates_clear (FlooFates *self);
/* Revokes the row's fate if it is not written yet. FALSE: it is being written. */
gboolean floo_fates_revoke (FlooFates *self, gint64 client_id);

/* ---- upload.c ---- */

typedef struct _FlooUpload FlooUpload;

/**
 * FlooUpload:
 * @files: while the transfer is under way
 * @input: the file; NULL until it is opened
 * @address: path of the REST operation that gives the address
 * @query: its parameters
 * @finish: (nullable): called when the file is uploaded to @url; ends with floo_transfer_done()
 */
struct _FlooUpload {
  FlooFiles *files;
  FlooTransfer *transfer;       /* that this belongs to */
  FlooInput *input;
  char *name;
  const char *address;
  char **query;
  char *url;
  void (*finish) (FlooUpload *upload);
  char **fields;
};

/* For a FlooTransferSpec. */
void floo_upload_run (FlooTransfer *transfer, gpointer upload);
void floo_upload_clear (FlooUpload *upload);
/* Returns: (transfer full): the query of /file/upload/chat. @base: 100 for messages, 200 for a group's shared files */
char **floo_upload_chat_query (int base, int type, const char *media_type, FlooToType to_type, gint64 to);

/* FALSE: the call is answered with InvalidArguments. @type: one of a file */
gboolean floo_file_type_check (const char *to_type, const char *type, FlooToType *to_out, int *type_out, FlooReply reply,
                               gpointer user_data);

/* ---- download.c ---- */

/**
 * FlooDownloadSpec:
 * @name: in the cache
 * @shown: the file's name as it is shown
 * @url: (nullable): NULL for a shared file, whose URL is requested
 * @copy: (nullable): our own copy of the file, which is used instead of the service
 * @query: (nullable): parameters that are added to the URL
 * @max_size: bytes; the configuration's limit holds, too
 * @may_be_less: a client that asks for the file gets another transfer, since @max_size may be below its limit
 * @message: that carries it, or 0
 * @group: of a shared file, with @file
 */
typedef struct {
  char *name;
  char *shown;
  char *url;
  char *copy;
  char **query;
  goffset max_size;
  gboolean may_be_less;
  gint64 message;
  gint64 group;
  gint64 file;
} FlooDownloadSpec;

/* A file that is in the cache already is complete at once, without the service. @spec: its members are (transfer full); @call: (nullable) */
void floo_download_begin (FlooFiles *self, const FlooDownloadSpec *spec, FlooTransferCall *call);

/* ---- forward.c ---- */

/* Returns: (transfer full) (nullable): the service's id of the file in @attachment (nullable); NULL: there is no file, or anybody can
 * fetch it */
char *floo_forward_dup_sign (const char *attachment);
/* Whether messages of this type can be forwarded at all: INVALID_ARGUMENTS */
gboolean floo_forward_check_type (gint64 message, int type, GError **error);
/* Asks the service for an address of the file that its new reader can use. */
void floo_forward_ask_address (FlooFiles *files, const char *sign, FlooToType to_type, gint64 to, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
/* Returns: (transfer full): @attachment with that address */
char *floo_forward_finish_address (GObject *source, GAsyncResult *result, const char *attachment, GError **error);

/* ---- sources.c ---- */

/* Downloads in the background, without a call. */
void floo_files_download_quietly (FlooFiles *self, gint64 message, gboolean thumbnail, const char *attachment, int type);

/* ---- outgoing.c ---- */

/* The account's store is open: resumes the uploads of an earlier run. */
void floo_files_recover_outgoing (FlooFiles *self);
/* Rows of the outbox may have changed: uploads begin or end accordingly. */
void floo_files_review (FlooFiles *self);

G_END_DECLS
