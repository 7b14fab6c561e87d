/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: transfers, their folders and storages. Only for this folder.
 *
 *   files      the common ground: folders, numbers, the queue, what the bus sees of it
 *   upload     a client's file to the storage, and what follows
 *   download   files to the cache, and which (sources.c)
 *   send-file  messages that carry a file: how they are accepted
 *   outgoing   and what becomes of them
 *   forward    messages that carry another one's
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

/* Tries of a transfer in a row in which nothing moves. */
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
  guint logins;                 /* how often it was opened: what was begun for an earlier login is not added to this one */
  gboolean going;               /* listeners are not called any more */
  gboolean cleaning;
  GHashTable *accepting;        /* gint64: client_ids of rows whose transfer is not there yet */
  gboolean backlog;             /* there are rows for which there was no room */
};

/* Between the steps of a try: FALSE: it was cancelled, perhaps with the whole login, and is done. */
gboolean floo_files_may_go_on (FlooTransfer *transfer);
/* Returns: (transfer none): the storage of the present login */
FlooStorage *floo_files_get_storage (FlooFiles *self);
guint floo_files_get_stall_ms (FlooFiles *self);
goffset floo_files_get_max_size (FlooFiles *self);
/* Whether another transfer would be taken. */
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

/* A call that is answered with (o), the path of a transfer, once that is there. */
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
/* The account is being closed: what is not written is decided again at its next login. */
void floo_fates_clear (FlooFates *self);
/* What was decided of the row is void, if it is not written yet. FALSE: it is just being written. */
gboolean floo_fates_revoke (FlooFates *self, gint64 client_id);

/* ---- upload.c ---- */

typedef struct _FlooUpload FlooUpload;

/**
 * FlooUpload:
 * @files: while the transfer is under way
 * @input: what is sent; NULL as long as it is being taken
 * @address: path of the operation that tells where to
 * @query: its parameters
 * @finish: (nullable): what follows when the file is there, under @url; ends with floo_transfer_done()
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
 * @shown: the file's name, for people
 * @url: (nullable): a shared file's, which is asked for
 * @copy: (nullable): our own copy of the file, which is taken instead, without the service
 * @query: (nullable): what is added to the URL
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

/* What is in the cache already is complete at once, without the service. @spec: what is in it is (transfer full); @call: (nullable) */
void floo_download_begin (FlooFiles *self, const FlooDownloadSpec *spec, FlooTransferCall *call);

/* ---- forward.c ---- */

/* Returns: (transfer full) (nullable): what the service knows the file in @attachment (nullable) by; NULL: there is none, or anybody can
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

/* Nobody has asked for it. */
void floo_files_download_quietly (FlooFiles *self, gint64 message, gboolean thumbnail, const char *attachment, int type);

/* ---- outgoing.c ---- */

/* The account's store is there: what a former daemon left is taken up. */
void floo_files_recover_outgoing (FlooFiles *self);
/* Rows of the outbox may have changed: uploads begin or end accordingly. */
void floo_files_review (FlooFiles *self);

G_END_DECLS
