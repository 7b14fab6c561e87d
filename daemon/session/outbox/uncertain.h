/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * uncertain.h: uncertain rows of the outbox, and looking for them in the history. Store thread. Private to uncertain.c and settler.c.
 */
#pragma once

#include "store/tables/outbox.h"

G_BEGIN_DECLS

/* How far back the history of a conversation is in the store. */
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
  gint64 device_sn;             /* under which it went out */
  int operation;
  int type;
  FlooDoubt doubt;
  gint64 named;
  char *content;
} FlooUncertain;

void floo_uncertain_clear (FlooUncertain *row);
/* The oldest one; client_id is 0 where there is none. */
gboolean floo_uncertain_find (FlooDb *db, FlooUncertain *row, GError **error);
/* Whether what was fetched is enough to tell what became of it. Operations need no history. */
gboolean floo_uncertain_is_covered (const FlooUncertain *row, const FlooCoverage *coverage);

/**
 * floo_settle:
 * @row: is settled in any case
 * @lost: (nullable): why the history does not tell what became of it
 *
 * Settles @row, and the others of its conversation that @coverage is enough for: acknowledged where the history has it; sent again where it
 * surely was not taken, under another number where the service knows that of another message; else failed.
 */
gboolean floo_settle (FlooDb *db, const FlooUncertain *row, const FlooCoverage *coverage, const char *lost, GError **error);

G_END_DECLS
