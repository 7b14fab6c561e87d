/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * files.h: uploads, downloads, and messages that carry files.
 */
#pragma once

#include "session/directory/directory.h"
#include "session/job/requests.h"
#include "session/outbox/sender.h"

G_BEGIN_DECLS

typedef struct _FlooFiles FlooFiles;

/* Called on the main loop. */
typedef struct {
  /* A transfer is new, has changed or is gone. */
  void (*transfer_changed) (guint64 id, gpointer data);
} FlooFilesListener;

/**
 * floo_files_new:
 * @sender, @directory: outlive it
 * @listener: static
 */
FlooFiles *floo_files_new (FlooAccount *account, FlooSender *sender, FlooDirectory *directory, const FlooFilesListener *listener,
                           gpointer data);
void floo_files_free (FlooFiles *files);
/* The account's store is open: resumes pending uploads. */
void floo_files_open (FlooFiles *files);
/* The store is about to close: all transfers end. */
void floo_files_close (FlooFiles *files);
/* The service has told its time: removes what has expired by it. */
void floo_files_clean (FlooFiles *files);
/* Deletes the downloaded files of the account that is open; to be called before floo_files_close(). Errors are logged. */
void floo_files_erase_cache_async (FlooFiles *files, GAsyncReadyCallback callback, gpointer user_data);
/* Transfers run while we are online. */
void floo_files_set_online (FlooFiles *files, gboolean online);
/* Resend of a message: its upload begins now, where it has one. */
void floo_files_resend (FlooFiles *files, gint64 client_id);
/* A row of the outbox was cancelled: cancels the upload of its file, if there is one. */
void floo_files_cancelled (FlooFiles *files, gint64 client_id);
/* @images: FlooInboundImage: images that came; they are downloaded where the configuration wants it */
void floo_files_images_came (FlooFiles *files, const GArray *images);

/* ---- calls of clients; what they reply with is in session.h ---- */

void floo_files_upload (FlooFiles *files, const char *to_type, gint64 to, const char *type, int fd, const char *name, FlooReply reply,
                        gpointer user_data);
void floo_files_download (FlooFiles *files, gint64 message, const FlooFileForm *form, FlooReply reply, gpointer user_data);
void floo_files_get_avatar (FlooFiles *files, const char *to_type, gint64 id, gboolean thumbnail, FlooReply reply, gpointer user_data);
void floo_files_set_avatar (FlooFiles *files, int fd, const char *name, FlooReply reply, gpointer user_data);
void floo_files_set_group_avatar (FlooFiles *files, gint64 group, int fd, const char *name, FlooReply reply, gpointer user_data);
void floo_files_share (FlooFiles *files, gint64 group, int fd, const char *name, const char *type, FlooReply reply, gpointer user_data);
void floo_files_download_shared (FlooFiles *files, gint64 group, gint64 file_id, FlooReply reply, gpointer user_data);
void floo_files_send (FlooFiles *files, const FlooSendFileRequest *request, FlooReply reply, gpointer user_data);
void floo_files_forward (FlooFiles *files, gint64 message, const char *to_type, gint64 to, const FlooSendOptions *options, FlooReply reply,
                         gpointer user_data);
void floo_files_forward_many (FlooFiles *files, const FlooForwardRequest *request, FlooReply reply, gpointer user_data);
void floo_files_get_cache_usage (FlooFiles *files, FlooReply reply, gpointer user_data);
void floo_files_clear_cache (FlooFiles *files, const gint64 *conversations, guint n, FlooReply reply, gpointer user_data);
void floo_files_list_transfers (FlooFiles *files, FlooReply reply, gpointer user_data);
GVariant *floo_files_get_transfer (FlooFiles *files, guint64 id);
void floo_files_cancel_transfer (FlooFiles *files, guint64 id, FlooReply reply, gpointer user_data);
void floo_files_open_transfer (FlooFiles *files, guint64 id, FlooFdReply reply, gpointer user_data);

G_END_DECLS
