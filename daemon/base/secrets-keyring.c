/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secrets-keyring.h"

#include "base/error.h"

#ifdef HAVE_LIBSECRET

#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>

static const SecretSchema schema = {
  .name = FLOO_KEYRING_SCHEMA,
  .flags = SECRET_SCHEMA_NONE,
  .attributes = { { "instance", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

/* Does not match the schema's name: GNOME Keyring does not know that attribute of items in a keyring that was not unlocked since its start. */
static const SecretSchema locked_schema = {
  .name = FLOO_KEYRING_SCHEMA,
  .flags = SECRET_SCHEMA_DONT_MATCH_NAME,
  .attributes = { { "instance", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

typedef struct {
  SecretService *service;
  GHashTable *attributes;
  gboolean unlock; /* may ask the user, once */
} Lookup;

static void
lookup_free (Lookup *lookup)
{
  g_clear_object (&lookup->service);
  g_hash_table_unref (lookup->attributes);
  g_free (lookup);
}

static void search (GTask *task);

gboolean
floo_keyring_is_built_in (void)
{
  return TRUE;
}

/* Each step of a lookup takes @task over. */

static void
on_unlocked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_auto (GStrv) paths = NULL;

  if (secret_service_unlock_dbus_paths_finish (SECRET_SERVICE (source), result, &paths, &error) > 0)
    search (g_steal_pointer (&task));
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_KEYRING, "The keyring that holds the login is locked, and was not unlocked when asked");
}

/* @path: of a collection or an item */
static void
found_locked (GTask *task, const char *path)
{
  Lookup *lookup = g_task_get_task_data (task);
  const char *paths[] = { path, NULL };

  if (!lookup->unlock)
    {
      g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_KEYRING, "The keyring that holds the login is locked");
      g_object_unref (task);
      return;
    }
  lookup->unlock = FALSE;
  secret_service_unlock_dbus_paths (lookup->service, paths, g_task_get_cancellable (task), on_unlocked, task);
}

static void
on_default_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, &error);
  g_autoptr (GVariant) value = NULL;

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_variant_get (reply, "(v)", &value);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN) && g_variant_get_boolean (value))
    {
      g_autofree char *path = g_strdup (g_object_get_data (G_OBJECT (task), "path"));

      found_locked (g_steal_pointer (&task), path);
    }
  else
    g_task_return_pointer (task, NULL, NULL);
}

static void
on_default (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char *path = secret_service_read_alias_dbus_path_finish (SECRET_SERVICE (source), result, &error);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (path == NULL)
    {
      g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_KEYRING, "The login is in a keyring, and no keyring is open in the Secret Service");
      return;
    }
  g_object_set_data_full (G_OBJECT (task), "path", path, g_free);
  g_dbus_connection_call (g_dbus_proxy_get_connection (G_DBUS_PROXY (source)), FLOO_KEYRING_NAME, path, "org.freedesktop.DBus.Properties",
                          "Get", g_variant_new ("(ss)", "org.freedesktop.Secret.Collection", "Locked"), G_VARIANT_TYPE ("(v)"),
                          G_DBUS_CALL_FLAGS_NONE, -1, g_task_get_cancellable (task), on_default_locked, g_object_ref (task));
}

/* The Secret Service need not know the items of a locked collection. */
static void
on_searched_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_auto (GStrv) locked = NULL;

  if (!secret_service_search_for_dbus_paths_finish (SECRET_SERVICE (source), result, NULL, &locked, &error))
    g_task_return_error (task, error);
  else if (locked != NULL && locked[0] != NULL)
    found_locked (g_steal_pointer (&task), locked[0]);
  else
    secret_service_read_alias_dbus_path (SECRET_SERVICE (source), "default", g_task_get_cancellable (task), on_default,
                                         g_object_ref (task));
}

static void
on_secret (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  SecretValue *value = secret_service_get_secret_for_dbus_path_finish (SECRET_SERVICE (source), result, &error);
  char *text = value != NULL ? secret_value_unref_to_password (value, NULL) : NULL;

  if (error != NULL)
    g_task_return_error (task, error);
  else if (text == NULL)
    g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_FILE, "The Secret Service: the login is not a text");
  else
    g_task_return_pointer (task, text, (GDestroyNotify) secret_password_free);
}

static void
on_searched (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Lookup *lookup = g_task_get_task_data (task);
  GError *error = NULL;
  g_auto (GStrv) unlocked = NULL;
  g_auto (GStrv) locked = NULL;

  if (!secret_service_search_for_dbus_paths_finish (lookup->service, result, &unlocked, &locked, &error))
    g_task_return_error (task, error);
  else if (unlocked != NULL && unlocked[0] != NULL)
    secret_service_get_secret_for_dbus_path (lookup->service, unlocked[0], g_task_get_cancellable (task), on_secret, g_object_ref (task));
  else if (locked != NULL && locked[0] != NULL)
    found_locked (g_steal_pointer (&task), locked[0]);
  else
    secret_service_search_for_dbus_paths (lookup->service, &locked_schema, lookup->attributes, g_task_get_cancellable (task),
                                          on_searched_locked, g_object_ref (task));
}

