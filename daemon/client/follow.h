/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * follow.h: follows the daemon's journal: each event once, in order, across restarts of both sides.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FlooFollow FlooFollow;

/* Why it begins with future events only. */
typedef enum {
  FLOO_BEGIN_FIRST,         /* no position was given */
  FLOO_BEGIN_OTHER_JOURNAL, /* another account, or a new store */
  FLOO_BEGIN_TOO_OLD,       /* the journal does not go back as far as the position */
} FlooBegin;

typedef struct {
  /* @args: the signal's arguments, serial included; @time: ms, 0: just now. It may run the main loop: later events follow afterwards.
   * FALSE: it is not handled, and no further events are passed on. */
  gboolean (*event) (const char *name, gint64 time, GVariant *args, gpointer user_data);
  /* The position is the present one. FALSE as above. */
  gboolean (*begun) (FlooBegin why, gpointer user_data);
  /* All events up to now were passed on. */
  void (*caught_up) (gpointer user_data);
  /* (nullable): the daemon went away; it continues when there is one again */
  void (*gone) (gpointer user_data);
} FlooFollowFuncs;

/**
 * floo_follow_new:
 * @auto_start: start the daemon where there is none
 * @journal: (nullable): the stored position, with @serial
 *
 * Returns: (transfer full)
 */
FlooFollow *floo_follow_new (GDBusConnection *connection, const char *bus_name, gboolean auto_start, const char *journal, guint64 serial,
                             const FlooFollowFuncs *funcs, gpointer user_data);
/* Returns: (transfer none) (nullable): the journal's id; @serial: of the last event that was passed on */
const char *floo_follow_get_position (FlooFollow *self, guint64 *serial);
/* Whether a user is logged in, and all events up to now were passed on. */
gboolean floo_follow_is_current (FlooFollow *self);
/* Not from within a callback. */
void floo_follow_free (FlooFollow *self);

G_END_DECLS
