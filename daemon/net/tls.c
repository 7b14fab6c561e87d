/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls.h"

typedef struct {
  FlooTlsReady ready;
  gpointer user_data;
} Waiting;

static gboolean is_loaded; /* the main loop's */

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  /* GIO keeps what it made: the next to ask gets the same. */
  g_autoptr (GTlsDatabase) database = g_tls_backend_get_default_database (g_tls_backend_get_default ());

  if (database == NULL)
    g_message ("There is no TLS here: is glib-networking installed?");
  g_task_return_boolean (task, TRUE);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Waiting *waiting = user_data;

  is_loaded = TRUE;
  waiting->ready (waiting->user_data);
}

void
floo_tls_prepare (const char *scheme, FlooTlsReady ready, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Waiting *waiting;

  if (is_loaded || (g_ascii_strcasecmp (scheme, "https") != 0 && g_ascii_strcasecmp (scheme, "wss") != 0))
    {
      ready (user_data);
      return;
    }
  waiting = g_new (Waiting, 1);
  *waiting = (Waiting){ ready, user_data };
  task = g_task_new (NULL, NULL, loaded_cb, waiting);
  g_task_set_source_tag (task, floo_tls_prepare);
  g_task_run_in_thread (task, load_thread);
}
