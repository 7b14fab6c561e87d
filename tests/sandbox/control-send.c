/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Control calls that do what users and the service do. */
#include "control.h"

#include <string.h>

#include "base/json.h"
#include "base/message.h"
#include "intake.h"
#include "notices.h"
#include "rest.h"
#include "sync.h"

#define MAX_COUNT 1000000

/* A message as the arguments describe it; @number > 0 is appended to the content, instead of both the present time (us, monotonic) where
 * "stamp" is true. */
static SbMessage *
message_from (SbControl *control, SbUser *from, gint64 to, gint64 number, GError **error)
{
  SbState *state = control->sandbox->state;
  g_autoptr (SbMessage) message = sb_message_new (from->id, to);
  const char *content = sb_control_text (control, "content", "");
  const char *type = sb_control_text (control, "type", "text");

  if (!floo_message_type_from_string (type, &message->ctype))
    {
      sb_control_fail (error, "type: text, image, audio, video, file, location, command, forward, rtc");
      return NULL;
    }
  g_free (message->content);
  if (sb_control_bool (control, "stamp", FALSE))
    message->content = g_strdup_printf ("%" G_GINT64_FORMAT, g_get_monotonic_time ());
  else
    message->content = number > 0 ? g_strdup_printf ("%s%" G_GINT64_FORMAT, content, number) : g_strdup (content);
  message->type = sb_state_group (state, to) != NULL ? FLOO__MESSAGE_BODY__TYPE__GROUPCHAT : FLOO__MESSAGE_BODY__TYPE__CHAT;
  message->config = g_strdup (sb_control_text (control, "config", NULL));
  message->ext = g_strdup (sb_control_text (control, "ext", NULL));
  message->attachment = g_strdup (sb_control_text (control, "attachment", NULL));
  message->at_most_once = sb_control_bool (control, "at_most_once", FALSE);
  return g_steal_pointer (&message);
}

/* An operation: {operation: "RECALL", mid, conversation?, content?, config?, ext?}. */
static gboolean
make_operation (SbControl *control, SbMessage *message, GError **error)
{
  const char *name = sb_control_text (control, "operation", NULL);
  const ProtobufCEnumValue *value;

  if (name == NULL)
    return TRUE;
  value = protobuf_c_enum_descriptor_get_value_by_name (&floo__message_operation__op_type__descriptor, name);
  if (value == NULL)
    return sb_control_fail (error, "operation: a name of MessageOperation.OpType, RECALL, say");
  message->type = FLOO__MESSAGE_BODY__TYPE__OPER;
  message->ctype = value->value == FLOO__MESSAGE_OPERATION__OP_TYPE__APPEND || value->value == FLOO__MESSAGE_OPERATION__OP_TYPE__REPLACE
                       ? FLOO__MESSAGE_BODY__CONTENT_TYPE__TEXT
                       : FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND;
  message->op = value->value;
  message->op_mid = sb_control_int (control, "mid", 0);
  message->op_has_conversation = json_object_has_member (control->body, "conversation");
  message->op_conversation = sb_control_int (control, "conversation", 0);
  return TRUE;
}

/* @number: of the message, if there are several; 0: the only one. Its id is added to @ids. */
static gboolean
send_one (SbControl *control, gint64 number, JsonArray *ids, GError **error)
{
  SbUser *from = sb_control_user (control, "from", error);
  gint64 to = from == NULL ? 0 : sb_control_receiver (control, "to", error);
  SbMessage *message = to == 0 ? NULL : message_from (control, from, to, number, error);
  SbVerdict verdict;

  if (message == NULL)
    return FALSE;
  if (!make_operation (control, message, error))
    {
      sb_message_free (message);
      return FALSE;
    }
  sb_intake_submit (control->sandbox, from, NULL, message, &verdict);
  if (verdict.code != FLOO__STATUS__ERROR_CODE__OK)
    return sb_control_fail (error, "refused: %s", verdict.reason);
  json_array_add_int_element (ids, verdict.server_mid);
  return TRUE;
}

/* Messages that come one by one. */
typedef struct {
  SbControl control;
  gint64 next, count;
  guint interval_ms;
} Drip;

static void
drip_free (Drip *drip)
{
  json_object_unref (drip->control.body);
  g_free (drip);
}

