/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service-clock.h: the time by the service's clock.
 *
 * The service says the time, in whole seconds, with each answer; between the answers it goes on with the machine's uptime (sleep included).
 * So setting the machine's clock changes nothing. It is never ahead of the service's clock by more than that one was set back.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint64 offset;          /* ms, to the uptime */
  gboolean known;         /* the service has said it */
} FlooServiceClock;

/* The service says that it is @ms (since 1970). Returns: whether that is news: the first time, or some seconds from what was thought */
gboolean floo_service_clock_note (FlooServiceClock *clock, gint64 ms);
/* Returns: ms since 1970; by the machine's clock as long as the service has not said it */
gint64 floo_service_clock_now (const FlooServiceClock *clock);

G_END_DECLS
