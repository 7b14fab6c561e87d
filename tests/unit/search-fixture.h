/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * search-fixture.h: searches, each of which waits for its result.
 */
#pragma once

#include <string.h>

#include <sqlite3.h>

#include "store-fixture.h"
#include "store/search/search.h"

/* Any message with @text. */
#define SEARCH_ALL(words) { .text = (words), .conversation = -1, .from = -1, .type = -1, .until = G_MAXINT64, .limit = 500 }

static inline GError *
search_try_catch_up (Fixture *f, guint timeout_ms)
{
  FixtureJob job = { NULL, NULL, FALSE, NULL };

  floo_store_catch_up (f->store, timeout_ms, fixture_job_done, &job);
  fixture_wait (&job.ended);
  return job.error;
}

static inline void
search_catch_up (Fixture *f)
{
  g_autoptr (GError) error = search_try_catch_up (f, WAIT_LIMIT_S * 1000);

  g_assert_no_error (error);
}

typedef struct {
  FlooSearch search;
  GVariant *found;
} SearchJob;

static inline gboolean
search_run (FlooDb *db, gpointer data, GError **error)
{
  SearchJob *job = data;

  job->found = floo_search_run (db, &job->search, NULL, error);
  if (job->found != NULL)
    g_variant_ref_sink (job->found);
  return job->found != NULL;
}

/* Returns: (transfer full): aM, by the index in its present state */
static inline GVariant *
search_now (Fixture *f, FlooSearch search)
{
  SearchJob job = { search, NULL };

  fixture_read (f, search_run, &job);
  return job.found;
}

/* The ids that are found: "3 2 1 " */
static inline char *
search_ids (Fixture *f, FlooSearch search)
{
  g_autoptr (GVariant) found = NULL;

  search_catch_up (f);
  found = search_now (f, search);
  return fixture_ids (found);
}

static inline void
search_expect (Fixture *f, const char *text, const char *ids)
{
  FlooSearch search = SEARCH_ALL (text);
  g_autofree char *found = search_ids (f, search);

  g_assert_cmpstr (found, ==, ids);
}

/* The first column of the first row of @sql in @file; -1 where there is no row. */
static inline gint64
search_ask (Fixture *f, const char *file, const char *sql)
{
  g_autofree char *path = fixture_path (f, file);
  sqlite3_stmt *statement;
  sqlite3 *handle;
  gint64 value;

  g_assert_cmpint (sqlite3_open (path, &handle), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL), ==, SQLITE_OK);
  value = sqlite3_step (statement) == SQLITE_ROW ? sqlite3_column_int64 (statement, 0) : -1;
  sqlite3_finalize (statement);
  sqlite3_close (handle);
  return value;
}
