/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The name and the settings of a group, and a member's own settings in it. */
#include "operations.h"

#include <string.h>

#include "base/json.h"
#include "group-users.h"

/* {"property": NAME, NAME: VALUE} */
static char *
property_text (const char *name, JsonNode *value)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "property", name);
  json_object_set_member (object, name, json_node_copy (value));
  json_node_take_object (root, object);
  return floo_json_to_text (root);
}

void
sb_group_tell_property (SbCall *call, const char *name, JsonNode *value)
{
  g_autofree char *content = property_text (name, value);

  json_object_set_int_member (call->group->info, "updated_at", sb_now ());
  sb_notice_group (call->sandbox, call->group, FLOO__GROUP_NOTICE__TYPE__INFO_UPDATED, call->user->id, NULL, 0, content,
                   SB_TO_MEMBERS);
}

/* One row for each operation that sets a field of the record GroupInfoAndSettings. */
static const struct {
  const char *path;
  const char *argument;
  const char *field;
  gboolean members_may;   /* where member_modify is on */
  gint64 max;             /* of numbers */
} properties[] = {
  { "/group/info/avatar", "value", "avatar", TRUE },
  { "/group/info/description", "value", "description", TRUE },
  { "/group/info/ext", "value", "ext", TRUE },
  { "/group/info/name", "value", "name", TRUE },
  { "/group/settings/allow_member_invitation", "value", "member_invite" },
  { "/group/settings/allow_member_modify", "value", "member_modify" },
  { "/group/settings/enable_read_ack", "value", "read_ack" },
  { "/group/settings/hide_member_info", "value", "hide_member_info" },
  { "/group/settings/history_visible", "value", "history_visible" },
  { "/group/settings/require_admin_approval", "apply_approval", "apply_approval", FALSE, 2 },
};

void
sb_rest_group_set_property (SbCall *call)
{
  gboolean open = json_object_get_boolean_member (call->group->info, "member_modify");
  JsonNode *value;
  gsize i = 0;

  while (strcmp (properties[i].path, call->operation->path) != 0)
    i++;
  value = json_object_get_member (call->args, properties[i].argument);
  if (call->member->role < SB_ADMIN && !(properties[i].members_may && open))
    sb_call_fail (call, SB_NEEDS_ADMIN, "you have not the right in the group");
  else if (json_node_get_value_type (value) == G_TYPE_INT64
           && (json_node_get_int (value) < 0 || json_node_get_int (value) > properties[i].max))
    sb_call_fail (call, SB_BAD_PARAMETER, "%s is 0 to %d", properties[i].argument, (int) properties[i].max);
  else
    {
      json_object_set_member (call->group->info, properties[i].field, json_node_copy (value));
      sb_group_tell_property (call, properties[i].field, value);
    }
}

void
sb_rest_group_display_name (SbCall *call)
{
  g_free (call->member->display_name);
  call->member->display_name = g_strdup (sb_call_text (call, "value"));
  sb_group_tell_property (call, "display_name", json_object_get_member (call->args, "value"));
}

/* ---- a member's own settings: only his devices get a notice ---- */

static gboolean
take_mode (SbCall *call, const char *name, int max, int *mode)
{
  gint64 value = sb_call_int (call, name);

  if (value < 0 || value > max)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "%s is 0 to %d", name, max);
      return FALSE;
    }
  *mode = (int) value;
  return TRUE;
}

static void
tell_mode (SbCall *call, Floo__GroupNotice__Type type, const char *name)
{
  g_autofree char *content = property_text (name, json_object_get_member (call->args, name));

  sb_notice_group (call->sandbox, call->group, type, call->user->id, NULL, 0, content, SB_TO_NAMED);
}

void
sb_rest_group_mute_mode (SbCall *call)
{
  if (take_mode (call, "msg_mute_mode", 2, &call->member->mute_mode))
    tell_mode (call, call->member->mute_mode == 0 ? FLOO__GROUP_NOTICE__TYPE__UNMUTED : FLOO__GROUP_NOTICE__TYPE__MUTED,
               "msg_mute_mode");
}

/* An older name of the push mode, with two values: all messages or none. */
void
sb_rest_group_not_disturb (SbCall *call)
{
  call->member->push_mode = sb_call_bool (call, "value") ? 1 : 0;
  json_object_set_int_member (call->args, "msg_push_mode", call->member->push_mode);
  tell_mode (call, FLOO__GROUP_NOTICE__TYPE__MESSAGE_SETTING, "msg_push_mode");
}

void
sb_rest_group_push_mode (SbCall *call)
{
  if (take_mode (call, "msg_push_mode", 4, &call->member->push_mode))
    tell_mode (call, FLOO__GROUP_NOTICE__TYPE__MESSAGE_SETTING, "msg_push_mode");
}
