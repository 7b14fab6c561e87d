/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/config.h"
#include "base/names.h"
#include "bus/bus.h"
#include "bus/name.h"
#include "net/http/proxy-url.h"
#include "net/http/tls.h"
#include "session/session.h"

#define LOCK_FILE "lock"
/* The wanted limit of open files. Clients may pass hundreds of descriptors before the first is handled, and GLib aborts when it gets none. */
#define MAX_FILES 65536
/* With fewer the daemon does not start: it has some 40 open itself, and 200 transfers hold one or two each. */
#define MIN_FILES 512
/* The time limit of stopping, whatever network and disk do. Changes that are not committed by then were not confirmed to clients. */
#define STOP_TIMEOUT_MS 1900

typedef struct {
  FlooConfig *config;
  int lock;                     /* file descriptor; closing it unlocks */
  GMainLoop *loop;
  int exit_code;
  gboolean stopping;
  GCancellable *cancellable;    /* of connecting to the bus */
  GDBusConnection *connection;
  FlooSecrets *secrets;
  FlooSession *session;
  FlooBus *bus;
  FlooBusName *name;
  guint signals[3];
  guint stop_timer;
} FlooApp;

/* @instance: (nullable) */
static char *
dup_bus_name (const char *instance)
{
  return instance == NULL ? g_strdup (FLOO_BUS_NAME) : g_strconcat (FLOO_BUS_NAME_INSTANCE_PREFIX, instance, NULL);
}

/* Locks the data folder. Returns: the exit code. */
static int
lock_data_dir (FlooApp *app)
{
  const char *dir = app->config->data_dir;
  g_autofree char *path = g_build_filename (dir, LOCK_FILE, NULL);

  if (g_mkdir_with_parents (dir, 0700) == 0)
    app->lock = open (path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (app->lock < 0)
    {
      g_printerr ("flooimd: the data folder %s cannot be used: %s\n", dir, g_strerror (errno));
      return EX_CANTCREAT;
    }
  if (flock (app->lock, LOCK_EX | LOCK_NB) == 0)
    return EX_OK;
  if (errno == EWOULDBLOCK)
    {
      g_printerr ("flooimd: the data folder %s is in use by another flooimd\n", dir);
      return EX_TEMPFAIL;
    }
  g_printerr ("flooimd: the data folder %s cannot be locked: %s\n", dir, g_strerror (errno));
  return EX_CANTCREAT;
}

static gboolean
on_stop_timeout (gpointer user_data)
{
  FlooApp *app = user_data;

  app->stop_timer = 0;
  g_message ("Shutdown did not finish in time; exiting anyway");
  g_main_loop_quit (app->loop);
  return G_SOURCE_REMOVE;
}

static void
on_all_delivered (GObject *connection, GAsyncResult *result, gpointer user_data)
{
  FlooApp *app = user_data;
  GVariant *reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (connection), result, NULL); /* NULL: no bus, no caller */

  g_clear_pointer (&reply, g_variant_unref);
  g_main_loop_quit (app->loop);
}

static void
on_session_stopped (GObject *session, GAsyncResult *result, gpointer user_data)
{
  FlooApp *app = user_data;

  floo_session_stop_finish (FLOO_SESSION (session), result);
  floo_bus_unexport (app->bus);
  /* The answer shows that the bus has received everything sent before: the name's release, replies, signals. */
  g_dbus_connection_call (app->connection, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Peer", "Ping", NULL, NULL,
                          G_DBUS_CALL_FLAGS_NO_AUTO_START, STOP_TIMEOUT_MS, NULL, on_all_delivered, app);
}

/* The first signal stops the daemon in order; a second one ends it at once. */
static void
stop (FlooApp *app, int exit_code)
{
  if (app->stopping)
    {
      g_main_loop_quit (app->loop);
      return;
    }
  app->stopping = TRUE;
  app->exit_code = exit_code;
  g_clear_pointer (&app->name, floo_bus_name_release);
  g_cancellable_cancel (app->cancellable);
  if (app->session == NULL)
    {
      g_main_loop_quit (app->loop);
      return;
    }
  app->stop_timer = g_timeout_add (STOP_TIMEOUT_MS, on_stop_timeout, app);
  floo_session_stop_async (app->session, on_session_stopped, app);
}

static gboolean
on_signal (gpointer user_data)
{
  stop (user_data, EX_OK);
  return G_SOURCE_CONTINUE;
}

static void
on_bus_closed (GDBusConnection *connection, gboolean remote_vanished, const GError *error, FlooApp *app)
{
  if (app->stopping)
    return;
  g_message ("The session bus disconnected");
  stop (app, EX_UNAVAILABLE);
}

static void
on_name (const GError *error, gpointer user_data)
{
  FlooApp *app = user_data;

  if (error == NULL)
    {
      g_debug ("Owning the bus name");
      return;
    }
  g_printerr ("flooimd: %s\n", error->message);
  stop (app, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_EXISTS) ? EX_TEMPFAIL : EX_UNAVAILABLE);
}

static void
on_session_ready (gpointer user_data)
{
  FlooApp *app = user_data;
  g_autofree char *name = dup_bus_name (app->config->instance);

  app->name = floo_bus_name_own (app->connection, name, on_name, app);
}

