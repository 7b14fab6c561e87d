/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/record.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

/* Convert one value; NULL: it is of a wrong type or out of range. */
typedef GVariant *(*FieldFromJson) (JsonNode *node);
typedef JsonNode *(*FieldToJson) (GVariant *value);

static GVariant *
int32_from_json (JsonNode *node)
{
  gint64 value;

  if (!floo_json_node_int (node, &value) || value < G_MININT32 || value > G_MAXINT32)
    return NULL;
  return g_variant_new_int32 ((gint32) value);
}

static GVariant *
int64_from_json (JsonNode *node)
{
  gint64 value;

  return floo_json_node_int (node, &value) ? g_variant_new_int64 (value) : NULL;
}

static GVariant *
bool_from_json (JsonNode *node)
{
  gboolean value;

  return floo_json_node_bool (node, &value) ? g_variant_new_boolean (value) : NULL;
}

static GVariant *
string_from_json (JsonNode *node)
{
  const char *text = floo_json_node_string (node);
  gint64 number;

  if (text != NULL)
    return g_variant_new_string (text);
  return floo_json_node_int (node, &number) ? g_variant_new_printf ("%" G_GINT64_FORMAT, number) : NULL;
}

/* Elements that are not ids are left out; an array that has only such elements is an error. */
static GVariant *
ids_from_json (JsonNode *node)
{
  g_autoptr (GArray) ids = NULL;
  JsonArray *array;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return NULL;
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  ids = g_array_sized_new (FALSE, FALSE, sizeof (gint64), n);
  for (guint i = 0; i < n; i++)
    {
      gint64 id;

      if (floo_json_node_int (json_array_get_element (array, i), &id))
        g_array_append_val (ids, id);
    }
  if (ids->len == 0 && n > 0)
    return NULL;
  if (ids->len < n)
    g_message ("%u of %u ids of the service were ignored: they are not 64-bit integers", n - ids->len, n);
  return g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, ids->data, ids->len, sizeof (gint64));
}

static GVariant *
object_from_json (JsonNode *node)
{
  GVariantBuilder builder;
  JsonObjectIter iter;
  const char *key;
  JsonNode *member;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return NULL;
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a{ss}"));
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &key, &member))
    {
      const char *text = floo_json_node_string (member);

      if (text == NULL && !JSON_NODE_HOLDS_NULL (member))
        {
          g_variant_builder_clear (&builder);
          return NULL;
        }
      if (text != NULL)
        g_variant_builder_add (&builder, "{ss}", key, text);
    }
  return g_variant_builder_end (&builder);
}

/* Any of D-Bus's integer types, as far as it fits. */
static gboolean
variant_int (GVariant *value, gint64 *out)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_BYTE:
      *out = g_variant_get_byte (value);
      return TRUE;
    case G_VARIANT_CLASS_INT16:
      *out = g_variant_get_int16 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT16:
      *out = g_variant_get_uint16 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT32:
      *out = g_variant_get_int32 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT32:
      *out = g_variant_get_uint32 (value);
      return TRUE;
    case G_VARIANT_CLASS_INT64:
      *out = g_variant_get_int64 (value);
      return TRUE;
    case G_VARIANT_CLASS_UINT64:
      *out = (gint64) g_variant_get_uint64 (value);
      return *out >= 0;
    default:
      return FALSE;
    }
}

static JsonNode *
int64_to_json (GVariant *value)
{
  gint64 number;

  return variant_int (value, &number) ? json_node_init_int (json_node_alloc (), number) : NULL;
}

static JsonNode *
int32_to_json (GVariant *value)
{
  gint64 number;

  if (!variant_int (value, &number) || number < G_MININT32 || number > G_MAXINT32)
    return NULL;
  return json_node_init_int (json_node_alloc (), number);
}

static JsonNode *
bool_to_json (GVariant *value)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    return NULL;
  return json_node_init_boolean (json_node_alloc (), g_variant_get_boolean (value));
}

static JsonNode *
string_to_json (GVariant *value)
{
  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return NULL;
  return json_node_init_string (json_node_alloc (), g_variant_get_string (value, NULL));
}