static void drip_later (Drip *drip);

static void
on_drip_due (gpointer data)
{
  Drip *drip = data;
  g_autoptr (JsonArray) ids = json_array_new ();
  g_autoptr (GError) error = NULL;

  if (!send_one (&drip->control, drip->next, ids, &error))
    g_message ("no message at an interval any more: %s", error->message);
  else if (drip->next < drip->count)
    {
      drip->next++;
      drip_later (drip);
      return;
    }
  drip_free (drip);
}

static void
drip_later (Drip *drip)
{
  sandbox_after (drip->control.sandbox, drip->interval_ms, on_drip_due, drip, (GDestroyNotify) drip_free);
}

gboolean
sb_control_send (SbControl *control, GError **error)
{
  gint64 count = CLAMP (sb_control_int (control, "count", 1), 1, MAX_COUNT);
  gint64 interval_ms = CLAMP (sb_control_int (control, "interval_ms", 0), 0, G_MAXINT);
  JsonArray *ids = json_array_new ();
  Drip *drip;

  json_object_set_array_member (control->answer, "server_mids", ids);
  for (gint64 i = 1; i <= (interval_ms > 0 ? 1 : count); i++)
    if (!send_one (control, count > 1 ? i : 0, ids, error))
      return FALSE;
  if (interval_ms == 0 || count == 1)
    return TRUE;
  drip = g_new0 (Drip, 1);
  drip->control = (SbControl){ .sandbox = control->sandbox, .body = json_object_ref (control->body) };
  drip->next = 2;
  drip->count = count;
  drip->interval_ms = (guint) interval_ms;
  drip_later (drip);
  return TRUE;
}

/* ---- bursts ---- */

/* The senders in turn: the argument from_list, or else from alone. */
static GPtrArray *
burst_senders (SbControl *control, GError **error)
{
  JsonNode *node = json_object_get_member (control->body, "from_list");
  JsonArray *list = node != NULL && JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
  g_autoptr (GPtrArray) senders = g_ptr_array_new ();

  for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
    {
      JsonNode *id = json_array_get_element (list, i);
      SbUser *user = sb_state_user (control->sandbox->state, JSON_NODE_HOLDS_VALUE (id) ? json_node_get_int (id) : 0);

      if (user == NULL)
        {
          sb_control_fail (error, "from_list: ids of users");
          return NULL;
        }
      g_ptr_array_add (senders, user);
    }
  if (senders->len == 0)
    {
      SbUser *user = sb_control_user (control, "from", error);

      if (user == NULL)
        return NULL;
      g_ptr_array_add (senders, user);
    }
  return g_steal_pointer (&senders);
}

typedef enum { BY_NOTICE, BY_PUSH, LOST } BurstMode;

/* Notifies everyone whom the burst concerns, once for each conversation. */
static void
tell_burst (SbControl *control, GPtrArray *senders, gint64 to, BurstMode mode)
{
  Sandbox *sandbox = control->sandbox;
  SbGroup *group = sb_state_group (sandbox->state, to);
  guint n = group != NULL ? group->member_order->len : senders->len;

  for (guint i = 0; i < n; i++)
    {
      SbUser *user = group != NULL ? sb_state_user (sandbox->state, ((SbMember *) group->member_order->pdata[i])->id)
                                   : sb_state_user (sandbox->state, to);
      gint64 conversation = group != NULL ? to : ((SbUser *) senders->pdata[i])->id;

      if (user == NULL)
        continue;
      if (mode == BY_PUSH)
        sb_sync_push (sandbox, user, conversation);
      else if (mode == LOST)
        sb_sync_lose (user, conversation);
      else
        sb_sync_notify (sandbox, user, conversation, NULL);
    }
}

gboolean
sb_control_burst (SbControl *control, GError **error)
{
  static const char *const modes[] = { "notice", "push", "lost", NULL };
  g_autoptr (GPtrArray) senders = burst_senders (control, error);
  gint64 to = senders == NULL ? 0 : sb_control_receiver (control, "to", error);
  gint64 count = CLAMP (sb_control_int (control, "count", 1), 1, MAX_COUNT);
  int mode = json_object_has_member (control->body, "mode") ? sb_control_choice (control, "mode", modes, error) : 0;

  if (to == 0 || mode < 0)
    return FALSE;
  json_object_set_int_member (control->answer, "first_mid", control->sandbox->state->next_message + 1);
  for (gint64 i = 1; i <= count; i++)
    {
      SbMessage *message = message_from (control, senders->pdata[(i - 1) % senders->len], to, i, error);

      if (message == NULL)
        return FALSE;
      sb_deliver (control->sandbox, message, FALSE);
    }
  json_object_set_int_member (control->answer, "last_mid", control->sandbox->state->next_message);
  tell_burst (control, senders, to, (BurstMode) mode);
  return TRUE;
}