/* Builds the parts from the bottom up; the bus name is owned last, when everything can answer. */
static void
on_bus_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  FlooApp *app = user_data;
  g_autoptr (GError) error = NULL;

  app->connection = g_bus_get_finish (result, &error);
  if (app->stopping)
    return;
  if (app->connection == NULL)
    {
      g_printerr ("flooimd: there is no session bus: %s\n", error->message);
      stop (app, EX_UNAVAILABLE);
      return;
    }
  g_dbus_connection_set_exit_on_close (app->connection, FALSE);
  g_signal_connect (app->connection, "closed", G_CALLBACK (on_bus_closed), app);

  app->secrets = floo_secrets_new (app->config->secrets_backend, app->config->instance, app->config->data_dir);
  app->session = floo_session_new (app->config, app->secrets);
  app->bus = floo_bus_new (app->session);
  if (!floo_bus_export (app->bus, app->connection, &error))
    {
      g_printerr ("flooimd: cannot export the interfaces: %s\n", error->message);
      stop (app, EX_UNAVAILABLE);
      return;
    }
  floo_session_start (app->session, on_session_ready, app);
}

/* Raises the limit of open files as far as the system allows. Returns: the exit code. */
static int
raise_file_limit (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) != 0)
    return EX_OK;
  if (files.rlim_cur < MAX_FILES && files.rlim_cur < files.rlim_max)
    {
      files.rlim_cur = MIN (files.rlim_max, MAX_FILES);
      if (setrlimit (RLIMIT_NOFILE, &files) != 0)
        g_message ("The limit of open files cannot be raised: %s", g_strerror (errno));
      getrlimit (RLIMIT_NOFILE, &files);
    }
  if (files.rlim_cur >= MIN_FILES)
    return EX_OK;
  g_printerr ("flooimd: only %" G_GUINT64_FORMAT " files may be open at once; at least %d are needed: raise the hard limit (ulimit -Hn, "
              "LimitNOFILE= of a systemd unit)\n",
              (guint64) files.rlim_cur, MIN_FILES);
  return EX_OSERR;
}

/*
 * SQLite maps the -shm file beside the store. If another program truncates it, the state of the transaction under way is lost: continuing with
 * zeros in its place could write stale pages. All confirmed changes are in the WAL, so the process ends, and its next start rebuilds the file.
 */
static void
on_bus_error (int number, siginfo_t *info, void *context)
{
  static const char text[] = "flooimd: a mapped file was cut short by another program (store.db-shm in the account's folder, most likely); "
                             "ending, nothing is lost, the next start rebuilds it\n";

  if (info->si_code != BUS_ADRERR)
    {
      signal (number, SIG_DFL);
      raise (number);
      return;
    }
  (void) !write (STDERR_FILENO, text, sizeof text - 1);
  _exit (EX_IOERR);
}

/* Before anything secret is in memory. */
static void
set_up_process (void)
{
  struct sigaction bus_error = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };

  /*
   * A core dump would contain the password and the token, and may be attached to bug reports, also with --verbose. To inspect the daemon start it
   * under a debugger, which still works.
   */
  if (prctl (PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
    g_message ("Core dumps cannot be turned off: %s", g_strerror (errno));
  /* Exceeding a file size limit must be an error like a full disk, and not end the process. */
  signal (SIGXFSZ, SIG_IGN);
  sigaction (SIGBUS, &bus_error, NULL);
}

static const int signals[] = { SIGTERM, SIGINT, SIGHUP };

static void
run_loop (FlooApp *app)
{
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    app->signals[i] = g_unix_signal_add (signals[i], on_signal, app);
  app->loop = g_main_loop_new (NULL, FALSE);
  app->cancellable = g_cancellable_new ();
  g_bus_get (G_BUS_TYPE_SESSION, app->cancellable, on_bus_connected, app);
  g_main_loop_run (app->loop);
}

static void
clear (FlooApp *app)
{
  if (app->connection != NULL)
    g_signal_handlers_disconnect_by_data (app->connection, app);
  g_clear_object (&app->bus);
  g_clear_object (&app->session);
  g_clear_object (&app->secrets);
  g_clear_object (&app->connection);
  g_clear_object (&app->cancellable);
  g_clear_handle_id (&app->stop_timer, g_source_remove);
  for (guint i = 0; i < G_N_ELEMENTS (app->signals); i++)
    {
      g_clear_handle_id (&app->signals[i], g_source_remove);
      /* It is being stopped already. */
      signal (signals[i], SIG_IGN);
    }
  g_clear_pointer (&app->loop, g_main_loop_unref);
  g_clear_pointer (&app->config, floo_config_free);
  if (app->lock >= 0)
    close (app->lock);
}

int
floo_app_run (const FlooAppOptions *options)
{
  FlooApp app = { .lock = -1 };
  g_autoptr (GError) error = NULL;

  app.config = floo_config_load (options->instance, options->config, options->data_dir, &error);
  if (app.config == NULL)
    {
      g_printerr ("flooimd: %s\n", error->message);
      return EX_CONFIG;
    }
  if (*app.config->ca_file != '\0' && !floo_tls_trust (app.config->ca_file, &error))
    {
      g_printerr ("flooimd: [service] ca_file: %s\n", error->message);
      clear (&app);
      return EX_CONFIG;
    }
  if (*app.config->proxy != '\0')
    floo_proxy_set (app.config->proxy);
  floo_log_init (options->verbose ? FLOO_LOG_DEBUG : app.config->log_level);
  set_up_process ();
  app.exit_code = raise_file_limit ();
  if (app.exit_code == EX_OK)
    app.exit_code = lock_data_dir (&app);
  if (app.exit_code == EX_OK)
    run_loop (&app);
  clear (&app);
  return app.exit_code;
}
