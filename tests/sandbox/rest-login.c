/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tokens, registration, devices and the end of accounts. */
#include "operations.h"

#include <string.h>

#include "accounts.h"
#include "notices.h"
#include "socket.h"
#include "sync.h"
#include "trace.h"

#define MAX_FAILURES 10
#define MAX_NAME 64
#define MIN_PASSWORD 6

/* ---- tokens ---- */

static SbUser *
find_login (SbCall *call)
{
  SbState *state = call->sandbox->state;
  const char *name = sb_call_text (call, "name");
  const char *login = sb_call_text (call, "login_name");
  const char *mobile = sb_call_text (call, "mobile");
  SbUser *user = NULL;

  if (sb_call_has (call, "user_id"))
    return sb_state_user (state, sb_call_int (call, "user_id"));
  if (name != NULL || login != NULL)
    user = sb_state_user_by_name (state, name != NULL ? name : login);
  if (user == NULL && (mobile != NULL || login != NULL))
    user = sb_state_user_by_mobile (state, mobile != NULL ? mobile : login);
  return user;
}

static void
answer_token (SbCall *call, SbUser *user)
{
  JsonObject *token = json_object_new ();

  json_object_set_int_member (token, "user_id", user->id);
  json_object_set_string_member (token, "token", sb_state_add_token (call->sandbox->state, user));
  json_object_set_string_member (token, "public_key", "");
  json_object_set_string_member (token, "access_key_secret", "");
  json_object_set_string_member (token, "store_token", "");
  json_object_set_int_member (token, "encrypt_type", 0);
  json_object_set_int_member (token, "expire", sb_now () + G_GINT64_CONSTANT (30) * 24 * 3600 * 1000);
  sb_call_object (call, token);
}

void
sb_rest_token (SbCall *call)
{
  SbUser *user = find_login (call);

  if (user == NULL)
    sb_call_fail (call, SB_NO_USER, "no such user");
  else if (user->failures >= MAX_FAILURES)
    sb_call_fail (call, SB_TOO_MANY_FAILURES, "too many failures, try later");
  else if (!sb_accounts_let_in (call->sandbox, user, sb_call_text (call, "password")))
    {
      user->failures++;
      sb_call_fail (call, SB_WRONG_PASSWORD, "wrong password");
    }
  else
    {
      user->failures = 0;
      sb_accounts_note_login (call->sandbox, user);
      answer_token (call, user);
    }
}

/* ---- registration ---- */

static gboolean
name_is_allowed (const char *name)
{
  glong length = g_utf8_strlen (name, -1);
  gboolean digits = TRUE;

  if (length < 1 || length > MAX_NAME || g_str_has_prefix (name, "maxim") || g_str_has_prefix (name, "mta"))
    return FALSE;
  for (const char *p = name; *p != '\0'; p = g_utf8_next_char (p))
    {
      if (!g_unichar_isalnum (g_utf8_get_char (p)) && *p != '_')
        return FALSE;
      digits &= g_ascii_isdigit (*p);
    }
  return !digits;
}

static gboolean
check_name (SbCall *call, const char *name)
{
  if (!name_is_allowed (name))
    sb_call_fail (call, SB_BAD_NAME, "user name is not allowed");
  else if (sb_state_user_by_name (call->sandbox->state, name) != NULL)
    sb_call_fail (call, SB_NAME_TAKEN, "user name is taken");
  else
    return TRUE;
  return FALSE;
}

/* The bots are everybody's friends. */
static void
befriend_bots (SbState *state, SbUser *user)
{
  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *bot = state->user_order->pdata[i];

      if (!bot->bot)
        continue;
      sb_user_ensure_contact (user, bot->id)->relation = SB_FRIEND;
      sb_user_ensure_contact (bot, user->id)->relation = SB_FRIEND;
    }
}

gboolean
sb_call_check_password (SbCall *call, const char *password)
{
  if (strlen (password) >= MIN_PASSWORD)
    return TRUE;
  sb_call_fail (call, SB_BAD_PARAMETER, "password is too short");
  return FALSE;
}

/* Registration without a proof of identity. */
void
sb_rest_register_anonymous (SbCall *call)
{
  if (call->sandbox->settings.no_anonymous)
    sb_call_fail (call, SB_NO_REGISTRATION, "the application is not open for registration");
  else
    sb_rest_register (call);
}

void
sb_rest_register (SbCall *call)
{
  SbState *state = call->sandbox->state;
  const char *password = sb_call_text (call, "password");
  const char *name = sb_call_text (call, "username");
  SbUser *user;

  if (!check_name (call, name) || !sb_call_check_password (call, password))
    return;
  user = sb_state_add_user (state, state->next_user + 1, name, password);
  befriend_bots (state, user);
  sb_accounts_note_login (call->sandbox, user);
  sb_call_object (call, sb_object_copy (user->settings));
}

void
sb_rest_name_check (SbCall *call)
{
  check_name (call, sb_call_text (call, "username"));
}

