/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/secrets-keyring.h"

#include "base/error.h"

#ifdef HAVE_LIBSECRET

#include <libsecret/secret.h>

static const SecretSchema schema = {
  .name = FLOO_KEYRING_SCHEMA,
  .flags = SECRET_SCHEMA_NONE,
  .attributes = { { "instance", SECRET_SCHEMA_ATTRIBUTE_STRING }, { NULL, 0 } },
};

gboolean
floo_keyring_is_built_in (void)
{
  return TRUE;
}

void
floo_keyring_lookup_async (const char *instance, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  secret_password_lookup (&schema, cancellable, callback, user_data, "instance", instance, NULL);
}

char *
floo_keyring_lookup_finish (GAsyncResult *result, GError **error)
{
  return secret_password_lookup_finish (result, error);
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

  /* It tells by its result whether there was one. */
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
floo_keyring_lookup_async (const char *instance, GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
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

/* In this order: a service that runs, then one that could. */
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
  if (names != NULL && g_strv_contains (names, "org.freedesktop.secrets"))
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
