/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include <gio/gunixfdlist.h>

#include "base/error.h"
#include "base/json.h"

static const struct
{
  char type;
  gint64 min;
  gint64 max;
} ranges[] = {
  { 'y', 0, G_MAXUINT8 },          { 'n', G_MININT16, G_MAXINT16 }, { 'q', 0, G_MAXUINT16 },
  { 'i', G_MININT32, G_MAXINT32 }, { 'u', 0, G_MAXUINT32 },         { 'x', G_MININT64, G_MAXINT64 },
};

static GVariant *
wrong (GError **error, const char *what, const char *wanted)
{
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_INVALID_ARGUMENTS, "%s must be %s", what, wanted);
  return NULL;
}

/* The name of a nested value, for errors: "options.limit", "user_ids[2]". */
static char *
inside (const char *what, const char *member, guint index)
{
  return member != NULL ? g_strdup_printf ("%s.%s", what, member) : g_strdup_printf ("%s[%u]", what, index);
}

static GVariant *
from_uint64 (JsonNode *node, const char *what, GError **error)
{
  const char *text = floo_json_node_string (node);
  guint64 number;
  gint64 small;

  if (text != NULL && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, &number, NULL))
    return g_variant_new_uint64 (number);
  if (!floo_json_node_int (node, &small) || small < 0)
    return wrong (error, what, "a whole number from 0 on");
  return g_variant_new_uint64 ((guint64) small);
}

static GVariant *
from_integer (char type, JsonNode *node, const char *what, GError **error)
{
  gint64 number;
  guint i = 0;

  while (ranges[i].type != type)
    i++;
  if (!floo_json_node_int (node, &number) || number < ranges[i].min || number > ranges[i].max)
    {
      g_autofree char *wanted
          = g_strdup_printf ("a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, ranges[i].min, ranges[i].max);

      return wrong (error, what, wanted);
    }
  switch (type)
    {
    case 'y':
      return g_variant_new_byte ((guint8) number);
    case 'n':
      return g_variant_new_int16 ((gint16) number);
    case 'q':
      return g_variant_new_uint16 ((guint16) number);
    case 'i':
      return g_variant_new_int32 ((gint32) number);
    case 'u':
      return g_variant_new_uint32 ((guint32) number);
    default:
      return g_variant_new_int64 (number);
    }
}

static GVariant *
from_double (JsonNode *node, const char *what, GError **error)
{
  const char *text = floo_json_node_string (node);
  char *end = NULL;
  double number;

  if (text != NULL && *text != '\0' && (number = g_ascii_strtod (text, &end), *end == '\0') && isfinite (number))
    return g_variant_new_double (number);
  if (text != NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) == G_TYPE_BOOLEAN)
    return wrong (error, what, "a number");
  return g_variant_new_double (json_node_get_double (node));
}

static GVariant *
from_text (const char *type, JsonNode *node, const char *what, GError **error)
{
  const char *text = floo_json_node_string (node);

  if (text == NULL && *type == 's' && JSON_NODE_HOLDS_OBJECT (node))
    return g_variant_new_take_string (floo_json_to_text (node)); /* the API has a text that contains JSON */
  if (text == NULL)
    return wrong (error, what, "a text in quotes");
  if (*type == 'o' && !g_variant_is_object_path (text))
    return wrong (error, what, "an object path, as \"/im/floo/Daemon1/transfers/1\"");
  return *type == 'o' ? g_variant_new_object_path (text) : g_variant_new_string (text);
}

