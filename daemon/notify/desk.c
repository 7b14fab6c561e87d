/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/desk.h"

#include <string.h>

#define SERVER "org.freedesktop.Notifications"
#define SERVER_PATH "/org/freedesktop/Notifications"
#define PORTAL "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"
#define PORTAL_INTERFACE "org.freedesktop.portal.Notification"
#define DESKTOP_ENTRY "flooim-notify"
#define ICON "mail-unread"
#define READ "mark-as-read"
#define REPLY "inline-reply"
#define GROUP "shown"

typedef struct
{
  char *title, *body;
  gboolean can_reply, silent;
} Content;

/* One notification. Calls of one follow each other, so that a second text replaces the first. */
typedef struct
{
  FlooDesk *desk;
  char *key;
  guint32 id;    /* the server's; 0: not shown */
  gboolean busy; /* a call is under way */
  gboolean withdrawn;
  Content *next; /* (nullable): to be shown next */
} Bubble;

struct FlooDesk
{
  GDBusConnection *connection;
  char *app_name;
  gboolean portal;
  const FlooDeskFuncs *funcs;
  gpointer user_data;
  GCancellable *cancellable;
  GHashTable *bubbles; /* key -> Bubble */
  char *owner;         /* (nullable): the server's unique name */
  gboolean has_markup, has_reply;
  guint calls;
  guint subscription, name;
};

static void send_next (Bubble *bubble);

static void
free_content (Content *content)
{
  g_free (content->title);
  g_free (content->body);
  g_free (content);
}

static void
free_bubble (gpointer data)
{
  Bubble *bubble = data;

  g_clear_pointer (&bubble->next, free_content);
  g_free (bubble->key);
  g_free (bubble);
}

static Bubble *
ensure_bubble (FlooDesk *desk, const char *key)
{
  Bubble *bubble = g_hash_table_lookup (desk->bubbles, key);

  if (bubble == NULL)
    {
      bubble = g_new0 (Bubble, 1);
      bubble->desk = desk;
      bubble->key = g_strdup (key);
      g_hash_table_insert (desk->bubbles, bubble->key, bubble);
    }
  return bubble;
}

/* ---- calls ---- */

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  Bubble *bubble = user_data;
  FlooDesk *desk;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  desk = bubble->desk;
  bubble->busy = FALSE;
  desk->calls--;
  if (reply == NULL)
    {
      g_warning ("A notification cannot be shown: %s", error->message);
      bubble->id = 0;
      if (bubble->next == NULL && !bubble->withdrawn)
        desk->funcs->failed (bubble->key, desk->user_data);
    }
  else if (desk->portal)
    bubble->id = 1;
  else
    g_variant_get (reply, "(u)", &bubble->id);
  send_next (bubble);
  if (desk->calls == 0)
    desk->funcs->idle (desk->user_data);
}

static GVariant *
portal_notification (const Bubble *bubble, const Content *content)
{
  GVariantBuilder dict, buttons, button;

  g_variant_builder_init (&button, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&button, "{sv}", "label", g_variant_new_string ("Mark as read"));
  g_variant_builder_add (&button, "{sv}", "action", g_variant_new_string (READ));
  g_variant_builder_init (&buttons, G_VARIANT_TYPE ("aa{sv}"));
  g_variant_builder_add (&buttons, "a{sv}", &button);
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&dict, "{sv}", "title", g_variant_new_string (content->title));
  g_variant_builder_add (&dict, "{sv}", "body", g_variant_new_string (content->body));
  g_variant_builder_add (&dict, "{sv}", "priority", g_variant_new_string (content->silent ? "low" : "normal"));
  g_variant_builder_add (&dict, "{sv}", "buttons", g_variant_builder_end (&buttons));
  return g_variant_new ("(sa{sv})", bubble->key, &dict);
}

static GVariant *
server_notification (const Bubble *bubble, const Content *content)
{
  FlooDesk *desk = bubble->desk;
  g_autofree char *body = desk->has_markup ? g_markup_escape_text (content->body, -1) : g_strdup (content->body);
  GVariantBuilder actions, hints;

  g_variant_builder_init (&actions, G_VARIANT_TYPE ("as"));
  if (desk->has_reply && content->can_reply)
    {
      g_variant_builder_add (&actions, "s", REPLY);
      g_variant_builder_add (&actions, "s", "Reply");
    }
  g_variant_builder_add (&actions, "s", READ);
  g_variant_builder_add (&actions, "s", "Mark as read");
  g_variant_builder_init (&hints, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&hints, "{sv}", "desktop-entry", g_variant_new_string (DESKTOP_ENTRY));
  g_variant_builder_add (&hints, "{sv}", "category", g_variant_new_string ("im.received"));
  if (content->silent)
    g_variant_builder_add (&hints, "{sv}", "suppress-sound", g_variant_new_boolean (TRUE));
  return g_variant_new ("(susssasa{sv}i)", desk->app_name, bubble->id, ICON, content->title, body, &actions, &hints, -1);
}

