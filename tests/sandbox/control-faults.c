/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control calls that make the sandbox misbehave, or change its behaviour. */
#include "control.h"

#include <string.h>

#include "notices.h"
#include "rest.h"
#include "socket.h"
#include "sync.h"
#include "wire/frame.h"

#define MAX_BODY (G_GINT64_CONSTANT (64) << 20)

/* A connection that has logged in as @user (NULL: any at all). */
static gboolean
is_of (SbConnection *connection, SbUser *user)
{
  SbDevice *device = sb_connection_device (connection);

  return user == NULL || (device != NULL && device->user == user);
}

/* The argument user, if it is given. */
static gboolean
optional_user (SbControl *control, SbUser **user, GError **error)
{
  *user = NULL;
  return !json_object_has_member (control->body, "user") || (*user = sb_control_user (control, "user", error)) != NULL;
}

gboolean
sb_control_disconnect (SbControl *control, GError **error)
{
  static const char *const names[] = { "close", "drop", "half-close", NULL };
  static const SbEnd ends[] = { SB_END_CLOSE, SB_END_DROP, SB_END_HALF_CLOSE };
  GPtrArray *connections = control->sandbox->connections;
  SbUser *user;
  int how = sb_control_choice (control, "how", names, error);
  int n = 0;

  if (how < 0 || !optional_user (control, &user, error))
    return FALSE;
  for (guint i = connections->len; i > 0; i--)
    if (is_of (connections->pdata[i - 1], user))
      {
        sb_connection_end (connections->pdata[i - 1], ends[how]);
        n++;
      }
  json_object_set_int_member (control->answer, "count", n);
  return TRUE;
}

gboolean
sb_control_stall (SbControl *control, GError **error)
{
  gboolean on = sb_control_bool (control, "on", TRUE);
  GPtrArray *connections = control->sandbox->connections;
  SbUser *user;

  if (!optional_user (control, &user, error))
    return FALSE;
  if (user == NULL)
    control->sandbox->faults.stall_all = on;
  for (guint i = 0; i < connections->len; i++)
    if (is_of (connections->pdata[i], user))
      sb_connection_stall (connections->pdata[i], on);
  return TRUE;
}

static gboolean
send_malformed (SbControl *control, GError **error)
{
  static const char *const names[] = { "frame", "text", "huge", "garbage", "provision", NULL };
  GPtrArray *connections = control->sandbox->connections;
  SbUser *user;
  int what = sb_control_choice (control, "malformed", names, error);

  if (what < 0 || !optional_user (control, &user, error))
    return FALSE;
  for (guint i = 0; i < connections->len; i++)
    if (is_of (connections->pdata[i], user))
      sb_connection_malformed (connections->pdata[i], (SbMalformed) what);
  return TRUE;
}

gboolean
sb_control_socket (SbControl *control, GError **error)
{
  static const char *const acks[] = { "normal", "drop", "late", "twice", "no-server-mid", "random", NULL };
  SbFaults *faults = &control->sandbox->faults;

  if (json_object_has_member (control->body, "ack"))
    {
      int ack = sb_control_choice (control, "ack", acks, error);

      if (ack < 0)
        return FALSE;
      faults->ack = (SbAckMode) ack;
      faults->ack_count = (int) sb_control_int (control, "count", -1);
      faults->ack_delay_ms = (guint) CLAMP (sb_control_int (control, "ack_delay_ms", 1000), 0, G_MAXINT32 - 1);
      faults->ack_lost = (guint) CLAMP (sb_control_int (control, "ack_lost", 0), 0, 100);
    }
  if (json_object_has_member (control->body, "ack_seed"))
    g_rand_set_seed (faults->ack_rand, (guint32) sb_control_int (control, "ack_seed", 0));
  if (sb_control_bool (control, "release", FALSE))
    sb_connections_release (control->sandbox);
  faults->refuse = (int) sb_control_int (control, "refuse", faults->refuse);
  faults->refuse_status = (guint) CLAMP (sb_control_int (control, "refuse_status", faults->refuse_status), 300, 599);
  faults->delay_ms = (guint) sb_control_int (control, "delay_ms", faults->delay_ms);
  return !json_object_has_member (control->body, "malformed") || send_malformed (control, error);
}

/* The argument body, padded with blanks to body_size bytes. */
static char *
padded_body (SbControl *control)
{
  const char *body = sb_control_text (control, "body", NULL);
  gsize size = (gsize) CLAMP (sb_control_int (control, "body_size", 0), 0, MAX_BODY);
  gsize len = body != NULL ? strlen (body) : 0;
  char *padded;

  if (body == NULL || size <= len)
    return g_strdup (body);
  padded = g_malloc (size + 1);
  memcpy (padded, body, len);
  memset (padded + len, ' ', size - len);
  padded[size] = '\0';
  return padded;
}

