/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * batch.h: the state of a batch while it is applied to the store. Store thread; only for this folder.
 */
#pragma once

#include "session/apply/inbound.h"
#include "store/tables/conversations.h"
#include "store/tables/receipts.h"

G_BEGIN_DECLS

/* The changes of one conversation in a batch; written to the list once, at its end. */
typedef struct {
  gint64 id;
  FlooConversationType type;
  gboolean listed;              /* it belongs into the list */
  gboolean touched;             /* new messages: unread, mentioned and last_* count */
  int unread;
  gboolean mentioned;
  gint64 last_id;
  gint64 last_timestamp;
  guint before;                 /* unread count before the batch */
} FlooChange;

typedef struct {
  FlooDb *db;
  gint64 self_id;
  FlooInboundResult *result;
  GHashTable *changes;          /* conversation -> FlooChange */
  GHashTable *senders;          /* (nullable): user who wrote in a group -> the name to show, or "" */
  GArray *order;                /* gint64: conversations in the order of their first change */
  gboolean list_changed;        /* RecentListUpdate is due */
  gboolean any_early;           /* operations wait for their message */
  guint stored;                 /* messages that are new in the store */
  guint news;                   /* entries that were not received before */
  gboolean carefully;           /* each entry in a savepoint of its own */
  gboolean catch_up;            /* of the page: it has messages from the time without a connection */
  gboolean hole;                /* of the page: its last message was ignored, and maybe those before it */

  /* Messages of one conversation that will be one signal. */
  gint64 run_conversation;
  FlooToType run_to_type;
  gboolean run_stored;
  GVariantBuilder run;
  GArray *run_ids;
  gsize run_bytes;

  /* Appends to one message that will be one signal. */
  gint64 append_id;             /* 0: none */
  gint64 append_conversation;
  FlooToType append_to_type;
  guint append_offset;
  gint64 append_timestamp;
  GString *append_content;
  char *append_config, *append_ext;   /* as they are after it; (nullable) */

  /* receipts.c: what members of groups acknowledged, which will be one signal a message. */
  GPtrArray *receipts;
  GHashTable *receipts_of;
} FlooApply;

/* ---- collect.c ---- */

/* The end of a batch: runs out, counts in, UnreadChange for each conversation that changed, RecentListUpdate once. */
gboolean floo_apply_finish (FlooApply *apply, GError **error);
/* Journals the collected messages: the run and the appends. */
gboolean floo_apply_flush (FlooApply *apply, GError **error);
/* Journals an event in order, after the collected messages. @body: (transfer floating) */
gboolean floo_apply_event (FlooApply *apply, FlooSignal signal, GVariant *body, GError **error);
/* Likewise, with ids of the messages that the body holds. */
gboolean floo_apply_event_refs (FlooApply *apply, FlooSignal signal, GVariant *body, const gint64 *refs, guint n, GError **error);
/* Its changes are written. */
void floo_apply_change_clear (FlooChange *change);
/* The change of a conversation, made where it is the first; NULL with @error. */
FlooChange *floo_apply_change (FlooApply *apply, gint64 conversation, FlooConversationType type, GError **error);
/* Adds a message to the run of its conversation. @message: (transfer floating); @stored: FALSE: it is not in the store (command) */
gboolean floo_apply_message (FlooApply *apply, gint64 conversation, FlooToType to_type, gint64 id, gboolean stored, GVariant *message,
                             gsize bytes, GError **error);


/* ---- careful.c ---- */

typedef gboolean (*FlooApplyFunc) (FlooApply *apply, gpointer data, GError **error);

/**
 * floo_apply_one:
 *
 * Runs @func for one entry of a frame. If the batch is applied carefully, an entry that fails is rolled back, ignored and counted, and TRUE
 * returned.
 *
 * Returns: FALSE where the batch cannot continue
 */
gboolean floo_apply_one (FlooApply *apply, FlooApplyFunc func, gpointer data, GError **error);
/* Counts and logs an ignored entry. @format: which and why */
void floo_apply_leave_out (FlooApply *apply, FlooLeftOut cause, const char *format, ...) G_GNUC_PRINTF (3, 4);
/**
 * floo_apply_is_new:
 * @is_new: (out): @meta was not applied before
 *
 * For all but stored messages. Metas without an id are recognised by their content.
 */
gboolean floo_apply_is_new (FlooApply *apply, const Floo__Meta *meta, gboolean *is_new, GError **error);

/* ---- messages.c ---- */

/* @history: it comes by a page of history */
gboolean floo_apply_meta (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, gboolean history, GError **error);

/* ---- answers.c ---- */

/* A SyncDL with client_mid. */
gboolean floo_apply_answer (FlooApply *apply, FlooFrame *frame, GError **error);

/* ---- edit-order.c ---- */

/* Applies our accepted edits, as far as their order allows. */
gboolean floo_apply_waiting_edits (FlooApply *apply, GError **error);

/* ---- pages.c ---- */

gboolean floo_apply_page (FlooApply *apply, const FlooInboundItem *item, GError **error);
gboolean floo_apply_history (FlooApply *apply, const FlooInboundItem *item, GError **error);

/* ---- edits.c ---- */

/* Writes what the messages of this batch changed in their conversations so far. */
gboolean floo_apply_counts (FlooApply *apply, GError **error);

/* The wire's MessageOperation, received or acknowledged. Texts are NULL or "" where there is none. */
typedef struct {
  gint64 id;                    /* its own, 0: not known */
  int type;                     /* MessageOperation.OpType */
  gint64 mid;
  gint64 conversation;          /* 0: not given */
  gint64 from;                  /* 0: not known */
  gboolean ours;                /* this user did it, on whatever device */
  const char *content, *config, *ext;
  gint64 edit_timestamp;
} FlooMessageOperation;

gboolean floo_apply_operation (FlooApply *apply, const FlooMessageOperation *operation, GError **error);
/* A message is new: applies operations that came before it. */
gboolean floo_apply_early (FlooApply *apply, gint64 mid, GError **error);
/* Deleted on another device by the operation or notice @id: newer messages are kept. */
gboolean floo_apply_delete_conversation (FlooApply *apply, gint64 conversation, FlooConversationType type, gint64 id, GError **error);
gboolean floo_apply_flush_append (FlooApply *apply, GError **error);

/* ---- receipts.c ---- */

void floo_apply_receipts_init (FlooApply *apply);
void floo_apply_receipts_clear (FlooApply *apply);
/* Of an entry that failed. */
void floo_apply_receipts_drop (FlooApply *apply);
gboolean floo_apply_flush_receipts (FlooApply *apply, GError **error);
/* @taken: (out): FALSE: no receipts are kept of this message; nothing is done */
gboolean floo_apply_receipt (FlooApply *apply, const FlooMessageOperation *op, FlooReceipt receipt, gboolean *taken, GError **error);

/* ---- notices.c ---- */

gboolean floo_apply_roster_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error);
gboolean floo_apply_group_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error);
gboolean floo_apply_user_notice (FlooApply *apply, FlooFrame *frame, const Floo__Meta *meta, GError **error);

G_END_DECLS
