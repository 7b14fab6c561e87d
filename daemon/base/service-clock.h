/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * service-clock.h: the time by the service's clock.
 *
 * Each answer of the service has the time, in whole seconds; between answers the time advances with the machine's uptime (suspend
 * included), so that setting the machine's clock changes nothing. It is ahead of the service's clock only if that one was set back.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint64 offset;          /* ms, to the uptime */
  gboolean known;         /* the service has told its time */
} FlooServiceClock;

/* The service's time is @ms (since 1970). Returns: whether it is the first one, or differs by some seconds from the time so far */
gboolean floo_service_clock_note (FlooServiceClock *clock, gint64 ms);
/* Returns: ms since 1970; by the machine's clock as long as the service has not told its time */
gint64 floo_service_clock_now (const FlooServiceClock *clock);
/* From any thread: the time by whichever of the clocks was told it last. Returns: as floo_service_clock_now() */
gint64 floo_service_time (void);
/* Whether any was told it. */
gboolean floo_service_time_is_known (void);

G_END_DECLS
