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

static const struct {
  const char *name;
  SbControlHandler handle;
} commands[] = {
  { "accepted", sb_control_accepted },     { "again", sb_control_again },           { "bot", sb_control_bot },
  { "burst", sb_control_burst },           { "crowd", sb_control_crowd },           { "disconnect", sb_control_disconnect },
  { "files", sb_control_files },           { "kick", sb_control_kick },             { "message", sb_control_message },
  { "notice", sb_control_notice },         { "provision", sb_control_provision },   { "push", sb_control_push },
  { "requests", sb_control_requests },     { "rest", sb_control_rest },             { "save", control_save },
  { "send", sb_control_send },             { "settings", sb_control_settings },     { "socket", sb_control_socket },
  { "stall", sb_control_stall },           { "state", sb_control_state },           { "user", sb_control_user_state },
  { "violations", sb_control_violations }, { "wait", control_wait },
};

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

static SbControlHandler
find_command (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (commands[i].name, name) == 0)
      return commands[i].handle;
  return NULL;
}

void
sb_control_handle (Sandbox *sandbox, SoupServerMessage *msg, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = parse_body (msg, &error);
  SbControlHandler handle = find_command (name);
  SbControl control = { sandbox, msg, body, NULL, FALSE };
  g_autoptr (JsonNode) root = NULL;
  gboolean ok = FALSE;

  control.answer = json_object_new ();
  if (body != NULL && handle != NULL)
    ok = handle (&control, &error);
  else if (handle == NULL && error == NULL)
    sb_control_fail (&error, "no control call %s", name);
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
