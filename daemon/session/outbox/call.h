/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * call.h: the common beginning and end of calls that put rows into the outbox.
 *
 * Rows that may be sent at once are marked so in the same transaction; their frames follow the reply.
 */
#pragma once

#include "session/job/call.h"
#include "session/outbox/sender.h"
#include "store/tables/outbox.h"

G_BEGIN_DECLS

typedef struct {
  FlooCall call;
  FlooSender *sender;
  GPtrArray *taken;
} FlooOutboxCall;

gpointer floo_outbox_call_new (gsize size, FlooSender *sender, FlooReply reply, gpointer user_data);
void floo_outbox_call_free (gpointer data);
/* The done callback: reply, then frames. */
void floo_outbox_call_done (FlooStore *store, gpointer data, const GError *error);
/* Runs @func as its write job. @destroy: floo_outbox_call_free or one that ends with it */
void floo_outbox_call_run (gpointer data, FlooStoreFunc func, GDestroyNotify destroy);

/* Store thread, the last step of each job: takes the rows that are due; the reply is one client id. */
gboolean floo_outbox_call_finish (FlooDb *db, FlooOutboxCall *call, gint64 client_id, GError **error);

/* What an operation carries besides its target; all nullable. */
typedef struct {
  const char *content, *config, *ext;
} FlooOperationTexts;

/**
 * floo_outbox_call_queue:
 * @operation: MessageOperation.OpType, or one of outbox.h
 * @to: the recipient of the frame
 * @texts: (nullable)
 * @client_id: (out): its number
 *
 * Store thread: puts an operation into the outbox.
 */
gboolean floo_outbox_call_queue (FlooDb *db, int operation, gint64 conversation, FlooToType to_type, gint64 to, gint64 target,
                                 const FlooOperationTexts *texts, gint64 *client_id, GError **error);

/* Checks of a client's texts; FALSE: the call is answered with TooLarge or InvalidArguments. */
gboolean floo_outbox_call_check_text (const char *name, const char *text, gsize max, FlooReply reply, gpointer user_data);
gboolean floo_outbox_call_check_json (const char *name, const char *text, FlooReply reply, gpointer user_data);

/* The same for the options that all messages have. */
gboolean floo_outbox_call_check_options (const FlooSendOptions *options, FlooReply reply, gpointer user_data);
/* Returns: the time that a row with these options waits for; 0: it does not wait */
gint64 floo_outbox_call_get_time (const FlooAccount *account, const FlooSendOptions *options);
/* Returns: (transfer full) (nullable): the config with the members that the options require. */
char *floo_outbox_call_dup_config (const FlooSendOptions *options);

G_END_DECLS
