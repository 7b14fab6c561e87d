/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joining and leaving groups: create, invite, apply, kick, block, leave, hand over, destroy. */
#include "operations.h"

#include <string.h>

#include "group-users.h"
#include "group-records.h"
#include "notices.h"

#define LIFETIME (G_GINT64_CONSTANT (7) * 24 * 3600 * 1000)
#define QR_LIFETIME (G_GINT64_CONSTANT (30) * 60 * 1000)

#define NOTICE(name) FLOO__GROUP_NOTICE__TYPE__##name

/* ---- joining ---- */

/* If the group shows its history to new members, the user gets it. */
static void
show_history (Sandbox *sandbox, SbGroup *group, SbUser *user)
{
  SbInbox *inbox = sb_user_inbox (user, group->id);
  GPtrArray *messages = sandbox->state->messages;

  g_ptr_array_set_size (inbox->history, 0);
  for (guint i = 0; i < messages->len; i++)
    {
      SbMessage *message = messages->pdata[i];

      if (message->to == group->id && sb_message_is_message (message) && !message->recalled)
        g_ptr_array_add (inbox->history, message);
    }
  inbox->read_upto = sandbox->state->next_message;
}

/* Why somebody cannot join. */
static const char already_member[] = "is a member already";
static const char blocked[] = "is blocked by the group";
static const char full[] = "the group is full";

/* Returns: NULL, or why the user cannot join. */
static const char *
join (Sandbox *sandbox, SbGroup *group, SbUser *user)
{
  if (sb_group_member (group, user->id) != NULL)
    return already_member;
  if (sb_group_is_blocked (group, user->id))
    return blocked;
  if (group->member_order->len >= json_object_get_int_member (group->info, "capacity"))
    return full;
  sb_group_add_member (group, user->id, SB_MEMBER, sb_now ());
  if (json_object_get_boolean_member (group->info, "history_visible"))
    show_history (sandbox, group, user);
  return NULL;
}

static void
fail_to_join (SbCall *call, const char *refused)
{
  sb_call_fail (call, refused == already_member ? SB_ALREADY_MEMBER : refused == blocked ? SB_GROUP_BLOCKED : SB_GROUP_FULL, "%s", refused);
}

static void
tell_joined (Sandbox *sandbox, SbGroup *group, SbUser *user)
{
  sb_notice_group (sandbox, group, NOTICE (JOINED), user->id, NULL, 0, NULL, SB_TO_MEMBERS);
}

/* ---- invitations ---- */

static void
add_invitation (SbCall *call, SbUser *invitee, const char *reason)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *updated = g_date_time_format (now, "%Y-%m-%d %H:%M:%S");
  int old = sb_objects_find (call->group->invitations, "invitee_id", invitee->id);
  JsonObject *invitation = json_object_new ();

  if (old >= 0)
    json_array_remove_element (call->group->invitations, (guint) old);
  json_object_set_int_member (invitation, "group_id", call->group->id);
  json_object_set_int_member (invitation, "invitee_id", invitee->id);
  json_object_set_int_member (invitation, "inviter_id", call->user->id);
  json_object_set_int_member (invitation, "expired_time", sb_now () + LIFETIME);
  json_object_set_string_member (invitation, "reason", reason);
  json_object_set_int_member (invitation, "status", 0);
  json_object_set_string_member (invitation, "updated_at", updated);
  json_array_add_object_element (call->group->invitations, invitation);
}

/* A user who wants to be asked is invited, others join at once. */
static const char *
invite_one (SbCall *call, SbUser *user)
{
  const char *reason = sb_call_has (call, "reason") ? sb_call_text (call, "reason") : "";
  const char *refused;

  if (sb_group_member (call->group, user->id) != NULL)
    return "is a member already";
  if (sb_group_is_blocked (call->group, user->id))
    return "is blocked by the group";
  if (json_object_get_boolean_member (user->settings, "group_confirm"))
    {
      add_invitation (call, user, reason);
      sb_notice_group (call->sandbox, call->group, NOTICE (INVITED), call->user->id, &user->id, 1, reason, SB_TO_NAMED);
      return NULL;
    }
  refused = join (call->sandbox, call->group, user);
  if (refused == NULL)
    tell_joined (call->sandbox, call->group, user);
  return refused;
}

void
sb_rest_group_invite (SbCall *call)
{
  if (call->member->role < SB_ADMIN && !json_object_get_boolean_member (call->group->info, "member_invite"))
    sb_call_fail (call, SB_NEEDS_ADMIN, "members may not invite");
  else
    g_array_unref (sb_group_each_user (call, invite_one));
}

static gboolean
still_waits (JsonObject *record)
{
  return record != NULL && json_object_get_int_member (record, "status") == 0
         && json_object_get_int_member (record, "expired_time") > sb_now ();
}

