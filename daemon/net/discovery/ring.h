/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ring.h: all hosts of a kind in the order of failover, and which one is in use.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _FlooRing FlooRing;

/* What follows from a failure. */
typedef enum {
  FLOO_FAILOVER_STAY,     /* the same host is to be retried later */
  FLOO_FAILOVER_NEXT,     /* another host is in use now: it may be tried at once by callers that have not tried all hosts yet */
  FLOO_FAILOVER_EXHAUSTED /* all hosts of the kind fail; their failures are forgotten */
} FlooFailover;

/* @kind: static, for the log */
FlooRing *floo_ring_new (const char *kind);
void floo_ring_free (FlooRing *ring);

/* New hosts: clear, add in order (@url must outlive its place in the ring), start. Failures of hosts that were there before are kept. */
void floo_ring_clear (FlooRing *ring);
void floo_ring_add (FlooRing *ring, const char *url);
void floo_ring_start (FlooRing *ring);

/* Returns: (transfer none) (nullable): the URL in use; NULL: there is none */
const char *floo_ring_get (const FlooRing *ring);
guint floo_ring_count (const FlooRing *ring);
gboolean floo_ring_has_host (const FlooRing *ring, const char *host);

/* Counts a failure of the host in use: floo_endpoints_rest_failed(). */
FlooFailover floo_ring_failed (FlooRing *ring, gboolean unreachable);
void floo_ring_answered (FlooRing *ring);

G_END_DECLS
