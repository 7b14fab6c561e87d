/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * outgoing.h: a message in the outbox whose file is not uploaded. Only for daemon/session/files.
 */
#pragma once

#include "session/files/parts.h"
#include "store/tables/outbox.h"

G_BEGIN_DECLS

/* One such message, while its file is under way. */
typedef struct {
  FlooUpload upload;
  gint64 client_id;
  gint64 to;
  FlooToType to_type;
  int type;
  JsonObject *file;         /* of the row */
  char *folder;             /* of the copy */
  /* The call, until it is answered. */
  FlooReply reply;
  gpointer user_data;
  guint reply_timer;
  gboolean refused;         /* the call was answered with an error: its row is deleted */
} FlooOutgoing;

/* The call, if it waits for an answer, gets (xo), or @error (nullable). */
void floo_outgoing_answer (FlooOutgoing *send, FlooTransfer *transfer, const GError *error);

/* @file: (transfer full): of the row */
FlooOutgoing *floo_outgoing_new (FlooFiles *self, gint64 client_id, FlooToType to_type, gint64 to, int type, JsonObject *file);
/* @send: (transfer full): becomes a transfer. @held: it waits until its file is copied */
void floo_outgoing_add (FlooFiles *self, FlooOutgoing *send, gboolean held, FlooFilesAdded func, gpointer user_data);

/* Returns: (transfer full): key of its transfer; name of its copy */
char *floo_outgoing_key (gint64 client_id);
char *floo_outgoing_copy_name (gint64 client_id);
void floo_outgoing_remove_copy (FlooFiles *self, gint64 client_id);

/* Returns: (transfer full): JSON; the attachment of what the row knows. @url: (nullable) */
char *floo_outgoing_to_text (JsonObject *object);
char *floo_outgoing_attachment (JsonObject *file, const char *url);

typedef enum { FLOO_ROW_WAITS, FLOO_ROW_FAILED, FLOO_ROW_DROPPED } FlooRowFate;

/* Decides the fate of a row that is still held. @error: (nullable): why; @delay_ms: to the next retry. FAILED and DROPPED are retried until the
 * store has written them. */
void floo_outgoing_decide (FlooFiles *self, gint64 client_id, FlooRowFate fate, const GError *error, guint delay_ms);

G_END_DECLS
