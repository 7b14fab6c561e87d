/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * news.h: messages from the store's threads to the main loop. Private to the store.
 */
#pragma once

#include "store/engine/hooks.h"

G_BEGIN_DECLS

typedef enum {
  FLOO_NEWS_OPENED, /* or error */
  FLOO_NEWS_JOB,    /* a job has run */
  FLOO_NEWS_FULL,   /* full has changed */
  FLOO_NEWS_CLOSED  /* the last one; error: the files could not be deleted */
} FlooNewsKind;

/* A message to the main loop; a job is one itself. */
struct _FlooNews {
  FlooNewsKind kind;
  GError *error;        /* (nullable) */
  /* OPENED */
  FlooStoreOutcome outcome;
  char *journal_id;
  /* FULL */
  gboolean full;
  /* JOB */
  FlooStore *store;     /* (owned) */
  FlooStoreFunc func;
  FlooStoreDone done;
  gpointer data;
  GDestroyNotify destroy;
  GPtrArray *events;    /* (nullable): FlooEvent, of a job that wrote */
  guint caller;         /* of a job that reads: floo_store_read_for() */
  FlooReadFlags flags;
  gboolean is_read;     /* it has run on a reader */
};

void floo_news_free (FlooNews *news);
/* Runs a job on @db, and keeps its error. */
gboolean floo_news_run (FlooNews *job, FlooDb *db);
/* News without a job. @error: (nullable) (transfer full) */
void floo_news_post (FlooMailbox *mailbox, FlooNewsKind kind, gboolean full, GError *error);

G_END_DECLS
