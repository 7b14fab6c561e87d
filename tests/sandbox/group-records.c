/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "group-records.h"

static void
add_member_settings (JsonObject *record, SbGroup *group, SbMember *member)
{
  json_object_set_int_member (record, "count", group->member_order->len);
  json_object_set_int_member (record, "msg_mute_mode", member == NULL ? 0 : member->mute_mode);
  json_object_set_int_member (record, "msg_push_mode", member == NULL ? 0 : member->push_mode);
}

JsonObject *
sb_group_record (SbGroup *group, SbMember *member)
{
  JsonObject *record = sb_object_copy (group->info);

  add_member_settings (record, group, member);
  return record;
}

JsonObject *
sb_group_brief_record (SbGroup *group, SbMember *member)
{
  static const char *const members[] = { "apply_approval", "avatar", "capacity", "group_id", "name", "status", "type", NULL };
  JsonObject *record = json_object_new ();

  sb_copy_members (record, group->info, members);
  json_object_set_int_member (record, "owner", json_object_get_int_member (group->info, "owner_id"));
  add_member_settings (record, group, member);
  return record;
}

JsonObject *
sb_member_record (SbMember *member)
{
  JsonObject *record = json_object_new ();

  json_object_set_string_member (record, "display_name", member->display_name);
  json_object_set_int_member (record, "expired_time", member->ban_until);
  json_object_set_int_member (record, "join_time", member->join_time);
  json_object_set_int_member (record, "user_id", member->id);
  return record;
}

int
sb_compare_ids (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *) a, y = *(const gint64 *) b;

  return x < y ? -1 : x > y;
}
