/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.h: what the tables keep in memory with a connection. Private to the tables.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

typedef struct _FlooTouched FlooTouched;

/* Going through the messages for those that are too old or too many (retention.h). */
typedef struct {
  gboolean running;
  gint64 next;               /* by the lived clock, ms: when it begins again */
  gint64 after;              /* id of the message it came to */
  gint64 excess;             /* so many of the next ones go, however young */
  gint64 before;             /* those with an earlier timestamp go */
} FlooRetentionPass;

typedef struct {
  gint64 highest_message;    /* no message with a higher id ever came (search-changes.h) */
  gint64 lived_offset;       /* to the uptime, of the clock by which ages are measured (lived.h) */
  gint64 lived_saved;        /* what it said when it was saved; 0: not yet */
  gint64 marked_day;         /* of that clock: the latest one with a mark in the journal */
  gint64 last_client_id;     /* the highest ever given */
  gint64 client_id_ceiling;  /* what the file beside the folder says */
  gint64 client_id_skip;     /* how many ids were left out last (client-ids.h) */
  FlooRetentionPass retention;
  FlooTouched *touched;      /* (nullable): see touched.h */
  GDestroyNotify free_touched;
  GHashTable *changes;       /* (nullable): see changes.h */
  gint64 changes_from;       /* what is older counts as changed */
} FlooTablesState;

/* Of the connection @db, until it is closed. */
FlooTablesState *floo_state_get (FlooDb *db);

G_END_DECLS