/* ---- notices ---- */

static gboolean
enum_value (SbControl *control, const ProtobufCEnumDescriptor *descriptor, int *value, GError **error)
{
  const ProtobufCEnumValue *found
      = protobuf_c_enum_descriptor_get_value_by_name (descriptor, sb_control_text (control, "type", ""));

  if (found == NULL)
    return sb_control_fail (error, "type: a name of %s", descriptor->name);
  *value = found->value;
  return TRUE;
}

static gboolean
notice_roster (SbControl *control, GError **error)
{
  SbUser *from = sb_control_user (control, "from", error);
  SbUser *to = from == NULL ? NULL : sb_control_user (control, "to", error);
  int type = 0;

  if (to == NULL || !enum_value (control, &floo__roster_notice__type__descriptor, &type, error))
    return FALSE;
  sb_notice_roster (control->sandbox, type, from->id, to->id, sb_control_text (control, "content", NULL));
  return TRUE;
}

static gboolean
notice_group (SbControl *control, GError **error)
{
  SbGroup *group = sb_state_group (control->sandbox->state, sb_control_int (control, "group", 0));
  SbUser *from = sb_control_user (control, "from", error);
  gint64 to = 0;
  int type = 0;

  if (from == NULL || !enum_value (control, &floo__group_notice__type__descriptor, &type, error))
    return FALSE;
  if (group == NULL)
    return sb_control_fail (error, "group: no such group");
  if (json_object_has_member (control->body, "to") && (to = sb_control_receiver (control, "to", error)) == 0)
    return FALSE;
  sb_notice_group (control->sandbox, group, type, from->id, &to, to != 0, sb_control_text (control, "content", NULL), SB_TO_MEMBERS);
  return TRUE;
}

static gboolean
notice_user (SbControl *control, GError **error)
{
  SbUser *to = sb_control_user (control, "to", error);
  int type = 0;

  if (to == NULL || !enum_value (control, &floo__user_notice__type__descriptor, &type, error))
    return FALSE;
  sb_notice_user (control->sandbox, to, type, sb_control_text (control, "content", NULL), NULL);
  return TRUE;
}

gboolean
sb_control_notice (SbControl *control, GError **error)
{
  static const char *const spaces[] = { "roster", "group", "user", NULL };
  static const SbControlHandler handlers[] = { notice_roster, notice_group, notice_user };
  int ns = sb_control_choice (control, "ns", spaces, error);

  return ns >= 0 && handlers[ns](control, error);
}

/* A message of the service's console, which is stored in the system's conversation. */
gboolean
sb_control_push (SbControl *control, GError **error)
{
  SbUser *to = sb_control_user (control, "to", error);
  SbMessage *message;

  if (to == NULL)
    return FALSE;
  message = message_from (control, to, to->id, 0, error);
  if (message == NULL)
    return FALSE;
  message->ns = FLOO__META__NAME_SPACE__PUSH;
  message->type = FLOO__MESSAGE_BODY__TYPE__NORMAL;
  message->from = 0;
  sb_deliver_to (control->sandbox, sb_state_add_message (control->sandbox->state, message), to, 0, TRUE);
  return TRUE;
}

/* ---- what a user does on another device ---- */

gboolean
sb_control_succeeded (JsonObject *envelope, GError **error)
{
  gint64 code = json_object_get_int_member (envelope, "code");

  return code == SB_OK || sb_control_fail (error, "%" G_GINT64_FORMAT ": %s", code, json_object_get_string_member (envelope, "message"));
}

