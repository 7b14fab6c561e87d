/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * desk.c: notifications on the desktop, through org.freedesktop.Notifications or the portal of a sandbox.
 */
#include <string.h>

#include "notify/notify.h"

#define READ "mark-as-read"
#define REPLY "inline-reply"

typedef struct
{
  const char *name, *path, *interface;
  const char *show, *reply; /* its method, and the type of the answer: what names the notification, or nothing where we do */
  GVariant *(*content) (FlooDesk *desk, FlooChat *chat, const char *title, const char *body, gboolean can_reply, gboolean silent);
  const char *close; /* takes what names it */
  gboolean has_capabilities;
} Backend;

struct FlooDesk
{
  FlooNotify *owner;
  const Backend *backend;
  char *app_name;
  char *server; /* (nullable): its unique name */
  gboolean has_markup, has_reply;
  gboolean busy;
  gint64 showing; /* id of what is on its way */
  guint subscription, watch;
};

static GVariant *
server_content (FlooDesk *desk, FlooChat *chat, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  static const char *const actions[] = { REPLY, "Reply", READ, "Mark as read", NULL };
  g_autofree char *text = desk->has_markup ? g_markup_escape_text (body, -1) : g_strdup (body);
  guint32 replaced = chat->note != NULL && g_variant_is_of_type (chat->note, G_VARIANT_TYPE_UINT32) ? g_variant_get_uint32 (chat->note) : 0;
  GVariant *hints = g_variant_new_parsed ("{'desktop-entry': <'flooim-notify'>, 'category': <'im.received'>, 'suppress-sound': <%b>}", silent);

  return g_variant_new ("(susss^as@a{sv}i)", desk->app_name, replaced, "mail-unread", title, text,
                        can_reply && desk->has_reply ? actions : actions + 2, hints, -1);
}

static GVariant *
portal_name (gint64 id)
{
  g_autofree char *name = g_strdup_printf ("c%" G_GINT64_FORMAT, id);

  return g_variant_new_string (name);
}

static GVariant *
portal_content (FlooDesk *desk, FlooChat *chat, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  return g_variant_new_parsed ("(%*, {'title': <%s>, 'body': <%s>, 'priority': <%s>,"
                               " 'buttons': <[{'label': <'Mark as read'>, 'action': <'" READ "'>}]>})",
                               portal_name (chat->id), title, body, silent ? "low" : "normal");
}

static const Backend backends[] = {
  { "org.freedesktop.Notifications", "/org/freedesktop/Notifications", "org.freedesktop.Notifications", "Notify", "(u)", server_content,
    "CloseNotification", TRUE },
  { "org.freedesktop.portal.Desktop", "/org/freedesktop/portal/desktop", "org.freedesktop.portal.Notification", "AddNotification", "()",
    portal_content, "RemoveNotification", FALSE },
};

/* ---- showing and withdrawing ---- */

static void
call (FlooDesk *desk, const char *method, GVariant *args, const char *reply, GAsyncReadyCallback callback)
{
  const Backend *backend = desk->backend;

  g_dbus_connection_call (desk->owner->connection, backend->name, backend->path, backend->interface, method, args,
                          reply != NULL ? G_VARIANT_TYPE (reply) : NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, callback,
                          desk);
}

static void
on_shown (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) note = NULL;
  FlooDesk *desk = user_data;
  FlooChat *chat = floo_chat_find (desk->owner, desk->showing);

  desk->busy = FALSE;
  if (reply == NULL)
    g_warning ("A notification cannot be shown: %s", error->message);
  else if (g_variant_n_children (reply) > 0)
    note = g_variant_get_child_value (reply, 0);
  else
    note = g_variant_ref_sink (portal_name (desk->showing));
  if (chat == NULL && note != NULL)
    floo_desk_close (desk, note); /* it was read meanwhile */
  if (chat != NULL)
    {
      g_clear_pointer (&chat->note, g_variant_unref);
      chat->note = g_steal_pointer (&note);
    }
  floo_show_answered (desk->owner, desk->showing, reply != NULL);
}

void
floo_desk_show (FlooDesk *desk, FlooChat *chat, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  g_return_if_fail (!desk->busy);
  desk->busy = TRUE;
  desk->showing = chat->id;
  call (desk, desk->backend->show, desk->backend->content (desk, chat, title, body, can_reply, silent), desk->backend->reply, on_shown);
}

