/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http/tls.h"

#include "base/error.h"

typedef struct {
  FlooTlsReady ready;
  gpointer user_data;
} Waiting;

static gboolean is_loaded; /* the main loop's */

static void
load_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  /* A singleton of GIO. */
  g_autoptr (GTlsDatabase) database = g_tls_backend_get_default_database (g_tls_backend_get_default ());

  if (database == NULL)
    g_message ("TLS is not available: is glib-networking installed?");
  g_task_return_boolean (task, TRUE);
}

static void
loaded_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree Waiting *waiting = user_data;

  is_loaded = TRUE;
  waiting->ready (waiting->user_data);
}

gboolean
floo_tls_trust (const char *path, GError **error)
{
  g_autoptr (GError) problem = NULL;
  GList *certificates = g_tls_certificate_list_new_from_file (path, &problem);
  g_autoptr (GTlsDatabase) database = certificates != NULL ? g_tls_file_database_new (path, &problem) : NULL;

  g_list_free_full (certificates, g_object_unref);
  if (database == NULL)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s: %s", path,
                   problem != NULL ? problem->message : "it has no certificate");
      return FALSE;
    }
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
  return TRUE;
}

GError *
floo_tls_explain (GError *error, GTlsCertificateFlags errors)
{
  static const struct {
    GTlsCertificateFlags flag;
    const char *text;
  } reasons[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "of an unknown authority" }, { G_TLS_CERTIFICATE_BAD_IDENTITY, "for another host" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "not valid yet" },        { G_TLS_CERTIFICATE_EXPIRED, "expired" },
    { G_TLS_CERTIFICATE_REVOKED, "revoked" },                    { G_TLS_CERTIFICATE_INSECURE, "insecure" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    if ((errors & reasons[i].flag) != 0)
      {
        GError *better = g_error_new (error->domain, error->code, "%s: it is %s", error->message, reasons[i].text);

        g_error_free (error);
        return better;
      }
  return error;
}

gboolean
floo_tls_is_scheme (const char *scheme)
{
  return g_ascii_strcasecmp (scheme, "https") == 0 || g_ascii_strcasecmp (scheme, "wss") == 0;
}

void
floo_tls_prepare (const char *scheme, FlooTlsReady ready, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Waiting *waiting;

  if (is_loaded || !floo_tls_is_scheme (scheme))
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
