/* SPDX-License-Identifier: GPL-3.0-or-later */
/* main.c: `flooim-notify`: desktop notifications of new messages. A client like any other. */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>

#include <glib-unix.h>

#include "base/error.h"
#include "base/log.h"
#include "base/names.h"
#include "notify/notify.h"

#define STATE_TYPE "(sts" FLOO_CHATS_TYPE ")" /* journal, serial, what is shown by which server */
#define SAVE_US (60 * G_USEC_PER_SEC) /* how often it is kept while nothing is shown */
#define GATHER_MS 150                                     /* a transaction's events, and those close behind */
#define STOP_MS 2000 /* how long the server may take to answer at the end */
#define GATHER_LOGIN_MS 2000                              /* behind a login comes what was missed */

/* ---- the state ---- */

/* Only where everything up to the position is shown: what is not comes again at the next start. */
static void
save (FlooNotify *self)
{
  g_autoptr (GVariant) state = NULL;
  g_autofree char *text = NULL, *server = floo_desk_dup_server (self->desk);
  g_autoptr (GError) error = NULL;
  guint64 serial = 0;
  const char *journal = self->follow != NULL ? floo_follow_get_position (self->follow, &serial) : NULL;

  if (journal == NULL || !floo_show_is_done (self))
    return;
  state = g_variant_ref_sink (g_variant_new ("(sts@" FLOO_CHATS_TYPE ")", journal, serial, server, floo_chats_save (self)));
  text = g_variant_print (state, TRUE);
  self->save_at = g_get_monotonic_time () + SAVE_US;
  if (!g_file_set_contents_full (self->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_warning ("The state cannot be saved: %s", error->message);
}

void
floo_notify_idle (FlooNotify *self)
{
  if (g_get_monotonic_time () >= self->save_at)
    save (self);
}

/* Returns: (transfer full) (nullable) */
static GVariant *
read_state (FlooNotify *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  GVariant *state = NULL;

  if (g_file_get_contents (self->path, &text, NULL, &error))
    state = g_variant_parse (G_VARIANT_TYPE (STATE_TYPE), text, NULL, NULL, &error);
  if (state == NULL && !g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_warning ("%s cannot be read; showing only what arrives from now on: %s", self->path, error->message);
  return state;
}

/* The lock is held until the process ends. */
static gboolean
open_state (FlooNotify *self, const char *instance, GError **error)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), FLOO_DIR_NAME, NULL);
  g_autofree char *lock = NULL;
  int fd = -1;

  self->path = g_strconcat (folder, "/notify", instance != NULL ? "-" : NULL, instance, NULL);
  lock = g_strconcat (self->path, ".lock", NULL);
  if (g_mkdir_with_parents (folder, 0700) == 0 && (fd = open (lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600)) >= 0
      && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", lock,
               errno == EWOULDBLOCK ? "another flooim-notify runs" : g_strerror (errno));
  return FALSE;
}

/* ---- the journal ---- */

static gboolean
on_event (const char *name, gint64 time, GVariant *args, gpointer user_data)
{
  FlooNotify *self = user_data;

  if (strcmp (name, "LoginSuccess") == 0)
    {
      self->gather_until = g_get_monotonic_time () + GATHER_LOGIN_MS * 1000;
      self->settings_until = 0; /* of another user, perhaps */
    }
  if (floo_chats_event (self, name, args))
    floo_show_later (self, GATHER_MS);
  return TRUE;
}

/* What was between the position that was kept and the present one says the list of conversations. */
static gboolean
on_begun (FlooBegin why, gpointer user_data)
{
  FlooNotify *self = user_data;

  while (why == FLOO_BEGIN_OTHER_JOURNAL && self->chats->len > 0)
    floo_chat_drop (self, self->chats->pdata[0]);
  self->loading = why == FLOO_BEGIN_TOO_OLD;
  if (self->loading)
    floo_chats_load (self, "");
  return TRUE;
}

static void
on_caught_up (gpointer user_data)
{
  FlooNotify *self = user_data;

  floo_show_later (self, GATHER_MS);
  save (self);
}

static const FlooFollowFuncs follow_funcs = { on_event, on_begun, on_caught_up, NULL };

