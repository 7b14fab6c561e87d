/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sync.h: receiving: unread -> pull -> commit -> signal; its history, and the store's messages as clients read them.
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
  /* A batch is committed: what is to be done besides. Typing and gaps are done already. */
  void (*applied) (const FlooInboundResult *result, gpointer data);
  /* A status of the socket, which may be about the session itself. Returns: whether it is */
  gboolean (*status) (int code, const char *reason, gpointer data);
  /* Something could not be stored; @error: NULL: something could again */
  void (*store_failed) (const GError *error, gpointer data);
  /* floo_sync_is_synced() says something else. */
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
/* Any frame but PROVISION's. Takes no reference of its own beyond need. */
void floo_sync_frame (FlooSync *sync, FlooFrame *frame);
/* Bytes that are not a valid frame. */
void floo_sync_unreadable (FlooSync *sync, const GError *error);
/* Whether all that waited for us when this connection began is in the store. */
gboolean floo_sync_is_synced (FlooSync *sync);
/* What GetStatus adds: what was left out. */
void floo_sync_describe (FlooSync *sync, GVariantDict *status);
/* What waits to be stored goes to the store now, however much is on its way: jobs from now on come after it. */
void floo_sync_write_waiting (FlooSync *sync);
/* Congestion or a full disk ended: go on. */
void floo_sync_resume (FlooSync *sync);

/* A page of history that was stored. */
typedef struct {
  gint64 next;                  /* key of the next older page; 0: this was the beginning */
  guint n;                      /* entries */
  gboolean cut;                 /* it was beyond a bound, and ended before its end */
  gint64 lowest_id;             /* of these; 0: the page is empty */
  gint64 oldest;                /* lowest timestamp, ms; 0: the page is empty */
} FlooHistoryPage;

/* @page: NULL with @error. */
typedef void (*FlooHistoryDone) (const FlooHistoryPage *page, const GError *error, gpointer user_data);
/**
 * floo_sync_history:
 * @from: the message to go back from, 0 the newest
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