gboolean
sb_control_call (SbControl *control, GError **error)
{
  SbUser *user = sb_control_user (control, "user", error);
  const char *method = sb_control_text (control, "method", "POST");
  const char *path = sb_control_text (control, "path", "");
  g_autoptr (JsonObject) none = json_object_new ();
  JsonObject *arguments = floo_json_get_object (control->body, "arguments");
  g_autoptr (JsonObject) envelope = NULL;

  if (user == NULL)
    return FALSE;
  envelope = sb_rest_call (control->sandbox, user, method, path, arguments != NULL ? arguments : none);
  if (envelope == NULL)
    return sb_control_fail (error, "no operation %s %s", method, path);
  if (!sb_control_succeeded (envelope, error))
    return FALSE;
  json_object_set_member (control->answer, "data", json_node_copy (json_object_get_member (envelope, "data")));
  return TRUE;
}

/* ---- kicks ---- */

gboolean
sb_control_kick (SbControl *control, GError **error)
{
  SbUser *user = sb_control_user (control, "user", error);
  gint64 sn = sb_control_int (control, "device_sn", 0);
  SbDevice *device = NULL;
  int type = 0;

  if (user == NULL || !enum_value (control, &floo__user_notice__type__descriptor, &type, error))
    return FALSE;
  if (sn != 0 && (device = sb_user_device (user, (guint32) sn)) == NULL)
    return sb_control_fail (error, "device_sn: no such device");
  if (type == FLOO__USER_NOTICE__TYPE__FROZEN)
    user->frozen = TRUE;
  sb_notice_kick (control->sandbox, user, device, type);
  return TRUE;
}

/* Adds many new users at once: friends of a user, members of a group. There are no notices: it is as if they had always been there. */
gboolean
sb_control_crowd (SbControl *control, GError **error)
{
  SbState *state = control->sandbox->state;
  gint64 count = CLAMP (sb_control_int (control, "count", 1), 1, MAX_COUNT);
  SbGroup *group = sb_state_group (state, sb_control_int (control, "group", 0));
  SbUser *friend = NULL;

  if (json_object_has_member (control->body, "friends_of") && (friend = sb_control_user (control, "friends_of", error)) == NULL)
    return FALSE;
  if (json_object_has_member (control->body, "group") && group == NULL)
    return sb_control_fail (error, "group: no such group");
  for (gint64 i = 0; i < count; i++)
    {
      g_autofree char *name = g_strdup_printf ("crowd-%" G_GINT64_FORMAT, state->next_user + 1);
      SbUser *user = sb_state_add_user (state, state->next_user + 1, name, "crowd-secret");

      if (friend != NULL)
        {
          sb_user_ensure_contact (friend, user->id)->relation = SB_FRIEND;
          sb_user_ensure_contact (user, friend->id)->relation = SB_FRIEND;
        }
      if (group != NULL)
        sb_group_add_member (group, user->id, SB_MEMBER, sb_now ());
    }
  if (group != NULL)
    json_object_set_int_member (group->info, "capacity",
                                MAX (json_object_get_int_member (group->info, "capacity"), (gint64) group->member_order->len + 100));
  return TRUE;
}

/* The first members of the group that a message went to acknowledge it to its sender, each from a device of their own. */
gboolean
sb_control_acknowledge (SbControl *control, GError **error)
{
  SbState *state = control->sandbox->state;
  SbMessage *target = sb_state_message (state, sb_control_int (control, "mid", 0));
  SbGroup *group = target == NULL ? NULL : sb_state_group (state, target->to);
  gint64 count = sb_control_int (control, "count", MAX_COUNT), n = 0;

  if (group == NULL)
    return sb_control_fail (error, "mid: no message to a group");
  for (guint i = 0; i < group->member_order->len && n < count; i++)
    {
      SbUser *user = sb_state_user (state, ((SbMember *) group->member_order->pdata[i])->id);
      g_autoptr (SbMessage) message = user == NULL || user->id == target->from ? NULL : sb_message_new (user->id, target->from);
      SbVerdict verdict;

      if (message == NULL)
        continue;
      if (!make_operation (control, message, error))
        return FALSE;
      sb_intake_submit (control->sandbox, user, NULL, g_steal_pointer (&message), &verdict);
      if (verdict.code != FLOO__STATUS__ERROR_CODE__OK)
        return sb_control_fail (error, "refused: %s", verdict.reason);
      n++;
    }
  json_object_set_int_member (control->answer, "n", n);
  return TRUE;
}