gboolean
sb_control_rest (SbControl *control, GError **error)
{
  GPtrArray *faults = control->sandbox->faults.rest;
  SbRestFault *fault;

  if (sb_control_bool (control, "clear", FALSE))
    {
      g_ptr_array_set_size (faults, 0);
      return TRUE;
    }
  if (sb_control_bool (control, "release", FALSE))
    {
      sb_rest_release (control->sandbox);
      return TRUE;
    }
  fault = g_new0 (SbRestFault, 1);
  fault->path = g_strdup (sb_control_text (control, "path", NULL));
  fault->status = (guint) sb_control_int (control, "status", 0);
  fault->code = (int) sb_control_int (control, "code", 0);
  fault->message = g_strdup (sb_control_text (control, "message", NULL));
  fault->body = padded_body (control);
  fault->delay_ms = (guint) sb_control_int (control, "delay_ms", 0);
  fault->drop = sb_control_bool (control, "drop", FALSE);
  fault->count = (int) sb_control_int (control, "count", 1);
  g_ptr_array_add (faults, fault);
  return TRUE;
}

/* The arguments status (a name of Status.ErrorCode), reason and count. */
static gboolean
take_status (SbControl *control, Floo__Status__ErrorCode *code, const char **reason, int *count, GError **error)
{
  const char *name = sb_control_text (control, "status", "");
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name (&floo__status__error_code__descriptor, name);

  if (value == NULL)
    return sb_control_fail (error, "status: a name of Status.ErrorCode, INVALID_TOKEN, say");
  *code = value->value;
  *reason = g_intern_string (sb_control_text (control, "reason", ""));
  *count = (int) sb_control_int (control, "count", 1);
  return TRUE;
}

gboolean
sb_control_provision (SbControl *control, GError **error)
{
  SbFaults *faults = &control->sandbox->faults;

  return take_status (control, &faults->provision_code, &faults->provision_reason, &faults->provision_count, error);
}

gboolean
sb_control_message (SbControl *control, GError **error)
{
  SbFaults *faults = &control->sandbox->faults;
  SbUser *user;

  if (!optional_user (control, &user, error)
      || !take_status (control, &faults->message_code, &faults->message_reason, &faults->message_count, error))
    return FALSE;
  faults->message_user = user == NULL ? 0 : user->id;
  faults->message_after = (guint) CLAMP (sb_control_int (control, "after", 0), 0, G_MAXINT32);
  faults->message_every = (guint) CLAMP (sb_control_int (control, "every", 1), 1, G_MAXINT32);
  faults->message_seen = 0;
  return TRUE;
}

gboolean
sb_control_fetch (SbControl *control, GError **error)
{
  static const char *const names[SB_N_FETCHES + 1] = { "unread", "sync", "history", NULL };
  int what = sb_control_choice (control, "what", names, error);
  SbFetchFault *fault = what < 0 ? NULL : &control->sandbox->faults.fetches[what];

  return fault != NULL && take_status (control, &fault->code, &fault->reason, &fault->count, error);
}

gboolean
sb_control_user_state (SbControl *control, GError **error)
{
  SbUser *user = sb_control_user (control, "user", error);

  if (user == NULL)
    return FALSE;
  user->banned = sb_control_bool (control, "banned", user->banned);
  user->frozen = sb_control_bool (control, "frozen", user->frozen);
  if (sb_control_bool (control, "void_tokens", FALSE))
    sb_state_void_tokens (control->sandbox->state, user, NULL);
  return TRUE;
}

gboolean
sb_control_bot (SbControl *control, GError **error)
{
  SbBot *bot = &control->sandbox->bot;

  bot->on = sb_control_bool (control, "on", bot->on);
  bot->delay_ms = (guint) sb_control_int (control, "delay_ms", bot->delay_ms);
  return TRUE;
}

/* ---- delivered again ---- */

/* Sends the last messages of a conversation again to all devices of a user, as after a lost acknowledgement. */
gboolean
sb_control_again (SbControl *control, GError **error)
{
  SbUser *user = sb_control_user (control, "user", error);
  gint64 conversation = sb_control_int (control, "conversation", 0);
  SbInbox *inbox = user == NULL ? NULL : sb_user_find_inbox (user, conversation);
  guint count, first;
  gint64 before;

  if (user == NULL)
    return FALSE;
  if (inbox == NULL || inbox->queue->len == 0)
    return sb_control_fail (error, "conversation: nothing was ever delivered");
  count = (guint) CLAMP (sb_control_int (control, "count", 1), 1, (gint64) inbox->queue->len);
  first = inbox->queue->len - count;
  before = ((SbMessage *) inbox->queue->pdata[first])->id - 1;
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbPosition *position = sb_device_position (user->devices->pdata[i], conversation);

      position->acked = position->sent = before;
      position->last = FALSE;
    }
  sb_sync_notify (control->sandbox, user, conversation, inbox->queue->pdata[first]);
  return TRUE;
}
