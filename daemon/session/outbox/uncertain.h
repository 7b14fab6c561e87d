/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uncertain.h: uncertain rows of the outbox, and looking for them in the history. Store thread. Private to uncertain.c and settler.c.
 */
#pragma once

#include "store/tables/outbox.h"

G_BEGIN_DECLS

/* How far back the history of a conversation was fetched. */
typedef struct {
  gboolean whole;               /* down to its beginning */
  gint64 lowest_id;             /* of what was fetched; 0: nothing was */
  gint64 oldest;                /* ms, likewise */
} FlooCoverage;

/* An uncertain row. */
typedef struct {
  gint64 client_id;             /* 0: there is none */
  gint64 conversation;
  gint64 timestamp;
  gint64 device_sn;             /* under which it was sent */
  int operation;
  int type;
  FlooDoubt doubt;
  gint64 named;
  char *content;
} FlooUncertain;

void floo_uncertain_clear (FlooUncertain *row);
/* The oldest one; client_id is 0 where there is none. */
gboolean floo_uncertain_find (FlooDb *db, FlooUncertain *row, GError **error);
/* Whether the fetched history is enough to decide. Operations need no history. */
gboolean floo_uncertain_is_covered (const FlooUncertain *row, const FlooCoverage *coverage);

/**
 * floo_settle:
 * @row: is settled in any case
 * @lost: (nullable): why the history has no answer
 *
 * Settles @row, and the others of its conversation that @coverage is enough for: acknowledged if the history has it; sent again if it was
 * certainly not accepted, under another number if the service has that for another message; else failed.
 */
gboolean floo_settle (FlooDb *db, const FlooUncertain *row, const FlooCoverage *coverage, const char *lost, GError **error);

G_END_DECLS
