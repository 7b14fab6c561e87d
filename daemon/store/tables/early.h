/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * early.h: operations that arrived before their message, kept until it arrives. All functions run inside a job.
 *
 * READ_CANCEL (type 3) is kept for read acknowledgements that were sent before it and arrive after it: it is sent to ourselves, those to the
 * sender, and the service delivers them in different conversations.
 *
 * They are kept as long as the ids of applied ones, at most the newest FLOO_EARLY_MAX.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

#define FLOO_EARLY_MAX 10000

/* Borrowed view; texts are NULL where there is none. */
typedef struct {
  gint64 id;              /* the operation's own: their order */
  gint64 message;
  int type;
  gboolean ours;
  gint64 from;            /* whose it is; 0: not known */
  gint64 edit_timestamp;
  const char *content, *config, *ext;
} FlooEarly;

typedef gboolean (*FlooEarlyFunc) (const FlooEarly *early, gpointer user_data, GError **error);

gboolean floo_early_add (FlooDb *db, const FlooEarly *early, GError **error);
/* Whether any are waiting. */
gboolean floo_early_any (FlooDb *db, gboolean *any, GError **error);
/* Whether @message was made unread after the operation @id. */
gboolean floo_early_is_unread_after (FlooDb *db, gint64 message, gint64 id, gboolean *unread, GError **error);
/* Calls @func for each that waits for @message, in order, and forgets them. */
gboolean floo_early_take (FlooDb *db, gint64 message, FlooEarlyFunc func, gpointer user_data, GError **error);

/**
 * floo_applied_add:
 * @id: of a notice or operation (Meta.id)
 * @is_new: (out): FALSE where it was applied before: then it must not be applied again
 */
gboolean floo_applied_add (FlooDb *db, gint64 id, gboolean *is_new, GError **error);

G_END_DECLS
