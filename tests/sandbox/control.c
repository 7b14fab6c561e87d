/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "control.h"

#include <string.h>

#include "base/json.h"
#include "trace.h"
#include "waits.h"

static gboolean
control_wait (SbControl *control, GError **error)
{
  control->pending = sb_waits_add (control->sandbox, control->msg, control->body, error);
  return control->pending;
}

static gboolean
control_save (SbControl *control, GError **error)
{
  if (control->sandbox->persist == NULL)
    return sb_control_fail (error, "the sandbox runs without --persist");
  return sb_persist_save (control->sandbox, control->sandbox->persist, error);
}

/* The arguments are NAME:TYPE with the types b (true or false), i (integer), s (text), u (a user or group: its id or name), l (a list)
 * and o (an object); NULL: the handler checks them itself. */
static const struct {
  const char *name;
  SbControlHandler handle;
  const char *arguments;
} commands[] = {
#define STATUS "status:s reason:s count:i "
#define MESSAGE "from:u to:u content:s type:s ext:s config:s attachment:s at_most_once:b count:i stamp:b "
  { "accepted", sb_control_accepted, "user:u conversation:i since:i operations:b" },
  { "acknowledge", sb_control_acknowledge, "mid:i operation:s count:i" },
  { "again", sb_control_again, "user:u conversation:i count:i" },
  { "bot", sb_control_bot, "on:b delay_ms:i" },
  { "burst", sb_control_burst, MESSAGE "from_list:l mode:s" },
  { "call", sb_control_call, "user:u method:s path:s arguments:o" },
  { "captcha", sb_control_captcha, "image_id:s" },
  { "crowd", sb_control_crowd, "count:i friends_of:u group:i" },
  { "disconnect", sb_control_disconnect, "how:s user:u" },
  { "discovery", sb_control_discovery, "ratel:l webim:l clusters:l" },
  { "fetch", sb_control_fetch, STATUS "what:s" },
  { "files", sb_control_files,
    "what:s count:i sign:s status:i cut:i stall:i delay_ms:i ignore_range:b wrong_range:b length:s encoding:s chunked:b endless:b "
    "redirect:s body:s clear:b" },
  { "frame", sb_control_frame, "user:u frame:s" },
  { "kick", sb_control_kick, "user:u type:s device_sn:i" },
  { "message", sb_control_message, STATUS "user:u after:i every:i" },
  { "notice", sb_control_notice, "ns:s from:u to:u group:i type:s content:s" },
  { "provision", sb_control_provision, STATUS },
  { "push", sb_control_push, MESSAGE },
  { "requests", sb_control_requests, "" },
  { "rest", sb_control_rest, "path:s status:i code:i message:s body:s body_size:i delay_ms:i drop:b count:i clear:b release:b" },
  { "save", control_save, "" },
  { "scan", sb_control_scan, "user:u text:s confirm:b" },
  { "send", sb_control_send, MESSAGE "interval_ms:i operation:s mid:i conversation:i" },
  { "settings", sb_control_settings, NULL },
  { "sms", sb_control_sms, "mobile:s" },
  { "socket", sb_control_socket,
    "refuse:i refuse_status:i delay_ms:i ack:s count:i ack_delay_ms:i ack_lost:i ack_seed:i release:b malformed:s user:u" },
  { "spoil", sb_control_spoil, "mid:i timestamp:i from:i ns:i payload:s" },
  { "stall", sb_control_stall, "on:b user:u" },
  { "state", sb_control_state, "" },
  { "user", sb_control_user_state, "user:u banned:b frozen:b void_tokens:b" },
  { "violations", sb_control_violations, "clear:b" },
  { "wait", control_wait, "for:s user:u conversation:i since:i operations:b count:i path:s timeout_ms:i" },
};

static const struct {
  char letter;
  const char *name;
} types[] = {
  { 'b', "true or false" }, { 'i', "an integer" }, { 's', "a text" }, { 'u', "an id or a name" }, { 'l', "a list" }, { 'o', "an object" },
};

static gboolean
has_type (char type, JsonNode *node)
{
  GType held = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  switch (type)
    {
    case 'b':
      return held == G_TYPE_BOOLEAN;
    case 'i':
      return held == G_TYPE_INT64;
    case 's':
      return held == G_TYPE_STRING;
    case 'u':
      return held == G_TYPE_INT64 || held == G_TYPE_STRING;
    case 'l':
      return JSON_NODE_HOLDS_ARRAY (node);
    default:
      return JSON_NODE_HOLDS_OBJECT (node);
    }
}