void
sb_rest_group_invite_handle (SbCall *call)
{
  SbGroup *group = call->group;
  JsonObject *invitation = sb_objects_get (group->invitations, "invitee_id", call->user->id);
  gint64 inviter = sb_call_int (call, "user_id");
  gboolean approval = sb_call_bool (call, "approval");
  const char *refused;

  if (!still_waits (invitation) || json_object_get_int_member (invitation, "inviter_id") != inviter)
    {
      sb_call_fail (call, SB_INVITATION_OVER, "no such invitation");
      return;
    }
  if (approval && (refused = join (call->sandbox, group, call->user)) != NULL)
    {
      fail_to_join (call, refused);
      return;
    }
  json_object_set_int_member (invitation, "status", approval ? 1 : 2);
  sb_notice_group (call->sandbox, group, approval ? NOTICE (INVITE_ACCEPTED) : NOTICE (INVITE_DECLINED), call->user->id, &inviter, 1,
                   NULL, approval ? SB_TO_MEMBERS : SB_TO_NAMED);
}

/* Records of all groups for which @match is true, by the groups' ids. */
static JsonArray *
collect (SbCall *call, JsonArray *(*list_of) (SbGroup *group), gboolean (*match) (SbCall *call, SbGroup *group, JsonObject *record))
{
  JsonArray *found = json_array_new ();
  g_autoptr (GList) all = g_list_sort (g_hash_table_get_keys (call->sandbox->state->groups), sb_compare_ids);

  for (GList *l = all; l != NULL; l = l->next)
    {
      SbGroup *group = sb_state_group (call->sandbox->state, *(gint64 *) l->data);
      JsonArray *list = group == NULL ? NULL : list_of (group);

      for (guint i = 0; list != NULL && i < json_array_get_length (list); i++)
        if (match (call, group, json_array_get_object_element (list, i)))
          json_array_add_element (found, json_node_copy (json_array_get_element (list, i)));
    }
  return found;
}

static JsonArray *
invitations_of (SbGroup *group)
{
  return group->invitations;
}

static gboolean
is_my_invitation (SbCall *call, SbGroup *group, JsonObject *record)
{
  return json_object_get_int_member (record, "invitee_id") == call->user->id;
}

void
sb_rest_group_invitations (SbCall *call)
{
  sb_call_page (call, collect (call, invitations_of, is_my_invitation));
}

/* ---- applications ---- */

static void
add_application (SbCall *call, const char *reason)
{
  int old = sb_objects_find (call->group->applications, "applicant_id", call->user->id);
  JsonObject *application = json_object_new ();

  if (old >= 0)
    json_array_remove_element (call->group->applications, (guint) old);
  json_object_set_int_member (application, "applicant_id", call->user->id);
  json_object_set_int_member (application, "group_id", call->group->id);
  json_object_set_int_member (application, "expired_time", sb_now () + LIFETIME);
  json_object_set_string_member (application, "reason", reason);
  json_object_set_int_member (application, "status", 0);
  json_array_add_object_element (call->group->applications, application);
}

/* The caller joins at once, and the group gets a notice. */
static void
join_and_tell (SbCall *call, SbGroup *group)
{
  const char *refused = join (call->sandbox, group, call->user);

  if (refused != NULL)
    {
      fail_to_join (call, refused);
      return;
    }
  tell_joined (call->sandbox, group, call->user);
  sb_call_object (call, sb_relation_record (call->user->id, NULL));
}

void
sb_rest_group_apply (SbCall *call)
{
  const char *reason = sb_call_has (call, "reason") ? sb_call_text (call, "reason") : "";
  gint64 approval = json_object_get_int_member (call->group->info, "apply_approval");

  if (call->member != NULL || sb_group_is_blocked (call->group, call->user->id))
    sb_call_fail (call, call->member != NULL ? SB_ALREADY_MEMBER : SB_GROUP_BLOCKED,
                  call->member != NULL ? "you are a member already" : "you are blocked by the group");
  else if (approval == 0)
    join_and_tell (call, call->group);
  else if (approval == 2)
    sb_call_fail (call, SB_NO_PERMISSION, "the group takes no applications");
  else
    {
      add_application (call, reason);
      sb_notice_group (call->sandbox, call->group, NOTICE (APPLYED), call->user->id, NULL, 0, reason, SB_TO_ADMINS);
      sb_call_object (call, sb_relation_record (call->user->id, NULL));
    }
}

void
sb_rest_group_apply_handle (SbCall *call)
{
  SbUser *applicant = sb_call_user (call, "user_id");
  gboolean approval = sb_call_bool (call, "approval");
  JsonObject *application;
  const char *refused;

  if (applicant == NULL)
    return;
  application = sb_objects_get (call->group->applications, "applicant_id", applicant->id);
  if (!still_waits (application))
    {
      sb_call_fail (call, SB_APPLICATION_OVER, "no application of this user");
      return;
    }
  if (approval && (refused = join (call->sandbox, call->group, applicant)) != NULL)
    {
      fail_to_join (call, refused);
      return;
    }
  json_object_set_int_member (application, "status", approval ? 1 : 2);
  sb_notice_group (call->sandbox, call->group, approval ? NOTICE (APPLY_ACCEPTED) : NOTICE (APPLY_DECLINED), call->user->id,
                   &applicant->id, 1, NULL, approval ? SB_TO_MEMBERS : SB_TO_ADMINS);
  sb_call_object (call, sb_relation_record (applicant->id, NULL));
}

