/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync.h: receives messages: unread -> pull -> commit -> signal; fetches history, and reads messages for clients.
 */
#pragma once

#include "base/error.h"
#include "session/account/account.h"
#include "session/apply/inbound.h"
#include "session/job/requests.h"
#include "session/operations/operations.h"

G_BEGIN_DECLS

typedef struct _FlooSync FlooSync;

/* Called on the main loop. */
typedef struct {
  /* A batch is committed: the remaining effects of it. Typing and gaps are handled already. */
  void (*applied) (const FlooInboundResult *result, gpointer data);
  /* A status of the socket, which may be about the session itself. Returns: whether it is */
  gboolean (*status) (int code, const char *reason, gpointer data);
  /* Storing failed, or (@error: NULL) works again */
  void (*store_failed) (const GError *error, gpointer data);
  /* floo_sync_is_synced() has changed. */
  void (*synced_changed) (gpointer data);
} FlooSyncListener;

/**
 * floo_sync_new:
 * @operations: outlives it
 * @listener: static
 */
FlooSync *floo_sync_new (FlooAccount *account, FlooOperations *operations, const FlooSyncListener *listener, gpointer data);
void floo_sync_free (FlooSync *sync);
void floo_sync_online (FlooSync *sync);
void floo_sync_offline (FlooSync *sync);
/* Any frame but PROVISION's. */
void floo_sync_frame (FlooSync *sync, FlooFrame *frame);
/* Bytes that are not a valid frame. */
void floo_sync_unreadable (FlooSync *sync, const GError *error);
/* Whether the backlog of this connection is stored. */
gboolean floo_sync_is_synced (FlooSync *sync);
/* Adds the ignored entries to GetStatus. */
void floo_sync_describe (FlooSync *sync, GVariantDict *status);
/* Passes waiting frames to the store now, whatever is under way, so that later jobs run after them. */
void floo_sync_write_waiting (FlooSync *sync);
/* Continues after congestion or a full disk. */
void floo_sync_resume (FlooSync *sync);

/* A page of history that was stored. */
typedef struct {
  gint64 next;                  /* key of the next older page; 0: this was the beginning */
  guint n;                      /* entries */
  gboolean cut;                 /* it exceeded a bound and is incomplete */
  gint64 lowest_id;             /* of these; 0: the page is empty */
  gint64 oldest;                /* lowest timestamp, ms; 0: the page is empty */
} FlooHistoryPage;

/* @page: NULL with @error. */
typedef void (*FlooHistoryDone) (const FlooHistoryPage *page, const GError *error, gpointer user_data);
/**
 * floo_sync_history:
 * @from: the message from which to go back; 0: the newest
 *
 * Asks the service for a page of history and stores it. Fails with Offline, Timeout.
 */
void floo_sync_history (FlooSync *sync, gint64 conversation, gint64 from, guint limit, FlooHistoryDone done, gpointer user_data);

/* ---- calls of clients; what they reply with is in session.h ---- */

void floo_sync_list_conversations (FlooSync *sync, const char *cursor, guint limit, gboolean pinned_first, gboolean unread, const char *type,
                                   FlooReply reply, gpointer user_data);
void floo_sync_get_conversation (FlooSync *sync, gint64 id, FlooReply reply, gpointer user_data);
void floo_sync_get_messages (FlooSync *sync, gint64 conversation, FlooMessagesKind kind, gint64 anchor, guint limit, gboolean local,
                             FlooReply reply, gpointer user_data);
void floo_sync_fetch_history (FlooSync *sync, gint64 conversation, gint64 from, guint limit, FlooReply reply, gpointer user_data);
void floo_sync_get_message (FlooSync *sync, gint64 id, FlooReply reply, gpointer user_data);
void floo_sync_get_readers (FlooSync *sync, gint64 message, FlooReply reply, gpointer user_data);
void floo_sync_search (FlooSync *sync, const FlooSearchRequest *request, FlooReply reply, gpointer user_data);
void floo_sync_get_position (FlooSync *sync, FlooReply reply, gpointer user_data);
void floo_sync_replay (FlooSync *sync, const char *journal, guint64 since, guint limit, FlooReply reply, gpointer user_data);

G_END_DECLS
