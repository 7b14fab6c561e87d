/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main.c: `flooim-notify`: desktop notifications of new messages, by a client like any other. Events and Replay only tell that something has
 * changed; then show() compares the unread conversations with what is on the desktop, and corrects that. What was told is kept in a file, so that it
 * is not told again. Calls wait for their answer: there is nothing else to do meanwhile, and SIGTERM ends the program in any case.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/message.h"
#include "base/names.h"
#include "client/follow.h"
#include "notify/desk.h"

#define CHAT_TYPE "(xxmvu)"                  /* id, told, note, shown */
#define STATE_TYPE "(t(smsa" CHAT_TYPE "))"  /* serial; journal, server, conversations */
#define GATHER_MS 150                        /* a transaction's events, and those close behind */
#define GATHER_LOGIN_US (2 * G_USEC_PER_SEC) /* behind a login comes what was missed */
#define RETRY_MS 30000                       /* quiet hours may be over, a server of notifications may be there */
#define STOP_S 1                             /* how long a call may take at the end */
#define SETTINGS_US (300 * G_USEC_PER_SEC)   /* a change of the settings is not always signalled */
#define APART_US (10 * G_USEC_PER_SEC)
#define MAX_APART 4    /* conversations that get a notification of their own within APART_US; the others are summed up */
#define MAX_NAMES 5    /* in the summary */
#define MAX_LINES 3    /* messages in a notification */
#define MAX_LINE 300   /* characters of each */
#define PAGE 50u       /* messages that are read to find these; where one that mentions the user is looked for it is FLOO_MAX_LIMIT */

/* A conversation with unread messages. */
typedef struct Chat
{
  struct Chat *next;
  gint64 id;
  char *entry; /* (nullable): in the list, as text: with another one the messages are read again */
  char *name;
  guint32 unread;
  gboolean is_muted, is_mentioned;
  char *body;     /* (nullable): the last messages as they are shown; NULL: there is none to be shown */
  gint64 newest;  /* id of the last one */
  gint64 told;    /* up to this id they were told */
  gboolean fresh; /* one of them is to be told */
  GVariant *note; /* (nullable): its notification, as the desktop names it; conversations that are summed up have the same */
  guint32 shown;  /* hash of the notification's text */
} Chat;

typedef struct
{
  gboolean no_previews;
  FlooDesk desk;
  GDBusProxy *daemon;
  FlooFollow *follow;
  Chat chats;            /* before the first one */
  guint timer;           /* until show() */
  gint64 due;            /* monotonic: when it ends */
  gint64 gather_until;   /* monotonic: not before that */
  GVariant *settings;    /* the user's: an a{sv} */
  gint64 settings_until; /* monotonic: they are asked for again then */
  guint n_apart;         /* conversations that got a notification within APART_US */
  gint64 apart_until;    /* monotonic: the end of that */
  GVariant *summary;     /* the last notification of several */
  char *server;          /* (nullable): what shows the notifications */
  char *path;            /* of the state */
  GVariant *saved;       /* (nullable): the state as it was written last, without the serial */
} Notify;

/* ---- conversations ---- */

static Chat *
ensure_chat (Notify *self, gint64 id)
{
  Chat *chat;

  for (chat = self->chats.next; chat != NULL; chat = chat->next)
    if (chat->id == id)
      return chat;
  chat = g_new (Chat, 1);
  *chat = (Chat){ .next = self->chats.next, .id = id };
  self->chats.next = chat;
  return chat;
}

/* @note: (nullable). Returns: (nullable): the next one behind @chat that has this notification */
static Chat *
next_with (Chat *chat, GVariant *note)
{
  for (chat = chat->next; chat != NULL && note != NULL; chat = chat->next)
    if (chat->note != NULL && g_variant_equal (chat->note, note))
      return chat;
  return NULL;
}

