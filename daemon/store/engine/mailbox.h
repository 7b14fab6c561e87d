/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * mailbox.h: items from threads to one main context, in order, through one source. Private to the store.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _FlooMailbox FlooMailbox;

/* On the context, an item at a time; takes the item. The mailbox may be freed by it. */
typedef void (*FlooMailboxFunc) (gpointer item, gpointer user_data);

/* @context: the one that items are delivered on; @free_item: for those that never are */
FlooMailbox *floo_mailbox_new (GMainContext *context, FlooMailboxFunc func, GDestroyNotify free_item, gpointer user_data);
/* On the context's thread; nothing is delivered any more. */
void floo_mailbox_free (FlooMailbox *mailbox);
/* From any thread. */
void floo_mailbox_post (FlooMailbox *mailbox, gpointer item);
/* The same with low priority, but without starving: for one of many results that a caller asked for. */
void floo_mailbox_post_patient (FlooMailbox *mailbox, gpointer item);

G_END_DECLS
