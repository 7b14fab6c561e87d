/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Announcements and shared files of a group. */
#include "operations.h"

#include "base/json.h"
#include "notices.h"

static void
tell (SbCall *call, Floo__GroupNotice__Type type, JsonObject *record)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_OBJECT);
  g_autofree char *content = NULL;

  json_node_set_object (root, record);
  content = floo_json_to_text (root);
  sb_notice_group (call->sandbox, call->group, type, call->user->id, NULL, 0, content, SB_TO_MEMBERS);
}

/* Answers with a copy, or with @code and "no such @what". */
static void
answer_record (SbCall *call, JsonObject *record, int code, const char *what)
{
  if (record == NULL)
    sb_call_fail (call, code, "no such %s", what);
  else
    sb_call_object (call, sb_object_copy (record));
}

/* ---- announcements ---- */

void
sb_rest_announcement (SbCall *call)
{
  answer_record (call, sb_objects_get (call->group->announcements, "id", sb_call_int (call, "announcement_id")), SB_NO_ANNOUNCEMENT, "announcement");
}

void
sb_rest_announcement_last (SbCall *call)
{
  JsonArray *all = call->group->announcements;
  guint n = json_array_get_length (all);

  answer_record (call, n == 0 ? NULL : json_array_get_object_element (all, n - 1), SB_NO_ANNOUNCEMENT, "announcement");
}

void
sb_rest_announcement_list (SbCall *call)
{
  sb_call_array (call, sb_array_copy (call->group->announcements));
}

void
sb_rest_announcement_edit (SbCall *call)
{
  static const char *const members[] = { "content", "group_id", "title", NULL };
  JsonObject *record = json_object_new ();

  sb_call_merge (call, record, members);
  json_object_set_int_member (record, "author", call->user->id);
  json_object_set_int_member (record, "created_at", sb_now ());
  json_object_set_int_member (record, "id", ++call->sandbox->state->next_record);
  json_array_add_object_element (call->group->announcements, record);
  tell (call, FLOO__GROUP_NOTICE__TYPE__ANNOUNCEMENT_UPDATED, record);
  sb_call_object (call, sb_object_copy (record));
}

void
sb_rest_announcement_delete (SbCall *call)
{
  int i = sb_objects_find (call->group->announcements, "id", sb_call_int (call, "announcement_id"));

  if (i < 0)
    {
      sb_call_fail (call, SB_NO_ANNOUNCEMENT, "no such announcement");
      return;
    }
  json_array_remove_element (call->group->announcements, (guint) i);
  sb_notice_group (call->sandbox, call->group, FLOO__GROUP_NOTICE__TYPE__ANNOUNCEMENT_UPDATED, call->user->id, NULL, 0, NULL,
                   SB_TO_MEMBERS);
}

/* ---- shared files ---- */

static JsonObject *
find_file (SbCall *call)
{
  return sb_objects_get (call->group->files, "file_id", sb_call_int (call, "file_id"));
}

/* A member may change his own files, an admin all of them. */
static gboolean
may_change (SbCall *call, JsonObject *file)
{
  return json_object_get_int_member (file, "uploader") == call->user->id || call->member->role >= SB_ADMIN;
}

void
sb_rest_group_file (SbCall *call)
{
  answer_record (call, find_file (call), SB_NO_FILE, "file");
}

void
sb_rest_group_files (SbCall *call)
{
  sb_call_array (call, sb_array_copy (call->group->files));
}

void
sb_rest_group_file_upload (SbCall *call)
{
  static const char *const members[] = { "group_id", "name", "size", "type", "url", NULL };
  JsonObject *file;

  if (sb_call_int (call, "size") < 0)
    {
      sb_call_fail (call, SB_BAD_PARAMETER, "size is negative");
      return;
    }
  file = json_object_new ();
  json_object_set_string_member (file, "type", "");
  sb_call_merge (call, file, members);
  json_object_set_int_member (file, "file_id", ++call->sandbox->state->next_record);
  json_object_set_int_member (file, "uploader", call->user->id);
  json_object_set_int_member (file, "created_at", sb_now ());
  json_object_set_int_member (file, "updated_at", sb_now ());
  json_array_add_object_element (call->group->files, file);
  tell (call, FLOO__GROUP_NOTICE__TYPE__FILE_UPLOADED, file);
  sb_call_object (call, sb_object_copy (file));
}

void
sb_rest_group_file_rename (SbCall *call)
{
  JsonObject *file = find_file (call);

  if (file == NULL || !may_change (call, file))
    {
      sb_call_fail (call, file == NULL ? SB_NO_FILE : SB_FILE_FORBIDDEN, file == NULL ? "no such file" : "the file is another one's");
      return;
    }
  json_object_set_string_member (file, "name", sb_call_text (call, "name"));
  json_object_set_int_member (file, "updated_at", sb_now ());
  tell (call, FLOO__GROUP_NOTICE__TYPE__FILE_UPDATED, file);
}

static const char *
delete_file (SbCall *call, gint64 id)
{
  int i = sb_objects_find (call->group->files, "file_id", id);
  g_autoptr (JsonObject) file = NULL;

  if (i < 0)
    return "no such file";
  file = json_object_ref (json_array_get_object_element (call->group->files, (guint) i));
  if (!may_change (call, file))
    return "the file is another one's";
  json_array_remove_element (call->group->files, (guint) i);
  tell (call, FLOO__GROUP_NOTICE__TYPE__FILE_DELETED, file);
  return NULL;
}

void
sb_rest_group_file_delete (SbCall *call)
{
  JsonArray *ids = sb_call_ids (call, "file_list");
  JsonArray *answer = json_array_new ();

  for (guint i = 0; i < json_array_get_length (ids); i++)
    {
      gint64 id = json_array_get_int_element (ids, i);
      const char *reason = delete_file (call, id);
      JsonObject *record = json_object_new ();

      json_object_set_int_member (record, "file_id", id);
      json_object_set_string_member (record, "result", reason == NULL ? "success" : "fail");
      json_object_set_string_member (record, "reason", reason == NULL ? "" : reason);
      json_array_add_object_element (answer, record);
    }
  sb_call_array (call, answer);
}
