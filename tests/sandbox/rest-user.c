/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A user's own data: profile, settings, pinned conversations. */
#include "operations.h"

#include <string.h>

#include "base/json.h"
#include "notices.h"

static const char *const profile_members[]
    = { "avatar", "description", "nick_name", "private_info", "public_info", NULL };
static const char *const public_members[] = { "avatar", "description", "nick_name", "public_info", "username", NULL };

/* The arguments, as the content of a notice. */
static char *
arguments_text (SbCall *call, const char *const *only)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  JsonObject *object = json_object_new ();

  sb_call_merge (call, object, only);
  json_node_take_object (root, object);
  return floo_json_to_text (root);
}

/* Notifies the user's other devices, and the friends if they can see it. */
static void
tell_change (SbCall *call)
{
  Sandbox *sandbox = call->sandbox;
  g_autofree char *content = arguments_text (call, public_members);

  sb_notice_user (sandbox, call->user, FLOO__USER_NOTICE__TYPE__INFO_UPDATED, NULL, NULL);
  if (strcmp (content, "{}") == 0)
    return;
  for (guint i = 0; i < call->user->contact_order->len; i++)
    {
      SbContact *contact = call->user->contact_order->pdata[i];
      SbUser *other = sb_state_user (sandbox->state, contact->id);

      if (other != NULL && contact->relation == SB_FRIEND && !other->bot)
        sb_notice_roster_one (sandbox, FLOO__ROSTER_NOTICE__TYPE__INFO_UPDATED, call->user->id, other->id, content, other);
    }
}

void
sb_rest_get_profile (SbCall *call)
{
  sb_call_object (call, sb_object_copy (call->user->profile));
}

void
sb_rest_set_profile (SbCall *call)
{
  sb_call_merge (call, call->user->profile, profile_members);
  tell_change (call);
}

void
sb_rest_set_mobile (SbCall *call)
{
  const char *mobile = sb_call_text (call, "mobile");
  SbUser *other = sb_state_user_by_mobile (call->sandbox->state, mobile);

  if (other != NULL && other != call->user)
    {
      sb_call_fail (call, SB_MOBILE_TAKEN, "mobile number is taken");
      return;
    }
  json_object_set_string_member (call->user->profile, "mobile", mobile);
  tell_change (call);
}

void
sb_rest_set_username (SbCall *call)
{
  const char *name = sb_call_text (call, "username");
  SbUser *other = sb_state_user_by_name (call->sandbox->state, name);

  if (*name == '\0' || (other != NULL && other != call->user))
    {
      sb_call_fail (call, *name == '\0' ? SB_BAD_NAME : SB_NAME_TAKEN, "user name is %s", *name == '\0' ? "not allowed" : "taken");
      return;
    }
  g_free (call->user->name);
  call->user->name = g_strdup (name);
  json_object_set_string_member (call->user->profile, "username", name);
  tell_change (call);
}

/* ---- settings ---- */

void
sb_rest_get_settings (SbCall *call)
{
  sb_call_object (call, sb_object_copy (call->user->settings));
}

static gboolean
check_range (SbCall *call, const char *name, gint64 max)
{
  if (!sb_call_has (call, name) || (sb_call_int (call, name) >= 0 && sb_call_int (call, name) <= max))
    return TRUE;
  sb_call_fail (call, SB_BAD_PARAMETER, "%s is 0 to %d", name, (int) max);
  return FALSE;
}

void
sb_rest_set_settings (SbCall *call)
{
  static const char *const members[]
      = { "auth_answer", "auth_mode", "auth_question", "auto_download", "group_confirm", "no_push", "no_push_detail",
          "no_push_end_hour", "no_push_start_hour", "no_sounds", "push_nick_name", "push_token", "silence_end_time",
          "silence_start_time", "vibratory", NULL };

  if (sb_call_has (call, "user_id") && sb_call_int (call, "user_id") != call->user->id)
    {
      sb_call_fail (call, SB_NO_PERMISSION, "user_id is another one's");
      return;
    }
  if (!check_range (call, "auth_mode", 3) || !check_range (call, "no_push_end_hour", 23)
      || !check_range (call, "no_push_start_hour", 23) || !check_range (call, "silence_end_time", 23)
      || !check_range (call, "silence_start_time", 23))
    return;
  sb_call_merge (call, call->user->settings, members);
  tell_change (call);
}

/* One setting, which is the operation's argument "value". */
void
sb_rest_set_setting (SbCall *call)
{
  static const struct {
    const char *path;
    const char *member;
  } settings[] = {
    { "/user/authmode", "auth_mode" },         { "/user/download", "auto_download" },
    { "/user/push", "no_push" },               { "/user/push/detail", "no_push_detail" },
    { "/user/push/nickname", "push_nick_name" }, { "/user/sounds", "no_sounds" },
    { "/user/vibratory", "vibratory" },
  };

  if (strcmp (call->operation->path, "/user/authmode") == 0 && !check_range (call, "value", 3))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    if (strcmp (settings[i].path, call->operation->path) == 0)
      json_object_set_member (call->user->settings, settings[i].member,
                              json_node_copy (json_object_get_member (call->args, "value")));
  tell_change (call);
}

void
sb_rest_online_status (SbCall *call)
{
  JsonObject *status = json_object_new ();
  gboolean online = FALSE;

  for (guint i = 0; i < call->user->devices->len; i++)
    online |= ((SbDevice *) call->user->devices->pdata[i])->connection != NULL;
  json_object_set_boolean_member (status, "online", online);
  sb_call_object (call, status);
}

/* ---- pinned conversations ---- */

void
sb_rest_pin (SbCall *call)
{
  gint64 id = sb_call_int (call, "conversation_id");

  if (sb_ids_find (call->user->pins, id) < 0)
    json_array_add_int_element (call->user->pins, id);
}

void
sb_rest_unpin (SbCall *call)
{
  int i = sb_ids_find (call->user->pins, sb_call_int (call, "conversation_id"));

  if (i >= 0)
    json_array_remove_element (call->user->pins, (guint) i);
}

void
sb_rest_pin_list (SbCall *call)
{
  JsonObject *object = json_object_new ();

  json_object_set_array_member (object, "conversation_ids", sb_array_copy (call->user->pins));
  sb_call_object (call, object);
}
