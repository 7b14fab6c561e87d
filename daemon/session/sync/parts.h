/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * parts.h: the parts of FlooSync. Only for this folder.
 *
 *   sync          dispatches frames, and sends UNREAD
 *   pulls         conversations that are fetched, page by page
 *   history-pages requests for pages of the service's history
 *   fill          fetches missed messages from the history in the background
 *   left-out      counts ignored entries
 *   batches       writes received frames to the store
 */
#pragma once

#include "session/job/job.h"
#include "session/sync/sync.h"

G_BEGIN_DECLS

#define FLOO_UNKNOWN_CONVERSATION (-1)
#define FLOO_NOBODY_ASKED (-1)

typedef enum { FLOO_PULL_QUEUED, FLOO_PULL_ASKED, FLOO_PULL_COMMITTING } FlooPullState;

/* A conversation as the service names it: requests repeat the same fields. */
typedef struct {
  gboolean has_uid, has_device_sn;
  guint64 uid;
  guint32 device_sn;
} FlooXid;

/* A conversation that is being fetched. */
typedef struct {
  gint64 uid;
  FlooXid xid;                  /* from UNREAD or NOTICE */
  FlooXid page_xid;             /* from its last page: is sent with the key */
  FlooPullState state;
  guint64 key;                  /* 0: from our position at the service */
  gint64 asked_at;              /* ms, monotonic */
  guint64 sequence;             /* in the order of the requests */
  gboolean catch_up;            /* from the first list of UNREAD on this connection, and not fetched again since */
  gboolean listed;              /* from the list of UNREAD, which is fetched at a limited rate */
  gboolean again;               /* a notice came meanwhile */
  gboolean unreadable;          /* a frame came that may have been the answer */
  gboolean cut;                 /* a page was beyond a bound */
  guint pages;                  /* in a row without anything new */
  guint empty;                  /* empty ones of these */
  guint64 mark;                 /* an earlier key */
} FlooPull;

/* A conversation whose page is too large, and is sent repeatedly. */
typedef struct {
  gint64 until;                 /* ms, monotonic: not fetched before */
  guint seconds;                /* length of the pause */
} FlooPause;

typedef struct _FlooFill FlooFill;

/* A requested page of history. */
typedef struct {
  FlooFill *fill;               /* (nullable): gets the page; NULL: it is stored */
  gint64 conversation;
  gint64 from;
  guint limit;
  gboolean sent;
  gboolean answered;
  gboolean unreadable;          /* a frame came that may have been the answer */
  gint64 asked_at;
  FlooHistoryDone done;
  gpointer user_data;
} FlooHistory;

/* A request that timed out, and whose answer may still come on this connection. */
typedef struct {
  gint64 conversation;
  gint64 from;
} FlooLateHistory;

struct _FlooSync {
  FlooAccount *account;
  FlooOperations *operations;
  const FlooSyncListener *listener;
  gpointer data;
  gboolean online;
  guint connection;             /* its number, to recognise work of earlier connections */
  gboolean caught_up;           /* every conversation was fetched once since we are online */
  guint backlog;                /* pulls with catch_up */
  gboolean synced;              /* as it was last reported */
  gboolean unread_due;          /* UNREAD is to be sent, once it does not acknowledge anything that is not stored */
  gboolean told_failure;        /* LastError says that something could not be stored */
  gboolean ack_blocked;         /* no further acknowledgements on this connection: a last page could not be stored */
  GHashTable *unstored;         /* conversation -> number of its last pages (next_key 0) that are not committed */
  GHashTable *pulls;            /* uid -> FlooPull */
  GHashTable *pauses;           /* uid -> FlooPause */
  GQueue *queued;               /* FlooPull, not owned, in state QUEUED */
  GPtrArray *histories;         /* FlooHistory, oldest first; one a conversation is sent */
  GArray *late;                 /* FlooLateHistory, oldest first */
  guint unread_timer;
  guint mend_timer;             /* runs while ack_blocked: the store may work again */
  guint watch_timer;            /* runs while answers are awaited */
  guint rate_timer;
  guint64 last_sequence;        /* of a pull */
  gint64 rate_began;            /* ms, monotonic: of the present second */
  guint rate_count;

  FlooFill *fill;               /* (nullable): the gap that is being filled */
  gint64 gap_after;             /* gaps up to this id were filled on this connection, or failed */
  gboolean gaps_again;          /* they are to be searched again */
  guint gap_timer;
  GHashTable *met;              /* gint64: conversations of which a page came on this connection that names the message before it */
  gboolean pushes;              /* the store has the note that the service sends unsolicited pages */
  gboolean looking;             /* that note is being read on this connection */
  gboolean looked;              /* to_look_at is complete for this connection */
  GArray *to_look_at;           /* gint64: conversations whose newest messages may be missing */

