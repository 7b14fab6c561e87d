/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rest-support.h: what the tests of REST calls share.
 */
#pragma once

#include "net/rest/rest.h"
#include "soup-support.h"

/* No folder can be made there, so discovery works without a cache. */
#define NO_CACHE "/dev/null/flooim"

typedef struct {
  gboolean done;
  FlooRestAnswer *answer;
  GError *error;
} Result;

static inline void
result_clear (Result *result)
{
  g_clear_pointer (&result->answer, floo_rest_answer_free);
  g_clear_error (&result->error);
  result->done = FALSE;
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Result, result_clear)

static inline void
called_cb (GObject *source, GAsyncResult *async, gpointer user_data)
{
  Result *result = user_data;

  result->answer = floo_rest_call_finish (FLOO_REST (source), async, &result->error);
  result->done = TRUE;
  g_assert_true ((result->answer == NULL) == (result->error != NULL));
}

static inline void
discovered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  floo_endpoints_discover_finish (FLOO_ENDPOINTS (source), result, NULL, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}
