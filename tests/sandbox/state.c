/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "state.h"

#include <string.h>

/* The values of these tables begin with their id, which is the key. */
static GHashTable *
id_table_new (GDestroyNotify destroy)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, destroy);
}

GHashTable *
sb_id_set_new (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

void
sb_id_set_add (GHashTable *set, gint64 id)
{
  g_hash_table_add (set, g_memdup2 (&id, sizeof id));
}

int
sb_ids_find (JsonArray *ids, gint64 id)
{
  for (guint i = 0; i < json_array_get_length (ids); i++)
    if (json_array_get_int_element (ids, i) == id)
      return (int) i;
  return -1;
}

int
sb_objects_find (JsonArray *objects, const char *member, gint64 value)
{
  for (guint i = 0; i < json_array_get_length (objects); i++)
    if (json_object_get_int_member (json_array_get_object_element (objects, i), member) == value)
      return (int) i;
  return -1;
}

JsonObject *
sb_objects_get (JsonArray *objects, const char *member, gint64 value)
{
  int i = sb_objects_find (objects, member, value);

  return i < 0 ? NULL : json_array_get_object_element (objects, (guint) i);
}

gint64
sb_now (void)
{
  return g_get_real_time () / 1000;
}

/* ---- messages ---- */

SbMessage *
sb_message_new (gint64 from, gint64 to)
{
  SbMessage *message = g_new0 (SbMessage, 1);

  message->ns = FLOO__META__NAME_SPACE__MESSAGE;
  message->type = FLOO__MESSAGE_BODY__TYPE__CHAT;
  message->from = from;
  message->to = to;
  message->content = g_strdup ("");
  return message;
}

void
sb_message_free (SbMessage *message)
{
  g_clear_pointer (&message->payload, g_bytes_unref);
  g_free (message->content);
  g_free (message->config);
  g_free (message->attachment);
  g_free (message->ext);
  g_free (message->first_content);
  g_free (message->first_config);
  g_free (message->first_ext);
  g_free (message);
}

gboolean
sb_message_is_message (const SbMessage *message)
{
  return message->ns == FLOO__META__NAME_SPACE__MESSAGE && message->op == FLOO__MESSAGE_OPERATION__OP_TYPE__UNKNOWN
         && message->type != FLOO__MESSAGE_BODY__TYPE__OPER && !message->at_most_once;
}

SbMessage *
sb_state_add_message (SbState *state, SbMessage *message)
{
  message->id = ++state->next_message;
  if (message->timestamp == 0)
    message->timestamp = sb_now ();
  g_ptr_array_add (state->messages, message);
  return message;
}

guint
sb_messages_after (GPtrArray *list, gint64 id)
{
  guint low = 0, high = list->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (((SbMessage *) list->pdata[middle])->id <= id)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static SbMessage *
find_message (GPtrArray *list, gint64 id)
{
  guint i = sb_messages_after (list, id - 1);
  SbMessage *message = i < list->len ? list->pdata[i] : NULL;

  return message != NULL && message->id == id ? message : NULL;
}

gboolean
sb_messages_have (GPtrArray *list, gint64 id)
{
  return find_message (list, id) != NULL;
}

SbMessage *
sb_state_message (SbState *state, gint64 id)
{
  return find_message (state->messages, id);
}

/* ---- inboxes ---- */

static void
inbox_free (SbInbox *inbox)
{
  g_ptr_array_unref (inbox->queue);
  g_ptr_array_unref (inbox->history);
  g_hash_table_unref (inbox->read);
  g_hash_table_unref (inbox->unread);
  g_free (inbox);
}

SbInbox *
sb_user_find_inbox (SbUser *user, gint64 conversation)
{
  return g_hash_table_lookup (user->inboxes, &conversation);
}

SbInbox *
sb_user_inbox (SbUser *user, gint64 conversation)
{
  SbInbox *inbox = sb_user_find_inbox (user, conversation);

  if (inbox != NULL)
    return inbox;
  inbox = g_new0 (SbInbox, 1);
  inbox->conversation = conversation;
  inbox->queue = g_ptr_array_new ();
  inbox->history = g_ptr_array_new ();
  inbox->read = sb_id_set_new ();
  inbox->unread = sb_id_set_new ();
  g_hash_table_insert (user->inboxes, &inbox->conversation, inbox);
  return inbox;
}

void
sb_inbox_add (SbInbox *inbox, SbMessage *message)
{
  g_ptr_array_add (inbox->queue, message);
  if (sb_message_is_message (message) && message->ctype != FLOO__MESSAGE_BODY__CONTENT_TYPE__COMMAND)
    g_ptr_array_add (inbox->history, message);
}

static void
remove_from (GPtrArray *list, gint64 id)
{
  guint i = sb_messages_after (list, id - 1);

  if (i < list->len && ((SbMessage *) list->pdata[i])->id == id)
    g_ptr_array_remove_index (list, i);
}

void
sb_inbox_remove (SbInbox *inbox, gint64 id, gboolean queue)
{
  remove_from (inbox->history, id);
  if (queue)
    remove_from (inbox->queue, id);
}

int
sb_inbox_status (const SbInbox *inbox, const SbUser *user, const SbMessage *message)
{
  if (message->from == user->id)
    return message->status;
  if (g_hash_table_contains (inbox->unread, &message->id))
    return FLOO__MESSAGE_BODY__STATUS__UNREAD;
  return message->id <= inbox->read_upto || g_hash_table_contains (inbox->read, &message->id)
             ? FLOO__MESSAGE_BODY__STATUS__READ
             : FLOO__MESSAGE_BODY__STATUS__UNREAD;
}

/* ---- devices ---- */

static void
device_free (SbDevice *device)
{
  g_hash_table_unref (device->positions);
  g_hash_table_unref (device->acks);
  g_free (device->guid);
  g_free (device->agent);
  g_free (device->token);
  g_free (device->push_token);
  g_free (device);
}

SbDevice *
sb_user_device_by_guid (SbUser *user, const char *guid)
{
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];

      if (strcmp (device->guid, guid) == 0)
        return device;
    }
  return NULL;
}

