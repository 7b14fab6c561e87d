/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pace.h: schedules background requests or jobs: one at a time, an interval apart, while there is something to do; with back-off after
 * failures, and after some failures only when something new is wanted.
 */
#pragma once

#include "base/backoff.h"
#include "session/account/account.h"

G_BEGIN_DECLS

typedef struct {
  FlooAccount *account;         /* unowned */
  void (*ask) (gpointer owner); /* begins a request, which ends by one of the last four functions below */
  gpointer owner;
  guint interval_ms;            /* between requests; 1000 */
  guint max_retries;            /* after failures, without anything new that is wanted; 8 */
  gboolean busy;
  gboolean again;               /* wanted while busy */
  gboolean at_once;             /* wanted at once while busy */
  guint timer;
  FlooBackoff backoff;          /* of tries that failed: 2 s to 5 minutes */
} FlooPace;

/* The owner may then change interval_ms, max_retries and backoff. */
void floo_pace_init (FlooPace *pace, FlooAccount *account, void (*ask) (gpointer owner), gpointer owner);
/* The connection has gone. */
void floo_pace_stop (FlooPace *pace);
/* Something new is wanted: failed requests are retried with it. */
void floo_pace_want (FlooPace *pace);
/* The same without the interval: it waits only for the end of the request under way. */
void floo_pace_want_now (FlooPace *pace);

/* The request succeeded; there may be more to do. */
void floo_pace_done (FlooPace *pace);
/* There was nothing to do. */
void floo_pace_idle (FlooPace *pace);
/* There is nothing to do before @ms have passed. */
void floo_pace_idle_for (FlooPace *pace, guint ms);
void floo_pace_failed (FlooPace *pace);

G_END_DECLS
