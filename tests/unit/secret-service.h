/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * secret-service.h: a double of org.freedesktop.secrets: one collection, unlocked, plain sessions; and it can misbehave.
 */
#pragma once

#include <gio/gio.h>

#include "run-until.h"

#define SERVICE_PATH "/org/freedesktop/secrets"
#define COLLECTION_PATH SERVICE_PATH "/aliases/default"
#define ITEMS_PATH SERVICE_PATH "/collection/login"

typedef enum { SERVICE_TAKES, SERVICE_REFUSES, SERVICE_STALLS } ServiceMood;

typedef struct {
  GVariant *attributes; /* a{ss} */
  GVariant *secret;     /* (oayays) */
} ServiceItem;

typedef struct {
  GDBusConnection *bus;
  GDBusNodeInfo *info;
  GHashTable *items; /* path -> ServiceItem */
  GPtrArray *stalled; /* invocations that get no answer */
  guint next;
  guint owner;
  guint objects[3];
  gboolean owned;
  ServiceMood mood;
} Service;

static const char service_xml[]
    = "<node>"
      "<interface name='org.freedesktop.Secret.Service'>"
      "<method name='OpenSession'><arg type='s' direction='in'/><arg type='v' direction='in'/><arg type='v' direction='out'/>"
      "<arg type='o' direction='out'/></method>"
      "<method name='SearchItems'><arg type='a{ss}' direction='in'/><arg type='ao' direction='out'/><arg type='ao' direction='out'/>"
      "</method>"
      "<method name='GetSecrets'><arg type='ao' direction='in'/><arg type='o' direction='in'/><arg type='a{o(oayays)}' direction='out'/>"
      "</method>"
      "<property name='Collections' type='ao' access='read'/>"
      "</interface>"
      "<interface name='org.freedesktop.Secret.Collection'>"
      "<method name='CreateItem'><arg type='a{sv}' direction='in'/><arg type='(oayays)' direction='in'/><arg type='b' direction='in'/>"
      "<arg type='o' direction='out'/><arg type='o' direction='out'/></method>"
      "</interface>"
      "<interface name='org.freedesktop.Secret.Item'><method name='Delete'><arg type='o' direction='out'/></method></interface>"
      "</node>";

static void
service_item_free (gpointer data)
{
  ServiceItem *item = data;

  g_variant_unref (item->attributes);
  g_variant_unref (item->secret);
  g_free (item);
}

/* Whether all of @wanted are among the item's. */
static gboolean
service_matches (const ServiceItem *item, GVariant *wanted)
{
  GVariantIter iter;
  const char *key, *value, *have;

  g_variant_iter_init (&iter, wanted);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &value))
    if (!g_variant_lookup (item->attributes, key, "&s", &have) || g_strcmp0 (have, value) != 0)
      return FALSE;
  return TRUE;
}

/* Returns: (transfer none) (nullable): a path */
static const char *
service_find (Service *self, GVariant *wanted)
{
  GHashTableIter iter;
  gpointer path, item;

  g_hash_table_iter_init (&iter, self->items);
  while (g_hash_table_iter_next (&iter, &path, &item))
    if (service_matches (item, wanted))
      return path;
  return NULL;
}

static void
service_open_session (Service *self, GVariant *args, GDBusMethodInvocation *call)
{
  const char *algorithm;

  g_variant_get_child (args, 0, "&s", &algorithm);
  if (g_str_equal (algorithm, "plain"))
    g_dbus_method_invocation_return_value (call, g_variant_new ("(vo)", g_variant_new_string (""), SERVICE_PATH "/session/1"));
  else
    g_dbus_method_invocation_return_dbus_error (call, "org.freedesktop.DBus.Error.NotSupported", "plain only");
}

static void
service_search (Service *self, GVariant *args, GDBusMethodInvocation *call)
{
  g_autoptr (GVariant) wanted = g_variant_get_child_value (args, 0);
  const char *found = service_find (self, wanted);
  const char *paths[] = { found, NULL };
  const char *none[] = { NULL };

  g_dbus_method_invocation_return_value (call, g_variant_new ("(^ao^ao)", paths, none));
}

static void
service_get_secrets (Service *self, GVariant *args, GDBusMethodInvocation *call)
{
  g_autofree const char **paths = NULL;
  GVariantBuilder builder;

  g_variant_get_child (args, 0, "^a&o", &paths);
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{o(oayays)}"));
  for (guint i = 0; paths[i] != NULL; i++)
    {
      ServiceItem *item = g_hash_table_lookup (self->items, paths[i]);

      if (item != NULL)
        g_variant_builder_add (&builder, "{o@(oayays)}", paths[i], item->secret);
    }
  g_dbus_method_invocation_return_value (call, g_variant_new ("(a{o(oayays)})", &builder));
}

static void
service_create_item (Service *self, GVariant *args, GDBusMethodInvocation *call)
{
  g_autoptr (GVariant) properties = g_variant_get_child_value (args, 0);
  ServiceItem *item = g_new0 (ServiceItem, 1);
  g_autofree char *path = NULL;

  item->attributes = g_variant_lookup_value (properties, "org.freedesktop.Secret.Item.Attributes", G_VARIANT_TYPE ("a{ss}"));
  item->secret = g_variant_get_child_value (args, 1);
  path = g_strdup (service_find (self, item->attributes));
  if (path == NULL)
    path = g_strdup_printf (ITEMS_PATH "/%u", ++self->next);
  g_hash_table_replace (self->items, g_strdup (path), item);
  g_dbus_method_invocation_return_value (call, g_variant_new ("(oo)", path, "/"));
}

