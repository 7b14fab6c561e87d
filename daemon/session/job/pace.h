/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h: when the next of a series of background requests goes out: one a second, while there is something to ask for; after a failure
 * later and later, and after some of them only when something new is wanted.
 */
#pragma once

#include "base/backoff.h"
#include "session/account/account.h"

G_BEGIN_DECLS

typedef struct {
  FlooAccount *account;         /* unowned */
  void (*ask) (gpointer owner); /* begins a request, which ends by one of the last three functions below */
  gpointer owner;
  gboolean busy;
  gboolean again;               /* wanted while busy */
  guint timer;
  FlooBackoff backoff;          /* of tries that failed */
} FlooPace;

void floo_pace_init (FlooPace *pace, FlooAccount *account, void (*ask) (gpointer owner), gpointer owner);
/* The connection has gone. */
void floo_pace_stop (FlooPace *pace);
/* Something new is wanted: what failed before is tried with it. */
void floo_pace_want (FlooPace *pace);

/* There may be more to ask for. */
void floo_pace_done (FlooPace *pace);
/* There was nothing to ask for. */
void floo_pace_idle (FlooPace *pace);
void floo_pace_failed (FlooPace *pace);

G_END_DECLS
