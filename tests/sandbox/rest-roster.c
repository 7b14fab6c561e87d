/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Friends, strangers, applications and blocked users. */
#include "operations.h"

#include <string.h>

#include "intake.h"
#include "notices.h"

#define MAX_BATCH 100
#define APPLICATION_LIFETIME (G_GINT64_CONSTANT (7) * 24 * 3600 * 1000)

/* A user as another one sees him: the record RosterItem. */
static JsonObject *
roster_item (SbUser *viewer, SbUser *user)
{
  static const char *const from_profile[]
      = { "avatar", "description", "nick_name", "public_info", "user_id", "username", NULL };
  static const char *const from_settings[] = { "auth_mode", "auth_question", NULL };
  SbContact *contact = sb_user_contact (viewer, user->id);
  SbContact *back = sb_user_contact (user, viewer->id);
  JsonObject *item = json_object_new ();
  SbRelation relation = contact == NULL ? SB_STRANGER : contact->relation;

  sb_copy_members (item, user->profile, from_profile);
  sb_copy_members (item, user->settings, from_settings);
  if (contact != NULL && contact->blocked)
    relation = SB_BLOCKED;
  else if (relation == SB_FRIEND && (back == NULL || back->relation != SB_FRIEND) && user != viewer)
    relation = SB_DELETED;
  json_object_set_string_member (item, "alias", contact == NULL ? "" : contact->alias);
  json_object_set_string_member (item, "ext", contact == NULL ? "" : contact->ext);
  json_object_set_boolean_member (item, "mute_notification", contact != NULL && contact->muted);
  json_object_set_int_member (item, "relation", relation);
  return item;
}

void
sb_rest_roster_list (SbCall *call)
{
  JsonArray *ids = json_array_new ();

  for (guint i = 0; i < call->user->contact_order->len; i++)
    {
      SbContact *contact = call->user->contact_order->pdata[i];

      if (contact->relation == SB_FRIEND)
        json_array_add_int_element (ids, contact->id);
    }
  sb_call_page (call, ids);
}

void
sb_rest_roster_items (SbCall *call)
{
  JsonArray *ids = sb_call_ids (call, "list");
  guint n = ids == NULL ? 0 : json_array_get_length (ids);
  JsonArray *items;

  if (n > MAX_BATCH)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "list has more than %d ids", MAX_BATCH);
      return;
    }
  items = json_array_new ();
  for (guint i = 0; i < n; i++)
    {
      SbUser *user = sb_state_user (call->sandbox->state, json_array_get_int_element (ids, i));

      if (user != NULL)
        json_array_add_object_element (items, roster_item (call->user, user));
    }
  sb_call_array (call, items);
}

static void
answer_item (SbCall *call, SbUser *user)
{
  if (user == NULL)
    sb_call_fail (call, SB_NO_USER, "no such user");
  else
    sb_call_object (call, roster_item (call->user, user));
}

void
sb_rest_roster_by_id (SbCall *call)
{
  answer_item (call, sb_state_user (call->sandbox->state, sb_call_int (call, "user_id")));
}

void
sb_rest_roster_by_name (SbCall *call)
{
  answer_item (call, sb_state_user_by_name (call->sandbox->state, sb_call_text (call, "username")));
}

void
sb_rest_roster_by_mobile (SbCall *call)
{
  answer_item (call, sb_state_user_by_mobile (call->sandbox->state, sb_call_text (call, "mobile")));
}

/* ---- becoming friends ---- */

static void
befriend (SbUser *a, SbUser *b)
{
  sb_user_ensure_contact (a, b->id)->relation = SB_FRIEND;
  sb_user_ensure_contact (b, a->id)->relation = SB_FRIEND;
}

