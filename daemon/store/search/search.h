/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search.h: full-text search of messages.
 */
#pragma once

#include "store/engine/store.h"

G_BEGIN_DECLS

typedef struct {
  const char *text;
  gint64 conversation;   /* -1: any */
  gint64 from;           /* -1: anybody */
  int type;              /* -1: any */
  gint64 since, until;   /* ms, both included */
  guint limit;
  gint64 before;         /* only messages with a lower id; 0: any */
} FlooSearch;

/* Whether there is something in @text to search for; else FLOO_ERROR_INVALID_ARGUMENTS, also where it is too long. */
gboolean floo_search_check_text (const char *text, GError **error);

/* Whether it is a search without words, for all messages of a type that has a file or location, which needs no index. */
gboolean floo_search_is_by_type (const FlooSearch *search);

/**
 * floo_search_run:
 * @more: (out) (nullable): further messages match: the limit, or some 8 MiB of texts, ended the reply
 *
 * In a read job: the newest messages that have all words of the text, and pass the filters, newest first. Messages that are not
 * indexed yet are not found (floo_store_catch_up()); later edits and deletions are respected, since every message is checked in the
 * store.
 *
 * Returns: (transfer floating): aM with more.snippet
 */
GVariant *floo_search_run (FlooDb *db, const FlooSearch *search, gboolean *more, GError **error);

G_END_DECLS
