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
  const char *show, *reply; /* its method, and the type of the answer: the id, or nothing where the key is the id */
  GVariant *(*content) (FlooDesk *desk, const char *key, const char *title, const char *body, gboolean can_reply, gboolean silent);
  const char *close; /* takes the id */
  gboolean has_capabilities;
} Backend;

struct FlooDesk
{
  FlooNotify *owner;
  const Backend *backend;
  char *app_name;
  GHashTable *ids; /* key -> GVariant: what is shown, as the backend names it */
  char *server;    /* (nullable): its unique name */
  gboolean has_markup, has_reply;
  char *showing;      /* (nullable): key of the notification that is on its way */
  gboolean withdrawn; /* it is to be closed when it is there */
  guint subscription, watch;
};

static GVariant *
server_content (FlooDesk *desk, const char *key, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  static const char *const actions[] = { REPLY, "Reply", READ, "Mark as read", NULL };
  g_autofree char *text = desk->has_markup ? g_markup_escape_text (body, -1) : g_strdup (body);
  GVariant *id = g_hash_table_lookup (desk->ids, key);
  GVariant *hints = g_variant_new_parsed ("{'desktop-entry': <'flooim-notify'>, 'category': <'im.received'>, 'suppress-sound': <%b>}", silent);

  return g_variant_new ("(susss^as@a{sv}i)", desk->app_name, id != NULL ? g_variant_get_uint32 (id) : 0, "mail-unread", title, text,
                        can_reply && desk->has_reply ? actions : actions + 2, hints, -1);
}

static GVariant *
portal_content (FlooDesk *desk, const char *key, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  return g_variant_new_parsed ("(%s, {'title': <%s>, 'body': <%s>, 'priority': <%s>,"
                               " 'buttons': <[{'label': <'Mark as read'>, 'action': <'" READ "'>}]>})",
                               key, title, body, silent ? "low" : "normal");
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
  FlooDesk *desk = user_data;
  g_autofree char *key = NULL;

  key = g_steal_pointer (&desk->showing);
  g_hash_table_remove (desk->ids, key);
  if (reply == NULL)
    g_warning ("A notification cannot be shown: %s", error->message);
  else
    g_hash_table_insert (desk->ids, g_strdup (key),
                         g_variant_n_children (reply) > 0 ? g_variant_get_child_value (reply, 0) : g_variant_take_ref (g_variant_new_string (key)));
  if (desk->withdrawn)
    floo_desk_withdraw (desk, key);
  floo_show_answered (desk->owner, key, reply != NULL);
}

void
floo_desk_show (FlooDesk *desk, const char *key, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  g_return_if_fail (desk->showing == NULL);
  desk->showing = g_strdup (key);
  desk->withdrawn = FALSE;
  call (desk, desk->backend->show, desk->backend->content (desk, key, title, body, can_reply, silent), desk->backend->reply, on_shown);
}

void
floo_desk_withdraw (FlooDesk *desk, const char *key)
{
  GVariant *id = g_hash_table_lookup (desk->ids, key);

  if (g_strcmp0 (desk->showing, key) == 0)
    desk->withdrawn = TRUE;
  else if (id != NULL)
    {
      /* What becomes of the call shows nowhere: a server forgets what is closed already. */
      call (desk, desk->backend->close, g_variant_new_tuple (&id, 1), NULL, NULL);
      g_hash_table_remove (desk->ids, key);
    }
}

gboolean
floo_desk_is_busy (FlooDesk *desk)
{
  return desk->showing != NULL;
}

/* ---- signals ---- */

/* Returns: (transfer full) (nullable): NULL: it is none of ours */
static char *
dup_key (FlooDesk *desk, GVariant *id)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, desk->ids);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (g_variant_equal (value, id))
      return g_strdup (key);
  return NULL;
}

/* Both backends name the notification first, then the action, the reply, or the reason why it was closed. */
static void
on_signal (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name, GVariant *args,
           gpointer user_data)
{
  FlooDesk *desk = user_data;
  g_autoptr (GVariant) id = NULL, what = NULL;
  g_autofree char *key = NULL;
  const char *text;

  if (g_variant_n_children (args) < 2)
    return;
  id = g_variant_get_child_value (args, 0);
  what = g_variant_get_child_value (args, 1);
  text = g_variant_is_of_type (what, G_VARIANT_TYPE_STRING) ? g_variant_get_string (what, NULL) : "";
  key = dup_key (desk, id);
  if (key == NULL)
    return;
  if (strcmp (name, "NotificationReplied") == 0 && *text != '\0')
    floo_show_chosen (desk->owner, key, text);
  else if (strcmp (name, "ActionInvoked") == 0 && strcmp (text, READ) == 0)
    floo_show_chosen (desk->owner, key, NULL);
  else if (strcmp (name, "NotificationClosed") == 0)
    {
      g_hash_table_remove (desk->ids, key);
      if (g_strcmp0 (desk->showing, key) != 0) /* else its successor is on the way */
        floo_show_closed (desk->owner, key);
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
  g_hash_table_remove_all (desk->ids);
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
  desk->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
  desk->subscription = g_dbus_connection_signal_subscribe (owner->connection, backend->name, backend->interface, NULL, backend->path, NULL,
                                                           G_DBUS_SIGNAL_FLAGS_NONE, on_signal, desk, NULL);
  desk->watch = g_bus_watch_name_on_connection (owner->connection, backend->name, G_BUS_NAME_WATCHER_FLAGS_AUTO_START, on_appeared,
                                                on_vanished, desk, NULL);
  return desk;
}

/* A unique name means the same connection as long as the bus lives. */
static char *
dup_server (FlooDesk *desk)
{
  return g_strdup_printf ("%s %s", g_dbus_connection_get_guid (desk->owner->connection), desk->server != NULL ? desk->server : "");
}

GVariant *
floo_desk_save (FlooDesk *desk)
{
  g_autofree char *server = dup_server (desk);
  GVariantBuilder ids;
  GHashTableIter iter;
  gpointer key, id;

  g_variant_builder_init (&ids, G_VARIANT_TYPE_VARDICT);
  g_hash_table_iter_init (&iter, desk->ids);
  while (g_hash_table_iter_next (&iter, &key, &id))
    g_variant_builder_add (&ids, "{sv}", key, id);
  return g_variant_new ("(sa{sv})", server, &ids);
}

gboolean
floo_desk_restore (FlooDesk *desk, GVariant *saved)
{
  const GVariantType *type = desk->backend->has_capabilities ? G_VARIANT_TYPE_UINT32 : G_VARIANT_TYPE_STRING;
  g_autofree char *server = dup_server (desk);
  g_autoptr (GVariantIter) ids = NULL;
  const char *saved_server, *key;
  GVariant *id;

  g_variant_get (saved, "(&sa{sv})", &saved_server, &ids);
  if (strcmp (server, saved_server) != 0)
    return FALSE;
  while (g_variant_iter_loop (ids, "{&sv}", &key, &id))
    if (g_variant_is_of_type (id, type))
      g_hash_table_replace (desk->ids, g_strdup (key), g_variant_ref (id));
  return TRUE;
}
