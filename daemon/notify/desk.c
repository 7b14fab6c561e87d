/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notify/desk.h"

GVariant *
floo_desk_call (GDBusProxy *proxy, const char *method, GVariant *args)
{
  g_autoptr (GError) error = NULL;
  GVariant *reply = g_dbus_proxy_call_sync (proxy, method, args, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);

  if (reply == NULL)
    g_warning ("%s failed: %s", method, error->message);
  return reply;
}

gboolean
floo_desk_open (FlooDesk *desk, GError **error)
{
  const char *name = desk->is_portal ? "org.freedesktop.portal.Desktop" : "org.freedesktop.Notifications";
  const char *path = desk->is_portal ? "/org/freedesktop/portal/desktop" : "/org/freedesktop/Notifications";
  const GDBusProxyFlags flags = G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES | G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START_AT_CONSTRUCTION;
  g_autoptr (GVariant) pong = NULL;

  desk->proxy = g_dbus_proxy_new_for_bus_sync (G_BUS_TYPE_SESSION, flags, NULL, name, path,
                                               desk->is_portal ? "org.freedesktop.portal.Notification" : name, NULL, error);
  if (desk->proxy != NULL)
    pong = floo_desk_call (desk->proxy, "org.freedesktop.DBus.Peer.Ping", NULL); /* so that there is a server, if it can be started */
  return desk->proxy != NULL;
}

/* A unique name means the same connection as long as the bus lives. */
char *
floo_desk_dup_server (FlooDesk *desk)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (desk->proxy);

  return owner != NULL ? g_strjoin (" ", g_dbus_connection_get_guid (g_dbus_proxy_get_connection (desk->proxy)), owner, NULL) : NULL;
}

/* Here it is the program that names its notifications. */
static GVariant *
show_on_portal (FlooDesk *desk, GVariant *replaced, const char *title, const char *body, gboolean silent)
{
  gboolean has_name = replaced != NULL && g_variant_is_of_type (replaced, G_VARIANT_TYPE_STRING);
  g_autofree char *name = has_name ? g_variant_dup_string (replaced, NULL) : g_strdup_printf ("%" G_GINT64_FORMAT, g_get_real_time ());
  GVariant *args = g_variant_new_parsed ("(%s, {'title': <%s>, 'body': <%s>, 'priority': <%s>,"
                                         " 'buttons': <[{'label': <'Mark as read'>, 'action': <'" FLOO_DESK_READ "'>}]>})",
                                         name, title, body, silent ? "low" : "normal");
  g_autoptr (GVariant) reply = floo_desk_call (desk->proxy, "AddNotification", args);

  return reply != NULL ? g_variant_ref_sink (g_variant_new_string (name)) : NULL;
}

GVariant *
floo_desk_show (FlooDesk *desk, GVariant *replaced, const char *title, const char *body, gboolean can_reply, gboolean silent)
{
  static const char *const actions[] = { "inline-reply", "Reply", FLOO_DESK_READ, "Mark as read", NULL }, *const nothing[] = { NULL }, *const *able;
  g_autoptr (GVariant) can = NULL, reply = NULL;
  g_autofree char *text = NULL;
  GVariant *args, *hints;

  if (desk->is_portal)
    return show_on_portal (desk, replaced, title, body, silent);
  if (desk->capabilities == NULL && (can = floo_desk_call (desk->proxy, "GetCapabilities", NULL)) != NULL)
    g_variant_get (can, "(^as)", &desk->capabilities);
  able = desk->capabilities != NULL ? (const char *const *) desk->capabilities : nothing;
  text = g_strv_contains (able, "body-markup") ? g_markup_escape_text (body, -1) : g_strdup (body);
  hints = g_variant_new_parsed ("{'desktop-entry': <'flooim-notify'>, 'category': <'im.received'>, 'suppress-sound': <%b>}", silent);
  args = g_variant_new ("(susss^as@a{sv}i)", desk->app_name, replaced != NULL ? g_variant_get_uint32 (replaced) : 0, "mail-unread", title,
                        text, can_reply && g_strv_contains (able, "inline-reply") ? actions : actions + 2, hints, -1);
  reply = floo_desk_call (desk->proxy, "Notify", args);
  return reply != NULL ? g_variant_get_child_value (reply, 0) : NULL;
}

/* What becomes of the call shows nowhere: a server forgets what is closed already. */
void
floo_desk_close (FlooDesk *desk, GVariant *note)
{
  g_dbus_proxy_call (desk->proxy, desk->is_portal ? "RemoveNotification" : "CloseNotification", g_variant_new_tuple (&note, 1),
                     G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, NULL, NULL, NULL);
}
