/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus/interface.h"

#include <string.h>

#include "base/memory.h"
#include "base/names.h"

struct _FlooBusInterface {
  GDBusInterfaceSkeleton parent_instance;
  const FlooBusTable *table;
  FlooSession *session;
  guint64 object;
  GVariantDict *properties; /* (nullable): as they were last emitted */
};

G_DEFINE_FINAL_TYPE (FlooBusInterface, floo_bus_interface, G_TYPE_DBUS_INTERFACE_SKELETON)

const FlooBusTable *const floo_bus_tables[]
    = { &floo_bus_account, &floo_bus_conversations, &floo_bus_events, &floo_bus_files, &floo_bus_groups, &floo_bus_roster, NULL };

/* Checks the type of the answer. GDBus checks it, too, but then does not answer the caller. */
static gboolean
is_result_of (GVariant *result, const GDBusMethodInfo *info)
{
  const GVariantType *type = g_variant_type_first (g_variant_get_type (result));

  for (guint i = 0; info->out_args != NULL && info->out_args[i] != NULL; i++, type = g_variant_type_next (type))
    if (type == NULL || !g_variant_type_equal (type, G_VARIANT_TYPE (info->out_args[i]->signature)))
      return FALSE;
  return type == NULL;
}

void
floo_bus_reply (GVariant *result, const GError *error, gpointer invocation)
{
  g_autoptr (GVariant) tuple = g_variant_ref_sink (result != NULL ? result : g_variant_new_tuple (NULL, 0));
  const GDBusMethodInfo *info;
  GError *ours = NULL;

  if (!floo_bus_end_call (invocation))
    return;
  info = g_dbus_method_invocation_get_method_info (invocation);
  if (error != NULL)
    ours = floo_error_normalise (error);
  else if (!is_result_of (tuple, info))
    {
      g_critical ("%s is answered with %s", info->name, g_variant_get_type_string (tuple));
      ours = g_error_new_literal (FLOO_ERROR, FLOO_ERROR_PROTOCOL, "The daemon's answer has a wrong type; this is a bug");
    }
  if (ours == NULL)
    {
      g_autoptr (GDBusConnection) connection = g_object_ref (g_dbus_method_invocation_get_connection (invocation));

      floo_memory_note (g_variant_get_size (tuple));
      g_dbus_method_invocation_return_value (invocation, tuple);
      floo_bus_count_reply (connection, g_variant_get_size (tuple));
      return;
    }
  g_debug ("%s: %s", info->name, floo_error_get_dbus_name (ours->code)); /* the text may have names in it */
  g_dbus_method_invocation_take_error (invocation, ours);
}

static gboolean
check_array (const FlooBusBound *bound, GVariant *array, GError **error)
{
  gsize n = g_variant_n_children (array);
  gint64 number;

  if (n > bound->max_n)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s must be at most %u, not %zu", bound->arg, bound->max_n, n);
      return FALSE;
    }
  for (gsize i = 0; i < n; i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (array, i);

      if (!floo_number_from_variant (value, bound->arg, bound->min, bound->max, &number, error))
        return FALSE;
    }
  return TRUE;
}

/* Size limits of texts that may be longer than FLOO_MAX_ARGUMENT; the names have the same meaning in every interface. */
static const struct {
  const char *arg;
  gsize max;
} text_bounds[] = {
  { "content", FLOO_MAX_CONTENT },
  { "text", FLOO_MAX_CONTENT },
  { "address", FLOO_MAX_EXTRA },
  { "cursor", FLOO_MAX_EXTRA },
  { "description", FLOO_MAX_EXTRA },
  { "ext", FLOO_MAX_EXTRA },
  { "reason", FLOO_MAX_EXTRA },
  { "title", FLOO_MAX_EXTRA },
};

static gboolean
check_text (const char *name, const char *text, GError **error)
{
  gsize max = FLOO_MAX_ARGUMENT;

  for (guint i = 0; i < G_N_ELEMENTS (text_bounds); i++)
    if (strcmp (text_bounds[i].arg, name) == 0)
      max = text_bounds[i].max;
  return floo_text_check_size (text, name, max, error);
}