static JsonArray *
applications_of (SbGroup *group)
{
  return group->applications;
}

static gboolean
is_my_application (SbCall *call, SbGroup *group, JsonObject *record)
{
  SbMember *member = sb_group_member (group, call->user->id);

  return sb_ids_find (sb_call_ids (call, "group_list"), group->id) >= 0 && member != NULL && member->role >= SB_ADMIN;
}

void
sb_rest_group_applications (SbCall *call)
{
  sb_call_page (call, collect (call, applications_of, is_my_application));
}

/* ---- by QR code ---- */

void
sb_rest_group_qr_sign (SbCall *call)
{
  JsonObject *record = json_object_new ();

  g_free (call->group->qr);
  call->group->qr = sb_state_random_text (call->sandbox->state);
  call->group->qr_expires = sb_now () + QR_LIFETIME;
  json_object_set_string_member (record, "qr_info", call->group->qr);
  json_object_set_int_member (record, "create_at", sb_now ());
  json_object_set_int_member (record, "expire_at", call->group->qr_expires);
  sb_call_object (call, record);
}

void
sb_rest_group_qr_invite (SbCall *call)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, call->sandbox->state->groups);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbGroup *group = value;

      if (g_strcmp0 (group->qr, sb_call_text (call, "qr_info")) == 0 && group->qr_expires > sb_now ()
          && sb_state_group (call->sandbox->state, group->id) != NULL)
        {
          join_and_tell (call, group);
          return;
        }
    }
  sb_call_fail (call, SB_QR_INVALID, "no such code");
}

/* ---- leaving ---- */

static const char *
kick_one (SbCall *call, SbUser *user)
{
  const char *refused = sb_group_check_rank (call, user);

  if (refused == NULL)
    sb_group_remove_member (call->group, user->id);
  return refused;
}

void
sb_rest_group_kick (SbCall *call)
{
  sb_group_each_and_tell (call, kick_one, NOTICE (KICKED), NULL, SB_TO_MEMBERS);
}

static const char *
block_one (SbCall *call, SbUser *user)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autofree char *created = g_date_time_format (now, "%Y-%m-%d %H:%M:%S");
  JsonObject *record;

  if (sb_group_is_blocked (call->group, user->id))
    return "is blocked already";
  if (sb_group_member (call->group, user->id) != NULL && sb_group_check_rank (call, user) != NULL)
    return sb_group_check_rank (call, user);
  record = json_object_new ();
  json_object_set_string_member (record, "created_at", created);
  json_object_set_int_member (record, "group_id", call->group->id);
  json_object_set_int_member (record, "user_id", user->id);
  json_array_add_object_element (call->group->blocked, record);
  sb_group_remove_member (call->group, user->id);
  return NULL;
}

void
sb_rest_group_block (SbCall *call)
{
  sb_group_each_and_tell (call, block_one, NOTICE (BLOCKED), NULL, SB_TO_MEMBERS);
}

static const char *
unblock_one (SbCall *call, SbUser *user)
{
  int i = sb_objects_find (call->group->blocked, "user_id", user->id);

  if (i < 0)
    return "is not blocked";
  json_array_remove_element (call->group->blocked, (guint) i);
  return NULL;
}

void
sb_rest_group_unblock (SbCall *call)
{
  sb_group_each_and_tell (call, unblock_one, NOTICE (UNBLOCKED), NULL, SB_TO_ADMINS);
}

void
sb_rest_group_leave (SbCall *call)
{
  if (call->member->role == SB_OWNER)
    {
      sb_call_fail (call, SB_OWNER_STAYS, "the owner hands the group over or destroys it");
      return;
    }
  sb_group_remove_member (call->group, call->user->id);
  sb_notice_group (call->sandbox, call->group, NOTICE (LEAVED), call->user->id, NULL, 0, NULL, SB_TO_MEMBERS);
}

void
sb_rest_group_destroy (SbCall *call)
{
  json_object_set_int_member (call->group->info, "status", 1);
  sb_notice_group (call->sandbox, call->group, NOTICE (DESTROYED), call->user->id, NULL, 0, NULL, SB_TO_MEMBERS);
}

/* ---- creating ---- */

void
sb_rest_group_create (SbCall *call)
{
  static const char *const members[] = { "avatar", "description", "type", NULL };
  SbState *state = call->sandbox->state;
  const char *name = sb_call_has (call, "name") ? sb_call_text (call, "name") : "";
  gint64 type = sb_call_int (call, "type");

  if (type < 0 || type > 3)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "type is 0 to 3");
      return;
    }
  call->group = sb_state_add_group (state, state->next_group + 1, name, call->user->id);
  sb_call_merge (call, call->group->info, members);
  call->member = sb_group_add_member (call->group, call->user->id, SB_OWNER, sb_now ());
  sb_notice_group (call->sandbox, call->group, NOTICE (CREATED), call->user->id, NULL, 0, NULL, SB_TO_NAMED);
  g_array_unref (sb_group_each_user (call, invite_one));
  sb_call_object (call, sb_group_record (call->group, call->member));
}