static gboolean
read_messages (Notify *self, Chat *chat)
{
  const guint32 limit = chat->is_muted && chat->is_mentioned ? FLOO_MAX_LIMIT : PAGE;
  GVariant *args = g_variant_new_parsed ("(%x, {'limit': <%u>, 'local': <true>})", chat->id, limit), *more;
  g_autoptr (GVariant) reply = floo_desk_call (self->daemon, "GetMessages", args);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GVariantIter) messages = NULL;
  const char *to_type, *type, *content;
  gint64 id;
  int status;

  if (reply == NULL)
    return FALSE;
  chat->fresh = FALSE;
  g_variant_get (reply, "(" FLOO_MESSAGES_TYPE "bbt)", &messages, NULL, NULL, NULL);
  while (g_variant_iter_loop (messages, "(xxx&s&s&sxi@a{sv})", &id, NULL, NULL, &to_type, &type, &content, NULL, &status, &more))
    {
      gboolean outgoing = FALSE, mentions_me = FALSE;
      g_autofree char *text = NULL;
      const char *sender = "";

      g_variant_lookup (more, "outgoing", "b", &outgoing);
      g_variant_lookup (more, "mentions_me", "b", &mentions_me);
      if (outgoing || status == FLOO_STATUS_READ || strcmp (type, "command") == 0 || strcmp (type, "rtc") == 0)
        continue;
      chat->newest = id;
      if (chat->is_muted && !mentions_me)
        continue;
      chat->fresh |= id > chat->told;
      if (strcmp (to_type, "group") == 0)
        g_variant_lookup (more, "sender_name", "&s", &sender);
      text = *content == '\0' ? g_strdup_printf ("[%s]", type) : g_utf8_substring (content, 0, MIN (g_utf8_strlen (content, -1), MAX_LINE));
      g_ptr_array_add (lines, g_strconcat (sender, *sender != '\0' ? ": " : "", text, NULL));
      if (lines->len > MAX_LINES)
        g_ptr_array_remove_index (lines, 0);
    }
  g_ptr_array_add (lines, NULL);
  g_free (chat->body);
  chat->body = lines->len > 1 ? g_strjoinv ("\n", (char **) lines->pdata) : NULL;
  if (!chat->fresh)
    chat->told = MAX (chat->told, chat->newest);
  return TRUE;
}

static gboolean
read_entry (Notify *self, GVariant *entry)
{
  g_autofree char *text = g_variant_print (entry, FALSE);
  gint64 id = 0;
  Chat *chat;

  g_variant_lookup (entry, "id", "x", &id);
  chat = ensure_chat (self, id);
  g_variant_lookup (entry, "unread", "u", &chat->unread);
  if (g_strcmp0 (text, chat->entry) == 0)
    return TRUE;
  g_clear_pointer (&chat->name, g_free);
  g_variant_lookup (entry, "name", "s", &chat->name);
  g_variant_lookup (entry, "muted", "b", &chat->is_muted);
  g_variant_lookup (entry, "mentioned", "b", &chat->is_mentioned);
  g_free (chat->entry);
  chat->entry = read_messages (self, chat) ? g_steal_pointer (&text) : NULL;
  return chat->entry != NULL;
}

static gboolean
read_list (Notify *self)
{
  g_autofree char *cursor = g_strdup ("");
  gboolean success = TRUE;

  for (Chat *chat = self->chats.next; chat != NULL; chat = chat->next)
    chat->unread = 0;
  do
    {
      GVariant *args = g_variant_new_parsed ("(%s, %u, {'unread': <true>})", cursor, FLOO_MAX_LIMIT), *entry;
      g_autoptr (GVariant) page = floo_desk_call (self->daemon, "List", args);
      g_autoptr (GVariantIter) entries = NULL;

      if (page == NULL)
        return FALSE;
      g_free (cursor);
      g_variant_get (page, "(aa{sv}st)", &entries, &cursor, NULL);
      while (g_variant_iter_loop (entries, "@a{sv}", &entry))
        success = success && read_entry (self, entry);
    }
  while (success && *cursor != '\0');
  return success;
}