/* Checks the size of a record of changes, whose errors repeat unknown keys. */
static gboolean
check_keys (const char *name, GVariant *dict, GError **error)
{
  GVariantIter iter;
  const char *key;

  if (g_variant_get_size (dict) > FLOO_MAX_CONTENT)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "%s has %zu bytes, at most %u are taken", name, g_variant_get_size (dict),
                   FLOO_MAX_CONTENT);
      return FALSE;
    }
  g_variant_iter_init (&iter, dict);
  while (g_variant_iter_next (&iter, "{&sv}", &key, NULL))
    if (!floo_text_check_size (key, "A key", FLOO_MAX_TOKEN, error))
      {
        g_prefix_error (error, "%s: ", name);
        return FALSE;
      }
  return TRUE;
}

static gboolean
check_arg (const FlooBusBound *bounds, const char *name, GVariant *value, GError **error)
{
  gint64 number;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return check_text (name, g_variant_get_string (value, NULL), error);
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT) && strcmp (name, "options") != 0)
    return check_keys (name, value, error);
  for (const FlooBusBound *bound = bounds; bound != NULL && bound->arg != NULL; bound++)
    if (strcmp (bound->arg, name) == 0)
      {
        if (g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
          return check_array (bound, value, error);
        return floo_number_from_variant (value, name, bound->min, bound->max, &number, error);
      }
  return TRUE;
}

static gboolean
check_args (const FlooBusTable *table, const GDBusMethodInfo *info, GVariant *args, GError **error)
{
  for (gsize i = 0; i < g_variant_n_children (args); i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (args, i);

      if (!check_arg (table->bounds, info->in_args[i]->name, value, error))
        return FALSE;
    }
  return TRUE;
}

/* For methods without a row, which are in the session's table of operations. */
static const FlooBusMethod plain_method = { NULL };

static const FlooBusMethod *
find_method (const FlooBusTable *table, const char *name)
{
  for (guint i = 0; i < table->n_methods; i++)
    if (strcmp (table->methods[i].name, name) == 0)
      return &table->methods[i];
  return &plain_method;
}

static gboolean
parse_options (const FlooBusMethod *method, GVariant *args, FlooOptions *options, GError **error)
{
  g_autoptr (GVariant) dict = NULL;

  if (method->options == NULL)
    return TRUE;
  dict = g_variant_get_child_value (args, g_variant_n_children (args) - 1);
  return floo_options_parse (options, method->options, dict, error);
}

static void
on_method_call (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name,
                GVariant *args, GDBusMethodInvocation *invocation, gpointer user_data)
{
  FlooBusInterface *self = user_data;
  const FlooBusMethod *method = find_method (self->table, name);
  g_auto (FlooOptions) options = { NULL };
  g_autoptr (GError) error = NULL;

  g_debug ("%s calls %s.%s", sender, interface, name);
  if (!floo_bus_begin_call (invocation, &error) || !check_args (self->table, g_dbus_method_invocation_get_method_info (invocation), args, &error)
      || !parse_options (method, args, &options, &error))
    {
      floo_bus_reply (NULL, error, invocation);
      return;
    }
  floo_session_set_caller (self->session, sender != NULL ? MAX (g_str_hash (sender), 1) : 0);
  if (method->handler == NULL)
    floo_session_call_operation (self->session, interface, name, args, floo_bus_reply, invocation);
  else
    method->handler (&(FlooBusCall){
        .method = method, .session = self->session, .args = args, .options = &options, .object = self->object, .invocation = invocation });
  floo_session_set_caller (self->session, 0);
}

/* Returns: (transfer full) */
static GVariantDict *
collect_properties (FlooBusInterface *self)
{
  g_autoptr (GVariant) of_object = NULL;
  GVariantDict *properties;

  if (self->table->get_object_properties != NULL)
    {
      of_object = self->table->get_object_properties (self->session, self->object);
      if (of_object == NULL)
        return g_variant_dict_ref (self->properties); /* the object is about to be removed: its last properties */
      g_variant_ref_sink (of_object);
    }
  properties = g_variant_dict_new (of_object);
  if (self->table->describe_properties != NULL)
    self->table->describe_properties (self->session, properties);
  g_variant_dict_insert (properties, "Version", "u", self->table->version);
  return properties;
}

static GVariant *
on_get_property (GDBusConnection *connection, const char *sender, const char *path, const char *interface, const char *name,
                 GError **error, gpointer user_data)
{
  g_autoptr (GVariantDict) properties = collect_properties (user_data);
  GVariant *value = g_variant_dict_lookup_value (properties, name, NULL);

  if (value == NULL)
    g_set_error (error, G_DBUS_ERROR, G_DBUS_ERROR_UNKNOWN_PROPERTY, "The property %s has no value", name);
  return value;
}

static GDBusInterfaceVTable vtable = { on_method_call, on_get_property, NULL, { NULL } };

