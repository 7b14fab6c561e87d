/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crash.h"

#ifdef FLOO_CRASH_POINTS

#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

void
floo_crash_point (const char *name)
{
  static int count = 0;
  const char *at = g_getenv ("FLOOIM_CRASH_AT");
  const char *colon;
  gint64 wanted;

  if (at == NULL)
    return;
  colon = strchr (at, ':');
  wanted = colon != NULL ? g_ascii_strtoll (colon + 1, NULL, 10) : 1;
  if (strncmp (at, name, strlen (name)) != 0 || (at[strlen (name)] != '\0' && at[strlen (name)] != ':'))
    return;
  if (g_atomic_int_add (&count, 1) + 1 == wanted)
    kill (getpid (), SIGKILL);
}

#endif