static void
read_settings (Notify *self)
{
  g_autoptr (GVariant) reply = floo_desk_call (self->daemon, FLOO_IFACE_ACCOUNT ".GetSettings", NULL);

  self->settings_until = g_get_monotonic_time () + SETTINGS_US;
  if (reply == NULL)
    return;
  g_variant_unref (self->settings);
  self->settings = g_variant_get_child_value (reply, 0);
}

/* Whether they say so: always, or between two hours of local time. */
static gboolean
holds (Notify *self, const char *always, const char *from, const char *to)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  int hour = g_date_time_get_hour (now), start = 0, end = 0;
  gboolean value = FALSE;

  g_variant_lookup (self->settings, always, "b", &value);
  g_variant_lookup (self->settings, from, "i", &start);
  g_variant_lookup (self->settings, to, "i", &end);
  /* Over midnight where the end is the smaller one; equal: never. */
  return value || (start <= end ? hour >= start && hour < end : hour >= start || hour < end);
}

/* ---- notifications ---- */

static void
mark_read (Notify *self, Chat *chat, const char *reply)
{
  g_autoptr (GVariant) sent = NULL, read = NULL, note = NULL;

  if (reply != NULL)
    sent = floo_desk_call (self->daemon, "SendText", g_variant_new ("(sxs)", "", chat->id, reply));
  if (reply != NULL && sent == NULL)
    note = floo_desk_show (&self->desk, NULL, "Your reply was not sent", reply, FALSE, FALSE);
  read = floo_desk_call (self->daemon, "MarkRead", g_variant_new ("(xxa{sv})", chat->id, chat->newest, NULL));
}

/* Withdraws what is read. */
static void
withdraw (Notify *self)
{
  for (Chat *before = &self->chats, *chat; (chat = before->next) != NULL;)
    {
      g_autoptr (GVariant) note = chat->unread == 0 || chat->body == NULL ? g_steal_pointer (&chat->note) : NULL;

      if (note != NULL && next_with (&self->chats, note) == NULL)
        floo_desk_close (&self->desk, note);
      if (chat->unread > 0)
        before = chat;
      else
        {
          before->next = chat->next;
          g_free (chat->name);
          g_free (chat->entry);
          g_free (chat->body);
          g_free (chat);
        }
    }
}

/* Shows a notification unless it is on the desktop as it should be. @first: of the conversations that have it */
static gboolean
show_note (Notify *self, Chat *first)
{
  g_autoptr (GVariant) before = first->note != NULL ? g_variant_ref (first->note) : NULL, after = NULL;
  g_autoptr (GString) title = g_string_new (NULL), names = g_string_new (NULL);
  const char *body = first->body;
  gboolean fresh = FALSE;
  guint n = 0, unread = 0, hash;

  for (Chat *chat = first; chat != NULL; chat = next_with (chat, before))
    {
      if (n++ < MAX_NAMES && *chat->name != '\0')
        g_string_append_printf (names, "%s%s", names->len > 0 ? ", " : "", chat->name);
      unread += chat->unread;
      fresh |= chat->fresh;
    }
  if (n > 1)
    {
      g_string_printf (title, "%u new messages in %u conversations", unread, n);
      body = g_string_append (names, n > MAX_NAMES ? ", …" : "")->str;
    }
  else
    {
      g_string_printf (title, unread > 1 && !first->is_muted ? "%s (%u)" : "%s", names->len > 0 ? names->str : "Message", unread);
      if (self->no_previews || holds (self, "no_push_detail", "", ""))
        body = first->is_mentioned ? "You were mentioned" : unread > 1 ? "New messages" : "New message";
    }
  hash = g_str_hash (title->str) * 33 + g_str_hash (body);
  if (!fresh && hash == first->shown)
    return TRUE;
  after = floo_desk_show (&self->desk, before, title->str, body, n == 1 && first->id > 0,
                          !fresh || holds (self, "no_sounds", "silence_start_time", "silence_end_time"));
  if (after == NULL)
    return FALSE;
  for (Chat *chat = first, *next; chat != NULL; chat = next)
    {
      next = next_with (chat, before);
      g_clear_pointer (&chat->note, g_variant_unref);
      chat->note = g_variant_ref (after);
      chat->shown = hash;
      chat->told = MAX (chat->told, chat->newest);
      chat->fresh = FALSE;
    }
  if (before != NULL && g_variant_equal (before, self->summary))
    {
      g_variant_unref (self->summary);
      self->summary = g_steal_pointer (&after);
    }
  return TRUE;
}

