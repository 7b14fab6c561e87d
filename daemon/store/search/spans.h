/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * spans.h: the rowids of messages in the index. Private to the store.
 *
 * Message ids may be far apart, and FTS5 writes the distance between two of a token's rows: with the ids themselves as rowids the index
 * was seen to take 2.7 times the text, with dense numbers 1.1 times. So the ids are divided into spans of about FLOO_SPAN_MESSAGES
 * messages, in ascending order. A span has FLOO_SPAN_SLOTS rowids from its base up, assigned one by one as messages arrive; a late message
 * (history) gets a slot in the span to which its id belongs. So the spans are in the order of the ids, and the results within one are sorted.
 *
 * A span also keeps the oldest and newest time of its messages: a search that is bounded in time only looks into spans that may have some.
 */
#pragma once

#include "store/engine/db.h"

G_BEGIN_DECLS

/* A new span is begun after this many messages. */
#define FLOO_SPAN_MESSAGES 2000
/* A power of 2. */
#define FLOO_SPAN_SLOTS 16384

/* Adds messages to the spans, in one transaction of the index. */
typedef struct {
  FlooDb *index;
  GArray *ids;        /* gint64, by slot: of the present span */
  gboolean loaded, changed;
  gint64 first, next; /* ids that belong to it: from first up to, without, next */
  gint64 base;        /* rowid of slot 0 */
  gint64 oldest, newest;
} FlooSpanWriter;

void floo_span_writer_init (FlooSpanWriter *self, FlooDb *index);
void floo_span_writer_clear (FlooSpanWriter *self);
/**
 * floo_span_writer_add:
 * @time: of the message, ms
 * @is_newest: no message that was added has this id or a higher one
 * @rowid: (out): of the message, the same one as before where it was added before
 *
 * Where a span has no slot left the index counts as damaged and is rebuilt: floo_spans_are_crowded() is asked long before.
 */
gboolean floo_span_writer_add (FlooSpanWriter *self, gint64 id, gint64 time, gboolean is_newest, gint64 *rowid, GError **error);
/* Writes the last span; to be called after the last message. */
gboolean floo_span_writer_finish (FlooSpanWriter *self, GError **error);

/* Rowids, both included. */
typedef struct {
  gint64 lowest, highest;
} FlooRowRange;

/**
 * floo_spans_find:
 * @since: ms, included
 * @until: ms, included
 * @before: a message id
 *
 * Returns: (transfer full) (element-type FlooRowRange): the ranges with messages of this time and with lower ids, the highest first
 */
GArray *floo_spans_find (FlooDb *index, gint64 since, gint64 until, gint64 before, GError **error);
/* The rowid of slot 0 of the span that has @rowid. */
gint64 floo_span_base (gint64 rowid);
/* Returns: (transfer full) (element-type gint64): ids by slot */
GArray *floo_span_get_ids (FlooDb *index, gint64 base, GError **error);

/* Messages that were added. */
gboolean floo_spans_count (FlooDb *index, gint64 *messages, GError **error);
/* @crowded: (out): so many messages were late that the ids should be divided again */
gboolean floo_spans_are_crowded (FlooDb *index, gboolean *crowded, GError **error);

G_END_DECLS
