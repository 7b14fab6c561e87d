/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rest.h"

#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "trace.h"

/* ---- arguments and answers ---- */

gboolean
sb_call_has (SbCall *call, const char *name)
{
  return json_object_has_member (call->args, name);
}

gint64
sb_call_int (SbCall *call, const char *name)
{
  return json_object_get_int_member_with_default (call->args, name, 0);
}

gboolean
sb_call_bool (SbCall *call, const char *name)
{
  return json_object_get_boolean_member_with_default (call->args, name, FALSE);
}

const char *
sb_call_text (SbCall *call, const char *name)
{
  return json_object_get_string_member_with_default (call->args, name, NULL);
}

JsonArray *
sb_call_ids (SbCall *call, const char *name)
{
  return sb_call_has (call, name) ? json_object_get_array_member (call->args, name) : NULL;
}

SbUser *
sb_call_user (SbCall *call, const char *name)
{
  SbUser *user = sb_state_user (call->sandbox->state, sb_call_int (call, name));

  if (user == NULL)
    sb_call_fail (call, SB_NO_USER, "no such user");
  return user;
}

void
sb_call_node (SbCall *call, JsonNode *data)
{
  g_clear_pointer (&call->data, json_node_unref);
  call->data = data;
}

void
sb_call_fail (SbCall *call, int code, const char *format, ...)
{
  va_list args;

  g_clear_pointer (&call->message, g_free);
  va_start (args, format);
  call->message = g_strdup_vprintf (format, args);
  va_end (args);
  call->code = code;
}

void
sb_call_object (SbCall *call, JsonObject *object)
{
  JsonNode *node = json_node_new (JSON_NODE_OBJECT);

  json_node_take_object (node, object);
  sb_call_node (call, node);
}

void
sb_call_array (SbCall *call, JsonArray *array)
{
  JsonNode *node = json_node_new (JSON_NODE_ARRAY);

  json_node_take_array (node, array);
  sb_call_node (call, node);
}

void
sb_copy_members (JsonObject *to, JsonObject *from, const char *const *names)
{
  for (gsize i = 0; names[i] != NULL; i++)
    if (json_object_has_member (from, names[i]))
      json_object_set_member (to, names[i], json_node_copy (json_object_get_member (from, names[i])));
}

void
sb_call_merge (SbCall *call, JsonObject *object, const char *const *only)
{
  sb_copy_members (object, call->args, only);
}

JsonObject *
sb_object_copy (JsonObject *object)
{
  JsonObject *copy = json_object_new ();
  g_autoptr (GList) names = json_object_get_members (object);

  for (GList *l = names; l != NULL; l = l->next)
    json_object_set_member (copy, l->data, json_node_copy (json_object_get_member (object, l->data)));
  return copy;
}

JsonArray *
sb_array_copy (JsonArray *array)
{
  JsonArray *copy = json_array_new ();

  for (guint i = 0; i < json_array_get_length (array); i++)
    json_array_add_element (copy, json_node_copy (json_array_get_element (array, i)));
  return copy;
}

/* ---- checking ---- */

static const char *const type_names[] = { "", "int32", "int64", "boolean", "string", "[int64]" };

static const SbParam *
find_param (const SbOperation *operation, const char *name, SbPlace place)
{
  for (const SbParam *p = operation->params; p->type != SB_END_OF_PARAMS; p++)
    if (p->place == place && strcmp (p->name, name) == 0)
      return p;
  return NULL;
}

/* A query value in its parameter's type, or NULL. */
static JsonNode *
from_query (SbType type, const char *value)
{
  JsonNode *node = json_node_alloc ();
  char *end;
  gint64 number;

  if (type == SB_STRING)
    return json_node_init_string (node, value);
  if (type == SB_BOOL && (strcmp (value, "true") == 0 || strcmp (value, "false") == 0))
    return json_node_init_boolean (node, *value == 't');
  errno = 0;
  number = g_ascii_strtoll (value, &end, 10);
  if (type <= SB_INT64 && *value != '\0' && *end == '\0' && errno == 0
      && (type == SB_INT64 || (number >= G_MININT32 && number <= G_MAXINT32)))
    return json_node_init_int (node, number);
  json_node_unref (node);
  return NULL;
}

static gboolean
is_integer (JsonNode *node)
{
  return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_INT64;
}

