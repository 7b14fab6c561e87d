/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Groups: their records, members and lists. */
#include "operations.h"

#include "group-records.h"

#define MAX_BATCH 20

void
sb_rest_group_joined (SbCall *call)
{
  JsonArray *ids = json_array_new ();
  g_autoptr (GList) all = g_list_sort (g_hash_table_get_keys (call->sandbox->state->groups), sb_compare_ids);

  for (GList *l = all; l != NULL; l = l->next)
    {
      SbGroup *group = sb_state_group (call->sandbox->state, *(gint64 *) l->data);

      if (group != NULL && sb_group_member (group, call->user->id) != NULL)
        json_array_add_int_element (ids, group->id);
    }
  sb_call_array (call, ids);
}

void
sb_rest_group_public (SbCall *call)
{
  JsonArray *ids = json_array_new ();
  g_autoptr (GList) all = g_list_sort (g_hash_table_get_keys (call->sandbox->state->groups), sb_compare_ids);

  for (GList *l = all; l != NULL; l = l->next)
    {
      SbGroup *group = sb_state_group (call->sandbox->state, *(gint64 *) l->data);

      if (group != NULL && json_object_get_int_member (group->info, "type") == 1)
        json_array_add_int_element (ids, group->id);
    }
  sb_call_array (call, ids);
}

void
sb_rest_group_info (SbCall *call)
{
  sb_call_object (call, sb_group_record (call->group, call->member));
}

void
sb_rest_group_batch (SbCall *call)
{
  JsonArray *ids = sb_call_ids (call, "group_list");
  JsonArray *records;

  if (json_array_get_length (ids) > MAX_BATCH)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "group_list has more than %d ids", MAX_BATCH);
      return;
    }
  records = json_array_new ();
  for (guint i = 0; i < json_array_get_length (ids); i++)
    {
      SbGroup *group = sb_state_group (call->sandbox->state, json_array_get_int_element (ids, i));

      if (group != NULL)
        json_array_add_object_element (records, sb_group_brief_record (group, sb_group_member (group, call->user->id)));
    }
  sb_call_array (call, records);
}

/* ---- members ---- */

static JsonArray *
members_where (SbGroup *group, gboolean (*match) (const SbMember *member))
{
  JsonArray *records = json_array_new ();

  for (guint i = 0; i < group->member_order->len; i++)
    if (match (group->member_order->pdata[i]))
      json_array_add_object_element (records, sb_member_record (group->member_order->pdata[i]));
  return records;
}

static gboolean
is_any (const SbMember *member)
{
  return TRUE;
}

static gboolean
is_admin (const SbMember *member)
{
  return member->role == SB_ADMIN;
}

static gboolean
is_banned (const SbMember *member)
{
  return sb_is_banned (member->ban_until, sb_now ());
}

void
sb_rest_group_members (SbCall *call)
{
  sb_call_page (call, members_where (call->group, is_any));
}

void
sb_rest_group_admins (SbCall *call)
{
  sb_call_array (call, members_where (call->group, is_admin));
}

void
sb_rest_group_banned (SbCall *call)
{
  sb_call_page (call, members_where (call->group, is_banned));
}

void
sb_rest_group_blocked (SbCall *call)
{
  sb_call_page (call, sb_array_copy (call->group->blocked));
}

void
sb_rest_group_names (SbCall *call)
{
  JsonArray *ids = sb_call_ids (call, "user_list");
  JsonArray *records = json_array_new ();

  for (guint i = 0; i < json_array_get_length (ids); i++)
    {
      SbMember *member = sb_group_member (call->group, json_array_get_int_element (ids, i));

      if (member != NULL)
        json_array_add_object_element (records, sb_member_record (member));
    }
  sb_call_array (call, records);
}
