/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: `flooim-notify`: desktop notifications of new messages. A client like any other. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include <glib-unix.h>

#include "base/error.h"
#include "base/log.h"
#include "base/names.h"
#include "cli/cli.h"
#include "notify/desk.h"
#include "client/follow.h"
#include "notify/news.h"

#define POSITION "position"
#define SAVE_SECONDS 2 /* what needs no notification is kept that late: it is only read again */
#define STOP_SECONDS 2 /* how long the server's answers are awaited at the end */

typedef struct
{
  FlooCli cli; /* the connection */
  GMainLoop *loop;
  char *path; /* of the state */
  int lock;
  GKeyFile *state; /* (nullable): what was kept, until it is used */
  FlooDesk *desk;
  FlooNews *news;
  FlooFollow *follow; /* (nullable): until the server of notifications is known */
  guint save_timer;
  gboolean stopping;
  int status;
} App;

/* ---- what is kept ---- */

/* Only when everything up to the position was told. */
static void
save (App *app)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *text = NULL;
  guint64 serial = 0;
  const char *journal = app->follow != NULL ? floo_follow_get_position (app->follow, &serial) : NULL;

  if (journal == NULL || !floo_news_is_told (app->news) || !floo_desk_is_idle (app->desk))
    return;
  g_key_file_set_string (file, POSITION, "journal", journal);
  g_key_file_set_uint64 (file, POSITION, "serial", serial);
  floo_desk_save (app->desk, file);
  floo_news_save (app->news, file);
  text = g_key_file_to_data (file, NULL, NULL);
  if (!g_file_set_contents_full (app->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_warning ("The state cannot be saved: %s", error->message);
}

static gboolean
on_save (gpointer user_data)
{
  App *app = user_data;

  app->save_timer = 0;
  save (app);
  return G_SOURCE_REMOVE;
}

static gboolean
open_state (App *app, GError **error)
{
  const char *instance = app->cli.instance;
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), FLOO_DIR_NAME, NULL);
  g_autofree char *name = instance != NULL ? g_strconcat ("notify-", instance, NULL) : g_strdup ("notify");
  g_autofree char *lock = NULL;
  g_autoptr (GError) local = NULL;

  app->path = g_build_filename (folder, name, NULL);
  lock = g_strconcat (app->path, ".lock", NULL);
  if (g_mkdir_with_parents (folder, 0700) < 0 || (app->lock = open (lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) < 0
      || flock (app->lock, LOCK_EX | LOCK_NB) < 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", lock,
                   errno == EWOULDBLOCK ? "another flooim-notify runs" : g_strerror (errno));
      return FALSE;
    }
  app->state = g_key_file_new ();
  if (!g_key_file_load_from_file (app->state, app->path, G_KEY_FILE_NONE, &local)
      && !g_error_matches (local, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_warning ("%s cannot be read; showing only what arrives from now on: %s", app->path, local->message);
  return TRUE;
}

/* ---- the journal ---- */

static gboolean
on_event (const char *name, gint64 time, GVariant *args, gpointer user_data)
{
  App *app = user_data;

  floo_news_event (app->news, name, args);
  if (app->save_timer == 0)
    app->save_timer = g_timeout_add_seconds (SAVE_SECONDS, on_save, app);
  return TRUE;
}

static void
on_caught_up (gpointer user_data)
{
  App *app = user_data;

  floo_news_caught_up (app->news);
  save (app);
}

/* What was between the position that was kept and the present one says the list of conversations. */
static gboolean
on_begun (FlooBegin why, gpointer user_data)
{
  App *app = user_data;

  if (why == FLOO_BEGIN_OTHER_JOURNAL)
    floo_news_clear (app->news);
  else if (why == FLOO_BEGIN_TOO_OLD)
    floo_news_load (app->news, TRUE);
  return TRUE;
}

static const FlooFollowFuncs follow_funcs = { on_event, on_begun, on_caught_up, NULL };

/* ---- the desktop ---- */

static void
on_ready (gpointer user_data)
{
  App *app = user_data;
  g_autofree char *journal = NULL;

  if (app->follow != NULL)
    {
      floo_news_flush (app->news);
      return;
    }
  journal = g_key_file_get_string (app->state, POSITION, "journal", NULL);
  if (floo_desk_load (app->desk, app->state))
    floo_news_restore (app->news, app->state);
  app->follow = floo_follow_new (app->cli.connection, app->cli.bus_name, TRUE, journal,
                                 g_key_file_get_uint64 (app->state, POSITION, "serial", NULL), &follow_funcs, app);
}

static void
on_idle (gpointer user_data)
{
  App *app = user_data;

  save (app);
  if (app->stopping)
    g_main_loop_quit (app->loop);
}

static void
on_failed (const char *key, gpointer user_data)
{
  floo_news_failed (((App *) user_data)->news, key);
}

static void
on_closed (const char *key, gpointer user_data)
{
  floo_news_closed (((App *) user_data)->news, key);
}

static void
on_chosen (const char *key, const char *reply, gpointer user_data)
{
  floo_news_chosen (((App *) user_data)->news, key, reply);
}

static const FlooDeskFuncs desk_funcs = { on_ready, on_idle, on_failed, on_closed, on_chosen };

/* ---- beginning and end ---- */

static gboolean
on_stop_timeout (gpointer user_data)
{
  g_main_loop_quit (((App *) user_data)->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_terminate (gpointer user_data)
{
  App *app = user_data;

  app->stopping = TRUE;
  if (floo_desk_is_idle (app->desk))
    g_main_loop_quit (app->loop);
  else
    g_timeout_add_seconds (STOP_SECONDS, on_stop_timeout, app);
  return G_SOURCE_CONTINUE;
}

static void
on_bus_closed (GDBusConnection *connection, gboolean remote, GError *error, gpointer user_data)
{
  App *app = user_data;

  app->status = EX_UNAVAILABLE;
  g_main_loop_quit (app->loop);
}

static void
run (App *app, gboolean portal, gboolean previews)
{
  g_autofree char *app_name = app->cli.instance != NULL ? g_strdup_printf ("flooim (%s)", app->cli.instance) : g_strdup ("flooim");
  gulong closed = g_signal_connect (app->cli.connection, "closed", G_CALLBACK (on_bus_closed), app);
  guint signals[] = { g_unix_signal_add (SIGINT, on_terminate, app), g_unix_signal_add (SIGTERM, on_terminate, app) };

  app->loop = g_main_loop_new (NULL, FALSE);
  app->desk = floo_desk_new (app->cli.connection, app_name, portal, &desk_funcs, app);
  app->news = floo_news_new (app->cli.connection, app->cli.bus_name, app->desk, previews);
  g_main_loop_run (app->loop);
  save (app);
  for (guint i = 0; i < G_N_ELEMENTS (signals); i++)
    g_source_remove (signals[i]);
  g_clear_handle_id (&app->save_timer, g_source_remove);
  g_signal_handler_disconnect (app->cli.connection, closed);
  g_clear_pointer (&app->follow, floo_follow_free);
  floo_news_free (app->news);
  floo_desk_free (app->desk);
  g_main_loop_unref (app->loop);
}

static gboolean
set_instance (App *app, GError **error)
{
  FlooCli *cli = &app->cli;

  cli->program = "flooim-notify";
  cli->bus_name = cli->instance != NULL ? g_strconcat (FLOO_BUS_NAME_INSTANCE_PREFIX, cli->instance, NULL) : g_strdup (FLOO_BUS_NAME);
  if (g_dbus_is_name (cli->bus_name))
    return TRUE;
  g_set_error (error, FLOO_CLI_ERROR, FLOO_CLI_ERROR_USAGE, "%s is no name of an instance", cli->instance);
  return FALSE;
}

int
main (int argc, char **argv)
{
  App app = { .lock = -1 };
  gboolean no_previews = FALSE, verbose = FALSE, version = FALSE;
  gboolean portal = g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS);
  const GOptionEntry entries[] = {
    { "instance", 'i', 0, G_OPTION_ARG_STRING, &app.cli.instance, "Tell of the instance NAME of the daemon", "NAME" },
    { "no-previews", 0, 0, G_OPTION_ARG_NONE, &no_previews, "Show who wrote, not what", NULL },
    { "portal", 0, 0, G_OPTION_ARG_NONE, &portal, "Use the portal, as in a Flatpak", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_set_prgname ("flooim-notify");
  g_option_context_set_summary (context, "Shows new messages of the floo instant messaging service as notifications of the desktop.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || !set_instance (&app, &error))
    app.status = EX_USAGE;
  else if (version)
    g_print ("flooim-notify %s\n", FLOO_VERSION);
  else
    {
      floo_log_init (verbose ? FLOO_LOG_DEBUG : FLOO_LOG_INFO);
      app.status = !open_state (&app, &error) ? EX_TEMPFAIL : !floo_cli_connect (&app.cli, &error) ? EX_UNAVAILABLE : EX_OK;
      if (app.status == EX_OK)
        run (&app, portal, !no_previews);
    }
  if (error != NULL)
    g_printerr ("flooim-notify: %s\n", error->message);
  g_clear_pointer (&app.state, g_key_file_unref);
  g_clear_object (&app.cli.connection);
  if (app.lock >= 0)
    close (app.lock);
  g_free (app.path);
  g_free (app.cli.bus_name);
  g_free (app.cli.instance);
  return app.status;
}