void
sb_rest_app_config (SbCall *call)
{
  JsonObject *config = json_object_new ();

  json_object_set_string_member (config, "app_id", SB_APP_ID);
  json_object_set_string_member (config, "name", "Sandbox");
  json_object_set_boolean_member (config, "chat_bot", TRUE);
  json_object_set_int_member (config, "message_forward_max_user_num", 20);
  json_object_set_int_member (config, "message_forward_max_message_num", 100);
  json_object_set_boolean_member (config, "hide_member_info", FALSE);
  json_object_set_boolean_member (config, "disable_send_location", FALSE);
  json_object_set_string_member (config, "account_verification_name", SB_APP_OWNER);
  json_object_set_string_member (config, "account_verification_type", SB_APP_OWNER_TYPE);
  json_object_set_string_member (config, "account_verification_status", sb_account_verification (call->sandbox));
  sb_call_object (call, config);
}

/* The application has no support staff. */
void
sb_rest_support_staff (SbCall *call)
{
  sb_call_array (call, json_array_new ());
}

/* ---- devices ---- */

void
sb_rest_device_list (SbCall *call)
{
  JsonArray *list = json_array_new ();

  for (guint i = 0; i < call->user->devices->len; i++)
    {
      SbDevice *device = call->user->devices->pdata[i];
      JsonObject *item = json_object_new ();

      json_object_set_int_member (item, "device_sn", device->sn);
      json_object_set_int_member (item, "platform", device->platform);
      json_object_set_string_member (item, "user_agent", device->agent);
      json_object_set_int_member (item, "user_id", call->user->id);
      json_array_add_object_element (list, item);
    }
  sb_call_array (call, list);
}

static SbDevice *
find_device (SbCall *call, const char *argument)
{
  SbDevice *device = sb_user_device (call->user, (guint32) sb_call_int (call, argument));

  if (device == NULL)
    sb_call_fail (call, SB_NOT_FOUND, "no such device");
  return device;
}

void
sb_rest_kick (SbCall *call)
{
  SbDevice *device = NULL;

  /* The number may be in either place, or in both. Without it all sessions end, also the caller's own, which no client wants. */
  if (!sb_call_has (call, "device_sn"))
    sb_trace_violation (call->sandbox, call->user->id, "/user/kick without device_sn");
  if (sb_call_has (call, "device_sn") && (device = find_device (call, "device_sn")) == NULL)
    return;
  sb_notice_kick (call->sandbox, call->user, device, FLOO__USER_NOTICE__TYPE__KICKED_BY_OTHER_DEVICE);
}

void
sb_rest_device_remove (SbCall *call)
{
  SbDevice *device = find_device (call, "device_sn");

  if (device != NULL)
    sb_notice_kick (call->sandbox, call->user, device, FLOO__USER_NOTICE__TYPE__DEVICE_REMOVED);
}

void
sb_rest_bind_push_token (SbCall *call)
{
  SbDevice *device = find_device (call, "device_sn");

  if (device == NULL)
    return;
  g_free (device->push_token);
  device->push_token = g_strdup (sb_call_text (call, "device_token"));
}

void
sb_rest_unbind_push_token (SbCall *call)
{
  SbDevice *device = find_device (call, "deviceSn");

  if (device == NULL)
    return;
  g_clear_pointer (&device->push_token, g_free);
  sb_call_object (call, json_object_new ());
}

/* ---- passwords, and the end ---- */

void
sb_rest_change_password (SbCall *call)
{
  const char *password = sb_call_text (call, "new_password");

  if (strcmp (call->user->password, sb_call_text (call, "old_password")) != 0)
    {
      sb_call_fail (call, SB_WRONG_PASSWORD, "wrong password");
      return;
    }
  if (sb_call_check_password (call, password))
    sb_accounts_set_password (call->sandbox, call->user, password);
}

/* The user is removed from friends' lists and from groups; the user's own groups are destroyed. */
static void
leave_everything (Sandbox *sandbox, SbUser *user)
{
  GHashTableIter iter;
  gpointer value;

  for (guint i = 0; i < user->contact_order->len; i++)
    {
      SbContact *contact = user->contact_order->pdata[i];
      SbUser *other = sb_state_user (sandbox->state, contact->id);

      if (other == NULL || !sb_user_is_friend (other, user->id))
        continue;
      sb_user_contact (other, user->id)->relation = SB_DELETED;
      sb_notice_roster_one (sandbox, FLOO__ROSTER_NOTICE__TYPE__REMOVED, user->id, other->id, NULL, other);
    }
  g_hash_table_iter_init (&iter, sandbox->state->groups);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbGroup *group = value;
      SbMember *member = sb_group_member (group, user->id);

      if (member == NULL || json_object_get_int_member (group->info, "status") != 0)
        continue;
      if (member->role == SB_OWNER)
        {
          json_object_set_int_member (group->info, "status", 1);
          sb_notice_group (sandbox, group, FLOO__GROUP_NOTICE__TYPE__DESTROYED, user->id, NULL, 0, NULL, SB_TO_MEMBERS);
          continue;
        }
      sb_group_remove_member (group, user->id);
      sb_notice_group (sandbox, group, FLOO__GROUP_NOTICE__TYPE__LEAVED, user->id, NULL, 0, NULL, SB_TO_MEMBERS);
    }
}

void
sb_rest_delete_user (SbCall *call)
{
  const char *password = sb_call_text (call, "password");

  if (password == NULL || strcmp (call->user->password, password) != 0)
    {
      sb_call_fail (call, SB_WRONG_PASSWORD, "wrong password");
      return;
    }
  sb_notice_kick (call->sandbox, call->user, NULL, FLOO__USER_NOTICE__TYPE__REMOVED);
  leave_everything (call->sandbox, call->user);
  call->user->removed = TRUE;
}