/* Opens "@PATH". */
static GVariant *
from_path (const FlooFromJson *self, JsonNode *node, const char *what, GError **error)
{
  const char *text = floo_json_node_string (node);
  int fd, handle;

  if (text == NULL || *text != '@')
    return wrong (error, what, "@PATH, the file whose descriptor is handed over (@- is the standard input)");
  fd = strcmp (text, "@-") == 0 ? fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open (text + 1, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    {
      g_set_error (error, FLOO_ERROR, FLOO_ERROR_FILE, "%s: %s", text + 1, g_strerror (errno));
      return NULL;
    }
  handle = g_unix_fd_list_append (self->fds, fd, error);
  close (fd);
  return handle >= 0 ? g_variant_new_handle (handle) : NULL;
}

/* ---- what is in a dictionary ---- */

static const char *
find_field (const char *member, const char *name)
{
  for (guint i = 0; member != NULL && i < floo_n_fields; i++)
    if (strcmp (floo_fields[i].member, member) == 0 && strcmp (floo_fields[i].name, name) == 0)
      return floo_fields[i].type;
  return NULL;
}

/* The type of a value where the interface does not name one. */
static const char *
guess_type (JsonNode *node)
{
  JsonArray *array;

  if (JSON_NODE_HOLDS_OBJECT (node))
    return "a{sv}";
  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      array = json_node_get_array (node);
      if (json_array_get_length (array) == 0 || JSON_NODE_HOLDS_VALUE (json_array_get_element (array, 0)))
        {
          JsonNode *first = json_array_get_length (array) > 0 ? json_array_get_element (array, 0) : NULL;

          return first != NULL && floo_json_node_string (first) != NULL ? "as" : "ax";
        }
      return "aa{sv}";
    }
  if (!JSON_NODE_HOLDS_VALUE (node))
    return NULL;
  switch (json_node_get_value_type (node))
    {
    case G_TYPE_BOOLEAN:
      return "b";
    case G_TYPE_INT64:
      return "x";
    case G_TYPE_DOUBLE:
      return "d";
    default:
      return "s";
    }
}

/* @name: (nullable): of the member that it is */
static GVariant *
from_any (const FlooFromJson *self, JsonNode *node, const char *what, const char *name, GError **error)
{
  const char *type = name != NULL ? find_field (self->member, name) : NULL;
  GVariant *value;

  if (type == NULL)
    type = guess_type (node);
  if (type == NULL)
    return wrong (error, what, "something other than null");
  value = floo_variant_from_json (self, type, node, what, error);
  return value != NULL ? g_variant_new_variant (value) : NULL;
}

static GVariant *
from_object (const FlooFromJson *self, const char *type, JsonNode *node, const char *what, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (type));
  g_autofree char *inner = g_strndup (type + 3, strlen (type) - 4);
  JsonObject *object = floo_json_node_object (node);
  JsonObjectIter iter;
  const char *name;
  JsonNode *member;

  if (object == NULL)
    return wrong (error, what, "an object in {}");
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &member))
    {
      g_autofree char *path = inside (what, name, 0);
      GVariant *value
          = *inner == 'v' ? from_any (self, member, path, name, error) : floo_variant_from_json (self, inner, member, path, error);

      if (value == NULL)
        return NULL;
      g_variant_builder_add (&builder, "{s*}", name, value);
    }
  return g_variant_builder_end (&builder);
}

static GVariant *
from_array (const FlooFromJson *self, const char *type, JsonNode *node, const char *what, GError **error)
{
  g_auto (GVariantBuilder) builder = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE (type));
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return wrong (error, what, "an array in []");
  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      g_autofree char *path = inside (what, NULL, i);
      GVariant *value = floo_variant_from_json (self, type + 1, json_array_get_element (array, i), path, error);

      if (value == NULL)
        return NULL;
      g_variant_builder_add_value (&builder, value);
    }
  return g_variant_builder_end (&builder);
}

GVariant *
floo_variant_from_json (const FlooFromJson *self, const char *type, JsonNode *node, const char *what, GError **error)
{
  gboolean flag;

  switch (*type)
    {
    case 'b':
      return floo_json_node_bool (node, &flag) ? g_variant_new_boolean (flag) : wrong (error, what, "true or false");
    case 'y':
    case 'n':
    case 'q':
    case 'i':
    case 'u':
    case 'x':
      return from_integer (*type, node, what, error);
    case 't':
      return from_uint64 (node, what, error);
    case 'd':
      return from_double (node, what, error);
    case 's':
    case 'o':
      return from_text (type, node, what, error);
    case 'h':
      return from_path (self, node, what, error);
    case 'v':
      return from_any (self, node, what, NULL, error);
    case 'a':
      return g_str_has_prefix (type, "a{s") ? from_object (self, type, node, what, error) : from_array (self, type, node, what, error);
    default:
      return wrong (error, what, "of a type that this program supports");
    }
}
