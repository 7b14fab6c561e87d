/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rights in a group: admins, owner, bans. */
#include "operations.h"

#include "group-users.h"
#include "notices.h"

#define NOTICE(name) FLOO__GROUP_NOTICE__TYPE__##name

/* ---- rank ---- */

static const char *
set_role (SbCall *call, SbUser *user, SbRole from, SbRole to, const char *otherwise)
{
  SbMember *member = sb_group_member (call->group, user->id);

  if (member == NULL)
    return "is no member";
  if (member->role != from)
    return otherwise;
  member->role = to;
  return NULL;
}

static const char *
grant_one (SbCall *call, SbUser *user)
{
  return set_role (call, user, SB_MEMBER, SB_ADMIN, "is an admin already");
}

static const char *
revoke_one (SbCall *call, SbUser *user)
{
  return set_role (call, user, SB_ADMIN, SB_MEMBER, "is no admin");
}

void
sb_rest_group_admin_add (SbCall *call)
{
  sb_group_each_and_tell (call, grant_one, NOTICE (ADMIN_GRANTED), NULL, SB_TO_MEMBERS);
}

void
sb_rest_group_admin_remove (SbCall *call)
{
  sb_group_each_and_tell (call, revoke_one, NOTICE (ADMIN_REVOKED), NULL, SB_TO_MEMBERS);
}

void
sb_rest_group_transfer (SbCall *call)
{
  gint64 id = sb_call_int (call, "new_owner");
  SbMember *member = sb_group_member (call->group, id);

  if (member == NULL || member == call->member)
    {
      sb_call_fail (call, SB_NEW_OWNER_NO_MEMBER, "new_owner is another member");
      return;
    }
  call->member->role = SB_MEMBER;
  member->role = SB_OWNER;
  json_object_set_int_member (call->group->info, "owner_id", id);
  sb_notice_group (call->sandbox, call->group, NOTICE (OWNER_ASSIGNED), call->user->id, &id, 1, NULL, SB_TO_MEMBERS);
  sb_call_object (call, sb_relation_record (id, NULL));
}

/* ---- bans ---- */

static gint64
ban_end (gint64 minutes, gint64 unit_ms)
{
  return minutes < 0 ? -1 : (sb_now () + minutes * 60 * 1000) / unit_ms;
}

static const char *
ban_one (SbCall *call, SbUser *user)
{
  const char *refused = sb_group_check_rank (call, user);

  if (refused == NULL)
    sb_group_member (call->group, user->id)->ban_until = ban_end (sb_call_int (call, "duration"), 1);
  return refused;
}

/* The duration is in minutes; -1: for ever. */
static gboolean
check_duration (SbCall *call)
{
  gint64 minutes = sb_call_int (call, "duration");

  if (minutes == -1 || (minutes > 0 && minutes <= G_MAXINT32))
    return TRUE;
  sb_call_fail (call, SB_BAD_PARAMETER, "duration is positive, or -1");
  return FALSE;
}

void
sb_rest_group_ban (SbCall *call)
{
  g_autofree char *minutes = g_strdup_printf ("%" G_GINT64_FORMAT, sb_call_int (call, "duration"));

  if (check_duration (call))
    sb_group_each_and_tell (call, ban_one, NOTICE (BANNED), minutes, SB_TO_MEMBERS);
}

static const char *
unban_one (SbCall *call, SbUser *user)
{
  SbMember *member = sb_group_member (call->group, user->id);

  if (member == NULL || !sb_is_banned (member->ban_until, sb_now ()))
    return "is not banned";
  member->ban_until = 0;
  return NULL;
}

void
sb_rest_group_unban (SbCall *call)
{
  sb_group_each_and_tell (call, unban_one, NOTICE (UNBANNED), NULL, SB_TO_MEMBERS);
}

void
sb_rest_group_ban_all (SbCall *call)
{
  JsonObject *answer;
  gint64 until;

  if (!check_duration (call))
    return;
  until = ban_end (sb_call_int (call, "duration"), 1000);
  json_object_set_int_member (call->group->info, "ban_expire_time", until);
  sb_group_tell_property (call, "ban_expire_time", json_object_get_member (call->group->info, "ban_expire_time"));
  answer = json_object_new ();
  json_object_set_int_member (answer, "ban_expire_time", until);
  sb_call_object (call, answer);
}

void
sb_rest_group_unban_all (SbCall *call)
{
  json_object_set_int_member (call->group->info, "ban_expire_time", 0);
  sb_group_tell_property (call, "ban_expire_time", json_object_get_member (call->group->info, "ban_expire_time"));
}
