/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups and their members. */
#include "state-private.h"

/* ---- groups ---- */

static void
member_free (SbMember *member)
{
  g_free (member->display_name);
  g_free (member);
}

void
sb_group_free (SbGroup *group)
{
  json_object_unref (group->info);
  g_ptr_array_unref (group->member_order);
  g_hash_table_unref (group->members);
  json_array_unref (group->blocked);
  json_array_unref (group->announcements);
  json_array_unref (group->files);
  json_array_unref (group->invitations);
  json_array_unref (group->applications);
  g_free (group->qr);
  g_free (group);
}

static JsonObject *
default_info (gint64 id, const char *name, gint64 owner)
{
  static const char *const zeros[] = { "apply_approval", "ban_expire_time", "status", "type" };
  static const char *const switches[] = { "hide_member_info", "member_modify", "read_ack" };
  JsonObject *info = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (zeros); i++)
    json_object_set_int_member (info, zeros[i], 0);
  for (gsize i = 0; i < G_N_ELEMENTS (switches); i++)
    json_object_set_boolean_member (info, switches[i], FALSE);
  json_object_set_boolean_member (info, "history_visible", TRUE);
  json_object_set_boolean_member (info, "member_invite", TRUE);
  json_object_set_string_member (info, "avatar", "");
  json_object_set_string_member (info, "description", "");
  json_object_set_string_member (info, "ext", "");
  json_object_set_int_member (info, "apply_approval", 1);
  json_object_set_int_member (info, "capacity", 200);
  json_object_set_int_member (info, "created_at", sb_now ());
  json_object_set_int_member (info, "updated_at", sb_now ());
  json_object_set_int_member (info, "group_id", id);
  json_object_set_int_member (info, "owner_id", owner);
  json_object_set_string_member (info, "name", name);
  return info;
}

SbGroup *
sb_state_add_group (SbState *state, gint64 id, const char *name, gint64 owner)
{
  SbGroup *group = g_new0 (SbGroup, 1);

  group->id = id;
  group->info = default_info (id, name, owner);
  group->members = sb_id_table_new ((GDestroyNotify) member_free);
  group->member_order = g_ptr_array_new ();
  group->blocked = json_array_new ();
  group->announcements = json_array_new ();
  group->files = json_array_new ();
  group->invitations = json_array_new ();
  group->applications = json_array_new ();
  g_hash_table_insert (state->groups, &group->id, group);
  state->next_group = MAX (state->next_group, id);
  return group;
}

SbGroup *
sb_state_group (SbState *state, gint64 id)
{
  SbGroup *group = g_hash_table_lookup (state->groups, &id);

  return group == NULL || json_object_get_int_member (group->info, "status") != 0 ? NULL : group;
}

SbMember *
sb_group_member (SbGroup *group, gint64 id)
{
  return g_hash_table_lookup (group->members, &id);
}

SbMember *
sb_group_add_member (SbGroup *group, gint64 id, SbRole role, gint64 join_time)
{
  SbMember *member = g_new0 (SbMember, 1);

  member->id = id;
  member->role = role;
  member->join_time = join_time;
  member->display_name = g_strdup ("");
  g_hash_table_insert (group->members, &member->id, member);
  g_ptr_array_add (group->member_order, member);
  return member;
}

void
sb_group_remove_member (SbGroup *group, gint64 id)
{
  SbMember *member = sb_group_member (group, id);

  if (member == NULL)
    return;
  g_ptr_array_remove (group->member_order, member);
  g_hash_table_remove (group->members, &id);
}

gboolean
sb_group_is_blocked (SbGroup *group, gint64 id)
{
  return sb_objects_find (group->blocked, "user_id", id) >= 0;
}

gboolean
sb_is_banned (gint64 until, gint64 now)
{
  return until == -1 || until > now;
}
