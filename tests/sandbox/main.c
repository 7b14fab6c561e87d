/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sandbox.h"
#include "trace.h"

static int opt_port;
static char *opt_port_file;
static int opt_seed = 1;
static int opt_page_size = 50;
static int opt_ping_interval = 25000;
static int opt_ping_timeout = 5000;
static char *opt_persist;
static char *opt_certificate;
static gboolean opt_small_ids;
static gboolean opt_quiet;
static gboolean opt_verbose;

static const GOptionEntry entries[] = {
  { "port", 'p', 0, G_OPTION_ARG_INT, &opt_port, "Listen on this port of 127.0.0.1 (0: any that is free)", "N" },
  { "port-file", 0, 0, G_OPTION_ARG_FILENAME, &opt_port_file, "Write the port to this file once it is open", "FILE" },
  { "seed", 0, 0, G_OPTION_ARG_INT, &opt_seed, "Seed of everything that is random (1)", "N" },
  { "page-size", 0, 0, G_OPTION_ARG_INT, &opt_page_size, "Messages in one sync page (50)", "N" },
  { "ping-interval", 0, 0, G_OPTION_ARG_INT, &opt_ping_interval, "Clients ping this often, in ms (25000)", "MS" },
  { "ping-timeout", 0, 0, G_OPTION_ARG_INT, &opt_ping_timeout, "And are given up this much later (5000)", "MS" },
  { "certificate", 0, 0, G_OPTION_ARG_FILENAME, &opt_certificate, "Be there with TLS, with the certificate and key of this file (PEM)",
    "FILE" },
  { "persist", 0, 0, G_OPTION_ARG_FILENAME, &opt_persist, "Keep the state in this file", "FILE" },
  { "small-ids", 0, 0, G_OPTION_ARG_NONE, &opt_small_ids, "Ids of messages are below 2^53, for clients that put them into doubles", NULL },
  { "quiet", 'q', 0, G_OPTION_ARG_NONE, &opt_quiet, "Say nothing on stdout", NULL },
  { "verbose", 'v', 0, G_OPTION_ARG_NONE, &opt_verbose, "Tell every call and violation on stderr", NULL },
  G_OPTION_ENTRY_NULL,
};

static gboolean
on_signal (gpointer user_data)
{
  g_main_loop_quit (user_data);
  return G_SOURCE_CONTINUE;
}

static gboolean
check_options (GError **error)
{
  if (opt_port < 0 || opt_port > G_MAXUINT16)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--port is 0 to 65535");
  else if (opt_page_size < 1 || opt_page_size > 10000)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--page-size is 1 to 10000");
  else if (opt_ping_interval < 1 || opt_ping_timeout < 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--ping-interval and --ping-timeout are positive");
  else
    return TRUE;
  return FALSE;
}

/* The saved state, or else the documented users. */
static gboolean
load (Sandbox *sandbox, GError **error)
{
  if (sandbox->persist != NULL && g_file_test (sandbox->persist, G_FILE_TEST_EXISTS))
    return sb_persist_load (sandbox, sandbox->persist, error);
  return sb_seed_load (sandbox, error);
}

static gboolean
start (Sandbox *sandbox, GError **error)
{
  g_autoptr (GTlsCertificate) certificate = opt_certificate != NULL ? g_tls_certificate_new_from_file (opt_certificate, error) : NULL;
  g_autofree char *port = NULL;

  if ((opt_certificate != NULL && certificate == NULL) || !sandbox_listen (sandbox, (guint16) opt_port, certificate, error)
      || !load (sandbox, error))
    return FALSE;
  port = certificate == NULL ? g_strdup_printf ("%u\n", sandbox->port)
                             : g_strdup_printf ("%u\n%s\n", sandbox->port, strrchr (sandbox->host, ':') + 1);
  if (opt_port_file != NULL && !g_file_set_contents (opt_port_file, port, -1, error))
    return FALSE;
  if (!opt_quiet)
    {
      g_print ("sandbox listening on %s\n", sandbox->origin);
      fflush (stdout);
    }
  return TRUE;
}

static gboolean
run (GError **error)
{
  g_autoptr (Sandbox) sandbox = sandbox_new ((guint32) opt_seed);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  guint term, interrupt;

  sandbox->settings.page_size = opt_page_size;
  sandbox->settings.ping_interval = opt_ping_interval;
  sandbox->settings.ping_timeout = opt_ping_timeout;
  sandbox->persist = g_strdup (opt_persist);
  sandbox->verbose = opt_verbose;
  if (opt_small_ids)
    sandbox->state->next_message = SB_SMALL_MESSAGE_ID;
  if (!start (sandbox, error))
    return FALSE;
  term = g_unix_signal_add (SIGTERM, on_signal, loop);
  interrupt = g_unix_signal_add (SIGINT, on_signal, loop);
  g_main_loop_run (loop);
  g_source_remove (term);
  g_source_remove (interrupt);
  return sandbox->persist == NULL || sb_persist_save (sandbox, sandbox->persist, error);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  gboolean ok;

  setlocale (LC_ALL, "");
  g_option_context_set_summary (context, "The Lanying IM service's double on this machine, for trying out and testing offline.");
  g_option_context_add_main_entries (context, entries, NULL);
  ok = g_option_context_parse (context, &argc, &argv, &error) && check_options (&error) && run (&error);
  if (!ok)
    g_printerr ("flooim-sandbox: %s\n", error->message);
  g_free (opt_port_file);
  g_free (opt_persist);
  g_free (opt_certificate);
  return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