SbDevice *
sb_user_device (SbUser *user, guint32 sn)
{
  for (guint i = 0; i < user->devices->len; i++)
    {
      SbDevice *device = user->devices->pdata[i];

      if (device->sn == sn)
        return device;
    }
  return NULL;
}

SbDevice *
sb_state_add_device (SbState *state, SbUser *user, const char *guid)
{
  SbDevice *device = g_new0 (SbDevice, 1);
  GHashTableIter iter;
  gpointer value;

  device->sn = ++state->next_device;
  device->guid = g_strdup (guid);
  device->user = user;
  device->agent = g_strdup ("");
  device->positions = id_table_new (g_free);
  device->acks = id_table_new (g_free);
  g_ptr_array_add (user->devices, device);
  g_hash_table_iter_init (&iter, user->inboxes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SbInbox *inbox = value;
      SbPosition *position = sb_device_position (device, inbox->conversation);

      position->acked = position->sent = position->given = inbox->start;
    }
  return device;
}

void
sb_state_remove_device (SbState *state, SbDevice *device)
{
  g_assert (device->connection == NULL);
  if (device->token != NULL)
    sb_state_void_tokens (state, device->user, device->token);
  g_ptr_array_remove (device->user->devices, device);
}

SbPosition *
sb_device_position (SbDevice *device, gint64 conversation)
{
  SbPosition *position = g_hash_table_lookup (device->positions, &conversation);

  if (position == NULL)
    {
      position = g_new0 (SbPosition, 1);
      position->conversation = conversation;
      g_hash_table_insert (device->positions, &position->conversation, position);
    }
  return position;
}

gboolean
sb_device_wants (const SbDevice *device, const SbMessage *message)
{
  if (message->only_device != 0)
    return message->only_device == device->sn;
  return message->from != device->user->id || message->from_device != device->sn;
}

/* ---- users ---- */

static void
contact_free (SbContact *contact)
{
  g_free (contact->alias);
  g_free (contact->ext);
  g_free (contact);
}

static void
user_free (SbUser *user)
{
  g_free (user->name);
  g_free (user->password);
  json_object_unref (user->profile);
  json_object_unref (user->settings);
  g_ptr_array_unref (user->contact_order);
  g_hash_table_unref (user->contacts);
  json_array_unref (user->applications);
  g_ptr_array_unref (user->devices);
  g_hash_table_unref (user->inboxes);
  json_array_unref (user->pins);
  g_free (user);
}

static JsonObject *
default_profile (gint64 id, const char *name)
{
  static const char *const texts[]
      = { "avatar", "description", "email", "mobile", "nick_name", "private_info", "public_info" };
  JsonObject *profile = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    json_object_set_string_member (profile, texts[i], "");
  json_object_set_int_member (profile, "user_id", id);
  json_object_set_string_member (profile, "username", name);
  return profile;
}

static JsonObject *
default_settings (gint64 id)
{
  static const char *const texts[] = { "auth_answer", "auth_question", "push_nick_name", "push_token" };
  static const char *const switches[] = { "auto_download", "group_confirm", "no_push", "no_push_detail", "no_sounds", "vibratory" };
  static const char *const hours[] = { "no_push_end_hour", "no_push_start_hour", "silence_end_time", "silence_start_time" };
  JsonObject *settings = json_object_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    json_object_set_string_member (settings, texts[i], "");
  for (gsize i = 0; i < G_N_ELEMENTS (switches); i++)
    json_object_set_boolean_member (settings, switches[i], FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (hours); i++)
    json_object_set_int_member (settings, hours[i], 0);
  json_object_set_int_member (settings, "auth_mode", 1);
  json_object_set_int_member (settings, "id", id);
  json_object_set_int_member (settings, "user_id", id);
  return settings;
}