void
floo_notify_ready (FlooNotify *self)
{
  g_autofree char *server = floo_desk_dup_server (self->desk);
  g_autoptr (GVariant) state = NULL, chats = NULL;
  const char *journal = NULL, *saved_server;
  guint64 serial = 0;

  if (self->follow != NULL)
    {
      floo_show (self);
      return;
    }
  state = read_state (self);
  if (state != NULL)
    {
      g_variant_get (state, "(&st&s@" FLOO_CHATS_TYPE ")", &journal, &serial, &saved_server, &chats);
      if (strcmp (server, saved_server) == 0)
        floo_chats_restore (self, chats);
    }
  self->follow = floo_follow_new (self->connection, self->bus_name, TRUE, journal, serial, &follow_funcs, self);
}

/* ---- beginning and end ---- */

static gboolean
on_overdue (gpointer user_data)
{
  ((FlooNotify *) user_data)->overdue = TRUE;
  return G_SOURCE_REMOVE;
}

static gboolean
on_terminate (gpointer user_data)
{
  ((FlooNotify *) user_data)->stopping = TRUE;
  g_timeout_add (STOP_MS, on_overdue, user_data);
  return G_SOURCE_CONTINUE;
}

static void
on_bus_closed (GDBusConnection *connection, gboolean remote, GError *error, gpointer user_data)
{
  ((FlooNotify *) user_data)->stopping = TRUE;
}

/* Returns: the exit status */
static int
run (FlooNotify *self, const char *instance, gboolean use_portal)
{
  g_autofree char *app_name = instance != NULL ? g_strdup_printf ("flooim (%s)", instance) : g_strdup ("flooim");

  g_dbus_connection_set_exit_on_close (self->connection, FALSE);
  g_signal_connect (self->connection, "closed", G_CALLBACK (on_bus_closed), self);
  g_unix_signal_add (SIGINT, on_terminate, self);
  g_unix_signal_add (SIGTERM, on_terminate, self);
  self->chats = g_ptr_array_new_with_free_func (floo_chat_free);
  self->settings = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  self->desk = floo_desk_new (self, app_name, use_portal);
  while (!self->stopping || (floo_desk_is_busy (self->desk) && !self->overdue))
    g_main_context_iteration (NULL, TRUE);
  save (self);
  return g_dbus_connection_is_closed (self->connection) ? EX_UNAVAILABLE : EX_OK;
}

int
main (int argc, char **argv)
{
  static FlooNotify self; /* as long as the process, with all that it has */
  g_autofree char *instance = NULL;
  gboolean verbose = FALSE, version = FALSE, use_portal = g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS);
  const GOptionEntry entries[] = {
    { "instance", 'i', 0, G_OPTION_ARG_STRING, &instance, "Tell of the instance NAME of the daemon", "NAME" },
    { "no-previews", 0, 0, G_OPTION_ARG_NONE, &self.no_previews, "Show who wrote, not what", NULL },
    { "portal", 0, 0, G_OPTION_ARG_NONE, &use_portal, "Use the portal, as in a Flatpak", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  int status = EX_USAGE;

  setlocale (LC_ALL, "");
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_set_prgname ("flooim-notify");
  g_option_context_set_summary (context, "Shows new messages of the floo instant messaging service as notifications of the desktop.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, &argc, &argv, &error))
    {
      if (version)
        {
          g_print ("flooim-notify %s\n", FLOO_VERSION);
          return EX_OK;
        }
      self.bus_name = instance != NULL ? g_strconcat (FLOO_BUS_NAME_INSTANCE_PREFIX, instance, NULL) : g_strdup (FLOO_BUS_NAME);
      floo_log_init (verbose ? FLOO_LOG_DEBUG : FLOO_LOG_INFO);
      if (!g_dbus_is_name (self.bus_name))
        g_set_error (&error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s is no name of an instance", instance);
      else if (!open_state (&self, instance, &error))
        status = EX_TEMPFAIL;
      else if ((self.connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error)) == NULL)
        status = EX_UNAVAILABLE;
      else
        status = run (&self, instance, use_portal);
    }
  if (error != NULL)
    g_printerr ("flooim-notify: %s\n", error->message);
  return status;
}
