/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control calls that return what has happened. */
#include "control.h"

#include "socket.h"
#include "trace.h"

static JsonArray *
describe_devices (SbUser *user)
{
  JsonArray *devices = json_array_new ();

  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];
      JsonObject *entry = json_object_new ();

      json_object_set_int_member (entry, "device_sn", device->sn);
      json_object_set_string_member (entry, "guid", device->guid);
      json_object_set_int_member (entry, "platform", device->platform);
      json_object_set_string_member (entry, "agent", device->agent);
      json_object_set_boolean_member (entry, "connected", device->connection != NULL);
      json_array_add_object_element (devices, entry);
    }
  return devices;
}

gboolean
sb_control_state (SbControl *control, GError **error)
{
  SbState *state = control->sandbox->state;
  JsonArray *users = json_array_new ();

  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *user = state->user_order->pdata[i];
      JsonObject *entry = json_object_new ();

      json_object_set_int_member (entry, "user_id", user->id);
      json_object_set_string_member (entry, "name", user->name);
      json_object_set_boolean_member (entry, "removed", user->removed);
      json_object_set_boolean_member (entry, "frozen", user->frozen);
      json_object_set_boolean_member (entry, "banned", user->banned);
      json_object_set_array_member (entry, "devices", describe_devices (user));
      json_array_add_object_element (users, entry);
    }
  json_object_set_array_member (control->answer, "users", users);
  json_object_set_int_member (control->answer, "connections", control->sandbox->connections->len);
  json_object_set_int_member (control->answer, "messages", state->messages->len);
  json_object_set_int_member (control->answer, "last_message", state->next_message);
  json_object_set_int_member (control->answer, "violations", sb_trace_n_violations (control->sandbox));
  json_object_set_int_member (control->answer, "fetches", control->sandbox->faults.n_fetches);
  return TRUE;
}

gboolean
sb_control_accepted (SbControl *control, GError **error)
{
  SbUser *user = NULL;
  JsonArray *list;

  if (json_object_has_member (control->body, "user") && (user = sb_control_user (control, "user", error)) == NULL)
    return FALSE;
  list = sb_trace_accepted (control->sandbox, user == NULL ? 0 : user->id, sb_control_int (control, "conversation", 0),
                            sb_control_int (control, "since", 0), sb_control_bool (control, "operations", FALSE));
  json_object_set_int_member (control->answer, "count", json_array_get_length (list));
  json_object_set_array_member (control->answer, "messages", list);
  return TRUE;
}

gboolean
sb_control_violations (SbControl *control, GError **error)
{
  json_object_set_int_member (control->answer, "count", sb_trace_n_violations (control->sandbox));
  json_object_set_array_member (control->answer, "violations", sb_trace_violations (control->sandbox));
  if (sb_control_bool (control, "clear", FALSE))
    sb_trace_clear_violations (control->sandbox);
  return TRUE;
}

gboolean
sb_control_requests (SbControl *control, GError **error)
{
  json_object_set_int_member (control->answer, "misbehaved", control->sandbox->faults.n_rest);
  json_object_set_array_member (control->answer, "requests", sb_trace_requests (control->sandbox));
  return TRUE;
}