static JsonNode *
ids_to_json (GVariant *value)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_ARRAY);
  g_autoptr (JsonArray) array = json_array_new ();
  GVariantIter iter;
  GVariant *child;
  gboolean ok = TRUE;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
    return NULL;
  g_variant_iter_init (&iter, value);
  while (ok && (child = g_variant_iter_next_value (&iter)) != NULL)
    {
      gint64 id;

      ok = variant_int (child, &id);
      if (ok)
        json_array_add_int_element (array, id);
      g_variant_unref (child);
    }
  if (!ok)
    return NULL;
  json_node_set_array (node, array);
  return g_steal_pointer (&node);
}

static JsonNode *
object_to_json (GVariant *value)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) object = json_object_new ();
  GVariantIter iter;
  const char *key, *text;

  if (!g_variant_is_of_type (value, G_VARIANT_TYPE ("a{ss}")))
    return NULL;
  g_variant_iter_init (&iter, value);
  while (g_variant_iter_next (&iter, "{&s&s}", &key, &text))
    json_object_set_string_member (object, key, text);
  json_node_set_object (node, object);
  return g_steal_pointer (&node);
}

/* By FlooFieldType. */
static const struct
{
  FieldFromJson from_json;
  FieldToJson to_json;
  const char *what;
} field_types[] = {
  [FLOO_FIELD_INT32] = { int32_from_json, int32_to_json, "a 32-bit integer" },
  [FLOO_FIELD_INT64] = { int64_from_json, int64_to_json, "a 64-bit integer" },
  [FLOO_FIELD_BOOL] = { bool_from_json, bool_to_json, "a boolean" },
  [FLOO_FIELD_STRING] = { string_from_json, string_to_json, "a string" },
  [FLOO_FIELD_IDS] = { ids_from_json, ids_to_json, "an array of integers" },
  [FLOO_FIELD_OBJECT] = { object_from_json, object_to_json, "an object of strings" },
};

static JsonNode *
present (JsonObject *object, const char *member)
{
  JsonNode *node = json_object_get_member (object, member);

  return node != NULL && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

/* The field's node by its name or, failing that, the first alias that is there. */
static JsonNode *
field_node (JsonObject *object, const FlooField *field)
{
  JsonNode *node = present (object, field->name);
  const char *alias = field->alias;
  char name[64];

  while (node == NULL && alias != NULL)
    {
      const char *bar = strchrnul (alias, '|');

      g_strlcpy (name, alias, MIN ((gsize) (bar - alias) + 1, sizeof name));
      node = present (object, name);
      alias = *bar == '|' ? bar + 1 : NULL;
    }
  return node;
}

GVariant *
floo_record_from_json (const FlooRecord *record, JsonNode *node, GError **error)
{
  JsonObject *object = floo_json_node_object (node);
  GVariantBuilder builder;

  g_return_val_if_fail (record != NULL, NULL);

  if (object == NULL)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s is not an object", record->name);
      return NULL;
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  for (guint i = 0; i < record->n_fields; i++)
    {
      const FlooField *field = &record->fields[i];
      JsonNode *member = field_node (object, field);
      GVariant *value = member != NULL ? field_types[field->type].from_json (member) : NULL;

      if (value != NULL)
        {
          g_variant_builder_add (&builder, "{sv}", field->name, value);
          continue;
        }
      if (member == NULL && g_strcmp0 (field->name, record->key) != 0)
        continue;
      if (member == NULL)
        g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s has no %s", record->name, field->name);
      else
        g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s.%s is not %s", record->name, field->name,
                     field_types[field->type].what);
      g_variant_builder_clear (&builder);
      return NULL;
    }
  return g_variant_builder_end (&builder);
}

JsonObject *
floo_record_pick_fields (const FlooRecord *record, JsonObject *object)
{
  JsonObject *picked = json_object_new ();

  for (guint i = 0; i < record->n_fields; i++)
    {
      const FlooField *field = &record->fields[i];
      JsonNode *member = field_node (object, field);
      GVariant *value = member != NULL ? field_types[field->type].from_json (member) : NULL;
      g_autoptr (GVariant) sunk = value != NULL ? g_variant_ref_sink (value) : NULL;

      if (sunk != NULL)
        json_object_set_member (picked, field->name, json_gvariant_serialize (sunk));
    }
  return picked;
}

