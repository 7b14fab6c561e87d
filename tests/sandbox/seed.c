/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The documented users, groups and messages, from seed.json. */
#include "sandbox.h"

#include <string.h>

#include "base/json.h"
#include "base/message.h"
#include "files.h"
#include "state-json.h"

#define RESOURCE "/im/floo/sandbox/seed.json"
#define APPLICATION_LIFETIME (G_GINT64_CONSTANT (7) * 24 * 3600 * 1000)

static gint64
number (JsonObject *object, const char *name)
{
  return json_object_get_int_member_with_default (object, name, 0);
}

static void
add_friends (SbState *state, gint64 a, gint64 b)
{
  sb_user_ensure_contact (sb_state_user (state, a), b)->relation = SB_FRIEND;
  sb_user_ensure_contact (sb_state_user (state, b), a)->relation = SB_FRIEND;
}

static void
seed_user (Sandbox *sandbox, JsonObject *row)
{
  SbUser *user = sb_state_add_user (sandbox->state, number (row, "id"), floo_json_get_string (row, "name"),
                                    floo_json_get_string (row, "password"));

  sb_json_merge (user->profile, floo_json_get_object (row, "profile"));
  sb_json_merge (user->settings, floo_json_get_object (row, "settings"));
  floo_json_get_bool (row, "bot", &user->bot);
}

static void
seed_contact (Sandbox *sandbox, JsonObject *row)
{
  SbContact *contact = sb_user_ensure_contact (sb_state_user (sandbox->state, number (row, "user")), number (row, "id"));
  const char *alias = floo_json_get_string (row, "alias");

  floo_json_get_bool (row, "muted", &contact->muted);
  if (alias != NULL)
    {
      g_free (contact->alias);
      contact->alias = g_strdup (alias);
    }
}

static void
seed_application (Sandbox *sandbox, JsonObject *row)
{
  SbUser *user = sb_state_user (sandbox->state, number (row, "user"));
  JsonObject *application = json_object_new ();

  json_object_set_int_member (application, "user_id", number (row, "from"));
  json_object_set_string_member (application, "reason", floo_json_get_string (row, "reason"));
  json_object_set_int_member (application, "status", 0);
  json_object_set_int_member (application, "expired_time", sb_now () + APPLICATION_LIFETIME);
  json_array_add_object_element (user->applications, application);
}

static void
add_members (SbGroup *group, JsonArray *ids, SbRole role)
{
  for (guint i = 0; i < json_array_get_length (ids); i++)
    sb_group_add_member (group, json_array_get_int_element (ids, i), role, sb_now ());
}

static void
seed_group (Sandbox *sandbox, JsonObject *row)
{
  SbState *state = sandbox->state;
  gint64 owner = number (row, "owner");
  SbGroup *group = sb_state_add_group (state, number (row, "id"), floo_json_get_string (row, "name"), owner);
  JsonArray *announcements = floo_json_get_array (row, "announcements");

  sb_json_merge (group->info, floo_json_get_object (row, "info"));
  sb_group_add_member (group, owner, SB_OWNER, sb_now ());
  add_members (group, floo_json_get_array (row, "admins"), SB_ADMIN);
  add_members (group, floo_json_get_array (row, "members"), SB_MEMBER);
  for (guint i = 0; announcements != NULL && i < json_array_get_length (announcements); i++)
    {
      JsonObject *announcement = json_object_new ();

      sb_json_merge (announcement, json_array_get_object_element (announcements, i));
      json_object_set_int_member (announcement, "id", ++state->next_record);
      json_object_set_int_member (announcement, "group_id", group->id);
      json_object_set_int_member (announcement, "created_at", sb_now ());
      json_array_add_object_element (group->announcements, announcement);
    }
}

/* An object as JSON text, with the sandbox's address for $ORIGIN. */
static char *
text_of (Sandbox *sandbox, JsonObject *row, const char *member)
{
  JsonObject *object = floo_json_get_object (row, member);
  g_autofree char *text = NULL;
  g_auto (GStrv) parts = NULL;

  if (object == NULL)
    return NULL;
  text = floo_json_to_text (json_object_get_member (row, member));
  parts = g_strsplit (text, "$ORIGIN", -1);
  return g_strjoinv (sandbox->origin, parts);
}

