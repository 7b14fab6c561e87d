/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * feed.h: the daemon's journal, followed: each event once, in order, across restarts of both sides.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct FlooFeed FlooFeed;

/* Why events between two positions cannot be had. */
typedef enum
{
  FLOO_FEED_OTHER_JOURNAL, /* another account or a new store */
  FLOO_FEED_TOO_OLD,       /* the journal does not go back that far */
} FlooFeedLoss;

typedef struct
{
  /* @args: the signal's arguments, serial included */
  void (*event) (const char *name, GVariant *args, gpointer user_data);
  /* Everything up to now was handed on. */
  void (*caught_up) (gpointer user_data);
  /* Events were lost; it goes on with what comes from now on. */
  void (*lost) (FlooFeedLoss loss, gpointer user_data);
} FlooFeedFuncs;

/**
 * floo_feed_new:
 * @journal: (nullable): where it was left, with @serial; NULL begins with what comes from now on
 *
 * Returns: (transfer full)
 */
FlooFeed *floo_feed_new (GDBusConnection *connection, const char *bus_name, const char *journal, guint64 serial, const FlooFeedFuncs *funcs,
                         gpointer user_data);
/* Returns: (transfer none) (nullable): the journal's id; @serial: of the last event that was handed on */
const char *floo_feed_get_position (FlooFeed *feed, guint64 *serial);
void floo_feed_free (FlooFeed *feed);

G_END_DECLS