/* FALSE: something is left to be done. */
static gboolean
show (Notify *self)
{
  gint64 now = g_get_monotonic_time ();
  guint n_fresh = 0;

  if (!floo_follow_is_current (self->follow))
    return TRUE; /* on_caught_up() comes */
  if (!read_list (self))
    return FALSE;
  withdraw (self);
  if (now >= self->settings_until)
    read_settings (self);
  for (Chat *chat = self->chats.next; chat != NULL; chat = chat->next)
    n_fresh += chat->fresh;
  if (holds (self, "no_push", "no_push_start_hour", "no_push_end_hour"))
    {
      g_debug ("Nothing is shown in the quiet hours");
      return n_fresh == 0;
    }
  self->n_apart = now < self->apart_until ? self->n_apart : 0;
  self->apart_until = now < self->apart_until ? self->apart_until : now + APART_US;
  for (Chat *chat = self->chats.next; chat != NULL; chat = chat->next)
    self->n_apart += chat->fresh && chat->note == NULL;
  for (Chat *chat = self->chats.next; chat != NULL; chat = chat->next)
    if (self->n_apart > MAX_APART && chat->fresh && chat->note == NULL)
      chat->note = g_variant_ref (self->summary);
  for (Chat *chat = self->chats.next; chat != NULL; chat = chat->next)
    if ((chat->note != NULL ? next_with (&self->chats, chat->note) == chat : chat->fresh) && !show_note (self, chat))
      return FALSE;
  return TRUE;
}

/* ---- the state ---- */

/* Where only the serial is another one the file stays as it is: going on from the old one leads to the same. */
static void
save (Notify *self)
{
  guint64 serial;
  const char *journal = floo_follow_get_position (self->follow, &serial);
  GVariantBuilder chats;
  g_autoptr (GVariant) kept = NULL, state = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  if (journal == NULL)
    return;
  g_variant_builder_init (&chats, G_VARIANT_TYPE ("a" CHAT_TYPE));
  for (Chat *chat = self->chats.next; chat != NULL; chat = chat->next)
    g_variant_builder_add (&chats, CHAT_TYPE, chat->id, chat->told, chat->note, chat->shown);
  kept = g_variant_ref_sink (g_variant_new ("(smsa" CHAT_TYPE ")", journal, self->server, &chats));
  if (self->saved != NULL && g_variant_equal (kept, self->saved))
    return;
  state = g_variant_ref_sink (g_variant_new ("(t@*)", serial, kept));
  text = g_variant_print (state, TRUE);
  if (!g_file_set_contents_full (self->path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
    g_warning ("The state cannot be saved: %s", error->message);
  g_clear_pointer (&self->saved, g_variant_unref);
  self->saved = g_steal_pointer (&kept);
}

/* The lock is held until the process ends. */
static gboolean
lock_state (Notify *self, const char *instance, GError **error)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), FLOO_DIR_NAME, NULL);
  g_autofree char *path = g_strconcat (folder, "/notify", instance != NULL ? "-" : NULL, instance, NULL);
  g_autofree char *lock = g_strconcat (path, ".lock", NULL);
  int fd = g_mkdir_with_parents (folder, 0700) == 0 ? open (lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;

  self->path = g_steal_pointer (&path);
  if (fd >= 0 && flock (fd, LOCK_EX | LOCK_NB) == 0)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", lock,
               errno == EWOULDBLOCK ? "another flooim-notify runs" : g_strerror (errno));
  return FALSE;
}

/* ---- when something happens ---- */