static void
add_application (SbUser *user, SbUser *applicant, const char *reason)
{
  JsonObject *application = sb_objects_get (user->applications, "user_id", applicant->id);

  if (application == NULL)
    {
      application = json_object_new ();
      json_object_set_int_member (application, "user_id", applicant->id);
      json_array_add_object_element (user->applications, application);
    }
  json_object_set_string_member (application, "reason", reason);
  json_object_set_int_member (application, "status", 0);
  json_object_set_int_member (application, "expired_time", sb_now () + APPLICATION_LIFETIME);
}

static void
set_alias (SbCall *call, SbUser *user)
{
  SbContact *contact;

  if (!sb_call_has (call, "alias"))
    return;
  contact = sb_user_ensure_contact (call->user, user->id);
  g_free (contact->alias);
  contact->alias = g_strdup (sb_call_text (call, "alias"));
}

/* Each of them gets a notice about the other one. */
static void
tell_added (Sandbox *sandbox, SbUser *a, SbUser *b)
{
  sb_notice_roster_one (sandbox, FLOO__ROSTER_NOTICE__TYPE__ADDED, a->id, b->id, NULL, b);
  sb_notice_roster_one (sandbox, FLOO__ROSTER_NOTICE__TYPE__ADDED, b->id, a->id, NULL, a);
}

void
sb_rest_roster_apply (SbCall *call)
{
  SbUser *user = sb_call_user (call, "user_id");
  SbContact *back = user == NULL ? NULL : sb_user_contact (user, call->user->id);
  const char *reason = sb_call_has (call, "reason") ? sb_call_text (call, "reason") : "";
  const char *answer = sb_call_text (call, "auth_answer");
  gint64 mode;

  if (user == NULL)
    return;
  mode = json_object_get_int_member (user->settings, "auth_mode");
  if (user == call->user)
    sb_call_fail (call, SB_BAD_PARAMETER, "that is yourself");
  else if (sb_user_is_friend (call->user, user->id) && sb_user_is_friend (user, call->user->id))
    sb_call_fail (call, SB_ALREADY_FRIENDS, "you are friends already");
  else if (back != NULL && back->blocked)
    sb_call_fail (call, SB_USER_BLOCKED, "you have been blocked by the recipient");
  else if (mode == 3)
    sb_call_fail (call, SB_NO_APPLICATIONS, "the user takes no applications");
  else if (mode == 2 && g_strcmp0 (answer, json_object_get_string_member (user->settings, "auth_answer")) != 0)
    sb_call_fail (call, SB_NO_PERMISSION, "the answer is wrong");
  else
    {
      set_alias (call, user);
      if (mode == 1)
        {
          add_application (user, call->user, reason);
          sb_notice_roster (call->sandbox, FLOO__ROSTER_NOTICE__TYPE__APPLIED, call->user->id, user->id, reason);
          return;
        }
      befriend (call->user, user);
      tell_added (call->sandbox, call->user, user);
    }
}

/* The application of the user in the argument user_id, if it is still pending. */
static JsonObject *
pending_application (SbCall *call)
{
  JsonObject *application = sb_objects_get (call->user->applications, "user_id", sb_call_int (call, "user_id"));

  if (application != NULL && json_object_get_int_member (application, "status") == 0
      && json_object_get_int_member (application, "expired_time") > sb_now ())
    return application;
  sb_call_fail (call, SB_NO_APPLICATION, "no application of this user");
  return NULL;
}

void
sb_rest_roster_accept (SbCall *call)
{
  SbUser *user = sb_call_user (call, "user_id");
  JsonObject *application = user == NULL ? NULL : pending_application (call);

  if (application == NULL)
    return;
  json_object_set_int_member (application, "status", 1);
  befriend (call->user, user);
  sb_notice_roster (call->sandbox, FLOO__ROSTER_NOTICE__TYPE__ACCEPTED, call->user->id, user->id, NULL);
}

