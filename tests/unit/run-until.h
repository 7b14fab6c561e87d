/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * run-until.h: how a test waits: the main loop runs until a condition is true, with a generous time limit.
 */
#pragma once

#include <glib.h>

#define WAIT_LIMIT_S 300 /* generous: for valgrind, with other tests in parallel */

static inline gboolean
run_until_too_late (gpointer what)
{
  g_error ("waited too long for: %s", (const char *) what);
  return G_SOURCE_REMOVE;
}

/* Runs the main loop until @condition is true. */
#define run_until(condition) \
  G_STMT_START \
  { \
    guint limit_ = g_timeout_add_seconds (WAIT_LIMIT_S, run_until_too_late, (gpointer) #condition); \
    while (!(condition)) \
      g_main_context_iteration (NULL, TRUE); \
    g_source_remove (limit_); \
  } \
  G_STMT_END