static GDBusInterfaceInfo *
floo_bus_interface_get_info (GDBusInterfaceSkeleton *skeleton)
{
  return (GDBusInterfaceInfo *) FLOO_BUS_INTERFACE (skeleton)->table->info;
}

static GDBusInterfaceVTable *
floo_bus_interface_get_vtable (GDBusInterfaceSkeleton *skeleton)
{
  return &vtable;
}

static GVariant *
floo_bus_interface_get_properties (GDBusInterfaceSkeleton *skeleton)
{
  FlooBusInterface *self = FLOO_BUS_INTERFACE (skeleton);
  g_autoptr (GVariantDict) properties = collect_properties (self);
  GVariantBuilder builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; self->table->info->properties[i] != NULL; i++)
    {
      const char *name = self->table->info->properties[i]->name;
      g_autoptr (GVariant) value = g_variant_dict_lookup_value (properties, name, NULL);

      if (value != NULL)
        g_variant_builder_add (&builder, "{sv}", name, value);
    }
  return g_variant_ref_sink (g_variant_builder_end (&builder));
}

static void
floo_bus_interface_flush (GDBusInterfaceSkeleton *skeleton)
{
  floo_bus_interface_update_properties (FLOO_BUS_INTERFACE (skeleton));
}

static void
floo_bus_interface_finalize (GObject *object)
{
  FlooBusInterface *self = FLOO_BUS_INTERFACE (object);

  g_clear_object (&self->session);
  g_clear_pointer (&self->properties, g_variant_dict_unref);
  G_OBJECT_CLASS (floo_bus_interface_parent_class)->finalize (object);
}

static void
floo_bus_interface_class_init (FlooBusInterfaceClass *klass)
{
  GDBusInterfaceSkeletonClass *skeleton_class = G_DBUS_INTERFACE_SKELETON_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = floo_bus_interface_finalize;
  skeleton_class->get_info = floo_bus_interface_get_info;
  skeleton_class->get_vtable = floo_bus_interface_get_vtable;
  skeleton_class->get_properties = floo_bus_interface_get_properties;
  skeleton_class->flush = floo_bus_interface_flush;
}

static void
floo_bus_interface_init (FlooBusInterface *self)
{
}

FlooBusInterface *
floo_bus_interface_new (const FlooBusTable *table, FlooSession *session)
{
  return floo_bus_interface_new_for_object (table, session, 0);
}

FlooBusInterface *
floo_bus_interface_new_for_object (const FlooBusTable *table, FlooSession *session, guint64 object)
{
  FlooBusInterface *self;

  g_return_val_if_fail (table != NULL && FLOO_IS_SESSION (session), NULL);

  self = g_object_new (FLOO_TYPE_BUS_INTERFACE, NULL);
  self->table = table;
  self->session = g_object_ref (session);
  self->object = object;
  self->properties = collect_properties (self);
  return self;
}

void
floo_bus_interface_update_properties (FlooBusInterface *self)
{
  GDBusInterfaceSkeleton *skeleton = G_DBUS_INTERFACE_SKELETON (self);
  GDBusConnection *connection = g_dbus_interface_skeleton_get_connection (skeleton);
  g_autoptr (GVariantDict) now = NULL;
  g_auto (GVariantBuilder) changed = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE_VARDICT);
  guint n = 0;

  /* Its version does not change. */
  if (self->table->describe_properties == NULL && self->table->get_object_properties == NULL)
    return;
  now = collect_properties (self);
  for (guint i = 0; self->table->info->properties[i] != NULL; i++)
    {
      const char *name = self->table->info->properties[i]->name;
      g_autoptr (GVariant) value = g_variant_dict_lookup_value (now, name, NULL);
      g_autoptr (GVariant) before = g_variant_dict_lookup_value (self->properties, name, NULL);

      if (value == NULL || (before != NULL && g_variant_equal (before, value)))
        continue;
      g_variant_builder_add (&changed, "{sv}", name, value);
      n++;
    }
  g_variant_dict_unref (self->properties);
  self->properties = g_steal_pointer (&now);
  if (n > 0 && connection != NULL)
    g_dbus_connection_emit_signal (connection, NULL, g_dbus_interface_skeleton_get_object_path (skeleton),
                                   "org.freedesktop.DBus.Properties", "PropertiesChanged",
                                   g_variant_new ("(sa{sv}@as)", self->table->info->name, &changed, g_variant_new_strv (NULL, 0)), NULL);
}
