/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * state.h: the tables' data in memory, kept with a connection. Private to the tables.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

typedef struct _FlooTouched FlooTouched;

/* A pass over the messages, to find those beyond the configured age or number (retention.h). */
typedef struct {
  gboolean running;
  gint64 next;               /* by the lived clock, ms: when the next pass begins */
  gint64 after;              /* id of the last visited message */
  gint64 excess;             /* how many of the next ones are deleted whatever their age */
  gint64 before;             /* those with an earlier timestamp are deleted */
} FlooRetentionPass;

typedef struct {
  gint64 highest_message;    /* no message with a higher id was ever stored (search-changes.h) */
  gint64 lived_offset;       /* to the uptime, of the clock by which ages are measured (lived.h) */
  gint64 lived_saved;        /* its value when it was last saved; 0: not yet */
  gint64 marked_day;         /* of that clock: the latest one with a mark in the journal */
  gint64 last_client_id;     /* the highest ever used */
  gint64 client_id_ceiling;  /* as in the file beside the folder */
  gint64 client_id_skip;     /* how many ids were last skipped (client-ids.h) */
  FlooRetentionPass retention;
  FlooTouched *touched;      /* (nullable): see touched.h */
  GDestroyNotify free_touched;
  GHashTable *changes;       /* (nullable): see changes.h */
  gint64 changes_from;       /* anything counts as changed before this moment */
} FlooTablesState;

/* Of the connection @db, until it is closed. */
FlooTablesState *floo_state_get (FlooDb *db);

G_END_DECLS