static gboolean
on_timer (gpointer user_data)
{
  Notify *self = user_data;

  self->timer = show (self) ? 0 : g_timeout_add (RETRY_MS, on_timer, self);
  self->due = G_MAXINT64; /* what happens meanwhile does not wait for that */
  save (self);
  return G_SOURCE_REMOVE;
}

static void
show_later (Notify *self, gint64 ms)
{
  gint64 now = g_get_monotonic_time (), due = MAX (now + ms * 1000, self->gather_until);

  if (self->timer != 0 && self->due <= due)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->due = due;
  self->timer = g_timeout_add ((guint) ((due - now) / 1000), on_timer, self);
}

/* What the user did: the desktop names the notification, then the action, the reply, or the reason why it was closed. */
static void
on_desk_signal (GDBusProxy *proxy, const char *sender, const char *name, GVariant *args, gpointer user_data)
{
  Notify *self = user_data;
  g_autoptr (GVariant) note = NULL, what = NULL;
  const char *text;

  if (g_variant_n_children (args) < 2)
    return;
  note = g_variant_get_child_value (args, 0);
  what = g_variant_get_child_value (args, 1);
  text = g_variant_is_of_type (what, G_VARIANT_TYPE_STRING) ? g_variant_get_string (what, NULL) : "";
  for (Chat *chat = &self->chats; (chat = next_with (chat, note)) != NULL;)
    if (strcmp (name, "NotificationClosed") == 0)
      g_clear_pointer (&chat->note, g_variant_unref);
    else if (strcmp (name, "NotificationReplied") == 0 && *text != '\0')
      mark_read (self, chat, text);
    else if (strcmp (name, "ActionInvoked") == 0 && strcmp (text, FLOO_DESK_READ) == 0)
      mark_read (self, chat, NULL);
  save (self);
}

/* Also at the start. What another server showed is gone; what was shown while it was not known which one there is, is here. */
static void
on_desk_owner (Notify *self)
{
  g_autofree char *before = g_steal_pointer (&self->server);

  self->server = floo_desk_dup_server (&self->desk);
  for (Chat *chat = self->chats.next; chat != NULL && before != NULL && g_strcmp0 (before, self->server) != 0; chat = chat->next)
    g_clear_pointer (&chat->note, g_variant_unref);
  g_clear_pointer (&self->summary, g_variant_unref);
  self->summary = g_variant_ref_sink (g_variant_new_uint32 (0)); /* names none */
  g_clear_pointer (&self->desk.capabilities, g_strfreev);
  show_later (self, 0);
}

static gboolean
on_event (const char *name, gint64 time, GVariant *args, gpointer user_data)
{
  Notify *self = user_data;

  if (strcmp (name, "LoginSuccess") == 0)
    {
      self->gather_until = g_get_monotonic_time () + GATHER_LOGIN_US;
      self->settings_until = 0; /* of another user, perhaps */
    }
  if (strcmp (name, "ConversationsChanged") == 0)
    show_later (self, GATHER_MS);
  return TRUE;
}

static gboolean
on_begun (FlooBegin why, gpointer user_data)
{
  return TRUE; /* the list tells what is unread */
}

static void
on_caught_up (gpointer user_data)
{
  show_later (user_data, GATHER_MS);
}

static const FlooFollowFuncs follow_funcs = { on_event, on_begun, on_caught_up, NULL };

/* Goes on where it was left, or begins anew. */
static void
follow (Notify *self, const char *bus_name)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL, *journal = NULL;
  g_autoptr (GVariant) state = NULL;
  g_autoptr (GVariantIter) chats = NULL;
  guint64 serial = 0;
  gint64 id, told;
  GVariant *note;
  guint32 shown;

  if (g_file_get_contents (self->path, &text, NULL, &error))
    state = g_variant_parse (G_VARIANT_TYPE (STATE_TYPE), text, NULL, NULL, &error);
  if (state != NULL)
    g_variant_get (state, STATE_TYPE, &serial, &journal, &self->server, &chats);
  else if (!g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_warning ("%s cannot be read; beginning anew: %s", self->path, error->message);
  while (chats != NULL && g_variant_iter_next (chats, CHAT_TYPE, &id, &told, &note, &shown))
    {
      Chat *chat = ensure_chat (self, id);

      chat->told = told;
      chat->note = note;
      chat->shown = shown;
    }
  self->follow = floo_follow_new (g_dbus_proxy_get_connection (self->daemon), bus_name, TRUE, journal, serial, &follow_funcs, self);
}