static gboolean
has_type (SbType type, JsonNode *node)
{
  switch (type)
    {
    case SB_INT32:
      return is_integer (node) && json_node_get_int (node) >= G_MININT32 && json_node_get_int (node) <= G_MAXINT32;
    case SB_INT64:
      return is_integer (node);
    case SB_BOOL:
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_BOOLEAN;
    case SB_STRING:
      return JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING;
    case SB_IDS:
      if (!JSON_NODE_HOLDS_ARRAY (node))
        return FALSE;
      for (guint i = 0; i < json_array_get_length (json_node_get_array (node)); i++)
        if (!is_integer (json_array_get_element (json_node_get_array (node), i)))
          return FALSE;
      return TRUE;
    case SB_END_OF_PARAMS:
    default:
      return FALSE;
    }
}

static gboolean
breach (SbCall *call, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* For what no correct client sends: an error to the caller, and a violation. */
static gboolean
breach (SbCall *call, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list args;

  va_start (args, format);
  what = g_strdup_vprintf (format, args);
  va_end (args);
  if (!call->ordered)
    sb_trace_violation (call->sandbox, call->user == NULL ? 0 : call->user->id, "%s %s: %s", call->operation->method,
                        call->operation->path, what);
  sb_call_fail (call, SB_BAD_REQUEST, "%s", what);
  return FALSE;
}

/* Parameters that the SDK also sends where they have no effect; a service ignores all unknown query parameters. */
static gboolean
is_useless_parameter (const char *name)
{
  return strcmp (name, "access-token") == 0 || strcmp (name, "app_id") == 0;
}

static gboolean
take_query (SbCall *call, const char *query)
{
  GUriParamsIter iter;
  g_autofree char *last = g_strdup ("");
  g_autoptr (GError) error = NULL;
  char *next_name, *next_value;

  if (query == NULL)
    return TRUE;
  g_uri_params_iter_init (&iter, query, -1, "&", G_URI_PARAMS_WWW_FORM);
  while (g_uri_params_iter_next (&iter, &next_name, &next_value, &error))
    {
      g_autofree char *name = next_name;
      g_autofree char *value = next_value;
      const SbParam *param = find_param (call->operation, name, SB_QUERY);
      JsonNode *node = param == NULL ? NULL : from_query (param->type, value);

      if (param == NULL)
        {
          if (!is_useless_parameter (name))
            sb_trace_violation (call->sandbox, 0, "%s: no query parameter %s", call->operation->path, name);
          continue;
        }
      if (node == NULL)
        return breach (call, "query parameter %s is no %s", name, type_names[param->type]);
      json_object_set_member (call->args, name, node);
      call->given |= 1u << (param - call->operation->params);
      if (strcmp (last, name) >= 0)
        sb_trace_violation (call->sandbox, 0, "%s: query keys are not sorted by name", call->operation->path);
      g_free (last);
      last = g_steal_pointer (&name);
    }
  return error == NULL || breach (call, "bad query: %s", error->message);
}

static gboolean
take_body (SbCall *call, SoupServerMessage *msg)
{
  g_autoptr (GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (msg));
  const char *type = soup_message_headers_get_content_type (soup_server_message_get_request_headers (msg), NULL);
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GList) names = NULL;
  JsonObject *object;

  if (strcmp (call->operation->method, "GET") == 0)
    return g_bytes_get_size (bytes) == 0 || breach (call, "a GET has no body");
  if (g_strcmp0 (type, "application/json") != 0)
    return breach (call, "Content-Type is not application/json");
  root = floo_json_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), &error);
  if (root == NULL || !JSON_NODE_HOLDS_OBJECT (root))
    return breach (call, "body is not a JSON object%s%s", error != NULL ? ": " : "", error != NULL ? error->message : "");
  object = json_node_get_object (root);
  names = json_object_get_members (object);
  for (GList *l = names; l != NULL; l = l->next)
    {
      const SbParam *param = find_param (call->operation, l->data, SB_BODY);
      JsonNode *node = json_object_get_member (object, l->data);

      if (param == NULL)
        return breach (call, "no body member %s", (const char *) l->data);
      if (!has_type (param->type, node))
        return breach (call, "body member %s is no %s", param->name, type_names[param->type]);
      if (json_object_has_member (call->args, param->name)
          && !json_node_equal (node, json_object_get_member (call->args, param->name)))
        return breach (call, "query and body differ in %s", param->name);
      json_object_set_member (call->args, param->name, json_node_copy (node));
      call->given |= 1u << (param - call->operation->params);
    }
  return TRUE;
}