/* Whether a call has only known arguments, each of its type. */
static gboolean
check_arguments (gsize command, JsonObject *body, GError **error)
{
  g_auto (GStrv) known = NULL;
  g_autoptr (GList) names = json_object_get_members (body);

  if (commands[command].arguments == NULL)
    return TRUE;
  known = g_strsplit (commands[command].arguments, " ", -1);
  for (GList *l = names; l != NULL; l = l->next)
    {
      const char *name = l->data;
      gsize len = strlen (name), i = 0, t = 0;

      while (known[i] != NULL && (strncmp (known[i], name, len) != 0 || known[i][len] != ':'))
        i++;
      if (known[i] == NULL)
        return sb_control_fail (error, "%s has no argument %s; it has: %s", commands[command].name, name, commands[command].arguments);
      if (has_type (known[i][len + 1], json_object_get_member (body, name)))
        continue;
      while (types[t].letter != known[i][len + 1])
        t++;
      return sb_control_fail (error, "%s: the argument %s must be %s", commands[command].name, name, types[t].name);
    }
  return TRUE;
}

/* ---- arguments ---- */

gint64
sb_control_int (SbControl *control, const char *name, gint64 otherwise)
{
  gint64 value;

  return floo_json_get_int (control->body, name, &value) ? value : otherwise;
}

gboolean
sb_control_bool (SbControl *control, const char *name, gboolean otherwise)
{
  gboolean value;

  return floo_json_get_bool (control->body, name, &value) ? value : otherwise;
}

const char *
sb_control_text (SbControl *control, const char *name, const char *otherwise)
{
  const char *value = floo_json_get_string (control->body, name);

  return value != NULL ? value : otherwise;
}

gboolean
sb_control_fail (GError **error, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  if (error != NULL)
    *error = g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, args);
  va_end (args);
  return FALSE;
}

static SbUser *
find_user (SbControl *control, const char *name)
{
  SbState *state = control->sandbox->state;
  const char *text = sb_control_text (control, name, "");
  SbUser *user = sb_state_user (state, sb_control_int (control, name, 0));

  return user != NULL ? user : sb_state_user_by_name (state, text);
}

SbUser *
sb_control_user (SbControl *control, const char *name, GError **error)
{
  SbUser *user = find_user (control, name);

  if (user == NULL)
    sb_control_fail (error, "%s: no such user", name);
  return user;
}

gint64
sb_control_receiver (SbControl *control, const char *name, GError **error)
{
  SbUser *user = find_user (control, name);
  gint64 id = sb_control_int (control, name, 0);

  if (user != NULL)
    return user->id;
  if (sb_state_group (control->sandbox->state, id) != NULL)
    return id;
  sb_control_fail (error, "%s: no such user or group", name);
  return 0;
}

int
sb_control_choice (SbControl *control, const char *name, const char *const *names, GError **error)
{
  const char *text = sb_control_text (control, name, "");
  g_autofree char *list = NULL;

  for (int i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], text) == 0)
      return i;
  list = g_strjoinv (", ", (char **) names);
  sb_control_fail (error, "%s: %s", name, list);
  return -1;
}

/* ---- the call ---- */

static JsonObject *
parse_body (SoupServerMessage *msg, GError **error)
{
  g_autoptr (GBytes) bytes = soup_message_body_flatten (soup_server_message_get_request_body (msg));
  g_autoptr (JsonNode) root = NULL;

  if (g_bytes_get_size (bytes) == 0)
    return json_object_new ();
  root = floo_json_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
  if (root == NULL)
    return NULL;
  if (JSON_NODE_HOLDS_OBJECT (root))
    return json_node_dup_object (root);
  sb_control_fail (error, "the body is a JSON object");
  return NULL;
}

/* The row of a command, or the number of rows. */
static gsize
find_command (const char *name)
{
  gsize i = 0;

  while (i < G_N_ELEMENTS (commands) && strcmp (commands[i].name, name) != 0)
    i++;
  return i;
}

void
sb_control_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = parse_body (msg, &error);
  gsize command = find_command (name);
  SbControl control = { sandbox, msg, body, NULL, FALSE };
  g_autoptr (JsonNode) root = NULL;
  gboolean ok = FALSE;

  control.answer = json_object_new ();
  if (command == G_N_ELEMENTS (commands))
    {
      g_clear_error (&error);
      sb_control_fail (&error, "no control call %s", name);
    }
  else if (body != NULL)
    ok = check_arguments (command, body, &error) && commands[command].handle (&control, &error);
  if (!control.pending)
    {
      json_object_set_boolean_member (control.answer, "ok", ok);
      if (!ok)
        json_object_set_string_member (control.answer, "error", error->message);
      root = json_node_new (JSON_NODE_OBJECT);
      json_node_set_object (root, control.answer);
      sb_answer_json (msg, ok ? SOUP_STATUS_OK : SOUP_STATUS_BAD_REQUEST, root);
    }
  json_object_unref (control.answer);
  sb_waits_check (sandbox);
}
