/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * amount.h: how often a test repeats something, or how much data it uses.
 */
#pragma once

#include <glib.h>

/* Whether each step costs twenty times as much as usual, as under valgrind (the setup in tests/meson.build says so). */
static inline gboolean
amount_is_small (void)
{
  return g_getenv ("FLOOIM_TEST_SMALL") != NULL;
}

static inline guint
amount (guint usual, guint small)
{
  return amount_is_small () ? small : usual;
}

/* The number in an environment variable, to look for rare failures, as FLOOIM_POISON_SEEDS=1000; otherwise as amount(). */
static inline guint
amount_from (const char *variable, guint usual, guint small)
{
  const char *text = g_getenv (variable);

  return text != NULL ? (guint) g_ascii_strtoull (text, NULL, 10) : amount (usual, small);
}