/* What becomes of it shows nowhere: a server forgets what is closed already. */
static void
close_bubble (Bubble *bubble)
{
  FlooDesk *desk = bubble->desk;

  if (desk->portal)
    g_dbus_connection_call (desk->connection, PORTAL, PORTAL_PATH, PORTAL_INTERFACE, "RemoveNotification",
                            g_variant_new ("(s)", bubble->key), NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL, NULL);
  else if (bubble->id != 0)
    g_dbus_connection_call (desk->connection, SERVER, SERVER_PATH, SERVER, "CloseNotification", g_variant_new ("(u)", bubble->id), NULL,
                            G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
  g_hash_table_remove (desk->bubbles, bubble->key);
}

static void
send_next (Bubble *bubble)
{
  FlooDesk *desk = bubble->desk;
  g_autofree Content *content = NULL;

  if (bubble->withdrawn)
    close_bubble (bubble);
  if (bubble->withdrawn || bubble->next == NULL)
    return;
  content = g_steal_pointer (&bubble->next);
  bubble->busy = TRUE;
  desk->calls++;
  if (desk->portal)
    g_dbus_connection_call (desk->connection, PORTAL, PORTAL_PATH, PORTAL_INTERFACE, "AddNotification",
                            portal_notification (bubble, content), NULL, G_DBUS_CALL_FLAGS_NONE, -1, desk->cancellable, on_sent, bubble);
  else
    g_dbus_connection_call (desk->connection, SERVER, SERVER_PATH, SERVER, "Notify", server_notification (bubble, content),
                            G_VARIANT_TYPE ("(u)"), G_DBUS_CALL_FLAGS_NONE, -1, desk->cancellable, on_sent, bubble);
  g_free (content->title);
  g_free (content->body);
}

void
floo_desk_show (FlooDesk *desk, const char *key, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  Bubble *bubble = ensure_bubble (desk, key);

  g_clear_pointer (&bubble->next, free_content);
  bubble->next = g_new (Content, 1);
  *bubble->next = (Content){ g_strdup (title), g_strdup (body), can_reply, silent };
  bubble->withdrawn = FALSE;
  if (!bubble->busy)
    send_next (bubble);
}

void
floo_desk_withdraw (FlooDesk *desk, const char *key)
{
  Bubble *bubble = g_hash_table_lookup (desk->bubbles, key);

  if (bubble == NULL)
    return;
  bubble->withdrawn = TRUE;
  if (!bubble->busy)
    close_bubble (bubble);
}

gboolean
floo_desk_is_idle (FlooDesk *desk)
{
  return desk->calls == 0;
}

/* ---- signals ---- */

static Bubble *
find_by_id (FlooDesk *desk, guint32 id)
{
  GHashTableIter iter;
  Bubble *bubble;

  g_hash_table_iter_init (&iter, desk->bubbles);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &bubble))
    if (bubble->id == id && id != 0)
      return bubble;
  return NULL;
}

/* All servers' signals are (u, something): closed, an action, a reply. */
static void
on_server_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name,
                  GVariant *args, gpointer user_data)
{
  FlooDesk *desk = user_data;
  gboolean is_text = g_variant_is_of_type (args, G_VARIANT_TYPE ("(us)"));
  const char *text = "";
  Bubble *bubble;
  guint32 id;

  if (!is_text && !g_variant_is_of_type (args, G_VARIANT_TYPE ("(uu)")))
    return;
  g_variant_get_child (args, 0, "u", &id);
  bubble = find_by_id (desk, id);
  if (bubble == NULL)
    return;
  if (is_text)
    g_variant_get_child (args, 1, "&s", &text);
  if (strcmp (name, "NotificationReplied") == 0 && *text != '\0')
    desk->funcs->chosen (bubble->key, text, desk->user_data);
  else if (strcmp (name, "ActionInvoked") == 0 && strcmp (text, READ) == 0)
    desk->funcs->chosen (bubble->key, NULL, desk->user_data);
  else if (strcmp (name, "NotificationClosed") == 0)
    {
      bubble->id = 0;
      if (bubble->busy)
        return; /* its successor is on the way */
      g_autofree char *key = g_strdup (bubble->key);
      g_hash_table_remove (desk->bubbles, key);
      desk->funcs->closed (key, desk->user_data);
    }
}