void
sb_rest_roster_decline (SbCall *call)
{
  SbUser *user = sb_call_user (call, "user_id");
  JsonObject *application = user == NULL ? NULL : pending_application (call);

  if (application == NULL)
    return;
  json_object_set_int_member (application, "status", 2);
  sb_notice_roster (call->sandbox, FLOO__ROSTER_NOTICE__TYPE__DECLINED, call->user->id, user->id, sb_call_text (call, "reason"));
}

void
sb_rest_roster_delete (SbCall *call)
{
  SbUser *user = sb_call_user (call, "user_id");

  if (user == NULL)
    return;
  if (!sb_user_is_friend (call->user, user->id))
    {
      sb_call_fail (call, SB_NOT_FOUND, "not in your roster");
      return;
    }
  sb_user_contact (call->user, user->id)->relation = SB_STRANGER;
  if (sb_user_is_friend (user, call->user->id))
    sb_user_contact (user, call->user->id)->relation = SB_DELETED;
  sb_notice_roster (call->sandbox, FLOO__ROSTER_NOTICE__TYPE__REMOVED, call->user->id, user->id, NULL);
}

void
sb_rest_roster_applications (SbCall *call)
{
  sb_call_page (call, sb_array_copy (call->user->applications));
}

/* ---- blocking ---- */

static void
set_blocked (SbCall *call, gboolean blocked)
{
  SbUser *user = sb_call_user (call, "user_id");

  if (user == NULL)
    return;
  if (user == call->user)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "that is yourself");
      return;
    }
  sb_user_ensure_contact (call->user, user->id)->blocked = blocked;
  /* The blocked user gets no notice. */
  sb_notice_roster_one (call->sandbox, blocked ? FLOO__ROSTER_NOTICE__TYPE__BLOCKED : FLOO__ROSTER_NOTICE__TYPE__UNBLOCKED,
                        call->user->id, user->id, NULL, call->user);
}

void
sb_rest_roster_block (SbCall *call)
{
  set_blocked (call, TRUE);
}

void
sb_rest_roster_unblock (SbCall *call)
{
  set_blocked (call, FALSE);
}

void
sb_rest_roster_blocked (SbCall *call)
{
  JsonArray *ids = json_array_new ();

  for (guint i = 0; i < call->user->contact_order->len; i++)
    {
      SbContact *contact = call->user->contact_order->pdata[i];

      if (contact->blocked)
        json_array_add_int_element (ids, contact->id);
    }
  sb_call_array (call, ids);
}

/* ---- a user's own data about a friend ---- */

void
sb_rest_roster_ext (SbCall *call)
{
  SbUser *user = sb_call_user (call, "user_id");
  SbContact *contact = user == NULL ? NULL : sb_user_contact (call->user, user->id);
  gboolean muted;

  if (user == NULL)
    return;
  if (contact == NULL || contact->relation != SB_FRIEND)
    {
      sb_call_fail (call, SB_NOT_FOUND, "not in your roster");
      return;
    }
  set_alias (call, user);
  if (sb_call_has (call, "ext"))
    {
      g_free (contact->ext);
      contact->ext = g_strdup (sb_call_text (call, "ext"));
    }
  muted = sb_call_has (call, "mute_notification") ? sb_call_bool (call, "mute_notification") : contact->muted;
  if (muted == contact->muted)
    return;
  contact->muted = muted;
  sb_notice_roster_one (call->sandbox, muted ? FLOO__ROSTER_NOTICE__TYPE__MUTED : FLOO__ROSTER_NOTICE__TYPE__UNMUTED,
                        call->user->id, user->id, NULL, call->user);
}

void
sb_rest_may_message (SbCall *call)
{
  SbUser *from = sb_call_user (call, "user_id");
  SbUser *to = from == NULL ? NULL : sb_call_user (call, "roster_id");
  const char *reason;
  JsonNode *answer;

  if (to == NULL)
    return;
  answer = json_node_init_boolean (json_node_alloc (), sb_intake_may_message (call->sandbox, from, to, &reason));
  sb_call_node (call, answer);
}
