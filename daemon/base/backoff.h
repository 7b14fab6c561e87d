/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * backoff.h: how long to wait before the next try. Clock and jitter can be injected.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint min_ms;         /* no wait is shorter */
  guint max_ms;         /* no wait is longer */
  guint factor_percent; /* how the ceiling grows a try: 200 doubles it, from min_ms on; 100 is constant: max_ms from the first try */
  guint attempts;       /* failed tries in a row so far */
} FlooBackoff;

/* The next wait in ms, at random between min_ms and the present ceiling; counts one attempt. */
guint floo_backoff_next (FlooBackoff *backoff);
void floo_backoff_reset (FlooBackoff *backoff);

/* Wall clock in ms since 1970, everywhere in the daemon. */
gint64 floo_now_ms (void);
/* ms since the machine was started, including suspend: never jumps, and is not comparable across reboots. */
gint64 floo_uptime_ms (void);

/* For tests. NULL: back to the real ones. @jitter returns a number in [0, bound). */
void floo_backoff_set_jitter (guint32 (*jitter) (guint32 bound));
void floo_clock_set (gint64 (*now_ms) (void));
void floo_uptime_set (gint64 (*uptime_ms) (void));

G_END_DECLS
