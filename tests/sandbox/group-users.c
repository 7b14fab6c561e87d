/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "group-users.h"

JsonObject *
sb_relation_record (gint64 user, const char *reason)
{
  JsonObject *record = json_object_new ();

  json_object_set_int_member (record, "user_id", user);
  json_object_set_string_member (record, "result", reason == NULL ? "success" : "fail");
  json_object_set_string_member (record, "reason", reason == NULL ? "" : reason);
  return record;
}

GArray *
sb_group_each_user (SbCall *call, SbEachUser each)
{
  JsonArray *ids = sb_call_ids (call, "user_list");
  JsonArray *answer = json_array_new ();
  GArray *done = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; ids != NULL && i < json_array_get_length (ids); i++)
    {
      gint64 id = json_array_get_int_element (ids, i);
      SbUser *user = sb_state_user (call->sandbox->state, id);
      const char *reason = user == NULL ? "no such user" : each (call, user);

      if (reason == NULL)
        g_array_append_val (done, id);
      json_array_add_object_element (answer, sb_relation_record (id, reason));
    }
  sb_call_array (call, answer);
  return done;
}

void
sb_group_each_and_tell (SbCall *call, SbEachUser each, Floo__GroupNotice__Type type, const char *content, SbAudience audience)
{
  g_autoptr (GArray) done = sb_group_each_user (call, each);

  if (done->len > 0)
    sb_notice_group (call->sandbox, call->group, type, call->user->id, (gint64 *) done->data, done->len, content, audience);
}

const char *
sb_group_check_rank (SbCall *call, SbUser *user)
{
  SbMember *member = sb_group_member (call->group, user->id);

  if (member == NULL)
    return "is no member";
  return member->role >= call->member->role ? "has the same rights as you" : NULL;
}
