/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control calls that send invalid data. */
#include "control.h"
#include "socket.h"

/* @name: an argument in base64. Returns: (transfer full) */
static GBytes *
get_bytes (SbControl *control, const char *name)
{
  const char *text = sb_control_text (control, name, "");
  gsize len;
  guchar *data = g_base64_decode (text, &len);

  return g_bytes_new_take (data, len);
}

gboolean
sb_control_frame (SbControl *control, GError **error)
{
  GPtrArray *connections = control->sandbox->connections;
  SbUser *user = sb_control_user (control, "user", error);
  g_autoptr (GBytes) bytes = NULL;

  if (user == NULL)
    return FALSE;
  bytes = get_bytes (control, "frame");
  for (guint i = 0; i < connections->len; i++)
    {
      SbDevice *device = sb_connection_device (connections->pdata[i]);

      if (device != NULL && device->user == user)
        sb_connection_send_bytes (connections->pdata[i], bytes);
    }
  return TRUE;
}

gboolean
sb_control_spoil (SbControl *control, GError **error)
{
  SbMessage *message = sb_state_message (control->sandbox->state, sb_control_int (control, "mid", 0));

  if (message == NULL)
    return sb_control_fail (error, "mid: there is no such message");
  message->timestamp = sb_control_int (control, "timestamp", message->timestamp);
  message->from = sb_control_int (control, "from", message->from);
  message->ns = (Floo__Meta__NameSpace) sb_control_int (control, "ns", message->ns);
  if (json_object_has_member (control->body, "payload"))
    {
      g_clear_pointer (&message->payload, g_bytes_unref);
      message->payload = get_bytes (control, "payload");
    }
  return TRUE;
}