static void
on_portal_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name,
                  GVariant *args, gpointer user_data)
{
  FlooDesk *desk = user_data;
  const char *key, *action;

  if (!g_variant_is_of_type (args, G_VARIANT_TYPE ("(ssav)")))
    return;
  g_variant_get (args, "(&s&sav)", &key, &action, NULL);
  if (g_hash_table_contains (desk->bubbles, key) && strcmp (action, READ) == 0)
    desk->funcs->chosen (key, NULL, desk->user_data);
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooDesk *desk = user_data;
  g_autofree const char **capabilities = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (reply != NULL)
    {
      g_variant_get (reply, "(^a&s)", &capabilities);
      desk->has_markup = g_strv_contains (capabilities, "body-markup");
      desk->has_reply = g_strv_contains (capabilities, REPLY);
    }
  desk->funcs->ready (desk->user_data);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  FlooDesk *desk = user_data;

  g_free (desk->owner);
  desk->owner = g_strdup (owner);
  if (desk->portal)
    desk->funcs->ready (desk->user_data);
  else
    g_dbus_connection_call (connection, SERVER, SERVER_PATH, SERVER, "GetCapabilities", NULL, G_VARIANT_TYPE ("(as)"),
                            G_DBUS_CALL_FLAGS_NONE, -1, desk->cancellable, on_capabilities, desk);
}

/* With the server its notifications are gone. */
static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  FlooDesk *desk = user_data;
  GHashTableIter iter;
  Bubble *bubble;

  g_clear_pointer (&desk->owner, g_free);
  g_hash_table_iter_init (&iter, desk->bubbles);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &bubble))
    bubble->id = 0;
  desk->funcs->ready (desk->user_data);
}

/* ---- beginning and end ---- */

FlooDesk *
floo_desk_new (GDBusConnection *connection, const char *app_name, gboolean portal, const FlooDeskFuncs *funcs, gpointer user_data)
{
  FlooDesk *desk = g_new0 (FlooDesk, 1);

  *desk = (FlooDesk){ .connection = connection,
                      .app_name = g_strdup (app_name),
                      .portal = portal,
                      .funcs = funcs,
                      .user_data = user_data,
                      .cancellable = g_cancellable_new () };
  desk->bubbles = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, free_bubble);
  desk->subscription = g_dbus_connection_signal_subscribe (connection, portal ? PORTAL : SERVER, portal ? PORTAL_INTERFACE : SERVER, NULL,
                                                           portal ? PORTAL_PATH : SERVER_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                           portal ? on_portal_signal : on_server_signal, desk, NULL);
  desk->name = g_bus_watch_name_on_connection (connection, portal ? PORTAL : SERVER, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_appeared,
                                               on_vanished, desk, NULL);
  return desk;
}

void
floo_desk_free (FlooDesk *desk)
{
  g_cancellable_cancel (desk->cancellable);
  g_object_unref (desk->cancellable);
  g_bus_unwatch_name (desk->name);
  g_dbus_connection_signal_unsubscribe (desk->connection, desk->subscription);
  g_hash_table_unref (desk->bubbles);
  g_free (desk->owner);
  g_free (desk->app_name);
  g_free (desk);
}

/* A unique name means the same connection as long as the bus lives. */
static char *
dup_server (FlooDesk *desk)
{
  return g_strdup_printf ("%s %s", g_dbus_connection_get_guid (desk->connection), desk->owner != NULL ? desk->owner : "");
}

void
floo_desk_save (FlooDesk *desk, GKeyFile *file)
{
  g_autofree char *server = dup_server (desk);
  GHashTableIter iter;
  Bubble *bubble;

  g_key_file_set_string (file, GROUP, "server", server);
  g_hash_table_iter_init (&iter, desk->bubbles);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &bubble))
    if (bubble->id != 0)
      g_key_file_set_uint64 (file, GROUP, bubble->key, bubble->id);
}

gboolean
floo_desk_load (FlooDesk *desk, GKeyFile *file)
{
  g_autofree char *server = dup_server (desk);
  g_autofree char *saved = g_key_file_get_string (file, GROUP, "server", NULL);
  g_auto (GStrv) keys = g_key_file_get_keys (file, GROUP, NULL, NULL);

  if (g_strcmp0 (server, saved) != 0)
    return FALSE;
  for (guint i = 0; keys != NULL && keys[i] != NULL; i++)
    if (strcmp (keys[i], "server") != 0)
      ensure_bubble (desk, keys[i])->id = (guint32) g_key_file_get_uint64 (file, GROUP, keys[i], NULL);
  return TRUE;
}
