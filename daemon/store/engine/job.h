/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * job.h: what runs on the store's threads: functions that get a connection.
 */
#pragma once

#include <gio/gio.h>

#include "base/message.h"

G_BEGIN_DECLS

typedef struct _FlooStore FlooStore;

/* A connection while a job runs on it; never kept beyond the job. */
typedef struct _FlooDb FlooDb;

typedef enum {
  FLOO_STORE_OPENED,          /* an existing one, maybe migrated */
  FLOO_STORE_CREATED,         /* there was none */
  FLOO_STORE_REPLACED         /* the old one was corrupt and set aside; its outbox was taken over as far as it could be read */
} FlooStoreOutcome;

/* How long journal and messages are kept; of each pair, whichever ends first. */
typedef struct {
  guint journal_days, journal_events;
  guint message_days, messages;   /* 0: no bound */
} FlooRetention;

typedef enum {
  FLOO_READ_DEFAULT = 0,
  FLOO_READ_BULK = 1 << 0     /* a large read, which can wait for the small ones of other callers */
} FlooReadFlags;

/* Returns FALSE to undo all that the job did (its events, too). On a store thread. */
typedef gboolean (*FlooStoreFunc) (FlooDb *db, gpointer data, GError **error);
/* @error: (nullable): what the function or the commit failed with (domain FLOO_ERROR: Storage, StorageFull, or the function's own).
 * On the main loop. */
typedef void (*FlooStoreDone) (FlooStore *store, gpointer data, const GError *error);

/* In a job. */
gint64 floo_db_get_user_id (FlooDb *db);

/**
 * floo_db_try:
 * @refused: (out) (nullable): what @func failed with
 *
 * In a write job: runs a part of it; if that fails, its changes and events are rolled back, and the job continues.
 *
 * Returns: FALSE where the whole transaction cannot continue
 */
gboolean floo_db_try (FlooDb *db, FlooStoreFunc func, gpointer data, GError **refused, GError **error);

G_END_DECLS