  GArray *items;                /* FlooInboundItem: the next batch */
  guint metas;
  gsize bytes;
  guint flush_source;
  guint under_way;

  guint left_out;               /* entries, since the start */
  FlooLeftOut left_out_cause;   /* of the last one */
  gboolean left_out_told[FLOO_N_LEFT_OUT];
};

/* ---- sync.c ---- */

gint64 floo_sync_now_ms (void);         /* monotonic */
/* Sends a SYNC for a conversation. */
void floo_sync_send (FlooSync *self, Floo__SyncUL *sync, const FlooXid *xid);
/* @xid: (nullable): as received; NULL: the conversation @uid */
FlooXid floo_sync_xid (const Floo__XID *xid, gint64 uid);
/* Sends UNREAD, now or when it may be sent. */
void floo_sync_ask_unread (FlooSync *self);
/* Does so if it is due and possible. FALSE: it still waits */
gboolean floo_sync_send_unread (FlooSync *self);
gboolean floo_sync_is_history (const FlooFrame *frame);
/* Whether it is a page of new messages, requested or not. */
gboolean floo_sync_is_page (const FlooFrame *frame);

/* Reports when the backlog is stored completely, or is not any more. */
void floo_sync_check_synced (FlooSync *self);

/* ---- pulls.c ---- */

/* A conversation has new messages. @listed: according to UNREAD */
void floo_pull_want (FlooSync *self, const FlooXid *xid, gboolean listed);
/* @key: of its next page; 0: from our position at the service */
void floo_pull_queue (FlooSync *self, FlooPull *pull, guint64 key);
void floo_pull_end (FlooSync *self, FlooPull *pull);
/* A page was committed or failed: continues with the next one. */
void floo_pull_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error);
/* The pull that has waited longest for its answer; NULL: none is. */
FlooPull *floo_pull_oldest (FlooSync *self);
/* Whether no new requests may be sent now. */
gboolean floo_sync_is_paused (FlooSync *self);
/* Sends the requests that are due, also those for history. */
void floo_sync_pump (FlooSync *self);

/* ---- history-pages.c ---- */

/* The request that a page of @conversation answers; NULL: none */
FlooHistory *floo_history_find (FlooSync *self, gint64 conversation);
/* floo_sync_history() for @fill (nullable), which gets the page itself. */
void floo_history_ask (FlooSync *self, gint64 conversation, gint64 from, guint limit, FlooFill *fill, FlooHistoryDone done,
                       gpointer user_data);
/* Whether @page, which seems to answer @history, is a late answer to an earlier request: pages do not name their request. */
gboolean floo_history_is_late (FlooSync *self, const FlooHistory *history, const Floo__SyncDL *page);
/* The answer arrived: the page is to be stored. FALSE: it was taken by fill.c */
gboolean floo_history_answered (FlooSync *self, FlooHistory *history, FlooFrame *frame);
/* Calls the request's callback and frees it. @page: NULL with @error */
void floo_history_end (FlooSync *self, FlooHistory *history, const FlooHistoryPage *page, const GError *error);
void floo_history_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error);
void floo_history_pump (FlooSync *self);
void floo_history_end_late (FlooSync *self);

/* ---- fill.c ---- */

/* The backlog of UNREAD is stored. */
void floo_fill_online (FlooSync *self);
/* These conversations are new in the store: their first messages may have been missed. */
void floo_fill_look_at (FlooSync *self, const GArray *conversations);
/* The newest messages of this conversation are to be checked: a page was incomplete. */
void floo_fill_look_again (FlooSync *self, gint64 conversation);
void floo_fill_offline (FlooSync *self);
/* Fills the gaps with missed messages, one at a time. @again: there is a new one */
void floo_fill_run (FlooSync *self, gboolean again);
/* Takes a page. */
void floo_fill_take (FlooFill *fill, FlooFrame *frame);
/* One of its pages was committed or failed. */
void floo_fill_page_done (FlooSync *self, const FlooInboundItem *item, const GError *error);

/* ---- left-out.c ---- */

/* @n: how many, by FlooLeftOut */
void floo_sync_tell_left_out (FlooSync *self, const guint *n);

/* ---- batches.c ---- */

/* Returns: (transfer full): an array of FlooInboundItem */
GArray *floo_sync_items_new (void);
/* Puts a frame into the next batch. @item: copied, with a reference to its frame */
void floo_sync_add (FlooSync *self, const FlooInboundItem *item);
/* Writes @items (transfer full) in one transaction. */
void floo_sync_write (FlooSync *self, GArray *items);
/* Whether a request without a key would tell the service that something has arrived which is not committed. */
gboolean floo_sync_is_unstored (FlooSync *self, gint64 conversation);

/* Ids of the first and the last acknowledged message of a page (aM); 0: it has none. Those that are not acknowledged come last. */
void floo_history_get_bounds (GVariant *messages, gint64 *lowest, gint64 *highest);

G_END_DECLS