static void
service_delete (Service *self, GDBusMethodInvocation *call)
{
  g_hash_table_remove (self->items, g_dbus_method_invocation_get_object_path (call));
  g_dbus_method_invocation_return_value (call, g_variant_new ("(o)", "/"));
}

static void
service_call (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *method, GVariant *args,
              GDBusMethodInvocation *call, gpointer user_data)
{
  Service *self = user_data;

  if (g_str_equal (method, "OpenSession"))
    service_open_session (self, args, call);
  else if (self->mood == SERVICE_REFUSES)
    g_dbus_method_invocation_return_dbus_error (call, "org.freedesktop.DBus.Error.AccessDenied", "not today");
  else if (self->mood == SERVICE_STALLS)
    g_ptr_array_add (self->stalled, call);
  else if (g_str_equal (method, "SearchItems"))
    service_search (self, args, call);
  else if (g_str_equal (method, "GetSecrets"))
    service_get_secrets (self, args, call);
  else if (g_str_equal (method, "CreateItem"))
    service_create_item (self, args, call);
  else
    service_delete (self, call);
}

static GVariant *
service_property (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *name, GError **error,
                  gpointer user_data)
{
  return g_variant_new_objv (NULL, 0);
}

static const GDBusInterfaceVTable service_vtable = { .method_call = service_call, .get_property = service_property };

static char **
service_enumerate (GDBusConnection *bus, const char *sender, const char *path, gpointer user_data)
{
  return g_new0 (char *, 1);
}

static GDBusInterfaceInfo **
service_introspect (GDBusConnection *bus, const char *sender, const char *path, const char *node, gpointer user_data)
{
  Service *self = user_data;
  GDBusInterfaceInfo **infos = g_new0 (GDBusInterfaceInfo *, 2);

  if (node != NULL)
    infos[0] = g_dbus_interface_info_ref (self->info->interfaces[2]);
  return infos;
}

static const GDBusInterfaceVTable *
service_dispatch (GDBusConnection *bus, const char *sender, const char *path, const char *interface, const char *node,
                  gpointer *out_user_data, gpointer user_data)
{
  *out_user_data = user_data;
  return &service_vtable;
}

static const GDBusSubtreeVTable service_subtree
    = { .enumerate = service_enumerate, .introspect = service_introspect, .dispatch = service_dispatch };

static void
on_service_owned (GDBusConnection *bus, const char *name, gpointer user_data)
{
  ((Service *) user_data)->owned = TRUE;
}

static Service *
service_new (void)
{
  g_autoptr (GError) error = NULL;
  Service *self = g_new0 (Service, 1);

  self->bus = g_dbus_connection_new_for_address_sync (
      g_getenv ("DBUS_SESSION_BUS_ADDRESS"),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION, NULL, NULL, &error);
  g_assert_no_error (error);
  self->info = g_dbus_node_info_new_for_xml (service_xml, &error);
  g_assert_no_error (error);
  self->items = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, service_item_free);
  self->stalled = g_ptr_array_new ();
  self->objects[0]
      = g_dbus_connection_register_object (self->bus, SERVICE_PATH, self->info->interfaces[0], &service_vtable, self, NULL, &error);
  g_assert_no_error (error);
  self->objects[1]
      = g_dbus_connection_register_object (self->bus, COLLECTION_PATH, self->info->interfaces[1], &service_vtable, self, NULL, &error);
  g_assert_no_error (error);
  self->objects[2] = g_dbus_connection_register_subtree (self->bus, ITEMS_PATH, &service_subtree,
                                                         G_DBUS_SUBTREE_FLAGS_DISPATCH_TO_UNENUMERATED_NODES, self, NULL, &error);
  g_assert_no_error (error);
  self->owner = g_bus_own_name_on_connection (self->bus, "org.freedesktop.secrets", G_BUS_NAME_OWNER_FLAGS_NONE, on_service_owned, NULL,
                                              self, NULL);
  run_until (self->owned);
  return self;
}

/* Answers the calls that were held back. */
static void
service_release (Service *self)
{
  for (guint i = 0; i < self->stalled->len; i++)
    g_dbus_method_invocation_return_dbus_error (self->stalled->pdata[i], "org.freedesktop.DBus.Error.AccessDenied", "too late");
  g_ptr_array_set_size (self->stalled, 0);
}

static void
service_free (Service *self)
{
  service_release (self);
  g_bus_unown_name (self->owner);
  g_dbus_connection_unregister_object (self->bus, self->objects[0]);
  g_dbus_connection_unregister_object (self->bus, self->objects[1]);
  g_dbus_connection_unregister_subtree (self->bus, self->objects[2]);
  g_dbus_connection_close_sync (self->bus, NULL, NULL);
  g_object_unref (self->bus);
  g_dbus_node_info_unref (self->info);
  g_hash_table_unref (self->items);
  g_ptr_array_unref (self->stalled);
  g_free (self);
}