static void
search (GTask *task)
{
  Lookup *lookup = g_task_get_task_data (task);

  secret_service_search_for_dbus_paths (lookup->service, &schema, lookup->attributes, g_task_get_cancellable (task), on_searched, task);
}

static void
on_service (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Lookup *lookup = g_task_get_task_data (task);
  GError *error = NULL;

  lookup->service = secret_service_get_finish (result, &error);
  if (lookup->service == NULL)
    g_task_return_error (task, error);
  else
    search (g_steal_pointer (&task));
}

void
floo_keyring_lookup_async (const char *instance, gboolean unlock, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Lookup *lookup = g_new0 (Lookup, 1);

  g_task_set_source_tag (task, floo_keyring_lookup_async);
  lookup->attributes = secret_attributes_build (&schema, "instance", instance, NULL);
  lookup->unlock = unlock;
  g_task_set_task_data (task, lookup, (GDestroyNotify) lookup_free);
  secret_service_get (SECRET_SERVICE_OPEN_SESSION, cancellable, on_service, task);
}

char *
floo_keyring_lookup_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
floo_keyring_text_free (char *text)
{
  secret_password_free (text);
}

void
floo_keyring_store_async (const char *instance, const char *text, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autofree char *label = *instance != '\0' ? g_strdup_printf ("Lanying IM login (%s)", instance) : g_strdup ("Lanying IM login");

  secret_password_store (&schema, SECRET_COLLECTION_DEFAULT, label, text, cancellable, callback, user_data, "instance", instance, NULL);
}

gboolean
floo_keyring_store_finish (GAsyncResult *result, GError **error)
{
  return secret_password_store_finish (result, error);
}

void
floo_keyring_clear_async (const char *instance, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  secret_password_clear (&schema, cancellable, callback, user_data, "instance", instance, NULL);
}

gboolean
floo_keyring_clear_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (GError) local = NULL;

  /* FALSE without an error: there was none. */
  if (secret_password_clear_finish (result, &local) || local == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}

#else

static void
refuse (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_return_new_error (task, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS,
                           "this daemon was built without the Secret Service; set [secrets] backend to auto or file");
}

gboolean
floo_keyring_is_built_in (void)
{
  return FALSE;
}

void
floo_keyring_lookup_async (const char *instance, gboolean unlock, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  refuse (cancellable, callback, user_data);
}

char *
floo_keyring_lookup_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
floo_keyring_text_free (char *text)
{
  g_free (text);
}

void
floo_keyring_store_async (const char *instance, const char *text, GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  refuse (cancellable, callback, user_data);
}

gboolean
floo_keyring_store_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

void
floo_keyring_clear_async (const char *instance, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  refuse (cancellable, callback, user_data);
}

gboolean
floo_keyring_clear_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

#endif

/* In this order: running services, then activatable ones. */
static const char *const list_methods[] = { "ListNames", "ListActivatableNames" };

typedef struct {
  GDBusConnection *bus;
  guint next; /* of list_methods */
} Probe;

static void
probe_free (Probe *probe)
{
  g_clear_object (&probe->bus);
  g_free (probe);
}

static void probe_next (GTask *task);

static void
on_names (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Probe *probe = g_task_get_task_data (task);
  g_autoptr (GVariant) reply = g_dbus_connection_call_finish (G_DBUS_CONNECTION (source), result, NULL);
  g_autofree const char **names = NULL;

  if (g_task_return_error_if_cancelled (task))
    return;
  if (reply != NULL)
    g_variant_get (reply, "(^a&s)", &names);
  if (names != NULL && g_strv_contains (names, FLOO_KEYRING_NAME))
    g_task_return_boolean (task, TRUE);
  else if (probe->next == G_N_ELEMENTS (list_methods))
    g_task_return_boolean (task, FALSE);
  else
    probe_next (g_steal_pointer (&task));
}

/* Takes @task over. */
static void
probe_next (GTask *task)
{
  Probe *probe = g_task_get_task_data (task);

  g_dbus_connection_call (probe->bus, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                          list_methods[probe->next++], NULL, G_VARIANT_TYPE ("(as)"), G_DBUS_CALL_FLAGS_NONE, -1,
                          g_task_get_cancellable (task), on_names, task);
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Probe *probe = g_task_get_task_data (task);

  probe->bus = g_bus_get_finish (result, NULL);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (probe->bus == NULL)
    g_task_return_boolean (task, FALSE);
  else
    probe_next (g_steal_pointer (&task));
}

void
floo_keyring_probe_async (GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, floo_keyring_probe_async);
  g_task_set_task_data (task, g_new0 (Probe, 1), (GDestroyNotify) probe_free);
  g_bus_get (G_BUS_TYPE_SESSION, cancellable, on_bus, g_steal_pointer (&task));
}

gboolean
floo_keyring_probe_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}