/* A user for whom the message is not listed as unread has read it. */
static void
seed_delivery (SbMessage *message, SbUser *user, gint64 conversation, JsonArray *unread_by)
{
  SbInbox *inbox = sb_user_inbox (user, conversation);

  sb_inbox_add (inbox, message);
  if (unread_by == NULL || sb_ids_find (unread_by, user->id) < 0)
    inbox->start = inbox->read_upto = message->id;
}

static void
seed_message (Sandbox *sandbox, JsonObject *row)
{
  SbState *state = sandbox->state;
  SbMessage *message = sb_message_new (number (row, "from"), number (row, "to"));
  const char *type = floo_json_get_string (row, "type");
  JsonArray *unread_by = floo_json_get_array (row, "unread_by");
  SbGroup *group = sb_state_group (state, message->to);

  g_free (message->content);
  message->content = g_strdup (floo_json_get_string (row, "content"));
  message->timestamp = sb_now () - number (row, "minutes_ago") * 60 * 1000;
  message->config = text_of (sandbox, row, "config");
  message->attachment = text_of (sandbox, row, "attachment");
  message->status = unread_by == NULL ? FLOO__MESSAGE_BODY__STATUS__READ : FLOO__MESSAGE_BODY__STATUS__UNREAD;
  if (type != NULL)
    floo_message_type_from_string (type, &message->ctype);
  sb_state_add_message (state, message);
  if (group == NULL)
    {
      seed_delivery (message, sb_state_user (state, message->from), message->to, unread_by);
      seed_delivery (message, sb_state_user (state, message->to), message->from, unread_by);
      return;
    }
  message->type = FLOO__MESSAGE_BODY__TYPE__GROUPCHAT;
  for (guint i = 0; i < group->member_order->len; i++)
    seed_delivery (message, sb_state_user (state, ((SbMember *) group->member_order->pdata[i])->id), group->id, unread_by);
}

static void
seed_file (Sandbox *sandbox, JsonObject *row)
{
  gsize len;
  guchar *data = g_base64_decode (floo_json_get_string (row, "base64"), &len);
  g_autoptr (GBytes) content = g_bytes_new_take (data, len);

  sb_files_add (sandbox->files, floo_json_get_string (row, "sign"), floo_json_get_string (row, "type"), content);
}

static void
seed_all (Sandbox *sandbox, JsonObject *root, const char *name, void (*seed) (Sandbox *sandbox, JsonObject *row))
{
  JsonArray *rows = floo_json_get_array (root, name);

  for (guint i = 0; i < json_array_get_length (rows); i++)
    seed (sandbox, json_array_get_object_element (rows, i));
}

static void
seed_friends (SbState *state, JsonArray *pairs)
{
  for (guint i = 0; i < json_array_get_length (pairs); i++)
    {
      JsonArray *pair = json_array_get_array_element (pairs, i);

      add_friends (state, json_array_get_int_element (pair, 0), json_array_get_int_element (pair, 1));
    }
  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *bot = state->user_order->pdata[i];

      for (guint j = 0; bot->bot && j < state->user_order->len; j++)
        if (j != i)
          add_friends (state, bot->id, ((SbUser *) state->user_order->pdata[j])->id);
    }
}

gboolean
sb_seed_load (Sandbox *sandbox, GError **error)
{
  g_autoptr (GBytes) bytes = g_resources_lookup_data (RESOURCE, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *seed;

  if (bytes == NULL)
    return FALSE;
  root = floo_json_parse (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), error);
  if (root == NULL)
    return FALSE;
  seed = json_node_get_object (root);
  seed_all (sandbox, seed, "users", seed_user);
  seed_friends (sandbox->state, floo_json_get_array (seed, "friends"));
  seed_all (sandbox, seed, "contacts", seed_contact);
  seed_all (sandbox, seed, "applications", seed_application);
  seed_all (sandbox, seed, "groups", seed_group);
  seed_all (sandbox, seed, "messages", seed_message);
  seed_all (sandbox, seed, "files", seed_file);
  return TRUE;
}