/* What becomes of the call shows nowhere: a server forgets what is closed already. */
void
floo_desk_close (FlooDesk *desk, GVariant *note)
{
  call (desk, desk->backend->close, g_variant_new_tuple (&note, 1), NULL, NULL);
}

gboolean
floo_desk_is_busy (FlooDesk *desk)
{
  return desk->busy;
}

/* ---- signals ---- */

/* Returns: (nullable): NULL: not one of ours */
static FlooChat *
find_noted (FlooDesk *desk, GVariant *note)
{
  GPtrArray *chats = desk->owner->chats;

  for (guint i = 0; i < chats->len; i++)
    {
      FlooChat *chat = chats->pdata[i];

      if (chat->note != NULL && g_variant_equal (chat->note, note))
        return chat;
    }
  return NULL;
}

/* Both backends name the notification first, then the action, the reply, or the reason why it was closed. */
static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
           gpointer user_data)
{
  FlooDesk *desk = user_data;
  g_autoptr (GVariant) note = NULL, what = NULL;
  const char *text;
  FlooChat *chat;

  if (g_variant_n_children (args) < 2)
    return;
  note = g_variant_get_child_value (args, 0);
  what = g_variant_get_child_value (args, 1);
  text = g_variant_is_of_type (what, G_VARIANT_TYPE_STRING) ? g_variant_get_string (what, NULL) : "";
  chat = find_noted (desk, note);
  if (chat == NULL)
    return;
  if (strcmp (name, "NotificationReplied") == 0 && *text != '\0')
    floo_show_chosen (desk->owner, chat, text);
  else if (strcmp (name, "ActionInvoked") == 0 && strcmp (text, READ) == 0)
    floo_show_chosen (desk->owner, chat, NULL);
  else if (strcmp (name, "NotificationClosed") == 0)
    {
      g_clear_pointer (&chat->note, g_variant_unref);
      if (!desk->busy || desk->showing != chat->id) /* else its successor is on the way */
        floo_show_closed (desk->owner, chat);
    }
}

static void
on_capabilities (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  FlooDesk *desk = user_data;
  g_autofree const char **capabilities = NULL;

  if (reply != NULL)
    {
      g_variant_get (reply, "(^a&s)", &capabilities);
      desk->has_markup = g_strv_contains (capabilities, "body-markup");
      desk->has_reply = g_strv_contains (capabilities, REPLY);
    }
  else
    g_info ("What the server of notifications can show is not known: %s", error->message);
  floo_notify_ready (desk->owner);
}

static void
on_appeared (GDBusConnection *connection, const char *name, const char *owner, gpointer user_data)
{
  FlooDesk *desk = user_data;

  g_free (desk->server);
  desk->server = g_strdup (owner);
  if (desk->backend->has_capabilities)
    call (desk, "GetCapabilities", NULL, "(as)", on_capabilities);
  else
    floo_notify_ready (desk->owner);
}

/* With the server its notifications are gone. */
static void
on_vanished (GDBusConnection *connection, const char *name, gpointer user_data)
{
  FlooDesk *desk = user_data;

  g_clear_pointer (&desk->server, g_free);
  for (guint i = 0; i < desk->owner->chats->len; i++)
    g_clear_pointer (&((FlooChat *) desk->owner->chats->pdata[i])->note, g_variant_unref);
  floo_notify_ready (desk->owner);
}

/* ---- beginning and end ---- */

FlooDesk *
floo_desk_new (FlooNotify *owner, const char *app_name, gboolean use_portal)
{
  const Backend *backend = &backends[use_portal ? 1 : 0];
  FlooDesk *desk = g_new0 (FlooDesk, 1);

  desk->owner = owner;
  desk->backend = backend;
  desk->app_name = g_strdup (app_name);
  desk->subscription = g_dbus_connection_signal_subscribe (owner->connection, backend->name, backend->interface, NULL, backend->path, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_signal, desk, NULL);
  desk->watch = g_bus_watch_name_on_connection (owner->connection, backend->name, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_appeared,
                                                on_vanished, desk, NULL);
  return desk;
}

/* A unique name means the same connection as long as the bus lives. */
char *
floo_desk_dup_server (FlooDesk *desk)
{
  return g_strdup_printf ("%s %s", g_dbus_connection_get_guid (desk->owner->connection), desk->server != NULL ? desk->server : "");
}
