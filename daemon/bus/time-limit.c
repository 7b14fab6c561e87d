/* SPDX-License-Identifier: GPL-3.0-or-later */
/* time-limit.c: every call is answered in time, also where it needs several requests of the service, or somebody who is to unlock a
 * keyring. */
#include "base/error.h"
#include "base/names.h"
#include "bus/interface.h"

#define LIMIT_KEY "flooimd-time-limit"

typedef struct {
  guint timer;
  gboolean is_over;
} Limit;

static void
limit_free (gpointer data)
{
  Limit *limit = data;

  g_clear_handle_id (&limit->timer, g_source_remove);
  g_free (limit);
}

static gboolean
on_over (gpointer invocation)
{
  Limit *limit = g_object_get_data (invocation, LIMIT_KEY);

  limit->timer = 0;
  limit->is_over = TRUE;
  g_dbus_method_invocation_return_error (g_object_ref (invocation), FLOO_ERROR, FLOO_ERROR_TIMEOUT,
                                         "Not done within %d s; it may still be done", FLOO_CALL_TIMEOUT_MS / 1000);
  return G_SOURCE_REMOVE;
}

void
floo_bus_limit_call (GDBusMethodInvocation *invocation)
{
  Limit *limit = g_new0 (Limit, 1);

  limit->timer = g_timeout_add (FLOO_CALL_TIMEOUT_MS, on_over, invocation);
  g_object_set_data_full (G_OBJECT (invocation), LIMIT_KEY, limit, limit_free);
}

gboolean
floo_bus_end_limit (GDBusMethodInvocation *invocation)
{
  Limit *limit = g_object_get_data (G_OBJECT (invocation), LIMIT_KEY);

  if (limit == NULL)
    return TRUE;
  if (limit->is_over)
    {
      g_object_unref (invocation);
      return FALSE;
    }
  g_clear_handle_id (&limit->timer, g_source_remove);
  return TRUE;
}