static gboolean
check_required (SbCall *call)
{
  for (const SbParam *p = call->operation->params; p->type != SB_END_OF_PARAMS; p++)
    if (p->required && (call->given & (1u << (p - call->operation->params))) == 0)
      return breach (call, "%s %s is missing", p->place == SB_QUERY ? "query parameter" : "body member", p->name);
  return TRUE;
}

static gboolean
check_headers (SbCall *call, SoupServerMessage *msg)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (msg);
  const char *app_id = soup_message_headers_get_one (headers, "app_id");
  const char *token = soup_message_headers_get_one (headers, "access-token");

  if (app_id == NULL)
    return breach (call, "header app_id is missing");
  if (strcmp (app_id, SB_APP_ID) != 0)
    {
      sb_call_fail (call, SB_NO_APP, "no such app");
      return FALSE;
    }
  if (call->operation->access <= SB_OPEN)
    {
      if (token != NULL && call->operation->access == SB_ANYBODY)
        sb_trace_violation (call->sandbox, 0, "%s: the header access-token does not belong here", call->operation->path);
      if (token != NULL && call->operation->access == SB_OPEN)
        call->user = sb_state_user_by_token (call->sandbox->state, token);
      return TRUE;
    }
  if (token == NULL)
    return breach (call, "header access-token is missing");
  call->user = sb_state_user_by_token (call->sandbox->state, token);
  if (call->user == NULL)
    sb_call_fail (call, SB_VOID_TOKEN, "token is void");
  return call->user != NULL;
}

static gboolean
check_access (SbCall *call)
{
  static const SbRole needed[]
      = { [SB_GROUP_MEMBER] = SB_MEMBER, [SB_GROUP_ADMIN] = SB_ADMIN, [SB_GROUP_OWNER] = SB_OWNER, [SB_GROUP_ANY] = SB_NO_MEMBER };
  SbAccess access = call->operation->access;

  if (access <= SB_USER)
    return TRUE;
  call->group = sb_state_group (call->sandbox->state, sb_call_int (call, "group_id"));
  if (call->group == NULL)
    {
      sb_call_fail (call, SB_NO_GROUP, "no such group");
      return FALSE;
    }
  call->member = sb_group_member (call->group, call->user->id);
  if ((call->member == NULL ? SB_NO_MEMBER : call->member->role) >= needed[access])
    return TRUE;
  sb_call_fail (call, access == SB_GROUP_MEMBER ? SB_NEEDS_MEMBER : access == SB_GROUP_ADMIN ? SB_NEEDS_ADMIN : SB_NEEDS_OWNER,
                access == SB_GROUP_MEMBER ? "you are not a member of the group" : "you have not the right in the group");
  return FALSE;
}

/* ---- misbehaviour ---- */

static SbRestFault *
take_fault (Sandbox *sandbox, const char *path)
{
  GPtrArray *faults = sandbox->faults.rest;

  for (guint i = 0; i < faults->len; i++)
    {
      SbRestFault *fault = faults->pdata[i];

      /* Discovery is no REST operation: it only misbehaves if the fault names it. */
      if ((fault->path == NULL ? strcmp (path, SB_DISCOVERY) != 0 : strcmp (fault->path, path) == 0) && sandbox_take (&fault->count))
        return fault;
    }
  return NULL;
}

static void
on_delay_over (gpointer msg)
{
  soup_server_message_unpause (msg);
  g_object_unref (msg);
}

void
sb_rest_release (Sandbox *sandbox)
{
  sandbox_hasten (sandbox, on_delay_over);
}

static void
answer_code (SoupServerMessage *msg, int code, const char *message)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *envelope = json_object_new ();

  json_object_set_int_member (envelope, "code", code);
  json_object_set_string_member (envelope, "message", message != NULL ? message : "ordered");
  json_node_take_object (root, envelope);
  sb_answer_json (msg, SOUP_STATUS_OK, root);
}

gboolean
sb_rest_misbehave (Sandbox *sandbox, SoupServerMessage *msg, const char *path)
{
  SbRestFault *fault = take_fault (sandbox, path);

  if (fault == NULL)
    return FALSE;
  sandbox->faults.n_rest++;
  if (fault->delay_ms > 0)
    {
      soup_server_message_pause (msg);
      sandbox_after (sandbox, fault->delay_ms, on_delay_over, g_object_ref (msg), g_object_unref);
    }
  if (fault->drop)
    {
      g_autoptr (GSocket) socket = g_object_ref (soup_server_message_get_socket (msg));

      g_socket_shutdown (socket, TRUE, TRUE, NULL);
      return TRUE;
    }
  if (fault->status != 0 || fault->body != NULL)
    {
      const char *body = fault->body != NULL ? fault->body : "";

      soup_server_message_set_status (msg, fault->status != 0 ? fault->status : SOUP_STATUS_OK, NULL);
      soup_server_message_set_response (msg, "application/json", SOUP_MEMORY_COPY, body, strlen (body));
      return TRUE;
    }
  if (fault->code != 0)
    answer_code (msg, fault->code, fault->message);
  return fault->code != 0;
}