/* @out: (nullable): the array of a node. FALSE: it is something else; a missing or null node is an empty array. */
static gboolean
array_of (JsonNode *node, JsonArray **out)
{
  *out = NULL;
  if (node == NULL || JSON_NODE_HOLDS_NULL (node))
    return TRUE;
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return FALSE;
  *out = json_node_get_array (node);
  return TRUE;
}

GVariant *
floo_records_from_json (const FlooRecord *record, JsonNode *node, guint max, GError **error)
{
  g_autoptr (GError) bad = NULL; /* of the first one that is left out */
  GVariantBuilder builder;
  JsonArray *array;
  guint n, n_bad = 0;

  g_return_val_if_fail (record != NULL, NULL);

  if (!array_of (node, &array))
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "%s: not an array", record->name);
      return NULL;
    }
  n = array != NULL ? json_array_get_length (array) : 0;
  if (max > 0 && n > max)
    {
      g_message ("The service sent %u records of %s, where at most %u were asked for", n, record->name, max);
      n = max;
    }
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("aa{sv}"));
  for (guint i = 0; i < n; i++)
    {
      GVariant *value = floo_record_from_json (record, json_array_get_element (array, i), bad == NULL ? &bad : NULL);

      if (value != NULL)
        g_variant_builder_add_value (&builder, value);
      n_bad += value == NULL;
    }
  if (n_bad > 0 && n_bad == n)
    {
      g_variant_builder_clear (&builder);
      g_propagate_error (error, g_steal_pointer (&bad));
      return NULL;
    }
  if (n_bad > 0)
    g_message ("%u of %u records of the service were ignored: %s", n_bad, n, bad->message);
  return g_variant_builder_end (&builder);
}

static const FlooField *
find_field (const FlooRecord *record, const char *name)
{
  for (guint i = 0; i < record->n_fields; i++)
    if (strcmp (record->fields[i].name, name) == 0)
      return &record->fields[i];
  return NULL;
}

/* Unwraps a variant in a variant, which bindings of some languages make. */
static GVariant *
unbox (GVariant *value)
{
  GVariant *inner = g_variant_ref (value);

  while (g_variant_is_of_type (inner, G_VARIANT_TYPE_VARIANT))
    {
      GVariant *outer = inner;

      inner = g_variant_get_variant (outer);
      g_variant_unref (outer);
    }
  return inner;
}

JsonNode *
floo_record_to_json (const FlooRecord *record, GVariant *values, GError **error)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);
  g_autoptr (JsonObject) object = json_object_new ();
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_return_val_if_fail (record != NULL && g_variant_is_of_type (values, G_VARIANT_TYPE_VARDICT), NULL);

  g_variant_iter_init (&iter, values);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &value))
    {
      g_autoptr (GVariant) owned = value;
      g_autoptr (GVariant) inner = unbox (owned);
      const FlooField *field = find_field (record, name);
      JsonNode *member = field != NULL ? field_types[field->type].to_json (inner) : NULL;

      if (member == NULL)
        {
          if (field == NULL)
            g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s has no field \"%s\"", record->name, name);
          else
            g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s.%s must be %s", record->name, name,
                         field_types[field->type].what);
          return NULL;
        }
      json_object_set_member (object, name, member);
    }
  json_node_set_object (node, object);
  return g_steal_pointer (&node);
}

GVariant *
floo_ids_from_json (JsonNode *node, GError **error)
{
  JsonArray *array;
  GVariant *ids;

  if (array_of (node, &array) && array == NULL)
    return g_variant_new_array (G_VARIANT_TYPE_INT64, NULL, 0);
  ids = ids_from_json (node);
  if (ids == NULL)
    g_set_error (error, FLOO_ERROR, FLOO_ERROR_PROTOCOL, "not an array of ids");
  return ids;
}
