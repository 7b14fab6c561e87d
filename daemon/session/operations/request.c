/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/operations/request.h"

#include "base/error.h"
#include "base/names.h"

static gboolean
is_empty (GVariant *value)
{
  switch (g_variant_classify (value))
    {
    case G_VARIANT_CLASS_STRING:
      return *g_variant_get_string (value, NULL) == '\0';
    case G_VARIANT_CLASS_ARRAY:
      return g_variant_n_children (value) == 0;
    default:
      return FALSE;
    }
}

/* Texts are sent unchanged, numbers and booleans in D-Bus's text form. */
static char *
query_text (GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    return g_variant_dup_string (value, NULL);
  return g_variant_print (value, FALSE);
}

typedef struct {
  GPtrArray *query;             /* key, value, ... */
  JsonObject *body;             /* (nullable): none yet */
} Request;

static JsonObject *
body_of (Request *request)
{
  if (request->body == NULL)
    request->body = json_object_new ();
  return request->body;
}

static void
add_query (Request *request, const char *name, char *value)
{
  g_ptr_array_add (request->query, g_strdup (name));
  g_ptr_array_add (request->query, value);
}

static gboolean
add_record (Request *request, const FlooRecord *record, GVariant *values, GError **error)
{
  g_autoptr (JsonNode) node = floo_record_to_json (record, values, error);
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (node == NULL)
    return FALSE;
  json_object_iter_init (&iter, json_node_get_object (node));
  while (json_object_iter_next (&iter, &name, &value))
    json_object_set_member (body_of (request), name, json_node_copy (value));
  return TRUE;
}

static void
add_options (Request *request, GVariant *options)
{
  GVariantIter iter;
  const char *name;
  GVariant *value;

  g_variant_iter_init (&iter, options);
  while (g_variant_iter_loop (&iter, "{&sv}", &name, &value))
    json_object_set_member (body_of (request), name, json_gvariant_serialize (value));
}

static gboolean
add_argument (Request *request, const FlooRestOperation *row, const FlooArg *arg, GVariant *value, GError **error)
{
  if (arg->optional && is_empty (value))
    return TRUE;
  if (arg->place == FLOO_ARG_QUERY || arg->place == FLOO_ARG_BOTH)
    add_query (request, arg->name, query_text (value));
  if (arg->place == FLOO_ARG_BODY || arg->place == FLOO_ARG_BOTH)
    json_object_set_member (body_of (request), arg->name, json_gvariant_serialize (value));
  if (arg->place == FLOO_ARG_OPTIONS)
    add_options (request, value);
  return arg->place != FLOO_ARG_RECORD || add_record (request, row->input, value, error);
}

/* Checks the size of a client's text. */
static gboolean
check_size (GVariant *args, GError **error)
{
  if (g_variant_get_size (args) <= FLOO_MAX_CONTENT)
    return TRUE;
  g_set_error (error, FLOO_ERROR, FLOO_ERROR_TOO_LARGE, "The arguments are larger than %u bytes", FLOO_MAX_CONTENT);
  return FALSE;
}

static gboolean
pack (const FlooOperationCall *op, Request *request, GError **error)
{
  const FlooRestOperation *row = op->row;

  if (!check_size (op->args, error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (row->args) && row->args[i].place != FLOO_ARG_NONE; i++)
    {
      g_autoptr (GVariant) value = g_variant_get_child_value (op->args, i);

      if (!add_argument (request, row, &row->args[i], value, error))
        return FALSE;
    }
  if (row->fixed[0] != NULL)
    add_query (request, row->fixed[0], g_strdup (row->fixed[1]));
  if (row->self != NULL)
    json_object_set_int_member (body_of (request), row->self, op->self_id);
  return TRUE;
}

gboolean
floo_operation_pack (const FlooOperationCall *op, GPtrArray *query, JsonNode **body, GError **error)
{
  Request request = { query, NULL };
  const gboolean packed = pack (op, &request, error);

  g_ptr_array_add (query, NULL);
  if (request.body == NULL)
    return packed;
  *body = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (*body, request.body);
  return packed;
}