/* ---- the whole call ---- */

static const SbOperation *
find_operation (const char *method, const char *path)
{
  for (const SbOperation *op = sb_operations; op->path != NULL; op++)
    if (strcmp (op->path, path) == 0 && strcmp (op->method, method) == 0)
      return op;
  return NULL;
}

static void
call_clear (SbCall *call)
{
  json_object_unref (call->args);
  g_clear_pointer (&call->data, json_node_unref);
  g_clear_pointer (&call->message, g_free);
  g_clear_pointer (&call->cursor, g_free);
}

/* Returns: (transfer full): the envelope */
static JsonObject *
envelope_of (SbCall *call)
{
  JsonObject *envelope = json_object_new ();

  json_object_set_int_member (envelope, "code", call->code);
  if (call->code == SB_OK)
    {
      if (call->data != NULL)
        json_object_set_member (envelope, "data", g_steal_pointer (&call->data));
      else
        json_object_set_boolean_member (envelope, "data", TRUE);
      json_object_set_null_member (envelope, "message");
    }
  else
    json_object_set_string_member (envelope, "message", call->message);
  if (call->cursor != NULL)
    json_object_set_string_member (envelope, "cursor", call->cursor);
  if (call->total >= 0)
    {
      json_object_set_int_member (envelope, "total", call->total);
      json_object_set_int_member (envelope, "version", 0);
    }
  return envelope;
}

static gboolean
take_ordered (SbCall *call, JsonObject *arguments)
{
  g_autoptr (GList) names = json_object_get_members (arguments);

  for (GList *l = names; l != NULL; l = l->next)
    {
      JsonNode *value = json_object_get_member (arguments, l->data);
      gboolean found = FALSE;

      for (const SbParam *p = call->operation->params; p->type != SB_END_OF_PARAMS; p++)
        if (strcmp (p->name, l->data) == 0)
          {
            if (!has_type (p->type, value))
              return breach (call, "%s is no %s", p->name, type_names[p->type]);
            call->given |= 1u << (p - call->operation->params);
            found = TRUE;
          }
      if (!found)
        return breach (call, "no parameter %s", (const char *) l->data);
      json_object_set_member (call->args, l->data, json_node_copy (value));
    }
  return TRUE;
}

JsonObject *
sb_rest_call (Sandbox *sandbox, SbUser *user, const char *method, const char *path, JsonObject *arguments)
{
  SbCall call = { sandbox, find_operation (method, path), NULL, .code = SB_OK, .total = -1, .user = user, .ordered = TRUE };
  JsonObject *envelope;

  if (call.operation == NULL)
    return NULL;
  call.args = json_object_new ();
  if (take_ordered (&call, arguments) && check_required (&call) && check_access (&call))
    call.operation->handle (&call);
  envelope = envelope_of (&call);
  call_clear (&call);
  return envelope;
}

void
sb_rest_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *path)
{
  const char *method = soup_server_message_get_method (msg);
  SbCall call = { sandbox, find_operation (method, path), NULL, .code = SB_OK, .total = -1 };
  g_autoptr (JsonNode) root = NULL;

  if (call.operation == NULL)
    {
      sb_trace_violation (sandbox, 0, "no operation %s %s", method, path);
      soup_server_message_set_status (msg, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  if (sb_rest_misbehave (sandbox, msg, path))
    return;
  call.args = json_object_new ();
  if (check_headers (&call, msg) && take_query (&call, g_uri_get_query (soup_server_message_get_uri (msg)))
      && take_body (&call, msg) && check_required (&call) && check_access (&call))
    call.operation->handle (&call);
  sb_trace_rest (sandbox, method, path, call.user == NULL ? 0 : call.user->id, call.code);
  root = json_node_new (JSON_NODE_OBJECT);
  json_node_take_object (root, envelope_of (&call));
  sb_answer_json (msg, SOUP_STATUS_OK, root);
  call_clear (&call);
}