/* ---- beginning and end ---- */

static volatile sig_atomic_t stopping;

/* Also when the bus goes away: GDBus raises SIGTERM then. What does not answer is left alone: the state is written after each show(). */
static void
on_terminate (int number)
{
  if (stopping)
    _exit (EX_OK);
  stopping = TRUE;
  alarm (STOP_S);
}

/* Returns: the exit status */
static int
run (Notify *self, const char *instance, GError **error)
{
  const GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION;
  g_autofree char *name = g_strconcat (instance != NULL ? FLOO_BUS_NAME_INSTANCE_PREFIX : FLOO_BUS_NAME, instance, NULL);

  self->desk.app_name = instance != NULL ? g_strdup_printf ("flooim (%s)", instance) : g_strdup ("flooim");
  if (!g_dbus_is_name (name))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s is no name of an instance", instance);
      return EX_USAGE;
    }
  if (!lock_state (self, instance, error))
    return EX_TEMPFAIL;
  signal (SIGINT, on_terminate);
  signal (SIGTERM, on_terminate);
  signal (SIGALRM, on_terminate);
  self->daemon = g_dbus_proxy_new_for_bus_sync (G_BUS_TYPE_SESSION, flags, NULL, name, FLOO_OBJECT_PATH, FLOO_IFACE_CONVERSATIONS, NULL, error);
  if (self->daemon == NULL || !floo_desk_open (&self->desk, error))
    return EX_UNAVAILABLE;
  g_dbus_proxy_set_default_timeout (self->desk.proxy, 5000); /* ms: events are queued meanwhile */
  self->settings = g_variant_ref_sink (g_variant_new ("a{sv}", NULL));
  follow (self, name);
  g_signal_connect (self->desk.proxy, "g-signal", G_CALLBACK (on_desk_signal), self);
  g_signal_connect_swapped (self->desk.proxy, "notify::g-name-owner", G_CALLBACK (on_desk_owner), self);
  on_desk_owner (self);
  while (!stopping)
    g_main_context_iteration (NULL, TRUE);
  return g_dbus_connection_is_closed (g_dbus_proxy_get_connection (self->daemon)) ? EX_UNAVAILABLE : EX_OK;
}

int
main (int argc, char **argv)
{
  static Notify self; /* as long as the process, with all that it has */
  g_autofree char *instance = NULL;
  gboolean verbose = FALSE, version = FALSE;
  const GOptionEntry entries[] = {
    { "instance", 'i', 0, G_OPTION_ARG_STRING, &instance, "Tell of the instance NAME of the daemon", "NAME" },
    { "no-previews", 0, 0, G_OPTION_ARG_NONE, &self.no_previews, "Show who wrote, not what", NULL },
    { "portal", 0, 0, G_OPTION_ARG_NONE, &self.desk.is_portal, "Use the portal, as in a Flatpak", NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &verbose, "Log more", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  int status = EX_OK;

  setlocale (LC_ALL, "");
  g_setenv ("GIO_USE_VFS", "local", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_set_prgname ("flooim-notify");
  self.desk.is_portal = g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS);
  g_option_context_set_summary (context, "Shows new messages of the floo instant messaging service as notifications of the desktop.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    status = EX_USAGE;
  floo_log_init (verbose ? FLOO_LOG_DEBUG : FLOO_LOG_INFO);
  if (version)
    g_print ("flooim-notify %s\n", FLOO_VERSION);
  else if (status == EX_OK)
    status = run (&self, instance, &error);
  if (error != NULL)
    g_printerr ("flooim-notify: %s\n", error->message);
  return status;
}