SbUser *
sb_state_add_user (SbState *state, gint64 id, const char *name, const char *password)
{
  SbUser *user = g_new0 (SbUser, 1);

  user->id = id;
  user->name = g_strdup (name);
  user->password = g_strdup (password);
  user->profile = default_profile (id, name);
  user->settings = default_settings (id);
  user->contacts = id_table_new ((GDestroyNotify) contact_free);
  user->contact_order = g_ptr_array_new ();
  user->applications = json_array_new ();
  user->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) device_free);
  user->inboxes = id_table_new ((GDestroyNotify) inbox_free);
  user->pins = json_array_new ();
  g_hash_table_insert (state->users, &user->id, user);
  g_ptr_array_add (state->user_order, user);
  state->next_user = MAX (state->next_user, id);
  return user;
}

SbUser *
sb_state_user (SbState *state, gint64 id)
{
  SbUser *user = g_hash_table_lookup (state->users, &id);

  return user == NULL || user->removed ? NULL : user;
}

SbUser *
sb_state_user_by_name (SbState *state, const char *name)
{
  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *user = state->user_order->pdata[i];

      if (!user->removed && strcmp (user->name, name) == 0)
        return user;
    }
  return NULL;
}

SbUser *
sb_state_user_by_mobile (SbState *state, const char *mobile)
{
  if (*mobile == '\0')
    return NULL;
  for (guint i = 0; i < state->user_order->len; i++)
    {
      SbUser *user = state->user_order->pdata[i];

      if (!user->removed && strcmp (json_object_get_string_member (user->profile, "mobile"), mobile) == 0)
        return user;
    }
  return NULL;
}

char *
sb_state_random_text (SbState *state)
{
  guint32 r[4];

  for (gsize i = 0; i < G_N_ELEMENTS (r); i++)
    r[i] = g_rand_int (state->rand);
  return g_strdup_printf ("%08x%08x%08x%08x", r[0], r[1], r[2], r[3]);
}

SbUser *
sb_state_user_by_token (SbState *state, const char *token)
{
  return g_hash_table_lookup (state->tokens, token);
}

const char *
sb_state_add_token (SbState *state, SbUser *user)
{
  char *token = sb_state_random_text (state);

  g_hash_table_insert (state->tokens, token, user);
  return token;
}

void
sb_state_void_tokens (SbState *state, SbUser *user, const char *token)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, state->tokens);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (value == user && (token == NULL || strcmp (key, token) == 0))
      g_hash_table_iter_remove (&iter);
}

SbContact *
sb_user_contact (SbUser *user, gint64 id)
{
  return g_hash_table_lookup (user->contacts, &id);
}

SbContact *
sb_user_ensure_contact (SbUser *user, gint64 id)
{
  SbContact *contact = sb_user_contact (user, id);

  if (contact != NULL)
    return contact;
  contact = g_new0 (SbContact, 1);
  contact->id = id;
  contact->relation = SB_STRANGER;
  contact->alias = g_strdup ("");
  contact->ext = g_strdup ("");
  g_hash_table_insert (user->contacts, &contact->id, contact);
  g_ptr_array_add (user->contact_order, contact);
  return contact;
}

gboolean
sb_user_is_friend (SbUser *user, gint64 id)
{
  SbContact *contact = sb_user_contact (user, id);

  return contact != NULL && contact->relation == SB_FRIEND;
}

/* ---- groups ---- */

static void
member_free (SbMember *member)
{
  g_free (member->display_name);
  g_free (member);
}

static void
group_free (SbGroup *group)
{
  json_object_unref (group->info);
  g_ptr_array_unref (group->member_order);
  g_hash_table_unref (group->members);
  json_array_unref (group->blocked);
  json_array_unref (group->announcements);
  json_array_unref (group->files);
  json_array_unref (group->invitations);
  json_array_unref (group->applications);
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
  group->members = id_table_new ((GDestroyNotify) member_free);
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

/* ---- the whole ---- */

SbState *
sb_state_new (guint32 seed)
{
  SbState *state = g_new0 (SbState, 1);

  state->rand = g_rand_new_with_seed (seed);
  state->users = id_table_new ((GDestroyNotify) user_free);
  state->user_order = g_ptr_array_new ();
  state->groups = id_table_new ((GDestroyNotify) group_free);
  state->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  state->messages = g_ptr_array_new_with_free_func ((GDestroyNotify) sb_message_free);
  state->next_message = SB_FIRST_MESSAGE_ID;
  state->next_device = 100000;
  state->next_record = 3000;
  return state;
}

void
sb_state_free (SbState *state)
{
  g_rand_free (state->rand);
  g_hash_table_unref (state->tokens);
  g_ptr_array_unref (state->user_order);
  g_hash_table_unref (state->users);
  g_hash_table_unref (state->groups);
  g_ptr_array_unref (state->messages);
  g_free (state);
}
